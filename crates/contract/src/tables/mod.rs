//! The tables and documents, one file for each.

mod columns;
mod csv_file;
pub mod dataset;
pub mod json;
pub mod text;

pub use csv_file::Row;
