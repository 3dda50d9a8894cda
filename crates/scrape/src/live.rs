//! The progress display of the stage: a line for each class and each host.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use pipeline::Board;

use crate::view::Run;

/// An event in the life of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A source named the candidate.
    Found,
    /// The file was fetched and is a new image.
    Fetched,
    /// The file was fetched and is a copy or a near-duplicate of another image.
    Duplicate,
    /// The candidate cannot be used.
    Refused,
}

/// Counts events and shows the counts.
#[derive(Debug)]
pub struct Live {
    board: Board,
    began: Instant,
    lines: Mutex<BTreeMap<String, Line>>,
}

#[derive(Debug, Default)]
struct Line {
    wanted: usize,
    /// Images from earlier runs.
    had: usize,
    found: usize,
    new: usize,
    duplicates: usize,
    refused: usize,
}

impl Live {
    /// Creates an empty display.
    pub fn new(run: &Run) -> Self {
        Self { board: run.board(), began: Instant::now(), lines: Mutex::default() }
    }

    /// Records that `class` wants `count` images; `usize::MAX` means all that exist.
    pub fn want(&self, class: &str, count: usize) {
        self.change(&name("class", class), |line| line.wanted = line.wanted.saturating_add(count));
    }

    /// Records an image of `class` from an earlier run.
    pub fn had(&self, class: &str) {
        self.change(&name("class", class), |line| line.had += 1);
    }

    /// Records an event for a candidate of `class`. `host` is the host that was asked, if one was.
    pub fn step(&self, class: &str, host: Option<&str>, step: Step) {
        let count = |line: &mut Line| match step {
            Step::Found => line.found += 1,
            Step::Fetched => line.new += 1,
            Step::Duplicate => line.duplicates += 1,
            Step::Refused => line.refused += 1,
        };
        self.change(&name("class", class), count);
        if let Some(host) = host {
            self.change(&name("host", host), count);
        }
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Line)) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(name.to_owned()).or_default();
        change(line);
        self.board.set(name, &line.text(name, self.began.elapsed().as_secs_f64()));
    }

    /// Removes the lines from the terminal.
    pub fn finish(&self) {
        self.board.finish();
    }
}

/// Returns the name of a line. Lines are sorted by name, so classes come before hosts.
fn name(what: &str, which: &str) -> String {
    format!("{what} {which}")
}

impl Line {
    fn text(&self, name: &str, seconds: f64) -> String {
        let Self { wanted, had, found, new, duplicates, refused } = self;
        let fetched = new + duplicates + refused;
        let rate = fetched as f64 / seconds.max(0.001);
        let kept = had + new;
        let mut text = format!("{name:<16}");
        if *found > 0 {
            text += &format!("{found} found, ");
        }
        text += &format!("{fetched} fetched");
        if *wanted > 0 {
            let of = if *wanted == usize::MAX { String::new() } else { format!(" of {wanted}") };
            text += &format!(", {kept}{of} kept");
        }
        text += &format!(", {duplicates} duplicate, {refused} refused, {rate:.1}/s");
        let pace = *new as f64 / seconds.max(0.001);
        if *wanted > kept && *wanted < usize::MAX && pace > 0.0 {
            text += &format!(", {:.0} s left", (wanted - kept) as f64 / pace);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_counts_rate_and_time_left() {
        let line = Line { wanted: 200, had: 50, found: 300, new: 50, duplicates: 3, refused: 7 };
        assert_eq!(
            line.text("class cat", 10.0),
            "class cat       300 found, 60 fetched, 100 of 200 kept, 3 duplicate, 7 refused, 6.0/s, 20 s left"
        );
        let host = Line { new: 5, refused: 5, ..Line::default() };
        assert_eq!(host.text("host a.org", 2.0), "host a.org      10 fetched, 0 duplicate, 5 refused, 5.0/s");
    }
}
