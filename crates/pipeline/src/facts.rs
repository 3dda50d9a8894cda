//! Facts that the lock records besides the key: the times, the machine and the software of a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Environment, regular};

/// Bytes of a file of Git that are read at most.
const MOST: u64 = 1 << 26;

/// Returns the facts of a run that ends now.
pub(crate) fn facts(environment: &Environment, took: Duration) -> BTreeMap<String, String> {
    let ended = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("", |(_, name)| name.trim());
    let commit = std::env::current_dir().ok().and_then(|folder| commit(&folder));
    BTreeMap::from([
        ("cpu".to_owned(), model.to_owned()),
        ("ended_unix".to_owned(), ended.as_secs().to_string()),
        ("git_commit".to_owned(), commit.unwrap_or_default()),
        ("seconds".to_owned(), format!("{:.3}", took.as_secs_f64())),
        ("threads".to_owned(), environment.thread_count().to_string()),
        ("tunescope".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ])
}

/// Returns the commit that is checked out in the Git repository around `folder`. Reads files only, and runs no process.
///
/// Returns `None` outside of a repository, and for a repository that stores its references in another format.
fn commit(folder: &Path) -> Option<String> {
    let git = folder.ancestors().map(|above| above.join(".git")).find(|path| path.exists())?;
    let read = |path: &Path| regular::text(path, MOST).ok();
    let within = |folder: &Path, path: &str| folder.join(path.trim());
    // A worktree and a submodule have a file that names the folder.
    let git: PathBuf = match read(&git) {
        Some(text) => within(git.parent()?, text.strip_prefix("gitdir:")?),
        None => git,
    };
    let head = read(&git.join("HEAD"))?;
    let Some(name) = head.strip_prefix("ref:").map(str::trim) else { return is_commit(head.trim()) };
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return None;
    }
    // A worktree shares the references of the main repository.
    let shared = read(&git.join("commondir")).map_or_else(|| git.clone(), |path| within(&git, &path));
    let loose = [&git, &shared].into_iter().find_map(|folder| read(&folder.join(name)));
    let packed = || {
        let text = read(&shared.join("packed-refs"))?;
        let line = text.lines().find(|line| line.split_once(' ').is_some_and(|(_, found)| found == name))?;
        Some(line.split_once(' ')?.0.to_owned())
    };
    is_commit(loose.or_else(packed)?.trim())
}

/// Returns `text` when it is the hash of a commit: 40 or 64 hex digits.
fn is_commit(text: &str) -> Option<String> {
    let whole = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(folder: &Path, args: &[&str]) -> String {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultRefFormat=files"];
        let output = Command::new("git").current_dir(folder).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    #[test]
    fn the_commit_is_the_one_that_git_reports() {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("main");
        let below = main.join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        assert_eq!(commit(&below), None, "there is no repository");
        git(&main, &["init", "--quiet"]);
        assert_eq!(commit(&below), None, "there is no commit");
        git(&main, &["commit", "--quiet", "--allow-empty", "--message=one"]);
        let expected = |folder: &Path| Some(git(folder, &["rev-parse", "HEAD"]));
        assert_eq!(commit(&below), expected(&main), "a loose reference");
        git(&main, &["pack-refs", "--all"]);
        assert_eq!(commit(&below), expected(&main), "a packed reference");
        let tree = folder.path().join("tree");
        git(&main, &["worktree", "add", "--quiet", "-b", "other", tree.to_str().unwrap()]);
        git(&tree, &["commit", "--quiet", "--allow-empty", "--message=two"]);
        assert_eq!(commit(&tree), expected(&tree), "a worktree");
        assert_ne!(commit(&tree), commit(&main));
        git(&main, &["checkout", "--quiet", "--detach"]);
        assert_eq!(commit(&below), expected(&main), "a detached head");
    }

    #[cfg(unix)]
    #[test]
    fn pipes_in_a_repository_are_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        let pipe = |path: &Path| {
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        };
        pipe(&git);
        assert_eq!(commit(folder.path()), None, ".git");
        std::fs::remove_file(&git).unwrap();
        std::fs::create_dir_all(git.join("refs/heads")).unwrap();
        pipe(&git.join("HEAD"));
        assert_eq!(commit(folder.path()), None, "HEAD");
        std::fs::remove_file(git.join("HEAD")).unwrap();
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main").unwrap();
        pipe(&git.join("packed-refs"));
        pipe(&git.join("commondir"));
        assert_eq!(commit(folder.path()), None, "packed-refs");
        pipe(&git.join("refs/heads/main"));
        assert_eq!(commit(folder.path()), None, "a loose reference");
    }

    #[test]
    fn a_repository_that_is_no_repository_gives_no_commit() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["ref: ../../x", "ref: refs/heads/main", "0123", "gitdir: /dev/zero"] {
            std::fs::create_dir_all(folder.path().join(".git")).unwrap();
            std::fs::write(folder.path().join(".git/HEAD"), text).unwrap();
            assert_eq!(commit(folder.path()), None, "{text}");
        }
    }
}
