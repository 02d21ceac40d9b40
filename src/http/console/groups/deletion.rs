//! Deleting a group: who would change, and then doing it.

use super::edit::refuse;
use crate::command::CommandError;
use crate::command::groups::DeleteGroup;
use crate::domain::version::Expected;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section};
use crate::http::console::rules::form::{Choices, Step};
use crate::http::console::rules::look::{self, Change};
use crate::http::pages;
use crate::ids::GroupId;
use crate::store::{groups, rules};

/// `POST /settings/groups/{id}/delete`
pub async fn delete(asked: Asked) -> Answer {
    let (workspace, id) = (asked.workspace()?, asked.id(0, GroupId::parse)?);
    let command = DeleteGroup { workspace, id, expected: Expected::Any };
    if Step::of(&asked) == Step::Save {
        return match asked.execute(command).await {
            Ok(()) => Ok(pages::redirect("/settings/groups?done=deleted")),
            Err(error) => refuse(&asked, id, error).await,
        };
    }
    let preview = match asked.foresees(command).await {
        Ok(preview) => preview,
        Err(error) => return refuse(&asked, id, error).await,
    };
    let frame = Frame::of(&asked, Section::GROUPS).await?;
    let mut conn = asked.read().await?;
    let group = groups::find(&mut conn, workspace, id).await?.ok_or(CommandError::NotFound)?;
    let name = group.profile.display_name.as_str();
    let others = rules::of_workspace(&mut conn, workspace).await?.into_iter().filter(|rule| rule.group != Some(id));
    let change = Change {
        below: ("/settings/groups", "groups-title"),
        sentence: frame.fill("groups-look-delete").with("group", name).to_string(),
        action: format!("/settings/groups/{id}/delete"),
        fields: Vec::new(),
        button: frame.fill("groups-delete").with("group", name).to_string(),
        is_danger: true,
        back: Some(format!("/settings/groups/{id}")),
        rules: others.map(|rule| (rule.id, rule.group_name, rule.priority)).collect(),
        edited: None,
    };
    let choices = Choices::of(&mut conn, workspace).await?;
    look::page(&frame, &choices, &preview, &change)
}
