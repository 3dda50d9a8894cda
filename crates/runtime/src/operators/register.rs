//! Registration of our own operators with a session.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ort::operator::OperatorDomain;

use super::adamw::AdamW;
use super::convolution::{Convolution, ConvolutionFilterGradient, ConvolutionInputGradient};
use super::dense_adamw::DenseAdamW;
use super::large_dense::Dense;
use super::names::DOMAIN;
use super::pool_gradient::PoolGradient;

/// Returns all of our operators, for one session. The result must outlive the session.
#[allow(clippy::arc_with_non_send_sync, reason = "`ort` takes an `Arc`; it never leaves the thread")]
pub(crate) fn domain() -> ort::Result<Arc<OperatorDomain>> {
    let domain = OperatorDomain::new(DOMAIN)?.add(AdamW)?.add(DenseAdamW)?.add(PoolGradient)?;
    let domain = domain.add(Convolution)?.add(ConvolutionInputGradient)?.add(ConvolutionFilterGradient)?;
    Ok(Arc::new(domain.add(Dense)?))
}

/// Returns a guard that a caller holds while it sets up a session with our operators.
///
/// ONNX Runtime asks whether it knows a domain of operators and then adds it, without a lock. Of two sessions that begin
/// at the same time, one would fail.
pub(crate) fn setup_lock() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}
