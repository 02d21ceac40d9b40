//! What a trouble is apart from its English sentence: a name and values, for whoever says it in another language.

use chrono::{DateTime, Utc};

/// A value in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    /// Text; what came from outside has no control characters left.
    Text(String),
    /// A number.
    Number(i64),
    /// A moment.
    Moment(DateTime<Utc>),
}

impl From<&str> for Datum {
    fn from(text: &str) -> Self {
        Self::Text(crate::text::printable(text).into_owned())
    }
}

impl From<i64> for Datum {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<DateTime<Utc>> for Datum {
    fn from(at: DateTime<Utc>) -> Self {
        Self::Moment(at)
    }
}

/// What a trouble is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matter {
    /// Which: `webhook-failing`.
    pub name: &'static str,
    /// The values in it.
    pub values: Vec<(&'static str, Datum)>,
}

impl Matter {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, values: Vec::new() }
    }

    pub(super) fn with(mut self, key: &'static str, value: impl Into<Datum>) -> Self {
        self.values.push((key, value.into()));
        self
    }
}
