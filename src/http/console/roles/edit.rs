//! One role: what it allows as boxes to tick, making, changing and deleting it.

use askama::Template;

use super::list::described;
use crate::command::roles::{CreateRole, DeleteRole, UpdateRole, stamp};
use crate::command::{CommandError, Unchanged};
use crate::domain::permission::Permissions;
use crate::domain::role::Role;
use crate::domain::rule::Rule;
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::permissions::{self, Group};
use crate::http::console::rules::form::{Choices, Step};
use crate::http::console::rules::look::{self, Change};
use crate::http::pages;
use crate::ids::RoleId;
use crate::store::{roles, rules};

#[derive(Template)]
#[template(path = "roles/edit.html")]
struct Page<'a> {
    frame: &'a Frame,
    /// None: it is yet to be made.
    role: Option<&'a Role>,
    typed: &'a Typed,
    description: String,
    groups: Vec<Group>,
    people: i64,
    rules: Vec<&'a Rule>,
    may_edit: bool,
}

/// What stands in the form.
struct Typed {
    name: String,
    description: String,
    permissions: Permissions,
    /// Of which state of the role it was made.
    seen: String,
}

impl Typed {
    fn of(asked: &Asked) -> Self {
        Self {
            name: asked.text("name").to_owned(),
            description: asked.text("description").to_owned(),
            permissions: Permissions::known(asked.all("permission")),
            seen: asked.text("seen").to_owned(),
        }
    }

    fn from(role: &Role) -> Self {
        let (name, description) = (role.name.clone(), role.description.clone());
        Self { name, description, permissions: role.permissions, seen: stamp(role).to_string() }
    }
}

async fn frame(asked: &Asked, error: Option<CommandError>) -> Result<Frame, Trouble> {
    let frame = Frame::of(asked, Section::ROLES).await?;
    let frame = frame.after(asked, "roles-done", &["created", "saved", "default"]);
    match error {
        Some(error) => frame.refused(error),
        None => Ok(frame),
    }
}

async fn new(asked: &Asked, typed: &Typed, error: Option<CommandError>) -> Answer {
    let frame = frame(asked, error).await?;
    let page = Page {
        frame: &frame,
        role: None,
        typed,
        description: String::new(),
        groups: permissions::groups(&frame, typed.permissions),
        people: 0,
        rules: Vec::new(),
        may_edit: true,
    };
    Ok(shown(frame.status(), &page))
}

async fn one(asked: &Asked, id: RoleId, typed: Option<Typed>, error: Option<CommandError>) -> Answer {
    let frame = frame(asked, error).await?;
    let workspace = asked.workspace()?;
    let mut conn = asked.read().await?;
    let role = roles::find(&mut conn, workspace, id).await?.ok_or(CommandError::NotFound)?;
    let mut typed = typed.unwrap_or_else(|| Typed::from(&role));
    let stands = vec![
        frame.stand("roles-name", role.name.as_str()),
        frame.stand("roles-description", role.description.as_str()),
        frame.stand("roles-allows", role.permissions.names().collect::<Vec<_>>().join(", ")),
    ];
    let frame = frame.overtaken(&mut typed.seen, &stamp(&role), stands);
    // Of a role of one's own everybody counts who keeps it from being deleted.
    let people = if role.is_system {
        roles::active_holders_of(&mut conn, workspace, id).await?
    } else {
        roles::uses(&mut conn, workspace, id).await?.0
    };
    let all = rules::of_workspace(&mut conn, workspace).await?;
    let page = Page {
        frame: &frame,
        description: described(&frame, &role),
        groups: permissions::groups(&frame, typed.permissions),
        people,
        rules: all.iter().filter(|rule| rule.role == Some(id)).collect(),
        may_edit: !role.is_system && frame.may("roles:write"),
        role: Some(&role),
        typed: &typed,
    };
    Ok(shown(frame.status(), &page))
}

/// `GET /settings/roles/new`
pub async fn blank(asked: Asked) -> Answer {
    new(&asked, &Typed::of(&asked), None).await
}

/// `POST /settings/roles/new`
pub async fn create(asked: Asked) -> Answer {
    let typed = Typed::of(&asked);
    let command = CreateRole {
        workspace: asked.workspace()?,
        id: RoleId::fresh(),
        name: typed.name.clone(),
        description: typed.description.clone(),
        permissions: typed.permissions,
        is_default: false,
    };
    match asked.execute(command).await {
        Ok(role) => Ok(pages::redirect(&format!("/settings/roles/{}?done=created", role.id))),
        Err(error) => new(&asked, &typed, Some(error)).await,
    }
}

/// `GET /settings/roles/{id}`
pub async fn show(asked: Asked) -> Answer {
    let id = asked.id(0, RoleId::parse)?;
    one(&asked, id, None, None).await
}

/// `POST /settings/roles/{id}`
pub async fn save(asked: Asked) -> Answer {
    let (id, typed) = (asked.id(0, RoleId::parse)?, Typed::of(&asked));
    let command = UpdateRole {
        workspace: asked.workspace()?,
        id,
        name: Some(typed.name.clone()),
        description: Some(typed.description.clone()),
        permissions: Some(typed.permissions),
        is_default: None,
    };
    match asked.execute(Unchanged { command, seen: Stamp::sent(&typed.seen) }).await {
        Ok(_) => Ok(pages::redirect(&format!("/settings/roles/{id}?done=saved"))),
        Err(error) => one(&asked, id, Some(typed), Some(error)).await,
    }
}

/// `POST /settings/roles/{id}/default`: who would change, and then doing it.
pub async fn make_default(asked: Asked) -> Answer {
    let (workspace, id) = (asked.workspace()?, asked.id(0, RoleId::parse)?);
    let is_default = Some(true);
    let command = UpdateRole { workspace, id, name: None, description: None, permissions: None, is_default };
    if Step::of(&asked) == Step::Save {
        return match asked.execute(command).await {
            Ok(_) => Ok(pages::redirect(&format!("/settings/roles/{id}?done=default"))),
            Err(error) => one(&asked, id, None, Some(error)).await,
        };
    }
    let preview = match asked.foresees(command).await {
        Ok(preview) => preview,
        Err(error) => return one(&asked, id, None, Some(error)).await,
    };
    let frame = Frame::of(&asked, Section::ROLES).await?;
    let choices = Choices::of(&mut asked.read().await?, workspace).await?;
    let name = choices.role(Some(id));
    let change = Change {
        below: ("/settings/roles", "roles-title"),
        sentence: frame.fill("roles-look-default").with("role", name).to_string(),
        action: format!("/settings/roles/{id}/default"),
        fields: Vec::new(),
        button: frame.fill("roles-make-default").with("role", name).to_string(),
        is_danger: false,
        back: Some(format!("/settings/roles/{id}")),
        rules: Vec::new(),
        edited: None,
    };
    look::page(&frame, &choices, &preview, &change)
}

/// `POST /settings/roles/{id}/delete`
pub async fn delete(asked: Asked) -> Answer {
    let id = asked.id(0, RoleId::parse)?;
    match asked.execute(DeleteRole { workspace: asked.workspace()?, id }).await {
        Ok(()) => Ok(pages::redirect("/settings/roles?done=deleted")),
        Err(error) => one(&asked, id, None, Some(error)).await,
    }
}
