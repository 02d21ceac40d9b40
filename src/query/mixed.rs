//! One page of users and groups together, in one order (RFC 7644 §3.4.2.1, §3.4.2.3).

use uuid::Uuid;

use super::order::Order;
use super::page::{PageError, Request, condition, total};
use crate::scim::error::ScimError;
use crate::scim::schema::ResourceType;
use crate::store::sql::{Conn, FromRow, Sql};

/// Which resources stand on the page, in their order, and how many there are on all pages.
pub struct Mixed {
    /// How many there are.
    pub total: i64,
    /// What each is, and its id.
    pub places: Vec<(ResourceType, Uuid)>,
}

#[derive(FromRow)]
struct PlaceRow {
    kind: i64,
    id: Uuid,
}

/// Reads which resources stand on a page. Each part is one kind of resource with its filter; where it has nothing to sort by,
/// none of that kind has such a value. `count` and `start` of the parts are left alone.
///
/// # Errors
/// [`PageError::Asked`] for a filter that can't be, or an order in which no kind can be; [`PageError::Store`]
pub async fn read(
    conn: &mut Conn,
    parts: &[Request<'_>],
    (skip, count): (i64, i64),
    descending: bool,
) -> Result<Mixed, PageError> {
    let orders = orders(parts, descending)?;
    let mut all = 0;
    for part in parts {
        all += total(conn, part).await?;
    }
    let mut rows: Vec<PlaceRow> = Vec::new();
    if count > 0 && skip < all {
        rows = conn.all(statement(parts, &orders, (skip, count), descending, conn.is_postgres())?).await?;
    }
    let kind = |kind: i64| if kind == 0 { ResourceType::User } else { ResourceType::Group };
    Ok(Mixed { total: all, places: rows.into_iter().map(|row| (kind(row.kind), row.id)).collect() })
}

/// The order of each part: at least one of them has one.
fn orders(parts: &[Request<'_>], descending: bool) -> Result<Vec<Order>, ScimError> {
    let (mut orders, mut refusal, mut any) = (Vec::with_capacity(parts.len()), None, false);
    for part in parts {
        let order = match part.sort_by {
            None => None,
            Some(path) => match Order::by(part.scope, Some(path), descending) {
                Ok(order) => Some(order),
                Err(error) => {
                    refusal.get_or_insert(error);
                    None
                }
            },
        };
        any |= order.is_some();
        orders.push(order.unwrap_or_else(|| Order::by_nothing(descending)));
    }
    match refusal {
        Some(error) if !any => Err(error),
        _ => Ok(orders),
    }
}

/// Of each kind as many as may be needed, by its own index where there is one; of all of them together the page.
fn statement(
    parts: &[Request<'_>],
    orders: &[Order],
    (skip, count): (i64, i64),
    descending: bool,
    postgres: bool,
) -> Result<Sql, ScimError> {
    let mut sql = Sql::build("SELECT kind, id FROM (");
    for (i, (part, order)) in parts.iter().zip(orders).enumerate() {
        sql.push(if i > 0 { " UNION ALL SELECT * FROM (SELECT " } else { "SELECT * FROM (SELECT " });
        let (columns, from, id) = match part.scope.kind {
            ResourceType::User => ("CAST(0 AS BIGINT) AS kind, u.id AS id, ", " FROM users u", "u.id"),
            ResourceType::Group => ("CAST(1 AS BIGINT) AS kind, g.id AS id, ", " FROM groups g", "g.id"),
        };
        sql.push(columns);
        order.push_columns(&mut sql, postgres);
        sql.push(from);
        condition(&mut sql, part)?;
        order.push_order(&mut sql, id, postgres);
        sql.push(" LIMIT CAST(").push_bind(skip.saturating_add(count)).push(" AS BIGINT)) AS ");
        sql.push(if i > 0 { "b" } else { "a" });
    }
    sql.push(") AS sorted ORDER BY ");
    let (way, ties) =
        if descending { (" DESC NULLS FIRST, ", "kind DESC, id DESC") } else { (" ASC NULLS LAST, ", "kind, id") };
    if orders.iter().all(Order::is_by_id) {
        sql.push(if descending { "id DESC" } else { "id" });
    } else if orders.iter().any(Order::is_time) {
        sql.push("sort_time").push(way).push(ties);
    } else {
        sql.push(if postgres { "sort_text COLLATE \"C\"" } else { "sort_text" }).push(way).push(ties);
    }
    sql.push(" LIMIT CAST(").push_bind(count).push(" AS BIGINT) OFFSET CAST(").push_bind(skip).push(" AS BIGINT)");
    Ok(sql)
}
