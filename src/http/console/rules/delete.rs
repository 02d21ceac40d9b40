//! Deleting a rule: who would change, and then doing it.

use super::edit::{reasons, refuse};
use super::form::{Choices, Step};
use super::look::{self, BELOW, Change};
use crate::command::rules::DeleteRule;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section};
use crate::http::pages;
use crate::ids::RuleId;

/// `POST /settings/rules/{id}/delete`
pub async fn delete(asked: Asked) -> Answer {
    let (workspace, id) = (asked.workspace()?, asked.id(0, RuleId::parse)?);
    let command = DeleteRule { workspace, id };
    if Step::of(&asked) == Step::Save {
        return match asked.execute(command).await {
            Ok(()) => Ok(pages::redirect("/settings/rules?done=deleted")),
            Err(error) => refuse(&asked, id, error).await,
        };
    }
    let preview = match asked.foresees(command).await {
        Ok(preview) => preview,
        Err(error) => return refuse(&asked, id, error).await,
    };
    let frame = Frame::of(&asked, Section::RULES).await?;
    let mut conn = asked.read().await?;
    let choices = Choices::of(&mut conn, workspace).await?;
    let mut rules = reasons(&mut conn, workspace).await?;
    let name = rules.iter().find(|(rule, _, _)| *rule == id).map(|(_, group, _)| group.clone()).unwrap_or_default();
    rules.retain(|(rule, _, _)| *rule != id);
    let change = Change {
        below: BELOW,
        sentence: frame.fill("rules-look-delete").with("group", name).to_string(),
        action: format!("/settings/rules/{id}/delete"),
        fields: Vec::new(),
        button: frame.say("rules-delete").into_owned(),
        is_danger: true,
        back: Some(format!("/settings/rules/{id}")),
        rules,
        edited: None,
    };
    look::page(&frame, &choices, &preview, &change)
}
