//! The way of every request to the REST API: key, rate, permission, body, handler, envelope.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::call::{Call, Caller, Reply, envelope};
use super::limits::Standing;
use super::{BASE, Endpoint, Failure};
use crate::command::Subject;
use crate::domain::access::Actor;
use crate::domain::permission::Permissions;
use crate::domain::role;
use crate::http::App;
use crate::http::body::{self, Unread};
use crate::ids::{KeyId, RequestId, UserId, WorkspaceId};
use crate::secret;
use crate::store::api_keys::{self, KeyRow};
use crate::store::{StoreError, Tx, Work};

/// How often "last used" is noted, at the most.
const NOTED: Duration = Duration::from_mins(1);

/// What a request is meant for.
type Target = crate::http::table::Target<Endpoint>;

/// When each key's use was last noted.
#[derive(Default)]
pub struct LastUses(Mutex<HashMap<KeyId, Instant>>);

impl LastUses {
    fn is_due(&self, key: KeyId, now: Instant) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() > 10_000 {
            noted.retain(|_, at| now.duration_since(*at) < NOTED);
        }
        let is_due = noted.get(&key).is_none_or(|at| now.duration_since(*at) >= NOTED);
        if is_due {
            noted.insert(key, now);
        }
        is_due
    }
}

/// Answers a request.
pub async fn serve(app: Arc<App>, target: Target, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let request_id = parts.extensions.get::<RequestId>().copied().unwrap_or_else(RequestId::fresh);
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let limit = Duration::from_secs(app.settings.limits.request_seconds);
    let mut rate = None;
    let asked = Asked { uri: &parts.uri, headers: &parts.headers, request_id, address };
    let outcome = match tokio::time::timeout(limit, answer(&app, &target, &asked, body, &mut rate)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "The request took too long.")),
    };
    let mut response = match outcome {
        Ok(Reply::Other(response)) => response,
        Ok(Reply::Data(status, data)) => json_response(status, envelope(&data)),
        Err(failure) => refusal(&failure, &target),
    };
    if let Some(rate) = rate {
        let number = |name: &'static str, value: u64| (HeaderName::from_static(name), HeaderValue::from(value));
        response.headers_mut().extend([
            number("x-ratelimit-limit", rate.limit.into()),
            number("x-ratelimit-remaining", rate.remaining.into()),
            number("x-ratelimit-reset", rate.reset.as_secs() + 1),
        ]);
    }
    response
}

struct Asked<'a> {
    uri: &'a axum::http::Uri,
    headers: &'a HeaderMap,
    request_id: RequestId,
    address: Option<IpAddr>,
}

async fn answer(
    app: &Arc<App>,
    target: &Target,
    asked: &Asked<'_>,
    mut body: Body,
    rate: &mut Option<Standing>,
) -> Result<Reply, Failure> {
    let caller = match admit(app, asked.headers).await {
        Ok(caller) => caller,
        Err(failure) => {
            if failure.status == StatusCode::UNAUTHORIZED
                && let Err(wait) = app.strangers.failed(asked.address, Instant::now())
            {
                return Err(too_many(wait, "Too many requests without a valid key came from this address."));
            }
            return Err(failure);
        }
    };
    let standing = app.api_limits.ask(caller.key, Instant::now());
    *rate = (standing.limit != u32::MAX).then_some(standing);
    if let Some(wait) = standing.wait {
        return Err(too_many(wait, "This key asks too often; wait as long as Retry-After says."));
    }
    let Target::Endpoint(endpoint) = target else { return Err(elsewhere(target)) };
    let actor = Actor {
        kind: if caller.user.is_some() { "user" } else { "key" },
        id: Some(caller.user.map_or_else(|| caller.key.to_string(), |user| user.to_string())),
        name: caller.signature(),
        request_id: asked.request_id,
        address: asked.address,
        powers: caller.permissions,
    };
    if !endpoint.permission.is_empty() && !caller.permissions.has(endpoint.permission) {
        let failure = Failure::forbidden(endpoint.permission);
        let subject = Subject::new("endpoint", format!("{} {}", endpoint.method, endpoint.path));
        app.commands.refused(&actor, Some(caller.workspace), "api.request", subject, failure.message.clone()).await;
        return Err(failure);
    }
    if !endpoint.takes_query && asked.uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Failure::invalid("The query can't be read: nothing can be asked for there."));
    }
    let body = if endpoint.takes_body {
        check_content_type(asked.headers)?;
        let (most, seconds) = (app.settings.limits.body_bytes, app.settings.limits.body_seconds);
        body::read(&mut body, most, Duration::from_secs(seconds)).await.map_err(|unread| unreadable(unread, most))?
    } else {
        bytes::Bytes::new()
    };
    let call = Call {
        app: Arc::clone(app),
        path: placeholders(asked.uri.path(), endpoint.path),
        uri: asked.uri.clone(),
        headers: asked.headers.clone(),
        caller,
        actor,
        body,
    };
    (endpoint.run)(call).await
}

/// Whose key the header `X-API-Key` holds. It is asked of the database each time: whoever was deactivated, given another
/// role or had their role changed is so at once, on every bridge.
pub(super) async fn admit(app: &Arc<App>, headers: &HeaderMap) -> Result<Caller, Failure> {
    let refuse = |said: &str| Failure::new(StatusCode::UNAUTHORIZED, "unauthorized", said);
    let mut values = headers.get_all("x-api-key").iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(refuse("An API key is needed: X-API-Key: aisk_…"));
    };
    let unknown = || refuse("This API key is not known here; check that it was copied whole.");
    let key = value.to_str().ok().map(str::trim).filter(|key| secret::is_key(key)).ok_or_else(unknown)?;
    let row = api_keys::find_by_hash(&mut app.store.read().await?, secret::hash(key)).await?.ok_or_else(unknown)?;
    let now = app.clock.now();
    if row.revoked_at.is_some() {
        return Err(refuse("This API key was revoked."));
    }
    if row.expires_at.is_some_and(|end| end <= now) {
        return Err(refuse("This API key expired; make a new one."));
    }
    if row.user_id.is_some() && row.user_standing.as_deref() != Some("active") {
        return Err(refuse("Whoever this API key acts as is not active."));
    }
    let caller = caller(&row);
    if app.last_uses.is_due(caller.key, Instant::now()) {
        let (store, touch) = (app.store.clone(), Touch { key: caller.key, at: now });
        tokio::spawn(async move {
            if let Err(error) = store.write(touch).await {
                tracing::warn!(%error, "the last use of an API key was not noted");
            }
        });
    }
    Ok(caller)
}

fn caller(row: &KeyRow) -> Caller {
    let names = |json: &str| serde_json::from_str::<Vec<String>>(json).unwrap_or_default();
    let of_user = match (&row.role_name, row.role_is_system) {
        (Some(name), Some(true)) => role::built_in_permissions(name),
        (Some(_), _) => Permissions::known(row.role_permissions.as_deref().map(names).unwrap_or_default()),
        (None, _) if row.user_id.is_none() => Permissions::ALL,
        (None, _) => Permissions::NONE,
    };
    let of_key = row.permissions.as_deref().map_or(Permissions::ALL, |json| Permissions::known(names(json)));
    Caller {
        workspace: WorkspaceId(row.workspace_id),
        key: KeyId(row.id),
        name: row.user_name.clone().unwrap_or_else(|| row.name.clone()),
        key_name: row.name.clone(),
        user: row.user_id.map(UserId),
        permissions: of_user.both(of_key),
    }
}

struct Touch {
    key: KeyId,
    at: chrono::DateTime<chrono::Utc>,
}

impl Work for Touch {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        api_keys::touch(tx, self.key, self.at).await
    }
}

fn too_many(wait: Duration, said: &str) -> Failure {
    let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", said);
    Failure { retry_after: Some(wait.as_secs() + 1), ..failure }
}

fn elsewhere(target: &Target) -> Failure {
    match target {
        Target::OtherMethod(allowed) => {
            let said = format!("This method does not exist here; there are {allowed}.");
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", said)
        }
        _ => Failure::not_found(),
    }
}

fn unreadable(unread: Unread, most: usize) -> Failure {
    match unread {
        Unread::TooLarge => {
            let said = format!("The body is larger than {most} bytes.");
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", said)
        }
        Unread::Cut => Failure::invalid("The body ended too early."),
        Unread::Late => Failure::invalid("The body took too long to arrive."),
    }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Failure> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") && !headers.contains_key("content-encoding") {
        return Ok(());
    }
    let said = "The Content-Type must be application/json, uncompressed.";
    Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", said))
}

/// What stands in a path where its template has `{name}`, decoded.
fn placeholders(path: &str, template: &str) -> Vec<String> {
    let path = path.strip_prefix(BASE).unwrap_or_default().split('/');
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().map(Into::into);
    let pairs = template.split('/').zip(path).filter(|(part, _)| part.starts_with('{'));
    pairs.map(|(_, text)| decoded(text).unwrap_or_default()).collect()
}

fn json_response(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A refusal as it goes over the wire. The connection ends with it where a body may have been left unread.
fn refusal(failure: &Failure, target: &Target) -> Response {
    let body = json!({"status": "error", "message": failure.message, "code": failure.code});
    let mut response = json_response(failure.status, body.to_string().into_bytes());
    let headers = response.headers_mut();
    if let Some(seconds) = failure.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let (StatusCode::METHOD_NOT_ALLOWED, Target::OtherMethod(allowed)) = (failure.status, target)
        && let Ok(allowed) = HeaderValue::from_str(allowed)
    {
        headers.insert(ALLOW, allowed);
    }
    if failure.status == StatusCode::PAYLOAD_TOO_LARGE {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_their_order_and_decoded() {
        let found = placeholders("/api/teams/a%20b/members/c", "/teams/{id}/members/{user_id}");
        assert_eq!(found, ["a b", "c"]);
        assert!(placeholders("/api/teams", "/teams").is_empty());
    }
}
