//! Every test of behaviour, in one program: a file a capability, each test on both databases.

mod support;

mod access;
mod architecture;
mod attributes;
mod bulk;
mod cli;
mod conformance;
mod crash;
mod discovery;
mod entra;
mod filters;
mod groups;
mod hostile;
mod large;
mod lists;
mod oauth;
mod okta;
mod other_clients;
mod patch;
mod profiles;
mod request_log;
mod rfc7644;
mod seats;
mod store;
mod transcript;
mod users;
