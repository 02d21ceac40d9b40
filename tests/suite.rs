//! Every test of behaviour, in one program: a file a capability, each test on both databases.

// A test that panics has failed, which is what it is for; what is pedantry in code that ships is noise in a table of cases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::pedantic)]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cloned_ref_to_slice_refs,
    clippy::explicit_auto_deref
)]
#![allow(missing_docs)]

mod support;

mod access;
mod api_access;
mod api_audit;
mod api_events;
mod architecture;
mod attributes;
mod audit;
mod binds;
mod browser_rules;
mod bulk;
mod canaries;
mod claimed_groups;
mod cli;
mod cli_users;
mod conformance;
mod connections;
mod connector;
mod connector_faults;
mod connector_keys;
mod connector_names;
mod crash;
mod differential;
mod discovery;
mod double;
mod entra;
mod event_schemas;
mod faults_backup;
mod faults_clients;
mod faults_clock;
mod faults_disk;
mod faults_network;
mod faults_postgres;
mod faults_power;
mod faults_sqlite;
mod filters;
mod fuzz;
mod generated;
mod groups;
mod health;
mod hostile;
mod import;
mod large;
mod lists;
mod local_login;
mod login_guard;
mod login_payloads;
mod lookups;
mod mail;
mod mail_servers;
mod metrics;
mod model;
mod oauth;
mod okta;
mod other_clients;
mod outbound;
mod ownership;
mod patch;
mod plans;
mod profiles;
mod promises;
mod properties;
mod provider;
mod provider_faults;
mod provider_hostile;
mod provider_logout;
mod real_providers;
mod reconcile;
mod relying_party;
mod request_log;
mod reviews;
mod rfc7644;
mod rules;
mod rules_file;
mod seats;
mod second_factor;
mod sessions;
mod sign_in;
mod sign_in_edges;
mod sign_in_more;
mod store;
mod telemetry;
mod transcript;
mod unknown_people;
mod users;
mod webhook_doors;
mod webhook_events;
mod webhooks;
mod webhooks_faults;
mod webhooks_limits;
mod webhooks_order;
