//! Gradients of activation functions. A rule uses the output instead of the input where it can: training keeps the output
//! anyway.

use super::rectifier::Rectifier;
use super::vendor;
use super::walk::Walk;
use crate::builder::Node;
use crate::node::{float_attribute, input};
use crate::onnx::NodeProto;

/// Builds `dX = dY` where `Y > 0`, else 0. With another [`Rectifier`], `dX` is `max(dY, 0)` where `Y > 0`, or everywhere.
pub(super) fn relu(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    if walk.rectifier == Rectifier::Slope {
        return from_output(walk, node, "ReluGrad");
    }
    let unary = Unary::of(walk, node)?;
    let positive = walk.between(&unary.hint("positive"), |name| Node::new("Relu", name).inputs([&unary.dy]));
    if walk.rectifier == Rectifier::Deconvolution {
        walk.pass(&unary.x, positive);
        return Ok(());
    }
    walk.give(&unary.x, |name| vendor::activation("ReluGrad", name, [&positive, &unary.y]));
    Ok(())
}

/// Builds `dX = dY * Y * (1 - Y)`.
pub(super) fn sigmoid(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    from_output(walk, node, "SigmoidGrad")
}

/// Builds `dX = dY * (1 - Y * Y)`.
pub(super) fn tanh(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    from_output(walk, node, "TanhGrad")
}

fn from_output(walk: &mut Walk<'_>, node: &NodeProto, operator: &str) -> Result<(), String> {
    let unary = Unary::of(walk, node)?;
    walk.give(&unary.x, |name| vendor::activation(operator, name, [&unary.dy, &unary.y]));
    Ok(())
}

/// The names of the input and the output of a function of one tensor, and of the output's gradient.
struct Unary {
    x: String,
    y: String,
    dy: String,
}

impl Unary {
    fn of(walk: &mut Walk<'_>, node: &NodeProto) -> Result<Self, String> {
        let dy = walk.incoming(node)?;
        match (input(node, 0), node.output.first()) {
            (Some(x), Some(y)) => Ok(Self { x: x.to_owned(), y: y.clone(), dy }),
            _ => Err("it has no input".to_owned()),
        }
    }

    /// Returns a name for an intermediate result.
    fn hint(&self, what: &str) -> String {
        format!("{}_grad.{what}", self.x)
    }
}

/// Builds `dX = then` where `condition` holds, and `otherwise` elsewhere.
fn choose(walk: &mut Walk<'_>, unary: &Unary, condition: &str, then: &str, otherwise: &str) {
    walk.give(&unary.x, |name| Node::new("Where", name).inputs([condition, then, otherwise]));
}

/// Builds `dX = dY` where `X > 0`, else `alpha * dY`.
pub(super) fn leaky_relu(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let unary = Unary::of(walk, node)?;
    let alpha = walk.scalar(&unary.hint("alpha"), float_attribute(node, "alpha").unwrap_or(0.01));
    let zero = walk.scalar(&unary.hint("zero"), 0.0);
    let positive = walk.both("Greater", &unary.hint("positive"), &unary.x, &zero);
    let weaker = walk.both("Mul", &unary.hint("weaker"), &unary.dy, &alpha);
    choose(walk, &unary, &positive, &unary.dy, &weaker);
    Ok(())
}

/// Builds `dX = dY` where `X > 0`, else `slope * dY`. `dslope` is the sum of `dY * X` where `X <= 0`.
pub(super) fn parametric_relu(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let unary = Unary::of(walk, node)?;
    let slope = input(node, 1).ok_or("it has no slope")?;
    let zero = walk.scalar(&unary.hint("zero"), 0.0);
    let positive = walk.both("Greater", &unary.hint("positive"), &unary.x, &zero);
    if walk.wants(&unary.x) {
        let weaker = walk.both("Mul", &unary.hint("weaker"), &unary.dy, slope);
        choose(walk, &unary, &positive, &unary.dy, &weaker);
    }
    if walk.wants(slope) {
        let product = walk.both("Mul", &format!("{slope}_grad.product"), &unary.dy, &unary.x);
        let hint = format!("{slope}_grad.negative");
        let negative = walk.between(&hint, |name| Node::new("Where", name).inputs([&positive, &zero, &product]));
        let part = super::arithmetic::unbroadcast(walk, &negative, node, slope)?;
        walk.pass(slope, part);
    }
    Ok(())
}

/// Builds `dX = dY` where `X` lies strictly between the bounds, else 0.
pub(super) fn clip(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let unary = Unary::of(walk, node)?;
    if !walk.wants(&unary.x) {
        return Ok(());
    }
    let zero = walk.scalar(&unary.hint("zero"), 0.0);
    let mut gradient = unary.dy.clone();
    for (operator, bound) in [("Greater", input(node, 1)), ("Less", input(node, 2))] {
        if let Some(bound) = bound {
            let inside = walk.both(operator, &unary.hint("inside"), &unary.x, bound);
            let hint = unary.hint("bounded");
            gradient = walk.between(&hint, |name| Node::new("Where", name).inputs([&inside, &gradient, &zero]));
        }
    }
    walk.pass(&unary.x, gradient);
    Ok(())
}

/// Builds the gradient of `Y = alpha * X + beta`, limited to 0 and 1: `dX = alpha * dY` where `0 < Y < 1`, else 0.
pub(super) fn hard_sigmoid(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let unary = Unary::of(walk, node)?;
    let [zero, one] = [0.0, 1.0].map(|bound| walk.scalar(&unary.hint("bound"), bound));
    let alpha = walk.scalar(&unary.hint("alpha"), float_attribute(node, "alpha").unwrap_or(0.2));
    let above = walk.both("Greater", &unary.hint("above"), &unary.y, &zero);
    let below = walk.both("Less", &unary.hint("below"), &unary.y, &one);
    let inside = walk.both("And", &unary.hint("inside"), &above, &below);
    let slope = walk.both("Mul", &unary.hint("slope"), &unary.dy, &alpha);
    choose(walk, &unary, &inside, &slope, &zero);
    Ok(())
}

/// Builds the gradient of `Y = X * (X + 3) / 6` for `-3 < X < 3`: `dX = dY * (X / 3 + 1 / 2)` there, 0 below, `dY` above.
pub(super) fn hard_swish(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let unary = Unary::of(walk, node)?;
    let [zero, lower, upper, third, half] =
        [0.0, -3.0, 3.0, 1.0 / 3.0, 0.5].map(|value| walk.scalar(&unary.hint("constant"), value));
    let scaled = walk.both("Mul", &unary.hint("scaled"), &unary.x, &third);
    let slope = walk.both("Add", &unary.hint("slope"), &scaled, &half);
    let bent = walk.both("Mul", &unary.hint("bent"), &unary.dy, &slope);
    let below = walk.both("Less", &unary.hint("below"), &unary.x, &upper);
    let above = walk.both("Greater", &unary.hint("above"), &unary.x, &lower);
    let hint = unary.hint("upper");
    let chosen = walk.between(&hint, |name| Node::new("Where", name).inputs([&below, &bent, &unary.dy]));
    choose(walk, &unary, &above, &chosen, &zero);
    Ok(())
}
