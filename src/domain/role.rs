//! Roles: what a user may do in AIsoule. Every workspace starts with the three that AIsoule builds in.

use crate::ids::RoleId;

/// A role of one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its name: "Agent".
    pub name: String,
    /// Built in: it can't be renamed or deleted.
    pub is_system: bool,
    /// What a new user gets when nothing says otherwise.
    pub is_default: bool,
}

/// The built-in roles, from the most powerful to the least.
pub const BUILT_IN: [&str; 3] = [ADMIN, "Manager", DEFAULT];

/// The role that may do everything; a workspace never loses its last active holder.
pub const ADMIN: &str = "Admin";

/// The role of a new user when nothing says otherwise.
pub const DEFAULT: &str = "Agent";

/// Where a user's role comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleSource {
    /// Nothing said otherwise.
    Default,
    /// Somebody set it by hand.
    Manual,
}

impl RoleSource {
    /// The source's name in the database and in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Manual => "manual",
        }
    }

    /// The source of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Default, Self::Manual].into_iter().find(|source| source.name() == name)
    }
}
