//! The groups that a provider names when somebody signs in whom nothing provisions.

use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::support::on_both;
use crate::support::scene::Scene;

/// A workspace that takes groups and roles from its provider, with a rule for each of two groups.
async fn office(db: crate::support::Fresh) -> (Scene, [String; 2]) {
    let more = json!({"auto_create_users": true, "groups_claim": "groups", "roles_claim": "roles"});
    let scene = Scene::new(db, 10, SeatPolicy::Reject, more).await;
    let made = scene.scim.post("/Groups", json!({"displayName": "Leads", "externalId": "g-leads"})).await.expect(201);
    let admin = &scene.admin;
    let support = admin.post("/groups", json!({"display_name": "Support"})).await.expect(201).made();
    let group_ids = [made.id(), support];
    let body = json!({"name": "Night", "permissions": ["chat:read"]});
    let night = admin.post("/roles", body).await.expect(201).made();
    for (group, role, priority) in [(&group_ids[0], admin.role("Manager").await, 10), (&group_ids[1], night, 5)] {
        admin.post("/rules", json!({"group_id": group, "role_id": role, "priority": priority})).await.expect(201);
    }
    (scene, group_ids)
}

impl Scene {
    /// Signs in with these claims; gives role and groups of whoever that is.
    async fn with(&self, claims: Vec<(&'static str, Option<Value>)>) -> (String, usize) {
        self.op.plan(|plan| plan.claims = claims);
        self.sign_in().await;
        let user = self.admin.get("/users?search=anna").await.expect(200).data()["users"][0].clone();
        let id = user["id"].as_str().unwrap();
        let known = self.scim.get(&format!("/Users/{id}")).await.expect(200).json;
        (user["role"]["name"].as_str().unwrap().to_owned(), known["groups"].as_array().map_or(0, Vec::len))
    }
}

on_both! {
    async fn they_are_followed_for_people_whom_nothing_provisions(db) {
        let (scene, [leads, _]) = office(db).await;
        let named = |groups: Value| vec![("groups", Some(groups))];
        let is = |role: &str, groups: usize| (role.to_owned(), groups);
        // By name, whatever its case; by the provider's own id; as a role; what is not there gives nothing.
        assert_eq!(scene.with(named(json!(["support", "Elsewhere"]))).await, is("Night", 1));
        assert_eq!(scene.with(named(json!(["g-leads", "Support"]))).await, is("Manager", 2));
        assert_eq!(scene.with(vec![("roles", Some(json!("Support")))]).await, is("Night", 1));
        // Too many for a token says nothing; a claim that is left out says that there are none.
        assert_eq!(scene.with(vec![("_claim_names", Some(json!({"groups": "src1"})))]).await, is("Night", 1));
        assert_eq!(scene.with(vec![]).await, is("Agent", 0));
        let told = scene.audit("group.updated").await;
        assert!(told.iter().all(|row| row["actor"]["kind"] == "connection"), "{told:?}");
        // What a hand gave, no login takes away.
        let user = scene.admin.get("/users?search=anna").await.data()["users"][0]["id"].as_str().unwrap().to_owned();
        scene.admin.post(&format!("/groups/{leads}/members"), json!({"member_id": user})).await;
        scene.scim.patch(&format!("/Groups/{leads}"), json!([{"op": "add", "path": "members", "value": [{"value": user}]}])).await;
        assert_eq!(scene.with(named(json!(["Leads"]))).await, is("Manager", 1));
        assert_eq!(scene.with(named(json!([]))).await, is("Manager", 1));
    }

    async fn a_newcomer_has_what_the_rules_give_and_else_the_role_for_newcomers(db) {
        let (scene, _) = office(db).await;
        let role = scene.admin.role("Night").await;
        scene.admin.put(&format!("/connections/{}", scene.connection), json!({"default_role_id": role})).await.expect(200);
        assert_eq!(scene.with(vec![("groups", Some(json!(["Leads"])))]).await.0, "Manager");
        scene.person("00u-ben", "ben@x.example", json!(true));
        scene.op.plan(|plan| plan.claims = vec![("groups", Some(json!(["Nobody"])))]);
        scene.sign_in().await;
        assert_eq!(scene.admin.get("/users?search=ben").await.data()["users"][0]["role"]["name"], "Night");
    }

    async fn who_is_provisioned_is_where_provisioning_says(db) {
        let (scene, _) = office(db).await;
        let made = json!({"userName": "anna@x.example", "externalId": "00u-anna", "emails": [{"value": "anna@x.example", "primary": true}]});
        scene.scim.post("/Users", made).await.expect(201);
        assert_eq!(scene.with(vec![("groups", Some(json!(["Leads", "Support"])))]).await, ("Agent".to_owned(), 0));
        assert!(!scene.audit("identity.claims").await.is_empty());
    }
}
