//! Names of the 1000 ImageNet (ILSVRC 2012) classes.

/// One short name a line, in the order of the outputs; no name stands twice.
static IMAGENET: &str = include_str!("imagenet_classes.txt");

/// The 1000 ImageNet classes in the order of the outputs, such as 285 `Egyptian cat`.
pub fn imagenet() -> Vec<String> {
    IMAGENET.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_names_stand_at_their_indices_and_once() {
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
