//! What takes long is done in portions: a page says how far it came, and a button, without any script, goes on with the rest.
//! Here a portion has no time at all, so that it is one step.

use aisoule_bridge::command::Together;
use aisoule_bridge::command::roles::UpdateRole;
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::RoleId;
use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::browser::Page;
use crate::support::{Fresh, on_both};

const TO: &str = "/settings/users/bulk";

/// A desk at which every portion is over at once.
async fn hurried(db: Fresh) -> Desk {
    let mut settings = db.settings();
    settings.limits.portion_seconds = 0;
    Desk::at(db.bridge_with(settings).await, 100, SeatPolicy::Reject).await
}

/// The hidden fields of the form that goes there, as a browser would send them.
fn form(page: &Page, path: &str) -> Vec<(String, String)> {
    let action = format!("action=\"{path}\"");
    let form = page.html.split("<form").find(|form| form.contains(&action));
    let form = form.unwrap_or_else(|| panic!("no form to {path} in {}", page.html)).split("</form>").next().unwrap();
    let field = |rest: &str| {
        let (name, rest) = rest.split_once("\" value=\"")?;
        let value = rest.split('"').next()?.replace("&#34;", "\"");
        Some((name.to_owned(), value))
    };
    form.split("type=\"hidden\" name=\"").skip(1).filter_map(field).collect()
}

/// Presses the button of the form that goes there.
async fn press(desk: &mut Desk, page: &Page, path: &str) -> Page {
    let fields = form(page, path);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    desk.browser.raw(path, &fields).await
}

/// Changes an entry of the audit log as somebody does who has the database and takes the triggers away.
async fn falsify(desk: &Desk, number: i64) {
    let database = desk.bridge.app.store.database();
    let off = if database.is_postgres() {
        "ALTER TABLE audit_log DISABLE TRIGGER USER"
    } else {
        "DROP TRIGGER IF EXISTS audit_log_kept; DROP TRIGGER IF EXISTS audit_log_grows; DROP TRIGGER IF EXISTS audit_log_appended"
    };
    let mut conn = database.writer().await.unwrap();
    conn.script(off).await.unwrap();
    let change = format!("UPDATE audit_log SET actor_name = 'somebody else' WHERE number = {number}");
    conn.script(change.leak()).await.unwrap();
}

on_both! {
    async fn many_people_at_once_are_done_in_portions_and_the_rest_waits_for_the_button(db) {
        let mut desk = hurried(db).await;
        let mut fields = vec![("act".to_owned(), "deactivate".to_owned())];
        for name in ["Anna", "Ben", "Cleo", "Dora"] {
            let user = desk.person(&format!("{}@acme.example", name.to_lowercase()), name, "Agent").await;
            fields.push(("user".to_owned(), user.id.to_string()));
        }
        // Whoever can't be is one of them, and stops nobody.
        fields.insert(2, ("user".to_owned(), desk.root.id.to_string()));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let html = desk.shows(&format!("{TO}?{query}")).await;
        assert!(html.contains("Deactivate 5 people?") && html.contains("There was no time to look ahead"), "{html}");
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut page = desk.sends("/settings/users", TO, &fields).await.expect(200);
        for left in (1..5).rev() {
            let active = desk.bridge.counters(&desk.workspace).await.0;
            let words = if left == 1 { "1 person is still to come.".to_owned() } else { format!("{left} people are still to come.") };
            assert!(page.html.contains(&words) && page.html.contains("Go on with"), "{}", page.html);
            assert!(active >= left, "nothing happens to those who are still to come: {active}");
            page = press(&mut desk, &page, TO).await.expect(200);
        }
        assert!(page.html.contains("4 people were deactivated.") && page.html.contains("It was not done for 1 person."), "{}", page.html);
        assert!(!page.html.contains("Go on with"), "{}", page.html);
        assert_eq!(desk.bridge.counters(&desk.workspace).await.0, 1, "Root alone is left");
    }

    async fn a_review_is_carried_out_in_portions_also_past_whom_it_cannot_be_carried_out_for(db) {
        let mut desk = hurried(db).await;
        let api = desk.api().await;
        let mut ids = vec![desk.root.id.to_string()];
        for name in ["Anna", "Ben", "Cleo"] {
            ids.push(desk.person(&format!("{}@acme.example", name.to_lowercase()), name, "Agent").await.id.to_string());
        }
        let review = api.post("/reviews", json!({"name": "Autumn"})).await.expect(201).made();
        let decisions: Vec<_> = ids.iter().map(|id| json!({"user_id": id, "decision": "deactivate"})).collect();
        api.put(&format!("/reviews/{review}/decisions"), json!({"decisions": decisions})).await.expect(200);
        let (summary, apply) = (format!("/settings/reviews/{review}/summary"), format!("/settings/reviews/{review}/apply"));
        let mut page = desk.browser.get(&summary).await.expect(200);
        // Root comes first, and stays: of the others one in each portion.
        for done in 0..3 {
            page = press(&mut desk, &page, &apply).await.expect(200);
            let words = if done == 1 { "1 decision is in effect".to_owned() } else { format!("{done} decisions are in effect") };
            assert!(page.html.contains(&words) && page.html.contains("Go on: "), "{}", page.html);
        }
        let end = press(&mut desk, &page, &apply).await.expect(422);
        assert!(end.html.contains("1 decision could not be carried out") && end.html.contains("Not possible:"), "{}", end.html);
        assert_eq!(desk.bridge.counters(&desk.workspace).await.0, 1);
        for id in &ids[1..] {
            assert_eq!(api.get(&format!("/users/{id}")).await.data()["is_active"], false);
        }
    }

    async fn a_long_audit_log_is_verified_in_portions_and_a_break_is_found_in_whichever_it_is(db) {
        let mut desk = hurried(db).await;
        let lead = desk.api().await.post("/roles", json!({"name": "Lead", "permissions": ["chat:read"]})).await.expect(201).made();
        let (workspace, id) = (desk.workspace.id, RoleId::parse(&lead).unwrap());
        let update = |n: i32| {
            let description = Some(format!("Number {n}"));
            UpdateRole { workspace, id, name: None, description, permissions: None, is_default: None }
        };
        for start in (0..2_100).step_by(300) {
            let many = Together((start..start + 300).map(update).collect());
            desk.bridge.app.commands.execute(&Actor::operator(), many).await.unwrap();
        }
        let (at, verify) = ("/settings/audit/proof", "/settings/audit/verify");
        let blank = desk.browser.get(at).await.expect(200);
        assert!(!blank.html.contains("The log is whole"));
        let first = press(&mut desk, &blank, verify).await.expect(200);
        assert!(first.html.contains("1,000 entries were verified so far") || first.html.contains("1000 entries were verified so far"), "{}", first.html);
        assert!(!first.html.contains("The log is whole: "), "{}", first.html);
        let second = press(&mut desk, &first, verify).await.expect(200);
        assert!(second.html.contains("Go on") && !second.html.contains("The log is whole: "), "{}", second.html);
        let whole = press(&mut desk, &second, verify).await.expect(200);
        assert!(whole.html.contains("The log is whole: ") && whole.html.contains("id=\"head\""), "{}", whole.html);
        // What is no such place begins anew, and a place with another hash is none.
        let mut fields = form(&first, verify);
        for (name, value) in &mut fields {
            if name == "walked" {
                *value = "x".into();
            }
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let anew = desk.browser.raw(verify, &fields).await.expect(200);
        assert!(anew.html.contains("entries were verified so far"), "{}", anew.html);
        // Somebody changes an entry in the last part, behind the triggers' back.
        falsify(&desk, 1_500).await;
        let first = press(&mut desk, &blank, verify).await.expect(200);
        assert!(first.html.contains("entries were verified so far"), "{}", first.html);
        let second = press(&mut desk, &first, verify).await.expect(200);
        assert!(second.html.contains("The log is not whole:"), "{}", second.html);
    }
}

pub const PRESSES: Presses = &["/settings/users/bulk"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_button_that_goes_on_is_pressed_in_a_browser() {
    let desk = hurried(Fresh::sqlite()).await;
    let mut query = "act=deactivate".to_owned();
    for name in ["Anna", "Ben", "Cleo"] {
        let user = desk.person(&format!("{}@acme.example", name.to_lowercase()), name, "Agent").await;
        query.push_str(&format!("&user={}", user.id));
    }
    let steps = vec![
        json!({"goto": desk.url(&format!("{TO}?{query}"))}),
        json!({"click": "main form button"}),
        json!({"expect": "2 people are still to come."}),
        json!({"shot": "users-bulk-portion"}),
        json!({"click": "text=Go on with 2 more people"}),
        json!({"expect": "1 person is still to come."}),
        json!({"click": "text=Go on with 1 more person"}),
        json!({"expect": "3 people were deactivated."}),
    ];
    desk.plays("users-bulk-portions", steps, json!({})).await;
    desk.pressed(PRESSES);
}
