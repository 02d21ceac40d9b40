//! The roles and teams of the remote side, as far as they are known: looked up by name, made where they are missing, and
//! asked for again when they are old.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use uuid::Uuid;

use super::{Member, Profile, Remote, RemoteRole, RemoteTeam, Trouble};
use crate::text;

/// For how long a list is believed.
const FRESH: Duration = Duration::from_mins(2);

/// Why there is no such role or team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmapped {
    /// It could not be found out.
    Trouble(Trouble),
    /// There is none and none can be made: what to do.
    Stuck(String),
}

impl From<Trouble> for Unmapped {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// A role here.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct WantedRole {
    pub id: Uuid,
    pub name: String,
    /// What it was called when its counterpart was last looked up.
    pub former: Option<String>,
    pub description: String,
    pub is_system: bool,
    pub permissions: Vec<&'static str>,
    /// The id of its counterpart, where that is known.
    pub linked: Option<String>,
    /// The counterparts of other roles, which are not taken from them for a name.
    pub others: Vec<String>,
}

impl WantedRole {
    /// The id that the settings give it, and under which name: its own, or the one that it had before.
    #[must_use]
    pub fn configured<'p>(&self, profile: &'p Profile) -> Option<(&'p String, &'p String)> {
        let under = |name: &String| profile.roles.iter().find(|(other, _)| text::same(other, name));
        under(&self.name).or_else(|| self.former.as_ref().and_then(under))
    }

    /// The one of these roles that is its counterpart: the one that was, whatever either side calls it by now, else the one
    /// of its name.
    #[must_use]
    pub fn among<'r>(&self, roles: &'r [RemoteRole]) -> Option<&'r RemoteRole> {
        let is_it = |role: &&RemoteRole| self.linked.as_ref() == Some(&role.id);
        let named = |role: &&RemoteRole| text::same(&role.name, &self.name) && !self.others.contains(&role.id);
        roles.iter().find(is_it).or_else(|| roles.iter().find(named))
    }
}

/// A team here.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct WantedTeam {
    pub name: String,
    pub description: String,
    pub strategy: &'static str,
    /// The id of its counterpart, where that is known.
    pub linked: Option<String>,
    /// The counterparts of others, which are not taken from them for a name.
    pub others: Vec<String>,
}

/// What is known of the remote side's roles and teams.
#[derive(Debug, Default)]
pub struct Catalogue(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    roles: Option<(Instant, Vec<RemoteRole>)>,
    teams: Option<(Instant, Vec<RemoteTeam>)>,
    members: HashMap<String, (Instant, Vec<Member>)>,
}

fn fresh<T>(known: Option<&(Instant, Vec<T>)>) -> bool {
    known.is_some_and(|(at, _)| at.elapsed() < FRESH)
}

impl Catalogue {
    /// Forgets everything, so that it is asked for again.
    pub async fn forget(&self) {
        *self.0.lock().await = Known::default();
    }

    /// Forgets the teams, so that they are asked for again.
    pub async fn forget_teams(&self) {
        self.0.lock().await.teams = None;
    }

    /// The id of the counterpart of a role, which is made where it is missing and not built in.
    ///
    /// # Errors
    /// [`Unmapped`]
    pub async fn role(&self, remote: &Remote, wanted: &WantedRole) -> Result<String, Unmapped> {
        if let Some((_, id)) = wanted.configured(remote.profile()) {
            return Ok(id.clone());
        }
        let mut known = self.0.lock().await;
        for again in [false, true] {
            if again || !fresh(known.roles.as_ref()) {
                known.roles = Some((Instant::now(), remote.roles().await?));
            }
            if let Some(role) = known.roles.iter().find_map(|(_, roles)| wanted.among(roles)) {
                return Ok(role.id.clone());
            }
        }
        let name = &wanted.name;
        let is_taken = |(_, roles): &(Instant, Vec<RemoteRole>)| roles.iter().any(|role| text::same(&role.name, name));
        if known.roles.iter().any(is_taken) {
            let how = "give that one another name there, then `connector resume`";
            return Err(Unmapped::Stuck(format!(
                "the remote role {name} is the counterpart of another role here; {how}"
            )));
        }
        if wanted.is_system {
            let how = "give the id of one under connectors.<profile>.roles in the settings";
            return Err(Unmapped::Stuck(format!("the remote workspace has no role {name}; {how}")));
        }
        match remote.create_role(name, &wanted.description, &wanted.permissions).await {
            Ok(role) => {
                let id = role.id.clone();
                known.roles.iter_mut().for_each(|(_, roles)| roles.push(role.clone()));
                Ok(id)
            }
            Err(Trouble::Refused { status: 403, said } | Trouble::Invalid(said)) => {
                known.roles = None;
                let how = "make it there, then `connector resume`";
                Err(Unmapped::Stuck(format!(
                    "the remote workspace has no role {name} and won't let it be made ({said}); {how}"
                )))
            }
            Err(trouble) => {
                known.roles = None;
                Err(trouble.into())
            }
        }
    }

    /// The counterpart of a team, which is made where it is missing.
    ///
    /// # Errors
    /// [`Unmapped`]
    pub async fn team(&self, remote: &Remote, wanted: &WantedTeam) -> Result<RemoteTeam, Unmapped> {
        let mut known = self.0.lock().await;
        let is_it = |team: &&RemoteTeam| wanted.linked.as_ref() == Some(&team.id);
        let named = |team: &&RemoteTeam| text::same(&team.name, &wanted.name) && !wanted.others.contains(&team.id);
        for again in [false, true] {
            if again || !fresh(known.teams.as_ref()) {
                known.teams = Some((Instant::now(), remote.teams().await?));
            }
            let teams = known.teams.iter().flat_map(|(_, teams)| teams);
            if let Some(team) = teams.clone().find(is_it).or_else(|| teams.clone().find(named)) {
                return Ok(team.clone());
            }
        }
        let name = &wanted.name;
        match remote.put_team(None, name, &wanted.description, wanted.strategy).await {
            Ok(team) => {
                known.teams.iter_mut().for_each(|(_, teams)| teams.push(team.clone()));
                Ok(team)
            }
            Err(Trouble::Refused { status: 403, said } | Trouble::Invalid(said)) => {
                let how = "make it there, then `connector resume`";
                Err(Unmapped::Stuck(format!(
                    "the remote workspace has no team {name} and won't let it be made ({said}); {how}"
                )))
            }
            Err(trouble) => {
                known.teams = None;
                Err(trouble.into())
            }
        }
    }

    /// Notes that a team there is otherwise than it was.
    pub async fn note(&self, team: RemoteTeam) {
        let mut known = self.0.lock().await;
        if let Some((_, teams)) = &mut known.teams {
            teams.retain(|other| other.id != team.id);
            teams.push(team);
        }
    }

    /// What an account is in a team, where it is in it.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn membership(&self, remote: &Remote, team: &str, account: &str) -> Result<Option<String>, Trouble> {
        let mut known = self.0.lock().await;
        if !fresh(known.members.get(team)) {
            let members = match remote.members(team).await {
                Ok(members) => members,
                Err(Trouble::Missing) => Vec::new(),
                Err(trouble) => return Err(trouble),
            };
            known.members.insert(team.to_owned(), (Instant::now(), members));
        }
        let members = known.members.get(team).map(|(_, members)| members.iter());
        Ok(members.and_then(|mut all| all.find(|one| one.user_id == account)).map(|one| one.role.clone()))
    }
}
