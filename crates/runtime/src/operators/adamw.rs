//! `AdamW`: the update of one weight in place, in one pass over memory.
//!
//! Inputs: learning rate `[1]`, number of the step from 1 (`int64` `[1]`), the weight, first moments and second moments of
//! all weights `[total]`, the gradient, then any tensors that must be computed before. Output: true `[1]`. Attributes:
//! `alpha` (`beta1`), `beta` (`beta2`), `epsilon` (`eps`), `weight_decay` and `offset`, the index of this weight's first
//! moment.
//!
//! Loshchilov and Hutter 2019, algorithm 2, in the order of operations of `PyTorch`'s `AdamW`: the weight shrinks by
//! `rate * decay`, then moves by `rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)`.

#![allow(
    clippy::inline_always,
    reason = "only inlined code is compiled for the processor that the function is dispatched to"
)]

use ort::operator::{BoxedKernel, ComputeContext, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::TensorElementType;
use pulp::{Arch, Simd, WithSimd};

use super::input::input;
use super::names::{self, attribute};
use super::pieces;

pub(super) struct AdamW;

impl Operator for AdamW {
    type Kernel<'attr> = BoxedKernel<'attr>;

    fn name(&self) -> &'static str {
        names::ADAMW
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
        let (settings, offset) = AdamWAttributes::of(node)?;
        Ok(Box::new(move |context: &ComputeContext| run(context, &settings, offset)))
    }
}

/// The attributes of the operator.
pub(super) struct AdamWAttributes {
    beta1: f32,
    beta2: f32,
    eps: f32,
    weight_decay: f32,
}

impl AdamWAttributes {
    /// Reads the attributes of a node, and its `offset`.
    pub(super) fn of(node: &KernelContext) -> ort::Result<(Self, usize)> {
        let number =
            |name: &str| node.get::<f32>(name).ok_or_else(|| ort::Error::new(format!("it has no attribute `{name}`")));
        let settings = Self {
            beta1: number(attribute::BETA1)?,
            beta2: number(attribute::BETA2)?,
            eps: number(attribute::EPS)?,
            weight_decay: number(attribute::WEIGHT_DECAY)?,
        };
        let offset =
            node.get::<i64>(attribute::OFFSET).and_then(|offset| usize::try_from(offset).ok()).unwrap_or_default();
        Ok((settings, offset))
    }
}

fn run(context: &ComputeContext, settings: &AdamWAttributes, offset: usize) -> ort::Result<()> {
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
    beta1: f32,
    beta2: f32,
    eps: f32,
    move_by: f32,
    second_by: f32,
}

impl Update {
    pub(super) fn new(settings: &AdamWAttributes, rate: f32, step: i64) -> Self {
        let AdamWAttributes { beta1, beta2, eps, weight_decay } = *settings;
        let corrected = |beta: f32| 1.0 - f64::from(beta).powf(step as f64);
        Self {
            kept: 1.0 - rate * weight_decay,
            beta1,
            beta2,
            eps,
            move_by: (f64::from(rate) / corrected(beta1)) as f32,
            second_by: (1.0 / corrected(beta2).sqrt()) as f32,
        }
    }

    /// Updates some weights with their first and second moments.
    pub(super) fn apply(&self, arch: Arch, changed: [&mut [f32]; 3], gradient: &[f32]) {
        arch.dispatch(Apply { update: self, changed, gradient });
    }

    /// Updates the values of some registers, inside a dispatched function. The last register can be partly filled.
    #[inline(always)]
    pub(super) fn registers<S: Simd, const N: usize>(
        &self,
        simd: S,
        [weights, first, second]: [&mut [f32]; 3],
        gradient: &[S::f32s; N],
    ) {
        let (weights, last_weights) = S::as_mut_simd_f32s(weights);
        let (first, last_first) = S::as_mut_simd_f32s(first);
        let (second, last_second) = S::as_mut_simd_f32s(second);
        if !last_weights.is_empty()
            && let Some(&gradient) = gradient.get(weights.len())
        {
            let mut values = [&*last_weights, last_first, last_second].map(|last| simd.partial_load_f32s(last));
            self.one(simd, values.each_mut(), gradient);
            for (last, value) in [last_weights, last_first, last_second].into_iter().zip(values) {
                simd.partial_store_f32s(last, value);
            }
        }
        for (((weight, first), second), &gradient) in weights.iter_mut().zip(first).zip(second).zip(gradient) {
            self.one(simd, [weight, first, second], gradient);
        }
    }

    #[inline(always)]
    fn one<S: Simd>(&self, simd: S, [weight, first, second]: [&mut S::f32s; 3], gradient: S::f32s) {
        let by = |factor: f32, values: S::f32s| simd.mul_f32s(simd.splat_f32s(factor), values);
        *first = simd.add_f32s(by(self.beta1, *first), by(1.0 - self.beta1, gradient));
        *second = simd.add_f32s(by(self.beta2, *second), simd.mul_f32s(by(1.0 - self.beta2, gradient), gradient));
        let divisor = simd.add_f32s(by(self.second_by, simd.sqrt_f32s(*second)), simd.splat_f32s(self.eps));
        *weight = simd.sub_f32s(by(self.kept, *weight), simd.div_f32s(by(self.move_by, *first), divisor));
    }
}

struct Apply<'m> {
    update: &'m Update,
    changed: [&'m mut [f32]; 3],
    gradient: &'m [f32],
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [weights, first, second] = self.changed.map(|values| values.chunks_mut(S::F32_LANES));
        let gradient = self.gradient.chunks(S::F32_LANES);
        for (((weights, first), second), gradient) in weights.zip(first).zip(second).zip(gradient) {
            self.update.registers(simd, [weights, first, second], &[simd.partial_load_f32s(gradient)]);
        }
    }
}
