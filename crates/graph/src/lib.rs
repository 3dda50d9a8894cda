//! ONNX models as data: read, check, cut, join, build, differentiate, write. The crate runs no model and needs no runtime.
//!
//! - [`Model`] is a checked model. [`Model::read`] reads it, [`Model::cut`] takes the part that computes a tensor,
//!   [`Model::above`] the part above a tensor, and [`Model::append`] puts another model on top.
//! - [`builder`] writes new graphs.
//! - [`tuning::split`] finds where to cut a model so that a layer and everything above it can be trained.
//! - [`backward`] makes a model that computes gradients in an ordinary session.
//! - [`head`] builds a new classifier head for a trunk.
//! - [`local`] tells how a node passes a rectangle of its input on to its output.
//! - [`Model::dense_above`] reads a chain of dense layers.
//! - [`Shapes`] contains the shape of each tensor, [`cost::of`] computes what each layer costs, and [`Fields`] computes
//!   receptive fields.
//!
//! The crate does not depend on ONNX Runtime, but it contains names and numbers of ONNX Runtime 1.19:
//!
//! - [`gradient::vendor`] has the names of its gradient operators.
//! - The gate (`gate`) refuses models that it cannot run safely. The gate contains its limits, such as the newest operator set.
//! - A few rules for shapes and gradients avoid its faults. A comment there names the fault.
//!
//! ```
//! use graph::builder::{Builder, Node};
//!
//! let mut net = Builder::new("tiny");
//! net.batch_input("input", &[3, 8, 8]);
//! net.weight("conv1.weight", &ndarray::Array4::<f32>::zeros((4, 3, 3, 3)));
//! net.node(Node::new("Conv", "conv1").inputs(["input", "conv1.weight"]).ints("pads", [1, 1, 1, 1]));
//! net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
//! let model = net.finish(&["relu1"])?;
//!
//! assert_eq!(model.shapes().per_item("conv1"), Some(vec![4, 8, 8]));
//! assert_eq!(model.cut("conv1")?.nodes().len(), 1);
//! # Ok::<(), graph::Error>(())
//! ```

mod above;
pub mod builder;
mod check;
pub mod cost;
mod cut;
mod dense_chain;
mod dim;
mod dropout;
mod error;
mod field;
mod fold;
mod gate;
pub mod gradient;
pub mod head;
mod join;
pub mod local;
mod model;
mod modern;
mod names;
pub mod node;
#[allow(missing_docs, clippy::all, clippy::pedantic)]
#[rustfmt::skip]
pub mod onnx;
mod onto;
pub mod opset;
mod read;
mod shape;
pub mod tensor;
pub mod tuning;
mod weights;
pub mod window;
mod wire;

pub use cost::Cost;
pub use dense_chain::Dense;
pub use dim::Dim;
pub use error::Error;
pub use field::Fields;
pub use gradient::{Rectifier, backward, backward_through};
pub use model::Model;
pub use shape::{Shapes, value_info};
pub use weights::redraw_weights;
