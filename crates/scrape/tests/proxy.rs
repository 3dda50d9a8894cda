//! `scrape.web.proxy = "env"`: the stage reads the proxy of the environment, and only then.

use testkit::Workspace;
use testkit::binary;

use crate::common;
use crate::common::server::{Reply, Server};

/// Runs the stage on `list` with a proxy in the environment and `setting` in `[scrape.web]`. Returns the workspace.
fn run(proxy: &Server, setting: &str, list: &str) -> Workspace {
    let web = "[scrape.web]\ncontact = \"tests@example.org\"\nretries = 0\n";
    let source = "[[scrape.sources]]\nkind = \"urls\"\npath = \"list.txt\"\nclass = \"disc\"\n";
    let workspace = Workspace::new(&format!("{web}{setting}{source}"));
    workspace.write("list.txt", list);
    let mut command = workspace.command(binary("scrape"));
    command.env("HTTP_PROXY", proxy.url("")).env_remove("NO_PROXY").env_remove("no_proxy").arg("--quiet");
    command.output().unwrap();
    workspace
}

/// Returns the reason why the address of `host` was rejected.
fn reason(workspace: &Workspace, host: &str) -> String {
    let failed = workspace.join("artifacts/scrape/rejects.unfinished.csv").exists();
    let rows = common::table(workspace, if failed { "rejects.unfinished.csv" } else { "rejects.csv" });
    rows.into_iter().find(|row| row["source"].contains(host)).unwrap()["reason"].clone()
}

#[test]
fn the_proxy_of_the_environment_is_used_only_when_the_configuration_says_so() {
    let proxy = Server::start(|ask| {
        if ask.path.ends_with("robots.txt") {
            Reply::new(404, "text/plain", "no")
        } else {
            Reply::new(200, "image/jpeg", common::site::bytes("urls", "disc", 0))
        }
    });
    let workspace = run(&proxy, "", "http://localhost/a.jpg\n");
    assert_eq!(reason(&workspace, "localhost"), "address is not public: loopback");
    assert_eq!(proxy.total(), 0);

    let list = "http://localhost/a.jpg\nhttp://127.0.0.1/a.jpg\nhttp://images.example.org/a.jpg\n";
    let workspace = run(&proxy, "proxy = \"env\"\n", list);
    assert_eq!(reason(&workspace, "localhost"), "name is local, which a proxy is not asked for");
    assert_eq!(reason(&workspace, "127.0.0.1"), "address is not public: loopback");
    // The proxy answers for a name that this machine does not look up.
    assert_eq!(common::kept(&workspace, "disc"), ["http://images.example.org/a.jpg"]);
    assert_eq!(proxy.total(), 2, "robots.txt and the image");
}
