//! Two bridges over one PostgreSQL: what one of them changes moves on a page that a browser has open at the other.

use serde_json::json;

use crate::desk::Desk;
use crate::support::{Fresh, On};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_seats_and_requests_move_on_the_page_of_another_bridge_without_reloading_it() {
    let Some(db) = Fresh::postgres().await else { return };
    let url = db.url.clone();
    let desk = Desk::new(db).await;
    let second = Fresh::over(On::Postgres, url).bridge().await;
    let anna = desk.person("anna@acme.example", "Anna Arnold", "Agent").await.id;
    // Everything is done at the second bridge.
    let api = second.key(&desk.workspace, None, None).await;
    let scim = desk.scim().await.at(second.address);
    let manager = api.role("Manager").await;
    let there = |path: &str, word: &str, sign: &str| {
        vec![
            json!({"goto": desk.url(path)}),
            json!({"mark": true}),
            json!({"tell": [word]}),
            json!({"see": sign}),
            json!({"marked": true}),
        ]
    };
    let mut steps = there("/settings/users", "role", "tr:has-text('Anna Arnold') td:has-text('Manager')");
    steps.extend(there("/settings/users", "somebody", "#people :text('ben@acme.example')"));
    steps.extend(there("/settings/seats", "seats", "#gauge .big:has-text('3 of 7')"));
    steps.extend(there("/settings/requests", "request", "#requests code:has-text('nobody-at-all')"));
    let told = async |word: &str, _: &str| match word {
        "role" => drop(api.put(&format!("/users/{anna}"), json!({"role_id": manager})).await.expect(200)),
        "somebody" => drop(scim.user("ben@acme.example").await),
        "seats" => drop(api.put("/seats", json!({"own_limit": 7})).await.expect(200)),
        _ => drop(scim.get("/Users/nobody-at-all").await.expect(404)),
    };
    if desk.plays_and("play-replicas", steps, json!({"name": null, "axe": false}), told).await.is_none() {
        return;
    }
    assert_eq!(desk.api().await.role_of(&anna.to_string()).await, "Manager");
    let seats = desk.api().await.get("/seats").await.expect(200);
    assert_eq!((&seats.data()["limit"], &seats.data()["used"]), (&json!(7), &json!(3)), "{}", seats.json);
}
