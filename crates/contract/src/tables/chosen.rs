//! `analyze/pictures.csv` and `rejects.csv`: the images that are analyzed one by one, and the files that cannot be used.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Row;
use crate::stages;

/// An image that was chosen for feature maps and saliency maps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenRow {
    /// The image's id.
    pub id: String,
    /// Name of its class. For a given file it is the class that the network predicts.
    pub class: String,
    /// Why it was chosen.
    pub why: Why,
    /// The name under which the user knows the image.
    pub source: String,
}

/// Why an image was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// The probability of its label is the highest in its class.
    #[serde(rename = "best of its class")]
    Best,
    /// The probability of its label is the lowest in its class.
    #[serde(rename = "worst of its class")]
    Worst,
    /// The lead of the first class over the second is the smallest in its class.
    #[serde(rename = "least certain of its class")]
    LeastCertain,
    /// `analyze.pictures` contains its id.
    #[serde(rename = "named by its id")]
    Requested,
    /// `analyze.images` contains its file, and the image is not in the data set.
    #[serde(rename = "your file, with the predicted class")]
    Given,
}

impl Why {
    /// Returns whether the predictions made the choice, and not the user.
    pub fn is_automatic(self) -> bool {
        matches!(self, Self::Best | Self::Worst | Self::LeastCertain)
    }
}

/// The text in the table, which is also a caption of the report.
impl fmt::Display for Why {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        self.serialize(to)
    }
}

impl Row for ChosenRow {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "pictures.csv";
}

impl ChosenRow {
    /// The folder of the images that are not in the data set, below the stage's folder.
    pub const IMAGES: &'static str = "pictures";

    /// Returns the name of the file with a given image as the network sees it, below the stage's folder.
    pub fn image_file(id: &str) -> String {
        format!("{}/{id}.png", Self::IMAGES)
    }
}

/// A file of `analyze.images` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnusableFile {
    /// The file, as the configuration names it.
    pub file: String,
    /// Why it cannot be used.
    pub reason: String,
}

impl Row for UnusableFile {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "rejects.csv";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Artifact;

    #[test]
    fn the_caption_is_the_text_of_the_table() {
        let row = |why| ChosenRow { id: "ab".into(), class: "cat".into(), why, source: "a.jpg".into() };
        for (why, text) in [(Why::LeastCertain, "least certain of its class"), (Why::Requested, "named by its id")] {
            assert_eq!(why.to_string(), text);
            let table = vec![row(why)].encode().unwrap();
            assert_eq!(
                String::from_utf8(table.clone()).unwrap(),
                format!("id,class,why,source\nab,cat,{text},a.jpg\n")
            );
            assert_eq!(Vec::<ChosenRow>::decode(&table).unwrap(), [row(why)]);
        }
    }
}
