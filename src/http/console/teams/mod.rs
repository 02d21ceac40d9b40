//! `/settings/teams`: the teams, who belongs to each, and why.

mod edit;
mod list;
mod members;

use axum::http::Method;

use crate::http::browser::{Access, Route, routes};

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/teams" Access::Allowed("teams:read"), ["done", "page"] list::show;
        GET  "/settings/teams/new" Access::Allowed("teams:write"), [] list::blank;
        POST "/settings/teams/new" Access::Allowed("teams:write"), ["name", "description", "strategy"] list::create;
        GET  "/settings/teams/{id}" Access::Allowed("teams:read"), ["done", "page", "search"] edit::show;
        POST "/settings/teams/{id}" Access::Allowed("teams:write"), ["name", "description", "strategy", "active", "seen"] edit::save;
        POST "/settings/teams/{id}/delete" Access::Allowed("teams:delete"), [] edit::delete;
        POST "/settings/teams/{id}/add" Access::Allowed("teams:write"), ["user", "kind", "search", "seen"] members::add;
        POST "/settings/teams/{id}/remove" Access::Allowed("teams:write"), ["user", "overrule", "seen"] members::remove;
        POST "/settings/teams/{id}/release" Access::Allowed("teams:write"), ["user", "seen"] members::release;
    })
}
