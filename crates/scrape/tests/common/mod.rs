//! Shared code of the tests of the web sources.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part of the module")]

pub mod server;
pub mod site;

use std::collections::BTreeMap;
use std::process::Output;

use testkit::Workspace;
use testkit::binary;

use server::Server;

/// Returns the section `[scrape.web]` for a test server.
pub fn web(server: &Server) -> String {
    format!(
        "[scrape.web]\ncontact = \"tests@example.org\"\nrequests_per_second = 0.0\nper_host = 4\nretries = 1\nallowed_hosts = [\"{}\"]\n",
        server.address
    )
}

/// Runs the stage with the credentials of the test site.
pub fn scrape(workspace: &Workspace, args: &[&str]) -> Output {
    let mut command = workspace.command(binary("scrape"));
    command.env("GOOGLE_API_KEY", site::KEY).env("GOOGLE_ENGINE_ID", site::ENGINE).env_remove("OPENVERSE_TOKEN");
    command.args(args).output().unwrap()
}

/// Runs the stage, checks its exit code, and returns its stderr and stdout.
pub fn run(workspace: &Workspace, args: &[&str], code: i32) -> String {
    let output = scrape(workspace, args);
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

/// Returns the rows of a table, each by column name.
pub fn table(workspace: &Workspace, name: &str) -> Vec<BTreeMap<String, String>> {
    let text = workspace.text(format!("artifacts/scrape/{name}"));
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// Returns the locations of the kept images of a class.
pub fn kept(workspace: &Workspace, class: &str) -> Vec<String> {
    let rows = table(workspace, "sources.csv").into_iter();
    rows.filter(|row| row["class"] == class && row["status"] == "kept").map(|row| row["source"].clone()).collect()
}
