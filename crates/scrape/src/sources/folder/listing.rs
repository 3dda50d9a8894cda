//! What lies in the user's folder, told apart without reading more than a few bytes of anything.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Result, anyhow};
use pipeline::HintExt;

use crate::candidate::Reject;

/// A regular file in a class folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The class folder's name.
    pub class: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Everything in the folder.
#[derive(Debug, Default)]
pub struct Listing {
    /// The files of all classes, sorted by class, then by name.
    pub files: Vec<Entry>,
    /// What is not a file of a class, with the reason.
    pub rejects: Vec<Reject>,
    /// Pictures beside the class folders; they are among the rejects.
    pub loose: usize,
    /// Hidden files, and files beside the class folders that are no pictures.
    pub skipped: usize,
    names: OnceLock<BTreeMap<String, Entry>>,
}

/// Files that systems put into folders and hide from their users.
const HIDDEN: [&str; 3] = ["Thumbs.db", "desktop.ini", "__MACOSX"];

impl Listing {
    /// Lists `folder`. An error when it cannot be read or does not hold class folders with files.
    pub fn read(folder: &Path) -> Result<Self> {
        let layout = format!(
            "the source's `path` names a folder with one folder of pictures for each class, such as {}",
            folder.join("cat/1.jpg").display()
        );
        match std::fs::metadata(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let error = anyhow!("the folder {} does not exist", folder.display());
                return Err(error).hint(format!("{layout}; a relative path starts where the stage is started"));
            }
            Ok(metadata) if !metadata.is_dir() => {
                return Err(anyhow!("{} is not a folder", folder.display())).hint(layout);
            }
            _ => {}
        }
        let mut listing = Self::default();
        let mut classes = Vec::new();
        for path in sorted(folder)? {
            if let Some(class) = listing.class(&path) {
                classes.push((class, path));
            }
        }
        if classes.is_empty() {
            let loose = if listing.loose > 0 {
                format!(", but {} outside of any", listing.loose_pictures())
            } else {
                String::new()
            };
            return Err(anyhow!("{} holds no class folders{loose}", folder.display())).hint(layout);
        }
        for (class, path) in classes {
            listing.files_of(&class, &path)?;
        }
        Ok(listing)
    }

    /// "1 picture" or "3 pictures", of those beside the class folders.
    pub fn loose_pictures(&self) -> String {
        format!("{} picture{}", self.loose, if self.loose == 1 { "" } else { "s" })
    }

    /// Each file by what the user knows it by. Two names that differ only in what is not UTF-8 read the same: the second
    /// gets a number.
    pub fn names(&self) -> &BTreeMap<String, Entry> {
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

    /// The class whose folder `path` is; `None`, noting why, when it is something else.
    fn class(&mut self, path: &Path) -> Option<String> {
        if is_hidden(path) {
            self.skipped += 1;
            return None;
        }
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let name = path.file_name().and_then(|name| name.to_str());
                if name.is_none() {
                    self.reject("", path, "the folder's name is not UTF-8, so it cannot name a class");
                }
                name.map(str::to_owned)
            }
            Ok(metadata) if metadata.is_file() && is_picture(path) => {
                self.loose += 1;
                self.reject("", path, "it is in no class folder");
                None
            }
            Err(error) if path.is_symlink() => {
                self.reject("", path, &dead_link(&error));
                None
            }
            _ => {
                self.skipped += 1;
                None
            }
        }
    }

    /// Lists one class folder.
    fn files_of(&mut self, class: &str, folder: &Path) -> Result<()> {
        let before = (self.files.len(), self.rejects.len());
        for path in sorted(folder)? {
            if is_hidden(&path) {
                self.skipped += 1;
                continue;
            }
            let why_not = match std::fs::metadata(&path) {
                Ok(metadata) => kind(&metadata),
                Err(error) if path.is_symlink() => Some(dead_link(&error)),
                Err(error) => Some(format!("it cannot be read: {error}")),
            };
            match why_not {
                None => self.files.push(Entry { class: class.to_owned(), path }),
                Some(reason) => self.reject(class, &path, &reason),
            }
        }
        if before == (self.files.len(), self.rejects.len()) {
            let error = anyhow!("the class folder {} is empty", folder.display());
            return Err(error).hint("put pictures into it, or take it away");
        }
        Ok(())
    }

    fn reject(&mut self, class: &str, path: &Path, reason: &str) {
        let (class, source) = (class.to_owned(), path.display().to_string());
        self.rejects.push(Reject { class, source, reason: reason.to_owned() });
    }
}

/// The paths in `folder`, sorted by name.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || fs_err::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut paths = read().hint("may this user read the folder?")?;
    paths.sort();
    Ok(paths)
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".") || HIDDEN.iter().any(|hidden| name.eq_ignore_ascii_case(hidden))
}

fn dead_link(error: &std::io::Error) -> String {
    format!("it is a link that leads nowhere: {error}")
}

/// Why what `metadata` tells of is no regular file; `None` when it is one.
fn kind(metadata: &Metadata) -> Option<String> {
    if metadata.is_file() {
        None
    } else if metadata.is_dir() {
        Some("it is a folder; folders inside a class folder are not searched".to_owned())
    } else {
        // Opening a pipe would wait for a writer for ever.
        Some("it is a pipe, socket or device, not a file".to_owned())
    }
}

fn is_picture(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(64).read_to_end(&mut head));
    read.is_ok() && imaging::sniff(&head).is_some()
}
