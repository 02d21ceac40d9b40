//! How the bridge reaches the providers that people sign in at.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use crate::outbound::OutboundSettings;

/// How the bridge reaches providers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sso {
    /// Whether a provider may be on this machine, and without encryption: for tests and the demo.
    pub allow_loopback: bool,
    /// A file of certificates (PEM) that are trusted besides the public ones.
    pub extra_ca_file: Option<PathBuf>,
    /// A DNS resolver in place of the system's.
    pub dns_server: Option<SocketAddr>,
}

impl Sso {
    /// The same for the way out.
    #[must_use]
    pub fn outbound(&self) -> OutboundSettings {
        OutboundSettings {
            allow_loopback: self.allow_loopback,
            extra_ca_file: self.extra_ca_file.clone(),
            dns_server: self.dns_server,
        }
    }
}
