//! `/domains` and `/sso`: whose addresses are the workspace's, and whether people have to sign in through a connection.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Failure;
use super::call::{Answer, Call, created, done, named, success};
use super::shape::{List, Listed};
use crate::command::domains::{AddDomain, EnforceSso, ProveDomain, RemoveDomain};
use crate::domain::domains::{self as domain};
use crate::http::looking;
use crate::ids::ConnectionId;
use crate::secret;
use crate::store::{domains as rows, workspaces};

/// A domain.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Domain {
    id: Uuid,
    #[serde(rename = "domain")]
    name: String,
    /// The connection through which its people sign in.
    connection_id: Option<Uuid>,
    /// Where the TXT record stands that proves it.
    record_name: String,
    /// What it says.
    record_value: String,
    is_proved: bool,
    proved_at: Option<DateTime<Utc>>,
    checked_at: Option<DateTime<Utc>>,
    /// What was wrong when it was last looked for.
    problem: Option<String>,
    /// Whether its people can sign in through the connection alone.
    sso_enforced: bool,
}

impl Listed for Domain {
    const PLURAL: &'static str = "domains";
}

impl From<domain::Domain> for Domain {
    fn from(d: domain::Domain) -> Self {
        Self {
            record_name: d.record_name(),
            record_value: d.record_value(),
            id: d.id.0,
            name: d.name,
            connection_id: d.connection.map(|id| id.0),
            is_proved: d.proved_at.is_some(),
            proved_at: d.proved_at,
            checked_at: d.checked_at,
            problem: d.problem,
            sso_enforced: d.sso_enforced,
        }
    }
}

/// A new domain.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDomain {
    /// Its name: acme.org
    domain: String,
    /// The connection through which its people sign in.
    connection_id: Option<String>,
}

/// Whether people have to sign in through a connection.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Enforcement {
    /// Whether everybody but the protected has to.
    sso_enforced: bool,
    /// Domains whose people have to.
    domains: Vec<String>,
}

/// Whether people are to sign in through a connection.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enforce {
    sso_enforced: bool,
    /// The people of that domain; nothing said: everybody.
    domain: Option<String>,
}

/// `GET /domains`
pub async fn list(call: Call) -> Answer {
    let rows = rows::of_workspace(&mut call.read().await?, call.workspace()).await?;
    success(&List::whole(rows.into_iter().map(Domain::from).collect()))
}

/// `POST /domains`
pub async fn add(call: Call) -> Answer {
    let new: NewDomain = call.body()?;
    let connection = new.connection_id.map(|id| named("connection_id", &id, ConnectionId::parse)).transpose()?;
    let challenge = secret::new_plain()?;
    let command = AddDomain { workspace: call.workspace(), domain: new.domain, connection, challenge };
    created(&Domain::from(call.execute(command).await?))
}

/// `POST /domains/{domain}/verify`
pub async fn verify(call: Call) -> Answer {
    let name = domain::name(call.segment(0)).ok_or_else(Failure::not_found)?;
    let known = rows::find(&mut call.read().await?, call.workspace(), &name).await?;
    let known = known.ok_or_else(Failure::not_found)?;
    let proof = looking::record(&call.app, &known).await;
    let command = ProveDomain { workspace: call.workspace(), domain: name, proof };
    success(&Domain::from(call.execute(command).await?))
}

/// `DELETE /domains/{domain}`
pub async fn remove(call: Call) -> Answer {
    let domain = call.segment(0).to_owned();
    call.execute(RemoveDomain { workspace: call.workspace(), domain }).await?;
    done()
}

/// `GET /sso`
pub async fn enforcement(call: Call) -> Answer {
    let mut conn = call.read().await?;
    let workspace = workspaces::find(&mut conn, call.workspace()).await?.ok_or_else(Failure::not_found)?;
    let domains = rows::of_workspace(&mut conn, call.workspace()).await?;
    let domains = domains.into_iter().filter(|domain| domain.sso_enforced).map(|domain| domain.name).collect();
    success(&Enforcement { sso_enforced: workspace.sso_enforced, domains })
}

/// `PUT /sso`
pub async fn enforce(call: Call) -> Answer {
    let wanted: Enforce = call.body()?;
    let command = EnforceSso { workspace: call.workspace(), domain: wanted.domain, enforced: wanted.sso_enforced };
    call.execute(command).await?;
    enforcement(call).await
}
