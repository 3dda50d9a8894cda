//! The inputs that all trials of a run share.

use anyhow::Result;
use contract::Dataset;
use imaging::Augment;

use crate::cut::{Base, Cut};
use crate::depth::Depth;
use crate::examples::Examples;
use crate::features::{Copies, Features};
use crate::settings::TrialSettings;
use crate::view::Run;

/// Maximum sum of the trained weights and the features of one image for which trials run side by side. A larger trial is
/// faster with all threads, and several of them would need several times the memory.
const SMALL: usize = 4 << 20;

/// The inputs that all trials of a run share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrainContext<'a> {
    pub run: &'a Run<'a>,
    pub base: &'a Base,
    pub dataset: &'a Dataset,
    pub examples: &'a Examples,
}

impl TrainContext<'_> {
    /// Cuts the network for a trial.
    pub fn cut(&self, settings: &TrialSettings) -> Result<Cut> {
        let depth = Depth::parse(&settings.tune, &self.base.network, settings.hidden.len())?;
        Cut::new(self.run.scope(), self.base, &depth, &settings.hidden, self.examples.classes)
    }

    /// Opens the features at a cut, with as many copies as any trial uses.
    pub fn features(&self, cut: &Cut) -> Result<Features> {
        let train = &self.run.config.train;
        let augment = Augment {
            flip: train.augment.flip,
            crop: train.augment.crop,
            jitter: train.augment.jitter,
            lighting: train.augment.lighting,
        };
        let count = train.sweep.copies.iter().copied().max().unwrap_or(0);
        Features::open(self.run, self.base, cut, self.dataset, &Copies { count, augment })
    }

    /// Returns the number of ONNX Runtime's threads for one trial at a cut.
    ///
    /// A small trial has one thread, even when it runs alone, because the number of threads can change bits.
    pub fn threads(&self, cut: &Cut) -> Result<usize> {
        Ok(if Self::is_small(cut)? { 1 } else { self.run.threads() })
    }

    /// Returns whether trials at this cut run side by side, each with one thread: they have few weights and no
    /// convolution. A dense layer multiplies each weight once for an image, so its weights measure its work. A convolution
    /// multiplies them at every position.
    pub fn is_small(cut: &Cut) -> Result<bool> {
        let mut values: usize = cut.item.iter().product();
        for name in &cut.trained {
            values += cut.above.weight(name)?.len();
        }
        let dense = cut.above.nodes().iter().all(|node| node.op_type() != "Conv");
        Ok(dense && values <= SMALL)
    }
}
