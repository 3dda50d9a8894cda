//! Finds cycles among the modules of a crate.
//!
//! A module is a file. Module `a` uses module `b` when the code of `a` names an item that is defined in `b`: in a `use`, in a
//! path, or in the tokens of a macro. The following rules make this precise:
//! - A path leads to the file that defines the item. Re-exports on the way are not uses: a parent that only declares
//!   `mod child;` and has `pub use child::Item;` does not use the child.
//! - An inline module belongs to the file that contains it.
//! - Code under `#[cfg(test)]` does not count.
//! - A call `value.method()` or `Type::method()` counts when the crate defines this method in an inherent `impl` outside the file of
//!   its type. A call `value.method()` also counts when a glob import brings a trait with this method into scope. Other method calls
//!   do not count, because the syntax does not tell the type.
//! - The definition of a macro uses what it names. A call of the macro uses the macro.
//!
//! `tests/reference/uses.py` compares the result with the names that rustdoc resolves.
//!
//! `cargo modules dependencies --acyclic` checks the same with rust-analyzer, but takes minutes to build.

mod cycles;
mod resolve;
mod syntax;
mod tree;

pub use cycles::{Cycle, Use};

use std::path::{Path, PathBuf};

use anyhow::Result;

/// Returns the cycles among the modules of the crate `name` in `folder`: of its library and of each of its binaries.
///
/// # Errors
/// Returns an error when a source file cannot be read or parsed.
pub fn cycles_of_crate(name: &str, folder: &Path) -> Result<Vec<Cycle>> {
    let mut found = Vec::new();
    for root in roots(folder)? {
        let tree = tree::Tree::read(&root)?;
        let uses = resolve::uses_between_files(&tree);
        found.extend(cycles::cycles(name, folder, &tree, &uses));
    }
    Ok(found)
}

/// Returns which modules of the crate in `folder` use which others: in its library and in each of its binaries.
///
/// # Errors
/// Returns an error when a source file cannot be read or parsed.
pub fn uses_of_crate(folder: &Path) -> Result<Vec<Use>> {
    let mut found = Vec::new();
    for root in roots(folder)? {
        let tree = tree::Tree::read(&root)?;
        found.extend(cycles::describe_all(folder, &tree, &resolve::uses_between_files(&tree)));
    }
    Ok(found)
}

/// Returns the root files of the library and of the binaries, sorted.
fn roots(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut roots = vec![folder.join("src/lib.rs"), folder.join("src/main.rs")];
    let binaries = folder.join("src/bin");
    if binaries.is_dir() {
        for entry in fs_err::read_dir(&binaries)? {
            roots.push(entry?.path());
        }
    }
    roots.retain(|root| root.extension().is_some_and(|extension| extension == "rs") && root.is_file());
    roots.sort();
    Ok(roots)
}
