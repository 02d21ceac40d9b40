//! `sso add`, `list`, `test`, `enable`, `disable`, `remove`, `enforce`, `domain …`: how people sign in at their company's
//! provider.

mod domain;

use clap::{Args, Subcommand};

use crate::app;
use crate::cli::out::{remark, say, stdin_secret, write};
use crate::cli::table::table;
use crate::cli::token::when;
use crate::cli::{At, CliError, one_of};
use crate::command::connections::{CreateConnection, DeleteConnection, EditConnection, Terms};
use crate::command::domains::{AddDomain, EnforceSso};
use crate::domain::access::Actor;
use crate::domain::connection::{AuthMethod, Connection, Endpoints, Kind};
use crate::domain::workspace::Workspace;
use crate::ids::{ConnectionId, RoleId};
use crate::secret;
use crate::settings::Settings;
use crate::sso::Outcome;
use crate::store::{connections, domains};
use crate::upstream;

const ADD_HELP: &str = "\
The client secret is read from stdin (for private_key_jwt: the private key in
PEM), so that it stands in no history. The connection's id is printed on stdout
and nothing else is; what to enter at the provider is said on stderr.

Examples:
  aisoule-bridge sso add --workspace Acme --name okta --kind okta \\
      --issuer https://acme.okta.com --client-id 0oa1b2c3 --domain acme.org < secret
  aisoule-bridge sso add --workspace Acme --name entra --kind entra \\
      --issuer https://login.microsoftonline.com/TENANT-ID/v2.0 --client-id … < secret";

/// The longest secret or private key, in bytes.
const LONGEST: usize = 10_000;

const KINDS: &[(&str, Kind)] = &[
    ("okta", Kind::Okta),
    ("entra", Kind::Entra),
    ("google", Kind::Google),
    ("github", Kind::Github),
    ("oidc", Kind::Oidc),
];

const METHODS: &[(&str, AuthMethod)] = &[
    ("client_secret_basic", AuthMethod::ClientSecretBasic),
    ("client_secret_post", AuthMethod::ClientSecretPost),
    ("private_key_jwt", AuthMethod::PrivateKeyJwt),
];

#[derive(Debug, Subcommand)]
pub enum SsoCommand {
    /// Make a connection; its secret on stdin; prints its id
    #[command(after_help = ADD_HELP)]
    Add(Box<Add>),
    /// List a workspace's connections
    List {
        /// The workspace
        #[arg(long)]
        workspace: String,
    },
    /// Walk through a connection and say what is wrong with it
    Test(Which),
    /// Let people sign in through a connection again
    Enable(Which),
    /// Let nobody sign in through a connection; whoever came in through it is out
    Disable(Which),
    /// Delete a connection; whoever came in through it is out
    Remove(Which),
    /// Read another secret from stdin
    Secret(Which),
    /// Make people sign in through a connection; protected accounts never have to
    Enforce {
        /// The workspace
        #[arg(long)]
        workspace: String,
        /// The people of this domain alone
        #[arg(long)]
        domain: Option<String>,
        /// They don't have to any more
        #[arg(long)]
        off: bool,
    },
    /// Say whose addresses are the workspace's
    #[command(subcommand)]
    Domain(domain::DomainCommand),
}

#[derive(Debug, Args)]
pub struct Add {
    /// The workspace
    #[arg(long)]
    workspace: String,
    /// What people call it: "okta"
    #[arg(long)]
    name: String,
    /// What kind of provider it is
    #[arg(long, value_name = "okta|entra|google|github|oidc", value_parser = one_of(KINDS))]
    kind: Kind,
    /// The issuer, exactly as the provider writes it; for GitHub <https://github.com>
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// The bridge's client id at the provider
    #[arg(long)]
    client_id: String,
    /// How the bridge proves that it is that client
    #[arg(long, value_name = "METHOD", default_value = "client_secret_basic", value_parser = one_of(METHODS))]
    auth: AuthMethod,
    /// What the provider calls the bridge's private key, where it proves itself with that
    #[arg(long, value_name = "KID")]
    key_id: Option<String>,
    /// Whoever is not known becomes a user at their first login
    #[arg(long)]
    jit: bool,
    /// The role of those; without: the workspace's default role
    #[arg(long)]
    default_role: Option<String>,
    /// A domain whose people sign in through it; say it again for each
    #[arg(long = "domain", value_name = "D")]
    domains: Vec<String>,
    /// Scopes besides openid, profile and email
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The claim that lists groups
    #[arg(long, value_name = "CLAIM")]
    groups_claim: Option<String>,
    /// The claim that lists roles
    #[arg(long, value_name = "CLAIM")]
    roles_claim: Option<String>,
    /// Believe addresses that the provider does not call verified, within proved domains (Entra ID calls none so)
    #[arg(long)]
    trust_email: bool,
    /// Instead of the discovered address
    #[arg(long, value_name = "URL")]
    authorization_url: Option<String>,
    /// Instead of the discovered address
    #[arg(long, value_name = "URL")]
    token_url: Option<String>,
    /// Instead of the discovered address
    #[arg(long, value_name = "URL")]
    userinfo_url: Option<String>,
}

/// One connection.
#[derive(Debug, Args)]
pub struct Which {
    /// Its name or id
    connection: String,
    /// The workspace
    #[arg(long)]
    workspace: String,
}

impl SsoCommand {
    pub(in crate::cli) async fn run(self, at: &At, settings: &Settings) -> Result<(), CliError> {
        match self {
            Self::Add(add) => add.run(at, settings).await,
            Self::List { workspace } => list(at, &workspace).await,
            Self::Test(which) => test(at, settings, &which).await,
            Self::Enable(which) => edit(at, settings, &which, |terms| terms.enabled = true, false).await,
            Self::Disable(which) => edit(at, settings, &which, |terms| terms.enabled = false, false).await,
            Self::Secret(which) => edit(at, settings, &which, |_| {}, true).await,
            Self::Remove(which) => {
                let (workspace, connection) = which.find(at).await?;
                let command = DeleteConnection { workspace: workspace.id, id: connection.id };
                at.commands.execute(&Actor::operator(), command).await?;
                say!("Removed.")
            }
            Self::Enforce { workspace, domain, off } => {
                let workspace = at.workspace(&workspace).await?;
                let command = EnforceSso { workspace: workspace.id, domain, enforced: !off };
                at.commands.execute(&Actor::operator(), command).await?;
                if off {
                    say!("People may use their passwords again.")
                } else {
                    say!("From now on people sign in through the connection; protected accounts keep their password.")
                }
            }
            Self::Domain(command) => command.run(at, settings).await,
        }
    }
}

impl Add {
    async fn run(self, at: &At, settings: &Settings) -> Result<(), CliError> {
        let workspace = at.workspace(&self.workspace).await?;
        let default_role = match &self.default_role {
            Some(name) => Some(role(at, &workspace, name).await?),
            None => None,
        };
        let master = app::unlock(settings, &at.store).await?;
        let id = ConnectionId::fresh();
        let secret = master.seal(&connections::place(id), stdin_secret(LONGEST)?.as_bytes())?;
        let is_later = self.jit && self.kind.is_for_everybody() && !self.domains.is_empty();
        let terms = Terms {
            name: self.name,
            kind: self.kind,
            issuer: self.issuer,
            endpoints: Endpoints {
                authorization: self.authorization_url,
                token: self.token_url,
                userinfo: self.userinfo_url,
            },
            client_id: self.client_id,
            auth_method: self.auth,
            key_id: self.key_id,
            scopes: self.scopes,
            groups_claim: self.groups_claim,
            roles_claim: self.roles_claim,
            trusts_email: self.trust_email,
            // Where anybody has an account it can only be said once there is a domain.
            jit: self.jit && !is_later,
            default_role,
            enabled: true,
        };
        let url = settings.public_url(settings.listen);
        let loopback = settings.allows_loopback();
        let command = CreateConnection { id, workspace: workspace.id, terms, secret: Some(secret), loopback };
        at.commands.execute(&Actor::operator(), command).await?;
        let mut records = Vec::new();
        for domain in self.domains {
            let challenge = secret::new_plain()?;
            let command = AddDomain { workspace: workspace.id, domain, connection: Some(id), challenge };
            records.push(at.commands.execute(&Actor::operator(), command).await?);
        }
        if is_later {
            let edit = Box::new(|terms: &mut Terms| terms.jit = true);
            let command = EditConnection { workspace: workspace.id, id, edit, secret: None, loopback };
            at.commands.execute(&Actor::operator(), command).await?;
        }
        remark(&format!("Enter at the provider, as redirect URI: {}", upstream::callback_url(&url, id)));
        remark(&format!("and, where it asks for it, to begin sign-ins: {}", upstream::initiate_url(&url, id)));
        remark(&format!("and to log out (back-channel): {}", upstream::backchannel_url(&url, id)));
        for record in records.iter().filter(|record| record.proved_at.is_none()) {
            remark(&domain::asked_for(record));
        }
        say!("{id}")
    }
}

async fn list(at: &At, workspace: &str) -> Result<(), CliError> {
    let workspace = at.workspace(workspace).await?;
    let mut conn = at.store.read().await?;
    let rows = connections::of_workspace(&mut conn, workspace.id).await?;
    let served = domains::of_workspace(&mut conn, workspace.id).await?;
    let row = |c: &Connection| {
        let serves: Vec<&str> =
            served.iter().filter(|domain| domain.connection == Some(c.id)).map(|domain| domain.name.as_str()).collect();
        let state = if c.enabled { "on" } else { "off" };
        vec![
            c.id.to_string(),
            c.name.clone(),
            c.kind.name().into(),
            c.issuer.clone(),
            serves.join(", "),
            state.into(),
            when(c.admin_came_in_at),
        ]
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    let heads = ["ID", "NAME", "KIND", "ISSUER", "DOMAINS", "STATE", "AN ADMIN CAME IN"];
    write(format_args!("{}", table(&heads, &rows)))?;
    if workspace.sso_enforced {
        remark("Everybody but protected accounts has to sign in through one of these.");
    }
    Ok(())
}

async fn test(at: &At, settings: &Settings, which: &Which) -> Result<(), CliError> {
    let (_, connection) = which.find(at).await?;
    let master = app::unlock(settings, &at.store).await?;
    let kept = connections::find(&mut at.store.read().await?, connection.id).await?;
    let kept = kept.ok_or_else(|| CliError::Said("the connection is gone".into()))?;
    let url = settings.public_url(settings.listen);
    let relying = app::relying(settings, &at.clock)?;
    let provider = upstream::provider_of(&kept, &master).map_err(|error| CliError::Said(error.to_string()))?;
    let mut steps = relying.walk(&provider, &upstream::callback_url(&url, connection.id)).await;
    let serves = domains::of_connection(&mut at.store.read().await?, connection.id).await?;
    steps.extend(upstream::newcomers(&kept.connection, &serves));
    let mut failed = 0;
    for step in &steps {
        let mark = match step.outcome {
            Outcome::Fine => "ok     ",
            Outcome::Warning => "warning",
            Outcome::Failed => "FAILED ",
        };
        failed += usize::from(step.outcome == Outcome::Failed);
        say!("{mark}  {}: {}", step.title, step.sentence)?;
    }
    if failed == 0 { Ok(()) } else { Err(CliError::Said(format!("{} does not work yet", connection.name))) }
}

async fn edit(
    at: &At,
    settings: &Settings,
    which: &Which,
    edit: fn(&mut Terms),
    with_secret: bool,
) -> Result<(), CliError> {
    let (workspace, connection) = which.find(at).await?;
    let secret = if with_secret {
        let master = app::unlock(settings, &at.store).await?;
        let text = stdin_secret(LONGEST)?;
        Some(master.seal(&connections::place(connection.id), text.as_bytes())?)
    } else {
        None
    };
    let loopback = settings.allows_loopback();
    let command = EditConnection { workspace: workspace.id, id: connection.id, edit: Box::new(edit), secret, loopback };
    at.commands.execute(&Actor::operator(), command).await?;
    say!("Done.")
}

impl Which {
    async fn find(&self, at: &At) -> Result<(Workspace, Connection), CliError> {
        let workspace = at.workspace(&self.workspace).await?;
        let connection = connection(at, &workspace, &self.connection).await?;
        Ok((workspace, connection))
    }
}

/// The connection of that name or id.
async fn connection(at: &At, workspace: &Workspace, name: &str) -> Result<Connection, CliError> {
    let all = connections::of_workspace(&mut at.store.read().await?, workspace.id).await?;
    let names: Vec<String> = all.iter().map(|connection| connection.name.clone()).collect();
    let is_it = |c: &Connection| Some(c.id) == ConnectionId::parse(name) || crate::text::same(&c.name, name);
    all.into_iter().find(is_it).ok_or_else(|| {
        let known =
            if names.is_empty() { "there is none yet".into() } else { format!("there are: {}", names.join(", ")) };
        CliError::Said(format!("there is no connection \"{name}\" in {}; {known}", workspace.name.as_str()))
    })
}

async fn role(at: &At, workspace: &Workspace, name: &str) -> Result<RoleId, CliError> {
    let roles = crate::store::roles::of_workspace(&mut at.store.read().await?, workspace.id).await?;
    let found = roles.iter().find(|role| crate::text::same(&role.name, name)).map(|role| role.id);
    found.ok_or_else(|| CliError::Said(format!("there is no role \"{name}\" in {}", workspace.name.as_str())))
}
