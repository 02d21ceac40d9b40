//! The bridge as somebody whose tokens others trust: access tokens for OAuth clients, and how a client proves that it
//! holds its private key.

pub mod assertion;
pub mod issuer;

pub use issuer::{Claims, Issuer, IssuerError};
