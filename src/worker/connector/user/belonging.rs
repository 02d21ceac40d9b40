//! In which teams somebody is there: puts them into those that they are in here, and takes them out of the others.

use std::collections::BTreeSet;

use super::super::{Bad, team};
use super::Sync;
use crate::connector::Trouble;
use crate::connector::plan::{TeamStep, Teams, UNSURE, team_steps};
use crate::ids::TeamId;
use crate::store::{connector_links, teams};

impl Sync<'_> {
    /// Puts them into the teams that they are in, and takes them out of those that they are not in any more.
    pub(super) async fn teams(&mut self, account: &str) -> Result<(), Bad> {
        let mut wanted = Teams::new();
        for (id, role) in self.here.teams.clone() {
            let mut conn = self.session.parts.store.read().await?;
            let Some((here, _)) = teams::find(&mut conn, self.session.workspace(), TeamId(id)).await? else { continue };
            let link = connector_links::find(&mut conn, self.session.workspace(), "team", id).await?;
            drop(conn);
            wanted.insert(team::counterpart(self.session, &here, link).await?.id, role);
        }
        let known = self.known(account, &wanted).await?;
        let steps = team_steps(&wanted, &known);
        if steps.is_empty() {
            return self.note(&known);
        }
        // Whoever dies in the middle leaves behind of which teams nobody can be sure.
        let mut unsure = known.clone();
        unsure.extend(steps.iter().map(|step| (step.team().to_owned(), UNSURE.to_owned())));
        self.note(&unsure)?;
        self.session.keep(("user", self.id), Some(self.row.clone())).await?;
        for step in steps {
            self.team_step(account, &step).await?;
            match step {
                TeamStep::Join(team, role) => unsure.insert(team.clone(), role.clone()),
                TeamStep::Leave(team) => unsure.remove(&team),
            };
            self.note(&unsure)?;
        }
        Ok(())
    }

    async fn team_step(&self, account: &str, step: &TeamStep) -> Result<(), Bad> {
        let remote = &self.remote;
        let done = match step {
            TeamStep::Join(team, role) => match remote.add_member(team, account, role).await {
                // They are in it already, and as something else maybe.
                Err(Trouble::Conflict { .. }) => match remote.remove_member(team, account).await {
                    Ok(()) | Err(Trouble::Missing) => remote.add_member(team, account, role).await,
                    failed => failed,
                },
                done => done,
            },
            TeamStep::Leave(team) => match remote.remove_member(team, account).await {
                Err(Trouble::Missing) => Ok(()),
                done => done,
            },
        };
        if matches!(done, Err(Trouble::Missing)) {
            self.session.catalogue.forget().await;
            return Err(Bad::Wait("a remote team or account is gone; it is looked for again".into()));
        }
        done.map_err(Bad::from)
    }

    /// In which teams there they are, of those that are ours.
    async fn known(&self, account: &str, wanted: &Teams) -> Result<Teams, Bad> {
        if let Some(known) = self.row.teams.as_deref().and_then(|teams| serde_json::from_str(teams).ok()) {
            return Ok(known);
        }
        let mut known = Teams::new();
        if self.is_new {
            return Ok(known);
        }
        let (mut conn, workspace) = (self.session.parts.store.read().await?, self.session.workspace());
        let links = connector_links::all(&mut conn, workspace, "team").await?;
        let here = teams::of_workspace(&mut conn, workspace).await?;
        drop(conn);
        let mut ours: BTreeSet<String> = links.iter().filter_map(|link| link.remote_id.clone()).collect();
        ours.extend(wanted.keys().cloned());
        for (team, _) in &here {
            let link = links.iter().find(|link| link.local_id == team.id.0).cloned();
            ours.insert(team::counterpart(self.session, team, link).await?.id);
        }
        for team in ours {
            if let Some(role) = self.session.catalogue.membership(&self.remote, &team, account).await? {
                known.insert(team, role);
            }
        }
        Ok(known)
    }

    fn note(&mut self, teams: &Teams) -> Result<(), Bad> {
        self.row.teams = Some(serde_json::to_string(teams).map_err(|error| Bad::Here(error.to_string()))?);
        Ok(())
    }
}
