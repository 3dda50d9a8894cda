//! Keeps the artifacts folder apart from the user's own files.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::config::ExternalPath;
use crate::{HintExt, StageFolder};

/// Rejects an artifacts folder that is equal to, inside or around one of the user's folders, and a `stage` whose folders hold one of the
/// user's files. A stage's folder can be a link. Then the target of the link counts too.
pub(crate) fn check(artifacts: &Path, stage: &StageFolder, external: &[ExternalPath]) -> Result<()> {
    let replaced = stage.replaced();
    for ExternalPath { key, path } in external {
        let theirs = resolve(path);
        let relation = |ours: &Path| {
            let ours = resolve(ours);
            if !path.is_dir() {
                theirs.starts_with(&ours).then_some("around the file")
            } else if ours == theirs {
                Some("the same folder as")
            } else if ours.starts_with(&theirs) {
                Some("inside")
            } else {
                theirs.starts_with(&ours).then_some("around")
            }
        };
        // A file of the user beside the folders of the stages is safe.
        let above = path.is_dir().then_some(artifacts);
        let mut ours = above.into_iter().chain(replaced.iter().map(PathBuf::as_path));
        if let Some((ours, relation)) = ours.find_map(|ours| Some((ours, relation(ours)?))) {
            let (ours, path) = (ours.display(), path.display());
            return Err(anyhow!("the folder {ours} is {relation} {path}, which `{key}` names"))
                .hint("a stage replaces its folder: keep your own files elsewhere, or set another `artifacts`");
        }
    }
    Ok(())
}

/// Rejects a `stage` whose folders hold something that every stage uses, such as the configuration.
pub(crate) fn check_inside(stage: &StageFolder, used: &[ExternalPath]) -> Result<()> {
    let replaced = stage.replaced().map(|folder| resolve(&folder));
    for ExternalPath { key, path } in used {
        if replaced.iter().any(|folder| resolve(path).starts_with(folder)) {
            let (stage, path) = (stage.path().display(), path.display());
            return Err(anyhow!("the folder {stage} contains {path}, which `{key}` names"))
                .hint("a stage replaces its folder: keep this file or folder elsewhere");
        }
    }
    Ok(())
}

/// Returns the absolute path. Resolves the links in the part of the path that exists.
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
        check(&artifacts, &StageFolder::new(&artifacts, "first"), &[external]).is_err()
    }

    #[test]
    fn equal_nested_and_surrounding_folders_are_refused() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("own/part")).unwrap();
        std::fs::create_dir_all(root.path().join("out")).unwrap();
        std::fs::write(root.path().join("own/list.csv"), "url").unwrap();
        assert!(!refused(root.path(), "out", "own"));
        assert!(!refused(root.path(), "own2", "own"), "a common prefix of names is no nesting");
        assert!(refused(root.path(), "own", "own"));
        assert!(refused(root.path(), "out/../own", "own"));
        assert!(refused(root.path(), "own/artifacts", "own"));
        assert!(refused(root.path(), "", "own"));
        assert!(!refused(root.path(), "own", "own/list.csv"), "a file beside the stages' folders is safe");
        std::fs::create_dir_all(root.path().join("out/first")).unwrap();
        std::fs::write(root.path().join("out/first/list.csv"), "url").unwrap();
        assert!(refused(root.path(), "out", "out/first/list.csv"));
        std::fs::create_dir_all(root.path().join("out/.first.partial")).unwrap();
        std::fs::write(root.path().join("out/.first.partial/list.csv"), "url").unwrap();
        assert!(refused(root.path(), "out", "out/.first.partial/list.csv"));
    }

    #[cfg(unix)]
    #[test]
    fn the_place_of_a_linked_folder_counts() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("own/part")).unwrap();
        std::fs::create_dir_all(root.path().join("out")).unwrap();
        std::os::unix::fs::symlink("../own/part", root.path().join("out/first")).unwrap();
        assert!(refused(root.path(), "out", "own"));
        assert!(refused(root.path(), "out", "own/part"));
    }
}
