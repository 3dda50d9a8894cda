//! Gradient operators that only ONNX Runtime has. No other module of this crate names them.
//!
//! The standard has no operators for gradients. Most rules build a gradient from standard operators. Some gradients would
//! be slow that way, or cannot be built at all. Their rules use operators that ONNX Runtime brings along:
//!
//! | operator | domain | why |
//! |---|---|---|
//! | `ConvGrad` | `com.microsoft` | the gradient by the filters is a convolution over the batch, which `Conv` cannot express |
//! | `ReluGrad`, `SigmoidGrad`, `TanhGrad` | `com.microsoft` | one pass over memory instead of several |
//! | `MaxPoolGrad` | the standard one | ONNX Runtime registers it there; the standard has no operator that scatters by index and adds |
//!
//! A model with these operators runs in ONNX Runtime only. Crate `runtime` replaces some of them by its own. A second
//! engine would replace this file. It would also have limits of its own in the gate (`crate::gate`).

use crate::builder::Node;
use crate::onnx::NodeProto;

/// The domain of ONNX Runtime's own operators.
pub const DOMAIN: &str = "com.microsoft";
/// The gradient of a convolution.
pub const CONVOLUTION: &str = "ConvGrad";
/// The gradient of a maximum pooling.
pub const MAX_POOLING: &str = "MaxPoolGrad";

/// Returns the node that computes the gradient of an activation from the gradient `dy` of its output and the output `y`.
/// `operator` is `ReluGrad`, `SigmoidGrad` or `TanhGrad`.
pub(super) fn activation(operator: &str, name: &str, [dy, y]: [&str; 2]) -> Node {
    Node::new(operator, name).domain(DOMAIN).inputs([dy, y])
}

/// Returns the node that computes the gradients of a convolution by its image, its filters and its bias. `outputs` has their
/// names in this order. A gradient with an empty name is not computed, except for the one by the filters, which the operator
/// always computes. The operator ignores `auto_pad`.
pub(super) fn convolution(name: &str, [dy, image, filters]: [&str; 3], outputs: &[String]) -> Node {
    Node::new(CONVOLUTION, name).domain(DOMAIN).inputs([dy, image, filters]).outputs(outputs)
}

/// Returns the node that computes the gradient of the maximum pooling `pool` from the gradient `dy` of its output and the
/// indices of the maxima. The process crashes unless the graph describes the shape of the result.
pub(super) fn max_pooling(pool: &NodeProto, name: &str, [dy, indices]: [&str; 2]) -> Node {
    Node::new(MAX_POOLING, name).inputs([dy, indices]).attributes_of(pool)
}
