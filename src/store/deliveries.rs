//! Statements on deliveries: what endpoints are to be told, and what became of it.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::outbox::Told;
use super::sql::{Arg, Conn, Sql, Statement, statements};
use super::tx::Tx;
use super::workspaces::Count;
use crate::delivery::lane;
use crate::ids::{DeliveryId, EndpointId, WorkspaceId};

macro_rules! columns {
    () => {
        "place, id, endpoint_id, workspace_id, event_id, event, seq, lane, origin, state, attempts, status, micros, problem, happened_at, created_at, \
         first_tried_at, tried_at, done_at"
    };
}

statements! {
    FIND = concat!("SELECT ", columns!(), " FROM deliveries WHERE id = $1");
    COUNT_WAITING = "SELECT count(*) AS n FROM deliveries WHERE endpoint_id = $1 AND state = 'waiting'";
    COUNT_DEAD = "SELECT count(*) AS n FROM deliveries WHERE endpoint_id = $1 AND state = 'dead'";
    // With a word on the lane, or SQLite walks the whole log instead of what waits.
    OLDEST = "SELECT min(happened_at) AS at FROM deliveries WHERE endpoint_id = $1 AND state = 'waiting' AND lane >= ''";
    EVENTS_WAITING = "SELECT DISTINCT event FROM deliveries WHERE endpoint_id = $1 AND state = 'waiting' AND lane >= ''";
    EVENTS_DEAD = "SELECT DISTINCT event FROM deliveries WHERE endpoint_id = $1 AND state = 'dead'";
    REVIVE = "UPDATE deliveries SET state = 'waiting', attempts = 0, status = NULL, micros = NULL, problem = NULL, first_tried_at = NULL, \
              tried_at = NULL, done_at = NULL WHERE id = $1 AND state = 'dead' RETURNING lane";
    REVIVE_ALL = "UPDATE deliveries SET state = 'waiting', attempts = 0, status = NULL, micros = NULL, problem = NULL, first_tried_at = NULL, \
                  tried_at = NULL, done_at = NULL WHERE place IN (SELECT place FROM deliveries WHERE endpoint_id = $1 AND state = 'dead' \
                  ORDER BY place LIMIT CAST($2 AS BIGINT)) RETURNING lane";
    DISCARD = "UPDATE deliveries SET state = 'discarded' WHERE id = $1 AND state = 'dead'";
    DISCARD_ALL = "UPDATE deliveries SET state = 'discarded' WHERE place IN (SELECT place FROM deliveries WHERE endpoint_id = $1 AND state = 'dead' \
                   ORDER BY place LIMIT CAST($2 AS BIGINT))";
    HASTEN = "UPDATE delivery_lanes SET due_at = $3 WHERE endpoint_id = $1 AND lane = $2 AND due_at > $3 AND lease IS NULL";
}

/// How many lanes stand in one statement.
const TOGETHER: usize = 1_000;

/// How a delivery stands; `discarded`: it was given up, and nobody wants it any more.
pub const STATES: [&str; 4] = ["waiting", "delivered", "dead", "discarded"];

/// One event on its way to one endpoint.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct Delivery {
    /// Its place in the log: it only grows.
    pub place: i64,
    pub id: Uuid,
    pub endpoint_id: Uuid,
    pub workspace_id: Uuid,
    /// The event's; whoever is told twice knows it by this.
    pub event_id: Uuid,
    pub event: String,
    /// The event's place in the outbox; 0: a test, which stands in none.
    pub seq: i64,
    /// Whom it is about: of one lane the earlier is delivered before the later.
    pub lane: String,
    /// `event`, `replay`, `test`
    pub origin: String,
    /// One of [`STATES`].
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// The status of the last answer.
    pub status: Option<i64>,
    /// How long the last attempt took.
    pub micros: Option<i64>,
    /// What went wrong the last time, with the beginning of the answer.
    pub problem: Option<String>,
    /// When the event happened.
    pub happened_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub first_tried_at: Option<DateTime<Utc>>,
    pub tried_at: Option<DateTime<Utc>>,
    pub done_at: Option<DateTime<Utc>>,
}

/// Which deliveries of an endpoint.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'a> {
    /// In this state alone.
    pub state: Option<&'a str>,
    /// Of this event alone.
    pub event: Option<&'a str>,
    /// Before this place in the log.
    pub before: Option<i64>,
}

/// The deliveries of an endpoint, the newest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn list(
    conn: &mut Conn,
    endpoint: EndpointId,
    wanted: &Wanted<'_>,
    most: i64,
) -> Result<Vec<Delivery>, StoreError> {
    let sql = listing(Sql::build(concat!("SELECT ", columns!(), " FROM deliveries WHERE ")), endpoint, wanted, most);
    conn.all(sql).await
}

/// The rest of the statement that lists deliveries of an endpoint, the newest first. A state stands there as a text of
/// ours, or the indexes of what waits and of what is dead would not be used.
#[must_use]
pub fn listing(mut sql: Sql, endpoint: EndpointId, wanted: &Wanted<'_>, most: i64) -> Sql {
    if wanted.state == Some("waiting") {
        // There are not many, and they stand among many that don't wait.
        sql.push("place IN (SELECT place FROM deliveries WHERE endpoint_id = ").push_bind(endpoint.0);
        sql.push(" AND state = 'waiting' AND lane >= '')");
    } else {
        sql.push("endpoint_id = ").push_bind(endpoint.0);
    }
    match wanted.state {
        Some("dead") => drop(sql.push(" AND state = 'dead'")),
        Some("delivered") => drop(sql.push(" AND state = 'delivered'")),
        Some("discarded") => drop(sql.push(" AND state = 'discarded'")),
        Some("waiting") | None => {}
        Some(_) => drop(sql.push(" AND 1 = 0")),
    }
    if let Some(event) = wanted.event {
        sql.push(" AND event = ").push_bind(event);
    }
    if let Some(before) = wanted.before {
        sql.push(" AND place < ").push_bind(before);
    }
    sql.push(" ORDER BY place DESC LIMIT CAST(").push_bind(most).push(" AS BIGINT)");
    sql
}

/// The delivery of that id in that workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    let found: Option<Delivery> = conn.opt(FIND.bind(id.0)).await?;
    Ok(found.filter(|delivery| delivery.workspace_id == workspace.0))
}

/// How much waits for an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Deliveries that wait. Events of which no delivery was made yet are not among them.
    pub waiting: i64,
    /// Deliveries that were given up.
    pub dead: i64,
    /// When the oldest of those happened that wait.
    pub oldest: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct Moment {
    at: Option<DateTime<Utc>>,
}

/// How much waits for an endpoint.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn counts(conn: &mut Conn, endpoint: EndpointId) -> Result<Counts, StoreError> {
    let waiting = waiting(conn, endpoint).await?;
    let dead = conn.one::<Count>(COUNT_DEAD.bind(endpoint.0)).await?.n;
    let oldest = conn.one::<Moment>(OLDEST.bind(endpoint.0)).await?.at;
    Ok(Counts { waiting, dead, oldest })
}

/// How many deliveries wait for an endpoint.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn waiting(conn: &mut Conn, endpoint: EndpointId) -> Result<i64, StoreError> {
    Ok(conn.one::<Count>(COUNT_WAITING.bind(endpoint.0)).await?.n)
}

/// One delivery to be made.
pub struct New {
    /// Its lane.
    pub lane: String,
    /// Its id.
    pub id: DeliveryId,
    happened_at: DateTime<Utc>,
    row: Vec<Arg>,
}

impl New {
    /// That an endpoint is to be told of an event.
    #[must_use]
    pub fn of(
        (endpoint, workspace): (EndpointId, WorkspaceId),
        told: &Told,
        origin: &'static str,
        now: DateTime<Utc>,
    ) -> Self {
        let id = DeliveryId::fresh();
        let lane = match origin {
            // A test waits for nobody.
            "test" => format!("test:{id}"),
            _ => lane(&told.subject_kind, &told.subject_id, &told.payload),
        };
        let row = vec![
            Arg::from(id.0),
            Arg::from(endpoint.0),
            Arg::from(workspace.0),
            Arg::from(told.id),
            Arg::from(told.event.as_str()),
            Arg::from(told.seq),
            Arg::from(lane.as_str()),
            Arg::from(origin),
            Arg::from("waiting"),
            Arg::from(0),
            Arg::from(told.at),
            Arg::from(now),
        ];
        Self { lane, id, happened_at: told.at, row }
    }
}

/// Gives an endpoint, which is locked, deliveries, and has their lanes wait to be delivered, the oldest first; lanes that
/// wait already go on waiting.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, endpoint: EndpointId, new: Vec<New>, now: DateTime<Utc>) -> Result<(), StoreError> {
    let lanes = new.iter().map(|new| (new.lane.clone(), new.happened_at.min(now))).collect();
    let start = "INSERT INTO deliveries (id, endpoint_id, workspace_id, event_id, event, seq, lane, origin, state, attempts, happened_at, created_at) VALUES ";
    tx.insert_many(start, new.into_iter().map(|new| new.row).collect(), "").await?;
    open_lanes(tx, endpoint, lanes).await
}

/// Has lanes of an endpoint, which is locked, wait to be delivered from a moment on.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn open_lanes(
    tx: &mut Tx,
    endpoint: EndpointId,
    mut lanes: Vec<(String, DateTime<Utc>)>,
) -> Result<(), StoreError> {
    lanes.sort_unstable();
    lanes.dedup_by(|later, earlier| later.0 == earlier.0);
    let rows =
        lanes.into_iter().map(|(lane, due)| vec![Arg::from(endpoint.0), Arg::from(lane), Arg::from(due)]).collect();
    let start = "INSERT INTO delivery_lanes (endpoint_id, lane, due_at) VALUES ";
    tx.insert_many(start, rows, " ON CONFLICT DO NOTHING").await?;
    Ok(())
}

/// Has a lane that waits for its next try wait no longer, unless it is being tried now.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn hasten(tx: &mut Tx, endpoint: EndpointId, lane: &str, due: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(HASTEN.bind(endpoint.0).bind(lane).bind(due)).await?;
    Ok(())
}

/// The same for several lanes.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn hasten_several(
    tx: &mut Tx,
    endpoint: EndpointId,
    lanes: &[String],
    due: DateTime<Utc>,
) -> Result<(), StoreError> {
    for some in lanes.chunks(TOGETHER) {
        let mut sql = Sql::build("UPDATE delivery_lanes SET due_at = ");
        sql.push_bind(due).push(" WHERE endpoint_id = ").push_bind(endpoint.0).push(" AND due_at > ").push_bind(due);
        sql.push(" AND lease IS NULL AND lane IN (");
        sql.push_list(some.iter().map(|lane| Arg::from(lane.as_str()))).push(")");
        tx.run(sql).await?;
    }
    Ok(())
}

/// Of which events something waits for an endpoint.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn events_waiting(conn: &mut Conn, endpoint: EndpointId) -> Result<Vec<String>, StoreError> {
    events(conn, EVENTS_WAITING, endpoint).await
}

/// Of which events something was given up.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn events_dead(conn: &mut Conn, endpoint: EndpointId) -> Result<Vec<String>, StoreError> {
    events(conn, EVENTS_DEAD, endpoint).await
}

async fn events(conn: &mut Conn, which: Statement, endpoint: EndpointId) -> Result<Vec<String>, StoreError> {
    let rows = conn.all::<(String,)>(which.bind(endpoint.0)).await?;
    Ok(rows.into_iter().map(|(event,)| event).collect())
}

/// Has a dead delivery wait again; gives its lane.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn revive(tx: &mut Tx, id: DeliveryId) -> Result<Option<String>, StoreError> {
    Ok(tx.returning::<(String,)>(REVIVE.bind(id.0)).await?.pop().map(|(lane,)| lane))
}

/// Has the oldest dead deliveries of an endpoint wait again; gives the lane of each.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn revive_all(tx: &mut Tx, endpoint: EndpointId, most: i64) -> Result<Vec<String>, StoreError> {
    let lanes = tx.returning::<(String,)>(REVIVE_ALL.bind(endpoint.0).bind(most)).await?;
    Ok(lanes.into_iter().map(|(lane,)| lane).collect())
}

/// Has nobody be reminded of a dead delivery any more; false where it is none.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn discard(tx: &mut Tx, id: DeliveryId) -> Result<bool, StoreError> {
    Ok(tx.run(DISCARD.bind(id.0)).await? == 1)
}

/// The same for the oldest dead deliveries of an endpoint; gives how many that were.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn discard_all(tx: &mut Tx, endpoint: EndpointId, most: i64) -> Result<u64, StoreError> {
    tx.run(DISCARD_ALL.bind(endpoint.0).bind(most)).await
}
