//! The modules of a crate as a tree, read from its source files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::syntax::{self, Declared};

/// The modules of one library or binary. Module 0 is the root.
pub struct Tree {
    pub modules: Vec<Module>,
}

/// A module: a file, or an inline module inside a file.
pub struct Module {
    /// The path from the root, such as `shape::dense`. The root has an empty path.
    pub path: String,
    /// The index of the parent in [`Tree::modules`].
    pub parent: Option<usize>,
    /// The index of the module that is the whole file. An inline module has the index of the module around it.
    pub whole_file: usize,
    pub file: PathBuf,
    /// The child modules by name.
    pub children: BTreeMap<String, usize>,
    /// The child modules with `#[macro_use]`. Code in this module and in the modules below it names their macros without a path.
    pub macro_children: Vec<usize>,
    pub declared: Declared,
}

impl Tree {
    /// Reads the crate whose root file is `root`, such as `src/lib.rs`.
    pub fn read(root: &Path) -> Result<Self> {
        let mut tree = Self { modules: Vec::new() };
        let folder = root.parent().unwrap_or(Path::new(".")).to_path_buf();
        tree.read_file(String::new(), None, root, &folder)?;
        Ok(tree)
    }

    /// Reads the module in `file`. Its child modules lie in `folder`.
    fn read_file(&mut self, path: String, parent: Option<usize>, file: &Path, folder: &Path) -> Result<usize> {
        let text = fs_err::read_to_string(file)?;
        let parsed = syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?;
        let index = self.modules.len();
        self.add(path, parent, index, file.to_path_buf(), syntax::declared(&parsed.items));
        self.read_children(index, folder, &parsed.items)?;
        Ok(index)
    }

    /// Reads the modules that `items`, the items of module `parent`, declare.
    fn read_children(&mut self, parent: usize, folder: &Path, items: &[syn::Item]) -> Result<()> {
        for item in items {
            let syn::Item::Mod(item) = item else { continue };
            if syntax::is_test_only(&item.attrs) {
                continue;
            }
            let name = syntax::text(&item.ident);
            let Module { path, file, whole_file, .. } = &self.modules[parent];
            let (file, whole_file) = (file.clone(), *whole_file);
            let path = if path.is_empty() { name.clone() } else { format!("{path}::{name}") };
            let child = if let Some((_, inner)) = &item.content {
                let index = self.add(path, Some(parent), whole_file, file, syntax::declared(inner));
                self.read_children(index, &folder.join(&name), inner)?;
                index
            } else {
                // A path in an inline module begins at the folder of that module.
                let base = if whole_file == parent { file.parent().unwrap_or(Path::new(".")) } else { folder };
                let (child_file, child_folder) = locate(base, folder, &name, &item.attrs);
                self.read_file(path, Some(parent), &child_file, &child_folder)?
            };
            self.modules[parent].children.insert(name, child);
            if syntax::uses_macros(&item.attrs) {
                self.modules[parent].macro_children.push(child);
            }
        }
        Ok(())
    }

    /// Adds a module and returns its index.
    fn add(
        &mut self,
        path: String,
        parent: Option<usize>,
        whole_file: usize,
        file: PathBuf,
        declared: Declared,
    ) -> usize {
        let (children, macro_children) = (BTreeMap::new(), Vec::new());
        self.modules.push(Module { path, parent, whole_file, file, children, macro_children, declared });
        self.modules.len() - 1
    }
}

/// Returns the file of the module `name`, and the folder of its own child modules. The file lies in `folder`, unless an attribute
/// `path` names it relative to `base`.
fn locate(base: &Path, folder: &Path, name: &str, attributes: &[syn::Attribute]) -> (PathBuf, PathBuf) {
    if let Some(path) = syntax::path_attribute(attributes) {
        let file = base.join(path);
        let folder = file.parent().unwrap_or(Path::new(".")).to_path_buf();
        return (file, folder);
    }
    let below = folder.join(name);
    let nested = below.join("mod.rs");
    if nested.is_file() { (nested, below) } else { (folder.join(format!("{name}.rs")), below) }
}
