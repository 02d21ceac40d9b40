//! Discovery documents (OpenID Connect Discovery §3), as far as the bridge uses them.

use serde_json::{Map, Value};

use super::error::SsoError;
use super::json;
use crate::outbound::Outbound;

/// What a provider says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) authorization: Option<String>,
    pub(super) token: Option<String>,
    pub(super) userinfo: Option<String>,
    pub(super) jwks: String,
    pub(super) end_session: Option<String>,
    /// The algorithms of its ID tokens.
    pub(super) algorithms: Vec<String>,
    /// How it takes PKCE; none: it does not say.
    pub(super) challenges: Option<Vec<String>>,
    /// How clients prove themselves at its token endpoint; none: it does not say.
    pub(super) proofs: Option<Vec<String>>,
    /// The scopes and claims that it has; none: it does not say.
    pub(super) scopes: Option<Vec<String>>,
    pub(super) claims: Option<Vec<String>>,
    /// Whether its callbacks say from whom they come (RFC 9207 §3).
    pub(super) names_itself: bool,
    /// Whether it tells the bridge of logouts.
    pub(super) backchannel_logout: bool,
}

pub(super) const WHAT: &str = "its discovery document";

/// Where the discovery document of an issuer is.
pub(super) fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

impl Metadata {
    /// Reads the document of `issuer`, which must call itself exactly so.
    pub(super) fn parse(body: &[u8], issuer: &str, outbound: &Outbound) -> Result<Self, SsoError> {
        let document = json::object(body).map_err(|problem| SsoError::answer(WHAT, problem))?;
        match text(&document, "issuer")? {
            Some(named) if named == issuer => {}
            Some(_) => return Err(SsoError::OtherIssuer),
            None => return Err(SsoError::answer(WHAT, "names no issuer")),
        }
        let endpoint = |name: &'static str| match text(&document, name)? {
            None => Ok(None),
            Some(url) => match outbound.check(&url) {
                Ok(_) => Ok(Some(url)),
                Err(error) => Err(SsoError::answer(WHAT, format!("has a {name} that can't be used: {error}"))),
            },
        };
        let flag = |name: &str| document.get(name) == Some(&Value::Bool(true));
        Ok(Self {
            authorization: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
            userinfo: endpoint("userinfo_endpoint")?,
            jwks: endpoint("jwks_uri")?.ok_or_else(|| SsoError::answer(WHAT, "has no jwks_uri"))?,
            end_session: endpoint("end_session_endpoint").ok().flatten(),
            algorithms: list(&document, "id_token_signing_alg_values_supported").unwrap_or_default(),
            challenges: list(&document, "code_challenge_methods_supported"),
            proofs: list(&document, "token_endpoint_auth_methods_supported"),
            scopes: list(&document, "scopes_supported"),
            claims: list(&document, "claims_supported"),
            names_itself: flag("authorization_response_iss_parameter_supported"),
            backchannel_logout: flag("backchannel_logout_supported"),
        })
    }
}

fn text(document: &Map<String, Value>, name: &'static str) -> Result<Option<String>, SsoError> {
    match document.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(SsoError::answer(WHAT, format!("has a {name} that is not a text"))),
    }
}

fn list(document: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let values = document.get(name)?.as_array()?;
    Some(values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
}
