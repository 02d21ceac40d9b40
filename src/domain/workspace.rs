//! A workspace: one customer, with its plan, its seats and what it allows.

use chrono::{DateTime, Utc};

use super::chain::HASH;
use super::plan::Plans;
use super::seat::{SeatPolicy, Seats};
use crate::ids::WorkspaceId;
use crate::text;

/// One customer of AIsoule. Everything else belongs to exactly one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name: unique without regard to case.
    pub name: WorkspaceName,
    /// The name of its plan in the file of plans.
    pub plan: String,
    /// A number of seats of its own, instead of the plan's.
    pub seats: Option<i64>,
    /// What happens at the limit.
    pub seat_policy: SeatPolicy,
    /// Whether identity providers may set passwords here.
    pub scim_passwords: bool,
    /// How many users are active now.
    pub seats_used: i64,
    /// How many users SCIM sees: all that are neither deleted nor protected.
    pub users: i64,
    /// How many groups there are.
    pub groups: i64,
    /// How many memberships have a group as their member; 0 spares every look-up of nesting.
    pub nested: i64,
    /// How many rules there are; 0 spares every evaluation.
    pub rules: i64,
    /// How many names of deleted users are held: 0 spares every look-up of them.
    pub holds: i64,
    /// How many rows of the audit log it has had.
    pub audit_rows: i64,
    /// The hash of the last of them, with which the next one begins, and proof that it was the last.
    pub audit_hash: Option<Vec<u8>>,
    /// For how many days the audit log is kept; none: for ever.
    pub audit_days: Option<i64>,
    /// When somebody was last reminded to review who has access.
    pub review_reminded_at: Option<DateTime<Utc>>,
    /// Whether everybody but the protected signs in through a connection.
    pub sso_enforced: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Workspace {
    /// The seats now. A plan that the file no longer names counts as no seats at all, so that nothing is given away.
    #[must_use]
    pub fn seats(&self, plans: &Plans) -> Seats {
        let planned = plans.get(&self.plan).map_or(0, |plan| plan.seats);
        Seats { limit: self.seats.unwrap_or(planned), used: self.seats_used }
    }

    /// The hash of the last row of the audit log.
    #[must_use]
    pub fn last_audit_hash(&self) -> Option<&[u8]> {
        self.audit_hash.as_deref().map(|head| head.get(..HASH).unwrap_or(head))
    }

    /// The plan as people say it: "Growth".
    #[must_use]
    pub fn plan_title<'a>(&'a self, plans: &'a Plans) -> &'a str {
        plans.get(&self.plan).map_or(&self.plan, |plan| &plan.title)
    }
}

/// A workspace's name: 1 to 100 characters, none of them a control character, no space at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceName(String);

impl WorkspaceName {
    /// Checks a name.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(name: &str) -> Result<Self, String> {
        let length = name.chars().count();
        if length == 0 || length > 100 || name.trim() != name || text::printable(name) != name {
            return Err("a workspace's name has 1 to 100 printable characters and no space at either end".into());
        }
        Ok(Self(name.to_owned()))
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is compared.
    #[must_use]
    pub fn key(&self) -> String {
        text::fold(&self.0)
    }
}
