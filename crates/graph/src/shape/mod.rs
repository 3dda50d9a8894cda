//! The shape of each tensor, worked out from the shapes of the inputs without running anything. The batch size, and
//! whatever else the model leaves open, stays a named unknown.
//!
//! One file a family of operators. An operator without a rule is no error: the tensors behind it just have no known
//! shape, unless the model itself tells it.

mod description;
mod infer;
mod layout;
mod normalization;
mod pick;
mod products;
mod rule;
mod shapes;
mod value;
mod values;
mod window;

pub use description::value_info;
pub(crate) use infer::infer;
pub(crate) use rule::axis;
pub use shapes::Shapes;
pub(crate) use value::Value;
