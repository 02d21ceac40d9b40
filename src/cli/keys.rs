//! `keys list`, `keys rotate`: the keys that sign tokens.

use chrono::TimeDelta;
use clap::Subcommand;

use super::out::{say, write};
use super::table::table;
use super::token::when;
use super::{At, CliError};
use crate::app::{self, StartError};
use crate::provider::Ring;
use crate::settings::Settings;
use crate::store::signing_keys::{self, KeyRow};
use crate::worker::provider::{ProviderError, Rotation, rotate};

const ROTATE_HELP: &str = "\
The server makes another key by itself when the newest is old (see
provider.signing_key_days). A new key is published a day before it signs, so that
every client knows it by then, and the old one until all is over that it signed.

If a key may have leaked:
  aisoule-bridge keys rotate --now
      another key signs within a minute, and nothing that the others signed is
      good any more: whoever holds such a token asks for another";

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the keys that sign tokens
    List,
    /// Make another key, which signs from tomorrow on
    #[command(after_help = ROTATE_HELP)]
    Rotate {
        /// It signs at once, and nothing that the others signed is good any more
        #[arg(long)]
        now: bool,
    },
}

impl KeysCommand {
    pub(super) async fn run(self, at: &At, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::List => {
                let now = at.clock.now();
                let keys = signing_keys::all(&mut at.store.read().await?).await?;
                let starts = |key: &KeyRow| key.signs_from.unwrap_or(key.created_at);
                let signing = keys.iter().find(|key| starts(key) <= now).map(|key| key.id.clone());
                let row = |key: &KeyRow| {
                    let state = match key.retired_at {
                        _ if signing.as_ref() == Some(&key.id) => "signs".to_owned(),
                        Some(end) if end <= now => "over".to_owned(),
                        _ if starts(key) > now => "published, does not sign yet".to_owned(),
                        Some(end) => format!("published until {}", when(Some(end))),
                        None => "published".to_owned(),
                    };
                    vec![key.id.clone(), when(Some(key.created_at)), when(Some(starts(key))), state]
                };
                let rows: Vec<_> = keys.iter().map(row).collect();
                write(format_args!("{}", table(&["ID", "MADE", "SIGNS FROM", "STATE"], &rows)))
            }
            Self::Rotate { now: at_once } => {
                let master = app::unlock(settings, &at.store).await?;
                let ring = Ring::load(&at.store, &master, &at.clock).await.map_err(StartError::from)?;
                let now = at.clock.now();
                let from = if at_once { now } else { now + TimeDelta::days(1) };
                let longest = TimeDelta::seconds(settings.limits.access_token_seconds);
                let rotation =
                    Rotation { older_than: None, signs_from: from, longest_token: (!at_once).then_some(longest) };
                let made = rotate(&ring, &at.commands, rotation, now).await.map_err(|error| match error {
                    ProviderError::Command(error) => CliError::Command(error),
                    ProviderError::Ring(error) => CliError::Start(error.into()),
                })?;
                if !made {
                    return Err(CliError::Said("another key was made at the same moment; see `keys list`".into()));
                }
                say!("Another key signs from {} UTC on.", when(Some(from)))
            }
        }
    }
}
