//! Makes one team there what it is here. A team that is not here any more stays there, without those of us who were in it.

use uuid::Uuid;

use super::{Bad, Session};
use crate::connector::{RemoteTeam, Trouble, Unmapped, WantedTeam};
use crate::domain::team::Team;
use crate::ids::TeamId;
use crate::store::connector_links::{self, LinkRow};
use crate::store::connectors::WorkRow;
use crate::store::teams;
use crate::text;

pub(super) async fn sync(session: &Session, work: &WorkRow) -> Result<(), Bad> {
    let mut conn = session.parts.store.read().await?;
    let here = teams::find(&mut conn, session.workspace(), TeamId(work.local_id)).await?;
    let link = connector_links::find(&mut conn, session.workspace(), "team", work.local_id).await?;
    drop(conn);
    match here {
        Some((team, _)) => {
            // Somebody there may have changed it.
            session.catalogue.forget_teams().await;
            let there = counterpart(session, &team, link).await?;
            let is_same = (&there.name, &there.description) == (&team.name, &team.description)
                && there.assignment_strategy == team.strategy.name();
            if is_same {
                return Ok(());
            }
            let put = session.remote.put_team(Some(&there.id), &team.name, &team.description, team.strategy.name());
            match put.await {
                Err(Trouble::Conflict { said, .. }) => return Err(taken(session, &team, Some(&there), &said).await?),
                put => session.catalogue.note(put?).await,
            }
            // Whoever compares both sides at this moment has read how it was before.
            note(session, team.id, &there.id).await
        }
        None => match link.and_then(|link| link.remote_id) {
            Some(remote_id) => empty(session, work.local_id, &remote_id).await,
            None => Ok(()),
        },
    }
}

/// The counterpart of a team, which is made where it is missing; the link is kept.
pub(super) async fn counterpart(session: &Session, team: &Team, link: Option<LinkRow>) -> Result<RemoteTeam, Bad> {
    let linked = link.as_ref().and_then(|link| link.remote_id.clone());
    let mut conn = session.parts.store.read().await?;
    let links = connector_links::all(&mut conn, session.workspace(), "team").await?;
    drop(conn);
    let others = links.into_iter().filter(|other| other.local_id != team.id.0).filter_map(|other| other.remote_id);
    let wanted = WantedTeam {
        name: team.name.clone(),
        description: team.description.clone(),
        strategy: team.strategy.name(),
        linked: linked.clone(),
        others: others.collect(),
    };
    let found = match session.catalogue.team(&session.remote, &wanted).await {
        Err(Unmapped::Trouble(Trouble::Conflict { said, .. })) => return Err(taken(session, team, None, &said).await?),
        found => found?,
    };
    if linked.as_ref() != Some(&found.id) {
        note(session, team.id, &found.id).await?;
    }
    Ok(found)
}

async fn note(session: &Session, id: TeamId, remote_id: &str) -> Result<(), Bad> {
    let row = LinkRow::new(session.workspace(), "team", id.0);
    let row = LinkRow { remote_id: Some(remote_id.to_owned()), synced_at: Some(session.parts.clock.now()), ..row };
    session.keep(("team", id.0), Some(row)).await
}

/// Another team there has the name of one here. Where that one is to have another name it is waited for; where all of them
/// wait for each other in a circle, `there`, which is ours, makes way.
async fn taken(session: &Session, team: &Team, there: Option<&RemoteTeam>, said: &str) -> Result<Bad, Bad> {
    let (workspace, all) = (session.workspace(), session.remote.teams().await?);
    let mut conn = session.parts.store.read().await?;
    let links = connector_links::all(&mut conn, workspace, "team").await?;
    let here = teams::of_workspace(&mut conn, workspace).await?;
    drop(conn);
    let wait =
        || Ok(Bad::Wait(format!("another remote team still has the name {}, and is to have another", team.name)));
    let mut name = &team.name;
    for hop in 0..=here.len() {
        let Some(holder) = all.iter().find(|other| text::same(&other.name, name)) else {
            let why = format!("the remote workspace says of the team {}: {said}", team.name);
            return if hop == 0 { Ok(Bad::Denied(why)) } else { wait() };
        };
        if let Some(there) = there.filter(|there| there.id == holder.id) {
            if hop == 0 {
                return Ok(Bad::Denied(format!("the remote workspace won't change the team {}: {said}", team.name)));
            }
            let aside = format!("moving-{}", team.id.0.simple());
            let put =
                session.remote.put_team(Some(&there.id), &aside, &there.description, &there.assignment_strategy).await;
            session.catalogue.note(put?).await;
            return wait();
        }
        let link = links.iter().find(|link| link.remote_id.as_ref() == Some(&holder.id));
        let next = link.map(|link| here.iter().find(|(other, _)| other.id.0 == link.local_id));
        match next {
            Some(Some((next, _))) if !text::same(&next.name, &holder.name) => name = &next.name,
            // It was just deleted here: its name is free as soon as that is known.
            Some(None) => return wait(),
            // It was just made there, and is ours by its name.
            None if there.is_none() => return wait(),
            _ if hop > 0 => return wait(),
            _ => {
                let how = "give it another name there, then `connector resume`";
                return Ok(Bad::Stuck(format!("another remote team has the name {}; {how}", team.name)));
            }
        }
    }
    wait()
}

/// Takes everybody of ours out of a team that is not here any more, and forgets it.
async fn empty(session: &Session, id: Uuid, remote_id: &str) -> Result<(), Bad> {
    let members = match session.remote.members(remote_id).await {
        Ok(members) => members,
        Err(Trouble::Missing) => Vec::new(),
        Err(trouble) => return Err(trouble.into()),
    };
    for member in members {
        let mut conn = session.parts.store.read().await?;
        let ours = connector_links::by_remote(&mut conn, session.workspace(), "user", &member.user_id).await?;
        drop(conn);
        if ours.is_some() {
            match session.remote.remove_member(remote_id, &member.user_id).await {
                Ok(()) | Err(Trouble::Missing) => {}
                Err(trouble) => return Err(trouble.into()),
            }
        }
    }
    session.keep(("team", id), None).await
}
