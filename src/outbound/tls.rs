//! Whom the bridge believes: the public authorities, and those of a file.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::OutboundError;

/// How connections are encrypted.
pub(super) fn config(extra: Option<&Path>) -> Result<ClientConfig, OutboundError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = extra {
        let wrong = |problem: &str| OutboundError::Setup(format!("sso.extra_ca_file {}: {problem}", path.display()));
        let (mut found, text) = (0, std::fs::read(path).map_err(|error| wrong(&error.to_string()))?);
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|_| wrong("is not PEM"))?;
            roots.add(certificate).map_err(|error| wrong(&error.to_string()))?;
            found += 1;
        }
        if found == 0 {
            return Err(wrong("holds no certificate"));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OutboundError::Setup(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
