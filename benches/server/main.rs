//! How fast the release binary answers over HTTP, beside what the bare database does with the same rows in the same run.
//!
//! ```text
//! cargo bench --bench server                          # 1,000 and 10,000 users, groups of 10 to 10,000, both databases
//! cargo bench --bench server -- --users 1000,1000000 --members 10,100000 --rules 100000 --deliveries 200 --pages 100000 --seconds 5 --database sqlite --json out.json
//! ```
//!
//! A figure alone says what this machine is; a ratio says what the bridge adds. Every row is therefore printed beside its
//! reference: for reading, axum with one SELECT by key behind it, driven by the same load; for writing, the same rows
//! inserted and committed without HTTP, 16 changes a commit on SQLite and 16 connections on PostgreSQL.

// A bench that can't measure stops; it prints what it found, and time is what it is about.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::disallowed_methods
)]

mod bare;
mod delivery;
mod load;
mod pages;
mod report;
mod run;
mod seed;

#[allow(dead_code)]
#[path = "../../tests/support/postgres.rs"]
mod postgres;

#[allow(dead_code, unused_imports, clippy::unwrap_used, clippy::panic, clippy::pedantic)]
#[path = "../../tests/support/aisoule/mod.rs"]
mod aisoule;

use std::time::Duration;

use report::Report;

/// How many connections drive the server.
const CONNECTIONS: usize = 16;

/// What to measure.
struct Plan {
    users: Vec<u64>,
    members: Vec<u64>,
    /// So many users for the rules; 0: none of that.
    rules: u64,
    /// So many people who are deactivated in a remote workspace, after what webhooks cost; 0: none of that.
    deliveries: u64,
    /// With so many users the pages of the console are measured; 0: none of that.
    pages: u64,
    seconds: Duration,
    databases: Vec<String>,
    json: Option<String>,
}

impl Plan {
    fn read() -> Result<Self, String> {
        let mut plan = Self {
            users: vec![1_000, 10_000],
            members: vec![10, 1_000, 10_000],
            rules: 100_000,
            deliveries: 200,
            pages: 100_000,
            seconds: Duration::from_secs(3),
            databases: vec!["sqlite".into(), "postgres".into()],
            json: None,
        };
        // `cargo bench` adds `--bench`.
        let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
        while let Some(option) = words.next() {
            let value = words.next().ok_or_else(|| format!("{option} needs a value"))?;
            let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{option}: {text} is no number"));
            let numbers = || value.split(',').map(number).collect::<Result<Vec<u64>, String>>();
            match option.as_str() {
                "--users" => plan.users = numbers()?,
                "--members" => plan.members = numbers()?,
                "--rules" => plan.rules = number(&value)?,
                "--deliveries" => plan.deliveries = number(&value)?,
                "--pages" => plan.pages = number(&value)?,
                "--seconds" => plan.seconds = Duration::from_secs(number(&value)?),
                "--database" => plan.databases = value.split(',').map(str::to_owned).collect(),
                "--json" => plan.json = Some(value),
                _ => {
                    return Err(format!(
                        "{option} is none of --users --members --rules --deliveries --pages --seconds --database --json"
                    ));
                }
            }
        }
        Ok(plan)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), String> {
    // The reference for reading is a program of its own, as the bridge is: this one, started again.
    if let Ok(url) = std::env::var("BRIDGE_BENCH_REFERENCE") {
        return bare::serve(&url);
    }
    let plan = Plan::read()?;
    let mut report = Report::default();
    for database in &plan.databases {
        for (i, users) in plan.users.iter().enumerate() {
            run::users(database, *users, &plan, i == 0, &mut report).await?;
        }
        for members in &plan.members {
            run::members(database, *members, &plan, &mut report).await?;
        }
        if plan.rules > 0 {
            run::rules(database, plan.rules, &mut report).await?;
        }
        if plan.deliveries > 0 {
            delivery::webhooks(database, &plan, &mut report).await?;
            delivery::connector(database, plan.deliveries, &mut report).await?;
        }
        if plan.pages > 0 {
            pages::pages(database, plan.pages, &plan, &mut report).await?;
        }
    }
    report.flatness();
    match &plan.json {
        Some(path) => report.write(path),
        None => Ok(()),
    }
}
