//! Who is put into a team by hand, taken out of it, and left to the rules again.

use super::edit::{Said, page};
use crate::command::teams::{AddToTeam, ReleaseFromTeam, RemoveFromTeam};
use crate::command::{CommandError, Stamped, Unchanged};
use crate::domain::team::TeamRole;
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::pages;
use crate::ids::{TeamId, UserId};

fn places(asked: &Asked) -> Result<(TeamId, UserId), Trouble> {
    let user = UserId::parse(asked.text("user")).ok_or(CommandError::NotFound)?;
    Ok((asked.id(0, TeamId::parse)?, user))
}

/// Does something about a membership, as long as it is what the form was made of.
async fn execute(asked: &Asked, command: impl Stamped<Output = ()>) -> Result<(), CommandError> {
    asked.execute(Unchanged { command, seen: Stamp::sent(asked.text("seen")) }).await
}

async fn answer(
    asked: &Asked,
    (team, user): (TeamId, UserId),
    done: &str,
    outcome: Result<(), CommandError>,
) -> Answer {
    match outcome {
        Ok(()) => Ok(pages::redirect(&format!("/settings/teams/{team}?done={done}"))),
        Err(error) => page(asked, team, Said { error: Some(error), member: Some(user), ..Said::default() }).await,
    }
}

/// `POST /settings/teams/{id}/add`
pub async fn add(asked: Asked) -> Answer {
    let (team, user) = places(&asked)?;
    let role = TeamRole::parse(asked.text("kind")).unwrap_or(TeamRole::Agent);
    let outcome = execute(&asked, AddToTeam { workspace: asked.workspace()?, team, user, role }).await;
    answer(&asked, (team, user), "added", outcome).await
}

/// `POST /settings/teams/{id}/remove`: where a rule would have them in, they are asked once more.
pub async fn remove(asked: Asked) -> Answer {
    let (team, user) = places(&asked)?;
    let (workspace, overrule) = (asked.workspace()?, asked.is_on("overrule"));
    match execute(&asked, RemoveFromTeam { workspace, team, user, overrule }).await {
        Err(CommandError::Owned { .. }) => page(&asked, team, Said { owned: Some(user.0), ..Said::default() }).await,
        outcome => answer(&asked, (team, user), "removed", outcome).await,
    }
}

/// `POST /settings/teams/{id}/release`
pub async fn release(asked: Asked) -> Answer {
    let (team, user) = places(&asked)?;
    let outcome = execute(&asked, ReleaseFromTeam { workspace: asked.workspace()?, team, user }).await;
    answer(&asked, (team, user), "released", outcome).await
}
