//! `/setup/{token}`: where a set-up link leads. Looking at it uses nothing up: programs that look at mail open links too.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::plain::{Plain, Step};
use crate::command::CommandError;
use crate::command::first_run::UseFirstRun;
use crate::command::setup_links::{Act, ThroughLink};
use crate::domain::access::Actor;
use crate::domain::email::Email;
use crate::domain::permission::Permissions;
use crate::domain::session::{Door, Stage};
use crate::domain::setup_link::{Kind, SetupLink};
use crate::domain::user::Profile;
use crate::domain::workspace::WorkspaceName;
use crate::http::around::Around;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::shown;
use crate::http::session::with_cookie;
use crate::http::turned_away::ended;
use crate::http::{pages, session};
use crate::ids::UserId;
use crate::password::{self, PasswordError};
use crate::secret;
use crate::store::{setup_links, workspaces};

#[derive(Template)]
#[template(path = "setup/first.html")]
struct First<'a> {
    frame: Plain,
    token: &'a str,
    plans: Vec<Plan<'a>>,
    workspace: &'a str,
    name: &'a str,
    email: &'a str,
    /// The field that something is wrong with.
    wrong: &'static str,
}

/// A plan to choose.
struct Plan<'a> {
    name: &'a str,
    title: &'a str,
    seats: i64,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "setup/welcome.html")]
struct Welcome<'a> {
    frame: Plain,
    token: &'a str,
    workspace: String,
    link: &'a SetupLink,
}

/// What a link is good for.
enum Found {
    Open(Box<SetupLink>),
    /// Somebody was faster.
    Used,
    Nothing,
}

/// The link of the path.
async fn found(asked: &Asked) -> Result<Found, Trouble> {
    let token = asked.path.first().map_or("", String::as_str);
    if !secret::is_plain(token) {
        return Ok(Found::Nothing);
    }
    let mut conn = asked.read().await?;
    let Some(link) = setup_links::find_by_hash(&mut conn, secret::hash(token)).await? else {
        return Ok(Found::Nothing);
    };
    let is_taken = link.kind == Kind::FirstRun && (link.used_at.is_some() || workspaces::is_any(&mut conn).await?);
    Ok(match link {
        _ if is_taken => Found::Used,
        link if link.is_open(asked.app.clock.now()) => Found::Open(Box::new(link)),
        _ => Found::Nothing,
    })
}

/// That the first run is over.
fn used(asked: &Asked) -> Response {
    let around = Around::plain(asked, "/login");
    let sentence = around.say("setup-used");
    pages::notice(&around, StatusCode::GONE, "setup-used-title", sentence, Some(("setup-log-in", "/login")))
}

/// `GET /setup/{token}`
pub async fn show(asked: Asked) -> Answer {
    match found(&asked).await? {
        Found::Open(link) if link.kind == Kind::FirstRun => Ok(first(&asked, plain(&asked), "")),
        Found::Open(link) => welcome(&asked, &link).await,
        Found::Used => Ok(used(&asked)),
        Found::Nothing => Ok(ended(&Around::plain(&asked, "/login"))),
    }
}

/// `POST /setup/{token}`
pub async fn enter(asked: Asked) -> Answer {
    match found(&asked).await? {
        Found::Open(link) if link.kind == Kind::FirstRun => begin(&asked, &link).await,
        Found::Open(link) => open(&asked, &link).await,
        Found::Used => Ok(used(&asked)),
        Found::Nothing => Ok(ended(&Around::plain(&asked, "/login"))),
    }
}

/// The frame of a page behind the link, to which somebody comes back.
fn plain(asked: &Asked) -> Plain {
    Plain::of(asked, &format!("/setup/{}", asked.path.first().map_or("", String::as_str)))
}

fn first(asked: &Asked, mut frame: Plain, wrong: &'static str) -> Response {
    let chosen = asked.field("plan").unwrap_or("growth");
    let plan = |name| {
        let plan = asked.app.plans.get(name)?;
        Some(Plan { name, title: &plan.title, seats: plan.seats, is_chosen: name == chosen })
    };
    for (place, name) in super::walk::STEPS.into_iter().enumerate() {
        frame.part.steps.push(Step {
            label: frame.language.say(name),
            path: None,
            is_current: place == 0,
            is_done: false,
        });
    }
    let status = frame.status();
    let page = First {
        token: asked.path.first().map_or("", String::as_str),
        plans: asked.app.plans.names().filter_map(plan).collect(),
        workspace: asked.text("workspace"),
        name: asked.text("name"),
        email: asked.text("email"),
        wrong,
        frame,
    };
    shown(status, &page)
}

/// Makes the first workspace and its Admin, and logs them in.
async fn begin(asked: &Asked, link: &SetupLink) -> Answer {
    let frame = plain(asked);
    let not = |sentence: &str, wrong| {
        let frame = plain(asked);
        let sentence = frame.say(sentence);
        Ok(first(asked, frame.wrong(sentence), wrong))
    };
    let Ok(workspace) = WorkspaceName::parse(asked.text("workspace")) else {
        return not("setup-wrong-workspace", "workspace");
    };
    let name = asked.text("name");
    if name.is_empty() || name.chars().count() > 255 {
        return not("setup-wrong-name", "name");
    }
    let Some(email) = Email::parse(asked.text("email")) else { return not("setup-wrong-email", "email") };
    let words = vec![email.as_str().to_owned(), name.to_owned(), workspace.as_str().to_owned()];
    let chosen = asked.field("password").unwrap_or_default().to_owned();
    let password_hash = match password::hash_for(chosen, words).await {
        Ok(hash) => hash,
        Err(PasswordError::TooShort) => return not("setup-password-short", "password"),
        Err(PasswordError::TooLong) => return not("setup-password-long", "password"),
        Err(PasswordError::TooEasy) => return not("setup-password-easy", "password"),
        Err(error @ PasswordError::Hash(_)) => return Err(Trouble::Internal(error.to_string())),
    };
    let (opening, token) = asked.opening(Door::Password, Stage::Full)?;
    let command = UseFirstRun {
        link: link.id,
        name: workspace,
        plan: asked.text("plan").to_owned(),
        user: UserId::fresh(),
        profile: Profile::by_hand(&email, name),
        password_hash,
        opening,
    };
    match asked.app.commands.execute(&by(asked, link), command).await {
        Ok(Some(_)) => Ok(with_cookie(pages::redirect("/settings/setup"), session::cookie(&token))),
        Ok(None) => Ok(used(asked)),
        Err(error) => Ok(first(asked, frame.refused(error)?, "")),
    }
}

/// Whoever acts by what a link allows.
fn by(asked: &Asked, link: &SetupLink) -> Actor {
    Actor { powers: Permissions::ALL, ..asked.acting("setup_link", Some(link.id.to_string()), &link.name) }
}

async fn welcome(asked: &Asked, link: &SetupLink) -> Answer {
    let frame = plain(asked);
    let Some(id) = link.workspace else { return Ok(ended(&Around::plain(asked, "/login"))) };
    let workspace = workspaces::find(&mut asked.read().await?, id).await?.ok_or(CommandError::NotFound)?;
    let token = asked.path.first().map_or("", String::as_str);
    Ok(shown(StatusCode::OK, &Welcome { frame, token, workspace: workspace.name.as_str().to_owned(), link }))
}

/// Gives whoever begins the cookie that stands for the link.
async fn open(asked: &Asked, link: &SetupLink) -> Answer {
    let Some(workspace) = link.workspace else { return Ok(ended(&Around::plain(asked, "/login"))) };
    let command = ThroughLink { workspace, link: link.id, act: Act::Open };
    match asked.app.commands.execute(&by(asked, link), command).await {
        Ok(_) => {
            let cookie = session::set(session::SETUP, &asked.app.browser_keys.setup(link.id), "");
            Ok(with_cookie(pages::redirect("/setup"), cookie))
        }
        Err(CommandError::NotFound) => Ok(ended(&Around::plain(asked, "/login"))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /setup/leave`: whoever used the link at a browser of others takes nothing of it along.
pub async fn leave(asked: Asked) -> Answer {
    let around = Around::plain(&asked, "/login");
    let response = pages::notice(&around, StatusCode::OK, "setup-left-title", around.say("setup-left"), None);
    Ok(with_cookie(response, session::set(session::SETUP, "", "; Max-Age=0")))
}
