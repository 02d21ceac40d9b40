//! Users as CSV.

use std::collections::{BTreeMap, HashMap};

use super::{People, Sink};
use crate::cli::{CliError, cell};
use crate::csv;
use crate::domain::team::{TeamRole, TeamSource};
use crate::domain::user::{Standing, User};
use crate::domain::workspace::Workspace;
use crate::ids::TeamId;
use crate::store::{Conn, teams};

/// Writes everybody.
pub async fn write(conn: &mut Conn, workspace: &Workspace, sink: &mut Sink) -> Result<(), CliError> {
    let names: BTreeMap<TeamId, String> =
        teams::of_workspace(conn, workspace.id).await?.into_iter().map(|(team, _)| (team.id, team.name)).collect();
    sink.write(csv::row(cell::COLUMNS).as_bytes())?;
    let mut people = People::of(true);
    loop {
        let users = people.page(conn, workspace).await?;
        if users.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = users.iter().map(|user| user.id.0).collect();
        let mut held: HashMap<_, Vec<(&str, TeamRole)>> = HashMap::new();
        for row in teams::of_users(conn, &ids).await? {
            if let (Some(name), true) = (names.get(&TeamId(row.team_id)), row.source() != TeamSource::KeptOut) {
                held.entry(row.user_id).or_default().push((name, row.role()));
            }
        }
        for user in &users {
            let mut teams = held.remove(&user.id.0).unwrap_or_default();
            teams.sort_unstable();
            sink.write(csv::row(row(user, &teams)).as_bytes())?;
        }
    }
}

fn row(user: &User, teams: &[(&str, TeamRole)]) -> [String; 8] {
    let yes_or_no = |yes: bool| if yes { "true" } else { "false" }.to_owned();
    let email = user.email().map(|email| email.as_str().to_owned()).unwrap_or_default();
    [
        user.profile.user_name.clone(),
        email,
        user.full_name(),
        user.role.name.clone(),
        cell::of_teams(teams.iter().copied()),
        yes_or_no(user.standing != Standing::Inactive),
        user.profile.external_id.clone().unwrap_or_default(),
        yes_or_no(user.protected),
    ]
}
