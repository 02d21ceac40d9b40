//! Webhooks where receivers, names, networks, clocks and bridges go wrong: nothing is lost, nothing is invented, and nobody
//! else waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aisoule_bridge::domain::endpoint::EndpointState;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::settings::{Settings, Way};
use aisoule_bridge::store::mails;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::dns::Dns;
use crate::support::hooks::{Hooks, create, endpoint, log, until};
use crate::support::receiver::{Receiver, Reply};
use crate::support::{Fresh, on_both, parts, tls};

fn quick(db: &Fresh) -> Settings {
    let mut settings = db.settings();
    settings.webhooks.timeout_seconds = 1;
    settings
}

async fn mails_of(hooks: &Hooks, kind: &str) -> usize {
    let mut conn = hooks.bridge.app.store.read().await.unwrap();
    let all = mails::list(&mut conn, hooks.workspace.id, None, 1_000).await.unwrap();
    all.into_iter().filter(|mail| mail.kind == kind).count()
}

/// Has the one that fails be tried so often in all, as time goes by.
async fn tried_again(hooks: &Hooks, attempts: i64) {
    for (before, by) in (1..attempts).zip([11, 66, 331, 1_981]) {
        let tried =
            async |times: i64| hooks.log().await.iter().any(|one| one.state != "delivered" && one.attempts >= times);
        // Only what was noted has its time.
        until("an attempt", async || tried(before).await).await;
        hooks.later(TimeDelta::seconds(by));
        until("another attempt", async || tried(before + 1).await).await;
    }
}

on_both! {
    // Row F04.
    async fn whatever_a_receiver_does_it_is_told_again_later_and_why_is_known(db) {
        let settings = quick(&db);
        let hooks = Hooks::at(db.bridge_with(settings).await, &["group.deleted"]).await;
        let canary = Receiver::start().await;
        let location = format!("location: {}\r\n", canary.url());
        let closed = format!("http://127.0.0.1:{}/", parts::free_port());
        let strange = format!("https://localhost:{}/", tls::start("server").port());
        let expired = format!("https://localhost:{}/", tls::start("expired").port());
        let cases = [
            ("500", Some(Reply::Status(500)), Some(500), "it answered 500"),
            ("503 and why", Some(Reply::With(503, String::new(), b"back <b>soon</b>\x1b[31m\r\nreally".to_vec())), Some(503), "it answered 503: back <b>soon</b>\u{fffd}[31m"),
            ("404", Some(Reply::Status(404)), Some(404), "it answered 404"),
            ("401", Some(Reply::Status(401)), Some(401), "it answered 401"),
            ("400", Some(Reply::Status(400)), Some(400), "it answered 400"),
            ("301", Some(Reply::With(301, location.clone(), Vec::new())), Some(301), "redirects are not followed"),
            ("307", Some(Reply::With(307, location, Vec::new())), Some(307), "redirects are not followed"),
            ("reset", Some(Reply::Reset), None, "broke off"),
            ("no HTTP", Some(Reply::Raw(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())), None, "not HTTP"),
            ("half", Some(Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec())), None, "broke off"),
            ("silence", Some(Reply::Silence), None, "no answer in time"),
            ("late", Some(Reply::Late(200, Duration::from_secs(60))), None, "no answer in time"),
            ("slow", Some(Reply::Trickle), None, "no answer in time"),
            ("headers", Some(Reply::Headers), None, ""),
            ("closed", None, None, "no connection could be made"),
            ("strange", None, None, "certificate was refused"),
            ("expired", None, None, "certificate was refused"),
        ];
        let mut all = Vec::new();
        for (name, reply, status, problem) in cases {
            let receiver = Receiver::start().await;
            let url = match (&reply, name) {
                (Some(_), _) => receiver.url(),
                (None, "closed") => closed.clone(),
                (None, "strange") => strange.clone(),
                (None, _) => expired.clone(),
            };
            receiver.always(reply.unwrap_or(Reply::Status(200)));
            all.push((hooks.add(name, &url, &["user.created"]).await, receiver, name, status, problem));
        }
        hooks.scim.user("anna").await;
        for (id, receiver, name, status, problem) in &all {
            until(name, async || log(&hooks.bridge, *id).await.first().is_some_and(|one| one.attempts == 1)).await;
            let one = log(&hooks.bridge, *id).await.remove(0);
            assert_eq!((one.state.as_str(), one.status), ("waiting", *status), "{name}: {:?}", one.problem);
            let told = one.problem.unwrap();
            assert!(told.contains(problem) && told.chars().count() < 400 && !told.contains('\x1b') && !told.contains('\n'), "{name}: {told}");
            assert!(receiver.count() <= 1, "{name}");
        }
        // Ten seconds and up to one more.
        hooks.later(TimeDelta::seconds(9));
        hooks.later(TimeDelta::milliseconds(2_100));
        for (id, receiver, name, ..) in &all {
            until(name, async || log(&hooks.bridge, *id).await[0].attempts == 2).await;
            receiver.always(Reply::Status(200));
        }
        hooks.later(TimeDelta::seconds(67));
        for (id, receiver, name, ..) in &all {
            let arrives = !["closed", "strange", "expired"].contains(name);
            let expected = if arrives { "delivered" } else { "waiting" };
            until(name, async || log(&hooks.bridge, *id).await[0].attempts == 3).await;
            assert_eq!(log(&hooks.bridge, *id).await[0].state, expected, "{name}");
            if arrives {
                let got = receiver.got();
                assert_eq!((got.len(), got[2].body == got[0].body), (3, true), "{name}");
            }
        }
        assert_eq!(canary.count(), 0, "no redirect is followed");
    }

    // Row F04, AIsoule's promise, and its healing.
    async fn a_receiver_that_takes_nothing_is_marked_failing_once_and_heals_by_itself(db) {
        let mut settings = quick(&db);
        let folder = tempfile::tempdir().unwrap();
        (settings.mail.transport, settings.mail.folder) = (Way::Folder, Some(folder.path().to_owned()));
        let hooks = Hooks::at(db.bridge_with(settings).await, &["user.*"]).await;
        hooks.receiver.always(Reply::Status(500));
        hooks.scim.user("anna").await;
        hooks.tried(1).await;
        tried_again(&hooks, 4).await;
        until("the mark", async || hooks.state().await == EndpointState::Failing).await;
        let endpoint = hooks.endpoint().await;
        assert!(endpoint.failing_since.is_some() && endpoint.problem.as_deref() == Some("it answered 500"), "{endpoint:?}");
        assert_eq!((hooks.audit("endpoint.failing").await.len(), mails_of(&hooks, "endpoint_failing").await), (1, 1));
        // It is asked every ten minutes, whatever else happens.
        for n in 0..5 {
            hooks.scim.user(&format!("u{n}")).await;
        }
        until("the fan-out", async || hooks.counts().await.waiting == 6).await;
        let before = hooks.receiver.count();
        for n in 1..=3 {
            hooks.later(TimeDelta::seconds(601));
            until("a probe", async || hooks.receiver.count() == before + n).await;
            until("its end", async || hooks.endpoint().await.due_at.is_some_and(|due| due > hooks.bridge.app.clock.now() + TimeDelta::seconds(590))).await;
        }
        hooks.receiver.always(Reply::Status(200));
        hooks.later(TimeDelta::seconds(601));
        hooks.drained().await;
        until("the healing", async || hooks.state().await == EndpointState::Active).await;
        assert_eq!((hooks.audit("endpoint.recovered").await.len(), hooks.audit("endpoint.failing").await.len()), (1, 1));
        assert_eq!(hooks.log().await.iter().filter(|one| one.state == "delivered").count(), 6);
        // A period of its own is told of on its own.
        hooks.receiver.always(Reply::Reset);
        hooks.scim.user("bert").await;
        until("an attempt", async || hooks.log().await[0].attempts == 1).await;
        tried_again(&hooks, 4).await;
        until("the mark", async || hooks.state().await == EndpointState::Failing).await;
        until("the mail", async || mails_of(&hooks, "endpoint_failing").await == 2).await;
        // Seven days of it are the end, where it was asked all the time.
        for _ in 0..9 {
            let before = hooks.endpoint().await.last_failure_at;
            hooks.later(TimeDelta::hours(20));
            until("another failure", async || hooks.endpoint().await.last_failure_at > before).await;
        }
        until("the end", async || hooks.state().await == EndpointState::Disabled).await;
        assert!(hooks.endpoint().await.problem.unwrap().contains("nothing for 7 days"));
        assert_eq!((hooks.audit("endpoint.disabled").await.len(), mails_of(&hooks, "endpoint_disabled").await), (1, 1));
        let before = hooks.receiver.count();
        hooks.later(TimeDelta::days(1));
        hooks.scim.user("cora").await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(hooks.receiver.count(), before, "nobody asks it any more");
    }

    // Row F04.
    async fn a_receiver_that_says_that_it_is_gone_is_told_nothing_any_more(db) {
        let hooks = Hooks::new(db).await;
        hooks.receiver.always(Reply::Status(410));
        hooks.scim.user("anna").await;
        until("the end", async || hooks.state().await == EndpointState::Disabled).await;
        let endpoint = hooks.endpoint().await;
        assert_eq!(endpoint.problem.as_deref(), Some("it answered 410 Gone"));
        hooks.scim.user("bert").await;
        hooks.later(TimeDelta::days(2));
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert_eq!((hooks.receiver.count(), hooks.audit("endpoint.disabled").await.len()), (1, 1));
    }

    async fn a_receiver_that_asks_to_be_left_alone_for_a_while_is(db) {
        let hooks = Hooks::new(db).await;
        hooks.receiver.always(Reply::With(429, "retry-after: 120\r\n".into(), Vec::new()));
        hooks.scim.user("anna").await;
        hooks.tried(1).await;
        hooks.receiver.always(Reply::Status(200));
        hooks.scim.user("bert").await;
        until("the fan-out", async || hooks.counts().await.waiting == 2).await;
        hooks.later(TimeDelta::seconds(100));
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert_eq!(hooks.receiver.count(), 1);
        hooks.later(TimeDelta::seconds(21));
        hooks.drained().await;
    }

    // Row F05.
    async fn an_event_that_its_receiver_refuses_stops_nobody_else(db) {
        let hooks = Hooks::new(db).await;
        let poisoned = hooks.scim.user("poison").await;
        until("a delivery", async || hooks.receiver.count() == 1).await;
        let whom = poisoned.clone();
        hooks.receiver.answers(move |got| if got.subject() == whom && got.event() == "user.deactivated" { Reply::Status(400) } else { Reply::Status(200) });
        hooks.set_active(&poisoned, false).await;
        hooks.set_active(&poisoned, true).await;
        let mut others = Vec::new();
        for n in 0..20 {
            others.push(hooks.scim.user(&format!("u{n}")).await);
        }
        until("the others", async || hooks.receiver.taken().iter().filter(|got| others.contains(&got.subject().to_owned())).count() == 20).await;
        assert!(hooks.receiver.got().iter().all(|got| got.event() != "user.activated"), "what comes after it in its lane waits");
        tried_again(&hooks, 4).await;
        hooks.drained().await;
        let log = hooks.log().await;
        let dead: Vec<_> = log.iter().filter(|one| one.state == "dead").collect();
        assert_eq!((dead.len(), dead[0].event.as_str(), dead[0].attempts, dead[0].status), (1, "user.deactivated", 4, Some(400)));
        assert!(hooks.receiver.taken().iter().any(|got| got.event() == "user.activated"));
        assert_eq!((hooks.state().await, hooks.counts().await.dead), (EndpointState::Active, 1));
    }

    async fn a_quiet_endpoint_is_not_given_up_for_what_it_refused_long_ago(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        hooks.receiver.always(Reply::Status(422));
        hooks.scim.user("poison").await;
        hooks.tried(1).await;
        tried_again(&hooks, 4).await;
        until("a dead letter", async || hooks.counts().await.dead == 1).await;
        let endpoint = hooks.endpoint().await;
        assert_eq!((endpoint.state, endpoint.failing_since, endpoint.strikes), (EndpointState::Active, None, 0));
        hooks.later(TimeDelta::days(8));
        hooks.receiver.answers(|got| if got.before == 0 { Reply::Status(500) } else { Reply::Status(200) });
        hooks.scim.user("anna").await;
        hooks.tried(1).await;
        hooks.later(TimeDelta::days(8));
        hooks.drained().await;
        assert_eq!((hooks.state().await, hooks.audit("endpoint.disabled").await.len()), (EndpointState::Active, 0));
    }

    // Row F05, where nothing else has arrived yet.
    async fn a_poisoned_event_on_a_quiet_endpoint_stops_nobody(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.deactivated"]).await;
        let (poisoned, other) = (hooks.scim.user("poison").await, hooks.scim.user("other").await);
        let whom = poisoned.clone();
        hooks.receiver.answers(move |got| if got.subject() == whom { Reply::Status(400) } else { Reply::Status(200) });
        hooks.set_active(&poisoned, false).await;
        hooks.tried(1).await;
        tried_again(&hooks, 4).await;
        until("a dead letter", async || hooks.counts().await.dead == 1).await;
        hooks.set_active(&other, false).await;
        until("the other's", async || hooks.receiver.taken().len() == 1).await;
        hooks.drained().await;
        assert_eq!((hooks.receiver.taken().len(), hooks.receiver.count()), (1, 5));
        assert_eq!((hooks.state().await, hooks.audit("endpoint.failing").await.len()), (EndpointState::Active, 0));
    }

    async fn one_hiccup_when_a_receiver_comes_back_costs_no_event(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        hooks.receiver.always(Reply::Status(500));
        for name in ["anna", "bert"] {
            hooks.scim.user(name).await;
        }
        hooks.tried(1).await;
        tried_again(&hooks, 4).await;
        until("the mark", async || hooks.state().await == EndpointState::Failing).await;
        for _ in 0..40 {
            if hooks.log().await.iter().all(|one| one.attempts >= 9) {
                break;
            }
            let before = hooks.endpoint().await.last_failure_at;
            hooks.later(TimeDelta::seconds(601));
            until("a probe", async || hooks.endpoint().await.last_failure_at > before).await;
        }
        assert!(hooks.log().await.iter().all(|one| one.attempts >= 9));
        let times = AtomicUsize::new(0);
        hooks.receiver.answers(move |_| if times.fetch_add(1, Ordering::Relaxed) == 1 { Reply::Status(503) } else { Reply::Status(200) });
        let before = hooks.receiver.count();
        hooks.later(TimeDelta::seconds(601));
        until("both", async || hooks.receiver.count() == before + 2).await;
        until("the hiccup", async || hooks.log().await.iter().any(|one| one.state == "waiting" && one.status == Some(503))).await;
        assert_eq!((hooks.counts().await.dead, hooks.counts().await.waiting), (0, 1));
        hooks.later(TimeDelta::seconds(12));
        hooks.drained().await;
        assert_eq!(hooks.counts().await.dead, 0);
        until("the healing", async || hooks.state().await == EndpointState::Active).await;
    }

    async fn what_an_old_address_says_is_nothing_against_the_new_one(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        hooks.receiver.always(Reply::Late(410, Duration::from_millis(1_500)));
        hooks.scim.user("anna").await;
        until("it is on its way", async || hooks.receiver.count() == 1).await;
        let new = Receiver::start().await;
        hooks.admin.put(&format!("/webhooks/{}", hooks.id), json!({"url": new.url()})).await.expect(200);
        hooks.drained().await;
        assert_eq!((new.taken().len(), hooks.state().await), (1, EndpointState::Active));
    }

    async fn whoever_says_that_an_endpoint_is_mended_has_it_asked_at_once(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        hooks.receiver.always(Reply::Status(500));
        hooks.scim.user("anna").await;
        hooks.tried(1).await;
        tried_again(&hooks, 4).await;
        until("the mark", async || hooks.state().await == EndpointState::Failing).await;
        hooks.receiver.always(Reply::Status(200));
        hooks.admin.put(&format!("/webhooks/{}", hooks.id), json!({"is_enabled": true})).await.expect(200);
        hooks.drained().await;
        until("the healing", async || hooks.state().await == EndpointState::Active).await;
    }

    // Rows F07 and F10: what was noted in a time that never came.
    async fn a_clock_that_was_far_ahead_holds_up_nothing(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        hooks.later(TimeDelta::days(30));
        hooks.receiver.always(Reply::With(503, "retry-after: 3600\r\n".into(), Vec::new()));
        hooks.scim.user("anna").await;
        hooks.tried(1).await;
        hooks.receiver.always(Reply::Status(200));
        hooks.later(TimeDelta::days(-30));
        hooks.drained().await;
        assert_eq!(hooks.receiver.taken().len(), 1);
    }

    async fn a_dead_letter_that_is_replayed_waits_for_nothing_else(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.deactivated", "user.activated"]).await;
        let user = hooks.scim.user("anna").await;
        hooks.receiver.answers(|got| if got.event() == "user.deactivated" { Reply::Status(422) } else { Reply::Status(503) });
        hooks.set_active(&user, false).await;
        hooks.tried(1).await;
        tried_again(&hooks, 4).await;
        until("a dead letter", async || hooks.counts().await.dead == 1).await;
        hooks.receiver.answers(|got| if got.event() == "user.deactivated" { Reply::Status(200) } else { Reply::Status(503) });
        hooks.set_active(&user, true).await;
        hooks.tried(1).await;
        let asked = hooks.admin.post(&format!("/webhooks/{}/replay", hooks.id), json!({"state": "dead"})).await;
        assert!((200..300).contains(&asked.status), "{}", asked.status);
        until("the dead letter alone", async || hooks.receiver.taken_count() == 1).await;
        hooks.receiver.always(Reply::Status(200));
        hooks.drained().await;
        let events: Vec<String> = hooks.receiver.taken().iter().map(|got| got.event().to_owned()).collect();
        assert_eq!(events, ["user.deactivated", "user.activated"]);
    }

    // Rows F08 and F09: a name is looked up and checked at each attempt.
    async fn a_name_that_leads_inside_is_not_called_whenever_it_begins_to(db) {
        let dns = Dns::start().await;
        let canary = Receiver::start().await;
        let mut settings = quick(&db);
        (settings.sso.allow_loopback, settings.sso.dns_server) = (Some(false), Some(dns.address));
        // A company's own networks are for its providers alone.
        settings.sso.networks = vec!["10.0.0.0/8".parse().unwrap()];
        let bridge = db.bridge_with(settings).await;
        let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
        let url = format!("https://moving.example:{}/", canary.address.port());
        let id = create(&bridge, &workspace, "crm", &url, &[]).await.unwrap().endpoint.id;
        let admin = bridge.admin(&workspace).await;
        admin.user("anna@acme.example", None).await;
        let mut asked = 0;
        for (attempts, (addresses, problem)) in (1..).zip([
            (vec![], "can't be resolved"),
            (vec!["127.0.0.1"], "internal network"),
            (vec!["10.0.0.1", "169.254.169.254", "::1"], "internal network"),
            (vec!["::ffff:127.0.0.1"], "internal network"),
        ]) {
            if attempts > 1 {
                dns.set_addresses("moving.example", &addresses);
                bridge.later(TimeDelta::seconds(700));
                bridge.app.courier.look();
            }
            until("an attempt", async || log(&bridge, id).await.iter().map(|one| one.attempts).max().unwrap_or_default() >= attempts).await;
            let told = endpoint(&bridge, id).await.problem.unwrap();
            assert!(told.contains(problem), "{addresses:?}: {told}");
            assert!(dns.asked("moving.example") > asked, "it is looked up each time");
            asked = dns.asked("moving.example");
        }
        assert_eq!(canary.count(), 0);
    }

    // Row F10.
    async fn what_a_receiver_says_costs_little_however_much_it_is(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        hooks.receiver.always(Reply::Flood(500));
        hooks.scim.user("anna").await;
        hooks.tried(1).await;
        let one = hooks.log().await.remove(0);
        let problem = one.problem.unwrap();
        assert_eq!((one.status, problem.len()), (Some(500), "it answered 500: ".len() + 300), "{problem}");
        until("a closed connection", async || {
            let before = hooks.receiver.flooded.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(200)).await;
            hooks.receiver.flooded.load(Ordering::Relaxed) == before
        })
        .await;
        assert!(hooks.receiver.flooded.load(Ordering::Relaxed) < 64 << 20, "it is not read to its end");
        hooks.receiver.always(Reply::Flood(200));
        hooks.later(TimeDelta::seconds(12));
        hooks.drained().await;
        let zipped = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03".to_vec();
        hooks.receiver.always(Reply::With(500, "content-encoding: gzip\r\n".into(), zipped));
        hooks.scim.user("bert").await;
        until("an attempt", async || hooks.log().await[0].attempts == 1).await;
        assert_eq!(hooks.log().await[0].status, Some(500), "nothing is unpacked");
    }

    // Row F13.
    async fn a_deactivation_waits_for_nobody_and_unassigns_once(db) {
        let settings = quick(&db);
        let hooks = Hooks::at(db.bridge_with(settings).await, &["user.deactivated", "conversation.unassigned"]).await;
        let user = hooks.scim.user("anna").await;
        for subject in ["one", "two", "three"] {
            hooks.admin.post("/conversations", json!({"subject": subject, "assignee_id": user})).await.expect(201);
        }
        hooks.receiver.answers(|got| if got.before < 2 { Reply::Reset } else { Reply::Status(200) });
        let started = Instant::now();
        hooks.set_active(&user, false).await;
        assert!(started.elapsed() < Duration::from_secs(5));
        for _ in 0..40 {
            if hooks.log().await.len() == 4 && hooks.counts().await.waiting == 0 {
                break;
            }
            hooks.later(TimeDelta::seconds(70));
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        hooks.drained().await;
        let taken = hooks.receiver.taken();
        let mut ids: Vec<&str> = taken.iter().map(|got| got.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((taken.len(), ids.len()), (4, 4), "each once");
        assert_eq!(taken.iter().filter(|got| got.event() == "conversation.unassigned").count(), 3);
        let cursors: Vec<i64> = taken.iter().map(|got| got.cursor()).collect();
        assert!(cursors.is_sorted(), "what concerns one user keeps its order: {cursors:?}");
    }

    // Row F12, from the other side: one dead receiver among several.
    async fn a_dead_receiver_holds_up_no_other_receiver(db) {
        let hooks = Hooks::at(db.bridge().await, &["user.created"]).await;
        let dead = Receiver::start().await;
        dead.always(Reply::Silence);
        hooks.add("dead", &dead.url(), &["user.created"]).await;
        let other = hooks.bridge.workspace("Other", 100, SeatPolicy::Reject).await;
        create(&hooks.bridge, &other, "dead", &dead.url(), &[]).await.unwrap();
        let started = Instant::now();
        let mut ids = HashMap::new();
        for n in 0..50 {
            ids.insert(hooks.scim.user(&format!("u{n}")).await, ());
        }
        until("all of them", async || hooks.receiver.count() == 50).await;
        assert!(started.elapsed() < Duration::from_secs(14), "no longer than the dead one's timeout");
        assert!(dead.count() <= 8, "{}", dead.count());
    }
}
