//! Products of matrices.
//!
//! The right operand is packed into panels ([`Panel`]): the factors of 64 columns for 16 rows lie next to each other. The
//! micro-kernels hold a block of the result in registers.

mod micro_kernel;
mod packed;
mod transposed;

pub(crate) use micro_kernel::Multiply;
pub use packed::PackedMatrices;
pub(crate) use panel::{PANEL_GROUPS, Panel, panels, panels_mut};
pub(crate) use transposed::MultiplyTransposed;

mod panel;
