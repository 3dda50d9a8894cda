//! Certificates: which servers are accepted with which settings of pip.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use packages::{Index, IndexSettings, Wanted};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use testkit::server::{self, Response};

const FILE: &str = "cat-1.0.tar.gz";
/// The SHA-256 of `meow` as `sha256sum` prints it.
const SHA256: &str = "404cdd7bc109c432f8cc2443b45bcfe95980f5107215c645236e577929ac3e52";

/// Starts an index with a certificate for `localhost` that no authority has signed. Returns its port and the certificate as PEM.
fn start() -> (u16, String) {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![signed.cert.der().clone()], key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            // A client that rejects the certificate sends no request.
            let Some(request) = server::read(&mut stream) else { continue };
            let answer = match request.path.as_str() {
                "/simple/cat/" => Response::ok(format!("<a href={FILE}>x</a>")),
                _ => Response::ok("meow"),
            };
            server::write(&mut stream, &answer);
            stream.conn.send_close_notify();
            stream.conn.complete_io(&mut stream.sock).ok();
        }
    });
    let text = BASE64_STANDARD.encode(signed.cert.der());
    (port, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"))
}

/// Fetches the file with these settings. Returns the message of the error.
fn fetch(port: u16, home: &Path, settings: &[(&'static str, &str)]) -> Result<(), String> {
    let mut variables = BTreeMap::from([
        ("PIP_CONFIG_FILE", OsString::from("/dev/null")),
        ("PIP_INDEX_URL", format!("https://localhost:{port}/simple").into()),
        ("HOME", home.into()),
    ]);
    variables.extend(settings.iter().map(|(name, value)| (*name, OsString::from(value))));
    let settings = IndexSettings::read(&|name| variables.get(name).cloned()).unwrap();
    let index = Index::open(settings.with_first_wait(Duration::from_millis(1))).map_err(|error| error.to_string())?;
    let wanted = Wanted { package: "cat", file: FILE, sha256: SHA256, bytes: 4 };
    index.fetch(&wanted, home, &mut |_| ()).map(drop).map_err(|error| error.to_string())
}

#[test]
fn a_certificate_is_checked_unless_the_host_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (port, pem) = start();
    let message = fetch(port, folder.path(), &[]).unwrap_err();
    assert!(message.contains("invalid peer certificate: UnknownIssuer"), "{message}");
    let file = folder.path().join("ca.pem");
    fs_err::write(&file, pem).unwrap();
    for setting in ["PIP_CERT", "REQUESTS_CA_BUNDLE"] {
        fetch(port, folder.path(), &[(setting, file.to_str().unwrap())]).unwrap();
    }
    fetch(port, folder.path(), &[("PIP_CERT", folder.path().to_str().unwrap())]).unwrap();
    fetch(port, folder.path(), &[("PIP_TRUSTED_HOST", "localhost")]).unwrap();
    fetch(port, folder.path(), &[("PIP_TRUSTED_HOST", &format!("localhost:{port}"))]).unwrap();
    let message = fetch(port, folder.path(), &[("PIP_TRUSTED_HOST", "localhost:1 example.org")]).unwrap_err();
    assert!(message.contains("invalid peer certificate"), "{message}");
}

#[test]
fn a_file_without_a_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    fs_err::write(&file, "my notes").unwrap();
    let name = file.to_str().unwrap();
    let expected = format!("pip's setting `cert` names {name}, which contains no certificate");
    assert_eq!(fetch(1, folder.path(), &[("PIP_CERT", name)]).unwrap_err(), expected);
    let expected = "pip's setting `cert` names /no/such/file: there is no such file";
    assert_eq!(fetch(1, folder.path(), &[("PIP_CERT", "/no/such/file")]).unwrap_err(), expected);
    let message = fetch(1, folder.path(), &[("PIP_CLIENT_CERT", name)]).unwrap_err();
    assert!(
        message.starts_with(&format!("pip's setting `client-cert` names {name}, which has no usable certificate")),
        "{message}"
    );
}
