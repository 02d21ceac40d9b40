//! `seats show`: the plan, its seats, who waits for one, and what comes next.

use clap::Subcommand;

use super::out::{say, write};
use super::table::table;
use super::token::when;
use super::{At, CliError};
use crate::domain::seat;
use crate::store::people::{self, PersonRow};

const SHOW_HELP: &str = "\
`workspace set` changes plan, seats and policy.

Example:
  aisoule-bridge seats show --workspace Acme";

/// How many of those who wait are named.
const NAMED: i64 = 50;

#[derive(Debug, Subcommand)]
pub enum SeatsCommand {
    /// Show how many seats there are, who waits for one, and what happens to the next one who comes
    #[command(after_help = SHOW_HELP)]
    Show {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
}

impl SeatsCommand {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let Self::Show { workspace } = self;
        let workspace = at.workspace(&workspace).await?;
        let mut conn = at.store.read().await?;
        let waiting = people::count_waiting(&mut conn, workspace.id).await?;
        let queue = people::waiting(&mut conn, workspace.id, NAMED).await?;
        drop(conn);
        let seats = workspace.seats(&at.plans);
        let own = if workspace.seats.is_some() { " (a number of its own)" } else { "" };
        let (name, plan) = (workspace.name.as_str(), workspace.plan_title(&at.plans));
        say!(
            "{name}: plan {plan}, {} of {} seats used{own}, policy {}.",
            seats.used,
            seats.limit,
            workspace.seat_policy.name()
        )?;
        say!("Forecast: {}.", seat::forecast(seats, waiting, workspace.seat_policy))?;
        if queue.is_empty() {
            return Ok(());
        }
        let row = |(place, person): (usize, &PersonRow)| {
            let email = person.email.clone().unwrap_or_else(|| person.user_name.clone());
            vec![(place + 1).to_string(), person.full_name.clone(), email, when(person.waiting_since)]
        };
        let rows: Vec<_> = queue.iter().enumerate().map(row).collect();
        write(format_args!("\n{}", table(&["NEXT", "NAME", "EMAIL", "WAITING SINCE"], &rows)))
    }
}
