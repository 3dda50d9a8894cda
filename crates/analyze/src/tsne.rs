//! The t-SNE embedding of the data set, from the logits or any layer: `tsne.csv`, `tsne.json` and `tsne.svg`.

use anyhow::{Context, Result};
use contract::config::TsneEngine;
use contract::tables::tsne::DRAWING;
use contract::{Artifact, Dataset, EmbeddingFacts, EmbeddingPoint, ImageRow};
use embedding::tsne::{Embedding, Engine, TsneSettings};
use embedding::{Error, NEIGHBOURS, neighbour_accuracy, trustworthiness};
use ndarray::Array2;
use pipeline::{HintExt, stop};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use report::DataUri;
use report::chart::{Dot, Point, ScatterChart};
use report::crowd::shown;

use crate::features::{self, Features};
use crate::images;
use crate::tuned::Tuned;
use crate::view::Run;

/// The value of `analyze.tsne.layer` that selects the tensor before the softmax, under any name.
pub(crate) const LOGITS: &str = "logits";
/// The most values in memory at once. A layer with many values per image allows fewer images.
const MOST_VALUES: usize = 300_000_000;
/// The sides of thumbnails in `tsne.svg`, in pixels: large and small.
const THUMBNAIL: [u32; 2] = [96, 56];
/// The most images with large thumbnails.
const MANY: usize = 600;

/// Computes the embedding and writes `tsne.csv`, `tsne.json` and `tsne.svg`.
pub(crate) fn write(run: &Run, tuned: &Tuned, dataset: &Dataset) -> Result<()> {
    let config = &run.config.analyze.tsne;
    let tensor = if config.layer == LOGITS { tuned.logits()? } else { &config.layer };
    let most = (MOST_VALUES / values_of(tuned, tensor).max(1)).max(2);
    let sampled = sample(dataset, most, &mut run.rng("t-SNE sample"));
    if sampled.len() < dataset.images.len() {
        run.warn(&format!(
            "the memory limit allows the values of {} for {most} images; t-SNE uses a sample with the same share of each class",
            config.layer
        ));
    }
    let images: Vec<&ImageRow> = sampled.iter().map(|at| &dataset.images[*at]).collect();
    let Features { values, predicted } = features::gather(run, tuned, dataset, &images, tensor)?;
    let embedding = embed(run, &values)?;
    let engine = embedding.engine.map(Engine::name);
    run.record("t-SNE engine", engine.unwrap_or("none"));

    let points = images.iter().zip(&predicted).zip(embedding.positions.outer_iter()).map(|((image, predicted), at)| {
        let predicted = dataset.classes.get(*predicted).cloned().unwrap_or_default();
        let (id, label) = (image.id.clone(), image.label.clone());
        EmbeddingPoint { id, x: at[0], y: at[1], label, predicted, split: image.split }
    });
    points.collect::<Vec<_>>().write(run)?;
    // With few images, most are among the 12 nearest of any image, and trustworthiness has no meaning.
    let neighbours = NEIGHBOURS.min(images.len().saturating_sub(1) / 2);
    let labels: Vec<usize> = images.iter().map(|image| dataset.label_index(image)).collect();
    let facts = EmbeddingFacts {
        layer: config.layer.clone(),
        points: images.len(),
        dimensions: values.ncols(),
        perplexity: embedding.perplexity,
        engine: engine.map(str::to_owned),
        neighbour_accuracy: neighbour_accuracy(&embedding.positions, &labels),
        trustworthiness: trustworthiness(&values, &embedding.positions, neighbours),
        trustworthiness_neighbours: neighbours,
    };
    facts.write(run)?;
    let mut chart = ScatterChart {
        label: format!("t-SNE map of {} images by {}", images.len(), config.layer),
        classes: dataset.classes.clone(),
        points: Vec::new(),
        dots: Vec::new(),
    };
    add_marks(&mut chart, tuned, dataset, &images, &predicted, &embedding.positions)?;
    run.write(DRAWING, chart.scene().standalone()?.as_bytes())?;
    Ok(())
}

/// Lays out `values` `[n, d]`, a row for each image.
fn embed(run: &Run, values: &Array2<f32>) -> Result<Embedding> {
    let config = &run.config.analyze.tsne;
    let engine = match config.engine {
        TsneEngine::Auto => Engine::for_work(values.nrows(), config.iterations),
        TsneEngine::Linfa => Engine::Linfa,
        TsneEngine::Grid => Engine::Grid,
    };
    let progress = match engine {
        Engine::Linfa => run.progress_without_steps("laying out images with linfa, which reports no steps"),
        Engine::Grid => run.progress("laying out images", config.iterations),
    };
    let settings = TsneSettings { perplexity: config.perplexity, iterations: config.iterations, engine: Some(engine) };
    let embedding = embedding::tsne::embed(values, &settings, &mut run.rng("t-SNE"), &mut |iteration| {
        match engine {
            Engine::Linfa => progress.tick(),
            Engine::Grid => progress.inc(u64::from(iteration > 0)),
        }
        !stop::asked()
    });
    progress.finish();
    if let Err(Error::Stopped(_)) = embedding {
        stop::check()?;
    }
    let hint = match embedding {
        Err(Error::TooManyPoints { .. } | Error::Linfa(_)) => "set `analyze.tsne.engine` to `auto` or `grid`",
        Err(Error::NotFinite { .. }) => "choose another layer with `analyze.tsne.layer`",
        _ => "try another `analyze.tsne.perplexity` or `analyze.tsne.engine`",
    };
    embedding.with_context(|| format!("t-SNE of {}", config.layer)).hint(hint)
}

/// Returns the number of values of `tensor` for one image, or 1 when it is unknown before the network runs.
fn values_of(tuned: &Tuned, tensor: &str) -> usize {
    let shape = tuned.network.layer(tensor).map(|layer| layer.shape.clone());
    shape.or_else(|| tuned.model.shapes().per_item(tensor)).map_or(1, |shape| shape.iter().product())
}

/// Draws up to `most` images, with the same share of each class. Returns their indices, ascending.
fn sample(dataset: &Dataset, most: usize, rng: &mut impl rand::Rng) -> Vec<usize> {
    let total = dataset.images.len();
    if total <= most {
        return (0..total).collect();
    }
    let mut order: Vec<usize> = (0..total).collect();
    order.shuffle(rng);
    // The k-th image of a class of n gets rank (k + 1/2) / n, so that every prefix has the same share of each class.
    let counts: Vec<usize> =
        dataset.classes.iter().map(|class| dataset.images.iter().filter(|p| p.label == *class).count()).collect();
    let mut seen = vec![0usize; counts.len()];
    let mut ranked: Vec<(f64, usize)> = Vec::with_capacity(total);
    for place in order {
        let class = dataset.label_index(&dataset.images[place]);
        ranked.push(((seen[class] as f64 + 0.5) / counts[class].max(1) as f64, place));
        seen[class] += 1;
    }
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut sampled: Vec<usize> = ranked[..most].iter().map(|(_, place)| *place).collect();
    sampled.sort_unstable();
    sampled
}

/// Adds the thumbnails and dots to the chart. Wrong predictions come last, so that they lie on top.
fn add_marks(
    chart: &mut ScatterChart,
    tuned: &Tuned,
    dataset: &Dataset,
    images: &[&ImageRow],
    predicted: &[usize],
    positions: &Array2<f64>,
) -> Result<()> {
    let wrong: Vec<bool> = images.iter().zip(predicted).map(|(p, guess)| dataset.label_index(p) != *guess).collect();
    let shown = shown(&wrong);
    let side = THUMBNAIL[usize::from(images.len() > MANY)];
    let point = |i: usize| -> Result<Point> {
        let row = images[i];
        let guess = dataset.classes.get(predicted[i]).map_or("?", String::as_str);
        let image = images::read(dataset, row, tuned.network.input.size)?;
        Ok(Point {
            x: positions[[i, 0]],
            y: positions[[i, 1]],
            class: dataset.label_index(row),
            words: format!("{} ({}), predicted {guess}; {}", row.label, row.split, row.source),
            number: None,
            thumbnail: Some(DataUri::jpeg(&imaging::thumbnail(&image, side), 78)?),
            wrong: wrong[i],
        })
    };
    chart.points = (0..images.len()).into_par_iter().filter(|i| shown[*i]).map(point).collect::<Result<_>>()?;
    chart.points.sort_by_key(|point| point.wrong);
    let rest = (0..images.len()).filter(|i| !shown[*i]);
    let dot = |i: usize| {
        let class = dataset.label_index(images[i]);
        Dot { x: positions[[i, 0]], y: positions[[i, 1]], class, wrong: wrong[i] }
    };
    chart.dots = rest.map(dot).collect();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(counts: &[(&str, usize)]) -> Dataset {
        let workspace = testkit::Workspace::new("");
        let classes: Vec<&str> = counts.iter().map(|(class, _)| *class).collect();
        let mut csv = "id,path,label,split,width,height,group,source\n".to_owned();
        for (class, count) in counts {
            for i in 0..*count {
                csv += &format!("{class}{i},x.png,{class},train,10,10,{i},x\n");
            }
        }
        workspace.write("preprocess/classes.json", serde_json::to_string(&classes).unwrap());
        workspace.write("preprocess/dataset.csv", csv);
        Dataset::read(workspace.path()).unwrap()
    }

    #[test]
    fn a_sample_keeps_the_share_of_each_class_and_the_order_of_the_file() {
        let dataset = dataset(&[("cat", 60), ("dog", 30), ("owl", 10)]);
        let draw = |seed| sample(&dataset, 20, &mut pipeline::rng(seed, "analyze", "t-SNE sample"));
        let places = draw(1);
        let count = |class: &str| places.iter().filter(|p| dataset.images[**p].label == class).count();
        assert_eq!((count("cat"), count("dog"), count("owl")), (12, 6, 2));
        assert!(places.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(places, draw(1));
        assert_ne!(places, draw(2));
        assert_eq!(sample(&dataset, 500, &mut pipeline::rng(1, "analyze", "x")).len(), 100, "all images fit");
    }
}
