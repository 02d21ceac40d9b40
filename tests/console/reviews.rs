//! An access review from its start to its end: batches, what is suggested, what will happen, carried out, closed, exported.

use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::browser::{Browser, Page};
use crate::support::{Api, Fresh, on_both};

/// Somebody in a review, with where they stand on its first page.
fn place(html: &str, name: &str) -> (String, String) {
    let before =
        html.split(&format!("<legend>{name}</legend>")).nth(1).unwrap_or_else(|| panic!("no {name} in {html}"));
    let rest = before.split("name=\"u").nth(1).unwrap();
    let (place, rest) = rest.split_once("\" value=\"").unwrap();
    (place.to_owned(), rest.split('"').next().unwrap().to_owned())
}

/// Of which state of what is decided about somebody a page is.
fn seen(html: &str, user: &str) -> String {
    let rest = html
        .split_once(&format!("value=\"{user}\"><input type=\"hidden\" name=\"s"))
        .unwrap_or_else(|| panic!("{html}"))
        .1;
    rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The note beside somebody.
fn note_of(html: &str, name: &str) -> String {
    let of = html.split(&format!("<legend>{name}</legend>")).nth(1).unwrap_or_else(|| panic!("no {name} in {html}"));
    let rest = of.split("maxlength=\"120\"").nth(1).unwrap();
    rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The form of a page with somebody about whom something else was typed: every field of everybody.
fn form(html: &str, typed: &[(&str, &str, &str)]) -> Vec<(String, String)> {
    let mut fields = vec![(
        "form".to_owned(),
        html.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned(),
    )];
    for person in html.split("<legend>").skip(1) {
        let person = person.split("</fieldset>").next().unwrap();
        let (name, rest) = person.split_once("</legend>").unwrap();
        let Some((place, rest)) = rest.split_once("name=\"u").and_then(|(_, rest)| rest.split_once("\" value=\""))
        else {
            continue;
        };
        let user = rest.split('"').next().unwrap().to_owned();
        let checked = rest.split("<input id=").find(|input| input.split('>').next().unwrap().ends_with(" checked"));
        let decision =
            checked.map(|input| input.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned());
        let own = typed.iter().find(|(one, _, _)| *one == name);
        fields.push((format!("s{place}"), seen(html, &user)));
        fields.push((format!("u{place}"), user));
        fields.extend(
            own.map(|(_, decision, _)| (*decision).to_owned())
                .or(decision)
                .map(|decision| (format!("d{place}"), decision)),
        );
        fields.push((format!("n{place}"), own.map_or_else(|| note_of(html, name), |(_, _, note)| (*note).to_owned())));
    }
    fields
}

async fn decides(browser: &mut Browser, path: &str, fields: &[(String, String)], step: &str) -> Page {
    let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    all.push(("step", step));
    browser.raw(&format!("{path}/decide"), &all).await
}

async fn begun(desk: &mut Desk) -> String {
    let started = desk
        .sends("/settings/reviews", "/settings/reviews", &[("name", "Autumn"), ("as_of", ""), ("due", "")])
        .await
        .expect(303);
    started.leads_to().unwrap().split('?').next().unwrap().to_owned()
}

async fn conversation(api: &Api, assignee: &str) {
    api.post("/conversations", json!({"subject": "Where is my parcel?", "assignee_id": assignee})).await.expect(201);
}

on_both! {
    async fn a_review_is_started_decided_in_batches_carried_out_closed_and_exported(db) {
        let mut desk = Desk::new(db).await;
        let scim = desk.scim().await;
        let mut ids = Vec::new();
        for n in 0..30 {
            ids.push(scim.user(&format!("p{n:02}")).await);
        }
        desk.bridge.later(chrono::TimeDelta::days(100));
        desk.browser.log_in("root@acme.example", crate::desk::PASSWORD).await.expect(303);
        assert!(desk.shows("/settings/reviews").await.contains("There was no review yet."));
        let page = desk.sends("/settings/reviews", "/settings/reviews", &[("name", "Autumn"), ("as_of", "soon"), ("due", "")]).await.expect(422);
        assert!(page.html.contains("value=\"Autumn\"") && page.html.contains("value=\"soon\""), "{}", page.html);
        desk.sends("/settings/reviews", "/settings/reviews", &[("name", "Autumn"), ("as_of", "2999-01-01"), ("due", "")]).await.expect(422);
        let started = desk.sends("/settings/reviews", "/settings/reviews", &[("name", "Autumn"), ("as_of", ""), ("due", "2999-12-31")]).await.expect(303);
        let batch = started.leads_to().unwrap().to_owned();
        let path = batch.split('?').next().unwrap().to_owned();
        let html = desk.shows(&batch).await;
        for word in ["0 of 31 decided", "The review has begun.", "never logged in", "Suggested: remove", "the default role", "Page 1 of 2"] {
            assert!(html.contains(word), "{word} in {html}");
        }
        let of = html.split("<legend>p03</legend>").nth(1).unwrap().split("</fieldset>").next().unwrap();
        assert_eq!(of.matches("never logged in").count(), 1, "{of}");
        let (leaver, user) = place(&html, "p03");
        let (doubtful, other) = place(&html, "p04");
        let fields = [
            ("which".to_owned(), "undecided".to_owned()), ("page".into(), "1".into()), (format!("u{leaver}"), user.clone()), (format!("d{leaver}"), "deactivate".into()),
            (format!("n{leaver}"), "left in <May>".into()), (format!("u{doubtful}"), other), (format!("d{doubtful}"), String::new()), (format!("n{doubtful}"), String::new()),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let saved = desk.sends(&batch, &format!("{path}/decide"), &[&fields[..], &[("step", "save")]].concat()).await.expect(303);
        assert_eq!(saved.leads_to(), Some(format!("{path}?which=undecided&done=decided#people").as_str()));
        let html = desk.shows(saved.leads_to().unwrap()).await;
        assert!(html.contains("1 of 31 decided") && !html.contains("<legend>p03</legend>"), "{html}");
        // Everybody else, a page at a time.
        for _ in 0..2 {
            let html = desk.shows(&format!("{path}?which=undecided")).await;
            let rest: Vec<(String, String)> = html.split("name=\"u").skip(1).map(|rest| { let (at, rest) = rest.split_once("\" value=\"").unwrap(); (format!("u{at}"), rest.split('"').next().unwrap().to_owned()) }).collect();
            let mut fields: Vec<(&str, &str)> = rest.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            fields.extend([("which", "undecided"), ("page", "1"), ("step", "keep-rest")]);
            desk.sends(&format!("{path}?which=undecided"), &format!("{path}/decide"), &fields).await.expect(303);
        }
        let html = desk.shows(&format!("{path}?which=undecided")).await;
        assert!(html.contains("31 of 31 decided") && html.contains("Everything is decided."), "{html}");
        assert!(desk.shows(&format!("{path}?which=deactivate")).await.contains("value=\"left in &#60;May&#62;\""));
        // Nothing has happened yet, and it says what will.
        conversation(&desk.api().await, &user).await;
        let summary = format!("{path}/summary");
        let html = desk.shows(&summary).await;
        assert!(html.contains("1 person will be deactivated") && html.contains("1 conversation becomes unassigned.") && html.contains("to be done"), "{html}");
        let early = desk.sends(&summary, &format!("{path}/close"), &[]).await.expect(422);
        assert!(early.html.contains("when everything is decided and carried out"), "{}", early.html);
        desk.sends(&summary, &format!("{path}/apply"), &[]).await.expect(303);
        let html = desk.shows(&format!("{summary}?done=applied")).await;
        assert!(html.contains("deactivated") && html.contains("There is nothing left to do.") && !html.contains(&format!("{path}/apply")), "{html}");
        assert_eq!(desk.api().await.get(&format!("/users/{user}")).await.data()["is_active"], false);
        desk.sends(&summary, &format!("{path}/close"), &[]).await.expect(303);
        let html = desk.shows(&format!("{summary}?done=closed")).await;
        assert!(html.contains("This review is closed") && html.contains("<h2>What came of it</h2>") && !html.contains("hat will happen"), "{html}");
        // What is over has no button that promises something.
        let html = desk.shows(&path).await;
        assert!(html.contains(&format!("<a class=\"button quiet\" href=\"{summary}\">What came of it</a>")) && !html.contains("What will happen"), "{html}");
        let csv = desk.browser.get(&format!("{path}/export?format=csv")).await.expect(200);
        assert!(csv.html.contains("left in <May>") && csv.html.lines().count() == 32, "{}", csv.html);
        let jsonl = desk.browser.get(&format!("{path}/export?format=jsonl")).await.expect(200);
        assert_eq!(jsonl.html.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 31);
        let late = [(format!("u{leaver}"), user), (format!("s{leaver}"), "of another time".to_owned())];
        let late: Vec<(&str, &str)> = late.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let page = desk.sends("/settings/reviews", &format!("{path}/decide"), &[&late[..], &[("step", "keep-rest")]].concat()).await.expect(422);
        assert!(page.html.contains("This review is closed"), "{}", page.html);
    }

    async fn people_stand_by_name_and_the_summary_says_what_of_theirs_ends_and_who_gets_their_seat(db) {
        let mut desk = Desk::with(db, 3, SeatPolicy::Park).await;
        let anna = desk.person("anna@acme.example", "anna", "Agent").await;
        desk.person("ben@acme.example", "Ben", "Agent").await;
        let zoe = desk.person("zoe@acme.example", "Zoe", "Agent").await;
        assert_eq!(zoe.standing.name(), "waiting");
        let theirs = desk.bridge.key(&desk.workspace, Some(anna.id), None).await;
        let started = desk.sends("/settings/reviews", "/settings/reviews", &[("name", "Autumn"), ("as_of", ""), ("due", "")]).await.expect(303);
        let path = started.leads_to().unwrap().split('?').next().unwrap().to_owned();
        let html = desk.shows(&path).await;
        let at = |name: &str| html.find(&format!("<legend>{name}</legend>")).unwrap_or_else(|| panic!("no {name} in {html}"));
        assert!(at("anna") < at("Ben") && at("Ben") < at("Root"), "{html}");
        let anna = anna.id.to_string();
        desk.sends(&path, &format!("{path}/decide"), &[("u0", &anna), ("d0", "deactivate"), ("n0", "left")]).await.expect(303);
        let html = desk.shows(&format!("{path}/summary")).await;
        assert!(html.contains("1 API key that acts as them is revoked.") && html.contains("Zoe waits for a seat and gets it."), "{html}");
        desk.sends(&path, &format!("{path}/apply"), &[]).await.expect(303);
        let api = desk.api().await;
        assert_eq!(api.get(&format!("/users/{}", zoe.id)).await.data()["is_active"], true);
        theirs.get("/me").await.refused(401, "unauthorized");
    }

    async fn what_cannot_be_carried_out_says_why_and_is_decided_otherwise(db) {
        let mut desk = Desk::new(db).await;
        let started = desk.sends("/settings/reviews", "/settings/reviews", &[("name", "Autumn"), ("as_of", ""), ("due", "")]).await.expect(303);
        let path = started.leads_to().unwrap().split('?').next().unwrap().to_owned();
        let root = desk.root.id.to_string();
        let html = desk.shows(&path).await;
        assert!(html.contains("protected account") && html.contains("Suggested: keep"), "{html}");
        desk.sends(&path, &format!("{path}/decide"), &[("u0", &root), ("d0", "deactivate"), ("n0", "")]).await.expect(303);
        let page = desk.sends(&path, &format!("{path}/apply"), &[]).await.expect(422);
        assert!(page.html.contains("1 decision could not be carried out") && page.html.contains("Not possible:"), "{}", page.html);
        let before = seen(&desk.shows(&path).await, &root);
        desk.sends(&path, &format!("{path}/decide"), &[("u0", &root), ("s0", &before), ("d0", "keep"), ("n0", "the last one")]).await.expect(303);
        // Whoever still sees what was decided before, or does not say what they saw, changes nothing and is told.
        for seen in [before.as_str(), "", "deactivate"] {
            let page = desk.sends(&path, &format!("{path}/decide"), &[("u0", &root), ("s0", seen), ("d0", ""), ("n0", "")]).await.expect(422);
            assert!(page.html.contains("It has changed in the meantime"), "{seen}: {}", page.html);
        }
        // The same once more is no new decision.
        desk.sends(&path, &format!("{path}/decide"), &[("u0", &root), ("d0", "keep"), ("n0", "the last one")]).await.expect(303);
        let id = path.rsplit('/').next().unwrap();
        let log = desk.api().await.get(&format!("/audit?subject={id}&action=review.decided")).await.expect(200);
        assert_eq!(log.data()["entries"].as_array().unwrap().len(), 2);
        desk.sends(&path, &format!("{path}/close"), &[]).await.expect(303);
    }

    async fn whoever_saves_a_batch_leaves_the_note_that_another_reviewer_wrote_meanwhile(db) {
        let mut desk = Desk::new(db).await;
        desk.person("anna@acme.example", "Anna", "Agent").await;
        desk.person("mia@acme.example", "Mia", "Manager").await;
        let mut mia = desk.browser_of("mia@acme.example").await;
        let path = begun(&mut desk).await;
        let first = form(&desk.shows(&path).await, &[("Anna", "keep", "")]);
        decides(&mut desk.browser, &path, &first, "save").await.expect(303);
        // Both have the page open; she adds a note to a decision that is made, and he saves about somebody else.
        let mine = form(&desk.shows(&path).await, &[("Root", "keep", "")]);
        let theirs = form(&mia.get(&path).await.expect(200).html, &[("Anna", "keep", "asked her lead")]);
        decides(&mut mia, &path, &theirs, "save").await.expect(303);
        decides(&mut desk.browser, &path, &mine, "save").await.expect(303);
        let html = desk.shows(&path).await;
        assert_eq!((note_of(&html, "Anna").as_str(), html.matches("Decided by Mia").count()), ("asked her lead", 1), "{html}");
        let id = path.rsplit('/').next().unwrap();
        let log = desk.api().await.get(&format!("/audit?subject={id}&action=review.decided")).await.expect(200);
        let entries = log.data()["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 3, "{entries:?}");
        // What somebody writes over a note says what it was.
        let mine = form(&html, &[("Anna", "deactivate", "left")]);
        decides(&mut desk.browser, &path, &mine, "save").await.expect(303);
        let log = desk.api().await.get(&format!("/audit?subject={id}&action=review.decided")).await.expect(200);
        let entries = log.data()["entries"].as_array().unwrap();
        let written = entries.iter().filter(|entry| entry["changes"]["comment"] == json!({"old": "asked her lead", "new": "left"}));
        assert_eq!((entries.len(), written.count()), (4, 1), "{entries:?}");
    }

    async fn the_rest_is_kept_but_for_those_about_whom_another_reviewer_said_something_meanwhile(db) {
        let mut desk = Desk::new(db).await;
        for (email, name) in [("anna@acme.example", "Anna"), ("ben@acme.example", "Ben")] {
            desk.person(email, name, "Agent").await;
        }
        desk.person("mia@acme.example", "Mia", "Manager").await;
        let mut mia = desk.browser_of("mia@acme.example").await;
        let path = begun(&mut desk).await;
        let mine = form(&desk.shows(&path).await, &[]);
        let theirs = form(&mia.get(&path).await.expect(200).html, &[("Anna", "deactivate", "left"), ("Ben", "", "who is it?")]);
        decides(&mut mia, &path, &theirs, "save").await.expect(303);
        let page = decides(&mut desk.browser, &path, &mine, "keep-rest").await.expect(422);
        assert!(page.html.contains("<dt>Ben</dt><dd>Not yet · Note: who is it?") && !page.html.contains("<dt>Anna</dt>"), "{}", page.html);
        assert_eq!(note_of(&page.html, "Ben"), "who is it?");
        assert!(desk.shows(&path).await.contains("1 of 4 decided"));
        // Having seen it, he keeps them; about whom she decided stays as she did.
        decides(&mut desk.browser, &path, &form(&page.html, &[]), "keep-rest").await.expect(303);
        let html = desk.shows(&format!("{path}?which=deactivate")).await;
        assert!(html.contains("4 of 4 decided") && note_of(&html, "Anna") == "left", "{html}");
        assert_eq!(note_of(&desk.shows(&format!("{path}?which=keep")).await, "Ben"), "who is it?");
    }

    async fn a_whole_batch_of_long_chinese_notes_is_saved(db) {
        let mut desk = Desk::new(db).await;
        let scim = desk.scim().await;
        for n in 0..24 {
            scim.user(&format!("p{n:02}")).await;
        }
        let path = begun(&mut desk).await;
        let note = "\u{8bc4}".repeat(120);
        let mut all = form(&desk.shows(&path).await, &[]);
        for (name, value) in &mut all {
            if name.starts_with('n') {
                value.clone_from(&note);
            }
        }
        assert_eq!(all.iter().filter(|(name, _)| name.starts_with('u')).count(), 25);
        decides(&mut desk.browser, &path, &all, "keep-rest").await.expect(303);
        let html = desk.shows(&path).await;
        assert!(html.contains("25 of 25 decided") && html.matches(&note).count() == 25, "{html}");
    }

    async fn a_manager_decides_in_a_review_and_neither_carries_it_out_nor_ends_it(db) {
        let mut desk = Desk::new(db).await;
        let started = desk.sends("/settings/reviews", "/settings/reviews", &[("name", "Autumn"), ("as_of", ""), ("due", "")]).await.expect(303);
        let path = started.leads_to().unwrap().split('?').next().unwrap().to_owned();
        desk.person("mia@acme.example", "Mia", "Manager").await;
        let mut mia = desk.browser_of("mia@acme.example").await;
        let html = mia.get(&path).await.expect(200).html;
        assert!(html.contains("Root") && html.contains("name=\"step\""), "{html}");
        let root = desk.root.id.to_string();
        mia.post(&path, &format!("{path}/decide"), &[("u0", &root), ("d0", "keep"), ("n0", "asked her")]).await.expect(303);
        let decided = desk.shows(&format!("{path}?which=all")).await;
        assert!(decided.contains("1 of 1 decided") && decided.contains("Mia"), "{decided}");
        let summary = mia.get(&format!("{path}/summary")).await.expect(200).html;
        assert!(!summary.contains("/close") && !summary.contains("/apply"), "{summary}");
        for form in ["/apply", "/close"] {
            mia.post(&path, &format!("{path}{form}"), &[]).await.expect(403);
        }
        mia.post("/settings/reviews", "/settings/reviews", &[("name", "Mine")]).await.expect(403);
        let other = desk.bridge.workspace("Other", 5, SeatPolicy::Reject).await;
        let theirs = desk.bridge.admin(&other).await.post("/reviews", json!({"name": "Theirs"})).await.expect(201).made();
        for page in ["", "/summary", "/export"] {
            desk.browser.get(&format!("/settings/reviews/{theirs}{page}")).await.expect(404);
        }
        for form in ["/decide", "/apply", "/close"] {
            desk.sends(&path, &format!("/settings/reviews/{theirs}{form}"), &[]).await.expect(404);
        }
    }
}

pub const PRESSES: Presses = &[
    "/settings/reviews",
    "/settings/reviews/{id}/decide",
    "/settings/reviews/{id}/apply",
    "/settings/reviews/{id}/close",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_is_finished_by_keyboard_in_a_browser() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let (api, scim) = (desk.api().await, desk.scim().await);
    let anna = scim.user("anna").await;
    scim.user("ben").await;
    let group = scim.group("Leads", &[&anna]).await;
    let manager = api.role("Manager").await;
    api.post("/rules", json!({"group_id": group, "role_id": manager, "priority": 3})).await.expect(201);
    desk.person("cleo@acme.example", "Cleo Conrad", "Admin").await;
    let tab = |count: usize| vec![json!({"press": "Tab"}); count];
    let mut steps = vec![
        json!({"goto": desk.url("/settings/reviews")}),
        json!({"fill": ["#name", "Autumn 2026"]}),
        json!({"shot": "reviews-list"}),
        json!({"press": "Enter"}),
        json!({"expect": "The review has begun."}),
        json!({"shot": "reviews-people"}),
        // Onto the choice about the first person, and one to the left of "not yet": to lose their access.
        json!({"focus": "#later0"}),
        json!({"press": "ArrowLeft"}),
    ];
    steps.extend(tab(1));
    steps.extend([json!({"press": "l"}), json!({"press": "e"}), json!({"press": "f"}), json!({"press": "t"})]);
    steps.extend([
        json!({"shot": "reviews-chosen"}),
        json!({"focus": "button[value=keep-rest]"}),
        json!({"press": "Enter"}),
        json!({"expect": "4 of 4 decided"}),
        json!({"focus": "a[href$='/summary']"}),
        json!({"press": "Enter"}),
        json!({"expect": "1 person will be deactivated"}),
        json!({"shot": "reviews-summary"}),
        json!({"focus": "button.danger"}),
        json!({"press": "Enter"}),
        json!({"expect": "There is nothing left to do."}),
        json!({"focus": "form[action$='/close'] button"}),
        json!({"press": "Enter"}),
        json!({"expect": "This review is closed"}),
    ]);
    desk.plays("reviews-end", steps, json!({})).await;
    let steps = vec![
        json!({"goto": desk.url("/settings/reviews")}),
        json!({"shot": "reviews-list-de"}),
        json!({"click": "tbody a"}),
        json!({"shot": "reviews-people-de"}),
    ];
    desk.plays("reviews-end-de", steps, json!({"dark": true, "language": "de"})).await;
    desk.pressed(PRESSES);
}
