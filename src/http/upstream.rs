//! The end of a session at the provider behind it (OpenID Connect RP-Initiated Logout 1.0).

use super::App;
use crate::domain::session::Session;
use crate::ids::ConnectionId;
use crate::settings::Secret;
use crate::store::connections;
use crate::upstream::{hint_place, logged_out_url, provider_of};

/// Where the browser of a session that has just ended goes, so that the provider ends its session too; none where the
/// session did not come from one, or the provider has no such address.
pub async fn logout_address(app: &App, ended: &Session) -> Option<String> {
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
    let state = app.browser_keys.form(&anchor(upstream.connection));
    app.relying.end_session_url(&provider, hint.as_ref(), &back, &state).await
}

/// Whether the state with which a browser comes back from a provider's logout is one that was made here.
#[must_use]
pub fn is_own_state(app: &App, connection: ConnectionId, state: &str) -> bool {
    app.browser_keys.is_form(&anchor(connection), state)
}

fn anchor(connection: ConnectionId) -> String {
    format!("logout {connection}")
}
