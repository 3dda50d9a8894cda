//! The images that activate a channel most, cropped to the receptive field of the channel.

use std::collections::BTreeMap;

use crate::view::Run;
use anyhow::{Context, Result, bail};
use contract::tables::activations;
use contract::{Artifact, ChannelRow, Dataset, TopRow};
use graph::Fields;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use pipeline::HintExt;
use pipeline::error::UsageError;
use report::scale;
use report::sheet::{SheetRow, Tile, sheet};

use super::survey::{LayerSurvey, Peak, survey};
use crate::images;
use crate::tuned::Tuned;

/// Side of a drawn crop, in pixels.
const SIDE: u32 = 72;
/// Background of crops that are not square.
const BACKGROUND: Rgb<u8> = Rgb([0xd0; 3]);

/// Surveys `layers` and writes `statistics.csv`, `top.csv` and `top/<layer>.png` to `folder`.
///
/// `folder` is relative to the stage's folder. An empty path is the stage's folder itself. A receptive field in `top.csv` ends
/// at the border of the image.
pub(crate) fn write(run: &Run, tuned: &Tuned, dataset: &Dataset, layers: &[String], folder: &str) -> Result<()> {
    let surveys = survey(run, tuned, dataset, layers)?;
    let fields = if surveys.is_empty() { None } else { Some(Fields::new(&tuned.model)?) };
    let (mut tops, mut statistics) = (Vec::new(), Vec::new());
    for survey in &surveys {
        let fields = fields.as_ref().context("the receptive fields are unknown")?;
        for (channel, found) in survey.channels.iter().enumerate() {
            for (rank, peak) in found.top.iter().enumerate() {
                let [left, top, right, bottom] = receptive_field(fields, survey, *peak)?;
                tops.push(TopRow {
                    layer: survey.layer.clone(),
                    channel,
                    rank: rank + 1,
                    id: dataset.images[peak.image as usize].id.clone(),
                    value: peak.value,
                    left,
                    top,
                    right,
                    bottom,
                });
            }
            statistics.push(ChannelRow {
                layer: survey.layer.clone(),
                channel,
                mean: found.mean,
                deviation: found.deviation(),
                max: f64::from(found.max),
                zero: found.zero(),
            });
        }
        draw(run, tuned, dataset, fields, survey, folder)?;
    }
    tops.write_in(run, folder)?;
    statistics.write_in(run, folder)
}

/// Returns the left, top, right and bottom edge of the receptive field of `peak`, in pixels of the image.
fn receptive_field(fields: &Fields, survey: &LayerSurvey, peak: Peak) -> Result<[usize; 4]> {
    // Splits the index into coordinates, from the last axis to the first.
    let mut rest = peak.place as usize;
    let mut place = Vec::new();
    for size in survey.shape.iter().skip(1).rev() {
        place.insert(0, rest % (*size).max(1));
        rest /= (*size).max(1);
    }
    let field = fields.of(&survey.layer, &place)?;
    let [rows, columns] = &field[..] else { bail!("the input of the network is not an image") };
    Ok([columns.start, rows.start, columns.end, rows.end])
}

/// Returns the channels to draw: those of `analyze.activations.channels`, or else those with the largest mean of their peaks.
fn channels(run: &Run, survey: &LayerSurvey) -> Result<Vec<usize>> {
    let config = &run.config.analyze.activations;
    let count = survey.channels.len();
    if let Some(missing) = config.channels.iter().find(|channel| **channel >= count) {
        let text = format!("layer {} has no channel {missing}", survey.layer);
        return Err(UsageError(text)).hint(format!("its channels are 0 to {}", count.saturating_sub(1)));
    }
    if !config.channels.is_empty() {
        return Ok(config.channels.clone());
    }
    let mut order: Vec<usize> = (0..count).filter(|channel| !survey.channels[*channel].top.is_empty()).collect();
    let strength = |channel: usize| survey.channels[channel].strength();
    order.sort_by(|a, b| strength(*b).total_cmp(&strength(*a)).then(a.cmp(b)));
    order.truncate(config.shown);
    Ok(order)
}

/// Draws the crops of one layer: a row for each channel, the strongest image first.
fn draw(
    run: &Run,
    tuned: &Tuned,
    dataset: &Dataset,
    fields: &Fields,
    survey: &LayerSurvey,
    folder: &str,
) -> Result<()> {
    let channels = channels(run, survey)?;
    let peaks: Vec<Peak> = channels.iter().flat_map(|channel| survey.channels[*channel].top.clone()).collect();
    let mut images = BTreeMap::new();
    let mut side = 1;
    for peak in &peaks {
        if let std::collections::btree_map::Entry::Vacant(place) = images.entry(peak.image) {
            let row = &dataset.images[peak.image as usize];
            place.insert(images::read(dataset, row, tuned.network.input.size)?);
        }
        let [left, top, right, bottom] = receptive_field(fields, survey, *peak)?;
        side = side.max(right.saturating_sub(left)).max(bottom.saturating_sub(top));
    }
    let mut rows = Vec::new();
    for channel in &channels {
        let mut tiles = Vec::new();
        for peak in &survey.channels[*channel].top {
            let image = images.get(&peak.image).context("an image is missing")?;
            let image = crop(image, receptive_field(fields, survey, *peak)?, side as u32);
            tiles.push(Tile { image, caption: scale::short(f64::from(peak.value)) });
        }
        rows.push(SheetRow { label: channel.to_string(), tiles });
    }
    let all = survey.channels.len();
    let which = if run.config.analyze.activations.channels.is_empty() {
        format!("the {} of {all} channels with the strongest activations", channels.len())
    } else {
        format!("{} of {all} channels", channels.len())
    };
    let title = format!(
        "{}: {which}, one row for each channel. A row shows the images of the data set that activate the channel most, the \
         strongest first, with the activation. Each image is cropped to the receptive field of the channel, at most {side} x \
         {side} pixels.",
        survey.layer
    );
    let file = activations::top_file(folder, &survey.layer);
    run.write(file, &imaging::png(&sheet(&title, &rows)))
}

/// Crops `image` to `[left, top, right, bottom]` and draws the crop on a square of [`SIDE`] pixels.
///
/// The square corresponds to `side` pixels of the image, so all crops of a layer have the same scale.
fn crop(image: &RgbImage, [left, top, right, bottom]: [usize; 4], side: u32) -> RgbImage {
    let (width, height) = (right.saturating_sub(left) as u32, bottom.saturating_sub(top) as u32);
    let mut square = RgbImage::from_pixel(side.max(1), side.max(1), BACKGROUND);
    if width > 0 && height > 0 {
        let part = imageops::crop_imm(image, left as u32, top as u32, width, height).to_image();
        // A crop is smaller than the square when the receptive field crosses a border of the image. The crop stays on the
        // opposite side of the square, and the background marks the part outside the image.
        let offset = |start: usize, extent: u32| if start == 0 { i64::from(side.saturating_sub(extent)) } else { 0 };
        imageops::replace(&mut square, &part, offset(left, width), offset(top, height));
    }
    let filter = if side < SIDE { FilterType::Nearest } else { FilterType::Triangle };
    imageops::resize(&square, SIDE, SIDE, filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_background_of_a_crop_at_the_border_marks_the_part_outside_the_image() {
        let image = RgbImage::from_pixel(100, 100, Rgb([9, 200, 9]));
        let inside = crop(&image, [10, 10, 46, 46], 36);
        assert!(inside.pixels().all(|pixel| pixel.0 == [9, 200, 9]));
        let left = crop(&image, [0, 10, 18, 46], 36);
        assert_eq!((left.get_pixel(0, 40).0, left.get_pixel(SIDE - 1, 40).0), (BACKGROUND.0, [9, 200, 9]));
        let right = crop(&image, [82, 10, 100, 46], 36);
        assert_eq!((right.get_pixel(0, 40).0, right.get_pixel(SIDE - 1, 40).0), ([9, 200, 9], BACKGROUND.0));
    }
}
