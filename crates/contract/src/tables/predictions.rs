//! `evaluate/predictions.csv`: the prediction for every test image.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::columns::columns;
use super::csv_file::{self, number, row_of};
use super::dataset::Split;
use super::text;
use crate::artifact::Artifact;
use crate::stages;

/// The prediction for one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The image's id.
    pub id: String,
    /// The preprocessed image, below the folder of `preprocess`.
    pub path: String,
    /// The name under which the user knows the image.
    pub source: String,
    /// The image's split.
    pub split: Split,
    /// Name of its class.
    pub label: String,
    /// Name of the most probable class.
    pub predicted: String,
    /// Whether the prediction is the label.
    pub correct: bool,
    /// Probability of the predicted class.
    #[serde(serialize_with = "text::single")]
    pub confidence: f64,
    /// Probability of each class, in the order of [`Predictions::classes`]. The columns are `p_<class>`.
    #[serde(serialize_with = "text::singles", skip_deserializing)]
    pub probabilities: Vec<f64>,
}

/// The table: a row for each image, with a column for each class.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// Names of the classes, in the order of the data set.
    pub classes: Vec<String>,
    /// The images, in the order of the data set.
    pub rows: Vec<Prediction>,
}

/// The prefix of the name of a class's column.
const PROBABILITY: &str = "p_";

impl Artifact for Predictions {
    const STAGE: &'static str = stages::EVALUATE;
    const FILE: &'static str = "predictions.csv";

    fn encode(&self) -> Result<Vec<u8>> {
        let fixed = columns::<Prediction>().iter().map(ToString::to_string);
        csv_file::encode(fixed.chain(self.classes.iter().map(|class| format!("{PROBABILITY}{class}"))), &self.rows)
    }

    /// The columns of probabilities are those after the fields of [`Prediction`].
    fn decode(bytes: &[u8]) -> Result<Self> {
        let fixed = columns::<Prediction>();
        let (header, rows) = csv_file::decode_with(bytes, fixed, |record, header| {
            let mut row: Prediction = row_of(record, header)?;
            row.probabilities =
                (fixed.len()..header.len()).map(|place| number(record, header, place)).collect::<Result<_>>()?;
            Ok(row)
        })?;
        let mut classes = Vec::new();
        for name in header.iter().skip(fixed.len()) {
            let class = name.strip_prefix(PROBABILITY);
            ensure!(class.is_some(), "line 1: column `{name}` does not begin with `{PROBABILITY}`");
            classes.extend(class.map(str::to_owned));
        }
        Ok(Self { classes, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
id,path,source,split,label,predicted,correct,confidence,p_cat,\"p_a, b\"
ab,images/ab.png,x,test,cat,cat,true,0.9353404,0.9353404,0.029847613
";

    #[test]
    fn predictions_are_read_and_written_unchanged() {
        let found = Predictions::decode(TEXT.as_bytes()).unwrap();
        assert_eq!(found.classes, ["cat", "a, b"]);
        assert_eq!(found.rows[0].probabilities, [0.935_340_4, 0.029_847_613]);
        assert_eq!(String::from_utf8(found.encode().unwrap()).unwrap(), TEXT);
    }

    #[test]
    fn classes_that_look_like_formulas_are_read_back() {
        let text = TEXT.replace("\"p_a, b\"", "p_x;'=1").replace("cat,cat,true", "'@cat,'@cat,true");
        let found = Predictions::decode(text.as_bytes()).unwrap();
        assert_eq!((found.classes[1].as_str(), found.rows[0].label.as_str()), ("x;=1", "@cat"));
        assert_eq!(String::from_utf8(found.encode().unwrap()).unwrap(), text);
    }

    #[test]
    fn wrong_columns_are_explained() {
        for (from, to, why) in [
            ("p_cat", "q_cat", "line 1: column `q_cat` does not begin with `p_`"),
            ("confidence", "trust", "line 1: there is no column `confidence`"),
            ("0.029847613", "small", "line 2, column `p_a, b`: `small`: invalid float literal"),
        ] {
            let error = Predictions::decode(TEXT.replace(from, to).as_bytes()).unwrap_err();
            assert_eq!(format!("{error:#}"), why);
        }
    }
}
