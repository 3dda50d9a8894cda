//! Keeps the artifacts folder apart from the user's own files.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::HintExt;
use crate::config::ExternalPath;

/// Rejects an artifacts folder that is equal to, inside or around one of the user's folders, and a stage's `folder` that
/// holds one of the user's files.
pub(crate) fn check(artifacts: &Path, folder: &Path, external: &[ExternalPath]) -> Result<()> {
    let (ours, stage) = (resolve(artifacts), resolve(folder));
    for ExternalPath { key, path } in external {
        let theirs = resolve(path);
        let relation = if !path.is_dir() {
            theirs.starts_with(&stage).then_some("around the file")
        } else if ours == theirs {
            Some("the same folder as")
        } else if ours.starts_with(&theirs) {
            Some("inside")
        } else {
            theirs.starts_with(&ours).then_some("around")
        };
        if let Some(relation) = relation {
            let which = if path.is_dir() { artifacts } else { folder };
            return Err(anyhow!(
                "the folder {} is {relation} {}, which `{key}` names",
                which.display(),
                path.display()
            ))
            .hint("a stage empties its folder: keep your own files elsewhere, or set another `artifacts`");
        }
    }
    Ok(())
}

/// Returns the absolute path without links, as far as it exists.
fn resolve(path: &Path) -> PathBuf {
    if let Ok(found) = std::fs::canonicalize(path) {
        return found;
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => resolve(parent).join(name),
        _ => absolute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(root: &Path, artifacts: &str, external: &str) -> bool {
        let artifacts = root.join(artifacts);
        let external = ExternalPath { key: "source".to_owned(), path: root.join(external) };
        check(&artifacts, &artifacts.join("scrape"), &[external]).is_err()
    }

    #[test]
    fn equal_nested_and_surrounding_folders_are_refused() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("photos/cat")).unwrap();
        std::fs::create_dir_all(root.path().join("out")).unwrap();
        std::fs::write(root.path().join("photos/list.csv"), "url").unwrap();
        assert!(!refused(root.path(), "out", "photos"));
        assert!(!refused(root.path(), "photos2", "photos"), "a common prefix of names is no nesting");
        assert!(refused(root.path(), "photos", "photos"));
        assert!(refused(root.path(), "out/../photos", "photos"));
        assert!(refused(root.path(), "photos/artifacts", "photos"));
        assert!(refused(root.path(), "", "photos"));
        assert!(!refused(root.path(), "photos", "photos/list.csv"), "a file beside the stages' folders is safe");
        std::fs::create_dir_all(root.path().join("out/scrape")).unwrap();
        std::fs::write(root.path().join("out/scrape/list.csv"), "url").unwrap();
        assert!(refused(root.path(), "out", "out/scrape/list.csv"));
    }
}
