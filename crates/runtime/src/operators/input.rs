//! Inputs of an operator.

use ort::operator::ComputeContext;
use ort::value::{PrimitiveTensorElementType, TensorRef};

/// Returns an input that the operator requires.
pub(super) fn input<T>(context: &ComputeContext, place: usize) -> ort::Result<TensorRef<'_, T>>
where
    T: PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static,
{
    let value = context.input(place)?.ok_or_else(|| ort::Error::new(format!("input {place} is missing")))?;
    value.downcast()
}
