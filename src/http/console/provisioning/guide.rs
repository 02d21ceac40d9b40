//! `/settings/provisioning/okta` and `/settings/provisioning/entra`: the guide of a provider, and what has arrived.

use askama::Template;

use super::{Line, State, lines};
use crate::command::CommandError;
use crate::http::browser::{Answer, Asked};
use crate::http::console::frame::{Frame, Section, shown};
use crate::http::console::guides::Guide;

#[derive(Template)]
#[template(path = "provisioning/guide.html")]
struct Page<'a> {
    frame: &'a Frame,
    guide: Guide,
    tokens: Vec<Line>,
}

/// `GET /settings/provisioning/okta`
pub async fn okta(asked: Asked) -> Answer {
    page(asked, "okta").await
}

/// `GET /settings/provisioning/entra`
pub async fn entra(asked: Asked) -> Answer {
    page(asked, "entra").await
}

async fn page(asked: Asked, provider: &str) -> Answer {
    let frame = Frame::of(&asked, Section::PROVISIONING).await?;
    let (tokens, _, _) = lines(&asked, &frame).await?;
    let token_at = frame.may("tokens:write").then(|| format!("/settings/provisioning?name={provider}#new"));
    let guide = Guide::of(frame.language, provider, &asked.app.scim_url, token_at).ok_or(CommandError::NotFound)?;
    Ok(shown(frame.status(), &Page { frame: &frame, guide, tokens }))
}
