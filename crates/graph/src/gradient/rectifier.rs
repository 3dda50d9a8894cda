//! What `Relu` passes backwards.

/// What `Relu` passes backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rectifier {
    /// The gradient where the output is above 0.
    #[default]
    Slope,
    /// The gradient where the output and the gradient are above 0: guided backpropagation (Springenberg et al. 2014,
    /// section 3.4).
    Guided,
    /// The gradient where the gradient is above 0: a deconvolutional network (Zeiler & Fergus 2013, section 2.1).
    Deconvolution,
}
