//! From checked claims to what the rest of the bridge reads.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::claims::{Groups, VerifiedClaims};
use super::error::SsoError;
use super::fault::TokenFault;
use super::id_token::IdToken;
use super::provider::Provider;
use crate::domain::connection::Kind;
use crate::settings::Secret;

/// How many groups are taken, and how long each may be, in bytes.
const MOST_GROUPS: usize = 5_000;
const LONGEST_GROUP: usize = 1_024;
/// The longest address and name, in bytes.
const LONGEST_EMAIL: usize = 320;
const LONGEST_NAME: usize = 256;

/// Whom an ID token and userinfo describe; where both say something, the token counts.
pub(super) fn person(
    provider: &Provider,
    token: IdToken,
    raw: Secret,
    userinfo: &Map<String, Value>,
) -> Result<VerifiedClaims, SsoError> {
    let claims = &token.claims;
    let external_id = match provider.kind {
        Kind::Entra => entra(provider, claims).map_err(SsoError::IdToken)?,
        _ => token.subject.clone(),
    };
    let (email, email_is_verified) = email(provider.kind, claims, userinfo);
    let either = |name| text(claims, name, LONGEST_NAME).or_else(|| text(userinfo, name, LONGEST_NAME));
    let listed = |claim: Option<&String>| claim.map_or(Groups::Unsaid, |name| groups(claims, userinfo, name));
    Ok(VerifiedClaims {
        issuer: provider.issuer.clone(),
        external_id,
        email,
        email_is_verified,
        name: either("name"),
        given_name: either("given_name"),
        family_name: either("family_name"),
        hosted_domain: if provider.kind == Kind::Google { text(claims, "hd", LONGEST_NAME) } else { None },
        groups: listed(provider.groups_claim.as_ref()),
        roles: listed(provider.roles_claim.as_ref()),
        auth_time: token.auth_time.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        sid: token.sid,
        subject: token.subject,
        id_token: Some(raw),
    })
}

/// Entra: the token's tenant is the connection's, and the person's id in the directory is what it provisions with.
fn entra(provider: &Provider, claims: &Map<String, Value>) -> Result<String, TokenFault> {
    let tenant = provider.tenant().map_err(|_| TokenFault::Tenant)?;
    if tenant.is_none() || claims.get("tid").and_then(Value::as_str) != tenant {
        return Err(TokenFault::Tenant);
    }
    super::checks::id(claims, "oid")?.ok_or(TokenFault::Missing("oid"))
}

/// The address, and whether the provider says that it is the person's: both from the same place. Entra lets whoever runs a
/// directory write any address there, so only its own `xms_edov` counts.
fn email(kind: Kind, claims: &Map<String, Value>, userinfo: &Map<String, Value>) -> (Option<String>, bool) {
    let (mark, is_yes): (_, fn(&Value) -> bool) = match kind {
        Kind::Entra => ("xms_edov", is_yes_of_entra),
        _ => ("email_verified", |value| *value == Value::Bool(true)),
    };
    let is_marked = |source: &Map<String, Value>| source.get(mark).is_some_and(is_yes);
    let there = text(userinfo, "email", LONGEST_EMAIL);
    if let Some(email) = text(claims, "email", LONGEST_EMAIL) {
        let confirmed = !claims.contains_key(mark) && there.as_ref() == Some(&email) && is_marked(userinfo);
        return (Some(email), is_marked(claims) || confirmed);
    }
    let verified = there.is_some() && is_marked(userinfo);
    (there, verified)
}

/// `xms_edov` is a Boolean by Microsoft's documentation, and comes as `true` or as `"1"`: yes in either type and in the two
/// that lie between them, and nothing else.
fn is_yes_of_entra(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_u64() == Some(1),
        Value::String(text) => text == "1" || text == "true",
        _ => false,
    }
}

/// A text that is there, not empty, and short enough.
pub(super) fn text(claims: &Map<String, Value>, name: &str, longest: usize) -> Option<String> {
    let text = claims.get(name)?.as_str()?;
    ((1..=longest).contains(&text.len()) && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

fn groups(claims: &Map<String, Value>, userinfo: &Map<String, Value>, name: &str) -> Groups {
    for source in [claims, userinfo] {
        if let Some(value) = find(source, name) {
            return listed(value);
        }
        let elsewhere = source.get("_claim_names").and_then(|names| names.get(name)).is_some();
        if elsewhere || (name == "groups" && source.get("hasgroups") == Some(&Value::Bool(true))) {
            return Groups::TooMany;
        }
    }
    Groups::Unsaid
}

/// A claim by its name; where none is called so, by the way to it: `realm_access.roles`.
fn find<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    rest.split('.').try_fold(claims.get(first)?, |value, part| value.get(part))
}

fn listed(value: &Value) -> Groups {
    let fits = |text: &&str| (1..=LONGEST_GROUP).contains(&text.len());
    match value {
        Value::Array(all) if all.len() > MOST_GROUPS => Groups::TooMany,
        Value::Array(all) => {
            Groups::Listed(all.iter().filter_map(Value::as_str).filter(fits).map(str::to_owned).collect())
        }
        Value::String(one) => Groups::Listed(Some(one.as_str()).filter(fits).map(str::to_owned).into_iter().collect()),
        _ => Groups::Unsaid,
    }
}
