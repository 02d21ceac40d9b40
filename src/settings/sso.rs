//! How the bridge reaches the providers that people sign in at.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use url::{Host, Url};

use super::Network;
use crate::outbound::OutboundSettings;

/// How the bridge reaches providers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sso {
    /// Whether a provider, a receiver of webhooks or a connector's other side may be on this machine, and without encryption:
    /// for trials and tests. Where nothing is set: while `public_url` is, and says `http://` on this machine. Where that is
    /// not set either, a proxy may be in front, and whoever comes through it is not to reach what else runs here.
    pub allow_loopback: Option<bool>,
    /// Networks of the company's own in which a provider may be, such as `10.20.0.0/16`; from the internet they are refused.
    pub networks: Vec<Network>,
    /// A file of certificates (PEM) that are trusted besides the public ones.
    pub extra_ca_file: Option<PathBuf>,
    /// A DNS resolver in place of the system's.
    pub dns_server: Option<SocketAddr>,
}

impl Sso {
    /// Whether somebody who is called may be on this machine, where the settings say `public_url`.
    #[must_use]
    pub fn allows_loopback(&self, public_url: Option<&str>) -> bool {
        self.allow_loopback.unwrap_or_else(|| {
            let host = public_url.and_then(|url| Url::parse(url).ok()).filter(|url| url.scheme() == "http");
            host.is_some_and(|url| match url.host() {
                Some(Host::Domain(name)) => name == "localhost",
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                None => false,
            })
        })
    }

    /// The same for the way out.
    #[must_use]
    pub fn outbound(&self, public_url: Option<&str>) -> OutboundSettings {
        OutboundSettings {
            allow_loopback: self.allows_loopback(public_url),
            networks: self.networks.clone(),
            extra_ca_file: self.extra_ca_file.clone(),
            dns_server: self.dns_server,
            ..OutboundSettings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_on_one_machine_needs_no_switch() {
        let unset = Sso::default();
        for here in ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:9"] {
            assert!(unset.allows_loopback(Some(here)), "{here}");
        }
        for there in ["https://127.0.0.1", "http://0.0.0.0:8080", "http://10.0.0.1", "https://bridge.example", ""] {
            assert!(!unset.allows_loopback(Some(there)), "{there}");
        }
        assert!(!unset.allows_loopback(None), "who knows what is in front");
        let said = |said| Sso { allow_loopback: Some(said), ..Sso::default() };
        assert!(said(true).allows_loopback(None) && !said(false).allows_loopback(Some("http://127.0.0.1")));
    }
}
