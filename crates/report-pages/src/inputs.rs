//! Everything that the sections show, read from the artifacts.

use std::path::Path;

use anyhow::Result;
use contract::{
    Artifact, CalibrationBin, ClassScore, Dataset, EpochRow, Judgement, LayerRow, Metrics, NetworkFacts, QuarantineRow,
    TopImage, Trial,
};

use crate::analyses::Analyses;
use crate::chosen::{self, Chosen};
use crate::finished::FinishedStage;

/// The tables that the sections share, and the folder of the analyses.
pub(crate) struct ReportInputs {
    pub dataset: Dataset,
    /// Files that `preprocess` could not use.
    pub unusable: usize,
    pub trials: Vec<Trial>,
    pub history: Vec<EpochRow>,
    pub metrics: Metrics,
    pub judgements: Vec<Judgement>,
    pub class_scores: Vec<ClassScore>,
    pub calibration: Vec<CalibrationBin>,
    pub top_images: Vec<TopImage>,
    pub network: NetworkFacts,
    pub layers: Vec<LayerRow>,
    /// The images that were analyzed one by one.
    pub chosen: Vec<Chosen>,
    pub analyses: Analyses,
    pub stages: Vec<FinishedStage>,
}

impl ReportInputs {
    /// Reads the artifacts of all stages.
    pub(crate) fn read(artifacts: &Path) -> Result<Self> {
        let dataset = Dataset::read(artifacts)?;
        Ok(Self {
            unusable: Vec::<QuarantineRow>::read(artifacts)?.len(),
            trials: Artifact::read(artifacts)?,
            history: Vec::<EpochRow>::read(artifacts)?,
            metrics: Metrics::read(artifacts)?,
            judgements: Judgement::read(artifacts, &dataset)?,
            class_scores: Artifact::read(artifacts)?,
            calibration: Artifact::read(artifacts)?,
            top_images: Artifact::read(artifacts)?,
            network: NetworkFacts::read(artifacts)?,
            layers: Artifact::read(artifacts)?,
            chosen: chosen::read(artifacts, &dataset)?,
            analyses: Analyses::of(artifacts),
            stages: FinishedStage::read_all(artifacts)?,
            dataset,
        })
    }

    /// Returns the name of class `index`.
    pub(crate) fn class(&self, index: usize) -> &str {
        self.dataset.classes.get(index).map_or("?", String::as_str)
    }

    /// Returns the prediction for the image with index `place` in the data set. `evaluate` writes predictions for the test split only.
    pub(crate) fn judgement(&self, place: usize) -> Option<&Judgement> {
        self.judgements.iter().find(|judgement| judgement.image == place)
    }

    /// Returns the names of the layers, in the order of the graph.
    pub(crate) fn layer_names(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|layer| layer.name.as_str())
    }
}
