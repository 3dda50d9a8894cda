//! The table of gradient rules: one for each operator.

use super::walk::Walk;
use super::{activation, arithmetic, convolution, layout, normalization, pick, pooling, products, reduction};
use crate::node::is_standard;
use crate::onnx::NodeProto;

/// A gradient rule. It adds a contribution to the gradient of each input for which [`Walk::wants`] is true, or returns the reason why
/// it cannot.
pub(super) type Rule = fn(&mut Walk<'_>, &NodeProto) -> Result<(), String>;

/// Returns the gradient rule of a node's operator.
pub(super) fn rule(node: &NodeProto) -> Option<Rule> {
    if !is_standard(node) {
        return None;
    }
    Some(match node.op_type() {
        "Relu" => activation::relu,
        "LeakyRelu" => activation::leaky_relu,
        "PRelu" => activation::parametric_relu,
        "Sigmoid" => activation::sigmoid,
        "Tanh" => activation::tanh,
        "Clip" => activation::clip,
        "HardSigmoid" => activation::hard_sigmoid,
        "HardSwish" => activation::hard_swish,
        "Identity" | "Dropout" => arithmetic::identity,
        "Add" | "Sum" => arithmetic::add,
        "Sub" => arithmetic::sub,
        "Mul" => arithmetic::mul,
        "Div" => arithmetic::div,
        "Expand" => arithmetic::expand,
        "Conv" => convolution::conv,
        "Gemm" => products::gemm,
        "MatMul" => products::matmul,
        "MaxPool" => pooling::max,
        "AveragePool" => pooling::average,
        "GlobalAveragePool" => pooling::global_average,
        "BatchNormalization" => normalization::batch,
        "LRN" => normalization::local_response,
        "Softmax" => normalization::softmax,
        "LogSoftmax" => normalization::log_softmax,
        "ReduceMean" => reduction::mean,
        "ReduceSum" => reduction::sum,
        "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => layout::reshaped,
        "Transpose" => layout::transpose,
        "Concat" => pick::concat,
        "Split" => pick::split,
        "Slice" => pick::slice,
        "Pad" => pick::pad,
        _ => return None,
    })
}
