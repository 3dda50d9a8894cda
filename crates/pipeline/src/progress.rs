//! Progress as a person wants to see it: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::talk;

/// Counts up to a total; may be shared between threads.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Where stderr is no terminal: the stage, and when the last line was written.
    plain: Option<(String, Mutex<Instant>)>,
}

const BETWEEN_LINES: Duration = Duration::from_secs(5);

impl Progress {
    /// Begins at 0 of `total`. `stage` and `what` label it.
    pub fn new(stage: &str, what: &str, total: u64, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if quiet || !terminal { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style = ProgressStyle::with_template("{prefix:<12}{msg} {bar:24} {pos}/{len}  {per_sec}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(stage.to_owned());
        bar.set_message(what.to_owned());
        let plain = (!quiet && !terminal).then(|| (format!("{stage:<12}"), Mutex::new(Instant::now())));
        Self { bar, plain }
    }

    /// `n` more are done.
    pub fn inc(&self, n: u64) {
        self.bar.inc(n);
        let Some((stage, last)) = &self.plain else { return };
        let Ok(mut last) = last.lock() else { return };
        if last.elapsed() >= BETWEEN_LINES {
            *last = Instant::now();
            let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
            talk(&format!(
                "{stage}{}: {done}/{total}, {:.1}/s, {:.0} s left",
                self.bar.message(),
                self.bar.per_sec(),
                self.bar.eta().as_secs_f64()
            ));
        }
    }

    /// `n` of the total turned out not to be needed.
    pub fn fewer(&self, n: u64) {
        let total = self.bar.length().unwrap_or(0);
        self.bar.set_length(total.saturating_sub(n));
    }

    /// Changes what is shown beside the bar, and in the lines where there is none.
    pub fn message(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
