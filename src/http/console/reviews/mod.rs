//! `/settings/reviews`: who has access and why, decided by somebody in batches, carried out, and kept as evidence.

mod item;
mod list;
mod people;
mod summary;

use axum::http::Method;

use crate::http::browser::{Access, Route, routes};

/// The fields of a batch: who (`u`), of which state of the decision and the note the page was made (`s`), what is decided (`d`) and why (`n`), by their place on the page.
macro_rules! fields {
    ($($place:literal)*) => {
        &["which", "page", "step", $(concat!("u", $place), concat!("s", $place), concat!("d", $place), concat!("n", $place)),*]
    };
}
const FIELDS: &[&str] = fields!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24);

pub fn routes() -> Vec<Route> {
    let mut routes = Vec::from(routes! {
        GET  "/settings/reviews" Access::Allowed("reviews:read"), ["done", "page"] list::show;
        POST "/settings/reviews" Access::Allowed("reviews:write"), ["name", "as_of", "due"] list::start;
        GET  "/settings/reviews/{id}" Access::Allowed("reviews:read"), ["done", "which", "page"] people::show;
        GET  "/settings/reviews/{id}/summary" Access::Allowed("reviews:read"), ["done", "page"] summary::show;
        GET  "/settings/reviews/{id}/export" Access::Allowed("reviews:read"), ["format"] summary::export;
        POST "/settings/reviews/{id}/apply" Access::Allowed("reviews:write"), ["after"] summary::apply;
        POST "/settings/reviews/{id}/close" Access::Allowed("reviews:write"), [] summary::close;
    });
    routes.push(Route {
        method: Method::POST,
        path: "/settings/reviews/{id}/decide",
        access: Access::Allowed("reviews:decide"),
        fields: FIELDS,
        run: |asked| Box::pin(people::decide(asked)),
    });
    routes
}
