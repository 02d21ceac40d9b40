//! GitHub: OAuth 2.0 without an ID token; the person is whom its REST API names.

use serde_json::{Map, Value};

use super::claims::{Groups, VerifiedClaims};
use super::error::SsoError;
use super::provider::Provider;
use super::{json, userinfo};
use crate::outbound::Outbound;
use crate::settings::Secret;

const USER: &str = "its list of users";
const EMAILS: &str = "its list of addresses";

/// GitHub's addresses: authorization, token and user.
pub(super) fn endpoints(issuer: &str) -> (String, String, String) {
    let base = issuer.trim_end_matches('/');
    let user = if base == "https://github.com" {
        "https://api.github.com/user".to_owned()
    } else {
        format!("{base}/api/v3/user")
    };
    (format!("{base}/login/oauth/authorize"), format!("{base}/login/oauth/access_token"), user)
}

/// Whom GitHub names with an access token. Its numeric id is the subject, since names change hands.
pub(super) async fn person(
    outbound: &Outbound,
    provider: &Provider,
    user_url: &str,
    access: &Secret,
) -> Result<VerifiedClaims, SsoError> {
    let user = json::object(&userinfo::get(outbound, user_url, access, USER).await?)
        .map_err(|problem| SsoError::answer(USER, problem))?;
    let id = user.get("id").and_then(Value::as_u64).filter(|id| *id > 0);
    let subject = id.ok_or_else(|| SsoError::answer(USER, "names nobody"))?.to_string();
    let emails = userinfo::get(outbound, &format!("{user_url}/emails"), access, EMAILS).await?;
    let emails: Vec<Map<String, Value>> =
        serde_json::from_slice(&emails).map_err(|_| SsoError::answer(EMAILS, "is not a list of addresses"))?;
    let holds = |email: &Map<String, Value>, name: &str| email.get(name) == Some(&Value::Bool(true));
    let primary = emails.iter().find(|email| holds(email, "primary") && holds(email, "verified"));
    let email = primary.and_then(|email| super::person::text(email, "email", 320));
    Ok(VerifiedClaims {
        issuer: provider.issuer.clone(),
        external_id: subject.clone(),
        subject,
        email_is_verified: email.is_some(),
        email,
        name: super::person::text(&user, "name", 256),
        given_name: None,
        family_name: None,
        hosted_domain: None,
        groups: Groups::Unsaid,
        roles: Groups::Unsaid,
        auth_time: None,
        sid: None,
        id_token: None,
    })
}
