//! Statements on how the seats of a workspace stood day by day.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use super::error::StoreError;
use super::sql::{Conn, statements};
use super::tx::Tx;
use crate::ids::WorkspaceId;

statements! {
    NOTE = "INSERT INTO seat_days (workspace_id, day, used, seats, waiting) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, day) DO UPDATE SET \
            used = CASE WHEN seat_days.used < excluded.used THEN excluded.used ELSE seat_days.used END, seats = excluded.seats, \
            waiting = CASE WHEN seat_days.waiting < excluded.waiting THEN excluded.waiting ELSE seat_days.waiting END";
    SINCE = "SELECT day, used, seats, waiting FROM seat_days WHERE workspace_id = $1 AND day >= $2 ORDER BY day LIMIT CAST($3 AS BIGINT)";
    FORGET = "DELETE FROM seat_days WHERE workspace_id = $1 AND day < $2";
}

/// How the seats of a workspace stood on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day, UTC.
    pub day: NaiveDate,
    /// The most that were in use.
    pub used: i64,
    /// How many there were.
    pub seats: i64,
    /// The most who waited for one.
    pub waiting: i64,
}

impl Day {
    /// The day with what was seen of it at two moments.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        let (used, waiting) = (self.used.max(later.used), self.waiting.max(later.waiting));
        Self { day: later.day, used, seats: later.seats, waiting }
    }
}

#[derive(FromRow)]
struct Row {
    day: String,
    used: i64,
    seats: i64,
    waiting: i64,
}

/// The day of a moment.
#[must_use]
pub fn day_of(at: DateTime<Utc>) -> NaiveDate {
    at.date_naive()
}

fn written(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

/// Notes how the seats of a workspace stand on a day: the highest numbers of the day stay.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn note(tx: &mut Tx, workspace: WorkspaceId, day: Day) -> Result<(), StoreError> {
    let sql = NOTE.bind(workspace.0).bind(written(day.day)).bind(day.used).bind(day.seats).bind(day.waiting);
    tx.run(sql).await?;
    Ok(())
}

/// The days of a workspace from that one on, oldest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn since(
    conn: &mut Conn,
    workspace: WorkspaceId,
    from: NaiveDate,
    most: i64,
) -> Result<Vec<Day>, StoreError> {
    let rows: Vec<Row> = conn.all(SINCE.bind(workspace.0).bind(written(from)).bind(most)).await?;
    let day = |row: Row| {
        let day = NaiveDate::parse_from_str(&row.day, "%Y-%m-%d");
        let day = day.map_err(|_| StoreError::Corrupt(format!("seat_days of workspace {workspace}: day")))?;
        Ok(Day { day, used: row.used, seats: row.seats, waiting: row.waiting })
    };
    rows.into_iter().map(day).collect()
}

/// Forgets the days of a workspace before that one; gives how many.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn forget(tx: &mut Tx, workspace: WorkspaceId, before: NaiveDate) -> Result<u64, StoreError> {
    tx.run(FORGET.bind(workspace.0).bind(written(before))).await
}
