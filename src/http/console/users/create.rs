//! `/settings/users/new`: New User.

use askama::Template;

use super::parts::{self, Choice};
use crate::command::CommandError;
use crate::command::mails::Unwelcomed;
use crate::command::users::{CreateUser, RoleChoice};
use crate::domain::email::Email;
use crate::domain::user::{Profile, Standing, User, UserDraft};
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};
use crate::ids::{RoleId, UserId};
use crate::password;
use crate::store::roles;

#[derive(Template)]
#[template(path = "users/new.html")]
#[allow(clippy::struct_excessive_bools)]
struct Page<'a> {
    frame: &'a Frame,
    full_name: &'a str,
    email: &'a str,
    roles: Vec<Choice>,
    no_welcome: bool,
    protected: bool,
    may_protect: bool,
    /// Whether mail goes out at all.
    has_mail: bool,
    /// What happens with the seats.
    seats: String,
    /// The field that is wrong.
    wrong: &'static str,
}

/// `GET /settings/users/new`
pub async fn ask(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    page(&asked, &frame, "").await
}

async fn page(asked: &Asked, frame: &Frame, wrong: &'static str) -> Answer {
    let mut conn = asked.read().await?;
    let all = roles::of_workspace(&mut conn, frame.workspace.id).await?;
    let default = all.iter().find(|role| role.is_default).map(|role| role.id.to_string()).unwrap_or_default();
    let seats = frame.workspace.seats(&asked.app.plans);
    let posting = crate::app::posting(&asked.app.settings);
    let page = Page {
        full_name: asked.text("full_name"),
        email: asked.text("email"),
        roles: parts::roles(&mut conn, frame, asked.field("role").unwrap_or(&default)).await?,
        no_welcome: asked.is_on("no_welcome"),
        protected: asked.is_on("protected"),
        may_protect: parts::may_protect(frame),
        has_mail: posting.enabled && posting.welcome,
        seats: format!(
            "{} {}",
            frame.fill("users-seats-now").with("used", seats.used).with("limit", seats.limit),
            parts::seat(frame, seats)
        ),
        wrong,
        frame,
    };
    Ok(shown(frame.status(), &page))
}

/// `POST /settings/users/new`
pub async fn run(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    match made(&asked, &frame).await? {
        Ok(user) if user.standing == Standing::Waiting => Ok(parts::back(user.id, "queued")),
        Ok(user) => Ok(parts::back(user.id, "created")),
        Err(Refused::Field(field, sentence)) => page(&asked, &frame.wrong(sentence), field).await,
        Err(Refused::Command(error)) => {
            let field = if matches!(error, CommandError::Clash { .. }) { "email" } else { "" };
            page(&asked, &parts::refused(frame, error)?, field).await
        }
    }
}

enum Refused {
    Field(&'static str, String),
    Command(CommandError),
}

async fn made(asked: &Asked, frame: &Frame) -> Result<Result<User, Refused>, Trouble> {
    let wrong = |field, name: &str| Ok(Err(Refused::Field(field, frame.say(name).into_owned())));
    let name = asked.text("full_name");
    if !parts::is_name(name) {
        return wrong("full_name", "users-wrong-name");
    }
    let Some(email) = Email::parse(asked.text("email")) else { return wrong("email", "users-wrong-email") };
    let mut conn = asked.read().await?;
    let all = roles::of_workspace(&mut conn, frame.workspace.id).await?;
    drop(conn);
    let role = asked.field("role").and_then(RoleId::parse);
    let role = match role.and_then(|id| all.iter().find(|role| role.id == id)) {
        // What is there when the page opens is no decision against the rules.
        Some(role) if role.is_default => RoleChoice::Default,
        Some(role) => RoleChoice::Id(role.id),
        None => return wrong("role", "users-wrong-role"),
    };
    let password_hash = match asked.field("password") {
        None => None,
        Some(chosen) => {
            let words = vec![email.as_str().to_owned(), name.to_owned(), frame.workspace.name.as_str().to_owned()];
            match password::hash_for(chosen.to_owned(), words).await {
                Ok(hash) => Some(hash),
                Err(refused) => {
                    return Ok(Err(Refused::Field("password", parts::about_password(frame, &refused)?)));
                }
            }
        }
    };
    let command = CreateUser {
        workspace: frame.workspace.id,
        id: UserId::fresh(),
        draft: UserDraft { profile: Profile::by_hand(&email, name), active: Some(true) },
        password_hash,
        role,
        protected: asked.is_on("protected"),
        provisioned: false,
    };
    let made =
        if asked.is_on("no_welcome") { asked.execute(Unwelcomed(command)).await } else { asked.execute(command).await };
    Ok(made.map_err(Refused::Command))
}
