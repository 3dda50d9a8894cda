//! The walk over the nodes that infers the shape of each output.

use std::collections::BTreeMap;

use super::rule::{At, InferredShape};
use super::shapes::{Known, Problem, Shapes};
use super::{description, layout, normalization, pick, products, values, window};
use crate::Dim;
use crate::node::{int_attribute, is_standard, node_name};
use crate::onnx::{GraphProto, NodeProto, ValueInfoProto, tensor_proto::DataType};
use crate::tensor;

impl Shapes {
    /// Infers the shapes of all tensors of a graph.
    pub fn of(graph: &GraphProto) -> Self {
        infer(graph, &[])
    }
}

/// Infers the shapes. `inputs` replaces the shapes that the graph declares for its inputs.
pub(crate) fn infer(graph: &GraphProto, inputs: &[(&str, &[usize])]) -> Shapes {
    let mut shapes = Shapes::default();
    let declarations: BTreeMap<&str, &ValueInfoProto> =
        graph.value_info.iter().chain(&graph.output).map(|info| (info.name(), info)).collect();
    for info in &graph.input {
        let mut known = description::declared(info).map(|(element, shape)| Known { element, shape });
        if let Some((_, sizes)) = inputs.iter().find(|(name, _)| *name == info.name()) {
            let element = known.as_ref().map_or(DataType::Float as i32, |known| known.element);
            known = Some(Known { element, shape: Some(sizes.iter().map(|&size| Dim::Size(size)).collect()) });
        }
        shapes.known.extend(known.map(|known| (info.name().to_owned(), known)));
    }
    for stored in &graph.initializer {
        let shape = tensor::dims(stored).ok().map(|dims| dims.into_iter().map(Dim::Size).collect());
        shapes.known.insert(stored.name().to_owned(), Known { element: stored.data_type(), shape });
        shapes.values.extend(values::stored(stored).map(|values| (stored.name().to_owned(), values)));
    }
    for node in &graph.node {
        let list = values::of(&At { node, shapes: &shapes, output: 0 });
        if let (Some(list), Some(output)) = (list, node.output.first()) {
            shapes.values.insert(output.clone(), list);
        }
        for output in 0..node.output.len() {
            infer_output(node, output, &declarations, &mut shapes);
        }
    }
    shapes
}

/// Infers the shape of one output of a node.
fn infer_output(node: &NodeProto, place: usize, declarations: &BTreeMap<&str, &ValueInfoProto>, shapes: &mut Shapes) {
    let Some(output) = node.output.get(place).filter(|name| !name.is_empty()) else { return };
    let at = At { node, shapes, output: place };
    let ruled = rule(&at);
    let element = if ruled.is_some() { element(&at) } else { None };
    let shape = match ruled.unwrap_or(Ok(None)) {
        Ok(shape) => shape,
        Err(reason) => {
            let (node, operator) = (node_name(node).to_owned(), node.op_type().to_owned());
            shapes.problem.get_or_insert(Problem { node, operator, reason });
            None
        }
    };
    let inferred = element.map(|element| Known { element, shape });
    let declared = || {
        let (element, shape) = description::declared(declarations.get(output.as_str())?)?;
        Some(Known { element, shape })
    };
    // A shape in the file is not checked, so it counts only for an operator without a rule.
    let known = inferred.or_else(declared);
    shapes.known.extend(known.map(|known| (output.clone(), known)));
}

/// Returns the element type of an output of a node with a rule.
fn element(at: &At<'_>) -> Option<i32> {
    let of_input = |place: usize| Some(at.shapes.known.get(at.node.input.get(place)?)?.element);
    match (at.node.op_type(), at.output) {
        ("Constant" | "ConstantOfShape", _) => {
            let stored = at.attribute("value").and_then(|value| value.t.as_deref());
            let whole = at.attribute("value_int").or(at.attribute("value_ints")).map(|_| DataType::Int64 as i32);
            stored.map(crate::onnx::TensorProto::data_type).or(whole).or(Some(DataType::Float as i32))
        }
        ("MaxPool", 1) | ("Shape" | "Size", _) => Some(DataType::Int64 as i32),
        ("Dropout", 1)
        | ("Equal" | "Greater" | "Less" | "GreaterOrEqual" | "LessOrEqual" | "And" | "Or" | "Not", _) => {
            Some(DataType::Bool as i32)
        }
        ("Cast", _) => int_attribute(at.node, "to").and_then(|to| i32::try_from(to).ok()),
        ("Where", _) => of_input(1),
        _ => of_input(0),
    }
}

/// Returns whether an operator of the standard has a rule.
pub(crate) fn is_known(operator: &str) -> bool {
    rule_of(operator).is_some()
}

/// Infers the shape of an output, or returns `None` for an operator without a rule. Further outputs have the shape of the first
/// one (the indices of a pooling, the mask of a dropout), unless the rule returns another.
fn rule(at: &At<'_>) -> Option<InferredShape> {
    is_standard(at.node).then(|| rule_of(at.node.op_type())).flatten().map(|rule| rule(at))
}

fn rule_of(operator: &str) -> Option<fn(&At<'_>) -> InferredShape> {
    Some(match operator {
        "Relu"
        | "LeakyRelu"
        | "PRelu"
        | "Elu"
        | "Selu"
        | "Celu"
        | "ThresholdedRelu"
        | "Sigmoid"
        | "HardSigmoid"
        | "HardSwish"
        | "Mish"
        | "Gelu"
        | "Tanh"
        | "Clip"
        | "Softplus"
        | "Softsign"
        | "Erf"
        | "Sqrt"
        | "Exp"
        | "Log"
        | "Sin"
        | "Cos"
        | "Neg"
        | "Abs"
        | "Sign"
        | "Reciprocal"
        | "Floor"
        | "Ceil"
        | "Round"
        | "Cast"
        | "Not"
        | "Dropout"
        | "Identity"
        | "InstanceNormalization"
        | "LayerNormalization" => |at| Ok(at.shape(0).map(<[Dim]>::to_vec)),
        "Softmax" | "LogSoftmax" => normalization::softmax,
        "LRN" => normalization::local,
        "BatchNormalization" => normalization::batch,
        "Conv" => window::conv,
        "MaxPool" | "AveragePool" | "LpPool" => window::pool,
        "GlobalAveragePool" | "GlobalMaxPool" => window::global_pool,
        "Flatten" => layout::flatten,
        "Reshape" => layout::reshape,
        "Squeeze" => layout::squeeze,
        "Unsqueeze" => layout::unsqueeze,
        "Transpose" => layout::transpose,
        "Concat" => pick::concat,
        "Split" => pick::split,
        "Slice" => pick::slice,
        "Gather" => pick::gather,
        "Pad" => pick::pad,
        "Shape" => |at| Ok(pick::shape(at)),
        "Size" => |_| Ok(Some(Vec::new())),
        "Constant" => pick::constant,
        "ConstantOfShape" => pick::constant_of_shape,
        "Expand" => products::expand,
        "Gemm" => products::gemm,
        "MatMul" => products::matmul,
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Sum" | "Max" | "Min" | "Mean" | "Where" | "Equal" | "Greater"
        | "Less" | "GreaterOrEqual" | "LessOrEqual" | "And" | "Or" => products::broadcast,
        "ReduceMean" | "ReduceSum" | "ReduceMax" | "ReduceMin" | "ReduceProd" | "ReduceL1" | "ReduceL2" => {
            products::reduce
        }
        _ => return None,
    })
}
