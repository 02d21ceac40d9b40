//! Makes one team there what it is here. A team that is not here any more stays there, without those of us who were in it.

use uuid::Uuid;

use super::{Bad, Session};
use crate::connector::{RemoteTeam, Trouble, WantedTeam};
use crate::domain::team::Team;
use crate::ids::TeamId;
use crate::store::connector_links::{self, LinkRow};
use crate::store::connectors::WorkRow;
use crate::store::teams;

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
            session.catalogue.note(put.await?).await;
            Ok(())
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
    let found = session.catalogue.team(&session.remote, &wanted).await?;
    if linked.as_ref() != Some(&found.id) {
        let row = LinkRow::new(session.workspace(), "team", team.id.0);
        let row = LinkRow { remote_id: Some(found.id.clone()), synced_at: Some(session.parts.clock.now()), ..row };
        session.keep(("team", team.id.0), Some(row)).await?;
    }
    Ok(found)
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
