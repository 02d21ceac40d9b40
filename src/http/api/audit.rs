//! `/audit`: who did what, when and from where, and what it was before.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Failure;
use super::call::{Answer, Call, Reply, success};
use super::shape::{Listed, Piece};
use crate::command::workspaces::UpdateWorkspace;
use crate::http::downloads;
use crate::query::export::{self, Format};
use crate::store::audit::{self as rows, Filter};
use crate::store::{chain, workspaces};
use crate::text::hex;

/// Entries on one page at the most.
const MOST: i64 = 200;

/// Which entries.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AuditQuery")]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// From this moment on.
    since: Option<DateTime<Utc>>,
    /// Before this moment.
    until: Option<DateTime<Utc>>,
    /// This action, or all that begin so: `user.created`, `user.*`.
    action: Option<String>,
    /// By whom: a part of their name or address, or their id or kind.
    actor: Option<String>,
    /// About whom or what: an id, or a part of the name.
    subject: Option<String>,
    /// Those before this entry, by its `cursor`: where the next page begins.
    before: Option<i64>,
    /// Entries on a page: 200, where nothing is said, and at the most.
    limit: Option<i64>,
}

/// Which entries to export, and in which form.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AuditExportQuery")]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// From this moment on.
    since: Option<DateTime<Utc>>,
    /// Before this moment.
    until: Option<DateTime<Utc>>,
    /// This action, or all that begin so: `user.created`, `user.*`.
    action: Option<String>,
    /// By whom: a part of their name or address, or their id or kind.
    actor: Option<String>,
    /// About whom or what: an id, or a part of the name.
    subject: Option<String>,
    /// `jsonl` or `csv`; `jsonl`, where nothing is said.
    format: Option<String>,
}

/// An entry: `number`, `at`, `actor`, `request_id`, `action`, `subject`, `changes` with old and new values, `hash`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub struct Entry {
    /// Its place in the log: where the next page begins.
    cursor: i64,
    #[serde(flatten)]
    entry: Value,
}

impl Listed for Entry {
    const PLURAL: &'static str = "entries";
}

/// Whether no entry was edited or taken out.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditVerification")]
pub struct Verification {
    is_whole: bool,
    /// What is wrong, in words.
    broken: Option<String>,
    /// How many entries there are.
    rows: Option<i64>,
    /// When the first of them was written.
    since: Option<DateTime<Utc>>,
    /// The last hash: note it elsewhere, and know the log again by it.
    head: Option<String>,
    /// The last number whose entry went because its time was over.
    pruned: Option<i64>,
}

/// For how long entries are kept.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditRetention")]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days; null: for ever.
    days: Option<i64>,
}

/// `GET /audit`: the newest first.
pub async fn list(call: Call) -> Answer {
    let Query { since, until, action, actor, subject, before, limit } = call.query()?;
    let limit = limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(Failure::invalid(format!("limit: must be a number from 1 to {MOST}.")));
    }
    let filter = Filter { since, until, action, actor, subject };
    let found = rows::newest(&mut call.read().await?, call.workspace(), &filter, before, limit).await?;
    let entries: Vec<Entry> =
        found.iter().map(|entry| Entry { cursor: entry.seq, entry: export::json(entry) }).collect();
    success(&Piece { items: entries, limit })
}

/// `GET /audit/export`: the oldest first, written as it is read.
pub async fn export(call: Call) -> Answer {
    let query: ExportQuery = call.query()?;
    let format = match query.format.as_deref() {
        None | Some("jsonl") => Format::Jsonl,
        Some("csv") => Format::Csv,
        Some(_) => return Err(Failure::invalid("format: must be jsonl or csv.")),
    };
    let ExportQuery { since, until, action, actor, subject, .. } = query;
    let filter = Filter { since, until, action, actor, subject };
    Ok(Reply::Other(downloads::audit_log(call.app.store.clone(), call.workspace(), filter, format)))
}

/// `GET /audit/verification`
pub async fn verify(call: Call) -> Answer {
    let key = call.app.store.keeper().key()?;
    let found = chain::verify(&mut call.read().await?, key, call.workspace()).await?;
    success(&match found {
        Ok(whole) => Verification {
            is_whole: true,
            broken: None,
            rows: Some(whole.rows),
            since: whole.since,
            head: whole.head.as_deref().map(hex),
            pruned: whole.pruned,
        },
        Err(broken) => Verification {
            is_whole: false,
            broken: Some(broken.to_string()),
            rows: None,
            since: None,
            head: None,
            pruned: None,
        },
    })
}

/// `GET /audit/retention`
pub async fn retention(call: Call) -> Answer {
    let workspace = workspaces::find(&mut call.read().await?, call.workspace()).await?;
    success(&Retention { days: workspace.ok_or_else(Failure::not_found)?.audit_days })
}

/// `PUT /audit/retention`
pub async fn retain(call: Call) -> Answer {
    let Retention { days } = call.body()?;
    let command = UpdateWorkspace {
        id: call.workspace(),
        plan: None,
        seats: None,
        seat_policy: None,
        scim_passwords: None,
        audit_days: Some(days),
    };
    success(&Retention { days: call.execute(command).await?.audit_days })
}
