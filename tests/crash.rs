//! The server is killed under load; what it acknowledged is there when it comes back.

use std::time::Duration;

use aisoule_bridge::app::open_store;

use serde_json::json;

use crate::filters::Dice;
use crate::support::load::{Load, holds_together, times};
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

    // Row G01.
    async fn every_acknowledged_write_survives_a_kill(db) {
        // `BRIDGE_TEST_CRASHES` makes it 100 on each database in the heavy suite.
        let crashes = times("BRIDGE_TEST_CRASHES", 3);
        let settings = db.settings();
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000000"]);
        let token = program.says(&["token", "create", "--workspace", "Acme"]);
        let mut dice = Dice(99);
        let mut total = 0;
        for _ in 0..crashes {
            let scim = program.client(token.trim());
            let mut server = program.serve().await;
            assert!(server.is_ready(&scim).await, "{}", server.log());
            let load = Load::start(&scim, 6);
            load.begun().await;
            tokio::time::sleep(Duration::from_millis(u64::try_from(dice.roll(120)).unwrap())).await;
            server.kill();
            let tally = load.end().await;
            total += tally.acknowledged.len();
            let server = program.serve().await;
            tally.is_kept(&program.client(token.trim())).await;
            server.kill();
            let store = open_store(&settings).await.unwrap();
            holds_together(&store).await;
            store.close().await;
        }
        assert!(total > crashes / 2, "only {total} writes were acknowledged");
        assert!(program.says(&["doctor"]).contains("counters agree"));
    }
}
