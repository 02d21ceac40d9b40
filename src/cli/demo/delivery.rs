//! Delivery: a remote AIsoule workspace, for which a third workspace of the same bridge stands in, is kept equal through its
//! REST API.

use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};

use super::talk::Provider;
use crate::app::App;
use crate::cli::CliError;
use crate::cli::out::{say, write};
use crate::cli::table::table;
use crate::command::connectors::CreateConnector;
use crate::command::credentials::CreateKey;
use crate::command::workspaces::CreateWorkspace;
use crate::connector::profile::SHIPPED;
use crate::domain::access::Actor;
use crate::domain::seat::SeatPolicy;
use crate::domain::workspace::{Workspace, WorkspaceName};
use crate::ids::KeyId;
use crate::query::people::{self, Person};
use crate::scim::patch::PATCH_OP_URN;
use crate::secret;
use crate::store::api_keys::NewKey;
use crate::store::connectors;

const ANNA: &str = "anna.larsson@acme.example";
/// How long something may take to arrive there.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connects the other side, shows what arrived there, and how fast somebody is out. Gives how many requests that took.
pub async fn play(app: &App, workspace: &Workspace, okta: &str) -> Result<usize, CliError> {
    say!(
        "\n10. AIsoule itself, for which a third workspace stands in: a connector keeps it equal over its REST API.\n"
    )?;
    let there = connect(app, workspace).await?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let backlog = connectors::backlog(&mut app.store.read().await?, workspace.id).await?;
        if backlog.waiting == 0 && !everybody(app, &there).await?.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let row = |person: &Person| {
        vec![person.label.clone(), person.email.clone(), person.standing.clone(), person.role.clone()]
    };
    let rows: Vec<_> = everybody(app, &there).await?.iter().map(row).collect();
    write(format_args!("{}", table(&["NAME", "EMAIL", "STANDING", "ROLE"], &rows)))?;

    say!("\n11. Okta deactivates Anna. How long can she still work at AIsoule?\n")?;
    let mut okta = Provider::new("Okta", &app.scim_url, okta);
    let found = okta.find("/Users", &format!("userName eq \"{ANNA}\"")).await?;
    let id = found.pointer("/Resources/0/id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let leave = json!({"schemas": [PATCH_OP_URN], "Operations": [{"op": "replace", "value": {"active": false}}]});
    okta.send(Method::PATCH, &format!("/Users/{id}"), &leave).await?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if everybody(app, &there).await?.iter().any(|person| person.email == ANNA && person.standing == "inactive") {
            say!("Inactive there {} ms after Okta had its answer. She comes back.\n", begun.elapsed().as_millis())?;
            let back = json!({"schemas": [PATCH_OP_URN], "Operations": [{"op": "replace", "value": {"active": true}}]});
            okta.send(Method::PATCH, &format!("/Users/{id}"), &back).await?;
            return Ok(okta.spoken());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Err(CliError::Demo("Anna should be inactive at AIsoule and is not".into()))
}

async fn everybody(app: &App, there: &Workspace) -> Result<Vec<Person>, CliError> {
    Ok(people::all(&mut app.store.read().await?, there.id).await?)
}

/// Makes the other side with a key, and a connector to it.
async fn connect(app: &App, workspace: &Workspace) -> Result<Workspace, CliError> {
    let operator = Actor::operator();
    let name = WorkspaceName::parse("AIsoule").map_err(CliError::Said)?;
    let create = CreateWorkspace { name, plan: "scale".into(), seats: None, seat_policy: SeatPolicy::Reject };
    let there = app.commands.execute(&operator, create).await?;
    let key = secret::new_key()?;
    let stored = NewKey {
        id: KeyId::fresh(),
        workspace: there.id,
        name: "bridge".into(),
        hash: secret::hash(&key),
        hint: secret::hint(&key),
        user: None,
        permissions: None,
        created_at: app.clock.now(),
        expires_at: None,
    };
    app.commands.execute(&operator, CreateKey { key: stored, permissions: None }).await?;
    let base_url = format!("{}/api", app.public_url);
    let api_key = app.master.seal(&connectors::place(workspace.id, &base_url), key.as_bytes())?;
    let (workspace, profile) = (workspace.id, SHIPPED.to_owned());
    let connector = CreateConnector { workspace, profile, base_url, api_key, adopts: false, loopback: true };
    app.commands.execute(&operator, connector).await?;
    Ok(there)
}
