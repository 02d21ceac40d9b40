//! The compared form of a value: what the evaluator, the index and the SQL compiler all compare.

use std::borrow::Cow;

use chrono::{DateTime, SubsecRound, Utc};

use super::schema::{Attribute, Kind};
use crate::text;

/// The compared form of `value` for `attribute`: the value itself where case counts (`caseExact` true, references,
/// binary), `text::fold` of it otherwise.
#[must_use]
pub fn key<'a>(attribute: &Attribute, value: &'a str) -> Cow<'a, str> {
    if is_exact(attribute) { Cow::Borrowed(value) } else { Cow::Owned(text::fold(value)) }
}

/// True where values of the attribute are compared as they are (RFC 7643 §2.3.6, §2.3.7).
#[must_use]
pub fn is_exact(attribute: &Attribute) -> bool {
    attribute.case_exact || matches!(attribute.kind, Kind::Reference | Kind::Binary)
}

/// A point in time from its text in the form of RFC 3339, cut to microseconds (RFC 7643 §2.3.5).
#[must_use]
pub fn time(value: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value).ok().map(|time| time.with_timezone(&Utc).trunc_subsecs(6))
}
