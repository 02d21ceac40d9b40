//! Delivery: how fast events reach a webhook endpoint, what that costs the requests that cause them, and how long it takes
//! until somebody who was deactivated is so in a remote AIsoule workspace.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::json;

use crate::aisoule::{Double, Options};
use crate::load::{Maker, Measured, Target};
use crate::report::Report;
use crate::run::{self, Bridge};
use crate::{CONNECTIONS, Plan, seed};

/// People whose coming and going is told of.
const USERS: u64 = 1_000;
/// How long everything may take to arrive.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs what answers the bridge on a thread of its own, so that it does not share one with the load.
fn beside<T: Send + 'static>(start: impl AsyncFnOnce() -> T + Send + 'static) -> Result<T, String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async move {
            let _ = sender.send(start().await);
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().map_err(|_| "nobody is there to deliver to".to_owned())
}

/// A receiver that takes everything and counts.
async fn sink(count: Arc<AtomicU64>) -> Option<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.ok()?;
    let address = listener.local_addr().ok()?;
    let router = Router::new().route("/hook", post(take)).with_state(count);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Some(address)
}

async fn take(State(count): State<Arc<AtomicU64>>) {
    count.fetch_add(1, Ordering::Relaxed);
}

/// Waits until something holds.
async fn holds(what: impl Fn() -> bool) -> Result<(), String> {
    let started = Instant::now();
    while !what() {
        if started.elapsed() > PATIENCE {
            return Err("what was to be delivered has not arrived".into());
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    Ok(())
}

/// People switched off and on again, each their own turn.
fn toggles(from: u64) -> Maker {
    Arc::new(move |i| {
        let i = i + from;
        let operation = json!({"op": "replace", "path": "active", "value": (i / USERS) % 2 == 1});
        ("PATCH", format!("/scim/v2/Users/{}", seed::user_id(i % USERS)), run::patch(&operation))
    })
}

/// Events that wait, as the bridge's own figures say.
async fn backlog(target: &Target) -> Result<f64, String> {
    let (_, body) = target.ask("GET", "/metrics", "").await?;
    let text = String::from_utf8_lossy(&body).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("aisoule_bridge_outbox_backlog "));
    line.and_then(|value| value.parse().ok()).ok_or_else(|| "the figures have no backlog".to_owned())
}

/// Everything about webhooks.
pub async fn webhooks(database: &str, plan: &Plan, report: &mut Report) -> Result<(), String> {
    Report::title(&format!("{database}, delivery to a webhook endpoint, {CONNECTIONS} connections"));
    let (mut bridge, target, ..) = run::prepared(database, USERS).await?;
    // Without an endpoint twice, before and after: what else slows this machine shows there.
    let before = target.drive(CONNECTIONS, plan.seconds, toggles(0)).await?;
    report.row(database, USERS, "PATCH, no endpoint", &before, None);
    let count = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&count);
    let address = beside(async move || sink(counted).await)?.ok_or("no address")?;
    let url = format!("http://{address}/hook");
    bridge.says(&["webhook", "add", "--workspace", "Bench", "--name", "sink", "--url", &url])?;
    let started = Instant::now();
    let during = target.drive(CONNECTIONS, plan.seconds, toggles(USERS)).await?;
    let wrote = started.elapsed();
    while backlog(&target).await? > 0.0 {
        if started.elapsed() > PATIENCE {
            return Err("the backlog does not end".into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (arrived, together) = (count.load(Ordering::Relaxed), started.elapsed());
    bridge.says(&["webhook", "update", "--workspace", "Bench", "sink", "--disable"])?;
    let after = target.drive(CONNECTIONS, plan.seconds, toggles(2 * USERS)).await?;
    let alone = f64::midpoint(before.rate, after.rate);
    report.row(database, USERS, "PATCH, one endpoint", &during, Some(alone));
    report.note(database, USERS, "events delivered a second", arrived as f64 / together.as_secs_f64(), "");
    report.note(
        database,
        USERS,
        "  drained after the load",
        together.saturating_sub(wrote).as_secs_f64() * 1_000.0,
        "ms",
    );
    bridge.stop();
    Ok(())
}

/// Everything about the connector: so many people are deactivated one after the other.
pub async fn connector(database: &str, people: u64, report: &mut Report) -> Result<(), String> {
    Report::title(&format!("{database}, deactivation in a remote workspace, {people} people one after the other"));
    let mut bridge = Bridge::over(database).await?;
    // The bridge is measured, and not the limits of the other side.
    bridge.set("[connectors.aisoule]\nper_minute = 0\nper_second = 0\n")?;
    bridge.says(&["workspace", "create", "Bench", "--plan", "scale", "--seats", "10000000"])?;
    let token = bridge.says(&["token", "create", "--workspace", "Bench"])?;
    let (target, _) = bridge.start(&token).await?;
    let double = beside(async || Double::start(Options::UNLIMITED).await)?;
    bridge.hears(&["connector", "add", "--workspace", "Bench", "--base-url", &double.base()], &double.key())?;
    let mut ids = Vec::new();
    for i in 0..people {
        let (status, body) = target.ask("POST", "/scim/v2/Users", &run::person(&format!("remote-{i}"))).await?;
        let made: serde_json::Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        ids.push(made["id"].as_str().filter(|_| status == 201).ok_or("nobody was made")?.to_owned());
    }
    holds(|| double.users().len() as u64 == people).await?;
    let (mut taken, started) = (Vec::new(), Instant::now());
    for (i, id) in ids.iter().enumerate() {
        let off = run::patch(&json!({"op": "replace", "path": "active", "value": false}));
        let (asked, email) = (Instant::now(), format!("remote-{i}@example.com"));
        target.ask("PATCH", &format!("/scim/v2/Users/{id}"), &off).await?;
        holds(|| double.user(&email).is_some_and(|user| !user.is_active)).await?;
        taken.push(asked.elapsed());
    }
    let measured = Measured::of(taken, started.elapsed())?;
    report.row(database, people, "deactivate until it is so", &measured, None);
    if !double.illegal().is_empty() {
        return Err(format!("the remote workspace was asked what nobody should ask: {:?}", double.illegal()));
    }
    bridge.stop();
    Ok(())
}
