//! What is to be done next to make somebody there what they are here. Pure: from what is here, what is there, and what is
//! known of the link between the two. Whoever carries it out asks again after each step.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Account, Changes};
use crate::text;

/// Names are cut to so many characters.
const LONGEST_NAME: usize = 100;
/// For how long a request whose answer was never heard may still be on its way.
const ON_ITS_WAY: TimeDelta = TimeDelta::minutes(1);
/// How far two clocks may be apart that should be the same.
const SKEW: TimeDelta = TimeDelta::seconds(5);

/// Somebody here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The address with which they log in.
    pub email: Option<String>,
    /// What colleagues see.
    pub full_name: String,
    /// Whether they may work: neither inactive nor waiting for a seat.
    pub is_active: bool,
}

impl Person {
    /// The name as the other side takes it.
    #[must_use]
    pub fn name(&self) -> String {
        let name: String = text::printable(self.full_name.trim()).chars().take(LONGEST_NAME).collect();
        let name = name.trim();
        if name.is_empty() { self.email.clone().unwrap_or_default() } else { name.to_owned() }
    }
}

/// Which account is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// None that is known.
    None,
    /// One was asked for and nobody knows whether it was made.
    Creating {
        /// Since when, by the clock there.
        since: DateTime<Utc>,
        /// With which address.
        address: String,
    },
    /// The one of that id.
    Linked(String),
}

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum There {
    /// Nobody has looked yet.
    Unasked,
    /// Nothing.
    Absent,
    /// This account, which is nobody else's.
    Account(Account),
    /// This account, which is somebody else's.
    Taken {
        /// The account.
        account: Account,
        /// Who that is.
        holder: Holder,
    },
}

/// Whose an account is that is somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// They were deleted here.
    Gone,
    /// They are here and are to have another address.
    Moving,
    /// They are here, and it is as they should have it.
    Here,
}

/// Everything that decides.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)]
pub struct Scene<'a> {
    /// Who it is; none: they were deleted.
    pub here: Option<&'a Person>,
    /// Which account is theirs.
    pub link: &'a Link,
    /// Whether somebody said that the account with their address is theirs.
    pub claimed: bool,
    /// Whether every account with somebody's address becomes theirs.
    pub adopts: bool,
    /// What is there.
    pub there: &'a There,
    /// The account that was theirs is gone: what is there was looked up, or is to be, by their address.
    pub lost: bool,
    /// Their account was deactivated just now.
    pub deactivated: bool,
    /// The id of their role there, where that was looked up.
    pub role: Option<&'a str>,
    /// What time it is there.
    pub now: DateTime<Utc>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Look for the account with that address.
    LookUp(String),
    /// Read the account of that id.
    Read(String),
    /// Find out the id of their role.
    FindRole,
    /// Make an account.
    Create,
    /// Note that the account of that id is theirs.
    Link(String),
    /// Note that they have none.
    Unlink,
    /// The account that was theirs is gone: another one has to be looked for before that is believed.
    Gone,
    /// Note that the account that was theirs is gone, and go on with what was found.
    Lose,
    /// Let the account log in no more.
    Deactivate(String),
    /// Change the account.
    Update(String, Changes),
    /// Nothing; it is as it should be.
    Done,
    /// Nothing yet.
    Wait(&'static str),
    /// Nothing, until somebody decides.
    Stuck(String),
}

/// The next step.
#[must_use]
pub fn next(scene: &Scene<'_>) -> Step {
    match scene.link {
        Link::Linked(id) => linked(scene, id),
        Link::Creating { since, address } => creating(scene, *since, address),
        Link::None => unlinked(scene),
    }
}

fn active<'a>(scene: &Scene<'a>) -> Option<&'a Person> {
    scene.here.filter(|person| person.is_active)
}

fn linked(scene: &Scene<'_>, id: &str) -> Step {
    let person = active(scene);
    if scene.lost {
        let address = scene.here.and_then(|person| person.email.clone());
        return match (scene.there, address) {
            (There::Unasked, Some(address)) => Step::LookUp(address),
            _ => Step::Lose,
        };
    }
    if *scene.there == There::Absent {
        return Step::Gone;
    }
    if person.is_none() && !scene.deactivated {
        return Step::Deactivate(id.to_owned());
    }
    let Some(here) = scene.here else { return Step::Done };
    let (There::Account(account) | There::Taken { account, .. }) = scene.there else {
        return Step::Read(id.to_owned());
    };
    let mut changes = Changes {
        email: here.email.clone().filter(|email| !text::same(email, &account.email)),
        full_name: Some(here.name()).filter(|name| *name != account.full_name),
        ..Changes::default()
    };
    if here.is_active {
        let Some(role) = scene.role else { return Step::FindRole };
        changes.role_id = (account.role_id.as_deref() != Some(role)).then(|| role.to_owned());
    }
    changes.is_active = (here.is_active != account.is_active).then_some(here.is_active);
    if changes == Changes::default() { Step::Done } else { Step::Update(id.to_owned(), changes) }
}

fn creating(scene: &Scene<'_>, since: DateTime<Utc>, address: &str) -> Step {
    let is_late = scene.now - since > ON_ITS_WAY;
    match (scene.there, active(scene)) {
        (There::Unasked, _) => Step::LookUp(address.to_owned()),
        (There::Account(account), _) if scene.claimed || scene.adopts || is_ours(account, since) => {
            Step::Link(account.id.clone())
        }
        (There::Absent, Some(person)) if !is_late && !has(person, address) => {
            Step::Wait("an account may still be on its way with the address that they had before")
        }
        (There::Absent, Some(_)) => make(scene),
        (There::Absent, None) if !is_late => {
            Step::Wait("an account may still be on its way that has to be deactivated")
        }
        (_, None) => Step::Unlink,
        (There::Account(account) | There::Taken { account, .. }, Some(_)) => not_theirs(account, scene.there),
    }
}

fn unlinked(scene: &Scene<'_>) -> Step {
    let Some(person) = active(scene) else { return unlinked_inactive(scene) };
    let Some(address) = &person.email else {
        let how = "give them one at their provider or by hand";
        return Step::Stuck(format!("{} has no email address, without which nobody can log in; {how}", person.name()));
    };
    let takes = scene.claimed || scene.adopts;
    match scene.there {
        There::Unasked if takes => Step::LookUp(address.clone()),
        There::Unasked | There::Absent => make(scene),
        There::Account(account) if takes => Step::Link(account.id.clone()),
        There::Taken { account, holder: Holder::Gone } if scene.claimed => Step::Link(account.id.clone()),
        There::Account(account) | There::Taken { account, .. } => not_theirs(account, scene.there),
    }
}

/// Whoever was never there does not come to be there in order to be inactive. An account that is theirs by somebody's word
/// must not stay active, though, only because nobody came to link it in time.
fn unlinked_inactive(scene: &Scene<'_>) -> Step {
    let takes = scene.claimed || scene.adopts;
    match (scene.there, scene.here.and_then(|person| person.email.clone())) {
        (There::Unasked, Some(address)) if takes => Step::LookUp(address),
        (There::Account(account), _) if takes => Step::Link(account.id.clone()),
        (There::Account(account), _) if scene.lost && account.is_active => not_theirs(account, scene.there),
        _ if scene.lost => Step::Unlink,
        _ => Step::Done,
    }
}

fn has(person: &Person, address: &str) -> bool {
    person.email.as_deref().is_some_and(|email| text::same(email, address))
}

fn make(scene: &Scene<'_>) -> Step {
    let has_address = scene.here.is_some_and(|person| person.email.is_some());
    match scene.role {
        _ if !has_address => Step::Stuck("they have no email address any more, without which nobody can log in".into()),
        None => Step::FindRole,
        Some(_) => Step::Create,
    }
}

/// Whether an account was made since we asked for one.
fn is_ours(account: &Account, since: DateTime<Utc>) -> bool {
    account.created_at.is_some_and(|made| made >= since - SKEW)
}

/// How the remedy begins where somebody has to say that an account is theirs.
const CLAIM: &str = "`connector claim --user ";

/// Whether what is in the way of somebody is gone once somebody says that the account there is theirs.
#[must_use]
pub fn is_for_claim(problem: &str) -> bool {
    problem.contains(CLAIM)
}

/// What is in the way, without that remedy: for whoever has a button for it.
#[must_use]
pub fn without_claim(problem: &str) -> &str {
    problem.split_once(CLAIM).map_or(problem, |(before, _)| before.trim_end_matches([';', ' ']))
}

fn not_theirs(account: &Account, there: &There) -> Step {
    let address = text::printable(&account.email).into_owned();
    let claim = format!("{CLAIM}{address}` makes it theirs");
    if matches!(there, There::Taken { holder: Holder::Moving, .. }) {
        return Step::Wait("the remote account with their address is of somebody else here, who is to have another");
    }
    Step::Stuck(match there {
        There::Taken { holder: Holder::Gone, .. } => {
            format!("the remote account with the address {address} was of somebody who was deleted here; {claim}")
        }
        There::Taken { .. } => {
            format!(
                "the remote account with the address {address} belongs to somebody else here; change its address there"
            )
        }
        _ => format!("a remote account with the address {address} was there before; {claim}"),
    })
}

/// What somebody is to be in teams there, and what is known that they are: `?` where that is not certain.
pub type Teams = BTreeMap<String, String>;

/// That nobody knows whether somebody is in a team.
pub const UNSURE: &str = "?";

/// A change of who is in a team there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamStep {
    /// Put them into it, as that.
    Join(String, String),
    /// Take them out.
    Leave(String),
}

impl TeamStep {
    /// Which team.
    #[must_use]
    pub fn team(&self) -> &str {
        match self {
            Self::Join(team, _) | Self::Leave(team) => team,
        }
    }
}

/// The changes from what they are in teams to what they are to be.
#[must_use]
pub fn team_steps(wanted: &Teams, known: &Teams) -> Vec<TeamStep> {
    let joins = wanted.iter().filter(|(team, role)| known.get(*team) != Some(*role));
    let joins = joins.map(|(team, role)| TeamStep::Join(team.clone(), role.clone()));
    let leaves = known.keys().filter(|team| !wanted.contains_key(*team)).map(|team| TeamStep::Leave(team.clone()));
    joins.chain(leaves).collect()
}

#[cfg(test)]
mod tests;
