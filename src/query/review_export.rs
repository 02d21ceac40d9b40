//! An access review as a file: CSV for people, JSON lines for programs, read a piece at a time.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::csv;
use crate::domain::review::Facts;
use crate::ids::ReviewId;
use crate::store::reviews::{self, ItemRow};
use crate::store::{Conn, StoreError};

/// People in one piece.
const PIECE: i64 = 200;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a line of names (RFC 4180).
    Csv,
    /// A JSON object a line.
    Jsonl,
}

impl Format {
    /// The form's name, which is the file's ending too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// The form of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Csv, Self::Jsonl].into_iter().find(|format| format.name() == name)
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/jsonl",
        }
    }
}

/// The columns of the CSV.
const COLUMNS: [&str; 15] = [
    "user_id",
    "full_name",
    "email",
    "role",
    "role_source",
    "because",
    "last_login_at",
    "is_admin",
    "is_dormant",
    "is_unexplained",
    "decision",
    "comment",
    "decided_by",
    "decided_at",
    "outcome",
];

/// The lines of a review, piece by piece.
pub struct Lines {
    review: ReviewId,
    format: Format,
    /// Whom the next piece follows; none: it is the first.
    after: Option<Uuid>,
}

impl Lines {
    /// The lines of a review.
    #[must_use]
    pub const fn of(review: ReviewId, format: Format) -> Self {
        Self { review, format, after: None }
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn next(&mut self, conn: &mut Conn) -> Result<Option<String>, StoreError> {
        let items = reviews::items(conn, self.review, self.after.unwrap_or_default(), PIECE).await?;
        let head = if self.after.is_none() && self.format == Format::Csv { csv::row(COLUMNS) } else { String::new() };
        let is_first = self.after.is_none();
        self.after = Some(items.last().map_or(self.after.unwrap_or_default(), |item| item.user_id));
        if items.is_empty() && !is_first {
            return Ok(None);
        }
        let lines = items.iter().map(|item| match self.format {
            Format::Csv => row(item),
            Format::Jsonl => format!("{}\n", object(item)),
        });
        let text: String = std::iter::once(head).chain(lines).collect();
        Ok(if text.is_empty() { None } else { Some(text) })
    }
}

fn row(item: &ItemRow) -> String {
    let facts: Option<Facts> = serde_json::from_str(&item.facts).ok();
    let of = |pick: fn(&Facts) -> String| facts.as_ref().map(pick).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    csv::row([
        item.user_id.to_string(),
        item.name.clone(),
        of(|facts| facts.email.clone().unwrap_or_default()),
        of(|facts| facts.role.clone()),
        of(|facts| facts.role_source.clone()),
        of(|facts| facts.because.clone()),
        of(|facts| facts.last_login_at.map(|at| at.to_rfc3339()).unwrap_or_default()),
        of(|facts| facts.is_admin.to_string()),
        of(|facts| facts.is_dormant.to_string()),
        of(|facts| facts.is_unexplained.to_string()),
        text(&item.decision),
        text(&item.comment),
        text(&item.decided_by),
        item.decided_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
        text(&item.outcome),
    ])
}

fn object(item: &ItemRow) -> Value {
    json!({
        "user_id": item.user_id,
        "full_name": item.name,
        "facts": serde_json::from_str::<Value>(&item.facts).unwrap_or_default(),
        "decision": item.decision,
        "comment": item.comment,
        "decided_by": item.decided_by,
        "decided_at": item.decided_at,
        "applied_at": item.applied_at,
        "outcome": item.outcome,
    })
}
