//! Files that exist once for each layer.

/// Returns a layer's name as the stem of a file: `fire2/squeeze1x1` becomes `fire2-squeeze1x1`.
pub fn file_name(layer: &str) -> String {
    layer.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_contains_no_folder() {
        assert_eq!(file_name("fire2/squeeze1x1"), "fire2-squeeze1x1");
        assert_eq!(file_name("../x"), "..-x");
    }
}
