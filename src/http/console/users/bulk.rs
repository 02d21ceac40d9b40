//! The same for several people: a page that says for each what will happen, then a command for each.

use std::borrow::Cow;

use askama::Template;
use uuid::Uuid;

use super::fate::{Fate, change, foretold};
use super::parts;
use crate::command::CommandError;
use crate::command::people::{ByHand, EditByHand};
use crate::domain::seat::{SeatPolicy, Seats};
use crate::domain::user::Standing;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::pages;
use crate::http::portion::Portion;
use crate::ids::{RoleId, UserId};
use crate::store::people::{self, PersonRow};
use crate::store::roles;

/// How many people at once: as many as stand on a page.
const MOST: usize = 50;

/// What is to be done with each.
enum Act {
    Activate,
    Deactivate,
    Role(RoleId, String),
}

impl Act {
    /// As the form names it.
    const fn name(&self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Role(..) => "role",
        }
    }

    /// The role that it gives, as the form names it and as people do; both empty where it gives none.
    fn role(&self) -> (String, String) {
        match self {
            Self::Role(id, name) => (id.to_string(), name.clone()),
            Self::Activate | Self::Deactivate => (String::new(), String::new()),
        }
    }

    /// Why there is nothing to do for somebody.
    fn is_so(&self, row: &PersonRow) -> Option<&'static str> {
        let standing = Standing::parse(&row.standing);
        match self {
            Self::Activate if standing == Some(Standing::Active) => Some("users-bulk-active"),
            Self::Activate if standing == Some(Standing::Waiting) => Some("users-bulk-waiting"),
            Self::Deactivate if standing == Some(Standing::Inactive) => Some("users-bulk-inactive"),
            Self::Role(id, _) if row.role_id == id.0 => Some("users-bulk-role"),
            _ => None,
        }
    }

    fn command(&self, frame: &Frame, id: UserId, overrule: bool) -> EditByHand {
        let changes = match self {
            Self::Activate => ByHand { is_active: Some(true), ..ByHand::default() },
            Self::Deactivate => ByHand { is_active: Some(false), ..ByHand::default() },
            Self::Role(role, _) => ByHand { role: Some(*role), ..ByHand::default() },
        };
        change(frame.workspace.id, id, changes, overrule)
    }
}

/// What is asked for; none where that is nothing.
async fn act(asked: &Asked, frame: &Frame) -> Result<Option<Act>, Trouble> {
    Ok(match asked.field("act") {
        Some("activate") => Some(Act::Activate),
        Some("deactivate") => Some(Act::Deactivate),
        Some("role") => {
            let Some(id) = asked.field("role").and_then(RoleId::parse) else { return Ok(None) };
            let role = roles::find(&mut asked.read().await?, frame.workspace.id, id).await?;
            role.map(|role| Act::Role(role.id, role.name))
        }
        _ => None,
    })
}

/// Somebody who was chosen.
struct Row {
    id: Uuid,
    name: String,
    email: String,
    role: String,
    standing: (Cow<'static, str>, &'static str),
    /// Whether it will be done, or was.
    is_done: bool,
    /// What will happen, or why not.
    told: String,
}

impl Row {
    fn of(frame: &Frame, row: &PersonRow, is_done: bool, told: String) -> Self {
        Self {
            id: row.id,
            name: row.full_name.clone(),
            email: row.email.clone().unwrap_or_else(|| row.user_name.clone()),
            role: row.role_name.clone(),
            standing: parts::standing(frame, Standing::parse(&row.standing).unwrap_or(Standing::Inactive)),
            is_done,
            told,
        }
    }
}

#[derive(Template)]
#[template(path = "users/bulk.html")]
struct Ask<'a> {
    frame: &'a Frame,
    act: &'static str,
    role: String,
    title: String,
    rows: Vec<Row>,
    /// Those for whom it will be done.
    count: usize,
    fate: Vec<String>,
    /// What becomes of the seats.
    seats: Option<String>,
    heir: Option<String>,
    /// Whether a provider says otherwise of somebody.
    is_kept: bool,
    button: String,
}

/// `GET /settings/users/bulk`
pub async fn ask(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    let (act, ids) = (act(&asked, &frame).await?, parts::chosen(&asked, MOST));
    let people = people::those(&mut asked.read().await?, frame.workspace.id, &ids).await?;
    let Some(act) = act.filter(|_| !people.is_empty()) else { return Ok(pages::redirect("/settings/users")) };
    let (mut rows, mut all, mut needed, mut is_kept) = (Vec::new(), Fate::default(), 0, false);
    let portion = Portion::begin(&asked.app);
    for row in &people {
        if !rows.is_empty() && portion.is_over() {
            // What becomes of the others shows when it is done.
            rows.push(Row::of(&frame, row, true, frame.say("users-bulk-unforeseen").into_owned()));
            continue;
        }
        if let Some(name) = act.is_so(row) {
            rows.push(Row::of(&frame, row, false, frame.say(name).into_owned()));
            continue;
        }
        let mut told = foretold(&asked, &frame, UserId(row.id), act.command(&frame, UserId(row.id), false)).await?;
        if let Err(CommandError::Owned { .. }) = &told {
            told = foretold(&asked, &frame, UserId(row.id), act.command(&frame, UserId(row.id), true)).await?;
            is_kept = true;
            if told.is_ok() {
                needed += 1;
                rows.push(Row::of(&frame, row, true, frame.say("users-bulk-kept").into_owned()));
                continue;
            }
        }
        match told {
            Ok(fate) => {
                let is_seat = matches!(act, Act::Activate) || row.standing == Standing::Active.name();
                needed += i64::from(is_seat && !matches!(act, Act::Role(..)));
                let what = match act {
                    Act::Deactivate => frame.count("users-fate-conversations", fate.conversations).to_string(),
                    Act::Activate => frame.say("users-bulk-returns").into_owned(),
                    Act::Role(_, ref role) => {
                        let from = frame.fill("users-bulk-role-from").with("old", row.role_name.as_str());
                        from.with("new", role.as_str()).to_string()
                    }
                };
                rows.push(Row::of(&frame, row, true, what));
                all.add(fate);
            }
            Err(error) => {
                let why = parts::words(&frame, &error).unwrap_or_default();
                rows.push(Row::of(&frame, row, false, why));
            }
        }
    }
    let count = rows.iter().filter(|row| row.is_done).count();
    // Each was rehearsed alone: whom all of it would promote is counted by the seats.
    all.promoted.sort_unstable();
    all.promoted.dedup();
    let seats = frame.workspace.seats(&asked.app.plans);
    let (fate, seats_told) = match act {
        Act::Deactivate => (all.sentences(&frame), Some(frame.count("users-bulk-frees", needed).to_string())),
        Act::Activate => (Vec::new(), Some(needs(&frame, seats, needed))),
        Act::Role(..) => (Vec::new(), None),
    };
    let (role, role_name) = act.role();
    let (title, button) = match act {
        Act::Activate => ("users-bulk-activate", "users-bulk-activate-button"),
        Act::Deactivate => ("users-bulk-deactivate", "users-bulk-deactivate-button"),
        Act::Role(..) => ("users-bulk-give-role", "users-bulk-give-role-button"),
    };
    let page = Ask {
        act: act.name(),
        role,
        title: frame.count(title, people.len()).with("role", role_name.as_str()).to_string(),
        button: frame.count(button, count).with("role", role_name.as_str()).to_string(),
        rows,
        count,
        fate,
        seats: seats_told,
        heir: all.heir(&frame),
        is_kept,
        frame: &frame,
    };
    Ok(shown(frame.status(), &page))
}

/// What becomes of the seats where so many more people are to have one.
fn needs(frame: &Frame, seats: Seats, needed: i64) -> String {
    let more = needed - seats.free();
    let first = frame.count("users-bulk-needs", needed).with("free", seats.free()).to_string();
    if more <= 0 {
        return first;
    }
    let then = match frame.workspace.seat_policy {
        SeatPolicy::Reject => "users-bulk-refuses",
        SeatPolicy::Park => "users-bulk-parks",
        SeatPolicy::Overage => "users-bulk-exceeds",
    };
    format!("{first} {}", frame.count(then, more))
}

#[derive(Template)]
#[template(path = "users/bulk_done.html")]
#[allow(clippy::struct_field_names)]
struct Done<'a> {
    frame: &'a Frame,
    done: Vec<Row>,
    refused: Vec<Row>,
    title: String,
    /// Those who are still to come: the fields of the form that goes on with them.
    rest: Vec<Uuid>,
    act: &'static str,
    role: String,
    overrule: bool,
    /// For how many it was done so far, and for how many not.
    did: usize,
    did_not: usize,
}

/// `POST /settings/users/bulk`: each person is a change of their own, and who is refused stops nobody else. What takes longer
/// than a portion is gone on with from the page that says how far it came.
pub async fn run(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    let (act, ids) = (act(&asked, &frame).await?, parts::chosen(&asked, MOST));
    let people = people::those(&mut asked.read().await?, frame.workspace.id, &ids).await?;
    let Some(act) = act.filter(|_| !people.is_empty()) else { return Ok(pages::redirect("/settings/users")) };
    let overrule = asked.is_on("overrule");
    let (mut done, mut refused, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    let portion = Portion::begin(&asked.app);
    for row in &people {
        if !(done.is_empty() && refused.is_empty()) && portion.is_over() {
            rest.push(row.id);
            continue;
        }
        if let Some(name) = act.is_so(row) {
            refused.push(Row::of(&frame, row, false, frame.say(name).into_owned()));
            continue;
        }
        match asked.execute(act.command(&frame, UserId(row.id), overrule)).await {
            Ok(user) => {
                let (standing, role) = (user.standing, user.role.name.clone());
                let row = Row::of(&frame, row, true, String::new());
                done.push(Row { standing: parts::standing(&frame, standing), role, ..row });
            }
            Err(error) => {
                let why = parts::words(&frame, &error);
                // What was done is done: the page says of each how far it came.
                let why = why.unwrap_or_else(|| frame.say("users-bulk-busy").into_owned());
                refused.push(Row::of(&frame, row, false, why));
            }
        }
    }
    let title = match act {
        Act::Activate => "users-bulk-did-activate",
        Act::Deactivate => "users-bulk-did-deactivate",
        Act::Role(..) => "users-bulk-did-role",
    };
    let before = |name: &str| asked.text(name).parse::<u16>().map_or(0, usize::from);
    let (did, did_not) = (before("did") + done.len(), before("did_not") + refused.len());
    let (role, role_name) = act.role();
    let title = frame.count(title, did).with("role", role_name.as_str()).to_string();
    let act = act.name();
    let page = Done { done, refused, title, rest, act, role, overrule, did, did_not, frame: &frame };
    Ok(shown(frame.status(), &page))
}
