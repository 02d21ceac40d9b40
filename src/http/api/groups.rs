//! `/groups`: what identity providers push, seen and, where there is no provider, changed by hand.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, created, done, named, success, uuid};
use super::shape::{Listed, Page, Paging, Search};
use crate::command::groups::{CreateGroup, DeleteGroup, EditGroup};
use crate::domain::group::{self, GroupProfile, MemberEdit, NewMember as Added};
use crate::domain::user::Standing;
use crate::domain::version::Expected;
use crate::ids::GroupId;
use crate::store::groups as rows;

/// A group.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Group {
    id: Uuid,
    display_name: String,
    /// The identity provider's own id for it.
    external_id: Option<String>,
    /// How many users and groups are members of it themselves.
    member_count: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Listed for Group {
    const PLURAL: &'static str = "groups";
}

impl From<group::Group> for Group {
    fn from(group: group::Group) -> Self {
        Self {
            id: group.id.0,
            display_name: group.profile.display_name,
            external_id: group.profile.external_id,
            member_count: group.members,
            created_at: group.created_at,
            updated_at: group.updated_at,
        }
    }
}

/// A new group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    /// 1 to 100 characters.
    display_name: String,
    /// Users and groups that are in it from the start.
    #[serde(default)]
    members: Vec<String>,
}

/// Another name for a group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// 1 to 100 characters.
    display_name: String,
}

/// Somebody to be put into a group.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewGroupMember")]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// A user or another group.
    member_id: String,
}

/// Somebody who is in a group.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GroupMember")]
pub struct Member {
    user_id: Uuid,
    full_name: String,
    email: String,
    is_active: bool,
    /// Whether they are a member themselves; else a group that they are in is.
    is_direct: bool,
}

impl Listed for Member {
    const PLURAL: &'static str = "members";
}

impl From<rows::members::EverybodyRow> for Member {
    fn from(row: rows::members::EverybodyRow) -> Self {
        Self {
            user_id: row.id,
            full_name: row.name,
            email: row.email,
            is_active: row.standing == Standing::Active.name(),
            is_direct: row.direct == 1,
        }
    }
}

fn name(name: &str) -> Result<String, Failure> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || crate::text::printable(name) != name {
        return Err(Failure::invalid("display_name: has 1 to 100 printable characters."));
    }
    Ok(name.to_owned())
}

fn member(id: &str) -> Result<Added, Failure> {
    Ok(Added { id: named("member_id", id, uuid)?, kind: None })
}

/// `GET /groups`
pub async fn list(call: Call) -> Answer {
    let query: Search = call.query()?;
    let page = Page::of(query.page, query.limit)?;
    let (workspace, search) = (call.workspace(), query.search.as_deref().unwrap_or_default());
    let (groups, total) = rows::page(&mut call.read().await?, workspace, search, page.offset(), page.limit).await?;
    success(&page.list(groups.into_iter().map(Group::from).collect(), total))
}

/// `GET /groups/{id}`
pub async fn read(call: Call) -> Answer {
    let id = call.id(0, GroupId::parse)?;
    let group = rows::find(&mut call.read().await?, call.workspace(), id).await?;
    success(&Group::from(group.ok_or_else(Failure::not_found)?))
}

/// `POST /groups`
pub async fn create(call: Call) -> Answer {
    let new: NewGroup = call.body()?;
    let command = CreateGroup {
        workspace: call.workspace(),
        id: GroupId::fresh(),
        profile: GroupProfile { display_name: name(&new.display_name)?, external_id: None },
        members: new.members.iter().map(|id| member(id)).collect::<Result<_, _>>()?,
    };
    created(&Group::from(call.execute(command).await?))
}

async fn edit(
    call: &Call,
    edit: crate::command::groups::Edit,
    members: Vec<MemberEdit<crate::command::groups::Condition>>,
) -> Answer {
    let id = call.id(0, GroupId::parse)?;
    let command = EditGroup { workspace: call.workspace(), id, expected: Expected::Any, edit, members };
    success(&Group::from(call.execute(command).await?))
}

/// `PUT /groups/{id}`
pub async fn rename(call: Call) -> Answer {
    let wanted: Rename = call.body()?;
    let name = name(&wanted.display_name)?;
    let renamed = move |group: &group::Group| {
        Ok(GroupProfile { display_name: name.clone(), external_id: group.profile.external_id.clone() })
    };
    edit(&call, Box::new(renamed), Vec::new()).await
}

/// `DELETE /groups/{id}`
pub async fn delete(call: Call) -> Answer {
    let id = call.id(0, GroupId::parse)?;
    call.execute(DeleteGroup { workspace: call.workspace(), id, expected: Expected::Any }).await?;
    done()
}

/// `GET /groups/{id}/members`
pub async fn members(call: Call) -> Answer {
    let Paging { page, limit } = call.query()?;
    let (page, id) = (Page::of(page, limit)?, call.id(0, GroupId::parse)?);
    let mut conn = call.read().await?;
    rows::find(&mut conn, call.workspace(), id).await?.ok_or_else(Failure::not_found)?;
    let everybody = rows::members::everybody_in(&mut conn, id).await?;
    success(&page.cut(everybody.into_iter().map(Member::from).collect()))
}

/// `POST /groups/{id}/members`
pub async fn add(call: Call) -> Answer {
    let new: NewMember = call.body()?;
    let added = vec![MemberEdit::Add(vec![member(&new.member_id)?])];
    edit(&call, Box::new(|group| Ok(group.profile.clone())), added).await
}

/// `DELETE /groups/{id}/members/{member_id}`
pub async fn remove(call: Call) -> Answer {
    let removed = vec![MemberEdit::Remove(vec![call.id(1, uuid)?])];
    edit(&call, Box::new(|group| Ok(group.profile.clone())), removed).await
}
