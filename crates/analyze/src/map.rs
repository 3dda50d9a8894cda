//! The data set at a glance: t-SNE of the logits or of any layer, with the pictures themselves.

use anyhow::{Context, Result};
use image::RgbImage;
use ndarray::{Array2, ArrayD, Axis};
use pipeline::Run;
use pipeline::dataset::{Dataset, Picture};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use report::DataUri;
use report::chart::{Point, ScatterChart};

use crate::pictures;
use crate::tsne;
use crate::tuned::Tuned;

/// What `analyze.tsne.layer` calls the tensor before the softmax, whatever the network calls it.
pub(crate) const LOGITS: &str = "logits";

/// Numbers held at once; a layer with many values a picture allows fewer pictures.
const MOST_VALUES: usize = 150_000_000;
/// Sides of a thumbnail's own picture, in pixels: it is shown larger under the pointer.
const THUMBNAIL: [u32; 2] = [96, 56];
/// Beyond this many pictures thumbnails are of the smaller kind.
const MANY: usize = 600;

/// Writes `tsne.csv` and `tsne.svg`.
pub(crate) fn write(run: &Run, tuned: &Tuned, dataset: &Dataset) -> Result<()> {
    let config = &run.config.analyze.tsne;
    let (logits, probabilities) = (tuned.logits()?, tuned.probabilities()?);
    let tensor = if config.layer == LOGITS { logits } else { &config.layer };
    let width = values_of(tuned, tensor);
    let most = config.max_points.min((MOST_VALUES / width.max(1)).max(2));
    let sampled = sample(dataset, most, &mut run.rng("t-SNE sample"));

    let some: Vec<&Picture> = sampled.iter().map(|place| &dataset.pictures[*place]).collect();
    let images = pictures::read(dataset, &some, tuned.network.input.size)?;
    let progress = run.progress("arranges the pictures", images.len());
    let mut tensors = vec![probabilities];
    if tensor != probabilities {
        tensors.push(tensor);
    }
    let outputs = tuned.compute(&tensors, &images, &progress)?;
    progress.finish();
    let predicted = first_classes(&outputs[0]);
    let points = flat(outputs.last().context("the network gave nothing out")?)?;
    let plane = tsne::embed(&points, config.perplexity, config.iterations, &mut run.rng("t-SNE"));

    let rows = some.iter().zip(&predicted).zip(plane.places.outer_iter()).map(|((picture, predicted), place)| {
        let class = dataset.classes.get(*predicted).cloned().unwrap_or_default();
        let split = picture.split.to_string();
        [picture.id.clone(), place[0].to_string(), place[1].to_string(), picture.label.clone(), class, split]
    });
    run.write_csv("tsne.csv", &["id", "x", "y", "label", "predicted", "split"], rows)?;
    let chart = ScatterChart {
        label: format!("t-SNE map of {} pictures by {}", some.len(), config.layer),
        classes: dataset.classes.clone(),
        points: marks(dataset, &some, &images, &predicted, &plane.places)?,
    };
    let facts = serde_json::json!({"layer": config.layer, "points": some.len(), "perplexity": plane.perplexity});
    run.write("tsne.json", serde_json::to_string_pretty(&facts)?.as_bytes())?;
    run.write("tsne.svg", chart.scene().standalone()?.as_bytes())?;
    Ok(())
}

/// Values of `tensor` for one picture, as far as they are known before it runs.
fn values_of(tuned: &Tuned, tensor: &str) -> usize {
    let shape = tuned.network.layer(tensor).map(|layer| layer.shape.clone());
    shape.or_else(|| tuned.model.shapes().per_item(tensor)).map_or(1, |shape| shape.iter().product())
}

/// Places of up to `most` pictures, ascending, each class with its share.
fn sample(dataset: &Dataset, most: usize, rng: &mut impl rand::Rng) -> Vec<usize> {
    let total = dataset.pictures.len();
    if total <= most {
        return (0..total).collect();
    }
    let mut order: Vec<usize> = (0..total).collect();
    order.shuffle(rng);
    // The k-th picture of a class of n takes place (k + 1/2) / n: every prefix holds the classes alike.
    let counts: Vec<usize> =
        dataset.classes.iter().map(|class| dataset.pictures.iter().filter(|p| p.label == *class).count()).collect();
    let mut seen = vec![0usize; counts.len()];
    let mut ranked: Vec<(f64, usize)> = Vec::with_capacity(total);
    for place in order {
        let class = dataset.label_index(&dataset.pictures[place]);
        ranked.push(((seen[class] as f64 + 0.5) / counts[class].max(1) as f64, place));
        seen[class] += 1;
    }
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut sampled: Vec<usize> = ranked[..most].iter().map(|(_, place)| *place).collect();
    sampled.sort_unstable();
    sampled
}

/// The class of highest probability in each row; the first among equals.
fn first_classes(probabilities: &ArrayD<f32>) -> Vec<usize> {
    let first = |row: ndarray::ArrayViewD<f32>| {
        let best = row.iter().enumerate().fold((0, f32::NEG_INFINITY), |b, (i, p)| if *p > b.1 { (i, *p) } else { b });
        best.0
    };
    probabilities.axis_iter(Axis(0)).map(first).collect()
}

/// `[n, …]` as `[n, d]`.
fn flat(values: &ArrayD<f32>) -> Result<Array2<f32>> {
    let n = values.len_of(Axis(0));
    let d = values.len() / n.max(1);
    Ok(values.as_standard_layout().into_owned().into_shape_with_order((n, d))?)
}

/// The chart's points: wrong predictions last, so that they lie on top.
fn marks(
    dataset: &Dataset,
    some: &[&Picture],
    images: &[RgbImage],
    predicted: &[usize],
    places: &Array2<f64>,
) -> Result<Vec<Point>> {
    let side = THUMBNAIL[usize::from(some.len() > MANY)];
    let thumbnails: Vec<DataUri> =
        images.par_iter().map(|image| DataUri::jpeg(&imaging::thumbnail(image, side), 78)).collect::<Result<_, _>>()?;
    let mut points = Vec::new();
    for (i, (picture, thumbnail)) in some.iter().zip(thumbnails).enumerate() {
        let class = dataset.label_index(picture);
        let guess = dataset.classes.get(predicted[i]).map_or("?", String::as_str);
        let words = format!("{} ({}), predicted {guess}; {}", picture.label, picture.split, picture.source);
        let wrong = predicted[i] != class;
        points.push(Point {
            x: places[[i, 0]],
            y: places[[i, 1]],
            class,
            words,
            number: None,
            thumbnail: Some(thumbnail),
            wrong,
        });
    }
    points.sort_by_key(|point| point.wrong);
    Ok(points)
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
        Dataset::read(&workspace.join("preprocess")).unwrap()
    }

    #[test]
    fn a_sample_keeps_the_classes_shares_and_the_order_of_the_file() {
        let dataset = dataset(&[("cat", 60), ("dog", 30), ("owl", 10)]);
        let draw = |seed| sample(&dataset, 20, &mut pipeline::rng(seed, "analyze", "t-SNE sample"));
        let places = draw(1);
        let count = |class: &str| places.iter().filter(|p| dataset.pictures[**p].label == class).count();
        assert_eq!((count("cat"), count("dog"), count("owl")), (12, 6, 2));
        assert!(places.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(places, draw(1));
        assert_ne!(places, draw(2));
        assert_eq!(sample(&dataset, 500, &mut pipeline::rng(1, "analyze", "x")).len(), 100, "all where all fit");
    }
}
