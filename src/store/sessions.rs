//! Statements on sessions. Only a SHA-256 of what a browser holds is here.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use super::users::{self, UserRow};
use crate::domain::permission::Permissions;
use crate::domain::role;
use crate::domain::session::{Door, Seen, Session, Stage, Upstream};
use crate::domain::user::User;
use crate::ids::{ConnectionId, SessionId, UserId, WorkspaceId};

/// Named so that they stand beside the columns of a user.
macro_rules! columns {
    () => {
        "s.id AS session_id, s.workspace_id AS session_workspace_id, s.user_id AS session_user_id, s.stage, s.door, s.connection_id, \
         s.issuer, s.subject, s.sid, s.id_token, s.email_vouched, s.has_second_factor, s.address, s.user_agent, s.created_at AS session_created_at, \
         s.authenticated_at, s.last_seen_at, s.expires_at"
    };
}
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM sessions s ", $rest)
    };
}

statements! {
    VISITOR = const_str::concat!(
        "SELECT ", columns!(), ", ", users::ALL_COLUMNS, ", r.permissions AS role_permissions, u.must_change_password",
        users::FROM, " JOIN sessions s ON s.user_id = u.id WHERE s.token_hash = $1 AND u.standing = 'active' AND u.deleted_at IS NULL"
    );
    FIND_BY_TOKEN = select!("WHERE s.token_hash = $1");
    FIND = select!("WHERE s.workspace_id = $1 AND s.id = $2");
    OF_USER = select!("WHERE s.user_id = $1 ORDER BY s.id");
    OF_SUBJECT = select!("WHERE s.connection_id = $1 AND s.subject = $2 ORDER BY s.id");
    OF_SID = select!("WHERE s.connection_id = $1 AND s.sid = $2 ORDER BY s.id");
    OF_CONNECTION = select!("WHERE s.connection_id = $1 ORDER BY s.id");
    OF_WORKSPACE = select!("WHERE s.workspace_id = $1 ORDER BY s.id");
    LAST_SEEN = "SELECT last_seen_at FROM sessions WHERE id = $1";
    OVER = select!("WHERE s.expires_at <= $1 ORDER BY s.expires_at LIMIT CAST($2 AS BIGINT)");
    OWNER = "SELECT full_name FROM users WHERE id = $1";
    INSERT = "INSERT INTO sessions (id, workspace_id, user_id, token_hash, stage, door, connection_id, issuer, subject, sid, id_token, email_vouched, \
              has_second_factor, address, user_agent, created_at, authenticated_at, last_seen_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
    ROTATE = "UPDATE sessions SET token_hash = $2, stage = $3, has_second_factor = $4, authenticated_at = $5, last_seen_at = $5, expires_at = $6 \
              WHERE id = $1";
    TOUCH = "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";
    NOTE_LOGIN = "UPDATE users SET last_login_at = $2 WHERE id = $1";
    DELETE = "DELETE FROM sessions WHERE id = $1";
    DELETE_OF_USER = "DELETE FROM sessions WHERE user_id = $1 RETURNING id";
}

/// A session as stored.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct SessionRow {
    pub session_id: Uuid,
    pub session_workspace_id: Uuid,
    pub session_user_id: Uuid,
    /// [`Stage`]
    pub stage: String,
    /// [`Door`]
    pub door: String,
    pub connection_id: Option<Uuid>,
    pub issuer: Option<String>,
    pub subject: Option<String>,
    pub sid: Option<String>,
    /// Sealed.
    pub id_token: Option<Vec<u8>>,
    pub email_vouched: bool,
    pub has_second_factor: bool,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub session_created_at: DateTime<Utc>,
    pub authenticated_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("session {}: {what}", row.session_id));
        let upstream = match (row.connection_id, row.issuer, row.subject) {
            (Some(connection), Some(issuer), Some(subject)) => Some(Upstream {
                connection: ConnectionId(connection),
                issuer,
                subject,
                sid: row.sid,
                id_token: row.id_token,
                email_vouched: row.email_vouched,
            }),
            _ => None,
        };
        let door = match (row.door.as_str(), upstream) {
            ("password", _) => Door::Password,
            ("link", _) => Door::Link,
            ("sso", Some(upstream)) => Door::Sso(upstream),
            _ => return Err(corrupt("door")),
        };
        Ok(Self {
            id: SessionId(row.session_id),
            workspace_id: WorkspaceId(row.session_workspace_id),
            user_id: UserId(row.session_user_id),
            stage: Stage::parse(&row.stage).ok_or_else(|| corrupt("stage"))?,
            door,
            has_second_factor: row.has_second_factor,
            seen: Seen { address: row.address.and_then(|address| address.parse().ok()), user_agent: row.user_agent },
            created_at: row.session_created_at,
            authenticated_at: row.authenticated_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        })
    }
}

/// A session with whose it is.
#[derive(Debug, Clone, FromRow)]
struct VisitorRow {
    #[sqlx(flatten)]
    session: SessionRow,
    #[sqlx(flatten)]
    user: UserRow,
    role_permissions: String,
    must_change_password: bool,
}

/// A session, whose it is, and what they may do now.
#[derive(Debug, Clone)]
pub struct Present {
    /// The session; it may be over.
    pub session: Session,
    /// Whose it is; active.
    pub user: User,
    /// What they may do now.
    pub permissions: Permissions,
    /// Whether their password was chosen by somebody else.
    pub must_change_password: bool,
}

/// The session behind a token, where its user is active.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn present(conn: &mut Conn, token_hash: [u8; 32]) -> Result<Option<Present>, StoreError> {
    let Some(row) = conn.opt::<VisitorRow>(VISITOR.bind(token_hash.to_vec())).await? else { return Ok(None) };
    let user: User = row.user.try_into()?;
    let permissions = if user.role.is_system {
        role::built_in_permissions(&user.role.name)
    } else {
        Permissions::known(serde_json::from_str::<Vec<String>>(&row.role_permissions).unwrap_or_default())
    };
    let (session, must_change_password) = (row.session.try_into()?, row.must_change_password);
    Ok(Some(Present { session, user, permissions, must_change_password }))
}

/// The session behind a token, whosever it is, over or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find_by_token(conn: &mut Conn, token_hash: [u8; 32]) -> Result<Option<Session>, StoreError> {
    conn.opt::<SessionRow>(FIND_BY_TOKEN.bind(token_hash.to_vec())).await?.map(TryInto::try_into).transpose()
}

/// The session of that id, over or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, id: SessionId) -> Result<Option<Session>, StoreError> {
    conn.opt::<SessionRow>(FIND.bind(workspace.0).bind(id.0)).await?.map(TryInto::try_into).transpose()
}

/// The sessions of a user, oldest first, over or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_user(conn: &mut Conn, user: UserId) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<SessionRow> = conn.all(OF_USER.bind(user.0)).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The sessions that began at a connection as one of its subjects, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_subject(conn: &mut Conn, connection: ConnectionId, subject: &str) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<SessionRow> = conn.all(OF_SUBJECT.bind(connection.0).bind(subject)).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The sessions behind a provider's own session, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_sid(conn: &mut Conn, connection: ConnectionId, sid: &str) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<SessionRow> = conn.all(OF_SID.bind(connection.0).bind(sid)).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The sessions that began at a connection, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_connection(conn: &mut Conn, connection: ConnectionId) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<SessionRow> = conn.all(OF_CONNECTION.bind(connection.0)).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The sessions of a workspace, oldest first, over or not.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_workspace(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<SessionRow> = conn.all(OF_WORKSPACE.bind(workspace.0)).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

#[derive(FromRow)]
struct LastSeen {
    last_seen_at: DateTime<Utc>,
}

/// When a session was last used.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn last_seen(conn: &mut Conn, id: SessionId) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(conn.opt::<LastSeen>(LAST_SEEN.bind(id.0)).await?.map(|row| row.last_seen_at))
}

/// Sessions that are too old at `now`, the oldest first, `most` of them.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn over(conn: &mut Conn, now: DateTime<Utc>, most: i64) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<SessionRow> = conn.all(OVER.bind(now).bind(most)).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

#[derive(FromRow)]
struct Owner {
    full_name: String,
}

/// What the owner of a session is called.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn owner(conn: &mut Conn, user: UserId) -> Result<String, StoreError> {
    Ok(conn.opt::<Owner>(OWNER.bind(user.0)).await?.map(|owner| owner.full_name).unwrap_or_default())
}

/// Stores a new session.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, session: &Session, token_hash: [u8; 32]) -> Result<(), StoreError> {
    tx.note_belonging();
    let upstream = match &session.door {
        Door::Sso(upstream) => Some(upstream.clone()),
        Door::Password | Door::Link => None,
    };
    let sql = INSERT.bind(session.id.0).bind(session.workspace_id.0).bind(session.user_id.0).bind(token_hash.to_vec());
    let sql = sql.bind(session.stage.name()).bind(session.door.name());
    let sql = sql.bind(upstream.as_ref().map(|upstream| upstream.connection.0));
    let sql = sql.bind(upstream.as_ref().map(|upstream| upstream.issuer.clone()));
    let sql = sql.bind(upstream.as_ref().map(|upstream| upstream.subject.clone()));
    let sql = sql.bind(upstream.as_ref().and_then(|upstream| upstream.sid.clone()));
    let email_vouched = upstream.as_ref().is_some_and(|upstream| upstream.email_vouched);
    let sql = sql.bind(upstream.and_then(|upstream| upstream.id_token)).bind(email_vouched);
    let sql = sql.bind(session.has_second_factor);
    let sql = sql.bind(session.seen.address.map(|address| address.to_string())).bind(session.seen.user_agent.clone());
    let sql = sql.bind(session.created_at).bind(session.authenticated_at).bind(session.last_seen_at);
    tx.run(sql.bind(session.expires_at)).await?;
    Ok(())
}

/// Gives a session another token, and stores how far it has got.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn rotate(tx: &mut Tx, session: &Session, token_hash: [u8; 32]) -> Result<(), StoreError> {
    let sql = ROTATE.bind(session.id.0).bind(token_hash.to_vec()).bind(session.stage.name());
    let sql = sql.bind(session.has_second_factor).bind(session.authenticated_at);
    tx.run(sql.bind(session.expires_at)).await?;
    Ok(())
}

/// Notes that a session was used.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn touch(tx: &mut Tx, id: SessionId, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(TOUCH.bind(id.0).bind(at)).await?;
    Ok(())
}

/// Notes that somebody logged in.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn note_login(tx: &mut Tx, user: UserId, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run_of_one(user, NOTE_LOGIN.bind(user.0).bind(at)).await?;
    Ok(())
}

/// Takes a session out.
///
/// # Errors
/// [`StoreError`], classified.
pub(crate) async fn delete(tx: &mut Tx, id: SessionId) -> Result<(), StoreError> {
    tx.run(DELETE.bind(id.0)).await?;
    Ok(())
}

#[derive(FromRow)]
struct Deleted {
    id: Uuid,
}

/// Takes out every session of a user; gives which they were.
///
/// # Errors
/// [`StoreError`], classified.
pub(crate) async fn delete_of_user(tx: &mut Tx, user: UserId) -> Result<Vec<SessionId>, StoreError> {
    let rows: Vec<Deleted> = tx.returning_beside(DELETE_OF_USER.bind(user.0)).await?;
    Ok(rows.into_iter().map(|row| SessionId(row.id)).collect())
}
