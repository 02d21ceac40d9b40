//! A request on its way to an answer, and its entry in the log: also where nobody waits for the answer any more.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::call::Reply;
use crate::command::Asker;
use crate::domain::access::Grant;
use crate::http::App;
use crate::http::journal::Asked;
use crate::store::request_log::Entry;
use crate::telemetry;

/// The status in the log of a request whose client went away before there was anything to answer. Nobody is told it.
pub(super) const GONE: u16 = 499;

/// What the log says of every request whose client went away.
const NOTE: &str = "the client went away before it was answered";

/// The media type of SCIM (RFC 7644 §8.1).
const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// What the log wants to know that the answer does not say.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) grant: Option<Arc<Grant>>,
    pub(super) body: Bytes,
    /// One of so many attempts by strangers that it is not worth an entry.
    pub(super) is_flood: bool,
}

/// A request that is yet to be answered. Dropped before, it leaves its entry all the same.
pub(super) struct Course {
    pub(super) app: Arc<App>,
    pub(super) parts: Parts,
    pub(super) headers: Arc<HeaderMap>,
    pub(super) seen: Seen,
    pub(super) asker: Asker,
    started: Instant,
    at: DateTime<Utc>,
    is_over: bool,
}

impl Course {
    /// A request that came in, and its body.
    pub(super) fn begin(app: Arc<App>, request: Request) -> (Self, Body) {
        let (started, at) = (Instant::now(), app.clock.now());
        let (mut parts, body) = request.into_parts();
        let headers = Arc::new(std::mem::take(&mut parts.headers));
        let (seen, asker) = (Seen::default(), Asker::default());
        (Self { app, parts, headers, seen, asker, started, at, is_over: false }, body)
    }

    /// Logs what is answered, and gives it as it goes over the wire. Where something of the request was left unread, the
    /// connection ends with it.
    pub(super) async fn end(mut self, reply: Reply, read_whole: bool) -> Response {
        if self.seen.is_flood {
            self.is_over = true;
            return response(&self.parts.method, reply, read_whole).0;
        }
        let entry = self.entry(reply.status);
        let (response, body) = response(&self.parts.method, reply, read_whole);
        self.app.journal.hand_in(entry, &self.seen.body, &body).await;
        self.is_over = true;
        response
    }

    fn entry(&self, status: StatusCode) -> Entry {
        let asked = Asked::of(&self.parts, &self.headers);
        let micros = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        let mut entry = asked.entry(self.at, status, micros, self.seen.grant.as_deref());
        entry.note = self.asker.is_gone().then(|| NOTE.to_owned());
        tracing::info!(
            request_id = %asked.request_id, method = %self.parts.method, path = self.parts.uri.path(), status = status.as_u16(), micros,
            workspace = entry.workspace_id.map(tracing::field::display), actor = entry.actor_name, note = entry.note, "scim"
        );
        entry
    }

    /// Whether it is one of so many by strangers that it is not worth an entry: who goes away before it is known who they
    /// are is a stranger.
    fn is_flood(&self) -> bool {
        let address = Asked::of(&self.parts, &self.headers).address;
        self.seen.is_flood || (self.seen.grant.is_none() && self.app.strangers.failed(address, Instant::now()).is_err())
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        // Where the runtime ends, there is nobody left to write it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.is_over || self.is_flood() {
            return;
        }
        let entry = if std::thread::panicking() {
            self.entry(StatusCode::INTERNAL_SERVER_ERROR)
        } else {
            self.asker.leave();
            self.entry(StatusCode::from_u16(GONE).unwrap_or(StatusCode::REQUEST_TIMEOUT))
        };
        let (app, body) = (Arc::clone(&self.app), std::mem::take(&mut self.seen.body));
        runtime.spawn(async move { app.journal.hand_in(entry, &body, &[]).await });
    }
}

/// Does `work` to its end, also where whoever asked goes away meanwhile, which is told to `asker`.
pub(super) async fn going_on(work: impl Future<Output = Response> + Send + 'static, asker: Asker) -> Response {
    struct Waits(Asker);
    impl Drop for Waits {
        fn drop(&mut self) {
            self.0.leave();
        }
    }
    let waits = Waits(asker);
    let done = tokio::spawn(telemetry::carried(work)).await;
    drop(waits);
    match done.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(response) => response,
        Err(Ok(panic)) => resume_unwind(panic),
        // The program ends.
        Err(Err(_)) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// An answer as it goes over the wire, and its body for the log.
fn response(method: &Method, reply: Reply, read_whole: bool) -> (Response, Bytes) {
    let body = Bytes::from(reply.body);
    let mut response = Response::new(if method == Method::HEAD { Body::empty() } else { Body::from(body.clone()) });
    *response.status_mut() = reply.status;
    if !body.is_empty() {
        response.headers_mut().insert(CONTENT_TYPE, SCIM_JSON);
    }
    response.headers_mut().extend(reply.headers);
    if !read_whole {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    (response, body)
}
