//! `/Users` (RFC 7644 §3.3 to §3.6).

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use serde_json::{Map, Value};

use super::call::{Answer, Call, Reply};
use super::error::Failure;
use super::{map, render, search};
use crate::command::users::{CreateUser, DeleteUser, Door, EditUser, RoleChoice};
use crate::domain::user::{User, UserDraft};
use crate::ids::UserId;
use crate::scim::error::ScimError;
use crate::scim::patch::Patch;
use crate::scim::projection::Projection;
use crate::scim::resource::{Context, normalise};
use crate::scim::schema::{AISOULE_TEAMS, ENTERPRISE_USER, ResourceType};
use crate::store::groups::members::belongings;
use crate::store::lookups::{Found, Key};
use crate::store::{StoreError, passwords, teams, users, workspaces};
use crate::{password, scim};

const KIND: ResourceType = ResourceType::User;

/// `GET /Users`
pub async fn list(call: Call) -> Answer {
    let request = scim::list::SearchRequest::from_query(KIND, &call.query, call.profile())?;
    search::page(&call, KIND, &request).await
}

/// `POST /Users/.search` (RFC 7644 §3.4.3)
pub async fn search(call: Call) -> Answer {
    let request = scim::list::SearchRequest::from_body(KIND, &call.json()?, call.profile())?;
    search::page(&call, KIND, &request).await
}

/// `POST /Users`
pub async fn create(call: Call) -> Answer {
    let body = call.json()?;
    create_as(&call, UserId::fresh(), body).await
}

/// `POST /Users`, with the id that the user gets.
pub async fn create_as(call: &Call, id: UserId, body: Value) -> Answer {
    let projection = call.projection(KIND)?;
    let (draft, password) = map::draft(normalise(KIND, body, Context::Create, call.profile())?)?;
    let password_hash = hash(call, password, words(&draft), None).await?;
    let command = CreateUser {
        workspace: call.workspace(),
        id,
        draft,
        password_hash,
        role: RoleChoice::Default,
        protected: false,
        provisioned: true,
    };
    let user = call.commands().execute(&call.actor, command).await?;
    shown(call, &user, &projection, StatusCode::CREATED).await
}

/// `GET /Users/{id}`
pub async fn read(call: Call) -> Answer {
    let projection = call.projection(KIND)?;
    let id = id(&call)?;
    let found = call.app.store.look_up(call.workspace(), Key::Id(id), projection.wants("groups")).await?;
    let Found { row, groups } = found.ok_or_else(ScimError::not_found)?;
    let names_manager = row.manager_id.is_some() && projection.wants(&format!("{ENTERPRISE_USER}:manager.displayName"));
    let teams = teams_of(&call, id, &projection).await?;
    if call.has(row.version, names_manager || !groups.is_empty() || projection.wants(AISOULE_TEAMS)) {
        return Ok(Reply::empty(StatusCode::NOT_MODIFIED).version(row.version));
    }
    let body = render::project_user(render::user_row(&row, &groups, call.base()), &projection, &teams);
    Ok(Reply::json(StatusCode::OK, body).version(row.version).header(LOCATION, &location(&call, id)))
}

/// `PUT /Users/{id}`. What is left out is cleared, but for `active`, `externalId` and the password, which stay: no
/// provider means to reactivate or unlink somebody by silence.
pub async fn replace(call: Call) -> Answer {
    let projection = call.projection(KIND)?;
    let body = call.json()?;
    let unlinks = sets_to_null(&body, "externalId");
    let (draft, password) = map::draft(normalise(KIND, body, Context::Replace, call.profile())?)?;
    let password_hash = hash(&call, password, words(&draft), Some(id(&call)?)).await?;
    let edit = move |user: &User| {
        let mut draft: UserDraft = draft.clone();
        if !unlinks {
            draft.profile.external_id = draft.profile.external_id.or_else(|| user.profile.external_id.clone());
        }
        Ok(draft)
    };
    edited(&call, &projection, Box::new(edit), password_hash).await
}

/// `PATCH /Users/{id}`
pub async fn patch(call: Call) -> Answer {
    let projection = call.projection(KIND)?;
    let patch = Patch::parse(KIND, &call.json()?, call.profile())?;
    let password_hash = match new_password(&call, &patch).await? {
        Some((password, words)) => hash(&call, Some(password), words, Some(id(&call)?)).await?,
        None => None,
    };
    let edit = move |user: &User| {
        let patched = patch.apply(&map::resource(user)).and_then(map::draft).map_err(map::through)?;
        Ok(patched.0)
    };
    edited(&call, &projection, Box::new(edit), password_hash).await
}

/// `DELETE /Users/{id}`
pub async fn delete(call: Call) -> Answer {
    let command =
        DeleteUser { workspace: call.workspace(), id: id(&call)?, expected: call.expected(), door: Door::Provider };
    call.commands().execute(&call.actor, command).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn edited(
    call: &Call,
    projection: &Projection,
    edit: crate::command::users::Edit,
    password_hash: Option<String>,
) -> Answer {
    let command =
        EditUser { workspace: call.workspace(), id: id(call)?, expected: call.expected(), edit, password_hash };
    let user = call.commands().execute(&call.actor, command).await?;
    if call.wants_no_body() {
        return Ok(Reply::no_body(user.version));
    }
    shown(call, &user, projection, StatusCode::OK).await
}

/// An answer with the user in it.
async fn shown(call: &Call, user: &User, projection: &Projection, status: StatusCode) -> Answer {
    let groups = if user.in_groups && projection.wants("groups") {
        belongings(&mut call.app.store.read().await?, &[user.id.0]).await?
    } else {
        Vec::new()
    };
    let teams = teams_of(call, user.id, projection).await?;
    let body = render::project_user(render::user(user, &groups, call.base()), projection, &teams);
    Ok(Reply::json(status, body).version(user.version).header(LOCATION, &location(call, user.id)))
}

/// The teams of a user, where they were asked for.
async fn teams_of(call: &Call, id: UserId, projection: &Projection) -> Result<Vec<teams::BelongsRow>, StoreError> {
    if !projection.wants(AISOULE_TEAMS) {
        return Ok(Vec::new());
    }
    teams::belongings(&mut call.app.store.read().await?, &[id.0]).await
}

/// Where the user is found; every answer with one in it says so, as the examples of RFC 7644 §3 do.
fn location(call: &Call, id: UserId) -> String {
    format!("{}/Users/{id}", call.base())
}

fn id(call: &Call) -> Result<UserId, ScimError> {
    UserId::parse(&call.id).ok_or_else(ScimError::not_found)
}

/// Whether a member of the body, its name in any case, is null.
pub fn sets_to_null(body: &Value, name: &str) -> bool {
    let members = body.as_object().into_iter().flat_map(Map::iter);
    members.filter(|(key, _)| key.eq_ignore_ascii_case(name)).any(|(_, value)| value.is_null())
}

/// The password that a PATCH would set: it is hashed before the change begins.
async fn new_password(call: &Call, patch: &Patch) -> Result<Option<(String, Vec<String>)>, Failure> {
    let may_name_it = |word: &[u8]| word.eq_ignore_ascii_case(b"password") || word.starts_with(b"\\u");
    if !call.body.windows(8).any(may_name_it) {
        return Ok(None);
    }
    let mut conn = call.app.store.read().await?;
    let row = users::find_visible(&mut conn, call.workspace(), id(call)?).await?.ok_or_else(ScimError::not_found)?;
    let user = User::try_from(row)?;
    let (draft, password) = map::draft(patch.apply(&map::resource(&user))?)?;
    Ok(password.map(|password| (password, words(&draft))))
}

/// What is known of somebody, of which they can make no password.
fn words(draft: &UserDraft) -> Vec<String> {
    let profile = &draft.profile;
    let email = profile.email().map(|email| email.as_str().to_owned());
    [Some(profile.user_name.clone()), Some(profile.label()), email].into_iter().flatten().collect()
}

/// The hash of a password, where the workspace takes passwords from identity providers. None where it is the one that
/// the user `of` has already: a provider that repeats itself changes nothing and ends nobody's sessions.
async fn hash(
    call: &Call,
    password: Option<String>,
    mut words: Vec<String>,
    of: Option<UserId>,
) -> Result<Option<String>, Failure> {
    let Some(password) = password else { return Ok(None) };
    let mut conn = call.app.store.read().await?;
    let workspace = workspaces::find(&mut conn, call.workspace()).await?;
    drop(conn);
    words.extend(workspace.as_ref().map(|workspace| workspace.name.as_str().to_owned()));
    if !workspace.is_some_and(|workspace| workspace.scim_passwords) {
        return Err(ScimError::invalid_value(
            "password: this workspace takes no passwords from identity providers; switch off its password sync.",
        )
        .into());
    }
    if let Some(user) = of
        && let Some(present) = present_hash(call, user).await?
    {
        let is_same = call.app.verifier.verify(Some(present), password.clone()).await;
        if is_same.map_err(|_| StoreError::Busy("passwords wait to be compared".into()))? {
            return Ok(None);
        }
    }
    Ok(Some(password::hash_for(password, words).await?))
}

/// The hash of the password that a user has whom the provider sees, unless somebody else chose it for them.
async fn present_hash(call: &Call, user: UserId) -> Result<Option<String>, StoreError> {
    let mut conn = call.app.store.read().await?;
    if !users::find_visible(&mut conn, call.workspace(), user).await?.is_some_and(|row| row.has_password) {
        return Ok(None);
    }
    let kept = passwords::find(&mut conn, user).await?;
    Ok(kept.filter(|kept| !kept.must_change_password).and_then(|kept| kept.password_hash))
}
