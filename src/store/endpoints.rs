//! Statements on webhook endpoints: what they are, and how they stand. Address and secrets are here sealed.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use super::workspaces::Count;
use crate::domain::endpoint::{Endpoint, EndpointState};
use crate::ids::{EndpointId, WorkspaceId};

statements! {
    FIND = "SELECT * FROM endpoints WHERE id = $1";
    LOCK = "SELECT * FROM endpoints WHERE id = $1", for_update;
    BY_NAME = "SELECT * FROM endpoints WHERE workspace_id = $1 AND name = $2";
    OF_WORKSPACE = "SELECT * FROM endpoints WHERE workspace_id = $1 ORDER BY name";
    NAMESAKE = "SELECT count(*) AS n FROM endpoints WHERE workspace_id = $1 AND name = $2 AND id <> $3";
    COUNT_ALL = "SELECT count(*) AS n FROM endpoints WHERE workspace_id = $1";
    INSERT = "INSERT INTO endpoints (id, workspace_id, name, url, shown_url, events, secret, cursor, state, strikes, created_at, updated_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', 0, $9, $9) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE endpoints SET name = $2, events = $3, state = $4, problem = $5, strikes = $6, due_at = $7, failing_since = $8, \
              last_success_at = $9, last_failure_at = $10, updated_at = $11 WHERE id = $1";
    MOVE = "UPDATE endpoints SET url = $2, shown_url = $3 WHERE id = $1";
    SET_SECRETS = "UPDATE endpoints SET secret = $2, old_secret = $3, old_secret_until = $4, updated_at = $5 WHERE id = $1";
    DELETE = "DELETE FROM endpoints WHERE id = $1";
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    workspace_id: Uuid,
    name: String,
    url: Vec<u8>,
    shown_url: String,
    events: String,
    secret: Vec<u8>,
    old_secret: Option<Vec<u8>>,
    old_secret_until: Option<DateTime<Utc>>,
    cursor: i64,
    state: String,
    problem: Option<String>,
    strikes: i64,
    due_at: Option<DateTime<Utc>>,
    failing_since: Option<DateTime<Utc>>,
    last_success_at: Option<DateTime<Utc>>,
    last_failure_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// An endpoint with what is sealed of it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its address, sealed for [`url_place`].
    pub url: Vec<u8>,
    /// Its secret, sealed for [`secret_place`].
    pub secret: Vec<u8>,
    /// The secret before, sealed for the same.
    pub old_secret: Option<Vec<u8>>,
}

/// The place for which the address of an endpoint is sealed.
#[must_use]
pub fn url_place(id: EndpointId) -> String {
    format!("endpoint address {id}")
}

/// The place for which the secrets of an endpoint are sealed.
#[must_use]
pub fn secret_place(id: EndpointId) -> String {
    format!("endpoint secret {id}")
}

impl TryFrom<Row> for Kept {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("endpoint {}: {what}", row.id));
        let endpoint = Endpoint {
            id: EndpointId(row.id),
            workspace_id: WorkspaceId(row.workspace_id),
            events: serde_json::from_str(&row.events).map_err(|_| corrupt("events"))?,
            state: EndpointState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            name: row.name,
            shown_url: row.shown_url,
            cursor: row.cursor,
            problem: row.problem,
            strikes: row.strikes,
            due_at: row.due_at,
            failing_since: row.failing_since,
            last_success_at: row.last_success_at,
            last_failure_at: row.last_failure_at,
            old_secret_until: row.old_secret_until,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Self { endpoint, url: row.url, secret: row.secret, old_secret: row.old_secret })
    }
}

fn events(endpoint: &Endpoint) -> Result<String, StoreError> {
    serde_json::to_string(&endpoint.events).map_err(|error| StoreError::Statement(error.to_string()))
}

async fn one(conn: &mut Conn, sql: super::sql::Sql) -> Result<Option<Kept>, StoreError> {
    conn.opt::<Row>(sql).await?.map(TryInto::try_into).transpose()
}

/// The endpoints of a workspace, by name.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn list(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<Endpoint>, StoreError> {
    let rows = conn.all::<Row>(OF_WORKSPACE.bind(workspace.0)).await?;
    rows.into_iter().map(|row| Kept::try_from(row).map(|kept| kept.endpoint)).collect()
}

/// The endpoint of that id in that workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
    let found = kept(conn, id).await?.map(|kept| kept.endpoint);
    Ok(found.filter(|endpoint| endpoint.workspace_id == workspace))
}

/// The endpoint of that name in that workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn by_name(conn: &mut Conn, workspace: WorkspaceId, name: &str) -> Result<Option<Endpoint>, StoreError> {
    Ok(one(conn, BY_NAME.bind(workspace.0).bind(name)).await?.map(|kept| kept.endpoint))
}

/// The endpoint of that id, of whichever workspace, with what is sealed of it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn kept(conn: &mut Conn, id: EndpointId) -> Result<Option<Kept>, StoreError> {
    one(conn, FIND.bind(id.0)).await
}

/// The same, locked until the end of the transaction. Whoever gives it deliveries, or notes what became of one, holds it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn lock(tx: &mut Tx, id: EndpointId) -> Result<Option<Kept>, StoreError> {
    one(tx, LOCK.bind(id.0)).await
}

/// How many endpoints a workspace has.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn count(conn: &mut Conn, workspace: WorkspaceId) -> Result<i64, StoreError> {
    Ok(conn.one::<Count>(COUNT_ALL.bind(workspace.0)).await?.n)
}

/// Stores a new endpoint; false where the name is taken.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, kept: &Kept) -> Result<bool, StoreError> {
    let e = &kept.endpoint;
    let sql = INSERT.bind(e.id.0).bind(e.workspace_id.0).bind(e.name.as_str()).bind(kept.url.clone());
    let sql = sql.bind(e.shown_url.as_str()).bind(events(e)?).bind(kept.secret.clone()).bind(e.cursor);
    Ok(tx.run(sql.bind(e.created_at)).await? == 1)
}

/// Stores how an endpoint stands, its name and its filter; false where the name is taken.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn update(tx: &mut Tx, endpoint: &Endpoint) -> Result<bool, StoreError> {
    let e = endpoint;
    if tx.one::<Count>(NAMESAKE.bind(e.workspace_id.0).bind(e.name.as_str()).bind(e.id.0)).await?.n > 0 {
        return Ok(false);
    }
    note(tx, e).await?;
    Ok(true)
}

/// Stores how an endpoint stands, whose name stays.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn note(tx: &mut Tx, endpoint: &Endpoint) -> Result<(), StoreError> {
    let e = endpoint;
    let sql = UPDATE.bind(e.id.0).bind(e.name.as_str()).bind(events(e)?).bind(e.state.name());
    let sql = sql.bind(e.problem.clone()).bind(e.strikes).bind(e.due_at).bind(e.failing_since);
    tx.run(sql.bind(e.last_success_at).bind(e.last_failure_at).bind(e.updated_at)).await?;
    Ok(())
}

/// Stores another address.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn relocate(tx: &mut Tx, id: EndpointId, url: Vec<u8>, shown: &str) -> Result<(), StoreError> {
    tx.run(MOVE.bind(id.0).bind(url).bind(shown)).await?;
    Ok(())
}

/// Stores another secret, and until when the one before is signed with too.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_secrets(
    tx: &mut Tx,
    id: EndpointId,
    secret: Vec<u8>,
    old: Option<(Vec<u8>, DateTime<Utc>)>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (old, until) = old.unzip();
    tx.run(SET_SECRETS.bind(id.0).bind(secret).bind(old).bind(until).bind(now)).await?;
    Ok(())
}

/// Deletes an endpoint with its lanes; its deliveries are forgotten later, in pages.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn delete(tx: &mut Tx, id: EndpointId) -> Result<(), StoreError> {
    tx.run(DELETE.bind(id.0)).await?;
    Ok(())
}
