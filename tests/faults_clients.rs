//! Clients that go away at any moment: nothing of theirs is half done, and nobody else notices.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aisoule_bridge::command::{Change, Command, CommandError, Subject};
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::WorkspaceId;
use aisoule_bridge::store::request_log::{self, Entry, Wanted};
use aisoule_bridge::store::sql::Sql;
use serde_json::{Value, json};
use sqlx::FromRow;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::filters::Dice;
use crate::support::load::{heals, holds_together, times};
use crate::support::{Bridge, on_both};

/// Sends a request, or its beginning, and is gone after a moment, with a reset where the die says so.
async fn leave(address: SocketAddr, token: &str, method: &str, path: &str, body: &Value, mut dice: Dice) {
    let body = body.to_string();
    let text = format!(
        "{method} /scim/v2{path} HTTP/1.1\r\nhost: bridge\r\nauthorization: Bearer {token}\r\n\
         content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let Ok(mut stream) = TcpStream::connect(address).await else { return };
    if dice.roll(2) == 0 {
        let _ = stream.set_zero_linger();
    }
    let sent = if dice.roll(10) == 0 { dice.roll(text.len()) } else { text.len() };
    let _ = stream.write_all(&text.as_bytes()[..sent]).await;
    // Some stay long enough that their change has begun.
    let longest = if dice.roll(4) == 0 { 80_000 } else { 4_000 };
    tokio::time::sleep(Duration::from_micros(dice.roll(longest) as u64)).await;
}

#[derive(FromRow)]
struct Count {
    n: i64,
}

/// Everything that the log has.
async fn log(bridge: &Bridge) -> Vec<Entry> {
    bridge.app.journal.flush().await;
    let wanted = Wanted { last: 10_000, ..Wanted::default() };
    request_log::read(&mut bridge.app.store.read().await.unwrap(), &wanted).await.unwrap()
}

/// The entry that fits, as soon as there is one.
async fn entry(bridge: &Bridge, fits: impl Fn(&Entry) -> bool) -> Entry {
    for _ in 0..200 {
        if let Some(entry) = log(bridge).await.into_iter().find(|entry| fits(entry)) {
            return entry;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no such entry: {:?}", log(bridge).await);
}

/// A change during which no other is made.
struct Holding {
    workspace: WorkspaceId,
    begun: Arc<Notify>,
    go: Arc<Notify>,
}

impl Command for Holding {
    type Output = ();

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    fn name(&self) -> &'static str {
        "test.hold"
    }

    fn subject(&self) -> Subject {
        Subject::new("workspace", "Acme")
    }

    async fn run(&self, change: &mut Change<'_>) -> Result<(), CommandError> {
        change.workspace().await?;
        self.begun.notify_one();
        self.go.notified().await;
        Ok(())
    }
}

#[derive(FromRow)]
struct Named {
    user_name: String,
}

on_both! {
    async fn whoever_leaves_before_the_answer_leaves_an_entry_in_the_log(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let token = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
        let scim = bridge.client(&token);
        let request = |method: &str, path: &str, body: &str, more: usize| format!(
            "{method} /scim/v2{path} HTTP/1.1\r\nhost: bridge\r\nauthorization: Bearer {token}\r\n\
             content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n{body}", body.len() + more
        );
        // A body that never comes to its end.
        let mut stream = TcpStream::connect(bridge.address).await.unwrap();
        stream.write_all(request("POST", "/Users", "{\"userName\":", 100).as_bytes()).await.unwrap();
        drop(stream);
        let cut = entry(&bridge, |entry| entry.path == "/scim/v2/Users").await;
        assert!([400, 499].contains(&cut.status) && cut.workspace_id == Some(workspace.id.0), "{cut:?}");
        // A change that waits for its turn: it is not begun any more.
        let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let hold = Holding { workspace: workspace.id, begun: Arc::clone(&begun), go: Arc::clone(&go) };
        let app = Arc::clone(&bridge.app);
        let holding = tokio::spawn(async move { app.commands.execute(&Actor::operator(), hold).await });
        begun.notified().await;
        let mut stream = TcpStream::connect(bridge.address).await.unwrap();
        stream.write_all(request("POST", "/Users", "{\"userName\":\"left\"}", 0).as_bytes()).await.unwrap();
        for _ in 0..100 {
            if bridge.app.store.waiting().iter().any(|waiting| *waiting > 0) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(stream);
        tokio::time::sleep(Duration::from_millis(300)).await;
        go.notify_one();
        holding.await.unwrap().unwrap();
        let left = entry(&bridge, |entry| entry.request_body.as_deref() == Some("{\"userName\":\"left\"}")).await;
        assert_eq!((left.status, left.note.as_deref()), (499, Some("the client went away before it was answered")));
        assert_eq!(left.actor_name.as_deref(), Some("test"));
        scim.user("left").await;
        // Whoever waits is answered, and their entry has no note.
        let stayed = log(&bridge).await.pop().unwrap();
        assert_eq!((stayed.status, stayed.note), (201, None));
    }

    // Row G12.
    async fn clients_that_leave_at_any_moment_leave_no_open_transaction_and_no_half_of_a_change(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 1_000_000, SeatPolicy::Reject).await;
        let token: Arc<str> = bridge.token(&workspace, Scope::Write, Dialect::Compat).await.into();
        let scim = bridge.client(&token);
        let (anna, group) = (scim.user("anna").await, scim.group("Support", &[]).await);
        let each = times("BRIDGE_TEST_DISCONNECTS", 400) / 8;
        let hands: Vec<_> = (0..8_u64).map(|hand| {
            let (token, address) = (Arc::clone(&token), bridge.address);
            let (anna, group) = (format!("/Users/{anna}"), format!("/Groups/{group}"));
            let add = json!([{"op": "add", "path": "members", "value": [{"value": anna[7..]}]}]);
            tokio::spawn(async move {
                let mut dice = Dice(hand + 1);
                for i in 0..each {
                    let operation = json!([{"op": "replace", "path": "active", "value": i % 2 == 0}]);
                    let patch = |operations: &Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
                    let (method, path, body) = match dice.roll(5) {
                        0 => ("PATCH", anna.as_str(), patch(&operation)),
                        1 => ("PATCH", group.as_str(), patch(&add)),
                        2 => ("GET", "/Users?count=50", json!({})),
                        _ => ("POST", "/Users", json!({"userName": format!("gone-{hand}-{i}")})),
                    };
                    let seed = Dice(dice.roll(1_000_000) as u64);
                    leave(address, &token, method, path, &body, seed).await;
                }
            })
        }).collect();
        for hand in hands {
            tokio::time::timeout(Duration::from_secs(300), hand).await.unwrap().unwrap();
        }
        heals(&scim).await;
        // What was begun for those who left is ended by the time that a later change of the same workspace is.
        let mut conn = bridge.app.store.read().await.unwrap();
        if conn.is_postgres() {
            let open = "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%' \
                        AND state_change < clock_timestamp() - INTERVAL '1 second'";
            assert_eq!(conn.one::<Count>(Sql::build(open)).await.unwrap().n, 0);
        }
        drop(conn);
        // Every change that was made is in the log, whoever was there to hear of it.
        let mut made: Vec<Named> = Vec::new();
        let mut told: Vec<String> = Vec::new();
        for _ in 0..200 {
            let entries = log(&bridge).await;
            told = entries.into_iter().filter(|entry| entry.method == "POST" && entry.status == 201).filter_map(|entry| entry.request_body).collect();
            let mut conn = bridge.app.store.read().await.unwrap();
            made = conn.all(Sql::build("SELECT user_name FROM users WHERE user_name LIKE 'gone-%'")).await.unwrap();
            if made.iter().all(|user| told.contains(&format!("{{\"userName\":\"{}\"}}", user.user_name))) {
                break;
            }
            made.retain(|user| !told.contains(&format!("{{\"userName\":\"{}\"}}", user.user_name)));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let made: Vec<String> = made.into_iter().map(|user| format!("{{\"userName\":\"{}\"}}", user.user_name)).collect();
        assert!(!told.is_empty() && made.iter().all(|user| told.contains(user)), "not in the log: {made:?}");
        let (seats, users, ..) = bridge.counters(&workspace).await;
        assert!(users > 2 && (seats == users || seats == users - 1), "{seats} {users}");
        holds_together(&bridge.app.store).await;
    }
}
