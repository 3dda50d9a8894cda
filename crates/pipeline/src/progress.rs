//! Progress: a bar on a terminal, plain lines elsewhere.

use std::fmt;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::print_message;

/// A counter up to a total, or the elapsed time of work that reports no steps. Threads can share it.
#[derive(Debug)]
pub struct Progress {
    /// The bar. It has no length when the work reports no steps.
    bar: ProgressBar,
    /// Without a terminal on stderr: the stage, and the time of the last line.
    plain: Option<(String, Mutex<Instant>)>,
    quiet: bool,
    unit: Unit,
    /// The caller's estimate of when the work ends. `None` when the bar computes the time from the rate.
    end: Option<End>,
}

/// The unit of the counter.
#[derive(Debug, Clone)]
enum Unit {
    Items,
    /// The bytes of a download: how many there were at the start, and when it started.
    Bytes(Arc<OnceLock<(u64, Instant)>>),
}

impl Unit {
    fn count(&self, position: u64, total: u64) -> String {
        let megabytes = |bytes| bytes as f64 / 1e6;
        match self {
            Self::Items => format!("{position}/{total}"),
            Self::Bytes(_) => format!("{:.1} of {:.1} MB", megabytes(position), megabytes(total)),
        }
    }

    /// Returns the rate per second, and the time until `total`. `steady` is the rate and the time of the bar, which apply to items.
    fn rate(&self, position: u64, total: u64, steady: (f64, Duration)) -> (String, Duration) {
        match self {
            Self::Items => (format!("{:.1}/s", steady.0), steady.1),
            Self::Bytes(start) => {
                let (before, since) = start.get().copied().unwrap_or((position, Instant::now()));
                let rate = position.saturating_sub(before) as f64 / since.elapsed().as_secs_f64().max(1e-3);
                let left = total.saturating_sub(position) as f64 / rate.max(1.0);
                (format!("{:.1} MB/s", rate / 1e6), Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX))
            }
        }
    }
}

/// The time at which work ends. `None` while it is unknown.
type End = Arc<Mutex<Option<Instant>>>;

/// The template of a bar with a total.
const BAR: &str = "{prefix:<12}{msg} {bar:24} {counts}";

/// The time between two lines when there is no terminal.
pub(crate) const BETWEEN_LINES: Duration = Duration::from_secs(5);

impl Progress {
    /// Starts at 0 of `total`, labelled with `stage` and `what`.
    pub fn new(stage: &str, what: &str, total: u64, quiet: bool) -> Self {
        Self::start(stage, what, Some(total), BAR, quiet, Unit::Items, None)
    }

    /// As [`Progress::new`], for items that differ too much for one rate. Shows the time that is left only after
    /// [`Progress::set_left`].
    pub fn without_rate(stage: &str, what: &str, total: u64, quiet: bool) -> Self {
        Self::start(stage, what, Some(total), BAR, quiet, Unit::Items, Some(End::default()))
    }

    /// Starts the clock of work that reports no steps, labelled with `stage` and `what`. Call [`Progress::tick`] while it runs.
    pub fn without_steps(stage: &str, what: &str, quiet: bool) -> Self {
        Self::start(stage, what, None, "{prefix:<12}{spinner} {msg}  {elapsed} so far", quiet, Unit::Items, None)
    }

    /// Starts a download of `total` bytes. Call [`Progress::set`] when bytes arrive.
    pub fn of_bytes(stage: &str, what: &str, total: u64, quiet: bool) -> Self {
        Self::start(stage, what, Some(total), BAR, quiet, Unit::Bytes(Arc::default()), None)
    }

    fn start(
        stage: &str,
        what: &str,
        total: Option<u64>,
        template: &str,
        quiet: bool,
        unit: Unit,
        end: Option<End>,
    ) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if quiet || !terminal { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(total, target);
        let (of_bar, end_of_bar) = (unit.clone(), end.clone());
        let counts = move |state: &ProgressState, to: &mut dyn fmt::Write| {
            let (position, total) = (state.pos(), state.len().unwrap_or_default());
            let (rate, left) = of_bar.rate(position, total, (state.per_sec(), state.eta()));
            write!(to, "{}  {rate}", of_bar.count(position, total)).ok();
            if let Some(left) = end_of_bar.as_ref().map_or(Some(left), time_until) {
                write!(to, "  {:#} left", HumanDuration(left)).ok();
            }
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("counts", counts));
        bar.set_prefix(stage.to_owned());
        bar.set_message(what.to_owned());
        let plain = (!quiet && !terminal).then(|| (format!("{stage:<12}"), Mutex::new(Instant::now())));
        Self { bar, plain, quiet, unit, end }
    }

    /// Sets the time that is left. `None` shows no time. Only a bar of [`Progress::without_rate`] uses it.
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

    /// Sets the number of bytes that have arrived. The first call passes the bytes of an earlier download, which do not count for the rate.
    pub fn set(&self, bytes: u64) {
        if let Unit::Bytes(start) = &self.unit {
            start.get_or_init(|| (bytes, Instant::now()));
        }
        self.bar.set_position(bytes);
        self.print_at_times();
    }

    /// Prints a line above the bar, unless the work is quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| print_message(&format!("{:<12}{text}", self.bar.prefix())));
        }
    }

    /// Shows that work without steps still runs.
    pub fn tick(&self) {
        self.bar.tick();
        self.print_at_times();
    }

    /// Prints a line when there is no terminal and the last line is at least [`BETWEEN_LINES`] old.
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
                let (rate, left) = self.unit.rate(bar.position(), total, (bar.per_sec(), bar.eta()));
                let left = self.end.as_ref().map_or(Some(left), time_until);
                let left = left.map_or_else(String::new, |left| format!(", {:.0} s left", left.as_secs_f64()));
                format!("{what}: {}, {rate}{left}", self.unit.count(bar.position(), total))
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

/// Returns the time until `end`. `None` while it is unknown.
fn time_until(end: &End) -> Option<Duration> {
    let end = (*end.lock().ok()?)?;
    Some(end.saturating_duration_since(Instant::now()))
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_without_steps_shows_its_time_and_no_count() {
        let progress = Progress::without_steps("third", "sorting files", true);
        progress.bar.set_elapsed(Duration::from_secs(7));
        progress.tick();
        assert_eq!(progress.plain_line(), "sorting files: 7 s so far");
    }

    #[test]
    fn a_download_shows_megabytes_and_leaves_the_earlier_ones_out_of_the_rate() {
        let progress = Progress::of_bytes("first", "archive", 244_000_000, true);
        progress.set(200_000_000);
        let line = progress.plain_line();
        assert!(line.starts_with("archive: 200.0 of 244.0 MB, 0.0 MB/s, "), "{line}");
        std::thread::sleep(Duration::from_millis(20));
        progress.set(201_000_000);
        let line = progress.plain_line();
        let rate: f64 = line.split(", ").nth(1).unwrap().strip_suffix(" MB/s").unwrap().parse().unwrap();
        assert!(rate > 0.0 && rate <= 50.0, "{line}");
    }

    #[test]
    fn uneven_work_shows_no_time_until_its_caller_knows_it() {
        let progress = Progress::without_rate("train", "training trials", 1000, true);
        progress.inc(10);
        let line = progress.plain_line();
        assert!(line.starts_with("training trials: 10/1000, ") && !line.contains("left"), "{line}");
        progress.set_left(Some(Duration::from_secs(3600)));
        assert!(progress.plain_line().ends_with(", 3600 s left"), "{}", progress.plain_line());
        progress.set_left(None);
        assert!(!progress.plain_line().contains("left"), "{}", progress.plain_line());
    }

    #[test]
    fn counted_work_shows_its_count() {
        let progress = Progress::new("third", "reading files", 8, true);
        progress.inc(2);
        let line = progress.plain_line();
        assert!(line.starts_with("reading files: 2/8, ") && line.ends_with(" s left"), "{line}");
    }
}
