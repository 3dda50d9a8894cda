//! Where all of it comes from: networks, versions, seeds, configuration, hashes.

use anyhow::Result;
use report::page::{Block, Link, Section, Table};

use super::{Material, columns, links};
use crate::upstream;

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let (network, run) = (&of.tuned.network, of.run);
    let mut facts = vec![
        ("seed", run.config.seed.to_string()),
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
    let locks = upstream::locks(&run.environment.artifacts)?;
    let mut inputs = Vec::new();
    let mut outputs = Vec::new();
    for lock in &locks {
        inputs.extend(
            lock.inputs().map(|(name, value)| (vec![lock.stage.clone(), name.to_owned(), value.to_owned()], false)),
        );
        outputs.push((vec![lock.stage.clone(), lock.key_hash.clone(), lock.manifest.clone()], false));
    }
    let lock_links = || -> Vec<Link> {
        let file = |stage: &str| format!("../{stage}/stage.lock.json");
        locks.iter().map(|lock| Link::named(&format!("{} (stage.lock.json)", lock.stage), &file(&lock.stage))).collect()
    };
    let mut blocks = vec![
        Block::Table(Table {
            title: "What it was made with".into(),
            columns: columns(&["what", "which"], &[]),
            rows: facts.into_iter().map(|(name, value)| (vec![name.to_owned(), value], false)).collect(),
            links: links(["../train/model.json", "../train/model.onnx"]),
            ..Table::default()
        }),
        Block::Table(Table {
            title: "What went in".into(),
            note: "What comes from outside the stages, with its version or hash.".into(),
            columns: columns(&["stage", "what", "which"], &[]),
            rows: inputs,
            links: lock_links(),
        }),
        Block::Table(Table {
            title: "What came out".into(),
            note: "Key: the hash of all that the outputs depend on. Outputs: the BLAKE3 of manifest.csv, which has the hash \
                   of every file."
                .into(),
            columns: columns(&["stage", "key", "outputs"], &[]),
            rows: outputs,
            links: locks.iter().map(|lock| Link::named(&format!("{} (manifest.csv)", lock.stage), &format!("../{}/manifest.csv", lock.stage))).collect(),
        }),
    ];
    for (stage, text) in upstream::configurations(&run.environment.artifacts)? {
        blocks.push(Block::Code { title: format!("Configuration of {stage}"), text });
    }
    blocks.push(Block::Code { title: "Configuration of analyze".into(), text: run.resolved()? });
    Ok(Section {
        id: "provenance".into(),
        title: "Provenance".into(),
        lead: "The same configuration, seed and number of threads give the same bytes again, this file included."
            .into(),
        blocks,
    })
}
