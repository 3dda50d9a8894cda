//! Which certificates are accepted.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::error::IndexSettingsError;
use crate::settings::IndexSettings;

/// Returns the TLS configurations for hosts whose certificates are checked, and for hosts that the user trusts without a check.
pub(crate) fn configurations(settings: &IndexSettings) -> Result<(ClientConfig, ClientConfig), IndexSettingsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        || match ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions() {
            Ok(builder) => builder,
            Err(error) => unreachable!("this provider has the default protocol versions: {error}"),
        };
    let checked = builder().with_root_certificates(authorities(settings)?);
    let unchecked = builder().dangerous().with_custom_certificate_verifier(Arc::new(AcceptAny(Arc::clone(&provider))));
    let Some(path) = &settings.client_certificate else {
        return Ok((checked.with_no_client_auth(), unchecked.with_no_client_auth()));
    };
    let unusable = |error: &dyn std::fmt::Display| IndexSettingsError::Value {
        key: "client-cert".to_owned(),
        reason: format!("names {}, which has no usable certificate with its key: {error}", path.display()),
    };
    let chain = certificates(path).map_err(|error| unusable(&error))?;
    let key = || PrivateKeyDer::from_pem_file(path).map_err(|error| unusable(&error));
    Ok((
        checked.with_client_auth_cert(chain.clone(), key()?).map_err(|error| unusable(&error))?,
        unchecked.with_client_auth_cert(chain, key()?).map_err(|error| unusable(&error))?,
    ))
}

/// Returns the certificate authorities that the user names, or else those of Mozilla and of the operating system.
fn authorities(settings: &IndexSettings) -> Result<RootCertStore, IndexSettingsError> {
    let Some(path) = &settings.authorities else {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        // Certificates of the operating system that cannot be read are left out. Other clients do the same.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    let unusable = |reason: String| IndexSettingsError::Value { key: "cert".to_owned(), reason };
    let found = if path.is_dir() {
        let entries = fs_err::read_dir(path).map_err(|error| unusable(error.to_string()))?;
        let files = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_file());
        files.flat_map(|file| certificates(&file).unwrap_or_default()).collect()
    } else {
        certificates(path).map_err(|error| unusable(format!("names {}: {error}", path.display())))?
    };
    let mut roots = RootCertStore::empty();
    if roots.add_parsable_certificates(found).0 == 0 {
        return Err(unusable(format!("names {}, which contains no certificate", path.display())));
    }
    Ok(roots)
}

/// Reads the certificates of a PEM file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    if !path.is_file() {
        return Err("there is no such file".to_owned());
    }
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())?;
    certificates.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// Accepts every certificate, because the user trusts the host. The signatures of the handshake are checked.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
