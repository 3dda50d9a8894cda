//! Where all of it comes from: networks, versions, seeds, configuration, hashes.

use anyhow::Result;
use report::page::{Block, Section, Table};

use super::{Material, links};
use crate::upstream;

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let network = &of.tuned.network;
    let mut facts = vec![
        ("tunescope", env!("CARGO_PKG_VERSION").to_owned()),
        ("ONNX Runtime", runtime::version()),
        ("network", network.name.clone()),
        ("its weights", network.origin.clone()),
        ("SHA-256 of model.onnx", network.sha256.clone()),
    ];
    if let Some(parent) = &network.parent {
        facts.push(("tuned from", parent.name.clone()));
        facts.push(("SHA-256 of its model.onnx", parent.sha256.clone()));
    }
    let names = |names: [&str; 2]| names.map(|name| (name.to_owned(), false)).to_vec();
    let mut blocks = vec![Block::Table(Table {
        title: "What it was made with".into(),
        columns: names(["what", "which"]),
        rows: facts.into_iter().map(|(name, value)| (vec![name.to_owned(), value], false)).collect(),
        links: links(["../train/model.json", "../train/model.onnx"]),
    })];
    let hashes = upstream::manifests(&of.run.config.artifacts)?;
    blocks.push(Block::Table(Table {
        title: "Outputs that it was made from".into(),
        columns: names(["stage", "BLAKE3 of its manifest.csv"]),
        rows: hashes.into_iter().map(|(stage, hash)| (vec![stage.to_owned(), hash], false)).collect(),
        links: Vec::new(),
    }));
    for (stage, text) in upstream::configurations(&of.run.config.artifacts)? {
        blocks.push(Block::Code { title: format!("Configuration of {stage}"), text });
    }
    Ok(Section {
        id: "provenance".into(),
        title: "Provenance".into(),
        lead: "The same configuration, seed and number of threads give the same bytes again, this file included."
            .into(),
        blocks,
    })
}
