//! `GET /settings/rules`: the rules in the order in which they decide, and other priorities for several at once.

use askama::Template;

use super::form::{Choices, Step, refused};
use super::look::{self, BELOW, Change};
use crate::command::rules::{OrderRules, order_stamp};
use crate::command::{CommandError, Unchanged};
use crate::domain::rule::Rule;
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::pages;
use crate::ids::RuleId;
use crate::store::rules;

/// With more rules than this their order is changed one rule at a time: a form has an end.
const MOST: usize = 150;

#[derive(Template)]
#[template(path = "rules/list.html")]
struct Page<'a> {
    frame: &'a Frame,
    rows: Vec<Row<'a>>,
    may_order: bool,
    /// Of which order the form is made.
    seen: String,
}

struct Row<'a> {
    rule: &'a Rule,
    /// What stands in its field.
    priority: String,
    role: &'a str,
    teams: String,
}

async fn page(asked: &Asked, frame: Frame, typed: Option<&[(String, String)]>) -> Answer {
    let workspace = asked.workspace()?;
    let mut conn = asked.read().await?;
    let all = rules::of_workspace(&mut conn, workspace).await?;
    let choices = Choices::of(&mut conn, workspace).await?;
    let row = |rule: &'_ Rule| {
        let id = rule.id.to_string();
        let found = typed.and_then(|typed| typed.iter().find(|(rule, _)| *rule == id));
        found.map_or_else(|| rule.priority.to_string(), |(_, priority)| priority.clone())
    };
    let mut rows: Vec<Row<'_>> = all
        .iter()
        .map(|rule| Row {
            rule,
            priority: row(rule),
            role: choices.role(rule.role),
            teams: rule.teams.keys().map(|team| choices.team(*team)).collect::<Vec<_>>().join(", "),
        })
        .collect();
    if let Some(typed) = typed {
        // In the order in which they were put.
        rows.sort_by_key(|row| typed.iter().position(|(id, _)| *id == row.rule.id.to_string()).unwrap_or(usize::MAX));
    }
    let now = order_stamp(&all);
    let mut seen = if typed.is_some() { asked.text("seen").to_owned() } else { now.to_string() };
    let stands = all.iter().map(|rule| (rule.group_name.clone().into(), rule.priority.to_string())).collect();
    let frame = frame.overtaken(&mut seen, &now, stands);
    let may_order = frame.may("rules:write") && rows.len() > 1 && rows.len() <= MOST;
    Ok(shown(frame.status(), &Page { frame: &frame, rows, may_order, seen }))
}

/// `GET /settings/rules`
pub async fn show(asked: Asked) -> Answer {
    let known = ["created", "saved", "deleted", "ordered"];
    let frame = Frame::of(&asked, Section::RULES).await?.after(&asked, "rules-done", &known);
    page(&asked, frame, None).await
}

/// The rules and priorities of the form, in its order.
fn pairs(asked: &Asked) -> Vec<(String, String)> {
    let of = |name: &str| {
        let found = asked.fields.iter().filter(|(key, _)| key == name);
        found.map(|(_, value)| value.trim().to_owned()).collect::<Vec<_>>()
    };
    of("rule").into_iter().zip(of("priority")).collect()
}

/// `POST /settings/rules/order`
pub async fn order(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::RULES).await?;
    let (typed, step) = (pairs(&asked), Step::of(&asked));
    if step == Step::Back {
        return page(&asked, frame, Some(&typed)).await;
    }
    let parsed = |(id, priority): &(String, String)| Some((RuleId::parse(id)?, priority.parse().ok()?));
    let Some(priorities) = typed.iter().map(parsed).collect::<Option<Vec<(RuleId, i64)>>>() else {
        let sentence = frame.say("rules-bad-priority").into_owned();
        return page(&asked, frame.wrong(sentence), Some(&typed)).await;
    };
    let workspace = asked.workspace()?;
    let seen = asked.text("seen");
    let command = OrderRules { workspace, priorities: priorities.clone() };
    let command = Unchanged { command, seen: Stamp::sent(seen) };
    let outcome = match step {
        Step::Save => match asked.execute(command).await {
            Ok(_) => return Ok(pages::redirect("/settings/rules?done=ordered")),
            Err(error) => Err(error),
        },
        Step::Look | Step::Back => asked.foresees(command).await,
    };
    let preview = match outcome {
        Ok(preview) => preview,
        Err(CommandError::NotFound) => return Err(CommandError::NotFound.into()),
        Err(error) => return page(&asked, refused(frame, error)?, Some(&typed)).await,
    };
    let mut conn = asked.read().await?;
    let choices = Choices::of(&mut conn, workspace).await?;
    let all = rules::of_workspace(&mut conn, workspace).await?;
    let after = |rule: &Rule| {
        let named = priorities.iter().find(|(id, _)| *id == rule.id);
        (rule.id, rule.group_name.clone(), named.map_or(rule.priority, |(_, priority)| *priority))
    };
    let pairs = typed.into_iter().flat_map(|(rule, priority)| [("rule", rule), ("priority", priority)]);
    let fields = pairs.chain([("seen", seen.to_owned())]).collect();
    let change = Change {
        below: BELOW,
        sentence: frame.say("rules-look-order").into_owned(),
        action: "/settings/rules/order".into(),
        fields,
        button: frame.say("rules-save-order").into_owned(),
        is_danger: false,
        back: None,
        rules: all.iter().map(after).collect(),
        edited: None,
    };
    look::page(&frame, &choices, &preview, &change)
}
