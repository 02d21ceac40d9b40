//! Webhooks as people see them: endpoints, their log, tests and replays, at the REST API and on the command line; and the
//! samples of docs/webhooks.md, which do what they say.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aisoule_bridge::delivery::{self, sign};
use aisoule_bridge::domain::seat::SeatPolicy;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::cli_users::Office;
use crate::support::hooks::Hooks;
use crate::support::inbox::Inbox;
use crate::support::receiver::Reply;
use crate::support::tools;
use crate::support::{Answer, Api, Bridge, on_both};

pub async fn endpoint(admin: &Api, name: &str, url: &str, events: Value) -> (String, String) {
    let made = admin.post("/webhooks", json!({"name": name, "url": url, "events": events})).await.expect(201);
    (made.made(), made.data()["secret"].as_str().unwrap().to_owned())
}

/// Waits until something about an endpoint holds, moving the clock on where it is to.
async fn until<T>(bridge: &Bridge, by: TimeDelta, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(40), "{what} did not come about");
        bridge.later(by);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn count(answer: &Answer) -> usize {
    answer.data()["deliveries"].as_array().unwrap().len()
}

on_both! {
    async fn an_endpoint_is_made_read_changed_and_deleted_and_its_secret_is_shown_once(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let url = "https://hooks.example/in/canary0123456789abcdefgh?key=canary";
        let made = admin.post("/webhooks", json!({"name": "crm", "url": url, "events": ["user.*"]})).await.expect(201);
        let (id, secret) = (made.made(), made.data()["secret"].as_str().unwrap());
        assert!(secret.starts_with("whsec_") && secret.len() > 40);
        let path = format!("/webhooks/{id}");
        let read = admin.get(&path).await.expect(200);
        assert_eq!((&read.data()["state"], &read.data()["events"], &read.data()["waiting"]), (&json!("active"), &json!(["user.*"]), &json!(0)));
        admin.post("/webhooks", json!({"name": "crm", "url": "https://other.example/"})).await.refused(409, "duplicate");
        for bad in [
            json!({"name": "x", "url": "http://hooks.example/"}), json!({"name": "x", "url": "https://10.0.0.1/"}), json!({"name": "x", "url": "ftp://hooks.example/"}), json!({"name": "x", "url": "https://user:canary@hooks.example/"}),
            json!({"name": "", "url": "https://hooks.example/"}), json!({"name": "x", "url": "https://hooks.example/", "events": ["user.flown"]}),
            json!({"name": "x", "url": "https://hooks.example/", "colour": "red"}),
        ] {
            admin.post("/webhooks", bad).await.refused(400, "invalid");
        }
        let changed = admin.put(&path, json!({"name": "sales", "events": [], "is_enabled": false})).await.expect(200);
        assert_eq!((&changed.data()["name"], &changed.data()["state"], &changed.data()["problem"]), (&json!("sales"), &json!("disabled"), &json!("switched off by hand")));
        admin.post(&format!("{path}/test"), json!({})).await.refused(400, "invalid");
        admin.put(&path, json!({"is_enabled": true})).await.expect(200);
        let rotated = admin.post(&format!("{path}/rotate-secret"), json!({})).await.expect(200);
        let fresh = rotated.data()["secret"].as_str().unwrap();
        assert!(fresh.starts_with("whsec_") && fresh != secret && rotated.data()["old_secret_until"].is_string());
        admin.post(&format!("{path}/rotate-secret"), json!({"overlap_hours": 1})).await.refused(400, "invalid");
        assert!(admin.post(&format!("{path}/rotate-secret"), json!({"overlap_hours": 0})).await.expect(200).data()["old_secret_until"].is_null());
        // No answer but those that made them holds a secret, and none the secret parts of the address.
        for answer in [admin.get("/webhooks").await, admin.get(&path).await, admin.get("/audit?action=endpoint.*").await, admin.get("/health").await] {
            let text = answer.expect(200).json.to_string();
            assert!(!text.contains("whsec_") && !text.contains("canary"), "{text}");
        }
        for query in ["state=gone", "limit=0", "limit=201", "before=x", "colour=red"] {
            admin.get(&format!("{path}/deliveries?{query}")).await.refused(400, "invalid");
        }
        for body in [json!({}), json!({"state": "waiting"}), json!({"state": "dead", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}), json!({"from": "2026-01-01T00:00:00Z"}), json!({"delivery_id": "x"})] {
            admin.post(&format!("{path}/replay"), body).await.refused(400, "invalid");
        }
        admin.delete(&path).await.expect(200);
        admin.get(&path).await.refused(404, "not_found");
    }

    async fn a_test_and_what_happens_arrive_signed_and_stand_in_the_log(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let receiver = Inbox::start().await;
        let (id, secret) = endpoint(&admin, "crm", &receiver.url(), json!(["user.created"])).await;
        let sent = admin.post(&format!("/webhooks/{id}/test"), json!({})).await.expect(200).made();
        let came = receiver.until("the test", |came| came.len() == 1).await.remove(0);
        let schema = &delivery::schemas::ALL.iter().find(|schema| schema.event == "endpoint.test").unwrap().schema;
        jsonschema::validate(schema, &came.event).unwrap();
        let (message, seconds) = (came.header("webhook-id"), came.header("webhook-timestamp").parse().unwrap());
        assert_eq!(came.header("webhook-signature"), sign::standard(&secret, &message, seconds, &came.body));
        assert_eq!(came.header("x-webhook-signature"), sign::aisoule(&secret, &came.body));
        let log = until(&bridge, TimeDelta::zero(), "the log of the test", async || {
            let one = admin.get(&format!("/webhooks/{id}/deliveries/{sent}")).await.expect(200);
            (one.data()["state"] == "delivered").then_some(one)
        }).await;
        assert_eq!((&log.data()["origin"], &log.data()["status"], &log.data()["attempts"], &log.data()["event_id"]), (&json!("test"), &json!(204), &json!(1), &json!(message)));
        let user = admin.user("anna@acme.example", None).await;
        admin.put(&format!("/users/{user}"), json!({"is_available": true})).await.expect(200);
        let came = receiver.until("the event", |came| came.len() == 2).await.remove(1);
        assert_eq!((&came.event["event"], &came.event["data"]["id"]), (&json!("user.created"), &json!(user)));
        // The same as whoever pulls gets.
        let pulled = admin.get("/events?after=0").await.expect(200);
        assert!(pulled.data()["events"].as_array().unwrap().contains(&came.event));
        let all = until(&bridge, TimeDelta::zero(), "both in the log", async || {
            let all = admin.get(&format!("/webhooks/{id}/deliveries?state=delivered")).await.expect(200);
            (count(&all) == 2).then_some(all)
        }).await;
        let cursor = all.data()["deliveries"][0]["cursor"].as_i64().unwrap();
        for (query, expected) in [("event=user.created", 1), ("state=dead", 0), ("limit=1", 1), (&format!("before={cursor}") as &str, 1), ("", 2)] {
            assert_eq!(count(&admin.get(&format!("/webhooks/{id}/deliveries?{query}")).await.expect(200)), expected, "{query}");
        }
    }

    async fn what_was_given_up_is_told_of_and_delivered_again_alone_together_or_by_its_time(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 20, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let receiver = Inbox::start().await;
        let (id, _) = endpoint(&admin, "crm", &receiver.url(), json!(["user.created"])).await;
        receiver.answers(422);
        let from = bridge.app.clock.now();
        for name in ["anna", "ben"] {
            admin.user(&format!("{name}@acme.example"), None).await;
        }
        let dead = until(&bridge, TimeDelta::minutes(1), "the end of trying", async || {
            let dead = admin.get(&format!("/webhooks/{id}/deliveries?state=dead")).await.expect(200);
            (count(&dead) == 2).then_some(dead)
        }).await;
        let first = &dead.data()["deliveries"][0];
        assert_eq!((&first["attempts"], &first["status"]), (&json!(4), &json!(422)));
        let health = admin.get("/health").await.expect(200);
        let trouble = health.data()["troubles"].as_array().unwrap().iter().find(|trouble| trouble["kind"] == "delivery").unwrap().clone();
        assert_eq!((&trouble["level"], &trouble["about"]), (&json!("failure"), &json!("crm")));
        assert!(trouble["why"].as_str().unwrap().starts_with("2 deliveries were given up at crm") && trouble["next_step"].as_str().unwrap().contains("webhook replay crm --workspace Acme --dead"), "{trouble}");
        receiver.answers(204);
        let before = receiver.came().len();
        let again = async |body: Value| admin.post(&format!("/webhooks/{id}/replay"), body).await.expect(200).data()["deliveries"].as_u64().unwrap();
        assert_eq!(again(json!({"delivery_id": first["id"]})).await, 1);
        // It is failing by now, and asked from time to time until it takes something.
        let arrive = async |count: usize| until(&bridge, TimeDelta::minutes(5), "what is delivered again", async || {
            (receiver.came().len() == before + count).then_some(())
        }).await;
        arrive(1).await;
        assert_eq!(again(json!({"state": "dead"})).await, 1);
        arrive(2).await;
        let came = receiver.came();
        // As it was: the same event, which whoever got it before knows by its id.
        assert!(came[before..].iter().all(|one| came[..before].iter().any(|old| old.event == one.event)));
        let to = bridge.app.clock.now() + TimeDelta::minutes(1);
        assert_eq!(again(json!({"from": from, "to": to})).await, 2);
        arrive(4).await;
        until(&bridge, TimeDelta::zero(), "nothing that is dead", async || {
            let health = admin.get("/health").await.expect(200);
            let none = health.data()["webhooks"][0]["dead"] == 0 && health.data()["webhooks"][0]["waiting"] == 0;
            none.then_some(health)
        }).await;
    }

    async fn what_was_given_up_and_nobody_wants_is_discarded_and_stays_in_the_log(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 20, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let receiver = Inbox::start().await;
        let (id, _) = endpoint(&admin, "crm", &receiver.url(), json!(["user.created"])).await;
        let (other, _) = endpoint(&admin, "other", &receiver.url(), json!(["team.created"])).await;
        receiver.answers(422);
        for name in ["anna", "ben", "cleo"] {
            admin.user(&format!("{name}@acme.example"), None).await;
        }
        let in_state = async |state: &str| admin.get(&format!("/webhooks/{id}/deliveries?state={state}")).await.expect(200);
        let waiting = in_state("waiting").await.data()["deliveries"].as_array().unwrap().first().cloned();
        let dead = until(&bridge, TimeDelta::minutes(1), "the end of trying", async || {
            let dead = in_state("dead").await;
            (count(&dead) == 3).then_some(dead)
        }).await;
        if let Some(waiting) = waiting {
            assert!(dead.data()["deliveries"].as_array().unwrap().iter().any(|one| one["id"] == waiting["id"]));
        }
        let discard = async |endpoint: &str, body: Value| admin.post(&format!("/webhooks/{endpoint}/discard"), body).await;
        let first = dead.data()["deliveries"][0]["id"].clone();
        discard(&other, json!({"delivery_id": first})).await.refused(404, "not_found");
        for body in [json!({}), json!({"state": "waiting"}), json!({"state": "dead", "delivery_id": first}), json!({"delivery_id": "x"})] {
            discard(&id, body).await.refused(400, "invalid");
        }
        assert_eq!(discard(&id, json!({"delivery_id": first})).await.expect(200).data()["deliveries"], 1);
        discard(&id, json!({"delivery_id": first})).await.refused(400, "invalid");
        assert_eq!((count(&in_state("dead").await), count(&in_state("discarded").await)), (2, 1));
        // Also where the endpoint is switched off for good.
        admin.put(&format!("/webhooks/{id}"), json!({"is_enabled": false})).await.expect(200);
        assert_eq!(discard(&id, json!({"state": "dead"})).await.expect(200).data()["deliveries"], 2);
        assert_eq!(discard(&id, json!({"state": "dead"})).await.expect(200).data()["deliveries"], 0);
        let health = admin.get("/health").await.expect(200);
        assert!(health.data()["troubles"].as_array().unwrap().iter().all(|trouble| trouble["kind"] != "delivery"));
        let audit = admin.get("/audit?action=endpoint.discarded").await.expect(200);
        assert_eq!(audit.data()["entries"].as_array().unwrap().len(), 2);
        // Whoever wants it after all has it delivered again.
        admin.put(&format!("/webhooks/{id}"), json!({"is_enabled": true})).await.expect(200);
        receiver.answers(204);
        assert_eq!(admin.post(&format!("/webhooks/{id}/replay"), json!({"delivery_id": first})).await.expect(200).data()["deliveries"], 1);
        until(&bridge, TimeDelta::minutes(5), "what is delivered again", async || (count(&in_state("delivered").await) == 1).then_some(())).await;
    }

    async fn operators_do_the_same_on_the_command_line(db) {
        let office = Office::open(&db, "10", "reject");
        let receiver = Inbox::start().await;
        let _server = office.0.serve().await;
        let made = office.says(&["webhook", "add", "--name", "crm", "--url", &receiver.url(), "--event", "user.*"]);
        let (id, secret) = made.trim().split_once('\n').unwrap();
        assert!(secret.starts_with("whsec_"), "{made}");
        assert!(office.says(&["webhook", "test", "crm"]).starts_with("Delivered: 204, "));
        office.user("anna@acme.example", "Anna", "agent", &[]);
        receiver.until("the event", |came| came.iter().any(|one| one.event["event"] == "user.created")).await;
        let started = Instant::now();
        while !office.says(&["webhook", "deliveries", "crm", "--state", "delivered"]).contains("user.created") {
            assert!(started.elapsed() < Duration::from_secs(20));
        }
        let listed = office.says(&["webhook", "list"]);
        assert!(listed.contains("crm") && listed.contains("user.*") && listed.contains("active") && !listed.contains("whsec_"), "{listed}");
        let shown = office.says(&["webhook", "show", id]);
        assert!(shown.contains("last success") && shown.contains("dead              0"), "{shown}");
        let line: Value = serde_json::from_str(office.says(&["webhook", "list", "--json"]).trim()).unwrap();
        assert_eq!((&line["id"], &line["waiting"]), (&json!(id), &json!(0)));
        let lines = office.says(&["webhook", "deliveries", "crm", "--json", "--event", "user.created"]);
        let delivery: Value = serde_json::from_str(lines.trim()).unwrap();
        assert_eq!(office.says(&["webhook", "replay", "crm", "--delivery", delivery["id"].as_str().unwrap()]), "1 delivery due; a running server makes them.\n");
        receiver.until("it again", |came| came.iter().filter(|one| one.event["event"] == "user.created").count() == 2).await;
        assert_eq!(office.says(&["webhook", "replay", "crm", "--dead"]), "0 deliveries due; a running server makes them.\n");
        assert_eq!(office.says(&["webhook", "discard", "crm", "--dead"]), "0 deliveries discarded.\n");
        office.refuses(&["webhook", "discard", "crm", "--delivery", delivery["id"].as_str().unwrap()], "only what was given up can be discarded");
        office.refuses(&["webhook", "discard", "crm"], "say what: --delivery ID or --dead");
        office.refuses(&["webhook", "replay", "crm"], "say what: --delivery ID, --dead, or --from TIME --to TIME");
        office.refuses(&["webhook", "show", "crn"], "there is no endpoint \"crn\" in Acme; there are: crm");
        office.refuses(&["webhook", "add", "--name", "x", "--url", "https://x.example", "--event", "user.flown"], "there is no event user.flown");
        let fresh = office.says(&["webhook", "rotate", "crm"]);
        assert!(fresh.starts_with("whsec_") && fresh.trim() != secret);
        office.says(&["webhook", "update", "crm", "--name", "sales", "--all-events", "--disable"]);
        let shown = office.says(&["webhook", "show", "sales"]);
        assert!(shown.contains("events            all") && shown.contains("disabled") && shown.contains("old secret until"), "{shown}");
        assert_eq!(office.says(&["webhook", "remove", "sales"]), "Removed.\n");
        assert_eq!(office.says(&["webhook", "list"]).lines().count(), 2);
    }
}

/// The block of code in docs/webhooks.md that follows its name.
fn sample(name: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/webhooks.md");
    let text = std::fs::read_to_string(path).unwrap();
    let after = text.split(&format!("`{name}`")).nth(1).unwrap_or_else(|| panic!("no {name}"));
    let block = after.split("```").nth(1).unwrap();
    block.split_once('\n').unwrap().1.to_owned()
}

/// A delivery, signed for a moment: the headers and the body.
fn signed(secret: &str, seconds: i64, body: &str) -> Vec<(&'static str, String)> {
    sign::headers(secret, None, "0198f2a4-7c1e-7d5b-9a0e-3c5f6b7a8d90", seconds, body.as_bytes()).to_vec()
}

#[test]
fn the_shell_of_the_documentation_tells_a_delivery_from_a_forgery() {
    if !tools::has("openssl", &["version"]) || !tools::has("bash", &["--version"]) {
        return;
    }
    let secret = sign::new_secret().unwrap();
    let body = "{\"event\": \"user.created\", \"name\": \"Žofie\"}";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("verify.sh"), sample("verify.sh")).unwrap();
    let run_late = |body: &str, change: Option<(&str, &str)>, late: i64| {
        std::fs::write(folder.path().join("body"), body).unwrap();
        let mut command = Command::new("bash");
        command.arg("verify.sh").current_dir(folder.path()).env("secret", secret.reveal()).stdout(Stdio::piped());
        command.env("now", (1_800_000_000 + late).to_string());
        for (name, value) in
            signed(secret.reveal(), 1_800_000_000, "{\"event\": \"user.created\", \"name\": \"Žofie\"}")
        {
            command.env(
                name.replace('-', "_"),
                change.filter(|(changed, _)| *changed == name).map_or(value, |(_, to)| to.to_owned()),
            );
        }
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let run = |body: &str, change: Option<(&str, &str)>| run_late(body, change, 0);
    assert_eq!(run(body, None), (true, "genuine\n".into()));
    // Row F03.
    for (late, said) in [(360, "stale\n"), (-360, "stale\n"), (301, "stale\n"), (300, "genuine\n"), (-300, "genuine\n")]
    {
        assert_eq!(run_late(body, None, late).1, said, "{late}");
    }
    assert!(!run("{}", None).0);
    for (header, value) in [
        ("webhook-signature", "v1,AAAA"),
        ("webhook-id", "x"),
        ("webhook-timestamp", "1"),
        ("x-webhook-signature", "00"),
    ] {
        assert!(!run(body, Some((header, value))).0, "{header}");
    }
}

/// Rows F02 and F03: what is forged, old, early or came before is refused.
#[test]
fn the_python_of_the_documentation_takes_what_is_genuine_and_fresh_and_takes_it_once() {
    if !tools::has("python3", &["--version"]) {
        return;
    }
    let secret = sign::new_secret().unwrap();
    let other = sign::new_secret().unwrap();
    let (now, body) = (1_800_000_000, "{\"event\": \"user.created\", \"name\": \"Žofie\"}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("receiver.py"), sample("receiver.py")).unwrap();
    let both = sign::headers(other.reveal(), Some(secret.reveal()), "m-1", now, body.as_bytes()).to_vec();
    let object = |headers: &[(&'static str, String)]| {
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<serde_json::Map<_, _>>()
    };
    let cases = json!([
        [object(&signed(secret.reveal(), now, body)), body],
        [object(&signed(secret.reveal(), now, body)), "{}"],
        [object(&signed(other.reveal(), now, body)), body],
        [object(&signed(secret.reveal(), now - 360, body)), body],
        [object(&signed(secret.reveal(), now + 360, body)), body],
        [object(&signed(secret.reveal(), now - 301, body)), body],
        [object(&signed(secret.reveal(), now - 299, body)), body],
        [object(&signed(secret.reveal(), now + 299, body)), body],
        [object(&both), body],
        [{}, body],
    ]);
    let harness = "import json, sys\nfrom receiver import verified, first_time\n\
        secret, now, cases = json.load(sys.stdin)\n\
        print(json.dumps([verified(secret, headers, body.encode(), now) for headers, body in cases]))\n\
        print(json.dumps([first_time('a'), first_time('b'), first_time('a')]))\n";
    let mut child = Command::new("python3")
        .args(["-c", harness])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(json!([secret.reveal(), now, cases]).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "[true, false, false, false, false, false, true, true, true, false]\n[true, true, false]\n"
    );
}

on_both! {
    // Rows F02 and F03, with what a bridge really sends: an answer that got lost makes an event come twice.
    async fn what_comes_twice_is_genuine_twice_and_counts_once_for_the_python_of_the_documentation(db) {
        if !tools::has("python3", &["--version"]) {
            return;
        }
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        hooks.receiver.answers(|got| if got.before == 0 { Reply::Reset } else { Reply::Status(200) });
        for name in ["anna", "ben"] {
            hooks.scim.user(name).await;
        }
        hooks.tried(1).await;
        hooks.later(TimeDelta::seconds(12));
        hooks.drained().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("receiver.py"), sample("receiver.py")).unwrap();
        let came: Vec<Value> = hooks.receiver.got().iter().map(|got| {
            let named = ["webhook-id", "webhook-timestamp", "webhook-signature"].into_iter();
            let headers: serde_json::Map<_, _> = named.map(|name| (name.to_owned(), json!(got.header(name).unwrap()))).collect();
            json!([headers, String::from_utf8(got.body.clone()).unwrap()])
        }).collect();
        let harness = "import json, sys\nfrom receiver import verified, first_time\n\
            secret, cases = json.load(sys.stdin)\n\
            print(json.dumps([verified(secret, headers, body.encode()) for headers, body in cases]))\n\
            print(sum(first_time(headers['webhook-id']) for headers, _ in cases))\n";
        let mut child = Command::new("python3").args(["-c", harness]).current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(json!([hooks.secret, came]).to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "[true, true, true, true]\n2\n");
    }
}

#[test]
fn the_documentation_lists_every_event() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/webhooks.md")).unwrap();
    for published in delivery::CATALOGUE.iter().chain([&delivery::TEST]) {
        assert!(text.contains(&format!("| `{}` |", published.name)), "{} is not in docs/webhooks.md", published.name);
        let family = published.name.split('.').next().unwrap();
        let needs = text.lines().filter(|line| line.contains(&format!("`{family}.*`")) && line.starts_with("| `"));
        let needs: Vec<&str> = needs.collect();
        assert!(
            family == "endpoint" || needs.len() == 1 && needs[0].ends_with(&format!("| `{}` |", published.permission)),
            "{family}: {needs:?}"
        );
    }
}
