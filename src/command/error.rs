//! Why a change was not made.

use std::sync::Arc;

use crate::domain::seat::Seats;
use crate::store::{AsStoreError, StoreError};

/// Why a change was not made. Nothing of it was.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandError {
    /// There is no such thing in the workspace, or the asker must not know of it.
    #[error("not found")]
    NotFound,
    /// Somebody else has the value of an attribute that must be unique.
    #[error("another {kind} already has this {attribute}")]
    Clash {
        /// `user`, `group`, `workspace`.
        kind: &'static str,
        /// `userName`, `emails`, `externalId`, `displayName`, `name`.
        attribute: &'static str,
    },
    /// Every seat is taken.
    #[error("no seat is free: the plan {plan} has {}, {} in use", seats(*limit), used)]
    SeatLimit {
        /// "Growth".
        plan: String,
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
    /// The database did not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CommandError {
    /// That every seat of a plan is taken.
    #[must_use]
    pub fn seat_limit(plan: &str, seats: Seats) -> Self {
        Self::SeatLimit { plan: plan.to_owned(), used: seats.used, limit: seats.limit }
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

fn seats(limit: i64) -> String {
    if limit == 1 { "1 seat".to_owned() } else { format!("{limit} seats") }
}
