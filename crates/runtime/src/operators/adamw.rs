//! `AdamW`: the update of one weight tensor, in place, in one pass.
//!
//! Inputs: learning rate `[1]`, number of the step from 1 (`int64` `[1]`), the weight, first moments and second moments of
//! all weights `[total]`, the gradient, then any tensors that have to be there first. Output: true `[1]`. Attributes:
//! `alpha`, `beta`, `epsilon`, `weight_decay` and `offset`, where this weight's moments begin.
//!
//! Loshchilov and Hutter 2019, algorithm 2, in the order of operations of `PyTorch`'s `AdamW`: the weight shrinks by
//! `rate * decay`, then moves by `rate * (m / (1 - alpha^t)) / (sqrt(v / (1 - beta^t)) + epsilon)`.

use ort::operator::{BoxedKernel, ComputeContext, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::TensorElementType;
use pulp::Arch;

use super::{input, pieces};

pub(super) struct AdamW;

impl Operator for AdamW {
    type Kernel<'attr> = BoxedKernel<'attr>;

    fn name(&self) -> &'static str {
        "AdamW"
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        let float = || OperatorInput::required(TensorElementType::Float32);
        let step = OperatorInput::required(TensorElementType::Int64);
        let gradient = OperatorInput::variadic(1).homogenous(TensorElementType::Float32);
        [float(), step, float(), float(), float(), gradient]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Bool)]
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<Self::Kernel<'attr>> {
        let (settings, offset) = Settings::of(node)?;
        Ok(Box::new(move |context: &ComputeContext| run(context, &settings, offset)))
    }
}

/// The attributes that do not change from step to step.
pub(super) struct Settings {
    alpha: f32,
    beta: f32,
    epsilon: f32,
    weight_decay: f32,
}

impl Settings {
    /// The attributes of a node, and its `offset`.
    pub(super) fn of(node: &KernelContext) -> ort::Result<(Self, usize)> {
        let number =
            |name: &str| node.get::<f32>(name).ok_or_else(|| ort::Error::new(format!("it has no attribute `{name}`")));
        let settings = Self {
            alpha: number("alpha")?,
            beta: number("beta")?,
            epsilon: number("epsilon")?,
            weight_decay: number("weight_decay")?,
        };
        let offset = node.get::<i64>("offset").and_then(|offset| usize::try_from(offset).ok()).unwrap_or_default();
        Ok((settings, offset))
    }
}

fn run(context: &ComputeContext, settings: &Settings, offset: usize) -> ort::Result<()> {
    let rate = input::<f32>(context, 0)?;
    let step = input::<i64>(context, 1)?;
    let (weight, first, second) = (input(context, 2)?, input(context, 3)?, input(context, 4)?);
    let gradient = input::<f32>(context, 5)?;
    let (rate, step) = (rate.try_extract_scalar::<f32>()?, step.try_extract_scalar::<i64>()?);
    let gradient = gradient.extract_tensor().1;
    let (update, arch) = (Update::new(settings, rate, step), Arch::new());
    pieces::of_changed(context, [(&weight, 0), (&first, offset), (&second, offset)], gradient, |changed, gradient| {
        update.apply(arch, changed, gradient);
    })?;
    if let Some(mut done) = context.output(0, [1_i64])? {
        done.try_extract_tensor_mut::<bool>()?.1.fill(true);
    }
    Ok(())
}

/// The factors of one step.
pub(super) struct Update {
    kept: f32,
    alpha: f32,
    beta: f32,
    epsilon: f32,
    move_by: f32,
    second_by: f32,
}

impl Update {
    pub(super) fn new(settings: &Settings, rate: f32, step: i64) -> Self {
        let Settings { alpha, beta, epsilon, weight_decay } = *settings;
        let corrected = |forget: f32| 1.0 - f64::from(forget).powf(step as f64);
        Self {
            kept: 1.0 - rate * weight_decay,
            alpha,
            beta,
            epsilon,
            move_by: (f64::from(rate) / corrected(alpha)) as f32,
            second_by: (1.0 / corrected(beta).sqrt()) as f32,
        }
    }

    /// Changes some weights, first and second moments. Most of the time goes into square roots and divisions, so it counts
    /// that the processor does as many at once as it can.
    pub(super) fn apply(&self, arch: Arch, [weights, first, second]: [&mut [f32]; 3], gradient: &[f32]) {
        arch.dispatch(|| {
            let values = weights.iter_mut().zip(first).zip(second).zip(gradient);
            for (((weight, first), second), &gradient) in values {
                *first = self.alpha * *first + (1.0 - self.alpha) * gradient;
                *second = self.beta * *second + (1.0 - self.beta) * gradient * gradient;
                let divisor = second.sqrt() * self.second_by + self.epsilon;
                *weight = *weight * self.kept - self.move_by * *first / divisor;
            }
        });
    }
}
