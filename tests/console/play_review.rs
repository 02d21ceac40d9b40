//! A whole access review of sixty people, by keyboard alone: how many keys it takes, and that nobody gets lost on the way.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::Fresh;

/// People besides Root.
const PEOPLE: usize = 60;
/// As many as a page has.
const BATCH: usize = 25;

fn press(key: &str) -> Value {
    json!({"press": key})
}

/// Past the menu, and on until something has the focus.
fn to(selector: &str) -> Vec<Value> {
    vec![press("Tab"), press("Enter"), json!({"tab": selector})]
}

pub const PRESSES: Presses = &[
    "/settings/reviews",
    "/settings/reviews/{id}/decide",
    "/settings/reviews/{id}/apply",
    "/settings/reviews/{id}/close",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_people_are_reviewed_by_keyboard_alone_with_few_keys_for_each() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let (api, scim) = (desk.api().await, desk.scim().await);
    for n in 0..PEOPLE {
        scim.user(&format!("person{n:02}@acme.example")).await;
    }
    let mut steps = vec![json!({"goto": desk.url("/settings/reviews")})];
    steps.extend(to("#name"));
    steps.extend([
        json!({"type": "Autumn"}),
        press("Enter"),
        json!({"expect": "The review has begun."}),
        json!({"expect": format!("0 of {} decided", PEOPLE + 1)}),
    ]);
    let mut decided = 0;
    while decided <= PEOPLE {
        let here = BATCH.min(PEOPLE + 1 - decided);
        // Each batch begins where the last one ended: at its first person.
        steps.extend(if decided == 0 { to("#keep0") } else { vec![press("Tab"), json!({"see": "#keep0:focus"})] });
        // The choice is one stop of Tab, the note is the other.
        for n in 0..here {
            if decided == 0 && [3, 4].contains(&n) {
                steps.push(press("ArrowRight"));
            } else {
                steps.push(press("Space"));
            }
            if decided == 0 && n == 12 {
                steps.push(json!({"view": "play-review"}));
            }
            steps.extend([press("Tab"), press("Tab")]);
        }
        // Which is the button that saves.
        steps.extend([json!({"see": "button[value=save]:focus"}), press("Enter")]);
        decided += here;
        steps.push(json!({"expect": format!("{decided} of {} decided", PEOPLE + 1)}));
    }
    for (said, button) in [
        ("Everything is decided.", "a[href$='/summary']"),
        ("2 people will be deactivated", "main button.danger"),
        ("There is nothing left to do.", "form[action$='/close'] button"),
    ] {
        steps.push(json!({"expect": said}));
        steps.extend(to(button));
        steps.push(press("Enter"));
    }
    steps.push(json!({"expect": "This review is closed"}));
    let Some(seen) = desk.plays("play-review-closed", steps, json!({"axe": false})).await else { return };
    let keys = seen["keys"].as_u64().unwrap();
    println!("{keys} keys for {} people", PEOPLE + 1);
    assert!(keys < 5 * (PEOPLE as u64 + 1), "{keys} keys");
    let reviews = api.get("/reviews").await.expect(200);
    let review = &reviews.data()["reviews"][0];
    assert!(review["closed_at"].is_string(), "{review}");
    assert_eq!([&review["kept"], &review["to_deactivate"], &review["applied"]], [59, 2, 2]);
    assert_eq!(desk.bridge.counters(&desk.workspace).await.0, 59);
    desk.pressed(PRESSES);
}
