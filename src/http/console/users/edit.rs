//! `/settings/users/{id}/edit`: another name, address or role for somebody, and their teams.

use askama::Template;

use super::keepers::{self, Keeper};
use super::parts::{self, Choice};
use super::teams::{self, Teams};
use crate::command::CommandError;
use crate::command::people::{ByHand, EditByHand};
use crate::domain::email::Email;
use crate::domain::user::User;
use crate::domain::version::Expected;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::ids::RoleId;

#[derive(Template)]
#[template(path = "users/edit.html")]
struct Page<'a> {
    frame: &'a Frame,
    name: String,
    path: String,
    full_name: String,
    email: String,
    roles: Vec<Choice>,
    version: i64,
    /// Who keeps name and address.
    name_kept: String,
    email_kept: String,
    role_kept: String,
    /// Whether the provider keeps them.
    is_kept: bool,
    overrule: bool,
    wrong: &'static str,
    teams: Teams,
}

/// `GET /settings/users/{id}/edit`
pub async fn ask(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    let user = parts::found(&asked).await?;
    page(&asked, &frame, &user, "").await
}

async fn page(asked: &Asked, frame: &Frame, user: &User, wrong: &'static str) -> Answer {
    let mut conn = asked.read().await?;
    let explanation = crate::query::explanation::of(&mut conn, user).await?;
    let typed = |name: &str, now: String| {
        let is_sent = asked.fields.iter().any(|(key, _)| key == "full_name");
        if is_sent { asked.text(name).to_owned() } else { now }
    };
    let role = user.role.id.to_string();
    let kept = |keeper: Keeper, is_pinned: bool| {
        let is_theirs = user.provisioned && !is_pinned;
        if is_theirs { frame.say("users-kept-provider-edit").into_owned() } else { keeper.kept }
    };
    let teams = teams::of(asked, &mut conn, frame, &explanation).await?;
    let page = Page {
        name: user.full_name(),
        path: parts::path(user.id),
        full_name: typed("full_name", user.full_name()),
        email: typed("email", parts::email_of(user)),
        roles: parts::roles(&mut conn, frame, asked.field("role").unwrap_or(&role)).await?,
        // As it was when somebody began to type.
        version: asked.text("version").parse().ok().filter(|_| !frame.is_overtaken).unwrap_or(user.version),
        name_kept: kept(keepers::name(frame, user), user.pins.full_name.is_some()),
        email_kept: kept(keepers::email(frame, user), user.pins.email.is_some()),
        role_kept: keepers::role(frame, user, &explanation).kept,
        is_kept: user.provisioned,
        overrule: asked.is_on("overrule"),
        wrong,
        teams,
        frame,
    };
    Ok(shown(frame.status(), &page))
}

/// `POST /settings/users/{id}/edit`
pub async fn run(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    let user = parts::found(&asked).await?;
    let typed = asked.text("email");
    let email = match Email::parse(typed) {
        Some(email) => Some(email),
        // Nobody who has none has to have one.
        None if typed.is_empty() && user.email().is_none() => None,
        None => {
            let sentence = frame.say("users-wrong-email").into_owned();
            return page(&asked, &frame.wrong(sentence), &user, "email").await;
        }
    };
    let name = asked.text("full_name");
    if name != user.full_name() && !parts::is_name(name) {
        let sentence = frame.say("users-wrong-name").into_owned();
        return page(&asked, &frame.wrong(sentence), &user, "full_name").await;
    }
    // Said again the role would be pinned.
    let role = asked.field("role").and_then(RoleId::parse).filter(|role| *role != user.role.id);
    let changes = ByHand {
        full_name: (name != user.full_name()).then(|| name.to_owned()),
        email: email.filter(|email| user.email().as_ref() != Some(email)),
        role,
        ..ByHand::default()
    };
    let version = asked.text("version").parse().unwrap_or(user.version);
    let command = EditByHand {
        workspace: user.workspace_id,
        id: user.id,
        expected: Expected::OneOf(vec![version]),
        changes,
        overrule: asked.is_on("overrule"),
    };
    match asked.execute(command).await {
        Ok(user) => Ok(parts::back(user.id, "edited")),
        Err(error) => {
            let field = match &error {
                CommandError::Clash { .. } => "email",
                CommandError::Owned { field, .. } => field,
                _ => "",
            };
            let mut frame = parts::refused(frame, error)?;
            let user = parts::found(&asked).await?;
            if frame.is_overtaken {
                frame.stands = vec![
                    frame.stand("users-full-name", user.full_name()),
                    frame.stand("users-email", parts::email_of(&user)),
                    frame.stand("users-role", user.role.name.as_str()),
                ];
            }
            page(&asked, &frame, &user, field).await
        }
    }
}
