//! The last step: what the provider has sent. Whoever came by a customer's link sees what came by their own token, and nothing
//! of anybody else.

use askama::Template;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};

use super::plain::Plain;
use super::walk::{Walker, workspace};
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::frame::shown;
use crate::http::console::guides::Guide;
use crate::http::console::provisioning::lately;
use crate::ids::TokenId;
use crate::query::health;
use crate::store::live;

#[derive(Template)]
#[template(path = "setup/arrived.html")]
struct Page {
    frame: Plain,
    is_customer: bool,
    workspace: String,
    guide: Option<Guide>,
    has_token: bool,
    /// When the provider first asked for something.
    first_at: Option<DateTime<Utc>>,
    /// When it last changed something.
    wrote_at: Option<DateTime<Utc>>,
    /// What it asked for in the last hour.
    lately: String,
    /// People of the workspace.
    users: i64,
}

/// The page.
///
/// # Errors
/// [`Trouble`]
pub async fn page(asked: &Asked, walker: &Walker) -> Answer {
    let frame = walker.frame(asked, walker.connecting() + 1);
    let workspace = workspace(asked, walker.workspace).await?;
    let (first_at, provider) = match walker.link.token {
        Some(token) => sent(asked, walker, token).await?,
        None => (None, None),
    };
    let (requests, errors) = provider.as_ref().map_or((0, 0), |one| (one.requests, one.errors));
    let page = Page {
        is_customer: walker.is_customer(),
        guide: walker.guide(asked, &frame),
        has_token: walker.link.token.is_some(),
        wrote_at: provider.and_then(|one| one.last_write_at),
        first_at,
        lately: lately(frame.language, requests, errors),
        users: workspace.users,
        workspace: workspace.name.as_str().to_owned(),
        frame,
    };
    Ok(shown(StatusCode::OK, &page))
}

/// When a token was first used, as far as that is known, and how it has been doing.
async fn sent(
    asked: &Asked,
    walker: &Walker,
    token: TokenId,
) -> Result<(Option<DateTime<Utc>>, Option<health::Provider>), Trouble> {
    let (mut conn, id) = (asked.read().await?, token.to_string());
    let first_at = live::first_request_of(&mut conn, walker.workspace, &id).await?;
    let all = health::providers(&mut conn, walker.workspace, asked.app.clock.now()).await?;
    let provider = all.into_iter().find(|one| one.id == id);
    // The request log may be off, or not reach back that far.
    Ok((first_at.or_else(|| provider.as_ref().and_then(|one| one.last_used_at)), provider))
}
