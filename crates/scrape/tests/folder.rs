//! Tests of the source `folder` with the built binary.

#![allow(clippy::unwrap_used)]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

use assert_cmd::cargo::cargo_bin;
use testkit::hostile::{self, Case, Outcome};
use testkit::{Workspace, files, images};

const CONFIG: &str = "[[scrape.sources]]\nkind = \"folder\"\npath = \"photos\"\n";

fn workspace() -> Workspace {
    let workspace = Workspace::new(CONFIG);
    images::write_classes(&workspace.join("photos"), &["disc", "square"], 3, 48);
    workspace
}

fn scrape(workspace: &Workspace, args: &[&str]) -> Output {
    workspace.run(cargo_bin("scrape"), args)
}

/// Runs the stage, checks its exit code, and returns its stderr.
fn stderr(workspace: &Workspace, args: &[&str], code: i32) -> String {
    let output = scrape(workspace, args);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

/// Returns the rows of a table as lines.
fn table(workspace: &Workspace, name: &str) -> Vec<String> {
    workspace.text(format!("artifacts/scrape/{name}")).lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn a_copied_file_is_named_by_its_hash_and_format() {
    let workspace = workspace();
    workspace.write("photos/disc/notes.png", "not an image");
    workspace.write("photos/disc/wrong.gif", files::jpeg(&images::draw("disc", 50, 48)));
    let output = scrape(&workspace, &[]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!("table", String::from_utf8_lossy(&output.stdout));

    let rows = table(&workspace, "sources.csv");
    assert_eq!(rows.len(), 8);
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        let (hash, path, source) = (cells[0], cells[2], cells[3]);
        let copied = std::fs::read(workspace.join("artifacts/scrape").join(path)).unwrap();
        assert_eq!(copied, std::fs::read(workspace.join(source)).unwrap());
        assert_eq!(hash, &blake3::hash(&copied).to_hex()[..16]);
        let extension = match source.rsplit('/').next().unwrap() {
            "notes.png" => "bin",
            "wrong.gif" => "jpg",
            _ => "png",
        };
        assert!(path.ends_with(&format!("{hash}.{extension}")), "{path}");
        assert!(row.ends_with(",kept"), "{row}");
    }
    assert!(table(&workspace, "rejects.csv").is_empty());
    for class in ["disc", "square"] {
        let sheet = std::fs::read(workspace.join(format!("artifacts/scrape/contact-sheets/{class}.png"))).unwrap();
        assert!(imaging::decode(&sheet, &imaging::Limits::default()).unwrap().width() > 128);
    }
}

#[test]
fn entries_that_are_not_files_are_rejected_without_waiting() {
    let workspace = workspace();
    let class = workspace.join("photos/disc");
    std::fs::create_dir(class.join("x.jpg")).unwrap();
    symlink("loop.png", class.join("loop.png")).unwrap();
    symlink("gone.png", class.join("broken.png")).unwrap();
    symlink("disc000.png", class.join("good-link.png")).unwrap();
    symlink("/dev/zero", class.join("zero.png")).unwrap();
    symlink("/proc/self/mem", class.join("unreadable.png")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(class.join("pipe.png")).status().unwrap().success());
    workspace.write("photos/disc/.DS_Store", "hidden");
    workspace.write("photos/square/Thumbs.db", "hidden");
    workspace.write("photos/README.txt", "about these images");
    workspace.write("photos/loose.png", files::png(&images::draw("disc", 60, 48)));

    let text = stderr(&workspace, &[], 0);
    assert!(text.contains("warning: ignored 1 image outside of the class folders of photos"), "{text}");
    insta::assert_snapshot!("rejects", workspace.text("artifacts/scrape/rejects.csv"));
    let linked: Vec<_> = table(&workspace, "sources.csv").into_iter().filter(|row| row.contains("good-link")).collect();
    assert!(linked.len() == 1 && linked[0].ends_with(",duplicate"), "{linked:?}");
    assert_eq!(scrape(&workspace, &["--strict"]).status.code(), Some(4));
}

#[test]
fn broken_images_are_copied() {
    let workspace = Workspace::new(CONFIG);
    let cases = hostile::write_folder(&workspace.join("photos"));
    stderr(&workspace, &[], 0);
    let (sources, rejects) = (table(&workspace, "sources.csv"), table(&workspace, "rejects.csv"));
    for Case { path, outcome } in cases {
        let place = Path::new("photos").join(path).display().to_string();
        let row = rejects.iter().find(|row| row.contains(&place));
        if let (Outcome::Unusable(reason @ ("folder" | "link")), Some(row)) = (outcome, row) {
            assert!(row.contains(reason), "{row}");
        } else {
            assert_eq!(row, None);
            assert!(sources.iter().any(|row| row.contains(&place)), "{place}");
        }
    }
}

#[test]
fn an_image_in_two_classes_is_kept_in_neither() {
    let workspace = workspace();
    std::fs::copy(workspace.join("photos/disc/disc001.png"), workspace.join("photos/square/again.png")).unwrap();
    std::fs::copy(workspace.join("photos/disc/disc002.png"), workspace.join("photos/disc/twice.png")).unwrap();
    stderr(&workspace, &[], 0);
    let rejects = table(&workspace, "rejects.csv");
    assert_eq!(rejects.len(), 2);
    assert!(
        rejects[0].contains("disc001.png") && rejects[0].contains("class `square` contains the same image"),
        "{rejects:?}"
    );
    assert!(
        rejects[1].contains("again.png") && rejects[1].contains("class `disc` contains the same image"),
        "{rejects:?}"
    );
    let files =
        |class: &str| std::fs::read_dir(workspace.join(format!("artifacts/scrape/images/{class}"))).unwrap().count();
    assert_eq!((files("disc"), files("square")), (2, 3));
}

#[test]
fn unusual_names_are_accepted() {
    use std::os::unix::ffi::OsStrExt;
    let workspace = workspace();
    let odd = "<script>alert(\"1\")<|>, 'x'\n";
    for (class, name) in [(odd.as_bytes(), &b"caf\xe9.png"[..]), (b"not-\xff-utf8", b"a.png")] {
        let folder = workspace.join("photos").join(std::ffi::OsStr::from_bytes(class));
        std::fs::create_dir(&folder).unwrap();
        let image = files::png(&images::draw("disc", 70, 48));
        std::fs::write(folder.join(std::ffi::OsStr::from_bytes(name)), image).unwrap();
    }
    stderr(&workspace, &[], 0);
    let text = workspace.text("artifacts/scrape/sources.csv");
    let row = csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(Result::unwrap)
        .find(|row| row[1] == *odd)
        .expect("the class with the unusual name has its image");
    assert!(row[3].ends_with("caf\u{fffd}.png"), "{row:?}");
    assert!(workspace.join("artifacts/scrape").join(&row[2]).is_file());
    assert!(workspace.text("artifacts/scrape/rejects.csv").contains("not UTF-8"));
}

#[test]
fn the_stage_runs_again_when_the_folder_has_changed() {
    let workspace = workspace();
    stderr(&workspace, &[], 0);
    let manifest = workspace.text("artifacts/scrape/manifest.csv");
    assert!(stderr(&workspace, &[], 0).contains("up to date"));

    let image = files::png(&images::draw("disc", 80, 48));
    let new = workspace.write("photos/disc/new.png", &image);
    let why = scrape(&workspace, &["--dry-run"]);
    let why = String::from_utf8_lossy(&why.stdout).into_owned();
    assert!(why.contains("files in the folder: 6 -> 7"), "{why}");
    assert!(!stderr(&workspace, &[], 0).contains("up to date"));

    std::fs::write(&new, files::png(&images::draw("disc", 81, 48))).unwrap();
    assert!(!stderr(&workspace, &[], 0).contains("up to date"), "the content of a file has changed");
    std::fs::rename(&new, workspace.join("photos/square/new.png")).unwrap();
    assert!(!stderr(&workspace, &[], 0).contains("up to date"), "a file has moved to another class");
    std::fs::remove_file(workspace.join("photos/square/new.png")).unwrap();
    assert!(!stderr(&workspace, &[], 0).contains("up to date"), "a file was removed");
    assert_eq!(workspace.text("artifacts/scrape/manifest.csv"), manifest);
}

#[test]
fn errors_explain_the_layout_of_the_folder() {
    let workspace = Workspace::new(CONFIG);
    let mut errors = vec![stderr(&workspace, &[], 1)];
    workspace.write("photos", "a file");
    errors.push(stderr(&workspace, &[], 1));
    std::fs::remove_file(workspace.join("photos")).unwrap();
    std::fs::create_dir(workspace.join("photos")).unwrap();
    errors.push(stderr(&workspace, &[], 1));
    workspace.write("photos/1.png", files::png(&images::draw("disc", 1, 48)));
    errors.push(stderr(&workspace, &[], 1));
    std::fs::create_dir(workspace.join("photos/cat")).unwrap();
    errors.push(stderr(&workspace, &[], 1));
    std::fs::create_dir(workspace.join("photos/cat/deeper")).unwrap();
    errors.push(stderr(&workspace, &[], 1));
    insta::assert_snapshot!("errors", errors.join("\n"));
}
