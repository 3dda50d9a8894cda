//! Confidence intervals of a share by Wilson's score method (Wilson 1927, "Probable inference, the law of succession, and
//! statistical inference"). They express the uncertainty from the choice of test images.
//!
//! The interval has a width above 0 also when all predictions are right or all are wrong, and its coverage is close to the
//! stated one for few images (Brown, Cai and Das Gupta 2001).

/// The quantile of the standard normal distribution that leaves 2.5 % above it.
const Z: f64 = 1.959_963_984_540_054;

/// Returns the 95 % interval `[low, high]` of the share that `hits` of `images` images estimate, in [0, 1].
///
/// # Panics
/// Panics when `images` is 0 or `hits` is larger than `images`.
pub fn interval(hits: usize, images: usize) -> [f64; 2] {
    assert!(images > 0 && hits <= images, "{hits} of {images} images");
    let (n, share) = (images as f64, hits as f64 / images as f64);
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let reach = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At 0 % and 100 %, one end equals the share except for rounding.
    [(middle - reach).clamp(0.0, share), (middle + reach).clamp(share, 1.0)]
}
