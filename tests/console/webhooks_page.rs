//! Settings → Webhooks: endpoints, what they were told, and telling them again.

use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::EndpointId;
use aisoule_bridge::store::deliveries;
use chrono::TimeDelta;
use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::hooks::{self, until};
use crate::support::receiver::{Receiver, Reply};
use crate::support::{Fresh, on_both};

const HOOKS: &str = "/settings/webhooks";
const NASTY: &str = "<img src=x onerror=alert(1)>";

/// Makes an endpoint by its form; gives its page, its id and its secret.
async fn made(desk: &mut Desk, fields: &[(&str, &str)]) -> (String, EndpointId, String) {
    let html = desk.sends(&format!("{HOOKS}/new"), HOOKS, fields).await.expect(200).html;
    let secret = secret(&html);
    let id = html.split_once(&format!("href=\"{HOOKS}/")).unwrap().1;
    let id = EndpointId::parse(id.split('"').next().unwrap()).unwrap_or_else(|| panic!("{html}"));
    (format!("{HOOKS}/{id}"), id, secret)
}

/// The secret on the page that shows one.
fn secret(html: &str) -> String {
    let rest = html.split_once("<code id=\"secret\">").unwrap_or_else(|| panic!("{html}")).1;
    let secret = rest.split('<').next().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    secret
}

async fn waiting(desk: &Desk, id: EndpointId) -> i64 {
    deliveries::counts(&mut desk.bridge.app.store.read().await.unwrap(), id).await.unwrap().waiting
}

/// Moves the clock until what waits is given up.
async fn dead(desk: &Desk, id: EndpointId, count: i64) {
    until("a dead letter", async || {
        desk.bridge.later(TimeDelta::seconds(40));
        desk.bridge.app.courier.look();
        let counts = deliveries::counts(&mut desk.bridge.app.store.read().await.unwrap(), id).await.unwrap();
        counts.dead == count
    })
    .await;
}

/// Looks at a page as whoever has just logged in: the clock has moved.
async fn anew(desk: &mut Desk) {
    desk.browser.log_in("root@acme.example", crate::desk::PASSWORD).await;
}

on_both! {
    async fn an_endpoint_is_made_changed_and_deleted(db) {
        let mut desk = Desk::new(db).await;
        let receiver = Receiver::start().await;
        let url = receiver.url();
        // What was typed stays where something is wrong.
        let fields = [("name", "CRM"), ("url", url.as_str()), ("family", "user.*"), ("family", "team.*"), ("patterns", "user.creatd")];
        let page = desk.sends(&format!("{HOOKS}/new"), HOOKS, &fields).await.expect(422);
        for said in ["there is no event user.creatd", "value=\"CRM\"", "value=\"user.*\" checked", "value=\"team.*\" checked", ">user.creatd</textarea>"] {
            assert!(page.html.contains(said), "{said}: {}", page.html);
        }
        assert!(!page.html.contains("value=\"role.*\" checked"));
        let (here, id, secret) = made(&mut desk, &[("name", "CRM"), ("url", &url), ("family", "user.*"), ("patterns", "team.created, seat.overage")]).await;
        let kept = hooks::endpoint(&desk.bridge, id).await;
        assert_eq!(kept.events, ["user.*", "team.created", "seat.overage"]);
        let page = desk.sends(&format!("{HOOKS}/new"), HOOKS, &[("name", "CRM"), ("url", &url)]).await.expect(422);
        assert!(page.html.contains("already has this name"), "{}", page.html);
        let html = desk.shows(&format!("{here}/edit")).await;
        assert!(html.contains("value=\"user.*\" checked") && html.contains("team.created\nseat.overage</textarea>"), "{html}");
        let page = desk.sends(&here, &format!("{here}/edit"), &[("name", "CRM of Acme"), ("url", ""), ("family", "group.*")]).await;
        assert_eq!(page.leads_to(), Some(format!("{here}?done=saved").as_str()));
        assert_eq!(hooks::endpoint(&desk.bridge, id).await.events, ["group.*"]);
        // Another secret, while the old one is good for a while.
        let page = desk.sends(&here, &format!("{here}/secret"), &[("hours", "1000")]).await.expect(422);
        assert!(page.html.contains("must be 0 to 168") && page.html.contains("value=\"1000\""), "{}", page.html);
        let rotated = desk.sends(&here, &format!("{here}/secret"), &[("hours", "24")]).await.expect(200).html;
        let second = self::secret(&rotated);
        assert!(second != secret && rotated.contains("signed with both secrets until"), "{rotated}");
        assert!(desk.shows(&format!("{here}/secret")).await.contains("It was replaced already"));
        assert!(desk.sends(&here, &format!("{here}/secret"), &[("hours", "24")]).await.expect(422).html.contains("was replaced already"));
        let third = self::secret(&desk.sends(&here, &format!("{here}/secret"), &[("hours", "0")]).await.expect(200).html);
        // Off and on.
        for (to, word, said) in [("off", "disabled", "Disabled"), ("on", "enabled", "Active")] {
            assert_eq!(desk.sends(&here, &format!("{here}/switch"), &[("to", to)]).await.leads_to(), Some(format!("{here}?done={word}").as_str()));
            assert!(desk.shows(&here).await.contains(&format!("\">{said}</span>")));
            if to == "off" {
                assert!(desk.sends(&here, &format!("{here}/test"), &[]).await.expect(422).html.contains("enable it first"));
            }
        }
        for path in [HOOKS.to_owned(), here.clone(), format!("{here}/edit"), format!("{here}/secret"), format!("{here}/delete")] {
            let html = desk.shows(&path).await;
            assert!([&secret, &second, &third].iter().all(|secret| !html.contains(secret.as_str())), "{path}");
        }
        assert!(desk.shows(&format!("{here}/delete")).await.contains("Nothing waits for it"));
        assert_eq!(desk.sends(&here, &format!("{here}/delete"), &[]).await.leads_to(), Some("/settings/webhooks?done=deleted"));
        desk.browser.get(&here).await.expect(404);
        assert!(desk.shows(&format!("{HOOKS}?done=deleted")).await.contains("There is no endpoint yet"));
    }

    async fn whoever_may_not_read_what_an_event_is_about_is_told_which_and_keeps_what_they_typed(db) {
        let mut desk = Desk::new(db).await;
        let (here, _, _) = made(&mut desk, &[("name", "All"), ("url", "https://hooks.example/all")]).await;
        let role = json!({"name": "Integrator", "permissions": ["webhooks:read", "webhooks:write", "users:read"]});
        desk.api().await.post("/roles", role).await.expect(201);
        desk.person("ida@acme.example", "Ida", "Integrator").await;
        let mut ida = desk.browser_of("ida@acme.example").await;
        let fields = [("name", "CRM"), ("url", "https://hooks.example/crm"), ("family", "user.*"), ("family", "team.*")];
        let page = ida.post(&format!("{HOOKS}/new"), HOOKS, &fields).await.expect(422);
        for said in ["The event team.created tells", "permission teams:read is for", "value=\"CRM\"", "value=\"team.*\" checked"] {
            assert!(page.html.contains(said), "{said}: {}", page.html);
        }
        let page = ida.post(&format!("{HOOKS}/new"), HOOKS, &fields[..2]).await.expect(422);
        assert!(page.html.contains("The event group.created tells"), "none chosen means all: {}", page.html);
        ida.post(&format!("{HOOKS}/new"), HOOKS, &fields[..3]).await.expect(200);
        let page = ida.post(&format!("{here}/edit"), &format!("{here}/edit"), &[("name", "All"), ("url", "https://mine.example/")]).await.expect(422);
        assert!(page.html.contains("The event group.created tells"), "{}", page.html);
        ida.post(&format!("{here}/edit"), &format!("{here}/edit"), &[("name", "Everything"), ("url", "")]).await.expect(303);
    }

    async fn deliveries_are_seen_and_made_again(db) {
        let mut desk = Desk::new(db).await;
        let (receiver, scim) = (Receiver::start().await, desk.scim().await);
        let (here, id, _) = made(&mut desk, &[("name", "CRM"), ("url", &receiver.url()), ("patterns", "user.created")]).await;
        assert!(desk.shows(&here).await.contains("Nothing was to be delivered to it yet."));
        // The test button, and what became of it.
        let page = desk.sends(&here, &format!("{here}/test"), &[]).await;
        let test = page.leads_to().unwrap().to_owned();
        assert!(test.ends_with("?done=sent"));
        until("the test", async || receiver.count() == 1 && waiting(&desk, id).await == 0).await;
        let html = desk.shows(&test).await;
        assert!(html.contains("endpoint.test") && html.contains("The endpoint took it") && html.contains("<dd>200 ("), "{html}");
        assert!(!html.contains("Send it again"), "a test that arrived is over: {html}");
        let before = desk.bridge.app.clock.now();
        for name in ["a", "b", "c"] {
            scim.user(name).await;
        }
        until("three", async || receiver.count() == 4 && waiting(&desk, id).await == 0).await;
        let html = desk.shows(&here).await;
        assert_eq!(html.matches(">user.created</a>").count(), 3, "{html}");
        let html = desk.shows(&format!("{here}?state=dead")).await;
        assert!(html.contains("No delivery fits this filter") && html.contains("value=\"dead\" selected"), "{html}");
        let html = desk.shows(&format!("{here}?state=delivered&event=user.created")).await;
        let one = html.split_once(&format!("href=\"{here}/deliveries/")).unwrap().1.split('"').next().unwrap().to_owned();
        let page = desk.sends(&here, &format!("{here}/replay"), &[("delivery", &one)]).await;
        assert_eq!(page.leads_to(), Some(format!("{here}/deliveries/{one}?done=replayed").as_str()));
        until("a fourth", async || receiver.count() == 5).await;
        // A span of time.
        let form = "%Y-%m-%dT%H:%M";
        let (from, to) = ((before - TimeDelta::hours(1)).format(form).to_string(), (before + TimeDelta::hours(1)).format(form).to_string());
        let page = desk.sends(&here, &format!("{here}/replay"), &[("from", &from), ("to", "")]).await.expect(422);
        assert!(page.html.contains("Say from when and until when") && page.html.contains(&format!("value=\"{from}\"")), "{}", page.html);
        let page = desk.sends(&here, &format!("{here}/replay"), &[("from", &to), ("to", &from)]).await.expect(422);
        assert!(page.html.contains("must be after from"), "{}", page.html);
        let page = desk.sends(&here, &format!("{here}/replay"), &[("from", &from), ("to", &to)]).await;
        assert_eq!(page.leads_to(), Some(format!("{here}?done=replayed").as_str()));
        // Root came before the endpoint did, and within that time.
        until("all again", async || receiver.count() == 9 && waiting(&desk, id).await == 0).await;
    }

    async fn what_was_given_up_is_sent_again_or_discarded(db) {
        let mut desk = Desk::new(db).await;
        let (receiver, scim) = (Receiver::start().await, desk.scim().await);
        let (here, id, _) = made(&mut desk, &[("name", "CRM"), ("url", &receiver.url()), ("patterns", "user.created")]).await;
        let page = desk.sends(&here, &format!("{here}/replay"), &[]).await;
        assert_eq!(page.leads_to(), Some(format!("{here}?done=nothing").as_str()));
        receiver.always(Reply::With(422, String::new(), NASTY.as_bytes().to_vec()));
        for name in ["a", "b"] {
            scim.user(name).await;
        }
        dead(&desk, id, 2).await;
        anew(&mut desk).await;
        let html = desk.shows(&format!("{here}?state=dead")).await;
        assert!(html.contains("2 deliveries were given up") && html.contains(">422</td>"), "{html}");
        let one = html.split_once(&format!("href=\"{here}/deliveries/")).unwrap().1.split('"').next().unwrap().to_owned();
        let place = format!("{here}/deliveries/{one}");
        let html = desk.shows(&place).await;
        assert!(html.contains("It was given up") && html.contains("it answered 422: &#60;img src=x onerror=alert(1)&#62;"), "{html}");
        assert!(!html.contains("<img"));
        let page = desk.sends(&place, &format!("{here}/discard"), &[("delivery", &one)]).await;
        assert_eq!(page.leads_to(), Some(format!("{place}?done=discarded").as_str()));
        assert!(desk.shows(&place).await.contains("nobody needs it any more"));
        assert!(desk.sends(&place, &format!("{here}/discard"), &[("delivery", &one)]).await.expect(422).html.contains("only what was given up"));
        receiver.always(Reply::Status(200));
        let page = desk.sends(&here, &format!("{here}/replay"), &[]).await;
        assert_eq!(page.leads_to(), Some(format!("{here}?done=replayed").as_str()));
        until("an empty queue", async || waiting(&desk, id).await == 0).await;
        assert!(desk.shows(&here).await.contains("Nothing was given up"));
        receiver.always(Reply::Status(422));
        scim.user("c").await;
        dead(&desk, id, 1).await;
        anew(&mut desk).await;
        assert_eq!(desk.sends(&here, &format!("{here}/discard"), &[]).await.leads_to(), Some(format!("{here}?done=discarded").as_str()));
        assert!(desk.shows(&here).await.contains("Nothing was given up"));
    }

    async fn a_long_log_is_shown_in_pages(db) {
        let mut desk = Desk::new(db).await;
        let (receiver, scim) = (Receiver::start().await, desk.scim().await);
        let (here, id, _) = made(&mut desk, &[("name", "CRM"), ("url", &receiver.url()), ("patterns", "user.created")]).await;
        for n in 0..60 {
            scim.user(&format!("u{n}")).await;
        }
        until("everything", async || receiver.events() == 60 && waiting(&desk, id).await == 0).await;
        let first = desk.shows(&format!("{here}?state=delivered")).await;
        assert_eq!(first.matches(">user.created</a>").count(), 50);
        let older = first.split_once("?state=delivered&#38;before=").unwrap_or_else(|| panic!("{first}")).1.split('"').next().unwrap().to_owned();
        let second = desk.shows(&format!("{here}?state=delivered&before={older}")).await;
        assert_eq!(second.matches(">user.created</a>").count(), 10);
        assert!(second.contains(">Newest</a>") && !second.contains(">Older</a>"), "{second}");
    }

    async fn endpoints_of_others_are_not_there_and_names_are_text(db) {
        let mut desk = Desk::new(db).await;
        let other = desk.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        let theirs = hooks::create(&desk.bridge, &other, "theirs", "http://127.0.0.1:65009/", &[]).await.unwrap().endpoint.id;
        let there = format!("{HOOKS}/{theirs}");
        for path in ["", "/edit", "/secret", "/delete"] {
            desk.browser.get(&format!("{there}{path}")).await.expect(404);
        }
        for path in ["/edit", "/secret", "/delete", "/test", "/switch", "/replay", "/discard"] {
            desk.sends(HOOKS, &format!("{there}{path}"), &[]).await.expect(404);
        }
        let (here, _, _) = made(&mut desk, &[("name", NASTY), ("url", "http://127.0.0.1:65009/")]).await;
        let test = desk.sends(&here, &format!("{here}/test"), &[]).await.leads_to().unwrap().to_owned();
        let delivery = test.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
        // A delivery of one endpoint is none of another's.
        let (second, _, _) = made(&mut desk, &[("name", "Second"), ("url", "http://127.0.0.1:65009/")]).await;
        desk.browser.get(&format!("{second}/deliveries/{delivery}")).await.expect(404);
        desk.sends(&second, &format!("{second}/replay"), &[("delivery", &delivery)]).await.expect(404);
        for path in [HOOKS.to_owned(), here.clone(), format!("{here}/edit"), format!("{here}/delete"), format!("{here}/secret"), test] {
            let html = desk.shows(&path).await;
            assert!(!html.contains("<img") && html.contains("&#60;img"), "{path}: {html}");
            assert!(!html.contains("theirs"));
        }
    }
}

pub const PRESSES: Presses = &[
    "/settings/webhooks",
    "/settings/webhooks/{endpoint}/test",
    "/settings/webhooks/{endpoint}/discard",
    "/settings/webhooks/{endpoint}/replay",
    "/settings/webhooks/{endpoint}/secret",
    "/settings/webhooks/{endpoint}/switch",
    "/settings/webhooks/{endpoint}/delete",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_are_kept_in_a_browser() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let receiver = Receiver::start().await;
    let steps = vec![
        json!({"goto": desk.url(HOOKS)}),
        json!({"click": "a[href='/settings/webhooks/new']"}),
        json!({"fill": ["#name", "CRM"]}),
        json!({"fill": ["#url", receiver.url()]}),
        json!({"check": "#family-user"}),
        json!({"fill": ["#patterns", "team.created"]}),
        json!({"shot": "webhooks-new"}),
        json!({"click": "form.panel button"}),
        json!({"expect": "shown this once"}),
        json!({"shot": "webhooks-made"}),
        json!({"click": "main a.button"}),
        json!({"click": "form[action$='/test'] button"}),
        json!({"expect": "The test is on its way"}),
    ];
    if desk.plays("webhooks-test", steps, json!({})).await.is_none() {
        return;
    }
    until("the test", async || receiver.count() == 1).await;
    receiver.always(Reply::With(422, String::new(), b"no such customer".to_vec()));
    let scim = desk.scim().await;
    for name in ["anna", "ben", "cleo"] {
        scim.user(&format!("{name}@acme.example")).await;
    }
    let id = {
        let endpoints = desk.api().await.get("/webhooks").await.expect(200);
        EndpointId::parse(endpoints.data()["webhooks"][0]["id"].as_str().unwrap()).unwrap()
    };
    dead(&desk, id, 3).await;
    receiver.always(Reply::Status(200));
    let steps = vec![
        json!({"goto": desk.url(HOOKS)}),
        json!({"shot": "webhooks-list"}),
        json!({"click": "tbody a"}),
        json!({"shot": "webhooks-endpoint"}),
        json!({"click": "tbody a"}),
        json!({"expect": "no such customer"}),
        json!({"shot": "webhooks-delivery"}),
        json!({"click": "button.danger"}),
        json!({"expect": "Nobody is reminded of it any more"}),
        json!({"goto": desk.url(&format!("{HOOKS}/{id}?state=dead"))}),
        json!({"click": "form[action$='/replay'] button"}),
        json!({"expect": "They are on their way again"}),
        json!({"click": "a[href$='/secret']"}),
        json!({"shot": "webhooks-rotation"}),
        json!({"click": "form.panel button"}),
        json!({"expect": "signed with both secrets until"}),
        json!({"click": "main a.button"}),
        json!({"click": "form[action$='/switch'] button"}),
        json!({"expect": "It is told nothing."}),
        json!({"shot": "webhooks-disabled"}),
        json!({"click": "a[href$='/delete']"}),
        json!({"shot": "webhooks-delete"}),
        json!({"click": "button.danger"}),
        json!({"expect": "The endpoint is deleted"}),
    ];
    desk.plays("webhooks-deleted", steps, json!({"dark": true})).await;
    desk.pressed(PRESSES);
}
