//! Whether an operator and a literal go with an attribute, and the literal in the attribute's type.

use serde_json::Number;

use super::lex::Token;
use super::{Literal, Op};
use crate::scim::path::AttrRef;
use crate::scim::schema::{Kind, ResourceType};
use crate::scim::{Profile, compare};

/// The literal that `token` stands for in a comparison of `path` by `op`; otherwise the reason why not.
pub(super) fn typed(path: &AttrRef, op: Op, token: &Token<'_>, profile: Profile) -> Result<Literal, String> {
    let leaf = path.leaf();
    let equality = matches!(op, Op::Eq | Op::Ne);
    if *token == Token::Word("null") {
        return if equality {
            Ok(Literal::Null)
        } else {
            Err(format!("null goes with eq and ne, not {}", op.as_str()))
        };
    }
    let wrong = |what: &str| Err(format!("{path} is compared with {what}"));
    let unfit = || Err(format!("{} does not go with {path}", op.as_str()));
    let ordered = !matches!(op, Op::Co | Op::Sw | Op::Ew);
    match leaf.kind {
        Kind::Complex => Err(format!("{path} is complex; compare one of its sub-attributes")),
        Kind::Boolean if !equality => unfit(),
        Kind::Boolean => {
            boolean(token, profile).map_or_else(|| wrong("true or false"), |value| Ok(Literal::Bool(value)))
        }
        Kind::Binary if !equality => unfit(),
        Kind::String | Kind::Reference | Kind::Binary => match token {
            Token::Text(text) => Ok(Literal::Text(text.clone())),
            // RFC 7644 §3.4.2.1 itself writes `meta.resourceType eq User`.
            Token::Word(word) if profile.is_compat() && leaf.name == "resourceType" && is_resource_type(word) => {
                Ok(Literal::Text((*word).to_owned()))
            }
            _ => wrong("a string in double quotes"),
        },
        Kind::DateTime | Kind::Integer | Kind::Decimal if !ordered => unfit(),
        Kind::DateTime => match token {
            Token::Text(text) => compare::time(text).map_or_else(
                || wrong("a date and time such as \"2026-01-31T08:00:00Z\""),
                |time| Ok(Literal::Time(time)),
            ),
            _ => wrong("a date and time in double quotes"),
        },
        Kind::Integer | Kind::Decimal => match token {
            Token::Word(word) => {
                serde_json::from_str::<Number>(word).map_or_else(|_| wrong("a number"), |n| Ok(Literal::Number(n)))
            }
            _ => wrong("a number"),
        },
    }
}

fn is_resource_type(word: &str) -> bool {
    ResourceType::ALL.iter().any(|kind| kind.name() == word)
}

/// `true` or `false`; in `Compat` in any case and in quotes too.
fn boolean(token: &Token<'_>, profile: Profile) -> Option<bool> {
    let word = match token {
        Token::Word("true") => return Some(true),
        Token::Word("false") => return Some(false),
        Token::Word(word) => word,
        Token::Text(text) => text.as_str(),
        _ => return None,
    };
    if profile.is_compat() { loose_boolean(word) } else { None }
}

/// `"True"`, `"FALSE"` and the like, as Entra ID writes them.
pub(crate) fn loose_boolean(word: &str) -> Option<bool> {
    if word.eq_ignore_ascii_case("true") {
        Some(true)
    } else if word.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
