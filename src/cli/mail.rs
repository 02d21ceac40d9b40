//! `mail list`, `mail retry`, `mail test`: what was written to whom, and whether it went out.

use clap::Subcommand;

use super::out::{say, write};
use super::table::table;
use super::token::when;
use super::{At, CliError, one_of};
use crate::app;
use crate::command::CommandError;
use crate::command::mails::Retry;
use crate::domain::access::Actor;
use crate::domain::email::Email;
use crate::ids::MailId;
use crate::mail::{Message, wording};
use crate::settings::Settings;
use crate::store::mails;
use crate::text::counted_as;

const STATES: &[(&str, &str)] = &[("queued", "queued"), ("sent", "sent"), ("failed", "failed"), ("dropped", "dropped")];

#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// List a workspace's mails, the newest first
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// In this state only
        #[arg(long, value_name = "queued|sent|failed|dropped", value_parser = one_of(STATES))]
        state: Option<&'static str>,
        /// So many at the most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        last: i64,
        /// As JSON, one object a line
        #[arg(long)]
        json: bool,
    },
    /// Send what failed once more, and what waits for its next try now
    Retry {
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// This mail alone: its id, as `mail list` shows it
        id: Option<String>,
    },
    /// Send a mail to try the settings, and say what the mail server says
    Test {
        /// To whom
        address: String,
    },
}

impl MailCommand {
    pub(super) async fn run(self, at: &At, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::List { workspace, state, last, json } => {
                let workspace = at.workspace(&workspace).await?;
                let rows = mails::list(&mut at.store.read().await?, workspace.id, state, last).await?;
                if json {
                    for row in &rows {
                        say!("{}", serde_json::to_string(row).unwrap_or_default())?;
                    }
                    return Ok(());
                }
                let row = |row: &mails::MailRow| {
                    let next = if row.state == "queued" { when(Some(row.due_at)) } else { when(row.done_at) };
                    vec![
                        row.id.to_string(),
                        row.kind.clone(),
                        row.recipient.clone(),
                        row.state.clone(),
                        row.attempts.to_string(),
                        next,
                        row.problem.clone().unwrap_or_default(),
                    ]
                };
                let rows: Vec<_> = rows.iter().map(row).collect();
                let heading = ["ID", "LETTER", "TO", "STATE", "TRIES", "DUE OR DONE", "PROBLEM"];
                write(format_args!("{}", table(&heading, &rows)))
            }
            Self::Retry { workspace, id } => {
                let workspace = at.workspace(&workspace).await?;
                let none = |id: &str| {
                    let why = "failed or waits, or it is being sent, or its link is for a password forgotten over an hour ago";
                    CliError::Said(format!("no mail \"{id}\" {why}; see `mail list`"))
                };
                let id = match id {
                    Some(text) => Some(MailId::parse(&text).ok_or_else(|| none(&text))?),
                    None => None,
                };
                let retried = at.commands.execute(&Actor::operator(), Retry { workspace: workspace.id, id }).await;
                let count = retried.map_err(|error| match (error, id) {
                    (CommandError::NotFound, Some(id)) => none(&id.to_string()),
                    (error, _) => error.into(),
                })?;
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                say!("{} due now; a running server sends what is due.", counted_as(count, "mail"))
            }
            Self::Test { address } => test(at, settings, &address).await,
        }
    }
}

async fn test(at: &At, settings: &Settings, address: &str) -> Result<(), CliError> {
    let email = Email::parse(address).ok_or_else(|| CliError::Said(format!("\"{address}\" is no email address")))?;
    let public_url = settings.public_url(settings.listen);
    let transport = app::transport(settings, &public_url).map_err(app::StartError::from)?;
    let transport = transport.ok_or_else(|| CliError::Said("mail.transport is \"none\": nothing is sent".into()))?;
    let (now, id) = (at.clock.now(), MailId::fresh().to_string());
    let content = wording::trial(&public_url);
    let message = Message::compose(&transport.sender, ("", email.as_str()), &id, now, &content);
    let message = message.map_err(app::StartError::from)?;
    let name = format!("{}-test-{id}", now.format("%Y%m%dT%H%M%S"));
    let sent = transport.send(name, message).await;
    sent.map_err(|error| CliError::Said(format!("not sent {}: {error}", transport.described())))?;
    say!("Sent {}.", transport.described())
}
