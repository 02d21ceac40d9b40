//! The pure parts of the bridge, compiled by themselves for the fuzz targets, and what is checked of them.

#[path = "../../src/provider/authorize.rs"]
pub mod authorize;
#[path = "../../src/query/cursor.rs"]
pub mod cursor;
pub mod domain;
#[path = "../../src/ids.rs"]
pub mod ids;
#[path = "../../src/scim/mod.rs"]
pub mod scim;
pub mod sso;
#[path = "../../src/text.rs"]
pub mod text;

pub mod checks;
pub mod tokens;

/// Where `checks` finds the bridge; the test that replays the corpus has another.
mod bridge {
    pub use crate::domain::{login_client, pkce};
    pub use crate::{authorize, cursor, scim, sso};
}
