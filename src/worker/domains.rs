//! Domains that were proved: whether the record is still there. One that is gone is told of and goes on counting for
//! two weeks, so that a mistake in somebody's DNS locks nobody out.

use chrono::TimeDelta;

use crate::clock::Clock;
use crate::command::domains::{Proof, ProveDomain};
use crate::command::{CommandError, Commands};
use crate::domain::access::Actor;
use crate::sso::{DnsError, Domains as Resolver};
use crate::store::{Store, domains};

/// How often a record is looked for, in hours.
const EVERY: i64 = 24;
/// How many are looked for in one go.
const MOST: i64 = 100;

/// Looks for the records of those domains whose turn it is.
///
/// # Errors
/// [`CommandError`] where what was found could not be noted.
pub async fn look(
    store: &Store,
    commands: &Commands,
    resolver: &Resolver,
    clock: &Clock,
) -> Result<usize, CommandError> {
    let since = clock.now() - TimeDelta::hours(EVERY);
    let due = domains::checked_before(&mut store.read().await?, since, MOST).await?;
    for domain in &due {
        let proof = match resolver.txt(&domain.record_name()).await {
            Ok(records) => Proof::Records(records),
            Err(error @ (DnsError::NoName(_) | DnsError::NoRecord(_))) => Proof::Nothing(error.to_string()),
            // Whether it is there nobody knows.
            Err(error) => Proof::Unknown(error.to_string()),
        };
        let command = ProveDomain { workspace: domain.workspace_id, domain: domain.name.clone(), proof };
        match commands.execute(&Actor::system(), command).await {
            // One that lapsed, and is another workspace's by now.
            Err(CommandError::Clash { .. } | CommandError::NotFound) | Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(due.len())
}
