//! Draws a saliency map over its image, with a colour bar.

use image::RgbImage;
use report::overlay::{self, Scale};

use super::saliency_map::SaliencyMap;

/// Share of the values that the colours span. A few extreme values would make all others pale.
const SHARE: f64 = 0.995;

/// Draws the map over the enlarged image, with a colour bar beside it.
pub(super) fn draw(image: &RgbImage, map: &SaliencyMap) -> RgbImage {
    let mut sizes: Vec<f32> = map.values.iter().map(|value| value.abs()).filter(|value| value.is_finite()).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let place = (sizes.len().saturating_sub(1) as f64 * SHARE).round() as usize;
    let extent = sizes.get(place).copied().unwrap_or_default().max(map.full_colour);
    let signed = map.values.iter().any(|value| *value < 0.0);
    let values: Vec<f32> = map.values.iter().copied().collect();
    overlay::draw(image, &values, &Scale { extent, signed, quantity: map.quantity.to_owned() })
}
