//! The audit log as files: JSON lines, and CSV that no spreadsheet takes for formulas.

use serde_json::json;

use crate::store::audit::Entry;
use crate::text::hex;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// RFC 4180, every cell in quotes, with a heading.
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
            Self::Csv => csv_line(&COLUMNS),
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
                csv_line(&[
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

/// Cells in quotes. One that a spreadsheet would compute gets an apostrophe before it, which shows it as text.
fn csv_line(cells: &[&str]) -> String {
    let mut line = String::new();
    for (i, cell) in cells.iter().enumerate() {
        line.push_str(if i > 0 { ",\"" } else { "\"" });
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
            line.push('\'');
        }
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    }
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_every_quote_is_doubled() {
        assert_eq!(csv_line(&["a", "b\"c", ""]), "\"a\",\"b\"\"c\",\"\"\r\n");
        for hostile in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(csv_line(&[hostile]), format!("\"'{hostile}\"\r\n"));
        }
        assert_eq!(csv_line(&["a=1", "1-2"]), "\"a=1\",\"1-2\"\r\n");
    }
}
