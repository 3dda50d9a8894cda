//! Tests of every web source with a site that implements its API: 200 images per class, and every row of the tables.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use testkit::Workspace;

use crate::common;
use crate::common::site::{self, CANDIDATES, CLASSES, FileKind, KEY, kind};
use crate::common::{kept, run, table, web};

const QUOTA: usize = 200;

/// Returns the order in which a source names its candidates.
fn order(source: &str) -> Vec<usize> {
    match source {
        // A search and a category take turns with pages of fifty.
        "commons" => {
            (0..3).flat_map(|page| (page * 50..page * 50 + 50).chain(150 + page * 50..200 + page * 50)).collect()
        }
        // Four queries take turns with pages of ten.
        "google" => {
            let page = |page: usize, query: usize| (query * 75 + page * 10)..(query * 75 + (page * 10 + 10).min(75));
            (0..8).flat_map(|number| (0..4).flat_map(move |query| page(number, query))).collect()
        }
        _ => (0..CANDIDATES).collect(),
    }
}

/// Returns the expected status of a candidate, or the beginning of the reason to refuse it.
fn outcome(source: &str, index: usize) -> &'static str {
    match kind(index) {
        FileKind::NonCommercial if source != "google" => "its licence is CC-BY-NC-",
        FileKind::Drawing if source == "commons" || source == "google" => "its media type image/svg+xml",
        FileKind::Drawing if source == "openverse" => "its media type image/svg",
        FileKind::Missing => "status 404",
        FileKind::Truncated => "truncated: the JPEG data ends before the picture does",
        FileKind::Copy => "duplicate",
        FileKind::Smaller => "near-duplicate",
        FileKind::Good | FileKind::NonCommercial | FileKind::Drawing => "kept",
    }
}

/// Returns the columns that differ between sources: page, title, author, licence, address of the licence, query.
fn metadata(source: &str, class: &str, index: usize) -> [String; 6] {
    let [a, b, c] = [format!("{class} {index}"), format!("Ann & {index}"), format!("Bob {index}")];
    let (by, by_sa) =
        ("https://creativecommons.org/licenses/by/2.0/", "https://creativecommons.org/licenses/by-sa/4.0/");
    match source {
        "commons" => {
            let page = format!("https://commons.example/wiki/File:{class}_{index}.jpg");
            let query = if index < CANDIDATES / 2 { class.to_owned() } else { format!("category:{class}") };
            [page, format!("{a}.jpg"), b, "CC-BY-SA-4.0".into(), by_sa.into(), query]
        }
        "openverse" => {
            [format!("https://photos.example/{class}/{index}"), a, c, "CC-BY-2.0".into(), by.into(), class.into()]
        }
        "google" => {
            let query = format!("{class} {}", index / 75);
            [format!("https://blog.example/{index}"), a, String::new(), String::new(), String::new(), query]
        }
        _ => [String::new(), a, c, "CC-BY-2.0".into(), by.into(), String::new()],
    }
}

/// Returns the configuration for one source.
fn config(source: &str, server: &common::server::Server) -> String {
    let licences = if source == "google" { "[]" } else { "[\"by\", \"by-sa\"]" };
    let mut text = format!("[scrape]\nlicences = {licences}\n{}", web(server));
    text += &if source == "urls" {
        format!("[[scrape.sources]]\nkind = \"urls\"\npath = \"list.csv\"\nper_class = {QUOTA}\n")
    } else {
        let path =
            BTreeMap::from([("commons", "/w/api.php"), ("openverse", "/v1/images/"), ("google", "/customsearch/v1")])
                [source];
        let queries = |class: &str| match source {
            "commons" => format!("[\"{class}\", \"category:{class}\"]"),
            "google" => format!("[\"{class} 0\", \"{class} 1\", \"{class} 2\", \"{class} 3\"]"),
            _ => format!("[\"{class}\"]"),
        };
        let classes = CLASSES.map(|class| format!("{class} = {}\n", queries(class))).concat();
        let api = server.url(path);
        format!(
            "[[scrape.sources]]\nkind = \"{source}\"\nper_class = {QUOTA}\napi = \"{api}\"\n[scrape.sources.classes]\n{classes}"
        )
    };
    text
}

/// Runs one source and compares every row with the pattern of the site.
fn check(source: &str) {
    let server = site::start(Duration::ZERO);
    let workspace = Workspace::new(&config(source, &server));
    if source == "urls" {
        let mut list = "url,class,title,author,licence\n".to_owned();
        for index in 0..CANDIDATES {
            for class in CLASSES {
                let licence = if kind(index) == FileKind::NonCommercial { "CC BY-NC 2.0" } else { "CC BY 2.0" };
                list += &format!(
                    "{},{class},{class} {index},Bob {index},{licence}\n",
                    server.url(&format!("/files/urls/{class}/{index}.jpg"))
                );
            }
        }
        workspace.write("list.csv", list);
    }
    let text = run(&workspace, &["--quiet"], 0);
    assert!(!text.contains("warning: commons"), "{text}");
    let (mut images, mut rejects) = (Vec::new(), BTreeSet::new());
    for class in CLASSES {
        let mut taken = 0;
        for index in order(source) {
            if taken == QUOTA {
                break;
            }
            let address = server.url(&format!("/files/{source}/{class}/{index}.jpg"));
            match outcome(source, index) {
                status @ ("kept" | "duplicate" | "near-duplicate") => {
                    taken += usize::from(status == "kept");
                    images.push((class, index, address, status));
                }
                reason => drop(rejects.insert((class.to_owned(), address, reason))),
            }
        }
        assert_eq!(taken, QUOTA);
    }
    let rows = table(&workspace, "sources.csv");
    assert_eq!(rows.len(), images.len());
    for (row, (class, index, address, status)) in rows.iter().zip(&images) {
        let bytes = site::bytes(source, class, *index);
        let hash = &blake3::hash(&bytes).to_hex()[..16];
        let like = server.url(&format!("/files/{source}/{class}/{}.jpg", index.wrapping_sub(1)));
        let like = if *status == "kept" { String::new() } else { like };
        let path = if *status == "near-duplicate" { String::new() } else { format!("images/{class}/{hash}.jpg") };
        let [page, title, author, licence, licence_url, query] = metadata(source, class, *index);
        let size = bytes.len().to_string();
        let expected: [(&str, &str); 14] = [
            ("hash", hash),
            ("class", class),
            ("path", &path),
            ("source", address),
            ("page", &page),
            ("title", &title),
            ("author", &author),
            ("licence", &licence),
            ("licence_url", &licence_url),
            ("kind", source),
            ("query", &query),
            ("bytes", &size),
            ("like", &like),
            ("status", status),
        ];
        let expected = BTreeMap::from(expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(row, &expected, "{class} {index}");
        if *status == "kept" {
            assert_eq!(std::fs::read(workspace.join("artifacts/scrape").join(&path)).unwrap(), bytes);
        }
    }
    let found = table(&workspace, "rejects.csv");
    assert_eq!(found.len(), rejects.len());
    for (row, (class, address, reason)) in found.iter().zip(rejects) {
        assert_eq!((&row["class"], &row["source"]), (&class, &address));
        assert!(row["reason"].starts_with(reason), "{row:?}: {reason}");
    }
    let attribution = workspace.text("artifacts/scrape/ATTRIBUTION.md");
    assert_eq!(attribution.lines().filter(|line| line.starts_with("- ")).count(), 2 * QUOTA);
    // The source obeys the rate limit headers, so the site refuses no request.
    assert_eq!(server.count(429, "/"), 0);
    let requests = server.total();
    assert!(run(&workspace, &[], 0).contains("up to date"));
    run(&workspace, &["--force", "--quiet"], 0);
    assert_eq!(server.total(), requests, "a repeated run sends no request");
}

#[test]
fn commons() {
    check("commons");
}

#[test]
fn openverse() {
    check("openverse");
}

#[test]
fn google() {
    check("google");
}

#[test]
fn urls() {
    check("urls");
}

#[test]
fn several_sources_fill_one_class_and_copies_are_found_across_them() {
    let server = site::start(Duration::ZERO);
    let source = |kind: &str, path: &str| {
        format!("[[scrape.sources]]\nkind = \"{kind}\"\nper_class = 10\napi = \"{}\"\n", server.url(path))
    };
    let config = format!(
        "{}[scrape.classes]\ndisc = [\"disc\"]\n{}{}[[scrape.sources]]\nkind = \"urls\"\npath = \"list.txt\"\nclass = \"disc\"\n[[scrape.sources]]\nkind = \"folder\"\npath = \"own\"\n",
        web(&server),
        source("commons", "/w/api.php"),
        source("openverse", "/v1/images/"),
    );
    let workspace = Workspace::new(&config);
    // The list contains an image of openverse. The folder contains a copy of an image of commons and a new image.
    workspace.write("list.txt", format!("# a list\n{}\n", server.url("/files/openverse/disc/1.jpg")));
    workspace.write("own/disc/a.jpg", site::bytes("commons", "disc", 2));
    workspace.write("own/disc/b.jpg", site::bytes("urls", "disc", 5));
    let text = run(&workspace, &[], 0);
    assert!(text.contains("openverse answers few requests without a token"), "{text}");
    let rows = table(&workspace, "sources.csv");
    let of = |kind: &str| {
        rows.iter().filter(|row| row["kind"] == kind).map(|row| row["status"].as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of("commons").iter().filter(|status| **status == "kept").count(), 10);
    assert_eq!(of("openverse").iter().filter(|status| **status == "kept").count(), 10);
    assert_eq!((of("urls"), of("folder")), (vec!["duplicate"], vec!["duplicate", "kept"]), "{rows:#?}");
    assert_eq!(kept(&workspace, "disc").len(), 21);
}

#[test]
fn no_output_contains_a_credential() {
    let server = site::start(Duration::ZERO);
    let api = server.url("/customsearch/v1");
    let config = format!(
        "{}[[scrape.sources]]\nkind = \"google\"\napi = \"{api}\"\nclasses = {{ disc = [\"disc 0\"] }}\n",
        web(&server)
    );
    let workspace = Workspace::new(&config);
    // The site repeats the wrong key in its error message.
    let wrong = format!("wrong {KEY}&+/");
    let output = workspace
        .command(testkit::binary("scrape"))
        .env("GOOGLE_API_KEY", &wrong)
        .env("GOOGLE_ENGINE_ID", "x-engine-x")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let mut texts = vec![output.stderr, output.stdout];
    assert!(
        String::from_utf8_lossy(&texts[0]).contains("API key not valid: ***"),
        "{}",
        String::from_utf8_lossy(&texts[0])
    );
    run(&workspace, &["--quiet"], 0);
    let mut folders = vec![workspace.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { texts.push(std::fs::read(path).unwrap()) }
        }
    }
    for text in &texts {
        let text = String::from_utf8_lossy(text);
        for secret in [KEY, site::ENGINE, "x-engine-x"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let without =
        workspace.command(testkit::binary("scrape")).arg("--force").env_remove("GOOGLE_API_KEY").output().unwrap();
    assert!(
        String::from_utf8_lossy(&without.stderr)
            .contains("hint: set the environment variables GOOGLE_API_KEY and GOOGLE_ENGINE_ID")
    );
}
