//! What the tests of the web sources share.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses its part")]

pub mod server;
pub mod site;

use std::collections::BTreeMap;
use std::process::Output;

use assert_cmd::cargo::cargo_bin;
use testkit::Workspace;

use server::Server;

/// The part of a configuration that every test of the web needs.
pub fn web(server: &Server) -> String {
    format!(
        "[scrape.web]\ncontact = \"tests@example.org\"\nrequests_per_second = 0.0\nper_host = 4\nretries = 1\nallowed_hosts = [\"{}\"]\n",
        server.address
    )
}

/// Runs the stage, with the credentials that the made-up site knows.
pub fn scrape(workspace: &Workspace, args: &[&str]) -> Output {
    let mut command = workspace.command(cargo_bin("scrape"));
    command.env("GOOGLE_API_KEY", site::KEY).env("GOOGLE_ENGINE_ID", site::ENGINE).env_remove("OPENVERSE_TOKEN");
    command.args(args).output().unwrap()
}

/// Runs the stage, which has to end with `code`, and gives what it said.
pub fn said(workspace: &Workspace, args: &[&str], code: i32) -> String {
    let output = scrape(workspace, args);
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

/// The rows of a table, each by its columns' names.
pub fn table(workspace: &Workspace, name: &str) -> Vec<BTreeMap<String, String>> {
    let text = workspace.text(format!("artifacts/scrape/{name}"));
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// The places of the kept pictures of a class.
pub fn kept(workspace: &Workspace, class: &str) -> Vec<String> {
    let rows = table(workspace, "sources.csv").into_iter();
    rows.filter(|row| row["class"] == class && row["status"] == "kept").map(|row| row["source"].clone()).collect()
}
