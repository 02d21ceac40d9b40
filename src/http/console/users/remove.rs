//! `/settings/users/{id}/delete`: the end of somebody here; deactivating them would keep more.

use askama::Template;

use super::fate::{Fate, foretold};
use super::parts;
use crate::command::CommandError;
use crate::command::users::{DeleteUser, Door};
use crate::domain::user::{Standing, User};
use crate::domain::version::Expected;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::pages;

#[derive(Template)]
#[template(path = "users/delete.html")]
#[allow(clippy::struct_excessive_bools)]
struct Page<'a> {
    frame: &'a Frame,
    name: String,
    path: String,
    refused: Option<String>,
    fate: Vec<String>,
    heir: Option<String>,
    is_active: bool,
    is_kept: bool,
    overrule: bool,
    may: bool,
}

fn command(user: &User, overrule: bool) -> DeleteUser {
    let door = Door::Hand { overrule };
    DeleteUser { workspace: user.workspace_id, id: user.id, expected: Expected::Any, door }
}

/// `GET /settings/users/{id}/delete`
pub async fn ask(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    let user = parts::found(&asked).await?;
    page(&asked, &frame, &user).await
}

async fn page(asked: &Asked, frame: &Frame, user: &User) -> Answer {
    let (refused, fate) = match foretold(asked, frame, user.id, command(user, true)).await? {
        Ok(fate) => (None, fate),
        Err(error) => (parts::words(frame, &error), Fate::default()),
    };
    let page = Page {
        name: user.full_name(),
        path: parts::path(user.id),
        may: refused.is_none(),
        refused: refused.filter(|_| frame.error.is_none()),
        fate: fate.sentences(frame),
        heir: fate.heir(frame),
        is_active: user.standing == Standing::Active,
        is_kept: user.provisioned,
        overrule: asked.is_on("overrule"),
        frame,
    };
    Ok(shown(frame.status(), &page))
}

/// `POST /settings/users/{id}/delete`
pub async fn run(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    match asked.execute(command(&user, asked.is_on("overrule"))).await {
        Ok(()) => Ok(pages::redirect("/settings/users?done=deleted")),
        // Somebody else was quicker.
        Err(CommandError::NotFound) => Ok(pages::redirect("/settings/users")),
        Err(error) => {
            let frame = parts::refused(Frame::of(&asked, Section::USERS).await?, error)?;
            page(&asked, &frame, &user).await
        }
    }
}
