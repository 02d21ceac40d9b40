//! The two databases behind one door: pools, the single write path, migrations, and one file of statements a noun.
//!
//! No rules live here, and no `now()`: time comes in as a value.

pub mod access;
pub mod api_keys;
pub mod audit;
pub mod chain;
mod chain_walk;
pub mod claimed;
mod conn;
pub mod connections;
pub mod connector_links;
pub mod connectors;
pub mod conversations;
pub mod deliveries;
pub mod delivery_lanes;
pub mod domains;
mod ending;
pub mod endpoints;
pub mod error;
mod file;
mod file_pool;
pub mod grants;
pub mod groups;
pub mod health;
pub mod holds;
pub mod identities;
pub mod later;
pub mod live;
pub mod login_clients;
pub mod login_flows;
pub mod logout_notices;
pub mod lookups;
pub mod mails;
pub mod migrate;
pub mod moment;
pub mod named;
pub mod oauth;
pub mod outbox;
pub mod password_links;
pub mod passwords;
pub mod people;
mod pools;
pub mod request_log;
pub mod reviews;
pub mod roles;
pub mod rules;
pub mod seat_days;
pub mod second_factors;
pub mod sessions;
pub mod setup_links;
pub mod signing_keys;
pub mod sql;
pub mod statements;
pub mod teams;
pub mod throttles;
pub mod tokens;
pub mod totals;
pub mod transfer;
pub mod tx;
pub mod user_values;
pub mod users;
pub mod ways_in;
mod work;
pub mod workspaces;
pub mod writer;

use std::time::Duration;

use crate::ids::WorkspaceId;
use crate::metrics::Writes;
use chain::Keeper;
pub use error::StoreError;
use lookups::{Found, Key, Lookups};
pub use pools::{Database, Options, sqlite_file};
pub use sql::Conn;
pub use tx::Tx;
pub use work::{AsStoreError, Work};
pub use writer::Writer;

/// How long a caller waits for its change before it hears that the database is busy.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// How many transactions PostgreSQL runs side by side for one bridge.
const LANES: usize = 4;

/// An open, migrated database.
#[derive(Clone)]
pub struct Store {
    database: Database,
    writer: Writer,
    lookups: Lookups,
    keeper: Keeper,
}

impl Store {
    /// Opens the database, brings its schema up to date and starts the write path.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] where the database is too old, too new or not one of ours; other kinds where it can't be
    /// reached.
    pub async fn open(options: &Options) -> Result<Self, StoreError> {
        let database = Database::open(options).await?;
        migrate::run(&database).await?;
        let keeper = Keeper::default();
        let writer = Writer::start(&database, &keeper, LANES, WRITE_PATIENCE);
        let lookups = Lookups::start(&database);
        Ok(Self { database, writer, lookups, keeper })
    }

    /// Who keeps the key of the audit log's chain. Without it nothing can be written that belongs there.
    #[must_use]
    pub const fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where none is free in time.
    pub async fn read(&self) -> Result<Conn, StoreError> {
        self.database.reader().await
    }

    /// The user of that name as identity providers see them, with their groups where `groups` says so.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn look_up(&self, workspace: WorkspaceId, key: Key, groups: bool) -> Result<Option<Found>, StoreError> {
        self.lookups.find(workspace, key, groups).await
    }

    /// Makes a change; the only way to write.
    ///
    /// # Errors
    /// What the change says, or a [`StoreError`].
    pub async fn write<W: Work>(&self, work: W) -> Result<W::Output, W::Error> {
        self.writer.write(work).await
    }

    /// What the write path counts.
    #[must_use]
    pub const fn writes(&self) -> &Writes {
        self.writer.writes()
    }

    /// How many changes wait in each lane of the write path.
    #[must_use]
    pub fn waiting(&self) -> Vec<usize> {
        self.writer.waiting()
    }

    /// The database, for what is neither reading nor writing: `doctor` and the tests.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Closes every connection, after what runs on them has ended.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

/// Every statement of the program, for the test that prepares them all on both databases.
#[must_use]
pub fn all_statements() -> Vec<sql::Statement> {
    let files: &[&[sql::Statement]] = &[
        access::ALL,
        api_keys::ALL,
        audit::ALL,
        chain::ALL,
        chain_walk::ALL,
        claimed::ALL,
        connections::ALL,
        connector_links::ALL,
        connectors::ALL,
        conversations::ALL,
        deliveries::ALL,
        delivery_lanes::ALL,
        domains::ALL,
        endpoints::ALL,
        grants::ALL,
        groups::ALL,
        groups::members::ALL,
        health::ALL,
        holds::ALL,
        identities::ALL,
        live::ALL,
        login_clients::ALL,
        login_flows::ALL,
        logout_notices::ALL,
        mails::ALL,
        named::ALL,
        oauth::ALL,
        outbox::ALL,
        password_links::ALL,
        passwords::ALL,
        people::ALL,
        request_log::ALL,
        reviews::ALL,
        roles::ALL,
        rules::ALL,
        seat_days::ALL,
        second_factors::ALL,
        sessions::ALL,
        setup_links::ALL,
        signing_keys::ALL,
        teams::ALL,
        throttles::ALL,
        tokens::ALL,
        totals::ALL,
        transfer::ALL,
        user_values::ALL,
        users::ALL,
        users::standing::ALL,
        ways_in::ALL,
        workspaces::ALL,
    ];
    files.concat()
}
