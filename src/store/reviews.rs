//! Statements on access reviews.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::error::StoreError;
use super::sql::{Arg, Conn, Sql, padded, statements};
use super::tx::Tx;
use super::workspaces::Count;
use crate::domain::review::Decision;
use crate::ids::{ReviewId, UserId, WorkspaceId};
use crate::text;

/// Characters of a name by which people are put in order: no more than an entry of an index takes.
const LONGEST_KEY: usize = 200;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.name, r.as_of, r.due_at, r.created_by, r.created_at, r.closed_at, \
             (SELECT count(*) FROM review_items i WHERE i.review_id = r.id) AS people, \
             (SELECT count(*) FROM review_items i WHERE i.review_id = r.id AND i.decision = 'keep') AS kept, \
             (SELECT count(*) FROM review_items i WHERE i.review_id = r.id AND i.decision = 'deactivate') AS refused, \
             (SELECT count(*) FROM review_items i WHERE i.review_id = r.id AND i.applied_at IS NOT NULL) AS applied \
             FROM reviews r WHERE r.workspace_id = $1 ",
            $rest
        )
    };
}

statements! {
    OF_WORKSPACE = select!("ORDER BY r.id DESC");
    RECENT = "SELECT id, name, as_of, due_at, created_by, closed_at FROM reviews WHERE workspace_id = $1 ORDER BY id DESC \
              LIMIT CAST($2 AS BIGINT) OFFSET CAST($3 AS BIGINT)";
    COUNT_REVIEWS = "SELECT count(*) AS n FROM reviews WHERE workspace_id = $1";
    FIND = select!("AND r.id = $2");
    BRIEF = "SELECT id, name, closed_at FROM reviews WHERE workspace_id = $1 AND id = $2";
    INSERT = "INSERT INTO reviews (id, workspace_id, name, as_of, due_at, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CLOSE = "UPDATE reviews SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL";
    ITEM = "SELECT user_id, name, facts, decision, comment, decided_by, decided_at, applied_at, outcome FROM review_items \
            WHERE review_id = $1 AND user_id = $2";
    ITEMS = "SELECT user_id, name, facts, decision, comment, decided_by, decided_at, applied_at, outcome FROM review_items \
             WHERE review_id = $1 AND user_id > $2 ORDER BY user_id LIMIT CAST($3 AS BIGINT)";
    ITEMS_TO_APPLY = "SELECT user_id, name, facts, decision, comment, decided_by, decided_at, applied_at, outcome FROM review_items \
             WHERE review_id = $1 AND user_id > $2 AND decision = 'deactivate' AND applied_at IS NULL ORDER BY user_id LIMIT CAST($3 AS BIGINT)";
    DECIDE = "UPDATE review_items SET decision = $3, comment = $4, decided_by = $5, decided_at = $6 WHERE review_id = $1 AND user_id = $2";
    NOTE = "UPDATE review_items SET outcome = $3, applied_at = $4 WHERE review_id = $1 AND user_id = $2";
    COUNT_UNDECIDED = "SELECT count(*) AS n FROM review_items WHERE review_id = $1 AND decision IS NULL";
    // `name_key >= ''`, which is always so, leads to the index of decisions; else everybody would be looked at.
    COUNT_KEYS_TO_GO = "SELECT count(*) AS n FROM api_keys WHERE revoked_at IS NULL AND user_id IN \
                        (SELECT user_id FROM review_items WHERE review_id = $1 AND decision = 'deactivate' AND name_key >= '' AND applied_at IS NULL)";
    COUNT_SEATS_TO_GO = "SELECT count(*) AS n FROM review_items i JOIN users u ON u.id = i.user_id WHERE i.review_id = $1 \
                         AND i.decision = 'deactivate' AND i.name_key >= '' AND i.applied_at IS NULL AND u.standing = 'active'";
    LAST = "SELECT max(created_at) AS at FROM reviews WHERE workspace_id = $1";
}

/// A review, with what has become of it.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct ReviewRow {
    pub id: Uuid,
    pub name: String,
    /// The date whose state it shows.
    pub as_of: DateTime<Utc>,
    pub due_at: Option<DateTime<Utc>>,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub people: i64,
    pub kept: i64,
    /// Those who are to lose their access.
    pub refused: i64,
    /// Those of them who have.
    pub applied: i64,
}

/// One person in a review.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct ItemRow {
    pub user_id: Uuid,
    pub name: String,
    /// [`Facts`](crate::domain::review::Facts), as JSON.
    pub facts: String,
    /// [`Decision`]
    pub decision: Option<String>,
    pub comment: Option<String>,
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    pub applied_at: Option<DateTime<Utc>>,
    /// What became of the decision.
    pub outcome: Option<String>,
}

/// A person to be reviewed.
pub struct NewItem {
    /// Who.
    pub user: Uuid,
    /// What they are called.
    pub name: String,
    /// [`Facts`](crate::domain::review::Facts), as JSON.
    pub facts: String,
}

/// The reviews of a workspace, the newest first.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn of_workspace(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<ReviewRow>, StoreError> {
    conn.all(OF_WORKSPACE.bind(workspace.0)).await
}

/// A review in a list.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct RecentRow {
    pub id: Uuid,
    pub name: String,
    pub as_of: DateTime<Utc>,
    pub due_at: Option<DateTime<Utc>>,
    pub created_by: String,
    pub closed_at: Option<DateTime<Utc>>,
}

/// A page of the reviews of a workspace, the newest first, and how many there are.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn recent(
    conn: &mut Conn,
    workspace: WorkspaceId,
    offset: i64,
    limit: i64,
) -> Result<(Vec<RecentRow>, i64), StoreError> {
    let total = conn.one::<Count>(COUNT_REVIEWS.bind(workspace.0)).await?.n;
    Ok((conn.all(RECENT.bind(workspace.0).bind(limit).bind(offset)).await?, total))
}

/// How far a review is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromRow)]
struct Progress {
    id: Uuid,
    people: i64,
    decided: i64,
}

/// What [`progress`] asks.
#[must_use]
pub fn progress_of(start: &'static str, reviews: &[Uuid]) -> Sql {
    let mut sql = Sql::build(start);
    sql.push(
        "SELECT review_id AS id, count(*) AS people, count(decision) AS decided FROM review_items WHERE review_id IN (",
    );
    sql.push_list(padded(reviews)).push(") GROUP BY review_id");
    sql
}

/// How many people these reviews have, and about how many of them something is decided.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn progress(conn: &mut Conn, reviews: &[Uuid]) -> Result<HashMap<Uuid, (i64, i64)>, StoreError> {
    if reviews.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Progress> = conn.all(progress_of("", reviews)).await?;
    Ok(rows.into_iter().map(|row| (row.id, (row.people, row.decided))).collect())
}

/// The review of that id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn find(conn: &mut Conn, workspace: WorkspaceId, id: ReviewId) -> Result<Option<ReviewRow>, StoreError> {
    conn.opt(FIND.bind(workspace.0).bind(id.0)).await
}

/// A review, without counting what has become of it.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs)]
pub struct BriefRow {
    pub id: Uuid,
    pub name: String,
    pub closed_at: Option<DateTime<Utc>>,
}

/// The review of that id, without counting what has become of it.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn brief(conn: &mut Conn, workspace: WorkspaceId, id: ReviewId) -> Result<Option<BriefRow>, StoreError> {
    conn.opt(BRIEF.bind(workspace.0).bind(id.0)).await
}

/// Stores a new review.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, review: &ReviewRow) -> Result<(), StoreError> {
    let sql = INSERT.bind(review.id).bind(workspace.0).bind(review.name.as_str()).bind(review.as_of);
    tx.run(sql.bind(review.due_at).bind(review.created_by.as_str()).bind(review.created_at)).await?;
    Ok(())
}

/// Stores who is to be reviewed.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn insert_items(tx: &mut Tx, review: ReviewId, items: Vec<NewItem>) -> Result<(), StoreError> {
    let row = |item: NewItem| {
        let key: String = text::fold(&item.name).chars().take(LONGEST_KEY).collect();
        vec![review.0.into(), item.user.into(), item.name.into(), key.into(), Arg::from(item.facts)]
    };
    let rows = items.into_iter().map(row).collect();
    tx.insert_many("INSERT INTO review_items (review_id, user_id, name, name_key, facts) VALUES ", rows, "").await?;
    Ok(())
}

/// Ends a review.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn close(tx: &mut Tx, id: ReviewId, at: DateTime<Utc>) -> Result<(), StoreError> {
    tx.run(CLOSE.bind(id.0).bind(at)).await?;
    Ok(())
}

/// One person in a review.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn item(conn: &mut Conn, review: ReviewId, user: UserId) -> Result<Option<ItemRow>, StoreError> {
    conn.opt(ITEM.bind(review.0).bind(user.0)).await
}

/// The next people of a review after one of them, by id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn items(conn: &mut Conn, review: ReviewId, after: Uuid, most: i64) -> Result<Vec<ItemRow>, StoreError> {
    conn.all(ITEMS.bind(review.0).bind(after).bind(most)).await
}

/// The next of those whose access is still to be taken, after one of them, by id.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn items_to_apply(
    conn: &mut Conn,
    review: ReviewId,
    after: Uuid,
    most: i64,
) -> Result<Vec<ItemRow>, StoreError> {
    conn.all(ITEMS_TO_APPLY.bind(review.0).bind(after).bind(most)).await
}

/// Those of these people who are in a review.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn items_of(conn: &mut Conn, review: ReviewId, users: &[Uuid]) -> Result<Vec<ItemRow>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build(
        "SELECT user_id, name, facts, decision, comment, decided_by, decided_at, applied_at, outcome FROM review_items WHERE review_id = ",
    );
    sql.push_bind(review.0).push(" AND user_id IN (").push_list(padded(users)).push(")");
    conn.all(sql).await
}

/// Which people of a review are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Everybody.
    All,
    /// Those about whom nothing is decided.
    Undecided,
    /// Those who are to lose their access, done or not.
    Deactivate,
    /// Those who keep it.
    Keep,
    /// Those who may do everything.
    Admins,
    /// Those who have not been there for long.
    Dormant,
    /// Those whose access no group explains.
    Unexplained,
}

/// A page of the people of a review by name, and how many there are.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn page(
    conn: &mut Conn,
    review: ReviewId,
    which: Which,
    offset: i64,
    limit: i64,
) -> Result<(Vec<ItemRow>, i64), StoreError> {
    let narrow = |sql: &mut Sql| {
        sql.push_bind(review.0);
        sql.push(match which {
            Which::All => "",
            Which::Undecided => " AND decision IS NULL",
            Which::Deactivate => " AND decision = 'deactivate'",
            Which::Keep => " AND decision = 'keep'",
            Which::Admins => " AND facts LIKE '%\"is_admin\":true%'",
            Which::Dormant => " AND facts LIKE '%\"is_dormant\":true%'",
            Which::Unexplained => " AND facts LIKE '%\"is_unexplained\":true%'",
        });
    };
    let mut count = Sql::build("SELECT count(*) AS n FROM review_items WHERE review_id = ");
    narrow(&mut count);
    let mut rows = Sql::build(
        "SELECT user_id, name, facts, decision, comment, decided_by, decided_at, applied_at, outcome FROM review_items WHERE review_id = ",
    );
    narrow(&mut rows);
    rows.push(" ORDER BY name_key, user_id LIMIT CAST(").push_bind(limit).push(" AS BIGINT) OFFSET CAST(");
    rows.push_bind(offset).push(" AS BIGINT)");
    let total = conn.one::<Count>(count).await?.n;
    Ok((conn.all(rows).await?, total))
}

/// Stores what was decided about somebody; `None`: nothing any more.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn decide(
    tx: &mut Tx,
    review: ReviewId,
    user: UserId,
    decision: Option<Decision>,
    comment: Option<&str>,
    by: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = DECIDE.bind(review.0).bind(user.0).bind(decision.map(Decision::name).map(str::to_owned));
    tx.run(sql.bind(comment.map(str::to_owned)).bind(by).bind(at)).await?;
    Ok(())
}

/// Stores what became of a decision; without a moment it is still to be applied.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn note(
    tx: &mut Tx,
    review: ReviewId,
    user: UserId,
    outcome: &str,
    at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    tx.run(NOTE.bind(review.0).bind(user.0).bind(outcome).bind(at)).await?;
    Ok(())
}

/// How many people of a review nothing is decided about.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn undecided(conn: &mut Conn, review: ReviewId) -> Result<i64, StoreError> {
    Ok(conn.one::<Count>(COUNT_UNDECIDED.bind(review.0)).await?.n)
}

/// What those who are to lose their access have, and would not any more.
#[derive(Debug, Clone, Copy)]
pub struct ToGo {
    /// API keys that act as them.
    pub keys: i64,
    /// Seats.
    pub seats: i64,
}

/// What those have who are to lose their access and have not yet.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn to_go(conn: &mut Conn, review: ReviewId) -> Result<ToGo, StoreError> {
    let keys = conn.one::<Count>(COUNT_KEYS_TO_GO.bind(review.0)).await?.n;
    Ok(ToGo { keys, seats: conn.one::<Count>(COUNT_SEATS_TO_GO.bind(review.0)).await?.n })
}

#[derive(FromRow)]
struct Moment {
    at: Option<DateTime<Utc>>,
}

/// When the last review of a workspace began.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn last(conn: &mut Conn, workspace: WorkspaceId) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(conn.one::<Moment>(LAST.bind(workspace.0)).await?.at)
}
