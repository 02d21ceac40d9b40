//! Tokens for a code or a refresh token (RFC 6749 §4.1.3, §6; OpenID Connect Core §3.1.3, §12).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::form::{Form, Refusal};
use crate::command::grants::{Asked as By, NewTokens, Outcome, Redeem};
use crate::domain::access::Actor;
use crate::domain::login_client::{LoginClient, Scopes};
use crate::domain::permission::Permissions;
use crate::http::App;
use crate::http::journal::Asked;
use crate::provider::claims::Subject;
use crate::provider::tokens::IdToken;
use crate::secret::{self, ACCESS_PREFIX, CODE_PREFIX, REFRESH_PREFIX};
use crate::store::StoreError;

/// A client as whoever makes a change.
pub fn actor(client: &LoginClient, asked: &Asked<'_>) -> Actor {
    Actor {
        kind: "client",
        id: Some(client.id.clone()),
        name: client.name.clone(),
        request_id: asked.request_id,
        address: asked.address,
        powers: Permissions::NONE,
    }
}

/// Tokens for a client that people sign in to.
pub async fn grant(app: &App, form: &Form, client: LoginClient, asked: &Asked<'_>) -> Result<Value, Refusal> {
    let text = |name: &'static str| form.get(name).map(str::to_owned);
    let (shown, prefix, by) = match form.get("grant_type") {
        Some("authorization_code") => {
            let by = By::Code { redirect_uri: text("redirect_uri"), verifier: text("code_verifier") };
            (form.get("code").ok_or(Refusal::InvalidRequest("code is missing"))?, CODE_PREFIX, by)
        }
        Some("refresh_token") => {
            let by = By::Refresh { scope: form.get("scope").map(Scopes::parse) };
            (form.get("refresh_token").ok_or(Refusal::InvalidRequest("refresh_token is missing"))?, REFRESH_PREFIX, by)
        }
        Some("client_credentials") => {
            return Err(Refusal::UnauthorizedClient("people sign in to this client; it has nothing of its own"));
        }
        _ => {
            return Err(Refusal::UnsupportedGrantType("only authorization_code and refresh_token are served"));
        }
    };
    if !secret::is_of(prefix, shown) {
        return Err(Refusal::InvalidGrant("it is none of ours, or was not copied whole"));
    }
    let random = |error: crate::sealed::KeyError| StoreError::Statement(error.to_string());
    let access = secret::new_with(ACCESS_PREFIX).map_err(random)?;
    let refresh = secret::new_with(REFRESH_PREFIX).map_err(random)?;
    let seconds = app.settings.limits.access_token_seconds;
    let redeem = Redeem {
        workspace: client.workspace_id,
        client: client.id.clone(),
        client_name: client.name.clone(),
        hash: secret::hash(shown),
        asked: by,
        tokens: NewTokens {
            access_hash: secret::hash(&access),
            access_lifetime: TimeDelta::seconds(seconds),
            refresh_hash: secret::hash(&refresh),
        },
        idle: app.settings.sessions.lifetime().idle,
    };
    let given = match app.commands.execute(&actor(&client, asked), redeem).await? {
        Outcome::Given(given) => given,
        Outcome::Refused(why) => return Err(Refusal::InvalidGrant(why)),
        Outcome::Reused => {
            return Err(Refusal::InvalidGrant("it was used before: everything that came of it has ended"));
        }
        Outcome::TooMuch => return Err(Refusal::InvalidScope("more is asked for than was given")),
    };
    let mut answer = json!({
        "access_token": access, "token_type": "Bearer", "expires_in": seconds, "refresh_token": refresh,
        "scope": given.scope.to_string(),
    });
    if given.scope.openid {
        let mut conn = app.store.read().await?;
        let subject = Subject::load(&mut conn, client.workspace_id, given.user, given.proved_email).await?;
        drop(conn);
        let subject = subject.ok_or(Refusal::InvalidGrant("whoever it is about is not active"))?;
        let token = IdToken {
            issuer: &app.public_url,
            client: &client.id,
            session: given.session,
            authenticated_at: given.authenticated_at,
            nonce: given.nonce.as_deref(),
            amr: &given.amr,
            access_token: &access,
        };
        let signed = token.sign(&app.ring, subject.claims(given.scope), app.clock.now())?;
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("id_token".into(), json!(signed));
        }
    }
    Ok(answer)
}
