//! Progress: a bar on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::print_message;

/// A counter up to a total, or the elapsed time of work that reports no steps. Threads can share it.
#[derive(Debug)]
pub struct Progress {
    /// It has no length when the work reports no steps.
    bar: ProgressBar,
    /// Without a terminal on stderr: the stage, and the time of the last line.
    plain: Option<(String, Mutex<Instant>)>,
    /// When the work ends, by the estimate of the caller. `None` when the rate of the items tells.
    end: Option<End>,
}

/// The time at which work ends. `None` while it is unknown.
type End = Arc<Mutex<Option<Instant>>>;

/// The template of a bar with a total.
const BAR: &str = "{prefix:<12}{msg} {bar:24} {pos}/{len}  {per_sec}{left}";

const BETWEEN_LINES: Duration = Duration::from_secs(5);

impl Progress {
    /// Starts at 0 of `total`, labelled with `stage` and `what`.
    pub fn new(stage: &str, what: &str, total: u64, quiet: bool) -> Self {
        Self::start(stage, what, Some(total), BAR, quiet, None)
    }

    /// As [`Progress::new`], for items that differ too much for one rate. Shows the time that is left only after
    /// [`Progress::set_left`].
    pub fn without_rate(stage: &str, what: &str, total: u64, quiet: bool) -> Self {
        Self::start(stage, what, Some(total), BAR, quiet, Some(End::default()))
    }

    /// Starts the clock of work that reports no steps, labelled with `stage` and `what`. Call [`Progress::tick`] while it runs.
    pub fn without_steps(stage: &str, what: &str, quiet: bool) -> Self {
        Self::start(stage, what, None, "{prefix:<12}{spinner} {msg}  {elapsed} so far", quiet, None)
    }

    fn start(stage: &str, what: &str, total: Option<u64>, template: &str, quiet: bool, end: Option<End>) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if quiet || !terminal { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(total, target);
        let of_caller = end.clone();
        let left = move |state: &ProgressState, to: &mut dyn fmt::Write| {
            let left = of_caller.as_ref().map_or_else(|| Some(state.eta()), left);
            left.map_or(Ok(()), |left| write!(to, "  {:#} left", HumanDuration(left))).ok();
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("left", left));
        bar.set_prefix(stage.to_owned());
        bar.set_message(what.to_owned());
        let plain = (!quiet && !terminal).then(|| (format!("{stage:<12}"), Mutex::new(Instant::now())));
        Self { bar, plain, end }
    }

    /// Sets the time that is left. `None` shows no time.
    pub fn set_left(&self, left: Option<Duration>) {
        if let Some(mut end) = self.end.as_ref().and_then(|end| end.lock().ok()) {
            *end = left.and_then(|left| Instant::now().checked_add(left));
        }
    }

    /// Returns the rate of the last seconds, in items per second.
    pub fn per_second(&self) -> f64 {
        self.bar.per_sec()
    }

    /// Counts `n` more items as done.
    pub fn inc(&self, n: u64) {
        self.bar.inc(n);
        self.print_at_times();
    }

    /// Shows that work without steps still runs.
    pub fn tick(&self) {
        self.bar.tick();
        self.print_at_times();
    }

    /// Prints a line without a terminal, if the last one is old enough.
    fn print_at_times(&self) {
        let Some((stage, last)) = &self.plain else { return };
        let Ok(mut last) = last.lock() else { return };
        if last.elapsed() >= BETWEEN_LINES {
            *last = Instant::now();
            print_message(&format!("{stage}{}", self.plain_line()));
        }
    }

    fn plain_line(&self) -> String {
        let (bar, what) = (&self.bar, self.bar.message());
        match bar.length() {
            Some(total) => {
                let left = self.end.as_ref().map_or_else(|| Some(bar.eta()), left);
                let left = left.map_or_else(String::new, |left| format!(", {:.0} s left", left.as_secs_f64()));
                format!("{what}: {}/{total}, {:.1}/s{left}", bar.position(), bar.per_sec())
            }
            None => format!("{what}: {:.0} s so far", bar.elapsed().as_secs_f64()),
        }
    }

    /// Removes `n` items from the total, because they are not needed.
    pub fn fewer(&self, n: u64) {
        let total = self.bar.length().unwrap_or(0);
        self.bar.set_length(total.saturating_sub(n));
    }

    /// Sets the message beside the bar, or in the lines without a terminal.
    pub fn message(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Returns the time until `end`, or `None` while it is unknown.
fn left(end: &End) -> Option<Duration> {
    let end = (*end.lock().ok()?)?;
    Some(end.saturating_duration_since(Instant::now()))
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Several progress lines at once. A terminal redraws them. Without a terminal, they are printed from time to time.
#[derive(Debug)]
pub struct Board {
    stage: String,
    quiet: bool,
    terminal: bool,
    bars: MultiProgress,
    lines: Mutex<Lines>,
}

#[derive(Debug)]
struct Lines {
    /// The lines by name, in the order of their names.
    texts: BTreeMap<String, (String, Option<ProgressBar>)>,
    printed: Instant,
}

impl Board {
    /// Creates a board without lines. `stage` precedes each line.
    pub fn new(stage: &str, quiet: bool) -> Self {
        let lines = Lines { texts: BTreeMap::new(), printed: Instant::now() };
        let terminal = std::io::stderr().is_terminal();
        Self { stage: stage.to_owned(), quiet, terminal, bars: MultiProgress::new(), lines: Mutex::new(lines) }
    }

    /// Sets the line `name` to `text`.
    pub fn set(&self, name: &str, text: &str) {
        if self.quiet {
            return;
        }
        let Ok(mut lines) = self.lines.lock() else { return };
        if !lines.texts.contains_key(name) {
            let below = lines.texts.range(name.to_owned()..).next().and_then(|(_, (_, bar))| bar.clone());
            let bar = self.terminal.then(|| self.bar(below.as_ref()));
            lines.texts.insert(name.to_owned(), (String::new(), bar));
        }
        if let Some((line, bar)) = lines.texts.get_mut(name) {
            text.clone_into(line);
            if let Some(bar) = bar {
                bar.set_message(text.to_owned());
                bar.tick();
            }
        }
        if !self.terminal && lines.printed.elapsed() >= BETWEEN_LINES {
            lines.printed = Instant::now();
            for (text, _) in lines.texts.values() {
                print_message(&format!("{:<12}{text}", self.stage));
            }
        }
    }

    fn bar(&self, below: Option<&ProgressBar>) -> ProgressBar {
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{prefix:<12}{wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(self.stage.clone());
        match below {
            Some(below) => self.bars.insert_before(below, bar),
            None => self.bars.add(bar),
        }
    }

    /// Removes the lines.
    pub fn finish(&self) {
        self.bars.clear().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_without_steps_shows_its_time_and_no_count() {
        let progress = Progress::without_steps("analyze", "laying out images", true);
        progress.bar.set_elapsed(Duration::from_secs(7));
        progress.tick();
        assert_eq!(progress.plain_line(), "laying out images: 7 s so far");
    }

    #[test]
    fn counted_work_shows_its_count() {
        let progress = Progress::new("analyze", "decoding images", 8, true);
        progress.inc(2);
        let line = progress.plain_line();
        assert!(line.starts_with("decoding images: 2/8, ") && line.ends_with(" s left"), "{line}");
    }
}
