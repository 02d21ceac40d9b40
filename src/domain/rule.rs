//! Rules: what a group gives to those who are in it. Pure, so that the order in which groups changed can't matter.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::team::TeamRole;
use crate::ids::{GroupId, RoleId, RuleId, TeamId, WorkspaceId};

/// What one group gives to everybody in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Where it belongs.
    pub workspace_id: WorkspaceId,
    /// The group, once there is one; it is never another one's again.
    pub group: Option<GroupId>,
    /// The name that a group is to have to be bound, or had when it was.
    pub group_name: String,
    /// The role that it gives.
    pub role: Option<RoleId>,
    /// Of several rules that give a role, the one with the highest priority decides; of equals, the oldest.
    pub priority: i64,
    /// The teams that it gives, and what one is there.
    pub teams: BTreeMap<TeamId, TeamRole>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What all rules together give to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// The role, and the rule that gives it; none: the default role.
    pub role: Option<(RuleId, RoleId)>,
    /// The teams.
    pub teams: BTreeMap<TeamId, TeamRole>,
}

/// The rules that concern whoever is in `groups`, the one that decides first at the front. `rules` are in that order.
pub fn concerning<'r>(rules: &'r [Rule], groups: &'r BTreeSet<GroupId>) -> impl Iterator<Item = &'r Rule> {
    rules.iter().filter(|rule| rule.group.is_some_and(|group| groups.contains(&group)))
}

/// What `rules`, the one with the highest priority at the front, give to whoever is in `groups`.
#[must_use]
pub fn given(rules: &[Rule], groups: &BTreeSet<GroupId>) -> Given {
    let mut given = Given::default();
    for rule in concerning(rules, groups) {
        if given.role.is_none() {
            given.role = rule.role.map(|role| (rule.id, role));
        }
        for (team, role) in &rule.teams {
            let held = given.teams.entry(*team).or_insert(*role);
            *held = (*held).max(*role);
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn rule(n: u128, group: Option<u128>, role: Option<u128>, teams: &[(u128, TeamRole)]) -> Rule {
        let now = DateTime::UNIX_EPOCH;
        Rule {
            id: RuleId(Uuid::from_u128(n)),
            workspace_id: WorkspaceId(Uuid::nil()),
            group: group.map(|id| GroupId(Uuid::from_u128(id))),
            group_name: "G".into(),
            role: role.map(|id| RoleId(Uuid::from_u128(id))),
            priority: 0,
            teams: teams.iter().map(|(id, role)| (TeamId(Uuid::from_u128(*id)), *role)).collect(),
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn the_first_rule_with_a_role_decides_and_every_rule_gives_its_teams() {
        let rules = [
            rule(1, Some(10), None, &[(5, TeamRole::Agent)]),
            rule(2, Some(11), Some(20), &[(5, TeamRole::Manager), (6, TeamRole::Agent)]),
            rule(3, Some(10), Some(21), &[]),
            rule(4, None, Some(22), &[(7, TeamRole::Agent)]),
        ];
        let groups = |ids: &[u128]| ids.iter().map(|id| GroupId(Uuid::from_u128(*id))).collect::<BTreeSet<_>>();
        let role =
            |ids: &[u128]| given(&rules, &groups(ids)).role.map(|(rule, role)| (rule.0.as_u128(), role.0.as_u128()));
        assert_eq!(role(&[10, 11]), Some((2, 20)));
        assert_eq!(role(&[10]), Some((3, 21)));
        assert_eq!(role(&[12]), None);
        let teams: Vec<_> =
            given(&rules, &groups(&[10, 11])).teams.into_iter().map(|(id, role)| (id.0.as_u128(), role)).collect();
        assert_eq!(teams, [(5, TeamRole::Manager), (6, TeamRole::Agent)]);
    }
}
