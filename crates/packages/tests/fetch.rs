//! Fetching a file from package indexes on loopback: what is asked, what is accepted, what is continued.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use packages::{Event, FetchError, Index, IndexSettings, Wanted};
use tempfile::TempDir;
use testkit::Server;
use testkit::server::{Request, Response};

const FILE: &str = "pets_shop-1.0.tar.gz";
const JSON: &str = "application/vnd.pypi.simple.v1+json";

/// The file, and its SHA-256 as `sha256sum` prints it.
fn pets() -> (Vec<u8>, &'static str) {
    (b"meow\n".repeat(2000), "78e1ea8bff3233981eb2043ee1fea4b50966e8d8ab1a1f441c6ea26b8cb20704")
}

/// A user with a folder for files and with settings for pip.
struct User {
    folder: TempDir,
    variables: BTreeMap<&'static str, OsString>,
}

impl User {
    fn new(index: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let variables = BTreeMap::from([
            ("PIP_CONFIG_FILE", OsString::from("/dev/null")),
            ("PIP_INDEX_URL", index.into()),
            ("PIP_RETRIES", "2".into()),
            ("HOME", folder.path().into()),
        ]);
        Self { folder, variables }
    }

    fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name, value.into());
        self
    }

    fn fetch(&self) -> Result<PathBuf, FetchError> {
        self.fetch_reporting(&mut |_| ())
    }

    fn fetch_reporting(&self, report: &mut dyn FnMut(Event)) -> Result<PathBuf, FetchError> {
        let settings = IndexSettings::read(&|name| self.variables.get(name).cloned()).unwrap();
        let (bytes, sha256) = pets();
        let wanted = Wanted { package: "Pets_Shop", file: FILE, sha256, bytes: bytes.len() as u64 };
        let index = Index::open(settings.with_first_wait(Duration::from_millis(1))).unwrap();
        index.fetch(&wanted, self.folder.path(), report)
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join(format!("{FILE}.part"))
    }

    /// Fetches the file and checks it.
    fn assert_fetched(&self) {
        let path = self.fetch().unwrap();
        assert_eq!(path, self.folder.path().join(FILE));
        assert!(fs_err::read(path).unwrap() == pets().0);
        assert!(!self.part().exists());
    }

    fn message(&self) -> String {
        let message = self.fetch().unwrap_err().to_string();
        assert!(!self.folder.path().join(FILE).exists());
        message
    }
}

/// Returns a page of an index as HTML, with the SHA-256 of the file.
fn page(request: &Request) -> Option<Response> {
    let text = format!("<a href='/files/{FILE}#sha256={}'>{FILE}</a>", pets().1);
    (request.path == "/simple/pets-shop/").then(|| Response::ok(text).with("Content-Type", "text/html"))
}

/// Returns an index that serves the file with `answer`.
fn index(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Server {
    Server::start(move |request| page(request).unwrap_or_else(|| answer(request)))
}

fn counted(answer: impl Fn(usize, &Request) -> Response + Send + Sync + 'static) -> Server {
    let count = AtomicUsize::new(0);
    index(move |request| answer(count.fetch_add(1, Ordering::Relaxed), request))
}

#[test]
fn one_page_and_one_file_are_requested() {
    let server = index(|request| Response::file(&pets().0, request));
    User::new(&server.url("/simple/")).assert_fetched();
    assert_eq!(server.paths(), ["/simple/pets-shop/".to_owned(), format!("/files/{FILE}")]);
    let accept = &server.requests()[0].headers["accept"];
    assert!(accept.starts_with(JSON) && accept.contains("text/html"), "{accept}");
}

#[test]
fn an_index_can_answer_in_json_without_a_hash() {
    let server = Server::start(|request| match request.path.as_str() {
        "/simple/pets-shop/" => {
            let text =
                format!("{{\"files\": [{{\"filename\": \"{FILE}\", \"url\": \"../../x?a=1\", \"hashes\": {{}}}}]}}");
            Response::ok(text).with("Content-Type", JSON)
        }
        "/x?a=1" => Response::file(&pets().0, request),
        _ => Response::status(404),
    });
    User::new(&server.url("/simple")).assert_fetched();
}

#[test]
fn a_broken_download_continues_where_it_broke() {
    let server = counted(|count, request| Response {
        cut: Some([100, 3000, 10_000][count.min(2)]),
        ..Response::file(&pets().0, request)
    });
    let user = User::new(&server.url("/simple"));
    let mut waits = 0;
    user.fetch_reporting(&mut |event| waits += usize::from(matches!(event, Event::Waiting(..)))).unwrap();
    assert!(fs_err::read(user.folder.path().join(FILE)).unwrap() == pets().0);
    let ranges: Vec<_> = server.requests().iter().filter_map(|request| request.headers.get("range").cloned()).collect();
    assert_eq!((waits, ranges), (2, vec!["bytes=100-".to_owned(), "bytes=3100-".to_owned()]));
}

#[test]
fn a_later_run_continues_what_an_earlier_run_has_left() {
    let server = index(|request| Response::file(&pets().0, request));
    let user = User::new(&server.url("/simple"));
    fs_err::write(user.part(), &pets().0[..7000]).unwrap();
    user.assert_fetched();
    assert_eq!(server.requests()[1].headers["range"], "bytes=7000-");
    // A complete partial file needs no request for the file.
    fs_err::write(user.part(), pets().0).unwrap();
    user.assert_fetched();
    assert_eq!(server.paths().len(), 3);
}

#[test]
fn a_server_without_ranges_and_a_damaged_partial_file_lead_to_a_new_download() {
    let server = index(|_| Response::ok(pets().0));
    let user = User::new(&server.url("/simple"));
    fs_err::write(user.part(), &pets().0[..7000]).unwrap();
    user.assert_fetched();
    let server = index(|request| Response::file(&pets().0, request));
    for damaged in [b"woof\n".repeat(100), b"woof\n".repeat(2000), b"woof\n".repeat(9000)] {
        let user = User::new(&server.url("/simple"));
        fs_err::write(user.part(), damaged).unwrap();
        user.assert_fetched();
    }
}

#[test]
fn temporary_failures_are_tried_again_and_others_are_not() {
    let server = counted(|count, request| match count {
        0 => Response::status(503),
        1 => Response::status(429).with("Retry-After", "0"),
        _ => Response::file(&pets().0, request),
    });
    User::new(&server.url("/simple")).assert_fetched();
    let server = index(|_| Response::status(503));
    let message = User::new(&server.url("/simple")).message();
    assert!(message.ends_with("answered 503 Service Unavailable"), "{message}");
    assert_eq!(server.paths().len(), 1 + 3, "two retries");
    let server = index(|_| Response::status(403));
    let user = User::new(&server.url("/simple"));
    let error = user.fetch().unwrap_err();
    assert!(
        matches!(error, FetchError::Failed { .. }) && error.to_string().ends_with("answered 403 Forbidden"),
        "{error}"
    );
    assert_eq!(server.paths().len(), 2);
}

#[test]
fn another_file_is_not_accepted() {
    let same_length = b"woof\n".repeat(2000);
    for (body, why) in [
        (same_length, "its SHA-256 is "),
        (b"woof".to_vec(), "it has 4 bytes, not 10000"),
        (b"woof\n".repeat(90_000), "it has 450000 bytes, not 10000"),
    ] {
        let server = index(move |_| Response::ok(body.clone()));
        let user = User::new(&server.url("/simple"));
        let message = user.message();
        assert!(message.starts_with(&format!("the package index has another file `{FILE}`: {why}")), "{message}");
        assert!(!user.part().exists());
    }
    // A page that states another hash saves the download.
    let server = Server::start(|_| Response::ok(format!("<a href='{FILE}#sha256={}'>x</a>", "0".repeat(64))));
    let message = User::new(&server.url("/simple")).message();
    assert!(message.contains("its SHA-256 is 0000"), "{message}");
    assert_eq!(server.paths().len(), 1);
}

#[test]
fn all_sources_are_asked_in_turn_and_named_in_the_error() {
    let empty = Server::start(|_| Response::status(404));
    let other = Server::start(|_| Response::ok("<a href='pets_shop-2.0.tar.gz'>x</a>"));
    let good = index(|request| Response::file(&pets().0, request));
    let user = User::new(&empty.url("/simple"))
        .with("PIP_EXTRA_INDEX_URL", format!("{} {}", other.url(""), good.url("/simple")));
    user.assert_fetched();
    let user = User::new(&empty.url("/simple")).with("PIP_EXTRA_INDEX_URL", other.url("/b"));
    let error = user.fetch().unwrap_err();
    assert!(matches!(error, FetchError::NotFound { .. }));
    let expected = format!(
        "no package index has `{FILE}`: {}: answered 404 Not Found; {}: does not have the file",
        empty.url("/simple/pets-shop/"),
        other.url("/b/pets-shop/")
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_file_in_a_folder_needs_no_index() {
    let user = User::new("http://127.0.0.1:9/simple").with("PIP_NO_INDEX", "1");
    let folder = user.folder.path().join("wheels");
    fs_err::create_dir(&folder).unwrap();
    let user = user.with("PIP_FIND_LINKS", &folder);
    assert_eq!(user.message(), format!("no package index has `{FILE}`: {}: does not have the file", folder.display()));
    fs_err::write(folder.join(FILE), b"woof\n".repeat(2000)).unwrap();
    assert!(user.fetch().is_err(), "a file with another hash is not the file");
    fs_err::write(folder.join(FILE), pets().0).unwrap();
    user.assert_fetched();
    let url = format!("file://{}", folder.display());
    user.with("PIP_FIND_LINKS", url).assert_fetched();
    // `find-links` can also be a page.
    let server = Server::start(|request| match request.path.as_str() {
        "/links.html" => Response::ok(format!("<a href={FILE}>x</a>")),
        _ => Response::file(&pets().0, request),
    });
    User::new("").with("PIP_NO_INDEX", "1").with("PIP_FIND_LINKS", server.url("/links.html")).assert_fetched();
}

/// `ann:s%26cret` as base64, computed with `printf 'ann:s&cret' | base64`.
const ANN: &str = "Basic YW5uOnMmY3JldA==";

#[test]
fn credentials_go_to_their_host_and_to_no_other() {
    let stranger = Server::start(|request| Response::file(&pets().0, request));
    let elsewhere = stranger.url(&format!("/{FILE}")).replace("127.0.0.1", "localhost");
    let seen: Arc<AtomicUsize> = Arc::default();
    let count = Arc::clone(&seen);
    let server = Server::start(move |request| {
        if request.headers.get("authorization").is_none_or(|found| found != ANN) {
            return Response::status(401);
        }
        count.fetch_add(1, Ordering::Relaxed);
        match request.path.as_str() {
            "/moved/pets-shop/" => Response::status(301).with("Location", "/simple/pets-shop/"),
            "/simple/pets-shop/" => Response::ok(format!("<a href=/files/{FILE}>x</a>")),
            _ => Response::status(302).with("Location", &elsewhere),
        }
    });
    let user = User::new(&server.url("/moved").replace("http://", "http://ann:s%26cret@"));
    user.assert_fetched();
    assert_eq!(seen.load(Ordering::Relaxed), 3);
    assert!(!stranger.requests()[0].headers.contains_key("authorization"));
    // The credentials can also be in `.netrc`.
    let user = User::new(&server.url("/moved"));
    assert!(user.message().contains("answered 401 Unauthorized"));
    fs_err::write(user.folder.path().join(".netrc"), "machine 127.0.0.1\nlogin ann\npassword s&cret\n").unwrap();
    user.assert_fetched();
    // The stranger has the same name and another port, and its address has no TLS. It receives none.
    assert!(stranger.requests().iter().all(|request| !request.headers.contains_key("authorization")));
}

#[test]
fn no_message_shows_a_password() {
    let server = Server::start(|_| Response::status(401));
    let user = User::new(&server.url("/simple").replace("http://", "http://ann:secret@"));
    let message = user.message();
    assert!(message.contains(&server.url("/simple/pets-shop/")) && !message.contains("secret"), "{message}");
    let user = User::new("http://ann:secret@127.0.0.1:1/simple");
    let message = user.message();
    assert!(!message.contains("secret"), "{message}");
}

#[test]
fn a_page_leads_neither_to_local_files_nor_in_circles() {
    let secret = tempfile::tempdir().unwrap();
    let path = secret.path().join(FILE);
    fs_err::write(&path, pets().0).unwrap();
    let link = format!("<a href='file://{}'>x</a>", path.display());
    let server = Server::start(move |_| Response::ok(link.clone()));
    let message = User::new(&server.url("/simple")).message();
    assert!(message.ends_with("the address is not one of HTTP"), "{message}");
    let server = Server::start(|request| Response::status(302).with("Location", &request.path));
    let message = User::new(&server.url("/simple")).message();
    assert!(message.ends_with("answered with more than 10 redirects"), "{message}");
    assert_eq!(server.paths().len(), 11);
}

#[test]
fn the_proxy_of_pip_is_used() {
    let proxy = Server::start(|request| match request.path.as_str() {
        "http://index.invalid/simple/pets-shop/" => Response::ok(format!("<a href=/files/{FILE}>x</a>")),
        _ => Response::file(&pets().0, request),
    });
    let user =
        User::new("http://index.invalid/simple").with("PIP_PROXY", proxy.url("").replace("http://", "http://ann:pw@"));
    user.assert_fetched();
    assert_eq!(proxy.paths()[1], format!("http://index.invalid/files/{FILE}"));
    assert!(proxy.requests()[1].headers.contains_key("proxy-authorization"));
}
