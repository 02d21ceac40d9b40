//! The server is killed under load; what it acknowledged is there when it comes back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use crate::filters::Dice;
use crate::support::on_both;
use crate::support::program::Program;

on_both! {
    // Row C35.
    async fn an_answer_that_was_lost_in_a_kill_makes_nobody_twice(db) {
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "growth"]);
        let token = program.says(&["token", "create", "--workspace", "Acme"]);
        let scim = program.client(token.trim());
        for (round, wait) in [0, 2, 5, 20].into_iter().enumerate() {
            let name = format!("lost-{round}");
            let body = json!({"userName": name, "externalId": name, "active": true});
            let server = program.serve().await;
            scim.get("/Users").await.expect(200);
            let asked = { let (scim, body) = (program.client(token.trim()), body.clone()); tokio::spawn(async move { scim.post("/Users", body).await }) };
            tokio::time::sleep(Duration::from_millis(wait)).await;
            server.kill();
            asked.abort();
            let server = program.serve().await;
            let scim = program.client(token.trim());
            // The provider looks, finds somebody or nobody, and asks again either way.
            let again = scim.post("/Users", body).await;
            assert!([201, 409].contains(&again.status), "{}", again.json);
            let found = scim.find("/Users", &format!("userName eq \"{name}\""), "").await.expect(200).json;
            assert_eq!((&found["totalResults"], &found["Resources"][0]["active"], &found["Resources"][0]["externalId"]), (&json!(1), &json!(true), &json!(name)));
            server.kill();
            let told = program.says(&["workspace", "list"]);
            assert!(told.contains(&format!("{} of 5", round + 1)), "{told}");
        }
        assert!(program.says(&["doctor"]).contains("counters agree"));
    }

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
            tokio::time::sleep(Duration::from_millis(20 + u64::try_from(dice.roll(120)).unwrap())).await;
            // On a busy machine the first answer takes longer than that.
            for _ in 0..500 {
                if !acknowledged.lock().unwrap().is_empty() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
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
