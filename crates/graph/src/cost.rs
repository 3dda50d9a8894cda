//! The cost of each layer of a network: parameters and multiply-adds.

use std::collections::{BTreeMap, BTreeSet};

use crate::node::is_standard;
use crate::onnx::{NodeProto, TensorProto};
use crate::{Model, Shapes, tensor, tuning};

/// The cost of one node that depends on the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Name of the layer: the tensor that the node computes.
    pub name: String,
    /// Operator of the node, such as `Conv`.
    pub operator: String,
    /// Shape of the tensor for one image, such as `[64, 55, 55]`, if it is known.
    pub shape: Option<Vec<usize>>,
    /// Number of weights and biases that training can change. A weight that several layers use counts in the first one.
    /// Statistics of batch normalization, bounds and single constants do not count.
    pub parameters: u64,
    /// Number of multiply-adds of a convolution or a dense product for one image, without its bias. 0 for every other
    /// operator, as is usual. `None` when a size is not known before the model runs.
    pub multiply_adds: Option<u64>,
}

/// Returns the cost of every node that depends on the values of the input, in the order of the file. Nodes that only
/// compute shapes are left out.
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

/// Returns the multiply-adds of a node, or `None` when a size is not known.
pub(crate) fn multiply_adds(node: &NodeProto, shapes: &Shapes) -> Option<u64> {
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
        // Every output value is a sum over one filter of the weights `[m, c / group, kh, kw]`.
        "Conv" => product(&sizes(node.output.first())?)?.checked_mul(product(sizes(second)?.get(1..)?)?),
        // Every input value contributes to one filter of outputs; the weights are `[c, m / group, kh, kw]`.
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
