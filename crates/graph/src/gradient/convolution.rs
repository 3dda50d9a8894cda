//! Gradients of convolution.

use super::walk::Walk;
use super::{arithmetic, vendor};
use crate::builder::Node;
use crate::node::{input, int_attribute};
use crate::onnx::NodeProto;
use crate::window::{self, Axis};

/// Computes the gradients by the image, the filters and the bias, as far as they are wanted. The gradient by the image costs as
/// much as that by the filters, and the first layer does not need it.
pub(super) fn conv(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let (Some(image), Some(filters)) = (input(node, 0), input(node, 1)) else {
        return Err("it does not have two inputs".to_owned());
    };
    let windows = Windows::of(walk, node, image, filters)?;
    let bias = input(node, 2).filter(|bias| walk.wants(bias));
    // `ConvGrad` always computes the gradient by the filters, and ignores `auto_pad`.
    if walk.wants(filters) || (walk.wants(image) && windows.ends().is_none()) {
        let outputs: Vec<String> = [Some(image), Some(filters), bias]
            .into_iter()
            .map(|input| match input {
                Some(input) if walk.wants(input) || input == filters => walk.name(&format!("{input}_grad")),
                _ => String::new(),
            })
            .collect();
        for (input, part) in [Some(image), Some(filters), bias].into_iter().zip(&outputs) {
            if let Some(input) = input.filter(|input| walk.wants(input)) {
                walk.pass(input, part.clone());
            }
        }
        let kept = if bias.is_some() { 3 } else { 2 };
        let gradient = vendor::convolution(&outputs[1], [&incoming, image, filters], &outputs[..kept]);
        walk.push(windows.attributes(gradient));
        return Ok(());
    }
    if let (true, Some(ends)) = (walk.wants(image), windows.ends()) {
        walk.give(image, |name| {
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

/// The windows of a convolution.
struct Windows {
    axes: Vec<Axis>,
    pads: Vec<i64>,
    group: i64,
}

impl Windows {
    fn of(walk: &Walk<'_>, node: &NodeProto, image: &str, filters: &str) -> Result<Self, String> {
        let kernel: Option<Vec<i64>> =
            walk.shape(filters)?.iter().skip(2).map(|dim| dim.size().map(|size| size as i64)).collect();
        let kernel = kernel.ok_or_else(|| format!("the size of `{filters}` is not known"))?;
        let axes = window::axes(node, walk.shape(image)?, &kernel)?;
        Ok(Self { pads: window::pads(&axes)?, axes, group: int_attribute(node, "group").unwrap_or(1) })
    }

    /// Returns the number of values at the end of each axis that no window reaches, or `None` when a size is not known.
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
