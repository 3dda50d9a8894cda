//! Shape inference: the shape of each tensor, from the shapes of the inputs, without a run of the model. The batch size stays
//! a named unknown, as does every other size that the model leaves open.
//!
//! There is one file for each family of operators. An operator without a rule is not an error: its outputs have no known
//! shape, unless the model declares one.

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
pub(crate) use infer::{infer, is_known};
pub(crate) use rule::axis;
pub use shapes::Shapes;
pub(crate) use value::Value;
