//! Settings → Users: who works here, who may log in, in which role, and why.

mod bulk;
mod create;
mod edit;
mod fate;
mod keepers;
mod list;
mod parts;
mod password;
mod person;
mod remove;
mod sessions;
mod standing;
mod story;
mod teams;

use axum::http::Method;

use crate::http::browser::{Access, Route, routes};

/// The pages and forms of this section.
pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/users" Access::Allowed("users:read"), ["search", "role", "team", "status", "page", "done"] list::show;
        GET  "/settings/users/bulk" Access::Allowed("users:write"), ["user*", "act", "role"] bulk::ask;
        POST "/settings/users/bulk" Access::Allowed("users:write"), ["user*", "act", "role", "overrule", "did", "did_not"] bulk::run;
        GET  "/settings/users/new" Access::Allowed("users:write"), [] create::ask;
        POST "/settings/users/new" Access::Allowed("users:write"), ["full_name", "email", "password", "role", "no_welcome", "protected"] create::run;
        GET  "/settings/users/{id}" Access::Allowed("users:read"), ["done", "before"] person::show;
        GET  "/settings/users/{id}/edit" Access::Allowed("users:write"), [] edit::ask;
        POST "/settings/users/{id}/edit" Access::Allowed("users:write"), ["full_name", "email", "role", "version", "overrule"] edit::run;
        GET  "/settings/users/{id}/deactivate" Access::Allowed("users:write"), [] standing::ask_deactivate;
        POST "/settings/users/{id}/deactivate" Access::Allowed("users:write"), [] standing::deactivate;
        GET  "/settings/users/{id}/activate" Access::Allowed("users:write"), [] standing::ask_activate;
        POST "/settings/users/{id}/activate" Access::Allowed("users:write"), ["overrule"] standing::activate;
        GET  "/settings/users/{id}/password" Access::Allowed("users:write"), [] password::ask;
        POST "/settings/users/{id}/password" Access::Allowed("users:write"), ["password"] password::run;
        POST "/settings/users/{id}/second-factor" Access::Allowed("users:write"), [] password::remove_factor;
        GET  "/settings/users/{id}/delete" Access::Allowed("users:delete"), [] remove::ask;
        POST "/settings/users/{id}/delete" Access::Allowed("users:delete"), ["overrule"] remove::run;
        POST "/settings/users/{id}/release" Access::Allowed("users:write"), ["field"] keepers::release;
        POST "/settings/users/{id}/pin-role" Access::Allowed("users:write"), [] keepers::pin_role;
        POST "/settings/users/{id}/sessions/end" Access::Allowed("users:write"), ["session"] sessions::end;
        POST "/settings/users/{id}/sessions/end-all" Access::Allowed("users:write"), [] sessions::end_all;
        POST "/settings/users/{id}/teams/add" Access::Allowed("teams:write"), ["team", "kind", "seen"] teams::add;
        POST "/settings/users/{id}/teams/remove" Access::Allowed("teams:write"), ["team", "overrule", "seen"] teams::remove;
        POST "/settings/users/{id}/teams/release" Access::Allowed("teams:write"), ["team", "seen"] teams::release;
    })
}
