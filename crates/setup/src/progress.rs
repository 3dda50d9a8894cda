//! The progress of a download: a bar on a terminal, a line from time to time elsewhere.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipeline::print_message;

const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// The progress of one download.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    quiet: bool,
    /// The time of the last line, without a terminal.
    printed: Option<Cell<Instant>>,
    /// The number of bytes that an earlier run has downloaded.
    began: Cell<Option<u64>>,
}

impl Progress {
    /// Starts a download of `bytes` bytes.
    pub fn new(bytes: u64, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if quiet || !terminal { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(bytes), target);
        let template =
            "setup       {bar:24} {decimal_bytes} of {decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left";
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        let printed = (!quiet && !terminal).then(|| Cell::new(Instant::now()));
        Self { bar, quiet, printed, began: Cell::new(None) }
    }

    /// Sets the number of bytes that have arrived.
    pub fn set(&self, bytes: u64) {
        if self.began.get().is_none() {
            self.began.set(Some(bytes));
            // The rate is that of this run.
            self.bar.set_position(bytes);
            self.bar.reset_eta();
            self.bar.reset_elapsed();
            if bytes > 0 {
                self.say(&format!("continuing an earlier download at {:.1} MB", megabytes(bytes)));
            }
        }
        self.bar.set_position(bytes);
        let Some(printed) = &self.printed else { return };
        if printed.get().elapsed() >= BETWEEN_LINES {
            printed.set(Instant::now());
            let new = bytes.saturating_sub(self.began.get().unwrap_or_default());
            let rate = new as f64 / self.bar.elapsed().as_secs_f64().max(1e-3);
            let total = self.bar.length().unwrap_or(bytes);
            let left = total.saturating_sub(bytes) as f64 / rate.max(1.0);
            self.say(&format!(
                "{:.1} of {:.1} MB, {:.1} MB/s, {left:.0} s left",
                megabytes(bytes),
                megabytes(total),
                rate / 1e6
            ));
        }
    }

    /// Prints a line.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| print_message(&format!("{:<12}{text}", "setup")));
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
