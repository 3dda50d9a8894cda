//! `Convolution`, `ConvolutionInputGradient` and `ConvolutionFilterGradient`: convolutions over images by crate
//! `kernels`.
//!
//! All have the attributes `strides`, `pads`, `dilations` and `group` of ONNX's `Conv`. They are required, and there is no
//! `auto_pad`.
//!
//! | | inputs | outputs | further attributes |
//! |---|---|---|---|
//! | `Convolution` | `X` `[n, c, h, w]`, `W` `[m, c / group, kh, kw]`, optionally `B` `[m]` | `Y` `[n, m, oh, ow]` | `relu`: 1 for `max(Y, 0)`; for a maximum pooling behind it `pool_kernel`, `pool_strides`, `pool_before` and `pool_windows`, vertical then horizontal |
//! | `ConvolutionInputGradient` | `dY`, `W` | `dX` | `size`: `[h, w]` |
//! | `ConvolutionFilterGradient` | `X`, `dY` | `dW`, optionally `dB` | `kernel_shape`: `[kh, kw]` |

use kernels::{Epilogue, Geometry, MaxPool, PackedConvolution};
use ort::operator::{BoxedKernel, ComputeContext, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::{TensorElementType, TensorValueType};

use super::input::input;
use super::names::{self, attribute};
use super::threads::SessionThreads;

pub(super) struct Convolution;
pub(super) struct ConvolutionInputGradient;
pub(super) struct ConvolutionFilterGradient;

const FLOAT: TensorElementType = TensorElementType::Float32;

impl Operator for Convolution {
    type Kernel<'attr> = BoxedKernel<'attr>;

    fn name(&self) -> &'static str {
        names::CONVOLUTION
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        [OperatorInput::required(FLOAT), OperatorInput::required(FLOAT), OperatorInput::optional(FLOAT)]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(FLOAT)]
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<Self::Kernel<'attr>> {
        let windows = Windows::of(node)?;
        let relu = node.get::<i64>(attribute::RELU).unwrap_or(0) != 0;
        let pool = match node.get::<Vec<i64>>(attribute::POOL_KERNEL) {
            Some(_) => Some(MaxPool {
                kernel: list(node, attribute::POOL_KERNEL)?,
                strides: list(node, attribute::POOL_STRIDES)?,
                before: list(node, attribute::POOL_BEFORE)?,
                windows: list(node, attribute::POOL_WINDOWS)?,
            }),
            None => None,
        };
        // Only constant filters are packed once. Filters that are inputs can change from run to run, in training in every step.
        let constant = node.constant_input::<TensorValueType<f32>>(1).is_ok();
        let mut kept = None;
        Ok(Box::new(move |context: &ComputeContext| {
            if !constant {
                kept = None;
            }
            forward(context, &windows, relu, pool, &mut kept)
        }))
    }
}

impl Operator for ConvolutionInputGradient {
    type Kernel<'attr> = BoxedKernel<'attr>;

    fn name(&self) -> &'static str {
        names::CONVOLUTION_INPUT_GRADIENT
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        [OperatorInput::required(FLOAT), OperatorInput::required(FLOAT)]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(FLOAT)]
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<Self::Kernel<'attr>> {
        let (windows, size) = (Windows::of(node)?, list(node, attribute::SIZE)?);
        Ok(Box::new(move |context: &ComputeContext| input_gradient(context, &windows, size)))
    }
}

impl Operator for ConvolutionFilterGradient {
    type Kernel<'attr> = BoxedKernel<'attr>;

    fn name(&self) -> &'static str {
        names::CONVOLUTION_FILTER_GRADIENT
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        [OperatorInput::required(FLOAT), OperatorInput::required(FLOAT)]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(FLOAT), OperatorOutput::optional(FLOAT)]
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<Self::Kernel<'attr>> {
        let (windows, kernel) = (Windows::of(node)?, list(node, attribute::KERNEL_SHAPE)?);
        Ok(Box::new(move |context: &ComputeContext| filter_gradient(context, &windows, kernel)))
    }
}

/// The attributes of all three operators.
struct Windows {
    strides: [usize; 2],
    pads: [usize; 4],
    dilations: [usize; 2],
    groups: usize,
}

impl Windows {
    fn of(node: &KernelContext) -> ort::Result<Self> {
        let groups = node.get::<i64>(attribute::GROUP).and_then(|group| usize::try_from(group).ok());
        Ok(Self {
            strides: list(node, attribute::STRIDES)?,
            pads: list(node, attribute::PADS)?,
            dilations: list(node, attribute::DILATIONS)?,
            groups: groups.ok_or_else(|| ort::Error::new("it has no attribute `group`"))?,
        })
    }

    fn geometry(&self, channels: usize, filters: usize, kernel: [usize; 2], size: [usize; 2]) -> ort::Result<Geometry> {
        let Self { strides, pads, dilations, groups } = *self;
        let geometry = Geometry { channels, filters, kernel, strides, pads, dilations, groups, size };
        geometry.check().map_err(ort::Error::wrap)?;
        Ok(geometry)
    }
}

/// Returns an attribute of `N` sizes.
fn list<const N: usize>(node: &KernelContext, name: &str) -> ort::Result<[usize; N]> {
    let values = node.get::<Vec<i64>>(name).unwrap_or_default();
    let sizes: Option<Vec<usize>> = values.iter().map(|&value| usize::try_from(value).ok()).collect();
    let sizes = sizes.and_then(|sizes| <[usize; N]>::try_from(sizes).ok());
    sizes.ok_or_else(|| ort::Error::new(format!("its attribute `{name}` does not have {N} sizes")))
}

/// Returns the sizes of images or filters.
fn four(shape: &[i64]) -> ort::Result<[usize; 4]> {
    let sizes: Option<Vec<usize>> = shape.iter().map(|&size| usize::try_from(size).ok()).collect();
    let sizes = sizes.and_then(|sizes| <[usize; 4]>::try_from(sizes).ok());
    sizes.ok_or_else(|| ort::Error::new(format!("a tensor of the shape {shape:?} is not that of images or filters")))
}

/// Returns the shape of an output.
fn output_shape(sizes: [usize; 4]) -> [i64; 4] {
    sizes.map(|size| size as i64)
}

fn forward(
    context: &ComputeContext,
    windows: &Windows,
    relu: bool,
    pool: Option<MaxPool>,
    kept: &mut Option<(Geometry, PackedConvolution)>,
) -> ort::Result<()> {
    let (x, weight) = (input::<f32>(context, 0)?, input::<f32>(context, 1)?);
    let (shape, x) = x.extract_tensor();
    let [images, channels, height, width] = four(shape)?;
    let (shape, weight) = weight.extract_tensor();
    let [filters, _, rows, columns] = four(shape)?;
    let geometry = windows.geometry(channels, filters, [rows, columns], [height, width])?;
    let bias = match context.input(2)? {
        Some(bias) => Some(bias.downcast::<TensorValueType<f32>>()?),
        None => None,
    };
    let bias = bias.as_ref().map(|bias| bias.extract_tensor().1);
    let threads = SessionThreads::of(context);
    let packed = match kept.take().filter(|(laid_out_for, _)| *laid_out_for == geometry) {
        Some((_, packed)) => packed,
        None => PackedConvolution::new(&geometry, weight, &threads).map_err(ort::Error::wrap)?,
    };
    let [high, wide] = pool.map_or(geometry.output_size(), |pool| pool.windows);
    if let Some(mut output) = context.output(0, output_shape([images, filters, high, wide]))? {
        let (_, y) = output.try_extract_tensor_mut::<f32>()?;
        packed.forward(x, &Epilogue { bias, relu, pool }, y, &threads).map_err(ort::Error::wrap)?;
    }
    threads.accept()?;
    *kept = Some((geometry, packed));
    Ok(())
}

fn input_gradient(context: &ComputeContext, windows: &Windows, size: [usize; 2]) -> ort::Result<()> {
    let (incoming, weight) = (input::<f32>(context, 0)?, input::<f32>(context, 1)?);
    let (shape, dy) = incoming.extract_tensor();
    let [images, ..] = four(shape)?;
    let (shape, weight) = weight.extract_tensor();
    let [filters, of_group, rows, columns] = four(shape)?;
    let channels = of_group.saturating_mul(windows.groups);
    let geometry = windows.geometry(channels, filters, [rows, columns], size)?;
    let threads = SessionThreads::of(context);
    if let Some(mut output) = context.output(0, output_shape([images, channels, size[0], size[1]]))? {
        let (_, dx) = output.try_extract_tensor_mut::<f32>()?;
        kernels::input_gradient(&geometry, weight, dy, dx, &threads).map_err(ort::Error::wrap)?;
    }
    threads.accept()
}

fn filter_gradient(context: &ComputeContext, windows: &Windows, kernel: [usize; 2]) -> ort::Result<()> {
    let (x, incoming) = (input::<f32>(context, 0)?, input::<f32>(context, 1)?);
    let (shape, x) = x.extract_tensor();
    let [_, channels, height, width] = four(shape)?;
    let (shape, dy) = incoming.extract_tensor();
    let [_, filters, ..] = four(shape)?;
    let geometry = windows.geometry(channels, filters, kernel, [height, width])?;
    let threads = SessionThreads::of(context);
    let of_group = channels / windows.groups;
    let of_filters = context.output(0, output_shape([filters, of_group, kernel[0], kernel[1]]))?;
    let Some(mut of_filters) = of_filters else { return Ok(()) };
    let (_, dw) = of_filters.try_extract_tensor_mut::<f32>()?;
    let mut of_biases = context.output(1, [filters as i64])?;
    let db = match &mut of_biases {
        Some(of_biases) => Some(of_biases.try_extract_tensor_mut::<f32>()?.1),
        None => None,
    };
    kernels::filter_gradient(&geometry, x, dy, dw, db, &threads).map_err(ort::Error::wrap)?;
    threads.accept()
}
