//! Providers that are down, slow or wrong, and what `sso test` says of them.

use std::sync::Arc;
use std::time::Duration;

use aisoule_bridge::domain::connection::Kind;
use aisoule_bridge::settings::Secret;
use aisoule_bridge::sso::{Outcome, Proof, Step};
use serde_json::json;

use crate::relying_party::{CALLBACK, Stage};
use crate::support::hostile_op::Reply;

fn down() -> Reply {
    Reply { status: 503, kind: "text/html", body: b"<html>".to_vec(), ..Reply::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_known_of_a_provider_serves_while_it_is_down() {
    let stage = Stage::new().await;
    stage.sign_in().await.unwrap();
    stage.op.plan(|plan| {
        plan.replies.insert("discovery", down());
        plan.replies.insert("jwks", down());
    });
    for hours in [2, 25, 24 * 365] {
        stage.later(hours * 3_600);
        stage.sign_in().await.unwrap();
        stage.sign_in().await.unwrap();
    }
    // A clock that was set back changes nothing.
    stage.later(-24 * 365 * 3_600);
    stage.sign_in().await.unwrap();
    stage.op.plan(|plan| plan.replies.clear());
    stage.op.rotate();
    stage.later(26 * 3_600);
    stage.sign_in().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_many_wait_for_is_fetched_once() {
    for status in [0, 503] {
        let stage = Arc::new(Stage::new().await);
        let slow = Reply { delay: Duration::from_millis(500), ..down() };
        stage.op.plan(|plan| {
            plan.replies.insert("discovery", Reply { status, ..slow });
        });
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let stage = Arc::clone(&stage);
            all.spawn(async move { stage.begin().await.map(|_| ()).map_err(|error| error.code()) });
        }
        let expected = if status == 0 { Ok(()) } else { Err("provider_error") };
        while let Some(outcome) = all.join_next().await {
            assert_eq!(outcome.unwrap(), expected);
        }
        assert_eq!(stage.op.calls("discovery"), 1);
    }
}

/// H06.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_can_not_be_used_ends_a_sign_in_and_nothing_else() {
    let replies = [
        ("an error", 500, "text/html", b"<html>".to_vec(), "provider_error"),
        ("a page", 200, "text/html", b"<html><body>Log in".to_vec(), "provider_answer"),
        ("a list", 200, "application/json", b"[1]".to_vec(), "provider_answer"),
        ("half of it", 200, "application/json", b"{\"issuer\":".to_vec(), "provider_answer"),
        ("nothing", 200, "application/json", Vec::new(), "provider_answer"),
        ("too much", 200, "application/json", vec![b' '; 2_000_000], "provider_unreachable"),
        ("packed", 200, "application/json", b"\x1f\x8b\x08\x00\x00".to_vec(), "provider_answer"),
        ("elsewhere", 301, "text/plain", Vec::new(), "provider_answer"),
    ];
    for endpoint in ["discovery", "jwks", "token"] {
        for (what, status, kind, body, code) in &replies {
            let stage = Stage::new().await;
            let reply = Reply { status: *status, kind, body: body.clone(), ..Reply::default() };
            stage.op.plan(|plan| {
                plan.replies.insert(endpoint, reply);
            });
            let error = stage.sign_in().await.unwrap_err();
            assert_eq!(error.code(), *code, "{endpoint}: {what}: {error}");
            stage.op.plan(|plan| plan.replies.clear());
            stage.sign_in().await.unwrap();
        }
    }
}

fn step<'s>(steps: &'s [Step], title: &str) -> &'s Step {
    steps.iter().find(|step| step.title == title).unwrap_or_else(|| panic!("no step {title} in {steps:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_walk_along_a_connection_says_what_is_wrong_with_it() {
    let mut stage = Stage::new().await;
    stage.provider.roles_claim = None;
    let steps = stage.relying.walk(&stage.provider, CALLBACK).await;
    assert!(steps.len() >= 7 && steps.iter().all(|step| step.outcome == Outcome::Fine), "{steps:#?}");
    assert!(steps.iter().all(|step| step.sentence.ends_with('.')));

    let plain = [
        ("PKCE", Outcome::Warning, ("code_challenge_methods_supported", Some(json!(["plain"])))),
        ("Signatures", Outcome::Failed, ("id_token_signing_alg_values_supported", Some(json!(["HS256", "none"])))),
        ("Groups and roles", Outcome::Warning, ("claims_supported", Some(json!(["sub"])))),
        ("Logout", Outcome::Warning, ("backchannel_logout_supported", None)),
        ("Proof", Outcome::Warning, ("token_endpoint_auth_methods_supported", Some(json!(["private_key_jwt"])))),
        ("Addresses", Outcome::Failed, ("token_endpoint", None)),
        ("Discovery", Outcome::Failed, ("token_endpoint", Some(json!("http://token.example/")))),
        ("Issuer", Outcome::Failed, ("issuer", Some(json!("https://other.example")))),
    ];
    for (title, outcome, change) in plain {
        stage.op.plan(|plan| plan.discovery = vec![change]);
        let steps = stage.relying.walk(&stage.provider, CALLBACK).await;
        assert_eq!(step(&steps, title).outcome, outcome, "{steps:#?}");
    }
    stage.op.plan(|plan| plan.discovery.clear());
    stage.op.plan(|plan| plan.keys = vec![json!({"kty": "oct", "k": "AAAA"})]);
    assert_eq!(step(&stage.relying.walk(&stage.provider, CALLBACK).await, "Keys").outcome, Outcome::Failed);

    let secret = "Client id and secret";
    for (reply, outcome, words) in [
        ("{\"error\":\"invalid_client\"}", Outcome::Failed, "does not accept the client id or secret"),
        ("{\"error\":\"redirect_uri_mismatch\"}", Outcome::Failed, CALLBACK),
        ("{\"error\":\"<script>odd\"}", Outcome::Warning, "scriptodd"),
        ("{\"access_token\":\"a\",\"token_type\":\"Bearer\"}", Outcome::Warning, "made-up code"),
    ] {
        let reply = Reply { status: 400, kind: "application/json", body: reply.into(), ..Reply::default() };
        let status = if words == "made-up code" { 200 } else { 400 };
        stage.op.plan(|plan| {
            plan.replies.insert("token", Reply { status, ..reply });
        });
        let steps = stage.relying.walk(&stage.provider, CALLBACK).await;
        let last = steps.last().unwrap();
        assert_eq!(last.outcome, outcome, "{last:?}");
        assert!(last.sentence.contains(words) && !last.sentence.contains('<'), "{last:?}");
    }
    stage.op.plan(|plan| plan.replies.clear());
    stage.provider.proof = Proof::Post(Secret::from("canary-wrong".to_owned()));
    let steps = stage.relying.walk(&stage.provider, CALLBACK).await;
    assert_eq!(step(&steps, secret).outcome, Outcome::Failed);
    assert!(!format!("{steps:?}").contains("canary"));
    stage.provider.issuer.push_str("/nowhere");
    let steps = stage.relying.walk(&stage.provider, CALLBACK).await;
    assert!(steps.len() == 1 && step(&steps, "Discovery").sentence.contains("mistyped"), "{steps:?}");

    let github = Stage::of(Kind::Github, "").await;
    let steps = github.relying.walk(&github.provider, CALLBACK).await;
    assert_eq!(step(&steps, secret).outcome, Outcome::Fine, "{steps:?}");
    assert_eq!(github.op.calls("discovery"), 0);
}
