//! What stands around every page of the console: where one is, what one may see, in which language, and what was just done.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::texts::{Fill, Language};
use super::trouble;
use crate::command::CommandError;
use crate::domain::permission::Permissions;
use crate::domain::workspace::Workspace;
use crate::http::browser::{Asked, Trouble};
use crate::http::pages;
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

/// What stands around a page. A template has it as `frame`, and extends `frame.html`.
pub struct Frame {
    /// The language.
    pub language: Language,
    /// What every form carries in the hidden field `form`.
    pub proof: String,
    /// Whether it is the answer to a form, which can't be fetched once more.
    pub is_answer: bool,
    /// The address of the page, to which somebody comes back who chose another language.
    pub here: String,
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
    /// What was just done.
    pub done: Option<String>,
    /// Why something was not done.
    pub error: Option<String>,
    /// The time of the page.
    pub now: DateTime<Utc>,
}

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
        Ok(Self {
            language,
            proof: asked.proof.clone(),
            is_answer: asked.here.is_empty(),
            here: if asked.here.is_empty() { section.path.to_owned() } else { asked.here.clone() },
            workspace: found.ok_or(CommandError::NotFound)?,
            person: visitor.user.full_name(),
            user: visitor.user.id,
            permissions: visitor.permissions,
            menu: Section::ALL.iter().filter(may).map(entry).collect(),
            done: None,
            error: None,
            now: asked.app.clock.now(),
        })
    }

    /// The same, with what was just done, where the address says so: `?done=deactivated` is the text `users-done-deactivated`
    /// of the prefix `users-done`. A page names the words that it knows, so that an address can't make it say others.
    #[must_use]
    pub fn after(mut self, asked: &Asked, prefix: &str, known: &[&str]) -> Self {
        let word = asked.field("done").filter(|word| known.contains(word));
        self.done = word.map(|word| self.language.say(&format!("{prefix}-{word}")).into_owned());
        self
    }

    /// The same, with why something was not done. An error of ours is none that this page could show.
    ///
    /// # Errors
    /// [`Trouble`]
    pub fn refused(mut self, error: CommandError) -> Result<Self, Trouble> {
        match trouble::words(self.language, &error) {
            Some(words) => {
                self.error = Some(words);
                Ok(self)
            }
            None => Err(error.into()),
        }
    }

    /// The same, with a sentence that says what is wrong with what was typed.
    #[must_use]
    pub fn wrong(mut self, sentence: impl Into<String>) -> Self {
        self.error = Some(sentence.into());
        self
    }

    /// The status of a page with this frame: 200, or 422 where something was not done.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        if self.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    /// A sentence.
    #[must_use]
    pub fn say(&self, name: &str) -> Cow<'static, str> {
        self.language.say(name)
    }

    /// A sentence with values.
    #[must_use]
    pub fn fill(&self, name: &'static str) -> Fill {
        self.language.fill(name)
    }

    /// A sentence that says how many, with the value `count`.
    #[must_use]
    pub fn count(&self, name: &'static str, count: impl super::texts::Value) -> Fill {
        self.language.fill(name).with("count", count)
    }

    /// Whether whoever reads has a permission.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.has(permission)
    }

    /// A moment, in full.
    #[must_use]
    pub fn moment(&self, at: &DateTime<Utc>) -> String {
        self.language.moment(*at)
    }

    /// How long ago something was; "never" where it was not.
    #[must_use]
    pub fn ago(&self, at: Option<&DateTime<Utc>>) -> String {
        match at {
            Some(at) => self.language.ago(*at, self.now),
            None => self.language.say("calendar-never").into_owned(),
        }
    }
}

/// A page of the console, with the status of its frame.
pub fn shown(status: StatusCode, template: &impl askama::Template) -> Response {
    pages::page_with_script(status, template)
}
