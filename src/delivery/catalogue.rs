//! Every event that the outside is told of: one list, by which filters are checked and schemas are written.

/// An event that an endpoint can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// `user.created`.
    pub name: &'static str,
    /// What it says, for the people who choose events.
    pub description: &'static str,
}

macro_rules! catalogue {
    ($($name:literal $description:literal),* $(,)?) => {
        &[$(Published { name: $name, description: $description }),*]
    };
}

/// Every one there is, but the test.
pub const CATALOGUE: &[Published] = catalogue![
    "user.created" "Somebody is new",
    "user.updated" "Something about somebody changed: name, address, attributes, availability",
    "user.activated" "Somebody may work again, or was given the seat that they waited for",
    "user.deactivated" "Somebody may no longer work",
    "user.parked" "Somebody waits for a seat",
    "user.deleted" "Somebody was deleted by their identity provider or by hand",
    "user.role_changed" "Somebody has another role",
    "user.team_changed" "Somebody joined teams or left them",
    "user.password_changed" "Somebody has another password",
    "user.password_reset" "Somebody's password was set by somebody else, to be changed at the next login",
    "group.created" "A group is new",
    "group.updated" "A group's name or members changed",
    "group.deleted" "A group was deleted",
    "role.created" "A role is new",
    "role.updated" "What a role allows, or its name, changed",
    "role.deleted" "A role was deleted",
    "team.created" "A team is new",
    "team.updated" "A team's name or settings changed",
    "team.deleted" "A team was deleted",
    "rule.created" "A rule that gives a role or teams to a group is new",
    "rule.updated" "A rule changed",
    "rule.deleted" "A rule was deleted",
    "rule.bound" "A rule that was written ahead found its group",
    "seat.warning" "Four fifths of the seats are taken",
    "seat.limit_reached" "Every seat is taken",
    "seat.overage" "More people are active than there are seats",
    "session.revoked" "Somebody's session ended",
    "conversation.created" "A conversation is new",
    "conversation.written" "Something was written in a conversation",
    "conversation.assigned" "A conversation was given to somebody",
    "conversation.unassigned" "A conversation is nobody's any more",
    "workspace.created" "The workspace was made",
    "workspace.updated" "The workspace's plan, seats or settings changed",
    "connection.created" "A connection through which people sign in is new",
    "connection.updated" "A connection through which people sign in changed",
    "connection.deleted" "A connection through which people sign in was deleted",
    "connection.admin_came_in" "An Admin came in through a connection for the first time",
    "domain.added" "A domain was claimed",
    "domain.updated" "A domain belongs to another connection",
    "domain.proved" "A domain is proved to be the workspace's",
    "domain.checked" "A domain's record was looked at, and something about it changed",
    "domain.lapsed" "A domain counts no longer: its record has been missing for two weeks",
    "domain.removed" "A domain is no longer claimed",
    "sso.enforced" "People have to sign in through a connection",
    "sso.released" "People no longer have to sign in through a connection",
    "review.started" "A review of who has access began",
    "review.decided" "Somebody decided about somebody's access",
    "review.applied" "What a review decided was done",
    "review.closed" "A review ended",
    "review.due" "Nobody has reviewed for a quarter who has access",
    "mail.failed" "A mail could not be sent",
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
pub const TEST: Published =
    Published { name: "endpoint.test", description: "Somebody tries whether an endpoint is reached" };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_there_once_and_is_a_noun_and_a_verb() {
        let mut names: Vec<&str> = CATALOGUE.iter().map(|published| published.name).collect();
        assert!(names.iter().all(|name| name.split('.').count() == 2 && !name.starts_with("endpoint.")), "{names:?}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CATALOGUE.len());
    }
}
