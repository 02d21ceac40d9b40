//! The console in the hand: a small phone that is touched, with its own scale, on which nothing is wider than the screen.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::Fresh;
use crate::support::parts::has_browser;

/// 320 points wide.
const PHONE: &str = "Galaxy S9+";

pub const PRESSES: Presses =
    &["/settings/users/{id}/edit", "/settings/users/{id}/deactivate", "/settings/reviews/{id}/decide"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_small_phone_every_page_fits_and_the_work_of_a_day_is_done_by_touch() {
    if !has_browser() {
        return;
    }
    let desk = Desk::new(Fresh::sqlite()).await;
    desk.furnish().await;
    let api = desk.api().await;
    let found = api.get("/users?search=person1@acme.example").await.expect(200);
    let ben = found.data()["users"][0]["id"].as_str().unwrap().to_owned();
    let agent = api.role("Agent").await;
    let pages: Vec<String> = desk.pages(1).await.into_values().flatten().collect();
    let fits = |path: &str| vec![json!({"goto": desk.url(path)}), json!({"see": "h1"}), json!({"fits": true})];
    desk.looks_at(&pages, json!({"axe": false, "device": PHONE}), fits, 40).await;
    let steps: Vec<Value> = vec![
        json!({"goto": desk.url("/settings/users?search=person1@")}),
        json!({"view": "phone-users"}),
        json!({"click": "tbody a"}),
        json!({"shot": "phone-person"}),
        json!({"click": "ul.acts >> text=Edit"}),
        json!({"select": ["#role", agent]}),
        json!({"check": "[name=overrule]"}),
        json!({"click": "main form button"}),
        json!({"expect": "The changes are saved"}),
        json!({"goto": desk.url(&format!("/settings/users/{ben}/deactivate"))}),
        json!({"view": "phone-deactivate"}),
        json!({"click": "button.danger"}),
        json!({"expect": "Deactivated: they are out everywhere"}),
        json!({"goto": desk.url("/settings/reviews")}),
        json!({"click": "tbody a"}),
        json!({"click": "label[for=keep0]"}),
        json!({"view": "phone-review"}),
        json!({"click": "button[value=save]"}),
        json!({"see": "#decided[value='1']"}),
        json!({"fits": true}),
        json!({"goto": desk.url("/settings/seats")}),
        json!({"view": "phone-seats"}),
        json!({"goto": desk.url("/settings/requests")}),
        json!({"view": "phone-requests"}),
    ];
    desk.plays("phone-end", steps, json!({"device": PHONE, "dark": true})).await;
    assert_eq!(api.role_of(&ben).await, "Agent");
    let ben = api.get(&format!("/users/{ben}")).await.expect(200);
    assert_eq!((&ben.data()["is_active"], &ben.data()["role_source"]), (&json!(false), &json!("manual")));
    desk.pressed(PRESSES);
}
