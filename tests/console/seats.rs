//! Seats: the gauge, the plan, who waits, and how it was.

use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::seat_days::{self, Day};
use aisoule_bridge::worker::seat_days::{KEPT, note};
use chrono::TimeDelta;
use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::{Bridge, Fresh, on_both};
use crate::users::api;

#[track_caller]
fn says(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "{word:?} is not in {html}");
    }
}

const AT: &str = "/settings/seats";

async fn noted(bridge: &Bridge) {
    let app = &bridge.app;
    note(&app.store, &app.plans, app.clock.now()).await.unwrap();
}

async fn days(desk: &Desk) -> Vec<Day> {
    let from = desk.bridge.app.clock.now().date_naive() - TimeDelta::days(1_000);
    seat_days::since(&mut desk.bridge.app.store.read().await.unwrap(), desk.workspace.id, from, 1_000).await.unwrap()
}

on_both! {
    async fn the_gauge_warns_and_says_what_comes_next(db) {
        let mut desk = Desk::with(db, 5, SeatPolicy::Reject).await;
        let html = desk.shows(AT).await;
        says(&html, &["1 of 5 seats in use", "<meter", "4 seats are free.", "Nobody.", "data-live=\"users seats\""]);
        assert!(!html.contains("class=\"warn\""), "{html}");
        for n in 2..=4 {
            desk.person(&format!("n{n}@acme.example"), "N", "Agent").await;
        }
        says(&desk.shows(AT).await, &["4 of 5 seats in use", "Four fifths of the seats are in use.", "1 seat is free."]);
        desk.person("n5@acme.example", "N", "Agent").await;
        says(&desk.shows(AT).await, &["Every seat is in use.", "None is free: the next one is refused."]);
        let api = api(&desk).await;
        api.put("/seats", json!({"policy": "park"})).await.expect(200);
        desk.person("wanda@acme.example", "Wanda <b>", "Agent").await;
        let html = desk.shows(AT).await;
        says(&html, &["None is free: the next one waits", "1 person waits.", "1 person, the next one first:", "Wanda &#60;b&#62;", "/settings/users/"]);
        api.put("/seats", json!({"policy": "overage", "own_limit": 5})).await.expect(200);
        says(&desk.shows(AT).await, &["6 of 5 seats in use", "More people are active than there are seats.", "That is 1 more than there are."]);
    }

    async fn the_plan_an_own_number_and_the_policy_are_set_and_who_waits_comes_in(db) {
        let mut desk = Desk::with(db, 2, SeatPolicy::Park).await;
        for name in ["Anna", "Ben", "Cleo"] {
            desk.bridge.later(TimeDelta::seconds(1));
            desk.person(&format!("{name}@acme.example"), name, "Agent").await;
        }
        let html = desk.shows(AT).await;
        assert!(html.find("Ben").unwrap() < html.find("Cleo").unwrap(), "the one who has waited longest first");
        says(&html, &["Free Trial (1 seat)", "Growth (5 seats)", "Scale (10 seats)", "value=\"park\" checked", "value=\"2\"", "oldest first"]);
        let page = desk.sends(AT, AT, &[("plan", "scale"), ("own_limit", "3"), ("policy", "park")]).await;
        assert_eq!(page.leads_to(), Some("/settings/seats?done=saved"));
        let html = desk.shows("/settings/seats?done=saved").await;
        says(&html, &["Saved. It holds at once.", "3 of 3 seats in use", "<h2 id=\"gauge-title\">Scale</h2>", "1 person, the next one first:"]);
        // Empty: the plan's.
        desk.sends(AT, AT, &[("plan", "growth"), ("own_limit", ""), ("policy", "overage")]).await.expect(303);
        says(&desk.shows(AT).await, &["4 of 5 seats in use", "value=\"overage\" checked", "Nobody."]);
        for (plan, own, told) in [("growth", "many", "whole number"), ("growth", "-4", "whole number"), ("none", "", "there is no plan")] {
            let page = desk.sends(AT, AT, &[("plan", plan), ("own_limit", own), ("policy", "reject")]).await.expect(422);
            says(&page.html, &[told, &format!("value=\"{own}\""), "value=\"reject\" checked"]);
        }
        says(&desk.shows(AT).await, &["4 of 5 seats in use"]);
        // A smaller plan takes nobody's seat.
        desk.sends(AT, AT, &[("plan", "free-trial"), ("own_limit", ""), ("policy", "reject")]).await.expect(303);
        says(&desk.shows(AT).await, &["4 of 1 seats in use", "That is 3 more than there are."]);
        assert_eq!(desk.bridge.counters(&desk.workspace).await.0, 4);
    }

    async fn who_may_only_look_sees_the_policy_and_no_form(db) {
        let mut desk = Desk::new(db).await;
        desk.person("mia@acme.example", "Mia", "Manager").await;
        desk.person("anna@acme.example", "Anna", "Agent").await;
        let mut hers = desk.browser_of("mia@acme.example").await;
        let html = hers.get(AT).await.expect(200).html;
        says(&html, &["Refuse", "is told why", "3 of 100 seats in use"]);
        assert!(!html.contains("name=\"plan\""), "{html}");
        hers.post(AT, AT, &[("plan", "scale"), ("own_limit", ""), ("policy", "park")]).await.expect(403);
        desk.browser_of("anna@acme.example").await.get(AT).await.expect(403);
        says(&desk.shows(AT).await, &["name=\"plan\""]);
    }

    async fn the_most_of_each_day_is_kept_for_the_chart_and_forgotten_in_time(db) {
        let mut desk = Desk::with(db, 10, SeatPolicy::Park).await;
        desk.bridge.workspace("Elsewhere", 7, SeatPolicy::Reject).await;
        noted(&desk.bridge).await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await;
        noted(&desk.bridge).await;
        let api = api(&desk).await;
        api.put(&format!("/users/{}", anna.id), json!({"is_active": false})).await.expect(200);
        api.put("/seats", json!({"own_limit": 4})).await.expect(200);
        noted(&desk.bridge).await;
        let kept = days(&desk).await;
        let numbers: Vec<_> = kept.iter().map(|day| (day.used, day.seats, day.waiting)).collect();
        assert_eq!(numbers, [(2, 4, 0)], "the most in use, the seats at the last look");
        desk.bridge.later(TimeDelta::days(30));
        noted(&desk.bridge).await;
        assert_eq!(days(&desk).await.len(), 2);
        // A month is longer than a session.
        desk.browser.log_in("root@acme.example", crate::desk::PASSWORD).await.expect(303);
        let html = desk.shows(AT).await;
        says(&html, &["the highest was 2", "Days known: 2 of 90", "<svg class=\"chart\"", "Show as a table", "<polyline class=\"limit\""]);
        assert_eq!(html.matches("<rect class=\"used").count(), 2);
        desk.bridge.later(TimeDelta::days(KEPT - 10));
        noted(&desk.bridge).await;
        assert_eq!(days(&desk).await.len(), 2, "the first is forgotten");
    }
}

pub const PRESSES: Presses = &["/settings/seats"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gauge_moves_by_itself_and_the_chart_is_seen_in_a_browser() {
    let desk = Desk::with(Fresh::sqlite(), 8, SeatPolicy::Park).await;
    let store = &desk.bridge.app.store;
    let now = desk.bridge.app.clock.now().date_naive();
    let days: Vec<Day> = (1..80)
        .map(|ago| Day {
            day: now - TimeDelta::days(80 - ago),
            used: (ago / 9 + i64::from(ago % 7 > 4)).min(if ago > 60 { 9 } else { 8 }),
            seats: if ago < 30 { 5 } else { 8 },
            waiting: if ago > 70 { ago - 70 } else { 0 } / 3,
        })
        .collect();
    for day in days {
        store.write(Noted(desk.workspace.id, day)).await.unwrap();
    }
    for n in 0..9 {
        desk.person(&format!("n{n}@acme.example"), &format!("Person {n}"), "Agent").await;
    }
    let steps = vec![
        json!({"goto": desk.url(AT)}),
        json!({"expect": "8 of 8 seats in use"}),
        json!({"shot": "seats"}),
        json!({"fill": ["#own_limit", "-3"]}),
        json!({"select": ["#plan", "scale"]}),
        json!({"fill": ["#own_limit", ""]}),
        json!({"click": "main form button"}),
        json!({"expect": "Saved."}),
        json!({"expect": "10 of 10 seats in use"}),
        json!({"click": "summary"}),
    ];
    desk.plays("seats-table", steps, json!({})).await;
    desk.plays("seats-de", vec![json!({"goto": desk.url(AT)})], json!({"dark": true, "language": "de"})).await;
    desk.pressed(PRESSES);
}

/// A day as it was.
struct Noted(aisoule_bridge::ids::WorkspaceId, Day);

impl aisoule_bridge::store::Work for Noted {
    type Output = ();
    type Error = aisoule_bridge::store::StoreError;

    fn workspace(&self) -> Option<aisoule_bridge::ids::WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut aisoule_bridge::store::Tx) -> Result<(), Self::Error> {
        seat_days::note(tx, self.0, self.1).await
    }
}
