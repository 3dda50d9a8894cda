//! The networks of the benchmark: the installed `AlexNet` with the three dense layers of torchvision, or with one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use graph::Model;
use graph::head::{self, Head};
use ndarray::{Array2, Array3, Axis};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use zoo::Network;

/// The dense layers above pool5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DenseLayers {
    /// fc8 for 3 classes, as in a tuned network
    Tuned,
    /// fc6 and fc7 of 4096, fc8 for 1000 classes
    Full,
}

impl DenseLayers {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tuned => "tuned",
            Self::Full => "full",
        }
    }

    fn head(self, features: usize) -> Head {
        match self {
            Self::Tuned => Head { features, hidden: vec![], classes: 3 },
            Self::Full => Head { features, hidden: vec![4096, 4096], classes: 1000 },
        }
    }

    /// Returns the network. The weights of its dense layers are random, and the same on every call.
    pub(super) fn model(self, data: &Path) -> Result<Model> {
        let (network, path) = Network::open(data, "alexnet").context("run `just setup` first")?;
        let trunk = head::features(&Model::read(path)?, &network.features.layer, head::Pooling::None)?;
        let features = trunk.shapes().per_item(head::FEATURES).context("the size of the features is not known")?;
        let dense = self.head(features.iter().product());
        Ok(trunk.append(&dense.build(&mut ChaCha8Rng::seed_from_u64(1))?)?.without_dropout()?)
    }

    /// Writes the weights and the image to a folder, as Captum's side reads them, and returns the folder.
    pub(super) fn exported(self, data: &Path, scratch: &Path) -> Result<PathBuf> {
        let folder = scratch.join("occlusion").join(self.name());
        fs_err::create_dir_all(&folder)?;
        for (name, values) in self.model(data)?.weights()? {
            values.write_npy(fs_err::File::create(folder.join(format!("{name}.npy")))?)?;
        }
        image().insert_axis(Axis(0)).write_npy(fs_err::File::create(folder.join("image.npy"))?)?;
        Ok(folder)
    }
}

/// Returns the image, `[3, 224, 224]`: soft blobs of colour, in the range of normalized pixels.
pub(super) fn image() -> Array3<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let blobs: Vec<[f32; 5]> = (0..60).map(|_| std::array::from_fn(|_| rng.random::<f32>())).collect();
    Array3::from_shape_fn((3, 224, 224), |(channel, y, x)| {
        let sum: f32 = blobs
            .iter()
            .map(|[top, left, size, colour, height]| {
                let (down, across) = (y as f32 / 224.0 - top, x as f32 / 224.0 - left);
                let size = 0.02 + 0.1 * size;
                let sign = (colour * 9.0 + channel as f32 * 1.7).sin();
                4.0 * height * sign * (-(down * down + across * across) / (size * size)).exp()
            })
            .sum();
        sum.clamp(-2.1, 2.6)
    })
}

/// Reads the map that a side has written.
pub(super) fn read_map(path: &Path) -> Result<Array2<f32>> {
    Ok(Array2::read_npy(fs_err::File::open(path)?)?)
}
