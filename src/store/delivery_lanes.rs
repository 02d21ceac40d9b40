//! Statements on lanes: who may deliver what is at the head of each, until when, and what became of it.
//!
//! Whoever changes lanes or deliveries of an endpoint holds its row locked. So of two bridges one after the other takes
//! lanes, and a lane never goes in the moment in which something comes into it.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::deliveries::Delivery;
use super::error::StoreError;
use super::sql::{Arg, Conn, Sql, statements};
use super::tx::Tx;
use super::workspaces::Count;
use crate::delivery::schedule::{FARTHEST, OPEN};
use crate::ids::{EndpointId, LeaseId, WorkspaceId};

statements! {
    BEHIND = "SELECT e.id, e.workspace_id FROM endpoints e WHERE e.state <> 'disabled' AND EXISTS (SELECT 1 FROM outbox o \
              WHERE o.workspace_id = e.workspace_id AND o.seq > e.cursor) ORDER BY e.id";
    DUE = "SELECT e.id, e.workspace_id FROM endpoints e WHERE e.state <> 'disabled' AND (((e.due_at IS NULL OR e.due_at <= $1) AND EXISTS \
           (SELECT 1 FROM delivery_lanes l WHERE l.endpoint_id = e.id AND l.due_at <= $1)) OR (e.strikes >= $2 AND e.due_at <= $1 AND EXISTS \
           (SELECT 1 FROM delivery_lanes l WHERE l.endpoint_id = e.id AND (l.leased_until IS NULL OR l.leased_until <= $1))) OR EXISTS (SELECT 1 FROM delivery_lanes l WHERE l.endpoint_id = e.id \
           AND l.lane >= 'test:' AND l.lane < 'test;' AND l.due_at <= $1)) ORDER BY e.id";
    FREE = "SELECT lane FROM delivery_lanes WHERE endpoint_id = $1 AND due_at <= $2 ORDER BY due_at, lane LIMIT CAST($3 AS BIGINT)", skip_locked;
    ANY = "SELECT lane FROM delivery_lanes WHERE endpoint_id = $1 AND (leased_until IS NULL OR leased_until <= $2) ORDER BY due_at, lane LIMIT 1", skip_locked;
    TESTS = "SELECT lane FROM delivery_lanes WHERE endpoint_id = $1 AND due_at <= $2 AND lane >= 'test:' AND lane < 'test;' ORDER BY lane \
             LIMIT CAST($3 AS BIGINT)", skip_locked;
    RELEASE = "UPDATE delivery_lanes SET lease = NULL, leased_until = NULL, due_at = $3 WHERE endpoint_id = $1 AND lane = $2 AND lease = $4";
    // What was refused has its pauses, however well the endpoint is.
    HASTEN_ALL = "UPDATE delivery_lanes SET lease = NULL, leased_until = NULL, due_at = coalesce((SELECT CASE WHEN d.happened_at > $2 THEN $2 ELSE d.happened_at END \
                  FROM deliveries d WHERE d.endpoint_id = delivery_lanes.endpoint_id AND d.lane = delivery_lanes.lane AND d.state = 'waiting' ORDER BY d.place LIMIT 1), $2) \
                  WHERE endpoint_id = $1 AND (leased_until IS NULL OR leased_until <= $2) AND NOT EXISTS (SELECT 1 FROM deliveries d \
                  WHERE d.endpoint_id = delivery_lanes.endpoint_id AND d.lane = delivery_lanes.lane AND d.state = 'waiting' AND d.attempts > 0 \
                  AND d.status IN (400, 409, 413, 422))";
    BEGIN_ANEW = "UPDATE deliveries SET attempts = 0, first_tried_at = NULL WHERE endpoint_id = $1 AND state = 'waiting' AND attempts > 0 \
                  AND (status IS NULL OR status NOT IN (400, 409, 413, 422))";
    BEGIN_ALL_ANEW = "UPDATE deliveries SET attempts = 0, first_tried_at = NULL WHERE endpoint_id = $1 AND state = 'waiting' AND attempts > 0";
    ASTRAY = "SELECT e.id, e.workspace_id FROM endpoints e WHERE e.state <> 'disabled' AND (e.due_at > $1 OR EXISTS (SELECT 1 FROM delivery_lanes l \
              WHERE l.endpoint_id = e.id AND l.due_at > $2) OR EXISTS (SELECT 1 FROM delivery_lanes l WHERE l.endpoint_id = e.id AND l.due_at > $3 \
              AND l.leased_until > $3)) ORDER BY e.id";
    SET_RIGHT = "UPDATE delivery_lanes SET lease = NULL, leased_until = NULL, due_at = $4 WHERE endpoint_id = $1 AND (due_at > $2 OR (due_at > $3 AND leased_until > $3))";
    SET_CURSOR = "UPDATE endpoints SET cursor = $3 WHERE id = $1 AND cursor = $2";
    FORGET = "DELETE FROM deliveries WHERE place IN (SELECT place FROM deliveries WHERE done_at < $1 ORDER BY done_at LIMIT CAST($2 AS BIGINT))";
    HELD = "SELECT coalesce(min(n), 9223372036854775807) AS n FROM (SELECT min(cursor) AS n FROM endpoints WHERE workspace_id = $1 AND state <> 'disabled' \
            UNION ALL SELECT min(d.seq) - 1 AS n FROM endpoints e JOIN deliveries d ON d.endpoint_id = e.id AND d.state = 'waiting' AND d.seq > 0 \
            WHERE e.workspace_id = $1 AND e.state <> 'disabled' UNION ALL SELECT min(cursor) AS n FROM connectors WHERE workspace_id = $1 AND state <> 'stopped') held";
    // What waits for an endpoint that is switched off, and what an endpoint left behind that was deleted.
    FORGET_WAITING = "DELETE FROM deliveries WHERE place IN (SELECT d.place FROM endpoints e JOIN deliveries d ON d.endpoint_id = e.id AND d.state = 'waiting' \
                      WHERE e.state = 'disabled' AND d.created_at < $1 LIMIT CAST($2 AS BIGINT))";
    LEFT_BEHIND = "WITH RECURSIVE ids (id) AS (SELECT (SELECT endpoint_id FROM deliveries ORDER BY endpoint_id LIMIT 1) UNION ALL \
                   SELECT (SELECT d.endpoint_id FROM deliveries d WHERE d.endpoint_id > ids.id ORDER BY d.endpoint_id LIMIT 1) FROM ids WHERE ids.id IS NOT NULL) \
                   SELECT ids.id FROM ids WHERE ids.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM endpoints e WHERE e.id = ids.id)";
    FORGET_LEFT = "DELETE FROM deliveries WHERE place IN (SELECT place FROM deliveries WHERE endpoint_id = $1 ORDER BY place LIMIT CAST($2 AS BIGINT))";
    FORGET_EVENTS = "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE workspace_id = $1 AND seq <= $2 ORDER BY seq LIMIT CAST($3 AS BIGINT))";
}

/// An endpoint for which there is something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
#[allow(missing_docs)]
pub struct Whose {
    pub id: Uuid,
    pub workspace_id: Uuid,
}

#[derive(FromRow)]
struct Lane {
    lane: String,
}

/// Endpoints that have not been given everything that happened.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn behind(conn: &mut Conn) -> Result<Vec<Whose>, StoreError> {
    conn.all(BEHIND).await
}

/// Endpoints for which something is to be sent now.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn due(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Whose>, StoreError> {
    conn.all(DUE.bind(now).bind(OPEN)).await
}

/// Notes up to where an endpoint was given what happened; false where somebody else did.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn move_cursor(tx: &mut Tx, id: EndpointId, from: i64, to: i64) -> Result<bool, StoreError> {
    Ok(tx.run(SET_CURSOR.bind(id.0).bind(from).bind(to)).await? == 1)
}

/// Which lanes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Those that are due, the oldest first.
    Due,
    /// One, to see whether the endpoint takes it.
    Probe,
    /// Those of tests.
    Tests,
}

/// Takes lanes of an endpoint, which is locked, until a moment; gives the delivery at the head of each.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn take(
    tx: &mut Tx,
    (endpoint, choice, most): (EndpointId, Choice, i64),
    lease: LeaseId,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Delivery>, StoreError> {
    let sql = match choice {
        Choice::Due => FREE.bind(endpoint.0).bind(now).bind(most),
        Choice::Probe => ANY.bind(endpoint.0).bind(now),
        Choice::Tests => TESTS.bind(endpoint.0).bind(now).bind(most),
    };
    let lanes: Vec<Lane> = tx.all(sql).await?;
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let lanes: Vec<String> = lanes.into_iter().map(|row| row.lane).collect();
    let mut sql = Sql::build("UPDATE delivery_lanes SET lease = ");
    sql.push_bind(lease.0).push(", leased_until = ").push_bind(until).push(", due_at = ").push_bind(until);
    sql.push(" WHERE endpoint_id = ").push_bind(endpoint.0).push(" AND lane IN (");
    sql.push_list(lanes.iter().map(|lane| Arg::from(lane.as_str()))).push(")");
    tx.run(sql).await?;
    let heads = heads(tx, endpoint, &lanes).await?;
    // A lane with nothing in it has no business here.
    let empty: Vec<String> = lanes.into_iter().filter(|lane| !heads.iter().any(|head| head.lane == *lane)).collect();
    close(tx, endpoint, &empty).await?;
    Ok(heads)
}

/// The first delivery that waits in each of several lanes of an endpoint.
async fn heads(conn: &mut Conn, endpoint: EndpointId, lanes: &[String]) -> Result<Vec<Delivery>, StoreError> {
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build(
        "SELECT * FROM deliveries WHERE place IN (SELECT (SELECT min(d.place) FROM deliveries d WHERE d.endpoint_id = l.endpoint_id \
         AND d.lane = l.lane AND d.state = 'waiting') FROM delivery_lanes l WHERE l.endpoint_id = ",
    );
    sql.push_bind(endpoint.0).push(" AND l.lane IN (");
    sql.push_list(lanes.iter().map(|lane| Arg::from(lane.as_str()))).push(")) ORDER BY place");
    conn.all(sql).await
}

/// Of lanes of an endpoint, which is locked, those that are still leased so.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn held(
    tx: &mut Tx,
    endpoint: EndpointId,
    leases: &[(&str, LeaseId)],
    now: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    let mut sql = Sql::build("UPDATE delivery_lanes SET leased_until = ");
    sql.push_bind(now).push(" WHERE endpoint_id = ").push_bind(endpoint.0).push(" AND lane IN (");
    sql.push_list(leases.iter().map(|(lane, _)| Arg::from(*lane))).push(") AND (lane, lease) IN (VALUES ");
    sql.push_rows(leases.iter().map(|(lane, lease)| [Arg::from(*lane), Arg::from(lease.0)]));
    sql.push(") RETURNING lane");
    Ok(tx.returning::<Lane>(sql).await?.into_iter().map(|row| row.lane).collect())
}

/// What became of one delivery at its attempt.
#[derive(Debug, Clone)]
pub struct Settled {
    /// Which.
    pub place: i64,
    /// Its lane.
    pub lane: String,
    /// `waiting`, `delivered`, `dead`
    pub state: &'static str,
    /// When it is tried again, where it is.
    pub again: Option<DateTime<Utc>>,
    /// The status of the answer.
    pub status: Option<i64>,
    /// How long it took.
    pub micros: i64,
    /// What went wrong.
    pub problem: Option<String>,
}

/// Notes what became of deliveries whose lanes are held: a lane waits for its next try, or for the next delivery in it,
/// or is empty and goes.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn settle(tx: &mut Tx, endpoint: EndpointId, all: &[Settled], now: DateTime<Utc>) -> Result<(), StoreError> {
    if all.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::build(
        "UPDATE deliveries SET state = v.column2, attempts = attempts + 1, status = v.column3, micros = v.column4, problem = v.column5, \
         first_tried_at = coalesce(first_tried_at, v.column6), tried_at = v.column6, done_at = v.column7 FROM (VALUES ",
    );
    sql.push_rows(all.iter().map(|one| {
        [
            Arg::from(one.place),
            Arg::from(one.state),
            Arg::from(one.status),
            Arg::from(one.micros),
            Arg::from(one.problem.clone()),
            Arg::from(now),
            Arg::from((one.state != "waiting").then_some(now)),
        ]
    }));
    sql.push(") AS v WHERE deliveries.place = v.column1 AND deliveries.state = 'waiting'");
    tx.run(sql).await?;
    let done: Vec<String> = all.iter().filter(|one| one.again.is_none()).map(|one| one.lane.clone()).collect();
    let next = heads(tx, endpoint, &done).await?;
    let empty: Vec<String> = done.into_iter().filter(|lane| !next.iter().any(|head| head.lane == *lane)).collect();
    close(tx, endpoint, &empty).await?;
    let again = all.iter().filter_map(|one| Some((one.lane.clone(), one.again?)));
    let open: Vec<_> = next.into_iter().map(|head| (head.lane, head.happened_at.min(now))).chain(again).collect();
    if open.is_empty() {
        return Ok(());
    }
    let mut sql =
        Sql::build("UPDATE delivery_lanes SET lease = NULL, leased_until = NULL, due_at = v.column2 FROM (VALUES ");
    sql.push_rows(open.into_iter().map(|(lane, due)| [Arg::from(lane), Arg::from(due)]));
    sql.push(") AS v WHERE delivery_lanes.endpoint_id = ")
        .push_bind(endpoint.0)
        .push(" AND delivery_lanes.lane = v.column1");
    tx.run(sql).await?;
    Ok(())
}

async fn close(tx: &mut Tx, endpoint: EndpointId, lanes: &[String]) -> Result<(), StoreError> {
    if lanes.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::build("DELETE FROM delivery_lanes WHERE endpoint_id = ");
    sql.push_bind(endpoint.0).push(" AND lane IN (");
    sql.push_list(lanes.iter().map(|lane| Arg::from(lane.as_str()))).push(")");
    tx.run(sql).await?;
    Ok(())
}

/// Lets go of a lane of which nothing was sent.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn release(
    tx: &mut Tx,
    endpoint: EndpointId,
    (lane, lease): (&str, LeaseId),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.run(RELEASE.bind(endpoint.0).bind(lane).bind(now).bind(lease.0)).await?;
    Ok(())
}

/// Has every lane of an endpoint wait no longer that nobody is at, the oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn hasten_all(tx: &mut Tx, endpoint: EndpointId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(HASTEN_ALL.bind(endpoint.0).bind(now)).await?;
    Ok(())
}

/// Has deliveries that wait for an endpoint, which takes something again, count their attempts from now on.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn begin_anew(tx: &mut Tx, endpoint: EndpointId) -> Result<(), StoreError> {
    tx.run(BEGIN_ANEW.bind(endpoint.0)).await?;
    Ok(())
}

/// The same with what was refused: somebody else is asked, or has mended it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn begin_all_anew(tx: &mut Tx, endpoint: EndpointId) -> Result<(), StoreError> {
    tx.run(BEGIN_ALL_ANEW.bind(endpoint.0)).await?;
    Ok(())
}

/// What no clock that is right puts off for longer.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// An endpoint.
    pub endpoint: DateTime<Utc>,
    /// A lane.
    pub lane: DateTime<Utc>,
    /// A lease: clocks of two bridges may be some minutes apart.
    pub lease: DateTime<Utc>,
}

impl Limits {
    /// The limits of a moment.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        let (lane, endpoint) = FARTHEST;
        Self { endpoint: now + endpoint, lane: now + lane, lease: now + TimeDelta::minutes(6) }
    }
}

/// Endpoints of which something was put off by a clock that was wrong.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn astray(conn: &mut Conn, limits: &Limits) -> Result<Vec<Whose>, StoreError> {
    conn.all(ASTRAY.bind(limits.endpoint).bind(limits.lane).bind(limits.lease)).await
}

/// Has the lanes of an endpoint, which is locked, be due that were put off by a clock that was wrong.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn set_right(
    tx: &mut Tx,
    endpoint: EndpointId,
    limits: &Limits,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.run(SET_RIGHT.bind(endpoint.0).bind(limits.lane).bind(limits.lease).bind(now)).await?;
    Ok(())
}

/// Forgets deliveries that were made before a moment and wait for an endpoint that is switched off; gives how many that were.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget_waiting(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<u64, StoreError> {
    tx.run(FORGET_WAITING.bind(before).bind(most)).await
}

/// Endpoints that were deleted, and whose deliveries still stand here.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn left_behind(conn: &mut Conn) -> Result<Vec<EndpointId>, StoreError> {
    let rows: Vec<(Uuid,)> = conn.all(LEFT_BEHIND).await?;
    Ok(rows.into_iter().map(|(id,)| EndpointId(id)).collect())
}

/// Forgets deliveries of an endpoint that was deleted; gives how many that were.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget_left(tx: &mut Tx, endpoint: EndpointId, most: i64) -> Result<u64, StoreError> {
    tx.run(FORGET_LEFT.bind(endpoint.0).bind(most)).await
}

/// Forgets deliveries that were done with before a moment; gives how many that were.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<u64, StoreError> {
    tx.run(FORGET.bind(before).bind(most)).await
}

/// Up to which row of the outbox everybody has been given what happened in a workspace.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn passed(conn: &mut Conn, workspace: WorkspaceId) -> Result<i64, StoreError> {
    Ok(conn.one::<Count>(HELD.bind(workspace.0)).await?.n)
}

/// Forgets rows of the outbox of a workspace up to a place; gives how many that were.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget_events(tx: &mut Tx, workspace: WorkspaceId, until: i64, most: i64) -> Result<u64, StoreError> {
    tx.run(FORGET_EVENTS.bind(workspace.0).bind(until).bind(most)).await
}
