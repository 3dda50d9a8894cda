//! The tables and documents, one file for each.

pub mod activations;
pub mod calibration;
pub mod chosen;
pub mod class_scores;
mod columns;
pub mod confusion;
mod csv_file;
pub mod dataset;
pub mod drawings;
pub mod find_lr;
pub mod history;
pub mod json;
pub mod judgement;
pub mod layer_files;
pub mod layers;
pub mod maps;
pub mod metrics;
pub mod misclassified;
pub mod network;
pub mod predictions;
pub mod quarantine;
pub mod rejects;
pub mod report;
pub mod shortfalls;
pub mod sources;
pub mod text;
pub mod top_images;
pub mod trials;
pub mod tsne;
pub mod weights;

pub use csv_file::Row;
