//! Clients hear that a session ended (OpenID Connect Back-Channel Logout), whatever ended it: a receiver of ours checks
//! what it is told with the published keys.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aisoule_bridge::command::sessions::{EndAllSessions, EndOver, EndSession};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::session::Door;
use aisoule_bridge::domain::user::User;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::SessionId;
use aisoule_bridge::store::{audit, logout_notices};
use aisoule_bridge::worker::logout::tell;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::provider::{acme, parts, set_active};
use crate::support::relying::Relying;
use crate::support::{Bridge, Fresh, on_both};

/// A client's end of it: what it heard, and what it answers.
#[derive(Clone)]
struct Receiver {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<u16>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/out", listener.local_addr().unwrap());
        let receiver = Self { address, heard: Arc::default(), answers: Arc::new(Mutex::new(200)) };
        let router = axum::Router::new().route("/out", post(Self::hear)).with_state(receiver.clone());
        tokio::spawn(async move { axum_serve(listener, router).await });
        receiver
    }

    async fn hear(State(receiver): State<Self>, body: String) -> StatusCode {
        let form: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        assert_eq!(form.len(), 1);
        assert_eq!(form[0].0, "logout_token");
        receiver.heard.lock().unwrap().push(form[0].1.clone());
        StatusCode::from_u16(*receiver.answers.lock().unwrap()).unwrap()
    }

    fn count(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    /// Waits until it has heard so much.
    async fn hears(&self, count: usize) -> String {
        let started = Instant::now();
        while self.count() < count {
            assert!(started.elapsed() < Duration::from_secs(20), "{} of {count} were heard", self.count());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.heard.lock().unwrap()[count - 1].clone()
    }
}

async fn axum_serve(listener: TcpListener, router: axum::Router) {
    let limits = aisoule_bridge::settings::Limits::default();
    aisoule_bridge::http::serve(listener, router, &limits, std::future::pending()).await;
}

async fn told(
    bridge: &Bridge,
    receiver: &Receiver,
    relying: &Relying,
    user: &User,
    session: SessionId,
    count: usize,
) -> Value {
    let token = receiver.hears(count).await;
    let (header, claims) = bridge.read_jwt(&token, &relying.id).await;
    assert_eq!(header["typ"], "logout+jwt");
    assert_eq!((&claims["sub"], &claims["sid"]), (&json!(user.id), &json!(session)));
    assert_eq!(claims["events"], json!({"http://schemas.openid.net/event/backchannel-logout": {}}));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
    assert!(claims.get("nonce").is_none() && claims["jti"].as_str().is_some_and(|jti| jti.len() > 20));
    claims
}

async fn waiting(bridge: &Bridge) -> usize {
    let far = bridge.app.clock.now() + TimeDelta::days(30);
    logout_notices::due(&mut bridge.app.store.read().await.unwrap(), far, 100).await.unwrap().len()
}

async fn settled(bridge: &Bridge) {
    let started = Instant::now();
    while waiting(bridge).await > 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "a notice stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn end(bridge: &Bridge, workspace: &Workspace, user: &User, session: SessionId) {
    let end = EndSession { workspace: workspace.id, user: user.id, session, reason: "logout" };
    bridge.app.commands.execute(&Actor::operator(), end).await.unwrap();
}

on_both! {
    async fn a_client_is_told_of_every_end_of_a_session_and_only_of_those_in_which_it_was_given_something(db) {
        let bridge = db.bridge().await;
        let (workspace, user, silent) = acme(&bridge).await;
        let receiver = Receiver::start().await;
        let relying = bridge.relying(&workspace, "told", Some(receiver.address.clone())).await;
        let begin = async |scope: &str| {
            let (session, cookie) = bridge.signed_in(&user, Door::Password).await;
            relying.tokens(&bridge, &cookie, scope).await;
            silent.tokens(&bridge, &cookie, scope).await;
            (session, cookie)
        };
        let (idle, _) = bridge.signed_in(&user, Door::Password).await;
        let (first, _) = begin("openid").await;
        end(&bridge, &workspace, &user, idle).await;
        end(&bridge, &workspace, &user, first).await;
        let one = told(&bridge, &receiver, &relying, &user, first, 1).await;
        let (second, cookie) = begin("openid").await;
        relying.tokens(&bridge, &cookie, "openid").await;
        let out = bridge.page("/oauth/logout", &cookie).await.expect(200);
        let page = String::from_utf8(out.bytes).unwrap();
        let proof = page.split("name=\"proof\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        bridge.form("/oauth/logout", &[("cookie", &cookie)], &[("proof", proof)]).await.expect(200);
        let two = told(&bridge, &receiver, &relying, &user, second, 2).await;
        assert_ne!(one["jti"], two["jti"]);
        let (third, _) = begin("openid offline_access").await;
        set_active(&bridge, &user, false).await;
        told(&bridge, &receiver, &relying, &user, third, 3).await;
        set_active(&bridge, &user, true).await;
        let (fourth, _) = begin("openid").await;
        let all = EndAllSessions { workspace: workspace.id, user: user.id, except: None };
        bridge.app.commands.execute(&Actor::operator(), all).await.unwrap();
        told(&bridge, &receiver, &relying, &user, fourth, 4).await;
        // A session that reaches its limits ends what is bound to it, and nothing else.
        let (fifth, cookie) = begin("openid").await;
        let (_, offline) = begin("openid offline_access").await;
        assert!(cookie != offline);
        bridge.later(TimeDelta::hours(25));
        bridge.app.commands.execute(&Actor::system(), EndOver { workspace: workspace.id }).await.unwrap();
        told(&bridge, &receiver, &relying, &user, fifth, 5).await;
        settled(&bridge).await;
        assert_eq!(receiver.count(), 5);
    }

    async fn who_does_not_hear_is_told_again_and_at_last_that_is_noted(db) {
        let bridge = db.bridge().await;
        let (workspace, user, _) = acme(&bridge).await;
        let receiver = Receiver::start().await;
        *receiver.answers.lock().unwrap() = 503;
        let relying = bridge.relying(&workspace, "told", Some(receiver.address.clone())).await;
        let (session, cookie) = bridge.signed_in(&user, Door::Password).await;
        relying.tokens(&bridge, &cookie, "openid").await;
        end(&bridge, &workspace, &user, session).await;
        receiver.hears(1).await;
        assert_eq!(waiting(&bridge).await, 1);
        bridge.later(TimeDelta::seconds(31));
        receiver.hears(2).await;
        *receiver.answers.lock().unwrap() = 204;
        bridge.later(TimeDelta::seconds(61));
        told(&bridge, &receiver, &relying, &user, session, 3).await;
        settled(&bridge).await;
        // One who never hears is given up after a day.
        *receiver.answers.lock().unwrap() = 400;
        let (session, cookie) = bridge.signed_in(&user, Door::Password).await;
        relying.tokens(&bridge, &cookie, "openid").await;
        end(&bridge, &workspace, &user, session).await;
        for count in 4..=10 {
            receiver.hears(count).await;
            bridge.later(TimeDelta::hours(13));
        }
        settled(&bridge).await;
        let mut conn = bridge.app.store.read().await.unwrap();
        let rows = audit::of_subject(&mut conn, workspace.id, &relying.id).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.action == "client.logout_not_told").count(), 1);
        assert_eq!(receiver.count(), 10);
    }

    async fn several_bridges_tell_a_client_once(db) {
        let (on, url) = (db.on, db.url.clone());
        let bridge = db.bridge().await;
        let other = Fresh::over(on, url).bridge().await;
        let (workspace, user, _) = acme(&bridge).await;
        let receiver = Receiver::start().await;
        let relying = bridge.relying(&workspace, "told", Some(receiver.address.clone())).await;
        for _ in 0..5 {
            let (session, cookie) = bridge.signed_in(&user, Door::Password).await;
            relying.tokens(&bridge, &cookie, "openid").await;
            end(&bridge, &workspace, &user, session).await;
        }
        let (mine, theirs) = (parts(&bridge), parts(&other));
        let (mine, theirs) = tokio::join!(tell(&mine), tell(&theirs));
        mine.unwrap();
        theirs.unwrap();
        settled(&bridge).await;
        assert_eq!(receiver.count(), 5);
    }

    async fn nothing_goes_to_the_inside_of_the_network(db) {
        let bridge = db.bridge().await;
        let (workspace, user, _) = acme(&bridge).await;
        let relying = bridge.relying(&workspace, "told", Some("https://169.254.169.254/out".into())).await;
        let (session, cookie) = bridge.signed_in(&user, Door::Password).await;
        relying.tokens(&bridge, &cookie, "openid").await;
        end(&bridge, &workspace, &user, session).await;
        let started = Instant::now();
        loop {
            let far = bridge.app.clock.now() + TimeDelta::days(30);
            let due = logout_notices::due(&mut bridge.app.store.read().await.unwrap(), far, 100).await.unwrap();
            if due.iter().any(|notice| notice.attempts > 0) {
                break;
            }
            assert!(started.elapsed() < Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(waiting(&bridge).await, 1);
    }
}
