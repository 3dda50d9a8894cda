//! Operators of our own, which models may use beside ONNX Runtime's: what its own training operators do with one thread or
//! in many passes over memory, done with all threads in one, and convolutions and dense layers that take less time than its own.
//!
//! They run on the session's threads. Work is cut into pieces of fixed size that do not depend on each other, so results
//! have the same bits with any number of threads.

mod adamw;
mod convolution;
mod dense;
mod dense_adamw;
mod pieces;
mod pool_gradient;
mod threads;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ort::operator::{ComputeContext, OperatorDomain};
use ort::value::TensorRef;

/// The domain that graphs name these operators in.
const DOMAIN: &str = "tunescope";

/// All of the operators, for one session. It must outlive the session.
#[allow(clippy::arc_with_non_send_sync, reason = "`ort` takes an `Arc`; it never leaves the thread")]
pub(crate) fn domain() -> ort::Result<Arc<OperatorDomain>> {
    let domain = OperatorDomain::new(DOMAIN)?.add(adamw::AdamW)?.add(dense_adamw::DenseAdamW)?;
    let domain = domain.add(pool_gradient::PoolGradient)?.add(convolution::Convolution)?;
    let domain = domain.add(convolution::ConvolutionInputGradient)?.add(convolution::ConvolutionFilterGradient)?;
    Ok(Arc::new(domain.add(dense::Dense)?))
}

/// To be held while a session with operators of our own is set up. ONNX Runtime asks whether it knows a domain of operators
/// and then adds it, unguarded: of two sessions that begin at once, one would fail.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An input that the operator cannot do without.
fn input<T>(context: &ComputeContext, place: usize) -> ort::Result<TensorRef<'_, T>>
where
    T: ort::value::PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static,
{
    let value = context.input(place)?.ok_or_else(|| ort::Error::new(format!("input {place} is not there")))?;
    value.downcast()
}
