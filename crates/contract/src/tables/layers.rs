//! `analyze/layers.csv`: the layers of the tuned network, with their cost.

use serde::{Deserialize, Serialize};

use super::Row;
use crate::stages;

/// One operator that the input flows through, in the order of the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRow {
    /// The name of the layer, which is the name of its output tensor.
    pub name: String,
    /// The ONNX operator.
    pub operator: String,
    /// Shape of the output for one image, such as `64x55x55`. Empty when it is known only while the network runs.
    pub output: String,
    /// Weights and biases.
    pub parameters: u64,
    /// Multiply-adds for one image. `None` when the shapes are not known in advance.
    pub multiply_adds: Option<u64>,
}

impl Row for LayerRow {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "layers.csv";
}
