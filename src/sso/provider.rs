//! What the relying party has to know of a connection.

use jsonwebtoken::EncodingKey;

use super::error::SsoError;
use crate::domain::connection::{Endpoints, Kind};
use crate::settings::Secret;

/// A provider, as a connection describes it.
#[derive(Debug, Clone)]
pub struct Provider {
    /// The connection's id, for the log.
    pub key: String,
    /// The kind.
    pub kind: Kind,
    /// The issuer, in the provider's own spelling.
    pub issuer: String,
    /// The bridge's id there.
    pub client_id: String,
    /// How it proves that it is that client.
    pub proof: Proof,
    /// Addresses in place of the discovered ones.
    pub endpoints: Endpoints,
    /// What is asked for besides `openid profile email`.
    pub scopes: Vec<String>,
    /// The claim that lists groups.
    pub groups_claim: Option<String>,
    /// The claim that lists roles.
    pub roles_claim: Option<String>,
}

/// How the bridge proves to a provider that it is the client (OpenID Connect Core §9).
#[derive(Debug, Clone)]
pub enum Proof {
    /// The secret in the `Authorization` header.
    Basic(Secret),
    /// The secret in the form.
    Post(Secret),
    /// An assertion, signed with a key of the bridge's.
    PrivateKey {
        /// The key, PKCS#8 in PEM.
        pem: Secret,
        /// What it signs with.
        algorithm: SigningAlgorithm,
        /// What the provider calls the key.
        kid: Option<String>,
    },
}

/// What the bridge signs its assertions with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// RSA.
    Rs256,
    /// An elliptic curve.
    Es256,
}

impl SigningAlgorithm {
    /// The algorithm that a key can sign with.
    ///
    /// # Errors
    /// [`SsoError::Connection`], which never repeats the key.
    pub fn of(pem: &Secret) -> Result<Self, SsoError> {
        let found = [Self::Es256, Self::Rs256].into_iter().find(|algorithm| algorithm.key(pem).is_ok());
        found.ok_or_else(|| {
            SsoError::Connection(
                "the private key must be an RSA or P-256 key in PEM (PKCS#8, `-----BEGIN PRIVATE KEY-----`)".into(),
            )
        })
    }

    pub(super) fn key(self, pem: &Secret) -> Result<EncodingKey, SsoError> {
        let pem = private_part(pem.reveal()).as_bytes();
        let key = match self {
            Self::Rs256 => EncodingKey::from_rsa_pem(pem),
            Self::Es256 => EncodingKey::from_ec_pem(pem),
        };
        key.map_err(|_| SsoError::Connection("the private key can't be read".into()))
    }

    pub(super) const fn algorithm(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
        }
    }
}

impl Provider {
    /// What is asked for, each once.
    pub(super) fn asked(&self) -> Vec<&str> {
        let always: &[&str] =
            if self.kind == Kind::Github { &["read:user", "user:email"] } else { &["openid", "profile", "email"] };
        let mut asked = always.to_vec();
        for scope in &self.scopes {
            if !asked.contains(&scope.as_str()) {
                asked.push(scope);
            }
        }
        asked
    }

    /// Entra's tenant: the issuer names exactly one.
    pub(super) fn tenant(&self) -> Result<Option<&str>, SsoError> {
        if self.kind != Kind::Entra {
            return Ok(None);
        }
        let mut parts = self.issuer.rsplit('/');
        match (parts.next(), parts.next()) {
            (Some("v2.0"), Some(tenant)) if is_tenant(tenant) => Ok(Some(tenant)),
            _ => Err(SsoError::Tenant),
        }
    }
}

/// The private key of a text in PEM in which a certificate may stand as well.
fn private_part(pem: &str) -> &str {
    const END: &str = "PRIVATE KEY-----";
    let begins = pem.match_indices("-----BEGIN ").map(|(at, _)| at).find(|at| {
        pem.get(*at..).and_then(|rest| rest.lines().next()).is_some_and(|line| line.trim_end().ends_with(END))
    });
    let rest = begins.and_then(|at| pem.get(at..)).unwrap_or(pem);
    let ends = rest.find("-----END ").and_then(|at| Some(at + rest.get(at..)?.find(END)? + END.len()));
    ends.and_then(|at| rest.get(..at)).unwrap_or(rest)
}

/// Whether a text is the id of a directory: a UUID with its hyphens.
fn is_tenant(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}
