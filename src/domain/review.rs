//! Access reviews: who has access, why, and what a reviewer decides about it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::role::RoleSource;

/// How long somebody may stay away before their access counts as dormant.
pub const DORMANT: TimeDelta = TimeDelta::days(90);

/// How long after a review the next one is due: a quarter.
pub const QUARTER: TimeDelta = TimeDelta::days(91);

/// What is decided about somebody's access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// They keep it.
    Keep,
    /// They lose it.
    Deactivate,
}

impl Decision {
    /// The decision's name in the database and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Deactivate => "deactivate",
        }
    }

    /// The decision of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Keep, Self::Deactivate].into_iter().find(|decision| decision.name() == name)
    }
}

/// What is known of somebody's access at a review's date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)]
pub struct Facts {
    /// What they log in with.
    pub email: Option<String>,
    /// The role's name.
    pub role: String,
    /// [`RoleSource`]
    pub role_source: String,
    /// Why they have it, in a sentence.
    pub because: String,
    /// When they last logged in.
    pub last_login_at: Option<DateTime<Utc>>,
    /// When they were made.
    pub created_at: DateTime<Utc>,
    /// Whether an identity provider keeps them.
    pub is_provisioned: bool,
    /// A break-glass account.
    pub is_protected: bool,
    /// Whether they may do everything.
    pub is_admin: bool,
    /// Whether they have not been there for long.
    pub is_dormant: bool,
    /// Whether no group explains their access: somebody made them or set their role by hand.
    pub is_unexplained: bool,
}

impl Facts {
    /// What the facts speak for; none where somebody has to look. Nobody decides but a reviewer.
    #[must_use]
    pub const fn suggested(&self) -> Option<Decision> {
        match (self.is_protected, self.is_dormant, self.is_admin || self.is_unexplained) {
            (true, _, _) | (false, false, false) => Some(Decision::Keep),
            (false, true, _) => Some(Decision::Deactivate),
            (false, false, true) => None,
        }
    }
}

/// Whether somebody has not been there for long, at `at`.
#[must_use]
pub fn is_dormant(last_login: Option<DateTime<Utc>>, created: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    at - last_login.unwrap_or(created) > DORMANT
}

/// Whether no group and no provider explains an access.
#[must_use]
pub fn is_unexplained(source: RoleSource, is_provisioned: bool) -> bool {
    match source {
        RoleSource::Rule => false,
        RoleSource::Manual => true,
        RoleSource::Default => !is_provisioned,
    }
}

/// Whether a review is due, given when the last one began, or when the workspace was made.
#[must_use]
pub fn is_due(last: DateTime<Utc>, reminded: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    now - last >= QUARTER && reminded.is_none_or(|reminded| now - reminded.max(last) >= QUARTER || reminded < last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dormant_is_who_stayed_away_for_a_quarter_and_unexplained_whom_no_group_explains() {
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(1_000);
        let ago = |days| at - TimeDelta::days(days);
        assert!(is_dormant(None, ago(91), at) && !is_dormant(None, ago(90), at));
        assert!(!is_dormant(Some(ago(1)), ago(900), at) && is_dormant(Some(ago(100)), ago(900), at));
        assert!(is_unexplained(RoleSource::Manual, true) && is_unexplained(RoleSource::Default, false));
        assert!(!is_unexplained(RoleSource::Rule, false) && !is_unexplained(RoleSource::Default, true));
    }

    #[test]
    fn a_review_is_due_each_quarter_and_somebody_is_reminded_once_in_each() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1_000);
        let ago = |days| now - TimeDelta::days(days);
        assert!(!is_due(ago(90), None, now));
        assert!(is_due(ago(91), None, now));
        assert!(!is_due(ago(100), Some(ago(9)), now));
        assert!(is_due(ago(200), Some(ago(91)), now));
        assert!(is_due(ago(91), Some(ago(95)), now));
    }
}
