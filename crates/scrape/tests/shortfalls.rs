//! Every reason in `shortfalls.csv` for which a class has fewer images than wanted.

use serde_json::json;
use testkit::{Workspace, files, images};

use crate::common::server::{Reply, Request, Server};
use crate::common::{run, table, web};

/// Starts a site whose search returns one page with the files of the query, such as `1 gone 2`.
///
/// A number is an image. `copy` is the same file as `1`, and `smaller` shows the same image. `gone` and `text` are no images, and `busy`
/// may be fetched later. `next` stands for a second page, which is refused.
fn site() -> Server {
    Server::start(|request: &Request| {
        if let Some(name) = request.path.strip_prefix("/files/") {
            let image = |index| images::draw("disc", index, 96);
            return match name {
                "copy" => Reply::new(200, "image/jpeg", files::jpeg(&image(1))),
                "smaller" => Reply::new(200, "image/jpeg", files::jpeg(&imaging::thumbnail(&image(1), 64))),
                "gone" => Reply::new(404, "text/plain", "no"),
                "text" => Reply::new(200, "image/jpeg", "no image"),
                "busy" => Reply::new(503, "text/plain", "later").with("retry-after", 0),
                index => Reply::new(200, "image/jpeg", files::jpeg(&image(index.parse().unwrap()))),
            };
        }
        if request.path != "/v1/images/" {
            return Reply::new(404, "text/plain", "");
        }
        if request.get("page") != "1" {
            return Reply::json(401, &json!({ "detail": "The page is too deep" }));
        }
        let host = format!("http://{}", request.headers["host"]);
        let words: Vec<&str> = request.get("q").split(' ').collect();
        let results: Vec<_> = words
            .iter()
            .filter(|word| **word != "next")
            .map(|word| json!({ "url": format!("{host}/files/{word}") }))
            .collect();
        let pages = 1 + usize::from(words.contains(&"next"));
        Reply::json(200, &json!({ "page_count": pages, "page": 1, "results": results }))
    })
}

/// Runs the stage for 5 images of the query `words`. Returns the number of found images and the reason, or `None` without a shortfall.
fn shortfall(words: &str, more: &str) -> Option<(String, String)> {
    let server = site();
    let workspace = Workspace::new(&format!(
        "{}{more}[[scrape.sources]]\nkind = \"openverse\"\nper_class = 5\napi = \"{}\"\nclasses = {{ disc = [\"{words}\"] }}\n",
        web(&server),
        server.url("/v1/images/")
    ));
    let said = run(&workspace, &[], 0);
    if !workspace.join("artifacts/scrape/shortfalls.csv").exists() {
        return None;
    }
    let [row] = table(&workspace, "shortfalls.csv").try_into().unwrap();
    let (found, reason) = (row["found"].clone(), row["reason"].clone());
    let warning = format!("warning: class `disc` has {found} of 5 images of openverse: {reason}\n");
    assert!(said.contains(&warning), "{said}");
    assert_eq!((&*row["class"], &*row["kind"], &*row["wanted"]), ("disc", "openverse", "5"));
    Some((found, reason))
}

#[test]
fn each_reason_is_named() {
    let end = "the search has no more results";
    for (words, found, reason) in [
        ("1 2 3", 3, end.to_owned()),
        ("1 2 3 busy", 3, format!("{end}; 1 could not be fetched for now")),
        ("1 2 gone text", 2, format!("{end}; 2 rejected")),
        ("1 2 3 copy smaller", 3, format!("{end}; 2 copies")),
        ("1 busy gone copy", 1, format!("{end}; 1 could not be fetched for now; 1 rejected; 1 copies")),
        ("1 2 copy next", 2, "the search ended early: status 401: The page is too deep; 1 copies".to_owned()),
    ] {
        assert_eq!(shortfall(words, ""), Some((found.to_string(), reason)), "{words}");
    }
    assert_eq!(shortfall("1 2 gone 3 copy 4 5", ""), None);
}

#[test]
fn a_source_without_a_search_names_no_search() {
    let source = "[[scrape.sources]]\nkind = \"drawn\"\nper_class = 3\n";
    // The second source draws the same images again.
    let workspace = Workspace::new(&[source, source].concat());
    let said = run(&workspace, &[], 0);
    let reason = "the source draws no more images; 3 copies";
    assert!(said.contains(&format!("warning: class `cat` has 0 of 3 images of drawn: {reason}\n")), "{said}");
    let rows = table(&workspace, "shortfalls.csv");
    let found: Vec<_> = rows.iter().map(|row| (&*row["class"], &*row["kind"], &*row["found"])).collect();
    assert_eq!(found, [("cat", "drawn", "0"), ("dog", "drawn", "0"), ("flower", "drawn", "0")]);
    assert!(rows.iter().all(|row| row["reason"] == reason), "{rows:?}");
}

#[test]
fn a_budget_that_is_used_up_is_named() {
    // The rules for robots, the search and two images.
    let reason = "the run stopped early: budget of requests is used up; 3 could not be fetched for now";
    assert_eq!(shortfall("1 2 3 4 5", "max_requests = 4\n"), Some(("2".to_owned(), reason.to_owned())));
}
