//! The walk over the nodes, in order, that gives each its shape.

use std::collections::BTreeMap;

use super::rule::{At, Found};
use super::{Dim, Known, Problem, Shapes, declared, dense, layout, window};
use crate::node::node_name;
use crate::onnx::{GraphProto, NodeProto, ValueInfoProto, tensor_proto::DataType};
use crate::tensor;

/// Works out the shapes; `inputs` overrides what the graph says of its inputs.
pub(crate) fn infer(graph: &GraphProto, inputs: &[(&str, &[usize])]) -> Shapes {
    let mut shapes = Shapes::default();
    let mut constants: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let told: BTreeMap<&str, &ValueInfoProto> =
        graph.value_info.iter().chain(&graph.output).map(|info| (info.name(), info)).collect();
    for info in &graph.input {
        let mut known = declared(info);
        if let Some((_, sizes)) = inputs.iter().find(|(name, _)| *name == info.name()) {
            let element = known.as_ref().map_or(DataType::Float as i32, |known| known.element);
            known = Some(Known { element, shape: Some(sizes.iter().map(|&size| Dim::Size(size)).collect()) });
        }
        shapes.known.extend(known.map(|known| (info.name().to_owned(), known)));
    }
    for stored in &graph.initializer {
        let shape = tensor::dims(stored).ok().map(|dims| dims.into_iter().map(Dim::Size).collect());
        shapes.known.insert(stored.name().to_owned(), Known { element: stored.data_type(), shape });
        constants.extend(tensor::integers(stored).ok().map(|values| (stored.name(), values)));
    }
    for node in &graph.node {
        let value = node.attribute.iter().find(|attribute| attribute.name() == "value" && node.op_type() == "Constant");
        if let (Some(output), Some(stored)) = (node.output.first(), value.and_then(|value| value.t.as_deref())) {
            constants.extend(tensor::integers(stored).ok().map(|values| (output.as_str(), values)));
        }
        infer_node(node, &constants, &told, &mut shapes);
    }
    shapes
}

/// Works out what one node computes.
fn infer_node(
    node: &NodeProto,
    constants: &BTreeMap<&str, Vec<i64>>,
    told: &BTreeMap<&str, &ValueInfoProto>,
    shapes: &mut Shapes,
) {
    let at = At { node, shapes, constants };
    let ruled = rule(&at);
    let element = match (at.node.op_type(), at.attribute("value").and_then(|value| value.t.as_deref())) {
        ("Constant" | "ConstantOfShape", Some(stored)) => Some(stored.data_type()),
        ("ConstantOfShape", None) => Some(DataType::Float as i32),
        _ => node.input.first().and_then(|input| shapes.known.get(input)).map(|known| known.element),
    };
    let has_rule = ruled.is_some();
    let shape = match ruled.unwrap_or(Ok(None)) {
        Ok(shape) => shape,
        Err(reason) => {
            let (node, operator) = (node_name(node).to_owned(), node.op_type().to_owned());
            shapes.problem.get_or_insert(Problem { node, operator, reason });
            None
        }
    };
    for (place, output) in node.output.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        // Operators with several outputs and a rule here give further ones of the first's shape: pooling its indices,
        // dropout its mask.
        let element = match (node.op_type(), place) {
            ("MaxPool", 1) => Some(DataType::Int64 as i32),
            ("Dropout", 1) => Some(DataType::Bool as i32),
            _ => element.filter(|_| has_rule),
        };
        let inferred = element.map(|element| Known { element, shape: shape.clone() });
        let told = || told.get(output.as_str()).and_then(|info| declared(info));
        let known = inferred.clone().filter(|known| known.shape.is_some()).or_else(told).or(inferred);
        shapes.known.extend(known.map(|known| (output.clone(), known)));
    }
}

/// `None` for operators without a rule.
fn rule(at: &At<'_>) -> Option<Found> {
    if !matches!(at.node.domain(), "" | "ai.onnx") {
        return None;
    }
    Some(match at.node.op_type() {
        "Relu"
        | "LeakyRelu"
        | "PRelu"
        | "Elu"
        | "Selu"
        | "Sigmoid"
        | "HardSigmoid"
        | "HardSwish"
        | "Tanh"
        | "Clip"
        | "Softplus"
        | "Erf"
        | "Sqrt"
        | "Exp"
        | "Log"
        | "Neg"
        | "Abs"
        | "Reciprocal"
        | "Softmax"
        | "LogSoftmax"
        | "Dropout"
        | "Identity"
        | "LRN"
        | "BatchNormalization"
        | "InstanceNormalization"
        | "LayerNormalization" => Ok(at.shape(0).map(<[Dim]>::to_vec)),
        "Conv" => window::conv(at),
        "MaxPool" | "AveragePool" | "LpPool" => window::pool(at),
        "GlobalAveragePool" | "GlobalMaxPool" => window::global_pool(at),
        "Flatten" => layout::flatten(at),
        "Reshape" => layout::reshape(at),
        "Squeeze" => layout::squeeze(at),
        "Unsqueeze" => layout::unsqueeze(at),
        "Concat" => layout::concat(at),
        "Transpose" => layout::transpose(at),
        "Constant" => layout::constant(at),
        "ConstantOfShape" => layout::constant_of_shape(at),
        "Gemm" => dense::gemm(at),
        "MatMul" => dense::matmul(at),
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Sum" | "Max" | "Min" => dense::broadcast(at),
        "ReduceMean" | "ReduceSum" | "ReduceMax" => dense::reduce(at),
        _ => return None,
    })
}
