//! What clients ask by POST: a form, read and answered the same way whatever it asks (RFC 6749 §5).

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{inspect, proof, token};
use crate::command::CommandError;
use crate::domain::access::Grant;
use crate::http::App;
use crate::http::body::{self, Unread};
use crate::http::journal::Asked;
use crate::provider::RingError;
use crate::store::StoreError;
use crate::store::request_log::Entry;

/// The largest request.
const MOST: usize = 65_536;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// A token.
    Token,
    /// What a token is worth.
    Introspect,
    /// The end of a token.
    Revoke,
}

/// Why there is nothing (RFC 6749 §5.2).
#[derive(Debug)]
pub enum Refusal {
    InvalidRequest(&'static str),
    /// Why is for the log: whoever has no proof is not told what is wrong with it.
    InvalidClient(&'static str),
    /// Why is for the log here too.
    InvalidGrant(&'static str),
    UnauthorizedClient(&'static str),
    UnsupportedGrantType(&'static str),
    InvalidScope(&'static str),
    Unavailable(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}

impl From<RingError> for Refusal {
    fn from(error: RingError) -> Self {
        Self::Unavailable(StoreError::Statement(error.to_string()))
    }
}

impl From<CommandError> for Refusal {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Store(error) => Self::Unavailable(error),
            other => Self::Unavailable(StoreError::Statement(other.to_string())),
        }
    }
}

impl Refusal {
    /// What is told.
    fn told(&self) -> (StatusCode, Value) {
        let (status, error, description) = match self {
            Self::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", *why),
            Self::InvalidClient(_) => {
                let why = "the client is not known, was revoked, or did not prove who it is";
                (StatusCode::UNAUTHORIZED, "invalid_client", why)
            }
            Self::InvalidGrant(_) => {
                let why = "the code or refresh token is not good: it expired, was used, was revoked or is not this client's, \
                           or what proves that it is meant for this request does not fit";
                (StatusCode::BAD_REQUEST, "invalid_grant", why)
            }
            Self::UnauthorizedClient(why) => (StatusCode::BAD_REQUEST, "unauthorized_client", *why),
            Self::UnsupportedGrantType(why) => (StatusCode::BAD_REQUEST, "unsupported_grant_type", *why),
            Self::InvalidScope(why) => (StatusCode::BAD_REQUEST, "invalid_scope", *why),
            Self::Unavailable(error) => {
                tracing::warn!(%error, "a client's request could not be answered");
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "the same request will do in a moment")
            }
        };
        (status, json!({"error": error, "error_description": description}))
    }

    /// What is for the log alone.
    const fn note(&self) -> Option<&'static str> {
        match self {
            Self::InvalidClient(why) | Self::InvalidGrant(why) => Some(why),
            _ => None,
        }
    }
}

fn reply(status: StatusCode, body: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let mut response = (status, headers, body.to_string()).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"aisoule-bridge\""));
    }
    response
}

/// What the log wants to know that the answer does not say.
#[derive(Default)]
pub struct Seen {
    body: Bytes,
    /// The client that the request names.
    pub client: Option<Grant>,
    /// Whether it proved that it is that client.
    pub is_proven: bool,
}

/// Answers a form, and logs it.
pub async fn serve(app: Arc<App>, question: Question, request: Request) -> Response {
    let (started, at) = (Instant::now(), app.clock.now());
    let (parts, mut body) = request.into_parts();
    let asked = Asked::of(&parts, &parts.headers);
    let mut seen = Seen::default();
    let limit = Duration::from_secs(app.settings.limits.request_seconds);
    let outcome = tokio::time::timeout(limit, answer(&app, question, &asked, &mut body, &mut seen)).await;
    let outcome =
        outcome.unwrap_or_else(|_| Err(StoreError::Busy("a request for a token took too long".into()).into()));
    let is_strange = !seen.is_proven && !matches!(outcome, Err(Refusal::Unavailable(_)));
    if is_strange && let Err(wait) = app.strangers.failed(asked.address, Instant::now()) {
        let why = "too many requests without a valid proof came from this address; wait as long as Retry-After says";
        let body = json!({"error": "temporarily_unavailable", "error_description": why});
        let mut response = reply(StatusCode::TOO_MANY_REQUESTS, &body);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        return response;
    }
    let note = outcome.as_ref().err().and_then(Refusal::note);
    let is_refused = outcome.is_err();
    let (status, body) = outcome.map_or_else(|refusal| refusal.told(), |body| (StatusCode::OK, body));
    let micros = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
    // What a token is worth is asked at each use of it, and worth a line only where the answer is none.
    if question == Question::Token || is_refused {
        let entry = Entry { note: note.map(str::to_owned), ..asked.entry(at, status, micros, seen.client.as_ref()) };
        tracing::info!(
            request_id = %asked.request_id, status = status.as_u16(), micros, path = asked.path,
            workspace = entry.workspace_id.map(tracing::field::display), client = entry.actor_id, note, "token"
        );
        app.journal.hand_in_form(entry, &seen.body, &body).await;
    }
    if question == Question::Revoke && !is_refused {
        return (StatusCode::OK, [(CACHE_CONTROL, "no-store")]).into_response();
    }
    reply(status, &body)
}

async fn answer(
    app: &App,
    question: Question,
    asked: &Asked<'_>,
    body: &mut Body,
    seen: &mut Seen,
) -> Result<Value, Refusal> {
    let body = read(app, asked.headers, body).await?;
    seen.body = body.clone();
    let form = Form::parse(&body)?;
    let client = proof::authenticate(app, asked.headers, &form, seen).await?;
    seen.is_proven = true;
    match question {
        Question::Token => token::grant(app, &form, client, asked).await,
        Question::Introspect => inspect::worth(app, &form, &client).await,
        Question::Revoke => inspect::end(app, &form, client, asked).await,
    }
}

async fn read(app: &App, headers: &HeaderMap, body: &mut Body) -> Result<Bytes, Refusal> {
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !essence.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::InvalidRequest("the Content-Type must be application/x-www-form-urlencoded"));
    }
    let limit = Duration::from_secs(app.settings.limits.body_seconds);
    body::read(body, MOST, limit).await.map_err(|unread| {
        Refusal::InvalidRequest(match unread {
            Unread::TooLarge => "the body is too large",
            Unread::Cut => "the body ended too early",
            Unread::Late => "the body took too long to arrive",
        })
    })
}

/// The parameters of a form; each may stand once (RFC 6749 §3.2).
pub struct Form(Vec<(String, String)>);

impl Form {
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let repeated =
            pairs.iter().enumerate().any(|(i, (name, _))| pairs.iter().skip(i + 1).any(|(other, _)| other == name));
        if repeated { Err(Refusal::InvalidRequest("a parameter stands twice")) } else { Ok(Self(pairs)) }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_parameter_is_refused() {
        assert!(Form::parse(b"a=1&a=2").is_err());
        assert_eq!(Form::parse(b"a=1&b=").unwrap().get("b"), None);
    }
}
