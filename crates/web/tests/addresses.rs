//! No connection to a forbidden address is opened: the recorder would show it.

use std::net::{IpAddr, SocketAddr};

use proptest::prelude::*;
use web::{AddressClass, Failure, HeaderName, Reason, Recorder, Request, classify};

use crate::common;
use crate::common::{Reply, Server, at, client, client_of, image, moved, public, quick};

/// Ways to write a host that is not public, each with its class. `recorder` resolves the names.
const FORBIDDEN: &[(&str, AddressClass)] = &[
    ("169.254.169.254", AddressClass::Metadata),
    ("127.0.0.1", AddressClass::Loopback),
    ("127.1.2.3", AddressClass::Loopback),
    ("[::1]", AddressClass::Loopback),
    ("0.0.0.0", AddressClass::Unspecified),
    ("0.1.2.3", AddressClass::Unspecified),
    ("[::]", AddressClass::Unspecified),
    ("[::ffff:127.0.0.1]", AddressClass::Embedded),
    ("[::ffff:169.254.169.254]", AddressClass::Embedded),
    ("[::7f00:1]", AddressClass::Embedded),
    ("[64:ff9b::7f00:1]", AddressClass::Embedded),
    ("[2002:7f00:1::]", AddressClass::Embedded),
    ("[2001:0:7f00:1::]", AddressClass::Embedded),
    ("2130706433", AddressClass::Loopback),
    ("0177.0.0.1", AddressClass::Loopback),
    ("0x7f.1", AddressClass::Loopback),
    ("127.1", AddressClass::Loopback),
    ("%31%32%37.0.0.1", AddressClass::Loopback),
    ("127.0.0.1.", AddressClass::Loopback),
    ("①②⑦.0.0.1", AddressClass::Loopback),
    ("10.0.0.1", AddressClass::Private),
    ("172.16.0.1", AddressClass::Private),
    ("192.168.1.1", AddressClass::Private),
    ("100.64.0.1", AddressClass::Shared),
    ("100.100.100.200", AddressClass::Metadata),
    ("168.63.129.16", AddressClass::Metadata),
    ("169.254.1.1", AddressClass::LinkLocal),
    ("[fe80::1]", AddressClass::LinkLocal),
    ("[fc00::1]", AddressClass::UniqueLocal),
    ("[fd00:ec2::254]", AddressClass::Metadata),
    ("224.0.0.1", AddressClass::Multicast),
    ("[ff02::1]", AddressClass::Multicast),
    ("255.255.255.255", AddressClass::Broadcast),
    ("240.0.0.1", AddressClass::Reserved),
    ("192.0.2.1", AddressClass::Documentation),
    ("198.51.100.1", AddressClass::Documentation),
    ("203.0.113.1", AddressClass::Documentation),
    ("198.18.0.1", AddressClass::Documentation),
    ("[2001:db8::1]", AddressClass::Documentation),
    ("[100::1]", AddressClass::Reserved),
    ("[4000::1]", AddressClass::Reserved),
    ("loop.test", AddressClass::Loopback),
    ("loop.test.", AddressClass::Loopback),
    ("metadata.test", AddressClass::Metadata),
    ("mapped.test", AddressClass::Embedded),
    ("both.test", AddressClass::Private),
];

fn recorder(server: &Server) -> Recorder {
    let address = |text: &str| -> IpAddr { text.parse().unwrap() };
    Recorder::new(server.address)
        .name("site.test", [public()])
        .name("loop.test", [address("127.0.0.1")])
        .name("metadata.test", [address("169.254.169.254")])
        .name("mapped.test", [address("::ffff:10.0.0.1")])
        .name("both.test", [public(), address("10.0.0.1")])
}

fn only_public(recorder: &Recorder) {
    for address in recorder.dialled() {
        assert_eq!(
            address,
            SocketAddr::new(public(), address.port()),
            "a connection to a forbidden address was opened"
        );
    }
}

#[tokio::test]
async fn forbidden_hosts_are_refused_with_their_class() {
    let server = Server::start(|_, _| image()).await;
    for respect_robots in [true, false] {
        let mut settings = quick();
        settings.respect_robots = respect_robots;
        let (web, recorder) = client_of(recorder(&server), &settings);
        for (host, class) in FORBIDDEN {
            let failure = web.get(&at(&format!("http://{host}/a.jpg"))).await.unwrap_err();
            assert_eq!(failure, Failure::Refused(Reason::Address(*class)), "{host}");
        }
        assert_eq!(recorder.dialled(), [], "no connection is opened for a forbidden host");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn redirects_to_forbidden_hosts_are_refused_too() {
    let server = Server::start(|request, _| match request.path.strip_prefix("/to/") {
        Some(host) => moved(&format!("http://{host}/a.jpg")),
        None => common::answer("404 Not Found", &[], b""),
    })
    .await;
    let (web, recorder) = client_of(recorder(&server), &quick());
    for (host, class) in FORBIDDEN.iter().filter(|(host, _)| host.is_ascii()) {
        let failure = web.get(&at(&format!("http://site.test/to/{host}"))).await.unwrap_err();
        assert_eq!(failure, Failure::Refused(Reason::Address(*class)), "{host}");
    }
    only_public(&recorder);
    assert!(!recorder.dialled().is_empty(), "the redirects are fetched");
}

#[tokio::test]
async fn a_name_that_resolves_differently_the_second_time_is_checked_again() {
    let server = Server::start(|request, _| {
        if request.path == "/robots.txt" {
            // The server closes the connection, so the next request looks the name up again.
            return Reply::Close(common::head("404 Not Found", &[("content-length", "0"), ("connection", "close")]));
        }
        image()
    })
    .await;
    let table = Recorder::new(server.address)
        .name("rebinds.test", [public()])
        .then("rebinds.test", ["127.0.0.1".parse().unwrap()]);
    let (web, recorder) = client_of(table, &quick());
    let failure = web.get(&at("http://rebinds.test/a.jpg")).await.unwrap_err();
    assert_eq!(failure, Failure::Refused(Reason::Address(AddressClass::Loopback)));
    assert_eq!(recorder.resolved(), ["rebinds.test", "rebinds.test"]);
    assert_eq!(recorder.dialled(), [SocketAddr::new(public(), 80)]);
}

#[tokio::test]
async fn robots_txt_that_redirects_to_a_forbidden_host_closes_its_host() {
    let server =
        Server::start(
            |request, _| if request.path == "/robots.txt" { moved("http://127.0.0.1/robots.txt") } else { image() },
        )
        .await;
    let (web, recorder) = client_of(recorder(&server), &quick());
    let failure = web.get(&at("http://site.test/a.jpg")).await.unwrap_err();
    assert_eq!(failure, Failure::Later(Reason::RobotsUnreachable));
    only_public(&recorder);
    assert!(server.paths().is_empty(), "no image is requested");
}

#[tokio::test]
async fn named_hosts_are_exempt_and_no_other_host_borrows_the_exemption() {
    let server = Server::start(|request, _| match request.path.as_str() {
        "/to/inside" => moved(&format!("http://{}/a.jpg", request.field("x-inside").unwrap())),
        "/to/name" => moved("http://loop.test/a.jpg"),
        "/robots.txt" => common::answer("404 Not Found", &[], b""),
        _ => image(),
    })
    .await;
    let mut settings = quick();
    // The recorder cannot lead an address literal elsewhere, so this test uses the real port of the server.
    let inside = server.address.to_string();
    settings.allowed_hosts = vec![inside.clone(), "loop.test".into()];
    let (web, recorder) = client_of(recorder(&server), &settings);
    let to = |url: &str| at(url).header(HeaderName::from_static("x-inside"), inside.parse().unwrap());
    let with_port = format!("http://loop.test:{}/a.jpg", server.address.port());
    for url in [&format!("http://{inside}/a.jpg"), "http://loop.test/a.jpg", &with_port] {
        assert_eq!(web.get(&to(url)).await.unwrap().status, 200, "{url}");
    }
    let moved = web.get(&to(&format!("http://{inside}/to/inside"))).await.unwrap();
    assert_eq!(moved.final_url.as_str(), format!("http://{inside}/a.jpg"));
    let before = recorder.dialled().len();
    // The same hosts after a redirect from another host. Connections to both are open.
    assert_eq!(web.get(&to("http://site.test/to/inside")).await.unwrap_err(), Failure::Refused(Reason::Port));
    assert_eq!(
        web.get(&to("http://site.test/to/name")).await.unwrap_err(),
        Failure::Refused(Reason::Address(AddressClass::Loopback))
    );
    assert_eq!(
        web.get(&at("http://127.0.0.1/a.jpg")).await.unwrap_err(),
        Failure::Refused(Reason::Address(AddressClass::Loopback))
    );
    assert_eq!(recorder.dialled()[before..], [SocketAddr::new(public(), 80)]);
}

#[tokio::test]
async fn urls_that_are_never_allowed() {
    let server = Server::start(|_, _| image()).await;
    let (web, recorder) = client(&server, &quick());
    for (url, reason) in [
        ("ftp://site.test/a.jpg", Reason::Scheme),
        ("file:///etc/passwd", Reason::Scheme),
        ("data:image/png;base64,AA", Reason::Scheme),
        ("gopher://site.test:80/_GET", Reason::Scheme),
        ("http://ann:secret@site.test/a.jpg", Reason::UserInfo),
        ("http://ann@site.test/a.jpg", Reason::UserInfo),
        ("http://site.test:99999/", Reason::Url),
        ("http://", Reason::Url),
        ("a.jpg", Reason::Url),
    ] {
        assert_eq!(web::parse_url(url).unwrap_err(), Failure::Refused(reason), "{url}");
        if let Ok(url) = web::Url::parse(url) {
            assert_eq!(web.get(&Request::image(url)).await.unwrap_err(), Failure::Refused(reason));
        }
    }
    for port in ["22", "25", "6379", "8080"] {
        let failure = web.get(&at(&format!("http://site.test:{port}/a.jpg"))).await.unwrap_err();
        assert_eq!(failure, Failure::Refused(Reason::Port));
    }
    assert!(recorder.dialled().is_empty() && recorder.resolved().is_empty());
    assert_eq!(
        web::parse_url(&format!("http://site.test/{}", "a".repeat(9000))).unwrap_err(),
        Failure::Refused(Reason::Url)
    );
}

#[tokio::test]
async fn redirects_to_other_schemes_and_ports_are_refused() {
    let server = Server::start(|request, _| match request.path.as_str() {
        "/ftp" => moved("ftp://site.test/"),
        "/file" => moved("file:///etc/passwd"),
        "/port" => moved("http://site.test:6379/"),
        "/user" => moved("http://ann:x@site.test/"),
        "/nowhere" => common::answer("302 Found", &[], b""),
        "/garbage" => moved("http://[/"),
        "/loop" => moved("/loop2"),
        "/loop2" => moved("/loop"),
        "/robots.txt" => common::answer("404 Not Found", &[], b""),
        path => match path.strip_prefix("/hop/").and_then(|n| n.parse::<u32>().ok()) {
            Some(0) | None => image(),
            Some(n) => moved(&format!("/hop/{}", n - 1)),
        },
    })
    .await;
    let (web, recorder) = client(&server, &quick());
    for (path, reason) in [
        ("ftp", Reason::Scheme),
        ("file", Reason::Scheme),
        ("port", Reason::Port),
        ("user", Reason::UserInfo),
        ("nowhere", Reason::Location),
        ("garbage", Reason::Location),
        ("loop", Reason::RedirectLoop),
        ("hop/6", Reason::Redirects),
    ] {
        let failure = web.get(&at(&format!("http://site.test/{path}"))).await.unwrap_err();
        assert_eq!(failure, Failure::Refused(reason), "{path}");
    }
    let five = web.get(&at("http://site.test/hop/5")).await.unwrap();
    assert_eq!(five.final_url.as_str(), "http://site.test/hop/0");
    assert!(recorder.dialled().iter().all(|address| *address == SocketAddr::new(public(), 80)));
    assert!(
        !server.paths().contains(&"/hop/0".to_owned())
            || server.paths().iter().filter(|path| *path == "/hop/0").count() == 1
    );
}

#[test]
fn public_addresses_are_public() {
    for address in [
        "93.184.216.34",
        "1.1.1.1",
        "9.9.9.9",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.0.1",
        "100.128.0.1",
        "169.253.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860::8888",
        "2a00:1450::1",
        "2003::1",
    ] {
        assert_eq!(classify(address.parse().unwrap()), None, "{address}");
    }
}

proptest! {
    /// Every IPv6 form of every IPv4 address is refused.
    #[test]
    fn an_embedded_address_is_never_public(v4: [u8; 4], form in 0_usize..5) {
        let high = u16::from_be_bytes([v4[0], v4[1]]);
        let low = u16::from_be_bytes([v4[2], v4[3]]);
        let segments = [
            [0, 0, 0, 0, 0, 0xffff, high, low],
            [0, 0, 0, 0, 0, 0, high, low],
            [0x64, 0xff9b, 0, 0, 0, 0, high, low],
            [0x2002, high, low, 0, 0, 0, 0, 1],
            [0x2001, 0, 1, 2, 3, 4, high, low],
        ][form];
        prop_assert!(classify(IpAddr::from(segments)).is_some());
    }

    /// Every address that the standard library knows as special is refused.
    #[test]
    fn addresses_that_the_standard_library_calls_local_are_not_public(v4: [u8; 4], v6: [u16; 8]) {
        let v4 = std::net::Ipv4Addr::from(v4);
        if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_broadcast() || v4.is_documentation()
            || v4.is_unspecified() || v4.is_multicast() {
            prop_assert!(classify(v4.into()).is_some(), "{v4}");
        }
        let v6 = std::net::Ipv6Addr::from(v6);
        if v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unique_local() || v6.is_unicast_link_local() {
            prop_assert!(classify(v6.into()).is_some(), "{v6}");
        }
    }
}
