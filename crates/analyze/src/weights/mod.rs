//! What the layers have learnt: their weights as images and figures, before tuning and after.

mod before;
mod filters;
mod grid;
mod statistics;

use std::collections::BTreeMap;

use crate::view::Run;
use anyhow::{Result, bail};
use contract::tables::layer_files::file_name;
use contract::tables::weights::FOLDER;
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

/// Operators whose second input is a layer's weight.
pub(crate) const WEIGHTED: [&str; 4] = ["Conv", "ConvTranspose", "Gemm", "MatMul"];

/// The figures of one layer's weight.
struct LayerWeights {
    layer: String,
    after: Statistics,
    histogram: Histogram,
    /// Of what tuning began with; none for a layer that is new.
    before: Option<(Statistics, Histogram)>,
    /// 0 for a layer that tuning left as it was, none for a new one.
    moved: Option<f64>,
}

/// One layer's weight by name, with its values.
struct Found {
    layer: String,
    name: String,
    /// Outputs first.
    values: ArrayD<f32>,
    /// Whether the file has the outputs last.
    turned: bool,
}

/// Writes `weights/<layer>.png`, `weights/layers.csv` and `weights/histograms.csv`.
///
/// `layers.csv` has the figures of every layer's weight, without its bias: `near_zero` is the share of values with
/// |w| <= 0.1 x deviation (normally distributed: 0.080), `moved` is |after - before| / |before|; the fields of a layer
/// that is new stay empty. `histograms.csv` has 100 equal steps from minus to plus the largest |w| of either; `before`
/// is left out where `moved` is 0. A layer that tuning changed is drawn before and after, side by side.
pub(crate) fn write(run: &Run, tuned: &Tuned) -> Result<()> {
    let found = find(&tuned.model)?;
    let before = Before::of(run, tuned)?;
    if let Before::Unknown(why) = &before {
        run.say(&format!("weights are not compared with those before tuning: {why}"));
    }
    let progress = run.progress("drawing weights", found.len());
    let (mut layers, mut coloured) = (Vec::new(), false);
    let mut files = BTreeMap::new();
    for (place, weight) in found.iter().enumerate() {
        stop::check()?;
        if !weight.values.iter().all(|v| v.is_finite()) {
            bail!("weight {} of layer {} has values that are not finite numbers", weight.name, weight.layer);
        }
        let shape: Vec<usize> = if weight.turned {
            weight.values.shape().iter().rev().copied().collect()
        } else {
            weight.values.shape().to_vec()
        };
        let earlier = before.weight(&weight.name, &shape).map(|w| grid::outputs_first(w.clone(), weight.turned));
        let moved = earlier.as_ref().and_then(|earlier| statistics::moved(earlier, &weight.values));
        let changed = earlier.as_ref().filter(|_| moved != Some(0.0));
        let own = if place == 0 {
            Filters::of(&weight.layer, &weight.values, changed, tuned.network.input.channels)?
        } else {
            None
        };
        let image = match &own {
            Some(own) => own.sheet(changed, tuned.network.input.channels)?,
            None => drawn(weight, changed),
        };
        run.write(unique(&mut files, &weight.layer), &imaging::png(&image))?;
        let extent = statistics::extent(changed.into_iter().chain([&weight.values]));
        layers.push(LayerWeights {
            layer: weight.layer.clone(),
            after: Statistics::of(&weight.values),
            histogram: Histogram::of(&weight.values, extent),
            before: earlier.as_ref().map(|earlier| (Statistics::of(earlier), Histogram::of(earlier, extent))),
            moved,
        });
        coloured |= own.is_some();
        progress.inc(1);
    }
    tables(run, &layers)?;
    if !coloured {
        run.say("the first layer is no convolution of three colours: no filters to show as colours");
    }
    Ok(())
}

/// Every layer with a stored weight of two axes or more; a weight that several layers share counts for the first.
fn find(model: &Model) -> Result<Vec<Found>> {
    let mut weights: BTreeMap<String, ArrayD<f32>> = model.weights()?.into_iter().collect();
    let mut found = Vec::new();
    for node in model.nodes().iter().filter(|node| WEIGHTED.contains(&node.op_type())) {
        let (Some(name), Some(layer)) = (node.input.get(1), node.output.first()) else { continue };
        let Some(values) = weights.remove(name).filter(|values| values.ndim() >= 2 && !values.is_empty()) else {
            continue;
        };
        let transposed = node.attribute.iter().any(|attribute| attribute.name() == "transB" && attribute.i() != 0);
        // A matrix of `MatMul`, and of `Gemm` as it comes, has a column for each output.
        let turned = values.ndim() == 2 && !transposed;
        let values = grid::outputs_first(values, turned);
        found.push(Found { layer: layer.clone(), name: name.clone(), values, turned });
    }
    Ok(found)
}

/// A layer's image; with `before`, both in one scale.
fn drawn(weight: &Found, before: Option<&ArrayD<f32>>) -> RgbImage {
    let chosen = grid::Chosen::of(&weight.values);
    let range = chosen.range(before.into_iter().chain([&weight.values]));
    let words = chosen.words(&weight.layer, &weight.values, range);
    match before {
        None => chosen.draw(&words, &weight.values, range),
        Some(before) => sheet::beside(
            &chosen.draw(&format!("Before tuning. {words}"), before, range),
            &chosen.draw(&format!("After tuning. {words}"), &weight.values, range),
        ),
    }
}

/// A file for a layer's image: two names may come to the same file name.
fn unique(taken: &mut BTreeMap<String, usize>, layer: &str) -> String {
    let name = file_name(layer);
    let count = taken.entry(name.clone()).or_insert(0);
    *count += 1;
    if *count == 1 { format!("{FOLDER}/{name}.png") } else { format!("{FOLDER}/{name}.{count}.png") }
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
            bins.extend(histogram.bars().map(bin));
        }
    }
    rows.write(run)?;
    bins.write(run)
}
