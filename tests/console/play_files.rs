//! What leaves the bridge, in a browser: files that are really downloaded, and deliveries that are really sent again.

use chrono::TimeDelta;
use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::Fresh;
use crate::support::hooks::{self, until};
use crate::support::receiver::Receiver;

pub const PRESSES: Presses = &["/settings/webhooks/{endpoint}/replay"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_are_sent_again_one_and_a_span_and_the_audit_log_and_a_review_are_downloaded() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let (receiver, scim) = (Receiver::start().await, desk.scim().await);
    let made = hooks::create(&desk.bridge, &desk.workspace, "CRM", &receiver.url(), &["user.created"]).await.unwrap();
    let here = desk.url(&format!("/settings/webhooks/{}", made.endpoint.id));
    let mut ids = Vec::new();
    for name in ["anna", "ben", "cleo"] {
        ids.push(scim.user(&format!("{name}@acme.example")).await);
    }
    until("three", async || receiver.count() == 3).await;
    let review = desk.api().await.post("/reviews", json!({"name": "Autumn"})).await.expect(201).made();
    // Root came before the endpoint did, and within this time.
    let now = desk.bridge.app.clock.now();
    let minute = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M").to_string();
    let steps = vec![
        json!({"goto": here}),
        json!({"click": "#webhook-deliveries tbody a"}),
        json!({"click": "form[action$='/replay'] button"}),
        json!({"expect": "It is on its way again"}),
        json!({"goto": here}),
        json!({"fill": ["#from", minute(now - TimeDelta::hours(1))]}),
        json!({"fill": ["#to", minute(now + TimeDelta::hours(1))]}),
        json!({"click": "section[aria-labelledby=span] button"}),
        json!({"expect": "They are on their way again"}),
        json!({"shot": "play-replayed"}),
        json!({"goto": desk.url("/settings/audit?action=user.created")}),
        json!({"download": ["a[download]:has-text('CSV')", "user.created"]}),
        json!({"download": ["a[download]:has-text('JSON Lines')", "user.created"]}),
        json!({"goto": desk.url(&format!("/settings/reviews/{review}/summary"))}),
        json!({"download": ["a[download]:has-text('CSV')", "anna@acme.example"]}),
    ];
    if desk.plays("play-files", steps, json!({})).await.is_none() {
        return;
    }
    // The span holds Root and the three.
    until("all of them", async || receiver.count() == 8).await;
    let all = receiver.got();
    assert!(all.iter().all(|got| got.event() == "user.created" && got.is_taken()));
    let mut times: Vec<usize> = ids.iter().map(|id| all.iter().filter(|got| got.subject() == id).count()).collect();
    times.sort_unstable();
    assert_eq!(times, [2, 2, 3]);
    desk.pressed(PRESSES);
}
