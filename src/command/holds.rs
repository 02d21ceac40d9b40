//! Names of people who were deactivated by hand: whoever deletes them and makes them anew does not lift that.

use super::{Change, CommandError};
use crate::domain::pins::Hold;
use crate::domain::user::User;
use crate::store;

/// The names by which somebody would be known again.
fn names(user: &User) -> Vec<(&'static str, String)> {
    let names = [
        ("userName", Some(user.profile.user_name_key())),
        ("email", user.email_key()),
        ("externalId", user.profile.external_id.clone()),
    ];
    names.into_iter().filter_map(|(kind, name)| Some((kind, name?))).collect()
}

/// Keeps the names of a user who is about to be deleted, where they were deactivated by hand.
pub async fn keep(change: &mut Change<'_>, user: &User) -> Result<(), CommandError> {
    if user.pins.inactive.is_none() {
        return Ok(());
    }
    let (workspace, now) = (user.workspace_id, change.now);
    let kept = store::holds::keep(change.tx, workspace, user.id, &names(user), now).await?;
    change.workspace().await?.holds += kept;
    Ok(())
}

/// The deactivation by hand that a newcomer inherits with a name.
pub async fn of(change: &mut Change<'_>, user: &User) -> Result<Option<Hold>, CommandError> {
    let workspace = change.workspace().await?;
    if workspace.holds == 0 {
        return Ok(None);
    }
    let id = workspace.id;
    let held = store::holds::find(change.tx, id, &names(user)).await?;
    Ok(held.map(|at| Hold { by: "an earlier deactivation by hand".into(), at, wanted: false }))
}

/// Lets the names of a user go, who was activated by hand.
pub async fn release(change: &mut Change<'_>, user: &User) -> Result<(), CommandError> {
    let workspace = change.workspace().await?;
    if workspace.holds == 0 {
        return Ok(());
    }
    let id = workspace.id;
    let released = store::holds::release(change.tx, id, &names(user)).await?;
    change.workspace().await?.holds -= released;
    Ok(())
}
