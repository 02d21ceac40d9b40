//! Starting an access review, deciding, applying what was decided, and ending it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::mails::{self, Letter};
use super::people::{ByHand, EditByHand};
use super::{Change, Command, CommandError, Stamped, Subject};
use crate::domain::event::Event;
use crate::domain::review::{self, Decision, Facts};
use crate::domain::role::{self, RoleSource};
use crate::domain::rule::Rule;
use crate::domain::user::Standing;
use crate::domain::version::{Expected, Stamp};
use crate::ids::{ReviewId, UserId, WorkspaceId};
use crate::store::access::{self, PersonRow};
use crate::store::reviews::{self, BriefRow, NewItem, ReviewRow};
use crate::store::{audit, chain};

/// A new review of everybody who had access at a moment.
pub struct StartReview {
    /// Where.
    pub workspace: WorkspaceId,
    /// The id that it gets.
    pub id: ReviewId,
    /// What people call it: "Autumn 2026".
    pub name: String,
    /// The moment whose state it shows; none: now.
    pub as_of: Option<DateTime<Utc>>,
    /// Until when it is to be done.
    pub due_at: Option<DateTime<Utc>>,
}

impl Command for StartReview {
    type Output = ReviewRow;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "review.create"
    }

    fn subject(&self) -> Subject {
        Subject::new("review", &self.name)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<ReviewRow, CommandError> {
        change.workspace().await?;
        let as_of = self.as_of.unwrap_or(change.now);
        if as_of > change.now {
            return Err(CommandError::Invalid { attribute: "as_of", detail: "lies in the future".into() });
        }
        if as_of < change.now && !reaches(change, self.workspace, as_of).await? {
            let detail = "lies before the oldest entry that the audit log still has".into();
            return Err(CommandError::Invalid { attribute: "as_of", detail });
        }
        let rules = change.tx.rules(self.workspace).await?;
        let people = then(change, self.workspace, as_of).await?;
        let items: Vec<NewItem> = people.iter().filter_map(|person| item(person, &rules, as_of)).collect();
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let review = ReviewRow {
            id: self.id.0,
            name: super::named("name", &self.name)?,
            as_of,
            due_at: self.due_at,
            created_by: change.actor().name.clone(),
            created_at: change.now,
            closed_at: None,
            people: count,
            kept: 0,
            refused: 0,
            applied: 0,
        };
        reviews::insert(change.tx, self.workspace, &review).await?;
        reviews::insert_items(change.tx, self.id, items).await?;
        let changes = json!({"as_of": {"new": as_of}, "people": {"new": count}});
        change.record(&event("review.started", (review.id, &review.name), changes));
        Ok(review)
    }
}

/// Whether the audit log still tells of everything since a moment.
async fn reaches(change: &mut Change<'_>, workspace: WorkspaceId, at: DateTime<Utc>) -> Result<bool, CommandError> {
    if chain::checkpoint(change.tx, workspace).await?.is_none() {
        return Ok(true);
    }
    let oldest = audit::page(change.tx, workspace, &audit::Filter::default(), None, 1).await?;
    Ok(oldest.first().is_some_and(|entry| entry.at <= at))
}

/// Everybody as they stood at a moment: what stands now, with every change since taken back.
async fn then(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    at: DateTime<Utc>,
) -> Result<Vec<PersonRow>, CommandError> {
    let mut people = access::everybody(change.tx, workspace, at).await?;
    if at >= change.now {
        return Ok(people);
    }
    let places: HashMap<String, usize> =
        people.iter().enumerate().map(|(place, person)| (person.id.to_string(), place)).collect();
    for row in access::since(change.tx, workspace, at).await? {
        let changes: Value = serde_json::from_str(&row.changes).unwrap_or_default();
        let old = |field: &str| Some(changes.get(field)?.get("old")?.clone());
        let Some(person) = places.get(&row.subject_id).and_then(|place| people.get_mut(*place)) else { continue };
        for (field, slot) in
            [("standing", &mut person.standing), ("role", &mut person.role), ("roleSource", &mut person.role_source)]
        {
            if let Some(Value::String(text)) = old(field) {
                *slot = text;
            }
        }
        if let Some(rule) = old("rule") {
            person.role_rule_id = rule.as_str().and_then(|id| Uuid::try_parse(id).ok());
        }
    }
    Ok(people)
}

/// Somebody in a review; none where they had no access.
fn item(person: &PersonRow, rules: &[Rule], at: DateTime<Utc>) -> Option<NewItem> {
    if person.standing != Standing::Active.name() {
        return None;
    }
    let source = RoleSource::parse(&person.role_source).unwrap_or(RoleSource::Default);
    let rule = rules.iter().find(|rule| Some(rule.id.0) == person.role_rule_id);
    let because = match (source, rule) {
        (RoleSource::Rule, Some(rule)) => format!("group {}, rule with priority {}", rule.group_name, rule.priority),
        (RoleSource::Rule, None) => "a rule that there is no more".to_owned(),
        (RoleSource::Manual, _) => "somebody set it by hand".to_owned(),
        (RoleSource::Default, _) => "the default role: no rule gives another one".to_owned(),
    };
    let facts = Facts {
        email: person.email.clone(),
        role: person.role.clone(),
        role_source: person.role_source.clone(),
        because,
        last_login_at: person.last_login_at,
        created_at: person.created_at,
        is_provisioned: person.provisioned,
        is_protected: person.protected,
        is_admin: person.role == role::ADMIN,
        is_dormant: review::is_dormant(person.last_login_at.filter(|login| *login <= at), person.created_at, at),
        is_unexplained: review::is_unexplained(source, person.provisioned),
    };
    Some(NewItem { user: person.id, name: person.full_name.clone(), facts: serde_json::to_string(&facts).ok()? })
}

/// What a reviewer decides about somebody; it can be changed until it is applied.
pub struct Decide {
    /// Where.
    pub workspace: WorkspaceId,
    /// In which review.
    pub review: ReviewId,
    /// About whom.
    pub user: UserId,
    /// What; none: nothing any more.
    pub decision: Option<Decision>,
    /// Why.
    pub comment: Option<String>,
}

impl Command for Decide {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "review.decide"
    }

    fn subject(&self) -> Subject {
        Subject::of("review", &self.review)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        let review = open(change, self.workspace, self.review).await?;
        let item = reviews::item(change.tx, self.review, self.user).await?.ok_or(CommandError::NotFound)?;
        if item.applied_at.is_some() {
            let detail = format!("what was decided about {} is done", item.name);
            return Err(CommandError::Invalid { attribute: "decision", detail });
        }
        let comment = match &self.comment {
            Some(comment) => Some(super::described("comment", comment)?).filter(|comment| !comment.is_empty()),
            None => None,
        };
        let (by, now) = (change.actor().name.clone(), change.now);
        reviews::decide(change.tx, self.review, self.user, self.decision, comment.as_deref(), &by, now).await?;
        let changes = json!({
            "user": {"new": self.user}, "name": {"new": item.name},
            "decision": {"old": item.decision, "new": self.decision}, "comment": {"old": item.comment, "new": comment},
        });
        change.record(&event("review.decided", (review.id, &review.name), changes));
        Ok(())
    }
}

impl Stamped for Decide {
    async fn stamp(&self, change: &mut Change<'_>) -> Result<Stamp, CommandError> {
        open(change, self.workspace, self.review).await?;
        let item = reviews::item(change.tx, self.review, self.user).await?.ok_or(CommandError::NotFound)?;
        Ok(stamp(item.decision.as_deref(), item.comment.as_deref().unwrap_or_default()))
    }
}

/// In which state it is what was decided about somebody, and why. A form shows a note in one line, and that line is
/// meant.
#[must_use]
pub fn stamp(decision: Option<&str>, comment: &str) -> Stamp {
    let line: String = comment.chars().filter(|one| !matches!(one, '\r' | '\n')).collect();
    Stamp::of(&json!({"decision": decision, "comment": line.trim()}))
}

/// What is noted of a decision that was carried out.
const DEACTIVATED: &str = "deactivated";

/// Does what was decided about somebody, and tells whether that was anything: whoever is to lose their access is deactivated.
pub struct ApplyDecision {
    /// Where.
    pub workspace: WorkspaceId,
    /// In which review.
    pub review: ReviewId,
    /// About whom.
    pub user: UserId,
}

impl Command for ApplyDecision {
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "review.apply"
    }

    fn subject(&self) -> Subject {
        Subject::of("user", &self.user)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        let review = open(change, self.workspace, self.review).await?;
        let item = reviews::item(change.tx, self.review, self.user).await?.ok_or(CommandError::NotFound)?;
        let decision = item.decision.as_deref().and_then(Decision::parse);
        if decision != Some(Decision::Deactivate) || item.applied_at.is_some() {
            return Ok(false);
        }
        let edit = EditByHand {
            workspace: self.workspace,
            id: self.user,
            expected: Expected::Any,
            changes: ByHand { is_active: Some(false), ..ByHand::default() },
            overrule: true,
        };
        let outcome = match edit.run(change).await {
            Ok(_) => DEACTIVATED,
            Err(CommandError::NotFound) => "was deleted meanwhile",
            Err(error) => return Err(error),
        };
        let now = change.now;
        reviews::note(change.tx, self.review, self.user, outcome, Some(now)).await?;
        let changes = json!({
            "user": {"new": self.user}, "name": {"new": item.name}, "outcome": {"new": outcome},
            "decided_by": {"new": item.decided_by},
        });
        change.record(&event("review.applied", (review.id, &review.name), changes));
        Ok(outcome == DEACTIVATED)
    }
}

/// Notes why what was decided about somebody could not be done.
pub struct NoteRefusal {
    /// Where.
    pub workspace: WorkspaceId,
    /// In which review.
    pub review: ReviewId,
    /// About whom.
    pub user: UserId,
    /// Why not.
    pub because: String,
}

impl Command for NoteRefusal {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "review.note"
    }

    fn subject(&self) -> Subject {
        Subject::of("review", &self.review)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        open(change, self.workspace, self.review).await?;
        Ok(reviews::note(change.tx, self.review, self.user, &self.because, None).await?)
    }
}

/// The end of a review in which everything is decided.
pub struct CloseReview {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub review: ReviewId,
}

impl Command for CloseReview {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "review.close"
    }

    fn subject(&self) -> Subject {
        Subject::of("review", &self.review)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        open(change, self.workspace, self.review).await?;
        let review = reviews::find(change.tx, self.workspace, self.review).await?.ok_or(CommandError::NotFound)?;
        let undecided = reviews::undecided(change.tx, self.review).await?;
        if undecided > 0 || review.applied < review.refused {
            let detail = format!("{undecided} undecided, {} to be applied", review.refused - review.applied);
            return Err(CommandError::Invalid { attribute: "review", detail });
        }
        let now = change.now;
        reviews::close(change.tx, self.review, now).await?;
        let changes = json!({"kept": {"new": review.kept}, "deactivated": {"new": review.applied}});
        change.record(&event("review.closed", (review.id, &review.name), changes));
        Ok(())
    }
}

/// Reminds a workspace that its next review is due, where it is.
pub struct RemindOfReview {
    /// Which workspace.
    pub workspace: WorkspaceId,
}

impl Command for RemindOfReview {
    type Output = bool;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "review.remind"
    }

    fn subject(&self) -> Subject {
        Subject::of("workspace", &self.workspace)
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<bool, CommandError> {
        let now = change.now;
        let workspace = change.workspace().await?.clone();
        let last = reviews::last(change.tx, self.workspace).await?;
        if !review::is_due(last.unwrap_or(workspace.created_at), workspace.review_reminded_at, now) {
            return Ok(false);
        }
        change.workspace().await?.review_reminded_at = Some(now);
        let changes = json!({"last_review": {"new": last}});
        change.record(&Event::workspace("review.due", workspace.id, workspace.name.as_str(), changes));
        mails::post_to_admins(change, Letter::ReviewDue { last }).await?;
        Ok(true)
    }
}

async fn open(change: &mut Change<'_>, workspace: WorkspaceId, id: ReviewId) -> Result<BriefRow, CommandError> {
    change.workspace().await?;
    let review = reviews::brief(change.tx, workspace, id).await?.ok_or(CommandError::NotFound)?;
    if review.closed_at.is_some() {
        return Err(CommandError::Invalid { attribute: "review", detail: "is closed".into() });
    }
    Ok(review)
}

fn event(name: &'static str, (id, title): (Uuid, &str), changes: Value) -> Event {
    Event::of("review", name, id, title, changes)
}
