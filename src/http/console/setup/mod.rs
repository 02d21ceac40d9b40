//! Setting up: the first run, which makes the first workspace and Admin and walks to a connected provider; and the link with
//! which a company's IT admin connects their own provider, without an account and limited to that.

mod arrived;
mod connect;
mod door;
mod links;
mod plain;
mod walk;

use axum::http::Method;

use crate::http::browser::{Access, Route, routes};

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/setup/{token}" Access::Anybody, [] door::show;
        POST "/setup/{token}" Access::Anybody, ["workspace", "plan", "name", "email", "password"] door::enter;

        GET  "/settings/setup" Access::Allowed("connections:write"), ["step", "done"] walk::show;
        POST "/settings/setup/skip" Access::Allowed("connections:write"), [] walk::skip;
        POST "/settings/setup/finish" Access::Allowed("connections:write"), [] walk::finish;
        POST "/settings/setup/provider" Access::Allowed("connections:write"), ["provider"] walk::choose;
        POST "/settings/setup/token" Access::Allowed("connections:write"), [] connect::token;
        POST "/settings/setup/connection" Access::Allowed("connections:write"), ["name", "issuer", "client_id", "secret", "seen"] connect::save;
        POST "/settings/setup/test" Access::Allowed("connections:write"), [] connect::test;
        POST "/settings/setup/domains" Access::Allowed("connections:write"), ["domain"] connect::add_domain;
        POST "/settings/setup/domains/verify" Access::Allowed("connections:write"), ["domain"] connect::verify_domain;
        POST "/settings/setup/domains/remove" Access::Allowed("connections:write"), ["domain"] connect::remove_domain;

        GET  "/setup" Access::SetUp, ["step", "done"] walk::show;
        POST "/setup/leave" Access::SetUp, [] door::leave;
        POST "/setup/provider" Access::SetUp, ["provider"] walk::choose;
        POST "/setup/token" Access::SetUp, [] connect::token;
        POST "/setup/connection" Access::SetUp, ["name", "issuer", "client_id", "secret", "seen"] connect::save;
        POST "/setup/test" Access::SetUp, [] connect::test;
        POST "/setup/domains" Access::SetUp, ["domain"] connect::add_domain;
        POST "/setup/domains/verify" Access::SetUp, ["domain"] connect::verify_domain;
        POST "/setup/domains/remove" Access::SetUp, ["domain"] connect::remove_domain;

        GET  "/settings/setup-links" Access::Allowed("connections:write"), ["done", "page"] links::list;
        POST "/settings/setup-links" Access::Allowed("connections:write"), ["name", "days"] links::create;
        POST "/settings/setup-links/revoke" Access::Allowed("connections:write"), ["link"] links::revoke;
    })
}
