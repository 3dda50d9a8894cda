//! The gradient rules of `Relu`.

/// A gradient rule of `Relu`: the values for which the gradient of the output passes to the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rectifier {
    /// Those whose output is above 0. This is the derivative.
    #[default]
    Slope,
    /// Those whose output and gradient are above 0: guided backpropagation (Springenberg et al. 2014, section 3.4).
    Guided,
    /// Those whose gradient is above 0: a deconvolutional network (Zeiler & Fergus 2013, section 2.1).
    Deconvolution,
}
