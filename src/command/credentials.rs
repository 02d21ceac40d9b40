//! Making and revoking what identity providers and programs authenticate with.

use serde_json::{Value, json};

use super::{Change, Command, CommandError, Subject};
use crate::domain::access::{Grant, Scope};
use crate::domain::event::Event;
use crate::domain::permission::Permissions;
use crate::domain::user::Standing;
use crate::ids::{KeyId, TokenId, UserId, WorkspaceId};
use crate::store::{self, api_keys::NewKey, oauth::ClientRow};

/// What a token lets its holder do. One that writes fills groups, and so gives whatever role a rule gives: whoever makes
/// or takes one away must be able to do everything themselves.
fn powers(scope: Scope) -> Permissions {
    match scope {
        Scope::Write => Permissions::ALL,
        Scope::Read => Permissions::known(["users:read", "groups:read"]),
    }
}

/// A new SCIM token. The token itself was made outside and is not here, only its hash.
pub struct CreateToken {
    /// The id that it gets.
    pub id: TokenId,
    /// What it allows, and where.
    pub grant: Grant,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// Its beginning, by which people tell it from others.
    pub hint: String,
}

impl Command for CreateToken {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.grant.workspace_id)
    }

    fn name(&self) -> &'static str {
        "token.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("token", &self.grant.name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        change.may_grant(powers(self.grant.scope))?;
        let grant = &Grant { name: super::named("name", &self.grant.name)?, ..self.grant.clone() };
        if let Some(user) = grant.user_id
            && store::users::visible_name(change.tx, grant.workspace_id, user).await?.is_none()
        {
            return Err(CommandError::Invalid {
                attribute: "user",
                detail: "there is no such user in this workspace".into(),
            });
        }
        store::tokens::insert(change.tx, self.id, grant, self.hash, &self.hint, change.now).await?;
        let changes = json!({"scope": {"new": grant.scope}, "profile": {"new": grant.dialect}, "expires_at": {"new": grant.expires_at}});
        change.record(&Event::of("token", "token.created", self.id.0, &grant.name, changes));
        Ok(())
    }
}

/// The end of a SCIM token.
pub struct RevokeToken {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: TokenId,
}

impl Command for RevokeToken {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "token.revoke"
    }

    fn subject(&self) -> Subject {
        Subject::of("token", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        let token = store::tokens::list(change.tx, self.workspace).await?.into_iter().find(|row| row.id == self.id.0);
        let scope = token.and_then(|row| Scope::parse(&row.scope)).ok_or(CommandError::NotFound)?;
        change.may_grant(powers(scope))?;
        let name = store::tokens::revoke(change.tx, self.workspace, self.id, change.now).await?;
        let name = name.ok_or(CommandError::NotFound)?;
        change.record(&Event::of("token", "token.revoked", self.id.0, &name, json!({})));
        Ok(())
    }
}

/// A new OAuth client. Its secret was made outside and is not here, only its hash.
pub struct CreateClient {
    /// The id that it gets.
    pub id: String,
    /// What it allows, and where.
    pub grant: Grant,
    /// SHA-256 of its secret, where it has one.
    pub secret_hash: Option<[u8; 32]>,
    /// The JWK set with its public keys, where it signs instead.
    pub keys: Option<Value>,
}

impl Command for CreateClient {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.grant.workspace_id)
    }

    fn name(&self) -> &'static str {
        "client.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("client", &self.grant.name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        change.may_grant(powers(self.grant.scope))?;
        let row = ClientRow {
            id: self.id.clone(),
            workspace_id: self.grant.workspace_id.0,
            name: super::named("name", &self.grant.name)?,
            secret_hash: self.secret_hash.map(|hash| hash.to_vec()),
            keys: self.keys.clone(),
            scope: self.grant.scope.name().to_owned(),
            dialect: self.grant.dialect.name().to_owned(),
            created_at: change.now,
            last_used_at: None,
            revoked_at: None,
        };
        store::oauth::insert_client(change.tx, &row).await?;
        let changes = json!({"scope": {"new": row.scope}, "profile": {"new": row.dialect}});
        change.record(&Event::credential("client.created", "client", row.id, &row.name, changes));
        Ok(())
    }
}

/// The end of an OAuth client; the access tokens that it holds die with it.
pub struct RevokeClient {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: String,
}

impl Command for RevokeClient {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "client.revoke"
    }

    fn subject(&self) -> Subject {
        Subject::of("client", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        let client = store::oauth::find_client(change.tx, &self.id).await?;
        let client = client.filter(|row| row.workspace_id == self.workspace.0).ok_or(CommandError::NotFound)?;
        change.may_grant(powers(client.grant()?.scope))?;
        let name = store::oauth::revoke_client(change.tx, self.workspace, &self.id, change.now).await?;
        let name = name.ok_or(CommandError::NotFound)?;
        change.record(&Event::credential("client.revoked", "client", self.id.clone(), &name, json!({})));
        Ok(())
    }
}

/// A new key for the REST API. The key itself was made outside and is not here, only its hash.
pub struct CreateKey {
    /// The key as it is to be stored; its moment is set when it is.
    pub key: NewKey,
    /// What it may do at most; none: whatever its user may do.
    pub permissions: Option<Permissions>,
}

impl Command for CreateKey {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.key.workspace)
    }

    fn name(&self) -> &'static str {
        "key.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("key", &self.key.name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        let invalid = |attribute, detail: &str| CommandError::Invalid { attribute, detail: detail.into() };
        let key = &self.key;
        if key.expires_at.is_some_and(|end| end <= change.now) {
            return Err(invalid("expires_at", "lies in the past"));
        }
        match key.user {
            Some(id) => {
                let user = super::people::existing(change, key.workspace, id).await.map_err(|error| match error {
                    CommandError::NotFound => invalid("user_id", "there is no such user in this workspace"),
                    other => other,
                })?;
                if user.standing != Standing::Active {
                    return Err(invalid("user_id", "only somebody who is active can have a key"));
                }
                super::people::may_touch(change, &user).await?;
                // Nobody promises more than they have.
                change.may_grant(self.permissions.unwrap_or(Permissions::NONE))?;
            }
            None => change.may_grant(self.permissions.unwrap_or(Permissions::ALL))?,
        }
        let permissions = self.permissions.map(|set| serde_json::to_string(&set).unwrap_or_default());
        let name = super::named("name", &key.name)?;
        let stored = NewKey { name: name.clone(), hint: key.hint.clone(), permissions, created_at: change.now, ..*key };
        store::api_keys::insert(change.tx, &stored).await?;
        let changes = json!({
            "user": {"new": key.user}, "permissions": {"new": self.permissions}, "expires_at": {"new": key.expires_at},
        });
        change.record(&Event::credential("key.created", "key", key.id.to_string(), &name, changes));
        Ok(())
    }
}

/// The end of a key for the REST API.
pub struct RevokeKey {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: KeyId,
}

impl Command for RevokeKey {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "key.revoke"
    }

    fn subject(&self) -> Subject {
        Subject::of("key", &self.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        let row = store::api_keys::find(change.tx, self.workspace, self.id).await?.ok_or(CommandError::NotFound)?;
        let mine = change.actor().id.as_deref();
        match row.user_id.map(UserId) {
            Some(user) if mine == Some(user.to_string().as_str()) => {}
            // Whose user is gone is dead already.
            Some(user) => match super::people::existing(change, self.workspace, user).await {
                Ok(user) => super::people::may_touch(change, &user).await?,
                Err(CommandError::NotFound) => {}
                Err(error) => return Err(error),
            },
            None => {
                let names = row.permissions.and_then(|json| serde_json::from_str::<Vec<String>>(&json).ok());
                change.may_grant(names.map_or(Permissions::ALL, Permissions::known))?;
            }
        }
        let now = change.now;
        let key = store::api_keys::revoke(change.tx, self.workspace, self.id, now).await?;
        let key = key.ok_or(CommandError::NotFound)?;
        change.record(&Event::credential("key.revoked", "key", self.id.to_string(), &key.name, json!({})));
        Ok(())
    }
}
