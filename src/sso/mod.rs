//! The relying party: what comes from a provider becomes [`VerifiedClaims`], or an error that says why not.
//!
//! Knows nobody's database: keys and discovery documents are remembered, everything else is given.

pub mod claims;

pub use claims::{Groups, VerifiedClaims};
