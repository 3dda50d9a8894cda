//! Section "Provenance": networks, versions, seed, configuration and hashes.

use contract::{Artifact, Trial};
use pipeline::{Lock, Manifest};
use report::page::{Block, Link, Section, Table};

use crate::finished::FinishedStage;
use crate::inputs::ReportInputs;
use crate::text::{columns, link, named_link};

/// Returns the section.
pub(crate) fn section(inputs: &ReportInputs) -> Section {
    let network = &inputs.network;
    let mut facts = vec![
        ("Tunescope", env!("CARGO_PKG_VERSION").to_owned()),
        ("ONNX Runtime", network.runtime.clone()),
        ("network", network.name.clone()),
        ("its weights", network.origin.clone()),
        ("SHA-256 of model.onnx", network.sha256.clone()),
    ];
    let analyze = inputs.stages.iter().find_map(|stage| stage.lock.key.config.get("seed"));
    facts.splice(0..0, analyze.map(|seed| ("seed", seed.clone())));
    if let Some(parent) = &network.parent {
        facts.push(("tuned from", parent.name.clone()));
        facts.push(("SHA-256 of its model.onnx", parent.sha256.clone()));
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for FinishedStage { lock, .. } in &inputs.stages {
        for (name, value) in &lock.key.inputs {
            before.push((vec![lock.stage.clone(), name.clone(), value.clone()], false));
        }
        after.push((vec![lock.stage.clone(), lock.key_hash.clone(), lock.manifest.clone()], false));
    }
    let files = |file: &str| -> Vec<Link> {
        let named = |stage: &str| named_link(&format!("{stage} ({file})"), stage, file);
        inputs.stages.iter().map(|stage| named(&stage.lock.stage)).collect()
    };
    let mut blocks = vec![
        Block::Table(Table {
            title: "Versions and networks".into(),
            columns: columns(&["what", "value"], &[]),
            rows: facts.into_iter().map(|(name, value)| (vec![name.to_owned(), value], false)).collect(),
            links: network.files.iter().map(|file| link(Vec::<Trial>::STAGE, file)).collect(),
            ..Table::default()
        }),
        Block::Table(Table {
            title: "Inputs from outside".into(),
            note: "Everything that the stages read beside their configuration and each other, with its version or hash.".into(),
            columns: columns(&["stage", "input", "version or hash"], &[]),
            rows: before,
            links: files(Lock::FILE),
        }),
        Block::Table(Table {
            title: "Outputs".into(),
            note: "The cache key is the hash of everything that decides the outputs. The hash of the outputs is the BLAKE3 of \
                   manifest.csv, which lists the hash of every file."
                .into(),
            columns: columns(&["stage", "cache key", "hash of the outputs"], &[]),
            rows: after,
            links: files(Manifest::FILE),
        }),
    ];
    blocks.extend(inputs.stages.iter().map(|stage| Block::Code {
        title: format!("Configuration of {}", stage.lock.stage),
        text: stage.configuration.clone(),
    }));
    Section {
        id: "provenance".into(),
        title: "Provenance".into(),
        lead: "The same configuration, seed and number of threads give the same bytes again, including this file."
            .into(),
        blocks,
    }
}
