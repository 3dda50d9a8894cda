//! Words, links and columns that several sections use.

use contract::Artifact;
use contract::tables::report::relative;
use report::page::Link;
use report::scale;

/// Writes a probability in percent. It never writes 0 % or 100 %, because a softmax computes 0 or 1 only by rounding.
pub(crate) fn probability(value: f64) -> String {
    scale::percent(value.clamp(1e-9, 1.0 - 1e-9))
}

/// Returns the last part of a path or URL.
pub(crate) fn base(source: &str) -> &str {
    source.trim_end_matches('/').rsplit('/').next().unwrap_or(source)
}

/// Writes a list in words: "a, b and c".
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

/// Returns the columns of a table. Those in `numbers` are marked as columns of numbers.
pub(crate) fn columns(names: &[&str], numbers: &[&str]) -> Vec<(String, bool)> {
    names.iter().map(|name| ((*name).to_owned(), numbers.contains(name))).collect()
}

/// Returns a link to a file of `stage`.
pub(crate) fn link(stage: &str, file: &str) -> Link {
    Link::to(&relative(stage, file))
}

/// Returns a link to a file of `stage`, with the text `name`.
pub(crate) fn named_link(name: &str, stage: &str, file: &str) -> Link {
    Link::named(name, &relative(stage, file))
}

/// Returns a link to an artifact.
pub(crate) fn link_to<A: Artifact>() -> Link {
    link(A::STAGE, A::FILE)
}

/// Returns a link to an artifact in the folder `folder` of its stage.
pub(crate) fn link_in<A: Artifact>(folder: &str) -> Link {
    link(A::STAGE, &format!("{folder}/{}", A::FILE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{FadePoint, Trial};

    #[test]
    fn links_are_relative_to_the_report() {
        assert_eq!(link_to::<Vec<Trial>>().address(), "../train/trials.csv");
        assert_eq!(link_in::<Vec<FadePoint>>("maps/ab").address(), "maps/ab/curves.csv");
    }

    #[test]
    fn lists_and_names_are_short() {
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(base("https://example.org/cats/1.jpg"), "1.jpg");
        assert_eq!(probability(1.0), scale::percent(1.0 - 1e-9));
    }
}
