//! The tables and documents, one file for each.

pub mod calibration;
pub mod class_scores;
mod columns;
pub mod confusion;
mod csv_file;
pub mod dataset;
pub mod find_lr;
pub mod history;
pub mod json;
pub mod metrics;
pub mod misclassified;
pub mod predictions;
pub mod quarantine;
pub mod rejects;
pub mod sources;
pub mod text;
pub mod top_images;
pub mod trials;

pub use csv_file::Row;
