//! Tests of the lists that spreadsheets and other programs write: separators, encodings, quoted cells, and paths.

use std::collections::BTreeMap;

use testkit::{Workspace, files, images};

use crate::common::server::{Reply, Request, Server};
use crate::common::{run, table, web};

fn site() -> Server {
    Server::start(|request: &Request| match request.path.strip_prefix("/i/") {
        Some(name) => {
            let index = name.bytes().map(u32::from).sum::<u32>();
            Reply::new(200, "image/jpeg", files::jpeg(&images::draw("disc", index, 96)))
        }
        None => Reply::new(404, "text/plain", ""),
    })
}

/// Returns a workspace with the list `bytes`.
fn workspace(server: &Server, bytes: &[u8]) -> Workspace {
    let config = format!("{}[[scrape.sources]]\nkind = \"urls\"\npath = \"list.csv\"\n", web(server));
    let workspace = Workspace::new(&config);
    workspace.write("list.csv", bytes);
    workspace
}

/// Returns the class and the title of each image, by the last part of its address.
fn found(workspace: &Workspace) -> BTreeMap<String, (String, String)> {
    let row = |row: BTreeMap<String, String>| {
        let name = row["source"].rsplit('/').next().unwrap().to_owned();
        (name, (row["class"].clone(), row["title"].clone()))
    };
    table(workspace, "sources.csv").into_iter().map(row).collect()
}

fn utf16(text: &str) -> Vec<u8> {
    "\u{feff}".chars().chain(text.chars()).collect::<String>().encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn every_form_of_a_list_gives_the_same_classes() {
    let server = site();
    let [a, b] = ["/i/a,1.jpg", "/i/b;2.jpg"].map(|path| server.url(path));
    let rows = |separator: &str| {
        format!(
            "url{separator}class{separator}title\n\"{a}\"{separator}café{separator}\"été, ou; non\"\n\"{b}\"{separator}dog{separator}\n"
        )
    };
    let latin = |text: &str| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
    let expected = BTreeMap::from([
        ("a,1.jpg".to_owned(), ("café".to_owned(), "été, ou; non".to_owned())),
        ("b;2.jpg".to_owned(), ("dog".to_owned(), String::new())),
    ]);
    for (form, bytes) in [
        ("commas", rows(",").into_bytes()),
        ("semicolons", rows(";").into_bytes()),
        ("tabs", rows("\t").into_bytes()),
        ("lines of Windows", rows(";").replace('\n', "\r\n").into_bytes()),
        ("a line of Excel", format!("sep=;\r\n{}", rows(";")).into_bytes()),
        ("UTF-8 with a mark", format!("\u{feff}{}", rows(",")).into_bytes()),
        ("UTF-16", utf16(&rows("\t"))),
        ("Latin-1", latin(&rows(";"))),
        ("another name of the column", rows(",").replace("url,class", "Image URL,Label").into_bytes()),
    ] {
        let workspace = workspace(&server, &bytes);
        let said = run(&workspace, &[], 0);
        assert_eq!(found(&workspace), expected, "{form}");
        assert_eq!(
            said.contains("is not UTF-8, so the file is read as Windows-1252"),
            form == "Latin-1",
            "{form}: {said}"
        );
    }
}

#[test]
fn lists_that_cannot_be_read_say_what_works() {
    let server = site();
    let address = server.url("/i/1.jpg");
    let texts: Vec<String> = [
        "filename,label\nimages/1.jpg,cat\nimages/2.jpg,dog\n".to_owned(),
        "id,breed\n000bec180eb18c7604dcecc8fe0dba07,boston_bull\n".to_owned(),
        format!("{address}\tcat\n"),
        format!("{address};cat\n{address};dog\n"),
        "url,class\n,cat\n".to_owned(),
        String::new(),
        "url,class\n".to_owned(),
        format!("{address}\n"),
        format!("url,class\n{address},a/b\n"),
        format!("url,url,class\n{address},{address},cat\n"),
        "C:\\photos\\1.jpg\n".to_owned(),
        "PK\u{3}\u{4}\0\0".to_owned(),
    ]
    .into_iter()
    .map(|list| {
        let said = run(&workspace(&server, list.as_bytes()), &[], 1);
        said.replace(&server.address.to_string(), "127.0.0.1:80")
    })
    .collect();
    assert_eq!(server.total(), 0);
    insta::assert_snapshot!("lists", texts.join("\n"));
}

#[test]
fn a_second_column_of_the_same_meaning_is_named() {
    let server = site();
    let list = format!("label,url,class\n9,{},cat\n", server.url("/i/1.jpg"));
    let said = run(&workspace(&server, list.as_bytes()), &[], 0);
    assert!(said.contains("the column `class` gives the class, and the column `label` is not used"), "{said}");
}

#[test]
fn rows_that_name_files_are_rejected_beside_addresses() {
    let server = site();
    let list = format!("url,class\n{},cat\nimages/2.jpg,cat\nfile:///home/me/3.jpg,bird\n", server.url("/i/1.jpg"));
    let workspace = workspace(&server, list.as_bytes());
    run(&workspace, &["--quiet"], 0);
    let rejects = table(&workspace, "rejects.csv");
    assert_eq!(rejects.len(), 2);
    assert!(rejects.iter().all(|row| row["reason"].starts_with("this is a file on this machine")), "{rejects:?}");
}

#[test]
fn the_shared_lists_are_read() {
    let folder = testkit::workspace_root().join("../shared/cases/lists");
    if !folder.is_dir() {
        eprintln!("skipped: {} does not exist", folder.display());
        return;
    }
    let server = site();
    for (file, classes) in [
        ("semicolon.csv", vec!["cat", "dog"]),
        ("tabs.tsv", vec!["cat", "dog"]),
        ("excel_utf16.csv", vec!["cat"]),
        ("latin1.csv", vec!["café"]),
    ] {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        // The lists name a fixed port.
        let port = server.address.port().to_string();
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let bytes = replace(&bytes, b":8765", format!(":{port}").as_bytes());
        let bytes = replace(&bytes, &wide(":8765"), &wide(&format!(":{port}")));
        let workspace = workspace(&server, &bytes);
        run(&workspace, &["--quiet"], 0);
        let found: std::collections::BTreeSet<String> =
            found(&workspace).into_values().map(|(class, _)| class).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), classes, "{file}");
    }
}

/// Replaces `from` by `to` in `bytes`.
fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut changed = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(from) {
            changed.extend(to);
            at += from.len();
        } else {
            changed.push(bytes[at]);
            at += 1;
        }
    }
    changed
}

#[test]
fn a_list_that_is_too_large_is_not_read() {
    let server = site();
    let workspace = workspace(&server, b"");
    // The file is sparse, so it takes no space.
    std::fs::File::create(workspace.join("list.csv")).unwrap().set_len(1 << 40).unwrap();
    let output = workspace.run(testkit::binary("scrape"), &[]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("list.csv has more than 1073741824 bytes"), "{text}");
    assert!(text.contains("hint: "), "{text}");
}
