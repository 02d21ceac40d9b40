//! The SCIM 2.0 protocol (RFC 7643, 7644, 9865) as pure functions over JSON and the files in `schemas/`.
//!
//! Nothing here reads a clock, a socket or a database. What an attribute is and may do is said by the schema files;
//! the engine obeys them.

pub mod bulk;
pub mod compare;
pub mod error;
pub mod filter;
pub mod index;
pub mod json;
pub mod list;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;

/// How strictly a client is held to the standard. A token is created with one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// Accepts what Okta and Entra ID really send.
    #[default]
    Compat,
    /// Accepts what the standards allow and nothing else.
    Interop,
}

impl Profile {
    /// True for the tolerant profile.
    #[must_use]
    pub fn is_compat(self) -> bool {
        self == Self::Compat
    }
}
