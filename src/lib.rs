//! aisoule-bridge: the SCIM 2.0 and single sign-on provisioning bridge for AIsoule.
//!
//! ARCHITECTURE.md is the map. In one line: `http` and `cli` take requests, `command` changes things, `query` reads them,
//! `store` keeps them; `scim` is the protocol and `domain` the product, both pure.

pub mod app;
pub mod cli;
pub mod clock;
pub mod command;
pub mod connector;
pub mod csv;
pub mod delivery;
pub mod domain;
pub mod http;
pub mod ids;
pub mod mail;
pub mod mapping;
pub mod metrics;
pub mod outbound;
pub mod password;
pub mod provider;
pub mod query;
pub mod scim;
pub mod sealed;
pub mod secret;
pub mod settings;
pub mod sso;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod totp;
pub mod upstream;
pub mod worker;
