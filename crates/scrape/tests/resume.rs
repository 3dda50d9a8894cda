//! Nothing is fetched twice and nothing is lost: killed runs, more pictures, new classes, passing and lasting failures.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use common::server::{Ask, Reply, Server};
use common::{kept, said, site, table, web};
use testkit::{Workspace, files, images};

fn openverse(server: &Server, per_class: usize, classes: &str) -> String {
    let api = server.url("/v1/images/");
    let common = web(server);
    format!(
        "{common}[[scrape.sources]]\nkind = \"openverse\"\nper_class = {per_class}\napi = \"{api}\"\nclasses = {classes}\n"
    )
}

#[test]
fn a_run_that_is_killed_ten_times_ends_like_any_other() {
    const KILLS: usize = 10;
    let config = |server: &Server| {
        openverse(server, 200, "{ disc = [\"disc\"], square = [\"square\"], stripes = [\"stripes\"] }")
    };
    let server = site::start(Duration::from_millis(2));
    let reference = Workspace::new(&config(&server));
    said(&reference, &["--quiet"], 0);
    let needed = server.count(200, "/files/");
    assert!(needed >= 600, "{needed}");

    let killed = Workspace::new(&config(&server));
    let before = server.count(200, "/files/");
    // Not evenly: each kill comes after some share of what is left, and a few milliseconds at random.
    let mut dice = 12_345_u64;
    for kill in 0..KILLS {
        let mut child = killed.command(cargo_bin("scrape")).arg("--quiet").stderr(Stdio::null()).spawn().unwrap();
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let until = before + (needed * (kill + 1)) / (KILLS + 1) + (dice >> 40) as usize % 20;
        while server.count(200, "/files/") < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis((dice >> 50) % 7 + 1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!killed.join("artifacts/scrape/stage.lock.json").exists(), "kill {kill} came too late");
    }
    said(&killed, &["--quiet"], 0);
    let fetched = server.count(200, "/files/") - before;
    // On their way at a time: one more than the host is asked for at once.
    let in_flight = KILLS * (4 + 1);
    assert!(fetched <= needed + in_flight, "{fetched} fetched, {needed} needed");
    assert_eq!(killed.text("artifacts/scrape/manifest.csv"), reference.text("artifacts/scrape/manifest.csv"));
    assert_eq!(killed.text("artifacts/scrape/sources.csv"), reference.text("artifacts/scrape/sources.csv"));
}

#[test]
fn more_pictures_or_a_new_class_keep_what_is_there() {
    let server = site::start(Duration::ZERO);
    let workspace = Workspace::new(&openverse(&server, 20, "{ disc = [\"disc\"] }"));
    said(&workspace, &["--quiet"], 0);
    let first = kept(&workspace, "disc");
    let fetched = server.count(200, "/files/");
    let plan = said(&workspace, &["--dry-run", "--set", "scrape.sources.0.per_class=40"], 0);
    assert!(plan.contains("Would ask") && plan.contains("page=3"), "{plan}");
    let asked = server.total();
    said(&workspace, &["--quiet", "--set", "scrape.sources.0.per_class=40"], 0);
    assert_eq!(kept(&workspace, "disc")[..20], first);
    let now = server.count(200, "/files/");
    assert!(asked < server.total() && (20..=30).contains(&(now - fetched)), "{fetched} {now}");

    let both = "scrape.sources.0.classes={disc=[\"disc\"], square=[\"square\"]}";
    said(&workspace, &["--quiet", "--set", both], 0);
    assert_eq!(kept(&workspace, "disc"), first);
    assert_eq!(kept(&workspace, "square").len(), 20);
    assert_eq!(server.count(200, "/files/openverse/disc"), now);
}

#[test]
fn a_dry_run_tells_what_would_be_asked_and_fetched_and_asks_nobody() {
    let server = site::start(Duration::ZERO);
    let workspace = Workspace::new(&openverse(&server, 20, "{ disc = [\"disc\"] }"));
    let plan = said(&workspace, &["--dry-run"], 0);
    assert_eq!(server.total(), 0);
    assert!(!workspace.join("artifacts").exists());
    insta::assert_snapshot!("plan", plan.replace(&server.address.to_string(), "127.0.0.1:80"));
}

#[test]
fn the_contact_of_the_example_is_not_told_to_anybody() {
    let server = site::start(Duration::ZERO);
    let workspace = Workspace::new(&openverse(&server, 20, "{ disc = [\"disc\"] }"));
    let example = testkit::workspace_root().join("examples/commons.toml");
    let text = std::fs::read_to_string(example).unwrap();
    let contact = text.lines().find(|line| line.starts_with("contact = ")).unwrap();
    let set = format!("scrape.web.{contact}");
    let said = said(&workspace, &["--set", &set], 1);
    assert!(said.contains("which reaches nobody\nhint: put your e-mail address"), "{said}");
    assert_eq!(server.total(), 0);
}

/// A site of one class whose pictures may fail, and a list of their addresses.
struct Moody {
    server: Server,
    broken: Arc<AtomicBool>,
    odd: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<AtomicUsize>,
}

fn moody() -> Moody {
    let (broken, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let odd: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
    let (is_broken, count, bodies) = (Arc::clone(&broken), Arc::clone(&asked), Arc::clone(&odd));
    let server = Server::start(move |ask: &Ask| {
        if ask.path == "/robots.txt" {
            return Reply::new(404, "text/plain", "");
        }
        count.fetch_add(1, Ordering::SeqCst);
        if let Some(body) = bodies.lock().unwrap().get(&ask.path) {
            return Reply::new(200, "image/jpeg", body.clone());
        }
        let broken = is_broken.load(Ordering::SeqCst);
        let name = ask.path.trim_matches('/');
        match name {
            "gone" if broken => Reply::new(404, "text/plain", "gone"),
            "busy" if broken => Reply::new(500, "text/plain", "busy"),
            _ => {
                let index = name.bytes().map(u32::from).sum::<u32>();
                Reply::new(200, "image/jpeg", files::jpeg(&images::draw("disc", index, 96)))
            }
        }
    });
    Moody { server, broken, odd, asked }
}

fn list(moody: &Moody, names: &[&str]) -> Workspace {
    let config =
        format!("{}[[scrape.sources]]\nkind = \"urls\"\npath = \"list.txt\"\nclass = \"disc\"\n", web(&moody.server));
    let workspace = Workspace::new(&config);
    let lines: String = names.iter().map(|name| moody.server.url(&format!("/{name}\n"))).collect();
    workspace.write("list.txt", lines);
    workspace
}

fn reasons(workspace: &Workspace) -> Vec<String> {
    let row =
        |row: BTreeMap<String, String>| format!("{}: {}", row["source"].rsplit('/').next().unwrap(), row["reason"]);
    table(workspace, "rejects.csv").into_iter().map(row).collect()
}

#[test]
fn what_passes_is_tried_again_and_what_lasts_is_remembered() {
    let moody = moody();
    let workspace = list(&moody, &["a", "b", "gone", "busy"]);
    let text = said(&workspace, &[], 0);
    assert!(
        text.contains("1 of urls for class `disc` could not be fetched for now; the next run tries again"),
        "{text}"
    );
    assert_eq!(reasons(&workspace), ["busy: for now: status 500", "gone: status 404"]);
    // Two, the one that is gone, and the busy one twice.
    assert_eq!(moody.asked.load(Ordering::SeqCst), 5);
    let plan = said(&workspace, &["--dry-run"], 0);
    assert!(plan.contains("would run") && plan.contains("/busy") && !plan.contains("/gone"), "{plan}");

    moody.broken.store(false, Ordering::SeqCst);
    said(&workspace, &["--quiet"], 0);
    assert_eq!(reasons(&workspace), ["gone: status 404"]);
    assert_eq!(moody.asked.load(Ordering::SeqCst), 6, "the busy one alone was asked for again");
    assert!(said(&workspace, &[], 0).contains("up to date"));

    said(&workspace, &["--quiet", "--retry-failed"], 0);
    assert_eq!(moody.asked.load(Ordering::SeqCst), 7);
    assert_eq!((kept(&workspace, "disc").len(), reasons(&workspace).len()), (4, 0));
    assert!(said(&workspace, &["--retry-failed"], 0).contains("up to date"), "nothing has failed any more");
}

#[test]
fn another_limit_makes_a_refusal_void() {
    let moody = moody();
    let workspace = list(&moody, &["a", "b"]);
    let tight = ["--quiet", "--set", "scrape.max_pixels=9000", "--set", "scrape.min_side=1"];
    said(&workspace, &tight, 1);
    said(&workspace, &["--quiet"], 0);
    assert_eq!(kept(&workspace, "disc").len(), 2);
    // The least side is looked at without fetching again.
    let asked = moody.asked.load(Ordering::SeqCst);
    said(&workspace, &["--quiet", "--set", "scrape.min_side=97"], 1);
    assert_eq!(moody.asked.load(Ordering::SeqCst), asked);
}

#[test]
fn a_cache_that_was_altered_is_fetched_again() {
    let moody = moody();
    let workspace = list(&moody, &["a", "b", "c"]);
    said(&workspace, &["--quiet"], 0);
    let manifest = workspace.text("artifacts/scrape/manifest.csv");
    for (place, entry) in std::fs::read_dir(workspace.join("artifacts/scrape/fetched/files")).unwrap().enumerate() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        match place {
            0 => bytes[100] ^= 1,
            1 => bytes.truncate(10),
            _ => {}
        }
        std::fs::write(path, bytes).unwrap();
    }
    said(&workspace, &["--quiet"], 0);
    assert_eq!(workspace.text("artifacts/scrape/manifest.csv"), manifest);
    assert_eq!(moody.asked.load(Ordering::SeqCst), 5);
}

#[test]
fn what_is_no_picture_has_its_own_reason() {
    let moody = moody();
    let jpeg = files::jpeg(&images::draw("disc", 9, 96));
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let bodies: [(&str, Vec<u8>); 7] = [
        ("html.jpg", b"<!doctype html><html>no such picture</html>".to_vec()),
        ("cut.jpg", jpeg[..jpeg.len() * 2 / 3].to_vec()),
        ("huge.png", files::png_claiming(100_000, 100_000)),
        ("script.jpg", svg.into()),
        ("empty.jpg", Vec::new()),
        ("zip-behind.jpg", [b"PK\x03\x04".to_vec(), jpeg.clone()].concat()),
        ("tiny.jpg", files::jpeg(&images::draw("disc", 8, 20))),
    ];
    for (name, body) in &bodies {
        moody.odd.lock().unwrap().insert(format!("/{name}"), body.clone());
    }
    let names: Vec<&str> = bodies.iter().map(|(name, _)| *name).chain(["a", "b"]).collect();
    let workspace = list(&moody, &names);
    said(&workspace, &["--quiet"], 0);
    assert_eq!(kept(&workspace, "disc").len(), 2);
    insta::assert_snapshot!("odd", reasons(&workspace).join("\n"));
}

#[test]
fn a_budget_ends_the_run_with_what_there_is() {
    let moody = moody();
    let workspace = list(&moody, &["a", "b", "c", "d", "e", "f"]);
    let text = said(&workspace, &["--set", "scrape.web.max_requests=4", "--set", "scrape.web.per_host=1"], 0);
    assert!(text.contains("budget of requests is used up"), "{text}");
    assert_eq!(kept(&workspace, "disc").len(), 3, "one request was for robots.txt");
    said(&workspace, &["--quiet"], 0);
    assert_eq!(kept(&workspace, "disc").len(), 6);
    assert_eq!(moody.asked.load(Ordering::SeqCst), 6, "nothing was fetched twice");
}
