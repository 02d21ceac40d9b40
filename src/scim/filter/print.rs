//! A filter as text; reading the text gives the filter again.

use std::fmt;

use chrono::SecondsFormat;
use serde_json::Value;

use super::{Filter, Literal};

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => joined(formatter, parts, " and ", |part| matches!(part, Self::And(_) | Self::Or(_))),
            // `and` binds tighter: no brackets, which would count as depth when the text is read again.
            Self::Or(parts) => joined(formatter, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::Not(inner) => write!(formatter, "not ({inner})"),
            Self::Compare { path, op, value } => write!(formatter, "{path} {} {value}", op.as_str()),
            Self::Present(path) => write!(formatter, "{path} pr"),
            Self::Each { path, filter } => write!(formatter, "{path}[{filter}]"),
        }
    }
}

fn joined(
    formatter: &mut fmt::Formatter<'_>,
    parts: &[Filter],
    word: &str,
    in_brackets: fn(&Filter) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            formatter.write_str(word)?;
        }
        if in_brackets(part) {
            write!(formatter, "({part})")?;
        } else {
            write!(formatter, "{part}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Literal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Bool(value) => write!(formatter, "{value}"),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => write!(formatter, "{}", Value::from(text.as_str())),
            Self::Time(time) => write!(formatter, "\"{}\"", time.to_rfc3339_opts(SecondsFormat::Micros, true)),
        }
    }
}
