//! `/settings/users/{id}`: one person: what they are, who keeps what of them, where they are logged in, and their story.

use std::borrow::Cow;

use askama::Template;

use super::keepers::{self, Keeper};
use super::parts;
use super::sessions::{self, Line};
use super::story::{self, Chapter};
use super::teams::{self, Teams};
use crate::command::CommandError;
use crate::domain::role::RoleSource;
use crate::domain::user::{Standing, User};
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::query::explanation;
use crate::query::ways_in::ways_in;
use crate::store::groups::members;
use crate::store::{conversations, second_factors};

/// What an address may say was done.
const DONE: &[&str] = &[
    "created",
    "queued",
    "edited",
    "activated",
    "parked",
    "deactivated",
    "password",
    "factor",
    "session",
    "sessions",
    "released",
    "pinned",
    "joined",
    "left",
];

#[derive(Template)]
#[template(path = "users/person.html")]
#[allow(clippy::struct_excessive_bools)]
struct Page<'a> {
    frame: &'a Frame,
    user: &'a User,
    name: String,
    email: String,
    path: String,
    standing: (Cow<'static, str>, &'static str),
    is_oneself: bool,
    is_inactive: bool,
    last_login: String,
    created: String,
    /// How they log in.
    way: String,
    conversations: i64,
    factor: bool,
    keepers: Vec<Keeper>,
    /// Whether the role is the rules' and can be pinned.
    may_pin: bool,
    /// The rules that concern them, in sentences.
    rules: Vec<String>,
    groups: Vec<String>,
    teams: Teams,
    sessions: Vec<Line>,
    story: Vec<Chapter>,
    /// Where the older part of the story begins.
    older: Option<i64>,
    /// Whether this is an older part.
    is_older: bool,
}

/// `GET /settings/users/{id}`
pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?.after(&asked, "users-done", DONE);
    let user = parts::found(&asked).await?;
    page(&asked, frame, &user).await
}

/// What is shown after a form on this page: the page, which says what was done, or why it was not.
pub async fn after<T>(asked: &Asked, user: &User, outcome: Result<T, CommandError>, done: &str) -> Answer {
    match outcome {
        Ok(_) => Ok(parts::back(user.id, done)),
        Err(error) => {
            let mut frame = parts::refused(Frame::of(asked, Section::USERS).await?, error)?;
            // Whoever chooses another language now comes back to the person, not to a form that is no page.
            frame.here = parts::path(user.id);
            page(asked, frame, user).await
        }
    }
}

async fn page(asked: &Asked, mut frame: Frame, user: &User) -> Answer {
    let mut conn = asked.read().await?;
    let explanation = explanation::of(&mut conn, user).await?;
    let teams = teams::of(asked, &mut conn, &frame, &explanation).await?;
    if frame.is_overtaken {
        frame.stands = teams.stands(&frame);
    }
    let frame = &frame;
    let groups = if frame.may("groups:read") {
        members::belongings(&mut conn, &[user.id.0]).await?.into_iter().map(|row| row.display_name).collect()
    } else {
        Vec::new()
    };
    let factor = second_factors::find(&mut conn, user.id).await?;
    let (story, older) = story::of(asked, &mut conn, frame, user.id).await?;
    let ways = ways_in(&mut conn, user).await?;
    let way = match (&ways.connection, ways.password) {
        (Some(connection), true) => frame.fill("users-way-both").with("connection", connection.as_str()).to_string(),
        (Some(connection), false) => frame.fill("users-way-sso").with("connection", connection.as_str()).to_string(),
        (None, true) if user.has_password => frame.say("users-way-password").into_owned(),
        (None, true) => frame.say("users-way-no-password").into_owned(),
        (None, false) => frame.say("users-way-none").into_owned(),
    };
    let rules = explanation.rules.iter().map(|reason| {
        let role = reason.role.clone().unwrap_or_else(|| frame.say("users-rule-no-role").into_owned());
        let name = if reason.decides { "users-rule-decides" } else { "users-rule" };
        let sentence = frame.fill(name).with("group", reason.rule.group_name.as_str());
        sentence.with("priority", reason.rule.priority).with("role", role).to_string()
    });
    let page = Page {
        name: user.full_name(),
        email: parts::email_of(user),
        path: parts::path(user.id),
        standing: parts::standing(frame, user.standing),
        is_oneself: frame.user == user.id,
        is_inactive: user.standing == Standing::Inactive,
        last_login: frame.ago(user.last_login_at.as_ref()),
        created: frame.moment(&user.created_at),
        way,
        conversations: conversations::count_of(&mut conn, user.id).await?,
        factor: factor.is_some_and(|factor| factor.confirmed_at.is_some()),
        keepers: vec![
            keepers::name(frame, user),
            keepers::email(frame, user),
            keepers::role(frame, user, &explanation),
            keepers::active(frame, user),
        ],
        may_pin: user.role_source != RoleSource::Manual,
        rules: if frame.may("rules:read") { rules.collect() } else { Vec::new() },
        groups,
        teams,
        sessions: sessions::of(asked, &mut conn, frame, user).await?,
        story,
        older,
        is_older: asked.field("before").is_some(),
        frame,
        user,
    };
    Ok(shown(frame.status(), &page))
}
