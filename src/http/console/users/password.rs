//! Resetting somebody's password: an Admin enters one, with which the person chooses their own at the next login; and
//! taking away the second factor of somebody whose phone is gone.

use askama::Template;

use super::fate::change;
use super::parts;
use super::person;
use crate::command::people::ByHand;
use crate::command::second_factors::RemoveFactor;
use crate::domain::user::User;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::password;
use crate::query::ways_in::ways_in;

#[derive(Template)]
#[template(path = "users/password.html")]
struct Page<'a> {
    frame: &'a Frame,
    name: String,
    path: String,
    /// Whether they can log in with a password at all.
    is_of_use: bool,
    is_wrong: bool,
    sessions: String,
}

/// `GET /settings/users/{id}/password`
pub async fn ask(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    let user = parts::found(&asked).await?;
    page(&asked, &frame, &user).await
}

async fn page(asked: &Asked, frame: &Frame, user: &User) -> Answer {
    let mut conn = asked.read().await?;
    let sessions = super::sessions::of(asked, &mut conn, frame, user).await?;
    let page = Page {
        name: user.full_name(),
        path: parts::path(user.id),
        is_of_use: ways_in(&mut conn, user).await?.password,
        is_wrong: frame.error.is_some(),
        sessions: frame.count("users-fate-sessions", sessions.len()).to_string(),
        frame,
    };
    Ok(shown(frame.status(), &page))
}

/// `POST /settings/users/{id}/password`
pub async fn run(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    let user = parts::found(&asked).await?;
    let words = vec![parts::email_of(&user), user.full_name(), frame.workspace.name.as_str().to_owned()];
    let chosen = asked.field("password").unwrap_or_default().to_owned();
    let hash = match password::hash_for(chosen, words).await {
        Ok(hash) => hash,
        Err(refused) => {
            let sentence = parts::about_password(&frame, &refused)?;
            return page(&asked, &frame.wrong(sentence), &user).await;
        }
    };
    let changes = ByHand { password_hash: Some(hash), ..ByHand::default() };
    match asked.execute(change(user.workspace_id, user.id, changes, false)).await {
        Ok(user) => Ok(parts::back(user.id, "password")),
        Err(error) => page(&asked, &parts::refused(frame, error)?, &user).await,
    }
}

/// `POST /settings/users/{id}/second-factor`
pub async fn remove_factor(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    let command = RemoveFactor { workspace: user.workspace_id, user: user.id };
    person::after(&asked, &user, asked.execute(command).await, "factor").await
}
