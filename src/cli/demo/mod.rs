//! `demo`: a bridge on a throwaway database, two identity providers that push people into it over real HTTP, and the
//! outcome. Then it stays up to be tried.

mod browser;
mod delivery;
mod scenes;
mod sign_in;
mod talk;

use clap::Args;
use std::time::Duration;

use talk::{WIDTH, wrapped};
use tokio::net::TcpListener;
use tokio::sync::broadcast;

use super::out::{say, write};
use super::table::table;
use super::token::when;
use super::{CliError, log_to_stderr, serve};
use crate::app::App;
use crate::clock::Clock;
use crate::command::credentials::CreateToken;
use crate::command::mails::Unwelcomed;
use crate::command::rules::{CreateRule, ForGroup};
use crate::command::users::{CreateUser, RoleChoice};
use crate::command::workspaces::CreateWorkspace;
use crate::domain::access::{Actor, Dialect, Grant, Holder, Scope};
use crate::domain::email::Email;
use crate::domain::role;
use crate::domain::seat::SeatPolicy;
use crate::domain::user::{Profile, UserDraft};
use crate::domain::workspace::{Workspace, WorkspaceName};
use crate::http;
use crate::ids::{RuleId, TokenId, UserId};
use crate::password;
use crate::secret;
use crate::settings::Settings;
use crate::store::request_log::{self, Wanted};
use crate::store::{StoreError, roles, workspaces};
use crate::worker::mail::{Posted, Postman};

/// Who opens the workspace when nothing else does.
const ADMIN: &str = "break-glass@acme.example";
/// How long mails are waited for, in tenths of a second.
const PATIENCE: usize = 50;

#[derive(Debug, Args)]
pub struct Demo {
    /// Stop when the play is over, instead of staying up
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) async fn run(self, mut settings: Settings) -> Result<(), CliError> {
        log_to_stderr(&settings);
        let folder = tempfile::Builder::new().prefix("aisoule-bridge-demo-").tempdir();
        let folder = folder.map_err(|error| CliError::Io("no folder for the throwaway database", error))?;
        settings.database_url = format!("sqlite://{}", folder.path().join("demo.db").display()).into();
        let listener = listen(&settings).await?;
        let address = listener.local_addr().map_err(|error| CliError::Io("the demo can't listen", error))?;
        settings.public_url = None;
        // Whom it calls it plays itself.
        settings.sso.allow_loopback = Some(true);
        let app = App::start(settings, Clock::real(), address).await?;
        let (stop, stopping) = tokio::sync::oneshot::channel::<()>();
        let (router, limits) = (http::router(&app), app.settings.limits.clone());
        let server = tokio::spawn(async move {
            let stop = async { drop(stopping.await) };
            http::serve(listener, router, &limits, stop).await
        });
        let password = secret::new_plain()?;
        let workspace = workspace(&app, &password).await?;
        let (okta, entra) = (token(&app, &workspace, "okta").await?, token(&app, &workspace, "entra").await?);
        say!("A workspace on the plan Growth (5 seats), with one protected Admin, whom no provider can see.")?;
        say!("A rule is written ahead: whoever is in a group called Support leads is a Manager.")?;
        say!("→ is what a provider sends (its body without \"schemas\", cut to a line), ← what it is told.")?;
        let mut posted = app.postman.as_ref().map(Postman::watch);
        let company = sign_in::connect(&app, &workspace).await?;
        let (spoken, emma) = scenes::play(&app.scim_url, &okta, &entra).await?;
        let spoken = spoken + sign_in::play(&app, &company, &okta).await?;
        outcome(&app, &workspace).await?;
        if let Some(posted) = &mut posted {
            mails(&app, posted).await?;
        }
        let spoken = spoken + delivery::play(&app, &workspace, &okta).await?;
        say!(
            "\n{spoken} requests were made over HTTP; those of the providers are in the request log with both bodies."
        )?;
        if !self.once {
            let console = Console { url: format!("{}/settings", app.public_url), password };
            write(format_args!("{}", invitation(&console, &app.scim_url, &okta, &emma)))?;
            serve::stopped().await;
        }
        app.stopping.send_replace(true);
        drop(stop);
        let _ = server.await;
        app.stop().await;
        Ok(())
    }
}

/// The mails that went out; they are files in a folder that goes with the database.
async fn mails(app: &App, posted: &mut broadcast::Receiver<Posted>) -> Result<(), CliError> {
    let is_idle = || app.postman.as_ref().is_none_or(Postman::is_idle);
    for _ in 0..PATIENCE {
        if is_idle() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    say!("\nThe mails that went out (by SMTP, if a server were set):\n")?;
    while let Ok(mail) = posted.try_recv() {
        say!("  to {:<30} {}", mail.recipient, mail.subject)?;
        if let Some(link) = &mail.link {
            say!("     {:<30} {}", "", talk::cut(link, WIDTH - 36))?;
        }
    }
    Ok(())
}

/// Where the settings say, or anywhere where that is taken.
async fn listen(settings: &Settings) -> Result<TcpListener, CliError> {
    if let Ok(listener) = TcpListener::bind(settings.listen).await {
        return Ok(listener);
    }
    TcpListener::bind("127.0.0.1:0").await.map_err(|error| CliError::Io("the demo can't listen", error))
}

async fn workspace(app: &App, password: &str) -> Result<Workspace, CliError> {
    let name = WorkspaceName::parse("Acme Support").map_err(CliError::Said)?;
    let create = CreateWorkspace { name, plan: "growth".into(), seats: None, seat_policy: SeatPolicy::Reject };
    let workspace = app.commands.execute(&Actor::operator(), create).await?;
    let email = Email::parse(ADMIN).ok_or_else(|| CliError::Said("the Admin has no address".into()))?;
    let profile = Profile::by_hand(&email, "Break-glass Admin");
    let password = password::hash(password.to_owned()).await.map_err(|error| CliError::Said(error.to_string()))?;
    let admin = CreateUser {
        workspace: workspace.id,
        id: UserId::fresh(),
        draft: UserDraft { profile, active: Some(true) },
        password_hash: Some(password),
        role: RoleChoice::Named(role::ADMIN.into()),
        protected: true,
        provisioned: false,
    };
    app.commands.execute(&Actor::operator(), Unwelcomed(admin)).await?;
    let roles = roles::of_workspace(&mut app.store.read().await?, workspace.id).await?;
    let rule = CreateRule {
        workspace: workspace.id,
        id: RuleId::fresh(),
        group: ForGroup::Name("Support leads".into()),
        role: roles.iter().find(|role| role.name == role::MANAGER).map(|role| role.id),
        priority: 10,
        teams: std::collections::BTreeMap::new(),
        grants_admin: false,
    };
    app.commands.execute(&Actor::operator(), rule).await?;
    Ok(workspace)
}

async fn token(app: &App, workspace: &Workspace, name: &str) -> Result<String, CliError> {
    let (token, id) = (secret::new_token()?, TokenId::fresh());
    let grant = Grant {
        workspace_id: workspace.id,
        holder: Holder::Token(id),
        name: name.into(),
        scope: Scope::Write,
        dialect: Dialect::Compat,
        user_id: None,
        expires_at: None,
    };
    let create = CreateToken { id, grant, hash: secret::hash(&token), hint: secret::hint(&token) };
    app.commands.execute(&Actor::operator(), create).await?;
    Ok(token)
}

/// The people as they are now, and the last requests as the log has them.
async fn outcome(app: &App, workspace: &Workspace) -> Result<(), CliError> {
    app.journal.flush().await;
    let mut conn = app.store.read().await?;
    let now = workspaces::find(&mut conn, workspace.id)
        .await?
        .ok_or_else(|| StoreError::Corrupt("the workspace is gone".into()))?;
    let people = crate::query::people::all(&mut conn, workspace.id).await?;
    let row = |person: &crate::query::people::Person| {
        vec![
            person.label.clone(),
            person.email.clone(),
            person.standing.clone(),
            person.role.clone(),
            person.groups.join(", "),
            person.origin().into(),
        ]
    };
    let rows: Vec<_> = people.iter().map(row).collect();
    let seats = now.seats(&app.plans);
    say!("\nThe people of {} now: {} of {} seats used.\n", now.name.as_str(), seats.used, seats.limit)?;
    write(format_args!("{}", table(&["NAME", "EMAIL", "STANDING", "ROLE", "GROUPS", "SEEN BY"], &rows)))?;
    let wanted = Wanted { workspace: Some(workspace.id), status: Some((400, 600)), last: 10, ..Wanted::default() };
    say!("\nWhat an administrator finds with `aisoule-bridge log --status 4xx`:\n")?;
    for entry in request_log::read(&mut conn, &wanted).await? {
        let detail =
            entry.response_body.as_deref().and_then(|body| serde_json::from_str::<serde_json::Value>(body).ok());
        let detail = detail
            .and_then(|body| body.get("detail").and_then(serde_json::Value::as_str).map(str::to_owned))
            .unwrap_or_default();
        say!("  {}  {} {} {}", when(Some(entry.at)), entry.status, entry.method, entry.path)?;
        say!("    {}", wrapped(&detail, 4))?;
    }
    Ok(())
}

/// Where the console is, and how to get in.
struct Console {
    url: String,
    password: String,
}

/// What to try while the demo stays up; `last` is the id of who has the last seat.
fn invitation(console: &Console, url: &str, token: &str, last: &str) -> String {
    let Console { url: settings, password } = console;
    let curl = format!("curl -s {url}/Users -H \"Authorization: Bearer $TOKEN\"");
    format!(
        "
Still up until Ctrl-C. Nothing is kept. What an administrator sees, in a browser:

  {settings}
  {ADMIN}, with the password
  {password}

What a provider sees, at {url}. In another terminal:

  TOKEN={token}

Everybody whom a provider can see:

  {curl}

Whose work address begins with anna:

  {curl} -G \\
       --data-urlencode 'filter=emails[type eq \"work\" and value sw \"anna\"]'

You as well. This is refused with 403 and the reason, for all seats are taken:

  {curl} \\
       -H 'Content-Type: application/scim+json' \\
       -d '{{\"userName\": \"you@acme.example\", \"displayName\": \"You\"}}'

Let Emma go (204, no body). Her seat is free then, and the line before makes you:

  curl -si -X DELETE -H \"Authorization: Bearer $TOKEN\" \\
       {url}/Users/{last}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invitation_fits_a_terminal_and_says_what_is_refused() {
        let id = "01a20f23-9d6a-769a-97a8-a8fd1ef50c09";
        let password = secret::new_plain().unwrap();
        let console = Console { url: "http://127.0.0.1:40000/settings".into(), password };
        let shown = invitation(&console, "http://127.0.0.1:40000/scim/v2", &format!("aisb_{}", "x".repeat(48)), id);
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
        assert!(shown.contains("refused with 403") && shown.contains(&format!("/Users/{id}")), "{shown}");
    }
}
