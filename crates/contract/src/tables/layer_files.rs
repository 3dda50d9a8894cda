//! Files that exist once for each layer.

use pipeline::short_hash;

/// The number of hexadecimal digits of the hash in a file name.
const DIGITS: usize = 4;

/// Returns a layer's name as the stem of a file. Different layers have different stems.
///
/// A slash becomes a hyphen: `fire2/squeeze1x1` becomes `fire2-squeeze1x1`. Any other character that is no ASCII letter, digit, point or
/// underscore becomes a hyphen too. Then the start of the hash of the name follows, because `a-b` is also the stem of `a/b`.
pub fn file_name(layer: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    let stem: String = layer.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    if layer.chars().all(|c| is_plain(c) || c == '/') {
        return stem;
    }
    format!("{stem}.{}", &short_hash(layer.as_bytes())[..DIGITS])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_contains_no_folder() {
        assert_eq!(file_name("fire2/squeeze1x1"), "fire2-squeeze1x1");
        assert_eq!(file_name("../x"), "..-x");
        assert_eq!(file_name("a:b"), format!("a-b.{}", &short_hash(b"a:b")[..4]));
    }

    #[test]
    fn different_layers_have_different_files() {
        let layers = ["a/b", "a-b", "a:b", "a b", "-a/b", "/a/b", "ab", "a.b", "a_b"];
        let stems: std::collections::BTreeSet<String> = layers.iter().map(|layer| file_name(layer)).collect();
        assert_eq!(stems.len(), layers.len(), "{stems:?}");
    }
}
