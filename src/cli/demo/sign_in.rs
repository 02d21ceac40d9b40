//! A sign-in: Anna's company has an OpenID Provider, for which a second workspace of the same bridge stands in, and she
//! comes in through it. So it needs no network, and shows both ends.

use hyper::Method;
use serde_json::{Value, json};

use super::browser::Browser;
use super::talk::Provider;
use crate::app::App;
use crate::cli::CliError;
use crate::cli::out::say;
use crate::command::connections::{CreateConnection, Terms};
use crate::command::domains::{AddDomain, Proof, ProveDomain};
use crate::command::login_clients::CreateLoginClient;
use crate::command::users::{CreateUser, RoleChoice};
use crate::command::workspaces::CreateWorkspace;
use crate::domain::access::Actor;
use crate::domain::connection::{AuthMethod, Endpoints, Kind};
use crate::domain::email::Email;
use crate::domain::seat::SeatPolicy;
use crate::domain::user::{Profile, UserDraft};
use crate::domain::workspace::{Workspace, WorkspaceName};
use crate::ids::{self, ConnectionId, UserId};
use crate::scim::patch::PATCH_OP_URN;
use crate::store::connections;
use crate::upstream::callback_url;
use crate::{password, secret};

const ANNA: &str = "anna.larsson@acme.example";

/// The company's provider, and the connection to it.
pub struct Company {
    connection: ConnectionId,
    password: String,
}

/// Makes the company's provider, with Anna in it, and connects the workspace to it.
pub async fn connect(app: &App, workspace: &Workspace) -> Result<Company, CliError> {
    let operator = Actor::operator();
    let name = WorkspaceName::parse("Acme headquarters").map_err(CliError::Said)?;
    let create = CreateWorkspace { name, plan: "scale".into(), seats: None, seat_policy: SeatPolicy::Reject };
    let company = app.commands.execute(&operator, create).await?;
    let password = secret::new_plain()?;
    let email = Email::parse(ANNA).ok_or_else(|| CliError::Demo("Anna has no address".into()))?;
    let anna = CreateUser {
        workspace: company.id,
        id: UserId::fresh(),
        draft: UserDraft { profile: Profile::by_hand(&email, "Anna Larsson"), active: Some(true) },
        password_hash: Some(password::hash(password.clone()).await?),
        role: RoleChoice::Default,
        protected: false,
        provisioned: false,
    };
    app.commands.execute(&operator, anna).await?;
    let (connection, client, client_secret) = (ConnectionId::fresh(), ids::new_client_id(), secret::new_plain()?);
    let login_client = CreateLoginClient {
        workspace: company.id,
        id: client.clone(),
        name: "Acme Support".into(),
        secret_hash: secret::hash(&client_secret),
        redirect_uris: vec![callback_url(&app.public_url, connection)],
        post_logout_uris: Vec::new(),
        backchannel_logout_uri: None,
    };
    app.commands.execute(&operator, login_client).await?;
    let terms = Terms {
        name: "Acme headquarters".into(),
        kind: Kind::Oidc,
        issuer: app.public_url.clone(),
        endpoints: Endpoints::default(),
        client_id: client,
        auth_method: AuthMethod::ClientSecretBasic,
        scopes: Vec::new(),
        groups_claim: None,
        roles_claim: None,
        key_id: None,
        trusts_email: true,
        jit: false,
        default_role: None,
        enabled: true,
    };
    let sealed = app.master.seal(&connections::place(connection), client_secret.as_bytes())?;
    let create =
        CreateConnection { id: connection, workspace: workspace.id, terms, secret: Some(sealed), loopback: true };
    app.commands.execute(&operator, create).await?;
    let domain = "acme.example".to_owned();
    let challenge = secret::new_plain()?;
    let add = AddDomain { workspace: workspace.id, domain: domain.clone(), connection: Some(connection), challenge };
    app.commands.execute(&operator, add).await?;
    let prove = ProveDomain { workspace: workspace.id, domain, proof: Proof::Word };
    app.commands.execute(&operator, prove).await?;
    Ok(Company { connection, password })
}

/// Anna comes in, is put out while she works, and comes in again. Gives how many requests that took.
pub async fn play(app: &App, company: &Company, okta: &str) -> Result<usize, CliError> {
    let mut anna = Browser::new(&app.public_url);
    let known = [("email", ANNA), ("password", company.password.as_str())];
    let login = format!("/sso/{}/login", company.connection);
    say!("\n8. A sign-in: Anna clicks on her company's button, proves at the company who she is, and is in.\n")?;
    let page = anna.open(&login, &known).await?;
    expect(&page.path, "/account")?;

    say!("\n9. Okta deactivates her while she works: her next click finds nothing, and neither does a new sign-in.\n")?;
    let mut okta = Provider::new("Okta", &app.scim_url, okta);
    let found = okta.find("/Users", &format!("userName eq \"{ANNA}\"")).await?;
    let id = found.pointer("/Resources/0/id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let set = |active: bool| json!({"schemas": [PATCH_OP_URN], "Operations": [{"op": "replace", "value": {"active": active}}]});
    okta.send(Method::PATCH, &format!("/Users/{id}"), &set(false)).await?;
    let page = anna.open("/account", &[]).await?;
    expect(&page.path, "/login")?;
    let page = anna.open(&login, &known).await?;
    expect(&page.heading, "Your account is deactivated")?;
    okta.send(Method::PATCH, &format!("/Users/{id}"), &set(true)).await?;
    let page = anna.open(&login, &known).await?;
    expect(&page.path, "/account")?;
    Ok(anna.spoken() + okta.spoken())
}

fn expect(found: &str, expected: &str) -> Result<(), CliError> {
    if found == expected {
        return Ok(());
    }
    Err(CliError::Demo(format!("Anna should be at \"{expected}\" and is at \"{found}\"")))
}
