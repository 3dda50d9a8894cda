//! The weights of the layers before and after tuning, as images and statistics.

mod before;
mod filters;
mod grid;
mod statistics;

use std::collections::BTreeMap;

use crate::view::Run;
use anyhow::{Result, bail};
use contract::tables::layer_files::file_name;
use contract::tables::weights::drawing_file;
use contract::{Artifact, HistogramBin, WeightRow, Which};
use graph::Model;
use image::RgbImage;
use ndarray::ArrayD;
use pipeline::stop;
use report::sheet;

use crate::tuned::Tuned;
use before::Before;
use filters::Filters;
use statistics::{Histogram, Statistics};

/// Operators whose second input is the weight of a layer.
pub(crate) const WEIGHTED: [&str; 4] = ["Conv", "ConvTranspose", "Gemm", "MatMul"];

/// The statistics of the weight of one layer.
struct LayerWeights {
    layer: String,
    after: Statistics,
    histogram: Histogram,
    /// The statistics before tuning. `None` for a new layer.
    before: Option<(Statistics, Histogram)>,
    /// The relative distance that tuning moved the weight. It is 0 for a frozen layer and `None` for a new layer.
    moved: Option<f64>,
}

/// The weight of one layer.
struct Weight {
    /// Name of the layer.
    layer: String,
    /// Name of the weight in the model.
    name: String,
    /// The values. The first axis is the outputs of the layer.
    values: ArrayD<f32>,
    /// Whether the model stores the transpose of `values`.
    transposed: bool,
}

/// Writes `weights/<layer>.png`, `weights/layers.csv` and `weights/histograms.csv`.
///
/// `layers.csv` has the statistics of the weight of every layer, without the bias. `near_zero` is the share of values with
/// |w| <= 0.1 x deviation, which is 0.080 for a normal distribution. `moved` is |after - before| / |before|. The fields of a
/// new layer that compare it with the time before tuning are empty. `histograms.csv` has 100 bins of equal width from minus to
/// plus the largest |w| of both weights. It has no `before` where `moved` is 0. The image of a layer that tuning changed shows
/// the weight before and after tuning side by side.
///
/// # Errors
/// Returns an error when a weight has a value that is not a finite number.
pub(crate) fn write(run: &Run, tuned: &Tuned) -> Result<()> {
    let found = find(&tuned.model)?;
    let before = Before::of(run, tuned)?;
    if let Before::Unknown(why) = &before {
        run.say(&format!("the weights are not compared with those before tuning: {why}"));
    }
    let progress = run.progress("drawing weights", found.len());
    let (mut layers, mut coloured) = (Vec::new(), false);
    for (place, weight) in found.iter().enumerate() {
        stop::check()?;
        if !weight.values.iter().all(|v| v.is_finite()) {
            bail!("weight {} of layer {} has values that are not finite numbers", weight.name, weight.layer);
        }
        let shape: Vec<usize> = if weight.transposed {
            weight.values.shape().iter().rev().copied().collect()
        } else {
            weight.values.shape().to_vec()
        };
        let earlier = before.weight(&weight.name, &shape).map(|w| grid::outputs_first(w.clone(), weight.transposed));
        let moved = earlier.as_ref().and_then(|earlier| statistics::moved(earlier, &weight.values));
        let changed = earlier.as_ref().filter(|_| moved != Some(0.0));
        let filters = if place == 0 {
            Filters::of(&weight.layer, &weight.values, changed, tuned.network.input.channels)?
        } else {
            None
        };
        let image = match &filters {
            Some(filters) => filters.sheet(changed, tuned.network.input.channels)?,
            None => draw(weight, changed),
        };
        run.write(drawing_file(&file_name(&weight.layer)), &imaging::png(&image))?;
        let extent = statistics::extent(changed.into_iter().chain([&weight.values]));
        layers.push(LayerWeights {
            layer: weight.layer.clone(),
            after: Statistics::of(&weight.values),
            histogram: Histogram::of(&weight.values, extent),
            before: earlier.as_ref().map(|earlier| (Statistics::of(earlier), Histogram::of(earlier, extent))),
            moved,
        });
        coloured |= filters.is_some();
        progress.inc(1);
    }
    tables(run, &layers)?;
    if !coloured {
        run.say("the filters are not drawn in colour: the first layer is not a convolution over three colour channels");
    }
    Ok(())
}

/// Returns the weight of every layer whose stored weight has two axes or more.
///
/// A weight that several layers share is returned for the first of them.
fn find(model: &Model) -> Result<Vec<Weight>> {
    let mut weights: BTreeMap<String, ArrayD<f32>> = model.weights()?.into_iter().collect();
    let mut found = Vec::new();
    for node in model.nodes().iter().filter(|node| WEIGHTED.contains(&node.op_type())) {
        let (Some(name), Some(layer)) = (node.input.get(1), node.output.first()) else { continue };
        let Some(values) = weights.remove(name).filter(|values| values.ndim() >= 2 && !values.is_empty()) else {
            continue;
        };
        let outputs_first = node.attribute.iter().any(|attribute| attribute.name() == "transB" && attribute.i() != 0);
        // The matrix of `MatMul`, and of `Gemm` without `transB`, has a column for each output.
        let transposed = values.ndim() == 2 && !outputs_first;
        let values = grid::outputs_first(values, transposed);
        found.push(Weight { layer: layer.clone(), name: name.clone(), values, transposed });
    }
    Ok(found)
}

/// Draws the weight of a layer. With `before`, draws both weights side by side in one scale.
fn draw(weight: &Weight, before: Option<&ArrayD<f32>>) -> RgbImage {
    let excerpt = grid::Excerpt::of(&weight.values);
    let range = excerpt.range(before.into_iter().chain([&weight.values]));
    let caption = excerpt.caption(&weight.layer, &weight.values, range);
    match before {
        None => excerpt.draw(&caption, &weight.values, range),
        Some(before) => sheet::beside(
            &excerpt.draw(&format!("Before tuning. {caption}"), before, range),
            &excerpt.draw(&format!("After tuning. {caption}"), &weight.values, range),
        ),
    }
}

fn tables(run: &Run, layers: &[LayerWeights]) -> Result<()> {
    let (mut rows, mut bins) = (Vec::new(), Vec::new());
    for LayerWeights { layer, after, histogram, before, moved } in layers {
        let earlier = before.as_ref().map(|(statistics, _)| *statistics);
        rows.push(WeightRow {
            layer: layer.clone(),
            values: after.values,
            mean: after.mean,
            deviation: after.deviation,
            norm: after.norm,
            near_zero: after.near_zero,
            mean_before: earlier.map(|before| before.mean),
            deviation_before: earlier.map(|before| before.deviation),
            norm_before: earlier.map(|before| before.norm),
            near_zero_before: earlier.map(|before| before.near_zero),
            moved: *moved,
        });
        let before = before.as_ref().filter(|_| *moved != Some(0.0)).map(|(_, histogram)| (Which::Before, histogram));
        for (which, histogram) in before.into_iter().chain([(Which::After, histogram)]) {
            let bin = |(low, high, count)| HistogramBin { layer: layer.clone(), which, low, high, count };
            bins.extend(histogram.bins().map(bin));
        }
    }
    rows.write(run)?;
    bins.write(run)
}
