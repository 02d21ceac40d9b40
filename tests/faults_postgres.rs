//! PostgreSQL under load: backends that are killed, a server that restarts, one that takes no writes or no connections.

use std::time::Duration;

use aisoule_bridge::ids::WorkspaceId;
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::{StoreError, Tx, Work};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::load::{Load, heals, holds_together, is_busy, times};
use crate::support::postgres::{OwnCluster, as_superuser};
use crate::support::proxy::ChaosProxy;
use crate::support::{Fresh, On};

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

/// Ends every connection to a database but the one that asks.
async fn kill_backends(url: &str) {
    let name = name_of(url);
    as_superuser(url, format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")).await;
}

// Row G09.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backends_killed_under_load_cost_nothing_that_was_acknowledged() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let url = fresh.url.clone();
    let bridge = fresh.bridge().await;
    let scim = bridge.scim().await;
    let load = Load::start(&scim, 6);
    load.begun().await;
    for _ in 0..times("BRIDGE_TEST_PG_KILLS", 10) {
        kill_backends(&url).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    let tally = load.end().await;
    heals(&scim).await;
    assert!(!tally.acknowledged.is_empty(), "nothing was acknowledged");
    tally.is_kept(&scim).await;
    holds_together(&bridge.app.store).await;
}

// Row G09: a pool full of connections that died while nobody looked costs nobody a request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_died_while_idle_are_not_handed_out() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let url = fresh.url.clone();
    let bridge = fresh.bridge().await;
    let scim = bridge.scim().await;
    Load::start(&scim, 6).end().await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    kill_backends(&url).await;
    for i in 0..12 {
        scim.user(&format!("after-{i}")).await;
        scim.get("/Users?count=1").await.expect(200);
    }
}

// Row G09.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_server_is_survived_without_a_restart_of_the_bridge() {
    let Some(mut cluster) = OwnCluster::start().await else { return };
    let bridge = Fresh::over(On::Postgres, cluster.url()).bridge().await;
    let scim = bridge.scim().await;
    for _ in 0..times("BRIDGE_TEST_PG_RESTARTS", 1) {
        let load = Load::start(&scim, 6);
        load.begun().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        cluster.stop();
        is_busy(&scim.get("/Users?count=1").await);
        assert_eq!(scim.ready().await, Some(503));
        cluster.restart().await;
        let tally = load.end().await;
        heals(&scim).await;
        assert_eq!(scim.ready().await, Some(200));
        assert!(tally.refused > 0 && !tally.acknowledged.is_empty());
        tally.is_kept(&scim).await;
        holds_together(&bridge.app.store).await;
    }
}

// Row G10.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_standby_is_read_and_refuses_writes_until_it_is_promoted() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let url = fresh.url.clone();
    let bridge = fresh.bridge().await;
    let scim = bridge.scim().await;
    let id = scim.user("anna").await;
    as_superuser(&url, format!("ALTER DATABASE {} SET default_transaction_read_only = on", name_of(&url))).await;
    kill_backends(&url).await;
    for i in 0..10 {
        is_busy(&scim.post("/Users", serde_json::json!({"userName": format!("b{i}")})).await);
    }
    scim.get(&format!("/Users/{id}")).await.expect(200);
    as_superuser(&url, format!("ALTER DATABASE {} RESET default_transaction_read_only", name_of(&url))).await;
    kill_backends(&url).await;
    heals(&scim).await;
    holds_together(&bridge.app.store).await;
}

// Row G10: 53300.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_no_more_connections_is_busy_and_not_broken() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let (superuser, name) = (fresh.url.clone(), name_of(&fresh.url).to_owned());
    as_superuser(&superuser, format!("CREATE ROLE {name} LOGIN; ALTER DATABASE {name} OWNER TO {name}")).await;
    as_superuser(&superuser, format!("ALTER DATABASE {name} CONNECTION LIMIT 20")).await;
    let bridge = Fresh::over(On::Postgres, superuser.replace("postgres@", &format!("{name}@"))).bridge().await;
    let scim = bridge.scim().await;
    let id = scim.user("anna").await;
    as_superuser(&superuser, format!("ALTER DATABASE {name} CONNECTION LIMIT 0")).await;
    kill_backends(&superuser).await;
    is_busy(&scim.post("/Users", serde_json::json!({"userName": "ben"})).await);
    is_busy(&scim.get(&format!("/Users/{id}")).await);
    as_superuser(&superuser, format!("ALTER DATABASE {name} CONNECTION LIMIT 20")).await;
    heals(&scim).await;
}

// Row G10: failover to another server behind the same address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_behind_the_same_address_is_followed() {
    let (Some(fresh), Some(cluster)) = (Fresh::postgres().await, OwnCluster::start().await) else { return };
    let (proxy, through) = ChaosProxy::before(&fresh.url).await;
    // The other server has the bridge's schema, and is behind: it does not have the token.
    let standby = crate::support::proxy::server_of(&cluster.url());
    let name = name_of(&fresh.url).to_owned();
    as_superuser(&cluster.url(), format!("CREATE DATABASE {name}")).await;
    let other = Fresh::over(On::Postgres, format!("postgres://postgres@{standby}/{name}")).bridge().await;
    let bridge = Fresh::over(On::Postgres, through).bridge().await;
    let scim = bridge.scim().await;
    scim.user("anna").await;
    proxy.set(|weather| weather.target = standby);
    proxy.reset_all();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    // Whatever it answers comes from the other server now: there the token is nobody's.
    let mut status = 503;
    for _ in 0..10 {
        status = scim.get("/Users").await.status;
        if status != 503 {
            break;
        }
    }
    assert_eq!(status, 401);
    let there = bridge.client(&token_of(&other).await);
    there.user("ben").await;
    holds_together(&other.app.store).await;
}

async fn token_of(bridge: &crate::support::Bridge) -> String {
    use aisoule_bridge::domain::{access, seat::SeatPolicy};
    let workspace = bridge.workspace("Other", 100, SeatPolicy::Reject).await;
    bridge.token(&workspace, access::Scope::Write, access::Dialect::Compat).await
}

/// A change that meets an SQLSTATE so many times before it is let through.
struct Meets {
    raise: &'static str,
    times: u32,
    runs: Arc<AtomicU32>,
}

impl Work for Meets {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.runs.fetch_add(1, Ordering::Relaxed) < self.times {
            tx.run(Sql::build(self.raise)).await?;
        }
        Ok(())
    }
}

macro_rules! raise {
    ($($code:literal),*) => {[$(($code, concat!("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '", $code, "'; END $$"))),*]};
}

// Row G10: what is undone in favour of another transaction is repeated three times; what is down is said to be down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_undone_by_another_is_repeated_and_anything_else_is_not() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let bridge = fresh.bridge().await;
    for (code, raise) in raise!["40001", "40P01"] {
        for (times, well, expected) in [(1, true, 2), (3, true, 4), (100, false, 4)] {
            let runs = Arc::new(AtomicU32::new(0));
            let work = Meets { raise, times, runs: Arc::clone(&runs) };
            let outcome = bridge.app.store.write(work).await;
            assert_eq!(outcome.is_ok(), well, "{code} {times}: {outcome:?}");
            assert!(outcome.err().is_none_or(|error| error.is_transient()), "{code}");
            assert_eq!(runs.load(Ordering::Relaxed), expected, "{code} {times}");
        }
    }
    for (code, raise) in
        raise!["25006", "53100", "53200", "53300", "55P03", "57014", "57P01", "57P03", "58030", "08006"]
    {
        let runs = Arc::new(AtomicU32::new(0));
        let error = bridge.app.store.write(Meets { raise, times: 100, runs: Arc::clone(&runs) }).await.unwrap_err();
        assert!(error.is_transient(), "{code}: {error}");
        assert_eq!(runs.load(Ordering::Relaxed), 1, "{code}");
    }
}
