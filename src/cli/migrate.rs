//! `migrate`: the schema, brought up to date.

use super::CliError;
use super::out::say;
use crate::settings::Settings;
use crate::store::{Database, Options, migrate};

pub(super) async fn run(settings: &Settings) -> Result<(), CliError> {
    let options = Options {
        url: settings.database_url.reveal().to_owned(),
        max_connections: settings.database_connections,
        statement_timeout: settings.statement_timeout(),
    };
    let database = Database::open(&options).await?;
    let report = migrate::run(&database).await?;
    for name in &report.applied {
        say!("applied {name}")?;
    }
    say!("{}: schema version {}, up to date.", database.version().await?, report.version)?;
    database.close().await;
    Ok(())
}
