//! The bridge as somebody whose tokens others trust: the OpenID Provider that AIsoule signs people in through, and
//! access tokens for OAuth clients that write through SCIM.

pub mod assertion;
pub mod authorize;
pub mod claims;
pub mod discovery;
pub mod issuer;
pub mod ring;
pub mod tokens;

pub use issuer::{Claims, Issuer};
pub use ring::{Ring, RingError};
