//! A credential reaches only its host and appears in no text.

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use web::{Failure, HeaderName, Reason, Recorder, Request, Secret};

use crate::common::{Reply, Server, answer, client, client_of, moved, public, quick};
use crate::tls;
use crate::tls::TlsServer;

const KEY: &str = "k/e+y 1";

fn request(url: &str) -> Request {
    Request::api(web::parse_url(url).unwrap())
        .secret_query("key", Secret::new(KEY))
        .secret_header(HeaderName::from_static("authorization"), Secret::new("Bearer t0ken"))
        .header(HeaderName::from_static("x-plain"), web::HeaderValue::from_static("yes"))
}

fn shows_nothing(text: &str) {
    for secret in [KEY, "k%2Fe%2By+1", "k%2fe%2by+1", "k%2Fe%2By%201", "t0ken"] {
        assert!(!text.contains(secret), "{secret} shows in {text}");
    }
}

#[tokio::test]
async fn credentials_go_only_to_their_host() {
    let server = Server::start(|request, _| match request.path.split('?').next().unwrap() {
        "/same" => moved("/end"),
        "/other" => moved("http://other.test/end"),
        "/back" => moved("http://other.test/return"),
        "/return" => moved("http://site.test/end"),
        "/echo" => moved(&format!("/end?{}", request.path.split_once('?').unwrap().1)),
        "/leak" => moved(&format!("http://other.test/end?{}", request.path.split_once('?').unwrap().1)),
        _ => answer("200 OK", &[], b"{}"),
    })
    .await;
    let (web, _) = client(&server, &quick());
    let last = || server.requests().last().unwrap().clone();

    let response = web.get(&request("http://site.test/plain?q=cat")).await.unwrap();
    assert_eq!(last().path, "/plain?q=cat&key=k%2Fe%2By+1");
    assert_eq!(last().field("authorization"), Some("Bearer t0ken"));
    assert_eq!(response.final_url.as_str(), "http://site.test/plain?q=cat&key=***");

    web.get(&request("http://site.test/same")).await.unwrap();
    assert_eq!((last().path.as_str(), last().field("authorization")), ("/end", Some("Bearer t0ken")));
    web.get(&request("http://site.test/other")).await.unwrap();
    assert_eq!(
        (last().path.as_str(), last().field("authorization"), last().field("x-plain")),
        ("/end", None, Some("yes"))
    );
    web.get(&request("http://site.test/back")).await.unwrap();
    assert_eq!((last().field("host"), last().field("authorization")), (Some("site.test"), None));

    let response = web.get(&request("http://site.test/echo")).await.unwrap();
    shows_nothing(response.final_url.as_str());
    let count = server.requests().len();
    let failure = web.get(&request("http://site.test/leak")).await.unwrap_err();
    assert_eq!(failure, Failure::Refused(Reason::Credential));
    assert_eq!(server.requests().len(), count + 1, "the other host receives no request");
}

#[tokio::test]
async fn no_text_shows_a_credential() {
    let request = request("http://nowhere.test/search");
    shows_nothing(&format!("{request:?} {:?} {}", Secret::new(KEY), Secret::new(KEY)));
    assert_eq!(request.url().as_str(), "http://nowhere.test/search");
    let server = Server::start(|_, _| Reply::Reset).await;
    let (web, _) = client(&server, &quick());
    let failure = web.get(&request).await.unwrap_err();
    shows_nothing(&format!("{failure:?} {failure}"));
    let echoed = format!("{{\"error\": \"bad key {KEY} in /search?key=k%2fe%2by+1\"}}");
    shows_nothing(&Secret::new(KEY).hide_in(&echoed));
    let broken = Request::api(web::parse_url("http://site.test/").unwrap())
        .secret_header(HeaderName::from_static("x-key"), Secret::new("a\nb"));
    assert_eq!(web.get(&broken).await.unwrap_err(), Failure::Refused(Reason::Credential));
}

/// Starts a server with a certificate for `site.test` that answers every read with `reply`.
async fn tls_server(reply: &'static [u8]) -> TlsServer {
    tls::start("site.test", &[], move |mut stream| async move {
        let mut piece = [0; 4096];
        while let Ok(1..) = stream.read(&mut piece).await {
            if stream.write_all(reply).await.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
    })
    .await
}

#[tokio::test]
async fn https_needs_a_certificate_of_a_known_authority_for_that_very_name() {
    let TlsServer { address, certificate } = tls_server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let table = || Recorder::new(address).name("site.test", [public()]).name("other.test", [public()]);
    let mut settings = quick();
    let get = async |web: &web::Web, url: &str| web.get(&request(url)).await.map(|response| response.status);
    let (web, _) = client_of(table(), &settings);
    assert_eq!(get(&web, "https://site.test/").await, Err(Failure::Later(Reason::Tls)), "this authority is unknown");
    settings.extra_certificates = vec![certificate];
    let (web, recorder) = client_of(table(), &settings);
    assert_eq!(get(&web, "https://site.test/").await, Ok(200));
    assert_eq!(recorder.dialled()[0].port(), 443);
    assert_eq!(
        get(&web, "https://other.test/").await,
        Err(Failure::Later(Reason::Tls)),
        "the certificate is for another host"
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await);
        }
    });
    let (web, _) = client_of(Recorder::new(plain).name("site.test", [public()]), &settings);
    assert_eq!(
        get(&web, "https://site.test/").await,
        Err(Failure::Later(Reason::Tls)),
        "the server does not speak TLS"
    );
}

#[tokio::test]
async fn credentials_are_never_sent_without_encryption() {
    let TlsServer { address, certificate } =
        tls_server(b"HTTP/1.1 302 Found\r\nlocation: http://site.test/\r\ncontent-length: 0\r\n\r\n").await;
    let mut settings = quick();
    settings.extra_certificates = vec![certificate];
    let (web, recorder) = client_of(Recorder::new(address).name("site.test", [public()]), &settings);
    assert_eq!(web.get(&request("https://site.test/")).await.unwrap_err(), Failure::Refused(Reason::Credential));
    assert_eq!(recorder.dialled().len(), 1);
    // Without credentials the redirect is followed. Here it leads to a server that speaks only TLS.
    web.get(&Request::api(web::parse_url("https://site.test/").unwrap())).await.unwrap_err();
    assert_eq!(recorder.dialled().last().unwrap().port(), 80);
}

proptest! {
    /// Any text around the credential, and each encoding.
    #[test]
    fn a_credential_is_hidden_everywhere(secret in "[!-~]{4,20}", before in "[a-z ]{0,9}", after in "[a-z ]{0,9}") {
        let mut url = web::Url::parse("http://a.test/").unwrap();
        url.query_pairs_mut().append_pair("key", &secret);
        let encoded = url.query().unwrap().strip_prefix("key=").unwrap().to_owned();
        for form in [secret.clone(), encoded] {
            let hidden = Secret::new(secret.clone()).hide_in(&format!("{before}{form}{after}{form}"));
            prop_assert_eq!(hidden, format!("{before}***{after}***"));
        }
    }
}
