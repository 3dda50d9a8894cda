//! `train/trials.csv`: the trials of the sweep.

use std::fmt;

use csv::StringRecord;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::columns::columns;
use super::{Row, text};
use crate::stages;

/// The settings that can differ between trials. The fields are columns of `trials.csv`.
///
/// A new field needs no other change in the table, in the summary or in the report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrialSettings {
    /// Tuning depth by name.
    pub tune: String,
    /// Sizes of the head's hidden layers, first to last. In the table they are joined by `-`.
    #[serde(serialize_with = "sizes", deserialize_with = "read_sizes")]
    pub hidden: Vec<usize>,
    /// Augmented copies of each training image, beside the original.
    pub copies: usize,
    /// Probability that an input of a dense layer is dropped, in [0, 1).
    #[serde(serialize_with = "text::plain")]
    pub dropout: f64,
    /// `AdamW`'s weight decay.
    #[serde(serialize_with = "text::plain")]
    pub weight_decay: f64,
    /// The highest learning rate of the schedule.
    #[serde(serialize_with = "text::plain")]
    pub learning_rate: f64,
}

impl TrialSettings {
    /// The setting that tables always show.
    pub const LEARNING_RATE: &'static str = "learning_rate";

    /// Returns the names of the settings. The grid varies the first name slowest.
    pub fn names() -> &'static [&'static str] {
        columns::<Self>()
    }

    /// Returns each setting as text, in the order of [`TrialSettings::names`]. A head without hidden layers has an empty text.
    pub fn texts(&self) -> Vec<String> {
        super::csv_file::cells(self)
    }
}

impl fmt::Display for TrialSettings {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let parts = Self::names().iter().zip(self.texts()).map(|(name, text)| format!("{name}={text}"));
        to.write_str(&parts.collect::<Vec<_>>().join(" "))
    }
}

/// Why a trial stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopReason {
    /// The validation loss did not fall for `train.patience` epochs.
    #[serde(rename = "early stopping")]
    EarlyStopping,
    /// The trial reached `train.max_epochs`.
    #[serde(rename = "max epochs")]
    MaxEpochs,
    /// A loss was not a finite number.
    Diverged,
    /// Successive halving dropped the trial after a rung.
    Halved,
}

/// The text of the column `status`.
impl fmt::Display for StopReason {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        self.serialize(to)
    }
}

/// The result of a trial. The validation values are those of the kept epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialResult {
    /// Epochs that the trial took.
    pub epochs: usize,
    /// The epoch whose weights the trial keeps, from 1. `None` when the first epoch already diverged.
    pub kept_epoch: Option<usize>,
    /// Mean cross-entropy on the validation split, in nats.
    #[serde(serialize_with = "text::plain_or_empty")]
    pub val_loss: Option<f32>,
    /// Top-1 accuracy on the validation split, in [0, 1].
    #[serde(serialize_with = "text::plain_or_empty")]
    pub val_accuracy: Option<f32>,
    /// Why the trial ended.
    pub status: Option<StopReason>,
    /// The last rung that the trial was in, from 1. It is above 1 with `train.search = "halving"` only.
    pub rung: usize,
    /// Whether the tuned network is the one of this trial.
    pub chosen: bool,
}

/// A trial: a row of `trials.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The trial's number, from 1.
    pub trial: usize,
    /// Its settings.
    pub settings: TrialSettings,
    /// Its result.
    pub result: TrialResult,
}

/// The first column.
#[derive(Deserialize)]
struct Number {
    trial: usize,
}

impl Row for Trial {
    const STAGE: &'static str = stages::TRAIN;
    const FILE: &'static str = "trials.csv";

    fn columns() -> Vec<&'static str> {
        [columns::<Number>(), columns::<TrialSettings>(), columns::<TrialResult>()].concat()
    }

    fn from_record(record: &StringRecord, header: &StringRecord) -> csv::Result<Self> {
        let Number { trial } = record.deserialize(Some(header))?;
        Ok(Self { trial, settings: record.deserialize(Some(header))?, result: record.deserialize(Some(header))? })
    }
}

fn sizes<S: Serializer>(sizes: &[usize], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("-"))
}

fn read_sizes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<usize>, D::Error> {
    let text = String::deserialize(from)?;
    let sizes = text.split('-').filter(|size| !size.is_empty()).map(str::parse).collect::<Result<_, _>>();
    sizes.map_err(|_| serde::de::Error::custom(format!("`{text}` is no list of sizes such as `4096-4096`")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Artifact;

    const TEXT: &str = "\
trial,tune,hidden,copies,dropout,weight_decay,learning_rate,epochs,kept_epoch,val_loss,val_accuracy,status,rung,chosen
1,head,4096-256,0,0.5,0.01,0.000000000001,13,5,0.20294087,0.9259259,early stopping,1,true
2,head,,2,0,0,0.001,1,,,,diverged,2,false
";

    #[test]
    fn trials_are_read_and_written_unchanged() {
        let trials = Vec::<Trial>::decode(TEXT.as_bytes()).unwrap();
        assert_eq!(trials[0].settings.hidden, [4096, 256]);
        assert_eq!(trials[0].result.status, Some(StopReason::EarlyStopping));
        assert_eq!((trials[1].result.val_loss, trials[1].settings.texts()[1].as_str()), (None, ""));
        assert_eq!(String::from_utf8(trials.encode().unwrap()).unwrap(), TEXT);
    }

    #[test]
    fn settings_are_named_and_shown_in_the_order_of_their_columns() {
        let trials = Vec::<Trial>::decode(TEXT.as_bytes()).unwrap();
        let shown = "tune=head hidden= copies=2 dropout=0 weight_decay=0 learning_rate=0.001";
        assert_eq!(trials[1].settings.to_string(), shown);
        assert!(TrialSettings::names().contains(&TrialSettings::LEARNING_RATE));
    }

    #[test]
    fn a_wrong_cell_is_explained() {
        let error = Vec::<Trial>::decode(TEXT.replace("4096-256", "wide").as_bytes()).unwrap_err();
        assert_eq!(format!("{error:#}"), "line 2: `wide` is no list of sizes such as `4096-4096`");
    }
}
