//! A server that speaks TLS and answers every request with one and the same answer. Its certificates are good until 2120,
//! or were good in 2020, for `localhost`, and come from an authority that nobody else knows.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/support/certificates")
}

/// The authority's certificate.
pub fn authority() -> PathBuf {
    folder().join("authority.pem")
}

/// Starts it with the certificate of that name: `server` or `expired`.
pub fn start(certificate: &str) -> SocketAddr {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let chain = vec![CertificateDer::from_pem_file(folder().join(format!("{certificate}.pem"))).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder().join("server-key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let Ok(mut socket) = socket else { return };
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = Stream::new(&mut connection, &mut socket);
            let mut request = [0_u8; 4_096];
            if stream.read(&mut request).is_ok_and(|length| length > 0) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
                let _ = stream.flush();
            }
        }
    });
    address
}
