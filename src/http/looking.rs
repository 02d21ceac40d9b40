//! Looking at what is outside: a walk along a connection, and the record that proves a domain. The REST API and the console
//! ask for it here.

use super::App;
use crate::command::CommandError;
use crate::command::domains::Proof;
use crate::domain::domains::Domain;
use crate::sso::Step;
use crate::store::connections::Kept;
use crate::store::domains;
use crate::upstream;

/// Walks along a connection; what was found, step by step.
///
/// # Errors
/// [`CommandError::Invalid`] where its secret can't be used.
pub async fn walk(app: &App, kept: &Kept) -> Result<Vec<Step>, CommandError> {
    let provider = upstream::provider_of(kept, &app.master)
        .map_err(|error| CommandError::Invalid { attribute: "connection", detail: error.to_string() })?;
    let redirect_uri = upstream::callback_url(&app.public_url, kept.connection.id);
    let mut steps = app.relying.walk(&provider, &redirect_uri).await;
    let serves = domains::of_connection(&mut app.store.read().await?, kept.connection.id).await?;
    steps.extend(upstream::newcomers(&kept.connection, &serves));
    Ok(steps)
}

/// What the DNS says of a domain's record now.
pub async fn record(app: &App, domain: &Domain) -> Proof {
    match app.resolver.txt(&domain.record_name()).await {
        Ok(records) => Proof::Records(records),
        Err(error) => Proof::Nothing(error.to_string()),
    }
}
