//! The check of crates on small workspaces that the tests write.

use std::path::PathBuf;

use structure::layers::{Table, workspace_crates};
use tempfile::TempDir;

const TABLE: &str = "
[[layer]]
name = 'base'
[layer.crates.low]
holds = 'the basis'
[layer.crates.kit]
holds = 'for tests'

[[layer]]
name = 'stage'
[layer.crates.high]
holds = 'a stage'
uses = ['low']
tests_use = ['kit']
";

struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// Writes a workspace of the crates `crates`: pairs of a name and the sections after `[package]`.
    fn new(crates: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        fs_err::write(folder.path().join("Cargo.toml"), "[workspace]\nmembers = ['crates/*']").unwrap();
        for (name, sections) in crates {
            let package = folder.path().join("crates").join(name);
            fs_err::create_dir_all(&package).unwrap();
            fs_err::write(package.join("Cargo.toml"), format!("[package]\nname = '{name}'\n{sections}")).unwrap();
        }
        Self { folder }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs_err::write(&file, text).unwrap();
        file
    }

    fn problems(&self, table: &str) -> Vec<String> {
        let table = Table::read(&self.write("layers.toml", table)).unwrap();
        table.problems(&workspace_crates(self.folder.path()).unwrap())
    }
}

const HIGH: (&str, &str) =
    ("high", "[dependencies]\nlow.workspace = true\nserde = '1'\n[dev-dependencies]\nkit.workspace = true");

#[test]
fn a_workspace_that_matches_the_table_passes() {
    assert_eq!(Workspace::new(&[("low", ""), ("kit", ""), HIGH]).problems(TABLE), [""; 0]);
}

#[test]
fn a_dependency_that_the_table_does_not_list_is_a_problem() {
    let upward = ("low", "[target.'cfg(unix)'.dependencies]\nhigh.workspace = true");
    let problems = Workspace::new(&[upward, ("kit", ""), HIGH]).problems(TABLE);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("`low` depends on `high`, but `layers.toml` does not allow it"), "{}", problems[0]);
}

#[test]
fn a_renamed_dependency_counts() {
    let renamed = ("low", "[dependencies]\nother = { path = '../kit', package = 'kit' }");
    let problems = Workspace::new(&[renamed, ("kit", ""), HIGH]).problems(TABLE);
    assert!(problems[0].starts_with("`low` depends on `kit`"), "{}", problems[0]);
}

#[test]
fn the_table_itself_permits_no_upward_use() {
    let table = TABLE.replace("holds = 'the basis'", "holds = 'the basis'\nuses = ['high', 'kit']");
    let low = ("low", "[dependencies]\nhigh.workspace = true\nkit.workspace = true");
    let problems = Workspace::new(&[low, ("kit", ""), HIGH]).problems(&table);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("`low` uses `high`, which is not in a layer below `base`"));
    assert!(problems[1].contains("`low` uses `kit`, which is not in a layer below `base`"));
}

#[test]
fn the_table_lists_exactly_the_crates_and_their_dependencies() {
    let problems = Workspace::new(&[("low", ""), ("high", ""), ("new", "")]).problems(TABLE);
    let expected = [
        "`layers.toml`: `uses` of `high` lists `low`, but `high` does not depend on it",
        "`layers.toml`: `tests_use` of `high` lists `kit`, but `high` does not depend on it",
        "`layers.toml` does not list the crate `new`",
        "`layers.toml` lists `kit`, which is no crate of the workspace",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn the_table_in_a_document_is_generated() {
    let workspace = Workspace::new(&[]);
    let table = Table::read(&workspace.write("layers.toml", TABLE)).unwrap();
    let document =
        workspace.write("MAP.md", "# Map\n<!-- begin: layers.toml -->\nold\n<!-- end: layers.toml -->\nMore.\n");
    assert!(table.stale_in(&document).unwrap().is_some());
    table.write_into(&document).unwrap();
    assert_eq!(table.stale_in(&document).unwrap(), None);
    let text = fs_err::read_to_string(&document).unwrap();
    assert_eq!(
        text,
        "# Map\n<!-- begin: layers.toml -->\n\
         | layer | crate | contents | uses |\n|---|---|---|---|\n\
         | stage | `high` | a stage | `low` |\n\
         | base | `kit` | for tests |  |\n\
         | base | `low` | the basis |  |\n\
         <!-- end: layers.toml -->\nMore.\n"
    );
    assert!(table.stale_in(&workspace.write("EMPTY.md", "# Map\n")).is_err());
}
