//! `/reviews`: who has access and why, what reviewers decide, and what becomes of it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, Reply, created, named, success};
use super::shape::{List, Listed, Page};
use crate::command::reviews::{CloseReview, Decide, StartReview};
use crate::domain::review::Decision;
use crate::http::{downloads, reviewing};
use crate::ids::{ReviewId, UserId};
use crate::query::review_export::Format;
use crate::store::reviews::{self as rows, ReviewRow, Which};

/// How many decisions one request brings.
const MOST_DECISIONS: usize = 1_000;

/// A review.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Review {
    id: Uuid,
    name: String,
    /// The moment whose state it shows.
    as_of: DateTime<Utc>,
    /// Until when it is to be done.
    due_at: Option<DateTime<Utc>>,
    created_by: String,
    created_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    /// How many people it is about.
    people: i64,
    /// About how many nothing is decided.
    undecided: i64,
    /// How many keep their access.
    kept: i64,
    /// How many are to lose it.
    to_deactivate: i64,
    /// How many of them have.
    applied: i64,
}

impl Listed for Review {
    const PLURAL: &'static str = "reviews";
}

impl From<ReviewRow> for Review {
    fn from(row: ReviewRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            as_of: row.as_of,
            due_at: row.due_at,
            created_by: row.created_by,
            created_at: row.created_at,
            closed_at: row.closed_at,
            people: row.people,
            undecided: row.people - row.kept - row.refused,
            kept: row.kept,
            to_deactivate: row.refused,
            applied: row.applied,
        }
    }
}

/// A new review.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// What people call it: "Autumn 2026".
    name: String,
    /// The moment whose state it shows; now, where nothing is said.
    as_of: Option<DateTime<Utc>>,
    /// Until when it is to be done.
    due_at: Option<DateTime<Utc>>,
}

/// Which people of a review.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ReviewQuery")]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// `undecided`, `admins`, `dormant` or `unexplained`; everybody, where nothing is said.
    which: Option<String>,
    /// Which page, from 1.
    page: Option<i64>,
    /// People on a page: 50, where nothing is said, 200 at the most.
    limit: Option<i64>,
}

/// Somebody in a review.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    user_id: Uuid,
    full_name: String,
    /// What is known of their access at the review's moment: email, role, `because`, last login, and whether they are an
    /// Admin, dormant, or without a group that explains it.
    facts: Value,
    /// `keep`, `deactivate` or null.
    decision: Option<String>,
    comment: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    /// When the decision was carried out.
    applied_at: Option<DateTime<Utc>>,
    /// What became of it, or why it could not be carried out.
    outcome: Option<String>,
}

impl Listed for Item {
    const PLURAL: &'static str = "people";
}

impl From<rows::ItemRow> for Item {
    fn from(row: rows::ItemRow) -> Self {
        Self {
            user_id: row.user_id,
            full_name: row.name,
            facts: serde_json::from_str(&row.facts).unwrap_or_default(),
            decision: row.decision,
            comment: row.comment,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            applied_at: row.applied_at,
            outcome: row.outcome,
        }
    }
}

/// What is decided about several people.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// 1,000 at the most.
    decisions: Vec<OneDecision>,
}

/// What is decided about one person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OneDecision {
    user_id: String,
    /// `keep` or `deactivate`; null: nothing any more.
    decision: Option<String>,
    comment: Option<String>,
}

/// What became of the decisions of a review.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Applied {
    /// How many lost their access just now.
    deactivated: usize,
    /// Whom it could not be taken from, and why.
    refused: Vec<Refusal>,
    review: Review,
}

/// A decision that could not be carried out.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Refusal {
    user_id: Uuid,
    full_name: String,
    because: String,
}

/// In which form to export.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// `csv` or `jsonl`; `csv`, where nothing is said.
    format: Option<String>,
}

async fn shown(call: &Call, id: ReviewId) -> Result<Review, Failure> {
    let row = rows::find(&mut call.read().await?, call.workspace(), id).await?;
    Ok(row.ok_or_else(Failure::not_found)?.into())
}

/// `GET /reviews`
pub async fn list(call: Call) -> Answer {
    let reviews = rows::of_workspace(&mut call.read().await?, call.workspace()).await?;
    success(&List::whole(reviews.into_iter().map(Review::from).collect()))
}

/// `GET /reviews/{id}`
pub async fn read(call: Call) -> Answer {
    success(&shown(&call, call.id(0, ReviewId::parse)?).await?)
}

/// `POST /reviews`
pub async fn start(call: Call) -> Answer {
    let new: NewReview = call.body()?;
    let (workspace, id) = (call.workspace(), ReviewId::fresh());
    let command = StartReview { workspace, id, name: new.name, as_of: new.as_of, due_at: new.due_at };
    created(&Review::from(call.execute(command).await?))
}

/// `GET /reviews/{id}/people`
pub async fn people(call: Call) -> Answer {
    let (id, query) = (call.id(0, ReviewId::parse)?, call.query::<Query>()?);
    let page = Page::of(query.page, query.limit)?;
    let which = match query.which.as_deref() {
        None => Which::All,
        Some("undecided") => Which::Undecided,
        Some("admins") => Which::Admins,
        Some("dormant") => Which::Dormant,
        Some("unexplained") => Which::Unexplained,
        Some(_) => return Err(Failure::invalid("which: must be undecided, admins, dormant or unexplained.")),
    };
    shown(&call, id).await?;
    let (items, total) = rows::page(&mut call.read().await?, id, which, page.offset(), page.limit).await?;
    success(&page.list(items.into_iter().map(Item::from).collect(), total))
}

/// `PUT /reviews/{id}/decisions`: all of them, or none where one can't be.
pub async fn decide(call: Call) -> Answer {
    let review = call.id(0, ReviewId::parse)?;
    let Decisions { decisions } = call.body()?;
    if decisions.len() > MOST_DECISIONS {
        return Err(Failure::invalid(format!("decisions: {MOST_DECISIONS} at the most.")));
    }
    let mut all = Vec::with_capacity(decisions.len());
    for one in decisions {
        let decision = one.decision.as_deref().map(|name| {
            Decision::parse(name).ok_or_else(|| Failure::invalid("decision: must be keep, deactivate or null."))
        });
        all.push(Decide {
            workspace: call.workspace(),
            review,
            user: named("user_id", &one.user_id, UserId::parse)?,
            decision: decision.transpose()?,
            comment: one.comment,
        });
    }
    call.execute(crate::command::Together(all)).await?;
    success(&shown(&call, review).await?)
}

/// `POST /reviews/{id}/apply`: each decision by itself; what is refused says why and can be tried again.
pub async fn apply(call: Call) -> Answer {
    let review = call.id(0, ReviewId::parse)?;
    shown(&call, review).await?;
    let of = (call.workspace(), review);
    let done = reviewing::apply(&call.app, &call.actor, of, Uuid::nil(), None).await?;
    let told = |one: reviewing::Refused| Refusal { user_id: one.user, full_name: one.name, because: one.because };
    let refused = done.refused.into_iter().map(told).collect();
    success(&Applied { deactivated: done.deactivated, refused, review: shown(&call, review).await? })
}

/// `POST /reviews/{id}/close`
pub async fn close(call: Call) -> Answer {
    let review = call.id(0, ReviewId::parse)?;
    call.execute(CloseReview { workspace: call.workspace(), review }).await?;
    success(&shown(&call, review).await?)
}

/// `GET /reviews/{id}/export`: a file, written as it is read.
pub async fn export(call: Call) -> Answer {
    let (id, query) = (call.id(0, ReviewId::parse)?, call.query::<ExportQuery>()?);
    let format = query.format.as_deref().map_or(Some(Format::Csv), Format::parse);
    let format = format.ok_or_else(|| Failure::invalid("format: must be csv or jsonl."))?;
    shown(&call, id).await?;
    Ok(Reply::Other(downloads::review(call.app.store.clone(), id, format)))
}
