//! Proxies: which requests go through one, and which destinations are not requested through a proxy.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use web::{AddressClass, Failure, Proxy, Reason, Recorder, Web, WebSettings};

use crate::common::{Server, answer, at, client_of, image, moved, quick, script};
use crate::tls;
use crate::tls::TlsServer;

/// Returns settings with the proxy at the address of `server`.
fn through(server: &Server, scheme: &str) -> WebSettings {
    let mut settings = quick();
    settings.proxy = Proxy::parse(&format!("{scheme}://{}", server.address)).unwrap();
    settings
}

/// Returns a client that looks no name up.
fn client(settings: &WebSettings) -> (Web, Arc<Recorder>) {
    client_of(Recorder::new(([127, 0, 0, 1], 9).into()), settings)
}

#[tokio::test]
async fn requests_go_through_the_proxy_which_resolves_their_names() {
    let proxy = Server::start(|request, _| match request.path.as_str() {
        "http://images.example.org/robots.txt" => answer("200 OK", &[], b"User-agent: *\nDisallow: /private\n"),
        "http://images.example.org/moved.jpg" => moved("http://images.example.org/a.jpg"),
        _ => image(),
    })
    .await;
    let (web, recorder) = client(&through(&proxy, "http"));
    assert_eq!(web.get(&at("http://images.example.org/a.jpg")).await.unwrap().body, b"an image");
    assert_eq!(web.get(&at("http://images.example.org/moved.jpg")).await.unwrap().body, b"an image");
    let private = web.get(&at("http://images.example.org/private/a.jpg")).await.unwrap_err();
    assert_eq!(private, Failure::Refused(Reason::Robots));
    let requests = proxy.requests();
    assert!(requests.iter().all(|request| request.path.starts_with("http://images.example.org/")));
    assert!(requests.iter().all(|request| request.field("host") == Some("images.example.org")));
    assert_eq!((recorder.resolved().len(), recorder.dialled().len()), (0, 0));
}

#[tokio::test]
async fn a_proxy_is_not_asked_for_local_destinations() {
    let proxy = Server::start(|request, _| match request.path.rsplit_once("/to/") {
        Some((_, host)) => moved(&format!("http://{host}/a.jpg")),
        None => answer("404 Not Found", &[], b""),
    })
    .await;
    let (web, recorder) = client(&through(&proxy, "http"));
    let hosts = [
        ("127.0.0.1", Reason::Address(AddressClass::Loopback)),
        ("169.254.169.254", Reason::Address(AddressClass::Metadata)),
        ("10.0.0.1", Reason::Address(AddressClass::Private)),
        ("2130706433", Reason::Address(AddressClass::Loopback)),
        ("[::1]", Reason::Address(AddressClass::Loopback)),
        ("[::ffff:10.0.0.1]", Reason::Address(AddressClass::Embedded)),
        ("localhost", Reason::LocalName),
        ("localhost.", Reason::LocalName),
        ("LOCALHOST", Reason::LocalName),
        ("metadata", Reason::LocalName),
        ("metadata.google.internal", Reason::LocalName),
        ("printer.local", Reason::LocalName),
    ];
    for (host, reason) in hosts {
        let failure = web.get(&at(&format!("http://{host}/a.jpg"))).await.unwrap_err();
        assert_eq!(failure, Failure::Refused(reason), "{host}");
    }
    assert!(proxy.requests().is_empty(), "the proxy received a request for a local destination");
    for (host, reason) in hosts {
        let failure = web.get(&at(&format!("http://images.example.org/to/{host}"))).await.unwrap_err();
        assert_eq!(failure, Failure::Refused(reason), "{host}");
    }
    assert!(proxy.requests().iter().all(|request| request.path.starts_with("http://images.example.org/")));
    let port = web.get(&at("http://images.example.org:6379/")).await.unwrap_err();
    assert_eq!(port, Failure::Refused(Reason::Port));
    assert_eq!(recorder.resolved().len(), 0);
}

#[tokio::test]
async fn exempt_hosts_are_asked_directly() {
    let proxy = Server::start(|_, _| image()).await;
    let inside = Server::start(|_, _| answer("200 OK", &[], b"inside")).await;
    let mut settings = through(&proxy, "http");
    settings.allowed_hosts = vec![inside.address.to_string()];
    settings.respect_robots = false;
    // The recorder leads connections for this address to the same address.
    let (web, _) = client_of(Recorder::new(inside.address), &settings);
    let response = web.get(&at(&format!("http://{}/a.jpg", inside.address))).await.unwrap();
    assert_eq!(response.body, b"inside");
    assert!(proxy.requests().is_empty());
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_stays_end_to_end() {
    let TlsServer { address, certificate } = tls::start("images.example.org", &[], |mut stream| async move {
        let mut piece = [0; 4096];
        while let Ok(1..) = stream.read(&mut piece).await {
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await);
            drop(stream.flush().await);
        }
    })
    .await;
    let proxy = Server::start(move |request, _| {
        assert!(
            request.path == "images.example.org:443" || request.path == "other.example.org:443",
            "{}",
            request.path
        );
        script(move |mut client| async move {
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let mut server = tokio::net::TcpStream::connect(address).await.unwrap();
            drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
        })
    })
    .await;
    let mut settings = through(&proxy, "http");
    settings.respect_robots = false;
    settings.extra_certificates = vec![certificate];
    let (web, recorder) = client(&settings);
    assert_eq!(web.get(&at("https://images.example.org/a.jpg")).await.unwrap().body, b"secret");
    let wrong = web.get(&at("https://other.example.org/a.jpg")).await.unwrap_err();
    assert_eq!(wrong, Failure::Later(Reason::Tls), "the certificate is for another host");
    assert_eq!(recorder.resolved().len(), 0);
}

#[tokio::test]
async fn names_that_a_socks_proxy_leaves_to_us_are_vetted() {
    let proxy = Server::start(|_, _| unreachable!("no request is sent")).await;
    let mut settings = through(&proxy, "socks5");
    settings.respect_robots = false;
    let recorder = Recorder::new(([127, 0, 0, 1], 9).into()).name("inside.example.org", ["10.0.0.1".parse().unwrap()]);
    let (web, recorder) = client_of(recorder, &settings);
    let failure = web.get(&at("http://inside.example.org/a.jpg")).await.unwrap_err();
    assert_eq!(failure, Failure::Refused(Reason::Address(AddressClass::Private)));
    assert_eq!(recorder.dialled(), []);
}

#[tokio::test]
async fn a_proxy_that_is_gone() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut settings = quick();
    settings.proxy = Proxy::parse(&format!("http://{closed}")).unwrap();
    let (web, recorder) = client(&settings);
    for url in ["http://images.example.org/a.jpg", "https://images.example.org/a.jpg"] {
        assert_eq!(web.get(&at(url)).await.unwrap_err(), Failure::Later(Reason::Connect), "{url}");
    }
    assert_eq!(recorder.resolved().len(), 0, "no request goes around the proxy");
}
