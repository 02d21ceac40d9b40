//! Every event that the outside is told of, and who may be told: one list, by which filters are checked and schemas are
//! written.

/// An event that an endpoint can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// `user.created`.
    pub name: &'static str,
    /// The permission with which the REST API lets somebody read what it is about: nobody is told without.
    pub permission: &'static str,
    /// What it says, for the people who choose events.
    pub description: &'static str,
}

macro_rules! catalogue {
    ($($name:literal $permission:literal $description:literal),* $(,)?) => {
        &[$(Published { name: $name, permission: $permission, description: $description }),*]
    };
}

/// Every one there is, but the test.
pub const CATALOGUE: &[Published] = catalogue![
    "user.created" "users:read" "Somebody is new",
    "user.updated" "users:read" "Something about somebody changed: name, address, attributes, availability",
    "user.activated" "users:read" "Somebody may work again, or was given the seat that they waited for",
    "user.deactivated" "users:read" "Somebody may no longer work",
    "user.parked" "users:read" "Somebody waits for a seat",
    "user.deleted" "users:read" "Somebody was deleted by their identity provider or by hand",
    "user.role_changed" "users:read" "Somebody has another role",
    "user.team_changed" "users:read" "Somebody joined teams or left them",
    "user.password_changed" "users:read" "Somebody has another password",
    "user.password_reset" "users:read" "Somebody's password was set by somebody else, to be changed at the next login",
    "group.created" "groups:read" "A group is new",
    "group.updated" "groups:read" "A group's name or members changed",
    "group.deleted" "groups:read" "A group was deleted",
    "role.created" "roles:read" "A role is new",
    "role.updated" "roles:read" "What a role allows, or its name, changed",
    "role.deleted" "roles:read" "A role was deleted",
    "team.created" "teams:read" "A team is new",
    "team.updated" "teams:read" "A team's name or settings changed",
    "team.deleted" "teams:read" "A team was deleted",
    "rule.created" "rules:read" "A rule that gives a role or teams to a group is new",
    "rule.updated" "rules:read" "A rule changed",
    "rule.deleted" "rules:read" "A rule was deleted",
    "rule.bound" "rules:read" "A rule that was written ahead found its group",
    "seat.warning" "seats:read" "Four fifths of the seats are taken",
    "seat.limit_reached" "seats:read" "Every seat is taken",
    "seat.overage" "seats:read" "More people are active than there are seats",
    "session.revoked" "users:write" "Somebody's session ended",
    "conversation.created" "chat:read" "A conversation is new",
    "conversation.written" "chat:read" "Something was written in a conversation",
    "conversation.assigned" "chat:read" "A conversation was given to somebody",
    "conversation.unassigned" "chat:read" "A conversation is nobody's any more",
    "workspace.created" "seats:read" "The workspace was made",
    "workspace.updated" "seats:read" "The workspace's plan, seats or settings changed",
    "connection.created" "connections:read" "A connection through which people sign in is new",
    "connection.updated" "connections:read" "A connection through which people sign in changed",
    "connection.deleted" "connections:read" "A connection through which people sign in was deleted",
    "connection.admin_came_in" "connections:read" "An Admin came in through a connection for the first time",
    "domain.added" "connections:read" "A domain was claimed",
    "domain.updated" "connections:read" "A domain belongs to another connection",
    "domain.proved" "connections:read" "A domain is proved to be the workspace's",
    "domain.checked" "connections:read" "A domain's record was looked at, and something about it changed",
    "domain.lapsed" "connections:read" "A domain counts no longer: its record has been missing for two weeks",
    "domain.removed" "connections:read" "A domain is no longer claimed",
    "sso.enforced" "connections:read" "People have to sign in through a connection",
    "sso.released" "connections:read" "People no longer have to sign in through a connection",
    "token.created" "tokens:read" "A token with which a provider writes users and groups is new",
    "token.revoked" "tokens:read" "A token of a provider is good for nothing any more",
    "review.started" "reviews:read" "A review of who has access began",
    "review.decided" "reviews:read" "Somebody decided about somebody's access",
    "review.applied" "reviews:read" "What a review decided was done",
    "review.closed" "reviews:read" "A review ended",
    "review.due" "reviews:read" "Nobody has reviewed for a quarter who has access",
    "mail.failed" "users:read" "A mail could not be sent",
];

/// Whether an event of that name is one that the outside is told of.
#[must_use]
pub fn is_published(name: &str) -> bool {
    CATALOGUE.iter().any(|published| published.name == name)
}

/// The name as it stands in the list; of any other: `other`. For figures, which must not grow with what is stored.
#[must_use]
pub fn listed(name: &str) -> &'static str {
    let all = CATALOGUE.iter().chain([&TEST]);
    all.map(|published| published.name).find(|known| *known == name).unwrap_or("other")
}

/// What the test button sends. It reaches an endpoint whatever its filter says.
pub const TEST: Published = Published {
    name: "endpoint.test",
    permission: "webhooks:read",
    description: "Somebody tries whether an endpoint is reached",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission;

    #[test]
    fn every_name_is_there_once_and_is_a_noun_and_a_verb() {
        let mut names: Vec<&str> = CATALOGUE.iter().map(|published| published.name).collect();
        assert!(names.iter().all(|name| name.split('.').count() == 2 && !name.starts_with("endpoint.")), "{names:?}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CATALOGUE.len());
    }

    #[test]
    fn every_event_asks_for_a_permission_that_there_is_and_a_family_for_one() {
        let family = |event: &Published| event.name.split('.').next().unwrap_or_default();
        for event in CATALOGUE.iter().chain([&TEST]) {
            assert!(permission::CATALOGUE.iter().any(|one| one.name == event.permission), "{}", event.name);
            let relatives = CATALOGUE.iter().filter(|other| family(other) == family(event));
            assert!(relatives.into_iter().all(|other| other.permission == event.permission), "{}", event.name);
        }
    }
}
