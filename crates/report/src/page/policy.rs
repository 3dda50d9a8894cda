//! The Content-Security-Policy of the report.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// Returns a policy that allows these inline `styles` and `scripts` and images from `data:` URIs. The page can load, send and
/// frame nothing else (W3C, Content Security Policy Level 3, sections 6 and 8).
pub(super) fn policy(styles: &[&str], scripts: &[&str]) -> String {
    format!(
        "default-src 'none'; img-src data:; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hashes(styles),
        hashes(scripts)
    )
}

/// Returns the hashes of the texts in the form of the policy.
fn hashes(texts: &[&str]) -> String {
    let hash = |text: &&str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    texts.iter().map(hash).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_agrees_with_the_example_of_the_standard() {
        // The example of CSP Level 3, section 8.3.
        assert_eq!(hashes(&["alert('Hello, world.');"]), "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
    }
}
