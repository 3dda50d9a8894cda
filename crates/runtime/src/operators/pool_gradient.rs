//! `PoolGradient`: the gradient of a maximum pooling. `dX` gets `dY` at the maximum of each window.
//!
//! Inputs: `dY` `[n, c, …]` and, of the same shape, the second output of `MaxPool` (`int64`), flat indices into its whole
//! input. Attribute: `sizes`, the shape `[c, …]` of one image. Output: `dX` `[n, c, …]`.

use ort::operator::{BoxedKernel, ComputeContext, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::TensorElementType;

use super::input::input;
use super::names::{self, attribute};
use super::pieces;

pub(super) struct PoolGradient;

impl Operator for PoolGradient {
    type Kernel<'attr> = BoxedKernel<'attr>;

    fn name(&self) -> &'static str {
        names::POOL_GRADIENT
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        [OperatorInput::required(TensorElementType::Float32), OperatorInput::required(TensorElementType::Int64)]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<Self::Kernel<'attr>> {
        let sizes = node.get::<Vec<i64>>(attribute::SIZES).filter(|sizes| !sizes.is_empty());
        let sizes = sizes.ok_or_else(|| ort::Error::new("it has no attribute `sizes`"))?;
        Ok(Box::new(move |context: &ComputeContext| run(context, &sizes)))
    }
}

fn run(context: &ComputeContext, sizes: &[i64]) -> ort::Result<()> {
    let (incoming, places) = (input::<f32>(context, 0)?, input::<i64>(context, 1)?);
    let (shape, incoming) = incoming.extract_tensor();
    let places = places.extract_tensor().1;
    let images = shape.first().copied().unwrap_or_default();
    let whole: Vec<i64> = [images].into_iter().chain(sizes.iter().copied()).collect();
    let count = usize::try_from(images).unwrap_or_default();
    let Some(mut output) = context.output(0, whole)? else { return Ok(()) };
    let (_, gradient) = output.try_extract_tensor_mut::<f32>()?;
    if count == 0 {
        return Ok(());
    }
    let (large, small) = (gradient.len() / count, incoming.len() / count);
    if places.len() != incoming.len() {
        return Err(ort::Error::new("gradient and indices have different shapes"));
    }
    pieces::of_output(context, gradient, large, |at, gradient| {
        gradient.fill(0.0);
        let range = at * small..(at + 1) * small;
        for (&place, &value) in places[range.clone()].iter().zip(&incoming[range]) {
            let place = usize::try_from(place).ok().and_then(|place| place.checked_sub(at * large));
            if let Some(sum) = place.and_then(|place| gradient.get_mut(place)) {
                *sum += value;
            }
        }
    })
}
