//! A connection: how the people of a workspace sign in at their company's provider.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::ids::{ConnectionId, RoleId, WorkspaceId};

/// What kind of provider; each has habits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Okta: its `sub` is the id that it provisions with.
    Okta,
    /// Microsoft Entra ID: one tenant; `oid` is the id that it provisions with.
    Entra,
    /// Google: `hd` is the domain of the company.
    Google,
    /// GitHub: OAuth 2.0 and a REST API, no ID token.
    Github,
    /// Any other OpenID Provider.
    Oidc,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Okta, Self::Entra, Self::Google, Self::Github, Self::Oidc];

    /// The kind's name in the database and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::Google => "google",
            Self::Github => "github",
            Self::Oidc => "oidc",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether anybody on earth can have an account there, so that an account alone says nothing of where they belong.
    #[must_use]
    pub const fn is_for_everybody(self) -> bool {
        matches!(self, Self::Google | Self::Github)
    }

    /// What people call it: "Log in with …".
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Entra => "Microsoft",
            Self::Google => "Google",
            Self::Github => "GitHub",
            Self::Oidc => "OpenID Connect",
        }
    }
}

/// How the bridge proves to a provider that it is the client (OpenID Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// The secret in the `Authorization` header.
    ClientSecretBasic,
    /// The secret in the form.
    ClientSecretPost,
    /// An assertion, signed with a key of the bridge's.
    PrivateKeyJwt,
}

impl AuthMethod {
    /// The method's name, as the standard has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// The method of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt]
            .into_iter()
            .find(|method| method.name() == name)
    }
}

/// Addresses that replace discovered ones, or stand in where a provider has no discovery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoints {
    /// Where the browser is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
    /// Where the code becomes tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Where the person's claims are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo: Option<String>,
}

/// A connection, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)]
pub struct Connection {
    /// Its id, which is in its addresses.
    pub id: ConnectionId,
    /// Whose it is.
    pub workspace_id: WorkspaceId,
    /// What people call it: "okta".
    pub name: String,
    /// The kind of provider.
    pub kind: Kind,
    /// The issuer, character by character as the provider writes it; for Entra it names the tenant.
    pub issuer: String,
    /// Addresses of its own.
    pub endpoints: Endpoints,
    /// The bridge's id at the provider.
    pub client_id: String,
    /// How the bridge proves that it is that client.
    pub auth_method: AuthMethod,
    /// What the provider calls the bridge's key, where it proves who it is with one.
    pub key_id: Option<String>,
    /// Whether a secret or key is kept.
    pub has_secret: bool,
    /// What is asked for besides `openid profile email`.
    pub scopes: Vec<String>,
    /// The claim that lists groups, where one does.
    pub groups_claim: Option<String>,
    /// The claim that lists roles, where one does.
    pub roles_claim: Option<String>,
    /// Whether an email is believed that the provider does not call verified, within proved domains.
    pub trusts_email: bool,
    /// Whether whoever is not known yet becomes a user at their first login.
    pub jit: bool,
    /// The role of those; none: the workspace's default role.
    pub default_role: Option<RoleId>,
    /// Whether anybody can sign in through it.
    pub enabled: bool,
    /// When an Admin first came in through it.
    pub admin_came_in_at: Option<DateTime<Utc>>,
    /// Grows with each change; a sign-in that began before one is not finished after it.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed.
    pub updated_at: DateTime<Utc>,
}

/// By what a provider's subject was found to be a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkedBy {
    /// Provisioning and signing in call the person the same.
    ExternalId,
    /// An address that the provider vouches for, in a domain that the workspace has proved.
    Email,
    /// They became a user with their first login.
    Jit,
}

impl LinkedBy {
    /// Its name in the database and the audit log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExternalId => "external_id",
            Self::Email => "email",
            Self::Jit => "jit",
        }
    }
}

/// What is wrong with a setting of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The setting, as the REST API calls it.
    pub field: &'static str,
    /// What is wrong.
    pub detail: String,
}

fn fault<T>(field: &'static str, detail: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { field, detail: detail.into() })
}

impl Connection {
    /// Checks the settings. `loopback`: whether addresses on this machine, and `http` to them, are allowed.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn check(&self, loopback: bool) -> Result<(), Fault> {
        let issuer = address("issuer", &self.issuer, loopback)?;
        if issuer.query().is_some() || issuer.fragment().is_some() {
            return fault("issuer", "has neither a query nor a fragment");
        }
        let is_here = is_loopback(&issuer);
        match self.kind {
            Kind::Entra => check_tenant(&issuer, is_here)?,
            Kind::Google if self.issuer != "https://accounts.google.com" && !is_here => {
                return fault("issuer", "is https://accounts.google.com for Google");
            }
            _ => {}
        }
        for (field, endpoint) in [
            ("authorization_url", &self.endpoints.authorization),
            ("token_url", &self.endpoints.token),
            ("userinfo_url", &self.endpoints.userinfo),
        ] {
            if let Some(endpoint) = endpoint {
                address(field, endpoint, loopback)?;
            }
        }
        if self.client_id.is_empty() || self.client_id.len() > 500 || self.client_id.chars().any(char::is_control) {
            return fault("client_id", "has 1 to 500 characters");
        }
        let is_scope = |scope: &String| {
            (1..=100).contains(&scope.len()) && scope.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
        };
        if self.scopes.len() > 20 || !self.scopes.iter().all(is_scope) {
            return fault("scopes", "are up to 20 words of printable characters");
        }
        for (field, claim) in [("groups_claim", &self.groups_claim), ("roles_claim", &self.roles_claim)] {
            if claim.as_ref().is_some_and(|claim| claim.is_empty() || claim.len() > 200) {
                return fault(field, "has 1 to 200 characters");
            }
        }
        let is_id = |id: &String| (1..=200).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        if !self.key_id.as_ref().is_none_or(is_id) {
            return fault("key_id", "has 1 to 200 printable characters");
        }
        if self.kind == Kind::Github && self.auth_method == AuthMethod::PrivateKeyJwt {
            return fault("auth_method", "GitHub knows client secrets alone");
        }
        Ok(())
    }

    /// Whether what is sent to whom differs, so that a secret that was entered for the one must not go to the other.
    #[must_use]
    pub fn goes_elsewhere(&self, other: &Self) -> bool {
        (self.kind, &self.issuer, &self.endpoints, &self.client_id, self.auth_method)
            != (other.kind, &other.issuer, &other.endpoints, &other.client_id, other.auth_method)
    }
}

fn address(field: &'static str, text: &str, loopback: bool) -> Result<Url, Fault> {
    if text.len() > 1_000 || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return fault(field, "is no address");
    }
    let Ok(url) = Url::parse(text) else { return fault(field, "is no address: https://…") };
    if !url.username().is_empty() || url.password().is_some() {
        return fault(field, "holds no user name and no password");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback && is_loopback(&url) => Ok(url),
        _ => fault(field, "begins with https://"),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// An issuer of Entra ID names one tenant by its id: `common` would let every company's people in.
fn check_tenant(issuer: &Url, is_here: bool) -> Result<(), Fault> {
    let tenant = issuer.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    if matches!(tenant, "common" | "organizations" | "consumers") {
        let detail = format!("names one tenant by its id; {tenant} would let the people of every company in");
        return fault("issuer", detail);
    }
    if is_here {
        return Ok(());
    }
    let is_id = tenant.len() == 36 && uuid::Uuid::try_parse(tenant).is_ok();
    if is_id && issuer.path() == format!("/{tenant}/v2.0") {
        return Ok(());
    }
    fault("issuer", "is https://login.microsoftonline.com/TENANT-ID/v2.0 for Entra ID")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(kind: Kind, issuer: &str) -> Connection {
        let at = DateTime::from_timestamp(0, 0).unwrap();
        Connection {
            id: ConnectionId::fresh(),
            workspace_id: WorkspaceId::fresh(),
            name: "okta".into(),
            kind,
            issuer: issuer.into(),
            endpoints: Endpoints::default(),
            client_id: "id".into(),
            auth_method: AuthMethod::ClientSecretBasic,
            has_secret: true,
            scopes: Vec::new(),
            groups_claim: None,
            roles_claim: None,
            key_id: None,
            trusts_email: false,
            jit: false,
            default_role: None,
            enabled: true,
            admin_came_in_at: None,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn an_issuer_is_an_https_address_and_nothing_else() {
        let good = ["https://acme.okta.com", "https://id.acme.org/realms/x", "https://id.acme.org/"];
        for issuer in good {
            assert_eq!(connection(Kind::Oidc, issuer).check(false), Ok(()), "{issuer}");
        }
        for issuer in [
            "",
            "acme.okta.com",
            "http://acme.okta.com",
            "http://127.0.0.1:9/",
            "https://a.org?x=1",
            "https://a.org#x",
            "https://u:p@a.org",
            "ftp://a.org",
            "javascript:alert(1)",
            "https://a.org/ x",
            "https://",
        ] {
            assert!(connection(Kind::Oidc, issuer).check(false).is_err(), "{issuer}");
        }
        for issuer in ["http://127.0.0.1:9/", "http://localhost:9", "http://[::1]:9"] {
            assert_eq!(connection(Kind::Oidc, issuer).check(true), Ok(()), "{issuer}");
        }
        assert!(connection(Kind::Oidc, "http://10.0.0.1/").check(true).is_err());
        assert!(connection(Kind::Oidc, "http://localhost.evil.org/").check(true).is_err());
    }

    #[test]
    fn an_issuer_of_entra_names_one_tenant() {
        let good = "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0";
        assert_eq!(connection(Kind::Entra, good).check(false), Ok(()));
        for tenant in ["common", "organizations", "consumers", "acme.org", "8eaef023"] {
            let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
            assert!(connection(Kind::Entra, &issuer).check(false).is_err(), "{tenant}");
        }
        assert!(connection(Kind::Google, "https://accounts.example.com").check(false).is_err());
    }
}
