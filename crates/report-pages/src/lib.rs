//! The sections of the report.
//!
//! The crate reads artifacts through [`contract`] and composes a [`report::Page`]. It knows neither ONNX Runtime nor the
//! network: what the report shows of them, `analyze` has written to a table before.
//!
//! One file has one section. A section without data says so, or is left out.

mod activations;
mod analyses;
mod chosen;
mod examples;
mod exciting;
mod finished;
mod images;
mod inputs;
mod layers;
mod map;
mod overview;
mod provenance;
mod quality;
mod text;
mod training;
mod weights;
mod why;

use std::path::Path;

use anyhow::Result;
use report::{Color, Page};

use crate::inputs::ReportInputs;

/// Composes the report from the artifacts of all stages below `artifacts`. Returns one HTML file.
///
/// Equal artifacts give equal bytes.
///
/// # Errors
/// Names the artifact that is missing or damaged, and the command that makes it again.
pub fn html(artifacts: &Path) -> Result<String> {
    let inputs = &ReportInputs::read(artifacts)?;
    let sections = vec![
        overview::section(inputs),
        training::section(inputs),
        quality::section(inputs)?,
        examples::section(inputs)?,
        layers::section(inputs),
        weights::section(inputs)?,
        activations::section(inputs)?,
        why::section(inputs)?,
        map::section(inputs)?,
        provenance::section(inputs),
    ];
    let classes = inputs.dataset.classes.len();
    let page = Page {
        title: overview::title(inputs),
        above: "What a network learned, and where it looks".to_owned(),
        lead: overview::lead(inputs),
        facts: overview::facts(inputs),
        sections,
        colors: (0..classes).map(|class| Color::of_class(class, classes)).collect(),
        footer: format!(
            "Written by Tunescope {}. This file needs no other file. The links lead to the numbers beside it.",
            env!("CARGO_PKG_VERSION")
        ),
    };
    Ok(page.html()?)
}
