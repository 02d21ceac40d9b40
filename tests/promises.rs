//! What AIsoule promises about users, each promise a test, as its customers would meet it: over HTTP.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::UserId;
use serde_json::{Value, json};

use crate::support::{Api, Bridge, Scim, on_both};

/// A workspace with so many seats, a protected Admin's key (who takes one of them) and a provider's token.
async fn workspace(
    bridge: &Bridge,
    seats: i64,
    policy: SeatPolicy,
) -> (aisoule_bridge::domain::workspace::Workspace, Api, Scim) {
    let workspace = bridge.workspace("Acme", seats, policy).await;
    let admin = bridge.admin(&workspace).await;
    let token = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
    let scim = bridge.client(&token);
    (workspace, admin, scim)
}

fn id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

on_both! {
    async fn new_user_has_a_name_a_unique_email_a_password_and_a_role(db) {
        let bridge = db.bridge().await;
        let (workspace, admin, _) = workspace(&bridge, 10, SeatPolicy::Reject).await;
        let agent = admin.role("Agent").await;
        let new = json!({"email": "Anna@Acme.example", "full_name": "Anna Berg", "password": "correct horse battery", "role_id": agent});
        let made = admin.post("/users", new.clone()).await.expect(201);
        let user = made.data();
        assert_eq!((&user["email"], &user["full_name"], &user["role_id"]), (&json!("Anna@Acme.example"), &json!("Anna Berg"), &json!(agent)));
        assert_eq!(user["role"], json!({"id": agent, "name": "Agent", "is_system": true}));
        assert_eq!((&user["is_active"], &user["is_available"], &user["organization_id"]), (&json!(true), &json!(false), &json!(workspace.id)));
        for field in ["created_at", "updated_at"] {
            assert!(chrono::DateTime::parse_from_rfc3339(user[field].as_str().unwrap()).is_ok());
        }
        admin.post("/users", new).await.refused(409, "duplicate");
        admin.post("/users", json!({"email": "anna@acme.EXAMPLE", "full_name": "Other"})).await.refused(409, "duplicate");
        for (bad, field) in [
            (json!({"email": "nobody", "full_name": "N"}), "email"),
            (json!({"email": "n@x.example", "full_name": " "}), "full_name"),
            (json!({"email": "n@x.example", "full_name": "N", "password": "short"}), "password"),
            (json!({"email": "n@x.example", "full_name": "N", "role_id": "agent"}), "role_id"),
            (json!({"email": "n@x.example", "full_name": "N", "role_id": UserId::fresh()}), "role"),
            (json!({"email": "n@x.example", "full_name": "N", "admin": true}), "admin"),
            (json!({"full_name": "N"}), "email"),
        ] {
            let refused = admin.post("/users", bad.clone()).await.refused(400, "invalid");
            assert!(refused.json["message"].as_str().unwrap().contains(field), "{bad}: {}", refused.json);
        }
        assert_eq!(bridge.counters(&workspace).await.0, 2);
    }

    async fn edit_changes_name_email_role_and_team(db) {
        let bridge = db.bridge().await;
        let (_, admin, _) = workspace(&bridge, 10, SeatPolicy::Reject).await;
        let (user, manager) = (admin.user("anna@acme.example", None).await, admin.role("Manager").await);
        let team = admin.post("/teams", json!({"name": "Support", "assignment_strategy": "load_balanced"})).await.expect(201).made();
        let edit = json!({"full_name": "Anna Klein", "email": "klein@acme.example", "role_id": manager, "is_available": true});
        let edited = admin.put(&format!("/users/{user}"), edit).await.expect(200);
        let now = edited.data();
        assert_eq!((&now["full_name"], &now["email"], &now["role"]["name"], &now["is_available"]), (&json!("Anna Klein"), &json!("klein@acme.example"), &json!("Manager"), &json!(true)));
        assert_eq!(now["id"], json!(user));
        admin.post(&format!("/teams/{team}/members"), json!({"user_id": user, "role": "manager"})).await.expect(201);
        let members = admin.get(&format!("/teams/{team}/members")).await.expect(200);
        assert_eq!((&members.data()["members"][0]["user_id"], &members.data()["members"][0]["role"]), (&json!(user), &json!("manager")));
        assert_eq!(admin.get(&format!("/teams/{team}")).await.data()["member_count"], 1);
        // Whoever was anna@ is found by the new address alone, and the old one is free.
        assert_eq!(admin.get("/users?search=klein").await.data()["total"], 1);
        admin.user("anna@acme.example", None).await;
        admin.delete(&format!("/teams/{team}/members/{user}")).await.expect(200);
        assert_eq!(admin.get(&format!("/teams/{team}")).await.data()["member_count"], 0);
    }

    async fn change_role_holds_at_the_next_request_without_a_new_login(db) {
        let bridge = db.bridge().await;
        let (workspace, admin, _) = workspace(&bridge, 10, SeatPolicy::Reject).await;
        let user = admin.user("anna@acme.example", None).await;
        let anna = bridge.key(&workspace, Some(id(&user)), None).await;
        anna.get("/teams").await.expect(200);
        anna.post("/teams", json!({"name": "Mine"})).await.refused(403, "forbidden");
        let (manager, agent) = (admin.role("Manager").await, admin.role("Agent").await);
        admin.put(&format!("/users/{user}"), json!({"role_id": manager})).await.expect(200);
        anna.post("/teams", json!({"name": "Mine"})).await.expect(201);
        admin.put(&format!("/users/{user}"), json!({"role_id": agent})).await.expect(200);
        anna.post("/teams", json!({"name": "More"})).await.refused(403, "forbidden");
        // The permissions of a role change just as fast as the role of a user.
        let role = admin.post("/roles", json!({"name": "Lead", "permissions": ["teams:read"]})).await.expect(201).made();
        admin.put(&format!("/users/{user}"), json!({"role_id": role})).await.expect(200);
        anna.post("/teams", json!({"name": "More"})).await.refused(403, "forbidden");
        admin.put(&format!("/roles/{role}"), json!({"permissions": ["teams:read", "teams:write"]})).await.expect(200);
        anna.post("/teams", json!({"name": "More"})).await.expect(201);
    }

    async fn deactivate_ends_access_unassigns_conversations_keeps_what_was_written_and_frees_the_seat(db) {
        let bridge = db.bridge().await;
        let (workspace, admin, _) = workspace(&bridge, 2, SeatPolicy::Reject).await;
        let user = admin.user("anna@acme.example", None).await;
        let anna = bridge.key(&workspace, Some(id(&user)), None).await;
        let conversation = admin.post("/conversations", json!({"subject": "Refund", "assignee_id": user})).await.expect(201).made();
        anna.post(&format!("/conversations/{conversation}/messages"), json!({"body": "Of course."})).await.expect(201);
        anna.post(&format!("/conversations/{conversation}/notes"), json!({"body": "A friendly one."})).await.expect(201);
        admin.post("/users", json!({"email": "b@acme.example", "full_name": "B"})).await.refused(403, "seat_limit");
        let gone = admin.put(&format!("/users/{user}"), json!({"is_active": false})).await.expect(200);
        assert_eq!((&gone.data()["is_active"], &gone.data()["status"]), (&json!(false), &json!("inactive")));
        anna.get("/me").await.refused(401, "unauthorized");
        let whole = admin.get(&format!("/conversations/{conversation}")).await.expect(200);
        assert_eq!(whole.data()["assignee_id"], Value::Null);
        let written: Vec<_> = whole.data()["entries"].as_array().unwrap().iter().map(|entry| (entry["kind"].clone(), entry["body"].clone(), entry["author_id"].clone())).collect();
        assert_eq!(written, [(json!("message"), json!("Of course."), json!(user)), (json!("note"), json!("A friendly one."), json!(user))]);
        assert_eq!(bridge.counters(&workspace).await.0, 1);
        admin.user("b@acme.example", None).await;
        // And nobody can be given a conversation who may not work.
        admin.put(&format!("/conversations/{conversation}"), json!({"assignee_id": user})).await.refused(400, "invalid");
    }

    async fn activate_gives_back_the_same_user_with_the_same_credentials_and_takes_a_seat(db) {
        let bridge = db.bridge().await;
        let (workspace, admin, _) = workspace(&bridge, 2, SeatPolicy::Reject).await;
        let new = json!({"email": "anna@acme.example", "full_name": "Anna", "password": "correct horse battery"});
        let user = admin.post("/users", new).await.expect(201).made();
        let hash = async || {
            use aisoule_bridge::store::sql::Sql;
            let mut conn = bridge.app.store.read().await.unwrap();
            let mut sql = Sql::build("SELECT password_hash FROM users WHERE id = ");
            sql.push_bind(id(&user).0);
            conn.one::<(Option<String>,)>(sql).await.unwrap().0.unwrap()
        };
        let before = hash().await;
        admin.put(&format!("/users/{user}"), json!({"is_active": false})).await.expect(200);
        let inactive = admin.get("/users?status=inactive").await.expect(200);
        assert_eq!((&inactive.data()["total"], &inactive.data()["users"][0]["id"]), (&json!(1), &json!(user)));
        let other = admin.user("b@acme.example", None).await;
        admin.put(&format!("/users/{user}"), json!({"is_active": true})).await.refused(403, "seat_limit");
        admin.delete(&format!("/users/{other}")).await.expect(200);
        let back = admin.put(&format!("/users/{user}"), json!({"is_active": true})).await.expect(200);
        assert_eq!((&back.data()["id"], &back.data()["is_active"]), (&json!(user), &json!(true)));
        assert_eq!(hash().await, before);
        assert_eq!(bridge.counters(&workspace).await.0, 2);
    }

    async fn reset_password_replaces_it_and_shows_it_to_nobody(db) {
        let bridge = db.bridge().await;
        let (workspace, admin, _) = workspace(&bridge, 10, SeatPolicy::Reject).await;
        let user = admin.user("anna@acme.example", None).await;
        let reset = admin.put(&format!("/users/{user}"), json!({"password": "a new long password"})).await.expect(200);
        assert!(!String::from_utf8_lossy(&reset.bytes).contains("a new long"));
        admin.put(&format!("/users/{user}"), json!({"password": "short"})).await.refused(400, "invalid");
        let mut conn = bridge.app.store.read().await.unwrap();
        let trail = aisoule_bridge::store::audit::of_subject(&mut conn, workspace.id, &user).await.unwrap();
        assert!(trail.iter().any(|row| row.action == "user.password_reset"));
        assert!(trail.iter().all(|row| !row.changes.to_string().contains("a new long") && !row.changes.to_string().contains("argon2")));
    }

    async fn seats_by_plan_are_one_five_and_ten_and_the_deactivated_do_not_count(db) {
        let bridge = db.bridge().await;
        let (workspace, admin, _) = workspace(&bridge, 1, SeatPolicy::Reject).await;
        for (plan, limit) in [("free-trial", 1), ("growth", 5), ("scale", 10)] {
            let seats = admin.put("/seats", json!({"plan": plan, "own_limit": -1})).await.expect(200);
            assert_eq!((&seats.data()["limit"], &seats.data()["own_limit"]), (&json!(limit), &Value::Null));
        }
        admin.put("/seats", json!({"plan": "free-trial"})).await.expect(200);
        admin.post("/users", json!({"email": "a@acme.example", "full_name": "A"})).await.refused(403, "seat_limit");
        admin.put("/seats", json!({"plan": "growth"})).await.expect(200);
        let users: Vec<String> = futures_util::future::join_all((0..4).map(|n| { let admin = admin.clone(); async move { admin.user(&format!("u{n}@acme.example"), None).await } })).await;
        admin.post("/users", json!({"email": "z@acme.example", "full_name": "Z"})).await.refused(403, "seat_limit");
        admin.put(&format!("/users/{}", users[0]), json!({"is_active": false})).await.expect(200);
        admin.user("z@acme.example", None).await;
        let seats = admin.get("/seats").await.expect(200);
        assert_eq!((&seats.data()["used"], &seats.data()["free"], &seats.data()["plan_title"]), (&json!(5), &json!(0), &json!("Growth")));
        // A smaller plan takes a seat from nobody, and gives none.
        let seats = admin.put("/seats", json!({"plan": "free-trial"})).await.expect(200);
        assert_eq!(seats.data()["used"], 5);
        assert!(seats.data()["forecast"].as_str().unwrap().contains("4 more than the plan has"));
        let events = admin.get("/events").await.expect(200);
        let told: Vec<_> = events.data()["events"].as_array().unwrap().iter().filter(|event| event["event"].as_str().unwrap().starts_with("seat.")).map(|event| event["event"].as_str().unwrap().to_owned()).collect();
        assert_eq!(told, ["seat.limit_reached", "seat.limit_reached", "seat.warning", "seat.limit_reached", "seat.limit_reached", "seat.overage"]);
        assert_eq!(bridge.counters(&workspace).await.0, 5);
    }

    async fn built_in_roles_stay_roles_in_use_stay_and_one_is_the_default(db) {
        let bridge = db.bridge().await;
        let (_, admin, _) = workspace(&bridge, 10, SeatPolicy::Reject).await;
        for name in ["Admin", "Manager", "Agent"] {
            let role = admin.role(name).await;
            admin.delete(&format!("/roles/{role}")).await.refused(400, "invalid");
            admin.put(&format!("/roles/{role}"), json!({"name": "Other"})).await.refused(400, "invalid");
            admin.put(&format!("/roles/{role}"), json!({"permissions": []})).await.refused(400, "invalid");
        }
        let role = admin.post("/roles", json!({"name": "Reader", "description": "Reads", "permissions": ["chat:read", "users:read"]})).await.expect(201);
        assert_eq!(role.data()["permissions"], json!(["users:read", "chat:read"]));
        assert_eq!((&role.data()["is_system"], &role.data()["is_default"]), (&json!(false), &json!(false)));
        admin.post("/roles", json!({"name": "READER", "permissions": []})).await.refused(409, "duplicate");
        admin.post("/roles", json!({"name": "X", "permissions": ["users:fly"]})).await.refused(400, "invalid");
        let reader = role.made();
        let user = admin.user("anna@acme.example", Some(&reader)).await;
        let refused = admin.delete(&format!("/roles/{reader}")).await.refused(409, "in_use");
        assert!(refused.json["message"].as_str().unwrap().contains("1 user"));
        // Who has the default role because nothing said otherwise gets the new one with it.
        let plain = admin.user("ben@acme.example", None).await;
        admin.put(&format!("/roles/{reader}"), json!({"is_default": true})).await.expect(200);
        assert_eq!((admin.role_of(&plain).await, admin.role_of(&user).await), ("Reader".into(), "Reader".into()));
        let later = admin.user("cleo@acme.example", None).await;
        assert_eq!(admin.role_of(&later).await, "Reader");
        admin.put(&format!("/roles/{reader}"), json!({"is_default": false})).await.refused(400, "invalid");
        let agent = admin.role("Agent").await;
        admin.put(&format!("/roles/{agent}"), json!({"is_default": true})).await.expect(200);
        assert_eq!((admin.role_of(&plain).await, admin.role_of(&user).await), ("Agent".into(), "Reader".into()));
        admin.put(&format!("/users/{user}"), json!({"role_id": agent})).await.expect(200);
        admin.delete(&format!("/roles/{reader}")).await.expect(200);
        let roles = admin.get("/roles").await.expect(200);
        let defaults = roles.data()["roles"].as_array().unwrap().iter().filter(|role| role["is_default"] == true).count();
        assert_eq!((&roles.data()["total"], defaults), (&json!(3), 1));
        let admins = admin.role("Admin").await;
        admin.put(&format!("/roles/{admins}"), json!({"is_default": true})).await.refused(400, "invalid");
    }

    async fn teams_have_a_strategy_and_users_can_be_in_several(db) {
        let bridge = db.bridge().await;
        let (_, admin, _) = workspace(&bridge, 10, SeatPolicy::Reject).await;
        let user = admin.user("anna@acme.example", None).await;
        for strategy in ["round_robin", "load_balanced", "manual"] {
            let team = admin.post("/teams", json!({"name": strategy, "description": "d", "assignment_strategy": strategy})).await.expect(201);
            assert_eq!((&team.data()["assignment_strategy"], &team.data()["is_active"], &team.data()["member_count"]), (&json!(strategy), &json!(true), &json!(0)));
            admin.post(&format!("/teams/{}/members", team.made()), json!({"user_id": user})).await.expect(201);
        }
        admin.post("/teams", json!({"name": "Round_Robin"})).await.refused(409, "duplicate");
        admin.post("/teams", json!({"name": "x", "assignment_strategy": "random"})).await.refused(400, "invalid");
        let why = admin.get(&format!("/users/{user}/explanation")).await.expect(200);
        assert_eq!(why.data()["teams"].as_array().unwrap().len(), 3);
        let teams = admin.get("/teams").await.expect(200);
        let first = teams.data()["teams"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(admin.get(&format!("/users?team_id={first}")).await.data()["total"], 1);
        admin.put(&format!("/teams/{first}"), json!({"is_active": false, "description": "rest"})).await.expect(200);
        admin.delete(&format!("/teams/{first}")).await.expect(200);
        admin.get(&format!("/teams/{first}")).await.refused(404, "not_found");
        assert_eq!(admin.get(&format!("/users/{user}/explanation")).await.data()["teams"].as_array().unwrap().len(), 2);
    }

    async fn the_last_admin_can_t_be_lost_through_any_door(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let root = bridge.user(&workspace, "root@acme.example", "Admin", true).await.id;
        let admin = bridge.key(&workspace, Some(root), None).await;
        let agent = admin.role("Agent").await;
        for change in [json!({"is_active": false}), json!({"role_id": agent})] {
            admin.put(&format!("/users/{root}"), change).await.refused(409, "last_admin");
        }
        admin.delete(&format!("/users/{root}")).await.refused(409, "last_admin");
        // Another Admin, whom a provider can touch, is no break-glass account.
        let admins = admin.role("Admin").await;
        let second = admin.user("second@acme.example", Some(&admins)).await;
        let refused = admin.put(&format!("/users/{root}"), json!({"is_active": false})).await.refused(409, "last_admin");
        assert!(refused.json["message"].as_str().unwrap().contains("protected"));
        admin.put(&format!("/users/{second}"), json!({"is_active": false})).await.expect(200);
        admin.put(&format!("/users/{second}"), json!({"is_active": true})).await.expect(200);
        admin.post("/users", json!({"email": "spare@acme.example", "full_name": "Spare", "role_id": admins, "is_protected": true})).await.expect(201);
        admin.put(&format!("/users/{root}"), json!({"role_id": agent})).await.expect(200);
    }

    async fn conversations_are_listed_created_and_assigned(db) {
        let bridge = db.bridge().await;
        let (_, admin, _) = workspace(&bridge, 10, SeatPolicy::Reject).await;
        let user = admin.user("anna@acme.example", None).await;
        let one = admin.post("/conversations", json!({"subject": "One"})).await.expect(201).made();
        let two = admin.post("/conversations", json!({"subject": "Two", "assignee_id": user})).await.expect(201).made();
        let ids = |answer: crate::support::Answer| answer.data()["conversations"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(ids(admin.get("/conversations").await), [two.clone(), one.clone()]);
        assert_eq!(ids(admin.get(&format!("/conversations?assignee_id={user}")).await), [two.clone()]);
        assert_eq!(ids(admin.get("/conversations?assignee_id=none").await), [one.clone()]);
        let assigned = admin.put(&format!("/conversations/{one}"), json!({"assignee_id": user})).await.expect(200);
        assert_eq!(assigned.data()["assignee_name"], "anna");
        admin.put(&format!("/conversations/{two}"), json!({"assignee_id": null})).await.expect(200);
        assert_eq!(ids(admin.get("/conversations?assignee_id=none").await), [two.clone()]);
        admin.post("/conversations", json!({"subject": ""})).await.refused(400, "invalid");
        admin.post(&format!("/conversations/{one}/notes"), json!({"body": ""})).await.refused(400, "invalid");
        // Deleting a user unassigns theirs, too.
        admin.delete(&format!("/users/{user}")).await.expect(200);
        assert_eq!(ids(admin.get("/conversations?assignee_id=none").await), [two, one]);
    }
}
