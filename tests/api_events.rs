//! What happened, as it happens: the stream of server-sent events, and the pages for who prefers to pull.

use std::time::Duration;

use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::UserId;
use aisoule_bridge::worker::webhooks::{self, Kept};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::support::{Answer, Api, Bridge, Fresh, on_both};

/// A stream of events, read line by line.
struct Stream(BufReader<TcpStream>);

impl Stream {
    async fn open(bridge: &Bridge, key: &str, more: &str) -> Self {
        Self::of(bridge, key, "", more).await
    }

    /// The stream of some events alone.
    async fn of(bridge: &Bridge, key: &str, query: &str, more: &str) -> Self {
        let mut socket = TcpStream::connect(bridge.address).await.unwrap();
        let request = format!(
            "GET /api/events{query} HTTP/1.1\r\nHost: b\r\nX-API-Key: {key}\r\nAccept: text/event-stream\r\n{more}\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut stream = Self(BufReader::new(socket));
        let head = stream.line().await.unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        while stream.line().await.unwrap() != "" {}
        stream
    }

    /// None where the stream has ended.
    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read =
            tokio::time::timeout(Duration::from_secs(10), self.0.read_line(&mut line)).await.expect("nothing came");
        // A chunk of nothing is the end.
        (read.unwrap_or(0) > 0 && line != "0\r\n").then(|| line.trim_end().to_owned())
    }

    /// The next event: its cursor and itself.
    async fn next(&mut self) -> Option<(String, Value)> {
        let mut id = String::new();
        loop {
            let line = self.line().await?;
            if let Some(found) = line.strip_prefix("id: ") {
                id = found.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((id, serde_json::from_str(data).unwrap()));
            }
        }
    }
}

async fn key(api: &Api, body: Value) -> String {
    api.post("/keys", body).await.expect(201).data()["key"].as_str().unwrap().to_owned()
}

on_both! {
    async fn a_change_reaches_whoever_follows_within_moments_and_a_resumed_stream_misses_nothing(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let key = key(&admin, json!({"name": "console"})).await;
        let mut stream = Stream::open(&bridge, &key, "").await;
        let user = admin.user("anna@acme.example", None).await;
        let (cursor, event) = stream.next().await.unwrap();
        assert_eq!((&event["event"], &event["data"]["id"], &event["data"]["kind"]), (&json!("user.created"), &json!(user), &json!("user")));
        assert_eq!(event["cursor"].to_string(), cursor);
        drop(stream);
        for available in [true, false] {
            admin.put(&format!("/users/{user}"), json!({"is_available": available})).await.expect(200);
        }
        let mut stream = Stream::open(&bridge, &key, &format!("Last-Event-ID: {cursor}\r\n")).await;
        for available in [true, false] {
            let (_, event) = stream.next().await.unwrap();
            assert_eq!((&event["event"], &event["data"]["changes"]["is_available"]["new"]), (&json!("user.updated"), &json!(available)));
        }
        // Other workspaces are silent here.
        let other = bridge.workspace("Other", 100, SeatPolicy::Reject).await;
        bridge.admin(&other).await.user("x@x.example", None).await;
        let team = admin.post("/teams", json!({"name": "Night"})).await.expect(201).made();
        assert_eq!(stream.next().await.unwrap().1["data"]["id"], json!(team));
    }

    async fn a_stream_ends_with_the_right_to_follow_it_and_with_the_bridge(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let manager = admin.role("Manager").await;
        let user = admin.user("anna@acme.example", Some(&manager)).await;
        let anna = bridge.key(&workspace, Some(UserId::parse(&user).unwrap()), None).await;
        anna.get("/events?events=user.*").await.expect(200);
        let mine = key(&admin, json!({"name": "mine", "permissions": ["events:read", "users:read"]})).await;
        let rows = admin.get("/keys").await;
        let id = rows.data()["keys"].as_array().unwrap().iter().find(|key| key["name"] == "mine").unwrap()["id"].as_str().unwrap().to_owned();
        let mut stream = Stream::of(&bridge, &mine, "?events=user.*", "").await;
        admin.delete(&format!("/keys/{id}")).await.expect(200);
        while stream.line().await.is_some() {}
        let agent = admin.role("Agent").await;
        admin.put(&format!("/users/{user}"), json!({"role_id": agent})).await.expect(200);
        anna.get("/events?events=user.*").await.refused(403, "forbidden");
        let mut stream = Stream::open(&bridge, &key(&admin, json!({"name": "last"})).await, "").await;
        bridge.app.stopping.send_replace(true);
        while stream.line().await.is_some() {}
    }

    async fn whoever_pulls_may_read_what_the_events_are_about_and_is_refused_and_not_told_less(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let user = admin.user("anna@acme.example", None).await;
        for n in 0..3 {
            admin.post("/teams", json!({"name": format!("Team {n}")})).await.expect(201);
        }
        let with = async |permissions: &[&str]| bridge.key(&workspace, None, Some(permissions)).await;
        let refused = |answer: Answer, event: &str, permission: &str| {
            let answer = answer.refused(403, "forbidden");
            let said = answer.json["message"].as_str().unwrap();
            assert!(said.contains(&format!("event {event} ")) && said.contains(&format!("permission {permission} ")), "{said}");
        };
        refused(with(&["events:read"]).await.get("/events").await, "user.created", "users:read");
        let reader = with(&["events:read", "users:read"]).await;
        for path in ["/events", "/events?events=*", "/events?events=user.*,group.created"] {
            refused(reader.get(path).await, "group.created", "groups:read");
            refused(reader.with("accept", "text/event-stream").get(path).await, "group.created", "groups:read");
        }
        refused(reader.get("/events?events=session.revoked").await, "session.revoked", "users:write");
        for bad in ["user", "user.creatd", "us*", "user.*,,"] {
            reader.get(&format!("/events?events={bad}")).await.refused(400, "invalid");
        }
        // What was asked for comes whole, and says where to go on past what was not.
        let page = reader.get("/events?events=user.*").await.expect(200);
        let names: Vec<&Value> = page.data()["events"].as_array().unwrap().iter().map(|event| &event["event"]).collect();
        assert_eq!(names, [&json!("user.created"), &json!("user.created")]);
        let cursor = page.data()["cursor"].as_i64().unwrap();
        assert_eq!(admin.get("/events").await.data()["events"].as_array().unwrap().last().unwrap()["cursor"], cursor);
        let first = reader.get("/events?events=user.*&limit=1").await.expect(200);
        assert_eq!(first.data()["cursor"], first.data()["events"][0]["cursor"]);
        let rest = reader.get(&format!("/events?events=user.*&after={}", first.data()["cursor"])).await.expect(200);
        assert_eq!(rest.data()["events"][0]["data"]["id"], json!(user));
        let none = reader.get(&format!("/events?events=user.*&after={cursor}")).await.expect(200);
        assert_eq!((&none.data()["events"], &none.data()["cursor"]), (&json!([]), &json!(cursor)));
        // A stream too, and no longer than that may be read.
        let role = json!({"name": "Follower", "permissions": ["events:read", "teams:read", "keys:write"]});
        let role = admin.post("/roles", role).await.expect(201).made();
        let fred = admin.user("fred@acme.example", Some(&role)).await;
        let fred = bridge.key(&workspace, Some(UserId::parse(&fred).unwrap()), None).await;
        let theirs = key(&fred, json!({"name": "theirs"})).await;
        let mut stream = Stream::of(&bridge, &theirs, "?events=team.*", "").await;
        admin.put(&format!("/users/{user}"), json!({"is_available": false})).await.expect(200);
        let team = admin.post("/teams", json!({"name": "Night"})).await.expect(201).made();
        assert_eq!(stream.next().await.unwrap().1["data"]["id"], json!(team));
        admin.put(&format!("/roles/{role}"), json!({"permissions": ["events:read"]})).await.expect(200);
        while stream.line().await.is_some() {}
    }

    async fn who_pulls_gets_every_event_once_in_its_order(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let all: Vec<_> = (0..25).map(|n| { let admin = admin.clone(); tokio::spawn(async move { admin.user(&format!("u{n}@acme.example"), None).await }) }).collect();
        let mut users = std::collections::BTreeSet::new();
        for user in all {
            users.insert(user.await.unwrap());
        }
        let (mut after, mut seen) = (0, Vec::new());
        loop {
            let page = admin.get(&format!("/events?after={after}&limit=4")).await.expect(200);
            let events = page.data()["events"].as_array().unwrap().clone();
            let Some(last) = events.last() else { break };
            after = last["cursor"].as_i64().unwrap();
            seen.extend(events.iter().filter(|event| event["event"] == "user.created").map(|event| event["data"]["id"].as_str().unwrap().to_owned()));
        }
        assert_eq!(seen.len(), 26);
        assert_eq!(seen.iter().filter(|id| users.contains(*id)).count(), 25);
        admin.get("/events?limit=0").await.refused(400, "invalid");
        admin.get("/events?after=x").await.refused(400, "invalid");
    }

    async fn who_pulls_from_before_what_is_kept_is_told_so_and_where_to_go_on(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let neighbours = bridge.admin(&bridge.workspace("Neighbours", 100, SeatPolicy::Reject).await).await;
        let forget = async || {
            let kept = Kept { deliveries: TimeDelta::days(30), events: TimeDelta::days(30) };
            webhooks::forget(&bridge.app.store, kept, bridge.app.clock.now()).await.unwrap();
        };
        let cursors = async |api: &Api, query: &str| {
            let page = api.get(&format!("/events{query}")).await.expect(200);
            page.data()["events"].as_array().unwrap().iter().map(|event| event["cursor"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        for name in ["anna", "ben"] {
            admin.user(&format!("{name}@acme.example"), None).await;
        }
        forget().await;
        let old = cursors(&admin, "?after=0").await;
        let (last, almost) = (old[old.len() - 1], old[old.len() - 2]);
        bridge.later(TimeDelta::days(31));
        admin.user("cleo@acme.example", None).await;
        let theirs = neighbours.user("dora@acme.example", None).await;
        forget().await;
        let stream = admin.with("accept", "text/event-stream");
        for answer in [
            admin.get("/events?after=0").await,
            admin.get(&format!("/events?after={almost}")).await,
            stream.get(&format!("/events?after={almost}")).await,
            stream.with("last-event-id", &almost.to_string()).get("/events").await,
        ] {
            let answer = answer.refused(410, "forgotten");
            assert!(answer.json["message"].as_str().unwrap().contains(&format!("after={last}.")), "{}", answer.json);
        }
        let kept = cursors(&admin, "").await;
        assert!(!kept.is_empty() && kept[0] > last);
        assert_eq!(cursors(&admin, &format!("?after={last}")).await, kept, "nothing is missing from there on");
        // Nobody else's matter.
        let page = neighbours.get("/events").await.expect(200);
        assert_eq!(page.data()["events"].as_array().unwrap().iter().filter(|event| event["event"] == "user.created" && event["data"]["id"] == *theirs).count(), 1);
        forget().await;
        assert_eq!(cursors(&admin, &format!("?after={last}")).await, kept);
    }

    async fn what_one_bridge_changes_another_over_the_same_database_tells_and_obeys(db) {
        let url = db.url.clone();
        let on = db.on;
        let bridge = db.bridge().await;
        let second = Fresh::over(on, url).bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let user = admin.user("anna@acme.example", None).await;
        let made = key(&admin, json!({"name": "console"})).await;
        let mut stream = Stream::open(&second, &made, "").await;
        let started = std::time::Instant::now();
        admin.put(&format!("/users/{user}"), json!({"is_active": false})).await.expect(200);
        let (_, event) = stream.next().await.unwrap();
        assert_eq!(event["event"], "user.deactivated");
        assert!(started.elapsed() < Duration::from_secs(5));
        let there = Api::new(second.address, &made);
        assert_eq!(there.get(&format!("/users/{user}")).await.data()["is_active"], false);
    }
}
