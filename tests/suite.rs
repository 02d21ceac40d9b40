//! Every test of behaviour, in one program: a file a capability, each test on both databases.

mod support;

mod access;
mod architecture;
mod bulk;
mod cli;
mod conformance;
mod crash;
mod discovery;
mod entra;
mod faults_backup;
mod faults_clients;
mod faults_clock;
mod faults_disk;
mod faults_network;
mod faults_postgres;
mod faults_power;
mod faults_sqlite;
mod filters;
mod groups;
mod large;
mod lists;
mod oauth;
mod okta;
mod patch;
mod request_log;
mod seats;
mod store;
mod transcript;
mod users;
