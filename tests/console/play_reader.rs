//! Whoever reads: their page follows what they may see, and their session, without a click.

use aisoule_bridge::command::sessions::EndAllSessions;
use aisoule_bridge::domain::access::Actor;
use serde_json::json;

use crate::desk::Desk;
use crate::support::Fresh;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_moves_with_what_its_reader_may_see_and_leads_to_the_login_when_they_are_deactivated() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let api = desk.bridge.key(&desk.workspace, None, None).await;
    let body = json!({"name": "Reader", "permissions": ["users:read", "seats:read", "teams:write"]});
    let role = api.post("/roles", body).await.expect(201).made();
    let anna = desk.person("anna@acme.example", "Anna Arnold", "Reader").await.id;
    let browser = desk.browser_of("anna@acme.example").await;
    let note = "[data-reader=changed]:not([hidden])";
    let steps = vec![
        json!({"goto": desk.url("/settings/users")}),
        json!({"expect": "root@acme.example"}),
        json!({"tell": ["taken"]}),
        json!({"expect": "Not for your role"}),
        json!({"gone": "root@acme.example"}),
        json!({"goto": desk.url("/settings/seats")}),
        json!({"tell": ["given"]}),
        json!({"see": ".menu a[href='/settings/teams']"}),
        // What was only looked for stands in nobody's way.
        json!({"goto": desk.url("/settings/users")}),
        json!({"fill": ["main input[type=search]", "Ben"]}),
        json!({"tell": ["taken"]}),
        json!({"expect": "Not for your role"}),
        // What is typed to be kept is not lost.
        json!({"goto": desk.url("/settings/seats")}),
        json!({"tell": ["given"]}),
        json!({"see": ".menu a[href='/settings/teams']"}),
        json!({"goto": desk.url("/settings/teams/new")}),
        json!({"fill": ["#name", "Night"]}),
        json!({"mark": true}),
        json!({"tell": ["taken"]}),
        json!({"see": note}),
        json!({"marked": true}),
        json!({"shows": "Night"}),
        json!({"shot": "reader-changed"}),
        json!({"click": format!("{note} a")}),
        json!({"expect": "Not for your role"}),
        json!({"goto": desk.url("/settings/seats")}),
        json!({"tell": ["deactivated"]}),
        json!({"at": "/login"}),
    ];
    let told = async |word: &str, _: &str| {
        let permissions = match word {
            "taken" => json!(["seats:read"]),
            "given" => json!(["users:read", "seats:read", "teams:read", "teams:write"]),
            _ => return drop(api.put(&format!("/users/{anna}"), json!({"is_active": false})).await.expect(200)),
        };
        api.put(&format!("/roles/{role}"), json!({"permissions": permissions})).await.expect(200);
    };
    let more = json!({"name": null, "barred": true, "cookies": browser.cookies});
    desk.plays_and("play-reader", steps, more, told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_logged_out_while_they_type_is_told_keeps_it_and_goes_on_after_a_login() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let anna = desk.person("anna@acme.example", "Anna Arnold", "Admin").await.id;
    let browser = desk.browser_of("anna@acme.example").await;
    let steps = vec![
        json!({"goto": desk.url("/settings/users/new")}),
        json!({"fill": ["#full_name", "Bea Brand"]}),
        json!({"mark": true}),
        json!({"tell": ["ended"]}),
        json!({"see": "[data-reader=ended]:not([hidden])"}),
        json!({"marked": true}),
        json!({"shows": "Bea Brand"}),
        json!({"shot": "reader-ended"}),
        // A page on which nothing is typed leads to the login.
        json!({"goto": desk.url("/settings/users")}),
        json!({"at": "/login"}),
    ];
    let told = async |_: &str, _: &str| {
        let end = EndAllSessions { workspace: desk.workspace.id, user: anna, except: None };
        desk.bridge.app.commands.execute(&Actor::operator(), end).await.unwrap();
    };
    desk.plays_and("play-reader-ended", steps, json!({"name": null, "cookies": browser.cookies}), told).await;
}
