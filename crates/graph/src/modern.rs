//! Old models in today's operators: differentiation writes today's nodes, and one file has one version of them. What
//! changed its meaning or its form since is rewritten; what a model computes stays the same.

use std::collections::BTreeSet;

use crate::builder::{self, Node};
use crate::node::{float_attribute, int_attribute, ints_attribute, is_standard, node_name};
use crate::onnx::{NodeProto, TensorProto};
use crate::{Error, Model, fold, tensor};

/// The first operator set that needs no rewriting.
const RECENT: i64 = 13;
/// The first operator set that can be rewritten: before it, tensors were stretched by other rules.
const OLDEST: i64 = 7;
/// Operators of which an old form is not rewritten.
const LEFT: [&str; 6] = ["Upsample", "Resize", "TopK", "Scan", "Hardmax", "NonMaxSuppression"];

impl Model {
    /// The same network in operator set 13 or later, with shapes that exporters spell out node by node
    /// (`Shape`, `Gather`, `Concat`, `Reshape`) replaced by constants where they are known.
    ///
    /// # Errors
    /// An operator set before 7, or an old operator that cannot be rewritten; the error names the node.
    pub fn modernized(&self) -> Result<Self, Error> {
        let found = self.opset();
        if found < OLDEST {
            let reason = format!("it is written in operator set {found}; understood are {OLDEST} and later");
            return Err(Error::Unsuitable { model: self.label().to_owned(), reason });
        }
        let recent = if found < RECENT { self.rewritten()? } else { self.clone() };
        fold::shapes(&recent)
    }

    fn rewritten(&self) -> Result<Self, Error> {
        let mut proto = self.to_proto();
        let Some(graph) = &mut proto.graph else { return Ok(self.clone()) };
        let shapes = self.shapes();
        let names = self.tensors().into_iter().chain(graph.initializer.iter().map(TensorProto::name));
        let mut rewrite = Rewrite { names: names.map(str::to_owned).collect(), ..Rewrite::default() };
        for node in std::mem::take(&mut graph.node) {
            let (name, operator) = (node_name(&node).to_owned(), node.op_type().to_owned());
            let rank = node.input.first().and_then(|input| shapes.get(input)).map(<[_]>::len);
            rewrite.node(node, rank).map_err(|reason| Error::Node {
                model: self.label().to_owned(),
                node: name,
                operator,
                reason,
            })?;
        }
        graph.node = rewrite.nodes;
        graph.initializer.extend(rewrite.constants);
        let stored: BTreeSet<&str> = graph.initializer.iter().map(TensorProto::name).collect();
        graph.input.retain(|input| !stored.contains(input.name()));
        for set in &mut proto.opset_import {
            if matches!(set.domain(), "" | "ai.onnx") {
                set.version = Some(builder::OPSET);
            }
        }
        proto.ir_version = proto.ir_version.max(Some(builder::IR_VERSION));
        Self::from_proto(self.label(), proto)
    }
}

#[derive(Default)]
struct Rewrite {
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
    names: BTreeSet<String>,
}

impl Rewrite {
    /// Adds a node of before [`RECENT`], as it is written today; `rank` is how many axes its first input has.
    fn node(&mut self, mut node: NodeProto, rank: Option<usize>) -> Result<(), String> {
        if node.attribute.iter().any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty()) {
            return Err("a graph inside a node of an old operator set is not understood".to_owned());
        }
        if is_standard(&node) {
            match node.op_type() {
                "Squeeze" | "Unsqueeze" | "ReduceSum" => self.list_to_input(&mut node, "axes", 1),
                "Split" => self.list_to_input(&mut node, "split", 1),
                "Slice" => {
                    for (place, key) in [(1, "starts"), (2, "ends"), (3, "axes")] {
                        self.list_to_input(&mut node, key, place);
                    }
                }
                "Pad" => {
                    let value = float_attribute(&node, "value");
                    self.list_to_input(&mut node, "pads", 1);
                    self.number_to_input(&mut node, value, 2);
                    node.attribute.retain(|attribute| attribute.name() != "value");
                }
                "Clip" => {
                    for (place, key) in [(1, "min"), (2, "max")] {
                        let bound = float_attribute(&node, key);
                        self.number_to_input(&mut node, bound, place);
                        node.attribute.retain(|attribute| attribute.name() != key);
                    }
                }
                // The rate counts in training only, and there masks are made outside.
                "Dropout" => node.attribute.clear(),
                "BatchNormalization" => {
                    if int_attribute(&node, "spatial") == Some(0) {
                        return Err(
                            "statistics for each place of a picture (`spatial` 0) are not understood".to_owned()
                        );
                    }
                    node.attribute.retain(|attribute| attribute.name() != "spatial");
                    while node.output.len() > 1 && node.output.last().is_some_and(String::is_empty) {
                        node.output.pop();
                    }
                }
                "Softmax" | "LogSoftmax" => return self.softmax(&node, rank),
                operator if LEFT.contains(&operator) => {
                    return Err(
                        "its old form is not understood: export the model in operator set 13 or later".to_owned()
                    );
                }
                _ => {}
            }
        }
        self.nodes.push(node);
        Ok(())
    }

    /// Up to operator set 12, everything from `axis` on was one row.
    fn softmax(&mut self, node: &NodeProto, rank: Option<usize>) -> Result<(), String> {
        let axis = int_attribute(node, "axis").unwrap_or(1);
        let ([x, ..], [y, ..]) = (node.input.as_slice(), node.output.as_slice()) else {
            return Err("it has no input".to_owned());
        };
        let last = rank.is_some_and(|rank| axis == -1 || usize::try_from(axis.saturating_add(1)) == Ok(rank));
        if last {
            let name = node_name(node);
            self.nodes.push(Node::new(node.op_type(), name).inputs([x]).outputs([y]).int("axis", axis).into());
            return Ok(());
        }
        let [flat, soft, shape] = ["flat", "row", "shape"].map(|what| self.name(&format!("{y}.{what}")));
        self.nodes.extend([
            Node::new("Flatten", &flat).inputs([x]).int("axis", axis).into(),
            Node::new(node.op_type(), &soft).inputs([&flat]).int("axis", -1).into(),
            Node::new("Shape", &shape).inputs([x]).into(),
            Node::new("Reshape", node_name(node)).inputs([&soft, &shape]).outputs([y]).into(),
        ]);
        Ok(())
    }

    /// What was a list attribute becomes the input at `place`.
    fn list_to_input(&mut self, node: &mut NodeProto, key: &str, place: usize) {
        let Some(values) = ints_attribute(node, key).map(<[i64]>::to_vec) else { return };
        let name = self.name(&format!("{}.{key}", node_name(node)));
        self.constants.push(tensor::from_integers(&name, &values));
        node.attribute.retain(|attribute| attribute.name() != key);
        put(node, name, place);
    }

    fn number_to_input(&mut self, node: &mut NodeProto, value: Option<f32>, place: usize) {
        let Some(value) = value else { return };
        let name = self.name(&format!("{}.{place}", node_name(node)));
        self.constants.push(tensor::from_array(&name, &ndarray::arr0(value)));
        put(node, name, place);
    }

    fn name(&mut self, hint: &str) -> String {
        let numbered = (1..).map(|number| format!("{hint}.{number}"));
        let free = std::iter::once(hint.to_owned()).chain(numbered).find(|name| !self.names.contains(name));
        let name = free.unwrap_or_default();
        self.names.insert(name.clone());
        name
    }
}

/// Makes `name` the input at `place`; what stands between is left out.
fn put(node: &mut NodeProto, name: String, place: usize) {
    while node.input.len() <= place {
        node.input.push(String::new());
    }
    node.input[place] = name;
}
