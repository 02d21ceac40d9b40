//! Names to addresses, with every special address left out, so that what was checked is what is connected to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{Reach, reach};
use crate::settings::Network;

/// Which addresses may be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Allowed {
    /// Those of the internet, and of the networks that the operator named.
    Public(Arc<[Network]>),
    /// Those, and this machine's own.
    PublicAndLoopback(Arc<[Network]>),
    /// This machine's own alone: what is not encrypted stays here.
    Loopback,
}

impl Allowed {
    /// Whether `address` may be connected to.
    pub(super) fn permits(&self, address: IpAddr) -> bool {
        let networks = match self {
            Self::Public(networks) | Self::PublicAndLoopback(networks) => networks,
            Self::Loopback => return reach(address) == Reach::Loopback,
        };
        match reach(address) {
            Reach::Public => true,
            Reach::Loopback => matches!(self, Self::PublicAndLoopback(_)),
            Reach::Special => networks.iter().any(|network| network.contains(address)),
        }
    }
}

/// A name that has no address that may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("{0} leads to an address of an internal network")]
pub(super) struct Refused(pub(super) String);

/// A name that has no address.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no address")]
pub(super) struct Unknown(pub(super) String);

/// A resolver that asks one server; the cache holds nothing, so that every look-up is a look-up.
///
/// # Errors
/// Where it can't be built.
pub(crate) fn resolver(server: SocketAddr) -> Result<TokioResolver, NetError> {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    let server = NameServerConfig::new(server.ip(), true, connections.into());
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    (options.cache_size, options.use_hosts_file) = (0, ResolveHosts::Never);
    builder.build()
}

/// Resolves for the HTTP client.
pub(super) struct Guard {
    pub(super) allowed: Allowed,
    /// None: the system's own way, with its file of hosts.
    pub(super) resolver: Option<Arc<TokioResolver>>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, resolver) = (self.allowed.clone(), self.resolver.clone());
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found: Vec<IpAddr> = match resolver {
                Some(resolver) => match resolver.lookup_ip(name.as_str()).await {
                    Ok(found) => found.iter().collect(),
                    Err(_) => Vec::new(),
                },
                None => match tokio::net::lookup_host((name.as_str(), 0)).await {
                    Ok(found) => found.map(|address| address.ip()).collect(),
                    Err(_) => Vec::new(),
                },
            };
            if found.is_empty() {
                return Err(Unknown(name).into());
            }
            let kept: Vec<SocketAddr> =
                found.into_iter().filter(|ip| allowed.permits(*ip)).map(|ip| SocketAddr::new(ip, 0)).collect();
            if kept.is_empty() {
                return Err(Refused(name).into());
            }
            let addresses: Addrs = Box::new(kept.into_iter());
            Ok(addresses)
        })
    }
}
