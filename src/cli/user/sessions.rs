//! `user sessions`: where somebody is logged in, and the end of that.

use clap::Args;

use super::Who;
use crate::cli::out::{say, write};
use crate::cli::table::table;
use crate::cli::token::when;
use crate::cli::{At, CliError};
use crate::command::sessions::EndAllSessions;
use crate::domain::access::Actor;
use crate::domain::session::{Session, Stage};
use crate::store::sessions;
use crate::text::{counted_as, printable};

#[derive(Debug, Args)]
pub struct Sessions {
    #[command(flatten)]
    who: Who,
    /// End all of them
    #[arg(long)]
    end: bool,
}

impl Sessions {
    pub(super) async fn run(self, at: &At) -> Result<(), CliError> {
        let (workspace, user) = self.who.find(at).await?;
        if self.end {
            let command = EndAllSessions { workspace: workspace.id, user: user.id, except: None };
            let count = at.commands.execute(&Actor::operator(), command).await?;
            return say!("Ended {} of {}.", counted_as(count, "session"), printable(&user.full_name()));
        }
        let mut all = sessions::of_user(&mut at.store.read().await?, user.id).await?;
        let now = at.clock.now();
        all.retain(|session| session.stage == Stage::Full && session.expires_at > now);
        let rows: Vec<_> = all.iter().map(row).collect();
        write(format_args!("{}", table(&["BEGAN", "LAST USED", "BY", "ADDRESS", "BROWSER", "ID"], &rows)))
    }
}

fn row(session: &Session) -> Vec<String> {
    vec![
        when(Some(session.created_at)),
        when(Some(session.last_seen_at)),
        session.door.name().to_owned(),
        session.seen.address.map_or_else(String::new, |address| address.to_string()),
        session.seen.user_agent.clone().unwrap_or_default(),
        session.id.to_string(),
    ]
}
