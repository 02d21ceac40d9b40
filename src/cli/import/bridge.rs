//! A whole workspace as another bridge wrote it: one JSON object a line, each of a `kind`.

use serde::Deserialize;
use serde_json::Value;

use super::item::Item;
use super::resource;
use crate::command::import::{Kept, RoleRow, RuleRow, TeamRow};
use crate::command::rules::ForGroup;
use crate::domain::group::GroupProfile;
use crate::domain::permission::Permissions;
use crate::domain::pins::Pins;
use crate::domain::team::{Strategy, TeamRole};

/// The form in which this version writes.
pub const FORM: u64 = 1;

/// A line.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Line {
    Workspace {
        form: u64,
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "plan")]
        _plan: String,
        #[serde(rename = "seats")]
        _seats: Option<i64>,
        #[serde(rename = "seat_policy")]
        _seat_policy: String,
    },
    Role {
        name: String,
        #[serde(default)]
        description: String,
        permissions: Option<Vec<String>>,
        #[serde(default)]
        default: bool,
    },
    Team {
        name: String,
        #[serde(default)]
        description: String,
        strategy: Strategy,
        active: bool,
    },
    User(Box<User>),
    Manager {
        user: String,
        manager: String,
    },
    Group {
        id: String,
        name: String,
        external_id: Option<String>,
    },
    Rule {
        group: Option<String>,
        group_name: String,
        role: Option<String>,
        #[serde(default)]
        priority: i64,
        #[serde(default)]
        teams: Vec<TeamOf>,
    },
    Membership(Membership),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)]
struct User {
    id: String,
    resource: Value,
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    provisioned: bool,
    role: Option<String>,
    #[serde(default)]
    role_pinned: bool,
    #[serde(default)]
    available: bool,
    #[serde(default)]
    pins: Pins,
    password_hash: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamOf {
    name: String,
    role: TeamRole,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Membership {
    group: Option<String>,
    #[serde(default)]
    members: Vec<String>,
    team: Option<String>,
    user: Option<String>,
    role: Option<TeamRole>,
    #[serde(default)]
    kept_out: bool,
}

/// What a line says; nothing is brought in of the line that says where it all comes from.
///
/// # Errors
/// What is wrong with it.
pub fn items(value: &Value) -> Result<Vec<Item>, String> {
    let line = Line::deserialize(value).map_err(|error| error.to_string())?;
    Ok(vec![match line {
        Line::Workspace { form, .. } if form > FORM => {
            return Err(format!("is of form {form}, and this version reads {FORM}: use a newer bridge"));
        }
        Line::Workspace { .. } => return Ok(Vec::new()),
        Line::Role { name, description, permissions, default: is_default } => {
            let permissions = permissions.map(Permissions::of).transpose();
            let permissions = permissions.map_err(|name| format!("there is no permission \"{name}\""))?;
            Item::Role(RoleRow { name, description, permissions, is_default })
        }
        Line::Team { name, description, strategy, active: is_active } => {
            Item::Team(TeamRow { name, description, strategy, is_active })
        }
        Line::User(user) => of_user(*user)?,
        Line::Manager { user, manager } => Item::Manager { user, manager },
        Line::Group { id, name: display_name, external_id } => {
            Item::Group { id: Some(id), profile: GroupProfile { display_name, external_id } }
        }
        Line::Rule { group, group_name, role, priority, teams } => {
            let teams = teams.into_iter().map(|team| (team.name, team.role)).collect();
            Item::Rule { group, row: RuleRow { group: ForGroup::Name(group_name), role, priority, teams } }
        }
        Line::Membership(Membership { group: Some(group), members, team: None, user: None, .. }) => {
            Item::Members { group, members }
        }
        Line::Membership(Membership { group: None, team: Some(team), user: Some(user), role, kept_out, .. }) => {
            Item::Membership { team, user, role: role.unwrap_or(TeamRole::Agent), kept_out }
        }
        Line::Membership(_) => return Err("a membership is of a group with members, or of a team with a user".into()),
    }])
}

fn of_user(user: User) -> Result<Item, String> {
    if user.password_hash.as_ref().is_some_and(|hash| !hash.starts_with("$argon2id$")) {
        return Err("password_hash: has to be one of Argon2id".into());
    }
    let (mut row, _) = resource::row(user.resource)?;
    row.role = user.role.filter(|_| user.role_pinned);
    row.protected = Some(user.protected);
    row.kept = Some(Kept {
        provisioned: user.provisioned,
        pinned_role: user.role_pinned,
        pins: user.pins,
        is_available: user.available,
        password_hash: user.password_hash,
    });
    Ok(Item::User { id: Some(user.id), row: Box::new(row) })
}
