//! Tokens for a code, and for a refresh token: each good once, and what is shown twice ends everything that came of it
//! (RFC 9700 §2.1.1, §4.14).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::command::{Change, Command, CommandError, Subject};
use crate::domain::event::Event;
use crate::domain::login_client::{LoginClient, Scopes};
use crate::domain::pkce;
use crate::ids::{GrantId, SessionId, UserId, WorkspaceId};
use crate::store;
use crate::store::grants::{Kind, TokenRow};

/// How long a refresh token is good for at the most, in days.
const REFRESH_DAYS: i64 = 30;

/// By what tokens are asked for.
pub enum Asked {
    /// A code, with what proves that it was meant for whoever shows it.
    Code {
        /// Where the code was sent, as the client says.
        redirect_uri: Option<String>,
        /// The verifier of PKCE.
        verifier: Option<String>,
    },
    /// A refresh token, with the scopes that are wanted; none: those that there are.
    Refresh {
        /// Fewer scopes.
        scope: Option<Scopes>,
    },
}

/// The hashes of the tokens that will be given, which were made outside.
#[derive(Clone, Copy)]
pub struct NewTokens {
    /// SHA-256 of the access token.
    pub access_hash: [u8; 32],
    /// How long it is good for.
    pub access_lifetime: TimeDelta,
    /// SHA-256 of the refresh token.
    pub refresh_hash: [u8; 32],
}

/// Gives a client tokens for a code or a refresh token.
pub struct Redeem {
    /// The client's workspace.
    pub workspace: WorkspaceId,
    /// The client, which proved who it is.
    pub client: String,
    /// What it is called.
    pub client_name: String,
    /// SHA-256 of the code or refresh token.
    pub hash: [u8; 32],
    /// By what tokens are asked for.
    pub asked: Asked,
    /// What will be given.
    pub tokens: NewTokens,
    /// How long a session may rest until it is over.
    pub idle: TimeDelta,
}

/// What was given.
#[derive(Debug, Clone)]
pub struct Given {
    /// Whose it is.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
    /// What it allows.
    pub scope: Scopes,
    /// What the ID token repeats; none after a refresh.
    pub nonce: Option<String>,
    /// How they signed in.
    pub amr: String,
    /// The address that they had shown to be theirs.
    pub proved_email: Option<String>,
    /// When they proved who they are.
    pub authenticated_at: DateTime<Utc>,
}

/// What became of it.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Tokens.
    Given(Box<Given>),
    /// Nothing, for a reason that is for the log.
    Refused(&'static str),
    /// Nothing, and everything that came of the code or refresh token has ended: it was shown before.
    Reused,
    /// Nothing: more is asked for than was given.
    TooMuch,
}

impl Command for Redeem {
    type Output = Outcome;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "client.redeem"
    }

    fn subject(&self) -> Subject {
        Subject::of("client", &self.client)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<Outcome, CommandError> {
        // Locked, so that whoever is being deactivated gets nothing that outlives it, and nobody redeems at the same time.
        change.workspace().await?;
        let now = change.now;
        let kind = match self.asked {
            Asked::Code { .. } => Kind::Code,
            Asked::Refresh { .. } => Kind::Refresh,
        };
        let found = store::grants::find(change.tx, self.hash).await?.filter(|row| row.kind == kind.name());
        let Some(row) = found else { return Ok(Outcome::Refused("it is not known here, or has ended")) };
        if row.client_id != self.client || row.workspace_id != self.workspace.0 {
            return Ok(Outcome::Refused("it was given to another client"));
        }
        if row.used_at.is_some() {
            self.end(change, &row, kind).await?;
            return Ok(Outcome::Reused);
        }
        let scope = match &self.asked {
            Asked::Code { redirect_uri, verifier } => {
                if redirect_uri.as_deref() != Some(row.redirect_uri.as_str()) {
                    return Ok(Outcome::Refused("redirect_uri is not the one to which the code was sent"));
                }
                if !verifier.as_deref().is_some_and(|verifier| pkce::verifies(verifier, &row.challenge)) {
                    return Ok(Outcome::Refused("code_verifier is missing, or not the one behind the challenge"));
                }
                Scopes::parse(&row.grant_scope)
            }
            Asked::Refresh { scope } => {
                let given = Scopes::parse(&row.grant_scope);
                match scope {
                    Some(wanted) if !given.covers(*wanted) => return Ok(Outcome::TooMuch),
                    Some(wanted) => *wanted,
                    None => given,
                }
            }
        };
        if store::grants::find_living(change.tx, self.hash, now, now - self.idle).await?.is_none() {
            return Ok(Outcome::Refused("it expired, its session ended, or whoever it is about is not active"));
        }
        if !store::grants::use_once(change.tx, self.hash, now).await? {
            self.end(change, &row, kind).await?;
            return Ok(Outcome::Reused);
        }
        self.give(change, row, kind, scope).await
    }
}

impl Redeem {
    async fn give(
        &self,
        change: &mut Change<'_>,
        row: TokenRow,
        kind: Kind,
        scope: Scopes,
    ) -> Result<Outcome, CommandError> {
        let (now, id) = (change.now, GrantId(row.id));
        let until = match kind {
            Kind::Code => {
                let latest = now + TimeDelta::days(REFRESH_DAYS);
                let end = store::grants::session_end(change.tx, row.session_id).await?;
                let until = if row.offline { latest } else { end.unwrap_or(now).min(latest) };
                store::grants::extend(change.tx, id, until).await?;
                until
            }
            Kind::Access | Kind::Refresh => row.expires_at,
        };
        let NewTokens { access_hash, access_lifetime, refresh_hash } = self.tokens;
        let access_end = (now + access_lifetime).min(until);
        let whole = Scopes::parse(&row.grant_scope);
        store::grants::insert_token(change.tx, id, Kind::Access, access_hash, scope, (now, access_end)).await?;
        store::grants::insert_token(change.tx, id, Kind::Refresh, refresh_hash, whole, (now, until)).await?;
        store::login_clients::touch(change.tx, &self.client, now).await?;
        // Whoever works in the client is there. A grant that outlives its session says nothing of that.
        if !row.offline {
            store::sessions::touch(change.tx, SessionId(row.session_id), now).await?;
        }
        Ok(Outcome::Given(Box::new(Given {
            user: UserId(row.user_id),
            session: SessionId(row.session_id),
            scope,
            nonce: row.nonce.filter(|_| kind == Kind::Code),
            amr: row.amr,
            proved_email: row.proved_email,
            authenticated_at: row.authenticated_at,
        })))
    }

    /// Ends the grant of something that was shown twice: one of the two who have it should not.
    async fn end(&self, change: &mut Change<'_>, row: &TokenRow, kind: Kind) -> Result<(), CommandError> {
        store::grants::delete(change.tx, GrantId(row.id)).await?;
        let changes = json!({"user_id": {"old": row.user_id}, "kind": {"old": kind.name()}});
        let event = Event::credential("client.token_reused", "client", self.client.clone(), &self.client_name, changes);
        change.record(&event);
        Ok(())
    }
}

/// The end of a token, because its client says so (RFC 7009): of an access token alone, and with a refresh token of
/// everything that was given with it.
pub struct RevokeGrant {
    /// The client, which proved who it is.
    pub client: LoginClient,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
}

impl Command for RevokeGrant {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.client.workspace_id)
    }

    fn name(&self) -> &'static str {
        "client.revoke_token"
    }

    fn subject(&self) -> Subject {
        Subject::of("client", &self.client.id)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let found = store::grants::find(change.tx, self.hash).await?;
        let Some(row) = found.filter(|row| row.client_id == self.client.id) else { return Ok(()) };
        if row.kind == Kind::Access.name() {
            store::grants::delete_token(change.tx, self.hash).await?;
            return Ok(());
        }
        store::grants::delete(change.tx, GrantId(row.id)).await?;
        let changes = json!({"user_id": {"old": row.user_id}});
        let (id, name) = (self.client.id.clone(), self.client.name.as_str());
        change.record(&Event::credential("client.grant_revoked", "client", id, name, changes));
        Ok(())
    }
}

/// Deletes grants and tokens that have been over for a day.
pub struct Forget;

impl Command for Forget {
    type Output = u64;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    fn name(&self) -> &'static str {
        "client.forget"
    }

    fn subject(&self) -> Subject {
        Subject::new("client", "")
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<u64, CommandError> {
        let before = change.now - TimeDelta::days(1);
        Ok(store::grants::forget(change.tx, before).await?)
    }
}
