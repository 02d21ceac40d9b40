//! Tokens of identity providers: make, rotate, revoke.

use askama::Template;
use chrono::TimeDelta;

use super::{Line, NewClient, NewToken, listed, made, refused};
use crate::command::CommandError;
use crate::command::credentials::{CreateToken, RevokeToken};
use crate::domain::access::{Dialect, Grant, Holder, Scope};
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::again;
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::lifetimes;
use crate::http::pages;
use crate::ids::TokenId;
use crate::query::health;
use crate::secret;
use crate::store::tokens::{self as rows, TokenRow};

/// `POST /settings/provisioning/tokens`
pub async fn create(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    let text = |name| asked.text(name).to_owned();
    let new =
        NewToken { name: text("name"), scope: text("scope"), profile: text("profile"), lifetime: text("lifetime") };
    if let Some(login) = again::first(&asked, &new.path())? {
        return Ok(pages::redirect(&login));
    }
    let chosen = (Scope::parse(&new.scope), Dialect::parse(&new.profile), lifetimes::end(&new.lifetime, frame.now));
    let (Some(scope), Some(dialect), Some(expires_at)) = chosen else {
        let said = frame.say("provisioning-choose").into_owned();
        return listed(&asked, frame.wrong(said), new, NewClient::default()).await;
    };
    let (token, id) = (secret::new_token()?, TokenId::fresh());
    let grant = Grant {
        workspace_id: frame.workspace.id,
        holder: Holder::Token(id),
        name: new.name.clone(),
        scope,
        dialect,
        user_id: None,
        expires_at,
    };
    let command = CreateToken { id, grant, hash: secret::hash(&token), hint: secret::hint(&token) };
    match asked.execute(command).await {
        Ok(()) => Ok(made(&asked, &frame, &new.name, None, Some(&token), None)),
        Err(error) => listed(&asked, refused(frame, error)?, new, NewClient::default()).await,
    }
}

/// A living token of the workspace, with how it is doing, for people.
async fn living(asked: &Asked, frame: &Frame, id: TokenId) -> Result<(TokenRow, Line), Trouble> {
    let mut conn = asked.read().await?;
    let row = rows::list(&mut conn, frame.workspace.id).await?.into_iter().find(|row| row.id == id.0);
    let row = row.filter(|row| !row.is_dead()).ok_or(CommandError::NotFound)?;
    let providers = health::providers(&mut conn, frame.workspace.id, frame.now).await?;
    let line = Line::token(frame, &row, providers.iter().find(|one| one.id == row.id.to_string()));
    Ok((row, line))
}

#[derive(Template)]
#[template(path = "provisioning/rotate.html")]
struct Rotation<'a> {
    frame: &'a Frame,
    old: Line,
    /// The second one, where it is made already.
    new: Option<Line>,
    is_new_used: bool,
    /// How long the second one lives.
    lifetime: String,
    /// Where whoever makes it has to prove first who they are.
    again: Option<String>,
}

/// Where a token is rotated.
fn path(id: impl std::fmt::Display) -> String {
    format!("/settings/provisioning/tokens/{id}/rotate")
}

/// For how many days a token was made; 0: no end.
fn days(row: &TokenRow) -> i64 {
    // What was chosen is a little less by the time that the token is stored.
    row.expires_at.map_or(0, |end| ((end - row.created_at).num_hours() + 12).div_euclid(24).max(1))
}

/// `GET /settings/provisioning/tokens/{id}/rotate`
pub async fn rotation(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    rotating(&asked, frame).await
}

async fn rotating(asked: &Asked, frame: Frame) -> Answer {
    let (row, old) = living(asked, &frame, asked.id(0, TokenId::parse)?).await?;
    let new = match asked.field("new").and_then(TokenId::parse).filter(|id| id.0 != row.id) {
        Some(id) => Some(living(asked, &frame, id).await?),
        None => None,
    };
    let page = Rotation {
        old,
        is_new_used: new.as_ref().is_some_and(|(row, _)| row.last_used_at.is_some()),
        new: new.map(|(_, line)| line),
        lifetime: lifetimes::name(frame.language, days(&row)),
        again: again::first(asked, &path(row.id))?,
        frame: &frame,
    };
    Ok(shown(frame.status(), &page))
}

/// `POST /settings/provisioning/tokens/{id}/rotate`: a second token with the settings of the first.
pub async fn rotate(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    let (row, _) = living(&asked, &frame, asked.id(0, TokenId::parse)?).await?;
    if let Some(login) = again::first(&asked, &path(row.id))? {
        return Ok(pages::redirect(&login));
    }
    let (token, id) = (secret::new_token()?, TokenId::fresh());
    let expires_at = row.expires_at.map(|end| frame.now + (end - row.created_at).max(TimeDelta::days(1)));
    let grant = Grant { holder: Holder::Token(id), expires_at, ..row.grant()? };
    let command = CreateToken { id, grant, hash: secret::hash(&token), hint: secret::hint(&token) };
    match asked.execute(command).await {
        Ok(()) => {
            let onward = format!("{}?new={id}", path(row.id));
            Ok(made(&asked, &frame, &row.name, None, Some(&token), Some(onward)))
        }
        Err(error) => rotating(&asked, refused(frame, error)?).await,
    }
}

#[derive(Template)]
#[template(path = "provisioning/revoke.html")]
struct Revocation<'a> {
    frame: &'a Frame,
    line: Line,
    /// Where the form is sent.
    action: String,
    is_client: bool,
}

/// `GET /settings/provisioning/tokens/{id}/revoke`
pub async fn confirm(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    confirming(&asked, frame).await
}

async fn confirming(asked: &Asked, frame: Frame) -> Answer {
    let (row, line) = living(asked, &frame, asked.id(0, TokenId::parse)?).await?;
    let action = format!("/settings/provisioning/tokens/{}/revoke", row.id);
    Ok(shown(frame.status(), &Revocation { frame: &frame, line, action, is_client: false }))
}

/// The page that asks whether a client is to be revoked.
// An answer like its neighbours, which read.
#[allow(clippy::unnecessary_wraps)]
pub(super) fn confirming_client(frame: &Frame, line: Line) -> Answer {
    let action = format!("/settings/provisioning/clients/{}/revoke", line.id);
    Ok(shown(frame.status(), &Revocation { frame, line, action, is_client: true }))
}

/// `POST /settings/provisioning/tokens/{id}/revoke`
pub async fn revoke(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    let id = asked.id(0, TokenId::parse)?;
    match asked.execute(RevokeToken { workspace: frame.workspace.id, id }).await {
        Ok(()) => Ok(pages::redirect("/settings/provisioning?done=revoked")),
        Err(CommandError::NotFound) => Err(CommandError::NotFound.into()),
        Err(error) => confirming(&asked, refused(frame, error)?).await,
    }
}
