//! Userinfo (OpenID Connect Core §5.3): more claims of the same person.

use serde_json::{Map, Value};

use super::error::SsoError;
use super::json;
use crate::outbound::{Outbound, Request};
use crate::settings::Secret;

const WHAT: &str = "its userinfo";

/// The claims at the userinfo endpoint `url`, which must be about `subject`.
pub(super) async fn fetch(
    outbound: &Outbound,
    url: &str,
    access: &Secret,
    subject: &str,
) -> Result<Map<String, Value>, SsoError> {
    let claims = bearer(outbound, url, access, WHAT).await?;
    match claims.get("sub") {
        Some(Value::String(named)) if named == subject => Ok(claims),
        _ => Err(SsoError::UserinfoSubject),
    }
}

async fn bearer(
    outbound: &Outbound,
    url: &str,
    access: &Secret,
    what: &'static str,
) -> Result<Map<String, Value>, SsoError> {
    json::object(&get(outbound, url, access, what).await?).map_err(|problem| SsoError::answer(what, problem))
}

/// Asks for something with an access token. It must be JSON and say so: a signed userinfo is not taken, because its keys
/// are not agreed upon.
pub(super) async fn get(
    outbound: &Outbound,
    url: &str,
    access: &Secret,
    what: &'static str,
) -> Result<Vec<u8>, SsoError> {
    let authorization = format!("Bearer {}", access.reveal());
    let request = Request::get(url).with("accept", "application/json").with("authorization", &authorization);
    let answer = outbound.send(request).await.map_err(|error| SsoError::Unreachable { what, error })?;
    if answer.status != 200 {
        return Err(SsoError::Status { what, status: answer.status });
    }
    match answer.media_type().as_deref() {
        Some("application/json") => Ok(answer.body),
        Some("application/jwt") => Err(SsoError::answer(what, "is signed, which the bridge did not ask for")),
        _ => Err(SsoError::answer(what, "is not JSON")),
    }
}
