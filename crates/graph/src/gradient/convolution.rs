//! Gradients of convolution.

use super::walk::Walk;
use super::{arithmetic, vendor};
use crate::builder::Node;
use crate::node::{input, int_attribute};
use crate::onnx::NodeProto;
use crate::window::{self, Axis};

/// Of the picture, the filters and the biases, whichever are wanted. The picture's is left out where it is not, as in the
/// first layer: it costs as much as the filters'.
pub(super) fn conv(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let (Some(picture), Some(filters)) = (input(node, 0), input(node, 1)) else {
        return Err("it does not have two inputs".to_owned());
    };
    let windows = Windows::of(walk, node, picture, filters)?;
    let bias = input(node, 2).filter(|bias| walk.wants(bias));
    // The runtime computes the filters' gradient whether it is wanted or not, and knows no `auto_pad`.
    if walk.wants(filters) || (walk.wants(picture) && windows.ends().is_none()) {
        let outputs: Vec<String> = [Some(picture), Some(filters), bias]
            .into_iter()
            .map(|input| match input {
                Some(input) if walk.wants(input) || input == filters => walk.name(&format!("{input}_grad")),
                _ => String::new(),
            })
            .collect();
        for (input, part) in [Some(picture), Some(filters), bias].into_iter().zip(&outputs) {
            if let Some(input) = input.filter(|input| walk.wants(input)) {
                walk.pass(input, part.clone());
            }
        }
        let kept = if bias.is_some() { 3 } else { 2 };
        let gradient = vendor::convolution(&outputs[1], [&incoming, picture, filters], &outputs[..kept]);
        walk.push(windows.attributes(gradient));
        return Ok(());
    }
    if let (true, Some(ends)) = (walk.wants(picture), windows.ends()) {
        walk.give(picture, |name| {
            let back = Node::new("ConvTranspose", name).inputs([&incoming, filters]).ints("output_padding", ends);
            windows.attributes(back)
        });
    }
    if let Some(bias) = bias {
        let others: Vec<i64> = (0..windows.axes.len() as i64 + 2).filter(|&axis| axis != 1).collect();
        let part = arithmetic::total(walk, &incoming, bias, &others, 0);
        walk.pass(bias, part);
    }
    Ok(())
}

/// How a convolution reads its picture.
struct Windows {
    axes: Vec<Axis>,
    pads: Vec<i64>,
    group: i64,
}

impl Windows {
    fn of(walk: &Walk<'_>, node: &NodeProto, picture: &str, filters: &str) -> Result<Self, String> {
        let kernel: Option<Vec<i64>> =
            walk.shape(filters)?.iter().skip(2).map(|dim| dim.size().map(|size| size as i64)).collect();
        let kernel = kernel.ok_or_else(|| format!("the size of `{filters}` is not known"))?;
        let axes = window::axes(node, walk.shape(picture)?, &kernel)?;
        Ok(Self { pads: window::pads(&axes)?, axes, group: int_attribute(node, "group").unwrap_or(1) })
    }

    /// Values at the end of each axis that no window reaches; `None` where a size is not known.
    fn ends(&self) -> Option<Vec<i64>> {
        let end = |axis: &Axis| {
            let (size, steps, (before, after)) = (axis.size? as i128, axis.steps? as i128, axis.pads?);
            let reached = (steps - 1) * i128::from(axis.stride) + axis.window();
            i64::try_from(size + i128::from(before) + i128::from(after) - reached).ok()
        };
        self.axes.iter().map(end).collect()
    }

    fn attributes(&self, node: Node) -> Node {
        let list = |of: fn(&Axis) -> i64| self.axes.iter().map(of).collect::<Vec<_>>();
        node.ints("kernel_shape", list(|axis| axis.kernel))
            .ints("strides", list(|axis| axis.stride))
            .ints("dilations", list(|axis| axis.dilation))
            .ints("pads", self.pads.clone())
            .int("group", self.group)
    }
}
