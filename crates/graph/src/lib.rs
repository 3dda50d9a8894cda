//! ONNX graphs as plain data: read, check, cut, join, edit, build, differentiate, write. No runtime is needed for any
//! of it.
//!
//! - [`Model`] is a checked model: read it with [`Model::read`], take the part that computes a tensor with
//!   [`Model::cut`], put another model on top with [`Model::append`].
//! - [`builder`] writes new graphs.
//! - [`tuning::split`] says where to cut for training a layer and what is above it, [`Model::above`] takes that part.
//! - [`backward`] makes a model that computes gradients in an ordinary session.
//! - [`head`] builds the new head for a trunk.
//! - [`local`] tells which corner of what a node computes a corner of its picture reaches.
//! - [`Model::dense_above`] reads off dense layers one behind the other.
//! - [`Shapes`] tells the shape of each tensor, [`cost::of`] what each layer takes, [`Fields`] which part of the input it sees.
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
pub mod opset;
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
