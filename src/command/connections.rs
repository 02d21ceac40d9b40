//! Making, editing and deleting the connections through which people sign in.

use serde_json::{Value, json};

use super::{Change, Command, CommandError, Stamped, Subject, sign_in, upstream};
use crate::domain::connection::{AuthMethod, Connection, Endpoints, Fault, Kind};
use crate::domain::event::{Event, difference};
use crate::domain::permission::Permissions;
use crate::domain::version::Stamp;
use crate::ids::{ConnectionId, RoleId, WorkspaceId};
use crate::store;

/// What a connection is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Terms {
    pub name: String,
    pub kind: Kind,
    pub issuer: String,
    pub endpoints: Endpoints,
    pub client_id: String,
    pub auth_method: AuthMethod,
    pub scopes: Vec<String>,
    pub groups_claim: Option<String>,
    pub roles_claim: Option<String>,
    pub key_id: Option<String>,
    pub trusts_email: bool,
    pub jit: bool,
    pub default_role: Option<RoleId>,
    pub enabled: bool,
}

impl Terms {
    /// The terms of a connection as it is.
    #[must_use]
    pub fn of(connection: &Connection) -> Self {
        let c = connection.clone();
        Self {
            name: c.name,
            kind: c.kind,
            issuer: c.issuer,
            endpoints: c.endpoints,
            client_id: c.client_id,
            auth_method: c.auth_method,
            scopes: c.scopes,
            groups_claim: c.groups_claim,
            roles_claim: c.roles_claim,
            key_id: c.key_id,
            trusts_email: c.trusts_email,
            jit: c.jit,
            default_role: c.default_role,
            enabled: c.enabled,
        }
    }

    fn apply(&self, old: &Connection) -> Connection {
        let t = self.clone();
        Connection {
            name: t.name,
            kind: t.kind,
            issuer: t.issuer,
            endpoints: t.endpoints,
            client_id: t.client_id,
            auth_method: t.auth_method,
            scopes: t.scopes,
            groups_claim: t.groups_claim,
            roles_claim: t.roles_claim,
            key_id: t.key_id,
            trusts_email: t.trusts_email,
            jit: t.jit,
            default_role: t.default_role,
            enabled: t.enabled,
            ..old.clone()
        }
    }
}

/// A new connection. Its secret was sealed outside.
pub struct CreateConnection {
    /// The id that it gets; its secret is sealed for it.
    pub id: ConnectionId,
    /// Where.
    pub workspace: WorkspaceId,
    /// What it is to be.
    pub terms: Terms,
    /// Its secret or private key, sealed for [`store::connections::place`].
    pub secret: Option<Vec<u8>>,
    /// Whether addresses on this machine are allowed.
    pub loopback: bool,
}

impl Command for CreateConnection {
    type Output = Connection;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connection.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("connection", &self.terms.name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Connection, CommandError> {
        change.workspace().await?;
        let blank = Connection {
            id: self.id,
            workspace_id: self.workspace,
            name: String::new(),
            kind: self.terms.kind,
            issuer: String::new(),
            endpoints: Endpoints::default(),
            client_id: String::new(),
            auth_method: self.terms.auth_method,
            has_secret: self.secret.is_some(),
            scopes: Vec::new(),
            groups_claim: None,
            roles_claim: None,
            key_id: None,
            trusts_email: false,
            jit: false,
            default_role: None,
            enabled: false,
            admin_came_in_at: None,
            version: 1,
            created_at: change.now,
            updated_at: change.now,
        };
        let connection = checked(change, self.terms.apply(&blank), self.loopback).await?;
        may_make_users(change, &connection).await?;
        if !store::connections::insert(change.tx, &connection, self.secret.clone()).await? {
            return Err(CommandError::Clash { kind: "connection", attribute: "name" });
        }
        let changes = difference(&json!({}), &described(&connection));
        change.record(&Event::of("connection", "connection.created", connection.id.0, &connection.name, changes));
        Ok(connection)
    }
}

/// Other terms for a connection.
pub struct EditConnection {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: ConnectionId,
    /// What it becomes, from what it is.
    pub edit: Box<dyn Fn(&mut Terms) + Send + Sync>,
    /// Another secret, sealed; none: the one that is kept, which must not go anywhere else than it was entered for.
    pub secret: Option<Vec<u8>>,
    /// Whether addresses on this machine are allowed.
    pub loopback: bool,
}

impl Command for EditConnection {
    type Output = Connection;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connection.update"
    }

    fn subject(&self) -> Subject {
        Subject::of("connection", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Connection, CommandError> {
        let old = existing(change, self.workspace, self.id).await?;
        let mut terms = Terms::of(&old);
        (self.edit)(&mut terms);
        let mut new = checked(change, terms.apply(&old), self.loopback).await?;
        if (new.jit, new.kind) != (old.jit, old.kind) {
            may_make_users(change, &new).await?;
        }
        if new.goes_elsewhere(&old) {
            if self.secret.is_none() && old.has_secret {
                let detail = "has to be entered again when an address, the client or the way it is sent changes";
                return Err(CommandError::Invalid { attribute: "secret", detail: detail.into() });
            }
            // Whoever came in through what it was says nothing of what it is now.
            new.admin_came_in_at = None;
        }
        if (old.enabled && !new.enabled) || (old.admin_came_in_at.is_some() && new.admin_came_in_at.is_none()) {
            may_miss(change, &old).await?;
        }
        if new == old && self.secret.is_none() {
            return Ok(old);
        }
        new.has_secret = old.has_secret || self.secret.is_some();
        (new.version, new.updated_at) = (old.version + 1, change.now);
        if !store::connections::update(change.tx, &new).await? {
            return Err(CommandError::Clash { kind: "connection", attribute: "name" });
        }
        let mut changes = difference(&described(&old), &described(&new));
        if let (Some(secret), Some(changes)) = (&self.secret, changes.as_object_mut()) {
            store::connections::set_secret(change.tx, self.id, Some(secret.clone())).await?;
            changes.insert("secret".into(), json!({"old": "***", "new": "***"}));
        }
        // What is on its way was begun under other terms.
        store::login_flows::drop_all(change.tx, self.id).await?;
        if old.enabled && !new.enabled {
            upstream::end_all_through(change, self.id, "connection disabled").await?;
        } else if new.goes_elsewhere(&old) {
            // Whoever it was that let them in: it is not who lets people in now.
            upstream::end_all_through(change, self.id, "connection changed").await?;
        }
        change.record(&Event::of("connection", "connection.updated", new.id.0, &new.name, changes));
        Ok(new)
    }
}

impl Stamped for EditConnection {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        Ok(stamp(&existing(change, self.workspace, self.id).await?))
    }
}

/// The end of a connection: whoever came in through it is out, and nobody is known by it any more.
pub struct DeleteConnection {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: ConnectionId,
}

impl Command for DeleteConnection {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "connection.delete"
    }

    fn subject(&self) -> Subject {
        Subject::of("connection", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let old = existing(change, self.workspace, self.id).await?;
        change.may_grant(Permissions::ALL)?;
        may_miss(change, &old).await?;
        upstream::end_all_through(change, self.id, "connection deleted").await?;
        store::login_flows::drop_all(change.tx, self.id).await?;
        store::login_flows::drop_tokens(change.tx, self.id).await?;
        store::identities::unlink_all(change.tx, self.id).await?;
        store::domains::leave(change.tx, self.id).await?;
        for (user, group) in store::claimed::of_connection(change.tx, self.id).await? {
            sign_in::take_back(change, self.workspace, user, group).await?;
        }
        store::connections::delete(change.tx, self.id).await?;
        let changes = difference(&described(&old), &json!({}));
        change.record(&Event::of("connection", "connection.deleted", old.id.0, &old.name, changes));
        Ok(())
    }
}

/// The connection of that id in that workspace.
///
/// # Errors
/// [`CommandError::NotFound`]
pub(super) async fn existing(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    id: ConnectionId,
) -> Result<Connection, CommandError> {
    change.workspace().await?;
    let kept = store::connections::find(change.tx, id).await?.ok_or(CommandError::NotFound)?;
    if kept.connection.workspace_id == workspace { Ok(kept.connection) } else { Err(CommandError::NotFound) }
}

/// A connection whose settings can be. Whoever makes one decides who everybody is, so they must be able to do everything.
async fn checked(change: &mut Change<'_>, connection: Connection, loopback: bool) -> Result<Connection, CommandError> {
    change.may_grant(Permissions::ALL)?;
    let name = super::named("name", &connection.name)?;
    let connection = Connection { name, ..connection };
    connection.check(loopback).map_err(|Fault { field, detail }| CommandError::Invalid { attribute: field, detail })?;
    if let Some(role) = connection.default_role
        && !change.tx.roles(connection.workspace_id).await?.iter().any(|known| known.id == role)
    {
        let detail = "there is no such role in this workspace".into();
        return Err(CommandError::Invalid { attribute: "default_role_id", detail });
    }
    Ok(connection)
}

/// Refuses where everybody with an account at Google or GitHub would become a user: such a connection makes users of
/// the domains that it serves, and so it has to serve one.
async fn may_make_users(change: &mut Change<'_>, connection: &Connection) -> Result<(), CommandError> {
    if !connection.jit || !connection.kind.is_for_everybody() {
        return Ok(());
    }
    if store::domains::of_connection(change.tx, connection.id).await?.is_empty() {
        let detail = "everybody on earth can have an account at this provider: first give the connection a domain whose people it adds";
        return Err(CommandError::Invalid { attribute: "auto_create_users", detail: detail.into() });
    }
    Ok(())
}

/// Refuses where nobody could sign in any more: everybody has to come in through a connection, and this is the only one
/// that has shown that it works.
async fn may_miss(change: &mut Change<'_>, connection: &Connection) -> Result<(), CommandError> {
    let is_enforced = change.workspace().await?.sso_enforced;
    let serves = store::domains::of_connection(change.tx, connection.id).await?;
    if serves.iter().any(|domain| domain.sso_enforced) {
        return Err(CommandError::Enforced);
    }
    let all = store::connections::of_workspace(change.tx, connection.workspace_id).await?;
    let others = all.iter().any(|other| other.id != connection.id && other.enabled && other.admin_came_in_at.is_some());
    if is_enforced && !others { Err(CommandError::Enforced) } else { Ok(()) }
}

/// In which state a connection is. Another secret, which nobody sees, makes another version.
#[must_use]
pub fn stamp(connection: &Connection) -> Stamp {
    Stamp::of(&json!([described(connection), connection.version]))
}

/// What the audit log shows of a connection.
fn described(connection: &Connection) -> Value {
    let c = connection;
    json!({
        "name": c.name, "kind": c.kind, "issuer": c.issuer, "endpoints": c.endpoints, "client_id": c.client_id,
        "auth_method": c.auth_method, "key_id": c.key_id, "scopes": c.scopes, "groups_claim": c.groups_claim, "roles_claim": c.roles_claim,
        "trusts_email": c.trusts_email, "jit": c.jit, "default_role_id": c.default_role, "enabled": c.enabled,
    })
}
