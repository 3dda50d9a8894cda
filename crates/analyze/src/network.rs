//! Facts about the tuned network for the report: `network.json`.

use anyhow::Result;
use contract::{Artifact, NetworkFacts, ParentFacts};
use graph::Model;
use ndarray::Axis;

use crate::tuned::Tuned;
use crate::view::Run;
use crate::weights::WEIGHTED;

/// Writes `network.json`.
pub(crate) fn write(run: &Run, tuned: &Tuned) -> Result<()> {
    let network = &tuned.network;
    let parent = |parent: &zoo::Parent| ParentFacts { name: parent.name.clone(), sha256: parent.sha256.clone() };
    let facts = NetworkFacts {
        name: network.name.clone(),
        origin: network.origin.clone(),
        sha256: network.sha256.clone(),
        parent: network.parent.as_ref().map(parent),
        files: [zoo::TUNED_DESCRIPTION, zoo::MODEL].map(str::to_owned).to_vec(),
        runtime: runtime::version(),
        filters_in_colour: sees_colours(&tuned.model),
    };
    facts.write(run)
}

/// Returns whether the first layer with weights is a convolution over three colour channels.
fn sees_colours(model: &Model) -> bool {
    let first = model.nodes().iter().find(|node| WEIGHTED.contains(&node.op_type()));
    let Some(name) = first.and_then(|node| node.input.get(1)) else { return false };
    model.weight(name).is_ok_and(|values| values.ndim() == 4 && values.len_of(Axis(1)) == 3)
}
