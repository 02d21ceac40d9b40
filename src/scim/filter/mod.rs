//! Filters (RFC 7644 §3.4.2.2) as a resolved and typed tree.
//!
//! # What a filter means
//! The evaluator here and the SQL compiler agree on this:
//! - Strings are compared in the form that [`compare::key`](super::compare::key) gives: folded where `caseExact` is
//!   false, as they are where it is true. `gt`, `ge`, `lt`, `le` use the order of code points of that form.
//! - An absent attribute is one candidate with the value null: `eq` with a value is false, `ne` with a value is true,
//!   `co`, `sw`, `ew`, `gt`, `ge`, `lt`, `le` and `pr` are false.
//! - A multi-valued attribute matches where one element does. So `emails.type ne "work"` is true where some element has
//!   another type or none, and where there is no element.
//! - `eq null` is the negation of `pr`, and `ne null` is `pr`. `not` is plain negation.
//! - `pr` is true of a complex value where one of its sub-attributes is present, of a list where it has an element. An
//!   empty string is present.
//! - `attr[…]` is true where an element exists of which the inner filter is true; without an element it is false.
//! - Points in time are compared as instants, cut to microseconds.
//! - `emails eq "x"`, `members eq "id"`, `manager eq "id"` compare the sub-attribute `value`.
//! - `emails[type eq "work"].value eq "x"`, which the grammar does not know and clients send, is read as
//!   `emails[type eq "work" and value eq "x"]`.

pub mod evaluate;
mod lex;
mod literal;
mod parse;
mod print;

use chrono::{DateTime, Utc};
use serde_json::Number;

use super::Profile;
use super::error::ScimError;
use super::path::AttrRef;
use super::schema::ResourceType;

pub(crate) use literal::loose_boolean;
pub(crate) use parse::patch_path;

/// The longest filter, in bytes.
pub const MAX_TEXT: usize = 8 * 1024;
/// How deep brackets, groups and negations may be nested.
pub const MAX_DEPTH: usize = 32;
/// How many comparisons a filter may hold.
pub const MAX_COMPARISONS: usize = 256;
/// The longest string literal, in characters.
pub const MAX_LITERAL: usize = 1024;

/// A filter whose attributes exist and whose literals have the type of their attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Two or more, all of them.
    And(Vec<Filter>),
    /// Two or more, at least one of them.
    Or(Vec<Filter>),
    /// The opposite.
    Not(Box<Filter>),
    /// An attribute compared with a literal.
    Compare {
        /// Which attribute.
        path: AttrRef,
        /// How.
        op: Op,
        /// With what.
        value: Literal,
    },
    /// `pr`: the attribute has a value.
    Present(AttrRef),
    /// A value path: some element of `path`, which has no `sub`, satisfies `filter`, whose paths are sub-attributes.
    Each {
        /// The list.
        path: AttrRef,
        /// What must hold of one element.
        filter: Box<Filter>,
    },
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Begins with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

/// What an attribute is compared with, of the attribute's type.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A JSON number.
    Number(Number),
    /// As the client wrote it; [`compare::key`](super::compare::key) gives the compared form.
    Text(String),
    /// Cut to microseconds.
    Time(DateTime<Utc>),
}

impl Filter {
    /// Reads a filter over resources of `kind`.
    ///
    /// # Errors
    /// 400 `invalidFilter`, with the column where reading stopped.
    pub fn parse(kind: ResourceType, text: &str, profile: Profile) -> Result<Self, ScimError> {
        parse::filter(kind, text, profile)
    }

    /// The pairs of a filter that is a conjunction of `eq`; `None` of any other.
    #[must_use]
    pub fn equalities(&self) -> Option<Vec<(AttrRef, &Literal)>> {
        match self {
            Self::Compare { path, op: Op::Eq, value } => Some(vec![(*path, value)]),
            Self::And(parts) => {
                let mut pairs = Vec::with_capacity(parts.len());
                for part in parts {
                    pairs.extend(part.equalities()?);
                }
                Some(pairs)
            }
            _ => None,
        }
    }
}

impl Op {
    /// The operator as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// The operator of that name, whatever its case. `pr` is none: it takes no value.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];
        all.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests;
