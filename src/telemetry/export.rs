//! How spans reach the collector: OTLP over the bridge's own HTTP client, whose encryption and limits are known.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;

use crate::outbound::Chosen;

/// The client. What exports has a thread of its own, without a runtime: the request itself is made on the bridge's.
pub(super) struct Carrier {
    way: Chosen,
    runtime: Handle,
    failed: AtomicU64,
}

impl Carrier {
    pub(super) fn new(way: Chosen) -> Self {
        Self { way, runtime: Handle::current(), failed: AtomicU64::new(0) }
    }

    /// Says so now and then where the collector takes nothing.
    fn note(&self, problem: &dyn fmt::Display) {
        let failed = self.failed.fetch_add(1, Ordering::Relaxed) + 1;
        if failed.is_power_of_two() {
            tracing::warn!(%problem, failed, "the collector of traces takes nothing");
        }
    }
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrier").finish_non_exhaustive()
    }
}

impl HttpClient for Carrier {
    fn send_bytes<'s, 'f>(
        &'s self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let way = self.way.clone();
            let (parts, body) = request.into_parts();
            let sent = self.runtime.spawn(async move { way.post(&parts.uri.to_string(), parts.headers, body).await });
            let outcome =
                sent.await.map_err(|error| error.to_string()).and_then(|sent| sent.map_err(|error| error.to_string()));
            let (status, body) = match outcome {
                Ok(answer) => answer,
                Err(problem) => {
                    self.note(&problem);
                    return Err(problem.into());
                }
            };
            if !(200..300).contains(&status) {
                self.note(&status);
            }
            Ok(Response::builder().status(status).body(Bytes::from(body))?)
        })
    }
}
