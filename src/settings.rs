//! Settings: a file, then the environment; checked before anything starts. Printing them shows no secret.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use crate::connector::Profile;
use crate::connector::profile::SHIPPED;
use crate::outbound::OutboundSettings;

mod mail;
mod metrics;
mod network;
mod provider;
mod sessions;
mod sso;
mod telemetry;
mod webhooks;

pub use mail::{Mail, Tls, Way};
pub use metrics::Metrics;
pub use network::Network;
pub use provider::Provider;
pub use sessions::Sessions;
pub use sso::Sso;
pub use telemetry::Telemetry;
pub use webhooks::Webhooks;

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Everything that can be set. `config/bridge.example.toml` explains each.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The address under which the outside reaches it; where none is set, `http://` and `listen`.
    pub public_url: Option<String>,
    /// `sqlite://path` or `postgres://…`; may hold a password.
    pub database_url: Secret,
    /// Connections to PostgreSQL at the most.
    pub database_connections: u32,
    /// How long the database may work on one statement, in seconds.
    pub database_statement_seconds: u64,
    /// Base64 of the 32 bytes under which secrets are sealed; where none is set, a file beside the database.
    pub master_key: Option<Secret>,
    /// What is logged: `info`, or directives such as `warn,aisoule_bridge=debug`.
    pub log: String,
    /// `pretty` for people, `json` for machines.
    pub log_format: LogFormat,
    /// A file of plans instead of the one that ships with the bridge.
    pub plans_file: Option<PathBuf>,
    /// What a client may do at the most.
    pub limits: Limits,
    /// The request log.
    pub request_log: RequestLog,
    /// Sessions of people in their browsers.
    pub sessions: Sessions,
    /// How providers are reached.
    pub sso: Sso,
    /// Mail.
    pub mail: Mail,
    /// The bridge as an OpenID Provider.
    pub provider: Provider,
    /// What is posted to endpoints.
    pub webhooks: Webhooks,
    /// How remote AIsoule workspaces are spoken to, by name; `aisoule` ships with the bridge.
    pub connectors: BTreeMap<String, Profile>,
    /// Figures for Prometheus.
    pub metrics: Metrics,
    /// Traces for OpenTelemetry.
    pub telemetry: Telemetry,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// What a client may do at the most.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// Seconds until the header of a request must be there.
    pub header_seconds: u64,
    /// Seconds until the body of a request must be there.
    pub body_seconds: u64,
    /// Seconds until a request is answered.
    pub request_seconds: u64,
    /// Seconds that one portion of a long act takes in the console, before it asks whether to go on.
    pub portion_seconds: u64,
    /// Seconds that running requests get when the server stops.
    pub shutdown_seconds: u64,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Requests a second of one credential; 0: no limit.
    pub requests_per_second: u32,
    /// Requests of one credential at once, after a pause.
    pub burst: u32,
    /// Requests a minute of one key of the REST API; 0: no limit.
    pub api_per_minute: u32,
    /// Requests a second of one key of the REST API; 0: no limit.
    pub api_per_second: u32,
    /// Resources on one page, where the asker does not say.
    pub page: i64,
    /// Resources on one page at the most.
    pub page_most: i64,
    /// Seconds that an OAuth access token lives.
    pub access_token_seconds: i64,
    /// The networks of the proxies in front, which say from where a request comes; of everybody else that is not believed.
    pub trusted_proxies: Vec<Network>,
}

/// The request log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestLog {
    /// Days that an entry is kept; 0: nothing is logged.
    pub days: u32,
    /// Bytes of a request's body that are kept.
    pub request_bytes: usize,
    /// Bytes of an answer's body that are kept.
    pub response_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            database_url: Secret("sqlite://data/bridge.db".into()),
            database_connections: 16,
            database_statement_seconds: 5,
            master_key: None,
            log: "info".into(),
            log_format: LogFormat::Pretty,
            plans_file: None,
            limits: Limits::default(),
            request_log: RequestLog::default(),
            sessions: Sessions::default(),
            sso: Sso::default(),
            mail: Mail::default(),
            provider: Provider::default(),
            webhooks: Webhooks::default(),
            connectors: BTreeMap::new(),
            metrics: Metrics::default(),
            telemetry: Telemetry::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            header_seconds: 10,
            body_seconds: 30,
            request_seconds: 55,
            portion_seconds: 15,
            shutdown_seconds: 30,
            body_bytes: 1_048_576,
            requests_per_second: 10_000,
            burst: 20_000,
            api_per_minute: 100,
            api_per_second: 10,
            page: 100,
            page_most: 200,
            access_token_seconds: 300,
            trusted_proxies: Vec::new(),
        }
    }
}

impl Default for RequestLog {
    fn default() -> Self {
        Self { days: 30, request_bytes: 65_536, response_bytes: 4_096 }
    }
}

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file can't be read.
    #[error("the settings file {path} can't be read: {error}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The file is not what it should be. The message never repeats a line that may hold a secret.
    #[error("the settings file {path} is wrong: {message}")]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A value that can't be.
    #[error("{name}: {problem}")]
    Value {
        /// The setting, as it is called in the file or in the environment.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl Settings {
    /// Reads the file, where there is one, then the environment, and checks the outcome.
    ///
    /// # Errors
    /// [`SettingsError`], which names the setting and never its secret.
    pub fn load(file: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut settings = match file {
            Some(path) => Self::read(path)?,
            None => Self::default(),
        };
        settings.overlay(env)?;
        settings.check()?;
        Ok(settings)
    }

    fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|error| SettingsError::File { path: path.into(), error })?;
        toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            SettingsError::Syntax { path: path.into(), message: format!("line {line}: {}", error.message()) }
        })
    }

    fn overlay(&mut self, env: impl Fn(&str) -> Option<String>) -> Result<(), SettingsError> {
        let wrong = |name, problem: &str| SettingsError::Value { name, problem: problem.to_owned() };
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        if let Some(listen) = env("BRIDGE_LISTEN") {
            self.listen = listen
                .parse()
                .map_err(|_| wrong("BRIDGE_LISTEN", "must be an address and a port, such as 127.0.0.1:8080"))?;
        }
        if let Some(format) = env("BRIDGE_LOG_FORMAT") {
            self.log_format = match format.as_str() {
                "pretty" => LogFormat::Pretty,
                "json" => LogFormat::Json,
                _ => return Err(wrong("BRIDGE_LOG_FORMAT", "must be pretty or json")),
            };
        }
        self.public_url = env("BRIDGE_PUBLIC_URL").or(self.public_url.take());
        self.database_url = env("BRIDGE_DATABASE_URL").map_or_else(|| self.database_url.clone(), Secret);
        self.master_key = env("BRIDGE_MASTER_KEY").map(Secret).or(self.master_key.take());
        self.log = env("BRIDGE_LOG").unwrap_or_else(|| std::mem::take(&mut self.log));
        self.metrics.overlay(env);
        self.telemetry.overlay(env);
        self.mail.overlay(env)
    }

    fn check(&mut self) -> Result<(), SettingsError> {
        let wrong = |name, problem: &str| Err(SettingsError::Value { name, problem: problem.to_owned() });
        if let Some(url) = &mut self.public_url {
            url.truncate(url.trim_end_matches('/').len());
            let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            if rest.is_none_or(|rest| rest.is_empty() || rest.contains(['?', '#', '@', ' '])) {
                return wrong("public_url", "must be an http:// or https:// address without a query");
            }
        }
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| self.database_url.reveal().starts_with(scheme))
        {
            return wrong("database_url", "must begin with sqlite:// or postgres://");
        }
        if self.database_connections < 6 {
            return wrong("database_connections", "must be 6 or more");
        }
        if let Some(key) = &self.master_key
            && STANDARD.decode(key.reveal()).ok().is_none_or(|key| key.len() != 32)
        {
            return wrong("master_key", "must be base64 of exactly 32 bytes, as `openssl rand -base64 32` makes them");
        }
        if !is_log_filter(&self.log) {
            return wrong(
                "log (BRIDGE_LOG)",
                "must be off, error, warn, info, debug or trace, or directives such as warn,aisoule_bridge=debug",
            );
        }
        let limits = &self.limits;
        let positive = [
            ("limits.connections", limits.connections > 0),
            ("limits.header_seconds", limits.header_seconds > 0),
            ("limits.body_seconds", limits.body_seconds > 0),
            ("limits.request_seconds", limits.request_seconds > 0),
            ("limits.body_bytes", limits.body_bytes > 0),
            ("limits.burst", limits.burst > 0),
            ("limits.access_token_seconds", limits.access_token_seconds > 0),
            ("database_statement_seconds", self.database_statement_seconds > 0),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, holds)| !holds) {
            return wrong(name, "must be more than 0");
        }
        if !(1..=1_000).contains(&limits.page_most) || !(1..=limits.page_most).contains(&limits.page) {
            return wrong("limits.page", "page must be 1 to page_most, and page_most 1 to 1000");
        }
        self.sessions.check()?;
        self.mail.check()?;
        self.webhooks.check()?;
        self.metrics.check()?;
        self.telemetry.check()?;
        self.provider.check()?;
        for (name, profile) in &self.connectors {
            profile.check().map_err(|(field, problem)| SettingsError::Value {
                name: "connectors",
                problem: format!("{name}.{field} {problem}"),
            })?;
        }
        Ok(())
    }

    /// The profile of that name by which remote workspaces are spoken to.
    #[must_use]
    pub fn connector(&self, name: &str) -> Option<Profile> {
        self.connectors.get(name).cloned().or_else(|| (name == SHIPPED).then(Profile::default))
    }

    /// How others are called.
    #[must_use]
    pub fn outbound(&self) -> OutboundSettings {
        self.sso.outbound(self.public_url.as_deref())
    }

    /// Whether who is called may be on this machine.
    #[must_use]
    pub fn allows_loopback(&self) -> bool {
        self.sso.allows_loopback(self.public_url.as_deref())
    }

    /// The address under which the outside reaches the server, without a slash at its end.
    #[must_use]
    pub fn public_url(&self, listening: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{listening}"))
    }

    /// How long the database may work on one statement.
    #[must_use]
    pub const fn statement_timeout(&self) -> Duration {
        Duration::from_secs(self.database_statement_seconds)
    }
}

/// Whether a text says what is logged. A word alone must be a level: as the name of a module, which it could be too, it
/// would silence everything else, and mostly it is a slip of the pen.
fn is_log_filter(text: &str) -> bool {
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let is_level = |word: &str| levels.iter().any(|level| level.eq_ignore_ascii_case(word));
    let words = text.split(',').filter(|_| !text.contains('['));
    EnvFilter::try_new(text).is_ok() && words.filter(|word| !word.contains('=')).all(is_level)
}

#[cfg(test)]
mod tests;
