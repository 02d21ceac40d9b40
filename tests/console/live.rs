//! Live: a page is told which topics changed, on every bridge over one database, as long as its reader may know.

use std::time::Duration;

use aisoule_bridge::command::people::{ByHand, EditByHand};
use aisoule_bridge::command::sessions::EndAllSessions;
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::role;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::user::User;
use aisoule_bridge::domain::version::Expected;
use aisoule_bridge::store::sessions;
use chrono::TimeDelta;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::desk::Desk;
use crate::support::browser::Browser;
use crate::support::{Bridge, Fresh, on_both};

/// A stream, read line by line.
struct Stream {
    lines: BufReader<TcpStream>,
    status: String,
    /// The last id.
    id: String,
}

impl Stream {
    async fn open(bridge: &Bridge, browser: &Browser, more: &str) -> Self {
        let mut socket = TcpStream::connect(bridge.address).await.unwrap();
        let cookie = browser.session().unwrap_or_default();
        let request = format!(
            "GET /settings/live HTTP/1.1\r\nHost: b\r\nCookie: __Host-aisoule={cookie}\r\nAccept: text/event-stream\r\n{more}\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut stream = Self { lines: BufReader::new(socket), status: String::new(), id: String::new() };
        stream.status = stream.line().await.unwrap()["HTTP/1.1 ".len()..][..3].to_owned();
        while stream.line().await.is_some_and(|line| !line.is_empty()) {}
        stream
    }

    /// None where the stream has ended.
    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = tokio::time::timeout(Duration::from_secs(10), self.lines.read_line(&mut line)).await;
        // A chunk of nothing is the end.
        (read.expect("nothing came").unwrap_or(0) > 0 && line != "0\r\n").then(|| line.trim_end().to_owned())
    }

    /// The topics of the next event; none of the first, where there is nothing to tell but its id.
    async fn next(&mut self) -> Option<Vec<String>> {
        let (mut topics, mut begun) = (Vec::new(), false);
        loop {
            let line = self.line().await?;
            if let Some(id) = line.strip_prefix("id: ") {
                (self.id, begun) = (id.to_owned(), true);
            } else if let Some(data) = line.strip_prefix("data: ") {
                topics.extend(data.split(' ').map(str::to_owned));
            } else if line.is_empty() && begun {
                return Some(topics);
            }
        }
    }

    /// Everything up to the event that names a topic.
    async fn until(&mut self, topic: &str) -> Vec<String> {
        let mut all = Vec::new();
        for _ in 0..50 {
            let topics = self.next().await.unwrap_or_else(|| panic!("it ended before {topic}"));
            let is_there = topics.iter().any(|one| one == topic);
            all.extend(topics);
            if is_there {
                return all;
            }
        }
        panic!("no {topic} in {all:?}");
    }

    async fn ends(&mut self) {
        while self.line().await.is_some() {}
    }
}

async fn edit(bridge: &Bridge, user: &User, changes: ByHand) {
    let (workspace, expected) = (user.workspace_id, Expected::Any);
    let command = EditByHand { workspace, id: user.id, expected, changes, overrule: true };
    bridge.app.commands.execute(&Actor::operator(), command).await.unwrap();
}

on_both! {
    async fn a_change_is_told_by_its_topics_to_its_own_workspace_alone(db) {
        let desk = Desk::new(db).await;
        let scim = desk.scim().await;
        let mut stream = Stream::open(&desk.bridge, &desk.browser, "").await;
        assert_eq!(stream.status, "200");
        stream.next().await.unwrap();
        scim.user("anna@acme.example").await;
        let topics = stream.until("requests").await;
        for topic in ["users", "seats", "audit"] {
            assert!(topics.iter().any(|one| one == topic), "{topics:?}");
        }
        // Something that no webhook is told of, and what happens elsewhere.
        desk.bridge.token(&desk.workspace, Scope::Read, Dialect::Compat).await;
        stream.until("tokens").await;
        let other = desk.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        desk.bridge.user(&other, "x@other.example", "Admin", false).await;
        desk.bridge.key(&desk.workspace, None, None).await;
        let topics = stream.until("tokens").await;
        assert!(!topics.iter().any(|topic| topic == "users"), "{topics:?}");
    }

    async fn nobody_is_told_of_what_their_role_does_not_let_them_see(db) {
        let desk = Desk::new(db).await;
        desk.person("anna@acme.example", "Anna", "Agent").await;
        let anna = desk.browser_of("anna@acme.example").await;
        let mut stream = Stream::open(&desk.bridge, &anna, "").await;
        stream.next().await.unwrap();
        let scim = desk.scim().await;
        scim.user("ben@acme.example").await;
        let may = role::built_in_permissions("Agent");
        let told = stream.until("conversations").await;
        assert!(!may.has("audit:read") && !may.has("seats:read") && !may.has("log:read"));
        assert!(!told.iter().any(|topic| ["audit", "seats", "requests", "tokens"].contains(&topic.as_str())), "{told:?}");
        let api = desk.bridge.key(&desk.workspace, None, None).await;
        api.post("/roles", json!({"name": "Nothing", "permissions": []})).await.expect(201);
        desk.person("cleo@acme.example", "Cleo", "Nothing").await;
        let cleo = desk.browser_of("cleo@acme.example").await;
        // Whoever may see nothing hears when that changes, and of nothing else.
        let mut nothing = Stream::open(&desk.bridge, &cleo, "").await;
        assert_eq!(nothing.status, "200");
        assert_eq!(nothing.next().await.unwrap(), Vec::<String>::new());
        desk.bridge.token(&desk.workspace, Scope::Read, Dialect::Compat).await;
        let id = api.role("Nothing").await;
        api.put(&format!("/roles/{id}"), json!({"permissions": ["teams:read"]})).await.expect(200);
        assert_eq!(nothing.next().await.unwrap(), ["reader"]);
        nothing.ends().await;
        assert_eq!(Stream::open(&desk.bridge, &desk.bridge.browser(), "").await.status, "303");
    }

    async fn a_stream_ends_with_the_session_with_the_person_with_the_role_and_with_the_bridge(db) {
        let desk = Desk::new(db).await;
        let anna = desk.person("anna@acme.example", "Anna", "Manager").await;
        let browser = desk.browser_of("anna@acme.example").await;
        let mut stream = Stream::open(&desk.bridge, &browser, "").await;
        let end = EndAllSessions { workspace: desk.workspace.id, user: anna.id, except: None };
        desk.bridge.app.commands.execute(&Actor::operator(), end).await.unwrap();
        stream.until("reader").await;
        stream.ends().await;
        assert_eq!(Stream::open(&desk.bridge, &browser, "").await.status, "303");
        let browser = desk.browser_of("anna@acme.example").await;
        let mut stream = Stream::open(&desk.bridge, &browser, "").await;
        let roles = desk.bridge.key(&desk.workspace, None, None).await;
        let agent = aisoule_bridge::ids::RoleId::parse(&roles.role("Agent").await).unwrap();
        edit(&desk.bridge, &anna, ByHand { role: Some(agent), ..ByHand::default() }).await;
        stream.ends().await;
        let mut stream = Stream::open(&desk.bridge, &browser, "").await;
        assert_eq!(stream.status, "200");
        edit(&desk.bridge, &anna, ByHand { is_active: Some(false), ..ByHand::default() }).await;
        stream.ends().await;
        let mut stream = Stream::open(&desk.bridge, &desk.browser, "").await;
        desk.bridge.app.stopping.send_replace(true);
        stream.ends().await;
    }

    async fn what_one_bridge_changes_the_pages_of_another_hear_and_its_ends_of_sessions_too(db) {
        let (url, on) = (db.url.clone(), db.on);
        let desk = Desk::new(db).await;
        let second = Fresh::over(on, url).bridge().await;
        let anna = desk.person("anna@acme.example", "Anna", "Admin").await;
        let browser = desk.browser_of("anna@acme.example").await;
        let mut stream = Stream::open(&second, &browser, "").await;
        stream.next().await.unwrap();
        let api = desk.bridge.key(&desk.workspace, None, None).await;
        stream.until("tokens").await;
        api.post("/teams", json!({"name": "Night"})).await.expect(201);
        stream.until("teams").await;
        desk.scim().await.get("/Users").await.expect(200);
        stream.until("requests").await;
        edit(&desk.bridge, &anna, ByHand { is_active: Some(false), ..ByHand::default() }).await;
        stream.ends().await;
    }

    async fn whoever_lost_the_connection_hears_what_they_missed(db) {
        let desk = Desk::new(db).await;
        let mut stream = Stream::open(&desk.bridge, &desk.browser, "").await;
        stream.next().await.unwrap();
        let id = stream.id.clone();
        drop(stream);
        let api = desk.bridge.key(&desk.workspace, None, None).await;
        api.post("/teams", json!({"name": "Night"})).await.expect(201);
        desk.bridge.later(TimeDelta::minutes(1));
        assert_eq!(Stream::open(&desk.bridge, &desk.browser, "").await.next().await.unwrap(), Vec::<String>::new());
        let mut stream = Stream::open(&desk.bridge, &desk.browser, &format!("Last-Event-ID: {id}\r\n")).await;
        assert!(stream.next().await.unwrap().iter().any(|topic| topic == "teams"));
        // What is no place of ours is no place.
        assert_eq!(Stream::open(&desk.bridge, &desk.browser, "Last-Event-ID: x\r\n").await.next().await.unwrap(), Vec::<String>::new());
    }

    async fn one_session_has_only_so_many_streams_and_gets_their_places_back(db) {
        let desk = Desk::new(db).await;
        let mut all = Vec::new();
        for _ in 0..10 {
            all.push(Stream::open(&desk.bridge, &desk.browser, "").await);
        }
        assert!(all.iter().all(|stream| stream.status == "200"));
        assert_eq!(Stream::open(&desk.bridge, &desk.browser, "").await.status, "429");
        all.clear();
        for _ in 0..200 {
            if Stream::open(&desk.bridge, &desk.browser, "").await.status == "200" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody got a place back");
    }

    async fn a_page_that_renews_itself_does_not_keep_a_session_alive(db) {
        let mut desk = Desk::new(db).await;
        let mut stream = Stream::open(&desk.bridge, &desk.browser, "").await;
        stream.next().await.unwrap();
        desk.bridge.later(TimeDelta::minutes(470));
        let mut by_itself = desk.browser.with("x-aisoule-by-itself", "1");
        by_itself.get("/settings/health").await.expect(200);
        desk.bridge.key(&desk.workspace, None, None).await;
        stream.until("tokens").await;
        let seen = sessions::of_user(&mut desk.bridge.app.store.read().await.unwrap(), desk.root.id).await.unwrap();
        assert!(seen.iter().all(|session| session.last_seen_at < desk.bridge.app.clock.now() - TimeDelta::minutes(400)));
        desk.bridge.later(TimeDelta::minutes(20));
        stream.ends().await;
        assert_eq!(desk.browser.get("/settings/health").await.answer.status, 303);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_committed_late_and_has_an_earlier_number_is_told_too() {
    let Some(db) = Fresh::postgres().await else { return };
    let url = db.url.clone();
    let desk = Desk::new(db).await;
    let scim = desk.scim().await;
    let mut stream = Stream::open(&desk.bridge, &desk.browser, "").await;
    stream.next().await.unwrap();
    // Another bridge writes, and has not committed yet.
    let mut other = PgConnection::connect(&url).await.unwrap();
    let insert = "INSERT INTO request_log (request_id, workspace_id, at, method, path, status, micros) \
        VALUES (gen_random_uuid(), $1, $2, 'GET', '/scim/v2/Users', 200, 1)";
    let mut late = other.begin().await.unwrap();
    let at = desk.bridge.app.clock.now();
    sqlx::query(insert).bind(desk.workspace.id.0).bind(at).execute(&mut *late).await.unwrap();
    scim.get("/Users").await.expect(200);
    stream.until("requests").await;
    let place = |id: &str| id.split('-').map(|part| part.parse::<i64>().unwrap()).collect::<Vec<_>>();
    let before = place(&stream.id);
    late.commit().await.unwrap();
    stream.until("requests").await;
    let after = place(&stream.id);
    assert_eq!((after[1], after[2]), (before[1], before[2] + 1), "the last number is the same, and there is one more");
}
