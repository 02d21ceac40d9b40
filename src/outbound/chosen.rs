//! The way to an address that whoever runs the bridge has put into its settings. It may be in their own network; redirects
//! are not followed all the same, and waiting and reading have their limits.

use bytes::Bytes;
use reqwest::Client;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;

use super::{OutboundError, Patience, tls};

/// How much of an answer is read, in bytes.
const READ: usize = 65_536;

/// The way to such an address.
#[derive(Clone)]
pub struct Chosen(Client);

impl Chosen {
    /// Sets it up.
    ///
    /// # Errors
    /// [`OutboundError::Setup`]
    pub fn new(patience: Patience) -> Result<Self, OutboundError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls::config(None)?)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(patience.connect)
            .timeout(patience.total)
            .user_agent(concat!("aisoule-bridge/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(Self).map_err(|error| OutboundError::Setup(error.to_string()))
    }

    /// Hands something over; gives the status and the beginning of the body.
    ///
    /// # Errors
    /// [`OutboundError`]
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Bytes) -> Result<(u16, Vec<u8>), OutboundError> {
        let sending = self.0.post(url).headers(headers).body(body).send();
        let mut answer = sending.await.map_err(|error| OutboundError::of(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| OutboundError::of(&error))? {
            body.extend_from_slice(chunk.get(..chunk.len().min(READ - body.len())).unwrap_or_default());
            if body.len() >= READ {
                break;
            }
        }
        Ok((answer.status().as_u16(), body))
    }
}
