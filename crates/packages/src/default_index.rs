//! The package index that pip uses without any setting.

use std::process::{Command, Stdio};

/// The arguments with which Python prints the address. The isolated mode of Python (`-I`) imports no module from the current folder.
const ASK: [&str; 3] = ["-I", "-c", "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"];

/// Asks the installed pip for the address of its default index. Returns `None` when there is no pip.
///
/// It runs only when no setting names an index. It runs Python and pip, but nothing of any package.
pub(crate) fn of_pip() -> Option<String> {
    ["python3", "python"].into_iter().find_map(|python| {
        let output = Command::new(python).args(ASK).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let address = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !address.is_empty()).then_some(address)
    })
}
