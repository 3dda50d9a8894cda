//! Several progress lines at once.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::print_message;
use crate::progress::BETWEEN_LINES;

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
