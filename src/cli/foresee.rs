//! What a change would do to people: how many, who, and how; before it is made.

use std::collections::BTreeMap;

use serde_json::Value;

use super::out::{say, write};
use super::table::table;
use super::{At, CliError};
use crate::command::{Command, Preview};
use crate::domain::access::Actor;
use crate::domain::event::Event;
use crate::domain::workspace::Workspace;
use crate::store::teams;

/// The names of a workspace's teams, by the ids that events have.
pub type TeamNames = BTreeMap<String, String>;

/// The names of a workspace's teams.
pub async fn team_names(at: &At, workspace: &Workspace) -> Result<TeamNames, CliError> {
    let teams = teams::of_workspace(&mut at.store.read().await?, workspace.id).await?;
    Ok(teams.into_iter().map(|(team, _)| (team.id.to_string(), team.name)).collect())
}

/// Says what a change would do to people, and undoes it.
pub async fn foresee<C: Command>(at: &At, workspace: &Workspace, command: C) -> Result<(), CliError> {
    let names = team_names(at, workspace).await?;
    let preview = at.commands.preview(&Actor::operator(), command).await?;
    say!("{}; nothing was changed yet.", counted(preview.users()))?;
    people(&preview, &names)
}

/// "7 people change".
pub fn counted(users: usize) -> String {
    if users == 1 { "1 person changes".into() } else { format!("{users} people change") }
}

/// A table of who changes how.
pub fn people(preview: &Preview, names: &TeamNames) -> Result<(), CliError> {
    let mut people: BTreeMap<&str, Person<'_>> = BTreeMap::new();
    for event in preview.of_users() {
        people.entry(&event.subject_id).or_default().note(event);
    }
    if people.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<_> = people.values().map(|person| vec![person.name.to_owned(), person.told(names)]).collect();
    rows.sort();
    write(format_args!("{}", table(&["NAME", "CHANGE"], &rows)))
}

/// Everything that happens to one person, summed up.
#[derive(Default)]
struct Person<'e> {
    name: &'e str,
    /// The role before and after.
    role: Option<(&'e str, &'e str)>,
    /// The teams joined, with what they are there, and those left.
    joined: BTreeMap<&'e str, &'e str>,
    left: Vec<&'e str>,
}

impl<'e> Person<'e> {
    fn note(&mut self, event: &'e Event) {
        self.name = &event.subject_name;
        let text = |value: &'e Value| value.as_str().unwrap_or_default();
        if let Some(role) = event.changes.get("role") {
            let (old, new) = (role.get("old").map(text), role.get("new").map(text));
            let first = self.role.map_or(old, |(first, _)| Some(first));
            self.role = Some((first.unwrap_or_default(), new.unwrap_or_default()));
        }
        let Some(teams) = event.changes.get("teams") else { return };
        let list = |name: &str| teams.get(name).and_then(Value::as_array).into_iter().flatten();
        for team in list("left").map(text) {
            if self.joined.remove(team).is_none() {
                self.left.push(team);
            }
        }
        for team in list("joined") {
            let of = |name: &str| team.get(name).map(text).unwrap_or_default();
            self.left.retain(|left| *left != of("id"));
            self.joined.insert(of("id"), of("role"));
        }
    }

    fn told(&self, names: &TeamNames) -> String {
        let team = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
        let role = self.role.filter(|(old, new)| old != new).map(|(old, new)| format!("{old} → {new}"));
        let joined = self.joined.iter().map(|(id, role)| format!("+ {} ({role})", team(id)));
        let left = self.left.iter().map(|id| format!("- {}", team(id)));
        let all: Vec<_> = role.into_iter().chain(joined).chain(left).collect();
        if all.is_empty() { "keeps what they have, because of another rule".into() } else { all.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::UserId;

    #[test]
    fn what_happens_to_one_person_is_summed_up() {
        let id = UserId(uuid::Uuid::nil());
        let events = [
            json!({"role": {"old": "Agent", "new": "Manager"}}),
            json!({"role": {"old": "Manager", "new": "Admin"}}),
            json!({"teams": {"joined": [{"id": "1", "role": "agent"}, {"id": "2", "role": "manager"}], "left": ["3"]}}),
            json!({"teams": {"joined": [], "left": ["2"]}}),
        ]
        .map(|changes| Event::user("user.updated", id, "Anna", changes));
        let mut person = Person::default();
        for event in &events {
            person.note(event);
        }
        let names = TeamNames::from([("1".into(), "Day".into()), ("3".into(), "Night".into())]);
        assert_eq!(person.told(&names), "Agent → Admin, + Day (agent), - Night");
    }
}
