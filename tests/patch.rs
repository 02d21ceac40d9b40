//! PATCH over HTTP: atomicity, the strict profile, answers without a body. The examples of the standard: `rfc7644.rs`.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::json;

use crate::support::{Scim, on_both};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn babs(scim: &Scim) -> String {
    let body = json!({
        "userName": "bjensen", "nickName": "Babs", "title": "Guide", "name": {"familyName": "Jensen", "givenName": "Barbara"},
        "emails": [{"value": "babs@jensen.org", "type": "home", "primary": true}, {"value": "bjensen@example.com", "type": "work"}],
        "addresses": [{"type": "work", "locality": "Hollywood", "country": "US"}, {"type": "home", "locality": "Hollywood", "country": "US"}],
    });
    format!("/Users/{}", scim.post("/Users", body).await.expect(201).id())
}

on_both! {
    async fn all_operations_are_done_or_none(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = babs(&scim).await;
        let before = scim.get(&path).await.json;
        let good = json!({"op": "replace", "path": "title", "value": "x"});
        for (bad, scim_type) in [
            (json!({"op": "replace", "path": "userName", "value": 7}), "invalidValue"),
            (json!({"op": "remove", "path": "userName"}), "mutability"),
            (json!({"op": "replace", "path": "userName", "value": " "}), "invalidValue"),
            (json!({"op": "remove"}), "noTarget"),
            (json!({"op": "replace", "path": "nonsense", "value": 1}), "invalidPath"),
            (json!({"op": "replace", "path": "emails[", "value": 1}), "invalidFilter"),
            (json!({"op": "replace", "path": "id", "value": "x"}), "mutability"),
            (json!({"op": "replace", "path": "groups", "value": []}), "mutability"),
            (json!({"op": "add", "path": "meta.version", "value": "x"}), "mutability"),
            (json!({"op": "replace", "path": "urn:aisoule:params:scim:schemas:extension:1.0:User:role", "value": "Admin"}), "mutability"),
            (json!({"op": "replace", "path": "emails[type eq \"x\" or type eq \"y\"].value", "value": "a@b"}), "noTarget"),
            (json!({"op": "move", "path": "title"}), "invalidSyntax"),
            (json!({"op": "add", "path": "title"}), "invalidValue"),
            (json!({"op": "replace", "value": {"active": null}}), "invalidValue"),
        ] {
            scim.patch(&path, json!([good, good, bad])).await.expect_error(400, Some(scim_type));
            assert_eq!(scim.get(&path).await.json, before, "{bad}");
        }
        scim.patch(&path, json!(vec![good.clone(); 1001])).await.expect_error(413, None);
        scim.patch(&path, json!([])).await.expect_error(400, Some("invalidSyntax"));
        scim.post(&path, json!({})).await.expect_error(405, None);
    }

    async fn what_is_required_is_replaced_and_never_taken_away(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (user, group) = (babs(&scim).await, format!("/Groups/{}", scim.group("Support", &[]).await));
        for (path, name) in [(&user, "userName"), (&group, "displayName")] {
            for operation in [
                json!({"op": "remove", "path": name}), json!({"op": "replace", "path": name, "value": null}), json!({"op": "replace", "value": {name: null}}),
                json!({"op": "add", "value": {name: null}}), json!({"op": "replace", "path": name, "value": []}),
            ] {
                let refused = scim.patch(path, json!([operation])).await.expect_error(400, Some("mutability"));
                assert_eq!(refused.json["detail"], format!("{name} is required."), "{operation}");
            }
            scim.patch(path, json!([{"op": "remove", "path": name}, {"op": "add", "path": name, "value": "again"}])).await.expect(200);
            assert_eq!(scim.get(path).await.json[name], "again");
            // A resource that is sent whole lacks it: nothing is taken away there.
            scim.put(path, json!({})).await.expect_error(400, Some("invalidValue"));
        }
        scim.post("/Users", json!({"title": "x"})).await.expect_error(400, Some("invalidValue"));
        scim.post("/Groups", json!({"externalId": "x"})).await.expect_error(400, Some("invalidValue"));
    }

    async fn a_primary_element_made_by_a_filter_takes_that_from_the_old_one(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = babs(&scim).await;
        let home = |primary: bool| json!({"value": "babs@jensen.org", "type": "home", "primary": primary});
        let user = scim.patch(&path, json!([{"op": "remove", "path": "emails[type eq \"work\"]"}])).await.expect(200).json;
        assert_eq!(user["emails"], json!([home(true)]));
        for (op, filter, value, made) in [
            ("replace", "type eq \"work\" and primary eq true].value", json!("w@example.com"), json!({"value": "w@example.com", "type": "work", "primary": true})),
            ("add", "type eq \"work\" and primary eq true]", json!({"value": "x@example.com"}), json!({"value": "x@example.com", "type": "work", "primary": true})),
            ("add", "type eq \"other\"]", json!({"value": "o@example.com", "primary": true}), json!({"value": "o@example.com", "type": "other", "primary": true})),
        ] {
            let user = scim.patch(&path, json!([{"op": op, "path": format!("emails[{filter}"), "value": value}])).await.expect(200).json;
            assert_eq!(user["emails"], json!([home(false), made]), "{filter}");
            scim.patch(&path, json!([{"op": "replace", "path": "emails", "value": [home(true)]}])).await.expect(200);
        }
        // Who is made as one that is not primary takes nothing.
        let not = json!([{"op": "add", "path": "emails[type eq \"work\" and primary eq true]", "value": {"value": "n@example.com", "primary": false}}]);
        assert_eq!(scim.patch(&path, not).await.expect(200).json["emails"][0], home(true));
    }

    async fn a_strict_token_takes_the_standard_and_nothing_else(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Interop).await);
        let core = "urn:ietf:params:scim:schemas:core:2.0:User";
        let path = format!("/Users/{}", scim.post("/Users", json!({"schemas": [core], "userName": "s"})).await.expect(201).id());
        scim.post("/Users", json!({"userName": "t"})).await.expect_error(400, Some("invalidSyntax"));
        scim.patch(&path, json!([{"op": "replace", "value": {"active": false}}])).await.expect_error(400, Some("invalidPath"));
        scim.patch(&path, json!([{"op": "Replace", "path": "active", "value": false}])).await.expect_error(400, Some("invalidSyntax"));
        scim.patch(&path, json!([{"op": "replace", "path": "active", "value": "False"}])).await.expect_error(400, Some("invalidValue"));
        scim.patch(&path, json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@b"}])).await.expect_error(400, Some("noTarget"));
        scim.patch(&path, json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        scim.delete(&path).await.expect(204);
        scim.get(&path).await.expect_error(404, None);
    }

    async fn who_asks_for_no_body_gets_none(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = babs(&scim).await;
        let brief = scim.with("prefer", "return=minimal");
        let answer = brief.patch(&path, json!([{"op": "add", "path": "title", "value": "x"}])).await.expect(204);
        assert_eq!((answer.header("preference-applied"), answer.header("etag")), (Some("return=minimal"), Some("W/\"2\"")));
        let group = scim.group("g", &[]).await;
        brief.patch(&format!("/Groups/{group}"), json!([{"op": "replace", "path": "displayName", "value": "h"}])).await.expect(204);
    }

    async fn an_extension_is_changed_as_a_whole_and_in_parts(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = babs(&scim).await;
        let user = scim.patch(&path, json!([{"op": "add", "path": ENTERPRISE, "value": {"department": "Tours", "costCenter": "1"}}])).await.expect(200).json;
        assert_eq!(user[ENTERPRISE], json!({"costCenter": "1", "department": "Tours"}));
        let user = scim.patch(&path, json!([{"op": "remove", "path": format!("{ENTERPRISE}:costCenter")}])).await.expect(200).json;
        assert_eq!(user[ENTERPRISE], json!({"department": "Tours"}));
        let user = scim.patch(&path, json!([{"op": "remove", "path": ENTERPRISE}])).await.expect(200).json;
        assert_eq!(user.get(ENTERPRISE), None);
    }
}
