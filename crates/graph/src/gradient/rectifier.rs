//! What a rectifier lets pass backwards.

/// What `Relu` lets pass backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rectifier {
    /// What its slope says: the gradient where its output is above 0.
    #[default]
    Slope,
    /// The same, and only what is above 0 itself: guided backpropagation (Springenberg et al. 2014, section 3.4).
    Guided,
    /// What is above 0 itself, wherever: the way back of a deconvolutional network (Zeiler & Fergus 2013, section 2.1).
    Deconvolution,
}
