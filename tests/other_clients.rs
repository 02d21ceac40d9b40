//! Conversations of other SCIM clients, replayed: authentik, rauthy, OneLogin, JumpCloud, PingOne.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::support::on_both;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

on_both! {
    async fn authentik_asks_what_is_offered_and_synchronises_the_whole_directory_again_and_again(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let config = scim.get("/ServiceProviderConfig").await.expect(200).json;
        assert_eq!((&config["patch"]["supported"], &config["bulk"]["supported"], &config["filter"]["supported"]), (&json!(true), &json!(true), &json!(true)));
        let person = |active: bool| json!({"schemas": [USER], "id": null, "externalId": "f3f5c5a6", "userName": "akadmin", "name": {"formatted": "Ak Admin", "givenName": "Ak", "familyName": "Admin"}, "displayName": "Ak Admin",
            "photos": [{"value": "data:image/svg+xml;base64,PHN2Zy8+", "type": "photo"}], "locale": null, "active": active, "emails": [{"value": "ak@example.org", "type": "other", "primary": true}], "groups": null, "nickName": null, "meta": null});
        let id = scim.post("/Users", person(true)).await.expect(201).id();
        let group = scim.post("/Groups", json!({"schemas": [GROUP], "displayName": "authentik Admins", "externalId": "b1d7", "members": null})).await.expect(201).id();
        let path = format!("/Groups/{group}");
        let members = async || scim.get(&path).await.expect(200).json["members"].as_array().map_or(0, Vec::len);
        // The hourly synchronisation repeats itself: nothing changes, and nothing is refused.
        let version = scim.get(&format!("/Users/{id}")).await.header("etag").map(str::to_owned);
        for _ in 0..3 {
            scim.put(&format!("/Users/{id}"), person(true)).await.expect(200);
            scim.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": id}]}])).await.expect(200);
            assert_eq!(members().await, 1);
        }
        assert_eq!(scim.get(&format!("/Users/{id}")).await.header("etag").map(str::to_owned), version);
        scim.patch(&path, json!([{"op": "replace", "path": null, "value": {"displayName": "Admins", "externalId": "b1d7"}}])).await.expect(200);
        assert_eq!(members().await, 1);
        // A removal names whom it removes in its value.
        let other = scim.user("other").await;
        scim.patch(&path, json!([{"op": "add", "path": "members", "value": [{"value": other}]}])).await.expect(200);
        scim.patch(&path, json!([{"op": "remove", "path": "members", "value": [{"value": id}]}])).await.expect(200);
        assert_eq!(scim.get(&path).await.json["members"][0]["value"], other);
        // Somebody deactivated there is deactivated here; a second POST of theirs, after a lost answer, is a conflict.
        assert_eq!(scim.put(&format!("/Users/{id}"), person(false)).await.expect(200).json["active"], false);
        assert_eq!(scim.put(&format!("/Users/{id}"), person(true)).await.expect(200).json["active"], true);
        scim.post("/Users", person(true)).await.expect_error(409, Some("uniqueness"));
        scim.delete(&format!("/Users/{id}")).await.expect(204);
        scim.delete(&format!("/Users/{id}")).await.expect_error(404, None);
    }

    async fn rauthy_looks_up_by_external_id_then_by_name_and_may_let_go_instead_of_deleting(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await.with("accept", "application/scim+json");
        // Somebody and a group that were there before rauthy came.
        let id = scim.user("ada@example.org").await;
        let group = scim.group("staff", &[]).await;
        for (endpoint, filter, found) in [("/Users", "externalId eq \"r-1\"", 0), ("/Users", "userName eq \"ada@example.org\"", 1), ("/Groups", "externalId eq \"rg-1\"", 0), ("/Groups", "displayName eq \"staff\"", 1)] {
            let answer = scim.find(endpoint, filter, "").await.expect(200).json;
            assert_eq!((&answer["totalResults"], answer["Resources"].as_array().map(Vec::len)), (&json!(found), Some(found)), "{filter}");
        }
        let put = |external_id: Value| json!({"schemas": [USER], "id": id, "externalId": external_id, "userName": "ada@example.org", "name": {"givenName": "Ada", "familyName": "Lovelace"}, "displayName": "Ada Lovelace",
            "preferredLanguage": "en", "active": true, "emails": [{"value": "ada@example.org", "primary": true}]});
        let linked = scim.put(&format!("/Users/{id}"), put(json!("r-1"))).await.expect(200).json;
        assert_eq!((&linked["externalId"], &linked["id"]), (&json!("r-1"), &json!(id)));
        // Its PATCH of a group is one operation without a path.
        let update = |external_id: Value| json!({"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"displayName": "staff", "externalId": external_id}}]});
        let path = format!("/Groups/{group}");
        let sent = async |body: Value| scim.send("PATCH", &scim.url(&path), body.to_string().into()).await.expect(200).json;
        assert_eq!(sent(update(json!("rg-1"))).await["externalId"], "rg-1");
        sent(json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": [{"value": id, "display": "ada@example.org"}]}]})).await;
        assert_eq!(scim.get(&format!("/Users/{id}")).await.json["groups"][0]["display"], "staff");
        // Letting go: the link is cut, and the person and the group stay what they were.
        sent(json!({"schemas": [PATCH], "Operations": [{"op": "remove", "path": "members", "value": [{"value": id}]}]})).await;
        let left = scim.put(&format!("/Users/{id}"), put(Value::Null)).await.expect(200).json;
        assert_eq!((left.get("externalId"), &left["active"], left.get("groups")), (None, &json!(true), None));
        let left = sent(update(Value::Null)).await;
        assert_eq!((left.get("externalId"), &left["displayName"]), (None, &json!("staff")));
        assert_eq!(scim.find("/Users", "externalId eq \"r-1\"", "").await.json["totalResults"], 0);
    }

    async fn onelogin_jumpcloud_and_pingone_put_whole_users(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        // Extensions that nobody advertised, schemas in any order, attributes of their own: taken, and not kept.
        let okta = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let made = scim.post("/Users", json!({"schemas": ["urn:scim:schemas:extension:onelogin:1.0", okta, "urn:jumpcloud:scim:1.0:User", USER], "userName": "jim@example.org", "active": true, "urn:jumpcloud:scim:1.0:User": {"ldap": true},
            "urn:scim:schemas:extension:onelogin:1.0": [1, {"x": "y"}], "jobTitle": "Agent", "emails": [{"value": "jim@example.org", "type": "work", "primary": true, "verified": true}], "name": {"givenName": "Jim", "nick": "J"}})).await.expect(201);
        assert_eq!(made.json["schemas"], json!([USER, "urn:aisoule:params:scim:schemas:extension:1.0:User"]));
        assert_eq!((&made.json["name"], &made.json["emails"]), (&json!({"givenName": "Jim"}), &json!([{"value": "jim@example.org", "type": "work", "primary": true}])));
        assert!(!made.json.to_string().contains("onelogin") && !made.json.to_string().contains("jobTitle"));
        scim.post("/Users", json!({"schemas": ["urn:scim:schemas:extension:onelogin:1.0"], "userName": "jo@example.org"})).await.expect(201);
        let path = format!("/Users/{}", made.id());
        let put = |active: Option<Value>| {
            let mut body = json!({"schemas": [USER], "userName": "jim@example.org", "name": {"givenName": "Jim", "familyName": "Beam"}, "emails": [{"value": "jim@example.org", "primary": true}]});
            if let Some(active) = active {
                body["active"] = active;
            }
            body
        };
        // Row C26: `active` in a PUT is heeded, and its absence changes nothing, on either side.
        for (sent, active) in [(None, true), (Some(json!(false)), false), (None, false), (None, false), (Some(json!("True")), true), (None, true)] {
            assert_eq!(scim.put(&path, put(sent.clone())).await.expect(200).json["active"], active, "{sent:?}");
        }
        scim.put(&path, put(Some(json!(false)))).await.expect(200);
        assert_eq!(bridge.counters(&workspace).await, (1, 2, 0, 0));
        // JumpCloud's groups: PUT with everybody in them.
        let group = scim.post("/Groups", json!({"schemas": [GROUP], "displayName": "All", "members": []})).await.expect(201).id();
        let all = json!({"schemas": [GROUP], "id": group, "displayName": "All", "members": [{"value": made.id()}]});
        for _ in 0..2 {
            assert_eq!(scim.put(&format!("/Groups/{group}"), all.clone()).await.expect(200).json["members"].as_array().unwrap().len(), 1);
        }
        // PingOne asks for a page of one, and for a user by name with more parameters than anybody knows.
        assert_eq!(scim.get("/Users?count=1&startIndex=1&_cacheBust=1").await.expect(200).json["itemsPerPage"], 1);
        assert_eq!(scim.find("/Users", "userName Eq \"JIM@example.org\"", "&environment=x").await.expect(200).all("id"), [made.id()]);
    }
}
