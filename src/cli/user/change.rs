//! `user edit`, `activate`, `deactivate`, `reset-password`, `release`, `delete`.

use clap::Args;

use super::{Who, told};
use crate::cli::find::overrulable;
use crate::cli::out::say;
use crate::cli::{At, CliError, one_of};
use crate::command::people::{ByHand, EditByHand, Pinned, Release};
use crate::command::second_factors::RemoveFactor;
use crate::command::users::{DeleteUser, Door};
use crate::domain::access::Actor;
use crate::domain::email::Email;
use crate::domain::user::User;
use crate::domain::version::Expected;
use crate::domain::workspace::Workspace;
use crate::password;
use crate::store::second_factors;

const FIELDS: &[(&str, Pinned)] =
    &[("full_name", Pinned::FullName), ("email", Pinned::Email), ("role", Pinned::Role), ("active", Pinned::Active)];

/// Yes or no, as people write it in scripts.
pub const BOOLEANS: &[(&str, bool)] = &[("true", true), ("false", false)];

#[derive(Debug, Args)]
pub struct Edit {
    #[command(flatten)]
    who: Who,
    /// Another name for colleagues to see
    #[arg(long)]
    name: Option<String>,
    /// Another address to log in with
    #[arg(long)]
    email: Option<String>,
    /// Another role, by name or id; no rule changes it from here on
    #[arg(long)]
    role: Option<String>,
    /// Whether they take conversations now
    #[arg(long, value_name = "true|false", value_parser = one_of(BOOLEANS))]
    available: Option<bool>,
    /// That it is meant where the identity provider says otherwise
    #[arg(long)]
    overrule: bool,
}

impl Edit {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let (workspace, user) = self.who.find(at).await?;
        let address =
            |text: &String| Email::parse(text).ok_or_else(|| CliError::Said(format!("\"{text}\" is no email address")));
        let role = match &self.role {
            Some(role) => Some(at.role(&workspace, role).await?.id),
            None => None,
        };
        let changes = ByHand {
            full_name: self.name,
            email: self.email.as_ref().map(address).transpose()?,
            role,
            is_available: self.available,
            ..ByHand::default()
        };
        edited(at, &workspace, &user, changes, self.overrule).await
    }
}

/// A user, and whether a change of them is meant.
#[derive(Debug, Args)]
pub struct Overruled {
    #[command(flatten)]
    pub(super) who: Who,
    /// That it is meant where the identity provider says otherwise
    #[arg(long)]
    pub(super) overrule: bool,
}

pub(super) async fn set_active(who: &Who, at: &At, active: bool, overrule: bool) -> Result<(), CliError> {
    let (workspace, user) = who.find(at).await?;
    edited(at, &workspace, &user, ByHand { is_active: Some(active), ..ByHand::default() }, overrule).await
}

pub(super) async fn reset_password(who: &Who, at: &At) -> Result<(), CliError> {
    let (workspace, user) = who.find(at).await?;
    let email = user.email().map(|email| email.as_str().to_owned()).unwrap_or_default();
    let words = vec![email, user.full_name(), workspace.name.as_str().to_owned()];
    let password_hash = Some(password::hash_for(super::create::read_password()?, words).await?);
    edited(at, &workspace, &user, ByHand { password_hash, ..ByHand::default() }, false).await
}

pub(super) async fn remove_factor(who: &Who, at: &At) -> Result<(), CliError> {
    let (workspace, user) = who.find(at).await?;
    let name = user.full_name();
    let name = crate::text::printable(&name);
    if second_factors::find(&mut at.store.read().await?, user.id).await?.is_none() {
        return say!("{name} has no second factor.");
    }
    at.commands.execute(&Actor::operator(), RemoveFactor { workspace: workspace.id, user: user.id }).await?;
    say!("Removed the second factor of {name}: the password alone opens their account now.")
}

async fn edited(at: &At, workspace: &Workspace, user: &User, changes: ByHand, overrule: bool) -> Result<(), CliError> {
    let command = EditByHand { workspace: workspace.id, id: user.id, expected: Expected::Any, changes, overrule };
    let changed = at.commands.execute(&Actor::operator(), command).await.map_err(overrulable)?;
    say!("{}", told(&changed))
}

#[derive(Debug, Args)]
pub struct Released {
    #[command(flatten)]
    who: Who,
    /// What to give back: `full_name`, `email`, `role` or `active`
    #[arg(value_name = "FIELD", value_parser = one_of(FIELDS))]
    field: Pinned,
}

impl Released {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let (workspace, user) = self.who.find(at).await?;
        let command = Release { workspace: workspace.id, id: user.id, field: self.field };
        let changed = at.commands.execute(&Actor::operator(), command).await?;
        say!("{}", told(&changed))
    }
}

pub(super) async fn delete(one: &Overruled, at: &At) -> Result<(), CliError> {
    let (workspace, user) = one.who.find(at).await?;
    let door = Door::Hand { overrule: one.overrule };
    let command = DeleteUser { workspace: workspace.id, id: user.id, expected: Expected::Any, door };
    at.commands.execute(&Actor::operator(), command).await.map_err(overrulable)?;
    say!("Deleted {}.", crate::text::printable(&user.full_name()))
}
