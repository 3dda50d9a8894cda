//! Finds classes whose names differ so little that they are probably one class.

use std::collections::{BTreeMap, BTreeSet};

use pipeline::Problems;
use unicode_normalization::UnicodeNormalization;

use crate::text::is_invisible;

/// Compares the names of all classes. Adds pairs that nobody can tell apart to `problems`, and returns warnings about pairs that
/// differ only in case or in compatible forms of their characters.
///
/// Names that look the same are certainly one class. Upper and lower case can be two classes, such as the letters `A` and `a`.
pub fn check<'a>(classes: impl IntoIterator<Item = &'a str>, problems: &mut Problems) -> Vec<String> {
    let classes: BTreeSet<&str> = classes.into_iter().collect();
    let mut looks: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for class in &classes {
        looks.entry(look(class)).or_default().push(class);
    }
    for same in looks.values().filter(|same| same.len() > 1) {
        problems.add(
            format!("the classes {} look the same, but their names are spelled differently", list(same)),
            "give them the same name, or move their images into one folder; names can differ in blanks and in the way in which \
             accents are stored",
        );
    }
    let mut folded: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (look, names) in &looks {
        folded.entry(fold(look)).or_default().push(names[0]);
    }
    let alike = folded.values().filter(|alike| alike.len() > 1);
    alike
        .map(|alike| {
            format!(
                "{} are separate classes; if they are one class, give them the same name in upper and lower case",
                list(alike)
            )
        })
        .collect()
}

/// Returns the name as a reader sees it: composed characters, single blanks, and nothing invisible.
fn look(class: &str) -> String {
    let visible: String = class.chars().filter(|c| !is_invisible(*c)).nfc().collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the name without case and with compatible characters replaced, such as wide letters and ligatures.
fn fold(look: &str) -> String {
    let lower: String = look.nfkc().flat_map(char::to_lowercase).collect();
    lower.nfkc().collect()
}

/// Returns the names in quotation marks. Names that would look the same are shown with escapes.
fn list(names: &[&str]) -> String {
    let same = names.iter().any(|name| names.iter().filter(|other| look(other) == look(name)).count() > 1);
    let show = |name: &&str| if same { format!("\"{}\"", escape(name)) } else { format!("`{name}`") };
    names.iter().map(show).collect::<Vec<_>>().join(" and ")
}

/// Returns the name with an escape for every character that is not printable ASCII.
fn escape(name: &str) -> String {
    name.chars().flat_map(|c| if c == '\'' { vec![c] } else { c.escape_default().collect() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns the error for these classes, if there is one, and the warnings.
    fn checked(classes: &[&str]) -> (Option<String>, Vec<String>) {
        let mut problems = Problems::default();
        let warnings = check(classes.iter().copied(), &mut problems);
        (problems.into_result("x").err().map(|error| pipeline::error::render(&error)), warnings)
    }

    #[test]
    fn names_that_look_the_same_are_refused() {
        for (one, other) in [
            ("\u{e9}t\u{e9}", "e\u{301}te\u{301}"),
            ("cat", "cat "),
            ("black cat", "black  cat"),
            ("black cat", "black\u{a0}cat"),
            ("cat", "\u{200b}cat"),
            ("\u{ac00}", "\u{1100}\u{1161}"),
        ] {
            let (error, warnings) = checked(&[one, "dog", other]);
            let error = error.unwrap();
            assert!(error.contains("look the same") && warnings.is_empty(), "{error}");
        }
        let (error, _) = checked(&["\u{e9}", "e\u{301}"]);
        assert!(error.unwrap().contains(r#"the classes "e\u{301}" and "\u{e9}" look the same"#));
    }

    #[test]
    fn names_that_differ_in_case_are_a_warning() {
        for (one, other) in [("Cat", "cat"), ("\u{c9}t\u{e9}", "\u{e9}t\u{e9}"), ("ｃat", "cat"), ("ﬁg", "fig")] {
            let (error, warnings) = checked(&[one, "dog", other]);
            assert_eq!((error, warnings.len()), (None, 1), "{one} {other}");
        }
        let (_, warnings) = checked(&["Cat", "cat"]);
        assert!(warnings[0].starts_with("`Cat` and `cat` are separate classes"), "{warnings:?}");
        assert_eq!(checked(&["cat", "dog", "cats", "ca t", "été", "ete"]), (None, Vec::new()));
    }

    proptest! {
        #[test]
        fn composed_and_decomposed_names_are_one_name(name in "[a-zà-ÿ가-각 ]{1,8}") {
            let (composed, decomposed): (String, String) = (name.nfc().collect(), name.nfd().collect());
            prop_assert_eq!(look(&composed), look(&decomposed));
        }
    }
}
