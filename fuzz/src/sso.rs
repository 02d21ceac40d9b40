//! The pure parts of the relying party.

#[path = "../../src/sso/callback.rs"]
pub mod callback;
#[path = "../../src/sso/checks.rs"]
pub mod checks;
#[path = "../../src/sso/fault.rs"]
pub mod fault;
#[path = "../../src/sso/id_token.rs"]
pub mod id_token;
#[path = "../../src/sso/json.rs"]
pub mod json;
#[path = "../../src/sso/jws.rs"]
pub mod jws;
#[path = "../../src/sso/keys.rs"]
pub mod keys;
#[path = "../../src/sso/logout_token.rs"]
pub mod logout_token;
