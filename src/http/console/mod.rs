//! `/settings`: the console, in which administrators see and change their workspace in a browser: a folder a section.
//!
//! A page is a template that extends `frame.html` and a handler that reads; a form is a handler that runs one command and
//! leads back to a page, or shows the same page again with what was wrong and what was typed. What a section serves stands
//! in its own table.

mod again;
mod audit;
mod connector;
mod first;
pub mod frame;
mod groups;
mod guides;
mod health;
mod keys;
mod lifetimes;
mod live;
mod paging;
mod permissions;
mod persons;
mod provisioning;
pub mod requests;
mod reviews;
mod roles;
mod rules;
mod seats;
mod setup;
mod sso;
mod teams;
mod users;
mod values;
mod webhooks;
mod words;

use std::sync::Arc;

use axum::Router;

use super::App;
use super::browser::{Route, router as routed};

/// Every page and form of the console. The router is built from it, and so are the tests that try each.
pub static ROUTES: std::sync::LazyLock<Vec<Route>> = std::sync::LazyLock::new(|| {
    [
        first::routes(),
        users::routes(),
        seats::routes(),
        health::routes(),
        provisioning::routes(),
        requests::routes(),
        keys::routes(),
        roles::routes(),
        teams::routes(),
        groups::routes(),
        rules::routes(),
        audit::routes(),
        reviews::routes(),
        sso::routes(),
        webhooks::routes(),
        connector::routes(),
        live::routes(),
        setup::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
});

/// The router of these pages.
pub fn router(app: &Arc<App>) -> Router {
    routed(app, &ROUTES)
}
