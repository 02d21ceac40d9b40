//! `sso test`: a walk along a connection, which says in words what is right and what is wrong.

use std::sync::Arc;

use super::error::SsoError;
use super::exchange::{Exchange, exchange};
use super::jws;
use super::known::{discover, key_set};
use super::metadata::{self, Metadata};
use super::provider::{Proof, Provider};
use super::relying::{Places, Relying, places};
use crate::domain::connection::Kind;

/// How a step came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should be.
    Fine,
    /// Sign-ins work, but something is missing or can't be seen from here.
    Warning,
    /// No sign-in will work.
    Failed,
}

/// A step of the walk.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Step {
    /// What was looked at.
    pub title: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// What that means, and what to do.
    pub sentence: String,
}

/// A code that no provider ever made, and the verifier that goes with it.
const NO_CODE: &str = "aisoule-bridge-connection-test";
const NO_VERIFIER: &str = "aisoule-bridge-connection-test-aisoule-bridge";

struct Walk(Vec<Step>);

impl Walk {
    fn step(&mut self, title: &'static str, outcome: Outcome, sentence: impl Into<String>) {
        self.0.push(Step { title, outcome, sentence: sentence.into() });
    }

    fn fine(&mut self, title: &'static str, sentence: impl Into<String>) {
        self.step(title, Outcome::Fine, sentence);
    }

    fn warning(&mut self, title: &'static str, sentence: impl Into<String>) {
        self.step(title, Outcome::Warning, sentence);
    }

    fn failed(&mut self, title: &'static str, sentence: impl Into<String>) {
        self.step(title, Outcome::Failed, sentence);
    }
}

impl Relying {
    /// Walks along a connection and asks its provider everything anew. `redirect_uri` is the connection's callback.
    pub async fn walk(&self, provider: &Provider, redirect_uri: &str) -> Vec<Step> {
        let mut walk = Walk(Vec::new());
        if let Err(error) = self.check(provider) {
            walk.failed("Connection", error.to_string());
            return walk.0;
        }
        if let Proof::PrivateKey { pem, algorithm, .. } = &provider.proof
            && let Err(error) = algorithm.key(pem)
        {
            walk.failed("Private key", error.to_string());
            return walk.0;
        }
        let document =
            if provider.kind == Kind::Github { Some(None) } else { self.discovery(provider, &mut walk).await };
        let Some(document) = document else { return walk.0 };
        let found = match places(provider, document) {
            Ok(found) => found,
            Err(error) => {
                walk.failed("Addresses", error.to_string());
                return walk.0;
            }
        };
        walk.fine("Addresses", "The addresses for signing in are there and encrypted.");
        if let Some(document) = &found.document {
            self.keys(document, &mut walk).await;
            abilities(provider, document, &mut walk);
        }
        self.credentials(provider, redirect_uri, &found, &mut walk).await;
        walk.0
    }

    /// The discovery document; none where the walk ends here.
    async fn discovery(&self, provider: &Provider, walk: &mut Walk) -> Option<Option<Arc<Metadata>>> {
        match discover(&self.known.outbound, &provider.issuer).await {
            Ok(document) => {
                walk.fine(
                    "Discovery",
                    format!("The provider answers at {} and calls itself by the same issuer.", provider.issuer),
                );
                Some(Some(Arc::new(document)))
            }
            Err(SsoError::OtherIssuer) => {
                walk.failed(
                    "Issuer",
                    "The provider calls itself by another issuer than the connection does. Copy the issuer from the \
                     provider's discovery document, character by character: a slash at its end counts.",
                );
                None
            }
            Err(SsoError::Status { status: 404, .. }) => {
                walk.failed(
                    "Discovery",
                    format!(
                        "There is nothing at {}. The issuer is probably mistyped.",
                        metadata::address(&provider.issuer)
                    ),
                );
                None
            }
            Err(error) => {
                walk.failed("Discovery", error.to_string());
                None
            }
        }
    }

    async fn keys(&self, document: &Metadata, walk: &mut Walk) {
        match key_set(&self.known.outbound, &document.jwks).await {
            Ok(keys) if keys.usable() == 0 => {
                walk.failed("Keys", "The provider publishes no key with which the bridge could check its tokens.");
            }
            Ok(keys) => {
                let usable = crate::text::counted_as(keys.usable() as u64, "key");
                let rest = match keys.left_out() {
                    0 => String::new(),
                    n => format!(" {n} more can't be used for that, which does no harm."),
                };
                walk.fine("Keys", format!("The provider publishes {usable} to check its tokens with.{rest}"));
            }
            Err(error) => walk.failed("Keys", error.to_string()),
        }
    }

    /// What the token endpoint says to a code that nobody made: if it complains of the code, it took the credentials.
    async fn credentials(&self, provider: &Provider, redirect_uri: &str, found: &Places, walk: &mut Walk) {
        const TITLE: &str = "Client id and secret";
        let given = Exchange { code: NO_CODE, redirect_uri, verifier: NO_VERIFIER };
        let now = self.known.clock.now();
        match exchange(&self.known.outbound, provider, &found.token, &given, now).await {
            Err(SsoError::Code(error)) if ["invalid_grant", "bad_verification_code"].contains(&error.as_str()) => {
                walk.fine(TITLE, "The provider knows the bridge: it refused a made-up code, and not the credentials.");
            }
            Err(SsoError::Client) => walk.failed(
                TITLE,
                "The provider does not accept the client id or secret. Copy both anew, and look whether the secret has \
                 expired and whether the provider expects another way of proving it.",
            ),
            Err(SsoError::Code(error)) if error == "redirect_uri_mismatch" => walk.failed(
                "Callback",
                format!("The provider does not know the callback. Enter {redirect_uri} there, character by character."),
            ),
            Err(SsoError::Code(error)) => walk.warning(
                TITLE,
                format!("The provider refused a made-up code with \u{201c}{error}\u{201d}, which says nothing about the credentials."),
            ),
            Ok(_) => walk.warning(TITLE, "The provider gave tokens for a made-up code. It can't be a real provider."),
            Err(error) => walk.failed(TITLE, error.to_string()),
        }
    }
}

/// What the document says that the provider can do.
fn abilities(provider: &Provider, document: &Metadata, walk: &mut Walk) {
    let taken = document.algorithms.iter().any(|name| jws::is_taken(name));
    if taken || document.algorithms.is_empty() {
        walk.fine("Signatures", "The provider signs its tokens in a way that the bridge checks.");
    } else {
        walk.failed(
            "Signatures",
            "The provider announces only ways of signing that the bridge does not take. Choose RS256 or ES256 for this \
             client there.",
        );
    }
    match &document.challenges {
        Some(methods) if methods.iter().any(|method| method == "S256") => {
            walk.fine("PKCE", "The provider takes PKCE with S256.");
        }
        _ => walk.warning(
            "PKCE",
            "The provider does not say that it takes PKCE with S256. The bridge sends it all the same.",
        ),
    }
    let proof = match provider.proof {
        Proof::Basic(_) => "client_secret_basic",
        Proof::Post(_) => "client_secret_post",
        Proof::PrivateKey { .. } => "private_key_jwt",
    };
    // Discovery §3: who does not say takes client_secret_basic.
    let accepts = document.proofs.as_ref().is_none_or(|all| all.iter().any(|method| method == proof));
    if !accepts {
        let all = document.proofs.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
        let all = crate::text::printable(&all).into_owned();
        walk.warning("Proof", format!("The connection proves itself with {proof}, but the provider announces: {all}."));
    }
    claims(provider, document, walk);
    if document.backchannel_logout {
        walk.fine("Logout", "The provider can tell the bridge of logouts (back-channel logout).");
    } else {
        walk.warning(
            "Logout",
            "The provider does not say that it tells of logouts. Who logs out there stays logged in here until their \
             session ends.",
        );
    }
}

fn claims(provider: &Provider, document: &Metadata, walk: &mut Walk) {
    const TITLE: &str = "Groups and roles";
    let announced = |name: &str| {
        let listed = |all: &Option<Vec<String>>| all.as_ref().is_some_and(|all| all.iter().any(|one| one == name));
        document.claims.is_none() || listed(&document.claims) || listed(&document.scopes)
    };
    let wanted: Vec<&str> =
        [&provider.groups_claim, &provider.roles_claim].into_iter().flatten().map(String::as_str).collect();
    if wanted.is_empty() {
        walk.fine(
            TITLE,
            "The connection takes none from tokens; roles come from the groups that are provisioned by SCIM.",
        );
        return;
    }
    for name in wanted {
        if announced(name) {
            walk.fine(
                TITLE,
                format!(
                    "Whoever is not provisioned is put into the groups of the workspace that the claim {name} names, but \
                     for those that make an Admin."
                ),
            );
        } else if document.scopes.as_ref().is_some_and(|all| all.iter().any(|scope| scope == "groups")) {
            walk.warning(TITLE, format!("The provider announces no claim {name}, but a scope \u{201c}groups\u{201d}: the connection may have to ask for it."));
        } else {
            walk.warning(
                TITLE,
                format!("The provider announces no claim {name}. Add it to the tokens of this client there."),
            );
        }
    }
    if provider.kind == Kind::Entra {
        walk.warning(
            TITLE,
            "Microsoft leaves groups out of the token of whoever is in more than 200; provision groups by SCIM then.",
        );
    }
}
