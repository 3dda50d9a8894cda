//! Compares every gradient rule with central finite differences in ONNX Runtime, for 20 random shapes and attributes each.

mod activations;
mod arithmetic;
mod check;
mod dense;
mod draw;
mod layout;
mod networks;
mod normalization;
mod windows;
