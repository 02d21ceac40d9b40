//! SCIM filters as SQL: every attribute path is looked up in a fixed list, every literal becomes a bind.
//!
//! The meaning is that of [`crate::scim::filter`]; a test runs both over the same resources. SQL's third truth value is
//! kept out of negations: `NOT` is applied to `coalesce(…, FALSE)` only.

mod column;
mod compare;
mod lookup;

use crate::ids::WorkspaceId;
use crate::scim::error::ScimError;
use crate::scim::filter::{Filter, Literal, Op};
use crate::scim::path::AttrRef;
use crate::scim::schema::{Attribute, ResourceType};
use crate::store::sql::Sql;

pub use column::{Column, Expr, List, Target, target as column_target};

/// What a filter is compiled for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Users (as `u`) or groups (as `g`).
    pub kind: ResourceType,
    /// The workspace; the rows of the outer statement are restricted to it already.
    pub workspace: WorkspaceId,
    /// The address of the SCIM service, of which `meta.location` and every `$ref` is made.
    pub base: &'a str,
    /// Which database the statement is for.
    pub postgres: bool,
}

/// Appends `filter` to a statement, as a condition in brackets.
///
/// # Errors
/// 400 `invalidFilter` for an attribute that can't be searched.
pub fn push(sql: &mut Sql, scope: Scope<'_>, filter: &Filter) -> Result<(), ScimError> {
    Compiler { sql, scope }.filter(filter)
}

struct Compiler<'a> {
    sql: &'a mut Sql,
    scope: Scope<'a>,
}

impl Compiler<'_> {
    /// The depth of a filter is bounded by its parser.
    fn filter(&mut self, filter: &Filter) -> Result<(), ScimError> {
        match filter {
            Filter::And(parts) => self.joined(parts, " AND "),
            Filter::Or(parts) if parts.iter().all(|part| lookup::is_lookup(self.scope, part)) => self.union(parts),
            Filter::Or(parts) => self.joined(parts, " OR "),
            Filter::Not(inner) => self.negated(|compiler| compiler.filter(inner)),
            Filter::Present(path) => self.present(path),
            Filter::Compare { path, op: Op::Ne, value: Literal::Null } => self.present(path),
            Filter::Compare { path, value: Literal::Null, .. } => self.negated(|compiler| compiler.present(path)),
            Filter::Compare { path, op, value } => self.compare(path, *op, value),
            Filter::Each { path, filter } => self.each(path, filter),
        }
    }

    fn joined(&mut self, parts: &[Filter], word: &'static str) -> Result<(), ScimError> {
        self.sql.push("(");
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                self.sql.push(word);
            }
            self.filter(part)?;
        }
        self.sql.push(")");
        Ok(())
    }

    /// Alternatives of which each has an index of its own: united, every one uses it; joined by OR, SQLite would look at
    /// everybody.
    fn union(&mut self, parts: &[Filter]) -> Result<(), ScimError> {
        let (id, from) = match self.scope.kind {
            ResourceType::User => ("(u.id IN (", "SELECT u.id FROM users u"),
            ResourceType::Group => ("(g.id IN (", "SELECT g.id FROM groups g"),
        };
        self.sql.push(id);
        for (i, part) in parts.iter().enumerate() {
            self.sql.push(if i > 0 { " UNION ALL " } else { "" }).push(from);
            push_visible(self.sql, self.scope);
            self.sql.push(" AND ");
            self.filter(part)?;
        }
        self.sql.push("))");
        Ok(())
    }

    fn negated(&mut self, inner: impl FnOnce(&mut Self) -> Result<(), ScimError>) -> Result<(), ScimError> {
        self.sql.push("(NOT coalesce(");
        inner(self)?;
        self.sql.push(", FALSE))");
        Ok(())
    }

    fn constant(&mut self, truth: bool) {
        self.sql.push(if truth { "(1 = 1)" } else { "(1 = 0)" });
    }

    fn present(&mut self, path: &AttrRef) -> Result<(), ScimError> {
        match column::target(self.scope, path)? {
            Target::Column(column) => self.column_present(&column),
            Target::Complex(columns) => {
                self.sql.push("(1 = 0");
                for column in &columns {
                    self.sql.push(" OR ");
                    self.column_present(column);
                }
                self.sql.push(")");
            }
            Target::List(list) => match path.sub {
                None => self.any(&list, false, |compiler| {
                    compiler.constant(true);
                    Ok(())
                })?,
                Some(sub) => self.any(&list, is_type(sub), |compiler| {
                    let column = list.column(sub, compiler.scope)?;
                    compiler.column_present(&column);
                    Ok(())
                })?,
            },
            Target::Constants(_) => self.constant(true),
            Target::Nothing => self.constant(false),
        }
        Ok(())
    }

    fn compare(&mut self, path: &AttrRef, op: Op, value: &Literal) -> Result<(), ScimError> {
        match column::target(self.scope, path)? {
            Target::Column(column) => self.column_compare(&column, path.leaf(), op, value),
            Target::Complex(_) => Err(column::unsearchable(path)),
            Target::List(list) => {
                let Some(sub) = path.sub else { return Err(column::unsearchable(path)) };
                self.sql.push("(");
                self.any(&list, is_type(sub), |compiler| {
                    let column = list.column(sub, compiler.scope)?;
                    compiler.column_compare(&column, sub, op, value)
                })?;
                // No element at all is one candidate with the value null: different from everything.
                if op == Op::Ne {
                    self.sql.push(" OR NOT ");
                    self.any(&list, false, |compiler| {
                        compiler.constant(true);
                        Ok(())
                    })?;
                }
                self.sql.push(")");
                Ok(())
            }
            Target::Constants(constants) => {
                self.sql.push("(1 = 0");
                for (text, condition) in constants {
                    if compare::holds(path.leaf(), text, op, value) {
                        self.sql.push(" OR ").push(condition);
                    }
                }
                self.sql.push(")");
                Ok(())
            }
            Target::Nothing => {
                self.constant(op == Op::Ne);
                Ok(())
            }
        }
    }

    /// A value path: some element for which the inner filter holds.
    fn each(&mut self, path: &AttrRef, filter: &Filter) -> Result<(), ScimError> {
        match column::target(self.scope, path)? {
            Target::List(list) => self.any(&list, names_type(filter), |compiler| compiler.element(&list, filter)),
            Target::Nothing => {
                self.constant(false);
                Ok(())
            }
            Target::Complex(_) | Target::Column(_) => {
                self.sql.push("(");
                self.present(&path.whole())?;
                self.sql.push(" AND ");
                self.filter(&within(path, filter))?;
                self.sql.push(")");
                Ok(())
            }
            Target::Constants(_) => Err(column::unsearchable(path)),
        }
    }

    /// The inner filter of a value path, over the one element that `v` stands for.
    fn element(&mut self, list: &List, filter: &Filter) -> Result<(), ScimError> {
        match filter {
            Filter::And(parts) => self.elements(list, parts, " AND "),
            Filter::Or(parts) => self.elements(list, parts, " OR "),
            Filter::Not(inner) => self.negated(|compiler| compiler.element(list, inner)),
            Filter::Present(path) => {
                let column = list.column(path.attribute, self.scope)?;
                self.column_present(&column);
                Ok(())
            }
            Filter::Compare { path, op, value } => {
                let column = list.column(path.attribute, self.scope)?;
                match (op, value) {
                    (Op::Ne, Literal::Null) => self.column_present(&column),
                    (_, Literal::Null) => {
                        return self.negated(|compiler| {
                            compiler.column_present(&column);
                            Ok(())
                        });
                    }
                    _ => self.column_compare(&column, path.attribute, *op, value)?,
                }
                Ok(())
            }
            Filter::Each { path, .. } => Err(column::unsearchable(path)),
        }
    }

    fn elements(&mut self, list: &List, parts: &[Filter], word: &'static str) -> Result<(), ScimError> {
        self.sql.push("(");
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                self.sql.push(word);
            }
            self.element(list, part)?;
        }
        self.sql.push(")");
        Ok(())
    }

    /// That some element of a list satisfies a condition on its row; `by_type` says whether the condition is about its
    /// `type`, which for a group depends on the user too.
    fn any(
        &mut self,
        list: &List,
        by_type: bool,
        condition: impl FnOnce(&mut Self) -> Result<(), ScimError>,
    ) -> Result<(), ScimError> {
        match list {
            List::Values(attribute) => {
                self.sql.push("(u.id IN (SELECT v.user_id FROM user_values v WHERE v.workspace_id = ");
                self.sql.push_bind(self.scope.workspace.0).push(" AND v.attribute = ").push_bind(attribute.as_str());
                self.sql.push(" AND ");
                condition(self)?;
                self.sql.push("))");
            }
            // From the groups that are meant down to their people, not from everybody up to their groups.
            List::Groups if !by_type => {
                self.sql.push(
                    "(u.id IN (WITH RECURSIVE down (id, kind) AS (SELECT m.member_id, m.kind FROM groups v JOIN group_members m ON m.group_id = v.id \
                     WHERE v.workspace_id = ",
                );
                self.sql.push_bind(self.scope.workspace.0).push(" AND ");
                condition(self)?;
                self.sql.push(
                    " UNION SELECT m.member_id, m.kind FROM down JOIN group_members m ON m.group_id = down.id WHERE down.kind = 'Group') \
                     SELECT id FROM down WHERE kind = 'User'))",
                );
            }
            List::Groups => {
                self.sql.push(
                    "(EXISTS (WITH RECURSIVE up (group_id, direct) AS (SELECT m.group_id, 1 FROM group_members m WHERE m.member_id = u.id \
                     UNION SELECT m.group_id, 0 FROM up JOIN group_members m ON m.member_id = up.group_id) \
                     SELECT 1 FROM (SELECT group_id, max(direct) AS direct FROM up GROUP BY group_id) b JOIN groups v ON v.id = b.group_id WHERE ",
                );
                condition(self)?;
                self.sql.push("))");
            }
            List::Teams => {
                self.sql.push(
                    "(u.id IN (SELECT m.user_id FROM teams v JOIN team_members m ON m.team_id = v.id WHERE m.source <> 'kept_out' \
                     AND v.workspace_id = ",
                );
                self.sql.push_bind(self.scope.workspace.0).push(" AND ");
                condition(self)?;
                self.sql.push("))");
            }
            List::Members => {
                self.sql.push(
                    "(g.id IN (SELECT v.group_id FROM group_members v LEFT JOIN users mu ON mu.id = v.member_id \
                     LEFT JOIN groups mg ON mg.id = v.member_id WHERE ",
                );
                condition(self)?;
                self.sql.push("))");
            }
        }
        Ok(())
    }
}

/// ` WHERE …`: what the asker may see.
pub fn push_visible(sql: &mut Sql, scope: Scope<'_>) {
    match scope.kind {
        ResourceType::User => {
            sql.push(" WHERE u.workspace_id = ").push_bind(scope.workspace.0);
            sql.push(" AND u.deleted_at IS NULL AND u.protected = FALSE");
        }
        ResourceType::Group => {
            sql.push(" WHERE g.workspace_id = ").push_bind(scope.workspace.0);
        }
    }
}

fn is_type(sub: &Attribute) -> bool {
    sub.name == "type"
}

/// Whether the inner filter of a value path is about `type`.
fn names_type(filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(names_type),
        Filter::Not(inner) => names_type(inner),
        Filter::Present(path) | Filter::Compare { path, .. } => is_type(path.attribute),
        Filter::Each { .. } => true,
    }
}

/// The inner filter of a value path over a complex attribute that has one value, as a filter over the resource.
fn within(outer: &AttrRef, filter: &Filter) -> Filter {
    let path = |inner: &AttrRef| AttrRef { sub: Some(inner.attribute), ..*outer };
    match filter {
        Filter::And(parts) => Filter::And(parts.iter().map(|part| within(outer, part)).collect()),
        Filter::Or(parts) => Filter::Or(parts.iter().map(|part| within(outer, part)).collect()),
        Filter::Not(inner) => Filter::Not(Box::new(within(outer, inner))),
        Filter::Present(inner) => Filter::Present(path(inner)),
        Filter::Compare { path: inner, op, value } => {
            Filter::Compare { path: path(inner), op: *op, value: value.clone() }
        }
        Filter::Each { .. } => filter.clone(),
    }
}
