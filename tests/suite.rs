//! Every test of behaviour, in one program: a file a capability, each test on both databases.

mod support;

mod access;
mod architecture;
mod bulk;
mod cli;
mod conformance;
mod crash;
mod differential;
mod discovery;
mod entra;
mod filters;
mod fuzz;
mod generated;
mod groups;
mod lists;
mod oauth;
mod okta;
mod patch;
mod properties;
mod request_log;
mod seats;
mod store;
mod transcript;
mod users;
