//! Compares both sides, and has what differs mended.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::gather::{person, wanted};
use super::{Bad, Parts};
use crate::command::connector_work::{Feed, KeepReport};
use crate::connector::drift::{Drift, Here, Kind, Report, TeamHere, ThereSide, compare};
use crate::connector::plan::Teams;
use crate::connector::{Changes, Remote, RemoteRole, RemoteTeam, Trouble};
use crate::domain::access::Actor;
use crate::domain::role::{ADMIN, Role};
use crate::ids::{ReportId, WorkspaceId};
use crate::store::connector_links::{self, LinkRow};
use crate::store::connectors::{self, ConnectorRow};
use crate::store::people::{self, PersonRow, Wanted};
use crate::store::{roles, teams};
use crate::text;

/// How many people are read at once.
const PAGE: i64 = 500;
/// How many events are turned into work in one transaction.
const FEED: i64 = 500;

/// Why both sides could not be compared.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Uncompared(String);

/// Compares both sides for somebody who waits for it. With `apply` what differs is put into the set of work.
///
/// # Errors
/// [`Uncompared`], in words.
pub async fn now(parts: &Parts, row: &ConnectorRow, apply: bool) -> Result<Report, Uncompared> {
    let remote = parts.remote(row).map_err(Uncompared)?;
    reconcile(parts, row, &remote, apply).await.map_err(|bad| {
        Uncompared(match bad {
            Bad::Trouble(trouble) => format!("the remote workspace: {trouble}"),
            Bad::Stuck(why) | Bad::Denied(why) | Bad::Wait(why) | Bad::Here(why) => why,
            Bad::Unleased => "the connector is gone".into(),
        })
    })
}

/// Lets nobody log in any more there who is not here, but for Admins: one of them may be whose key this is. Gives who.
///
/// # Errors
/// [`Uncompared`], in words; some may be deactivated by then.
pub async fn deactivate_extra(parts: &Parts, row: &ConnectorRow, report: &Report) -> Result<Vec<String>, Uncompared> {
    let remote = parts.remote(row).map_err(Uncompared)?;
    let said = |trouble: Trouble| Uncompared(format!("the remote workspace: {trouble}"));
    let named = remote.roles().await.map_err(said)?.into_iter().filter(is_admin).map(|role| role.id);
    let configured = remote.profile().roles.iter().filter(|(name, _)| text::same(name, ADMIN));
    let admins: Vec<String> = named.chain(configured.map(|(_, id)| id.clone())).collect();
    let mut done = Vec::new();
    for finding in report.differences.iter().filter(|one| one.what == "user" && one.kind == Kind::Extra) {
        let Some(id) = &finding.remote_id else { continue };
        let account = remote.user(id).await.map_err(said)?;
        if !account.is_active || account.role_id.is_none_or(|role| admins.contains(&role)) {
            continue;
        }
        // Whose it has become meanwhile is not locked out.
        let mut conn = parts.store.read().await.map_err(|error| Uncompared(error.to_string()))?;
        let linked = connector_links::by_remote(&mut conn, WorkspaceId(row.workspace_id), "user", id).await;
        drop(conn);
        if linked.map_err(|error| Uncompared(error.to_string()))?.is_some() {
            continue;
        }
        let off = Changes { is_active: Some(false), ..Changes::default() };
        remote.update_user(id, &off).await.map_err(said)?;
        done.push(account.email);
    }
    Ok(done)
}

fn is_admin(role: &RemoteRole) -> bool {
    text::same(&role.name, ADMIN)
}

pub(super) async fn reconcile(parts: &Parts, row: &ConnectorRow, remote: &Remote, apply: bool) -> Result<Report, Bad> {
    let (workspace, started) = (WorkspaceId(row.workspace_id), parts.clock.now());
    let there_roles = remote.roles().await?;
    let mut there = ThereSide { accounts: Vec::new(), teams: remote.teams().await?, members: BTreeMap::new() };
    let team_links = connector_links::all(&mut parts.store.read().await?, workspace, "team").await?;
    let here_teams = teams::of_workspace(&mut parts.store.read().await?, workspace).await?;
    let mut counterparts: BTreeMap<Uuid, String> = BTreeMap::new();
    for (team, _) in &here_teams {
        let linked = team_links.iter().find(|link| link.local_id == team.id.0).and_then(|link| link.remote_id.as_ref());
        let found = there.teams.iter().find(|other| linked == Some(&other.id));
        let is_free = |other: &RemoteTeam| team_links.iter().all(|link| link.remote_id.as_ref() != Some(&other.id));
        let named = |other: &&RemoteTeam| text::same(&other.name, &team.name) && is_free(other);
        let found = found.or_else(|| there.teams.iter().find(named));
        if let Some(found) = found {
            counterparts.insert(team.id.0, found.id.clone());
            match remote.members(&found.id).await {
                Ok(members) => drop(there.members.insert(found.id.clone(), members)),
                Err(Trouble::Missing) => {}
                Err(trouble) => return Err(trouble.into()),
            }
        }
    }
    there.accounts = remote.users().await?;
    // What is here is read last: whoever is changed meanwhile is in the work and left out.
    while parts.commands.execute(&Actor::system(), Feed { workspace, most: FEED }).await? {}
    let people = everybody(parts, (workspace, started), remote, &there_roles, &counterparts).await?;
    let seen: BTreeSet<String> = there.accounts.iter().map(|account| account.id.clone()).collect();
    let settled = people.iter().filter(|one| !one.is_waiting).filter_map(|one| one.linked.as_deref());
    let unseen: BTreeSet<&str> = settled.filter(|id| !seen.contains(*id)).collect();
    if !unseen.is_empty() {
        // While pages were read somebody may have gone from one to the other: who is missing is looked for again. Whoever else
        // has come since is of another time than what is here.
        let again = remote.users().await?.into_iter();
        there.accounts.extend(again.filter(|account| unseen.contains(account.id.as_str())));
    }
    let moving = moving_teams(parts, workspace, started).await?;
    let teams_here: Vec<TeamHere> = here_teams
        .iter()
        .map(|(team, _)| TeamHere {
            id: team.id.0,
            name: team.name.clone(),
            description: team.description.clone(),
            strategy: team.strategy.name().to_owned(),
            linked: counterparts.get(&team.id.0).cloned(),
            is_waiting: moving.contains(&team.id.0),
        })
        .collect();
    let Drift { report, mend, unsure } = compare(&people, &teams_here, &there);
    let told = serde_json::to_value(&report).map_err(|error| Bad::Here(error.to_string()))?;
    let (mend, unsure) = if apply { (mend, unsure) } else { (Vec::new(), Vec::new()) };
    let keep = KeepReport { workspace, id: ReportId::fresh(), report: told, mend, unsure, applied: apply };
    parts.commands.execute(&Actor::system(), keep).await?;
    Ok(report)
}

/// The teams that are about to be changed there, or were since a moment.
async fn moving_teams(parts: &Parts, workspace: WorkspaceId, since: DateTime<Utc>) -> Result<BTreeSet<Uuid>, Bad> {
    let mut conn = parts.store.read().await?;
    let work = connectors::list(&mut conn, workspace, false, 1_000_000).await?;
    let work = work.into_iter().filter(|work| work.kind == "team" && !work.is_stuck).map(|work| work.local_id);
    let links = connector_links::all(&mut conn, workspace, "team").await?;
    let synced = links.into_iter().filter(|link| link.synced_at >= Some(since)).map(|link| link.local_id);
    Ok(work.chain(synced).collect())
}

async fn everybody(
    parts: &Parts,
    (workspace, started): (WorkspaceId, DateTime<Utc>),
    remote: &Remote,
    there: &[RemoteRole],
    counterparts: &BTreeMap<Uuid, String>,
) -> Result<Vec<Here>, Bad> {
    let mut conn = parts.store.read().await?;
    let links = connector_links::all(&mut conn, workspace, "user").await?;
    let mut links: BTreeMap<Uuid, LinkRow> = links.into_iter().map(|link| (link.local_id, link)).collect();
    let here = roles::of_workspace(&mut conn, workspace).await?;
    let role_links = connector_links::all(&mut conn, workspace, "role").await?;
    let counterpart = |role: &Role| {
        let wanted = wanted(role, &here, &role_links);
        let configured = wanted.configured(remote.profile()).map(|(_, id)| id.clone());
        configured.or_else(|| wanted.among(there).map(|other| other.id.clone()))
    };
    let roles: BTreeMap<Uuid, Option<String>> = here.iter().map(|role| (role.id.0, counterpart(role))).collect();
    let work = connectors::list(&mut conn, workspace, false, 1_000_000).await?;
    let work: BTreeMap<Uuid, (bool, Option<String>)> =
        work.into_iter().map(|work| (work.local_id, (work.is_stuck, work.problem))).collect();
    let mut rows: Vec<PersonRow> = Vec::new();
    loop {
        let offset = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let (page, _) = people::page(&mut conn, workspace, &Wanted::default(), offset, PAGE).await?;
        let is_last = i64::try_from(page.len()).unwrap_or_default() < PAGE;
        rows.extend(page);
        if is_last {
            break;
        }
    }
    let mut belongings: BTreeMap<Uuid, Teams> = BTreeMap::new();
    for chunk in rows.chunks(256) {
        let ids: Vec<Uuid> = chunk.iter().map(|row| row.id).collect();
        for row in teams::belongings(&mut conn, &ids).await? {
            if let Some(team) = counterparts.get(&row.team_id) {
                belongings.entry(row.user_id).or_default().insert(team.clone(), row.kind);
            }
        }
    }
    let standing = |id: Uuid| match work.get(&id) {
        Some((true, problem)) => (false, Some(problem.clone().unwrap_or_default())),
        Some((false, _)) => (true, None),
        None => (false, None),
    };
    let mut all: Vec<Here> = Vec::with_capacity(rows.len());
    for row in &rows {
        let (is_waiting, stuck) = standing(row.id);
        let role = roles.get(&row.role_id).cloned().flatten();
        let role = role.or_else(|| Some(format!("{}, which is not there", row.role_name)));
        let link = links.remove(&row.id);
        // Of whom was changed there meanwhile an older state was read.
        let is_waiting = is_waiting || link.as_ref().is_some_and(|link| link.synced_at >= Some(started));
        let linked = link.and_then(|link| link.remote_id);
        let teams = belongings.remove(&row.id).unwrap_or_default();
        all.push(Here { id: row.id, person: Some(person(row)), linked, role, teams, is_waiting, stuck });
    }
    // What is left was of people who are gone.
    all.extend(links.into_values().map(|link| {
        let (is_waiting, stuck) = standing(link.local_id);
        let is_waiting = is_waiting || link.synced_at >= Some(started);
        let (linked, teams) = (link.remote_id, Teams::new());
        Here { id: link.local_id, person: None, linked, role: None, teams, is_waiting, stuck }
    }));
    Ok(all)
}
