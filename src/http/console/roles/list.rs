//! `GET /settings/roles`: every role, and what each allows beside the others.

use askama::Template;

use crate::domain::permission::Permissions;
use crate::domain::role::{ADMIN, MANAGER, Role};
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::permissions::{self, Group};
use crate::store::roles;

#[derive(Template)]
#[template(path = "roles/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    rows: Vec<Row<'a>>,
    groups: Vec<Group>,
}

struct Row<'a> {
    role: &'a Role,
    description: String,
    people: i64,
    count: usize,
}

pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::ROLES).await?.after(&asked, "roles-done", &["deleted"]);
    let workspace = asked.workspace()?;
    let mut conn = asked.read().await?;
    let all = roles::of_workspace(&mut conn, workspace).await?;
    let holders = roles::active_holders(&mut conn, workspace).await?;
    let row = |role| Row {
        role,
        description: described(&frame, role),
        people: holders.get(&role.id).copied().unwrap_or_default(),
        count: role.permissions.names().count(),
    };
    let page = Page {
        frame: &frame,
        rows: all.iter().map(row).collect(),
        groups: permissions::groups(&frame, Permissions::NONE),
    };
    Ok(shown(frame.status(), &page))
}

/// What a built-in role is for, in the language of whoever reads; of any other the description that somebody gave it.
pub fn described(frame: &Frame, role: &Role) -> String {
    match role.name.as_str() {
        ADMIN if role.is_system => frame.say("roles-what-admin").into_owned(),
        MANAGER if role.is_system => frame.say("roles-what-manager").into_owned(),
        _ if role.is_system => frame.say("roles-what-agent").into_owned(),
        _ => role.description.clone(),
    }
}
