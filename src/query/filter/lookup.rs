//! Which filters an index answers by itself.

use super::Scope;
use super::column::{Expr, List, Target, target};
use crate::scim::filter::{Filter, Literal, Op};

/// The columns that begin an index.
const INDEXED: [&str; 8] = [
    "u.id",
    "u.external_id",
    "u.user_name_key",
    "u.display_name_key",
    "u.manager_id",
    "g.id",
    "g.external_id",
    "g.display_name_key",
];

/// Whether the filter names a value that an index finds.
pub(super) fn is_lookup(scope: Scope<'_>, filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().any(|part| is_lookup(scope, part)),
        Filter::Compare { path, op: Op::Eq, value: Literal::Text(_) } => match target(scope, path) {
            Ok(Target::Column(column)) => matches!(column.expr, Expr::Fixed(name) if INDEXED.contains(&name)),
            Ok(Target::List(List::Values(_) | List::Members)) => path.sub.is_some_and(|sub| sub.name == "value"),
            _ => false,
        },
        Filter::Each { path, filter } => {
            matches!(target(scope, path), Ok(Target::List(List::Values(_) | List::Members))) && names_value(filter)
        }
        _ => false,
    }
}

/// Whether the inner filter of a value path names a `value`.
fn names_value(filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().any(names_value),
        Filter::Compare { path, op: Op::Eq, value: Literal::Text(_) } => path.attribute.name == "value",
        _ => false,
    }
}
