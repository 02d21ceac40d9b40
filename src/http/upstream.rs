//! The end of a session at the provider behind it (OpenID Connect RP-Initiated Logout 1.0).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::App;
use crate::domain::session::Session;
use crate::ids::ConnectionId;
use crate::settings::Secret;
use crate::store::connections;
use crate::upstream::{hint_place, logged_out_url, provider_of};

/// Where the browser of a session that has just ended goes, so that the provider ends its session too, and from there on to
/// `onward`; none where the session did not come from one, or the provider has no such address.
pub async fn logout_address(app: &App, ended: &Session, onward: Option<&str>) -> Option<String> {
    let upstream = ended.upstream()?;
    let mut conn = app.store.read().await.ok()?;
    let kept = connections::find(&mut conn, upstream.connection).await.ok()??;
    drop(conn);
    if !kept.connection.enabled {
        return None;
    }
    let provider = provider_of(&kept, &app.master).ok()?;
    let place = hint_place(upstream.connection, &upstream.subject);
    let hint = upstream.id_token.as_ref().and_then(|sealed| app.master.open(&place, sealed).ok());
    let hint = hint.and_then(|hint| String::from_utf8(hint).ok()).map(Secret::from);
    let back = logged_out_url(&app.public_url, upstream.connection);
    let state = state(app, upstream.connection, onward);
    app.relying.end_session_url(&provider, hint.as_ref(), &back, &state).await
}

/// The state with which a browser is sent to a provider's logout: a proof that it was made here, and where to go on to.
fn state(app: &App, connection: ConnectionId, onward: Option<&str>) -> String {
    let proof = app.browser_keys.form(&anchor(connection, onward));
    onward.map_or(proof.clone(), |onward| format!("{proof}.{}", URL_SAFE_NO_PAD.encode(onward)))
}

/// Where a browser goes on to that comes back from a provider's logout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Onward {
    /// Back to the program that sent it.
    To(String),
    /// Nowhere.
    Nowhere,
}

/// Where a browser goes on to that comes back from a provider's logout; none where its state was not made here.
#[must_use]
pub fn came_back(app: &App, connection: ConnectionId, state: &str) -> Option<Onward> {
    let (proof, onward) = match state.split_once('.') {
        Some((proof, onward)) => (proof, Some(String::from_utf8(URL_SAFE_NO_PAD.decode(onward).ok()?).ok()?)),
        None => (state, None),
    };
    let is_ours = app.browser_keys.is_form(&anchor(connection, onward.as_deref()), proof);
    is_ours.then(|| onward.map_or(Onward::Nowhere, Onward::To))
}

fn anchor(connection: ConnectionId, onward: Option<&str>) -> String {
    match onward {
        Some(onward) => format!("logout {connection} {onward}"),
        None => format!("logout {connection}"),
    }
}
