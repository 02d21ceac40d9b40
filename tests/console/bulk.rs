//! Settings → Users, several people at once: what will happen, for whom not, and what was done.

use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::json;

use crate::desk::{Desk, person};
use crate::presses::Presses;
use crate::support::{Fresh, on_both};
use crate::users::{api, conversation};

#[track_caller]
fn says(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "{word:?} is not in {html}");
    }
}

/// The address of the page that asks.
fn asking(act: &str, people: &[&str]) -> String {
    let people: String = people.iter().map(|id| format!("&user={id}")).collect();
    format!("/settings/users/bulk?act={act}{people}")
}

fn sending<'a>(act: &'a str, people: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("act", act)];
    fields.extend(people.iter().map(|id| ("user", *id)));
    fields
}

const TO: &str = "/settings/users/bulk";

on_both! {
    async fn several_are_deactivated_each_by_a_change_of_their_own_and_who_is_refused_is_named(db) {
        let mut desk = Desk::with(db, 4, SeatPolicy::Park).await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await.id.to_string();
        let ben = desk.person("ben@acme.example", "Ben", "Agent").await.id.to_string();
        let cleo = desk.person("cleo@acme.example", "Cleo", "Agent").await.id.to_string();
        desk.person("wanda@acme.example", "Wanda", "Agent").await;
        let (api, root) = (api(&desk).await, desk.root.id.to_string());
        conversation(&api, &anna).await;
        conversation(&api, &ben).await;
        conversation(&api, &ben).await;
        desk.browser_of("anna@acme.example").await;
        api.put(&format!("/users/{cleo}"), json!({"is_active": false})).await.expect(200);
        // Wanda came in for Cleo: nobody waits now.
        let all = [anna.as_str(), ben.as_str(), cleo.as_str(), root.as_str()];
        let ask = asking("deactivate", &all);
        let html = desk.shows(&ask).await;
        says(&html, &[
            "Deactivate 4 people?", "3 conversations become unassigned.", "1 session ends at once.", "2 seats become free.",
            "2 people are left out", "They are inactive already.", "The last active Admin of a workspace", "Deactivate 2 people",
            "1 conversation becomes unassigned.", "2 conversations become unassigned.",
        ]);
        assert_eq!(html.matches("type=\"hidden\" name=\"user\"").count(), 2);
        assert_eq!(desk.bridge.counters(&desk.workspace).await.0, 4, "asking changes nothing");
        let page = desk.sends(&ask, TO, &sending("deactivate", &all)).await.expect(200);
        says(&page.html, &["2 people were deactivated.", "It was not done for 2 people.", "Not done", "The last active Admin", "Anna", "Ben"]);
        assert_eq!(desk.bridge.counters(&desk.workspace).await.0, 2);
        for id in [&anna, &ben] {
            says(&desk.shows(&format!("/settings/users/{id}")).await, &["Deactivated by hand by Root", "<strong>Deactivated</strong>"]);
        }
    }

    async fn several_are_activated_as_far_as_the_policy_lets_them(db) {
        let mut desk = Desk::with(db, 100, SeatPolicy::Reject).await;
        let api = api(&desk).await;
        let mut all = Vec::new();
        for name in ["Anna", "Ben", "Cleo"] {
            let user = desk.person(&format!("{name}@acme.example"), name, "Agent").await;
            all.push(user.id.to_string());
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        desk.sends("/settings/users", TO, &sending("deactivate", &all)).await.expect(200);
        api.put("/seats", json!({"own_limit": 2})).await.expect(200);
        let ask = asking("activate", &all);
        for (policy, told) in [
            ("reject", "2 people will be refused."), ("park", "2 people will wait for a seat."), ("overage", "2 people come in beyond the plan."),
        ] {
            api.put("/seats", json!({"policy": policy})).await.expect(200);
            says(&desk.shows(&ask).await, &["Activate 3 people?", "3 seats are needed; free: 1.", told]);
        }
        api.put("/seats", json!({"policy": "reject"})).await.expect(200);
        let page = desk.sends(&ask, TO, &sending("activate", &all)).await.expect(200);
        says(&page.html, &["1 person was activated.", "It was not done for 2 people.", "No seat is free"]);
        api.put("/seats", json!({"policy": "park"})).await.expect(200);
        let page = desk.sends("/settings/users", TO, &sending("activate", &all)).await.expect(200);
        says(&page.html, &["2 people were activated.", "They are active already.", "Waiting for a seat"]);
        says(&desk.shows(&ask).await, &["They wait for a seat already.", "They are active already."]);
        assert_eq!(desk.bridge.counters(&desk.workspace).await, (2, 3, 0, 2));
    }

    async fn several_get_a_role_and_what_a_provider_says_is_overruled_only_where_it_is_meant(db) {
        let mut desk = Desk::new(db).await;
        let (api, scim) = (api(&desk).await, desk.scim().await);
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await.id.to_string();
        let mia = desk.person("mia@acme.example", "Mia", "Manager").await.id.to_string();
        let cleo = scim.user("cleo@acme.example").await;
        let manager = api.role("Manager").await;
        let all = [anna.as_str(), mia.as_str(), cleo.as_str()];
        let ask = format!("{}&role={manager}", asking("role", &all));
        says(&desk.shows(&ask).await, &["Give 3 people the role Manager?", "Agent becomes Manager", "They have this role already.", "Give 2 people the role Manager"]);
        let fields = [&sending("role", &all)[..], &[("role", manager.as_str())]].concat();
        let page = desk.sends(&ask, TO, &fields).await.expect(200);
        says(&page.html, &["2 people have the role Manager now."]);
        scim.patch(&format!("/Users/{cleo}"), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        let ask = asking("activate", &[&cleo]);
        says(&desk.shows(&ask).await, &["The identity provider says otherwise", "name=\"overrule\""]);
        let page = desk.sends(&ask, TO, &sending("activate", &[&cleo])).await.expect(200);
        says(&page.html, &["Nobody was activated.", "Tick the box"]);
        let fields = [&sending("activate", &[&cleo])[..], &[("overrule", "on")]].concat();
        says(&desk.sends(&ask, TO, &fields).await.expect(200).html, &["1 person was activated."]);
    }

    async fn nobody_chosen_nothing_known_or_somebody_elsewhere_changes_nothing(db) {
        let mut desk = Desk::new(db).await;
        let elsewhere = desk.bridge.workspace("Elsewhere", 10, SeatPolicy::Reject).await;
        let eve = person(&desk.bridge, &elsewhere, "eve@else.example", "Eve", "Agent", false).await.id.to_string();
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await.id.to_string();
        for path in [TO.to_owned(), asking("deactivate", &[]), asking("explode", &[&anna]), asking("role", &[&anna]), asking("deactivate", &[&eve])] {
            assert_eq!(desk.browser.get(&path).await.leads_to(), Some("/settings/users"), "{path}");
        }
        for fields in [sending("deactivate", &[&eve]), sending("explode", &[&anna]), sending("role", &[&anna]), sending("deactivate", &["x"])] {
            assert_eq!(desk.sends("/settings/users", TO, &fields).await.leads_to(), Some("/settings/users"));
        }
        // Twice the same is once.
        let page = desk.sends("/settings/users", TO, &sending("deactivate", &[&anna, &anna, &eve])).await.expect(200);
        says(&page.html, &["1 person was deactivated."]);
        assert!(!page.html.contains("eve@else"));
        assert_eq!(desk.bridge.counters(&elsewhere).await.0, 1);
    }

    async fn more_than_fifty_are_cut_at_fifty(db) {
        let mut desk = Desk::new(db).await;
        let scim = desk.scim().await;
        let mut all = Vec::new();
        for n in 0..52 {
            all.push(scim.user(&format!("n{n}@acme.example")).await);
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        says(&desk.shows(&asking("deactivate", &all)).await, &["Deactivate 50 people?", "50 seats become free."]);
        let page = desk.sends("/settings/users", TO, &sending("deactivate", &all)).await.expect(200);
        says(&page.html, &["50 people were deactivated."]);
        assert_eq!(desk.bridge.counters(&desk.workspace).await.0, 3);
    }
}

pub const PRESSES: Presses =
    &["/settings/users/bulk?user", "/settings/users/bulk?act", "/settings/users/bulk?role", "/settings/users/bulk"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_on_a_page_is_ticked_and_deactivated_in_a_browser() {
    let desk = Desk::with(Fresh::sqlite(), 10, SeatPolicy::Reject).await;
    let api = api(&desk).await;
    for name in ["Anna", "Ben", "Cleo"] {
        let user = desk.person(&format!("{}@acme.example", name.to_lowercase()), name, "Agent").await;
        conversation(&api, &user.id.to_string()).await;
    }
    let steps = vec![
        json!({"goto": desk.url("/settings/users")}),
        json!({"check": "[data-choose=user]"}),
        json!({"shot": "users-ticked"}),
        json!({"click": "button[value=deactivate]"}),
        json!({"expect": "Deactivate 4 people?"}),
        json!({"expect": "3 conversations become unassigned."}),
        json!({"shot": "users-bulk"}),
        json!({"click": "main button"}),
        json!({"expect": "3 people were deactivated."}),
    ];
    desk.plays("users-bulk-done", steps, json!({})).await;
    let steps = vec![
        json!({"goto": desk.url("/settings/users?status=inactive")}),
        json!({"check": "[data-choose=user]"}),
        json!({"click": "button[value=activate]"}),
        json!({"expect": "3 Personen aktivieren?"}),
    ];
    desk.plays("users-bulk-de", steps, json!({"dark": true, "language": "de"})).await;
    desk.pressed(PRESSES);
}
