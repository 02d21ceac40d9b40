//! The one way out: an HTTP client for addresses that somebody typed in, which can't be turned against the network that
//! the bridge stands in.
//!
//! HTTPS alone (HTTP to this machine where the settings allow it), no redirects, no proxy, no cookies, no compressed
//! bodies; every address is checked after it was resolved, and the checked address is the one that is connected to.

mod address;
mod chosen;
mod error;
mod resolve;
mod tls;

pub use address::{Reach, reach};
pub use chosen::Chosen;
pub use error::OutboundError;

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use url::{Host, Url};

use crate::settings::{Network, Secret};
use resolve::{Allowed, Guard};

pub(crate) use resolve::resolver;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a request may take in all.
const TOTAL: Duration = Duration::from_secs(10);
/// The largest body of an answer, in bytes.
pub const MOST: usize = 1_048_576;
/// The longest address, in bytes.
const LONGEST: usize = 8_192;

/// Whether a name is this machine's by its own standard (RFC 6761 §6.3).
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// How long the way out waits.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the whole answer.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: CONNECT, total: TOTAL }
    }
}

/// How the way out is set up.
#[derive(Debug, Clone, Default)]
pub struct OutboundSettings {
    /// Whether this machine itself may be called, and without encryption too: for tests and the demo.
    pub allow_loopback: bool,
    /// Networks that are reached although they are nobody's on the internet: a company's own.
    pub networks: Vec<Network>,
    /// A file of certificates (PEM) that are trusted besides the public ones.
    pub extra_ca_file: Option<PathBuf>,
    /// A resolver of one's own.
    pub dns_server: Option<SocketAddr>,
    /// How long it waits: 3 seconds to connect, 10 in all.
    pub patience: Patience,
}

/// A request.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: String,
    headers: Vec<(Cow<'static, str>, Secret)>,
    body: Vec<u8>,
    /// How much of the answer's body is read; none: all of it, [`MOST`] at the most.
    beginning: Option<usize>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl Request {
    /// A request for what is there.
    #[must_use]
    pub fn get(url: &str) -> Self {
        Self { method: Method::GET, url: url.to_owned(), headers: Vec::new(), body: Vec::new(), beginning: None }
    }

    /// A request that hands something over.
    #[must_use]
    pub fn post(url: &str, media_type: &str, body: Vec<u8>) -> Self {
        let (method, url) = (Method::POST, url.to_owned());
        Self { method, url, headers: Vec::new(), body, beginning: None }.with("content-type", media_type)
    }

    /// The same, of whose answer so many bytes are read and no more, however long it is.
    #[must_use]
    pub const fn reading(mut self, bytes: usize) -> Self {
        self.beginning = Some(bytes);
        self
    }

    /// A request that replaces what is there.
    #[must_use]
    pub fn put(url: &str, media_type: &str, body: Vec<u8>) -> Self {
        Self { method: Method::PUT, ..Self::post(url, media_type, body) }
    }

    /// A request that takes away what is there.
    #[must_use]
    pub fn delete(url: &str) -> Self {
        Self { method: Method::DELETE, ..Self::get(url) }
    }

    /// The same with one more header, its value never printed.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: &str) -> Self {
        self.headers.push((name.into(), Secret::from(value.to_owned())));
        self
    }

    /// A form, as token endpoints and logout endpoints take them.
    #[must_use]
    pub fn form(url: &str, pairs: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Self::post(url, "application/x-www-form-urlencoded", body.into_bytes())
    }
}

/// An answer, whole.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: HeaderMap,
    /// The body, [`MOST`] bytes at the most.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the body is what was asked for.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The media type, in lower case, without its parameters.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        let value = self.header(CONTENT_TYPE.as_str())?;
        value.split(';').next().map(|kind| kind.trim().to_ascii_lowercase())
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The way out.
#[derive(Clone)]
pub struct Outbound {
    encrypted: Client,
    /// What that one may connect to.
    allowed: Allowed,
    /// None where nothing may go out unencrypted.
    plain: Option<Client>,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound").field("loopback", &self.plain.is_some()).finish_non_exhaustive()
    }
}

impl Outbound {
    /// Sets it up.
    ///
    /// # Errors
    /// [`OutboundError::Setup`] where the file of certificates can't be read or holds none.
    pub fn new(settings: &OutboundSettings) -> Result<Self, OutboundError> {
        let resolver = match settings.dns_server {
            Some(server) => Some(Arc::new(resolver(server).map_err(|error| OutboundError::Setup(error.to_string()))?)),
            None => None,
        };
        let tls = tls::config(settings.extra_ca_file.as_deref())?;
        let client = |allowed| {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(Arc::new(Guard { allowed, resolver: resolver.clone() }))
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .connect_timeout(settings.patience.connect)
                .timeout(settings.patience.total)
                .pool_idle_timeout(Duration::from_secs(30))
                .pool_max_idle_per_host(8)
                .user_agent(concat!("aisoule-bridge/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| OutboundError::Setup(error.to_string()))
        };
        let networks = settings.networks.clone().into();
        let allowed =
            if settings.allow_loopback { Allowed::PublicAndLoopback(networks) } else { Allowed::Public(networks) };
        let plain = if settings.allow_loopback { Some(client(Allowed::Loopback)?) } else { None };
        Ok(Self { encrypted: client(allowed.clone())?, allowed, plain })
    }

    /// Whether an address may be called at all, as far as that shows without asking anybody.
    ///
    /// # Errors
    /// [`OutboundError::Url`], [`OutboundError::Plain`], [`OutboundError::Refused`]
    pub fn check(&self, url: &str) -> Result<Url, OutboundError> {
        within(url, &self.allowed, self.plain.is_some())
    }

    /// Sends a request and gives the answer, whatever its status.
    ///
    /// # Errors
    /// [`OutboundError`]: where nobody may be or is reached, or the answer is too slow or too large.
    pub async fn send(&self, request: Request) -> Result<Answer, OutboundError> {
        let url = self.check(&request.url)?;
        let client = match (url.scheme(), &self.plain) {
            ("https", _) => &self.encrypted,
            (_, Some(plain)) => plain,
            (_, None) => return Err(OutboundError::Plain),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let mut value = HeaderValue::from_str(value.reveal()).map_err(|_| OutboundError::Header)?;
            value.set_sensitive(true);
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| OutboundError::Header)?;
            headers.insert(name, value);
        }
        let sending = client.request(request.method, url).headers(headers).body(request.body).send();
        let mut answer = sending.await.map_err(|error| OutboundError::of(&error))?;
        let told = answer.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let beginning = request.beginning;
        if told.is_some_and(|length| length > MOST) && beginning.is_none() {
            return Err(OutboundError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| OutboundError::of(&error))? {
            let room = beginning.unwrap_or(MOST) - body.len();
            body.extend(chunk.iter().take(room));
            match beginning {
                None if chunk.len() > room => return Err(OutboundError::TooLarge),
                // The connection goes with the rest.
                Some(_) if chunk.len() >= room => break,
                _ => {}
            }
        }
        Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
    }
}

/// Whether an address on the internet may be called at all, as far as that shows without asking anybody. `loopback`: whether
/// this machine itself may be.
///
/// # Errors
/// [`OutboundError::Url`], [`OutboundError::Plain`], [`OutboundError::Refused`]
pub fn check(url: &str, loopback: bool) -> Result<Url, OutboundError> {
    let none = Vec::new().into();
    let allowed = if loopback { Allowed::PublicAndLoopback(none) } else { Allowed::Public(none) };
    within(url, &allowed, loopback)
}

fn within(url: &str, encrypted: &Allowed, loopback: bool) -> Result<Url, OutboundError> {
    if url.len() > LONGEST {
        return Err(OutboundError::Url("is longer than 8192 bytes"));
    }
    if url.contains(|c: char| c.is_control() || c == ' ' || c == '\\') {
        return Err(OutboundError::Url("has a space, a backslash or a control character in it"));
    }
    let url = Url::parse(url).map_err(|_| OutboundError::Url("is no address with a scheme and a host"))?;
    let allowed = match url.scheme() {
        "https" => encrypted,
        "http" if loopback => &Allowed::Loopback,
        _ => return Err(OutboundError::Plain),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(OutboundError::Url("has a user name or a password in it"));
    }
    let port = url.port_or_known_default().unwrap_or(0);
    if port < 1_024 && port != 443 && port != 80 {
        return Err(OutboundError::Url("has the port of another service"));
    }
    let literal = match url.host() {
        Some(Host::Domain(name)) if *allowed == Allowed::Loopback && !is_localhost(name) => {
            return Err(OutboundError::Plain);
        }
        Some(Host::Domain(name)) if !loopback && is_localhost(name) => {
            return Err(OutboundError::Refused(name.to_owned()));
        }
        Some(Host::Domain(_)) => None,
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        None => return Err(OutboundError::Url("has no host")),
    };
    match literal {
        Some(ip) if !allowed.permits(ip) => Err(OutboundError::Refused(ip.to_string())),
        _ => Ok(url),
    }
}
