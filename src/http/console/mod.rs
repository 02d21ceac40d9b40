//! `/settings`: the console, in which administrators see and change their workspace in a browser: a folder a section.
//!
//! A page is a template that extends `frame.html` and a handler that reads; a form is a handler that runs one command and
//! leads back to a page, or shows the same page again with what was wrong and what was typed. What a section serves stands
//! in its own table.

pub mod frame;
mod health;
mod language;
mod seats;
pub mod texts;
mod trouble;
mod users;

use std::sync::Arc;

use axum::Router;

use super::App;
use super::browser::{Route, router as routed};

/// Every page and form of the console. The router is built from it, and so are the tests that try each.
pub static ROUTES: std::sync::LazyLock<Vec<Route>> = std::sync::LazyLock::new(|| {
    [language::routes(), users::routes(), seats::routes(), health::routes()].into_iter().flatten().collect()
});

/// The router of these pages.
pub fn router(app: &Arc<App>) -> Router {
    routed(app, &ROUTES)
}
