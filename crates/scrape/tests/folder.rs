//! Tests of the source `folder` with the built binary.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;

use testkit::binary;
use testkit::hostile::{self, Case, Outcome};
use testkit::{Workspace, files, images};

const CONFIG: &str = "[[scrape.sources]]\nkind = \"folder\"\npath = \"photos\"\n";

fn workspace() -> Workspace {
    let workspace = Workspace::new(CONFIG);
    images::write_classes(&workspace.join("photos"), &["disc", "square"], 3, 48);
    workspace
}

fn scrape(workspace: &Workspace, args: &[&str]) -> Output {
    workspace.run(binary("scrape"), args)
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
fn a_pipe_or_a_device_as_the_hidden_file_of_reasons_does_not_hang() {
    let workspace = workspace();
    stderr(&workspace, &[], 0);
    let reasons = workspace.join("artifacts/scrape/.left.json");
    std::fs::remove_file(&reasons).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&reasons).status().unwrap().success());
    assert!(stderr(&workspace, &[], 0).contains("up to date"));
    std::fs::remove_file(&reasons).unwrap();
    symlink("/dev/zero", &reasons).unwrap();
    assert!(stderr(&workspace, &[], 0).contains("up to date"));
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
    assert!(why.contains("source 1: files in the folder: 6 -> 7"), "{why}");
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
fn the_stage_runs_again_when_one_of_two_folders_has_changed() {
    let workspace =
        Workspace::new("scrape.sources = [{kind=\"folder\", path=\"one\"}, {kind=\"folder\", path=\"two\"}]\n");
    for folder in ["one", "two"] {
        images::write_classes(&workspace.join(folder), &["disc", "square"], 3, 48);
    }
    stderr(&workspace, &[], 0);
    for (number, folder) in [(1, "one"), (2, "two")] {
        workspace.write(format!("{folder}/disc/new.png"), files::png(&images::draw("disc", 90 + number, 48)));
        let why = scrape(&workspace, &["--dry-run"]);
        let why = String::from_utf8_lossy(&why.stdout).into_owned();
        stderr(&workspace, &[], 0);
        assert!(why.contains(&format!("source {number}: files in the folder: 6 -> 7")), "{why}");
    }
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

#[test]
fn folders_of_the_system_are_skipped() {
    let workspace = workspace();
    let system = ["@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"];
    for name in system {
        std::fs::create_dir(workspace.join("photos").join(name)).unwrap();
    }
    workspace.write("photos/disc/@eaDir/disc000.png/SYNOPHOTO_THUMB_M.jpg", files::jpeg(&images::draw("disc", 9, 48)));
    let text = stderr(&workspace, &[], 0);
    assert!(text.contains("skipped folders that belong to the system: photos/$RECYCLE.BIN, photos/@eaDir, "), "{text}");
    assert!(text.contains(" and 2 more"), "{text}");
    assert_eq!(table(&workspace, "sources.csv").len(), 6);
    assert!(table(&workspace, "rejects.csv").is_empty());
    assert!(stderr(&workspace, &[], 0).contains("6 images in 2 classes  up to date"));
}

#[test]
fn excluded_files_and_folders_are_left_out() {
    let workspace = workspace();
    workspace.write("photos/unsorted/1.png", files::png(&images::draw("disc", 20, 48)));
    workspace.write("photos/disc/moving.gif", files::png(&images::draw("disc", 21, 48)));
    workspace.write("photos/square/old/1.png", files::png(&images::draw("disc", 22, 48)));
    let exclude = "scrape.sources.0.exclude=[\"*.gif\", \"unsorted\", \"square/old\", \"nothing-like-this\"]";
    let text = stderr(&workspace, &["--set", exclude], 0);
    assert!(text.contains("`exclude` left out 3 entries of photos"), "{text}");
    assert!(text.contains("warning: `nothing-like-this` in `exclude` matches nothing in photos"), "{text}");
    assert_eq!(table(&workspace, "sources.csv").len(), 6);
    assert!(table(&workspace, "rejects.csv").is_empty());
    assert!(!stderr(&workspace, &[], 0).contains("up to date"), "another `exclude` gives other images");
    assert_eq!(table(&workspace, "sources.csv").len(), 8);
}

#[test]
fn a_file_that_is_no_image_is_not_counted_as_one() {
    let workspace = workspace();
    workspace.write("photos/disc/notes.txt", "about these images");
    workspace.write("photos/disc/without-extension", files::png(&images::draw("disc", 23, 48)));
    workspace.write("photos/disc/photo.heic", "a format that `preprocess` names");
    stderr(&workspace, &[], 0);
    assert_eq!(table(&workspace, "rejects.csv"), ["disc,photos/disc/notes.txt,the file is not an image"]);
    assert_eq!(table(&workspace, "sources.csv").len(), 8);
}

#[test]
fn a_class_with_only_a_text_file_has_no_image() {
    let workspace = workspace();
    workspace.write("photos/cat/notes.txt", "images will follow");
    let text = stderr(&workspace, &[], 1);
    assert!(
        text.contains(
            "class `cat` has no usable image; its first reject is photos/cat/notes.txt: the file is not an image"
        ),
        "{text}"
    );
    assert!(
        text.contains("hint: add images to the folder of the class, or leave the folder out with `exclude`; "),
        "{text}"
    );
    assert!(!text.contains("search words"), "{text}");
}

#[test]
fn all_problems_of_a_data_set_are_reported_at_once_and_the_old_outputs_stay() {
    let workspace = workspace();
    stderr(&workspace, &[], 0);
    let manifest = workspace.text("artifacts/scrape/manifest.csv");
    for folder in ["cat", "dog", "nested/deeper", "e\u{301}te\u{301}", "\u{e9}t\u{e9}"] {
        std::fs::create_dir_all(workspace.join("photos").join(folder)).unwrap();
    }
    for folder in ["e\u{301}te\u{301}", "\u{e9}t\u{e9}"] {
        workspace.write(format!("photos/{folder}/1.png"), files::png(&images::draw("disc", 24, 48)));
    }
    let two = "scrape.sources=[{kind=\"folder\", path=\"photos\"}, {kind=\"folder\", path=\"gone\"}]";
    insta::assert_snapshot!("problems", stderr(&workspace, &["--set", two], 1));
    assert_eq!(workspace.text("artifacts/scrape/manifest.csv"), manifest);
}

#[test]
fn classes_that_differ_in_case_are_named() {
    let workspace = workspace();
    workspace.write("photos/Disc/1.png", files::png(&images::draw("disc", 25, 48)));
    let text = stderr(&workspace, &[], 0);
    assert!(text.contains("warning: `Disc` and `disc` are separate classes; if they are one class"), "{text}");
}

#[test]
fn class_folders_that_differ_in_blanks_are_refused() {
    let workspace = workspace();
    workspace.write("photos/disc /1.png", files::png(&images::draw("disc", 26, 48)));
    let text = stderr(&workspace, &[], 1);
    assert!(text.contains("error: the classes \"disc\" and \"disc \" look the same"), "{text}");
}

#[test]
fn folders_of_splits_are_no_classes() {
    let kaggle = Workspace::new(CONFIG);
    for index in 0..4 {
        let image = files::png(&images::draw("disc", index, 48));
        let label = if index % 2 == 0 { "cat" } else { "dog" };
        kaggle.write(format!("photos/train/{label}.{index}.png"), &image);
        kaggle.write(format!("photos/test1/{index}.png"), &image);
    }
    let nested = Workspace::new(CONFIG);
    for folder in ["train/cat", "train/dog", "valid/cat", "valid/dog", "Test_Images/cat"] {
        nested.write(format!("photos/{folder}/1.png"), files::png(&images::draw("disc", 1, 48)));
    }
    insta::assert_snapshot!("splits", [stderr(&kaggle, &[], 1), stderr(&nested, &[], 1)].join("\n"));

    // A class can have the name of one split.
    let vehicles = Workspace::new(CONFIG);
    images::write_classes(&vehicles.join("photos"), &["disc", "square"], 3, 48);
    std::fs::rename(vehicles.join("photos/disc"), vehicles.join("photos/train")).unwrap();
    stderr(&vehicles, &[], 0);
}

#[test]
fn a_title_that_looks_like_a_formula_stays_text_in_every_table() {
    let workspace = workspace();
    let class = "=HYPERLINK(\"x\");@SUM(A1)";
    workspace.write(format!("photos/{class}/+1.png"), files::png(&images::draw("disc", 27, 48)));
    workspace.write(format!("photos/{class}/-2.txt"), "not an image");
    stderr(&workspace, &[], 0);
    assert!(stderr(&workspace, &[], 0).contains("up to date"), "the manifest names the file");
    for file in ["sources.csv", "rejects.csv", "manifest.csv"] {
        let text = workspace.text(format!("artifacts/scrape/{file}"));
        for separator in [b',', b';', b'\t'] {
            let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(separator).from_reader(text.as_bytes());
            for row in reader.records().map(Result::unwrap) {
                let formula = row.iter().find(|cell| cell.starts_with(['=', '+', '-', '@']));
                assert_eq!(formula, None, "{file}");
            }
        }
    }
}
