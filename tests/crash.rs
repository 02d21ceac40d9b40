//! The server is killed under load; what it acknowledged is there when it comes back.

use std::time::Duration;

use aisoule_bridge::app::open_store;

use crate::filters::Dice;
use crate::support::load::{Load, holds_together, times};
use crate::support::on_both;
use crate::support::program::Program;

on_both! {
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
        assert!(total >= crashes, "only {total} writes were acknowledged");
        assert!(program.says(&["doctor"]).contains("counters agree"));
    }
}
