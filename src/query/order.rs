//! The order of a list, and where in it a page begins.

use super::cursor::SortValue;
use super::filter::{Column, Expr, List, Scope, Target, column_target};
use crate::scim::error::ScimError;
use crate::scim::path::AttrRef;
use crate::store::sql::Sql;

/// What a list is sorted by, and which way.
pub struct Order {
    key: Key,
    descending: bool,
}

enum Key {
    /// By id alone: in the order of creation.
    Id,
    /// All of a kind have the same value, and are in the order of creation.
    Same(&'static str),
    /// None of a kind has a value: in the order of creation.
    Nothing,
    Column(Column),
    /// The primary element of a list, else its first (RFC 7644 §3.4.2.3).
    Element(String, Column),
}

impl Order {
    /// The order by an attribute.
    ///
    /// # Errors
    /// 400 where nothing can be sorted by it.
    pub fn by(scope: Scope<'_>, path: Option<&AttrRef>, descending: bool) -> Result<Self, ScimError> {
        let Some(path) = path else { return Ok(Self { key: Key::Id, descending }) };
        let key = match column_target(scope, path)? {
            Target::Column(Column { expr: Expr::Fixed("u.id" | "g.id"), .. }) => Key::Id,
            Target::Constants(all) => all.first().map_or(Key::Nothing, |(text, _)| Key::Same(text)),
            Target::Nothing => Key::Nothing,
            Target::Column(column) => Key::Column(column.sortable()),
            Target::Complex(mut parts) if !parts.is_empty() => Key::Column(parts.swap_remove(0)),
            Target::List(list @ List::Values(_)) => {
                let sub = path.sub.or_else(|| path.attribute.sub("value")).ok_or_else(|| unsortable(path))?;
                let column = list.column(sub, scope)?.sortable();
                let List::Values(attribute) = list else { return Err(unsortable(path)) };
                Key::Element(attribute, column)
            }
            Target::Complex(_) | Target::List(_) => return Err(unsortable(path)),
        };
        Ok(Self { key, descending })
    }

    /// The order of a kind that has no such attribute.
    pub const fn by_nothing(descending: bool) -> Self {
        Self { key: Key::Nothing, descending }
    }

    /// Whether rows are sorted by anything but their id.
    pub const fn is_by_value(&self) -> bool {
        !matches!(self.key, Key::Id | Key::Same(_) | Key::Nothing)
    }

    /// Whether they are sorted by their id because that is what was asked for.
    pub const fn is_by_id(&self) -> bool {
        matches!(self.key, Key::Id)
    }

    /// Whether they are sorted by a moment.
    pub fn is_time(&self) -> bool {
        matches!(&self.key, Key::Column(column) | Key::Element(_, column) if column.is_time())
    }

    fn push_key(&self, sql: &mut Sql, postgres: bool) {
        match &self.key {
            Key::Id | Key::Same(_) | Key::Nothing => {}
            Key::Column(column) => push_bounded(sql, column, postgres),
            Key::Element(attribute, column) => {
                sql.push("(SELECT ");
                push_bounded(sql, column, postgres);
                sql.push(" FROM user_values v WHERE v.user_id = u.id AND v.attribute = ").push_bind(attribute.as_str());
                sql.push(" ORDER BY coalesce(v.is_primary, FALSE) DESC, v.position LIMIT 1)");
            }
        }
    }

    /// The columns `sort_text` and `sort_time`, of which one at the most is not NULL.
    pub fn push_columns(&self, sql: &mut Sql, postgres: bool) {
        let time = self.is_time();
        if let Key::Same(text) = self.key {
            sql.push("CAST(").push_bind(text).push(" AS TEXT)");
        } else if self.is_by_value() && !time {
            self.push_key(sql, postgres);
        } else {
            sql.push("CAST(NULL AS TEXT)");
        }
        sql.push(" AS sort_text, ");
        if time {
            self.push_key(sql, postgres);
        } else {
            sql.push("CAST(NULL AS TIMESTAMP WITH TIME ZONE)");
        }
        sql.push(" AS sort_time");
    }

    /// ` ORDER BY …`. Who has no value comes last, in descending order first (RFC 7644 §3.4.2.3).
    pub fn push_order(&self, sql: &mut Sql, id: &'static str, postgres: bool) {
        sql.push(" ORDER BY ");
        if self.is_by_value() {
            self.push_key(sql, postgres);
            sql.push(if self.descending { " DESC NULLS FIRST, " } else { " ASC NULLS LAST, " });
        }
        sql.push(id).push(if self.descending { " DESC" } else { " ASC" });
    }

    /// ` AND …`: only rows that come after the one with that value and id.
    pub fn push_after(&self, sql: &mut Sql, id: &'static str, value: &SortValue, after: uuid::Uuid, postgres: bool) {
        let beyond = if self.descending { " < " } else { " > " };
        let push_beyond_id = |sql: &mut Sql| {
            sql.push(id).push(beyond).push_bind(after);
        };
        sql.push(" AND (");
        let absent = match value {
            SortValue::None => {
                push_beyond_id(sql);
                sql.push(")");
                return;
            }
            SortValue::Text(value) => value.is_none(),
            SortValue::Time(value) => value.is_none(),
        };
        let push_value = |sql: &mut Sql| match value {
            SortValue::Time(time) => drop(sql.push_bind(*time)),
            SortValue::Text(text) => drop(sql.push_bind(text.clone())),
            SortValue::None => {}
        };
        if absent {
            if self.descending {
                self.push_key(sql, postgres);
                sql.push(" IS NOT NULL OR ");
            }
            sql.push("(");
            self.push_key(sql, postgres);
            sql.push(" IS NULL AND ");
        } else {
            self.push_key(sql, postgres);
            sql.push(beyond);
            push_value(sql);
            if !self.descending {
                sql.push(" OR ");
                self.push_key(sql, postgres);
                sql.push(" IS NULL");
            }
            sql.push(" OR (");
            self.push_key(sql, postgres);
            sql.push(" = ");
            push_value(sql);
            sql.push(" AND ");
        }
        push_beyond_id(sql);
        sql.push("))");
    }

    /// The value of a row, from the columns that [`Order::push_columns`] adds.
    pub fn value(&self, text: Option<String>, time: Option<chrono::DateTime<chrono::Utc>>) -> SortValue {
        match (self.is_by_value(), self.is_time()) {
            (false, _) => SortValue::None,
            (true, true) => SortValue::Time(time),
            (true, false) => SortValue::Text(text),
        }
    }
}

/// The columns by which an index sorts: whole, and each has its bound where it is stored.
const INDEXED: [&str; 5] =
    ["u.user_name_key", "u.display_name_key", "u.external_id", "g.display_name_key", "g.external_id"];

/// The value of a column, of text its beginning: a cursor has to hold it.
fn push_bounded(sql: &mut Sql, column: &Column, postgres: bool) {
    let is_whole = column.is_time() || matches!(column.expr, Expr::Fixed(name) if INDEXED.contains(&name));
    if !is_whole {
        sql.push("substr(");
    }
    column.expr.push(sql, postgres);
    if !is_whole {
        sql.push(", 1, 1024)");
    }
}

fn unsortable(path: &AttrRef) -> ScimError {
    ScimError::invalid_path(format!("Nothing can be sorted by {path}."))
}
