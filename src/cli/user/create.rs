//! `user create`: somebody made by hand, such as the first Admin and the break-glass account.

use clap::Args;

use crate::cli::out::{say, stdin_secret};
use crate::cli::{At, CliError};
use crate::command::mails::Unwelcomed;
use crate::command::users::{CreateUser, RoleChoice};
use crate::domain::access::Actor;
use crate::domain::email::Email;
use crate::domain::user::{Profile, UserDraft};
use crate::ids::UserId;
use crate::password;

#[derive(Debug, Args)]
pub struct Create {
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// What they log in with
    #[arg(long)]
    email: String,
    /// What colleagues see
    #[arg(long)]
    name: String,
    /// admin, manager, agent or a role of the workspace's own
    #[arg(long)]
    role: String,
    /// A break-glass account: no identity provider can see or change it
    #[arg(long)]
    protected: bool,
    /// Write no mail to them about how they log in
    #[arg(long)]
    no_welcome: bool,
}

impl Create {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let create = self;
        let workspace = at.workspace(&create.workspace).await?;
        let email = Email::parse(&create.email)
            .ok_or_else(|| CliError::Said(format!("\"{}\" is no email address", create.email)))?;
        let name = create.name.trim();
        if name.is_empty() || name.chars().count() > 255 {
            return Err(CliError::Said("--name must have 1 to 255 characters".into()));
        }
        let password_hash = Some(password::hash(read_password()?).await?);
        let profile = Profile::by_hand(&email, name);
        let command = CreateUser {
            workspace: workspace.id,
            id: UserId::fresh(),
            draft: UserDraft { profile, active: Some(true) },
            password_hash,
            role: RoleChoice::Named(create.role),
            protected: create.protected,
            provisioned: false,
        };
        let user = if create.no_welcome {
            at.commands.execute(&Actor::operator(), Unwelcomed(command)).await?
        } else {
            at.commands.execute(&Actor::operator(), command).await?
        };
        say!("{}", super::told(&user))
    }
}

/// The password on stdin, without the line's end.
pub(super) fn read_password() -> Result<String, CliError> {
    stdin_secret(password::LONGEST)
}
