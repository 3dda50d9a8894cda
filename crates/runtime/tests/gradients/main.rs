//! Every differentiation rule against central finite differences, in the runtime that training uses: 20 drawn shapes and
//! settings each.
#![allow(clippy::unwrap_used)]

mod activations;
mod arithmetic;
mod check;
#[path = "../common/mod.rs"]
mod common;
mod dense;
mod draw;
mod layout;
mod networks;
mod normalization;
mod windows;
