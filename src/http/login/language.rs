//! `/language`: the language in which somebody reads the pages, with an account or without one. It is kept in a cookie.

use askama::Template;
use axum::http::StatusCode;

use crate::http::around::Around;
use crate::http::browser::{Answer, Asked};
use crate::http::session::{self, with_cookie};
use crate::http::texts::{COOKIE, Language};
use crate::http::{pages, return_to};

/// For how long a choice holds, in seconds: a year.
const LIFETIME: u32 = 31_536_000;

#[derive(Template)]
#[template(path = "language.html")]
struct Page {
    frame: Around,
}

/// `GET /language`: for whoever comes from a page that has no form.
pub async fn ask(asked: Asked) -> Answer {
    let at = asked.field("at").unwrap_or_default().to_owned();
    let frame = Around { here: at, ..Around::plain(&asked, "") };
    Ok(pages::page(StatusCode::OK, &Page { frame }))
}

/// `POST /language`: back to the page where it was chosen, in that language.
pub async fn choose(asked: Asked) -> Answer {
    let at = asked.field("at").and_then(return_to::local);
    let response = pages::redirect(at.as_deref().unwrap_or("/"));
    Ok(match asked.field("language").and_then(Language::parse) {
        Some(language) => {
            let lifetime = format!("; Max-Age={LIFETIME}");
            with_cookie(response, session::set(COOKIE, language.tag(), &lifetime))
        }
        None => response,
    })
}
