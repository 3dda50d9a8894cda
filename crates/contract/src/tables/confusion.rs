//! `evaluate/confusion_matrix.csv`: how often each label was predicted as each class.

use anyhow::{Result, ensure};

use super::csv_file::{self, number};
use crate::artifact::Artifact;
use crate::stages;

/// The confusion matrix of the test split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// Names of the classes, in the order of the data set.
    pub classes: Vec<String>,
    /// Counts of images: a row for each label, a column for each prediction.
    pub counts: Vec<Vec<u64>>,
}

/// The first column.
const LABEL: &str = "label";

impl Artifact for ConfusionMatrix {
    const STAGE: &'static str = stages::EVALUATE;
    const FILE: &'static str = "confusion_matrix.csv";

    fn encode(&self) -> Result<Vec<u8>> {
        let rows: Vec<(&String, &Vec<u64>)> = self.classes.iter().zip(&self.counts).collect();
        csv_file::encode([LABEL].into_iter().chain(self.classes.iter().map(String::as_str)), &rows)
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        let (header, counts) = csv_file::decode_with(bytes, &[LABEL], |record, header| {
            (1..header.len()).map(|place| number(record, header, place)).collect::<Result<Vec<u64>>>()
        })?;
        let classes: Vec<String> = header.iter().skip(1).map(str::to_owned).collect();
        ensure!(counts.len() == classes.len(), "{} labels, but {} classes", counts.len(), classes.len());
        Ok(Self { classes, counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_read_and_written_unchanged() {
        let text = "label,cat,dog\ncat,16,2\ndog,0,18\n";
        let found = ConfusionMatrix::decode(text.as_bytes()).unwrap();
        assert_eq!(found.counts, [[16, 2], [0, 18]]);
        assert_eq!(String::from_utf8(found.encode().unwrap()).unwrap(), text);
        assert!(ConfusionMatrix::decode(b"label,cat,dog\ncat,16,2\n").is_err());
        let odd = "label,'-cat,dog\n'-cat,16,2\ndog,0,18\n";
        let found = ConfusionMatrix::decode(odd.as_bytes()).unwrap();
        assert_eq!(found.classes, ["-cat", "dog"]);
        assert_eq!(String::from_utf8(found.encode().unwrap()).unwrap(), odd);
    }
}
