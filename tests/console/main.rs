//! The console, in a program of its own: what every page and form does over real HTTP on both databases, and what people
//! see of it in a real browser.

// A test that panics has failed, which is what it is for; what is pedantry in code that ships is noise in a table of cases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::pedantic)]
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)]
#![allow(missing_docs)]

// The harness is that of the suite, which uses more of it.
#[allow(dead_code, unused_imports, unused_macros)]
#[path = "../support/mod.rs"]
mod support;

mod again;
mod audit;
mod audit_words;
mod bulk;
mod connector_page;
mod crawl;
mod desk;
mod domains_page;
mod every_route;
mod first_run;
mod frame;
mod groups;
mod health_page;
mod keys;
mod languages;
mod live;
mod overtaken;
mod payloads;
mod payloads_others;
mod play_account;
mod play_bare;
mod play_connected;
mod play_files;
mod play_lists;
mod play_people;
mod play_phone;
mod play_provider;
mod play_reader;
mod play_replicas;
mod play_review;
mod play_setup;
mod play_structure;
mod portions;
mod presses;
mod providers;
mod provisioning;
mod requests;
mod requests_seen;
mod requests_why;
mod reviews;
mod roles;
mod rules;
mod seats;
mod setup_link;
mod sso_page;
mod sync;
mod teams;
mod texts;
mod users;
mod users_person;
mod users_seen;
mod webhooks_page;
