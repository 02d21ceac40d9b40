//! The compared form of a value: what the evaluator, the index and the SQL compiler all compare.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, SubsecRound, Utc};

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

/// A point in time from its text in the form of RFC 3339, cut to microseconds (RFC 7643 §2.3.5). An offset that carries
/// it out of the years 0 to 9999 in UTC makes it none: it could not be written again, and SQLite would not sort it.
#[must_use]
pub fn time(value: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(value).ok()?.with_timezone(&Utc).trunc_subsecs(6);
    (0..=9999).contains(&time.year()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_no_text_can_hold_in_utc_is_none() {
        for text in ["9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "10000-01-01T00:00:00Z"] {
            assert_eq!(time(text), None, "{text}");
        }
        for text in ["9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59+01:00"] {
            assert!(time(text).is_some(), "{text}");
        }
    }
}
