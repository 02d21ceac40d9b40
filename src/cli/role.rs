//! `role …`: what people may do, and the roles of a workspace's own.

use clap::{Args, Subcommand};

use super::out::{say, write};
use super::table::table;
use super::{At, CliError};
use crate::command::roles::{CreateRole, DeleteRole, UpdateRole};
use crate::domain::access::Actor;
use crate::domain::permission::{CATALOGUE, Permissions};
use crate::domain::role::Role;
use crate::ids::RoleId;
use crate::store::roles;

const CREATE_HELP: &str = "\
Examples:
  aisoule-bridge role create Auditor --workspace Acme --permissions users:read,audit:read
  aisoule-bridge role create Trainee --workspace Acme --permissions chat:read --default

`role permissions` lists what there is to allow.";

const EDIT_HELP: &str = "\
It holds at the next request of everybody who has the role. --permissions
replaces the whole set. A role stops being the default when another becomes it.

Examples:
  aisoule-bridge role edit Auditor --workspace Acme --permissions users:read,audit:read,reviews:read
  aisoule-bridge role edit Manager --workspace Acme --default";

const DELETE_HELP: &str = "\
A role that somebody has or a rule gives can't be deleted, nor can a built-in
one.

Example:
  aisoule-bridge role delete Auditor --workspace Acme";

#[derive(Debug, Subcommand)]
pub enum RoleCommand {
    /// List a workspace's roles
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
    /// List the permissions that a role can have
    Permissions,
    /// Make a role
    #[command(after_help = CREATE_HELP)]
    Create(Create),
    /// Change a role, or make it the default
    #[command(after_help = EDIT_HELP)]
    Edit(Edit),
    /// Delete a role that nobody has
    #[command(after_help = DELETE_HELP)]
    Delete {
        /// The role, by name or id
        role: String,
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
}

#[derive(Debug, Args)]
pub struct Create {
    /// Its name, unique
    name: String,
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// What it is for
    #[arg(long, default_value = "")]
    description: String,
    /// What its holders may do, such as users:read,chat:write
    #[arg(long, value_delimiter = ',')]
    permissions: Vec<String>,
    /// New users get it when nothing says otherwise
    #[arg(long)]
    default: bool,
}

#[derive(Debug, Args)]
pub struct Edit {
    /// The role, by name or id
    role: String,
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Another description
    #[arg(long)]
    description: Option<String>,
    /// All that its holders may do from now on
    #[arg(long, value_delimiter = ',')]
    permissions: Option<Vec<String>>,
    /// New users get it from now on when nothing says otherwise
    #[arg(long)]
    default: bool,
}

impl RoleCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
            Self::List { workspace } => list(at, &workspace).await,
            Self::Permissions => {
                let rows: Vec<_> = CATALOGUE.iter().map(|one| vec![one.name.into(), one.description.into()]).collect();
                write(format_args!("{}", table(&["PERMISSION", "LETS SOMEBODY"], &rows)))
            }
            Self::Create(create) => {
                let workspace = at.workspace(&create.workspace).await?.id;
                let Create { name, description, permissions, default: is_default, .. } = create;
                let (id, permissions) = (RoleId::fresh(), parsed(&permissions)?);
                let command = CreateRole { workspace, id, name, description, permissions, is_default };
                say!("{}", told(&at.commands.execute(&Actor::operator(), command).await?))
            }
            Self::Edit(edit) => {
                let workspace = at.workspace(&edit.workspace).await?;
                let id = at.role(&workspace, &edit.role).await?.id;
                let Edit { name, description, permissions, default, .. } = edit;
                let permissions = permissions.as_deref().map(parsed).transpose()?;
                let is_default = default.then_some(true);
                let command = UpdateRole { workspace: workspace.id, id, name, description, permissions, is_default };
                say!("{}", told(&at.commands.execute(&Actor::operator(), command).await?))
            }
            Self::Delete { role, workspace } => {
                let workspace = at.workspace(&workspace).await?;
                let role = at.role(&workspace, &role).await?;
                at.commands.execute(&Actor::operator(), DeleteRole { workspace: workspace.id, id: role.id }).await?;
                say!("Deleted the role {}.", role.name)
            }
        }
    }
}

async fn list(at: &At, workspace: &str) -> Result<(), CliError> {
    let workspace = at.workspace(workspace).await?;
    let mut conn = at.store.read().await?;
    let mut rows = Vec::new();
    for role in roles::of_workspace(&mut conn, workspace.id).await? {
        let (users, rules) = roles::uses(&mut conn, workspace.id, role.id).await?;
        let kind = match (role.is_system, role.is_default) {
            (true, true) => "built in, default",
            (true, false) => "built in",
            (false, true) => "default",
            (false, false) => "",
        };
        let may = if role.permissions == Permissions::ALL { "everything".to_owned() } else { names(role.permissions) };
        rows.push(vec![role.name, kind.to_owned(), users.to_string(), rules.to_string(), may, role.id.to_string()]);
    }
    write(format_args!("{}", table(&["ROLE", "KIND", "USERS", "RULES", "PERMISSIONS", "ID"], &rows)))
}

fn names(permissions: Permissions) -> String {
    permissions.names().collect::<Vec<_>>().join(",")
}

/// The permissions of those names.
fn parsed(names: &[String]) -> Result<Permissions, CliError> {
    Permissions::of(names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()))
        .map_err(|name| CliError::Said(format!("there is no permission \"{name}\"; see `role permissions`")))
}

fn told(role: &Role) -> String {
    let default = if role.is_default { ", the default" } else { "" };
    let may = if role.permissions == Permissions::NONE { "nothing".to_owned() } else { names(role.permissions) };
    format!("Role {}{default}: may {may}.", role.name)
}
