//! The fields of forms and addresses: those that a route has, each as often as it may stand there.

use std::collections::HashSet;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use super::around::Around;
use super::browser::{PROOF, Route, Times};
use super::turned_away::{forged, unreadable};
use super::{App, body, session};

/// The largest form: a batch of a review with 25 notes of 120 letters, each of which is nine bytes where it is Chinese, with as
/// much again for the rest.
const MOST: usize = 65_536;

/// Whether a form carries the proof that belongs to whoever sends it.
pub(super) fn is_proved(app: &App, anchor: &str, fields: &[(String, String)]) -> bool {
    fields.iter().any(|(name, value)| name == PROOF && app.browser_keys.is_form(anchor, value))
}

/// The fields of a form that came from a page of ours, as far as its headers say.
pub(super) async fn form(
    app: &App,
    around: &Around,
    route: &Route,
    headers: &HeaderMap,
    mut body: Body,
) -> Result<Vec<(String, String)>, Box<Response>> {
    if !session::same_origin(headers, app) || headers.contains_key("content-encoding") {
        return Err(Box::new(forged(around)));
    }
    let limit = Duration::from_secs(app.settings.limits.body_seconds);
    let Ok(bytes) = body::read(&mut body, MOST, limit).await else { return Err(Box::new(unreadable(around))) };
    let fields = form_urlencoded::parse(&bytes).into_owned().collect();
    known(route, fields).ok_or_else(|| Box::new(unreadable(around)))
}

/// The fields of an address.
pub(super) fn query(uri: &Uri) -> Vec<(String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// The fields, where each is one that the route has, and stands once, or is one of which there may be many.
pub(super) fn known(route: &Route, fields: Vec<(String, String)>) -> Option<Vec<(String, String)>> {
    let mut seen = HashSet::new();
    let good = fields.iter().all(|(name, value)| {
        let is_once = match route.knows(name) {
            Some(Times::Many) => true,
            Some(Times::Once) => seen.insert(name.as_str()),
            None => false,
        };
        is_once && !value.contains('\0')
    });
    drop(seen);
    good.then_some(fields)
}
