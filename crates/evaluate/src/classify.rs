//! `evaluate classify`: the most probable classes of any image file.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use contract::config::DecodeLimits;
use contract::{Config, stages};
use imaging::Limits;
use inference::{Classifier, Error};
use pipeline::cli::{self, Common};
use pipeline::config::Root;
use pipeline::{Align, Exit, HintExt, HintFrom, StageFolder, Table};
use serde_json::{Value, json};

use crate::classifier;

/// The arguments of `evaluate classify`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// A network of the zoo with a classifier, such as squeezenet [default: the tuned network]
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,
    /// Classes shown for each image
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,
    /// Image files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Returns what the user can do about an error of the network.
type Advice = fn(&Error) -> String;

/// The prediction for one image.
#[derive(Debug)]
struct Answer {
    /// Index and probability of the classes, most probable first.
    top: Vec<(usize, f32)>,
    /// Time from opening the file to the probabilities.
    took: Duration,
}

/// Classifies the files one after another and prints the classes. After a file that cannot be read, the command prints the
/// error, continues with the next file, and returns [`Exit::Failed`] at its end.
pub fn run(common: &Common, options: &Options) -> Result<Exit> {
    let config: Config = common.load()?;
    let (environment, limits) = (config.environment(), config.preprocess.decode_limits());
    let (mut classifier, advice): (_, Advice) = if let Some(name) = &options.network {
        (classifier::of_zoo(&environment, name)?, Error::advice)
    } else {
        let train = StageFolder::new(&environment.artifacts, stages::TRAIN);
        (train.read_together(|| classifier::tuned(&environment))?, classifier::tuned_advice)
    };
    let classes = classifier.network().classes.clone();
    let (mut failed, mut entries) = (0, Vec::new());
    for file in &options.files {
        let answer = classify(&mut classifier, advice, &limits, file, usize::from(options.top));
        if let Err(error) = &answer {
            failed += 1;
            pipeline::print_message(pipeline::error::render(error).trim_end());
        }
        if common.json {
            entries.push(to_json(file, &answer, &classes));
        } else if let Ok(answer) = answer {
            cli::print(&format!("{}\n", to_table(file, &answer, &classes).for_stdout()))?;
        }
    }
    if common.json {
        let text = json!({ "network": classifier.network().name, "pictures": entries });
        cli::print(&format!("{text:#}\n"))?;
    }
    if failed == 0 {
        return Ok(Exit::Done);
    }
    pipeline::print_message(&format!("{failed} of {} images could not be classified", options.files.len()));
    Ok(Exit::Failed)
}

fn classify(
    classifier: &mut Classifier,
    advice: Advice,
    limits: &DecodeLimits,
    file: &Path,
    count: usize,
) -> Result<Answer> {
    let began = Instant::now();
    if file.is_dir() {
        return Err(anyhow!("{} is a folder, not an image", file.display()))
            .hint(format!("name the images in it: {}", file.join("*").display()));
    }
    let limits = Limits { max_pixels: limits.max_pixels, max_bytes: limits.max_memory_mb.saturating_mul(1 << 20) };
    let image = imaging::square(&imaging::read(file, &limits)?, classifier.network().input.size);
    let probabilities = classifier
        .probabilities(&[image])
        .hint_from(advice)
        .with_context(|| format!("{} cannot be classified", file.display()))?;
    let took = began.elapsed();
    let top = inference::top(probabilities.row(0).iter().copied(), count)
        .ok_or_else(|| Error::NotANumber { image: file.display().to_string() })
        .hint_from(advice)?;
    Ok(Answer { top, took })
}

fn to_table(file: &Path, answer: &Answer, classes: &[String]) -> Table {
    // A name may hold anything, an escape code too.
    let name: String = file.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let title = format!("{name}  ({:.1} ms)", answer.took.as_secs_f64() * 1e3);
    let mut table = Table::new(title, &[("probability", Align::Right), ("class", Align::Left)]);
    for (class, probability) in &answer.top {
        table.row([format!("{probability:.4}"), classes[*class].clone()]);
    }
    table
}

fn to_json(file: &Path, answer: &Result<Answer>, classes: &[String]) -> Value {
    let file = file.to_string_lossy();
    match answer {
        Ok(answer) => {
            let top = answer.top.iter().map(
                |(class, probability)| json!({ "class": classes[*class], "index": class, "probability": probability }),
            );
            let milliseconds = answer.took.as_secs_f64() * 1e3;
            json!({ "file": file, "milliseconds": milliseconds, "top": top.collect::<Vec<_>>() })
        }
        Err(error) => json!({ "file": file, "error": pipeline::error::one_line(error) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_the_time_and_the_classes_most_probable_first() {
        let answer = Answer { top: vec![(1, 0.875), (0, 0.125)], took: Duration::from_micros(12_345) };
        let classes = ["cat".to_owned(), "dog".to_owned()];
        let table = to_table(Path::new("a\u{1b}b.jpg"), &answer, &classes);
        insta::assert_snapshot!(table.to_text());
        insta::assert_json_snapshot!(to_json(Path::new("a.jpg"), &Ok(answer), &classes));
    }
}
