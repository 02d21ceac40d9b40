//! Statements on what login clients were given: grants, and the codes and tokens of each by their hash.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::domain::login_client::Scopes;
use crate::ids::{GrantId, SessionId, UserId, WorkspaceId};

macro_rules! columns {
    () => {
        "g.id, g.workspace_id, g.client_id, g.user_id, g.session_id, g.redirect_uri, g.challenge, g.nonce, g.amr, g.proved_email, \
         g.offline, g.authenticated_at, g.expires_at, g.scope AS grant_scope, t.kind, t.scope, t.created_at AS token_created_at, \
         t.expires_at AS token_expires_at, t.used_at"
    };
}
// Whether somebody may still work, through a client that still may, in a session that lives or needs not. $2 is now, $3
// when a session must have been used last.
macro_rules! living {
    () => {
        " FROM grant_tokens t JOIN grants g ON g.id = t.grant_id JOIN login_clients c ON c.id = g.client_id AND c.revoked_at IS NULL \
         JOIN users u ON u.id = g.user_id AND u.standing = 'active' AND u.deleted_at IS NULL LEFT JOIN sessions s ON s.id = g.session_id \
         WHERE t.hash = $1 AND g.expires_at > $2 AND t.expires_at > $2 AND \
         (g.offline = TRUE OR (s.stage = 'full' AND s.expires_at > $2 AND s.last_seen_at > $3))"
    };
}

statements! {
    // The session as it is when a code is given: of somebody who may work, all the way in.
    SESSION = "SELECT s.door, s.email_vouched, s.has_second_factor, s.created_at, s.authenticated_at, s.expires_at, u.email_key, u.updated_at AS user_updated_at \
               FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND s.user_id = $2 AND s.workspace_id = $3 AND s.stage = 'full' \
               AND s.expires_at > $4 AND u.standing = 'active' AND u.deleted_at IS NULL";
    PROVED_DOMAIN = "SELECT 1 AS n FROM domains WHERE workspace_id = $1 AND domain = $2 AND proved_at IS NOT NULL";
    SESSION_END = "SELECT expires_at FROM sessions WHERE id = $1";
    INSERT = "INSERT INTO grants (id, workspace_id, client_id, user_id, session_id, scope, redirect_uri, challenge, nonce, amr, proved_email, \
              offline, authenticated_at, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    INSERT_TOKEN = "INSERT INTO grant_tokens (hash, grant_id, kind, scope, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    TOKEN = concat!("SELECT ", columns!(), " FROM grant_tokens t JOIN grants g ON g.id = t.grant_id WHERE t.hash = $1");
    LIVING_TOKEN = concat!("SELECT ", columns!(), living!());
    USE = "UPDATE grant_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL";
    EXTEND = "UPDATE grants SET expires_at = $2 WHERE id = $1";
    DELETE = "DELETE FROM grants WHERE id = $1";
    DELETE_TOKEN = "DELETE FROM grant_tokens WHERE hash = $1";
    DELETE_OF_SESSION = "DELETE FROM grants WHERE session_id = $1 RETURNING id";
    DELETE_BOUND = "DELETE FROM grants WHERE session_id = $1 AND offline = FALSE RETURNING id";
    DELETE_OF_USER = "DELETE FROM grants WHERE user_id = $1 AND session_id <> $2 RETURNING id";
    DELETE_OF_CLIENT = "DELETE FROM grants WHERE client_id = $1";
    FORGET = "DELETE FROM grants WHERE expires_at < $1";
    FORGET_TOKENS = "DELETE FROM grant_tokens WHERE expires_at < $1";
    TO_TELL_OF_SESSION = "SELECT DISTINCT g.workspace_id, g.client_id, g.user_id, g.session_id FROM grants g JOIN login_clients c ON c.id = g.client_id \
                          WHERE g.session_id = $1 AND c.backchannel_logout_uri IS NOT NULL AND c.revoked_at IS NULL";
    TO_TELL_OF_BOUND = "SELECT DISTINCT g.workspace_id, g.client_id, g.user_id, g.session_id FROM grants g JOIN login_clients c ON c.id = g.client_id \
                        WHERE g.session_id = $1 AND g.offline = FALSE AND c.backchannel_logout_uri IS NOT NULL AND c.revoked_at IS NULL";
    TO_TELL_OF_USER = "SELECT DISTINCT g.workspace_id, g.client_id, g.user_id, g.session_id FROM grants g JOIN login_clients c ON c.id = g.client_id \
                       WHERE g.user_id = $1 AND g.session_id <> $2 AND c.backchannel_logout_uri IS NOT NULL AND c.revoked_at IS NULL";
    TEAMS = "SELECT t.id, t.name, m.kind FROM team_members m JOIN teams t ON t.id = m.team_id WHERE m.user_id = $1 AND m.source <> 'kept_out' \
             ORDER BY t.name_key, t.id";
    USER_NAME = "SELECT user_name FROM users WHERE id = $1";
}

/// What kind of thing a hash stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A code, good once.
    Code,
    /// An access token.
    Access,
    /// A refresh token, good once.
    Refresh,
}

impl Kind {
    /// Its name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// The session in which a code is asked for.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct SessionRow {
    /// [`Door`](crate::domain::session::Door)
    pub door: String,
    /// Whether the provider vouched for the address at this sign-in.
    pub email_vouched: bool,
    pub has_second_factor: bool,
    pub created_at: DateTime<Utc>,
    pub authenticated_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// The address of whose session it is, as it is compared.
    pub email_key: Option<String>,
    /// When their row last changed.
    pub user_updated_at: DateTime<Utc>,
}

/// A code or token with its grant.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct TokenRow {
    /// The grant's id.
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub client_id: String,
    pub user_id: Uuid,
    pub session_id: Uuid,
    pub redirect_uri: String,
    pub challenge: String,
    pub nonce: Option<String>,
    /// How they signed in: names with spaces between them.
    pub amr: String,
    pub proved_email: Option<String>,
    pub offline: bool,
    pub authenticated_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub grant_scope: String,
    /// [`Kind`]
    pub kind: String,
    pub scope: String,
    pub token_created_at: DateTime<Utc>,
    pub token_expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

/// A new grant, as it is stored.
pub struct NewGrant<'a> {
    /// Its id.
    pub id: GrantId,
    /// Where.
    pub workspace: WorkspaceId,
    /// To whom it is given.
    pub client: &'a str,
    /// Whose it is.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
    /// What it allows.
    pub scope: Scopes,
    /// Where the code goes.
    pub redirect_uri: &'a str,
    /// The challenge that the code's verifier must meet.
    pub challenge: &'a str,
    /// What the ID token repeats.
    pub nonce: Option<&'a str>,
    /// How they signed in.
    pub amr: &'a str,
    /// The address that they had shown to be theirs.
    pub proved_email: Option<&'a str>,
    /// When they proved who they are.
    pub authenticated_at: DateTime<Utc>,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// Until when the code may be redeemed.
    pub expires_at: DateTime<Utc>,
}

/// A client that is to be told that a session ended.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct ToTell {
    pub workspace_id: Uuid,
    pub client_id: String,
    pub user_id: Uuid,
    pub session_id: Uuid,
}

/// A team that somebody is in.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct TeamRow {
    pub id: Uuid,
    pub name: String,
    /// `agent` or `manager`.
    pub kind: String,
}

/// A living session of somebody who may work and is all the way in.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn session(
    conn: &mut Conn,
    workspace: WorkspaceId,
    user: UserId,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<Option<SessionRow>, StoreError> {
    conn.opt(SESSION.bind(id.0).bind(user.0).bind(workspace.0).bind(now)).await
}

/// Whether a workspace has proved that a domain is its own.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn is_proved(conn: &mut Conn, workspace: WorkspaceId, domain: &str) -> Result<bool, StoreError> {
    let found: Option<(i32,)> = conn.opt(PROVED_DOMAIN.bind(workspace.0).bind(domain)).await?;
    Ok(found.is_some())
}

/// When a session ends; none where there is no such session any more.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn session_end(conn: &mut Conn, id: Uuid) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(conn.opt::<(DateTime<Utc>,)>(SESSION_END.bind(id)).await?.map(|(end,)| end))
}

/// Stores a new grant with its code.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, grant: &NewGrant<'_>, code: [u8; 32]) -> Result<(), StoreError> {
    let sql = INSERT.bind(grant.id.0).bind(grant.workspace.0).bind(grant.client).bind(grant.user.0);
    let sql = sql.bind(grant.session.0).bind(grant.scope.to_string()).bind(grant.redirect_uri).bind(grant.challenge);
    let sql = sql.bind(grant.nonce.map(str::to_owned)).bind(grant.amr).bind(grant.proved_email.map(str::to_owned));
    let sql = sql.bind(grant.scope.offline_access).bind(grant.authenticated_at).bind(grant.created_at);
    tx.note_belonging();
    tx.run(sql.bind(grant.expires_at)).await?;
    let times = (grant.created_at, grant.expires_at);
    insert_token(tx, grant.id, Kind::Code, code, grant.scope, times).await
}

/// Stores a new code or token, with when it was made and ends.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert_token(
    tx: &mut Tx,
    grant: GrantId,
    kind: Kind,
    hash: [u8; 32],
    scope: Scopes,
    (created_at, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), StoreError> {
    let sql = INSERT_TOKEN.bind(hash.to_vec()).bind(grant.0).bind(kind.name()).bind(scope.to_string());
    tx.run(sql.bind(created_at).bind(expires_at)).await?;
    Ok(())
}

/// The code or token of that hash, dead or alive.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, hash: [u8; 32]) -> Result<Option<TokenRow>, StoreError> {
    conn.opt(TOKEN.bind(hash.to_vec())).await
}

/// The code or token of that hash, if whoever it is about may still work, its client too, and its session lives where it
/// needs one. `seen` is when a session must have been used last.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_living(
    conn: &mut Conn,
    hash: [u8; 32],
    now: DateTime<Utc>,
    seen: DateTime<Utc>,
) -> Result<Option<TokenRow>, StoreError> {
    conn.opt(LIVING_TOKEN.bind(hash.to_vec()).bind(now).bind(seen)).await
}

/// Notes that a code or refresh token was used; false where it had been used before.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn use_once(tx: &mut Tx, hash: [u8; 32], at: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(tx.run(USE.bind(hash.to_vec()).bind(at)).await? == 1)
}

/// Lets a grant live until then.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn extend(tx: &mut Tx, id: GrantId, until: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(EXTEND.bind(id.0).bind(until)).await?;
    Ok(())
}

/// Ends a grant with all its tokens.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, id: GrantId) -> Result<(), StoreError> {
    tx.run(DELETE.bind(id.0)).await?;
    Ok(())
}

/// Ends one token.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete_token(tx: &mut Tx, hash: [u8; 32]) -> Result<(), StoreError> {
    tx.run(DELETE_TOKEN.bind(hash.to_vec())).await?;
    Ok(())
}

/// Which grants to end, and whom to tell of it.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// Everything of a session.
    OfSession(SessionId),
    /// What of a session does not outlive its limits.
    Bound(SessionId),
    /// Everything of a person, but what was given in one session.
    OfUser {
        /// The person.
        user: UserId,
        /// The session.
        except: Option<SessionId>,
    },
}

/// Ends grants; gives the clients that are to be told.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn end(tx: &mut Tx, which: Which) -> Result<Vec<ToTell>, StoreError> {
    let (to_tell, delete) = match which {
        Which::OfSession(id) => (TO_TELL_OF_SESSION.bind(id.0), DELETE_OF_SESSION.bind(id.0)),
        Which::Bound(id) => (TO_TELL_OF_BOUND.bind(id.0), DELETE_BOUND.bind(id.0)),
        Which::OfUser { user, except } => {
            let except = except.map_or(Uuid::nil(), |id| id.0);
            (TO_TELL_OF_USER.bind(user.0).bind(except), DELETE_OF_USER.bind(user.0).bind(except))
        }
    };
    let clients = tx.all(to_tell).await?;
    tx.returning_beside::<(Uuid,)>(delete).await?;
    Ok(clients)
}

/// Ends every grant of a client.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn end_of_client(tx: &mut Tx, client: &str) -> Result<(), StoreError> {
    tx.run(DELETE_OF_CLIENT.bind(client)).await?;
    Ok(())
}

/// Deletes what has been over since then.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(tx.run(FORGET_TOKENS.bind(before)).await? + tx.run(FORGET.bind(before)).await?)
}

/// The teams that somebody is in, by name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn teams(conn: &mut Conn, user: UserId) -> Result<Vec<TeamRow>, StoreError> {
    conn.all(TEAMS.bind(user.0)).await
}

/// A user's userName.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn user_name(conn: &mut Conn, id: Uuid) -> Result<Option<String>, StoreError> {
    Ok(conn.opt::<(String,)>(USER_NAME.bind(id)).await?.map(|(name,)| name))
}
