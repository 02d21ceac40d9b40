//! The token endpoint: a code becomes tokens (RFC 6749 §4.1.3, with the verifier of RFC 7636).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::assertion;
use super::error::{SsoError, error_name};
use super::json;
use super::provider::{Proof, Provider};
use crate::domain::connection::Kind;
use crate::outbound::{Outbound, Request};
use crate::settings::Secret;

const WHAT: &str = "its token endpoint";
/// The longest access token, in bytes.
const LONGEST: usize = 32_768;

/// What the token endpoint gives.
pub(super) struct Tokens {
    pub(super) access: Secret,
    pub(super) id: Option<Secret>,
}

/// What is exchanged.
pub(super) struct Exchange<'e> {
    pub(super) code: &'e str,
    pub(super) redirect_uri: &'e str,
    pub(super) verifier: &'e str,
}

/// Exchanges a code at the token endpoint `url`.
pub(super) async fn exchange(
    outbound: &Outbound,
    provider: &Provider,
    url: &str,
    given: &Exchange<'_>,
    now: DateTime<Utc>,
) -> Result<Tokens, SsoError> {
    let request = request(provider, url, given, now)?.with("accept", "application/json");
    let answer = outbound.send(request).await.map_err(|error| SsoError::Unreachable { what: WHAT, error })?;
    let is_json = answer.media_type().is_some_and(|kind| kind == "application/json");
    let body = if is_json { json::object(&answer.body) } else { Err("is not JSON") };
    // GitHub tells of errors with 200.
    if let Some(Value::String(error)) = body.as_ref().ok().and_then(|body| body.get("error")) {
        return Err(match error.as_str() {
            "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" => SsoError::Client,
            other => SsoError::Code(error_name(other)),
        });
    }
    match answer.status {
        200 => read(&body.map_err(|problem| SsoError::answer("the answer of its token endpoint", problem))?),
        401 => Err(SsoError::Client),
        300..=399 => Err(SsoError::answer(WHAT, "is elsewhere, and the bridge follows no redirects")),
        status => Err(SsoError::Status { what: WHAT, status }),
    }
}

fn read(body: &Map<String, Value>) -> Result<Tokens, SsoError> {
    let wrong = |problem: &str| SsoError::answer("the answer of its token endpoint", problem);
    let is_token =
        |text: &&String| !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_graphic());
    let access = match body.get("access_token") {
        Some(Value::String(text)) => Some(text).filter(is_token),
        _ => None,
    };
    let access = access.ok_or_else(|| wrong("has no access token"))?.clone();
    let bearer = body.get("token_type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !bearer {
        return Err(wrong("has an access token of another type than Bearer"));
    }
    let id = match body.get("id_token") {
        None => None,
        Some(Value::String(text)) => Some(Secret::from(text.clone())),
        Some(_) => return Err(wrong("has an ID token that is not a text")),
    };
    Ok(Tokens { access: Secret::from(access), id })
}

fn request(provider: &Provider, url: &str, given: &Exchange<'_>, now: DateTime<Utc>) -> Result<Request, SsoError> {
    let Provider { client_id, proof, .. } = provider;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", given.code),
        ("redirect_uri", given.redirect_uri),
        ("code_verifier", given.verifier),
    ];
    let signed;
    match proof {
        Proof::Basic(secret) if provider.kind != Kind::Github => {
            return Ok(Request::form(url, &form).with("authorization", &basic(client_id, secret)));
        }
        Proof::Basic(secret) | Proof::Post(secret) => {
            form.extend([("client_id", client_id.as_str()), ("client_secret", secret.reveal())]);
        }
        Proof::PrivateKey { pem, algorithm, kid } => {
            signed = assertion::make(pem, *algorithm, kid.as_deref(), client_id, url, now)?;
            form.extend([
                ("client_id", client_id.as_str()),
                ("client_assertion_type", assertion::KIND),
                ("client_assertion", signed.as_str()),
            ]);
        }
    }
    Ok(Request::form(url, &form))
}

/// The `Authorization` header: id and secret are form-encoded first (RFC 6749 §2.3.1).
fn basic(client_id: &str, secret: &Secret) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client_id), encoded(secret.reveal()));
    format!("Basic {}", STANDARD.encode(pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_encoded_before_they_are_joined() {
        let secret = Secret::from("s%c+r:t é".to_owned());
        let header = basic("a:b", &secret);
        let pair = STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(pair).unwrap(), "a%3Ab:s%25c%2Br%3At+%C3%A9");
    }
}
