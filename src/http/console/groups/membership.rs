//! Who is in a group, by hand: who would change with it, and then doing it; at once where nobody would.

use uuid::Uuid;

use super::edit::{edit, refuse};
use super::list::is_kept_elsewhere;
use crate::command::groups::{Condition, EditGroup};
use crate::command::{CommandError, Preview};
use crate::domain::group::{Group, MemberEdit, NewMember};
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section};
use crate::http::console::rules::form::{Choices, Step};
use crate::http::console::rules::look::{self, Change};
use crate::http::pages;
use crate::ids::{GroupId, UserId};
use crate::store::{groups, rules, users};

/// What is done with a member, and the names of its texts.
struct Act {
    path: &'static str,
    done: &'static str,
    sentence: &'static str,
    button: &'static str,
    is_danger: bool,
}

const ADD: Act =
    Act { path: "add", done: "added", sentence: "groups-look-add", button: "groups-look-add-do", is_danger: false };
const REMOVE: Act = Act {
    path: "remove",
    done: "removed",
    sentence: "groups-look-remove",
    button: "groups-look-remove-do",
    is_danger: true,
};

/// The user or group that a form names.
fn member(asked: &Asked) -> Result<Uuid, Trouble> {
    Ok(UserId::parse(asked.text("member")).ok_or(CommandError::NotFound)?.0)
}

/// The change, whatever the group is called now.
fn command(asked: &Asked, members: MemberEdit<Condition>) -> Result<EditGroup, Trouble> {
    edit(asked, Box::new(|group: &Group| Ok(group.profile.clone())), vec![members])
}

async fn change(asked: &Asked, act: &Act, members: impl Fn(Uuid) -> MemberEdit<Condition>) -> Answer {
    let (id, member) = (asked.id(0, GroupId::parse)?, member(asked)?);
    if Step::of(asked) != Step::Save {
        match asked.foresees(command(asked, members(member))?).await {
            Ok(preview) if preview.users() > 0 => return foreseen(asked, act, id, member, &preview).await,
            Ok(_) => {}
            Err(error) => return refuse(asked, id, error).await,
        }
    }
    match asked.execute(command(asked, members(member))?).await {
        Ok(_) => Ok(pages::redirect(&format!("/settings/groups/{id}?done={}", act.done))),
        Err(error) => refuse(asked, id, error).await,
    }
}

/// The page that says who would change.
async fn foreseen(asked: &Asked, act: &Act, id: GroupId, member: Uuid, preview: &Preview) -> Answer {
    let workspace = asked.workspace()?;
    let frame = Frame::of(asked, Section::GROUPS).await?;
    let mut conn = asked.read().await?;
    let group = groups::find(&mut conn, workspace, id).await?.ok_or(CommandError::NotFound)?;
    let name = if let Some(user) = users::find(&mut conn, workspace, UserId(member)).await? {
        user.full_name()
    } else {
        let inner = groups::find(&mut conn, workspace, GroupId(member)).await?;
        inner.map(|inner| inner.profile.display_name).unwrap_or_default()
    };
    let said = frame.fill(act.sentence).with("member", name.as_str());
    let mut sentence = said.with("group", group.profile.display_name.as_str()).to_string();
    if is_kept_elsewhere(&mut conn, workspace, &group).await? {
        sentence = format!("{sentence} {}", frame.say("groups-look-pushed"));
    }
    let rules = rules::of_workspace(&mut conn, workspace).await?;
    let choices = Choices::of(&mut conn, workspace).await?;
    let change = Change {
        below: ("/settings/groups", "groups-title"),
        sentence,
        action: format!("/settings/groups/{id}/{}", act.path),
        fields: vec![("member", member.to_string())],
        button: frame.fill(act.button).with("member", name).to_string(),
        is_danger: act.is_danger,
        back: Some(format!("/settings/groups/{id}")),
        rules: rules.into_iter().map(|rule| (rule.id, rule.group_name, rule.priority)).collect(),
        edited: None,
    };
    look::page(&frame, &choices, preview, &change)
}

/// `POST /settings/groups/{id}/add`
pub async fn add(asked: Asked) -> Answer {
    change(&asked, &ADD, |id| MemberEdit::Add(vec![NewMember { id, kind: None }])).await
}

/// `POST /settings/groups/{id}/remove`
pub async fn remove(asked: Asked) -> Answer {
    change(&asked, &REMOVE, |id| MemberEdit::Remove(vec![id])).await
}
