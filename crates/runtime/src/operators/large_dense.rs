//! `Dense`: a dense layer of crate `kernels`, which leaves out zeros of its input.
//!
//! Inputs: `X` `[n, in]`, the weight as `kernels::row_sparse::pack` lays it out `[panels, in, PANEL]`, and optionally the
//! bias `[out]`. Output: `[n, out]`. Attributes: `outputs`: `out`; `relu`: 1 for `max(Y, 0)`.

use kernels::row_sparse::{PANEL, forward};
use ort::operator::{BoxedKernel, ComputeContext, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::{TensorElementType, TensorValueType};

use super::input::input;
use super::names::{self, attribute};
use super::threads::SessionThreads;

pub(super) struct Dense;

impl Operator for Dense {
    type Kernel<'attr> = BoxedKernel<'attr>;

    fn name(&self) -> &'static str {
        names::DENSE
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        let float = TensorElementType::Float32;
        [OperatorInput::required(float), OperatorInput::required(float), OperatorInput::optional(float)]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<Self::Kernel<'attr>> {
        let outputs = node.get::<i64>(attribute::OUTPUTS).and_then(|outputs| usize::try_from(outputs).ok());
        let outputs = outputs.ok_or_else(|| ort::Error::new("it has no attribute `outputs`"))?;
        let relu = node.get::<i64>(attribute::RELU).unwrap_or(0) != 0;
        Ok(Box::new(move |context: &ComputeContext| run(context, outputs, relu)))
    }
}

fn run(context: &ComputeContext, outputs: usize, relu: bool) -> ort::Result<()> {
    let (x, weight) = (input::<f32>(context, 0)?, input::<f32>(context, 1)?);
    let ((shape, x), (laid_out, weight)) = (x.extract_tensor(), weight.extract_tensor());
    let ([rows, inputs], [_, of_weight, PANELS]) = (&**shape, &**laid_out) else {
        return Err(ort::Error::new(format!(
            "inputs of the shapes {shape:?} and {laid_out:?} are not those of a dense layer"
        )));
    };
    if inputs != of_weight {
        return Err(ort::Error::new(format!("a weight for {of_weight} inputs has {inputs}")));
    }
    let bias = match context.input(2)? {
        Some(bias) => Some(bias.downcast::<TensorValueType<f32>>()?),
        None => None,
    };
    let bias = bias.as_ref().map(|bias| bias.extract_tensor().1);
    let threads = SessionThreads::of(context);
    if let Some(mut output) = context.output(0, [*rows, outputs as i64])? {
        let (_, y) = output.try_extract_tensor_mut::<f32>()?;
        let inputs = usize::try_from(*inputs).unwrap_or_default();
        forward(weight, [outputs, inputs], x, bias, relu, y, &threads).map_err(ort::Error::wrap)?;
    }
    threads.accept()
}

/// [`PANEL`] as shapes have it.
const PANELS: i64 = PANEL as i64;
