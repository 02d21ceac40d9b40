//! `/connections`: how the people of a workspace sign in at their company's provider.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, created, done, named, success};
use super::shape::{List, Listed};
use crate::command::connections::{CreateConnection, DeleteConnection, EditConnection, Terms};
use crate::domain::connection::{self as domain, AuthMethod, Endpoints, Kind};
use crate::http::{looking, sealing};
use crate::ids::{ConnectionId, RoleId};
use crate::sso::Step;
use crate::store::connections as rows;
use crate::upstream;

/// A connection. Its secret is never shown.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(clippy::struct_excessive_bools)]
pub struct Connection {
    id: Uuid,
    name: String,
    kind: Kind,
    issuer: String,
    /// Addresses that replace discovered ones.
    endpoints: Endpoints,
    client_id: String,
    auth_method: AuthMethod,
    /// What the provider calls the private key, for `private_key_jwt`.
    key_id: Option<String>,
    /// Whether a secret or a private key is kept.
    has_secret: bool,
    /// What is asked for besides `openid profile email`.
    scopes: Vec<String>,
    groups_claim: Option<String>,
    roles_claim: Option<String>,
    /// Whether an address is believed that the provider does not call verified, within proved domains.
    trusts_email: bool,
    /// Whether whoever is not known becomes a user at their first login.
    auto_create_users: bool,
    /// The role of those; null: the workspace's default role.
    default_role_id: Option<Uuid>,
    is_enabled: bool,
    /// When an Admin first came in through it.
    admin_came_in_at: Option<DateTime<Utc>>,
    /// To be entered at the provider.
    callback_url: String,
    /// To be entered at the provider, where it knows Back-Channel Logout.
    backchannel_logout_url: String,
    /// To be entered at the provider, where it begins sign-ins by itself.
    initiate_login_url: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Listed for Connection {
    const PLURAL: &'static str = "connections";
}

impl Connection {
    fn of(c: domain::Connection, public_url: &str) -> Self {
        Self {
            callback_url: upstream::callback_url(public_url, c.id),
            backchannel_logout_url: upstream::backchannel_url(public_url, c.id),
            initiate_login_url: upstream::initiate_url(public_url, c.id),
            id: c.id.0,
            name: c.name,
            kind: c.kind,
            issuer: c.issuer,
            endpoints: c.endpoints,
            client_id: c.client_id,
            auth_method: c.auth_method,
            key_id: c.key_id,
            has_secret: c.has_secret,
            scopes: c.scopes,
            groups_claim: c.groups_claim,
            roles_claim: c.roles_claim,
            trusts_email: c.trusts_email,
            auto_create_users: c.jit,
            default_role_id: c.default_role.map(|id| id.0),
            is_enabled: c.enabled,
            admin_came_in_at: c.admin_came_in_at,
            created_at: c.created_at,
            updated_at: c.updated_at,
        }
    }
}

/// A new connection.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConnection {
    /// What people call it.
    name: String,
    kind: Kind,
    /// The issuer, exactly as the provider writes it; for Entra ID with the tenant's id.
    issuer: String,
    endpoints: Option<Endpoints>,
    client_id: String,
    auth_method: Option<AuthMethod>,
    /// What the provider calls the private key, for `private_key_jwt`.
    key_id: Option<String>,
    /// The client secret; for `private_key_jwt` the private key in PEM, followed by its certificate where the provider
    /// knows the key by that (Entra ID).
    secret: Option<String>,
    scopes: Option<Vec<String>>,
    groups_claim: Option<String>,
    roles_claim: Option<String>,
    trusts_email: Option<bool>,
    auto_create_users: Option<bool>,
    default_role_id: Option<String>,
    is_enabled: Option<bool>,
}

/// What becomes of a connection; what is not said stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    name: Option<String>,
    kind: Option<Kind>,
    issuer: Option<String>,
    endpoints: Option<Endpoints>,
    client_id: Option<String>,
    auth_method: Option<AuthMethod>,
    /// Empty: none.
    key_id: Option<String>,
    /// Has to be said again when an address, the kind, the client or the method changes.
    secret: Option<String>,
    scopes: Option<Vec<String>>,
    /// Empty: none.
    groups_claim: Option<String>,
    /// Empty: none.
    roles_claim: Option<String>,
    trusts_email: Option<bool>,
    auto_create_users: Option<bool>,
    /// Empty: none.
    default_role_id: Option<String>,
    is_enabled: Option<bool>,
}

impl Listed for Step {
    const PLURAL: &'static str = "steps";
}

/// `GET /connections`
pub async fn list(call: Call) -> Answer {
    let rows = rows::of_workspace(&mut call.read().await?, call.workspace()).await?;
    let url = call.app.public_url.as_str();
    success(&List::whole(rows.into_iter().map(|row| Connection::of(row, url)).collect()))
}

/// `GET /connections/{id}`
pub async fn read(call: Call) -> Answer {
    let kept = kept(&call).await?;
    success(&Connection::of(kept.connection, &call.app.public_url))
}

/// `POST /connections`
pub async fn create(call: Call) -> Answer {
    let new: NewConnection = call.body()?;
    let id = ConnectionId::fresh();
    let auth_method = new.auth_method.unwrap_or(AuthMethod::ClientSecretBasic);
    let terms = Terms {
        name: new.name,
        kind: new.kind,
        issuer: new.issuer,
        endpoints: new.endpoints.unwrap_or_default(),
        client_id: new.client_id,
        auth_method,
        key_id: new.key_id,
        scopes: new.scopes.unwrap_or_default(),
        groups_claim: new.groups_claim,
        roles_claim: new.roles_claim,
        trusts_email: new.trusts_email.unwrap_or_default(),
        jit: new.auto_create_users.unwrap_or_default(),
        default_role: new.default_role_id.map(|id| named("default_role_id", &id, RoleId::parse)).transpose()?,
        enabled: new.is_enabled.unwrap_or(true),
    };
    let secret = sealed(&call, id, new.secret)?;
    let loopback = call.app.allows_loopback();
    let command = CreateConnection { id, workspace: call.workspace(), terms, secret, loopback };
    let connection = call.execute(command).await?;
    created(&Connection::of(connection, &call.app.public_url))
}

/// `PUT /connections/{id}`
pub async fn update(call: Call) -> Answer {
    let id = call.id(0, ConnectionId::parse)?;
    let change: Change = call.body()?;
    let role = match change.default_role_id.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(id) => Some(Some(named("default_role_id", id, RoleId::parse)?)),
    };
    let secret = sealed(&call, id, change.secret.clone())?;
    let edit = Box::new(move |terms: &mut Terms| {
        let c = &change;
        set(&mut terms.name, c.name.as_ref());
        set(&mut terms.kind, c.kind.as_ref());
        set(&mut terms.issuer, c.issuer.as_ref());
        set(&mut terms.endpoints, c.endpoints.as_ref());
        set(&mut terms.client_id, c.client_id.as_ref());
        set(&mut terms.auth_method, c.auth_method.as_ref());
        set(&mut terms.key_id, c.key_id.clone().map(unless_empty).as_ref());
        set(&mut terms.scopes, c.scopes.as_ref());
        set(&mut terms.groups_claim, c.groups_claim.clone().map(unless_empty).as_ref());
        set(&mut terms.roles_claim, c.roles_claim.clone().map(unless_empty).as_ref());
        set(&mut terms.trusts_email, c.trusts_email.as_ref());
        set(&mut terms.jit, c.auto_create_users.as_ref());
        set(&mut terms.default_role, role.as_ref());
        set(&mut terms.enabled, c.is_enabled.as_ref());
    });
    let loopback = call.app.allows_loopback();
    let command = EditConnection { workspace: call.workspace(), id, edit, secret, loopback };
    let connection = call.execute(command).await?;
    success(&Connection::of(connection, &call.app.public_url))
}

/// `DELETE /connections/{id}`
pub async fn delete(call: Call) -> Answer {
    let id = call.id(0, ConnectionId::parse)?;
    call.execute(DeleteConnection { workspace: call.workspace(), id }).await?;
    done()
}

/// `POST /connections/{id}/test`
pub async fn test(call: Call) -> Answer {
    let kept = kept(&call).await?;
    success(&List::whole(looking::walk(&call.app, &kept).await?))
}

async fn kept(call: &Call) -> Result<rows::Kept, Failure> {
    let id = call.id(0, ConnectionId::parse)?;
    let kept = rows::find(&mut call.read().await?, id).await?;
    kept.filter(|kept| kept.connection.workspace_id == call.workspace()).ok_or_else(Failure::not_found)
}

fn set<T: Clone>(place: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        *place = value.clone();
    }
}

fn unless_empty(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

fn sealed(call: &Call, id: ConnectionId, secret: Option<String>) -> Result<Option<Vec<u8>>, Failure> {
    Ok(secret.map(|secret| sealing::connection_secret(&call.app, id, &secret)).transpose()?)
}
