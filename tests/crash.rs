//! The server is killed under load; what it acknowledged is there when it comes back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use crate::filters::Dice;
use crate::support::on_both;
use crate::support::program::Program;

on_both! {
    async fn every_acknowledged_write_survives_a_kill(db) {
        // `BRIDGE_TEST_CRASHES` makes it 100 on each database in the heavy suite.
        let crashes = std::env::var("BRIDGE_TEST_CRASHES").ok().and_then(|crashes| crashes.parse().ok()).unwrap_or(3);
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000000"]);
        let token = program.says(&["token", "create", "--workspace", "Acme"]);
        let mut dice = Dice(99);
        let mut total = 0;
        for crash in 0..crashes {
            let server = program.serve().await;
            let acknowledged = Arc::new(Mutex::new(Vec::new()));
            let hands: Vec<_> = (0..6).map(|hand| {
                let (scim, acknowledged) = (program.client(token.trim()), Arc::clone(&acknowledged));
                tokio::spawn(async move {
                    for i in 0.. {
                        let title = format!("c{crash}-h{hand}-{i}");
                        let made = scim.post("/Users", json!({"userName": title})).await.expect(201).id();
                        let path = format!("/Users/{made}");
                        acknowledged.lock().unwrap().push((path.clone(), None));
                        scim.patch(&path, json!([{"op": "add", "path": "title", "value": title}])).await.expect(200);
                        acknowledged.lock().unwrap().push((path, Some(title)));
                    }
                })
            }).collect();
            // A busy machine takes its time over the first of them.
            for _ in 0..1_000 {
                if !acknowledged.lock().unwrap().is_empty() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            tokio::time::sleep(Duration::from_millis(20 + u64::try_from(dice.roll(120)).unwrap())).await;
            server.kill();
            for hand in hands {
                hand.abort();
                let _ = hand.await;
            }
            let server = program.serve().await;
            let scim = program.client(token.trim());
            let acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
            total += acknowledged.len();
            for (path, title) in acknowledged {
                let found = scim.get(&path).await.expect(200).json;
                if let Some(title) = title {
                    assert_eq!(found["title"], title);
                }
            }
            server.kill();
        }
        assert!(total >= crashes, "only {total} writes were acknowledged");
        assert!(program.says(&["doctor"]).contains("counters agree"));
    }
}
