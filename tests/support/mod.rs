//! The harness: a real server on a random port over a fresh database of either kind, and a client that talks to it.

pub mod aisoule;
pub mod api;
pub mod browser;
pub mod client;
pub mod collector;
pub mod dns;
pub mod hooks;
pub mod hostile_op;
pub mod inbox;
pub mod journey;
pub mod load;
pub mod many;
pub mod parts;
pub mod postgres;
pub mod program;
pub mod proxy;
pub mod receiver;
pub mod relying;
pub mod rows;
pub mod scene;
pub mod smtp;
pub mod tls;
pub mod tools;
pub mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aisoule_bridge::app::App;
use aisoule_bridge::clock::Clock;
use aisoule_bridge::command::CommandError;
use aisoule_bridge::command::credentials::{CreateKey, CreateToken};
use aisoule_bridge::command::users::{CreateUser, RoleChoice};
use aisoule_bridge::command::workspaces::CreateWorkspace;
use aisoule_bridge::domain::access::{Actor, Dialect, Grant, Holder, Scope};
use aisoule_bridge::domain::permission::Permissions;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::user::{Profile, User, UserDraft};
use aisoule_bridge::domain::workspace::{Workspace, WorkspaceName};
use aisoule_bridge::ids::{KeyId, TokenId, UserId};
use aisoule_bridge::secret;
use aisoule_bridge::settings::{Settings, Way};
use aisoule_bridge::store::api_keys::NewKey;
use chrono::{TimeDelta, Utc};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use api::Api;
pub use client::{Answer, Scim};
pub use journey::Journey;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

/// Declares tests that run once on each database.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn check($db: crate::support::Fresh) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check(crate::support::Fresh::sqlite()).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(fresh) = crate::support::Fresh::postgres().await {
                    check(fresh).await;
                }
            }
        }
    )*};
}
pub(crate) use on_both;

/// A fresh, empty database.
pub struct Fresh {
    pub on: On,
    pub url: String,
    folder: tempfile::TempDir,
}

impl Fresh {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("bridge.db").display());
        Self { on: On::Sqlite, url, folder }
    }

    /// None, with a loud warning, where there is no PostgreSQL; a failure where `BRIDGE_TEST_REQUIRE_POSTGRES` is set.
    pub async fn postgres() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        postgres::fresh_database().await.map(|url| Self { on: On::Postgres, url, folder })
    }

    /// A database that somebody else made.
    pub fn over(on: On, url: String) -> Self {
        Self { on, url, folder: tempfile::tempdir().unwrap() }
    }

    /// Where a SQLite file is.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn settings(&self) -> Settings {
        let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
        let env = |name: &str| match name {
            "BRIDGE_DATABASE_URL" => Some(self.url.clone()),
            "BRIDGE_MASTER_KEY" => Some(key.to_owned()),
            "BRIDGE_LISTEN" => Some("127.0.0.1:0".to_owned()),
            _ => None,
        };
        let mut settings = Settings::load(None, env).unwrap();
        settings.database_connections = 8;
        // Those who are called are on this machine.
        settings.sso.allow_loopback = Some(true);
        // What mail does is for the tests of mail.
        settings.mail.transport = Way::None;
        (settings.limits.api_per_minute, settings.limits.api_per_second) = (0, 0);
        settings
    }

    /// A running bridge over it.
    pub async fn bridge(self) -> Bridge {
        let settings = self.settings();
        self.bridge_with(settings).await
    }

    pub async fn bridge_with(self, settings: Settings) -> Bridge {
        if let Ok(directives) = std::env::var("BRIDGE_TEST_LOG") {
            let _ = tracing_subscriber::fmt().with_env_filter(directives).with_test_writer().try_init();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let offset = Arc::clone(&ahead);
        let clock = Clock::from_fn(move || Utc::now() + TimeDelta::milliseconds(offset.load(Ordering::Relaxed)));
        let app = App::start(settings, clock, address).await.unwrap();
        let (stop, stopping) = oneshot::channel::<()>();
        let (router, limits) = (aisoule_bridge::http::router(&app), app.settings.limits.clone());
        tokio::spawn(async move {
            aisoule_bridge::http::serve(listener, router, &limits, async { drop(stopping.await) }).await
        });
        Bridge { app, address, ahead, _stop: stop, _folder: self.folder }
    }
}

/// A running bridge.
pub struct Bridge {
    pub app: Arc<App>,
    pub address: SocketAddr,
    ahead: Arc<AtomicI64>,
    _stop: oneshot::Sender<()>,
    _folder: tempfile::TempDir,
}

impl Bridge {
    pub async fn workspace(&self, name: &str, seats: i64, seat_policy: SeatPolicy) -> Workspace {
        let create = CreateWorkspace {
            name: WorkspaceName::parse(name).unwrap(),
            plan: "growth".into(),
            seats: Some(seats),
            seat_policy,
        };
        self.app.commands.execute(&Actor::operator(), create).await.unwrap()
    }

    pub async fn token(&self, workspace: &Workspace, scope: Scope, dialect: Dialect) -> String {
        self.token_until(workspace, scope, dialect, None, None).await
    }

    pub async fn token_until(
        &self,
        workspace: &Workspace,
        scope: Scope,
        dialect: Dialect,
        lifetime: Option<TimeDelta>,
        user_id: Option<UserId>,
    ) -> String {
        let (token, id) = (secret::new_token().unwrap(), TokenId::fresh());
        let grant = Grant {
            workspace_id: workspace.id,
            holder: Holder::Token(id),
            name: "test".into(),
            scope,
            dialect,
            user_id,
            expires_at: lifetime.map(|lifetime| self.app.clock.now() + lifetime),
        };
        let create = CreateToken { id, grant, hash: secret::hash(&token), hint: secret::hint(&token) };
        self.app.commands.execute(&Actor::operator(), create).await.unwrap();
        token
    }

    /// A client of a new workspace with many seats.
    pub async fn scim(&self) -> Scim {
        let workspace = self.workspace("Acme", 10_000, SeatPolicy::Reject).await;
        let token = self.token(&workspace, Scope::Write, Dialect::Compat).await;
        self.client(&token)
    }

    pub fn client(&self, token: &str) -> Scim {
        Scim::new(self.address, token)
    }

    /// Somebody made by hand.
    pub async fn user(&self, workspace: &Workspace, email: &str, role: &str, protected: bool) -> User {
        self.try_user(workspace, email, role, protected).await.unwrap()
    }

    pub async fn try_user(
        &self,
        workspace: &Workspace,
        email: &str,
        role: &str,
        protected: bool,
    ) -> Result<User, CommandError> {
        let profile = Profile { user_name: email.into(), ..Profile::default() };
        let create = CreateUser {
            workspace: workspace.id,
            id: UserId::fresh(),
            draft: UserDraft { profile, active: Some(true) },
            password_hash: None,
            role: RoleChoice::Named(role.into()),
            protected,
            provisioned: false,
        };
        self.app.commands.execute(&Actor::operator(), create).await
    }

    /// A key of a user, or of the workspace itself, that may do what these names say, or everything.
    pub async fn key(&self, workspace: &Workspace, user: Option<UserId>, permissions: Option<&[&str]>) -> Api {
        let key = secret::new_key().unwrap();
        let stored = NewKey {
            id: KeyId::fresh(),
            workspace: workspace.id,
            name: "test".into(),
            hash: secret::hash(&key),
            hint: secret::hint(&key),
            user,
            permissions: None,
            created_at: self.app.clock.now(),
            expires_at: None,
        };
        let permissions = permissions.map(|names| Permissions::of(names).unwrap());
        self.app.commands.execute(&Actor::operator(), CreateKey { key: stored, permissions }).await.unwrap();
        Api::new(self.address, &key)
    }

    /// An Admin of the workspace, protected, with a key of theirs.
    pub async fn admin(&self, workspace: &Workspace) -> Api {
        let admin = self.user(workspace, "root@acme.example", "Admin", true).await;
        self.key(workspace, Some(admin.id), None).await
    }

    /// Moves the bridge's clock.
    pub fn later(&self, by: TimeDelta) {
        self.ahead.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }

    /// What the workspace's counters say, after checking that they agree with the rows: (seats used, users, groups, waiting).
    pub async fn counters(&self, workspace: &Workspace) -> (i64, i64, i64, i64) {
        use aisoule_bridge::store::workspaces;
        let mut conn = self.app.store.read().await.unwrap();
        let kept = workspaces::find(&mut conn, workspace.id).await.unwrap().unwrap();
        let counted = workspaces::recount(&mut conn, workspace.id).await.unwrap();
        assert_eq!((kept.seats_used, kept.users, kept.groups), (counted.seats_used, counted.users, counted.groups));
        (counted.seats_used, counted.users, counted.groups, counted.waiting)
    }
}
