//! Roles: what a user may do in AIsoule. Every workspace starts with the three that AIsoule builds in.

use super::permission::Permissions;
use crate::ids::RoleId;

/// A role of one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its name: "Agent".
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// Built in: it can't be edited or deleted.
    pub is_system: bool,
    /// What a new user gets when nothing says otherwise.
    pub is_default: bool,
    /// What its holders may do.
    pub permissions: Permissions,
}

/// As much of a role as every user carries with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRef {
    /// Its id.
    pub id: RoleId,
    /// Its name: "Agent".
    pub name: String,
    /// Built in.
    pub is_system: bool,
    /// What a new user gets when nothing says otherwise.
    pub is_default: bool,
}

impl RoleRef {
    /// Whether its holders may do everything. A workspace never loses its last active one.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.is_system && self.name == ADMIN
    }
}

impl Role {
    /// As much of it as every user carries with them.
    #[must_use]
    pub fn brief(&self) -> RoleRef {
        RoleRef { id: self.id, name: self.name.clone(), is_system: self.is_system, is_default: self.is_default }
    }

    /// Whether its holders may do everything. A workspace never loses its last active one.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.is_system && self.name == ADMIN
    }
}

/// The built-in roles, from the most powerful to the least.
pub const BUILT_IN: [&str; 3] = [ADMIN, MANAGER, DEFAULT];

/// The role that may do everything; a workspace never loses its last active holder.
pub const ADMIN: &str = "Admin";

/// The role of those who lead teams.
pub const MANAGER: &str = "Manager";

/// The role of a new user when nothing says otherwise.
pub const DEFAULT: &str = "Agent";

/// What a Manager may do.
const MANAGERS: &[&str] = &[
    "users:read",
    "roles:read",
    "teams:read",
    "teams:write",
    "groups:read",
    "rules:read",
    "seats:read",
    "chat:read",
    "chat:write",
    "chat:assign",
    "reviews:read",
    "reviews:decide",
    "events:read",
];

/// What an Agent may do.
const AGENTS: &[&str] = &["users:read", "teams:read", "chat:read", "chat:write"];

/// What the holders of a built-in role may do; of any other name: nothing.
#[must_use]
pub fn built_in_permissions(name: &str) -> Permissions {
    match name {
        ADMIN => Permissions::ALL,
        MANAGER => Permissions::known(MANAGERS),
        DEFAULT => Permissions::known(AGENTS),
        _ => Permissions::NONE,
    }
}

/// What a built-in role is for.
#[must_use]
pub fn built_in_description(name: &str) -> &'static str {
    match name {
        ADMIN => "May do everything",
        MANAGER => "Leads teams: sees everybody, changes teams, assigns conversations, decides in access reviews",
        _ => "Answers conversations",
    }
}

/// Where a user's role comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleSource {
    /// Nothing said otherwise.
    Default,
    /// A rule gave it, because of a group.
    Rule,
    /// Somebody set it by hand; no rule changes it until it is unpinned.
    Manual,
}

impl RoleSource {
    /// The source's name in the database and in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Rule => "rule",
            Self::Manual => "manual",
        }
    }

    /// The source of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Default, Self::Rule, Self::Manual].into_iter().find(|source| source.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_roles_allow_less_and_less() {
        let [admin, manager, agent] = BUILT_IN.map(built_in_permissions);
        assert!(admin.covers(manager) && manager.covers(agent));
        assert_eq!(manager.names().count(), MANAGERS.len());
        assert_eq!(agent.names().count(), AGENTS.len());
        assert_eq!(built_in_permissions("Wizard"), Permissions::NONE);
    }
}
