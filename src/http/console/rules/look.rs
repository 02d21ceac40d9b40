//! Who would change, before a change of a rule, a group or the default role is made: everybody's role and teams before and
//! after, and why.

use std::collections::BTreeMap;

use askama::Template;
use serde_json::Value;

use super::form::Choices;
use crate::command::Preview;
use crate::domain::event::Event;
use crate::http::browser::Answer;
use crate::http::console::frame::{Frame, shown};
use crate::ids::{RuleId, TeamId};

/// People who are shown one by one.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "rules/look.html")]
struct Page<'a> {
    frame: &'a Frame,
    sentence: String,
    total: usize,
    rest: usize,
    moves: Vec<(String, String, usize)>,
    people: Vec<Person>,
    change: &'a Change,
}

/// Where changes of rules are made.
pub const BELOW: (&str, &str) = ("/settings/rules", "rules-title");

/// The change that is looked at, as the form of the page sends it again.
pub struct Change {
    /// The page that it stands below, and the text that is its title.
    pub below: (&'static str, &'static str),
    /// What would be done, in a sentence.
    pub sentence: String,
    /// Where the form goes.
    pub action: String,
    /// What it says.
    pub fields: Vec<(&'static str, String)>,
    /// What the button says that does it.
    pub button: String,
    /// Whether that takes something away.
    pub is_danger: bool,
    /// Whether one can go back to a form, which then shows the same again; else to which page.
    pub back: Option<String>,
    /// The rules as they would be, by what a reason needs: id, group and priority.
    pub rules: Vec<(RuleId, String, i64)>,
    /// The rule that is edited: where somebody's role changes and the rule that decides stays, it is this one.
    pub edited: Option<RuleId>,
}

/// Somebody who would change.
#[derive(Default)]
struct Person {
    id: String,
    name: String,
    role: Option<(String, String)>,
    because: Option<String>,
    joins: Vec<String>,
    leaves: Vec<String>,
}

/// The page.
// An answer like its neighbours, which read.
#[allow(clippy::unnecessary_wraps)]
pub fn page(frame: &Frame, choices: &Choices, preview: &Preview, change: &Change) -> Answer {
    let mut order: Vec<Person> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for event in preview.of_users() {
        let place = *places.entry(event.subject_id.as_str()).or_insert_with(|| {
            order.push(Person { id: event.subject_id.clone(), name: event.subject_name.clone(), ..Person::default() });
            order.len() - 1
        });
        if let Some(person) = order.get_mut(place) {
            note(frame, choices, change, event, person);
        }
    }
    let mut moves: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (old, new) in order.iter().filter_map(|person| person.role.as_ref()) {
        *moves.entry((old, new)).or_default() += 1;
    }
    let moves = moves.into_iter().map(|((old, new), count)| (old.to_owned(), new.to_owned(), count)).collect();
    let total = order.len();
    order.truncate(SHOWN);
    let sentence = change.sentence.clone();
    let page = Page { frame, sentence, total, rest: total - order.len(), moves, people: order, change };
    Ok(shown(frame.status(), &page))
}

fn note(frame: &Frame, choices: &Choices, change: &Change, event: &Event, person: &mut Person) {
    let side = |field: &str, side: &str| event.changes.get(field).and_then(|value| value.get(side)).cloned();
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    if let (Some(old), Some(new)) = (text(side("role", "old")), text(side("role", "new"))) {
        person.role = Some((old, new));
    }
    if event.changes.get("role").is_some() || event.changes.get("rule").is_some() {
        let id = match event.changes.get("rule") {
            Some(_) => text(side("rule", "new")),
            None => change.edited.map(|rule| rule.to_string()),
        };
        let rule = change.rules.iter().find(|(rule, _, _)| Some(rule.to_string()) == id);
        person.because = Some(match rule {
            Some((_, group, priority)) => {
                let said = frame.fill("because-rule").with("group", group.as_str());
                said.with("priority", priority.to_string()).to_string()
            }
            None => frame.say("because-default").into_owned(),
        });
    }
    let ids = |side: &str| {
        let list = event.changes.get("teams").and_then(|teams| teams.get(side)).and_then(Value::as_array);
        let id = |value: &Value| value.as_str().or_else(|| value.get("id")?.as_str()).and_then(TeamId::parse);
        list.into_iter().flatten().filter_map(id).map(|id| choices.team(id).to_owned()).collect::<Vec<_>>()
    };
    person.joins.extend(ids("joined"));
    person.leaves.extend(ids("left"));
}
