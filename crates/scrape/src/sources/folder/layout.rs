//! The layout of a data set, from the names of its folders and files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pipeline::Problems;

/// The files and folders that systems add to the user's folders, apart from those that begin with a dot. Names are compared without regard
/// to case.
const SYSTEM: [&str; 18] = [
    // Windows.
    "$recycle.bin",
    "recycler",
    "system volume information",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    // Linux.
    "lost+found",
    // macOS, and the archives that it writes.
    "__macosx",
    "network trash folder",
    "temporary items",
    "icon\r",
    // Network storage by Synology and QNAP.
    "@eadir",
    "#recycle",
    "#snapshot",
    "@recycle",
    "@recently-snapshot",
    "@tmp",
    "@sharebin",
];

/// Extensions of image files. A file with one of them is always examined, so that `preprocess` states what is wrong with it.
const IMAGE_EXTENSIONS: [&str; 30] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "webp", "bmp", "dib", "tif", "tiff", "heic", "heif", "avif",
    "jxl", "jp2", "j2k", "svg", "ico", "psd", "tga", "ppm", "pgm", "pbm", "pnm", "dng", "cr2", "nef", "arw",
];

/// Returns whether an operating system or a storage device creates entries with this name.
pub fn is_system(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    SYSTEM.iter().any(|system| name.eq_ignore_ascii_case(system))
}

/// Returns whether the name of a file says that it is an image.
pub fn is_named_like_an_image(path: &Path) -> bool {
    path.extension().is_some_and(|extension| IMAGE_EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// The split of a data set that a folder is named after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Train,
    Val,
    Test,
}

/// Returns the split that a folder is named after, such as `train`, `Validation`, `test1` or `test_images`.
fn role(name: &str) -> Option<Role> {
    let letters: String = name.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    let name = ["images", "image", "imgs", "img", "data", "set", "split"]
        .iter()
        .find_map(|suffix| letters.strip_suffix(suffix))
        .unwrap_or(&letters);
    match name {
        "train" | "training" => Some(Role::Train),
        "val" | "valid" | "validation" | "dev" => Some(Role::Val),
        "test" | "testing" | "eval" | "holdout" => Some(Role::Test),
        _ => None,
    }
}

/// A folder that would become a class.
#[derive(Debug)]
pub struct ClassFolder {
    /// Its name.
    pub class: String,
    /// Its path.
    pub path: PathBuf,
    /// The names of its files.
    pub files: Vec<String>,
    /// The number of folders in it.
    pub folders: usize,
    /// The number of its entries that cannot be images, other than folders.
    pub rejected: usize,
}

/// Adds what is certainly wrong with the class folders of `folder` to `problems`.
pub fn check(folder: &Path, classes: &[ClassFolder], problems: &mut Problems) {
    let splits: Vec<&ClassFolder> = classes.iter().filter(|class| role(&class.class).is_some()).collect();
    let roles: BTreeSet<Option<Role>> = splits.iter().map(|class| role(&class.class)).collect();
    if roles.len() >= 2 {
        splits_are_no_classes(folder, &splits, problems);
        return;
    }
    for class in classes.iter().filter(|class| class.files.is_empty() && class.rejected == 0) {
        let path = class.path.display();
        if class.folders > 0 {
            problems.add(
                format!("the class folder {path} contains only folders"),
                format!(
                    "a class folder contains images: set the `path` of the source to {path} if its folders are the classes, or \
                     move its images up"
                ),
            );
        } else {
            problems.add(
                format!("the class folder {path} is empty"),
                "add images to the folder, remove it, or `exclude` it",
            );
        }
    }
}

/// Adds the problem that folders with the names of splits would become classes.
fn splits_are_no_classes(folder: &Path, splits: &[&ClassFolder], problems: &mut Problems) {
    let names: Vec<String> = splits.iter().map(|class| format!("`{}`", class.class)).collect();
    let problem = format!(
        "{} has the folders {}: these are the names of splits, and the network would learn to tell the splits apart",
        folder.display(),
        names.join(" and ")
    );
    let nested: Vec<&&ClassFolder> = splits.iter().filter(|class| class.folders > 0).collect();
    let hint = if let [_, ..] = nested.as_slice() {
        let sources: Vec<String> =
            nested.iter().map(|class| format!("{{kind=\"folder\", path=\"{}\"}}", class.path.display())).collect();
        format!(
            "name the folders that hold the classes, and `preprocess` makes the splits: scrape.sources = [{}]",
            sources.join(", ")
        )
    } else {
        let labels = labels(splits);
        let example = labels.first().map_or("cat", String::as_str);
        let seen = if labels.is_empty() {
            String::new()
        } else {
            format!(
                " (the file names begin with {})",
                labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ")
            )
        };
        format!(
            "put the images of each class into a folder of its own, such as {}{seen}, and set the `path` of the source to {}; \
             `preprocess` makes the splits",
            folder.join("classes").join(example).display(),
            folder.join("classes").display()
        )
    };
    problems.add(problem, hint);
}

/// The greatest number of different first words that count as labels.
const LABELS: usize = 20;

/// Returns the words with which the names of several files begin, such as `cat` for `cat.0.jpg` and `cat.1.jpg`.
fn labels(splits: &[&ClassFolder]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for file in splits.iter().flat_map(|class| &class.files) {
        let label: String = file.chars().take_while(|c| c.is_alphabetic()).collect();
        if !label.is_empty() {
            *counts.entry(label).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count >= 2);
    if (2..=LABELS).contains(&counts.len()) { counts.into_keys().collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_splits_are_recognized() {
        for (name, expected) in [
            ("train", Some(Role::Train)),
            ("Training_Set", Some(Role::Train)),
            ("test1", Some(Role::Test)),
            ("test_images", Some(Role::Test)),
            ("valid", Some(Role::Val)),
            ("dev-split", Some(Role::Val)),
            ("trains", None),
            ("testudo", None),
            ("cat", None),
            ("set", None),
            ("1", None),
        ] {
            assert_eq!(role(name), expected, "{name}");
        }
    }

    #[test]
    fn system_entries_and_image_names_are_recognized() {
        for name in ["@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found", "THUMBS.DB"] {
            assert!(is_system(&Path::new("photos").join(name)), "{name}");
        }
        assert!(!is_system(Path::new("photos/cat")));
        assert!(is_named_like_an_image(Path::new("a.JPG")) && is_named_like_an_image(Path::new("a.heic")));
        assert!(!is_named_like_an_image(Path::new("notes.txt")) && !is_named_like_an_image(Path::new("jpg")));
    }
}
