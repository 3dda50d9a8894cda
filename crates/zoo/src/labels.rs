//! The names of the 1000 ImageNet (ILSVRC 2012) classes.

/// One short name per line, in the order of the outputs. Every name is unique.
static IMAGENET: &str = include_str!("imagenet_classes.txt");

/// Returns the names of the 1000 ImageNet classes in the order of the outputs. Class 285 is `Egyptian cat`.
pub fn imagenet() -> Vec<String> {
    IMAGENET.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_names_are_unique_and_have_their_indices() {
        let names = imagenet();
        assert_eq!(names.len(), 1000);
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 1000);
        for (index, name) in [
            (0, "tench"),
            (151, "Chihuahua"),
            (268, "Mexican hairless"),
            (281, "tabby"),
            (285, "Egyptian cat"),
            (967, "espresso"),
            (999, "toilet tissue"),
        ] {
            assert_eq!(names[index], name);
        }
        assert!(names.iter().all(|name| !name.is_empty() && name.trim() == name));
    }
}
