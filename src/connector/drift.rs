//! Where both sides differ. Pure: from everything that is here and everything that is there.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::plan::{Person, Teams};
use super::{Account, Member, RemoteTeam};
use crate::text;

/// Somebody here, with what they should be there.
#[derive(Debug, Clone)]
pub struct Here {
    /// Their id.
    pub id: Uuid,
    /// Who they are; none: they were deleted, and only their account is left.
    pub person: Option<Person>,
    /// The id of their account.
    pub linked: Option<String>,
    /// The id of their role there, where it has a counterpart.
    pub role: Option<String>,
    /// The teams that they should be in there, of those that have a counterpart.
    pub teams: Teams,
    /// Whether they are about to be changed there anyway.
    pub is_waiting: bool,
    /// Why they could not be, where somebody has to decide.
    pub stuck: Option<String>,
}

/// A team here.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct TeamHere {
    pub id: Uuid,
    pub name: String,
    pub description: String,
    pub strategy: String,
    /// The id of its counterpart.
    pub linked: Option<String>,
    /// Whether it is about to be changed there anyway, or was while both sides were read.
    pub is_waiting: bool,
}

/// Everything there.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct ThereSide {
    pub accounts: Vec<Account>,
    pub teams: Vec<RemoteTeam>,
    /// Who is in each of the teams that have a counterpart here.
    pub members: BTreeMap<String, Vec<Member>>,
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is here and not there.
    Missing,
    /// It is there and not here.
    Extra,
    /// It is there, with the address of somebody here whose it is not by anybody's word.
    Unclaimed,
    /// It is on both sides, and not the same.
    Different,
}

impl Kind {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Unclaimed => "unclaimed",
            Self::Different => "different",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// How it differs, seen from here.
    pub kind: Kind,
    /// `user`, `team` or `membership`.
    pub what: String,
    /// The user or team here.
    pub local_id: Option<Uuid>,
    /// The account or team there.
    pub remote_id: Option<String>,
    /// What people know it by: an address, a name.
    pub name: String,
    /// In what it differs: `email`, `full_name`, `role_id`, `is_active`, `description`, `assignment_strategy`, a team's id.
    pub field: Option<String>,
    /// What it is here.
    pub here: Option<String>,
    /// What it is there.
    pub there: Option<String>,
    /// What has to be decided before it can be mended.
    pub note: Option<String>,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// How many people were compared.
    pub users: usize,
    /// How many accounts there are there.
    pub accounts: usize,
    /// How many teams were compared.
    pub teams: usize,
    /// How many people were left out, because they are about to be changed there anyway.
    pub waiting: usize,
    /// The differences.
    pub differences: Vec<Finding>,
}

/// What a comparison found, and what mends it.
#[derive(Debug, Clone)]
pub struct Drift {
    /// What was found.
    pub report: Report,
    /// Which users and teams are to be synced.
    pub mend: Vec<(&'static str, Uuid)>,
    /// Of whom it is not certain in which teams they are.
    pub unsure: Vec<(Uuid, Vec<String>)>,
}

struct Findings(Vec<Finding>);

/// What else there is to say of a difference.
#[derive(Default)]
struct More {
    field: Option<String>,
    here: Option<String>,
    there: Option<String>,
    note: Option<String>,
}

impl Findings {
    fn add(&mut self, kind: Kind, what: &str, ids: (Option<Uuid>, Option<&str>), name: &str, more: More) {
        self.0.push(Finding {
            kind,
            what: what.to_owned(),
            local_id: ids.0,
            remote_id: ids.1.map(str::to_owned),
            name: text::printable(name).into_owned(),
            field: more.field,
            here: more.here,
            there: more.there,
            note: more.note,
        });
    }

    fn differs(&mut self, what: &str, ids: (Uuid, &str), name: &str, field: &str, values: (String, String)) {
        let more = More { field: Some(field.to_owned()), here: Some(values.0), there: Some(values.1), note: None };
        self.add(Kind::Different, what, (Some(ids.0), Some(ids.1)), name, more);
    }
}

/// Compares both sides.
#[must_use]
pub fn compare(people: &[Here], teams: &[TeamHere], there: &ThereSide) -> Drift {
    let mut found = Findings(Vec::new());
    let accounts: BTreeMap<&str, &Account> = there.accounts.iter().map(|one| (one.id.as_str(), one)).collect();
    let waiting = people.iter().filter(|one| one.is_waiting).count();
    for here in people.iter().filter(|here| !here.is_waiting) {
        of_person(&mut found, here, &accounts, there);
    }
    let linked: BTreeSet<&str> = people.iter().filter_map(|one| one.linked.as_deref()).collect();
    let addresses = |is_waiting: bool| -> BTreeSet<String> {
        let those = people.iter().filter(move |one| one.is_waiting == is_waiting);
        those.filter_map(|one| one.person.as_ref()?.email.as_deref()).map(text::fold).collect()
    };
    // An account with the address of somebody who is being looked at may just have been made for them.
    let (moving, addresses) = (addresses(true), addresses(false));
    let unlinked = there.accounts.iter().filter(|account| !linked.contains(account.id.as_str()));
    for account in unlinked.filter(|account| !moving.contains(&text::fold(&account.email))) {
        let there = Some(if account.is_active { "active" } else { "inactive" }.to_owned());
        let (kind, note) = if addresses.contains(&text::fold(&account.email)) {
            (
                Kind::Unclaimed,
                Some(format!("`connector claim --user {}` makes it theirs", text::printable(&account.email))),
            )
        } else {
            (Kind::Extra, None)
        };
        let more = More { there, note, ..More::default() };
        // Some accounts there have no address.
        let name = if account.email.trim().is_empty() { &account.full_name } else { &account.email };
        found.add(kind, "user", (None, Some(&account.id)), name, more);
    }
    for team in teams.iter().filter(|team| !team.is_waiting) {
        of_team(&mut found, team, there);
    }
    let mut mend: Vec<(&'static str, Uuid)> = Vec::new();
    let mut unsure: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for finding in &found.0 {
        let Some(id) = finding.local_id else { continue };
        let kind = if finding.what == "team" { "team" } else { "user" };
        if !mend.contains(&(kind, id)) {
            mend.push((kind, id));
        }
        if let ("membership", Some(team)) = (finding.what.as_str(), &finding.field) {
            unsure.entry(id).or_default().push(team.clone());
        }
    }
    let users = people.iter().filter(|one| one.person.is_some()).count();
    let report = Report { users, accounts: there.accounts.len(), teams: teams.len(), waiting, differences: found.0 };
    Drift { report, mend, unsure: unsure.into_iter().collect() }
}

fn of_person(found: &mut Findings, here: &Here, accounts: &BTreeMap<&str, &Account>, there: &ThereSide) {
    let is_active = here.person.as_ref().is_some_and(|person| person.is_active);
    let account = here.linked.as_deref().and_then(|id| accounts.get(id).copied());
    let Some(account) = account else {
        if let Some(person) = here.person.as_ref().filter(|person| person.is_active) {
            let name = person.email.clone().unwrap_or_else(|| person.name());
            let more = More { note: here.stuck.clone(), ..More::default() };
            found.add(Kind::Missing, "user", (Some(here.id), None), &name, more);
        }
        return;
    };
    let before = found.0.len();
    let (ids, name) = ((here.id, account.id.as_str()), account.email.as_str());
    if is_active != account.is_active {
        found.differs("user", ids, name, "is_active", (is_active.to_string(), account.is_active.to_string()));
    }
    let Some(person) = &here.person else { return };
    if let Some(email) = person.email.as_ref().filter(|email| !text::same(email, &account.email)) {
        found.differs("user", ids, name, "email", (email.clone(), account.email.clone()));
    }
    if person.name() != account.full_name {
        found.differs("user", ids, name, "full_name", (person.name(), account.full_name.clone()));
    }
    if is_active {
        let role = account.role_id.clone().unwrap_or_default();
        if here.role.as_ref().is_some_and(|wanted| *wanted != role) {
            found.differs("user", ids, name, "role_id", (here.role.clone().unwrap_or_default(), role));
        }
        memberships(found, here, account, there);
    }
    for finding in found.0.iter_mut().skip(before) {
        finding.note.clone_from(&here.stuck);
    }
}

fn memberships(found: &mut Findings, here: &Here, account: &Account, there: &ThereSide) {
    for (team, members) in &there.members {
        let is = members.iter().find(|member| member.user_id == account.id).map(|member| member.role.clone());
        let wanted = here.teams.get(team).cloned();
        if wanted == is {
            continue;
        }
        let kind = match (&wanted, &is) {
            (Some(_), None) => Kind::Missing,
            (None, _) => Kind::Extra,
            (Some(_), Some(_)) => Kind::Different,
        };
        let more = More { field: Some(team.clone()), here: wanted, there: is, note: None };
        found.add(kind, "membership", (Some(here.id), Some(&account.id)), &account.email, more);
    }
}

fn of_team(found: &mut Findings, here: &TeamHere, there: &ThereSide) {
    let linked = there.teams.iter().find(|team| here.linked.as_ref() == Some(&team.id));
    let team = linked.or_else(|| there.teams.iter().find(|team| text::same(&team.name, &here.name)));
    let Some(team) = team else {
        found.add(Kind::Missing, "team", (Some(here.id), None), &here.name, More::default());
        return;
    };
    for (field, ours, theirs) in [
        ("name", &here.name, &team.name),
        ("description", &here.description, &team.description),
        ("assignment_strategy", &here.strategy, &team.assignment_strategy),
    ] {
        if ours != theirs {
            found.differs("team", (here.id, &team.id), &here.name, field, (ours.clone(), theirs.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str, email: &str) -> Account {
        let (email, full_name) = (email.to_owned(), "Anna".to_owned());
        Account { id: id.into(), email, full_name, role_id: Some("agent".into()), is_active: true, created_at: None }
    }

    fn here(linked: Option<&str>, is_active: bool) -> Here {
        let person = Person { email: Some("anna@x.example".into()), full_name: "Anna".into(), is_active };
        Here {
            id: Uuid::from_u128(1),
            person: Some(person),
            linked: linked.map(str::to_owned),
            role: Some("agent".into()),
            teams: Teams::from([("t".into(), "agent".into())]),
            is_waiting: false,
            stuck: None,
        }
    }

    fn there(is_member: bool) -> ThereSide {
        let member = Member { user_id: "r".into(), role: "agent".into() };
        let members = if is_member { vec![member] } else { Vec::new() };
        ThereSide {
            accounts: vec![account("r", "Anna@X.example")],
            teams: Vec::new(),
            members: BTreeMap::from([("t".into(), members)]),
        }
    }

    fn told(people: &[Here], there: &ThereSide) -> Vec<String> {
        let drift = compare(people, &[], there);
        let told =
            |one: &Finding| format!("{} {} {}", one.kind.name(), one.what, one.field.clone().unwrap_or_default());
        drift.report.differences.iter().map(|one| told(one).trim().to_owned()).collect()
    }

    #[test]
    fn two_sides_that_are_equal_differ_in_nothing() {
        assert_eq!(told(&[here(Some("r"), true)], &there(true)), Vec::<String>::new());
        assert_eq!(told(&[here(None, false)], &ThereSide::default()), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_difference_is_told() {
        assert_eq!(told(&[here(None, true)], &ThereSide::default()), ["missing user"]);
        assert_eq!(told(&[], &there(true)), ["extra user"]);
        assert_eq!(told(&[here(Some("r"), true)], &there(false)), ["missing membership t"]);
        assert_eq!(
            told(&[Here { teams: Teams::new(), ..here(Some("r"), true) }], &there(true)),
            ["extra membership t"]
        );
        assert_eq!(told(&[here(Some("r"), false)], &there(true)), ["different user is_active"]);
        assert_eq!(told(&[Here { person: None, ..here(Some("r"), true) }], &there(true)), ["different user is_active"]);
        assert_eq!(
            told(&[Here { role: Some("admin".into()), ..here(Some("r"), true) }], &there(true)),
            ["different user role_id"]
        );
        assert_eq!(told(&[Here { is_waiting: true, ..here(Some("r"), false) }], &there(true)), Vec::<String>::new());
    }

    #[test]
    fn a_team_that_is_about_to_be_changed_there_is_no_difference() {
        let team = |is_waiting| TeamHere {
            id: Uuid::from_u128(2),
            name: "New".into(),
            description: String::new(),
            strategy: "manual".into(),
            linked: None,
            is_waiting,
        };
        let found = |is_waiting| compare(&[], &[team(is_waiting)], &ThereSide::default()).report.differences.len();
        assert_eq!((found(false), found(true)), (1, 0));
    }

    #[test]
    fn an_account_with_the_address_of_somebody_here_is_not_extra() {
        for is_active in [true, false] {
            let found = told(&[here(None, is_active)], &there(false));
            assert!(
                found.contains(&"unclaimed user".to_owned()) && !found.contains(&"extra user".to_owned()),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_membership_that_differs_is_uncertain_afterwards() {
        let drift = compare(&[here(Some("r"), true)], &[], &there(false));
        assert_eq!(drift.mend, [("user", Uuid::from_u128(1))]);
        assert_eq!(drift.unsure, [(Uuid::from_u128(1), vec!["t".to_owned()])]);
    }
}
