//! Signing in through a connection: `/sso/{connection}/…`, and AIsoule's own callback path.

mod begin;
mod callback;
mod flow;
mod logout;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::App;
use super::around::Around;
use super::pages;
use crate::domain::access::Actor;
use crate::domain::connection::Connection;
use crate::domain::permission::Permissions;
use crate::ids::ConnectionId;
use crate::sso::Provider;
use crate::store::StoreError;
use crate::store::connections;
use crate::upstream::provider_of;

/// Where somebody goes on who did not get in.
const LOGIN: Option<(&str, &str)> = Some(("notice-login", "/login"));

/// The router of this folder.
pub fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/sso/{connection}/login", get(begin::login))
        .route("/sso/{connection}/initiate", get(begin::initiate).post(begin::initiate_by_form))
        .route("/sso/{connection}/callback", get(callback::callback))
        .route("/api/auth/sso/{connection}/callback", get(callback::callback))
        .route("/sso/{connection}/logged-out", get(logout::logged_out))
        .route("/sso/{connection}/backchannel-logout", post(logout::backchannel))
        .with_state(Arc::clone(app))
}

/// A connection that people can use, with all that is needed to.
struct Usable {
    connection: Connection,
    provider: Provider,
}

/// The connection of a path. One that is switched off is not there, wherever somebody asks for it.
async fn usable(app: &App, around: &Around, id: &str) -> Result<Usable, Response> {
    let unavailable = || {
        let sentence = around.say("signin-unavailable");
        pages::notice(around, StatusCode::NOT_FOUND, "signin-unavailable-title", sentence, LOGIN)
    };
    let id = ConnectionId::parse(id).ok_or_else(unavailable)?;
    let found = async {
        let mut conn = app.store.read().await?;
        connections::find(&mut conn, id).await
    };
    let kept = found.await.map_err(|error| busy(around, &error))?;
    let kept = kept.filter(|kept| kept.connection.enabled).ok_or_else(unavailable)?;
    let provider = provider_of(&kept, &app.master).map_err(|error| {
        tracing::error!(%error, connection = %id, "the secret of a connection can't be opened");
        unavailable()
    })?;
    Ok(Usable { connection: kept.connection, provider })
}

/// That the database is in trouble, for a person.
fn busy(around: &Around, error: &StoreError) -> Response {
    tracing::warn!(%error, "a page could not be made");
    pages::busy(around)
}

/// Who acts when somebody comes through a connection: the connection, which may let in whomever it makes.
fn actor(connection: &Connection, asked: &super::journal::Asked<'_>) -> Actor {
    Actor {
        kind: "connection",
        id: Some(connection.id.to_string()),
        name: connection.name.clone(),
        request_id: asked.request_id,
        address: asked.address,
        powers: Permissions::ALL,
    }
}
