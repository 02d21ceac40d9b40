//! By hand and by SCIM, together: each field knows who keeps it, and nobody undoes the other without being told.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::support::{Api, Bridge, Scim, on_both};

async fn both(bridge: &Bridge, seats: i64) -> (Api, Scim) {
    let workspace = bridge.workspace("Acme", seats, SeatPolicy::Reject).await;
    let admin = bridge.admin(&workspace).await;
    (admin, bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await))
}

async fn provisioned(scim: &Scim) -> String {
    let body = json!({
        "userName": "anna@acme.example", "externalId": "e1", "displayName": "Anna Berg",
        "emails": [{"value": "anna@acme.example", "primary": true}],
    });
    scim.post("/Users", body).await.expect(201).id()
}

async fn shown(admin: &Api, user: &str, field: &str) -> Value {
    admin.get(&format!("/users/{user}")).await.expect(200).data()[field].clone()
}

fn set(path: &str, value: impl Into<Value>) -> Value {
    json!([{"op": "replace", "path": path, "value": value.into()}])
}

on_both! {
    async fn a_name_and_an_address_of_a_provider_are_changed_only_by_who_knows_and_stay_changed(db) {
        let bridge = db.bridge().await;
        let (admin, scim) = both(&bridge, 10).await;
        let user = provisioned(&scim).await;
        let url = format!("/users/{user}");
        assert_eq!(shown(&admin, &user, "is_provisioned").await, true);
        for change in [json!({"full_name": "Anna Klein"}), json!({"email": "klein@acme.example"})] {
            let refused = admin.put(&url, change.clone()).await.refused(409, "kept_elsewhere");
            assert!(refused.json["message"].as_str().unwrap().contains("identity provider"), "{}", refused.json);
            let mut meant = change;
            meant["overrule"] = json!(true);
            admin.put(&url, meant).await.expect(200);
        }
        // What is said as it is, is no change.
        admin.put(&url, json!({"full_name": "Anna Klein", "email": "klein@acme.example"})).await.expect(200);
        assert_eq!(shown(&admin, &user, "pinned").await, json!(["full_name", "email"]));
        // The next sync changes what the provider keeps, and sees what it wrote.
        scim.patch(&format!("/Users/{user}"), set("displayName", "Anna Berg-Klein")).await.expect(200);
        let seen = scim.patch(&format!("/Users/{user}"), set("title", "Lead")).await.expect(200);
        assert_eq!((&seen.json["displayName"], &seen.json["emails"][0]["value"]), (&json!("Anna Berg-Klein"), &json!("anna@acme.example")));
        assert_eq!((shown(&admin, &user, "full_name").await, shown(&admin, &user, "email").await), (json!("Anna Klein"), json!("klein@acme.example")));
        assert_eq!(admin.get("/users?search=klein@").await.data()["total"], 1);
        // The address is theirs: nobody else gets it.
        scim.post("/Users", json!({"userName": "klein@acme.example"})).await.expect_error(409, Some("uniqueness"));
        // Released, it is what the provider says now.
        admin.delete(&format!("{url}/pins/full_name")).await.expect(200);
        admin.delete(&format!("{url}/pins/email")).await.expect(200);
        assert_eq!((shown(&admin, &user, "full_name").await, shown(&admin, &user, "email").await), (json!("Anna Berg-Klein"), json!("anna@acme.example")));
        assert_eq!(shown(&admin, &user, "pinned").await, json!([]));
    }

    async fn an_address_that_somebody_else_has_meanwhile_is_not_released_into(db) {
        let bridge = db.bridge().await;
        let (admin, scim) = both(&bridge, 10).await;
        let user = provisioned(&scim).await;
        let url = format!("/users/{user}");
        scim.patch(&format!("/Users/{user}"), set("userName", "anna")).await.expect(200);
        admin.put(&url, json!({"email": "klein@acme.example", "overrule": true})).await.expect(200);
        let other = admin.user("anna@acme.example", None).await;
        admin.delete(&format!("{url}/pins/email")).await.refused(409, "duplicate");
        admin.delete(&format!("/users/{other}")).await.expect(200);
        admin.delete(&format!("{url}/pins/email")).await.expect(200);
    }

    async fn who_was_deactivated_by_hand_is_activated_by_hand_and_by_no_sync(db) {
        // C38
        let bridge = db.bridge().await;
        let (admin, scim) = both(&bridge, 10).await;
        let user = provisioned(&scim).await;
        admin.put(&format!("/users/{user}"), json!({"is_active": false})).await.expect(200);
        assert_eq!(scim.get(&format!("/Users/{user}")).await.json["active"], false);
        for answer in [
            scim.patch(&format!("/Users/{user}"), set("active", true)).await,
            scim.put(&format!("/Users/{user}"), json!({"userName": "anna@acme.example", "active": true})).await,
        ] {
            assert_eq!((answer.status, &answer.json["active"]), (200, &json!(false)));
        }
        // Okta's re-assignment, too.
        let back = scim.post("/Users", json!({"userName": "anna@acme.example", "externalId": "e1", "active": true})).await.expect(201);
        assert_eq!((back.id(), &back.json["active"]), (user.clone(), &json!(false)));
        // Deleted and made anew by the provider: the deactivation holds, under any of the old names.
        scim.delete(&format!("/Users/{user}")).await.expect(204);
        for (name, external) in [("anna@acme.example", "e9"), ("anna.berg@acme.example", "e1")] {
            let again = scim.post("/Users", json!({"userName": name, "externalId": external})).await.expect(201);
            assert_ne!(again.id(), user);
            assert_eq!(again.json["active"], false, "{name}");
            assert_eq!(shown(&admin, &again.id(), "pinned").await, json!(["active"]));
            scim.delete(&format!("/Users/{}", again.id())).await.expect(204);
        }
        let last = scim.post("/Users", json!({"userName": "anna@acme.example", "externalId": "e1"})).await.expect(201).id();
        admin.put(&format!("/users/{last}"), json!({"is_active": true})).await.expect(200);
        assert_eq!(scim.get(&format!("/Users/{last}")).await.json["active"], true);
        scim.delete(&format!("/Users/{last}")).await.expect(204);
        let free = scim.post("/Users", json!({"userName": "anna@acme.example", "externalId": "e1"})).await.expect(201);
        assert_eq!(free.json["active"], true);
    }

    async fn a_deactivation_by_hand_holds_whatever_its_owner_is_called_meanwhile(db) {
        // C38, and Entra ID's soft deletion, which renames before it deletes.
        let bridge = db.bridge().await;
        let (admin, scim) = both(&bridge, 20).await;
        let user = provisioned(&scim).await;
        admin.put(&format!("/users/{user}"), json!({"is_active": false})).await.expect(200);
        let anew = json!({"userName": "anna@acme.example", "externalId": "e2", "emails": [{"value": "anna@acme.example", "primary": true}]});
        // Put out of the way without being deleted.
        let aside = json!({"userName": "0123456789abcdef0123456789abcdefanna@acme.example", "externalId": "e1", "active": false});
        scim.put(&format!("/Users/{user}"), aside).await.expect(200);
        let second = scim.post("/Users", anew.clone()).await.expect(201);
        assert_eq!(second.json["active"], false);
        scim.delete(&format!("/Users/{}", second.id())).await.expect(204);
        scim.delete(&format!("/Users/{user}")).await.expect(204);
        let third = scim.post("/Users", anew.clone()).await.expect(201);
        assert_eq!(third.json["active"], false);
        // Activated by hand, every name of all of them is free.
        admin.put(&format!("/users/{}", third.id()), json!({"is_active": true})).await.expect(200);
        scim.delete(&format!("/Users/{}", third.id())).await.expect(204);
        for (name, external) in [("anna@acme.example", "e9"), ("other@acme.example", "e1"), ("third@acme.example", "e2")] {
            let free = scim.post("/Users", json!({"userName": name, "externalId": external})).await.expect(201);
            assert_eq!(free.json["active"], true, "{name}");
        }
        // Who is made by hand under a held name is meant to be there, also for the provider.
        let ben = scim.user("ben@acme.example").await;
        admin.put(&format!("/users/{ben}"), json!({"is_active": false})).await.expect(200);
        scim.delete(&format!("/Users/{ben}")).await.expect(204);
        let by_hand = admin.user("ben@acme.example", None).await;
        scim.delete(&format!("/Users/{by_hand}")).await.expect(204);
        let again = scim.post("/Users", json!({"userName": "ben@acme.example"})).await.expect(201);
        assert_eq!(again.json["active"], true);
    }

    async fn whom_the_provider_has_as_inactive_can_be_held_so_and_hears_no_new_version(db) {
        let bridge = db.bridge().await;
        let (admin, scim) = both(&bridge, 10).await;
        let user = provisioned(&scim).await;
        scim.patch(&format!("/Users/{user}"), set("active", false)).await.expect(200);
        admin.put(&format!("/users/{user}"), json!({"is_active": false})).await.expect(200);
        assert_eq!(shown(&admin, &user, "pinned").await, json!(["active"]));
        let before = scim.get(&format!("/Users/{user}")).await;
        let after = scim.patch(&format!("/Users/{user}"), set("active", true)).await.expect(200);
        assert_eq!((&after.json["active"], after.header("etag")), (&json!(false), before.header("etag")));
    }

    async fn a_hold_that_is_released_gives_what_the_provider_says_now(db) {
        let bridge = db.bridge().await;
        let (admin, scim) = both(&bridge, 10).await;
        let user = provisioned(&scim).await;
        let url = format!("/users/{user}");
        admin.put(&url, json!({"is_active": false})).await.expect(200);
        scim.patch(&format!("/Users/{user}"), set("active", false)).await.expect(200);
        admin.delete(&format!("{url}/pins/active")).await.expect(200);
        assert_eq!(shown(&admin, &user, "is_active").await, false);
        // Who was deactivated by the provider is activated by who knows; the provider's next word counts again.
        let refused = admin.put(&url, json!({"is_active": true})).await.refused(409, "kept_elsewhere");
        assert!(refused.json["message"].as_str().unwrap().contains("inactive"));
        admin.put(&url, json!({"is_active": true, "overrule": true})).await.expect(200);
        scim.patch(&format!("/Users/{user}"), set("active", false)).await.expect(200);
        assert_eq!(shown(&admin, &user, "is_active").await, false);
        scim.patch(&format!("/Users/{user}"), set("active", true)).await.expect(200);
        admin.put(&url, json!({"is_active": false})).await.expect(200);
        admin.delete(&format!("{url}/pins/active")).await.expect(200);
        assert_eq!(shown(&admin, &user, "is_active").await, true);
    }

    async fn what_a_provider_keeps_is_deleted_by_hand_only_by_who_knows(db) {
        let bridge = db.bridge().await;
        let (admin, scim) = both(&bridge, 10).await;
        let user = provisioned(&scim).await;
        admin.delete(&format!("/users/{user}")).await.refused(409, "kept_elsewhere");
        admin.delete(&format!("/users/{user}?overrule=true")).await.expect(200);
        scim.get(&format!("/Users/{user}")).await.expect_error(404, None);
        let own = admin.user("ben@acme.example", None).await;
        admin.delete(&format!("/users/{own}")).await.expect(200);
        admin.get(&format!("/users/{own}")).await.refused(404, "not_found");
    }

    async fn somebody_made_by_hand_belongs_to_the_provider_from_its_first_change_on(db) {
        let bridge = db.bridge().await;
        let (admin, scim) = both(&bridge, 10).await;
        let user = admin.user("anna@acme.example", None).await;
        admin.put(&format!("/users/{user}"), json!({"full_name": "Anna", "email": "a@acme.example"})).await.expect(200);
        assert_eq!(scim.get(&format!("/Users/{user}")).await.json["userName"], "a@acme.example");
        scim.patch(&format!("/Users/{user}"), set("externalId", "e1")).await.expect(200);
        assert_eq!(shown(&admin, &user, "is_provisioned").await, true);
        admin.put(&format!("/users/{user}"), json!({"full_name": "Other"})).await.refused(409, "kept_elsewhere");
    }

    async fn a_role_is_given_and_a_seat_taken_in_one_change_or_not_at_all(db) {
        let bridge = db.bridge().await;
        let (admin, scim) = both(&bridge, 2).await;
        let user = provisioned(&scim).await;
        admin.put(&format!("/users/{user}"), json!({"is_active": false})).await.expect(200);
        let other = admin.user("ben@acme.example", None).await;
        let manager = admin.role("Manager").await;
        let change = json!({"is_active": true, "role_id": manager, "overrule": true});
        admin.put(&format!("/users/{user}"), change.clone()).await.refused(403, "seat_limit");
        assert_eq!(admin.role_of(&user).await, "Agent");
        admin.delete(&format!("/users/{other}")).await.expect(200);
        admin.put(&format!("/users/{user}"), change).await.expect(200);
        assert_eq!((admin.role_of(&user).await, shown(&admin, &user, "is_active").await), ("Manager".into(), json!(true)));
    }
}
