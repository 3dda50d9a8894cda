//! The page of a package in an index: its files with their addresses and hashes, as JSON (PEP 691) or HTML (PEP 503).

use serde::Deserialize;
use url::Url;

use crate::html::hrefs;
use crate::names::file_name;

/// The header `Accept` of a request for a page, in the order of preference.
pub(crate) const ACCEPT: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.2, text/html; q=0.01";

/// A file of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedFile {
    /// The name of the file.
    pub file: String,
    /// Its address.
    pub url: Url,
    /// Its SHA-256, 64 hex digits in lower case, if the page states it.
    pub sha256: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Default, Deserialize)]
struct Hashes {
    sha256: Option<String>,
}

/// Reads the page at `address`. It is JSON when it starts with `{`, and HTML otherwise.
///
/// # Errors
/// Returns the reason when the page starts like JSON and is not a page of an index.
pub(crate) fn parse(page: &str, address: &Url) -> Result<Vec<ListedFile>, String> {
    if page.trim_start().starts_with('{') {
        let page: Page = serde_json::from_str(page).map_err(|error| format!("the page is not an index: {error}"))?;
        let entry = |File { filename, url, hashes }| {
            Some(ListedFile {
                file: filename,
                url: address.join(&url).ok()?,
                sha256: hashes.sha256.map(|hash| lower(&hash)),
            })
        };
        return Ok(page.files.into_iter().filter_map(entry).collect());
    }
    let base = hrefs(page, "base").first().and_then(|href| address.join(href).ok());
    let base = base.as_ref().unwrap_or(address);
    let entry = |href: String| {
        let url = base.join(&href).ok()?;
        let sha256 = url
            .fragment()
            .and_then(|fragment| fragment.split('&').find_map(|part| part.strip_prefix("sha256=")).map(lower));
        Some(ListedFile { file: file_name(&url), url, sha256 })
    };
    Ok(hrefs(page, "a").into_iter().filter_map(entry).collect())
}

fn lower(hash: &str) -> String {
    hash.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn entry(file: &str, url: &str, sha256: Option<&str>) -> ListedFile {
        ListedFile { file: file.to_owned(), url: Url::parse(url).unwrap(), sha256: sha256.map(str::to_owned) }
    }

    #[test]
    fn json_pages_are_read() {
        let address = Url::parse("https://host/simple/pets/").unwrap();
        let page = r#"{"meta": {"api-version": "1.1"}, "name": "pets", "files": [
            {"filename": "pets-1.0.tar.gz", "url": "../../files/pets-1.0.tar.gz", "hashes": {"sha256": "AB"}, "size": 3},
            {"filename": "pets-1.0.whl", "url": "https://other/pets-1.0.whl", "hashes": {}, "yanked": true}]}"#;
        assert_eq!(
            parse(page, &address).unwrap(),
            [
                entry("pets-1.0.tar.gz", "https://host/files/pets-1.0.tar.gz", Some("ab")),
                entry("pets-1.0.whl", "https://other/pets-1.0.whl", None),
            ]
        );
        assert!(parse("{\"files\": 3}", &address).unwrap_err().starts_with("the page is not an index: "));
    }

    #[test]
    fn html_pages_are_read() {
        let address = Url::parse("https://host/simple/pets/").unwrap();
        let page = "<a href='../../f/pets-1.0.tar.gz?a=1&amp;b=2#md5=9&sha256=Ab'>x</a> <a href='pets%2B1.whl'>y</a>";
        assert_eq!(
            parse(page, &address).unwrap(),
            [
                entry("pets-1.0.tar.gz", "https://host/f/pets-1.0.tar.gz?a=1&b=2#md5=9&sha256=Ab", Some("ab")),
                entry("pets+1.whl", "https://host/simple/pets/pets%2B1.whl", None),
            ]
        );
        let based = parse("<base href='https://cdn/x/'><a href=a.whl>a</a>", &address).unwrap();
        assert_eq!(based, [entry("a.whl", "https://cdn/x/a.whl", None)]);
        assert_eq!(parse("", &address), Ok(Vec::new()));
    }
}
