//! Conversion of old models to a recent operator set. Differentiation writes nodes of that set, and a model imports one
//! version only. Operators whose meaning or form has changed between the two sets are rewritten, so that the model still
//! computes the same.

use std::collections::BTreeSet;

use crate::builder::{self, Node};
use crate::node::{float_attribute, int_attribute, ints_attribute, is_standard, node_name};
use crate::onnx::{NodeProto, TensorProto};
use crate::{Error, Model, fold, tensor};

/// The first operator set that needs no conversion.
const RECENT: i64 = 13;
/// The first operator set that can be converted. Earlier sets broadcast by other rules.
const OLDEST: i64 = 7;
/// Operators whose old forms are not converted.
const LEFT: [&str; 6] = ["Upsample", "Resize", "TopK", "Scan", "Hardmax", "NonMaxSuppression"];

impl Model {
    /// Returns the model in operator set 13 or later. Shapes that exporters compute node by node (`Shape`, `Gather`,
    /// `Concat`, `Reshape`) become constants where they are known.
    ///
    /// # Errors
    /// Returns an error for an operator set before 7, and for an old operator that cannot be converted. The error names the
    /// node.
    pub fn modernized(&self) -> Result<Self, Error> {
        let found = self.opset();
        if found < OLDEST {
            let reason = format!("it uses operator set {found}, supported are {OLDEST} and later");
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
    /// Adds a node of an operator set before [`RECENT`] in its present form. `rank` is the number of axes of its first
    /// input.
    fn node(&mut self, mut node: NodeProto, rank: Option<usize>) -> Result<(), String> {
        if node.attribute.iter().any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty()) {
            return Err("a graph inside a node of an old operator set is not supported".to_owned());
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
                // The rate matters in training only, and there the masks are inputs.
                "Dropout" => node.attribute.clear(),
                "BatchNormalization" => {
                    if int_attribute(&node, "spatial") == Some(0) {
                        return Err(
                            "statistics for each position of an image (`spatial` 0) are not supported".to_owned()
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
                        "its old form is not supported: export the model in operator set 13 or later".to_owned()
                    );
                }
                _ => {}
            }
        }
        self.nodes.push(node);
        Ok(())
    }

    /// Adds a softmax. Up to operator set 12, all axes from `axis` on form one row.
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

    /// Turns a list attribute into the input with index `place`.
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

/// Makes `name` the input with index `place`. Inputs in between are left out.
fn put(node: &mut NodeProto, name: String, place: usize) {
    while node.input.len() <= place {
        node.input.push(String::new());
    }
    node.input[place] = name;
}
