//! The one place that wires things together.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::command::Commands;
use crate::command::mails::Posting;
use crate::connector::Registry;
use crate::domain::chain::ChainKey;
use crate::domain::plan::{Plans, PlansError};
use crate::http::api;
use crate::http::auth::Gate;
use crate::http::following::Followers;
use crate::http::journal::Journal;
use crate::http::limits::{Beginners, Limiter, Strangers};
use crate::http::scim::BASE;
use crate::http::session::Keys;
use crate::ids::WorkspaceId;
use crate::mail::{MailError, Transport};
use crate::metrics::Metrics;
use crate::outbound::{Outbound, OutboundError};
use crate::password::Verifier;
use crate::provider::{Issuer, Ring, RingError};
use crate::query::cursor::Cursors;
use crate::sealed::{KeyError, MasterKey, key_file};
use crate::settings::{Settings, Way};
use crate::sso::{DnsError, Domains, Relying};
use crate::store::{Options, Store, StoreError, Tx, Work, chain, signing_keys, sqlite_file};
use crate::telemetry::{Telemetry, TelemetryError};
use crate::worker::connector::{self, Connectors};
use crate::worker::mail::{Office, Postman};
use crate::worker::provider::{Parts, Provider};
use crate::worker::webhooks::{Courier, Depot, Kept};
use crate::worker::{Chores, Hourly};

/// Everything that serving requests needs.
pub struct App {
    /// The settings.
    pub settings: Settings,
    /// The database.
    pub store: Store,
    /// The way to change something.
    pub commands: Commands,
    /// The plans.
    pub plans: Arc<Plans>,
    /// The time.
    pub clock: Clock,
    /// Who may call SCIM.
    pub gate: Gate,
    /// How often.
    pub limiter: Limiter<String>,
    /// How often an address may ask without a valid credential.
    pub strangers: Strangers,
    /// How often a sign-in at a provider may begin from one address.
    pub beginners: Beginners,
    /// Who follows what happens, in the console.
    pub followers: Followers,
    /// How often a key of the REST API may ask.
    pub api_limits: api::limits::Limits,
    /// When each of those keys was last used.
    pub last_uses: api::LastUses,
    /// Whether the bridge is about to stop: what never ends by itself ends then.
    pub stopping: watch::Sender<bool>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Traces, where there are any.
    pub telemetry: Option<Telemetry>,
    /// The request log.
    pub journal: Journal,
    /// Takes out audit rows whose time is over.
    pub hourly: Hourly,
    /// Compares passwords.
    pub verifier: Verifier,
    /// Sends what is in the queue of mails; none where no mail is sent.
    pub postman: Option<Postman>,
    /// Posts what happened to endpoints.
    pub courier: Courier,
    /// Keeps remote AIsoule workspaces equal to those here.
    pub connectors: Connectors,
    /// The keys under which what browsers hold is signed.
    pub browser_keys: Keys,
    /// What the OpenID Provider does by the clock.
    pub provider: Provider,
    /// Makes and reads cursors.
    pub cursors: Cursors,
    /// The keys that sign tokens.
    pub ring: Arc<Ring>,
    /// Makes and reads access tokens of OAuth clients.
    pub issuer: Arc<Issuer>,
    /// What secrets at rest are sealed with.
    pub master: MasterKey,
    /// Takes what providers say of people, and checks it.
    pub relying: Relying,
    /// Looks domains up.
    pub resolver: Domains,
    /// The bridge's public address, without a slash at the end.
    pub public_url: String,
    /// The address of its SCIM service.
    pub scim_url: String,
}

/// Why the bridge can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The keys that sign tokens.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// The way out to providers.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The way to look domains up.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// The way to the collector of traces.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The way by which mail goes out.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The file of plans.
    #[error(transparent)]
    Plans(#[from] PlansError),
    /// The file of plans can't be read.
    #[error("the file of plans can't be read: {0}")]
    PlansFile(#[source] std::io::Error),
}

/// The plans of the settings, else those that ship with the bridge.
///
/// # Errors
/// [`StartError::Plans`], [`StartError::PlansFile`]
pub fn plans(settings: &Settings) -> Result<Plans, StartError> {
    match &settings.plans_file {
        Some(path) => Ok(Plans::parse(&std::fs::read_to_string(path).map_err(StartError::PlansFile)?)?),
        None => Ok(Plans::shipped()?),
    }
}

/// The database of the settings, open and up to date.
///
/// # Errors
/// [`StoreError`]
pub async fn open_store(settings: &Settings) -> Result<Store, StoreError> {
    let options = Options {
        url: settings.database_url.reveal().to_owned(),
        max_connections: settings.database_connections,
        statement_timeout: settings.statement_timeout(),
    };
    Store::open(&options).await
}

/// What is written to people, as the settings say.
#[must_use]
pub fn posting(settings: &Settings) -> Posting {
    Posting { enabled: settings.mail.transport != Way::None, welcome: settings.mail.welcome }
}

/// The way by which mail goes out; none where none does.
///
/// # Errors
/// [`MailError`]
pub fn transport(settings: &Settings, public_url: &str) -> Result<Option<Transport>, MailError> {
    Transport::open(&settings.mail, sqlite_file(settings.database_url.reveal()).as_deref(), public_url)
}

/// The master key: the one that there is, else a new one, as long as nothing in the database depends on another. The
/// store gets what it needs of it for the audit log.
///
/// # Errors
/// [`StartError::Key`] where the key is missing or another one than the database's; [`StartError::Store`]
pub async fn unlock(settings: &Settings, store: &Store) -> Result<MasterKey, StartError> {
    let mut conn = store.read().await?;
    let known = chain::mark(&mut conn).await?;
    let master = match MasterKey::find(settings)? {
        Some(key) => key,
        None if known.is_none() && signing_keys::all(&mut conn).await?.is_empty() => MasterKey::make(settings)?,
        None => return Err(KeyError::Missing { path: key_file(settings) }.into()),
    };
    drop(conn);
    let mark = master.derive("audit mark").to_vec();
    let known = match known {
        Some(known) => known,
        None => store.write(FirstKey { mark: mark.clone() }).await?,
    };
    if known != mark {
        return Err(KeyError::Foreign.into());
    }
    store.keeper().take(Ok(ChainKey::new(master.derive("audit"))));
    Ok(master)
}

/// Notes by what the key of the audit log is known; gives what was noted first.
struct FirstKey {
    mark: Vec<u8>,
}

impl Work for FirstKey {
    type Output = Vec<u8>;
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<Vec<u8>, StoreError> {
        chain::set_mark(tx, &self.mark).await?;
        let noted = chain::mark(tx).await?;
        noted.ok_or_else(|| StoreError::Corrupt("the mark of the audit log's key".into()))
    }
}

/// The relying party of the settings.
///
/// # Errors
/// [`StartError::Outbound`]
pub fn relying(settings: &Settings, clock: &Clock) -> Result<Relying, StartError> {
    Ok(Relying::new(Outbound::new(&settings.outbound())?, clock.clone()))
}

/// What looks domains up.
///
/// # Errors
/// [`StartError::Dns`]
pub fn resolver(settings: &Settings) -> Result<Domains, StartError> {
    Ok(Domains::new(settings.sso.dns_server)?)
}

impl App {
    /// Whether providers may be on this machine.
    #[must_use]
    pub fn allows_loopback(&self) -> bool {
        self.settings.allows_loopback()
    }

    /// Everything that works without being asked, and whether it runs.
    #[must_use]
    pub fn workers(&self) -> Vec<(&'static str, bool)> {
        let mut workers =
            vec![("hourly", self.hourly.runs()), ("provider", self.provider.runs()), ("webhooks", self.courier.runs())];
        workers.push(("connectors", self.connectors.runs()));
        workers.extend(self.postman.as_ref().map(|postman| ("mail", postman.runs())));
        workers
    }

    /// Opens and starts everything but the listener, which is at `listening` already.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn start(settings: Settings, clock: Clock, listening: SocketAddr) -> Result<Arc<Self>, StartError> {
        let plans = Arc::new(plans(&settings)?);
        let store = open_store(&settings).await?;
        let master = unlock(&settings, &store).await?;
        let public_url = settings.public_url(listening);
        let scim_url = format!("{public_url}{BASE}");
        let ring = Arc::new(Ring::load(&store, &master, &clock).await?);
        let issuer = Arc::new(Issuer::new(Arc::clone(&ring), public_url.clone(), scim_url.clone()));
        let limits = &settings.limits;
        let commands = Commands::new(store.clone(), clock.clone(), Arc::clone(&plans)).with_mail(posting(&settings));
        let postman = transport(&settings, &public_url)?.map(|transport| {
            let (store, commands) = (store.clone(), commands.clone());
            let (clock, public_url, per_second) = (clock.clone(), public_url.clone(), settings.mail.per_second);
            Postman::start(Office { store, commands, clock, transport, public_url, per_second })
        });
        let resolver = resolver(&settings)?;
        let chores = Chores {
            store: store.clone(),
            commands: commands.clone(),
            clock: clock.clone(),
            plans: Arc::clone(&plans),
            resolver: resolver.clone(),
            kept: Kept {
                deliveries: TimeDelta::days(settings.webhooks.keep_days),
                events: TimeDelta::days(settings.webhooks.outbox_days),
            },
        };
        let providers = settings.outbound();
        let metrics = Arc::new(Metrics::new(store.writes()));
        let telemetry = Telemetry::start(&settings.telemetry)?;
        let courier = Courier::start(Depot {
            store: store.clone(),
            commands: commands.clone(),
            clock: clock.clone(),
            outbound: Outbound::new(&settings.webhooks.outbound(providers.clone()))?,
            master: master.clone(),
            most_waiting: settings.webhooks.most_waiting,
            metrics: Arc::clone(&metrics),
            telemetry: telemetry.clone(),
        });
        let provider = Provider::start(Parts {
            store: store.clone(),
            commands: commands.clone(),
            clock: clock.clone(),
            ring: Arc::clone(&ring),
            issuer: public_url.clone(),
            outbound: Outbound::new(&providers)?,
            key_age: settings.provider.key_age(),
            longest_token: TimeDelta::seconds(limits.access_token_seconds),
        });
        let connectors = Connectors::start(Arc::new(connector::Parts {
            store: store.clone(),
            commands: commands.clone(),
            clock: clock.clone(),
            master: master.clone(),
            outbound: settings.outbound(),
            settings: settings.clone(),
            limits: Registry::default(),
        }));
        Ok(Arc::new(Self {
            connectors,
            postman,
            courier,
            provider,
            hourly: Hourly::start(chores),
            commands,
            gate: Gate::new(store.clone(), clock.clone(), Arc::clone(&issuer)),
            limiter: Limiter::new(limits.requests_per_second, limits.burst),
            strangers: Strangers::default(),
            beginners: Beginners::default(),
            followers: Followers::default(),
            api_limits: api::limits::Limits::new(limits.api_per_minute, limits.api_per_second),
            last_uses: api::LastUses::default(),
            stopping: watch::Sender::new(false),
            journal: Journal::start(&store, &clock, settings.request_log.clone(), metrics.dropped.clone()),
            metrics,
            telemetry,
            browser_keys: Keys::new(&master),
            verifier: Verifier::default(),
            cursors: Cursors::new(master.derive("cursor")),
            issuer,
            relying: relying(&settings, &clock)?,
            resolver,
            master,
            ring,
            public_url,
            scim_url,
            settings,
            store,
            plans,
            clock,
        }))
    }

    /// Writes what is still to be written and closes the database.
    pub async fn stop(&self) {
        self.connectors.stop().await;
        if let Some(postman) = &self.postman {
            postman.stop().await;
        }
        self.courier.stop().await;
        self.journal.flush().await;
        if let Some(telemetry) = &self.telemetry {
            telemetry.stop().await;
        }
        self.store.close().await;
    }
}
