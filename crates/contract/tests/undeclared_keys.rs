//! A stage cannot read a key that its view does not declare.
#![allow(missing_docs)]

#[test]
fn an_undeclared_read_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/undeclared/key.rs");
    cases.compile_fail("tests/undeclared/seed.rs");
}
