//! Settings → Users in a real browser: made, edited, deactivated, kept by a provider.

use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::{Api, Fresh};
use crate::users::{api, conversation};

/// Six people of 5 seats, one of whom waits; Anna, who has two conversations; Cleo, whom a provider keeps.
async fn peopled() -> (Desk, Api, String, String) {
    let desk = Desk::with(Fresh::sqlite(), 5, SeatPolicy::Park).await;
    let (api, scim) = (api(&desk).await, desk.scim().await);
    let anna = desk.person("anna@acme.example", "Anna Arnold", "Admin").await.id.to_string();
    let user = json!({"userName": "cleo@acme.example", "displayName": "Cleo Carr", "externalId": "0oa1", "active": true,
        "emails": [{"value": "cleo@acme.example", "primary": true}]});
    let cleo = scim.post("/Users", user).await.expect(201).id();
    let group = scim.group("Support", &[&cleo]).await;
    let day = api.post("/teams", json!({"name": "Day", "assignment_strategy": "manual"})).await.expect(201).made();
    let manager = api.role("Manager").await;
    let rule =
        json!({"group_id": group, "role_id": manager, "priority": 7, "teams": [{"team_id": day, "role": "agent"}]});
    api.post("/rules", rule).await.expect(201);
    desk.person("ben@acme.example", "Ben Beck", "Agent").await;
    desk.person("dora@acme.example", "Dora Dunn", "Agent").await;
    desk.person("wanda@acme.example", "Wanda Waits", "Agent").await;
    conversation(&api, &anna).await;
    conversation(&api, &anna).await;
    (desk, api, anna, cleo)
}

pub const MADE: Presses = &["/settings/users/new", "/settings/users/{id}/edit"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_made_and_somebody_edited_in_a_browser() {
    let (desk, api, anna, _) = peopled().await;
    let manager = api.role("Manager").await;
    let steps = vec![
        json!({"goto": desk.url("/settings/users")}),
        json!({"expect": "6 people"}),
        json!({"shot": "users-list"}),
        json!({"click": "a.button"}),
        json!({"fill": ["#full_name", "Bea Brand"]}),
        json!({"fill": ["#email", "anna@acme.example"]}),
        json!({"select": ["#role", manager]}),
        json!({"click": "main button"}),
        json!({"expect": "already"}),
        json!({"shot": "users-new-refused"}),
        json!({"fill": ["#email", "bea@acme.example"]}),
        json!({"click": "main button"}),
        json!({"expect": "waits for a seat: every seat is taken"}),
        json!({"goto": desk.url(&format!("/settings/users/{anna}"))}),
        json!({"click": "ul.acts >> text=Edit"}),
        json!({"fill": ["#full_name", "Anna Berg"]}),
        json!({"select": ["#role", manager]}),
        json!({"shot": "users-edit"}),
        json!({"click": "main form button"}),
        json!({"expect": "The changes are saved"}),
    ];
    desk.plays("users-edited", steps, json!({})).await;
    desk.pressed(MADE);
}

pub const SWITCHED: Presses = &["/settings/users/{id}/deactivate", "/settings/users/{id}/activate"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_deactivated_and_activated_in_a_browser() {
    let (desk, _, anna, _) = peopled().await;
    desk.browser_of("anna@acme.example").await;
    let who = desk.url(&format!("/settings/users/{anna}"));
    let steps = vec![
        json!({"goto": who.clone()}),
        json!({"click": "ul.acts >> text=Reset Password"}),
        json!({"fill": ["#password", "short"]}),
        json!({"click": "main button"}),
        json!({"expect": "12 characters or more."}),
        json!({"shot": "users-password"}),
        json!({"goto": who.clone()}),
        json!({"click": "ul.acts >> text=Deactivate"}),
        json!({"expect": "2 conversations become unassigned."}),
        json!({"expect": "Wanda Waits waits for a seat and gets it."}),
        json!({"shot": "users-deactivate"}),
        json!({"click": "main form button"}),
        json!({"expect": "Deactivated: they are out everywhere"}),
        json!({"click": "ul.acts >> text=Activate"}),
        json!({"shot": "users-activate"}),
        json!({"click": "main form button"}),
        json!({"expect": "Waiting for a seat: they are activated"}),
        json!({"goto": format!("{who}/delete")}),
    ];
    desk.plays("users-delete", steps, json!({})).await;
    desk.pressed(SWITCHED);
}

pub const PINNED: Presses = &["/settings/users/{id}/edit"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_provider_keeps_is_pinned_in_a_browser() {
    let (desk, _, _, cleo) = peopled().await;
    let who = desk.url(&format!("/settings/users/{cleo}"));
    let steps = vec![
        json!({"goto": who.clone()}),
        json!({"expect": "This one decides."}),
        json!({"goto": format!("{who}/edit")}),
        json!({"fill": ["#full_name", "Cleopatra"]}),
        json!({"click": "main form button"}),
        json!({"expect": "Tick the box"}),
        json!({"shot": "users-owned"}),
        json!({"check": "[name=overrule]"}),
        json!({"click": "main form button"}),
        json!({"expect": "Set by hand by Root"}),
    ];
    desk.plays("users-pinned", steps, json!({})).await;
    let steps =
        vec![json!({"goto": desk.url("/settings/users")}), json!({"shot": "users-list-de"}), json!({"goto": who})];
    desk.plays("users-person-de", steps, json!({"dark": true, "language": "de"})).await;
    desk.pressed(PINNED);
}
