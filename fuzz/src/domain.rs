//! As much of the domain as the rest knows.

#[path = "../../src/domain/login_client.rs"]
pub mod login_client;
#[path = "../../src/domain/pkce.rs"]
pub mod pkce;
