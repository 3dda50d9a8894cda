//! Operators of our own, which training models may use beside ONNX Runtime's: what its own training operators do with one
//! thread or in many passes over memory, done with all threads in one.
//!
//! They run on the session's threads. Work is cut into pieces of fixed size that do not depend on each other, so results
//! have the same bits with any number of threads.

mod adamw;
mod dense_adamw;
mod pieces;
mod pool_gradient;
mod product;

use std::sync::Arc;

use ort::operator::{ComputeContext, OperatorDomain};
use ort::value::TensorRef;

/// The domain that graphs name these operators in.
const DOMAIN: &str = "tunescope";

/// All of the operators, for one session. It must outlive the session.
#[allow(clippy::arc_with_non_send_sync, reason = "`ort` takes an `Arc`; it never leaves the thread")]
pub(crate) fn domain() -> ort::Result<Arc<OperatorDomain>> {
    let domain = OperatorDomain::new(DOMAIN)?.add(adamw::AdamW)?.add(dense_adamw::DenseAdamW)?;
    Ok(Arc::new(domain.add(pool_gradient::PoolGradient)?))
}

/// An input that the operator cannot do without.
fn input<T>(context: &ComputeContext, place: usize) -> ort::Result<TensorRef<'_, T>>
where
    T: ort::value::PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static,
{
    let value = context.input(place)?.ok_or_else(|| ort::Error::new(format!("input {place} is not there")))?;
    value.downcast()
}
