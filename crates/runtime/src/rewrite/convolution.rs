//! Convolutions by our own operators: forward, with a rectifier and a pooling that follow, and both gradients.

use std::collections::{BTreeMap, BTreeSet};

use graph::builder::Node;
use graph::gradient::vendor;
use graph::node::{self, input, int_attribute, ints_attribute, is_standard};
use graph::onnx::{GraphProto, NodeProto};
use graph::{Dim, Shapes, window};
use kernels::{Geometry, tiled_cost};

use super::convolutions::Convolutions;
use super::replace::{only_readers, replace};
use crate::operators::names::{
    CONVOLUTION, CONVOLUTION_FILTER_GRADIENT, CONVOLUTION_INPUT_GRADIENT, DOMAIN, attribute,
};

/// Replaces nodes of a graph by the operators and returns whether any was replaced. The order of the nodes stays.
pub(super) fn rewrite(graph: &mut GraphProto, which: Convolutions, shapes: &Shapes) -> bool {
    let readers = only_readers(graph);
    let rewriter = Rewriter { which, shapes, readers: &readers };
    replace(graph, |node, taken_in| rewriter.node(node, taken_in))
}

struct Rewriter<'g> {
    which: Convolutions,
    shapes: &'g Shapes,
    readers: &'g BTreeMap<String, NodeProto>,
}

impl Rewriter<'_> {
    /// Returns the nodes that replace a node. Adds the outputs of later nodes that they compute as well to `taken_in`.
    fn node(&self, node: &NodeProto, taken_in: &mut BTreeSet<String>) -> Option<Vec<Node>> {
        match (node.domain(), node.op_type()) {
            ("" | "ai.onnx", "Conv") => self.forward(node, taken_in),
            ("" | "ai.onnx", "ConvTranspose") => self.transposed(node),
            (vendor::DOMAIN, vendor::CONVOLUTION) => self.gradients(node),
            _ => None,
        }
    }

    fn forward(&self, node: &NodeProto, taken_in: &mut BTreeSet<String>) -> Option<Vec<Node>> {
        let (image, filters) = (input(node, 0)?, input(node, 1)?);
        let geometry = self.geometry(node, image, filters)?;
        let mut output = node.output.first()?;
        let relu = self.reader(output, "Relu");
        if let Some(relu) = relu {
            output = relu.output.first()?;
            taken_in.insert(output.clone());
        }
        let pool = self.reader(output, "MaxPool").and_then(|node| Some((node.output.first()?, pool(node, &geometry)?)));
        if let Some((pooled, _)) = pool {
            output = pooled;
            taken_in.insert(output.clone());
        }
        let mut own = own(CONVOLUTION, output, &geometry).inputs(node.input.iter().cloned());
        own = own.int(attribute::RELU, i64::from(relu.is_some()));
        for (key, sizes) in pool.into_iter().flat_map(|(_, pool)| pool) {
            own = own.ints(key, list(&sizes));
        }
        Some(vec![own])
    }

    /// Returns the only reader of a tensor, if it has this operator and one output.
    fn reader(&self, tensor: &str, operator: &str) -> Option<&NodeProto> {
        let reader = self.readers.get(tensor)?;
        let outputs = reader.output.iter().filter(|name| !name.is_empty()).count();
        (is_standard(reader) && reader.op_type() == operator && outputs == 1).then_some(reader)
    }

    /// Replaces the gradient of a convolution by its image, which the gradient rule writes as `ConvTranspose` when the filters
    /// are not trained.
    fn transposed(&self, node: &NodeProto) -> Option<Vec<Node>> {
        let [incoming, filters] = node.input.as_slice() else { return None };
        if ["auto_pad", "output_shape"].iter().any(|key| node::attribute(node, key).is_some()) {
            return None;
        }
        let image = node.output.first()?;
        let geometry = self.geometry(node, image, filters)?;
        Some(vec![input_gradient(image, &geometry).inputs([incoming, filters])])
    }

    /// Replaces a `ConvGrad` of `dY`, `X` and `W`. It computes those of `dX`, `dW` and `dB` that have a name.
    fn gradients(&self, node: &NodeProto) -> Option<Vec<Node>> {
        let [incoming, image, filters] = node.input.as_slice() else { return None };
        let geometry = self.geometry(node, image, filters)?;
        let output = |place: usize| node.output.get(place).filter(|name| !name.is_empty());
        let mut own_nodes = Vec::new();
        if let Some(of_filters) = output(1) {
            let outputs = [Some(of_filters.clone()), output(2).cloned()].into_iter().flatten();
            let gradient = own(CONVOLUTION_FILTER_GRADIENT, of_filters, &geometry).inputs([image, incoming]);
            let kernel = geometry.kernel.map(|size| size as i64);
            own_nodes.push(gradient.outputs(outputs).ints(attribute::KERNEL_SHAPE, kernel));
        } else if output(2).is_some() {
            return None;
        }
        if let Some(of_image) = output(0) {
            own_nodes.push(input_gradient(of_image, &geometry).inputs([incoming, filters]));
        }
        Some(own_nodes)
    }

    /// Returns the geometry of a convolution over the tensor `image`, if our own operators are to compute it.
    fn geometry(&self, node: &NodeProto, image: &str, filters: &str) -> Option<Geometry> {
        let (image, filters) = (self.shapes.get(image)?, self.shapes.get(filters)?);
        let [_, channels, height, width] = image else { return None };
        let sizes: Option<Vec<usize>> = filters.iter().map(Dim::size).collect();
        let [count, _, rows, columns] = sizes?[..] else { return None };
        let axes = window::axes(node, image, &[rows as i64, columns as i64]).ok()?;
        let [vertical, horizontal] = axes.as_slice() else { return None };
        let positive = |value: i64| usize::try_from(value).ok();
        let pads: Option<Vec<usize>> = window::pads(&axes).ok()?.into_iter().map(positive).collect();
        let geometry = Geometry {
            channels: channels.size()?,
            filters: count,
            kernel: [rows, columns],
            strides: [positive(vertical.stride)?, positive(horizontal.stride)?],
            pads: pads?.try_into().ok()?,
            dilations: [positive(vertical.dilation)?, positive(horizontal.dilation)?],
            groups: positive(int_attribute(node, "group").unwrap_or(1))?,
            size: [height.size()?, width.size()?],
        };
        let fits = self.which == Convolutions::Own || worthwhile(&geometry);
        (geometry.check().is_ok() && fits).then_some(geometry)
    }
}

/// Returns the attributes of a pooling behind a convolution, if our own operator supports it.
fn pool(node: &NodeProto, geometry: &Geometry) -> Option<[(&'static str, [usize; 2]); 4]> {
    let size = geometry.output_size().map(Dim::Size);
    let image: Vec<Dim> = [Dim::Size(1), Dim::Size(geometry.filters)].into_iter().chain(size).collect();
    let axes = window::axes(node, &image, ints_attribute(node, "kernel_shape")?).ok()?;
    let each = |number: fn(&window::Axis) -> Option<usize>| {
        let numbers: Option<Vec<usize>> = axes.iter().map(number).collect();
        <[usize; 2]>::try_from(numbers?).ok()
    };
    let (kernel, strides) =
        (each(|axis| usize::try_from(axis.kernel).ok())?, each(|axis| usize::try_from(axis.stride).ok())?);
    let before = each(|axis| usize::try_from(axis.pads?.0).ok())?;
    let windows = each(|axis| axis.steps)?;
    axes.iter().all(|axis| axis.dilation == 1).then_some([
        (attribute::POOL_KERNEL, kernel),
        (attribute::POOL_STRIDES, strides),
        (attribute::POOL_BEFORE, before),
        (attribute::POOL_WINDOWS, windows),
    ])
}

/// Makes a node of one of the operators, with the attributes that all of them have.
fn own(operator: &str, output: &str, geometry: &Geometry) -> Node {
    Node::new(operator, output)
        .domain(DOMAIN)
        .ints(attribute::STRIDES, list(&geometry.strides))
        .ints(attribute::PADS, list(&geometry.pads))
        .ints(attribute::DILATIONS, list(&geometry.dilations))
        .int(attribute::GROUP, geometry.groups as i64)
}

fn input_gradient(output: &str, geometry: &Geometry) -> Node {
    own(CONVOLUTION_INPUT_GRADIENT, output, geometry).ints(attribute::SIZE, geometry.size.map(|size| size as i64))
}

fn list(values: &[usize]) -> Vec<i64> {
    values.iter().map(|&value| value as i64).collect()
}

/// The number of multiply-adds that ONNX Runtime 1.19 does in the time of one multiply-add of our products of tiles. On one core of
/// a Zen 5, ONNX Runtime does 51 a nanosecond for the layers of `AlexNet`, and our products of tiles do 115.
const RUNTIME_SPEED: f64 = 0.45;

/// The greatest number of bytes that the tiles of one image may take.
const MOST_BYTES: usize = 64 << 20;

/// Returns whether our own operator computes a convolution in less time than the runtime's, by the estimate of [`tiled_cost`].
fn worthwhile(geometry: &Geometry) -> bool {
    tiled_cost(geometry).is_some_and(|cost| {
        cost.multiply_adds as f64 * RUNTIME_SPEED < cost.plain_multiply_adds as f64 && cost.bytes <= MOST_BYTES
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alexnets_layers_are_worthwhile_and_thin_or_very_large_ones_are_not() {
        let layer = |channels, filters, kernel, stride, size| Geometry {
            channels,
            filters,
            kernel: [kernel; 2],
            strides: [stride; 2],
            pads: [1; 4],
            dilations: [1; 2],
            groups: 1,
            size: [size; 2],
        };
        let layers =
            [layer(3, 64, 11, 4, 224), layer(64, 192, 5, 1, 27), layer(192, 384, 3, 1, 13), layer(256, 256, 3, 1, 13)];
        assert!(layers.iter().all(worthwhile));
        let others = [
            layer(3, 64, 3, 1, 224),
            layer(64, 64, 1, 1, 56),
            layer(64, 64, 3, 1, 1024),
            Geometry { dilations: [2, 2], ..layer(256, 256, 3, 1, 13) },
        ];
        assert!(!others.iter().any(worthwhile));
    }
}
