//! Users over SCIM: made, read, replaced, deleted; what is unique, what is kept, what is never shown.

use aisoule_bridge::command::workspaces::UpdateWorkspace;
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::{audit, outbox};
use serde_json::{Value, json};

use crate::support::on_both;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const AISOULE: &str = "urn:aisoule:params:scim:schemas:extension:1.0:User";

/// RFC 7643 §8.2 and §8.3: every attribute that a client may write.
fn full_user() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE], "externalId": "701984", "userName": "bjensen@example.com",
        "name": {"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane",
                 "honorificPrefix": "Ms.", "honorificSuffix": "III"},
        "displayName": "Babs Jensen", "nickName": "Babs", "profileUrl": "https://login.example.com/bjensen",
        "emails": [{"value": "bjensen@example.com", "type": "work", "primary": true}, {"value": "babs@jensen.org", "type": "home"}],
        "addresses": [{"type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA",
                       "postalCode": "91608", "country": "US", "formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA", "primary": true}],
        "phoneNumbers": [{"value": "tel:555-555-5555", "type": "work"}, {"value": "tel:555-555-4444", "type": "mobile"}],
        "ims": [{"value": "someaimhandle", "type": "aim"}],
        "photos": [{"value": "https://photos.example.com/profilephoto/72930000000Ccne/F", "type": "photo"}],
        "userType": "Employee", "title": "Tour Guide", "preferredLanguage": "en-US", "locale": "en-US", "timezone": "America/Los_Angeles",
        "active": true, "entitlements": [{"value": "ent"}], "roles": [{"value": "guide", "primary": true}],
        "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx"}],
        ENTERPRISE: {"employeeNumber": "701984", "costCenter": "4130", "organization": "Universal Studios", "division": "Theme Park",
                     "department": "Tour Operations"}
    })
}

on_both! {
    async fn every_attribute_of_the_standard_comes_back_as_it_was_sent(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let made = scim.post("/Users", full_user()).await.expect(201);
        let id = made.id();
        assert_eq!(made.header("location"), Some(scim.url(&format!("/Users/{id}")).as_str()));
        assert_eq!(made.header("etag"), Some("W/\"1\""));
        assert_eq!(made.header("content-type"), Some("application/scim+json"));
        assert_eq!(made.json["meta"]["location"], scim.url(&format!("/Users/{id}")));
        assert_eq!(made.json["meta"]["resourceType"], "User");
        let read = scim.get(&format!("/Users/{id}")).await.expect(200);
        assert_eq!(read.json, made.json);
        let Value::Object(sent) = full_user() else { unreachable!() };
        for (name, value) in sent.into_iter().filter(|(name, _)| name != "schemas") {
            assert_eq!(read.json[&name], value, "{name}");
        }
        assert_eq!(read.json["schemas"], json!([USER, ENTERPRISE, AISOULE]));
        assert_eq!(read.json[AISOULE], json!({"role": "Agent", "roleSource": "default", "seat": "active"}));
    }

    async fn what_only_the_service_writes_is_ignored_and_what_is_unknown_is_not_kept(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let sent = json!({
            "userName": "mallory", "id": "00000000-0000-4000-8000-000000000000", "meta": {"version": "W/\"99\""}, "isAdmin": true,
            "groups": [{"value": "x"}], "password_hash": "x", "emailVerified": true, "tenant_id": "x", "urn:example:x": {"a": 1},
            AISOULE: {"role": "Admin", "seat": "overage"}
        });
        let made = scim.post("/Users", sent).await.expect(201);
        assert_ne!(made.id(), "00000000-0000-4000-8000-000000000000");
        assert_eq!(made.json[AISOULE]["role"], "Agent");
        let mut members: Vec<&String> = made.json.as_object().unwrap().keys().collect();
        members.sort();
        assert_eq!(members, ["active", "id", "meta", "schemas", AISOULE, "userName"]);
    }

    async fn a_name_is_unique_whatever_its_case_and_the_answer_says_which(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let first = json!({"userName": "Élodie@Example.com", "externalId": "e1", "emails": [{"value": "elodie@example.com"}]});
        scim.post("/Users", first).await.expect(201);
        for (second, attribute) in [
            (json!({"userName": "ÉLODIE@example.COM"}), "userName"),
            (json!({"userName": "e\u{301}lodie@example.com"}), "userName"),
            (json!({"userName": "other", "externalId": "e1"}), "externalId"),
            (json!({"userName": "other", "emails": [{"value": "ELODIE@example.com"}]}), "emails"),
        ] {
            let refused = scim.post("/Users", second).await.expect_error(409, Some("uniqueness"));
            assert!(refused.json["detail"].as_str().unwrap().contains(attribute), "{}", refused.json);
        }
        let other = scim.user("other").await;
        scim.put(&format!("/Users/{other}"), json!({"userName": "élodie@example.com"})).await.expect_error(409, Some("uniqueness"));
        assert_eq!(scim.get("/Users").await.json["totalResults"], 2);
    }

    // Row C34.
    async fn a_hundred_at_once_make_one_user(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let all = (0..100).map(|_| { let scim = scim.clone(); tokio::spawn(async move { scim.post("/Users", json!({"userName": "one"})).await.status }) });
        let mut statuses = Vec::new();
        for one in all.collect::<Vec<_>>() {
            statuses.push(one.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses.iter().filter(|status| **status == 409).count()), (201, 99));
        assert_eq!(bridge.counters(&workspace).await, (1, 1, 0, 0));
    }

    // Row C26.
    async fn a_put_clears_what_it_leaves_out_but_never_reactivates_or_unlinks(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let id = scim.post("/Users", full_user()).await.expect(201).id();
        let path = format!("/Users/{id}");
        scim.patch(&path, json!([{"op": "replace", "value": {"active": false}}])).await.expect(200);
        let put = scim.put(&path, json!({"schemas": [USER], "userName": "bjensen@example.com", "id": "x"})).await.expect(200);
        assert_eq!((&put.json["active"], &put.json["externalId"]), (&json!(false), &json!("701984")));
        assert!(put.json.get("emails").is_none() && put.json.get("name").is_none() && put.json.get(ENTERPRISE).is_none());
        assert_eq!(put.json["id"], id);
        let unlinked = scim.put(&path, json!({"userName": "bjensen@example.com", "externalId": null})).await.expect(200);
        assert!(unlinked.json.get("externalId").is_none());
    }

    // Rows C36 and C37.
    async fn who_leaves_frees_one_seat_and_comes_back_as_themselves_or_as_somebody_new(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 2, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let body = json!({"userName": "ann", "externalId": "1", "password": "hunter2-canary", "title": "x", "emails": [{"value": "ann@x.org"}]});
        let id = scim.post("/Users", body.clone()).await.expect(201).id();
        scim.user("other").await;
        let path = format!("/Users/{id}");
        let group = scim.group("g", &[&id]).await;
        let active = |active: bool| json!([{"op": "replace", "path": "active", "value": active}]);
        for _ in 0..2 {
            assert_eq!(scim.patch(&path, active(false)).await.expect(200).json["active"], false);
            assert_eq!(scim.get(&path).await.expect(200).json["active"], false);
            assert_eq!(bridge.counters(&workspace).await, (1, 2, 1, 0));
        }
        // Back again: the same id, the same groups and password, and a seat if there is one.
        let third = scim.user("third").await;
        scim.patch(&path, active(true)).await.expect_error(403, None);
        scim.delete(&format!("/Users/{third}")).await.expect(204);
        let back = scim.patch(&path, active(true)).await.expect(200).json;
        assert_eq!((&back["id"], &back["groups"][0]["value"], &back["title"]), (&json!(id), &json!(group), &json!("x")));
        assert_eq!(bridge.counters(&workspace).await, (2, 2, 1, 0));
        scim.patch(&path, active(false)).await.expect(200);
        scim.delete(&path).await.expect(204);
        for answer in [scim.get(&path).await, scim.patch(&path, active(true)).await, scim.put(&path, body.clone()).await, scim.delete(&path).await] {
            answer.expect_error(404, None);
        }
        assert_eq!(bridge.counters(&workspace).await, (1, 1, 1, 0));
        // A new user of the same name inherits nothing.
        let new = scim.post("/Users", json!({"userName": "ann", "externalId": "1"})).await.expect(201);
        assert!(new.id() != id && new.json.get("groups").is_none() && new.json.get("title").is_none() && new.json["meta"]["version"] == "W/\"1\"");
        assert!(scim.get(&format!("/Groups/{group}")).await.json.get("members").is_none());
    }

    // Row C40.
    async fn of_two_changes_of_one_version_exactly_one_is_made(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (user, other) = (scim.user("u").await, scim.user("o").await);
        let group = scim.group("g", &[]).await;
        for path in [format!("/Users/{user}"), format!("/Groups/{group}")] {
            for round in 0..10 {
                let tag = scim.get(&path).await.header("etag").unwrap().to_owned();
                let hands: Vec<_> = (0..6).map(|hand| { let (scim, path, other) = (scim.with("if-match", &tag), path.clone(), other.clone()); tokio::spawn(async move {
                    let name = format!("{round}-{hand}");
                    let answer = match (hand % 3, path.starts_with("/Users")) {
                        (0, _) => scim.patch(&path, json!([{"op": "replace", "path": "displayName", "value": name}])).await,
                        (1, true) => scim.put(&path, json!({"userName": "u", "displayName": name})).await,
                        (1, false) => scim.put(&path, json!({"displayName": name})).await,
                        (_, true) => scim.patch(&path, json!([{"op": "replace", "value": {"displayName": name}}])).await,
                        (_, false) => scim.patch(&path, json!([{"op": "replace", "path": "displayName", "value": name}, {"op": "add", "path": "members", "value": [{"value": other}]}])).await,
                    };
                    if answer.status != 200 { answer.clone().expect_error(412, None); }
                    (answer.status, name)
                }) }).collect();
                let mut won = Vec::new();
                for hand in hands {
                    let (status, name) = hand.await.unwrap();
                    won.extend((status == 200).then_some(name));
                }
                assert_eq!(won.len(), 1, "{path}");
                assert_eq!(scim.get(&path).await.json["displayName"], won[0].as_str());
            }
            for (name, value, status) in [("if-match", "*", 200), ("if-match", "W/\"1\"", 412), ("if-match", "W/\"1\", W/\"2\"", 412), ("if-match", "nonsense", 412), ("if-none-match", "*", 412)] {
                assert_eq!(scim.with(name, value).patch(&path, json!([{"op": "replace", "path": "externalId", "value": format!("{path}{value}")}])).await.status, status, "{name}: {value}");
            }
            scim.with("if-match", "W/\"1\"").delete(&path).await.expect_error(412, None);
            scim.with("if-match", "*").delete(&path).await.expect(204);
            scim.with("if-match", "*").delete(&path).await.expect_error(404, None);
        }
    }

    async fn a_version_guards_a_change(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = format!("/Users/{}", scim.user("v").await);
        let title = |title: &str| json!([{"op": "replace", "path": "title", "value": title}]);
        let second = scim.with("if-match", "W/\"1\"").patch(&path, title("a")).await.expect(200);
        assert_eq!(second.header("etag"), Some("W/\"2\""));
        scim.with("if-match", "W/\"1\"").patch(&path, title("b")).await.expect_error(412, None);
        scim.with("if-match", "\"foreign\"").patch(&path, title("b")).await.expect_error(412, None);
        scim.with("if-match", "*").patch(&path, title("c")).await.expect(200);
        scim.with("if-none-match", "*").patch(&path, title("d")).await.expect_error(412, None);
        scim.with("if-match", "W/\"1\"").delete(&path).await.expect_error(412, None);
        let current = scim.get(&path).await;
        let same = scim.with("if-none-match", current.header("etag").unwrap()).get(&path).await.expect(304);
        assert!(same.bytes.is_empty());
        let mut won = 0;
        let both = [title("x"), title("y")].map(|title| {
            let (scim, path) = (scim.with("if-match", current.header("etag").unwrap()), path.clone());
            tokio::spawn(async move { scim.patch(&path, title).await.status })
        });
        for one in both {
            won += usize::from(one.await.unwrap() == 200);
        }
        assert_eq!(won, 1);
    }

    async fn a_change_that_changes_nothing_leaves_no_trace(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let id = scim.post("/Users", full_user()).await.expect(201).id();
        let same = scim.put(&format!("/Users/{id}"), full_user()).await.expect(200);
        assert_eq!(same.header("etag"), Some("W/\"1\""));
    }

    async fn a_deleted_user_is_gone_their_name_is_free_and_nothing_is_inherited(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let id = scim.post("/Users", full_user()).await.expect(201).id();
        let report = scim.post("/Users", json!({"userName": "r", ENTERPRISE: {"manager": {"value": id}}})).await.expect(201);
        assert_eq!(report.json[ENTERPRISE]["manager"]["displayName"], "Babs Jensen");
        let group = scim.group("Support", &[&id]).await;
        let path = format!("/Users/{id}");
        scim.delete(&path).await.expect(204);
        for answer in [scim.get(&path).await, scim.delete(&path).await, scim.put(&path, full_user()).await] {
            answer.expect_error(404, None);
        }
        assert!(scim.get(&format!("/Groups/{group}")).await.json.get("members").is_none());
        assert!(scim.get(&format!("/Users/{}", report.id())).await.json.get(ENTERPRISE).is_none());
        assert_eq!(bridge.counters(&workspace).await, (1, 1, 1, 0));
        let again = scim.post("/Users", full_user()).await.expect(201);
        assert_ne!(again.id(), id);
        assert!(again.json.get("groups").is_none());
        assert_eq!(bridge.counters(&workspace).await, (2, 2, 1, 0));
    }

    async fn whatever_a_deletion_changes_has_it_in_its_own_trail(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let boss = scim.user("boss").await;
        scim.patch(&format!("/Users/{boss}"), json!([{"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": {"value": boss}}])).await.expect(200);
        let report = scim.post("/Users", json!({"userName": "r", "displayName": "Report", ENTERPRISE: {"manager": {"value": boss}}})).await.expect(201).id();
        let (inner, other) = (scim.group("Inner", &[&boss, &report]).await, scim.group("Other", &[&boss]).await);
        let outer = scim.group("Outer", &[&inner]).await;
        scim.delete(&format!("/Users/{boss}")).await.expect(204);
        scim.delete(&format!("/Groups/{inner}")).await.expect(204);
        let gone = |id: &str| json!({"members": {"added": [], "added_count": 0, "removed": [id], "removed_count": 1}});
        let unmanaged = json!({"manager": {"old": boss, "new": null}});
        let mut conn = bridge.app.store.read().await.unwrap();
        for (id, name, event, changes) in [
            (&inner, "Inner", "group.updated", gone(&boss)), (&other, "Other", "group.updated", gone(&boss)),
            (&outer, "Outer", "group.updated", gone(&inner)), (&report, "Report", "user.updated", unmanaged),
        ] {
            let trail = audit::of_subject(&mut conn, workspace.id, id).await.unwrap();
            let audited: Vec<_> = trail.iter().filter(|entry| entry.action == event).collect();
            assert_eq!(audited.len(), 1, "{name}: {trail:?}");
            assert_eq!((&audited[0].changes, audited[0].subject_name.as_str(), audited[0].actor_kind.as_str()), (&changes, name, "token"));
            let told = outbox::of_subject(&mut conn, workspace.id, id).await.unwrap();
            let told: Vec<_> = told.iter().filter(|entry| entry.event == event).collect();
            assert_eq!((told.len(), &told[0].payload), (1, &changes), "{name}: {told:?}");
            assert_eq!(told[0].at, audited[0].at);
        }
        // A manager of their own is deleted and not changed besides.
        let trail = audit::of_subject(&mut conn, workspace.id, &boss).await.unwrap();
        assert_eq!(trail.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["user.created", "user.updated", "user.deleted"]);
        drop(conn);
        // The report lost a manager, and then the last group.
        for (path, version) in [(format!("/Groups/{other}"), "W/\"2\""), (format!("/Groups/{outer}"), "W/\"2\""), (format!("/Users/{report}"), "W/\"3\"")] {
            assert_eq!(scim.get(&path).await.header("etag"), Some(version), "{path}");
        }
    }

    async fn a_version_never_hides_what_changed_elsewhere(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let boss = scim.post("/Users", json!({"userName": "boss", "displayName": "Boss"})).await.expect(201).id();
        let user = scim.post("/Users", json!({"userName": "u", "displayName": "U", ENTERPRISE: {"manager": {"value": boss}}})).await.expect(201).id();
        let group = scim.group("Support", &[&boss]).await;
        let (boss, user, group) = (format!("/Users/{boss}"), format!("/Users/{user}"), format!("/Groups/{group}"));
        let again = |path: String| { let scim = scim.clone(); async move {
            let tag = scim.get(&path).await.expect(200).header("etag").unwrap().to_owned();
            scim.with("if-none-match", &tag).get(&path).await
        } };
        let rename = |name: &str| json!([{"op": "replace", "path": "displayName", "value": name}]);
        let tags = [&boss, &user, &group].map(|path| { let (scim, path) = (scim.clone(), path.clone()); tokio::spawn(async move { scim.get(&path).await.header("etag").unwrap().to_owned() }) });
        let mut known = Vec::new();
        for tag in tags { known.push(tag.await.unwrap()); }
        scim.patch(&group, rename("Help")).await.expect(200);
        assert_eq!(scim.with("if-none-match", &known[0]).get(&boss).await.expect(200).json["groups"][0]["display"], "Help");
        let tag = scim.get(&group).await.header("etag").unwrap().to_owned();
        scim.patch(&boss, rename("Chief")).await.expect(200);
        assert_eq!(scim.with("if-none-match", &known[1]).get(&user).await.expect(200).json[ENTERPRISE]["manager"]["displayName"], "Chief");
        assert_eq!(scim.with("if-none-match", &tag).get(&group).await.expect(200).json["members"][0]["display"], "Chief");
        // What shows nothing of anybody else's, and what asks for any version at all, is still answered with 304.
        let manager = format!("{ENTERPRISE}:manager");
        for (path, status) in [
            (boss.clone(), 200), (format!("{boss}?attributes=groups.display"), 200), (format!("{boss}?attributes=userName"), 304), (format!("{boss}?excludedAttributes=groups"), 304),
            (user.clone(), 200), (format!("{user}?attributes={manager}.displayName"), 200), (format!("{user}?attributes={manager}.value"), 304),
            (format!("{user}?excludedAttributes={manager}"), 304), (format!("{user}?excludedAttributes={manager}.displayName"), 304),
            (group.clone(), 200), (format!("{group}?attributes=members"), 200), (format!("{group}?attributes=members.value"), 304), (format!("{group}?excludedAttributes=members"), 304),
        ] {
            assert_eq!(again(path.clone()).await.status, status, "{path}");
            assert_eq!(scim.with("if-none-match", "*").get(&path).await.status, 304, "{path}");
        }
        let known = scim.get(&boss).await.header("etag").unwrap().to_owned();
        scim.patch(&group, json!([{"op": "remove", "path": "members"}])).await.expect(200);
        assert_eq!(scim.with("if-none-match", &known).get(&boss).await.expect(200).json.get("groups"), None);
        assert_eq!((again(group).await.status, again(boss).await.status), (304, 304));
    }

    async fn who_leaves_their_last_group_has_a_new_version_whichever_way_they_left(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (anna, ben) = (scim.user("anna").await, scim.user("ben").await);
        let (one, two) = (format!("/Users/{anna}"), format!("/Users/{ben}"));
        let state = async |path: &str| {
            let user = scim.get(path).await.expect(200);
            (user.header("etag").unwrap().to_owned(), user.json["meta"]["lastModified"].as_str().unwrap().to_owned())
        };
        // Anna is also in a group that holds the other one; ben is in nothing else.
        let kept = scim.group("Kept", &[&anna]).await;
        let remove = |id: &str| json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]);
        for way in ["remove one", "remove all", "by value", "by filter", "put", "delete", "delete a nested one"] {
            let group = scim.group(way, &[&anna, &ben]).await;
            let path = format!("/Groups/{group}");
            if way == "delete a nested one" {
                scim.group("Outer", &[&group]).await;
            }
            let (before_one, before_two) = (state(&one).await, state(&two).await);
            match way {
                "remove one" => { scim.patch(&path, remove(&ben)).await.expect(200); }
                "remove all" => { scim.patch(&path, json!([{"op": "remove", "path": "members"}])).await.expect(200); }
                "by value" => { scim.patch(&path, json!([{"op": "remove", "path": "members", "value": [{"value": ben}]}])).await.expect(200); }
                "by filter" => { scim.patch(&path, json!([{"op": "remove", "path": "members[type eq \"User\"]"}])).await.expect(200); }
                "put" => { scim.put(&path, json!({"displayName": way, "members": [{"value": anna}]})).await.expect(200); }
                _ => { scim.delete(&path).await.expect(204); }
            }
            assert_eq!(state(&one).await, before_one, "{way}: anna is still in a group");
            let after = state(&two).await;
            assert!(after.0 != before_two.0 && after.1 != before_two.1, "{way}: {after:?}");
            let answer = scim.with("if-none-match", &before_two.0).get(&two).await.expect(200);
            assert_eq!(answer.json.get("groups"), None, "{way}");
            assert_eq!(scim.with("if-none-match", &after.0).get(&two).await.status, 304, "{way}");
            if !way.starts_with("delete") { scim.delete(&path).await.expect(204); }
        }
        // Who leaves and comes back in one request never left, and nobody is touched who is in the group no more and no less.
        let before = (state(&one).await, state(&two).await);
        let turn = json!([remove(&anna)[0], {"op": "add", "path": "members", "value": [{"value": anna}]}, remove(&ben)[0]]);
        scim.patch(&format!("/Groups/{kept}"), turn).await.expect(200);
        assert_eq!((state(&one).await, state(&two).await), before);
        // What depends on the version that was is refused.
        let group = scim.group("Last", &[&ben]).await;
        let before = state(&two).await;
        scim.patch(&format!("/Groups/{group}"), remove(&ben)).await.expect(200);
        let title = json!([{"op": "replace", "path": "title", "value": "T"}]);
        scim.with("if-match", &before.0).patch(&two, title.clone()).await.expect_error(412, None);
        scim.patch(&two, title).await.expect(200);
    }

    async fn a_post_with_the_same_external_id_brings_somebody_back(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let id = scim.post("/Users", full_user()).await.expect(201).id();
        scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        let mut renamed = full_user();
        renamed["userName"] = json!("barbara@example.com");
        let back = scim.post("/Users", renamed).await.expect(201);
        assert_eq!((back.id(), &back.json["active"], &back.json["userName"]), (id.clone(), &json!(true), &json!("barbara@example.com")));
        scim.post("/Users", full_user()).await.expect_error(409, Some("uniqueness"));
        assert_eq!(back.header("location"), Some(scim.url(&format!("/Users/{id}")).as_str()));
    }

    async fn attributes_are_shown_as_asked(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = format!("/Users/{}", scim.post("/Users", full_user()).await.expect(201).id());
        let keys = |json: &Value| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let some = scim.get(&format!("{path}?attributes=userName,name.givenName,emails.value,password,nonsense")).await.expect(200).json;
        assert_eq!(keys(&some), ["schemas", "id", "userName", "name", "emails"]);
        assert_eq!(some["name"], json!({"givenName": "Barbara"}));
        assert_eq!(some["emails"], json!([{"value": "bjensen@example.com"}, {"value": "babs@jensen.org"}]));
        let rest = scim.get(&format!("{path}?excludedAttributes=id,name,emails.type,{ENTERPRISE}")).await.expect(200).json;
        assert!(rest.get("id").is_some() && rest.get("name").is_none() && rest.get(ENTERPRISE).is_none());
        assert!(rest["emails"][0].get("type").is_none());
        let mut full = full_user();
        full["userName"] = json!("second");
        full["externalId"] = json!("2");
        full["emails"] = json!([]);
        let made = scim.post("/Users?attributes=userName", full).await.expect(201).json;
        assert_eq!(keys(&made), ["schemas", "id", "userName"]);
    }

    // RFC 7643 §7: canonicalValues are suggestions.
    async fn a_type_that_nobody_suggested_is_stored_and_found(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let id = scim.post("/Users", json!({"userName": "u", "emails": [{"value": "u@x.org", "type": "banana"}]})).await.expect(201).id();
        let path = format!("/Users/{id}");
        scim.patch(&path, json!([{"op": "add", "path": "phoneNumbers", "value": [{"value": "1", "type": "Kiwi"}]}])).await.expect(200);
        let read = scim.get(&path).await.json;
        assert_eq!((&read["emails"][0]["type"], &read["phoneNumbers"][0]["type"]), (&json!("banana"), &json!("Kiwi")));
        assert_eq!(scim.find("/Users", "emails[type eq \"banana\"]", "").await.expect(200).all("id"), [id]);
    }

    // Row C11.
    async fn a_password_is_hashed_and_shown_to_nobody(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let made = scim.post("/Users", json!({"userName": "p", "password": "hunter2-canary"})).await.expect(201);
        let path = format!("/Users/{}", made.id());
        let patched = scim.patch(&path, json!([{"op": "replace", "path": "password", "value": "hunter3-canary"}])).await.expect(200);
        let put = scim.put(&path, json!({"userName": "p", "password": "hunter4-canary"})).await.expect(200);
        let shown = [made, patched, put, scim.get(&format!("{path}?attributes=password")).await, scim.find("/Users", "password pr", "").await];
        shown[4].clone().expect_error(400, Some("invalidFilter"));
        bridge.app.journal.flush().await;
        let mut conn = bridge.app.store.read().await.unwrap();
        let id = shown[0].id();
        let trail = audit::of_subject(&mut conn, workspace.id, &id).await.unwrap();
        assert_eq!(trail.iter().filter(|entry| entry.action == "user.password_changed").count(), 2);
        let told = outbox::of_subject(&mut conn, workspace.id, &id).await.unwrap();
        let wanted = aisoule_bridge::store::request_log::Wanted { last: 100, ..Default::default() };
        let logged = aisoule_bridge::store::request_log::read(&mut conn, &wanted).await.unwrap();
        let everything = format!("{shown:?} {trail:?} {told:?} {logged:?}");
        assert!(!everything.contains("canary"), "{everything}");
        drop(conn);
        let refuse = UpdateWorkspace { id: workspace.id, plan: None, seats: None, seat_policy: None, scim_passwords: Some(false), audit_days: None };
        bridge.app.commands.execute(&Actor::operator(), refuse).await.unwrap();
        let refused = scim.post("/Users", json!({"userName": "q", "password": "hunter2-canary"})).await.expect_error(400, Some("invalidValue"));
        assert!(!String::from_utf8_lossy(&refused.bytes).contains("canary"));
    }

    async fn a_password_has_twelve_characters_and_is_never_taken_away(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = format!("/Users/{}", scim.post("/Users", json!({"userName": "p", "password": "twelve chars"})).await.expect(201).id());
        for short in ["", " ", "a", "eleven char", "ééééééééééé"] {
            for refused in [
                scim.post("/Users", json!({"userName": "q", "password": short})).await,
                scim.put(&path, json!({"userName": "p", "password": short})).await,
                scim.patch(&path, json!([{"op": "replace", "path": "password", "value": short}])).await,
                scim.patch(&path, json!([{"op": "add", "value": {"password": short}}])).await,
            ] {
                let refused = refused.expect_error(400, Some("invalidValue"));
                assert_eq!(refused.json["detail"], "password: a password has 12 characters or more.");
            }
        }
        scim.patch(&path, json!([{"op": "replace", "path": "password", "value": "zwölf äußere Öl"}])).await.expect(200);
        for removal in [
            json!({"op": "remove", "path": "password"}), json!({"op": "Remove", "path": "PASSWORD"}), json!({"op": "remove", "path": format!("{USER}:password")}),
            json!({"op": "remove", "path": "password", "value": "x"}), json!({"op": "replace", "path": "password", "value": null}),
        ] {
            let refused = scim.patch(&path, json!([{"op": "replace", "path": "title", "value": "T"}, removal])).await.expect_error(400, Some("mutability"));
            assert_eq!(refused.json["detail"], "Operation 2: password can be set, not removed.");
        }
        let read = scim.get(&path).await;
        assert_eq!((read.json.get("title"), scim.get("/Users").await.json["totalResults"].as_i64()), (None, Some(1)));
        scim.put(&path, json!({"userName": "p", "password": null})).await.expect(200);
    }

    async fn a_manager_is_a_user_of_the_same_workspace(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let elsewhere = bridge.workspace("Elsewhere", 5, SeatPolicy::Reject).await;
        let foreign = bridge.client(&bridge.token(&elsewhere, Scope::Write, Dialect::Compat).await).user("foreign").await;
        let boss = scim.post("/Users", json!({"userName": "boss", "displayName": "The Boss"})).await.expect(201).id();
        let with = |manager: Value| json!({"userName": "worker", ENTERPRISE: {"manager": manager}});
        let nobody = "00000000-0000-7000-8000-000000000000";
        let refusals = [scim.post("/Users", with(json!({"value": foreign}))).await, scim.post("/Users", with(json!({"value": nobody}))).await, scim.post("/Users", with(json!("not-an-id"))).await];
        for refusal in &refusals {
            refusal.clone().expect_error(400, Some("invalidValue"));
            assert_eq!(refusal.json, refusals[0].json, "a foreign id is told from no id");
        }
        let made = scim.post("/Users", with(json!({"value": boss, "displayName": "forged"}))).await.expect(201);
        let manager = json!({"value": boss, "$ref": scim.url(&format!("/Users/{boss}")), "displayName": "The Boss"});
        assert_eq!(made.json[ENTERPRISE]["manager"], manager);
        scim.patch(&format!("/Users/{boss}"), json!([{"op": "replace", "path": "displayName", "value": "Boss Two"}])).await.expect(200);
        let read = scim.get(&format!("/Users/{}", made.id())).await;
        assert_eq!(read.json[ENTERPRISE]["manager"]["displayName"], "Boss Two");
    }

    async fn a_protected_account_does_not_exist_for_providers(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let admin = bridge.user(&workspace, "root@acme.example", "Admin", true).await;
        let path = format!("/Users/{}", admin.id);
        assert_eq!(scim.get("/Users").await.json["totalResults"], 0);
        let never = scim.get("/Users/00000000-0000-7000-8000-000000000000").await;
        for answer in [scim.get(&path).await, scim.delete(&path).await, scim.put(&path, json!({"userName": "x"})).await, scim.patch(&path, json!([{"op": "remove", "path": "title"}])).await] {
            assert_eq!((answer.status, &answer.bytes), (404, &never.bytes));
        }
        scim.post("/Groups", json!({"displayName": "g", "members": [{"value": admin.id}]})).await.expect_error(400, Some("invalidValue"));
        scim.post("/Users", json!({"userName": "root@acme.example"})).await.expect(201);
        assert_eq!(bridge.counters(&workspace).await, (2, 1, 0, 0));
    }

    async fn the_last_admin_cannot_be_lost(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let only = bridge.user(&workspace, "a@acme.example", "admin", false).await;
        let path = format!("/Users/{}", only.id);
        scim.patch(&path, json!([{"op": "replace", "path": "active", "value": false}])).await.expect_error(403, None);
        scim.delete(&path).await.expect_error(403, None);
        assert_eq!(bridge.counters(&workspace).await, (1, 1, 0, 0));
        let second = bridge.user(&workspace, "b@acme.example", "admin", false).await;
        let both = [only.id, second.id].map(|id| {
            let scim = scim.clone();
            tokio::spawn(async move { scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": false}])).await.status })
        });
        let mut statuses = Vec::new();
        for one in both {
            statuses.push(one.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403]);
    }

    async fn values_that_cannot_be_are_refused_by_name_and_change_nothing(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for (body, attribute) in [
            (json!({}), "userName"), (json!({"userName": ""}), "userName"), (json!({"userName": "  "}), "userName"),
            (json!({"userName": 7}), "userName"), (json!({"userName": "x".repeat(256)}), "userName"),
            (json!({"userName": "u", "active": null}), "active"), (json!({"userName": "u", "active": 0}), "active"),
            (json!({"userName": "u", "active": "yes"}), "active"), (json!({"userName": "u", "active": {}}), "active"),
            (json!({"userName": "u", "active": []}), "active"),
            (json!({"userName": "u", "emails": [{"value": "a@b", "primary": true}, {"value": "c@d", "primary": true}]}), "emails"),
            (json!({"userName": "u", "emails": vec![json!({"value": "a@b"}); 1000]}), "emails"),
            (json!({"userName": "u", "name": "x"}), "name"), (json!({"userName": "u", "title": "x".repeat(5000)}), "title"),
            (json!({"userName": "\u{fdfa}".repeat(255)}), "userName"), (json!({"userName": "u", "externalId": "x".repeat(4000)}), "externalId"),
        ] {
            let refused = scim.post("/Users", body).await.expect_error(400, Some("invalidValue"));
            assert!(refused.json["detail"].as_str().unwrap().contains(attribute), "{attribute}: {}", refused.json);
        }
        for raw in ["", "{", "[]", "7", "{\"userName\":\"u\",\"USERNAME\":\"v\"}", "{\"userName\":\"u\"} x", "{\"userName\":\"\\ud800\"}", "{\"a\":1e400}"] {
            scim.send("POST", &scim.url("/Users"), raw.into()).await.expect_error(400, Some("invalidSyntax"));
        }
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(10));
        let deep = deep[..1_000_000].to_owned();
        scim.send("POST", &scim.url("/Users"), deep.into()).await.expect_error(400, Some("invalidSyntax"));
        scim.send("POST", &scim.url("/Users"), "{\"userName\":\"a\\u0000b\"}".into()).await.expect_error(400, Some("invalidValue"));
        scim.send("POST", &scim.url("/Users"), vec![b' '; 1_048_577]).await.expect_error(413, None);
        assert_eq!(scim.get("/Users").await.json["totalResults"], 0);
    }

    // Row C31.
    async fn unicode_names_are_stored_as_they_are_and_compared_by_their_fold(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for name in ["a\u{301}\u{302}".repeat(60), format!("a{}", "\u{301}".repeat(250)), "\u{202e}evil".into(), "👩‍👩‍👧‍👦 family".into(), "ŚWIĘTY".into(), "İstanbul".into(), "ß".into()] {
            let made = scim.post("/Users", json!({"userName": name})).await.expect(201);
            assert_eq!(made.json["userName"], name);
            let found = scim.find("/Users", &format!("userName eq {}", json!(name.to_lowercase())), "").await.expect(200);
            assert_eq!(found.json["totalResults"], 1, "{name}");
        }
        scim.post("/Users", json!({"userName": "SS"})).await.expect_error(409, Some("uniqueness"));
        // A thousand marks on one letter are too many characters; the same name in its other form is the same name.
        scim.post("/Users", json!({"userName": format!("b{}", "\u{301}".repeat(1_000))})).await.expect_error(400, Some("invalidValue"));
        let composed = scim.post("/Users", json!({"userName": "\u{e9}t\u{e9}"})).await.expect(201).id();
        scim.post("/Users", json!({"userName": "e\u{301}te\u{301}"})).await.expect_error(409, Some("uniqueness"));
        for filter in ["userName eq \"e\u{301}te\u{301}\"", "userName eq \"\u{c9}T\u{c9}\"", "userName sw \"e\u{301}t\""] {
            assert_eq!(scim.find("/Users", filter, "").await.expect(200).all("id"), [composed.clone()], "{filter}");
        }
    }
}
