//! TXT records, by which a workspace proves that a domain is its own.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;

use crate::outbound::resolver;

/// How long a look-up may take in all.
const TOTAL: Duration = Duration::from_secs(10);
/// How many records of a name are read.
const MOST: usize = 100;

/// Why a name's records can't be read, in words for an admin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// There is no such name.
    #[error("There is no name {0} in the DNS yet. A new record may take a while to be seen everywhere.")]
    NoName(String),
    /// The name has no TXT record.
    #[error("The name {0} has no TXT record yet. A new record may take a while to be seen everywhere.")]
    NoRecord(String),
    /// It is no name.
    #[error("{0} can't be a name in the DNS.")]
    NotAName(String),
    /// The DNS does not answer.
    #[error("The DNS did not answer: {0}. The bridge will look again.")]
    Failed(String),
}

/// Looks records up.
#[derive(Clone)]
pub struct Domains {
    resolver: TokioResolver,
}

impl std::fmt::Debug for Domains {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Domains")
    }
}

impl Domains {
    /// Asks `server`; none: whom the system asks.
    ///
    /// # Errors
    /// [`DnsError::Failed`] where the system says nobody.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, DnsError> {
        let resolver = match server {
            Some(server) => resolver(server),
            None => TokioResolver::builder_tokio().and_then(|mut builder| {
                builder.options_mut().cache_size = 0;
                builder.build()
            }),
        };
        resolver.map(|resolver| Self { resolver }).map_err(|error| DnsError::Failed(error.to_string()))
    }

    /// The TXT records of a name, each with its parts joined.
    ///
    /// # Errors
    /// [`DnsError`]
    pub async fn txt(&self, name: &str) -> Result<Vec<String>, DnsError> {
        let full = format!("{}.", name.trim_end_matches('.'));
        let is_name =
            full.len() <= 254 && full.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !is_name || full.starts_with('.') || full.contains("..") {
            return Err(DnsError::NotAName(crate::text::printable(name).into_owned()));
        }
        let looking = tokio::time::timeout(TOTAL, self.resolver.txt_lookup(full));
        let found = match looking.await {
            Err(_) => return Err(DnsError::Failed("it took too long".into())),
            Ok(Err(error)) if error.is_nx_domain() => return Err(DnsError::NoName(name.to_owned())),
            Ok(Err(error)) if error.is_no_records_found() => return Err(DnsError::NoRecord(name.to_owned())),
            Ok(Err(error)) => return Err(DnsError::Failed(error.to_string())),
            Ok(Ok(found)) => found,
        };
        let texts = found.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(text) => {
                let bytes: Vec<u8> = text.txt_data.iter().flat_map(|part| part.iter().copied()).collect();
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        });
        let texts: Vec<String> = texts.take(MOST).collect();
        if texts.is_empty() { Err(DnsError::NoRecord(name.to_owned())) } else { Ok(texts) }
    }
}
