//! Tests of repeated runs: killed runs, larger quotas, new classes, temporary and permanent failures.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use testkit::binary;
use testkit::{Workspace, files, images};

use crate::common::server::{Reply, Request, Server};
use crate::common::{kept, run, site, table, web};

fn openverse(server: &Server, per_class: usize, classes: &str) -> String {
    let api = server.url("/v1/images/");
    let common = web(server);
    format!(
        "{common}[[scrape.sources]]\nkind = \"openverse\"\nper_class = {per_class}\napi = \"{api}\"\nclasses = {classes}\n"
    )
}

#[test]
fn a_run_that_is_killed_ten_times_gives_the_same_outputs() {
    const KILLS: usize = 10;
    let config = |server: &Server| {
        openverse(server, 200, "{ disc = [\"disc\"], square = [\"square\"], stripes = [\"stripes\"] }")
    };
    let server = site::start(Duration::from_millis(2));
    let reference = Workspace::new(&config(&server));
    run(&reference, &["--quiet"], 0);
    let needed = server.count(200, "/files/");
    assert!(needed >= 600, "{needed}");

    let killed = Workspace::new(&config(&server));
    let before = server.count(200, "/files/");
    // The kills come at uneven times: after a share of the downloads, plus a few random ones.
    let mut random = 12_345_u64;
    for kill in 0..KILLS {
        let mut child = killed.command(binary("scrape")).arg("--quiet").stderr(Stdio::null()).spawn().unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let until = before + (needed * (kill + 1)) / (KILLS + 1) + (random >> 40) as usize % 20;
        while server.count(200, "/files/") < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis((random >> 50) % 7 + 1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!killed.join("artifacts/scrape/stage.lock.json").exists(), "kill {kill} came too late");
    }
    run(&killed, &["--quiet"], 0);
    let fetched = server.count(200, "/files/") - before;
    // At most one more download than `per_host` is in flight.
    let in_flight = KILLS * (4 + 1);
    assert!(fetched <= needed + in_flight, "{fetched} fetched, {needed} needed");
    assert_eq!(killed.text("artifacts/scrape/manifest.csv"), reference.text("artifacts/scrape/manifest.csv"));
    assert_eq!(killed.text("artifacts/scrape/sources.csv"), reference.text("artifacts/scrape/sources.csv"));
}

#[test]
fn a_larger_quota_and_a_new_class_keep_the_images() {
    let server = site::start(Duration::ZERO);
    let workspace = Workspace::new(&openverse(&server, 20, "{ disc = [\"disc\"] }"));
    run(&workspace, &["--quiet"], 0);
    let first = kept(&workspace, "disc");
    let fetched = server.count(200, "/files/");
    let plan = run(&workspace, &["--dry-run", "--set", "scrape.sources.0.per_class=40"], 0);
    assert!(plan.contains("Requests to send first") && plan.contains("page=3"), "{plan}");
    let requests = server.total();
    run(&workspace, &["--quiet", "--set", "scrape.sources.0.per_class=40"], 0);
    assert_eq!(kept(&workspace, "disc")[..20], first);
    let now = server.count(200, "/files/");
    assert!(requests < server.total() && (20..=30).contains(&(now - fetched)), "{fetched} {now}");

    let both = "scrape.sources.0.classes={disc=[\"disc\"], square=[\"square\"]}";
    run(&workspace, &["--quiet", "--set", both], 0);
    assert_eq!(kept(&workspace, "disc"), first);
    assert_eq!(kept(&workspace, "square").len(), 20);
    assert_eq!(server.count(200, "/files/openverse/disc"), now);
}

#[test]
fn a_dry_run_prints_the_requests_and_sends_none() {
    let server = site::start(Duration::ZERO);
    let workspace = Workspace::new(&openverse(&server, 20, "{ disc = [\"disc\"] }"));
    let plan = run(&workspace, &["--dry-run"], 0);
    assert_eq!(server.total(), 0);
    assert!(!workspace.join("artifacts").exists());
    insta::assert_snapshot!("plan", plan.replace(&server.address.to_string(), "127.0.0.1:80"));
}

#[test]
fn the_placeholder_contact_is_refused() {
    let server = site::start(Duration::ZERO);
    let workspace = Workspace::new(&openverse(&server, 20, "{ disc = [\"disc\"] }"));
    let example = testkit::workspace_root().join("examples/commons.toml");
    let text = std::fs::read_to_string(example).unwrap();
    let contact = text.lines().find(|line| line.starts_with("contact = ")).unwrap();
    let set = format!("scrape.web.{contact}");
    let text = run(&workspace, &["--set", &set], 1);
    assert!(
        text.contains("is still the placeholder your-name@example.org\nhint: set it to your e-mail address"),
        "{text}"
    );
    assert_eq!(server.total(), 0);
}

/// A site of one class whose downloads may fail.
struct FlakySite {
    server: Server,
    /// Whether `gone` and `busy` fail.
    broken: Arc<AtomicBool>,
    /// The bodies of other paths.
    bodies: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    /// The number of downloads, including failed ones.
    downloads: Arc<AtomicUsize>,
}

/// Starts the site.
fn flaky_site() -> FlakySite {
    let (broken, downloads) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let bodies: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
    let (is_broken, count, bodies_of) = (Arc::clone(&broken), Arc::clone(&downloads), Arc::clone(&bodies));
    let server = Server::start(move |request: &Request| {
        if request.path == "/robots.txt" {
            return Reply::new(404, "text/plain", "");
        }
        count.fetch_add(1, Ordering::SeqCst);
        if let Some(body) = bodies_of.lock().unwrap().get(&request.path) {
            return Reply::new(200, "image/jpeg", body.clone());
        }
        let broken = is_broken.load(Ordering::SeqCst);
        let name = request.path.trim_matches('/');
        match name {
            "gone" if broken => Reply::new(404, "text/plain", "gone"),
            "busy" if broken => Reply::new(500, "text/plain", "busy"),
            _ => {
                let index = name.bytes().map(u32::from).sum::<u32>();
                Reply::new(200, "image/jpeg", files::jpeg(&images::draw("disc", index, 96)))
            }
        }
    });
    FlakySite { server, broken, bodies, downloads }
}

/// Creates a workspace with a list of the addresses of `names`.
fn list(site: &FlakySite, names: &[&str]) -> Workspace {
    let config =
        format!("{}[[scrape.sources]]\nkind = \"urls\"\npath = \"list.txt\"\nclass = \"disc\"\n", web(&site.server));
    let workspace = Workspace::new(&config);
    let lines: String = names.iter().map(|name| site.server.url(&format!("/{name}\n"))).collect();
    workspace.write("list.txt", lines);
    workspace
}

/// Returns the rejects as `name: reason`.
fn reasons(workspace: &Workspace) -> Vec<String> {
    let row =
        |row: BTreeMap<String, String>| format!("{}: {}", row["source"].rsplit('/').next().unwrap(), row["reason"]);
    table(workspace, "rejects.csv").into_iter().map(row).collect()
}

#[test]
fn temporary_failures_are_retried_and_permanent_failures_are_not() {
    let site = flaky_site();
    let workspace = list(&site, &["a", "b", "gone", "busy"]);
    let text = run(&workspace, &[], 0);
    assert!(
        text.contains("the stage could not fetch 1 files of urls for class `disc`; the next run tries again"),
        "{text}"
    );
    assert_eq!(reasons(&workspace), ["busy: for now: status 500", "gone: status 404"]);
    // Two, the one that is gone, and the busy one twice.
    assert_eq!(site.downloads.load(Ordering::SeqCst), 5);
    let plan = run(&workspace, &["--dry-run"], 0);
    assert!(plan.contains("would run") && plan.contains("/busy") && !plan.contains("/gone"), "{plan}");

    site.broken.store(false, Ordering::SeqCst);
    run(&workspace, &["--quiet"], 0);
    assert_eq!(reasons(&workspace), ["gone: status 404"]);
    assert_eq!(site.downloads.load(Ordering::SeqCst), 6, "only `busy` was fetched again");
    assert!(run(&workspace, &[], 0).contains("up to date"));

    run(&workspace, &["--quiet", "--retry-failed"], 0);
    assert_eq!(site.downloads.load(Ordering::SeqCst), 7);
    assert_eq!((kept(&workspace, "disc").len(), reasons(&workspace).len()), (4, 0));
    assert!(run(&workspace, &["--retry-failed"], 0).contains("up to date"), "no fetch has failed");
}

#[test]
fn another_limit_invalidates_a_refusal() {
    let site = flaky_site();
    let workspace = list(&site, &["a", "b"]);
    let tight = ["--quiet", "--set", "scrape.max_pixels=9000", "--set", "scrape.min_side=1"];
    run(&workspace, &tight, 1);
    run(&workspace, &["--quiet"], 0);
    assert_eq!(kept(&workspace, "disc").len(), 2);
    // The smallest side is checked without another download.
    let downloads = site.downloads.load(Ordering::SeqCst);
    run(&workspace, &["--quiet", "--set", "scrape.min_side=97"], 1);
    assert_eq!(site.downloads.load(Ordering::SeqCst), downloads);
}

#[test]
fn a_changed_cache_is_fetched_again() {
    let site = flaky_site();
    let workspace = list(&site, &["a", "b", "c"]);
    run(&workspace, &["--quiet"], 0);
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
    run(&workspace, &["--quiet"], 0);
    assert_eq!(workspace.text("artifacts/scrape/manifest.csv"), manifest);
    assert_eq!(site.downloads.load(Ordering::SeqCst), 5);
}

#[test]
fn each_file_that_is_not_an_image_has_its_own_reason() {
    let site = flaky_site();
    let jpeg = files::jpeg(&images::draw("disc", 9, 96));
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let bodies: [(&str, Vec<u8>); 7] = [
        ("html.jpg", b"<!doctype html><html>no such image</html>".to_vec()),
        ("cut.jpg", jpeg[..jpeg.len() * 2 / 3].to_vec()),
        ("huge.png", files::png_claiming(100_000, 100_000)),
        ("script.jpg", svg.into()),
        ("empty.jpg", Vec::new()),
        ("zip-behind.jpg", [b"PK\x03\x04".to_vec(), jpeg.clone()].concat()),
        ("tiny.jpg", files::jpeg(&images::draw("disc", 8, 20))),
    ];
    for (name, body) in &bodies {
        site.bodies.lock().unwrap().insert(format!("/{name}"), body.clone());
    }
    let names: Vec<&str> = bodies.iter().map(|(name, _)| *name).chain(["a", "b"]).collect();
    let workspace = list(&site, &names);
    run(&workspace, &["--quiet"], 0);
    assert_eq!(kept(&workspace, "disc").len(), 2);
    insta::assert_snapshot!("odd", reasons(&workspace).join("\n"));
}

#[test]
fn an_exhausted_budget_keeps_the_downloaded_images() {
    let site = flaky_site();
    let workspace = list(&site, &["a", "b", "c", "d", "e", "f"]);
    let text = run(&workspace, &["--set", "scrape.web.max_requests=4", "--set", "scrape.web.per_host=1"], 0);
    assert!(text.contains("budget of requests is used up"), "{text}");
    assert_eq!(kept(&workspace, "disc").len(), 3, "one request was for robots.txt");
    run(&workspace, &["--quiet"], 0);
    assert_eq!(kept(&workspace, "disc").len(), 6);
    assert_eq!(site.downloads.load(Ordering::SeqCst), 6, "no file was fetched twice");
}
