//! Tuning depths by name.
//!
//! A depth names the deepest layer that is trained. That layer and all later layers, in the order of the graph, are
//! trained. The layers below are frozen.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Result, anyhow};
use graph::Model;
use pipeline::HintExt;
use pipeline::error::UsageError;
use zoo::Network;

/// The number in the name of the last dense layer of a head, `fc8`. The layers before it count down.
const LAST: usize = 8;

/// The deepest layer that is trained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The layers of the head.
    Head,
    /// The dense layer of the head with this number, and all later layers.
    Dense(usize),
    /// The layer of this name below the head, and all later layers.
    Layer(String),
    /// Every layer.
    All,
}

impl Depth {
    /// Parses the name of a depth: `head`, `all`, `fc8`, `fc78`, `fc678`, ..., `c5` or `c5fc678` (likewise for every
    /// `conv<n>`), or a layer of `network` below the head. `hidden` is the number of hidden layers of the head.
    ///
    /// # Errors
    /// A [`UsageError`] with a hint when the network or the head has no such layer.
    pub fn parse(text: &str, network: &Network, hidden: usize) -> Result<Self> {
        if let Some(depth) = match text {
            "head" => Some(Self::Head),
            "all" => Some(Self::All),
            _ => None,
        } {
            return Ok(depth);
        }
        let trunk = below_head(network);
        if let Some(number) = dense(text) {
            if number + hidden < LAST {
                if trunk.contains(&text) {
                    return Ok(Self::Layer(text.to_owned()));
                }
                let has = LAST - hidden;
                let has = if hidden == 0 { "one layer, fc8".to_owned() } else { format!("fc{has} to fc8") };
                return Err(UsageError(format!("the depth `{text}` begins at fc{number}, and the head has {has}")))
                    .hint(format!("give train.sweep.hidden {} sizes, as in [4096, 4096] for fc678", LAST - number));
            }
            return Ok(Self::Dense(number));
        }
        let conv = convolution(text).map(|number| format!("conv{number}"));
        for name in [Some(text), conv.as_deref()].into_iter().flatten() {
            if trunk.contains(&name) {
                return Ok(Self::Layer(name.to_owned()));
            }
        }
        unknown(text, network, &trunk, hidden)
    }

    /// Returns the output of the deepest trained layer with weights in `whole`, the network with its head. The head reads the
    /// tensor `features`.
    ///
    /// A layer without weights means the next layer with weights. The name of a module, such as `fire9`, means all its
    /// layers, such as `fire9/squeeze1x1`.
    pub fn deepest(&self, whole: &Model, features: &str) -> Result<String> {
        let nodes = whole.nodes();
        let weights: BTreeSet<String> = graph::tuning::trainable(whole).into_iter().collect();
        let weighted = |node: &&graph::onnx::NodeProto| node.input.iter().any(|input| weights.contains(input));
        let head = nodes.iter().position(|node| node.output.iter().any(|name| name == features)).unwrap_or(0);
        let from = match self {
            Self::All => 0,
            Self::Head => head,
            // The layers of the head are the nodes with weights behind the features.
            Self::Dense(number) => {
                let mut layers: Vec<usize> = (head..nodes.len()).filter(|&place| weighted(&&nodes[place])).collect();
                layers.reverse();
                let place = LAST.checked_sub(*number).and_then(|behind| layers.get(behind).copied());
                place.ok_or_else(|| anyhow!("{} has no layer `{self}`", whole.label()))?
            }
            Self::Layer(layer) => {
                let inside = format!("{layer}/");
                let named = |name: &String| name == layer || name.starts_with(&inside);
                nodes
                    .iter()
                    .position(|node| node.output.iter().any(named))
                    .ok_or_else(|| anyhow!("{} has no layer `{layer}`", whole.label()))?
            }
        };
        let found = nodes[from..].iter().find(weighted).and_then(|node| node.output.first());
        found.cloned().ok_or_else(|| anyhow!("{}: no layer from `{self}` on has weights to train", whole.label()))
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Head => to.write_str("head"),
            Self::Dense(number) => write!(to, "fc{number}"),
            Self::Layer(layer) => to.write_str(layer),
            Self::All => to.write_str("all"),
        }
    }
}

/// Returns the smallest number in `fc8`, `fc78`, `fc678`, ..., or in a single `fc7`.
fn dense(text: &str) -> Option<usize> {
    let digits: Vec<usize> = text
        .strip_prefix("fc")?
        .chars()
        .map(|digit| digit.to_digit(10).map(|digit| digit as usize))
        .collect::<Option<_>>()?;
    let first = *digits.first()?;
    let run = digits.iter().copied().eq(first..=LAST);
    ((1..=LAST).contains(&first) && (run || digits.len() == 1)).then_some(first)
}

/// Returns the number in `c5`, or in `c5fc678`, which also lists the dense layers.
fn convolution(text: &str) -> Option<usize> {
    let text = text.strip_prefix('c')?;
    let (number, dense_part) = text.find('f').map_or((text, None), |at| (&text[..at], Some(&text[at..])));
    let ends_in_the_last = |part: &str| dense(part).is_some() && part.ends_with('8');
    (dense_part.is_none_or(ends_in_the_last) && number.chars().all(|digit| digit.is_ascii_digit()))
        .then(|| number.parse().ok())?
}

/// Returns the names of the layers up to the one that receives the head.
fn below_head(network: &Network) -> Vec<&str> {
    let names: Vec<&str> = network.layers.iter().map(|layer| layer.name.as_str()).collect();
    let end = names.iter().position(|name| *name == network.features.layer).map_or(names.len(), |at| at + 1);
    names[..end].to_vec()
}

/// Returns the error for a name that is not a depth, with the nearest depths.
fn unknown(text: &str, network: &Network, trunk: &[&str], hidden: usize) -> Result<Depth> {
    if network.layer(text).is_some() {
        let top = &network.features.layer;
        return Err(UsageError(format!(
            "layer `{text}` of {} is above {top}, which the new head replaces",
            network.name
        )))
        .hint("set train.tune = \"head\" to train the new layers");
    }
    let dense = (LAST.saturating_sub(hidden).max(1)..=LAST)
        .rev()
        .map(|first| format!("fc{}", (first..=LAST).map(|number| number.to_string()).collect::<String>()));
    let mut names: Vec<String> = ["head", "all"].map(str::to_owned).into_iter().chain(dense).collect();
    names.extend(trunk.iter().rev().map(|name| (*name).to_owned()));
    names.sort_by_key(|name| strsim::osa_distance(text, name));
    names.truncate(5);
    Err(UsageError(format!("{} has no tuning depth `{text}`", network.name)))
        .hint(format!("the nearest are {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(name: &str) -> Network {
        Network::open(&testkit::workspace_root().join("data"), name).unwrap().0
    }

    #[test]
    fn depths_are_parsed_by_name() {
        let alexnet = network("alexnet");
        let layer = |name: &str| Depth::Layer(name.to_owned());
        for (text, hidden, expected) in [
            ("head", 0, Depth::Head),
            ("all", 0, Depth::All),
            ("fc8", 0, Depth::Dense(8)),
            ("fc7", 1, Depth::Dense(7)),
            ("fc78", 1, Depth::Dense(7)),
            ("fc678", 2, Depth::Dense(6)),
            ("fc5678", 3, Depth::Dense(5)),
            ("c5fc678", 0, layer("conv5")),
            ("c5", 2, layer("conv5")),
            ("c4fc678", 2, layer("conv4")),
            ("c1", 0, layer("conv1")),
            ("conv3", 0, layer("conv3")),
            ("relu4", 0, layer("relu4")),
        ] {
            assert_eq!(Depth::parse(text, &alexnet, hidden).unwrap(), expected, "{text}");
        }
        let squeezenet = network("squeezenet");
        assert_eq!(Depth::parse("fire9", &squeezenet, 0).unwrap(), layer("fire9"));
        assert_eq!(Depth::parse("fire2/expand3x3", &squeezenet, 0).unwrap(), layer("fire2/expand3x3"));
    }

    #[test]
    fn an_unknown_depth_is_rejected_with_the_nearest_names() {
        let said = |text: &str, network: &Network, hidden| {
            let error = Depth::parse(text, network, hidden).unwrap_err();
            assert_eq!(pipeline::error::exit_of(&error), pipeline::Exit::Usage);
            pipeline::error::render(&error)
        };
        let alexnet = network("alexnet");
        for (text, near) in
            [("conv6", "conv5"), ("fc68", "fc8"), ("fc", "fc8"), ("c9", "fc8"), ("", "all"), ("heads", "head")]
        {
            let said = said(text, &alexnet, 0);
            assert!(said.contains(&format!("alexnet has no tuning depth `{text}`")), "{said}");
            assert!(said.contains("hint: the nearest are") && said.contains(near), "{said}");
        }
        let deep = said("fc678", &alexnet, 1);
        assert!(deep.contains("begins at fc6, and the head has fc7 to fc8"), "{deep}");
        assert!(deep.contains("hint: give train.sweep.hidden 2 sizes"), "{deep}");
        let above = said("conv10", &network("squeezenet"), 0);
        assert!(above.contains("layer `conv10` of squeezenet is above"), "{above}");
    }
}
