//! `group list`, `group members`: the groups that identity providers push, and everybody who is in one.

use clap::Subcommand;

use super::out::write;
use super::table::table;
use super::{At, CliError};
use crate::domain::group::Group;
use crate::store::groups::{self, members};

const LIST_HELP: &str = "\
MEMBERS counts what a provider put into the group itself: users, and groups as
one member each. EXTERNAL ID is the provider's own id for the group; two groups
of one name are told apart by it.

Example:
  aisoule-bridge group list --workspace Acme";

const MEMBERS_HELP: &str = "\
Groups may be members of groups. Everybody is listed once: as direct where they
are a member of GROUP itself, as indirect where they are in it only through a
group that is. Groups that contain each other are no problem.

Examples:
  aisoule-bridge group members Support --workspace Acme
  aisoule-bridge group members 0198f2a4-7c1e-7d5b-9a0e-3c5f6b7a8d90 --workspace Acme

A name counts in any case. Where several groups have it, give an id, as
`group list` shows it.";

#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// List a workspace's groups, by name
    #[command(after_help = LIST_HELP)]
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
    /// List everybody who is in a group, directly or through groups in it
    #[command(after_help = MEMBERS_HELP)]
    Members {
        /// The group, by its id or its displayName
        group: String,
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
}

impl GroupCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        match self {
            Self::List { workspace } => {
                let workspace = at.workspace(&workspace).await?;
                let groups = groups::list(&mut at.store.read().await?, workspace.id).await?;
                let row = |group: &Group| {
                    vec![
                        group.profile.display_name.clone(),
                        group.id.to_string(),
                        group.members.to_string(),
                        group.profile.external_id.clone().unwrap_or_default(),
                    ]
                };
                let rows: Vec<_> = groups.iter().map(row).collect();
                write(format_args!("{}", table(&["NAME", "ID", "MEMBERS", "EXTERNAL ID"], &rows)))?;
            }
            Self::Members { group, workspace } => {
                let workspace = at.workspace(&workspace).await?;
                let mut conn = at.store.read().await?;
                let group = super::find::group(&mut conn, &workspace, &group).await?;
                let everybody = members::everybody_in(&mut conn, group.id).await?;
                let row = |one: &members::EverybodyRow| {
                    let how = if one.direct == 1 { "direct" } else { "indirect" };
                    vec![one.name.clone(), one.email.clone(), one.standing.clone(), how.to_owned()]
                };
                let rows: Vec<_> = everybody.iter().map(row).collect();
                write(format_args!("{}", table(&["NAME", "EMAIL", "STANDING", "MEMBERSHIP"], &rows)))?;
            }
        }
        Ok(())
    }
}
