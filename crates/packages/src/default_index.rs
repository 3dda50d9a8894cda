//! The package index that pip uses without any setting.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The arguments with which Python prints the address. The isolated mode of Python (`-I`) imports no module from the current folder.
const ASK: [&str; 3] = ["-I", "-c", "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"];

/// The time that Python gets for the answer.
const LIMIT: Duration = Duration::from_secs(30);

/// Asks the installed pip for the address of its default index. Returns `None` when there is no pip.
///
/// It runs only when no setting names an index. It runs Python and pip, but nothing of any package.
pub(crate) fn of_pip() -> Option<String> {
    ["python3", "python"].into_iter().find_map(|python| {
        let mut command = Command::new(python);
        command.args(ASK).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let output = output_within(&mut command, LIMIT)?;
        let address = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !address.is_empty()).then_some(address)
    })
}

/// Returns the output of a command, or `None` when it cannot be started or has not ended in time.
fn output_within(command: &mut Command, limit: Duration) -> Option<Output> {
    let mut child = command.spawn().ok()?;
    let start = Instant::now();
    while child.try_wait().ok()?.is_none() {
        if start.elapsed() > limit {
            child.kill().ok();
            child.wait().ok();
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_does_not_end_is_killed() {
        let mut command = Command::new("sleep");
        command.arg("60").stdout(Stdio::piped());
        assert!(output_within(&mut command, Duration::from_millis(50)).is_none());
        let mut command = Command::new("echo");
        command.arg("address").stdout(Stdio::piped());
        assert!(output_within(&mut command, LIMIT).is_some_and(|output| output.stdout == b"address\n"));
    }
}
