//! Requests that come at the same time share statements: each gets its own answer nevertheless.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::UserId;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::on_both;

on_both! {
    async fn everybody_who_asks_at_once_gets_their_own_answer(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&acme, Scope::Write, Dialect::Compat).await);
        let other = bridge.workspace("Other", 100, SeatPolicy::Reject).await;
        let stranger = bridge.client(&bridge.token(&other, Scope::Write, Dialect::Compat).await);
        let mut users = Vec::new();
        for i in 0..20 {
            users.push((scim.user(&format!("u{i}@a.example")).await, format!("u{i}@a.example")));
        }
        let inner = scim.group("Inner", &[&users[3].0]).await;
        scim.group("Outer", &[&inner]).await;
        let hidden = bridge.user(&acme, "glass@a.example", "Admin", true).await;
        let nobody = UserId::fresh().to_string();
        for _ in 0..5 {
            let ask = |id: String, name: String, i: usize| {
                let (scim, stranger) = (scim.clone(), stranger.clone());
                async move {
                    let answer = scim.get(&format!("/Users/{id}")).await.expect(200);
                    assert_eq!((answer.id(), answer.json["userName"].as_str()), (id.clone(), Some(name.as_str())));
                    assert_eq!(answer.json["groups"].as_array().map_or(0, Vec::len), if i == 3 { 2 } else { 0 });
                    let bare = scim.get(&format!("/Users/{id}?attributes=userName")).await.expect(200);
                    assert!(bare.json.get("groups").is_none());
                    let found = scim.find("/Users", &format!("userName eq \"{}\"", name.to_uppercase()), "").await.expect(200);
                    assert_eq!((&found.json["totalResults"], &found.json["Resources"][0]), (&json!(1), &answer.json));
                    stranger.get(&format!("/Users/{id}")).await.expect(404);
                    let found = stranger.find("/Users", &format!("userName eq \"{name}\""), "").await.expect(200);
                    assert_eq!(found.json["totalResults"], 0);
                }
            };
            let asked = users.iter().enumerate().map(|(i, (id, name))| ask(id.clone(), name.clone(), i));
            let nobody = join_all([hidden.id.to_string(), nobody.clone()].map(|id| {
                let scim = scim.clone();
                async move { scim.get(&format!("/Users/{id}")).await.expect(404) }
            }));
            tokio::join!(join_all(asked), nobody);
        }
        let found = scim.find("/Users", "userName eq \"glass@a.example\"", "").await.expect(200);
        assert_eq!((&found.json["totalResults"], &found.json["itemsPerPage"]), (&json!(0), &json!(0)));
        let paged = scim.find("/Users", "userName eq \"u1@a.example\"", "&startIndex=2").await.expect(200);
        assert_eq!((&paged.json["totalResults"], &paged.json["itemsPerPage"]), (&json!(1), &json!(0)));
        let counted = scim.find("/Users", "userName eq \"u1@a.example\"", "&count=0").await.expect(200);
        assert_eq!((&counted.json["totalResults"], &counted.json["itemsPerPage"]), (&json!(1), &json!(0)));
        let cursor = scim.find("/Users", "userName eq \"u1@a.example\"", "&cursor=").await.expect(200);
        assert_eq!(cursor.json["totalResults"], 1);
        assert!(cursor.json.get("startIndex").is_none() && cursor.json.get("nextCursor").is_none());
    }

    async fn changes_that_share_a_transaction_see_each_other(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&acme, Scope::Write, Dialect::Compat).await);
        let mut users = Vec::new();
        for i in 0..8 {
            users.push(scim.user(&format!("u{i}@a.example")).await);
        }
        // Three changes of each user at once: whatever the order, each is made on top of the others.
        let changes = users.iter().flat_map(|id| {
            [json!({"active": false}), json!({"title": "Analyst"}), json!({"nickName": "Ada"})].map(|value| {
                let (scim, path) = (scim.clone(), format!("/Users/{id}"));
                async move { scim.patch(&path, json!([{"op": "replace", "value": value}])).await.expect(200) }
            })
        });
        join_all(changes).await;
        for id in &users {
            let user = scim.get(&format!("/Users/{id}")).await.expect(200).json;
            assert_eq!((&user["active"], &user["title"], &user["nickName"]), (&json!(false), &json!("Analyst"), &json!("Ada")));
            assert_eq!(user["meta"]["version"], "W/\"4\"");
        }
        assert_eq!(bridge.counters(&acme).await.0, 0);
        // A manager's new name is in the answer of whoever is changed right after.
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        scim.patch(&format!("/Users/{}", users[1]), json!([{"op": "add", "path": format!("{urn}:manager"), "value": {"value": users[0]}}])).await.expect(200);
        for round in 0..10 {
            let name = format!("Name {round}");
            scim.patch(&format!("/Users/{}", users[0]), json!([{"op": "replace", "path": "displayName", "value": name}])).await.expect(200);
            let report = scim.patch(&format!("/Users/{}", users[1]), json!([{"op": "replace", "path": "active", "value": round % 2 == 0}])).await.expect(200);
            assert_eq!(report.json[urn]["manager"]["displayName"], name.as_str());
        }
    }
}
