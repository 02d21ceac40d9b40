//! `/settings/connector`: the remote AIsoule workspace that is kept equal to this one, what is still to be done there, and
//! where both sides differ.

mod form;
mod report;
mod show;

use axum::http::Method;

use crate::http::browser::{Access, Route, routes};

const READ: Access = Access::Allowed("connector:read");
const WRITE: Access = Access::Allowed("connector:write");

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/connector" READ, ["done"] show::show;
        GET  "/settings/connector/edit" WRITE, [] form::edit;
        POST "/settings/connector/edit" WRITE, ["profile", "base_url", "api_key", "adopts", "seen"] form::save;
        POST "/settings/connector/switch" WRITE, ["to"] show::switch;
        POST "/settings/connector/claim" WRITE, ["user", "email"] show::claim;
        GET  "/settings/connector/remove" WRITE, [] form::ask;
        POST "/settings/connector/remove" WRITE, [] form::remove;
        POST "/settings/connector/reconcile" WRITE, [] report::compare;
        GET  "/settings/connector/reports/{report}" READ, ["done", "page"] report::show;
        POST "/settings/connector/reports/{report}/mend" WRITE, ["sure"] report::mend;
    })
}
