//! A map as an image that explains itself: over the image it is of, with a bar.

use image::RgbImage;
use report::overlay::{self, Scale};

use super::Map;

/// Share of the values that the colours span: a few extreme ones would leave the rest pale.
const SHARE: f64 = 0.995;

/// The image with the map over it, enlarged, a bar with the values beside it.
pub(super) fn drawn(image: &RgbImage, map: &Map) -> RgbImage {
    let mut sizes: Vec<f32> = map.values.iter().map(|value| value.abs()).filter(|value| value.is_finite()).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let place = (sizes.len().saturating_sub(1) as f64 * SHARE).round() as usize;
    let extent = sizes.get(place).copied().unwrap_or_default().max(map.least);
    let signed = map.values.iter().any(|value| *value < 0.0);
    let values: Vec<f32> = map.values.iter().copied().collect();
    overlay::explained(image, &values, &Scale { extent, signed, unit: map.unit.to_owned() })
}
