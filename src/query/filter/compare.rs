//! One comparison of one column with one literal.

use super::Compiler;
use super::column::{Column, ColumnKind, push_id_text};
use crate::ids::UserId;
use crate::scim::compare::key;
use crate::scim::error::ScimError;
use crate::scim::filter::{Literal, Op};
use crate::scim::schema::Attribute;

impl Compiler<'_> {
    pub(super) fn column_present(&mut self, column: &Column) {
        self.sql.push("(");
        column.expr.push(self.sql, self.scope.postgres);
        self.sql.push(" IS NOT NULL)");
    }

    pub(super) fn column_compare(
        &mut self,
        column: &Column,
        leaf: &Attribute,
        op: Op,
        value: &Literal,
    ) -> Result<(), ScimError> {
        match (column.kind, value) {
            (ColumnKind::Id, Literal::Text(text)) => self.id(column, op, text),
            (ColumnKind::Text, Literal::Text(text)) => self.text(column, op, &key(leaf, text)),
            (ColumnKind::Time, Literal::Time(time)) => self.ordered(column, op, *time),
            (ColumnKind::Boolean, Literal::Bool(truth)) => self.ordered(column, op, *truth),
            _ => return Err(ScimError::invalid_filter(format!("{} can't be compared with that", leaf.name))),
        }
        Ok(())
    }

    /// Ids are compared as ids where that is the same, so that an index serves.
    fn id(&mut self, column: &Column, op: Op, text: &str) {
        match (op, UserId::parse(text)) {
            (Op::Eq | Op::Ne, Some(id)) => self.ordered(column, op, id.0),
            (Op::Eq, None) => self.constant(false),
            (Op::Ne, None) => self.constant(true),
            _ => {
                let super::Expr::Fixed(expr) = column.expr else { return self.constant(false) };
                let postgres = self.scope.postgres;
                self.with_text(op, text, |sql| push_id_text(sql, expr, postgres));
            }
        }
    }

    fn text(&mut self, column: &Column, op: Op, text: &str) {
        let postgres = self.scope.postgres;
        match op {
            Op::Eq | Op::Ne => self.ordered(column, op, text),
            _ => self.with_text(op, text, |sql| column.expr.push(sql, postgres)),
        }
    }

    fn ordered(&mut self, column: &Column, op: Op, value: impl Into<crate::store::sql::Arg>) {
        self.sql.push("(");
        column.expr.push(self.sql, self.scope.postgres);
        self.sql.push(operator(op)).push_bind(value).push(")");
    }

    /// Every comparison of text but equality; `push` writes what is compared.
    fn with_text(&mut self, op: Op, text: &str, push: impl Fn(&mut crate::store::sql::Sql)) {
        let postgres = self.scope.postgres;
        let sql = &mut *self.sql;
        sql.push("(");
        match op {
            Op::Co | Op::Sw | Op::Ew if text.is_empty() => {
                push(sql);
                sql.push(" IS NOT NULL");
            }
            Op::Co => {
                sql.push(if postgres { "strpos(" } else { "instr(" });
                push(sql);
                sql.push(", ").push_bind(text).push(") > 0");
            }
            // A range, so that an index serves.
            Op::Sw => {
                push(sql);
                sql.push(" >= ").push_bind(text);
                if let Some(end) = after_prefix(text) {
                    sql.push(" AND ");
                    push(sql);
                    sql.push(" < ").push_bind(end);
                }
            }
            Op::Ew => {
                let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
                sql.push(if postgres { "right(" } else { "substr(" });
                push(sql);
                sql.push(if postgres { ", CAST(" } else { ", -CAST(" });
                sql.push_bind(length).push(" AS INTEGER)) = ").push_bind(text);
            }
            _ => {
                push(sql);
                sql.push(operator(op)).push_bind(text);
            }
        }
        sql.push(")");
    }
}

const fn operator(op: Op) -> &'static str {
    match op {
        // An absent value differs from every value.
        Op::Ne => " IS DISTINCT FROM ",
        Op::Gt => " > ",
        Op::Ge => " >= ",
        Op::Lt => " < ",
        Op::Le => " <= ",
        Op::Eq | Op::Co | Op::Sw | Op::Ew => " = ",
    }
}

/// The least text greater than every text that begins with `prefix`, in the order of code points.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(last as u32 + 1) };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// Whether a comparison holds of a text that is known beforehand.
pub fn holds(leaf: &Attribute, found: &str, op: Op, value: &Literal) -> bool {
    let Literal::Text(text) = value else { return false };
    let (found, wanted) = (key(leaf, found), key(leaf, text));
    let (found, wanted) = (found.as_ref(), wanted.as_ref());
    match op {
        Op::Eq => found == wanted,
        Op::Ne => found != wanted,
        Op::Co => found.contains(wanted),
        Op::Sw => found.starts_with(wanted),
        Op::Ew => found.ends_with(wanted),
        Op::Gt => found > wanted,
        Op::Ge => found >= wanted,
        Op::Lt => found < wanted,
        Op::Le => found <= wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_text_in_order() {
        for (prefix, end) in [
            ("a", Some("b")),
            ("az", Some("a{")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
        ] {
            assert_eq!(after_prefix(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}
