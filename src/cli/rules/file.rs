//! Rules as a file has them: TOML, read strictly, each mistake with its line; and written so that it can be read again.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use toml::Spanned;

use crate::cli::CliError;
use crate::command::rules::ForGroup;
use crate::command::ruleset::WantedRule;
use crate::domain::group::Group;
use crate::domain::role::Role;
use crate::domain::rule::Rule;
use crate::domain::team::{Team, TeamRole};
use crate::ids::GroupId;
use crate::text::{printable, same};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<Spanned<RuleText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    group: Option<String>,
    group_id: Option<String>,
    role: Option<String>,
    #[serde(default)]
    priority: i64,
    #[serde(default)]
    teams: Vec<TeamText>,
    #[serde(default)]
    grants_admin: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamText {
    name: String,
    role: Option<String>,
}

/// The roles and teams that a file can name.
pub struct Known {
    /// The workspace's roles.
    pub roles: Vec<Role>,
    /// The workspace's teams.
    pub teams: Vec<Team>,
}

/// The rules that a file states.
///
/// # Errors
/// What is wrong with it, with its line.
pub fn read(text: &str, known: &Known) -> Result<Vec<WantedRule>, CliError> {
    let file: File = toml::from_str(text).map_err(|error| CliError::Said(error.to_string().trim_end().to_owned()))?;
    let wanted = |(place, rule): (usize, Spanned<RuleText>)| {
        let line = text.get(..rule.span().start).unwrap_or_default().matches('\n').count() + 1;
        let label = format!("rule {} (line {line})", place + 1);
        known.wanted(rule.into_inner(), label.clone()).map_err(|why| CliError::Said(format!("{label}: {why}")))
    };
    file.rule.into_iter().enumerate().map(wanted).collect()
}

impl Known {
    fn wanted(&self, rule: RuleText, label: String) -> Result<WantedRule, String> {
        let group = match (rule.group, rule.group_id) {
            (Some(name), None) => ForGroup::Name(name),
            (None, Some(id)) => {
                ForGroup::Id(GroupId::parse(&id).ok_or_else(|| format!("group_id \"{}\" is no id", printable(&id)))?)
            }
            _ => return Err("is for a group or for a group_id: one of the two".into()),
        };
        let role = rule.role.map(|name| {
            let found = self.roles.iter().find(|role| same(&role.name, &name)).map(|role| role.id);
            found.ok_or_else(|| unknown("role", &name, self.roles.iter().map(|role| role.name.as_str())))
        });
        let team = |team: TeamText| {
            let found = self.teams.iter().find(|known| same(&known.name, &team.name)).map(|team| team.id);
            let id = found.ok_or_else(|| unknown("team", &team.name, self.teams.iter().map(|team| team.name.as_str())));
            let role = team.role.as_deref().unwrap_or("agent");
            let role = TeamRole::parse(role)
                .ok_or_else(|| format!("a member of a team is agent or manager, not \"{}\"", printable(role)));
            Ok::<_, String>((id?, role?))
        };
        Ok(WantedRule {
            label,
            group,
            role: role.transpose()?,
            priority: rule.priority,
            teams: rule.teams.into_iter().map(team).collect::<Result<BTreeMap<_, _>, _>>()?,
            grants_admin: rule.grants_admin,
        })
    }
}

fn unknown<'n>(kind: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let known: Vec<_> = known.collect();
    let known = if known.is_empty() { "there is none yet".into() } else { format!("there are {}", known.join(", ")) };
    format!("there is no {kind} \"{}\"; {known}", printable(name))
}

/// The file that states the rules of a workspace.
#[must_use]
pub fn written(workspace: &str, rules: &[Rule], groups: &[Group], known: &Known) -> String {
    let mut text =
        format!("# The rules of {}. Apply: aisoule-bridge rules apply FILE --workspace …\n", printable(workspace));
    for rule in rules {
        let _ = one(&mut text, rule, rules, groups, known);
    }
    text
}

fn one(text: &mut String, rule: &Rule, rules: &[Rule], groups: &[Group], known: &Known) -> std::fmt::Result {
    let is_unique = rules.iter().filter(|other| same(&other.group_name, &rule.group_name)).count() == 1;
    let group = groups.iter().find(|group| Some(group.id) == rule.group);
    writeln!(text, "\n[[rule]]")?;
    match (rule.group, group) {
        (Some(id), _) if !is_unique => writeln!(text, "group_id = \"{id}\" # {}", printable(&rule.group_name))?,
        (Some(_), Some(group)) if !same(&group.profile.display_name, &rule.group_name) => {
            let now = printable(&group.profile.display_name);
            writeln!(text, "group = {} # now called {now}", quoted(&rule.group_name))?;
        }
        (Some(_), None) => writeln!(text, "group = {} # deleted", quoted(&rule.group_name))?,
        (None, _) => writeln!(text, "group = {} # waits for it", quoted(&rule.group_name))?,
        _ => writeln!(text, "group = {}", quoted(&rule.group_name))?,
    }
    let role = known.roles.iter().find(|role| Some(role.id) == rule.role);
    if let Some(role) = role {
        writeln!(text, "role = {}", quoted(&role.name))?;
    }
    writeln!(text, "priority = {}", rule.priority)?;
    let name = |id| known.teams.iter().find(|team| team.id == id).map(|team| quoted(&team.name));
    let teams = rule.teams.iter().filter_map(|(id, role)| Some((name(*id)?, role.name())));
    let teams: Vec<_> = teams.map(|(name, role)| format!("{{ name = {name}, role = \"{role}\" }}")).collect();
    if !teams.is_empty() {
        writeln!(text, "teams = [{}]", teams.join(", "))?;
    }
    if role.is_some_and(Role::is_admin) {
        writeln!(text, "grants_admin = true")?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
