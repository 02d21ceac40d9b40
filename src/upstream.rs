//! The one place that knows both a stored connection and what the relying party needs of it; and the addresses that are
//! entered at a provider.

use crate::domain::connection::{AuthMethod, Connection};
use crate::domain::domains::Domain;
use crate::ids::ConnectionId;
use crate::sealed::MasterKey;
use crate::settings::Secret;
use crate::sso::{Outcome, Proof, Provider, SigningAlgorithm, SsoError, Step};
use crate::store::connections::{self, Kept};

/// Where the browser comes back to.
#[must_use]
pub fn callback_url(public_url: &str, connection: ConnectionId) -> String {
    format!("{public_url}/sso/{connection}/callback")
}

/// Where the browser comes back to from the provider's logout.
#[must_use]
pub fn logged_out_url(public_url: &str, connection: ConnectionId) -> String {
    format!("{public_url}/sso/{connection}/logged-out")
}

/// What the relying party needs to know of a connection, its secret opened.
///
/// # Errors
/// [`SsoError::Connection`] where the secret can't be opened, or is no private key where it has to be one.
pub fn provider_of(kept: &Kept, master: &MasterKey) -> Result<Provider, SsoError> {
    let sealed = || SsoError::Connection("its secret can't be opened with the bridge's master key".into());
    let c = &kept.connection;
    let secret = match &kept.secret {
        Some(sealed_secret) => {
            let opened = master.open(&connections::place(c.id), sealed_secret).map_err(|_| sealed())?;
            String::from_utf8(opened).map_err(|_| sealed())?
        }
        None => String::new(),
    };
    let secret = Secret::from(secret);
    let proof = match c.auth_method {
        AuthMethod::ClientSecretBasic => Proof::Basic(secret),
        AuthMethod::ClientSecretPost => Proof::Post(secret),
        AuthMethod::PrivateKeyJwt => {
            Proof::PrivateKey { algorithm: SigningAlgorithm::of(&secret)?, pem: secret, kid: c.key_id.clone() }
        }
    };
    Ok(Provider {
        key: c.id.to_string(),
        kind: c.kind,
        issuer: c.issuer.clone(),
        client_id: c.client_id.clone(),
        proof,
        endpoints: c.endpoints.clone(),
        scopes: c.scopes.clone(),
        groups_claim: c.groups_claim.clone(),
        roles_claim: c.roles_claim.clone(),
    })
}

/// Where a provider begins sign-ins by itself (OpenID Connect Core §4).
#[must_use]
pub fn initiate_url(public_url: &str, connection: ConnectionId) -> String {
    format!("{public_url}/sso/{connection}/initiate")
}

/// Where a provider says that a session ended (OpenID Connect Back-Channel Logout §2.5).
#[must_use]
pub fn backchannel_url(public_url: &str, connection: ConnectionId) -> String {
    format!("{public_url}/sso/{connection}/backchannel-logout")
}

/// The place for which the ID token of a session is sealed.
#[must_use]
pub fn hint_place(connection: ConnectionId, subject: &str) -> String {
    format!("id token {connection} {subject}")
}

/// What the test of a connection says of whom it makes users, where something is wrong with that.
#[must_use]
pub fn newcomers(connection: &Connection, serves: &[Domain]) -> Option<Step> {
    let is_open = connection.jit && connection.kind.is_for_everybody() && serves.is_empty();
    is_open.then(|| Step {
        title: "Newcomers",
        outcome: Outcome::Warning,
        sentence:
            "The connection is to add people at their first login, but serves no domain. Everybody on earth can have \
                   an account at this provider, so nobody is added until it serves one."
                .into(),
    })
}
