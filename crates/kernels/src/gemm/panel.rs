//! The layout of a packed right operand.

use crate::simd::{LANES, Lanes};

/// Groups of [`LANES`] filters in a panel.
pub(crate) const PANEL_GROUPS: usize = 4;

/// The factors of [`PANEL_GROUPS`] groups of filters for [`LANES`] channels: `[channel][filter group][filter]`.
pub(crate) type Panel = [[Lanes; PANEL_GROUPS]; LANES];

/// Views `lanes` as panels.
pub(crate) fn panels(lanes: &[Lanes]) -> &[Panel] {
    lanes.as_chunks().0.as_chunks().0
}

/// Views `lanes` as panels for writing.
pub(crate) fn panels_mut(lanes: &mut [Lanes]) -> &mut [Panel] {
    lanes.as_chunks_mut().0.as_chunks_mut().0
}
