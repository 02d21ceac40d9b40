//! What the product is: workspaces, plans, seats, users, roles, groups, and the events that tell of their changes.
//!
//! Pure: no database, no protocol, no clock. Constructors check, so that what exists is valid.

pub mod access;
pub mod barred;
pub mod chain;
pub mod connection;
pub mod domains;
pub mod email;
pub mod endpoint;
pub mod event;
pub mod expiry;
pub mod group;
pub mod letter;
pub mod login_client;
pub mod password_link;
pub mod permission;
pub mod pins;
pub mod pkce;
pub mod plan;
pub mod review;
pub mod role;
pub mod rule;
pub mod seat;
pub mod session;
pub mod setup_link;
pub mod team;
pub mod throttle;
pub mod user;
pub mod version;
pub mod workspace;
