//! A workspace with a webhook endpoint at a receiver of ours.

use std::time::{Duration, Instant};

use aisoule_bridge::command::CommandError;
use aisoule_bridge::command::endpoints::{CreateEndpoint, NewEndpoint, Seal};
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::endpoint::{Endpoint, EndpointState};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::EndpointId;
use aisoule_bridge::settings::Secret;
use aisoule_bridge::store::deliveries::{self, Counts, Delivery, Wanted};
use aisoule_bridge::store::endpoints;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{Api, Bridge, Fresh, Scim};

/// Waits until something holds, for 30 seconds at the most.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(30), "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A workspace with an endpoint.
pub struct Hooks {
    pub bridge: Bridge,
    pub workspace: Workspace,
    pub admin: Api,
    pub scim: Scim,
    pub receiver: Receiver,
    pub id: EndpointId,
    pub secret: String,
}

impl Hooks {
    /// One that is told everything.
    pub async fn new(db: Fresh) -> Self {
        Self::at(db.bridge().await, &[]).await
    }

    /// One at a bridge with settings of its own, that is told these events.
    pub async fn at(bridge: Bridge, events: &[&str]) -> Self {
        let workspace = bridge.workspace("Acme", 100_000, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let receiver = Receiver::start().await;
        let made = create(&bridge, &workspace, "crm", &receiver.url(), events).await.unwrap();
        let (id, secret) = (made.endpoint.id, made.secret.reveal().to_owned());
        Self { bridge, workspace, admin, scim, receiver, id, secret }
    }

    /// Another endpoint.
    pub async fn add(&self, name: &str, url: &str, events: &[&str]) -> EndpointId {
        create(&self.bridge, &self.workspace, name, url, events).await.unwrap().endpoint.id
    }

    /// Moves the clock, and has the bridge look what is due.
    pub fn later(&self, by: TimeDelta) {
        self.bridge.later(by);
        self.bridge.app.courier.look();
    }

    pub async fn endpoint(&self) -> Endpoint {
        endpoint(&self.bridge, self.id).await
    }

    pub async fn state(&self) -> EndpointState {
        self.endpoint().await.state
    }

    /// The log of the endpoint, the newest first.
    pub async fn log(&self) -> Vec<Delivery> {
        log(&self.bridge, self.id).await
    }

    pub async fn counts(&self) -> Counts {
        deliveries::counts(&mut self.bridge.app.store.read().await.unwrap(), self.id).await.unwrap()
    }

    /// Waits until nothing waits any more.
    pub async fn drained(&self) {
        until("an empty queue", async || self.counts().await.waiting == 0).await;
    }

    /// Waits until every delivery that waits was tried so often, moving no clock.
    pub async fn tried(&self, attempts: i64) {
        until("an attempt", async || {
            let log = self.log().await;
            !log.is_empty() && log.iter().all(|one| one.attempts >= attempts || one.state != "waiting")
        })
        .await;
    }

    pub async fn audit(&self, action: &str) -> Vec<Value> {
        let page = self.admin.get(&format!("/audit?action={action}")).await.expect(200);
        page.data()["entries"].as_array().unwrap().clone()
    }

    pub async fn set_active(&self, user: &str, active: bool) {
        let operations = json!([{"op": "replace", "path": "active", "value": active}]);
        self.scim.patch(&format!("/Users/{user}"), operations).await.expect(200);
    }
}

pub fn seal(bridge: &Bridge) -> Seal {
    Seal { master: bridge.app.master.clone(), loopback: bridge.app.allows_loopback() }
}

pub async fn create(
    bridge: &Bridge,
    workspace: &Workspace,
    name: &str,
    url: &str,
    events: &[&str],
) -> Result<NewEndpoint, CommandError> {
    let create = CreateEndpoint {
        workspace: workspace.id,
        name: name.into(),
        url: Secret::from(url.to_owned()),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        seal: seal(bridge),
    };
    bridge.app.commands.execute(&Actor::operator(), create).await
}

pub async fn endpoint(bridge: &Bridge, id: EndpointId) -> Endpoint {
    endpoints::kept(&mut bridge.app.store.read().await.unwrap(), id).await.unwrap().unwrap().endpoint
}

pub async fn log(bridge: &Bridge, id: EndpointId) -> Vec<Delivery> {
    let mut conn = bridge.app.store.read().await.unwrap();
    deliveries::list(&mut conn, id, &Wanted::default(), 100_000).await.unwrap()
}
