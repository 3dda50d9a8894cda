//! Stage `analyze`: the analyses of the tuned network. Stage `activations`: chosen layers. Stage `report`: the report.
//!
//! The analyses are the weights (`weights`), the cost of the layers (`layers`), the activations for chosen images and
//! for the data set (`activations`), saliency maps (`maps`), and an embedding of the data set (`tsne`). They write
//! tables and images. `report` composes them and the tables of the earlier stages into one HTML file. `command` is the
//! command line of all three stages.

mod activations;
mod check;
mod choose;
mod command;
mod features;
mod images;
mod layers;
mod maps;
mod network;
mod report;
mod selection;
mod stage;
mod tsne;
mod tuned;
mod user_images;
mod view;
mod weights;

pub use crate::command::run;
