//! Several problems that are reported together, so that a user can solve all of them before the next run.

use std::fmt::{Display, Write};

use anyhow::{Result, anyhow};

use crate::error::{Hint, with_hint};

/// The greatest number of problems that one error lists.
const SHOWN: usize = 20;

/// The problems that are found so far, each with its hints.
#[derive(Debug, Default)]
pub struct Problems {
    texts: Vec<String>,
    /// Each hint once, in the order of the problems.
    hints: Vec<String>,
}

impl Problems {
    /// Adds a problem with advice on what to do about it.
    pub fn add(&mut self, problem: impl Display, hint: impl Display) {
        self.texts.push(problem.to_string());
        self.add_hint(hint.to_string());
    }

    /// Adds an error with its causes and its hints.
    pub fn add_error(&mut self, error: &anyhow::Error) {
        let mut causes: Vec<String> = Vec::new();
        for cause in error.chain().filter(|cause| !cause.is::<Hint>()) {
            let cause = cause.to_string();
            if causes.last().is_none_or(|last| !last.contains(&cause)) {
                causes.push(cause);
            }
        }
        self.texts.push(causes.join(": "));
        for hint in error.chain().filter_map(|cause| cause.downcast_ref::<Hint>()) {
            self.add_hint(hint.advice().to_owned());
        }
    }

    fn add_hint(&mut self, hint: String) {
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
    }

    /// Returns whether there is no problem.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Returns an error that lists the problems of `what` with their hints.
    ///
    /// # Errors
    /// Returns the error when there is a problem. A single problem is the error itself.
    pub fn into_result(self, what: &str) -> Result<()> {
        let error = match self.texts.as_slice() {
            [] => return Ok(()),
            [only] => anyhow!("{only}"),
            all => {
                let mut text = format!("{what} has {} problems:", all.len());
                for problem in all.iter().take(SHOWN) {
                    let _ = write!(text, "\n- {problem}");
                }
                if all.len() > SHOWN {
                    let _ = write!(text, "\n- and {} more", all.len() - SHOWN);
                }
                anyhow!("{text}")
            }
        };
        // The hint that is attached last is shown first.
        Err(self.hints.iter().rev().fold(error, with_hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HintExt;
    use crate::error::render;

    #[test]
    fn one_problem_is_an_ordinary_error() {
        let mut problems = Problems::default();
        assert!(problems.is_empty());
        problems.add("`a` is empty", "add files");
        assert_eq!(render(&problems.into_result("own").unwrap_err()), "error: `a` is empty\nhint: add files\n");
        assert!(Problems::default().into_result("own").is_ok());
    }

    #[test]
    fn several_problems_are_listed_and_each_hint_is_given_once() {
        let mut problems = Problems::default();
        problems.add("`a` is empty", "add files");
        problems.add("`b` is empty", "add files");
        let failed = std::fs::read("/nowhere/x").map_err(|_| anyhow!("no such list")).hint("set `path`");
        problems.add_error(&failed.unwrap_err().context("list.csv cannot be read"));
        assert_eq!(
            render(&problems.into_result("the folder").unwrap_err()),
            "error: the folder has 3 problems:\n- `a` is empty\n- `b` is empty\n- list.csv cannot be read: no such list\n\
             hint: add files\nhint: set `path`\n"
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let mut problems = Problems::default();
        (0..30).for_each(|number| problems.add(number, "look"));
        let text = render(&problems.into_result("x").unwrap_err());
        assert!(text.contains("x has 30 problems:\n- 0\n") && text.contains("\n- 19\n- and 10 more\n"), "{text}");
    }
}
