//! The audit log as files: JSON lines, and CSV that no spreadsheet takes for formulas.

use serde_json::json;

use crate::csv;
use crate::store::audit::Entry;
use crate::text::hex;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// RFC 4180, with a heading.
    Csv,
}

const COLUMNS: [&str; 13] = [
    "number",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "address",
    "request_id",
    "action",
    "subject_kind",
    "subject_id",
    "subject_name",
    "changes",
    "hash",
];

impl Format {
    /// What such a file is served as.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// What the file begins with.
    #[must_use]
    pub fn heading(self) -> String {
        match self {
            Self::Jsonl => String::new(),
            Self::Csv => csv::row(COLUMNS),
        }
    }

    /// One entry, with the line's end.
    #[must_use]
    pub fn line(self, entry: &Entry) -> String {
        match self {
            Self::Jsonl => {
                let mut line = json(entry).to_string();
                line.push('\n');
                line
            }
            Self::Csv => {
                let number = entry.number.map(|number| number.to_string()).unwrap_or_default();
                csv::row([
                    &number,
                    &moment(entry),
                    &entry.actor_kind,
                    entry.actor_id.as_deref().unwrap_or_default(),
                    &entry.actor_name,
                    entry.address.as_deref().unwrap_or_default(),
                    &entry.request_id.to_string(),
                    &entry.action,
                    &entry.subject_kind,
                    &entry.subject_id,
                    &entry.subject_name,
                    &entry.changes.to_string(),
                    &entry.hash.as_deref().map(hex).unwrap_or_default(),
                ])
            }
        }
    }
}

/// An entry as a JSON object.
#[must_use]
pub fn json(entry: &Entry) -> serde_json::Value {
    json!({
        "number": entry.number,
        "at": moment(entry),
        "actor": {
            "kind": entry.actor_kind, "id": entry.actor_id, "name": entry.actor_name, "address": entry.address,
        },
        "request_id": entry.request_id,
        "action": entry.action,
        "subject": {"kind": entry.subject_kind, "id": entry.subject_id, "name": entry.subject_name},
        "changes": entry.changes,
        "hash": entry.hash.as_deref().map(hex),
    })
}

/// RFC 3339, microseconds, UTC.
fn moment(entry: &Entry) -> String {
    entry.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
