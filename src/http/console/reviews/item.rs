//! Somebody in a review, for people: what is known of their access, what speaks for which decision, and what was decided.

use crate::command::reviews::stamp;
use crate::domain::review::{Decision, Facts};
use crate::domain::version::Stamp;
use crate::http::console::frame::Frame;
use crate::http::trouble;
use crate::ids::UserId;
use crate::store::reviews::ItemRow;

/// Somebody in a review.
pub struct Item {
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub role: String,
    pub because: String,
    pub last_login: String,
    /// What to look at, and whether it speaks against the access.
    pub flags: Vec<(String, bool)>,
    pub suggestion: String,
    /// Whether anything is decided.
    pub is_decided: bool,
    /// Of which state of the decision and the note the form is made.
    pub seen: String,
    /// What stands in the form.
    pub decision: String,
    pub comment: String,
    /// Who decided, and when.
    pub decided: Option<String>,
    pub is_applied: bool,
    /// What became of the decision, or why it could not be carried out.
    pub outcome: Option<String>,
}

impl Item {
    pub fn of(frame: &Frame, row: ItemRow) -> Self {
        let facts: Option<Facts> = serde_json::from_str(&row.facts).ok();
        let decided = row.decided_by.as_ref().zip(row.decided_at.as_ref()).map(|(by, at)| {
            frame.fill("reviews-decided").with("by", by.as_str()).with("at", frame.moment(at)).to_string()
        });
        let seen = Self::seen(&row).to_string();
        let outcome = row.outcome.map(|text| match text.as_str() {
            "deactivated" => frame.say("reviews-outcome-deactivated").into_owned(),
            "was deleted meanwhile" => frame.say("reviews-outcome-deleted").into_owned(),
            _ => {
                frame.fill("reviews-outcome-refused").with("detail", trouble::retold(frame.language, &text)).to_string()
            }
        });
        Self {
            user: UserId(row.user_id),
            name: row.name,
            email: facts.as_ref().and_then(|facts| facts.email.clone()).unwrap_or_default(),
            role: facts.as_ref().map(|facts| facts.role.clone()).unwrap_or_default(),
            because: facts.as_ref().map(|facts| because(frame, facts)).unwrap_or_default(),
            last_login: facts.as_ref().map(|facts| last_login(frame, facts)).unwrap_or_default(),
            flags: facts.as_ref().map(|facts| flags(frame, facts)).unwrap_or_default(),
            suggestion: facts.as_ref().map(|facts| suggestion(frame, facts)).unwrap_or_default(),
            is_decided: row.decision.is_some(),
            seen,
            decision: row.decision.unwrap_or_default(),
            comment: row.comment.unwrap_or_default(),
            decided,
            is_applied: row.applied_at.is_some(),
            outcome,
        }
    }

    /// In which state it is what is decided and noted.
    pub fn seen(row: &ItemRow) -> Stamp {
        stamp(row.decision.as_deref(), row.comment.as_deref().unwrap_or_default())
    }

    /// What is decided and noted, in words.
    pub fn stands(&self, frame: &Frame) -> String {
        let decision = match Decision::parse(&self.decision) {
            Some(Decision::Keep) => "reviews-keep",
            Some(Decision::Deactivate) => "reviews-remove",
            None => "reviews-later",
        };
        let said = frame.say(decision).into_owned();
        let noted = Some(&self.comment).filter(|comment| !comment.is_empty());
        let parts = [Some(said), noted.map(|comment| format!("{}: {comment}", frame.say("reviews-note")))];
        parts.into_iter().flatten().chain(self.decided.clone()).collect::<Vec<_>>().join(" · ")
    }

    /// Whether that is what stands in the form.
    pub fn is(&self, decision: &str) -> bool {
        self.decision == decision
    }
}

/// Why they have their role. The facts say it in English, made of a group and a priority where a rule gave it.
fn because(frame: &Frame, facts: &Facts) -> String {
    let rule = facts.because.strip_prefix("group ").and_then(|rest| rest.rsplit_once(", rule with priority "));
    match (facts.role_source.as_str(), rule) {
        ("rule", Some((group, priority))) => {
            frame.fill("because-rule").with("group", group).with("priority", priority).to_string()
        }
        ("rule", None) => frame.say("because-gone").into_owned(),
        ("manual", _) => frame.say("because-manual").into_owned(),
        _ => frame.say("because-default").into_owned(),
    }
}

fn last_login(frame: &Frame, facts: &Facts) -> String {
    match &facts.last_login_at {
        Some(at) => frame.fill("reviews-last-login").with("ago", frame.ago(Some(at))).to_string(),
        // It is one of the flags.
        None => String::new(),
    }
}

fn flags(frame: &Frame, facts: &Facts) -> Vec<(String, bool)> {
    let all = [
        (facts.is_protected, "reviews-flag-protected", false),
        (facts.is_admin, "reviews-flag-admin", true),
        (facts.last_login_at.is_none(), "reviews-flag-never", true),
        (facts.last_login_at.is_some() && facts.is_dormant, "reviews-flag-dormant", true),
        (facts.is_unexplained, "reviews-flag-unexplained", true),
    ];
    let told = all.into_iter().filter(|(holds, _, _)| *holds);
    told.map(|(_, name, is_bad)| (frame.say(name).into_owned(), is_bad)).collect()
}

fn suggestion(frame: &Frame, facts: &Facts) -> String {
    let name = match facts.suggested() {
        Some(Decision::Keep) => "reviews-suggest-keep",
        Some(Decision::Deactivate) => "reviews-suggest-remove",
        None => "reviews-suggest-look",
    };
    frame.say(name).into_owned()
}
