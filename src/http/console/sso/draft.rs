//! What stands in the form of a connection: what was typed, or what the connection is; and what becomes of it.

use crate::command::CommandError;
use crate::command::connections::{Terms, stamp};
use crate::domain::connection::{AuthMethod, Connection, Endpoints, Kind};
use crate::http::browser::Asked;
use crate::ids::RoleId;

/// The fields of the form. A secret is never among them: it is typed anew each time.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Draft {
    pub kind: Kind,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub auth_method: AuthMethod,
    pub key_id: String,
    pub scopes: String,
    pub groups_claim: String,
    pub roles_claim: String,
    pub trusts_email: bool,
    pub jit: bool,
    pub default_role: String,
    pub authorization: String,
    pub token: String,
    pub userinfo: String,
    /// Of which state of the connection it was made; empty where it is yet to be made.
    pub seen: String,
}

impl Draft {
    /// The form of a new connection of that kind.
    pub fn fresh(kind: Kind) -> Self {
        let issuer = match kind {
            Kind::Google => "https://accounts.google.com",
            Kind::Github => "https://github.com",
            Kind::Okta | Kind::Entra | Kind::Oidc => "",
        };
        let none = String::new;
        Self {
            kind,
            name: if kind == Kind::Oidc { none() } else { kind.title().to_owned() },
            issuer: issuer.to_owned(),
            client_id: none(),
            auth_method: if kind == Kind::Github {
                AuthMethod::ClientSecretPost
            } else {
                AuthMethod::ClientSecretBasic
            },
            key_id: none(),
            scopes: none(),
            groups_claim: none(),
            roles_claim: none(),
            // Entra ID never says that an address is verified.
            trusts_email: kind == Kind::Entra,
            jit: false,
            default_role: none(),
            authorization: none(),
            token: none(),
            userinfo: none(),
            seen: none(),
        }
    }

    /// The form of a connection as it is.
    pub fn of(connection: &Connection) -> Self {
        let c = connection.clone();
        Self {
            kind: c.kind,
            name: c.name,
            issuer: c.issuer,
            client_id: c.client_id,
            auth_method: c.auth_method,
            key_id: c.key_id.unwrap_or_default(),
            scopes: c.scopes.join(" "),
            groups_claim: c.groups_claim.unwrap_or_default(),
            roles_claim: c.roles_claim.unwrap_or_default(),
            trusts_email: c.trusts_email,
            jit: c.jit,
            default_role: c.default_role.map(|id| id.to_string()).unwrap_or_default(),
            authorization: c.endpoints.authorization.unwrap_or_default(),
            token: c.endpoints.token.unwrap_or_default(),
            userinfo: c.endpoints.userinfo.unwrap_or_default(),
            seen: stamp(connection).to_string(),
        }
    }

    /// The form as it was sent.
    pub fn typed(asked: &Asked, kind: Kind) -> Self {
        let text = |name: &str| asked.text(name).to_owned();
        Self {
            kind,
            name: text("name"),
            issuer: text("issuer"),
            client_id: text("client_id"),
            auth_method: AuthMethod::parse(asked.text("auth_method")).unwrap_or(AuthMethod::ClientSecretBasic),
            key_id: text("key_id"),
            scopes: text("scopes"),
            groups_claim: text("groups_claim"),
            roles_claim: text("roles_claim"),
            trusts_email: asked.is_on("trusts_email"),
            jit: asked.is_on("jit"),
            default_role: text("default_role"),
            authorization: text("authorization"),
            token: text("token"),
            userinfo: text("userinfo"),
            seen: text("seen"),
        }
    }

    /// The issuer. Of Entra ID the tenant's id is enough.
    fn issuer(&self) -> String {
        let is_tenant = self.kind == Kind::Entra && uuid::Uuid::try_parse(&self.issuer).is_ok();
        if is_tenant {
            return format!("https://login.microsoftonline.com/{}/v2.0", self.issuer.to_lowercase());
        }
        self.issuer.clone()
    }

    /// What the connection is to be.
    ///
    /// # Errors
    /// [`CommandError::Invalid`] where there can be no such role.
    pub fn terms(&self, enabled: bool) -> Result<Terms, CommandError> {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let role = some(&self.default_role).map(|id| {
            let detail = "there is no such role in this workspace".into();
            RoleId::parse(&id).ok_or(CommandError::Invalid { attribute: "default_role_id", detail })
        });
        Ok(Terms {
            name: self.name.clone(),
            kind: self.kind,
            issuer: self.issuer(),
            endpoints: Endpoints {
                authorization: some(&self.authorization),
                token: some(&self.token),
                userinfo: some(&self.userinfo),
            },
            client_id: self.client_id.clone(),
            auth_method: self.auth_method,
            scopes: self.scopes.split_whitespace().map(str::to_owned).collect(),
            groups_claim: some(&self.groups_claim),
            roles_claim: some(&self.roles_claim),
            key_id: some(&self.key_id),
            trusts_email: self.trusts_email,
            jit: self.jit,
            default_role: role.transpose()?,
            enabled,
        })
    }

    /// Whether something stands in the fields that few need, so that they are shown.
    pub fn is_special(&self) -> bool {
        let fields = [&self.authorization, &self.token, &self.userinfo, &self.key_id, &self.scopes];
        self.auth_method != Self::fresh(self.kind).auth_method || fields.into_iter().any(|field| !field.is_empty())
    }
}

/// The secret that was typed, or the private key; none where neither was.
pub fn secret(asked: &Asked) -> Option<String> {
    // Browsers send the lines of a text with a carriage return each, which no key file has.
    let key = asked.text("private_key").replace('\r', "");
    if key.is_empty() { asked.field("secret").map(str::to_owned) } else { Some(key + "\n") }
}
