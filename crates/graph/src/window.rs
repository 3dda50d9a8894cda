//! The positions of the windows of convolution and pooling along each axis of an image, from the attributes
//! `kernel_shape`, `strides`, `dilations`, `pads`, `auto_pad` and `ceil_mode`.

use crate::dim::{Dim, show};
use crate::node::{int_attribute, ints_attribute, text_attribute};
use crate::onnx::NodeProto;

/// The windows along one axis of an image. A window covers `kernel` values at distances of `dilation`. The first window
/// starts at `-pads.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Number of values along the axis, or `None` when it is not known before the model runs.
    pub size: Option<usize>,
    /// Number of values in a window.
    pub kernel: i64,
    /// Distance from one window to the next.
    pub stride: i64,
    /// Distance from one value of a window to the next.
    pub dilation: i64,
    /// Zeros before and after the image, or `None` when they depend on an unknown size.
    pub pads: Option<(i64, i64)>,
    /// Number of windows, or `None` when it depends on an unknown size.
    pub steps: Option<usize>,
}

/// Returns the windows of a node over images `[n, c, sizes…]`: one [`Axis`] for each size.
///
/// # Errors
/// Returns the reason when the attributes contradict each other or the shape of the input.
pub fn axes(node: &NodeProto, input: &[Dim], kernel: &[i64]) -> Result<Vec<Axis>, String> {
    let sizes = input.get(2..).unwrap_or_default();
    let count = sizes.len();
    let list = |key: &str, otherwise: i64, length: usize| match ints_attribute(node, key) {
        None | Some([]) => Ok(vec![otherwise; length]),
        Some(values) if values.len() == length => Ok(values.to_vec()),
        Some(values) => Err(format!("`{key}` has {} values, not {length}", values.len())),
    };
    if kernel.len() != count || kernel.iter().any(|&size| size < 1) {
        return Err(format!("a window {kernel:?} does not fit input {}", show(input)));
    }
    let (strides, dilations) = (list("strides", 1, count)?, list("dilations", 1, count)?);
    let pads = list("pads", 0, 2 * count)?;
    if strides.iter().chain(&dilations).any(|&step| step < 1) || pads.iter().any(|&pad| pad < 0) {
        return Err("strides and dilations must be at least 1, pads at least 0".to_owned());
    }
    let auto = text_attribute(node, "auto_pad").unwrap_or_default();
    let ceil = int_attribute(node, "ceil_mode").unwrap_or(0) != 0;
    let axis = |place: usize| {
        let explicit = if auto == b"VALID" { (0, 0) } else { (pads[place], pads[place + count]) };
        let (kernel, stride, dilation) = (kernel[place], strides[place], dilations[place]);
        let size = sizes[place].size();
        let start = Axis { size, kernel, stride, dilation, pads: None, steps: None };
        match auto {
            b"SAME_UPPER" | b"SAME_LOWER" => start.same(auto == b"SAME_LOWER"),
            b"" | b"NOTSET" | b"VALID" => start.padded(explicit, ceil),
            other => Err(format!("`auto_pad` is {:?}", String::from_utf8_lossy(other))),
        }
    };
    (0..count).map(axis).collect()
}

/// Converts the result of a sum back to a smaller type. Sums use 128 bits, which no attribute can overflow.
fn narrow<T: TryFrom<i128>>(value: i128) -> Result<T, String> {
    T::try_from(value).map_err(|_| format!("{value} is too large"))
}

impl Axis {
    /// Returns the number of values from the first value of a window to its last one.
    pub fn window(&self) -> i128 {
        i128::from(self.dilation) * (i128::from(self.kernel) - 1) + 1
    }

    /// Pads the axis so that it has one window for each started stride (`SAME_UPPER`, `SAME_LOWER`).
    fn same(self, lower: bool) -> Result<Self, String> {
        let Some(size) = self.size else { return Ok(self) };
        let (size, stride) = (size as i128, i128::from(self.stride));
        let steps = (size + stride - 1) / stride;
        let zeros = ((steps - 1) * stride + self.window() - size).max(0);
        let before = if lower { (zeros + 1) / 2 } else { zeros / 2 };
        let pads = Some((narrow(before)?, narrow(zeros - before)?));
        Ok(Self { pads, steps: Some(narrow(steps)?), ..self })
    }

    /// Pads the axis by given numbers of zeros. The axis has as many windows as fit.
    fn padded(self, pads: (i64, i64), ceil: bool) -> Result<Self, String> {
        let whole = Self { pads: Some(pads), ..self };
        let Some(size) = whole.size else { return Ok(whole) };
        let (before, after) = (i128::from(pads.0), i128::from(pads.1));
        let (size, stride, window) = (size as i128, i128::from(whole.stride), whole.window());
        let rest = size + before + after - window;
        if rest < 0 {
            return Err(format!("a window of {window} does not fit into {size} with pads {before} and {after}"));
        }
        let fitting = rest / stride + 1;
        if !ceil || rest % stride == 0 {
            return Ok(Self { steps: Some(narrow(fitting)?), ..whole });
        }
        if fitting * stride >= size + before {
            // The standard leaves this window out. ONNX Runtime 1.19 fills it with NaN.
            return Err("with `ceil_mode` its last window would start outside of the image".to_owned());
        }
        Ok(Self { steps: Some(narrow(fitting + 1)?), ..whole })
    }

    /// Returns the positions that window `step` covers inside the image, or `None` when a size is not known.
    pub fn covers(&self, step: usize) -> Option<Vec<usize>> {
        let (size, (before, _)) = (self.size?, self.pads?);
        let dilation = i128::from(self.dilation);
        let start = step as i128 * i128::from(self.stride) - i128::from(before);
        let first = if start < 0 { (dilation - 1 - start) / dilation } else { 0 };
        let end = ((size as i128 - start + dilation - 1) / dilation).min(i128::from(self.kernel));
        Some((first..end).map(|place| (start + place * dilation) as usize).collect())
    }
}

/// Returns the attribute `pads` for these axes: the zeros before each axis, then those after each axis.
///
/// # Errors
/// Returns an error when the zeros depend on an unknown size.
pub fn pads(axes: &[Axis]) -> Result<Vec<i64>, String> {
    let pads: Option<Vec<(i64, i64)>> = axes.iter().map(|axis| axis.pads).collect();
    let pads = pads.ok_or("its `auto_pad` depends on a size that is not known before the model runs")?;
    Ok(pads.iter().map(|pad| pad.0).chain(pads.iter().map(|pad| pad.1)).collect())
}
