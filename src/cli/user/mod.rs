//! `user …`: the people of a workspace, seen and changed by hand.

mod change;
mod create;
mod list;
mod sessions;
mod show;

pub use change::BOOLEANS;
use clap::{Args, Subcommand};

use super::{At, CliError};
use crate::domain::user::User;
use crate::domain::workspace::Workspace;
use crate::text::printable;

const CREATE_HELP: &str = "\
Without a role there is none: name one. A protected account is for the day on
which the identity provider does not answer; keep at least one.

Example:
  aisoule-bridge user create --workspace Acme --email root@acme.org \\
      --name \"Emergency Admin\" --role admin --protected < password.txt";

const LIST_HELP: &str = "\
Examples:
  aisoule-bridge user list --workspace Acme
  aisoule-bridge user list --workspace Acme --status waiting
  aisoule-bridge user list --workspace Acme --role admin
  aisoule-bridge user list --workspace Acme --team \"Night shift\" --search novak";

const SHOW_HELP: &str = "\
Says who somebody is, why they have their role and their teams, and what was
decided by hand.

Examples:
  aisoule-bridge user show anna@acme.org --workspace Acme
  aisoule-bridge user show 0198f2a4-7c1e-7d5b-9a0e-3c5f6b7a8d90 --workspace Acme";

const EDIT_HELP: &str = "\
What an identity provider keeps is changed only with --overrule; it is pinned
then, and no sync undoes it until `user release`. A role is always pinned.

Examples:
  aisoule-bridge user edit anna@acme.org --workspace Acme --role manager
  aisoule-bridge user edit anna@acme.org --workspace Acme --name \"Anna Novak\" --overrule
  aisoule-bridge user edit anna@acme.org --workspace Acme --available false";

const DEACTIVATE_HELP: &str = "\
They can no longer log in, their conversations are unassigned, their seat is
free; everything they wrote stays. No identity provider activates them again.

Example:
  aisoule-bridge user deactivate ben@acme.org --workspace Acme";

const ACTIVATE_HELP: &str = "\
They can log in with the credentials that they had, and take a seat. Where the
identity provider has them as inactive, say --overrule.

Example:
  aisoule-bridge user activate ben@acme.org --workspace Acme";

const PASSWORD_HELP: &str = "\
The new password, 12 characters or more, is read from stdin. Their sessions end;
with it they get as far as the page on which they choose their own.

Example:
  aisoule-bridge user reset-password anna@acme.org --workspace Acme < password.txt";

const FACTOR_HELP: &str = "\
Make sure first that it is they who ask. From then on their password is enough,
until they set up another one; they are told by mail.

Example:
  aisoule-bridge user remove-factor anna@acme.org --workspace Acme";

const SESSIONS_HELP: &str = "\
Examples:
  aisoule-bridge user sessions anna@acme.org --workspace Acme
  aisoule-bridge user sessions anna@acme.org --workspace Acme --end";

const RELEASE_HELP: &str = "\
Whoever keeps the field decides again: the identity provider over full_name,
email and active, the rules over role.

Example:
  aisoule-bridge user release anna@acme.org role --workspace Acme";

const DELETE_HELP: &str = "\
Deactivate rather than delete: that keeps the history in sight. Where an
identity provider keeps the person it would make them anew; say --overrule
where you mean it all the same.

Example:
  aisoule-bridge user delete ben@acme.org --workspace Acme";

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make a user; the password, 12 characters or more, is read from stdin
    #[command(after_help = CREATE_HELP)]
    Create(create::Create),
    /// List a workspace's users, oldest first
    #[command(after_help = LIST_HELP)]
    List(list::List),
    /// Show one user: who they are, why they have what they have, what is pinned
    #[command(after_help = SHOW_HELP)]
    Show(Who),
    /// Change a user's name, address, role or availability
    #[command(after_help = EDIT_HELP)]
    Edit(change::Edit),
    /// Take somebody's access away, and free their seat
    #[command(after_help = DEACTIVATE_HELP)]
    Deactivate(Who),
    /// Give somebody their access back
    #[command(after_help = ACTIVATE_HELP)]
    Activate(change::Overruled),
    /// Give somebody a new password, read from stdin
    #[command(after_help = PASSWORD_HELP)]
    ResetPassword(Who),
    /// Take away the second factor of somebody whose phone is gone
    #[command(after_help = FACTOR_HELP)]
    RemoveFactor(Who),
    /// Show where somebody is logged in, or log them out everywhere
    #[command(after_help = SESSIONS_HELP)]
    Sessions(sessions::Sessions),
    /// Give a pinned field back to the identity provider, or the role to the rules
    #[command(after_help = RELEASE_HELP)]
    Release(change::Released),
    /// Delete a user: their names are free, their record stays
    #[command(after_help = DELETE_HELP)]
    Delete(change::Overruled),
}

/// A user of a workspace.
#[derive(Debug, Args)]
pub struct Who {
    /// The user, by address, userName or id
    #[arg(value_name = "NAME")]
    user: String,
    /// The workspace
    #[arg(long)]
    workspace: String,
}

impl Who {
    async fn find(&self, at: &At) -> Result<(Workspace, User), CliError> {
        let workspace = at.workspace(&self.workspace).await?;
        let user = at.user(&workspace, &self.user).await?;
        Ok((workspace, user))
    }
}

impl UserCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
            Self::Create(create) => create.run(at).await,
            Self::List(list) => list.run(at).await,
            Self::Show(who) => show::run(&who, at).await,
            Self::Edit(edit) => edit.run(at).await,
            Self::Deactivate(who) => change::set_active(&who, at, false, false).await,
            Self::Activate(one) => change::set_active(&one.who, at, true, one.overrule).await,
            Self::ResetPassword(who) => change::reset_password(&who, at).await,
            Self::RemoveFactor(who) => change::remove_factor(&who, at).await,
            Self::Sessions(one) => one.run(at).await,
            Self::Release(one) => one.run(at).await,
            Self::Delete(one) => change::delete(&one, at).await,
        }
    }
}

/// A user, in a line.
fn told(user: &User) -> String {
    let kind = if user.protected { "protected " } else { "" };
    let address = user.email().map_or_else(|| user.profile.user_name.clone(), |email| email.as_str().to_owned());
    let line = format!("{kind}{} {} ({address}), {}", user.role.name, user.full_name(), user.standing.name());
    printable(&line).into_owned()
}
