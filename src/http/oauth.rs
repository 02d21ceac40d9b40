//! `POST /oauth/token`: client credentials (RFC 6749 §4.4) for a short-lived access token, by client secret or by
//! `private_key_jwt` (RFC 7523 §2.2).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::App;
use crate::domain::access::Scope;
use crate::provider::assertion;
use crate::secret;
use crate::store::oauth::{ClientRow, find_client};
use crate::store::{StoreError, Tx, Work, oauth};

/// The largest request.
const MOST: usize = 65_536;

/// Why there is no token (RFC 6749 §5.2).
#[derive(Debug)]
enum Refusal {
    InvalidRequest(&'static str),
    InvalidClient,
    UnsupportedGrantType,
    InvalidScope,
    Unavailable(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error, description) = match self {
            Self::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", why),
            Self::InvalidClient => {
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
        let mut response = reply(status, &json!({"error": error, "error_description": description}));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"aisoule-bridge\""));
        }
        response
    }
}

fn reply(status: StatusCode, body: &serde_json::Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}

/// Answers `POST /oauth/token`.
pub async fn token(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let essence = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !essence.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        return Refusal::InvalidRequest("the Content-Type must be application/x-www-form-urlencoded").into_response();
    }
    let Ok(body) = axum::body::to_bytes(body, MOST).await else {
        return Refusal::InvalidRequest("the body is too large or ended too early").into_response();
    };
    match grant(&app, &parts.headers, &body).await {
        Ok(body) => reply(StatusCode::OK, &body),
        Err(refusal) => refusal.into_response(),
    }
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

async fn grant(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<serde_json::Value, Refusal> {
    let form = Form::parse(body)?;
    let client = authenticate(app, headers, &form).await?;
    if form.get("grant_type") != Some("client_credentials") {
        return Err(Refusal::UnsupportedGrantType);
    }
    let allowed = client.grant()?.scope;
    let scope = match form.get("scope") {
        None => allowed,
        Some(asked) => Scope::parse(asked)
            .filter(|asked| *asked == allowed || *asked == Scope::Read)
            .ok_or(Refusal::InvalidScope)?,
    };
    let seconds = app.settings.limits.access_token_seconds;
    let now = app.clock.now();
    let token =
        app.issuer.issue(&client.id, scope, now, seconds).map_err(|error| StoreError::Statement(error.to_string()))?;
    Ok(json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": scope.name()}))
}

/// Which client this is; it proves itself in exactly one way (RFC 6749 §2.3).
async fn authenticate(app: &App, headers: &HeaderMap, form: &Form) -> Result<ClientRow, Refusal> {
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
        return asserted(app, form, assertion).await;
    }
    let (id, secret) = match (basic, form.get("client_id"), posted) {
        (Some(pair), _, _) => pair,
        (None, Some(id), Some(secret)) => (id.to_owned(), secret.to_owned()),
        _ => return Err(Refusal::InvalidClient),
    };
    let client = living(app, &id).await?;
    let hash = client.secret_hash.as_deref().ok_or(Refusal::InvalidClient)?;
    if bool::from(secret::hash(&secret).ct_eq(hash)) { Ok(client) } else { Err(Refusal::InvalidClient) }
}

async fn asserted(app: &App, form: &Form, assertion: &str) -> Result<ClientRow, Refusal> {
    let claimed = assertion::client_of(assertion).ok_or(Refusal::InvalidClient)?;
    if form.get("client_id").is_some_and(|id| id != claimed) {
        return Err(Refusal::InvalidClient);
    }
    let client = living(app, &claimed).await?;
    let keys = client.keys.as_ref().ok_or(Refusal::InvalidClient)?;
    let now = app.clock.now();
    let audiences = [format!("{}/oauth/token", app.public_url), app.public_url.clone()];
    let used = assertion::verify(assertion, &client.id, keys, &audiences, now).ok_or(Refusal::InvalidClient)?;
    let once = UseAssertion { client: client.id.clone(), jti: used.jti, expires_at: used.expires_at, now };
    if app.store.write(once).await? { Ok(client) } else { Err(Refusal::InvalidClient) }
}

async fn living(app: &App, id: &str) -> Result<ClientRow, Refusal> {
    if id.contains('\0') {
        return Err(Refusal::InvalidClient);
    }
    let client = find_client(&mut app.store.read().await?, id).await?;
    client.filter(|client| client.revoked_at.is_none()).ok_or(Refusal::InvalidClient)
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
    pair().map(Some).ok_or(Refusal::InvalidClient)
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
    fn a_repeated_parameter_is_refused() {
        assert!(Form::parse(b"a=1&a=2").is_err());
        assert_eq!(Form::parse(b"a=1&b=").unwrap().get("b"), None);
    }
}
