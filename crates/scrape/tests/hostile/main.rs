//! A test of the stage with misbehaving hosts. Every host has its own row and reason in the tables, no forbidden address is
//! dialled, and memory use stays small. The test has its own process, because it measures the peak memory of the process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod answers;
#[path = "../../../web/tests/common/mod.rs"]
mod badly;
mod cases;
#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use badly::{Reply, Server, answer, head, public};
use cases::Case;
use common::table;
use testkit::Workspace;
use web::Recorder;

/// Returns the robots.txt of a host.
fn robots(host: &str) -> Reply {
    let long = |rule: &str| format!("User-agent: *\n{rule}\n{}", "# nothing\n".repeat(1_000_000));
    match host {
        "forbids" => answer("200 OK", &[], b"User-agent: *\nDisallow: /\n"),
        "rules-fail" => answer("500 Internal Server Error", &[], b""),
        "rules-long" => answer("200 OK", &[], long("Disallow: /private").as_bytes()),
        "rules-long-no" => answer("200 OK", &[], long("Disallow: /rules").as_bytes()),
        // The closed connection makes the next request resolve the name again.
        "rebinds" => Reply::Close(head("404 Not Found", &[("content-length", "0"), ("connection", "close")])),
        _ => answer("404 Not Found", &[], b""),
    }
}

/// Returns the names of the test: hosts of cases have a public address, and some other names have forbidden addresses.
fn recorder(server: SocketAddr, cases: &BTreeMap<&'static str, Case>) -> Recorder {
    let address = |text: &str| -> IpAddr { text.parse().unwrap() };
    let start = Recorder::new(server)
        .name("inside.test", [address("127.0.0.1")])
        .name("cloud.test", [public(), address("169.254.169.254")])
        .name("mapped.test", [address("::ffff:10.0.0.1")]);
    let all = cases.keys().fold(start, |recorder, host| recorder.name(&format!("{host}.test"), [public()]));
    all.then("rebinds.test", [address("127.0.0.1")])
}

/// Returns the peak memory of the process in MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024 / 1_000_000
}

#[test]
fn each_case_has_its_own_reason_and_no_forbidden_address_is_dialled() {
    let cases: Arc<BTreeMap<&str, Case>> = Arc::new(cases::all().map(|case| (case.host, case)).collect());
    let answers = Arc::clone(&cases);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(move |request, before| {
        let host = request.field("host").unwrap().trim_end_matches(".test").to_owned();
        if request.path == "/robots.txt" {
            return robots(&host);
        }
        (answers[host.as_str()].reply)(request, before)
    }));
    let workspace = Workspace::new(
        "[scrape.web]\ncontact = \"tests@example.org\"\nrequests_per_second = 0.0\nretries = 1\nparallel = 64\ntimeout_s = 12.0\n[[scrape.sources]]\nkind = \"urls\"\npath = \"list.txt\"\nclass = \"disc\"\n",
    );
    let list: Vec<String> = cases.keys().map(|host| format!("http://{host}.test/{host}.jpg")).collect();
    let list = workspace.write("list.txt", list.join("\n"));
    let recorder = Arc::new(recorder(server.address, &cases));
    let path = |name: &str, path: &std::path::Path| format!("{name}={:?}", path.to_str().unwrap());
    let [list, artifacts] = [path("scrape.sources.0.path", &list), path("artifacts", &workspace.join("artifacts"))];
    let config = workspace.join("pipeline.toml");
    let args = ["scrape", "--quiet", "--config", config.to_str().unwrap(), "--set", &list, "--set", &artifacts];
    scrape::run_by(args, recorder.clone());

    let rejects = table(&workspace, "rejects.csv");
    let found: BTreeMap<&str, &str> =
        rejects.iter().map(|row| (row["source"].rsplit('/').next().unwrap(), row["reason"].as_str())).collect();
    let expected: BTreeMap<String, &str> = cases
        .values()
        .filter(|case| !case.reason.is_empty())
        .map(|case| (format!("{}.jpg", case.host), case.reason))
        .collect();
    let found: BTreeMap<String, &str> = found.into_iter().map(|(name, reason)| (name.to_owned(), reason)).collect();
    assert_eq!(found, expected);
    assert_eq!(rejects.len(), expected.len(), "each case has one row");
    let kept = common::kept(&workspace, "disc");
    assert_eq!(kept.len(), cases.len() - expected.len(), "{kept:?}");

    let dialled = recorder.dialled();
    assert!(dialled.len() >= cases.len());
    for address in dialled {
        assert_eq!(address, SocketAddr::new(public(), 80), "a forbidden address was dialled");
    }
    let peak = peak();
    writeln!(std::io::stderr(), "{} cases, peak memory {peak} MB, including the server", cases.len()).unwrap();
    assert!(peak < 300, "{peak} MB");
    runtime.shutdown_background();
}
