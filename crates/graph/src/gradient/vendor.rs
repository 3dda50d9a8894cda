//! Gradient operators of ONNX Runtime: all that this crate knows of `com.microsoft`.
//!
//! The standard has no operators for gradients. Most rules build a gradient from standard operators. Four gradients
//! would be slow that way, or cannot be built at all, so the rules use operators that ONNX Runtime brings along:
//!
//! | operator | domain | why |
//! |---|---|---|
//! | `ConvGrad` | `com.microsoft` | the gradient by the filters is a convolution over the batch, which `Conv` cannot express |
//! | `ReluGrad`, `SigmoidGrad`, `TanhGrad` | `com.microsoft` | one pass over memory instead of several |
//! | `MaxPoolGrad` | the standard one | ONNX Runtime registers it there; the standard has no operator that scatters by index and adds |
//!
//! A model with these operators runs in ONNX Runtime only. Crate `runtime` replaces some of them by its own. A second
//! engine replaces this file and nothing else of the crate.

use crate::builder::Node;
use crate::onnx::NodeProto;

/// The domain of ONNX Runtime's own operators.
pub const DOMAIN: &str = "com.microsoft";
/// The gradient of a convolution.
pub const CONVOLUTION: &str = "ConvGrad";
/// The gradient of a maximum pooling.
pub const MAX_POOLING: &str = "MaxPoolGrad";

/// The gradient of an activation, by the gradient of its output and the output itself. `operator` is `ReluGrad`,
/// `SigmoidGrad` or `TanhGrad`.
pub(super) fn activation(operator: &str, name: &str, [dy, y]: [&str; 2]) -> Node {
    Node::new(operator, name).domain(DOMAIN).inputs([dy, y])
}

/// The gradients of a convolution by its image, its filters and its bias, in this order. An empty output is not computed,
/// except for the filters' gradient: the operator always computes that one and ignores `auto_pad`.
pub(super) fn convolution(name: &str, [dy, image, filters]: [&str; 3], outputs: &[String]) -> Node {
    Node::new(CONVOLUTION, name).domain(DOMAIN).inputs([dy, image, filters]).outputs(outputs)
}

/// The gradient of a maximum pooling `pool`, by the gradient of its output and the indices of the maxima. The process
/// crashes unless the graph describes the shape of the output.
pub(super) fn max_pooling(pool: &NodeProto, name: &str, [dy, indices]: [&str; 2]) -> Node {
    Node::new(MAX_POOLING, name).inputs([dy, indices]).attributes_of(pool)
}
