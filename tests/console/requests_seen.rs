//! The request log in a real browser.

use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::requests::HOME;
use crate::support::Fresh;

pub const PRESSES: Presses = &["/settings/requests?status"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_played_in_a_browser() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let scim = desk.scim().await.with("user-agent", "Okta SCIM Client 1.0.0");
    scim.get("/Users?startIndex=1&count=2").await.expect(200);
    let anna = json!({"userName": "anna@acme.example", "externalId": "00u1abcd", "name": {"givenName": "Anna", "familyName": "Berg"}, "password": "violet otters 7 juggling", "active": true});
    scim.post("/Users", anna.clone()).await.expect(201);
    scim.post("/Users", json!({"userName": "anna@acme.example"})).await.expect(409);
    scim.patch("/Users/019a0000-0000-7000-8000-000000000000", json!([{"op": "replace", "value": {"active": false}}]))
        .await
        .expect(404);
    scim.get("/Users?filter=userName%20eq%20%22%3Cscript%3Ealert(1)%3C%2Fscript%3E%22&startIndex=1&count=100")
        .await
        .expect(200);
    desk.bridge.app.journal.flush().await;
    let steps = vec![
        json!({"goto": desk.url(HOME)}),
        json!({"shot": "requests"}),
        json!({"select": ["#status", "failed"]}),
        json!({"click": "main form.filters button"}),
        json!({"arrive": desk.url(&format!("{HOME}?status=failed"))}),
        json!({"shot": "requests-failed"}),
        json!({"click": "tbody tr:nth-child(2) a"}),
        json!({"expect": "Why did this fail?"}),
        json!({"shot": "requests-entry"}),
    ];
    desk.plays("requests-why", steps, json!({})).await;
    let steps =
        vec![json!({"goto": desk.url(HOME)}), json!({"click": "text=Pause"}), json!({"expect": "Paused: nothing new"})];
    desk.plays("requests-paused", steps, json!({})).await;
    let steps = vec![
        json!({"goto": desk.url(&format!("{HOME}?status=409"))}),
        json!({"click": "tbody tr a"}),
        json!({"expect": "Warum schlug das fehl?"}),
        json!({"shot": "requests-entry-de"}),
        json!({"goto": desk.url(HOME)}),
    ];
    desk.plays("requests-de", steps, json!({"dark": true, "language": "de"})).await;
    desk.pressed(PRESSES);
}
