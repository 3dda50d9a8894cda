//! Gradients of normalization and softmax.

use super::arithmetic;
use super::walk::Walk;
use crate::builder::Node;
use crate::node::{float_attribute, input, int_attribute};
use crate::onnx::NodeProto;

/// Builds the gradients of `Y = scale * (X - mean) * r + bias` with `r = 1 / sqrt(variance + epsilon)` and constant mean and
/// variance: `dX = dY * scale * r`, `dscale` is the sum of `dY * (X - mean)` times `r`, and `dbias` is the sum of `dY`. The
/// sums run over all axes but that of the channels.
pub(super) fn batch(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [Some(x), Some(scale), Some(bias), Some(mean), Some(variance)] =
        [0, 1, 2, 3, 4].map(|place| input(node, place))
    else {
        return Err("it does not have five inputs".to_owned());
    };
    if int_attribute(node, "training_mode").unwrap_or(0) != 0 || node.output.iter().skip(1).any(|name| !name.is_empty())
    {
        return Err("it is in training mode, with statistics of each batch: export the model for inference".to_owned());
    }
    let rank = walk.shape(x)?.len() as i64;
    let hint = |what: &str| format!("{x}_grad.{what}");
    let others: Vec<i64> = (0..rank).filter(|&axis| axis != 1).collect();
    let behind: Vec<i64> = (1..rank - 1).collect();
    let epsilon = walk.scalar(&hint("epsilon"), float_attribute(node, "epsilon").unwrap_or(1e-5));
    let shifted = walk.both("Add", &hint("variance"), variance, &epsilon);
    let root = walk.between(&hint("deviation"), |name| Node::new("Sqrt", name).inputs([shifted]));
    if walk.wants(x) {
        let factor = walk.both("Div", &hint("factor"), scale, &root);
        let factor = spread(walk, &hint("factor.spread"), &factor, &behind);
        walk.give(x, |name| Node::new("Mul", name).inputs([&incoming, &factor]));
    }
    if walk.wants(scale) {
        let mean = spread(walk, &hint("mean.spread"), mean, &behind);
        let centred = walk.both("Sub", &hint("centred"), x, &mean);
        let product = walk.both("Mul", &hint("product"), &incoming, &centred);
        let total = arithmetic::total(walk, &product, scale, &others, 0);
        walk.give(scale, |name| Node::new("Div", name).inputs([&total, &root]));
    }
    if walk.wants(bias) {
        let part = arithmetic::total(walk, &incoming, bias, &others, 0);
        walk.pass(bias, part);
    }
    Ok(())
}

/// Adds axes behind a vector with one value for each channel: `[c]` -> `[c, 1, 1]`.
fn spread(walk: &mut Walk<'_>, hint: &str, vector: &str, axes: &[i64]) -> String {
    if axes.is_empty() {
        return vector.to_owned();
    }
    let axes = walk.integers(&format!("{hint}.axes"), axes);
    walk.both("Unsqueeze", hint, vector, &axes)
}

/// Builds the gradient of `Y = X * s^-beta` with `s = bias + alpha * M(X^2)`, where `M` is the mean over `size` channels
/// around each channel, with zeros beyond the first and the last (Krizhevsky et al. 2012, section 3.3):
/// `dX = dY * s^-beta - 2 * alpha * beta * X * M'(dY * Y / s)`, where `M'` is `M` with the window reversed. Both are averages
/// over windows in an image `[c, h * w]`.
pub(super) fn local_response(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let dy = walk.incoming(node)?;
    let (Some(x), Some(y)) = (input(node, 0), node.output.first()) else { return Err("it has no input".to_owned()) };
    let channels = walk.shape(x)?.get(1).and_then(crate::Dim::size);
    let channels = channels.ok_or_else(|| format!("the number of channels of `{x}` is not known"))? as i64;
    let number = |key: &str, otherwise: f32| float_attribute(node, key).unwrap_or(otherwise);
    let (alpha, beta, bias) = (number("alpha", 1e-4), number("beta", 0.75), number("bias", 1.0));
    let size = int_attribute(node, "size").unwrap_or(1).max(1);
    let (before, after) = ((size - 1) / 2, size / 2);
    let hint = |what: &str| format!("{x}_grad.{what}");
    let flat = walk.integers(&hint("flat"), &[0, 1, channels, -1]);
    let shape = walk.between(&hint("shape"), |name| Node::new("Shape", name).inputs([x]));
    let mean = |walk: &mut Walk<'_>, of: &str, before: i64, after: i64| {
        let image = walk.both("Reshape", &hint("channels"), of, &flat);
        let mean = walk.between(&hint("mean"), |name| {
            let pool = Node::new("AveragePool", name).inputs([image]).ints("kernel_shape", [size, 1]);
            pool.ints("pads", [before, 0, after, 0]).ints("strides", [1, 1]).int("count_include_pad", 1)
        });
        walk.both("Reshape", &hint("mean.unfolded"), &mean, &shape)
    };
    let square = walk.both("Mul", &hint("square"), x, x);
    let around = mean(walk, &square, before, after);
    let alpha_name = walk.scalar(&hint("alpha"), alpha);
    let scaled = walk.both("Mul", &hint("scaled"), &around, &alpha_name);
    let bias = walk.scalar(&hint("bias"), bias);
    let divisor = walk.both("Add", &hint("divisor"), &scaled, &bias);
    // `Pow` of ONNX Runtime is slow. Its `Log` and `Exp` are fast.
    let logarithm = walk.between(&hint("logarithm"), |name| Node::new("Log", name).inputs([&divisor]));
    let exponent = walk.scalar(&hint("exponent"), -beta);
    let product = walk.both("Mul", &hint("exponents"), &logarithm, &exponent);
    let power = walk.between(&hint("power"), |name| Node::new("Exp", name).inputs([product]));
    let own = walk.both("Mul", &hint("own"), &dy, &power);
    let outgoing = walk.both("Mul", &hint("outgoing"), &dy, y);
    let outgoing = walk.both("Div", &hint("ratio"), &outgoing, &divisor);
    let others = mean(walk, &outgoing, after, before);
    let factor = walk.scalar(&hint("factor"), 2.0 * alpha * beta);
    let weighted = walk.both("Mul", &hint("weighted"), x, &factor);
    let others = walk.both("Mul", &hint("others"), &others, &weighted);
    walk.give(x, |name| Node::new("Sub", name).inputs([own, others]));
    Ok(())
}

/// Builds `dX = Y * (dY - sum(dY * Y))`, with the sum along the axis.
pub(super) fn softmax(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let dy = walk.incoming(node)?;
    let (Some(x), Some(y)) = (input(node, 0), node.output.first()) else { return Err("it has no input".to_owned()) };
    let product = walk.both("Mul", &format!("{x}_grad.product"), &dy, y);
    let total = arithmetic::total(walk, &product, x, &[int_attribute(node, "axis").unwrap_or(-1)], 1);
    let apart = walk.both("Sub", &format!("{x}_grad.apart"), &dy, &total);
    walk.give(x, |name| Node::new("Mul", name).inputs([&apart, y]));
    Ok(())
}

/// Builds `dX = dY - exp(Y) * sum(dY)`, with the sum along the axis.
pub(super) fn log_softmax(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let dy = walk.incoming(node)?;
    let (Some(x), Some(y)) = (input(node, 0), node.output.first()) else { return Err("it has no input".to_owned()) };
    let total = arithmetic::total(walk, &dy, x, &[int_attribute(node, "axis").unwrap_or(-1)], 1);
    let softmax = walk.between(&format!("{x}_grad.softmax"), |name| Node::new("Exp", name).inputs([y]));
    let product = walk.both("Mul", &format!("{x}_grad.product"), &softmax, &total);
    walk.give(x, |name| Node::new("Sub", name).inputs([&dy, &product]));
    Ok(())
}
