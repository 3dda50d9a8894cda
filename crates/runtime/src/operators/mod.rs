//! Our own operators, which models may use beside those of ONNX Runtime.
//!
//! Some replace ONNX Runtime's training operators, which use one thread or go over memory several times. The others are
//! convolutions and dense layers that take less time than ONNX Runtime's.
//!
//! They run on the threads of the session. Work is cut into pieces of fixed size that do not depend on each other, so
//! results have the same bits with any number of threads.

mod adamw;
mod convolution;
mod dense_adamw;
mod input;
mod large_dense;
pub(crate) mod names;
mod pieces;
mod pool_gradient;
mod register;
mod threads;

pub(crate) use register::{domain, setup_lock};

/// The version of our own operators. It goes up whenever one of them computes other bits, for example because crate
/// `kernels` sums in another order. Keys of caches and checkpoints contain it.
pub const OPERATORS: u32 = 3;
