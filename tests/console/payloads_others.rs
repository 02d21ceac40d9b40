//! What is text, whatever it looks like, besides what comes by SCIM: the claims of whoever signs in and their browsers, what
//! webhook endpoints answer, what the other side of a connector is full of, and the names that Admins give.

use std::sync::atomic::{AtomicUsize, Ordering};

use aisoule_bridge::connector::Profile;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::connectors;
use aisoule_bridge::text::printable;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::desk::{Desk, PASSWORD};
use crate::payloads::{payloads, seen};
use crate::presses::Presses;
use crate::support::aisoule::{Double, Options};
use crate::support::dns::Dns;
use crate::support::hooks::{self, until};
use crate::support::hostile_op::{self, HostileOp};
use crate::support::parts::has_browser;
use crate::support::receiver::{Receiver, Reply};
use crate::support::relying::encoded;
use crate::support::scene::connect;
use crate::support::{Fresh, Journey};

/// Looks at each of these pages, on which nothing may be but what we make pages of.
async fn look(desk: &Desk, pages: impl IntoIterator<Item = String>) {
    let steps = |path: String| vec![json!({"goto": desk.url(&path)}), json!({"unharmed": true})];
    seen(desk, pages.into_iter().map(steps).collect()).await;
}

/// Every page that links lead to: two of each route, and of some all that there are.
async fn all(desk: &Desk, many: &'static [&'static str]) -> Vec<String> {
    let most = |route: &str| if many.contains(&route) { 200 } else { 2 };
    desk.pages_as(most, |_| ()).await.into_values().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_runs_of_what_providers_say_of_whoever_signs_in_nor_of_what_browsers_call_themselves() {
    if !has_browser() {
        return;
    }
    let desk = Desk::with(Fresh::sqlite(), 1_000, SeatPolicy::Reject).await;
    let api = desk.api().await;
    let op = HostileOp::start(desk.bridge.app.clock.clone()).await;
    let more = json!({"auto_create_users": true, "groups_claim": "groups", "roles_claim": "roles"});
    let connection = connect(&api, "<img src=x onerror=alert(1)>", &op, more).await;
    for (n, payload) in payloads().into_iter().enumerate() {
        // Of which there is one here.
        let status = api.post("/groups", json!({"display_name": payload})).await.status;
        assert!([201, 400, 409].contains(&status), "{payload}: {status}");
        op.plan(|plan| {
            plan.subject = if payload.is_ascii() { format!("{payload}-{n}") } else { format!("s{n}") };
            plan.claims = [
                "given_name",
                "family_name",
                "nickname",
                "preferred_username",
                "picture",
                "profile",
                "locale",
                "zoneinfo",
                "phone_number",
            ]
            .map(|name| (name, Some(json!(payload))))
            .into_iter()
            .chain([("groups", Some(json!([payload, "Elsewhere"]))), ("roles", Some(json!(payload)))])
            .collect();
            plan.userinfo = vec![
                ("name", Some(json!(format!("c{n} {payload}")))),
                ("email", Some(json!(format!("c{n}@x.example")))),
            ];
        });
        Journey::at(&desk.bridge).go(&format!("/sso/{connection}/login")).await;
    }
    // And what those browsers call themselves.
    for payload in payloads().into_iter().filter(|payload| payload.is_ascii()).step_by(12) {
        let mut browser = desk.bridge.browser().with("user-agent", payload);
        browser.log_in("root@acme.example", PASSWORD).await.expect(303);
    }
    let came = api.get("/users?search=x.example&limit=1").await.expect(200);
    let total = came
        .json
        .pointer("/data/total")
        .or_else(|| came.json.pointer("/data/pagination/total"))
        .and_then(Value::as_u64);
    assert!(total.is_none_or(|total| total >= 140), "{}", came.json);
    let mut pages = all(&desk, &["/settings/users", "/settings/users/{id}", "/settings/audit"]).await;
    pages.push(format!("/settings/users/{}", desk.root.id));
    let people =
        pages.iter().filter(|path| path.starts_with("/settings/users/") && path.matches('/').count() == 3).count();
    assert!(people >= 100, "{people} people");
    look(&desk, pages).await;
}

/// The forms that show what a provider and the DNS say.
const LOOKED: Presses = &["/settings/sso/connections/{connection}/test", "/settings/sso/domains/{domain}/verify"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_runs_of_what_a_provider_announces_what_its_token_endpoint_says_nor_of_what_stands_in_the_dns() {
    if !has_browser() {
        return;
    }
    let (fresh, dns) = (Fresh::sqlite(), Dns::start().await);
    let mut settings = fresh.settings();
    settings.sso.dns_server = Some(dns.address);
    let desk = Desk::at(fresh.bridge_with(settings).await, 1_000, SeatPolicy::Reject).await;
    let (api, op) = (desk.api().await, HostileOp::start(desk.bridge.app.clock.clone()).await);
    let connection = connect(&api, "Ours", &op, json!({})).await;
    let here = format!("/settings/sso/connections/{connection}");
    // All that it announces stands on one page. What its token endpoint says is an error's name or nothing.
    let body = json!({"error": payloads().concat()}).to_string().into_bytes();
    let error = hostile_op::Reply { status: 400, kind: "application/json", body, ..hostile_op::Reply::default() };
    op.plan(|plan| {
        plan.discovery = vec![("token_endpoint_auth_methods_supported", Some(json!(payloads())))];
        plan.replies.insert("token", error);
    });
    let mut steps = vec![
        json!({"goto": desk.url(&here)}),
        json!({"click": "form[action$='/test'] button"}),
        json!({"expect": "but the provider announces"}),
        json!({"unharmed": true}),
    ];
    steps.extend(payloads().into_iter().map(|payload| json!({"shows": printable(payload)})));
    // The same error at a sign-in, of which Health tells.
    Journey::at(&desk.bridge).go(&format!("/sso/{connection}/login")).await;
    steps.extend([
        json!({"goto": desk.url("/settings/health")}),
        json!({"expect": "code_refused"}),
        json!({"unharmed": true}),
    ]);
    desk.plays("payloads-announced", steps, json!({"name": null, "axe": false})).await;
    // As many records as an answer of the DNS holds.
    api.post("/domains", json!({"domain": "acme.org"})).await.expect(201);
    let here = "/settings/sso/domains/acme.org";
    for some in payloads().chunks(8) {
        dns.set_texts("_aisoule-challenge.acme.org", some);
        let mut steps = vec![
            json!({"goto": desk.url(here)}),
            json!({"click": "form[action$='/verify'] button"}),
            json!({"expect": "none says what it should"}),
            json!({"unharmed": true}),
        ];
        steps.extend(some.iter().map(|payload| json!({"shows": payload})));
        desk.plays("payloads-records", steps, json!({"name": null, "axe": false})).await;
    }
    desk.pressed(LOOKED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_runs_of_what_endpoints_are_called_and_answer() {
    if !has_browser() {
        return;
    }
    let desk = Desk::with(Fresh::sqlite(), 1_000, SeatPolicy::Reject).await;
    let (api, receiver) = (desk.api().await, Receiver::start().await);
    for payload in payloads().into_iter().step_by(8) {
        let url = format!("{}?{}", receiver.url(), encoded(&[("q", payload)]));
        let made = hooks::create(&desk.bridge, &desk.workspace, payload, &url, &["group.deleted"]).await;
        assert!(made.is_ok() || payload.len() > 80, "{payload}: {:?}", made.err());
    }
    let told = hooks::create(&desk.bridge, &desk.workspace, "Told", &receiver.url(), &["group.created"]).await.unwrap();
    let next = AtomicUsize::new(0);
    receiver.answers(move |_| {
        let payloads = payloads();
        let payload = payloads[next.fetch_add(1, Ordering::Relaxed) % payloads.len()];
        Reply::With(422, "content-type: text/html\r\n".into(), payload.as_bytes().to_vec())
    });
    let wanted = payloads().len();
    for n in 0..wanted {
        api.post("/groups", json!({"display_name": format!("Group {n}")})).await.expect(201);
    }
    until("an answer to each", async || receiver.count() >= wanted).await;
    until("all noted", async || hooks::log(&desk.bridge, told.endpoint.id).await.iter().all(|one| one.attempts > 0))
        .await;
    let deliveries = hooks::log(&desk.bridge, told.endpoint.id).await;
    assert!(deliveries.iter().filter(|one| one.problem.is_some()).count() >= wanted);
    let here = format!("/settings/webhooks/{}", told.endpoint.id);
    let pages = all(&desk, &["/settings/webhooks/{endpoint}", "/settings/webhooks/{endpoint}/edit"]).await;
    look(&desk, pages.into_iter().chain(deliveries.iter().map(|one| format!("{here}/deliveries/{}", one.id)))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_runs_of_what_the_other_side_of_a_connector_is_full_of() {
    if !has_browser() {
        return;
    }
    let fresh = Fresh::sqlite();
    let mut settings = fresh.settings();
    let profile = Profile { per_minute: 0, per_second: 0, timeout_seconds: 2, ..Profile::default() };
    settings.connectors.insert("test".into(), profile);
    let desk = Desk::at(fresh.bridge_with(settings).await, 1_000, SeatPolicy::Reject).await;
    let (api, double) = (desk.api().await, Double::start(Options::UNLIMITED).await);
    for (n, payload) in payloads().into_iter().enumerate() {
        double.put_user(&format!("{payload}-{n}@there.example"), payload, "Agent", true);
        // Some are here too, under that address, so that what is there is theirs or not.
        if n % 5 == 0 {
            api.post(
                "/users",
                json!({"email": format!("both{n}@acme.example"), "full_name": format!("b{n} {payload}")}),
            )
            .await;
            double.put_user(&format!("both{n}@acme.example"), payload, "Agent", true);
        }
    }
    let connector = json!({"profile": "test", "base_url": double.base(), "api_key": double.key()});
    api.post("/connector", connector).await.expect(201);
    api.post("/connector/reconcile", json!({})).await.expect(200);
    until("the comparison", async || {
        desk.bridge.later(TimeDelta::milliseconds(40));
        let mut conn = desk.bridge.app.store.read().await.unwrap();
        connectors::find(&mut conn, desk.workspace.id).await.unwrap().unwrap().wanted.is_none()
    })
    .await;
    let pages = all(&desk, &["/settings/connector/reports/{report}"]).await;
    assert!(pages.iter().filter(|path| path.contains("/reports/")).count() >= 3, "{pages:?}");
    look(&desk, pages).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_runs_of_the_names_that_admins_give() {
    if !has_browser() {
        return;
    }
    let mut desk = Desk::with(Fresh::sqlite(), 1_000, SeatPolicy::Reject).await;
    let (api, scim) = (desk.api().await, desk.scim().await);
    let anna = scim.user("anna@acme.example").await;
    let (mut tried, mut made) = (0, 0);
    for (n, payload) in payloads().into_iter().enumerate().filter(|(n, _)| n % 10 == 0) {
        let group = scim.group(&format!("Group {n}"), &[&anna]).await;
        let role = json!({"name": payload, "description": payload, "permissions": ["users:read"]});
        let role = api.post("/roles", role).await;
        let mut rules = vec![json!({"group_name": payload, "role_id": api.role("Manager").await, "priority": n})];
        if role.status == 201 {
            rules.push(json!({"group_id": group, "role_id": role.made(), "priority": 1_000 + n}));
        }
        let mut answers = vec![role];
        for rule in rules {
            answers.push(api.post("/rules", rule).await);
        }
        for (path, body) in [
            ("/teams", json!({"name": payload, "description": payload})),
            ("/reviews", json!({"name": payload})),
            ("/tokens", json!({"name": payload})),
            ("/keys", json!({"name": payload, "permissions": ["users:read"]})),
            (
                "/connections",
                json!({"name": payload, "kind": "oidc", "issuer": "https://id.invalid", "client_id": payload, "secret": "x"}),
            ),
            ("/login-clients", json!({"name": payload, "redirect_uris": ["https://app.aisoule.invalid/cb"]})),
            ("/conversations", json!({"subject": payload, "assignee_id": anna})),
        ] {
            answers.push(api.post(path, body).await);
        }
        tried += answers.len();
        made += answers.iter().filter(|answer| answer.status == 201).count();
        for answer in answers {
            assert!([201, 400, 409].contains(&answer.status), "{payload}: {}", answer.json);
        }
        let links = "/settings/setup-links";
        desk.sends(links, links, &[("name", payload), ("days", "7")]).await;
        let client = [("name", payload), ("scope", "scim"), ("profile", "compat")];
        desk.sends("/settings/provisioning", "/settings/provisioning/clients", &client).await;
    }
    assert!(made * 10 >= tried * 9, "{made} of {tried}");
    let many = &[
        "/settings/roles/{id}",
        "/settings/teams/{id}",
        "/settings/rules/{id}",
        "/settings/reviews/{id}",
        "/settings/sso/connections/{connection}",
    ];
    let pages = all(&desk, many).await;
    look(&desk, pages).await;
}
