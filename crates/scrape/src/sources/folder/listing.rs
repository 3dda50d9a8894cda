//! The listing of the user's folder. It reads at most a few bytes of each file.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Result, anyhow};
use pipeline::HintExt;

use super::exclude::Exclude;
use super::layout::{ClassFolder, is_named_like_an_image, is_system};
use crate::candidate::Reject;

/// A regular file in a class folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderEntry {
    /// The name of the class folder.
    pub class: String,
    /// The path.
    pub path: PathBuf,
}

/// The contents of the folder.
#[derive(Debug, Default)]
pub struct Listing {
    /// The class folders, sorted by name.
    pub classes: Vec<ClassFolder>,
    /// The files of all classes, sorted by class, then by name.
    pub files: Vec<FolderEntry>,
    /// The entries that are not files of a class, with the reasons.
    pub rejects: Vec<Reject>,
    /// The number of images outside of the class folders. The rejects contain them.
    pub loose: usize,
    /// The number of hidden files, and of files outside of the class folders that are not images.
    pub skipped: usize,
    /// The folders that belong to a system, such as a recycle bin. They are not opened.
    pub system: Vec<PathBuf>,
    /// The number of entries that `exclude` leaves out.
    pub excluded: usize,
    names: OnceLock<BTreeMap<String, FolderEntry>>,
}

impl Listing {
    /// Lists `folder` without the entries that `exclude` matches.
    ///
    /// # Errors
    /// Returns an error when the folder cannot be read or has no class folders.
    pub fn read(folder: &Path, exclude: &Exclude) -> Result<Self> {
        let layout = format!(
            "set the `path` of the source to a folder with one folder of images per class, such as {}",
            folder.join("cat/1.jpg").display()
        );
        match std::fs::metadata(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let error = anyhow!("the folder {} does not exist", folder.display());
                return Err(error).hint(format!("{layout}; a relative path starts at the working directory"));
            }
            Ok(metadata) if !metadata.is_dir() => {
                return Err(anyhow!("{} is not a folder", folder.display())).hint(layout);
            }
            _ => {}
        }
        let mut listing = Self::default();
        let is_excluded = |path: &Path| path.strip_prefix(folder).is_ok_and(|below| exclude.matches(below));
        let mut classes = Vec::new();
        for path in listing.visible(folder, &is_excluded)? {
            if let Some(class) = listing.class(&path) {
                classes.push((class, path));
            }
        }
        if classes.is_empty() {
            let loose = if listing.loose > 0 {
                format!(", only {} outside of class folders", listing.loose_images())
            } else {
                String::new()
            };
            return Err(anyhow!("{} contains no class folders{loose}", folder.display())).hint(layout);
        }
        for (class, path) in classes {
            listing.files_of(class, path, &is_excluded)?;
        }
        Ok(listing)
    }

    /// Returns "1 image" or "3 images": the number of images outside of the class folders.
    pub fn loose_images(&self) -> String {
        format!("{} image{}", self.loose, if self.loose == 1 { "" } else { "s" })
    }

    /// Returns the files by their location as text.
    ///
    /// Two paths that differ only in bytes that are not UTF-8 have the same text. The second gets a number.
    pub fn names(&self) -> &BTreeMap<String, FolderEntry> {
        self.names.get_or_init(|| {
            let mut names = BTreeMap::new();
            for file in &self.files {
                let plain = file.path.display().to_string();
                let mut name = plain.clone();
                let mut number = 1;
                while names.contains_key(&name) {
                    number += 1;
                    name = format!("{plain} ({number})");
                }
                names.insert(name, file.clone());
            }
            names
        })
    }

    /// Returns the entries of `folder` that a user sees and does not exclude, sorted by name. Counts the others.
    fn visible(&mut self, folder: &Path, is_excluded: &impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
        let mut visible = Vec::new();
        for path in sorted(folder)? {
            if is_excluded(&path) {
                self.excluded += 1;
            } else if is_system(&path) && path.is_dir() {
                self.system.push(path);
            } else if is_system(&path) || is_hidden(&path) {
                self.skipped += 1;
            } else {
                visible.push(path);
            }
        }
        Ok(visible)
    }

    /// Returns the class of the class folder `path`. If `path` is something else, records it and returns `None`.
    fn class(&mut self, path: &Path) -> Option<String> {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let name = path.file_name().and_then(|name| name.to_str());
                if name.is_none() {
                    self.reject("", path, "the name of the folder is not UTF-8, so it cannot be the name of a class");
                }
                name.map(str::to_owned)
            }
            Ok(metadata) if metadata.is_file() && is_image(path) => {
                self.loose += 1;
                self.reject("", path, "the file is outside of the class folders");
                None
            }
            Err(error) if path.is_symlink() => {
                self.reject("", path, &broken_link(&error));
                None
            }
            _ => {
                self.skipped += 1;
                None
            }
        }
    }

    /// Lists one class folder.
    fn files_of(&mut self, class: String, folder: PathBuf, is_excluded: &impl Fn(&Path) -> bool) -> Result<()> {
        let (mut files, mut folders, before) = (Vec::new(), 0, self.rejects.len());
        for path in self.visible(&folder, is_excluded)? {
            let reason = match std::fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {
                    folders += 1;
                    Some(
                        "the entry is a folder, and the stage does not search folders inside a class folder".to_owned(),
                    )
                }
                Ok(metadata) => kind(&metadata, &path),
                Err(error) if path.is_symlink() => Some(broken_link(&error)),
                Err(error) => Some(format!("the file cannot be read: {error}")),
            };
            match reason {
                None => {
                    files.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
                    self.files.push(FolderEntry { class: class.clone(), path });
                }
                Some(reason) => self.reject(&class, &path, &reason),
            }
        }
        let rejected = self.rejects.len() - before - folders;
        self.classes.push(ClassFolder { class, path: folder, files, folders, rejected });
        Ok(())
    }

    /// Records a reject.
    fn reject(&mut self, class: &str, path: &Path, reason: &str) {
        let (class, location) = (class.to_owned(), path.display().to_string());
        self.rejects.push(Reject { class, location, reason: reason.to_owned() });
    }
}

/// Returns the paths in `folder`, sorted by name.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || fs_err::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut paths = read().hint("does the user have permission to read the folder?")?;
    paths.sort();
    Ok(paths)
}

/// Returns whether the name of the file or folder hides it from users.
fn is_hidden(path: &Path) -> bool {
    path.file_name().unwrap_or_default().as_encoded_bytes().starts_with(b".")
}

/// Returns the reason to reject a symbolic link without a target.
fn broken_link(error: &std::io::Error) -> String {
    format!("the symbolic link has no target: {error}")
}

/// Returns the reason to reject an entry that is not a folder, if it cannot be an image.
fn kind(metadata: &Metadata, path: &Path) -> Option<String> {
    if !metadata.is_file() {
        // Opening a pipe would wait forever for a writer.
        Some("the entry is a pipe, socket or device, not a file".to_owned())
    } else if !is_named_like_an_image(path) && !is_image(path) {
        Some("the file is not an image".to_owned())
    } else {
        None
    }
}

/// Returns whether the file begins like an image.
fn is_image(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(64).read_to_end(&mut head));
    read.is_ok() && imaging::sniff(&head).is_some()
}
