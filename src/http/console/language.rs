//! `/settings`, and the language in which somebody reads the console.

use axum::http::Method;
use axum::response::Response;

use super::frame::Section;
use super::texts::{COOKIE, Language};
use crate::http::browser::{Access, Answer, Asked, Route, routes};
use crate::http::session::with_cookie;
use crate::http::{pages, return_to, session};
use crate::store::setup_links;

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings" Access::SignedIn, [] first;
        POST "/settings/language" Access::SignedIn, ["language", "at"] choose;
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

/// `POST /settings/language`
async fn choose(asked: Asked) -> Answer {
    Ok(chosen(&asked, &["/settings/"], "/settings"))
}

/// Back to the page where a language was chosen, in that language: to one that begins so, else to `otherwise`.
pub fn chosen(asked: &Asked, beginnings: &[&str], otherwise: &str) -> Response {
    let at = asked.field("at").and_then(return_to::local);
    let at = at.filter(|path| beginnings.iter().any(|beginning| path.starts_with(beginning)));
    let response = pages::redirect(at.as_deref().unwrap_or(otherwise));
    match asked.field("language").and_then(Language::parse) {
        Some(language) => with_cookie(response, session::set(COOKIE, language.tag(), "; Max-Age=31536000")),
        None => response,
    }
}
