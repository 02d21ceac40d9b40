//! `/settings`: what administrators see of their workspace in a browser: a file a page.

mod health;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;

use super::browser::{Access, Asked, Route, Trouble, router as routed, routes};
use super::{App, pages};

/// Every page of this folder. The router is built from it, and so are the tests that try each.
pub static ROUTES: std::sync::LazyLock<Vec<Route>> = std::sync::LazyLock::new(|| {
    Vec::from(routes! {
        GET  "/settings/health" Access::SignedIn, [] health::show;
    })
});

/// The router of these pages.
pub fn router(app: &Arc<App>) -> Router {
    routed(app, &ROUTES)
}

/// The page that says that a role does not allow this; none where it does.
fn barred(asked: &Asked, permission: &str) -> Result<Option<Response>, Trouble> {
    if asked.visitor()?.permissions.has(permission) {
        return Ok(None);
    }
    let sentence = format!("Your role does not have the permission {permission}. An Admin can give you one that has.");
    let page = pages::notice(StatusCode::FORBIDDEN, "Not for your role", &sentence, Some(("Your account", "/account")));
    Ok(Some(page))
}
