//! Conversations of Microsoft Entra ID, replayed.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::support::on_both;

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn user(upn: &str, external_id: &str) -> Value {
    json!({
        "schemas": [CORE, ENTERPRISE], "externalId": external_id, "userName": upn, "active": true, "displayName": "lennay",
        "emails": [{"primary": true, "type": "work", "value": upn}], "meta": {"resourceType": "User"},
        "name": {"formatted": "Adrian Coronado", "familyName": "Coronado", "givenName": "Adrian"}, "roles": []
    })
}

on_both! {
    async fn a_person_is_provisioned_the_way_entra_speaks(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let probe = scim.find("/Users", "userName eq \"6f4ce5ac-0b7c-4b36-9d5d-d0dbd4f0a5aa\"", "").await.expect(200);
        assert_eq!(probe.json["totalResults"], 0);
        let id = scim.post("/Users", user("u@entra.example", "obj-1")).await.expect(201).id();
        let path = format!("/Users/{id}");
        assert_eq!(scim.find("/Users", "externalId eq \"obj-1\"", "").await.all("id"), [id.clone()]);
        let boss = scim.user("boss").await;
        let user = scim.patch(&path, json!([
            {"op": "Replace", "path": "displayName", "value": "Adrian C"},
            {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 555"},
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "new@entra.example"},
            {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": boss},
            {"op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "IT"},
            {"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "App.Role"},
            {"op": "Add", "value": {"name.givenName": "Ada", format!("{ENTERPRISE}:costCenter"): "7", "title": "Dr"}},
        ])).await.expect(200).json;
        assert_eq!(user["phoneNumbers"], json!([{"value": "+1 555", "type": "mobile"}]));
        assert_eq!(user["emails"][0]["value"], "new@entra.example");
        assert_eq!((&user[ENTERPRISE]["manager"]["value"], &user[ENTERPRISE]["department"], &user[ENTERPRISE]["costCenter"]), (&json!(boss), &json!("IT"), &json!("7")));
        assert_eq!(user["roles"], json!([{"value": "App.Role", "primary": true}]));
        assert_eq!((&user["name"]["givenName"], &user["name"]["familyName"], &user["title"]), (&json!("Ada"), &json!("Coronado"), &json!("Dr")));
        let user = scim.patch(&path, json!([{"op": "Remove", "path": format!("{ENTERPRISE}:manager")}])).await.expect(200).json;
        assert_eq!(user[ENTERPRISE].get("manager"), None);
        // "False" is false, in any spelling of Entra's.
        for (sent, active) in [(json!("False"), false), (json!("True"), true), (json!(false), false), (json!("true"), true), (json!("FALSE"), false)] {
            let user = scim.patch(&path, json!([{"op": "Replace", "path": "active", "value": sent}])).await.expect(200).json;
            assert_eq!(user["active"], active, "{sent}");
        }
        // Soft deletion is followed by a GET, which must find the user; hard deletion comes 30 days later.
        assert_eq!(scim.get(&path).await.expect(200).json["active"], false);
        scim.delete(&path).await.expect(204);
        assert_eq!(scim.find("/Users", "userName eq \"u@entra.example\"", "").await.json["totalResults"], 0);
    }

    // Row C25, and the rest of what Entra ID sends.
    async fn a_person_changes_the_way_entra_speaks(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let id = scim.post("/Users", user("Ada@Entra.example", "obj-1")).await.expect(201).id();
        let path = format!("/Users/{id}");
        // A lost 201: the second POST is a conflict, and the next look-up finds the user, whatever the case.
        scim.post("/Users", user("ada@entra.example", "obj-1")).await.expect_error(409, Some("uniqueness"));
        assert_eq!(scim.find("/Users", "userName eq \"ADA@entra.example\"", "").await.all("id"), [id.clone()]);
        // The name changes in its case, then in its value.
        for name in ["ada@entra.example", "ADA@entra.example", "ada.byron@entra.example"] {
            let user = scim.patch(&path, json!([{"op": "Replace", "path": "userName", "value": name}])).await.expect(200).json;
            assert_eq!((&user["userName"], &user["id"]), (&json!(name), &json!(id)));
        }
        // Elements that are not there yet are made with the type that the path names.
        let user = scim.patch(&path, json!([
            {"op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "1"}, {"op": "Replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "2"}, {"op": "Add", "path": "phoneNumbers[type eq \"fax\"].value", "value": "3"},
            {"op": "Replace", "path": "addresses[type eq \"work\"].locality", "value": "Oslo"}, {"op": "Replace", "path": "addresses[type eq \"work\"].country", "value": "NO"}, {"op": "Add", "path": "emails[type eq \"other\"].value", "value": "o@x.org"},
            {"op": "Replace", "path": "emails[type eq \"other\" and primary eq \"False\"].display", "value": "O"},
        ])).await.expect(200).json;
        assert_eq!(user["phoneNumbers"], json!([{"value": "1", "type": "work"}, {"value": "2", "type": "mobile"}, {"value": "3", "type": "fax"}]));
        assert_eq!(user["addresses"], json!([{"locality": "Oslo", "country": "NO", "type": "work"}]));
        assert_eq!(user["emails"][1]["value"], "o@x.org");
        // Twenty values in one call, and their removal by a value that names them.
        let many: Vec<Value> = (0..20).map(|i| json!({"value": format!("role-{i}"), "type": "WindowsAzureActiveDirectoryRole"})).collect();
        assert_eq!(scim.patch(&path, json!([{"op": "Add", "path": "roles", "value": many}])).await.expect(200).json["roles"].as_array().unwrap().len(), 20);
        let user = scim.patch(&path, json!([{"op": "Remove", "path": "roles", "value": [{"value": "role-3"}]}, {"op": "Remove", "path": "roles[value eq \"role-4\"]"}])).await.expect(200).json;
        assert_eq!(user["roles"].as_array().unwrap().len(), 18);
        // A manager by a bare id, in an object, and taken away in the ways in which it is.
        let boss = scim.user("boss").await;
        for value in [json!(boss), json!({"value": boss}), json!([{"value": boss}])] {
            let user = scim.patch(&path, json!([{"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": value}])).await.expect(200).json;
            assert_eq!(user[ENTERPRISE]["manager"]["value"], boss.as_str(), "{value}");
            let user = scim.patch(&path, json!([{"op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": ""}])).await.expect(200).json;
            assert_eq!(user[ENTERPRISE].get("manager"), None);
        }
        // "False" of anything that is true or false, in whatever way it is sent.
        for operations in [json!([{"op": "Replace", "path": "active", "value": "False"}]), json!([{"op": "Replace", "value": {"active": "False"}}]), json!([{"op": "Add", "path": "active", "value": [{"value": "False"}]}]), json!([{"op": "Replace", "path": format!("{CORE}:active"), "value": "False"}])] {
            assert_eq!(scim.patch(&path, operations.clone()).await.expect(200).json["active"], false, "{operations}");
            scim.patch(&path, json!([{"op": "Replace", "path": "active", "value": "True"}])).await.expect(200);
        }
        // The connection test by a random id, in each attribute that a mapping may match by.
        for attribute in ["userName", "externalId", "id", "emails[type eq \"work\"].value", "displayName"] {
            let none = scim.find("/Users", &format!("{attribute} eq \"6f4ce5ac-0b7c-4b36-9d5d-d0dbd4f0a5aa\""), "").await.expect(200).json;
            assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(0), &json!([])), "{attribute}");
        }
        let group = scim.group("Sales", &[&id, &boss]).await;
        let quiet = scim.get("/Groups?excludedAttributes=members&filter=displayName%20eq%20%22Sales%22").await.expect(200).json;
        assert!(quiet["totalResults"] == 1 && quiet["Resources"][0].get("members").is_none());
        // With its compatibility flag a removal names the member in its path.
        scim.patch(&format!("/Groups/{group}"), json!([{"op": "Remove", "path": format!("members[value eq \"{id}\"]")}])).await.expect(200);
        assert_eq!(scim.get(&format!("/Groups/{group}")).await.json["members"].as_array().unwrap().len(), 1);
    }

    async fn a_soft_deleted_person_frees_their_address_for_a_new_hire(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let old = scim.post("/Users", user("kim@entra.example", "obj-old")).await.expect(201).id();
        let tombstone = "0123456789abcdef0123456789abcdefkim@entra.example";
        let buried = scim.patch(&format!("/Users/{old}"), json!([
            {"op": "Replace", "path": "userName", "value": tombstone}, {"op": "Replace", "path": "active", "value": "False"},
        ])).await.expect(200).json;
        assert_eq!((&buried["active"], &buried["emails"][0]["value"]), (&json!(false), &json!("kim@entra.example")));
        let new = scim.post("/Users", user("kim@entra.example", "obj-new")).await.expect(201);
        assert_ne!(new.id(), old);
        assert_eq!(new.json.get("groups"), None);
    }

    async fn groups_are_filled_and_emptied_the_way_entra_speaks(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (a, b, c) = (scim.user("a").await, scim.user("b").await, scim.user("c").await);
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "externalId": "g-1", "displayName": "Sales", "meta": {"resourceType": "Group"}});
        let id = scim.post("/Groups", body).await.expect(201).id();
        let path = format!("/Groups/{id}");
        let quiet = scim.find("/Groups", "displayName eq \"sales\"", "&excludedAttributes=members").await.expect(200);
        assert_eq!(quiet.all("id"), [id.clone()]);
        let add = json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": a}, {"$ref": null, "value": b}, {"value": c}]}]);
        let answer = scim.patch(&path, add.clone()).await.expect(200);
        assert_eq!(answer.json["members"].as_array().unwrap().len(), 3, "a small group's answer shows them");
        let version = answer.header("etag").map(str::to_owned);
        assert_eq!(scim.patch(&path, add).await.expect(200).header("etag").map(str::to_owned), version, "adding again changes nothing");
        // A removal with a value removes that member only; never all.
        scim.patch(&path, json!([{"op": "Remove", "path": "members", "value": [{"value": a}]}])).await.expect(200);
        let member = |who: &str| format!("id eq \"{id}\" and members eq \"{who}\"");
        for (who, is_in) in [(&a, 0), (&b, 1), (&c, 1)] {
            let found = scim.find("/Groups", &member(who), "&excludedAttributes=members").await.expect(200);
            assert_eq!(found.json["totalResults"], is_in, "{who}");
        }
        scim.patch(&path, json!([{"op": "Remove", "path": "members", "value": []}])).await.expect(200);
        assert_eq!(scim.get(&path).await.json["members"].as_array().unwrap().len(), 2);
        let shown = scim.get(&format!("{path}?excludedAttributes=members")).await.expect(200).json;
        assert_eq!(shown.get("members"), None);
        let nobody = scim.find("/Groups", &member("6f4ce5ac-0b7c-4b36-9d5d-d0dbd4f0a5aa"), "").await.expect(200);
        assert_eq!(nobody.json["totalResults"], 0);
        // Removing without naming anybody empties the group, and says so in the standard.
        scim.patch(&path, json!([{"op": "Remove", "path": "members"}])).await.expect(200);
        assert_eq!(scim.get(&path).await.json.get("members"), None);
    }

    async fn a_parked_person_gets_the_next_seat_without_being_asked_for_again(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 1, SeatPolicy::Park).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let first = scim.post("/Users", user("a@x.org", "1")).await.expect(201).id();
        let parked = scim.post("/Users", user("b@x.org", "2")).await.expect(201);
        assert_eq!((&parked.json["active"], &parked.json["urn:aisoule:params:scim:schemas:extension:1.0:User"]["seat"]), (&json!(false), &json!("waiting")));
        let path = format!("/Users/{}", parked.id());
        // Something else of them changes, and they go on waiting.
        scim.patch(&path, json!([{"op": "Replace", "path": "title", "value": "x"}])).await.expect(200);
        scim.patch(&path, json!([{"op": "Replace", "path": "active", "value": "True"}])).await.expect(200);
        assert_eq!(bridge.counters(&workspace).await, (1, 2, 0, 1));
        scim.patch(&format!("/Users/{first}"), json!([{"op": "Replace", "path": "active", "value": "False"}])).await.expect(200);
        assert_eq!(scim.get(&path).await.json["active"], true);
        assert_eq!(bridge.counters(&workspace).await, (1, 2, 0, 0));
    }
}
