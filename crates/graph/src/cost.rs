//! What each layer of a network takes: parameters and multiply-adds.

use std::collections::{BTreeMap, BTreeSet};

use crate::node::is_standard;
use crate::onnx::{NodeProto, TensorProto};
use crate::{Model, Shapes, tensor, tuning};

/// One node that depends on the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The tensor that it computes, the layer's name.
    pub name: String,
    /// Its operator, such as `Conv`.
    pub operator: String,
    /// Shape for one picture, such as `[64, 55, 55]`, where it is known.
    pub shape: Option<Vec<usize>>,
    /// Weights and biases that training may change. What an earlier layer uses as well counts there alone; statistics of
    /// batch normalization, bounds and single constants do not count.
    pub parameters: u64,
    /// Multiplications, each with its addition, that convolutions and dense products do for one picture; 0 for every
    /// other operator (biases, pooling, normalization), as is usual. `None` where a size is only known when it runs.
    pub multiply_adds: Option<u64>,
}

/// The cost of every node through which the input flows, in the order of the file. What only works out shapes is left
/// out.
pub fn of(model: &Model) -> Vec<Cost> {
    let shapes = model.shapes_for_one();
    let sizes: BTreeMap<&str, u64> =
        model.graph().initializer.iter().map(|stored| (stored.name(), values(stored))).collect();
    let mut counted = BTreeSet::new();
    let mut costs = Vec::new();
    for (place, weights) in tuning::taken(model) {
        let node = &model.nodes()[place];
        let Some(name) = node.output.first().filter(|name| !name.is_empty()) else { continue };
        if is_standard(node) && matches!(node.op_type(), "Shape" | "Size") {
            continue;
        }
        let new = weights.into_iter().filter(|weight| counted.insert(*weight));
        costs.push(Cost {
            name: name.clone(),
            operator: node.op_type().to_owned(),
            shape: shapes.per_item(name),
            parameters: new.filter_map(|weight| sizes.get(weight)).sum(),
            multiply_adds: multiply_adds(node, &shapes),
        });
    }
    costs
}

fn values(stored: &TensorProto) -> u64 {
    tensor::dims(stored).and_then(|dims| tensor::count(&dims)).map_or(0, |count| count as u64)
}

/// `None` where a size is not known.
fn multiply_adds(node: &NodeProto, shapes: &Shapes) -> Option<u64> {
    if !is_standard(node) {
        return Some(0);
    }
    let sizes = |name: Option<&String>| -> Option<Vec<u64>> {
        let dims = shapes.get(name?)?;
        dims.iter().map(|dim| dim.size().map(|size| size as u64)).collect()
    };
    let product = |sizes: &[u64]| sizes.iter().try_fold(1_u64, |product, size| product.checked_mul(*size));
    let (first, second) = (node.input.first(), node.input.get(1));
    match node.op_type() {
        // Every output value is a sum over one filter, `[m, c / group, kh, kw]`.
        "Conv" => product(&sizes(node.output.first())?)?.checked_mul(product(sizes(second)?.get(1..)?)?),
        // Every input value goes into one filter's worth of outputs, `[c, m / group, kh, kw]`.
        "ConvTranspose" => product(&sizes(first)?)?.checked_mul(product(sizes(second)?.get(1..)?)?),
        "Gemm" => {
            let turned = crate::node::int_attribute(node, "transA").unwrap_or(0) != 0;
            let inner = *sizes(first)?.get(usize::from(!turned))?;
            product(&sizes(node.output.first())?)?.checked_mul(inner)
        }
        "MatMul" => product(&sizes(node.output.first())?)?.checked_mul(*sizes(first)?.last()?),
        _ => Some(0),
    }
}
