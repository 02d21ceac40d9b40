//! The relying party: what comes from a provider becomes [`VerifiedClaims`], or an error that says why not.
//!
//! Knows nobody's database: keys and discovery documents are remembered, everything else is given. `json jws keys checks
//! id_token logout_token callback fault` are pure and are fuzzed.

mod assertion;
pub mod callback;
pub mod checks;
pub mod claims;
pub mod domains;
mod error;
mod exchange;
pub mod fault;
mod github;
pub mod id_token;
pub mod json;
pub mod jws;
pub mod keys;
mod known;
pub mod logout_token;
mod metadata;
mod person;
mod provider;
mod relying;
mod slot;
mod userinfo;
mod walk;

pub use callback::{Callback, CallbackError};
pub use claims::{Groups, VerifiedClaims};
pub use domains::{DnsError, Domains};
pub use error::SsoError;
pub use fault::TokenFault;
pub use logout_token::LogoutToken;
pub use provider::{Proof, Provider, SigningAlgorithm};
pub use relying::{Ask, Begun, Flow, Prompt, Relying};
pub use walk::{Outcome, Step};
