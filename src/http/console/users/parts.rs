//! What the pages of users have in common.

use std::borrow::Cow;

use uuid::Uuid;

use crate::command::CommandError;
use crate::domain::permission::Permissions;
use crate::domain::seat::{Grant, Seats};
use crate::domain::user::{Standing, User};
use crate::http::browser::{Asked, Trouble};
use crate::http::console::frame::Frame;
use crate::http::pages;
use crate::http::texts::Fill;
use crate::http::trouble;
use crate::ids::UserId;
use crate::password::PasswordError;
use crate::store::{self, Conn, StoreError};

/// One of those to choose from.
pub struct Choice {
    /// What is sent.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
    /// Whether whoever reads may choose it.
    pub may: bool,
}

impl Choice {
    /// One that may be chosen.
    pub fn of(id: String, name: String, chosen: &str) -> Self {
        Self { is_chosen: id == chosen, id, name, may: true }
    }
}

/// The roles, of which whoever reads can give no more than they have themselves. What is chosen stays so.
pub async fn roles(conn: &mut Conn, frame: &Frame, chosen: &str) -> Result<Vec<Choice>, StoreError> {
    let all = store::roles::of_workspace(conn, frame.workspace.id).await?;
    let choice = |role: crate::domain::role::Role| {
        let may = frame.permissions.covers(role.permissions);
        Choice { may, ..Choice::of(role.id.to_string(), role.name, chosen) }
    };
    let mut choices: Vec<Choice> = all.into_iter().map(choice).collect();
    for choice in choices.iter_mut().filter(|choice| choice.is_chosen) {
        choice.may = true;
    }
    Ok(choices)
}

/// The teams.
pub async fn teams(conn: &mut Conn, frame: &Frame, chosen: &str) -> Result<Vec<Choice>, StoreError> {
    let all = store::teams::names(conn, frame.workspace.id).await?;
    Ok(all.into_iter().map(|team| Choice::of(team.id.to_string(), team.name, chosen)).collect())
}

/// The path of somebody's page.
pub fn path(id: UserId) -> String {
    format!("/settings/users/{id}")
}

/// Back to somebody's page, which says what was done.
pub fn back(id: UserId, done: &str) -> axum::response::Response {
    pages::redirect(&format!("{}?done={done}", path(id)))
}

/// Whom the path names, in the workspace of whoever asks.
pub async fn found(asked: &Asked) -> Result<User, Trouble> {
    let id = asked.id(0, UserId::parse)?;
    let user = store::users::find(&mut asked.read().await?, asked.workspace()?, id).await?;
    Ok(user.ok_or(CommandError::NotFound)?)
}

/// Whether that is a name that somebody can have.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= 100 && crate::text::printable(name) == name
}

/// Why a change of somebody was not made, in words; none where that is an error of ours.
pub fn words(frame: &Frame, error: &CommandError) -> Option<String> {
    let name = match error {
        CommandError::Clash { attribute: "userName" | "emails", .. } => "users-wrong-taken",
        CommandError::Owned { field: "full_name", .. } => "users-owned-name",
        CommandError::Owned { field: "email", .. } => "users-owned-email",
        CommandError::Owned { field: "is_active", .. } => "users-owned-active",
        CommandError::Owned { field: "user", .. } => "users-owned-user",
        CommandError::Owned { field: "team", .. } => "users-owned-team",
        other => return trouble::words(frame.language, other),
    };
    Some(frame.say(name).into_owned())
}

/// The frame, with why a change of somebody was not made.
///
/// # Errors
/// [`Trouble`], where that is an error of ours.
pub fn refused(frame: Frame, error: CommandError) -> Result<Frame, Trouble> {
    match words(&frame, &error) {
        // The page of somebody who changed meanwhile says how they are now.
        Some(words) if !matches!(error, CommandError::VersionMismatch) => Ok(frame.wrong(words)),
        _ => frame.refused(error),
    }
}

/// The address of somebody; empty where there is none.
pub fn email_of(user: &User) -> String {
    user.email().map(|email| email.as_str().to_owned()).unwrap_or_default()
}

/// A standing in words, and how its badge looks.
pub fn standing(frame: &Frame, standing: Standing) -> (Cow<'static, str>, &'static str) {
    match standing {
        Standing::Active => (frame.say("users-status-active"), "tag good"),
        Standing::Inactive => (frame.say("users-status-inactive"), "tag"),
        Standing::Waiting => (frame.say("users-status-waiting"), "tag warn"),
    }
}

/// What the next one who is to be active gets, in a sentence.
pub fn seat(frame: &Frame, seats: Seats) -> Fill {
    match seats.next(frame.workspace.seat_policy) {
        Grant::Seat => frame.count("users-seat-free", seats.free()),
        Grant::Overage => frame.fill("users-seat-overage"),
        Grant::Wait => frame.fill("users-seat-wait"),
        Grant::Refuse => frame.fill("users-seat-refuse"),
    }
}

/// Whether whoever reads may make somebody a protected account.
pub fn may_protect(frame: &Frame) -> bool {
    frame.permissions.covers(Permissions::ALL)
}

/// What is said of a password that is not taken.
///
/// # Errors
/// [`Trouble::Internal`] where it is not the password.
pub fn about_password(frame: &Frame, refused: &PasswordError) -> Result<String, Trouble> {
    Ok(match refused {
        PasswordError::TooShort => frame.count("users-password-short", crate::password::SHORTEST).to_string(),
        PasswordError::TooLong => frame.count("users-password-long", crate::password::LONGEST).to_string(),
        PasswordError::TooEasy => frame.say("users-password-easy").into_owned(),
        PasswordError::Hash(error) => return Err(Trouble::Internal(error.clone())),
    })
}

/// The ids of the forms' field `user`, each once, so many at the most.
pub fn chosen(asked: &Asked, most: usize) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = Vec::new();
    for id in asked.all("user").filter_map(UserId::parse) {
        if !ids.contains(&id.0) && ids.len() < most {
            ids.push(id.0);
        }
    }
    ids
}
