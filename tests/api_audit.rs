//! The audit log over the REST API: pages, filters, files, proof and retention.

use aisoule_bridge::domain::seat::SeatPolicy;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::on_both;

on_both! {
    async fn the_log_is_read_filtered_proved_and_exported(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 3, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let anna = admin.user("anna@acme.example", None).await;
        let manager = admin.role("Manager").await;
        admin.put(&format!("/users/{anna}"), json!({"role_id": manager, "full_name": "=cmd()"})).await.expect(200);
        admin.user("ben@acme.example", None).await;
        admin.post("/users", json!({"email": "cleo@acme.example", "full_name": "Cleo"})).await.refused(403, "seat_limit");
        let all = admin.get("/audit").await.expect(200);
        let entries = all.data()["entries"].as_array().unwrap();
        // The newest first: also what was refused, and why.
        assert_eq!((&entries[0]["action"], &entries[0]["actor"]["name"]), (&json!("user.create.refused"), &json!("root@acme.example (key test)")));
        assert!(entries[0]["changes"].to_string().contains("no seat is free"));
        let changed = admin.get(&format!("/audit?subject={anna}&action=user.role_changed")).await.expect(200);
        let entry = &changed.data()["entries"][0];
        assert_eq!((&entry["changes"]["role"], &entry["subject"]["kind"]), (&json!({"old": "Agent", "new": "Manager"}), &json!("user")));
        assert!(entry["actor"]["address"].as_str().unwrap().starts_with("127.0.0.1"));
        let (mut before, mut seen) = (String::new(), 0);
        loop {
            let page = admin.get(&format!("/audit?limit=2{before}")).await.expect(200);
            let Some(last) = page.data()["entries"].as_array().unwrap().last().cloned() else { break };
            seen += page.data()["entries"].as_array().unwrap().len();
            before = format!("&before={}", last["cursor"]);
        }
        assert_eq!(seen, entries.len());
        let proof = admin.get("/audit/verification").await.expect(200);
        assert_eq!((&proof.data()["is_whole"], &proof.data()["rows"], &proof.data()["broken"]), (&json!(true), &json!(seen), &Value::Null));
        let csv = String::from_utf8(admin.raw("/audit/export?format=csv").await.expect(200).bytes).unwrap();
        assert!(csv.contains(",'=cmd(),"), "{csv}");
        let lines: Vec<Value> = String::from_utf8(admin.raw("/audit/export?action=user.*").await.expect(200).bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.len() >= 4 && lines.iter().all(|line| line["action"].as_str().unwrap().starts_with("user.")));
        admin.get("/audit?limit=0").await.refused(400, "invalid");
        admin.get("/audit/export?format=xml").await.refused(400, "invalid");
        assert_eq!(admin.put("/audit/retention", json!({"days": 30})).await.expect(200).data()["days"], 30);
        admin.put("/audit/retention", json!({"days": 0})).await.refused(400, "invalid");
        let then = bridge.app.clock.now();
        bridge.later(TimeDelta::days(40));
        aisoule_bridge::worker::audit::prune(&bridge.app.store, &bridge.app.commands, bridge.app.clock.now()).await.unwrap();
        assert_eq!(admin.get("/audit/verification").await.data()["is_whole"], true);
        // A review of a date that the log no longer reaches would be a guess.
        let refused = admin.post("/reviews", json!({"name": "Then", "as_of": then})).await.refused(400, "invalid");
        assert!(refused.json["message"].as_str().unwrap().contains("audit log"));
        admin.post("/reviews", json!({"name": "Now"})).await.expect(201);
        admin.put("/audit/retention", json!({"days": null})).await.expect(200);
        assert_eq!(admin.get("/audit/retention").await.data()["days"], Value::Null);
    }
}
