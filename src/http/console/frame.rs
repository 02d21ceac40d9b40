//! What stands around every page of the console: where one is, what one may see, in which language, and what was just done.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;

use crate::command::CommandError;
use crate::domain::permission::Permissions;
use crate::domain::workspace::Workspace;
use crate::http::around::Around;
use crate::http::browser::{Asked, Trouble};
use crate::http::pages;
use crate::http::texts::Language;
use crate::ids::UserId;
use crate::store::workspaces;

/// A section of the console, and what one must be allowed to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// The path of its first page.
    pub path: &'static str,
    /// The name of its title among the texts.
    pub title: &'static str,
    /// The permission that it needs.
    pub permission: &'static str,
}

macro_rules! sections {
    ($($name:ident $path:literal $title:literal $permission:literal;)*) => {
        impl Section {
            $(#[allow(missing_docs)] pub const $name: Self = Self { path: $path, title: $title, permission: $permission };)*
            /// All, in the order of the menu.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

sections! {
    USERS "/settings/users" "nav-users" "users:read";
    SEATS "/settings/seats" "nav-seats" "seats:read";
    ROLES "/settings/roles" "nav-roles" "roles:read";
    TEAMS "/settings/teams" "nav-teams" "teams:read";
    GROUPS "/settings/groups" "nav-groups" "groups:read";
    RULES "/settings/rules" "nav-rules" "rules:read";
    REVIEWS "/settings/reviews" "nav-reviews" "reviews:read";
    AUDIT "/settings/audit" "nav-audit" "audit:read";
    PROVISIONING "/settings/provisioning" "nav-provisioning" "tokens:read";
    REQUESTS "/settings/requests" "nav-requests" "log:read";
    SSO "/settings/sso" "nav-sso" "connections:read";
    SETUP_LINKS "/settings/setup-links" "nav-setup-links" "connections:write";
    WEBHOOKS "/settings/webhooks" "nav-webhooks" "webhooks:read";
    CONNECTOR "/settings/connector" "nav-connector" "connector:read";
    KEYS "/settings/keys" "nav-keys" "keys:read";
    HEALTH "/settings/health" "nav-health" "health:read";
}

/// One line of the menu.
pub struct Entry {
    /// Where it leads.
    pub path: &'static str,
    /// What it says.
    pub label: Cow<'static, str>,
    /// Whether one is there.
    pub is_current: bool,
}

/// What only a page of a section has around it.
pub struct Inside {
    /// The workspace.
    pub workspace: Workspace,
    /// Who reads.
    pub person: String,
    /// Who that is.
    pub user: UserId,
    /// What they may do.
    pub permissions: Permissions,
    /// The menu.
    pub menu: Vec<Entry>,
}

/// What stands around a page of a section, which extends `frame.html`.
pub type Frame = Around<Inside>;

impl Frame {
    /// The frame of a page of that section.
    ///
    /// # Errors
    /// [`Trouble`], classified.
    pub async fn of(asked: &Asked, section: Section) -> Result<Self, Trouble> {
        let visitor = asked.visitor()?;
        let found = workspaces::find(&mut asked.app.store.read().await?, visitor.user.workspace_id).await?;
        let language = Language::of(&asked.headers);
        let entry = |one: &Section| Entry {
            path: one.path,
            label: language.say(one.title),
            is_current: one.path == section.path,
        };
        let may = |one: &&Section| visitor.permissions.has(one.permission);
        let inside = Inside {
            workspace: found.ok_or(CommandError::NotFound)?,
            person: visitor.user.full_name(),
            user: visitor.user.id,
            permissions: visitor.permissions,
            menu: Section::ALL.iter().filter(may).map(entry).collect(),
        };
        Ok(Self::with(asked, section.path, inside))
    }

    /// Whether whoever reads has a permission.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.has(permission)
    }
}

/// A page of the console, with the status of its frame.
pub fn shown(status: StatusCode, template: &impl askama::Template) -> Response {
    pages::page_with_script(status, template)
}
