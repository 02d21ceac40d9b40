//! The way of every SCIM request: credential, rate, scope, body, handler, log.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::call::{Call, Reply};
use super::error::Failure;
use super::{BASE, Endpoint};
use crate::domain::access::{Actor, Grant, Scope};
use crate::http::App;
use crate::http::auth::AuthError;
use crate::ids::RequestId;
use crate::scim::error::ScimError;
use crate::store::request_log::Entry;

/// The media type of SCIM (RFC 7644 §8.1).
const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");
/// How much of a User-Agent is kept.
const LONGEST_AGENT: usize = 200;

/// How long the rest of a refused body is read.
const LINGER: Duration = Duration::from_secs(1);

/// What a request is meant for.
pub enum Target {
    /// An endpoint.
    Endpoint(&'static Endpoint),
    /// An endpoint's path, but none of its methods, which are these.
    OtherMethod(Arc<str>),
    /// No path of ours.
    Nowhere,
}

/// What the log wants to know that the answer does not say.
#[derive(Default)]
struct Seen {
    grant: Option<Arc<Grant>>,
    body: Bytes,
}

/// Answers a request, and logs both.
pub async fn serve(app: Arc<App>, target: Target, request: Request) -> Response {
    let (started, at) = (Instant::now(), app.clock.now());
    let (mut parts, mut body) = request.into_parts();
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let request_id = parts.extensions.get::<RequestId>().copied().unwrap_or_else(RequestId::fresh);
    let mut seen = Seen::default();
    let limit = Duration::from_secs(app.settings.limits.request_seconds);
    let headers = std::mem::take(&mut parts.headers);
    let asked = Asked {
        method: &parts.method,
        uri_path: parts.uri.path(),
        query: parts.uri.query(),
        headers: &headers,
        address,
        request_id,
    };
    let outcome = match tokio::time::timeout(limit, answer(&app, &target, &asked, &mut body, &mut seen)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure { error: ScimError::unavailable("The request took too long."), retry_after: Some(1) }),
    };
    let reply = match outcome {
        Ok(reply) => reply,
        Err(failure) => refusal(&failure, &target),
    };
    let read_whole = drained(&mut body, app.settings.limits.body_bytes).await;
    let micros = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
    let entry = asked.entry(at, reply.status, micros, seen.grant.as_deref());
    tracing::info!(
        request_id = %request_id, method = %parts.method, path = parts.uri.path(), status = reply.status.as_u16(), micros,
        workspace = entry.workspace_id.map(tracing::field::display), actor = entry.actor_name, "scim"
    );
    let body = Bytes::from(reply.body);
    app.journal.hand_in(entry, &seen.body, &body).await;
    let mut response =
        Response::new(if parts.method == Method::HEAD { Body::empty() } else { Body::from(body.clone()) });
    *response.status_mut() = reply.status;
    if !body.is_empty() {
        response.headers_mut().insert(CONTENT_TYPE, SCIM_JSON);
    }
    response.headers_mut().extend(reply.headers);
    if !read_whole && parts.version < Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The request line and headers.
struct Asked<'a> {
    method: &'a Method,
    uri_path: &'a str,
    query: Option<&'a str>,
    headers: &'a HeaderMap,
    address: Option<IpAddr>,
    request_id: RequestId,
}

impl Asked<'_> {
    fn entry(
        &self,
        at: chrono::DateTime<chrono::Utc>,
        status: StatusCode,
        micros: i64,
        grant: Option<&Grant>,
    ) -> Entry {
        let agent = self.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        Entry {
            seq: 0,
            request_id: self.request_id.0,
            workspace_id: grant.map(|grant| grant.workspace_id.0),
            at,
            method: self.method.as_str().chars().take(16).collect(),
            path: self.uri_path.chars().take(2_000).collect(),
            query: self.query.map(|query| query.chars().take(10_000).collect()),
            status: i64::from(status.as_u16()),
            micros,
            actor_kind: grant.map(|grant| grant.holder.kind().to_owned()),
            actor_id: grant.map(|grant| grant.holder.id()),
            actor_name: grant.map(|grant| grant.name.clone()),
            address: self.address.map(|address| address.to_string()),
            user_agent: agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect()),
            request_body: None,
            response_body: None,
        }
    }

    /// The decoded `{id}` of the path: what follows the fixed part of the endpoint's path.
    fn id(&self, endpoint: &Endpoint) -> String {
        let Some(fixed) = endpoint.path.strip_suffix("{id}") else { return String::new() };
        let rest = self.uri_path.strip_prefix(BASE).and_then(|rest| rest.strip_prefix(fixed)).unwrap_or_default();
        percent_encoding::percent_decode_str(rest).decode_utf8().map(Into::into).unwrap_or_default()
    }
}

async fn answer(
    app: &Arc<App>,
    target: &Target,
    asked: &Asked<'_>,
    body: &mut Body,
    seen: &mut Seen,
) -> Result<Reply, Failure> {
    let grant = match app.gate.admit(asked.headers).await {
        Ok(grant) => grant,
        Err(error) => {
            if let AuthError::Expired(grant) | AuthError::Revoked(grant) = &error {
                seen.grant = Some(Arc::clone(grant));
            }
            return Err(error.into());
        }
    };
    seen.grant = Some(Arc::clone(&grant));
    app.limiter.ask(grant.holder.id(), Instant::now()).map_err(|wait| Failure {
        error: ScimError::too_many_requests("This credential asks too often; wait as long as Retry-After says."),
        retry_after: Some(wait.as_secs() + 1),
    })?;
    let endpoint = match target {
        Target::Endpoint(endpoint) => endpoint,
        Target::OtherMethod(_) => {
            return Err(ScimError::method_not_allowed("This method does not exist here; see the Allow header.").into());
        }
        Target::Nowhere => return Err(ScimError::not_found().into()),
    };
    if endpoint.scope == Scope::Write && grant.scope == Scope::Read {
        return Err(ScimError::forbidden(
            "This token may only read (scope scim:read); a token with the scope scim can write.",
        )
        .into());
    }
    if [Method::POST, Method::PUT, Method::PATCH].contains(asked.method) {
        check_content_type(asked.headers)?;
    }
    let seconds = Duration::from_secs(app.settings.limits.body_seconds);
    let body = read_body(body, app.settings.limits.body_bytes, seconds).await?;
    seen.body = body.clone();
    let call = Call {
        app: Arc::clone(app),
        actor: Actor {
            kind: grant.holder.kind(),
            id: Some(grant.holder.id()),
            name: grant.name.clone(),
            request_id: asked.request_id,
            address: asked.address,
        },
        grant,
        id: asked.id(endpoint),
        query: query_pairs(asked.query)?,
        headers: asked.headers.clone(),
        body,
    };
    (endpoint.run)(call).await
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ScimError> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
    let essence = essence.trim();
    let known = ["application/scim+json", "application/json"].iter().any(|known| essence.eq_ignore_ascii_case(known));
    let parameters = parameters.to_ascii_lowercase().replace([' ', '"'], "");
    let utf8 = !parameters
        .split(';')
        .any(|parameter| parameter.strip_prefix("charset=").is_some_and(|charset| charset != "utf-8"));
    if headers.contains_key("content-encoding") {
        return Err(ScimError::unsupported_media_type("Bodies are taken uncompressed only."));
    }
    if known && utf8 {
        return Ok(());
    }
    Err(ScimError::unsupported_media_type(
        "The Content-Type must be application/scim+json or application/json, in UTF-8.",
    ))
}

async fn read_body(body: &mut Body, most: usize, limit: Duration) -> Result<Bytes, ScimError> {
    match tokio::time::timeout(limit, Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(ScimError::payload_too_large(format!("The body is larger than {most} bytes.")))
        }
        Ok(Err(_)) => Err(ScimError::bad_request("The body ended too early.")),
        Err(_) => Err(ScimError::bad_request("The body took too long to arrive.")),
    }
}

/// Reads what is left of a body that nobody wanted, `most` bytes of it and not for long: a connection that is closed
/// with bytes unread loses the refusal on its way. Whether the end was reached.
async fn drained(body: &mut Body, most: usize) -> bool {
    if body.is_end_stream() {
        return true;
    }
    matches!(tokio::time::timeout(LINGER, Limited::new(body, most).collect()).await, Ok(Ok(_)))
}

/// The parameters of a query, decoded (`+` is a space, as in forms).
fn query_pairs(query: Option<&str>) -> Result<Vec<(String, String)>, ScimError> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().map(Into::into).ok()
    };
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode(name)?, decode(value)?))
    };
    let pairs = query.unwrap_or_default().split('&').filter(|part| !part.is_empty());
    let pairs: Option<Vec<(String, String)>> = pairs.map(pair).collect();
    let pairs = pairs.ok_or_else(|| ScimError::invalid_value("The query is not UTF-8."))?;
    if pairs.iter().any(|(_, value)| value.contains('\0')) {
        return Err(ScimError::invalid_value("The query holds the character U+0000."));
    }
    Ok(pairs)
}

/// A refusal as it goes over the wire.
pub(super) fn refusal(failure: &Failure, target: &Target) -> Reply {
    let status = StatusCode::from_u16(failure.error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = Reply::json(status, failure.error.to_json().to_string().into_bytes());
    if let Some(seconds) = failure.retry_after {
        reply = reply.header(RETRY_AFTER, &seconds.to_string());
    }
    match (status, target) {
        (StatusCode::UNAUTHORIZED, _) => reply.header(WWW_AUTHENTICATE, "Bearer realm=\"aisoule-bridge\""),
        (StatusCode::METHOD_NOT_ALLOWED, Target::OtherMethod(allowed)) => reply.header(ALLOW, allowed),
        _ => reply,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_media_types_of_scim_are_taken_in_utf_8() {
        let check = |value: &'static str| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
            check_content_type(&headers).is_ok()
        };
        for good in [
            "application/scim+json",
            "application/json",
            "Application/SCIM+JSON; Charset=\"UTF-8\"",
            "application/json;v=1",
        ] {
            assert!(check(good), "{good}");
        }
        for bad in ["", "text/plain", "application/xml", "application/json; charset=latin1", "application/jsonx"] {
            assert!(!check(bad), "{bad}");
        }
        assert!(check_content_type(&HeaderMap::new()).is_err());
    }

    #[test]
    fn a_query_is_decoded_as_forms_are() {
        let pairs = query_pairs(Some("filter=userName+eq%20%22a%22&count=2&x")).unwrap();
        let expected = [("filter", "userName eq \"a\""), ("count", "2"), ("x", "")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(query_pairs(Some("a=%ff")).is_err());
        assert!(query_pairs(Some("a=%00")).is_err());
    }
}
