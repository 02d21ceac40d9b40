//! `/settings/rules`: what groups give to those who are in them, in which order, and who would change before it is saved.

mod delete;
mod edit;
pub mod form;
mod list;
pub mod look;

use axum::http::Method;

use crate::http::browser::{Access, Route, routes};

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/rules" Access::Allowed("rules:read"), ["done"] list::show;
        POST "/settings/rules/order" Access::Allowed("rules:write"), ["rule*", "priority*", "seen", "step"] list::order;
        GET  "/settings/rules/new" Access::Allowed("rules:write"), ["group"] edit::blank;
        POST "/settings/rules/new" Access::Allowed("rules:write"), ["group", "name", "role", "priority", "team*", "admin", "step"] edit::create;
        GET  "/settings/rules/{id}" Access::Allowed("rules:read"), ["done", "page"] edit::show;
        POST "/settings/rules/{id}" Access::Allowed("rules:write"), ["role", "priority", "team*", "admin", "seen", "step"] edit::save;
        POST "/settings/rules/{id}/delete" Access::Allowed("rules:write"), ["step"] delete::delete;
    })
}
