//! Why a change was not made.

use std::sync::Arc;

use crate::domain::barred::Barred;
use crate::domain::permission::Permissions;
use crate::domain::plan::Plans;
use crate::domain::workspace::Workspace;
use crate::store::{AsStoreError, StoreError};
use crate::text::counted_as;

/// What programs are told where something is somebody else's to keep. Pages say it in their own words.
pub const OVERRULE: &str = "; repeat the request with overrule to do it all the same, and keep it";

/// Why a change was not made. Nothing of it was.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandError {
    /// There is no such thing in the workspace, or the asker must not know of it.
    #[error("not found")]
    NotFound,
    /// Somebody else has the value of an attribute that must be unique.
    #[error("another {kind} already has this {}", called(attribute))]
    Clash {
        /// `user`, `group`, `workspace`.
        kind: &'static str,
        /// `userName`, `emails`, `externalId`, `displayName`, `name`.
        attribute: &'static str,
    },
    /// Every seat is taken.
    #[error("{}", no_seat(plan, *limit, *is_own, *used))]
    SeatLimit {
        /// "Growth".
        plan: String,
        /// Whether the workspace has a number of its own, instead of the plan's.
        is_own: bool,
        /// Seats in use.
        used: i64,
        /// Seats of the plan or of the workspace.
        limit: i64,
    },
    /// The asker changed something other than what is there now.
    #[error("it has changed in the meantime")]
    VersionMismatch,
    /// Without this user nobody could administer the workspace any more.
    #[error(
        "the last active Admin of a workspace can't be deactivated, deleted or given another role; make somebody else an Admin first"
    )]
    LastAdmin,
    /// Without this protected account nobody could get in when the identity provider does not answer.
    #[error(
        "the last protected Admin of a workspace can't be deactivated, deleted or given another role; make another one first"
    )]
    LastProtected,
    /// Whoever asks would give, or take, what they may not do themselves.
    #[error("this concerns permissions that you do not have yourself: {}", missing.names().collect::<Vec<_>>().join(", "))]
    Forbidden {
        /// What they lack.
        missing: Permissions,
    },
    /// Whoever asks would be told, or have somebody told, what they may not read.
    #[error(
        "the event {event} tells what the permission {permission} is for, which you do not have yourself; leave it out, or \
         have the permission given to you"
    )]
    NotToldOf {
        /// `user.created`.
        event: &'static str,
        /// `users:read`.
        permission: &'static str,
    },
    /// Somebody else keeps this, and whoever asks does not seem to know.
    #[error("{field}: {detail}{}", OVERRULE)]
    Owned {
        /// What they would change.
        field: &'static str,
        /// Who keeps it.
        detail: String,
    },
    /// It can't go as long as it is needed.
    #[error("the {kind} {name} is in use: {}", uses(*users, *rules))]
    InUse {
        /// `role`, `team`.
        kind: &'static str,
        /// What it is called.
        name: String,
        /// How many users have it.
        users: i64,
        /// How many rules give it.
        rules: i64,
    },
    /// People have to sign in this way, and could not any more.
    #[error("people have to sign in through this; say first that they don't have to (sso enforce --off)")]
    Enforced,
    /// Nobody has shown yet that it is possible to come in that way.
    #[error(
        "signing in through a connection can't be enforced before one Admin has come in through it; let an Admin sign in \
         through it once, then try again"
    )]
    NobodyCameIn,
    /// Nobody could get in when the provider does not answer.
    #[error(
        "signing in through a connection can't be enforced before there is a way in without it; make a protected Admin \
         with a password first"
    )]
    NoWayBack,
    /// Somebody for whom a provider vouches is not let in all the same.
    #[error("{0}")]
    NotAdmitted(Barred),
    /// A value that can't be.
    #[error("{attribute}: {detail}")]
    Invalid {
        /// The attribute or option.
        attribute: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The edit that the asker wanted does not apply to what is there.
    #[error("{0}")]
    Edit(Arc<dyn std::error::Error + Send + Sync>),
    /// Whoever asked went away before it was begun.
    #[error("whoever asked went away before it was begun")]
    Abandoned,
    /// The database did not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommandError {
    /// That every seat of a workspace is taken.
    #[must_use]
    pub fn seat_limit(workspace: &Workspace, plans: &Plans) -> Self {
        let (seats, is_own) = (workspace.seats(plans), workspace.seats.is_some());
        let plan = workspace.plan_title(plans).to_owned();
        Self::SeatLimit { plan, is_own, used: seats.used, limit: seats.limit }
    }
}

impl CommandError {
    /// Whether a rule of the product says no, rather than a mistake in what was asked or a database in trouble.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::Clash { .. }
            | Self::SeatLimit { .. }
            | Self::LastAdmin
            | Self::LastProtected
            | Self::Forbidden { .. }
            | Self::NotToldOf { .. }
            | Self::Owned { .. }
            | Self::Enforced
            | Self::NobodyCameIn
            | Self::NoWayBack
            | Self::NotAdmitted(_)
            | Self::InUse { .. } => true,
            Self::NotFound
            | Self::VersionMismatch
            | Self::Invalid { .. }
            | Self::Edit(_)
            | Self::Abandoned
            | Self::Store(_) => false,
        }
    }
}

impl AsStoreError for CommandError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

/// Whose seats they are, how many, and how many of them are taken.
fn no_seat(plan: &str, limit: i64, is_own: bool, used: i64) -> String {
    let seats = counted_as(limit, "seat");
    if is_own {
        format!("no seat is free: this workspace (plan {plan}, a number of its own) has {seats}, {used} in use")
    } else {
        format!("no seat is free: the plan {plan} has {seats}, {used} in use")
    }
}

/// Who needs it.
fn uses(users: i64, rules: i64) -> String {
    let parts = [(users, "user"), (rules, "rule")].into_iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, what)| counted_as(count, what)).collect::<Vec<_>>().join(" and ")
}

/// An attribute as people call it.
fn called(attribute: &str) -> &str {
    if attribute == "emails" { "email address (emails)" } else { attribute }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_whose_seats_they_are() {
        let refusal = |is_own| CommandError::SeatLimit { plan: "Growth".into(), is_own, used: 1, limit: 1 }.to_string();
        assert_eq!(refusal(false), "no seat is free: the plan Growth has 1 seat, 1 in use");
        let own = "no seat is free: this workspace (plan Growth, a number of its own) has 1 seat, 1 in use";
        assert_eq!(refusal(true), own);
    }

    #[test]
    fn a_clash_of_emails_is_told_in_english() {
        let clash = CommandError::Clash { kind: "user", attribute: "emails" };
        assert_eq!(clash.to_string(), "another user already has this email address (emails)");
    }
}
