//! The key `exclude` of the source: patterns of files and folders that are left out.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// The patterns of a source, with the number of entries that each has matched.
#[derive(Debug)]
pub struct Exclude {
    set: GlobSet,
    patterns: Vec<(String, AtomicUsize)>,
}

impl Exclude {
    /// Compiles the patterns.
    ///
    /// A pattern without `/` matches a name at any depth. A pattern with `/` matches a path below the folder of the source.
    ///
    /// # Errors
    /// Returns an error when a pattern is not a glob pattern. The configuration refuses such patterns.
    pub fn new(patterns: &[String]) -> Result<Self> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let below = pattern.trim_end_matches('/').trim_start_matches("./");
            let whole =
                if below.contains('/') { below.trim_start_matches('/').to_owned() } else { format!("**/{below}") };
            set.add(GlobBuilder::new(&whole).literal_separator(true).build()?);
        }
        let patterns = patterns.iter().map(|pattern| (pattern.clone(), AtomicUsize::new(0))).collect();
        Ok(Self { set: set.build()?, patterns })
    }

    /// Returns whether the entry at `path`, relative to the folder of the source, is left out. The content of such a folder is left out
    /// too. Counts the match.
    pub fn matches(&self, path: &Path) -> bool {
        let matching = self.set.matches(path);
        for place in &matching {
            self.patterns[*place].1.fetch_add(1, Ordering::Relaxed);
        }
        !matching.is_empty()
    }

    /// Returns the patterns that have matched nothing so far.
    pub fn unused(&self) -> Vec<&str> {
        let unused = self.patterns.iter().filter(|(_, count)| count.load(Ordering::Relaxed) == 0);
        unused.map(|(pattern, _)| pattern.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_pattern_with_a_slash_is_a_path_and_another_is_a_name() {
        for (pattern, path, expected) in [
            ("*.gif", "cat/a.gif", true),
            ("*.gif", "a.gif", true),
            ("*.gif", "a.gif.png", false),
            ("unsorted", "unsorted", true),
            ("unsorted/", "unsorted", true),
            ("unsorted", "cat/unsorted", true),
            ("/unsorted", "cat/unsorted", false),
            ("/unsorted", "unsorted", true),
            ("cat/old", "cat/old", true),
            ("cat/old", "dog/cat/old", false),
            ("cat/*", "cat/deep/a.png", false),
            ("cat/**", "cat/deep/a.png", true),
            ("**/old", "cat/old", true),
            ("{cat,dog}", "dog", true),
            ("[!a]*", "b.png", true),
            ("Cat", "cat", false),
        ] {
            let exclude = Exclude::new(&[pattern.to_owned()]).unwrap();
            assert_eq!(exclude.matches(Path::new(path)), expected, "{pattern} {path}");
            assert_eq!(exclude.unused().is_empty(), expected);
        }
    }
}
