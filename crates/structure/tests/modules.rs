//! The check of modules on small crates that the tests write.

use std::path::PathBuf;

use structure::modules::{Cycle, cycles_of_crate};
use tempfile::TempDir;

/// Writes the source files `files`, pairs of a path below `src/` and a text, and returns the cycles of the crate.
fn cycles(files: &[(&str, &str)]) -> Vec<Cycle> {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let file = folder.path().join("src").join(name);
        fs_err::create_dir_all(file.parent().unwrap()).unwrap();
        fs_err::write(file, text).unwrap();
    }
    cycles_of_crate("fixture", folder.path()).unwrap()
}

fn assert_acyclic(files: &[(&str, &str)]) {
    let found = cycles(files);
    assert!(found.is_empty(), "{found:#?}");
}

/// Asserts that the crate has exactly one cycle, of the modules `modules`.
fn assert_cycle(files: &[(&str, &str)], modules: &[&str]) {
    let found = cycles(files);
    let found: Vec<Vec<&str>> = found.iter().map(|c| c.modules.iter().map(String::as_str).collect()).collect();
    assert_eq!(found, [modules]);
}

#[test]
fn siblings_in_one_direction_are_no_cycle() {
    assert_acyclic(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::f; fn g() { f() }"),
        ("b.rs", "pub fn f() {}"),
    ]);
}

#[test]
fn siblings_that_use_each_other_are_a_cycle() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::f; pub fn g() { f() }"),
        ("b.rs", "pub fn f() { super::a::g() }"),
    ];
    assert_cycle(&files, &["a", "b"]);
}

#[test]
fn the_message_names_the_modules_and_the_lines() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "\nuse crate::b::f;\npub fn g() { f() }"),
        ("b.rs", "pub fn f() {\nsuper::a::g() }"),
    ];
    let found = cycles(&files);
    assert_eq!(found[0].shortest[0].file, PathBuf::from("src/a.rs"));
    assert_eq!(
        found[0].to_string(),
        "crate `fixture` has a cycle of modules: a, b\n  \
         a uses b: src/a.rs, line 2, 3\n  \
         b uses a: src/b.rs, line 2"
    );
}

#[test]
fn a_long_cycle_is_found_without_the_modules_beside_it() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d; mod e;"),
        ("a.rs", "pub fn f() { crate::b::f() }"),
        ("b.rs", "pub fn f() { crate::c::f() }"),
        ("c.rs", "pub fn f() { crate::a::f(); crate::e::f() }"),
        ("d.rs", "pub fn f() { crate::a::f() }"),
        ("e.rs", "pub fn f() {}"),
    ];
    assert_cycle(&files, &["a", "b", "c"]);
}

#[test]
fn a_parent_may_declare_and_re_export_a_child_that_uses_it() {
    let parent = "mod child; pub use child::Child; pub struct Shared;";
    assert_acyclic(&[("lib.rs", parent), ("child.rs", "pub struct Child(crate::Shared);")]);
    assert_acyclic(&[("lib.rs", parent), ("child.rs", "use super::*; pub struct Child(Shared);")]);
}

#[test]
fn a_parent_that_uses_a_child_that_uses_it_is_a_cycle() {
    let child = "use super::Shared; pub fn f(_: Shared) {}";
    assert_cycle(
        &[("lib.rs", "mod child; pub struct Shared; fn f() { child::f(Shared) }"), ("child.rs", child)],
        &["child", "crate"],
    );
    let files =
        [("lib.rs", "mod a;"), ("a/mod.rs", "mod child; pub struct Shared; use child::f;"), ("a/child.rs", child)];
    assert_cycle(&files, &["a", "a::child"]);
}

#[test]
fn a_re_exported_name_that_the_parent_uses_itself_counts() {
    let parent = "mod child; pub use child::Child; pub struct Shared(Option<Box<Child>>);";
    assert_cycle(&[("lib.rs", parent), ("child.rs", "pub struct Child(crate::Shared);")], &["child", "crate"]);
}

#[test]
fn a_path_through_a_re_export_leads_to_the_defining_module() {
    // `a` takes `f` by way of the root, which takes it from `b`. Only `a` uses `b`.
    let files = [
        ("lib.rs", "mod a; mod b; pub use b::f; pub fn root() { a::g() }"),
        ("a.rs", "pub fn g() { crate::f() }"),
        ("b.rs", "pub fn f() {}"),
    ];
    assert_acyclic(&files);
}

#[test]
fn a_module_and_a_function_may_have_the_same_name() {
    let files = [
        ("lib.rs", "mod cut; mod user; pub use cut::cut;"),
        ("cut.rs", "pub fn cut() {} pub struct Cut; fn f() { crate::user::f() }"),
        ("user.rs", "use crate::cut; pub fn f() { cut() }"),
    ];
    assert_cycle(&files, &["cut", "user"]);
    // The import alone brings in the module too, and uses nothing.
    assert_acyclic(&[files[0], files[1], ("user.rs", "use crate::cut; pub fn f() {}")]);
}

#[test]
fn macros_and_attributes_count() {
    let a = ("a.rs", "pub fn f() -> u8 { crate::b::g() } pub fn parse() {}");
    let root = ("lib.rs", "mod a; mod b;");
    assert_cycle(&[root, a, ("b.rs", "pub fn g() -> u8 { println!(\"{}\", crate::a::f()); 1 }")], &["a", "b"]);
    let serde = "pub fn g() -> u8 { 1 }\nstruct S { #[serde(with = \"crate::a::parse\")] f: u8 }";
    assert_cycle(&[root, a, ("b.rs", serde)], &["a", "b"]);
    assert_acyclic(&[root, a, ("b.rs", "/// See [`crate::a::f`].\npub fn g() -> u8 { 1 }")]);
}

#[test]
fn a_macro_of_a_module_above_counts() {
    let files =
        [("lib.rs", "macro_rules! m { () => {} }\nmod a; pub fn f() { a::f() }"), ("a.rs", "pub fn f() { m!() }")];
    assert_cycle(&files, &["a", "crate"]);
}

#[test]
fn code_for_tests_does_not_count() {
    let b = "pub fn f() {} #[cfg(test)] mod tests { use crate::a::g; } #[cfg(all(test, unix))] use crate::a::g;";
    assert_acyclic(&[("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::f; pub fn g() { f() }"), ("b.rs", b)]);
    let b = "pub fn f() {} #[cfg(not(test))] use crate::a::g;";
    assert_cycle(
        &[("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::f; pub fn g() { f() }"), ("b.rs", b)],
        &["a", "b"],
    );
}

#[test]
fn an_inline_module_belongs_to_its_file() {
    let root = "mod a; mod inline { pub fn f() { super::a::g() } pub fn h() {} }";
    assert_cycle(&[("lib.rs", root), ("a.rs", "pub fn g() { crate::inline::h() }")], &["a", "crate"]);
}

#[test]
fn methods_that_are_defined_away_from_their_type_count() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub struct Plan; impl Plan { pub fn run(&self) { self.costs() } }"),
        ("b.rs", "use crate::a::Plan; impl Plan { pub fn costs(&self) {} }"),
    ];
    assert_cycle(&files, &["a", "b"]);
    let a = "pub struct Plan; impl Plan { pub fn run(&self) { self.cost() } fn cost(&self) {} }";
    assert_acyclic(&[files[0], ("a.rs", a), files[2]]);
}

#[test]
fn imports_that_refer_to_each_other_end() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub use crate::b::*; fn f() { g() }"),
        ("b.rs", "pub use crate::a::*;"),
    ];
    assert_acyclic(&files);
}

#[test]
fn binaries_are_checked_too() {
    let files = [("main.rs", "mod a; fn main() { a::f() } fn g() {}"), ("a.rs", "pub fn f() { crate::g() }")];
    assert_cycle(&files, &["a", "crate"]);
}
