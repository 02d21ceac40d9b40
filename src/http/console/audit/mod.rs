//! `/settings/audit`: who did what, when and from where, what it was before, and whether the log is whole.

mod entry;
mod list;
mod proof;
mod retention;

use axum::http::Method;

use crate::http::browser::{Access, Route, routes};

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/audit" Access::Allowed("audit:read"), ["actor", "action", "subject", "from", "to", "before", "after"] list::show;
        GET  "/settings/audit/export" Access::Allowed("audit:read"), ["actor", "action", "subject", "from", "to", "format"] list::export;
        GET  "/settings/audit/proof" Access::Allowed("audit:read"), ["done"] proof::show;
        POST "/settings/audit/verify" Access::Allowed("audit:read"), ["walked"] proof::verify;
        POST "/settings/audit/retention" Access::Allowed("audit:write"), ["keep", "days", "seen", "step"] retention::retain;
    })
}
