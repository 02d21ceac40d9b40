//! Names of people who were deactivated by hand: whoever renames or deletes them and makes them anew does not lift that.

use super::{Change, CommandError};
use crate::domain::pins::Hold;
use crate::domain::user::{Profile, User};
use crate::store;
use crate::text;

/// The names by which somebody would be known again; of a name that Entra ID has put out of the way, what it was.
fn names(user: &User) -> Vec<(&'static str, String)> {
    let names = [
        ("userName", Some(text::fold(user.profile.tombstone().unwrap_or(&user.profile.user_name)))),
        ("email", user.email().map(|email| email.key())),
        ("externalId", user.profile.external_id.clone()),
    ];
    names.into_iter().filter_map(|(kind, name)| Some((kind, name?))).collect()
}

/// Keeps the names of a user who is deactivated by hand: when they are, and whenever they are called otherwise.
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
    let held = held.iter().find(|row| row.user_id != user.id.0);
    Ok(held.map(|row| Hold { by: "an earlier deactivation by hand".into(), at: row.held_at, wanted: false }))
}

/// Whether a newcomer with that profile would inherit a deactivation by hand.
pub async fn are_on(change: &mut Change<'_>, profile: &Profile) -> Result<bool, CommandError> {
    let workspace = change.workspace().await?;
    if workspace.holds == 0 {
        return Ok(false);
    }
    let id = workspace.id;
    let names = [
        ("userName", Some(profile.user_name_key())),
        ("email", profile.email_key()),
        ("externalId", profile.external_id.clone()),
    ];
    let names: Vec<_> = names.into_iter().filter_map(|(kind, name)| Some((kind, name?))).collect();
    Ok(!store::holds::find(change.tx, id, &names).await?.is_empty())
}

/// Lets every name go of a user who was activated by hand, and of those from whom they have one.
pub async fn release(change: &mut Change<'_>, user: &User) -> Result<(), CommandError> {
    let workspace = change.workspace().await?;
    if workspace.holds == 0 {
        return Ok(());
    }
    let id = workspace.id;
    let mut holders: Vec<_> =
        store::holds::find(change.tx, id, &names(user)).await?.into_iter().map(|row| row.user_id).collect();
    holders.push(user.id.0);
    let released = store::holds::release(change.tx, id, &holders).await?;
    change.workspace().await?.holds -= released;
    Ok(())
}
