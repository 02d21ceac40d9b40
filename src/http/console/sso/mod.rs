//! `/settings/sso`: how the people of the workspace sign in: connections, domains, whether it is enforced, the accounts that
//! open the workspace when nothing else does, and the programs that people sign in to through the bridge.

mod breakglass;
mod clients;
mod connection;
mod deletion;
mod domain;
mod draft;
mod enforcement;
mod form;
mod overview;
mod removal;

use axum::http::Method;

use super::frame::Frame;
use crate::command::CommandError;
use crate::domain::connection::Connection;
use crate::http::browser::{Access, Asked, Route, Trouble, routes};
use crate::ids::ConnectionId;
use crate::store::connections::{self, Kept};
use crate::upstream;

const READ: Access = Access::Allowed("connections:read");
const WRITE: Access = Access::Allowed("connections:write");

pub fn routes() -> Vec<Route> {
    Vec::from(routes! {
        GET  "/settings/sso" READ, ["done"] overview::show;
        GET  "/settings/sso/connections/new" WRITE, ["kind"] form::new;
        POST "/settings/sso/connections" WRITE, [
            "id", "kind", "name", "issuer", "client_id", "auth_method", "secret", "private_key", "key_id", "scopes",
            "groups_claim", "roles_claim", "trusts_email", "jit", "default_role", "authorization", "token", "userinfo"
        ] form::create;
        GET  "/settings/sso/connections/{connection}" READ, ["done"] connection::show;
        GET  "/settings/sso/connections/{connection}/edit" WRITE, [] form::edit;
        POST "/settings/sso/connections/{connection}/edit" WRITE, [
            "id", "kind", "name", "issuer", "client_id", "auth_method", "secret", "private_key", "key_id", "scopes",
            "groups_claim", "roles_claim", "trusts_email", "jit", "default_role", "authorization", "token", "userinfo", "seen"
        ] form::update;
        POST "/settings/sso/connections/{connection}/test" WRITE, [] connection::test;
        POST "/settings/sso/connections/{connection}/switch" WRITE, ["to"] connection::switch;
        GET  "/settings/sso/connections/{connection}/delete" WRITE, [] deletion::ask;
        POST "/settings/sso/connections/{connection}/delete" WRITE, [] deletion::delete;
        POST "/settings/sso/domains" WRITE, ["domain", "connection"] domain::add;
        GET  "/settings/sso/domains/{domain}" READ, ["done"] domain::show;
        POST "/settings/sso/domains/{domain}/verify" WRITE, [] domain::verify;
        POST "/settings/sso/domains/{domain}/connection" WRITE, ["connection", "seen"] domain::give;
        GET  "/settings/sso/domains/{domain}/remove" WRITE, [] removal::ask;
        POST "/settings/sso/domains/{domain}/remove" WRITE, [] removal::remove;
        GET  "/settings/sso/enforcement" READ, ["domain"] enforcement::show;
        POST "/settings/sso/enforcement" WRITE, ["domain", "to"] enforcement::set;
        GET  "/settings/sso/break-glass/new" Access::Allowed("users:write"), [] breakglass::new;
        POST "/settings/sso/break-glass" Access::Allowed("users:write"), ["name", "email", "password"] breakglass::create;
        GET  "/settings/sso/clients/new" Access::Allowed("clients:write"), [] clients::new;
        POST "/settings/sso/clients" Access::Allowed("clients:write"), ["name", "redirect_uris", "post_logout_uris", "backchannel_logout_uri"] clients::create;
        GET  "/settings/sso/clients/{client}" Access::Allowed("clients:read"), [] clients::show;
        POST "/settings/sso/clients/{client}/remove" Access::Allowed("clients:write"), [] clients::remove;
    })
}

/// Something to be entered elsewhere, with a button that copies it.
pub struct Copied {
    /// The id of its element.
    pub id: &'static str,
    /// What it is called.
    pub label: String,
    /// What it is.
    pub value: String,
    /// When it is needed.
    pub hint: String,
}

impl Copied {
    /// A value whose label and hint stand among the texts under its name.
    fn named(frame: &Frame, id: &'static str, value: String) -> Self {
        let label = frame.say(&format!("sso-copy-{id}")).into_owned();
        let hint = frame.say(&format!("sso-copy-hint-{id}")).into_owned();
        Self { id, label, value, hint }
    }
}

/// What is to be entered at the provider of a connection.
fn addresses(frame: &Frame, public_url: &str, id: ConnectionId) -> Vec<Copied> {
    vec![
        Copied::named(frame, "callback", upstream::callback_url(public_url, id)),
        Copied::named(frame, "initiate", upstream::initiate_url(public_url, id)),
        Copied::named(frame, "backchannel", upstream::backchannel_url(public_url, id)),
    ]
}

/// The connection that stands in the path, of the workspace of whoever asks.
async fn kept(asked: &Asked) -> Result<Kept, Trouble> {
    let id = asked.id(0, ConnectionId::parse)?;
    let found = connections::find(&mut asked.read().await?, id).await?;
    let workspace = asked.workspace()?;
    Ok(found.filter(|kept| kept.connection.workspace_id == workspace).ok_or(CommandError::NotFound)?)
}

/// The page of a connection.
fn place(connection: &Connection) -> String {
    format!("/settings/sso/connections/{}", connection.id)
}
