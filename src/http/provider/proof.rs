//! How a client proves which it is: by its secret, or by `private_key_jwt` (RFC 7523 §2.2).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use super::form::{Form, Refusal, Seen};
use crate::domain::access::{Dialect, Grant, Holder, Scope};
use crate::domain::login_client::LoginClient;
use crate::http::App;
use crate::provider::assertion;
use crate::secret;
use crate::store::oauth::ClientRow;
use crate::store::{StoreError, Tx, Work, login_clients, oauth};

/// A client that proved who it is.
pub enum Client {
    /// One that writes through SCIM.
    Writer(ClientRow),
    /// One that people sign in to.
    Login(LoginClient),
}

/// Which client this is; it proves itself in exactly one way (RFC 6749 §2.3).
pub async fn authenticate(app: &App, headers: &HeaderMap, form: &Form, seen: &mut Seen) -> Result<Client, Refusal> {
    let basic = basic(headers)?;
    let posted = form.get("client_secret");
    let assertion = form.get("client_assertion");
    let ways = usize::from(basic.is_some()) + usize::from(posted.is_some()) + usize::from(assertion.is_some());
    if ways > 1 {
        return Err(Refusal::InvalidRequest("the client proves itself in more than one way"));
    }
    if let Some(assertion) = assertion {
        if form.get("client_assertion_type") != Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") {
            return Err(Refusal::InvalidRequest(
                "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ));
        }
        return asserted(app, form, assertion, seen).await.map(Client::Writer);
    }
    let (id, secret) = match (basic, form.get("client_id"), posted) {
        (Some(pair), _, _) => pair,
        (None, Some(id), Some(secret)) => (id.to_owned(), secret.to_owned()),
        _ => return Err(Refusal::InvalidClient("there is no proof, or no client_id")),
    };
    let (client, hash) = living(app, &id, seen).await?;
    let hash = hash.ok_or(Refusal::InvalidClient("this client has no secret; it signs"))?;
    let is_it = bool::from(secret::hash(&secret).ct_eq(&hash));
    is_it.then_some(client).ok_or(Refusal::InvalidClient("the client secret is wrong"))
}

async fn asserted(app: &App, form: &Form, assertion: &str, seen: &mut Seen) -> Result<ClientRow, Refusal> {
    let claimed = assertion::client_of(assertion)
        .ok_or(Refusal::InvalidClient("the assertion is no JWT with iss, sub, aud, exp and jti"))?;
    if form.get("client_id").is_some_and(|id| id != claimed) {
        return Err(Refusal::InvalidClient("client_id is not the assertion's sub"));
    }
    let (Client::Writer(client), _) = living(app, &claimed, seen).await? else {
        return Err(Refusal::InvalidClient("this client does not sign; it has a secret"));
    };
    let keys = client.keys.as_ref().ok_or(Refusal::InvalidClient("this client does not sign; it has a secret"))?;
    let now = app.clock.now();
    let audiences = [format!("{}/oauth/token", app.public_url), app.public_url.clone()];
    let used = assertion::verify(assertion, &client.id, keys, &audiences, now).map_err(Refusal::InvalidClient)?;
    let once = UseAssertion { client: client.id.clone(), jti: used.jti, expires_at: used.expires_at, now };
    let is_first = app.store.write(once).await?;
    is_first.then_some(client).ok_or(Refusal::InvalidClient("the assertion was used before (jti)"))
}

/// The living client of an id, of either kind, with the hash of its secret.
async fn living(app: &App, id: &str, seen: &mut Seen) -> Result<(Client, Option<Vec<u8>>), Refusal> {
    let unknown = Refusal::InvalidClient("there is no client of that id");
    if id.contains('\0') {
        return Err(unknown);
    }
    let mut conn = app.store.read().await?;
    let (client, hash, revoked_at) = if let Some(row) = oauth::find_client(&mut conn, id).await? {
        seen.client = row.grant().ok();
        (Client::Writer(row.clone()), row.secret_hash, row.revoked_at)
    } else {
        let kept = login_clients::find(&mut conn, id).await?.ok_or(unknown)?;
        seen.client = Some(label(&kept.client));
        let revoked_at = kept.client.revoked_at;
        (Client::Login(kept.client), Some(kept.secret_hash), revoked_at)
    };
    if revoked_at.is_some() { Err(Refusal::InvalidClient("the client was revoked")) } else { Ok((client, hash)) }
}

/// What the request log calls a login client. It may do nothing through SCIM.
fn label(client: &LoginClient) -> Grant {
    Grant {
        workspace_id: client.workspace_id,
        holder: Holder::Client(client.id.clone()),
        name: client.name.clone(),
        scope: Scope::Read,
        dialect: Dialect::Interop,
        user_id: None,
        expires_at: None,
    }
}

/// The id and secret of `Authorization: Basic`, both form-encoded before base64 (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refusal> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(String::from)
    };
    let pair = || {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        Some((decode(id)?, decode(secret)?))
    };
    pair().map(Some).ok_or(Refusal::InvalidClient("the Authorization header is no Basic credential"))
}

/// Notes that an assertion was used; false where it had been.
struct UseAssertion {
    client: String,
    jti: String,
    expires_at: chrono::DateTime<chrono::Utc>,
    now: chrono::DateTime<chrono::Utc>,
}

impl Work for UseAssertion {
    type Output = bool;
    type Error = StoreError;

    fn workspace(&self) -> Option<crate::ids::WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        oauth::use_assertion(tx, &self.client, &self.jti, self.expires_at, self.now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_encoded() {
        let header = format!("Basic {}", STANDARD.encode("a%3Ab:c%25d+%C3%A9"));
        let headers = HeaderMap::from_iter([(AUTHORIZATION, header.parse().unwrap())]);
        assert_eq!(basic(&headers).unwrap(), Some(("a:b".into(), "c%d é".into())));
        assert!(basic(&HeaderMap::from_iter([(AUTHORIZATION, "Basic !".parse().unwrap())])).is_err());
    }
}
