//! The standards beside RFC 7644 that the bridge holds on to: RFC 9865 (cursors), the interoperability profile for SCIM,
//! and the SCIM profile of the OpenID IPSIE working group.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Bridge, Scim, on_both};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

async fn strict(bridge: &Bridge) -> Scim {
    let workspace = bridge.workspace("Strict", 1_000, SeatPolicy::Reject).await;
    bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Interop).await)
}

async fn user(scim: &Scim, name: &str) -> String {
    scim.post("/Users", json!({"schemas": [USER], "userName": name})).await.expect(201).id()
}

on_both! {
    async fn rfc9865_pages_follow_each_other_by_cursor(db) {
        let bridge = db.bridge().await;
        let scim = strict(&bridge).await;
        for i in 0..5 {
            user(&scim, &format!("u{i}")).await;
        }
        // §4: what is offered is told.
        let offered = scim.get("/ServiceProviderConfig").await.expect(200).json["pagination"].clone();
        assert_eq!((&offered["cursor"], &offered["index"], &offered["defaultPaginationMethod"]), (&json!(true), &json!(true), &json!("index")));
        assert!(["defaultPageSize", "maxPageSize", "cursorTimeout"].iter().all(|name| offered[*name].is_u64()), "{offered}");
        // §2: `cursor` without a value begins; a page with a next one names it, the last does not; there is no startIndex.
        for first in ["/Users?cursor&count=2", "/Users?cursor=&count=2"] {
            let page = scim.get(first).await.expect(200);
            assert_eq!((page.all("userName"), &page.json["itemsPerPage"], page.json.get("startIndex")), (vec!["u0".to_owned(), "u1".into()], &json!(2), None));
            let next = page.json["nextCursor"].as_str().unwrap();
            assert!(next.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)), "a cursor needs no escapes: {next}");
            let page = scim.get(&format!("/Users?cursor={next}&count=2")).await.expect(200);
            assert_eq!(page.all("userName"), ["u2", "u3"]);
            // §2.2: the count may change from page to page.
            let last = scim.get(&format!("/Users?cursor={}&count=100", page.json["nextCursor"].as_str().unwrap())).await.expect(200);
            assert_eq!((last.all("userName"), last.json.get("nextCursor"), &last.json["totalResults"]), (vec!["u4".to_owned()], None, &json!(5)));
        }
        // §2.4: the same by POST.
        let search = |cursor: &str| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName sw \"u\"", "sortBy": "userName", "cursor": cursor, "count": 3});
        let page = scim.post("/Users/.search", search("")).await.expect(200);
        let rest = scim.post("/Users/.search", search(page.json["nextCursor"].as_str().unwrap())).await.expect(200);
        assert_eq!((page.all("userName").len(), rest.all("userName")), (3, vec!["u3".to_owned(), "u4".into()]));
        // §2.1: the errors.
        let cursor = scim.get("/Users?cursor&count=2").await.json["nextCursor"].as_str().unwrap().to_owned();
        scim.get("/Users?cursor=made-up").await.expect_error(400, Some("invalidCursor"));
        scim.get("/Users?cursor&count=1000000").await.expect_error(400, Some("invalidCount"));
        scim.get(&format!("/Users?cursor={cursor}&startIndex=1")).await.expect_error(400, Some("invalidCursor"));
        bridge.later(TimeDelta::seconds(offered["cursorTimeout"].as_i64().unwrap() + 5));
        scim.get(&format!("/Users?cursor={cursor}")).await.expect_error(400, Some("expiredCursor"));
        // Nobody on it: an empty page, and no next one.
        let none = scim.find("/Users", "userName eq \"nobody\"", "&cursor=").await.expect(200).json;
        assert_eq!((&none["totalResults"], none.get("nextCursor"), &none["Resources"]), (&json!(0), None, &json!([])));
    }

    async fn the_interoperability_profile_is_kept_to_the_letter(db) {
        let bridge = db.bridge().await;
        let scim = strict(&bridge).await;
        // Bodies name their schemas.
        scim.post("/Users", json!({"userName": "x"})).await.expect_error(400, Some("invalidSyntax"));
        scim.post("/Groups", json!({"displayName": "x"})).await.expect_error(400, Some("invalidSyntax"));
        scim.post("/Users/.search", json!({"filter": "userName pr"})).await.expect_error(400, Some("invalidSyntax"));
        let path = format!("/Users/{}", user(&scim, "u").await);
        // Every operation of a PATCH has a path, is spelled small, and carries values of the right type.
        for (operation, scim_type) in [
            (json!({"op": "replace", "value": {"title": "x"}}), "invalidPath"), (json!({"op": "add", "path": "", "value": {"title": "x"}}), "invalidPath"), (json!({"op": "Replace", "path": "title", "value": "x"}), "invalidSyntax"),
            (json!({"op": "replace", "path": "active", "value": "true"}), "invalidValue"), (json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@x"}), "noTarget"),
            (json!({"op": "remove", "path": "emails", "value": [{"value": 7}]}), "invalidValue"),
        ] {
            scim.patch(&path, json!([operation])).await.expect_error(400, Some(scim_type));
        }
        assert_eq!(scim.patch(&path, json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200).json["active"], false);
        scim.find("/Users", "active eq \"true\"", "").await.expect_error(400, Some("invalidFilter"));
        // A page has a hundred resources and more.
        for i in 0..120 {
            user(&scim, &format!("n{i}")).await;
        }
        assert_eq!(scim.get("/Users?count=120").await.expect(200).all("id").len(), 120);
        assert_eq!(scim.get("/Users?count=100&startIndex=101").await.expect(200).json["itemsPerPage"], 21);
        // What is deleted is gone: from reading, from lists, from groups.
        let group = scim.post("/Groups", json!({"schemas": [GROUP], "displayName": "g", "members": [{"value": path.rsplit('/').next().unwrap()}]})).await.expect(201).id();
        scim.delete(&path).await.expect(204);
        scim.get(&path).await.expect_error(404, None);
        assert_eq!(scim.find("/Users", "userName eq \"u\"", "").await.json["totalResults"], 0);
        assert!(scim.get(&format!("/Groups/{group}")).await.json.get("members").is_none());
    }

    async fn the_filters_of_the_ipsie_profile_find_whom_they_should(db) {
        let bridge = db.bridge().await;
        let scim = strict(&bridge).await;
        let body = |name: &str| json!({"schemas": [USER], "userName": name, "externalId": format!("ext-{name}"), "displayName": format!("Display {name}"),
            "emails": [{"value": format!("{name}@work.org"), "type": "work", "primary": true}, {"value": format!("{name}@home.org"), "type": "home"}]});
        let anna = scim.post("/Users", body("anna")).await.expect(201).id();
        let ben = scim.post("/Users", body("ben")).await.expect(201).id();
        for (filter, found) in [
            ("userName eq \"ANNA\"", vec![&anna]), ("externalId eq \"ext-ben\"", vec![&ben]), ("externalId eq \"EXT-BEN\"", vec![]), ("emails[value eq \"anna@work.org\"]", vec![&anna]), ("emails.value eq \"ben@home.org\"", vec![&ben]),
            ("emails[type eq \"work\" and value eq \"anna@work.org\"]", vec![&anna]), ("emails[type eq \"work\" and value eq \"anna@home.org\"]", vec![]), ("displayName eq \"display ben\"", vec![&ben]), ("active eq true and userName sw \"a\"", vec![&anna]),
        ] {
            assert_eq!(scim.find("/Users", filter, "").await.expect(200).all("id").iter().collect::<Vec<_>>(), found, "{filter}");
        }
        let group = scim.post("/Groups", json!({"schemas": [GROUP], "displayName": "Team", "externalId": "t", "members": [{"value": anna}]})).await.expect(201).id();
        for (filter, found) in [(format!("members[value eq \"{anna}\"]"), 1), (format!("members[value eq \"{ben}\"]"), 0), (format!("members.value eq \"{anna}\""), 1), ("displayName eq \"TEAM\"".into(), 1), ("externalId eq \"t\"".into(), 1), (format!("id eq \"{group}\" and members[value eq \"{anna}\" and type eq \"User\"]"), 1)] {
            assert_eq!(scim.find("/Groups", &filter, "").await.expect(200).json["totalResults"], found, "{filter}");
        }
        // Bulk is offered, and one request of it does what many would.
        let operations: Vec<Value> = (0..25).map(|i| json!({"method": "POST", "path": "/Users", "bulkId": i.to_string(), "data": {"schemas": [USER], "userName": format!("bulk-{i}")}})).collect();
        let done = scim.post("/Bulk", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations})).await.expect(200).json;
        assert!(done["Operations"].as_array().unwrap().iter().all(|one| one["status"] == "201"), "{done}");
    }
}
