//! `/settings/roles`: the roles, what each allows, and how many people have it.

mod edit;
mod list;

use axum::http::Method;

use crate::http::browser::{Access, Route, routes};

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/roles" Access::Allowed("roles:read"), ["done"] list::show;
        GET  "/settings/roles/new" Access::Allowed("roles:write"), [] edit::blank;
        POST "/settings/roles/new" Access::Allowed("roles:write"), ["name", "description", "permission*"] edit::create;
        GET  "/settings/roles/{id}" Access::Allowed("roles:read"), ["done"] edit::show;
        POST "/settings/roles/{id}" Access::Allowed("roles:write"), ["name", "description", "permission*", "seen"] edit::save;
        POST "/settings/roles/{id}/default" Access::Allowed("roles:write"), ["step"] edit::make_default;
        POST "/settings/roles/{id}/delete" Access::Allowed("roles:delete"), [] edit::delete;
    })
}
