//! The form of a rule: what was typed, and what it means.

use std::collections::BTreeMap;

use crate::command::CommandError;
use crate::command::rules::{ForGroup, stamp};
use crate::domain::role::Role;
use crate::domain::rule::Rule;
use crate::domain::team::TeamRole;
use crate::http::browser::{Asked, Trouble};
use crate::http::console::frame::Frame;
use crate::ids::{GroupId, RoleId, TeamId, WorkspaceId};
use crate::store::teams::NameRow;
use crate::store::{Conn, StoreError, roles, teams};

/// What somebody wants to be done with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To see who would change.
    Look,
    /// To do it.
    Save,
    /// To go on typing.
    Back,
}

impl Step {
    pub fn of(asked: &Asked) -> Self {
        match asked.text("step") {
            "save" => Self::Save,
            "back" => Self::Back,
            _ => Self::Look,
        }
    }
}

/// What stands in the form.
#[derive(Default)]
pub struct Typed {
    /// The id of the group, where the form was opened from one.
    pub group: String,
    /// Else its name.
    pub name: String,
    pub role: String,
    pub priority: String,
    /// `id:agent` or `id:manager` each.
    pub teams: Vec<String>,
    pub grants_admin: bool,
    /// Of which state of the rule it was made; empty where it is yet to be made.
    pub seen: String,
}

impl Typed {
    pub fn of(asked: &Asked) -> Self {
        Self {
            group: asked.text("group").to_owned(),
            name: asked.text("name").to_owned(),
            role: asked.text("role").to_owned(),
            priority: asked.text("priority").to_owned(),
            teams: asked.all("team").map(str::to_owned).collect(),
            grants_admin: asked.is_on("admin"),
            seen: asked.text("seen").to_owned(),
        }
    }

    pub fn from(rule: &Rule) -> Self {
        Self {
            group: String::new(),
            name: rule.group_name.clone(),
            role: rule.role.map(|role| role.to_string()).unwrap_or_default(),
            priority: rule.priority.to_string(),
            teams: rule.teams.iter().map(|(team, role)| format!("{team}:{}", role.name())).collect(),
            grants_admin: false,
            seen: stamp(rule).to_string(),
        }
    }

    /// Its fields, for a form that sends the same again.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let teams = self.teams.iter().map(|team| ("team", team.clone()));
        let mut fields = vec![("role", self.role.clone()), ("priority", self.priority.clone())];
        fields.extend(teams);
        if self.grants_admin {
            fields.push(("admin", "yes".into()));
        }
        if !self.seen.is_empty() {
            fields.push(("seen", self.seen.clone()));
        }
        fields
    }

    /// What it asks for; none where the priority is no number.
    pub fn meant(&self) -> Option<Meant> {
        let team = |text: &String| {
            let (id, role) = text.split_once(':')?;
            Some((TeamId::parse(id)?, TeamRole::parse(role)?))
        };
        Some(Meant {
            group: GroupId::parse(&self.group).map_or_else(|| ForGroup::Name(self.name.clone()), ForGroup::Id),
            role: RoleId::parse(&self.role),
            priority: if self.priority.is_empty() { 0 } else { self.priority.parse().ok()? },
            teams: self.teams.iter().filter_map(team).collect(),
        })
    }
}

/// What a form asks for.
pub struct Meant {
    pub group: ForGroup,
    pub role: Option<RoleId>,
    pub priority: i64,
    pub teams: BTreeMap<TeamId, TeamRole>,
}

/// What can be chosen in the form.
pub struct Choices {
    pub roles: Vec<Role>,
    pub teams: Vec<NameRow>,
}

impl Choices {
    pub async fn of(conn: &mut Conn, workspace: WorkspaceId) -> Result<Self, StoreError> {
        let teams = teams::names(conn, workspace).await?;
        Ok(Self { roles: roles::of_workspace(conn, workspace).await?, teams })
    }

    /// The name of a role; empty where there is none.
    pub fn role(&self, id: Option<RoleId>) -> &str {
        self.roles.iter().find(|role| Some(role.id) == id).map_or("", |role| role.name.as_str())
    }

    /// The name of a team.
    pub fn team(&self, id: TeamId) -> &str {
        self.teams.iter().find(|team| team.id == id.0).map_or("", |team| team.name.as_str())
    }
}

/// The frame, with what was wrong in words.
pub fn refused(frame: Frame, error: CommandError) -> Result<Frame, Trouble> {
    let (name, field) = match &error {
        CommandError::Invalid { attribute: "grants_admin", .. } => ("rules-admin-unsaid", ""),
        CommandError::Invalid { attribute: "rule", .. } => ("rules-gives-nothing", ""),
        CommandError::Invalid { attribute: "group", detail } if detail.starts_with("several") => {
            ("rules-several", "name")
        }
        CommandError::Invalid { attribute: "group", .. } => ("rules-no-group", "name"),
        CommandError::Clash { .. } => ("rules-clash", "name"),
        _ => return frame.refused(error),
    };
    let sentence = frame.say(name).into_owned();
    Ok(frame.wrong(sentence).at(field))
}
