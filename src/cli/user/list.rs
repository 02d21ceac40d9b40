//! `user list`: the users of a workspace, narrowed down.

use clap::Args;

use crate::cli::out::{remark, write};
use crate::cli::table::table;
use crate::cli::{At, CliError, one_of};
use crate::domain::user::Standing;
use crate::store::people::{self, PersonRow, Wanted};

const STANDINGS: &[(&str, Standing)] =
    &[("active", Standing::Active), ("inactive", Standing::Inactive), ("waiting", Standing::Waiting)];

#[derive(Debug, Args)]
pub struct List {
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// What the name, the address or the userName contains, in any case
    #[arg(long)]
    search: Option<String>,
    /// Those with this role, by name or id
    #[arg(long)]
    role: Option<String>,
    /// Those in this team, by name or id
    #[arg(long)]
    team: Option<String>,
    /// Those who are active, inactive, or waiting for a seat
    #[arg(long, value_name = "active|inactive|waiting", value_parser = one_of(STANDINGS))]
    status: Option<Standing>,
    /// So many at the most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    limit: i64,
}

impl List {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let workspace = at.workspace(&self.workspace).await?;
        let role = match &self.role {
            Some(role) => Some(at.role(&workspace, role).await?.id),
            None => None,
        };
        let team = match &self.team {
            Some(team) => Some(at.team(&workspace, team).await?.id),
            None => None,
        };
        let search = self.search.filter(|search| !search.is_empty());
        let wanted = Wanted { search, role, team, standing: self.status };
        let (people, total) = people::page(&mut at.store.read().await?, workspace.id, &wanted, 0, self.limit).await?;
        let rows: Vec<_> = people.iter().map(row).collect();
        write(format_args!("{}", table(&["NAME", "EMAIL", "ROLE", "BECAUSE OF", "STATUS", "PINNED", "ID"], &rows)))?;
        if total > self.limit {
            remark(&format!("{} of {total} are shown; --limit shows more.", self.limit));
        }
        Ok(())
    }
}

fn row(person: &PersonRow) -> Vec<String> {
    let kind = if person.protected { " (protected)" } else { "" };
    let source = match person.role_source.as_str() {
        "manual" => "a hand",
        "rule" => "a rule",
        _ => "the default",
    };
    vec![
        person.full_name.clone(),
        person.email.clone().unwrap_or_else(|| person.user_name.clone()),
        person.role_name.clone(),
        source.to_owned(),
        format!("{}{kind}", person.standing),
        person.pinned().join(", "),
        person.id.to_string(),
    ]
}
