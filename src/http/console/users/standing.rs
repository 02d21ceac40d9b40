//! Deactivating somebody and activating them again, each after a page that says what will happen.

use askama::Template;

use super::fate::{self, activation};
use super::parts;
use crate::command::CommandError;
use crate::domain::seat::{Grant, Seats};
use crate::domain::user::{Standing, User};
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::{Frame, Section, shown};

#[derive(Template)]
#[template(path = "users/deactivate.html")]
struct Deactivate<'a> {
    frame: &'a Frame,
    user: &'a User,
    name: String,
    path: String,
    /// Why it can't be done.
    refused: Option<String>,
    /// What will happen, in sentences.
    fate: Vec<String>,
    seat: String,
    heir: Option<String>,
    is_oneself: bool,
}

/// `GET /settings/users/{id}/deactivate`
pub async fn ask_deactivate(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    let user = parts::found(&asked).await?;
    deactivating(&asked, &frame, &user).await
}

async fn deactivating(asked: &Asked, frame: &Frame, user: &User) -> Answer {
    let foretold = fate::foretold(asked, frame, user.id, activation(user, false, false)).await?;
    let (refused, fate) = match foretold {
        Ok(fate) => (None, fate),
        Err(error) => (parts::words(frame, &error), fate::Fate::default()),
    };
    let seats = frame.workspace.seats(&asked.app.plans);
    let seat = if user.standing == Standing::Active && !fate.promoted.is_empty() {
        frame.say("users-fate-seat-given").into_owned()
    } else if user.standing == Standing::Active {
        let after = Seats { used: seats.used - 1, ..seats };
        frame.fill("users-fate-seat").with("used", after.used).with("limit", after.limit).to_string()
    } else {
        frame.say("users-fate-no-seat").into_owned()
    };
    let page = Deactivate {
        name: user.full_name(),
        path: parts::path(user.id),
        // Said once: what was refused just now stands at the top.
        refused: refused.filter(|_| frame.error.is_none()),
        fate: fate.sentences(frame),
        seat,
        heir: fate.heir(frame),
        is_oneself: frame.user == user.id,
        frame,
        user,
    };
    Ok(shown(frame.status(), &page))
}

/// `POST /settings/users/{id}/deactivate`
pub async fn deactivate(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    match asked.execute(activation(&user, false, false)).await {
        Ok(_) => Ok(parts::back(user.id, "deactivated")),
        Err(error) => {
            let frame = parts::refused(Frame::of(&asked, Section::USERS).await?, error)?;
            deactivating(&asked, &frame, &user).await
        }
    }
}

#[derive(Template)]
#[template(path = "users/activate.html")]
struct Activate<'a> {
    frame: &'a Frame,
    name: String,
    path: String,
    /// Why it can't be done.
    refused: Option<String>,
    seats: Seats,
    /// What happens with the seats.
    seat: String,
    /// Whether a seat is taken, or a place in the queue.
    may: bool,
    /// Whether the provider has them as inactive.
    is_kept: bool,
    overrule: bool,
}

/// `GET /settings/users/{id}/activate`
pub async fn ask_activate(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::USERS).await?;
    let user = parts::found(&asked).await?;
    activating(&asked, &frame, &user).await
}

async fn activating(asked: &Asked, frame: &Frame, user: &User) -> Answer {
    let seats = frame.workspace.seats(&asked.app.plans);
    let grant = seats.next(frame.workspace.seat_policy);
    let seat = match user.standing {
        Standing::Active => frame.fill("users-bulk-active"),
        Standing::Waiting => frame.fill("users-bulk-waiting"),
        Standing::Inactive => parts::seat(frame, seats),
    };
    let foretold = fate::foretold(asked, frame, user.id, activation(user, true, true)).await?;
    let refused = match foretold {
        Err(CommandError::SeatLimit { .. }) | Ok(_) => None,
        Err(error) => parts::words(frame, &error),
    };
    let page = Activate {
        name: user.full_name(),
        path: parts::path(user.id),
        may: refused.is_none() && grant != Grant::Refuse && user.standing == Standing::Inactive,
        refused: refused.filter(|_| frame.error.is_none()),
        seats,
        seat: seat.to_string(),
        is_kept: is_kept_inactive(user),
        overrule: asked.is_on("overrule"),
        frame,
    };
    Ok(shown(frame.status(), &page))
}

/// Whether the provider of somebody has them as inactive, so that activating them is to be meant.
pub fn is_kept_inactive(user: &User) -> bool {
    user.provisioned && user.pins.inactive.as_ref().is_none_or(|hold| !hold.wanted)
}

/// `POST /settings/users/{id}/activate`
pub async fn activate(asked: Asked) -> Answer {
    let user = parts::found(&asked).await?;
    match asked.execute(activation(&user, true, asked.is_on("overrule"))).await {
        Ok(user) => Ok(parts::back(user.id, done(&user))),
        Err(error) => refused(&asked, &user, error).await,
    }
}

async fn refused(asked: &Asked, user: &User, error: CommandError) -> Result<axum::response::Response, Trouble> {
    let frame = parts::refused(Frame::of(asked, Section::USERS).await?, error)?;
    activating(asked, &frame, user).await
}

fn done(user: &User) -> &'static str {
    if user.standing == Standing::Waiting { "parked" } else { "activated" }
}
