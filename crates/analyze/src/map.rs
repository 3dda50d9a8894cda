//! The data set at a glance: t-SNE of the logits or of any layer, with the pictures themselves.

use crate::view::Run;
use anyhow::{Context, Result};
use contract::{Dataset, Picture};
use embedding::tsne::{Map, Settings};
use embedding::{Error, NEIGHBOURS, neighbour_accuracy, trustworthiness};
use ndarray::Array2;
use pipeline::{HintExt, stop};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use report::DataUri;
use report::chart::{Dot, Point, ScatterChart};

use crate::features::{self, Features};
use crate::pictures;
use crate::tuned::Tuned;

/// What `analyze.tsne.layer` calls the tensor before the softmax, whatever the network calls it.
pub(crate) const LOGITS: &str = "logits";
/// Pictures that a drawing of the map shows as such; the others are dots, so that it stays small enough to open.
pub(crate) const SHOWN: usize = 1500;

/// Numbers held at once; a layer with many values a picture allows fewer pictures.
const MOST_VALUES: usize = 300_000_000;
/// Sides of a thumbnail's own picture, in pixels: it is shown larger under the pointer.
const THUMBNAIL: [u32; 2] = [96, 56];
/// Beyond this many pictures thumbnails are of the smaller kind.
const MANY: usize = 600;

/// Writes `tsne.csv`, `tsne.json` and `tsne.svg`.
pub(crate) fn write(run: &Run, tuned: &Tuned, dataset: &Dataset) -> Result<()> {
    let config = &run.config.analyze.tsne;
    let tensor = if config.layer == LOGITS { tuned.logits()? } else { &config.layer };
    let most = (MOST_VALUES / values_of(tuned, tensor).max(1)).max(2);
    let sampled = sample(dataset, most, &mut run.rng("t-SNE sample"));
    if sampled.len() < dataset.pictures.len() {
        run.warn(&format!(
            "t-SNE has room for {most} pictures' values of {}: a sample, each class alike",
            config.layer
        ));
    }
    let some: Vec<&Picture> = sampled.iter().map(|place| &dataset.pictures[*place]).collect();
    let Features { values, predicted } = features::gather(run, tuned, dataset, &some, tensor)?;
    let map = embed(run, &values)?;
    run.record("t-SNE engine", map.engine.name());

    let rows = some.iter().zip(&predicted).zip(map.places.outer_iter()).map(|((picture, predicted), place)| {
        let class = dataset.classes.get(*predicted).cloned().unwrap_or_default();
        let split = picture.split.to_string();
        [picture.id.clone(), place[0].to_string(), place[1].to_string(), picture.label.clone(), class, split]
    });
    run.write_csv("tsne.csv", &["id", "x", "y", "label", "predicted", "split"], rows)?;
    // So few pictures that each is among the nearest of most are judged by fewer.
    let neighbours = NEIGHBOURS.min(some.len().saturating_sub(1) / 2);
    let labels: Vec<usize> = some.iter().map(|picture| dataset.label_index(picture)).collect();
    let facts = serde_json::json!({
        "layer": config.layer,
        "points": some.len(),
        "dimensions": values.ncols(),
        "perplexity": map.perplexity,
        "engine": map.engine.name(),
        "neighbour_accuracy": neighbour_accuracy(&map.places, &labels),
        "trustworthiness": trustworthiness(&values, &map.places, neighbours),
        "trustworthiness_neighbours": neighbours,
    });
    run.write("tsne.json", serde_json::to_string_pretty(&facts)?.as_bytes())?;
    let mut chart = ScatterChart {
        label: format!("t-SNE map of {} pictures by {}", some.len(), config.layer),
        classes: dataset.classes.clone(),
        points: Vec::new(),
        dots: Vec::new(),
    };
    marks(&mut chart, tuned, dataset, &some, &predicted, &map.places)?;
    run.write("tsne.svg", chart.scene().standalone()?.as_bytes())?;
    Ok(())
}

/// The map of `values` `[n, d]`, a row for each picture.
fn embed(run: &Run, values: &Array2<f32>) -> Result<Map> {
    let config = &run.config.analyze.tsne;
    let progress = run.progress("arranges the pictures", config.iterations);
    let settings = Settings { perplexity: config.perplexity, iterations: config.iterations, engine: None };
    let map = embedding::tsne::embed(values, &settings, &mut run.rng("t-SNE"), &mut |iteration| {
        progress.inc(u64::from(iteration > 0));
        !stop::asked()
    });
    progress.finish();
    if let Err(Error::Stopped(_)) = map {
        stop::check()?;
    }
    map.with_context(|| format!("t-SNE of {}", config.layer)).hint("`analyze.tsne.layer` names the layer")
}

/// Which of many pictures a drawing shows as such, [`SHOWN`] at most: up to half of those the wrongly predicted ones, the
/// others at equal steps through the list.
pub(crate) fn shown(wrong: &[bool]) -> Vec<bool> {
    if wrong.len() <= SHOWN {
        return vec![true; wrong.len()];
    }
    let mut shown = vec![false; wrong.len()];
    let mut choose = |from: Vec<usize>, most: usize| {
        let count = most.min(from.len());
        (0..count).for_each(|k| shown[from[k * from.len() / count]] = true);
        count
    };
    let (missed, right) = (0..wrong.len()).partition(|i| wrong[*i]);
    let chosen = choose(missed, SHOWN / 2);
    choose(right, SHOWN - chosen);
    shown
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

/// The chart's pictures and dots; of the pictures, wrong predictions last, so that they lie on top.
fn marks(
    chart: &mut ScatterChart,
    tuned: &Tuned,
    dataset: &Dataset,
    some: &[&Picture],
    predicted: &[usize],
    places: &Array2<f64>,
) -> Result<()> {
    let wrong: Vec<bool> = some.iter().zip(predicted).map(|(p, guess)| dataset.label_index(p) != *guess).collect();
    let shown = shown(&wrong);
    let side = THUMBNAIL[usize::from(some.len() > MANY)];
    let point = |i: usize| -> Result<Point> {
        let picture = some[i];
        let guess = dataset.classes.get(predicted[i]).map_or("?", String::as_str);
        let image = pictures::read_one(dataset, picture, tuned.network.input.size)?;
        Ok(Point {
            x: places[[i, 0]],
            y: places[[i, 1]],
            class: dataset.label_index(picture),
            words: format!("{} ({}), predicted {guess}; {}", picture.label, picture.split, picture.source),
            number: None,
            thumbnail: Some(DataUri::jpeg(&imaging::thumbnail(&image, side), 78)?),
            wrong: wrong[i],
        })
    };
    chart.points = (0..some.len()).into_par_iter().filter(|i| shown[*i]).map(point).collect::<Result<_>>()?;
    chart.points.sort_by_key(|point| point.wrong);
    let rest = (0..some.len()).filter(|i| !shown[*i]);
    let dot = |i: usize| {
        let class = dataset.label_index(some[i]);
        Dot { x: places[[i, 0]], y: places[[i, 1]], class, wrong: wrong[i] }
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

    #[test]
    fn a_large_map_shows_wrong_predictions_first_and_no_more_than_fit() {
        let count = |shown: &[bool]| shown.iter().filter(|shown| **shown).count();
        assert_eq!(count(&shown(&vec![false; SHOWN])), SHOWN);
        let some: Vec<bool> = (0..20_000).map(|i| i % 100 == 0).collect();
        let chosen = shown(&some);
        assert_eq!(count(&chosen), SHOWN);
        assert!((0..20_000).all(|i| !some[i] || chosen[i]), "200 wrong ones, all shown");
        assert!(count(&chosen[10_000..]).abs_diff(SHOWN / 2) < 5, "both halves of the list alike");
        let most: Vec<bool> = (0..20_000).map(|i| i % 4 > 0).collect();
        let wrong = shown(&most).iter().zip(&most).filter(|(shown, wrong)| **shown && **wrong).count();
        assert_eq!(wrong, SHOWN / 2);
        assert_eq!(count(&shown(&vec![true; 20_000])), SHOWN / 2);
    }
}
