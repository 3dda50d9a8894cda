//! Checks the dependencies between the crates of the workspace against `layers.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// The contents of `layers.toml`: the layers from the lowest to the highest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    #[serde(rename = "layer")]
    layers: Vec<Layer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer {
    name: String,
    crates: BTreeMap<String, CrateEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CrateEntry {
    /// What the crate contains, for ARCHITECTURE.md.
    holds: String,
    /// The crates of the workspace that it depends on.
    #[serde(default)]
    uses: BTreeSet<String>,
    /// The crates that only its tests, examples and benchmarks depend on.
    #[serde(default)]
    tests_use: BTreeSet<String>,
}

/// A crate of the workspace as its `Cargo.toml` declares it.
#[derive(Debug)]
pub struct Package {
    /// The name in `[package]`.
    pub name: String,
    /// The folder of the `Cargo.toml`.
    pub folder: PathBuf,
    /// The crates of the workspace among its dependencies.
    pub uses: BTreeSet<String>,
    /// The crates of the workspace among its development dependencies.
    pub tests_use: BTreeSet<String>,
}

impl Table {
    /// Reads the table in `file`.
    ///
    /// # Errors
    /// Returns an error when the file cannot be read or has another form.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(file)?;
        toml::from_str(&text).with_context(|| format!("cannot read {}", file.display()))
    }

    /// Returns where the table contradicts itself or `packages`, as messages.
    pub fn problems(&self, packages: &[Package]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut below: BTreeSet<&str> = BTreeSet::new();
        for layer in &self.layers {
            for (name, entry) in &layer.crates {
                for used in entry.uses.iter().filter(|used| !below.contains(used.as_str())) {
                    problems.push(format!(
                        "`layers.toml`: `{name}` uses `{used}`, which is not in a layer below `{}`",
                        layer.name
                    ));
                }
            }
            for name in layer.crates.keys() {
                if !below.insert(name) {
                    problems.push(format!("`layers.toml` lists `{name}` twice"));
                }
            }
        }
        for package in packages {
            let Some(entry) = self.layers.iter().find_map(|layer| layer.crates.get(&package.name)) else {
                problems.push(format!("`layers.toml` does not list the crate `{}`", package.name));
                continue;
            };
            let file = package.folder.join("Cargo.toml");
            for (listed, actual, key) in
                [(&entry.uses, &package.uses, "uses"), (&entry.tests_use, &package.tests_use, "tests_use")]
            {
                for used in actual.difference(listed) {
                    let name = &package.name;
                    problems.push(format!(
                        "`{name}` depends on `{used}`, but `layers.toml` does not allow it\n  {}\nhint: add it to `{key}` of `{name}` if the layers permit it",
                        file.display()
                    ));
                }
                for used in listed.difference(actual) {
                    let name = &package.name;
                    problems.push(format!(
                        "`layers.toml`: `{key}` of `{name}` lists `{used}`, but `{name}` does not depend on it"
                    ));
                }
            }
        }
        let actual: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
        problems.extend(
            below
                .iter()
                .filter(|name| !actual.contains(*name))
                .map(|name| format!("`layers.toml` lists `{name}`, which is no crate of the workspace")),
        );
        problems
    }

    /// Returns a message when the table of crates in the Markdown file `file` differs from this table.
    ///
    /// # Errors
    /// Returns an error when the file cannot be read or lacks the marks around the table.
    pub fn stale_in(&self, file: &Path) -> Result<Option<String>> {
        let text = fs_err::read_to_string(file)?;
        let expected = self.replaced_in(&text, file)?;
        Ok((text != expected).then(|| {
            format!("the table of crates in {} differs from `layers.toml`\nhint: run `cargo run --release -p structure -- --write`", file.display())
        }))
    }

    /// Replaces the table of crates in the Markdown file `file`.
    ///
    /// # Errors
    /// Returns an error when the file cannot be read or written, or lacks the marks around the table.
    pub fn write_into(&self, file: &Path) -> Result<()> {
        let text = fs_err::read_to_string(file)?;
        fs_err::write(file, self.replaced_in(&text, file)?)?;
        Ok(())
    }

    fn replaced_in(&self, text: &str, file: &Path) -> Result<String> {
        let (begin, end) = ("<!-- begin: layers.toml -->\n", "<!-- end: layers.toml -->");
        let parts = text.split_once(begin).and_then(|(before, after)| Some((before, after.split_once(end)?.1)));
        let Some((before, after)) = parts else {
            anyhow::bail!("{} has no table of crates between `{}` and `{end}`", file.display(), begin.trim_end());
        };
        Ok(format!("{before}{begin}{}{end}{after}", self.markdown()))
    }

    /// Returns the table in Markdown, from the highest layer to the lowest.
    fn markdown(&self) -> String {
        let mut text = String::from("| layer | crate | contents | uses |\n|---|---|---|---|\n");
        for layer in self.layers.iter().rev() {
            for (name, entry) in &layer.crates {
                let uses: Vec<String> = entry.uses.iter().map(|used| format!("`{used}`")).collect();
                text.push_str(&format!("| {} | `{name}` | {} | {} |\n", layer.name, entry.holds, uses.join(" ")));
            }
        }
        text
    }
}

/// Reads the crates of the workspace in `root` from their `Cargo.toml` files, sorted by name.
///
/// # Errors
/// Returns an error when a `Cargo.toml` cannot be read or has another form.
pub fn workspace_crates(root: &Path) -> Result<Vec<Package>> {
    let manifest = read_manifest(root)?;
    let workspace = manifest.get("workspace").context("the root `Cargo.toml` has no `[workspace]`")?;
    let members = workspace.get("members").and_then(toml::Value::as_array).context("the workspace has no `members`")?;
    let mut folders = Vec::new();
    for member in members.iter().filter_map(toml::Value::as_str) {
        match member.strip_suffix("/*") {
            Some(parent) => {
                for entry in fs_err::read_dir(root.join(parent))? {
                    folders.push(entry?.path());
                }
            }
            None => folders.push(root.join(member)),
        }
    }
    folders.retain(|folder| folder.join("Cargo.toml").is_file());
    let manifests = folders.iter().map(|folder| read_manifest(folder)).collect::<Result<Vec<_>>>()?;
    let names = manifests.iter().map(name_in).collect::<Result<Vec<_>>>()?;
    let all: BTreeSet<String> = names.iter().cloned().collect();
    ensure!(all.len() == names.len(), "two crates of the workspace have the same name");
    let mut packages = Vec::new();
    for ((name, folder), manifest) in names.into_iter().zip(folders).zip(manifests) {
        let uses = dependencies(&manifest, &["dependencies", "build-dependencies"], &all);
        let tests_use = dependencies(&manifest, &["dev-dependencies"], &all);
        packages.push(Package { name, folder, uses, tests_use });
    }
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(packages)
}

fn read_manifest(folder: &Path) -> Result<toml::Table> {
    let file = folder.join("Cargo.toml");
    toml::from_str(&fs_err::read_to_string(&file)?).with_context(|| format!("cannot read {}", file.display()))
}

fn name_in(manifest: &toml::Table) -> Result<String> {
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    Ok(name.context("a `Cargo.toml` has no `package.name`")?.to_string())
}

/// Returns the dependencies in the sections `keys`, those for one target included, that are crates of the workspace.
fn dependencies(manifest: &toml::Table, keys: &[&str], all: &BTreeSet<String>) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let tables = targets.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table);
    let mut found = BTreeSet::new();
    for table in tables.chain([manifest]) {
        for section in keys.iter().filter_map(|key| table.get(*key)).filter_map(toml::Value::as_table) {
            for (name, value) in section {
                // `package` names the crate where the dependency has another name.
                let name = value.get("package").and_then(toml::Value::as_str).unwrap_or(name);
                found.extend(all.get(name).cloned());
            }
        }
    }
    found
}
