//! One page of users or groups.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::cursor::{Cursors, Place};
use super::filter::{self, Scope};
use super::order::Order;
use crate::scim::error::ScimError;
use crate::scim::filter::Filter;
use crate::scim::path::AttrRef;
use crate::scim::schema::ResourceType;
use crate::store::StoreError;
use crate::store::groups::{self, GroupRow};
use crate::store::sql::{Conn, FromRow, Record, Sql, padded};
use crate::store::users::{self, ShownRow};
use crate::store::workspaces::{self, Count};

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The asker's mistake.
    #[error(transparent)]
    Asked(#[from] ScimError),
    /// The database's failure.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which page of what.
pub struct Request<'a> {
    /// Users or groups, of which workspace.
    pub scope: Scope<'a>,
    /// Only those.
    pub filter: Option<&'a Filter>,
    /// The filter as it was written, which a cursor is bound to.
    pub filter_text: &'a str,
    /// In this order.
    pub sort_by: Option<&'a AttrRef>,
    /// The other way round.
    pub descending: bool,
    /// From here.
    pub start: Start<'a>,
    /// So many at the most; 0 asks for the total alone.
    pub count: i64,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// At the n-th row, from 1.
    Index(i64),
    /// Where a cursor points; empty: at the beginning.
    Cursor(&'a str),
}

/// One page.
pub struct Page<R> {
    /// How many there are on all pages.
    pub total: i64,
    /// The rows.
    pub rows: Vec<R>,
    /// The cursor for the next page, where the asker uses cursors and there is one.
    pub next: Option<String>,
}

/// A kind of row that can be listed.
pub trait Listed: Record {
    /// The row's id.
    fn id(&self) -> Uuid;
}

impl Listed for ShownRow {
    fn id(&self) -> Uuid {
        self.id
    }
}

impl Listed for GroupRow {
    fn id(&self) -> Uuid {
        self.id
    }
}

/// A row with what it is sorted by.
#[derive(FromRow)]
pub struct Sorted<Row> {
    #[sqlx(flatten)]
    row: Row,
    sort_text: Option<String>,
    sort_time: Option<DateTime<Utc>>,
}

/// Reads one page.
///
/// # Errors
/// [`PageError::Asked`] for a filter, order or cursor that can't be; [`PageError::Store`]
pub async fn read<R: Listed>(
    conn: &mut Conn,
    request: &Request<'_>,
    cursors: &Cursors,
    now: DateTime<Utc>,
) -> Result<Page<R>, PageError>
where
    Sorted<R>: Record,
{
    let scope = request.scope;
    let order = Order::by(scope, request.sort_by, request.descending)?;
    let bound_to = bound_to(request);
    let place = match request.start {
        Start::Cursor(cursor) if !cursor.is_empty() => Some(cursors.read(&bound_to, cursor, now)?),
        _ => None,
    };
    let mut sql = select(scope, &order);
    let id = if scope.kind == ResourceType::User { "u.id" } else { "g.id" };
    let skip = if let Start::Index(index) = request.start { index - 1 } else { 0 };
    // Of rows that are passed over nothing is read but their ids, for which an index is enough.
    if skip > 0 {
        sql.push(" WHERE ").push(id).push(" IN (SELECT ").push(id);
        sql.push(if scope.kind == ResourceType::User { " FROM users u" } else { " FROM groups g" });
    }
    condition(&mut sql, request)?;
    if let Some(place) = &place {
        order.push_after(&mut sql, id, &place.value, place.id, scope.postgres);
    }
    order.push_order(&mut sql, id, scope.postgres);
    // One row more than asked for tells whether there is another page.
    // SQLite plans anew for every value of a bare LIMIT; behind a CAST it can't look at it.
    sql.push(" LIMIT CAST(").push_bind(request.count.saturating_add(1)).push(" AS BIGINT)");
    if skip > 0 {
        sql.push(" OFFSET CAST(").push_bind(skip).push(" AS BIGINT))");
        order.push_order(&mut sql, id, scope.postgres);
    }
    let mut rows: Vec<Sorted<R>> = if request.count > 0 { conn.all(sql).await? } else { Vec::new() };
    let wanted = usize::try_from(request.count).unwrap_or(usize::MAX);
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let seen_all = !more && place.is_none() && request.count > 0 && (skip == 0 || !rows.is_empty());
    let total =
        if seen_all { skip + i64::try_from(rows.len()).unwrap_or_default() } else { total(conn, request).await? };
    let next = match (request.start, rows.last()) {
        (Start::Cursor(_), Some(last)) if more => {
            let value = order.value(last.sort_text.clone(), last.sort_time);
            Some(cursors.write(&bound_to, &Place { value, id: last.row.id() }, now))
        }
        _ => None,
    };
    Ok(Page { total, rows: rows.into_iter().map(|sorted| sorted.row).collect(), next })
}

fn select(scope: Scope<'_>, order: &Order) -> Sql {
    let (columns, from) = match scope.kind {
        ResourceType::User => (users::COLUMNS, users::FROM),
        ResourceType::Group => (groups::COLUMNS, groups::FROM),
    };
    let mut sql = Sql::build("SELECT ");
    sql.push(columns).push(", ");
    order.push_columns(&mut sql, scope.postgres);
    sql.push(from);
    sql
}

/// ` WHERE …`: what the asker may see, and what they ask for.
pub(super) fn condition(sql: &mut Sql, request: &Request<'_>) -> Result<(), ScimError> {
    filter::push_visible(sql, request.scope);
    if let Some(filter) = request.filter {
        sql.push(" AND ");
        filter::push(sql, request.scope, filter)?;
    }
    Ok(())
}

/// Rows of these ids, in any order; who is gone meanwhile is left out.
///
/// # Errors
/// [`StoreError`], classified.
pub async fn rows<R: Record>(conn: &mut Conn, scope: Scope<'_>, ids: &[Uuid]) -> Result<Vec<R>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::build("SELECT ");
    match scope.kind {
        ResourceType::User => {
            sql.push(users::COLUMNS).push(users::FROM).push(" WHERE ");
            users::push_in(&mut sql, scope.workspace);
            sql.push(" AND u.id IN (");
        }
        ResourceType::Group => {
            sql.push(groups::COLUMNS).push(groups::FROM).push(" WHERE g.id IN (");
        }
    }
    sql.push_list(padded(ids)).push(")");
    conn.all(sql).await
}

/// How many rows there are: counted where there is a filter, kept in the workspace's row where there is none.
pub(super) async fn total(conn: &mut Conn, request: &Request<'_>) -> Result<i64, PageError> {
    if request.filter.is_none() {
        let workspace = workspaces::find(conn, request.scope.workspace).await?;
        return Ok(workspace.map_or(0, |workspace| match request.scope.kind {
            ResourceType::User => workspace.users,
            ResourceType::Group => workspace.groups,
        }));
    }
    let mut sql = Sql::build("SELECT count(*) AS n FROM ");
    sql.push(if request.scope.kind == ResourceType::User { "users u" } else { "groups g" });
    condition(&mut sql, request)?;
    Ok(conn.one::<Count>(sql).await?.n)
}

/// What a cursor is good for: this workspace, this kind of resource, this filter, this order.
fn bound_to(request: &Request<'_>) -> Vec<u8> {
    let mut hash = Sha256::new();
    let sort = request.sort_by.map(AttrRef::key).unwrap_or_default();
    let parts: [&[u8]; 5] = [
        request.scope.workspace.0.as_bytes(),
        request.scope.kind.name().as_bytes(),
        request.filter_text.as_bytes(),
        sort.as_bytes(),
        &[u8::from(request.descending)],
    ];
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}
