//! The way of every SCIM request: credential, rate, scope, body, handler, log.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use http_body_util::{BodyExt, Limited};
use tokio::time::Instant;

use super::call::{Call, Reply};
use super::course::{Course, going_on};
use super::error::Failure;
use super::{BASE, Endpoint};
use crate::command::Subject;
use crate::domain::access::{Actor, Scope};
use crate::domain::permission::Permissions;
use crate::http::App;
use crate::http::auth::AuthError;
use crate::http::body::{self, Unread};
use crate::http::journal::Asked;
use crate::scim::error::ScimError;

/// How long the rest of a refused body is read.
const LINGER: Duration = Duration::from_secs(1);

/// What a request is meant for.
type Target = crate::http::table::Target<Endpoint>;

/// Answers a request, and logs both. A change that was begun is done and logged also where its client goes away; whatever
/// else nobody waits for any more ends there, and leaves an entry that says so.
pub async fn serve(app: Arc<App>, target: Target, request: Request) -> Response {
    let (mut course, mut body) = Course::begin(app, request);
    let limits = &course.app.settings.limits;
    let (most, deadline) = (limits.body_bytes, Instant::now() + Duration::from_secs(limits.request_seconds));
    let admitted = tokio::time::timeout_at(deadline, admitted(&mut course, &target, &mut body, deadline)).await;
    let admitted = admitted.unwrap_or_else(|_| Err(took_too_long()));
    let read_whole = drained(&mut body, most).await;
    let (endpoint, call) = match admitted {
        Ok(admitted) => admitted,
        Err(failure) => return course.end(refusal(&failure, &target), read_whole).await,
    };
    let asker = call.asker.clone();
    let work = async move {
        let outcome = tokio::time::timeout_at(deadline, (endpoint.run)(call)).await;
        let reply = match outcome.unwrap_or_else(|_| Err(took_too_long())) {
            Ok(reply) => reply,
            Err(failure) => refusal(&failure, &target),
        };
        course.end(reply, read_whole).await
    };
    if endpoint.scope == Scope::Write { going_on(work, asker).await } else { work.await }
}

fn took_too_long() -> Failure {
    Failure { error: ScimError::unavailable("The request took too long."), retry_after: Some(1) }
}

/// Who is it that may do what, and what do they ask: all that is to be known before it is done.
async fn admitted(
    course: &mut Course,
    target: &Target,
    body: &mut Body,
    deadline: Instant,
) -> Result<(&'static Endpoint, Call), Failure> {
    let asked = Asked::of(&course.parts, &course.headers);
    let (app, seen) = (&course.app, &mut course.seen);
    let grant = match app.gate.admit(asked.headers).await {
        Ok(grant) => grant,
        Err(error) => {
            if let AuthError::Expired(grant) | AuthError::Revoked(grant) = &error {
                seen.grant = Some(Arc::clone(grant));
            }
            let is_strange = !matches!(error, AuthError::Store(_));
            let failure = Failure::from(error);
            if is_strange && let Err(wait) = app.strangers.failed(asked.address, std::time::Instant::now()) {
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
    app.limiter.ask(grant.holder.id(), std::time::Instant::now()).map_err(|wait| Failure {
        error: ScimError::too_many_requests("This credential asks too often; wait as long as Retry-After says."),
        retry_after: Some(wait.as_secs() + 1),
    })?;
    let endpoint = match target {
        Target::Endpoint(endpoint) => *endpoint,
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
        headers: Arc::clone(&course.headers),
        body,
        asker: course.asker.clone(),
        deadline,
    };
    Ok((endpoint, call))
}

/// The decoded `{id}` of a path: what follows the fixed part of the endpoint's path.
fn id(path: &str, endpoint: &Endpoint) -> String {
    let Some(fixed) = endpoint.path.strip_suffix("{id}") else { return String::new() };
    let rest = path.strip_prefix(BASE).and_then(|rest| rest.strip_prefix(fixed)).unwrap_or_default();
    percent_encoding::percent_decode_str(rest).decode_utf8().map(Into::into).unwrap_or_default()
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
    use axum::http::HeaderValue;

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
