//! The command line of `analyze`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use pipeline::Exit;
use pipeline::cli::{Common, conclude, run_stage, run_to_exit};
use pipeline::error::UsageError;

use crate::activations::Activations;
use crate::layers;
use crate::report::Report;
use crate::stage::Analyze;

const EXAMPLES: &str = "Examples:
  analyze --image holiday/*.jpg
  analyze --set 'analyze.layers=[\"conv5\", \"pool5\"]' --set analyze.tsne.layer=pool5
  analyze layers --network squeezenet
  analyze activations --layer relu5 --channel 17 --channel 42";

/// Analyze the tuned network and write the report
///
/// Reads artifacts/preprocess/, train/ and evaluate/. Writes the layers, the weights, feature maps, the images that activate a
/// channel most, saliency maps and a t-SNE map to artifacts/analyze/, and all results to artifacts/analyze/report.html. The
/// report is one file that needs no other file. Ctrl-C stops the analysis, and the next run continues it.
#[derive(Debug, Parser)]
#[command(name = "analyze", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    choice: Choice,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The images to analyze instead of the best, worst and least certain images of each class.
#[derive(Debug, Clone, Args)]
struct Choice {
    /// Analyze these image files (analyze.images)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    image: Vec<PathBuf>,
    /// Analyze the images of the data set with these ids (analyze.pictures)
    #[arg(long = "picture", value_name = "ID", num_args = 1..)]
    id: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the layers: names, operators, output shapes, parameters and multiply-adds
    #[command(after_help = "Example:\n  analyze layers --network squeezenet --json")]
    Layers {
        /// An installed network, such as squeezenet [default: the tuned network]
        #[arg(long, value_name = "NAME")]
        network: Option<String>,
    },
    /// Analyze chosen layers: feature maps, statistics, and the images that activate a channel most
    ///
    /// Writes <id>/<layer>.png and .npy, statistics.csv, top.csv and top/<layer>.png to artifacts/activations/.
    #[command(after_help = "Example:\n  analyze activations --layer relu5 --channel 17 --image cat.jpg")]
    Activations {
        /// The names of the layers, as `analyze layers` lists them
        #[arg(long, value_name = "NAME", required = true, num_args = 1..)]
        layer: Vec<String>,
        /// Draw these channels [default: those with the strongest activations]
        #[arg(long, value_name = "NUMBER", num_args = 1..)]
        channel: Vec<usize>,
        #[command(flatten)]
        choice: Choice,
        /// Run even when everything is up to date
        #[arg(long)]
        force: bool,
        /// Report whether the stage would run, and why, without running it
        #[arg(long)]
        dry_run: bool,
    },
    /// Write the report again without running the analyses
    ///
    /// Reads the tables and images of all stages and writes artifacts/analyze/report.html. `analyze` does this after the
    /// analyses.
    #[command(after_help = "Example:\n  analyze report --force")]
    Report {
        /// Run even when everything is up to date
        #[arg(long)]
        force: bool,
        /// Report whether the stage would run, and why, without running it
        #[arg(long)]
        dry_run: bool,
    },
}

/// Parses the command line, runs the command, and returns the exit code.
pub fn run() -> ExitCode {
    let Cli { mut common, choice, command } = Cli::parse();
    if let Err(error) = choice.apply(&mut common) {
        return conclude(|| Err(error.into()));
    }
    match command {
        None => analyses_and_report(&common),
        Some(Command::Layers { network }) => conclude(|| layers::print_layers(&common, network.as_deref())),
        Some(Command::Activations { layer, channel, choice, force, dry_run }) => {
            if let Err(error) = choice.apply(&mut common) {
                return conclude(|| Err(error.into()));
            }
            set(&mut common, "analyze.layers", &layer);
            set(&mut common, "analyze.activations.channels", &channel);
            common.force |= force;
            common.dry_run |= dry_run;
            run_stage(&Activations, &common)
        }
        Some(Command::Report { force, dry_run }) => {
            common.force |= force;
            common.dry_run |= dry_run;
            run_stage(&Report, &common)
        }
    }
}

/// Runs the analyses, then the report. An analysis without outputs has no report.
fn analyses_and_report(common: &Common) -> ExitCode {
    let analyses = run_to_exit(&Analyze, common);
    if !analyses.has_outputs() {
        return analyses.into();
    }
    let report = run_to_exit(&Report, common);
    if report == Exit::Done { analyses.into() } else { report.into() }
}

impl Choice {
    /// Overrides the configuration by the choice.
    fn apply(&self, common: &mut Common) -> Result<(), UsageError> {
        let text = |path: &PathBuf| {
            let error = || UsageError(format!("--image {}: the path is not valid UTF-8", path.display()));
            path.to_str().map(str::to_owned).ok_or_else(error)
        };
        set(common, "analyze.images", &self.image.iter().map(text).collect::<Result<Vec<_>, _>>()?);
        set(common, "analyze.pictures", &self.id);
        Ok(())
    }
}

/// Overrides a key by a list. An empty list overrides nothing.
fn set<T: serde::Serialize>(common: &mut Common, key: &str, values: &[T]) {
    if values.is_empty() {
        return;
    }
    // A JSON list of strings and numbers is also a TOML list.
    let list = serde_json::to_string(values)
        .unwrap_or_else(|error| unreachable!("strings and numbers have a JSON form: {error}"));
    common.set.push(format!("{key}={list}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn options_override_the_configuration() {
        let cli = Cli::parse_from(["analyze", "--image", "a \"b\".jpg", "c\\d.png", "--picture", "00ff"]);
        let mut common = cli.common;
        cli.choice.apply(&mut common).unwrap();
        assert_eq!(common.set, [r#"analyze.images=["a \"b\".jpg","c\\d.png"]"#, r#"analyze.pictures=["00ff"]"#]);
    }

    #[test]
    fn help_of_all_commands() {
        let mut command = Cli::command().term_width(100);
        let mut help = command.render_long_help().to_string();
        for name in ["layers", "activations", "report"] {
            let part = command.find_subcommand_mut(name).map(|part| part.clone().term_width(100).render_help());
            help += &format!("\n---- {name}\n{}", part.unwrap_or_default());
        }
        insta::assert_snapshot!(help);
    }
}
