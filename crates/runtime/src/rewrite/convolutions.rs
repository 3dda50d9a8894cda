//! The choice of convolutions.

/// Which convolutions our own operators compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convolutions {
    /// None. ONNX Runtime computes all of them.
    Runtime,
    /// Those that take less time than ONNX Runtime's, by an estimate from [`kernels::tiled_cost`].
    #[default]
    Fastest,
    /// All over images of two axes whose sizes are known before the run.
    Own,
}
