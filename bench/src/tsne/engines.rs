//! The two engines of crate `embedding` on the same points: time and quality.

use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use embedding::tsne::{Engine, LINFA_WORK, TsneSettings, embed};
use embedding::{NEIGHBOURS, neighbour_accuracy, trustworthiness};
use pipeline::{Align, Table};

use super::plan::PERPLEXITY;
use super::points;
use crate::machine::cpu_seconds;

/// What is measured.
#[derive(Args, Clone, Debug)]
pub(crate) struct EnginesPlan {
    /// Numbers of points
    #[arg(long, value_delimiter = ',', default_value = "360,400,700,1000")]
    points: Vec<usize>,
    /// Iterations
    #[arg(long, default_value_t = 1000)]
    iterations: usize,
}

/// Runs both engines once for each number of points and prints a table.
///
/// `linfa` uses one thread, so that its CPU seconds are its time on an idle machine.
pub(crate) fn run(plan: &EnginesPlan) -> Result<()> {
    let columns = [
        ("points", Align::Right),
        ("engine", Align::Left),
        ("seconds", Align::Right),
        ("CPU seconds", Align::Right),
        ("trustworthiness", Align::Right),
        ("1-NN accuracy", Align::Right),
        ("auto", Align::Left),
    ];
    let title = format!("t-SNE of drawn points, {} iterations, LINFA_WORK {LINFA_WORK}", plan.iterations);
    let mut table = Table::new(title, &columns);
    for n in &plan.points {
        let (points, labels) = points::draw(*n);
        for engine in [Engine::Linfa, Engine::Grid] {
            let settings = TsneSettings { perplexity: PERPLEXITY, iterations: plan.iterations, engine: Some(engine) };
            let (start, cpu) = (Instant::now(), cpu_seconds()?);
            let found = embed(&points, &settings, &mut pipeline::rng(1, "bench", "t-SNE"), &mut |_| true)?;
            let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
            let none = || format!("{n} points are too few to measure");
            let trust = trustworthiness(&points, &found.positions, NEIGHBOURS).with_context(none)?;
            let accuracy = neighbour_accuracy(&found.positions, &labels).with_context(none)?;
            let chosen = Engine::for_work(*n, plan.iterations) == engine;
            table.row([
                n.to_string(),
                engine.name().to_owned(),
                format!("{seconds:.2}"),
                format!("{cpu:.2}"),
                format!("{trust:.4}"),
                format!("{accuracy:.4}"),
                if chosen { "chosen".to_owned() } else { String::new() },
            ]);
        }
    }
    print!("{}", table.to_text());
    Ok(())
}
