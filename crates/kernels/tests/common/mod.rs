//! Layers for the accuracy test and for the example `layers`.

use kernels::Geometry;

/// Returns a convolution with square filters over square images, without dilations and groups.
pub fn square_layer(
    channels: usize,
    filters: usize,
    kernel: usize,
    stride: usize,
    pad: usize,
    size: usize,
) -> Geometry {
    Geometry {
        channels,
        filters,
        kernel: [kernel; 2],
        strides: [stride; 2],
        pads: [pad; 4],
        dilations: [1, 1],
        groups: 1,
        size: [size; 2],
    }
}
