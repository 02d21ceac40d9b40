//! `/users`: AIsoule's users, made and changed by hand.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::call::{Answer, Call, created, done, named, success};
use super::shape::{Listed, Overrule, Page};
use super::{Failure, teams};
use crate::command::mails::Unwelcomed;
use crate::command::people::{ByHand, EditByHand, Pinned, Release};
use crate::command::second_factors::RemoveFactor;
use crate::command::users::{CreateUser, DeleteUser, Door, RoleChoice};
use crate::domain::email::Email;
use crate::domain::user::{Profile, Standing, User as Person, UserDraft};
use crate::domain::version::Expected;
use crate::ids::{RoleId, TeamId, UserId};
use crate::password;
use crate::store::{self, people};

/// Which users to list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// What the name, the address or the userName contains, in any case.
    search: Option<String>,
    /// Those with this role.
    role_id: Option<String>,
    /// Those in this team.
    team_id: Option<String>,
    /// `active`, `inactive` (also those who wait) or `waiting` (for a seat).
    status: Option<String>,
    /// Which page, from 1.
    page: Option<i64>,
    /// Users on a page: 50, where nothing is said, 200 at the most.
    limit: Option<i64>,
}

/// A role, as a user carries it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "UserRole")]
pub struct RoleOf {
    id: Uuid,
    name: String,
    /// Built in: it can't be edited or deleted.
    is_system: bool,
}

/// A user.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(clippy::struct_excessive_bools)]
pub struct User {
    id: Uuid,
    /// What they log in with.
    email: Option<String>,
    /// What colleagues see.
    full_name: String,
    role_id: Uuid,
    role: RoleOf,
    /// Whether they may log in; everybody active takes a seat.
    is_active: bool,
    /// Whether they take conversations now.
    is_available: bool,
    /// The workspace.
    organization_id: Uuid,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// `active`, `inactive` or `waiting` (for a seat).
    status: String,
    /// Why they have their role: `default`, `rule` or `manual`.
    role_source: String,
    /// A break-glass account, which no identity provider can see.
    is_protected: bool,
    /// Whether an identity provider keeps them.
    is_provisioned: bool,
    /// What was decided by hand and holds against the provider and the rules: `full_name`, `email`, `role`, `active`.
    pinned: Vec<&'static str>,
    waiting_since: Option<DateTime<Utc>>,
    last_login_at: Option<DateTime<Utc>>,
}

impl Listed for User {
    const PLURAL: &'static str = "users";
}

impl From<people::PersonRow> for User {
    fn from(row: people::PersonRow) -> Self {
        let pinned = row.pinned();
        Self {
            id: row.id,
            email: row.email,
            full_name: row.full_name,
            role_id: row.role_id,
            role: RoleOf { id: row.role_id, name: row.role_name, is_system: row.role_is_system },
            is_active: row.standing == Standing::Active.name(),
            is_available: row.is_available,
            organization_id: row.workspace_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            status: row.standing,
            role_source: row.role_source,
            is_protected: row.protected,
            is_provisioned: row.provisioned,
            pinned,
            waiting_since: row.waiting_since,
            last_login_at: row.last_login_at,
        }
    }
}

/// A new user.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// What they log in with.
    email: String,
    /// What colleagues see.
    full_name: String,
    /// 12 characters or more; none: they log in through the identity provider, or choose one by "Forgot Password".
    password: Option<String>,
    /// Their role, which is pinned; none: the default role.
    role_id: Option<String>,
    /// A break-glass account, which no identity provider can see.
    #[serde(default)]
    is_protected: bool,
    /// Write no mail to them about how they log in.
    #[serde(default)]
    no_welcome: bool,
}

/// What to change of a user; what is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// What they log in with.
    email: Option<String>,
    /// What colleagues see.
    full_name: Option<String>,
    /// A new password: 12 characters or more.
    password: Option<String>,
    /// Another role, which is pinned.
    role_id: Option<String>,
    /// Whether they may log in.
    is_active: Option<bool>,
    /// Whether they take conversations now.
    is_available: Option<bool>,
    /// That the change is meant where the identity provider says otherwise. A name, an address and a deactivation hold
    /// from then on; an activation holds until the provider's next word.
    overrule: bool,
}

/// `GET /users`
pub async fn list(call: Call) -> Answer {
    let query: Query = call.query()?;
    let page = Page::of(query.page, query.limit)?;
    let standing = query.status.as_deref().map(|status| {
        Standing::parse(status).ok_or_else(|| Failure::invalid("status: must be active, inactive or waiting."))
    });
    let wanted = people::Wanted {
        search: query.search.filter(|search| !search.is_empty()),
        role: query.role_id.as_deref().map(|id| named("role_id", id, RoleId::parse)).transpose()?,
        team: query.team_id.as_deref().map(|id| named("team_id", id, TeamId::parse)).transpose()?,
        standing: standing.transpose()?,
    };
    if wanted.search.as_ref().is_some_and(|search| search.chars().count() > 255) {
        return Err(Failure::invalid("search: has up to 255 characters."));
    }
    let mut conn = call.read().await?;
    let (rows, total) = people::page(&mut conn, call.workspace(), &wanted, page.offset(), page.limit).await?;
    success(&page.list(rows.into_iter().map(User::from).collect(), total))
}

/// `GET /users/{id}`
pub async fn read(call: Call) -> Answer {
    let id = call.id(0, UserId::parse)?;
    success(&shown(&call, id).await?)
}

async fn shown(call: &Call, id: UserId) -> Result<User, Failure> {
    let row = people::find(&mut call.read().await?, call.workspace(), id).await?;
    Ok(row.ok_or_else(Failure::not_found)?.into())
}

/// What the workspace is called, of which nobody in it makes a password.
async fn workspace_name(call: &Call) -> Result<String, Failure> {
    let workspace = store::workspaces::find(&mut call.read().await?, call.workspace()).await?;
    Ok(workspace.map(|workspace| workspace.name.as_str().to_owned()).unwrap_or_default())
}

fn address(email: &str) -> Result<Email, Failure> {
    Email::parse(email).ok_or_else(|| Failure::invalid("email: this is no email address."))
}

/// `POST /users`
pub async fn create(call: Call) -> Answer {
    let new: NewUser = call.body()?;
    let email = address(&new.email)?;
    let name = new.full_name.trim();
    if name.is_empty() || name.chars().count() > 100 || crate::text::printable(name) != name {
        return Err(Failure::invalid("full_name: has 1 to 100 printable characters."));
    }
    let role = new.role_id.as_deref().map(|id| named("role_id", id, RoleId::parse)).transpose()?;
    let password_hash = match new.password {
        Some(password) => {
            let words = vec![email.as_str().to_owned(), name.to_owned(), workspace_name(&call).await?];
            Some(password::hash_for(password, words).await?)
        }
        None => None,
    };
    let profile = Profile::by_hand(&email, name);
    let command = CreateUser {
        workspace: call.workspace(),
        id: UserId::fresh(),
        draft: UserDraft { profile, active: Some(true) },
        password_hash,
        role: role.map_or(RoleChoice::Default, RoleChoice::Id),
        protected: new.is_protected,
        provisioned: false,
    };
    let user = if new.no_welcome { call.execute(Unwelcomed(command)).await? } else { call.execute(command).await? };
    created(&shown(&call, user.id).await?)
}

/// `PUT /users/{id}`
pub async fn update(call: Call) -> Answer {
    let id = call.id(0, UserId::parse)?;
    let wanted: Change = call.body()?;
    let password_hash = match wanted.password {
        // Nobody waits for a hash in vain.
        Some(password) => {
            let user = shown(&call, id).await?;
            let email = wanted.email.clone().or(user.email).unwrap_or_default();
            let name = wanted.full_name.clone().unwrap_or(user.full_name);
            Some(password::hash_for(password, vec![email, name, workspace_name(&call).await?]).await?)
        }
        None => None,
    };
    let changes = ByHand {
        full_name: wanted.full_name,
        email: wanted.email.as_deref().map(address).transpose()?,
        role: wanted.role_id.as_deref().map(|id| named("role_id", id, RoleId::parse)).transpose()?,
        is_active: wanted.is_active,
        is_available: wanted.is_available,
        password_hash,
    };
    let workspace = call.workspace();
    let command = EditByHand { workspace, id, expected: Expected::Any, changes, overrule: wanted.overrule };
    call.execute(command).await?;
    success(&shown(&call, id).await?)
}

/// `DELETE /users/{id}`
pub async fn delete(call: Call) -> Answer {
    let Overrule { overrule } = call.query()?;
    let id = call.id(0, UserId::parse)?;
    let door = Door::Hand { overrule };
    call.execute(DeleteUser { workspace: call.workspace(), id, expected: Expected::Any, door }).await?;
    done()
}

/// `DELETE /users/{id}/second-factor`
pub async fn remove_factor(call: Call) -> Answer {
    let user = call.id(0, UserId::parse)?;
    call.execute(RemoveFactor { workspace: call.workspace(), user }).await?;
    done()
}

/// `DELETE /users/{id}/pins/{field}`
pub async fn release(call: Call) -> Answer {
    let id = call.id(0, UserId::parse)?;
    let field = call.id(1, |name| match name {
        "full_name" => Some(Pinned::FullName),
        "email" => Some(Pinned::Email),
        "role" => Some(Pinned::Role),
        "active" => Some(Pinned::Active),
        _ => None,
    })?;
    call.execute(Release { workspace: call.workspace(), id, field }).await?;
    success(&shown(&call, id).await?)
}

/// Why a user has what they have.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Explanation {
    /// In a sentence: "Agent, because group Support, rule 3".
    text: String,
    role: String,
    /// `default`, `rule` or `manual`.
    source: String,
    /// The rules that concern them, the one that decides first at the front.
    rules: Vec<Reason>,
    teams: Vec<teams::Reason>,
}

/// A rule that concerns somebody.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reason {
    rule_id: Uuid,
    group_id: Option<Uuid>,
    group_name: String,
    priority: i64,
    /// The role that it gives.
    role: Option<String>,
    /// Whether it is the one that decided.
    decides: bool,
}

/// `GET /users/{id}/explanation`
pub async fn explain(call: Call) -> Answer {
    let id = call.id(0, UserId::parse)?;
    let mut conn = call.read().await?;
    let user: Person = store::users::find(&mut conn, call.workspace(), id).await?.ok_or_else(Failure::not_found)?;
    let found = crate::query::explanation::of(&mut conn, &user).await?;
    let reason = |rule: &crate::query::explanation::RuleReason| Reason {
        rule_id: rule.rule.id.0,
        group_id: rule.rule.group.map(|id| id.0),
        group_name: rule.rule.group_name.clone(),
        priority: rule.rule.priority,
        role: rule.role.clone(),
        decides: rule.decides,
    };
    success(&Explanation {
        text: found.text.clone(),
        role: user.role.name.clone(),
        source: user.role_source.name().to_owned(),
        rules: found.rules.iter().map(reason).collect(),
        teams: found.teams.iter().map(teams::Reason::from).collect(),
    })
}
