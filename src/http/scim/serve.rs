//! The way of every SCIM request: credential, rate, scope, body, handler, log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};

use super::call::{Call, Reply};
use super::error::Failure;
use super::{BASE, Endpoint};
use crate::command::Subject;
use crate::domain::access::{Actor, Grant, Scope};
use crate::domain::permission::Permissions;
use crate::http::App;
use crate::http::auth::AuthError;
use crate::http::body::{self, Unread};
use crate::http::journal::Asked;
use crate::scim::error::ScimError;

/// The media type of SCIM (RFC 7644 §8.1).
const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// How long the rest of a refused body is read.
const LINGER: Duration = Duration::from_secs(1);

/// What a request is meant for.
type Target = crate::http::table::Target<Endpoint>;

/// What the log wants to know that the answer does not say.
#[derive(Default)]
struct Seen {
    grant: Option<Arc<Grant>>,
    body: Bytes,
    /// One of so many attempts by strangers that it is not worth an entry.
    is_flood: bool,
}

/// Answers a request, and logs both.
pub async fn serve(app: Arc<App>, target: Target, request: Request) -> Response {
    let (started, at) = (Instant::now(), app.clock.now());
    let (mut parts, mut body) = request.into_parts();
    let headers = Arc::new(std::mem::take(&mut parts.headers));
    let asked = Asked::of(&parts, &headers);
    let mut seen = Seen::default();
    let limit = Duration::from_secs(app.settings.limits.request_seconds);
    let outcome = match tokio::time::timeout(limit, answer(&app, &target, &asked, &headers, &mut body, &mut seen)).await
    {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure { error: ScimError::unavailable("The request took too long."), retry_after: Some(1) }),
    };
    let reply = match outcome {
        Ok(reply) => reply,
        Err(failure) => refusal(&failure, &target),
    };
    let read_whole = drained(&mut body, app.settings.limits.body_bytes).await;
    if seen.is_flood {
        return response(&parts.method, reply, read_whole).0;
    }
    let micros = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
    let entry = asked.entry(at, reply.status, micros, seen.grant.as_deref());
    tracing::info!(
        request_id = %asked.request_id, method = %parts.method, path = parts.uri.path(), status = reply.status.as_u16(), micros,
        workspace = entry.workspace_id.map(tracing::field::display), actor = entry.actor_name, "scim"
    );
    let (response, body) = response(&parts.method, reply, read_whole);
    app.journal.hand_in(entry, &seen.body, &body).await;
    response
}

/// An answer as it goes over the wire, and its body for the log. Where something of the request was left unread, the
/// connection ends with it.
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

/// The decoded `{id}` of a path: what follows the fixed part of the endpoint's path.
fn id(path: &str, endpoint: &Endpoint) -> String {
    let Some(fixed) = endpoint.path.strip_suffix("{id}") else { return String::new() };
    let rest = path.strip_prefix(BASE).and_then(|rest| rest.strip_prefix(fixed)).unwrap_or_default();
    percent_encoding::percent_decode_str(rest).decode_utf8().map(Into::into).unwrap_or_default()
}

async fn answer(
    app: &Arc<App>,
    target: &Target,
    asked: &Asked<'_>,
    headers: &Arc<HeaderMap>,
    body: &mut Body,
    seen: &mut Seen,
) -> Result<Reply, Failure> {
    let grant = match app.gate.admit(asked.headers).await {
        Ok(grant) => grant,
        Err(error) => {
            if let AuthError::Expired(grant) | AuthError::Revoked(grant) = &error {
                seen.grant = Some(Arc::clone(grant));
            }
            let is_strange = !matches!(error, AuthError::Store(_));
            let failure = Failure::from(error);
            if is_strange && let Err(wait) = app.strangers.failed(asked.address, Instant::now()) {
                seen.is_flood = true;
                return Err(Failure {
                    error: ScimError::too_many_requests(format!(
                        "Too many requests without a valid credential came from this address; wait as long as \
                         Retry-After says. {}",
                        failure.error.detail
                    )),
                    retry_after: Some(wait.as_secs() + 1),
                });
            }
            return Err(failure);
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
        Target::Nowhere if asked.path.strip_prefix(BASE).is_some_and(|rest| rest.starts_with("//")) => {
            let mut error = ScimError::not_found();
            error.detail =
                "There is nothing at a path with two slashes; take the slash off the end of the base URL.".into();
            return Err(error.into());
        }
        Target::Nowhere => return Err(ScimError::not_found().into()),
    };
    let actor = Actor {
        kind: grant.holder.kind(),
        id: Some(grant.holder.id()),
        name: grant.name.clone(),
        request_id: asked.request_id,
        address: asked.address,
        // What a provider's groups give was decided by whoever wrote the rules.
        powers: Permissions::ALL,
    };
    if endpoint.scope == Scope::Write && grant.scope == Scope::Read {
        let said = "This token may only read (scope scim:read); a token with the scope scim can write.";
        let subject = Subject::new("endpoint", format!("{} {}", asked.method, endpoint.path));
        app.commands.refused(&actor, Some(grant.workspace_id), "scim.request", subject, said.into()).await;
        return Err(ScimError::forbidden(said).into());
    }
    if [Method::POST, Method::PUT, Method::PATCH].contains(asked.method) {
        check_content_type(asked.headers)?;
    }
    let seconds = Duration::from_secs(app.settings.limits.body_seconds);
    let most = app.settings.limits.body_bytes;
    let body = body::read(body, most, seconds).await.map_err(|unread| match unread {
        Unread::TooLarge => ScimError::payload_too_large(format!("The body is larger than {most} bytes.")),
        Unread::Cut => ScimError::bad_request("The body ended too early."),
        Unread::Late => ScimError::bad_request("The body took too long to arrive."),
    })?;
    seen.body = body.clone();
    let call = Call {
        app: Arc::clone(app),
        actor,
        grant,
        id: id(asked.path, endpoint),
        query: query_pairs(asked.query)?,
        headers: Arc::clone(headers),
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
