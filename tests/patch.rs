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
            (json!({"op": "remove", "path": "userName"}), "invalidValue"),
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
