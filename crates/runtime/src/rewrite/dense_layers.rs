//! Large dense layers by our own operator, with a rectifier that follows. Their weights are stored in the operator's layout.

use std::collections::{BTreeMap, BTreeSet};

use graph::builder::Node;
use graph::node::{input, is_standard};
use graph::onnx::{GraphProto, NodeProto, TensorProto, ValueInfoProto};
use graph::{Model, tensor};
use kernels::row_sparse::{PANEL, pack};
use ndarray::Array;

use super::replace::{only_readers, replace};
use crate::operators::names::{DENSE, DOMAIN, attribute};

/// The least number of weights of a large dense layer, which our own operators compute. From this size on, ONNX Runtime
/// spends more time on copying the weight into another layout than on the product, and one pass over the weight instead of
/// several is worth while.
pub(crate) const LARGE: usize = 1 << 20;

/// Replaces dense layers in the graph of `model` by the operator and returns whether any was replaced.
pub(super) fn rewrite(graph: &mut GraphProto, model: &Model) -> bool {
    let readers = only_readers(graph);
    let rewriter = Rewriter { model, readers: &readers, large: large(graph) };
    let (mut replaced, mut weights) = (BTreeSet::new(), Vec::new());
    let changed = replace(graph, |node, taken_in| {
        let Layer { own, weight, relu } = rewriter.layer(node)?;
        taken_in.extend(relu);
        replaced.extend(node.input.get(1).cloned());
        weights.push(weight);
        Some(vec![own])
    });
    graph.initializer.retain(|stored| !replaced.contains(stored.name()));
    graph.initializer.extend(weights);
    changed
}

/// Returns the names of large stored tensors that are not inputs.
fn large(graph: &GraphProto) -> BTreeSet<String> {
    let inputs: BTreeSet<&str> = graph.input.iter().map(ValueInfoProto::name).collect();
    let large = |stored: &&TensorProto| {
        tensor::dims(stored).and_then(|dims| tensor::count(&dims)).is_ok_and(|count| count >= LARGE)
    };
    let names = graph.initializer.iter().filter(large).map(TensorProto::name);
    names.filter(|name| !inputs.contains(name)).map(str::to_owned).collect()
}

struct Rewriter<'g> {
    model: &'g Model,
    readers: &'g BTreeMap<String, NodeProto>,
    large: BTreeSet<String>,
}

/// The node that replaces a dense layer, its weight, and the output of the `Relu` that it contains.
struct Layer {
    own: Node,
    weight: TensorProto,
    relu: Option<String>,
}

impl Rewriter<'_> {
    fn layer(&self, node: &NodeProto) -> Option<Layer> {
        let (x, weight, output) = (input(node, 0)?, input(node, 1)?, node.output.first()?);
        let own_weight = self.readers.contains_key(weight) && self.large.contains(weight);
        if !own_weight || !is_standard(node) || node.op_type() != "Gemm" {
            return None;
        }
        let layer = self.model.dense(node, x, output)?;
        let (outputs, inputs) = layer.weights.dim();
        let laid_out = pack([outputs, inputs], |output, input| layer.weights[[output, input]]);
        let laid_out = Array::from_shape_vec((outputs.div_ceil(PANEL), inputs, PANEL), laid_out).ok()?;
        let relu = self.readers.get(output).filter(|reader| is_standard(reader) && reader.op_type() == "Relu");
        let relu = relu.and_then(|reader| reader.output.first());
        let name = format!("{weight}.panels");
        let own =
            Node::new(DENSE, relu.unwrap_or(output)).domain(DOMAIN).int(attribute::RELU, i64::from(relu.is_some()));
        let own = own.inputs([x, &name].into_iter().chain(input(node, 2))).int(attribute::OUTPUTS, outputs as i64);
        Some(Layer { own, weight: tensor::from_array(&name, &laid_out), relu: relu.cloned() })
    }
}
