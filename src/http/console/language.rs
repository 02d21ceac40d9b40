//! `/settings`, and the language in which somebody reads the console.

use axum::http::Method;
use axum::http::header::SET_COOKIE;

use super::frame::Section;
use super::texts::{COOKIE, Language};
use crate::http::browser::{Access, Answer, Asked, Route, routes};
use crate::http::{pages, return_to, session};

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings" Access::SignedIn, [] first;
        POST "/settings/language" Access::SignedIn, ["language", "at"] choose;
    })
}

/// `GET /settings`: the first section that somebody may see.
async fn first(asked: Asked) -> Answer {
    let visitor = asked.visitor()?;
    let first = Section::ALL.iter().find(|section| visitor.permissions.has(section.permission));
    Ok(pages::redirect(first.map_or("/account", |section| section.path)))
}

/// `POST /settings/language`
async fn choose(asked: Asked) -> Answer {
    // Back to the page where it was chosen.
    let at = asked.field("at").and_then(return_to::local).filter(|path| path.starts_with("/settings/"));
    let mut response = pages::redirect(at.as_deref().unwrap_or("/settings"));
    if let Some(language) = asked.field("language").and_then(Language::parse) {
        let cookie = session::set(COOKIE, language.tag(), "; Max-Age=31536000");
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
