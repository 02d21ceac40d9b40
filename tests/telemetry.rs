//! Traces: one from the SCIM request to the delivered webhook, for a collector that a test runs; nothing private in them, and
//! none where nobody asked for them.

use std::time::Duration;

use aisoule_bridge::command::endpoints::{CreateEndpoint, Seal};
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::settings::Secret;
use aisoule_bridge::store::outbox;
use serde_json::json;

use crate::support::collector::{Collector, Seen};
use crate::support::receiver::{Got, Receiver, Reply};
use crate::support::{Bridge, Fresh, Scim, on_both};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A bridge that sends its traces to a collector, and an endpoint that is told of everything.
struct Scene {
    bridge: Bridge,
    workspace: Workspace,
    scim: Scim,
    token: String,
    receiver: Receiver,
    secret: String,
    collector: Collector,
}

async fn scene(db: Fresh, ratio: f64) -> Scene {
    let collector = Collector::start().await;
    let mut settings = db.settings();
    settings.telemetry.otlp_endpoint = Some(collector.url());
    settings.telemetry.service_name = "bridge-of-a-test".into();
    settings.telemetry.sample_ratio = ratio;
    settings.telemetry.headers.insert("x-key".into(), Secret::from("canary-of-the-collector".to_owned()));
    assert!(!format!("{settings:?}").contains("canary-of"));
    let bridge = db.bridge_with(settings).await;
    let workspace = bridge.workspace("Canary Workspace", 100, SeatPolicy::Reject).await;
    let token = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
    let scim = bridge.client(&token);
    let receiver = Receiver::start().await;
    let create = CreateEndpoint {
        workspace: workspace.id,
        name: "canary-endpoint".into(),
        url: Secret::from(receiver.url()),
        events: vec![],
        seal: Seal { master: bridge.app.master.clone(), loopback: true },
    };
    let made = bridge.app.commands.execute(&Actor::operator(), create).await.unwrap();
    let secret = made.secret.reveal().to_owned();
    Scene { bridge, workspace, scim, token, receiver, secret, collector }
}

impl Scene {
    /// What came of that kind, when it has come.
    async fn told(&self, event: &str) -> Got {
        for _ in 0..600 {
            if let Some(got) = self.receiver.taken().into_iter().find(|got| got.event() == event) {
                return got;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nobody was told of {event}: {:?}", self.receiver.got());
    }

    /// The spans of a trace, when one of that name has come.
    async fn spans(&self, trace: &str, name: &str) -> Vec<Seen> {
        for _ in 0..600 {
            self.bridge.app.telemetry.as_ref().unwrap().flush().await;
            let seen = self.collector.of(trace);
            if seen.iter().any(|span| span.name == name) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no span {name}: {:?}", self.collector.all());
    }
}

fn named<'s>(spans: &'s [Seen], name: &str) -> &'s Seen {
    let mut found = spans.iter().filter(|span| span.name == name);
    let one = found.next().unwrap_or_else(|| panic!("no span {name} in {spans:?}"));
    assert!(found.next().is_none(), "{name} is there twice: {spans:?}");
    one
}

on_both! {
    async fn one_trace_leads_from_a_scim_request_to_the_delivered_webhook(db) {
        let scene = scene(db, 1.0).await;
        let asked = scene.scim.with("traceparent", &format!("00-{TRACE}-{PARENT}-01"));
        asked.user("anna@acme.example").await;
        let got = scene.told("user.created").await;
        let spans = scene.spans(TRACE, "deliver webhook").await;
        assert!(spans.iter().all(|span| span.service == "bridge-of-a-test" && span.start <= span.end), "{spans:?}");
        let (request, command) = (named(&spans, "POST /scim/v2/Users"), named(&spans, "user.create"));
        let (write, waited, delivery) =
            (named(&spans, "write transaction"), named(&spans, "outbox"), named(&spans, "deliver webhook"));
        let parents = [request, command, write, waited, delivery].map(|span| span.parent.as_str());
        assert_eq!(parents, [PARENT, &request.id, &command.id, &command.id, &command.id]);
        assert_eq!(got.header("traceparent"), Some(format!("00-{TRACE}-{}-01", delivery.id).as_str()));
        assert!(request.start <= command.start && command.start <= write.start && write.end <= command.end);
        assert!(command.end <= request.end && waited.end <= delivery.end);
        assert!(request.says.contains(&"http.response.status_code=201".to_owned()), "{request:?}");
        assert!(delivery.says.contains(&"event.name=user.created".to_owned()), "{delivery:?}");
        assert_eq!(scene.collector.header("x-key").as_deref(), Some("canary-of-the-collector"));
        assert_eq!(scene.collector.header("content-type").as_deref(), Some("application/x-protobuf"));
    }

    async fn a_trace_tells_of_failures_and_of_further_attempts(db) {
        let scene = scene(db, 1.0).await;
        scene.receiver.answers(|got| Reply::Status(if got.before == 0 { 500 } else { 200 }));
        scene.scim.with("traceparent", &format!("00-{TRACE}-{PARENT}-01")).user("anna@acme.example").await;
        let failed = scene.spans(TRACE, "deliver webhook").await;
        assert!(named(&failed, "deliver webhook").is_failure);
        assert!(named(&failed, "deliver webhook").says.contains(&"http.response.status_code=500".to_owned()));
        scene.bridge.later(chrono::TimeDelta::minutes(1));
        scene.bridge.app.courier.look();
        scene.told("user.created").await;
        for _ in 0..600 {
            let all = scene.spans(TRACE, "deliver webhook").await;
            let tries: Vec<&Seen> = all.iter().filter(|span| span.name == "deliver webhook").collect();
            if let [_, second] = tries[..] {
                assert!(!second.is_failure && second.says.contains(&"delivery.attempt=2".to_owned()), "{second:?}");
                assert_eq!(all.iter().filter(|span| span.name == "outbox").count(), 1);
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no second attempt");
    }

    async fn nothing_private_is_in_a_trace(db) {
        let scene = scene(db, 1.0).await;
        let body = json!({
            "userName": "canary-name@acme.example", "displayName": "Canary Person", "externalId": "canary-external",
            "password": "canary-Password-47-harbour", "phoneNumbers": [{"value": "+49 30 9018 2200"}],
        });
        let asked = scene.scim.with("traceparent", &format!("00-{TRACE}-{PARENT}-01")).with("user-agent", "canary-agent");
        let id = asked.post("/Users?canary-query=1", body).await.expect(201).id();
        asked.get(&format!("/Users/{id}")).await.expect(200);
        asked.find("/Users", "userName eq \"canary-filter\"", "").await.expect(200);
        asked.get("/canary-path").await.expect(404);
        asked.with("authorization", "Bearer canary-token").get("/Users").await.expect(401);
        scene.told("user.created").await;
        scene.spans(TRACE, "deliver webhook").await;
        scene.spans(TRACE, "GET /scim/v2/{*rest}").await;
        let hook = scene.receiver.url();
        let private = [
            "canary", "Canary", "+49 30", "9018", &id, &scene.workspace.id.to_string(), &scene.token, &scene.secret, &hook,
            &scene.receiver.address.to_string(), "acme.example", "127.0.0.1",
        ];
        for text in private {
            assert!(!scene.collector.has(text), "{text} is in a trace");
        }
    }

    async fn only_a_valid_trace_context_is_gone_on_with(db) {
        let scene = scene(db, 1.0).await;
        for (place, field) in ["nonsense", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"].into_iter().enumerate() {
            scene.scim.with("traceparent", field).user(&format!("u{place}@acme.example")).await;
        }
        // What somebody before did not keep is not kept here, and is told on as it came.
        let left_out = "a3ce929d0e0e47364bf92f3577b34da6";
        scene.scim.with("traceparent", &format!("00-{left_out}-{PARENT}-00")).get("/Groups").await.expect(200);
        scene.scim.with("traceparent", &format!("00-{TRACE}-{PARENT}-01")).get("/Users").await.expect(200);
        scene.spans(TRACE, "GET /scim/v2/Users").await;
        let all = scene.collector.all();
        let made: Vec<&Seen> = all.iter().filter(|span| span.name == "POST /scim/v2/Users").collect();
        assert_eq!(made.len(), 3);
        assert!(made.iter().all(|span| span.trace != TRACE && span.parent.is_empty()), "{made:?}");
        assert!(scene.collector.of(left_out).is_empty());
    }

    async fn of_many_traces_a_part_is_kept_whoever_asks_for_more(db) {
        let scene = scene(db, 0.0).await;
        scene.scim.with("traceparent", &format!("00-{TRACE}-{PARENT}-01")).user("anna@acme.example").await;
        let got = scene.told("user.created").await;
        assert!(got.header("traceparent").is_some_and(|field| field.contains(TRACE) && field.ends_with("-00")));
        scene.bridge.app.telemetry.as_ref().unwrap().flush().await;
        assert!(scene.collector.all().is_empty());
    }

    async fn without_a_collector_nothing_is_noted_and_nothing_told(db) {
        let bridge = db.bridge().await;
        assert!(bridge.app.telemetry.is_none());
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        scim.with("traceparent", &format!("00-{TRACE}-{PARENT}-01")).user("anna@acme.example").await;
        let mut conn = bridge.app.store.read().await.unwrap();
        let told = outbox::after(&mut conn, workspace.id, 0, 100).await.unwrap();
        assert!(!told.is_empty() && told.iter().all(|row| row.trace.is_none()));
    }

    async fn a_collector_that_is_gone_stops_nobody(db) {
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let mut settings = db.settings();
        settings.telemetry.otlp_endpoint = Some(format!("http://{gone}"));
        let bridge = db.bridge_with(settings).await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        for i in 0..20 {
            scim.user(&format!("u{i}@acme.example")).await;
        }
        bridge.app.stop().await;
    }
}
