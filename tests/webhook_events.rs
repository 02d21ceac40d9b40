//! What somebody may have told elsewhere: the events that are about what they may read, and no others.

use aisoule_bridge::delivery;
use aisoule_bridge::domain::seat::SeatPolicy;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::hooks::Hooks;
use crate::support::receiver::Reply;
use crate::support::{Answer, on_both};
use crate::webhook_doors::endpoint;

on_both! {
    async fn nobody_has_an_endpoint_told_what_they_may_not_read(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let admin = bridge.admin(&workspace).await;
        let (all, _) = endpoint(&admin, "all", "https://hooks.example/all", json!([])).await;
        let hooker = bridge.key(&workspace, None, Some(&["webhooks:read", "webhooks:write"])).await;
        let refused = |answer: Answer, event: &str, permission: &str| {
            let answer = answer.refused(403, "forbidden");
            let said = answer.json["message"].as_str().unwrap();
            assert!(said.contains(&format!("event {event} ")) && said.contains(&format!("permission {permission} ")), "{said}");
        };
        // Every event asks for its permission, and with it and nothing else it can be had.
        for published in delivery::CATALOGUE {
            let body = json!({"name": published.name, "url": "https://hooks.example/one", "events": [published.name]});
            refused(hooker.post("/webhooks", body.clone()).await, published.name, published.permission);
        }
        for (n, family) in delivery::CATALOGUE.chunk_by(|a, b| a.permission == b.permission).enumerate() {
            let with = bridge.key(&workspace, None, Some(&["webhooks:write", family[0].permission])).await;
            let names: Vec<&str> = family.iter().map(|one| one.name).collect();
            let body = json!({"name": format!("family {n}"), "url": "https://hooks.example/one", "events": names});
            with.post("/webhooks", body).await.expect(201);
        }
        let reader = bridge.key(&workspace, None, Some(&["webhooks:read", "webhooks:write", "users:read"])).await;
        for events in [json!([]), json!(["*"]), json!(["user.*", "group.*"])] {
            let body = json!({"name": "crm", "url": "https://hooks.example/crm", "events": events});
            refused(reader.post("/webhooks", body).await, "group.created", "groups:read");
        }
        let (crm, _) = endpoint(&reader, "crm", "https://hooks.example/crm", json!(["user.*"])).await;
        let crm = format!("/webhooks/{crm}");
        refused(reader.put(&crm, json!({"events": ["user.*", "seat.*"]})).await, "seat.warning", "seats:read");
        refused(reader.put(&crm, json!({"events": []})).await, "group.created", "groups:read");
        reader.put(&crm, json!({"events": ["user.created"], "url": "https://hooks.example/crm2"})).await.expect(200);
        // Nor is one that is told more led elsewhere; its name and whether it is told are another matter, and so is telling it less.
        let all = format!("/webhooks/{all}");
        refused(reader.put(&all, json!({"url": "https://mine.example/"})).await, "group.created", "groups:read");
        assert_eq!(admin.get(&all).await.data()["url"], "https://hooks.example/all");
        reader.put(&all, json!({"name": "everything", "is_enabled": false})).await.expect(200);
        reader.put(&all, json!({"events": ["user.*"]})).await.expect(200);
        let log = admin.get("/audit?action=endpoint.create.refused").await.expect(200);
        assert!(!log.data()["entries"].as_array().unwrap().is_empty());
    }

    async fn what_waits_or_was_delivered_goes_nowhere_else_through_somebody_who_may_not_read_it(db) {
        let hooks = Hooks::new(db).await;
        hooks.receiver.always(Reply::Status(503));
        hooks.admin.user("anna@acme.example", None).await;
        hooks.scim.group("Support", &[]).await;
        hooks.tried(1).await;
        let reader = hooks.bridge.key(&hooks.workspace, None, Some(&["webhooks:read", "webhooks:write", "users:read"])).await;
        let path = format!("/webhooks/{}", hooks.id);
        let mine = json!({"url": format!("{}/mine", hooks.receiver.url())});
        let refused = |answer: Answer| {
            let answer = answer.refused(403, "forbidden");
            assert!(answer.json["message"].as_str().unwrap().contains("permission groups:read "), "{}", answer.json);
        };
        // Telling it less, and then leading it elsewhere with what waits.
        reader.put(&path, json!({"events": ["user.*"]})).await.expect(200);
        refused(reader.put(&path, mine.clone()).await);
        hooks.receiver.always(Reply::Status(200));
        hooks.later(TimeDelta::hours(2));
        hooks.drained().await;
        // Nothing waits: from now on it is told of people alone, there.
        reader.put(&path, mine).await.expect(200);
        let log = hooks.log().await;
        let of = |event: &str| log.iter().find(|one| one.event == event).unwrap().id;
        let replay = format!("{path}/replay");
        refused(reader.post(&replay, json!({"delivery_id": of("group.created")})).await);
        assert_eq!(reader.post(&replay, json!({"delivery_id": of("user.created")})).await.expect(200).data()["deliveries"], 1);
        hooks.drained().await;
        let taken = hooks.receiver.taken();
        assert!(taken.iter().all(|got| got.event() != "group.created" || !got.head.starts_with("POST /hook/mine ")), "a group was told of elsewhere");
    }
}
