//! `/settings`: where somebody begins who comes to the console.

use axum::http::Method;

use super::frame::Section;
use crate::http::browser::{Access, Answer, Asked, Route, routes};
use crate::http::pages;
use crate::store::setup_links;

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET "/settings" Access::SignedIn, [] first;
    })
}

/// `GET /settings`: the first section that somebody may see; or the first run, where somebody is in the middle of it.
async fn first(asked: Asked) -> Answer {
    let visitor = asked.visitor()?;
    if visitor.permissions.has("connections:write") {
        let begun = setup_links::first_run_of(&mut asked.read().await?, visitor.user.workspace_id).await?;
        if begun.is_some_and(|link| link.finished_at.is_none()) {
            return Ok(pages::redirect("/settings/setup"));
        }
    }
    let first = Section::ALL.iter().find(|section| visitor.permissions.has(section.permission));
    Ok(pages::redirect(first.map_or("/account", |section| section.path)))
}
