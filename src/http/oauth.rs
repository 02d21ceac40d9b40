//! `POST /oauth/token`: client credentials (RFC 6749 §4.4) for a short-lived access token, by client secret or by
//! `private_key_jwt` (RFC 7523 §2.2).

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::App;
use super::body::{self, Unread};
use super::journal::Asked;
use crate::domain::access::Scope;
use crate::provider::assertion;
use crate::secret;
use crate::store::oauth::{ClientRow, find_client};
use crate::store::request_log::Entry;
use crate::store::{StoreError, Tx, Work, oauth};

/// The largest request.
const MOST: usize = 65_536;

/// Why there is no token (RFC 6749 §5.2).
#[derive(Debug)]
enum Refusal {
    InvalidRequest(&'static str),
    /// Why is for the log: whoever has no proof is not told what is wrong with it.
    InvalidClient(&'static str),
    UnsupportedGrantType,
    InvalidScope,
    Unavailable(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
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
            Self::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "only grant_type=client_credentials is served")
            }
            Self::InvalidScope => (
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                "the client may not have that scope; there are scim and scim:read",
            ),
            Self::Unavailable(error) => {
                tracing::warn!(%error, "no access token could be given");
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "the same request will do in a moment")
            }
        };
        (status, json!({"error": error, "error_description": description}))
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
struct Seen {
    body: Bytes,
    /// The client that the request names.
    client: Option<ClientRow>,
    /// Whether it proved that it is that client.
    is_proven: bool,
}

/// Answers `POST /oauth/token`, and logs it.
pub async fn token(State(app): State<Arc<App>>, request: Request) -> Response {
    let (started, at) = (Instant::now(), app.clock.now());
    let (parts, mut body) = request.into_parts();
    let asked = Asked::of(&parts, &parts.headers);
    let mut seen = Seen::default();
    let limit = Duration::from_secs(app.settings.limits.request_seconds);
    let outcome = tokio::time::timeout(limit, answer(&app, asked.headers, &mut body, &mut seen)).await;
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
    let note = match &outcome {
        Err(Refusal::InvalidClient(why)) => Some(*why),
        _ => None,
    };
    let (status, body) = outcome.map_or_else(|refusal| refusal.told(), |body| (StatusCode::OK, body));
    let micros = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
    let grant = seen.client.as_ref().and_then(|client| client.grant().ok());
    let entry = Entry { note: note.map(str::to_owned), ..asked.entry(at, status, micros, grant.as_ref()) };
    tracing::info!(
        request_id = %asked.request_id, status = status.as_u16(), micros,
        workspace = entry.workspace_id.map(tracing::field::display), client = entry.actor_id, note, "token"
    );
    app.journal.hand_in_form(entry, &seen.body, &body).await;
    reply(status, &body)
}

async fn answer(app: &App, headers: &HeaderMap, body: &mut Body, seen: &mut Seen) -> Result<Value, Refusal> {
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !essence.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::InvalidRequest("the Content-Type must be application/x-www-form-urlencoded"));
    }
    let limit = Duration::from_secs(app.settings.limits.body_seconds);
    let body = body::read(body, MOST, limit).await.map_err(|unread| {
        Refusal::InvalidRequest(match unread {
            Unread::TooLarge => "the body is too large",
            Unread::Cut => "the body ended too early",
            Unread::Late => "the body took too long to arrive",
        })
    })?;
    seen.body = body.clone();
    grant(app, headers, &body, seen).await
}

/// The parameters of a form; each may stand once (RFC 6749 §3.2).
struct Form(Vec<(String, String)>);

impl Form {
    fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let repeated =
            pairs.iter().enumerate().any(|(i, (name, _))| pairs.iter().skip(i + 1).any(|(other, _)| other == name));
        if repeated { Err(Refusal::InvalidRequest("a parameter stands twice")) } else { Ok(Self(pairs)) }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

async fn grant(app: &App, headers: &HeaderMap, body: &[u8], seen: &mut Seen) -> Result<Value, Refusal> {
    let form = Form::parse(body)?;
    let client = authenticate(app, headers, &form, seen).await?;
    seen.is_proven = true;
    if form.get("grant_type") != Some("client_credentials") {
        return Err(Refusal::UnsupportedGrantType);
    }
    let allowed = client.grant()?.scope;
    let scope = match form.get("scope") {
        None => allowed,
        Some(asked) => granted(asked, allowed).ok_or(Refusal::InvalidScope)?,
    };
    let seconds = app.settings.limits.access_token_seconds;
    let now = app.clock.now();
    let token =
        app.issuer.issue(&client.id, scope, now, seconds).map_err(|error| StoreError::Statement(error.to_string()))?;
    Ok(json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": scope.name()}))
}

/// The most that is allowed of a list of scopes (RFC 6749 §3.3); none where nothing of it is, or one is not known here.
fn granted(asked: &str, allowed: Scope) -> Option<Scope> {
    let asked: Option<Vec<Scope>> = asked.split(' ').filter(|name| !name.is_empty()).map(Scope::parse).collect();
    let asked = asked?;
    [Scope::Write, Scope::Read]
        .into_iter()
        .find(|scope| asked.contains(scope) && (*scope == allowed || *scope == Scope::Read))
}

/// Which client this is; it proves itself in exactly one way (RFC 6749 §2.3).
async fn authenticate(app: &App, headers: &HeaderMap, form: &Form, seen: &mut Seen) -> Result<ClientRow, Refusal> {
    let basic = basic(headers)?;
    let posted = form.get("client_secret");
    let assertion = form.get("client_assertion");
    let ways = usize::from(basic.is_some()) + usize::from(posted.is_some()) + usize::from(assertion.is_some());
    if ways > 1 {
        return Err(Refusal::InvalidRequest("the client proves itself in more than one way"));
    }
    if let Some(assertion) = assertion {
        if form.get("client_assertion_type") != Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") {
            return Err(Refusal::InvalidRequest(
                "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ));
        }
        return asserted(app, form, assertion, seen).await;
    }
    let (id, secret) = match (basic, form.get("client_id"), posted) {
        (Some(pair), _, _) => pair,
        (None, Some(id), Some(secret)) => (id.to_owned(), secret.to_owned()),
        _ => return Err(Refusal::InvalidClient("there is no proof, or no client_id")),
    };
    let client = living(app, &id, seen).await?;
    let hash = client.secret_hash.as_deref().ok_or(Refusal::InvalidClient("this client has no secret; it signs"))?;
    let is_it = bool::from(secret::hash(&secret).ct_eq(hash));
    is_it.then_some(client).ok_or(Refusal::InvalidClient("the client secret is wrong"))
}

async fn asserted(app: &App, form: &Form, assertion: &str, seen: &mut Seen) -> Result<ClientRow, Refusal> {
    let claimed = assertion::client_of(assertion)
        .ok_or(Refusal::InvalidClient("the assertion is no JWT with iss, sub, aud, exp and jti"))?;
    if form.get("client_id").is_some_and(|id| id != claimed) {
        return Err(Refusal::InvalidClient("client_id is not the assertion's sub"));
    }
    let client = living(app, &claimed, seen).await?;
    let keys = client.keys.as_ref().ok_or(Refusal::InvalidClient("this client does not sign; it has a secret"))?;
    let now = app.clock.now();
    let audiences = [format!("{}/oauth/token", app.public_url), app.public_url.clone()];
    let used = assertion::verify(assertion, &client.id, keys, &audiences, now).map_err(Refusal::InvalidClient)?;
    let once = UseAssertion { client: client.id.clone(), jti: used.jti, expires_at: used.expires_at, now };
    let is_first = app.store.write(once).await?;
    is_first.then_some(client).ok_or(Refusal::InvalidClient("the assertion was used before (jti)"))
}

async fn living(app: &App, id: &str, seen: &mut Seen) -> Result<ClientRow, Refusal> {
    let unknown = Refusal::InvalidClient("there is no client of that id");
    if id.contains('\0') {
        return Err(unknown);
    }
    let client = find_client(&mut app.store.read().await?, id).await?.ok_or(unknown)?;
    seen.client = Some(client.clone());
    if client.revoked_at.is_some() { Err(Refusal::InvalidClient("the client was revoked")) } else { Ok(client) }
}

/// The id and secret of `Authorization: Basic`, both form-encoded before base64 (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refusal> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(String::from)
    };
    let pair = || {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        Some((decode(id)?, decode(secret)?))
    };
    pair().map(Some).ok_or(Refusal::InvalidClient("the Authorization header is no Basic credential"))
}

/// Notes that an assertion was used; false where it had been.
struct UseAssertion {
    client: String,
    jti: String,
    expires_at: chrono::DateTime<chrono::Utc>,
    now: chrono::DateTime<chrono::Utc>,
}

impl Work for UseAssertion {
    type Output = bool;
    type Error = StoreError;

    fn workspace(&self) -> Option<crate::ids::WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        oauth::use_assertion(tx, &self.client, &self.jti, self.expires_at, self.now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_encoded() {
        let header = format!("Basic {}", STANDARD.encode("a%3Ab:c%25d+%C3%A9"));
        let headers = HeaderMap::from_iter([(AUTHORIZATION, header.parse().unwrap())]);
        assert_eq!(basic(&headers).unwrap(), Some(("a:b".into(), "c%d é".into())));
        assert!(basic(&HeaderMap::from_iter([(AUTHORIZATION, "Basic !".parse().unwrap())])).is_err());
    }

    #[test]
    fn of_several_scopes_the_most_that_is_allowed_is_granted() {
        use Scope::{Read, Write};
        for (asked, allowed, expected) in [
            ("scim", Write, Some(Write)),
            ("scim scim:read", Write, Some(Write)),
            ("scim:read scim", Write, Some(Write)),
            ("scim:read", Write, Some(Read)),
            ("scim:read  scim", Read, Some(Read)),
            ("scim", Read, None),
            ("scim root", Write, None),
            (" ", Write, None),
        ] {
            assert_eq!(granted(asked, allowed), expected, "{asked}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        assert!(Form::parse(b"a=1&a=2").is_err());
        assert_eq!(Form::parse(b"a=1&b=").unwrap().get("b"), None);
    }
}
