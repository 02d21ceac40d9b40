//! The network between the bridge and PostgreSQL: resets, silence, trickles, latency, and clients' patience with them.

use std::time::Duration;

use aisoule_bridge::settings::Settings;
use aisoule_bridge::store::StoreError;

use crate::filters::Dice;
use crate::support::load::{Load, heals, holds_together, is_busy, times};
use crate::support::proxy::ChaosProxy;
use crate::support::{Bridge, Fresh, On};

/// A bridge over a bad network, with short patience so that a test need not wait for the long one.
async fn over_proxy() -> Option<(ChaosProxy, Bridge, String)> {
    let fresh = Fresh::postgres().await?;
    let (proxy, through) = ChaosProxy::before(&fresh.url).await;
    let over = Fresh::over(On::Postgres, through);
    let settings = Settings { database_statement_seconds: 1, ..over.settings() };
    Some((proxy, over.bridge_with(settings).await, fresh.url))
}

// Row G11: 5 % of the pieces reset their connection, in the middle of queries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resets_in_the_middle_of_queries_are_said_to_be_passing() {
    let Some((proxy, bridge, _)) = over_proxy().await else { return };
    let scim = bridge.scim().await;
    proxy.set(|weather| weather.reset_every = 20);
    let load = Load::start(&scim, 6);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let tally = load.end().await;
    proxy.set(|weather| weather.reset_every = 0);
    heals(&scim).await;
    assert!(tally.refused > 0, "nothing was ever reset");
    tally.is_kept(&scim).await;
    holds_together(&bridge.app.store).await;
}

// Row G11: half-open connections and a stall of everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_fall_silent_are_given_up_and_replaced() {
    let Some((proxy, bridge, _)) = over_proxy().await else { return };
    let scim = bridge.scim().await;
    let load = Load::start(&scim, 6);
    tokio::time::sleep(Duration::from_millis(300)).await;
    proxy.silence_all();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let tally = load.end().await;
    heals(&scim).await;
    tally.is_kept(&scim).await;

    let load = Load::start(&scim, 6);
    tokio::time::sleep(Duration::from_millis(100)).await;
    proxy.set(|weather| weather.stalled = true);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(scim.ready().await, Some(503));
    proxy.set(|weather| weather.stalled = false);
    let tally = load.end().await;
    assert!(tally.refused > 0, "the stall was not noticed");
    heals(&scim).await;
    assert_eq!(scim.ready().await, Some(200));
    tally.is_kept(&scim).await;
    holds_together(&bridge.app.store).await;
}

// Row G11: clients that lose patience with a silent database take no connection with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_leave_while_the_database_is_silent_leave_the_pool_whole() {
    let Some((proxy, bridge, _)) = over_proxy().await else { return };
    let scim = bridge.scim().await;
    scim.user("anna").await;
    proxy.silence_all();
    let gone: Vec<_> = (0..40)
        .map(|i| {
            let scim = scim.clone();
            let asked = async move {
                match i % 2 {
                    0 => scim.get("/Users?count=1").await,
                    _ => scim.post("/Users", serde_json::json!({"userName": format!("gone-{i}")})).await,
                }
            };
            tokio::spawn(tokio::time::timeout(Duration::from_millis(20 + i * 5), asked))
        })
        .collect();
    for one in gone {
        let _ = one.await.unwrap();
    }
    heals(&scim).await;
    for _ in 0..20 {
        scim.get("/Users?count=1").await.expect(200);
    }
}

// Row G11: a network that passes a few bytes at a time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trickle_is_served_or_given_up() {
    let Some((proxy, bridge, _)) = over_proxy().await else { return };
    let scim = bridge.scim().await;
    proxy.set(|weather| (weather.piece, weather.latency) = (16, Duration::from_millis(20)));
    let load = Load::start(&scim, 3);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let tally = load.end().await;
    proxy.set(|weather| (weather.piece, weather.latency) = (65_536, Duration::ZERO));
    heals(&scim).await;
    tally.is_kept(&scim).await;
    holds_together(&bridge.app.store).await;
}

// Row G13.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_database_sheds_requests_and_the_process_stays_alive() {
    let Some((proxy, bridge, _)) = over_proxy().await else { return };
    let scim = bridge.scim().await;
    scim.user("anna").await;
    proxy.set(|weather| weather.latency = Duration::from_millis(300));
    let all: Vec<_> = (0..120)
        .map(|i| {
            let scim = scim.clone();
            tokio::spawn(async move {
                let started = std::time::Instant::now();
                let answer = match i % 2 {
                    0 => scim.get("/Users?count=1").await,
                    _ => scim.post("/Users", serde_json::json!({"userName": format!("slow-{i}")})).await,
                };
                if !matches!(answer.status, 200 | 201) {
                    is_busy(&answer);
                }
                (answer.status, started.elapsed())
            })
        })
        .collect();
    let alive = format!("http://{}/livez", bridge.address);
    let started = std::time::Instant::now();
    assert_eq!(scim.send("GET", &alive, Vec::new()).await.status, 200);
    assert!(started.elapsed() < Duration::from_secs(2), "the process does not answer");
    let mut shed = 0;
    for one in all {
        let (status, took) = one.await.unwrap();
        assert!(took < Duration::from_secs(20), "{took:?}");
        shed += usize::from(status == 503);
    }
    assert!(shed > 0, "nothing was shed");
    proxy.set(|weather| weather.latency = Duration::ZERO);
    heals(&scim).await;
    holds_together(&bridge.app.store).await;
}

// Rows G11 and G14: whatever byte of the server's is the last, a start either works or fails with a message, and the
// next one works: a migration that broke off left nothing behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_breaks_off_at_any_byte_leaves_nothing_behind() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let (proxy, through) = ChaosProxy::before(&fresh.url).await;
    let open = |url: String| async move {
        let options =
            aisoule_bridge::store::Options { url, max_connections: 6, statement_timeout: Duration::from_secs(2) };
        aisoule_bridge::store::Store::open(&options).await
    };
    let (mut dice, mut broken, mut cut) = (Dice(5), 0, 1);
    let most = times("BRIDGE_TEST_CUTS", 40);
    for _ in 0..most {
        cut += 1 + dice.roll(9_000 / most.max(1)) as u64;
        proxy.set(|weather| weather.cut = Some(cut));
        match open(through.clone()).await {
            Ok(store) => store.close().await,
            Err(error) => {
                assert!(error.is_transient() || matches!(error, StoreError::Unreachable(_)), "{cut}: {error}");
                broken += 1;
            }
        }
    }
    assert!(broken > most / 4, "only {broken} of {most} broke off");
    proxy.set(|weather| weather.cut = None);
    let store = open(through).await.unwrap();
    store.database().ready().await.unwrap();
    holds_together(&store).await;
}
