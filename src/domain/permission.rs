//! Permissions: what a role lets its holders do, written `resource:action`. One list, and sets of what stands in it.

use serde::{Serialize, Serializer};

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// `users:write`.
    pub name: &'static str,
    /// What it lets somebody do, for the people who give roles.
    pub description: &'static str,
}

macro_rules! catalogue {
    ($($name:literal $description:literal),* $(,)?) => {
        &[$(Permission { name: $name, description: $description }),*]
    };
}

/// Every permission there is. A place in it is a bit of [`Permissions`], which is never stored.
pub const CATALOGUE: &[Permission] = catalogue![
    "users:read" "See users, their roles, teams and why they have them",
    "users:write" "Make and edit users, give roles, activate, deactivate, reset passwords",
    "users:delete" "Delete users",
    "roles:read" "See roles and what they allow",
    "roles:write" "Make and edit roles",
    "roles:delete" "Delete roles",
    "teams:read" "See teams and their members",
    "teams:write" "Make and edit teams, add and remove members",
    "teams:delete" "Delete teams",
    "groups:read" "See the groups that identity providers push, and who is in them",
    "groups:write" "Make and edit groups by hand",
    "groups:delete" "Delete groups",
    "rules:read" "See the rules that give roles and teams to groups",
    "rules:write" "Make, edit and delete rules",
    "seats:read" "See the plan, the seats and who waits for one",
    "seats:write" "Change the plan and what happens at its limit",
    "chat:read" "Read conversations",
    "chat:write" "Write messages and notes",
    "chat:assign" "Assign conversations",
    "audit:read" "Read, export and verify the audit log",
    "audit:write" "Change for how long the audit log is kept",
    "reviews:read" "See access reviews",
    "reviews:decide" "Decide in access reviews who keeps access",
    "reviews:write" "Start access reviews, apply and close them",
    "tokens:read" "See the tokens of identity providers",
    "tokens:write" "Make and revoke tokens for identity providers",
    "keys:read" "See API keys",
    "keys:write" "Make and revoke API keys",
    "clients:read" "See the programs that people sign in to through the bridge",
    "clients:write" "Let people sign in to a program through the bridge, or no longer",
    "events:read" "Follow what happens in the workspace as it happens",
    "connections:read" "See how people sign in: connections, domains, whether it is enforced",
    "connections:write" "Change how people sign in: connections, domains, enforcement",
    "webhooks:read" "See webhook endpoints and what became of each delivery",
    "webhooks:write" "Make, change and delete webhook endpoints, rotate their secrets, deliver again",
    "connector:read" "See how the remote AIsoule workspace stands, and where it differs",
    "connector:write" "Connect a remote AIsoule workspace, compare with it and mend it",
    "health:read" "See how provisioning and delivery are doing, and who is stuck",
    "log:read" "Read what identity providers asked and were answered",
];

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u64);

impl Permissions {
    /// None.
    pub const NONE: Self = Self(0);
    /// Every one of the catalogue.
    pub const ALL: Self = Self((1 << CATALOGUE.len()) - 1);

    /// The set of those names.
    ///
    /// # Errors
    /// The first name that is not in the catalogue.
    pub fn of<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, String> {
        let mut set = Self::NONE;
        for name in names {
            let name = name.as_ref();
            let place = CATALOGUE.iter().position(|permission| permission.name == name);
            set.0 |= 1 << place.ok_or_else(|| name.to_owned())?;
        }
        Ok(set)
    }

    /// The set of those of these names that are in the catalogue: for what was stored when it had others.
    #[must_use]
    pub fn known<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        names.into_iter().filter_map(|name| Self::of([name]).ok()).fold(Self::NONE, Self::union)
    }

    /// Whether everything of `other` is in it.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether the permission of that name is in it.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        Self::of([name]).is_ok_and(|one| self.covers(one))
    }

    /// What is in both.
    #[must_use]
    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in it and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What tells this set from every other, as long as the program runs: never stored.
    #[must_use]
    pub fn mark(self) -> String {
        format!("{:x}", self.0)
    }

    /// The names, in the order of the catalogue.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        CATALOGUE.iter().enumerate().filter(move |(place, _)| self.0 & (1 << place) != 0).map(|(_, one)| one.name)
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_into_it() {
        let some = Permissions::of(["chat:write", "users:read"]).unwrap();
        assert_eq!(some.names().collect::<Vec<_>>(), ["users:read", "chat:write"]);
        assert!(some.has("users:read") && !some.has("users:write") && !some.has("nothing:at-all"));
        assert!(Permissions::ALL.covers(some) && !some.covers(Permissions::ALL) && some.covers(Permissions::NONE));
        assert_eq!(Permissions::ALL.names().count(), CATALOGUE.len());
        assert_eq!(Permissions::of(["users:fly"]), Err("users:fly".to_owned()));
        assert_eq!(Permissions::known(["users:fly", "users:read"]), Permissions::of(["users:read"]).unwrap());
        assert_eq!(Permissions::ALL.without(some).both(some), Permissions::NONE);
    }

    #[test]
    fn the_catalogue_is_written_as_resource_and_action_and_names_nothing_twice() {
        let mut names: Vec<_> = CATALOGUE.iter().map(|one| one.name).collect();
        assert!(names.iter().all(|name| name.split(':').count() == 2 && !name.contains(' ')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CATALOGUE.len());
        assert!(CATALOGUE.len() < 64);
    }
}
