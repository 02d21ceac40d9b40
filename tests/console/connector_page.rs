//! Settings → Connector: how it stands, what waits and why, and where both sides differ.

use std::time::Duration;

use aisoule_bridge::connector::Profile;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::{connectors, outbox};
use chrono::TimeDelta;
use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::aisoule::{Double, Options};
use crate::support::{Fresh, on_both};

const HERE: &str = "/settings/connector";
const NASTY: &str = "<img src=x onerror=alert(1)>";

/// A desk at a bridge that knows how to speak to the double, and the double.
async fn office(db: Fresh) -> (Desk, Double) {
    let mut settings = db.settings();
    let profile = Profile { per_minute: 0, per_second: 0, timeout_seconds: 2, ..Profile::default() };
    settings.connectors.insert("test".into(), profile);
    let desk = Desk::at(db.bridge_with(settings).await, 1_000, SeatPolicy::Reject).await;
    (desk, Double::start(Options::UNLIMITED).await)
}

/// Connects by the form; gives the key.
async fn connect(desk: &mut Desk, double: &Double) -> String {
    let (key, base) = (double.key(), double.base());
    let fields = [("profile", "test"), ("base_url", base.as_str()), ("api_key", key.as_str())];
    let page = desk.sends(&format!("{HERE}/edit"), &format!("{HERE}/edit"), &fields).await;
    assert_eq!(page.leads_to(), Some("/settings/connector?done=created"), "{}", page.html);
    key
}

/// Waits until everything that was decided has arrived, but for what needs a decision.
async fn settled(desk: &Desk) {
    for _ in 0..3_000 {
        desk.bridge.later(TimeDelta::milliseconds(40));
        let mut conn = desk.bridge.app.store.read().await.unwrap();
        let row = connectors::find(&mut conn, desk.workspace.id).await.unwrap().unwrap();
        let last = outbox::last(&mut conn, desk.workspace.id).await.unwrap();
        let backlog = connectors::backlog(&mut conn, desk.workspace.id).await.unwrap();
        if row.cursor >= last && backlog.waiting == backlog.stuck && row.wanted.is_none() {
            return;
        }
        drop(conn);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never settled");
}

/// Compares both sides by the button; gives the address of the report.
async fn compared(desk: &mut Desk) -> String {
    let page = desk.sends(HERE, &format!("{HERE}/reconcile"), &[]).await;
    assert_eq!(page.leads_to(), Some("/settings/connector?done=asked"), "{}", page.html);
    settled(desk).await;
    let html = desk.shows(HERE).await;
    let id = html.split_once(&format!("href=\"{HERE}/reports/")).unwrap_or_else(|| panic!("{html}")).1;
    format!("{HERE}/reports/{}", id.split('"').next().unwrap())
}

on_both! {
    async fn a_connector_is_made_paused_changed_and_removed(db) {
        let (mut desk, double) = office(db).await;
        assert!(desk.shows(HERE).await.contains("There is no connector"));
        let base = double.base();
        let page = desk.sends(HERE, &format!("{HERE}/edit"), &[("profile", "test"), ("base_url", &base), ("adopts", "on")]).await.expect(422);
        assert!(page.html.contains("That is not possible. API key: has to be entered.") && page.html.contains(&base) && page.html.contains("type=\"checkbox\" checked"), "{}", page.html);
        // The field is marked, and described by what is wrong with it.
        assert!(page.html.contains("id=\"problem\" role=\"alert\">That is not") && page.html.contains("aria-describedby=\"key-hint problem\" aria-invalid=\"true\""), "{}", page.html);
        assert_eq!(page.html.matches("aria-invalid").count(), 1);
        assert!(!page.html.contains("Type it once more"), "no key was typed: {}", page.html);
        let page = desk.sends(HERE, &format!("{HERE}/edit"), &[("profile", "nothing"), ("base_url", &base), ("api_key", "k")]).await.expect(422);
        assert!(page.html.contains("the settings have no such profile"), "{}", page.html);
        assert!(page.html.contains("Type it once more: ") && !page.html.contains("value=\"k\""), "{}", page.html);
        desk.api().await.user("anna@acme.example", None).await;
        let key = connect(&mut desk, &double).await;
        settled(&desk).await;
        assert!(double.user("anna@acme.example").is_some());
        let html = desk.shows(&format!("{HERE}?done=created")).await;
        assert!(html.contains("tag good\">Running") && html.contains("Everything has arrived") && html.contains(&base), "{html}");
        for (to, word, said) in [("off", "paused", "Paused"), ("on", "resumed", "Running")] {
            let page = desk.sends(HERE, &format!("{HERE}/switch"), &[("to", to)]).await;
            assert_eq!(page.leads_to(), Some(format!("{HERE}?done={word}").as_str()));
            let html = desk.shows(HERE).await;
            assert!(html.contains(&format!("\">{said}</span>")), "{html}");
        }
        // A key goes nowhere else than it was given for.
        let page = desk.sends(HERE, &format!("{HERE}/edit"), &[("profile", "test"), ("base_url", "http://127.0.0.1:9/api")]).await.expect(422);
        assert!(page.html.contains("has to be given again") && page.html.contains("http://127.0.0.1:9/api"), "{}", page.html);
        let page = desk.sends(HERE, &format!("{HERE}/edit"), &[("profile", "test"), ("base_url", &base), ("adopts", "on")]).await;
        assert_eq!(page.leads_to(), Some("/settings/connector?done=saved"));
        assert!(desk.shows(HERE).await.contains("Are adopted by their address"));
        // A key that is refused stops it, and the page says so.
        double.revoke(&key);
        desk.api().await.user("late@acme.example", None).await;
        for _ in 0..3_000 {
            if desk.shows(HERE).await.contains("tag bad\">Stopped") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let html = desk.shows(HERE).await;
        assert!(html.contains("tag bad\">Stopped") && html.contains("class=\"error\">"), "{html}");
        for path in [HERE.to_owned(), format!("{HERE}/edit"), format!("{HERE}/remove")] {
            assert!(!desk.shows(&path).await.contains(&key), "{path}");
        }
        assert!(desk.shows(&format!("{HERE}/remove")).await.contains("Nothing changes there"));
        assert_eq!(desk.sends(HERE, &format!("{HERE}/remove"), &[]).await.leads_to(), Some("/settings/connector?done=removed"));
        assert!(desk.shows(HERE).await.contains("There is no connector"));
        desk.browser.get(&format!("{HERE}/remove")).await.expect(404);
    }

    async fn what_is_stuck_says_why_and_has_the_button_that_helps(db) {
        let (mut desk, double) = office(db).await;
        let api = desk.api().await;
        api.post("/users", json!({"email": "anna@acme.example", "full_name": NASTY})).await.expect(201);
        double.put_user("anna@acme.example", "Anna of old", "Agent", true);
        connect(&mut desk, &double).await;
        settled(&desk).await;
        let html = desk.shows(HERE).await;
        assert!(html.contains("was there before") && html.contains("Needs a decision") && html.contains(">The account is theirs</button>"), "{html}");
        assert!(!html.contains("connector claim") && !html.contains("<img") && html.contains("&#60;img src=x"), "{html}");
        let user = html.split_once("name=\"user\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let page = desk.sends(HERE, &format!("{HERE}/claim"), &[("user", &user)]).await;
        assert_eq!(page.leads_to(), Some("/settings/connector?done=claimed"));
        settled(&desk).await;
        assert!(desk.shows(HERE).await.contains("Everything has arrived"));
        assert_eq!(double.user("anna@acme.example").unwrap().full_name, NASTY);
        let page = desk.sends(HERE, &format!("{HERE}/claim"), &[("user", &user)]).await.expect(422);
        assert!(page.html.contains("they have a remote account already"), "{}", page.html);
        let page = desk.sends(HERE, &format!("{HERE}/claim"), &[("email", "nobody@acme.example")]).await.expect(422);
        assert!(page.html.contains("It is not there any more"), "{}", page.html);
    }

    async fn both_sides_are_compared_and_mended_once_somebody_is_sure(db) {
        let (mut desk, double) = office(db).await;
        let api = desk.api().await;
        for name in ["ben", "cleo"] {
            api.user(&format!("{name}@acme.example"), None).await;
        }
        connect(&mut desk, &double).await;
        settled(&desk).await;
        let report = compared(&mut desk).await;
        assert!(desk.shows(&report).await.contains("Both sides are equal"));
        let (ben, cleo) = (double.user("ben@acme.example").unwrap().id, double.user("cleo@acme.example").unwrap().id);
        double.rows(|rows| {
            rows.users.retain(|user| user.id != ben);
            rows.users.iter_mut().filter(|user| user.id == cleo).for_each(|user| user.full_name = NASTY.into());
        });
        double.put_user("extra@there.example", "Extra", "Agent", true);
        let report = compared(&mut desk).await;
        let html = desk.shows(&report).await;
        for said in ["ben@acme.example", "Missing there", "cleo@acme.example", ">Different", "extra@there.example", "Only there", "3 differences", "2 differences can be mended", "&#60;img src=x"] {
            assert!(html.contains(said), "{said}: {html}");
        }
        assert!(!html.contains("<img"));
        // What is on neither side, or on one alone, is no cell that says nothing on a phone.
        let ben = html.split("ben@acme.example").nth(1).unwrap().split("</tr>").next().unwrap();
        assert!(ben.contains("<td data-label=\"In what\"></td>") && ben.matches("<td class=\"nothing\">–</td>").count() == 2, "{ben}");
        let cleo = html.split("cleo@acme.example").nth(1).unwrap().split("</tr>").next().unwrap();
        assert!(!cleo.contains("nothing") && cleo.contains("data-label=\"Here\">cleo</td>"), "{cleo}");
        // Nothing happens to whoever is not sure.
        let page = desk.sends(&report, &format!("{report}/mend"), &[]).await.expect(422);
        assert!(page.html.contains("tick the box that says that you mean it"), "{}", page.html);
        assert!(double.user("ben@acme.example").is_none());
        let page = desk.sends(&report, &format!("{report}/mend"), &[("sure", "on")]).await;
        assert_eq!(page.leads_to(), Some("/settings/connector?done=mending"));
        settled(&desk).await;
        assert!(double.user("ben@acme.example").is_some());
        assert_eq!(double.user("cleo@acme.example").unwrap().full_name, "cleo");
        let last = compared(&mut desk).await;
        let html = desk.shows(&last).await;
        assert!(html.contains("1 difference") && html.contains("Nothing of this can be mended"), "{html}");
        // Only the last one offers to mend; all of them are kept to be looked at.
        assert!(!desk.shows(&report).await.contains("Change the remote workspace"));
        assert_eq!(desk.shows(HERE).await.matches(&format!("href=\"{HERE}/reports/")).count(), 4);
    }

    async fn what_has_no_name_there_is_told_apart_by_what_it_has(db) {
        let (mut desk, double) = office(db).await;
        connect(&mut desk, &double).await;
        settled(&desk).await;
        double.put_user("", "No Address", "Agent", true);
        let id = double.put_user("", "", "Agent", true);
        let report = compared(&mut desk).await;
        let html = desk.shows(&report).await;
        assert!(html.contains(">No Address <") && html.contains(&format!(">(no name, id {id}) <")), "{html}");
    }

    async fn a_connector_of_others_is_not_there(db) {
        let (mut desk, double) = office(db).await;
        let other = desk.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        let theirs = desk.bridge.admin(&other).await;
        theirs.post("/connector", json!({"profile": "test", "base_url": double.base(), "api_key": double.key()})).await.expect(201);
        theirs.post("/connector/reconcile", json!({"apply": false})).await.expect(200);
        let mut id = String::new();
        for _ in 0..3_000 {
            let reports = theirs.get("/connector/reconcile").await.expect(200);
            if let Some(found) = reports.data()["reports"][0]["id"].as_str() {
                id = found.to_owned();
                break;
            }
            desk.bridge.later(TimeDelta::milliseconds(40));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        desk.browser.get(&format!("{HERE}/reports/{id}")).await.expect(404);
        desk.sends(HERE, &format!("{HERE}/reports/{id}/mend"), &[("sure", "on")]).await.expect(404);
        assert!(desk.shows(HERE).await.contains("There is no connector"));
        desk.sends(HERE, &format!("{HERE}/remove"), &[]).await.expect(404);
        let page = desk.sends(HERE, &format!("{HERE}/switch"), &[("to", "off")]).await.expect(422);
        assert!(page.html.contains("It is not there any more"));
        theirs.get("/connector").await.expect(200);
    }
}

pub const PRESSES: Presses = &[
    "/settings/connector/edit",
    "/settings/connector/switch",
    "/settings/connector/claim",
    "/settings/connector/reports/{report}/mend",
    "/settings/connector/remove",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connector_is_kept_in_a_browser() {
    let (mut desk, double) = office(Fresh::sqlite()).await;
    let api = desk.api().await;
    for (email, name) in [("anna@acme.example", "Anna Berg"), ("ben@acme.example", "Ben Cole")] {
        api.post("/users", json!({"email": email, "full_name": name})).await.expect(201);
    }
    double.put_user("anna@acme.example", "Anna of old", "Agent", true);
    let steps = vec![
        json!({"goto": desk.url(HERE)}),
        json!({"shot": "connector-none"}),
        json!({"click": "a.button"}),
        json!({"select": ["#profile", "test"]}),
        json!({"fill": ["#base_url", double.base()]}),
        json!({"fill": ["#api_key", double.key()]}),
        json!({"shot": "connector-form"}),
        json!({"click": "form.panel button"}),
        json!({"expect": "Everybody is being brought over"}),
    ];
    if desk.plays("connector-made", steps, json!({})).await.is_none() {
        return;
    }
    settled(&desk).await;
    double.rows(|rows| rows.users.retain(|user| user.email != "ben@acme.example"));
    double.put_user("extra@there.example", "Extra", "Agent", true);
    compared(&mut desk).await;
    let steps = vec![
        json!({"goto": desk.url(HERE)}),
        json!({"shot": "connector-stuck"}),
        json!({"click": "tbody a"}),
        json!({"shot": "connector-report"}),
        json!({"check": "#sure"}),
        json!({"click": "form[action$='/mend'] button"}),
        json!({"expect": "what differs is mended"}),
        json!({"goto": desk.url(HERE)}),
        json!({"click": "form[action$='/claim'] button"}),
        json!({"expect": "The account there is theirs now"}),
        json!({"click": "form[action$='/switch'] button"}),
        json!({"expect": "It is paused"}),
        json!({"shot": "connector-paused"}),
        json!({"click": "a[href$='/remove']"}),
        json!({"shot": "connector-remove"}),
        json!({"click": "button.danger"}),
        json!({"expect": "The connector is removed"}),
    ];
    desk.plays("connector-removed", steps, json!({"dark": true, "language": "en"})).await;
    desk.pressed(PRESSES);
}
