//! Names of our own operators and of their attributes. The operators read them, and [`crate::rewrite`] and
//! [`crate::training`] write them into graphs.
//!
//! They are a format: the bytes of a training model decide whether a saved training state fits it.

/// The domain that graphs name the operators in.
pub(crate) const DOMAIN: &str = "tunescope";

/// The update of one weight.
pub(crate) const ADAMW: &str = "AdamW";
/// The backward pass of a dense layer and the update of its weight.
pub(crate) const DENSE_ADAMW: &str = "DenseAdamW";
/// A dense layer.
pub(crate) const DENSE: &str = "Dense";
/// The gradient of a maximum pooling.
pub(crate) const POOL_GRADIENT: &str = "PoolGradient";
/// A convolution.
pub(crate) const CONVOLUTION: &str = "Convolution";
/// The gradient of a convolution by its image.
pub(crate) const CONVOLUTION_INPUT_GRADIENT: &str = "ConvolutionInputGradient";
/// The gradient of a convolution by its filters and its bias.
pub(crate) const CONVOLUTION_FILTER_GRADIENT: &str = "ConvolutionFilterGradient";

/// Keys of attributes.
pub(crate) mod attribute {
    /// `beta1` of `AdamW`. Stored graphs call it `alpha`, as ONNX Runtime's own operator does.
    pub(crate) const BETA1: &str = "alpha";
    /// `beta2` of `AdamW`. Stored graphs call it `beta`.
    pub(crate) const BETA2: &str = "beta";
    /// `eps` of `AdamW`.
    pub(crate) const EPS: &str = "epsilon";
    /// Weight decay of `AdamW`.
    pub(crate) const WEIGHT_DECAY: &str = "weight_decay";
    /// Index of a weight's first moment in the list of all moments.
    pub(crate) const OFFSET: &str = "offset";

    /// Number of a dense layer's outputs.
    pub(crate) const OUTPUTS: &str = "outputs";
    /// 1 where the operator applies a rectifier to its result.
    pub(crate) const RELU: &str = "relu";

    /// `[c, h, w]` of the gradient of a pooling.
    pub(crate) const SIZES: &str = "sizes";

    /// Strides of a convolution, as in ONNX.
    pub(crate) const STRIDES: &str = "strides";
    /// Padding of a convolution, as in ONNX: top, left, bottom, right.
    pub(crate) const PADS: &str = "pads";
    /// Dilations of a convolution, as in ONNX.
    pub(crate) const DILATIONS: &str = "dilations";
    /// Groups of a convolution, as in ONNX.
    pub(crate) const GROUP: &str = "group";
    /// `[kh, kw]` of the filters' gradient.
    pub(crate) const KERNEL_SHAPE: &str = "kernel_shape";
    /// `[h, w]` of the image's gradient.
    pub(crate) const SIZE: &str = "size";
    /// `[kh, kw]` of the pooling that follows a convolution.
    pub(crate) const POOL_KERNEL: &str = "pool_kernel";
    /// Strides of that pooling.
    pub(crate) const POOL_STRIDES: &str = "pool_strides";
    /// Padding of that pooling, top and left.
    pub(crate) const POOL_BEFORE: &str = "pool_before";
    /// `[oh, ow]` of that pooling.
    pub(crate) const POOL_WINDOWS: &str = "pool_windows";
}
