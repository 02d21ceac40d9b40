//! `/settings/groups`: the groups that identity providers push or somebody made by hand, and who is in them.

mod deletion;
mod edit;
mod list;
mod membership;

use axum::http::Method;

use crate::http::browser::{Access, Route, routes};

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/groups" Access::Allowed("groups:read"), ["done", "search", "page"] list::show;
        GET  "/settings/groups/new" Access::Allowed("groups:write"), [] list::blank;
        POST "/settings/groups/new" Access::Allowed("groups:write"), ["name"] list::create;
        GET  "/settings/groups/{id}" Access::Allowed("groups:read"), ["done", "page", "all", "search"] edit::show;
        POST "/settings/groups/{id}" Access::Allowed("groups:write"), ["name", "seen"] edit::rename;
        POST "/settings/groups/{id}/add" Access::Allowed("groups:write"), ["member", "search", "step"] membership::add;
        POST "/settings/groups/{id}/remove" Access::Allowed("groups:write"), ["member", "step"] membership::remove;
        POST "/settings/groups/{id}/delete" Access::Allowed("groups:delete"), ["step"] deletion::delete;
    })
}
