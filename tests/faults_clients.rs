//! Clients that go away at any moment: nothing of theirs is half done, and nobody else notices.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::sql::Sql;
use serde_json::{Value, json};
use sqlx::FromRow;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::filters::Dice;
use crate::support::load::{heals, holds_together, times};
use crate::support::on_both;

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
    tokio::time::sleep(Duration::from_micros(dice.roll(4_000) as u64)).await;
}

#[derive(FromRow)]
struct Count {
    n: i64,
}

on_both! {
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
        let (seats, users, ..) = bridge.counters(&workspace).await;
        assert!(users > 2 && (seats == users || seats == users - 1), "{seats} {users}");
        holds_together(&bridge.app.store).await;
    }
}
