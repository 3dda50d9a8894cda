//! The loss and its gradient: cross-entropy with optional label smoothing and class weights.

use graph::builder::Node;
use graph::gradient::vendor;
use graph::onnx::{GraphProto, NodeProto};
use graph::{Error, Model, tensor};

use super::names::{LABELS, LOSS};
use super::options::Options;

const LOG_PROB: &str = "log_prob";

/// Returns the node of the mean cross-entropy of `logits` `[n, classes]`, in nats.
pub(super) fn plain(logits: &str) -> NodeProto {
    Node::new("SoftmaxCrossEntropyLoss", LOSS)
        .inputs([logits, LABELS])
        .outputs([LOSS, LOG_PROB])
        .text("reduction", "mean")
        .into()
}

/// Adds the loss, and its gradient by the logits with the name `seed`.
///
/// With class weights `w` and smoothing `e` over `k` classes, the target of class `c` for item `i` of class `y` is
/// `t[i, c] = w[c] * ((c == y) * (1 - e) + e / k)`. The loss is `-sum(t * log p) / sum(w[y])`, as in `PyTorch`'s
/// `CrossEntropyLoss`.
///
/// # Errors
/// Returns an error when smoothing or a class weight is out of range, and when the number of class weights is not that of the
/// classes.
pub(super) fn add(
    graph: &mut GraphProto,
    model: &Model,
    logits: &str,
    seed: &str,
    options: &Options,
) -> Result<(), Error> {
    check(options).map_err(|reason| Error::Unsuitable { model: model.label().to_owned(), reason })?;
    let smoothing = options.label_smoothing;
    if smoothing <= 0.0 && options.class_weights.is_none() {
        let unit = format!("{LOSS}_grad");
        graph.initializer.push(tensor::from_array(&unit, &ndarray::arr0(1.0_f32)));
        let inputs = [unit.as_str(), LOG_PROB, LABELS];
        let gradient = Node::new("SoftmaxCrossEntropyLossGrad", seed).domain(vendor::DOMAIN).inputs(inputs);
        graph.node.extend([plain(logits), gradient.text("reduction", "mean").into()]);
        return Ok(());
    }
    let classes = model.shapes().per_item(logits).and_then(|shape| shape.first().copied()).ok_or_else(|| {
        let reason = "its number of classes is not known before the model runs".to_owned();
        Error::Tensor { model: model.label().to_owned(), tensor: logits.to_owned(), reason }
    })?;
    let weights = options.class_weights.clone().unwrap_or_else(|| vec![1.0; classes]);
    if weights.len() != classes {
        let reason = format!("there are {} class weights for the {classes} classes of `{logits}`", weights.len());
        return Err(Error::Unsuitable { model: model.label().to_owned(), reason });
    }
    let weights = ndarray::Array1::from_vec(weights);
    let number = |name: &str, value: f32| tensor::from_array(name, &ndarray::arr0(value));
    let counted = ndarray::arr1(&[0.0_f32, 1.0]);
    graph.initializer.extend([
        tensor::from_integers("loss.classes", &[classes as i64]),
        tensor::from_array("loss.counted", &counted),
        tensor::from_array("loss.weights", &weights),
        number("loss.sharp", 1.0 - smoothing),
        tensor::from_array("loss.smooth", &(&weights * (smoothing / classes as f32))),
        tensor::from_integers("loss.along", &[1]),
    ]);
    let node = |operator: &str, name: &str, inputs: &[&str]| Node::new(operator, name).inputs(inputs.iter().copied());
    graph.node.extend([
        node("LogSoftmax", LOG_PROB, &[logits]).int("axis", 1).into(),
        node("OneHot", "loss.true", &[LABELS, "loss.classes", "loss.counted"]).int("axis", 1).into(),
        node("Mul", "loss.weighted", &["loss.true", "loss.weights"]).into(),
        node("ReduceSum", "loss.total", &["loss.weighted"]).int("keepdims", 0).into(),
        node("Mul", "loss.sharpened", &["loss.weighted", "loss.sharp"]).into(),
        node("Add", "loss.smoothed", &["loss.sharpened", "loss.smooth"]).into(),
        node("Div", "loss.target", &["loss.smoothed", "loss.total"]).into(),
        node("Mul", "loss.parts", &["loss.target", LOG_PROB]).into(),
        node("ReduceSum", "loss.sum", &["loss.parts"]).int("keepdims", 0).into(),
        node("Neg", LOSS, &["loss.sum"]).into(),
        node("ReduceSum", "loss.shares", &["loss.target", "loss.along"]).int("keepdims", 1).into(),
        node("Exp", "loss.softmax", &[LOG_PROB]).into(),
        node("Mul", "loss.expected", &["loss.softmax", "loss.shares"]).into(),
        node("Sub", seed, &["loss.expected", "loss.target"]).into(),
    ]);
    Ok(())
}

fn check(options: &Options) -> Result<(), String> {
    if !(0.0..1.0).contains(&options.label_smoothing) {
        return Err(format!("label smoothing of {} is not at least 0 and below 1", options.label_smoothing));
    }
    let weights = options.class_weights.iter().flatten();
    match weights.copied().find(|weight| !weight.is_finite() || *weight <= 0.0) {
        Some(weight) => Err(format!("a class weight of {weight} is not above 0")),
        None => Ok(()),
    }
}
