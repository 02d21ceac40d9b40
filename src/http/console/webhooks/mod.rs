//! `/settings/webhooks`: endpoints that are told what happens, what they were told, and telling them again.

mod again;
mod delivery;
mod endpoint;
mod form;
mod list;
mod secret;

use axum::http::Method;

use crate::command::CommandError;
use crate::domain::endpoint::Endpoint;
use crate::http::browser::{Access, Asked, Route, Trouble, routes};
use crate::ids::EndpointId;
use crate::store::endpoints::{self, Kept};

const READ: Access = Access::Allowed("webhooks:read");
const WRITE: Access = Access::Allowed("webhooks:write");

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/webhooks" READ, ["done"] list::show;
        GET  "/settings/webhooks/new" WRITE, [] form::new;
        POST "/settings/webhooks" WRITE, ["name", "url", "family*", "patterns"] form::create;
        GET  "/settings/webhooks/{endpoint}" READ, ["done", "state", "event", "before"] endpoint::show;
        GET  "/settings/webhooks/{endpoint}/edit" WRITE, [] form::edit;
        POST "/settings/webhooks/{endpoint}/edit" WRITE, ["name", "url", "family*", "patterns", "seen"] form::update;
        POST "/settings/webhooks/{endpoint}/switch" WRITE, ["to"] endpoint::switch;
        POST "/settings/webhooks/{endpoint}/test" WRITE, [] endpoint::test;
        GET  "/settings/webhooks/{endpoint}/secret" WRITE, [] secret::ask;
        POST "/settings/webhooks/{endpoint}/secret" WRITE, ["hours"] secret::rotate;
        GET  "/settings/webhooks/{endpoint}/delete" WRITE, [] endpoint::ask;
        POST "/settings/webhooks/{endpoint}/delete" WRITE, [] endpoint::delete;
        GET  "/settings/webhooks/{endpoint}/deliveries/{delivery}" READ, ["done"] delivery::show;
        POST "/settings/webhooks/{endpoint}/replay" WRITE, ["delivery", "from", "to"] again::replay;
        POST "/settings/webhooks/{endpoint}/discard" WRITE, ["delivery"] again::discard;
    })
}

/// The endpoint that stands in the path, of the workspace of whoever asks, with what is sealed of it.
async fn kept(asked: &Asked) -> Result<Kept, Trouble> {
    let (id, workspace) = (asked.id(0, EndpointId::parse)?, asked.workspace()?);
    let found = endpoints::kept(&mut asked.read().await?, id).await?;
    Ok(found.filter(|kept| kept.endpoint.workspace_id == workspace).ok_or(CommandError::NotFound)?)
}

/// The same, without that.
async fn known(asked: &Asked) -> Result<Endpoint, Trouble> {
    Ok(kept(asked).await?.endpoint)
}

/// The page of an endpoint.
fn place(id: EndpointId) -> String {
    format!("/settings/webhooks/{id}")
}
