//! OAuth clients of identity providers, which fetch short-lived tokens themselves: make, revoke.

use super::{Line, NewClient, NewToken, listed, made, refused, tokens};
use crate::command::CommandError;
use crate::command::credentials::{CreateClient, RevokeClient};
use crate::domain::access::{Dialect, Grant, Holder, Scope};
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::again;
use crate::http::console::frame::{Frame, Section};
use crate::http::pages;
use crate::provider::assertion;
use crate::query::health;
use crate::secret;
use crate::store::oauth;

/// `POST /settings/provisioning/clients`
pub async fn create(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    let new = NewClient::of(&asked);
    if let Some(login) = again::first(&asked, &new.path())? {
        return Ok(pages::redirect(&login));
    }
    let (Some(scope), Some(dialect)) = (Scope::parse(&new.scope), Dialect::parse(&new.profile)) else {
        let said = frame.say("provisioning-choose").into_owned();
        return listed(&asked, frame.wrong(said), NewToken::fresh(""), new).await;
    };
    let keys = match Some(&new.keys).filter(|keys| !keys.is_empty()).map(|keys| assertion::public_keys(keys)) {
        None => None,
        Some(Ok(keys)) => Some(keys),
        Some(Err(why)) => {
            let said = frame.fill("provisioning-keys-wrong").with("why", why.clone()).to_string();
            return listed(&asked, frame.wrong(said).at("keys"), NewToken::fresh(""), new).await;
        }
    };
    let id = crate::ids::new_client_id();
    let secret = if keys.is_none() { Some(secret::new_token()?) } else { None };
    let grant = Grant {
        workspace_id: frame.workspace.id,
        holder: Holder::Client(id.clone()),
        name: new.name.clone(),
        scope,
        dialect,
        user_id: None,
        expires_at: None,
    };
    let secret_hash = secret.as_deref().map(secret::hash);
    match asked.execute(CreateClient { id: id.clone(), grant, secret_hash, keys }).await {
        Ok(()) => Ok(made(&asked, &frame, &new.name, Some(&id), secret.as_deref(), None)),
        Err(error) => listed(&asked, refused(frame, error)?, NewToken::fresh(""), new).await,
    }
}

/// A living client of the workspace, for people.
async fn living(asked: &Asked, frame: &Frame) -> Result<Line, Trouble> {
    let id = asked.path.first().cloned().unwrap_or_default();
    let mut conn = asked.read().await?;
    let row = oauth::find_client(&mut conn, &id).await?;
    let is_ours = |row: &oauth::ClientRow| row.workspace_id == frame.workspace.id.0 && row.revoked_at.is_none();
    let row = row.filter(is_ours).ok_or(CommandError::NotFound)?;
    let providers = health::providers(&mut conn, frame.workspace.id, frame.now).await?;
    Ok(Line::client(frame, &row, providers.iter().find(|one| one.id == row.id)))
}

/// `GET /settings/provisioning/clients/{id}/revoke`
pub async fn confirm(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    let line = living(&asked, &frame).await?;
    tokens::confirming_client(&frame, line)
}

/// `POST /settings/provisioning/clients/{id}/revoke`
pub async fn revoke(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    let line = living(&asked, &frame).await?;
    match asked.execute(RevokeClient { workspace: frame.workspace.id, id: line.id.clone() }).await {
        Ok(()) => Ok(pages::redirect("/settings/provisioning?done=ended")),
        Err(error) => tokens::confirming_client(&refused(frame, error)?, line),
    }
}
