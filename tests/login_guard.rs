//! What guards the login: twins of an account, companies that sign in through a provider, proxies, and what is told of
//! attempts that failed.

use std::sync::Arc;

use aisoule_bridge::command::domains::{AddDomain, Proof, ProveDomain};
use aisoule_bridge::command::people::ByHand;
use aisoule_bridge::command::throttles::{Keys, Try};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::user::User;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::{ConnectionId, WorkspaceId};
use aisoule_bridge::password;
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::{StoreError, Tx, Work};
use chrono::TimeDelta;
use serde_json::json;
use sqlx::FromRow;
use tokio::sync::Notify;

use crate::local_login::{OTHER, PASSWORD, edit, person};
use crate::second_factor::{code, set_up};
use crate::support::browser::{Browser, Page};
use crate::support::many::Raw;
use crate::support::{Bridge, on_both};

/// Seconds before each of some guesses after which nobody is let in for 16 seconds.
const WAITS: [i64; 8] = [0, 0, 0, 0, 0, 3, 5, 9];
const FACTOR: &str = "/login/second-factor";

async fn log_in_at(browser: &mut Browser, workspace: &str, email: &str, password: &str) -> Page {
    let fields = [("workspace", workspace), ("email", email), ("password", password)];
    browser.post("/login?prompt=login", "/login/password", &fields).await
}

/// Somebody with the other password.
async fn twin(bridge: &Bridge, workspace: &Workspace, email: &str) -> User {
    let user = person(bridge, workspace, email, "Agent", false).await;
    let password_hash = Some(password::hash(OTHER.into()).await.unwrap());
    edit(bridge, &user, ByHand { password_hash, ..ByHand::default() }).await;
    user
}

#[derive(FromRow)]
struct N {
    n: i64,
}

/// Waits until the audit log holds so many rows of an action.
async fn noted(bridge: &Bridge, action: &'static str, count: i64) {
    let mut sql = Sql::build("SELECT count(*) AS n FROM audit_log WHERE action = ");
    sql.push_bind(action);
    let mut n = 0;
    for _ in 0..3_000 {
        n = bridge.app.store.read().await.unwrap().one::<N>(sql.clone()).await.unwrap().n;
        if n >= count {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(n, count, "{action}");
}

/// A connection of the workspace, and a domain that it serves.
async fn connect(bridge: &Bridge, workspace: &Workspace, domain: &str) -> String {
    let key = bridge.key(workspace, None, None).await;
    let connection =
        json!({"name": "idp", "kind": "oidc", "issuer": "https://id.invalid", "client_id": "x", "secret": "thing"});
    let id = key.post("/connections", connection).await.expect(201).made();
    let (operator, domain) = (Actor::operator(), domain.to_owned());
    let connection = ConnectionId::parse(&id);
    let add = AddDomain { workspace: workspace.id, domain: domain.clone(), connection, challenge: "x".into() };
    bridge.app.commands.execute(&operator, add).await.unwrap();
    let prove = ProveDomain { workspace: workspace.id, domain, proof: Proof::Word };
    bridge.app.commands.execute(&operator, prove).await.unwrap();
    id
}

/// Makes people sign in through the connection: everybody, or those of a domain.
async fn enforce(bridge: &Bridge, workspace: &Workspace, domain: Option<&str>, enforced: bool) {
    bridge.app.store.write(Raw(vec!["UPDATE connections SET admin_came_in_at = created_at".into()])).await.unwrap();
    let mut body = json!({"sso_enforced": enforced});
    if let Some(domain) = domain {
        body["domain"] = json!(domain);
    }
    bridge.key(workspace, None, None).await.put("/sso", body).await.expect(200);
}

/// Holds the writer until it is told to let go.
struct Hold(Arc<Notify>, Arc<Notify>);

impl Work for Hold {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.run(Sql::build("UPDATE throttles SET failures = failures")).await?;
        self.0.notify_one();
        self.1.notified().await;
        Ok(())
    }
}

on_both! {
    async fn a_twin_resets_no_count_of_its_namesake(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let evil = bridge.workspace("Evil", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "anna@acme.example", "Agent", false).await;
        twin(&bridge, &evil, "anna@acme.example").await;
        let mut owner = bridge.browser();
        log_in_at(&mut owner, "acme", "anna@acme.example", PASSWORD).await.expect(303);
        let mut attacker = bridge.browser();
        for wait in WAITS {
            bridge.later(TimeDelta::seconds(wait));
            log_in_at(&mut attacker, "acme", "anna@acme.example", "a guess").await.expect(422);
            // The twin's login is the attacker's own, from a browser that is known for it.
            log_in_at(&mut attacker, "evil", "anna@acme.example", OTHER).await.expect(303);
        }
        log_in_at(&mut attacker, "acme", "anna@acme.example", "a guess").await.expect(429);
        // Nor without the cookie that the twin has.
        attacker.cookies.remove("__Host-aisoule-device");
        log_in_at(&mut attacker, "acme", "anna@acme.example", "a guess").await.expect(429);
        owner.cookies.remove("__Host-aisoule");
        log_in_at(&mut owner, "acme", "anna@acme.example", PASSWORD).await.expect(303);
        assert!(owner.is_in().await);
    }

    async fn a_twin_that_a_protected_account_has_in_its_own_workspace_resets_nothing_either(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        twin(&bridge, &acme, "root@acme.example").await;
        let mut owner = bridge.browser();
        log_in_at(&mut owner, "acme", "root@acme.example", PASSWORD).await.expect(303);
        let mut attacker = bridge.browser();
        for wait in WAITS {
            bridge.later(TimeDelta::seconds(wait));
            log_in_at(&mut attacker, "acme", "root@acme.example", "a guess").await;
            log_in_at(&mut attacker, "acme", "root@acme.example", OTHER).await.expect(303);
        }
        // Not even the right password is one by now; the twin is not held up, and neither is the owner's browser.
        log_in_at(&mut attacker, "acme", "root@acme.example", PASSWORD).await.expect(422);
        log_in_at(&mut attacker, "acme", "root@acme.example", OTHER).await.expect(303);
        owner.cookies.remove("__Host-aisoule");
        log_in_at(&mut owner, "acme", "root@acme.example", PASSWORD).await.expect(303);
        assert!(owner.is_in().await);
    }

    async fn a_twin_lends_no_browser_to_the_second_factor_of_its_namesake(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let evil = bridge.workspace("Evil", 10, SeatPolicy::Reject).await;
        let root = person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        let mut owner = bridge.browser();
        owner.log_in("root@acme.example", PASSWORD).await.expect(303);
        set_up(&bridge, &root, &mut owner).await;
        bridge.later(TimeDelta::seconds(30));
        twin(&bridge, &evil, "root@acme.example").await;
        let mut statuses = Vec::new();
        for wait in WAITS.map(|wait| 3 * wait).into_iter().chain([0]) {
            bridge.later(TimeDelta::seconds(wait));
            // Another browser of the twin's each time.
            let mut thief = bridge.browser();
            log_in_at(&mut thief, "evil", "root@acme.example", OTHER).await.expect(303);
            assert!(thief.cookies.contains_key("__Host-aisoule-device"));
            log_in_at(&mut thief, "acme", "root@acme.example", PASSWORD).await.expect(303);
            statuses.push(thief.post(FACTOR, FACTOR, &[("code", "111111")]).await.answer.status);
        }
        assert_eq!(statuses, [422, 422, 422, 422, 422, 422, 422, 422, 429]);
    }

    async fn a_protected_account_gets_in_past_its_namesake(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        twin(&bridge, &acme, "root@acme.example").await;
        log_in_at(&mut bridge.browser(), "", "root@acme.example", OTHER).await.expect(303);
        for workspace in ["", "acme"] {
            let mut root = bridge.browser();
            let before = bridge.app.verifier.count();
            let page = log_in_at(&mut root, workspace, "root@acme.example", PASSWORD).await.expect(303);
            assert_eq!(page.leads_to(), Some("/account/second-factor"));
            assert_eq!(bridge.app.verifier.count(), before + 2);
            assert!(root.get("/account").await.expect(200).html.contains("Admin in Acme"));
            let page = log_in_at(&mut bridge.browser(), workspace, "root@acme.example", OTHER).await.expect(303);
            assert_eq!(page.leads_to(), Some("/login/new-password"));
        }
    }

    async fn a_network_counts_the_same_for_every_address_that_is_tried(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        let mut owner = bridge.browser();
        owner.log_in("anna@acme.example", PASSWORD).await.expect(303);
        let (network, mut now) = (Some("127.0.0.1".parse().unwrap()), bridge.app.clock.now());
        for i in 0..105 {
            let keys = vec![Keys::password(&format!("{i}@x.example"), network)];
            assert_eq!(bridge.app.store.write(Try { keys, now }).await.unwrap(), [None]);
            if i >= 99 {
                now += TimeDelta::minutes(16);
            }
        }
        // Whether an account was used from there before, or is one at all, shows in nothing.
        bridge.browser().log_in("anna@acme.example", "a guess").await.expect(429);
        bridge.browser().log_in("nobody@acme.example", "a guess").await.expect(429);
        owner.cookies.remove("__Host-aisoule");
        owner.log_in("anna@acme.example", PASSWORD).await.expect(303);
    }

    async fn whoever_has_to_wait_holds_nobody_up(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        for wait in WAITS {
            bridge.later(TimeDelta::seconds(wait));
            bridge.browser().log_in("anna@acme.example", "a guess").await.expect(422);
        }
        let (held, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let writing = { let (store, work) = (bridge.app.store.clone(), Hold(Arc::clone(&held), Arc::clone(&go))); tokio::spawn(async move { store.write(work).await }) };
        held.notified().await;
        // Nobody can write now, and nobody has to.
        bridge.browser().log_in("anna@acme.example", "a guess").await.expect(429);
        assert!(!writing.is_finished());
        go.notify_one();
        writing.await.unwrap().unwrap();
    }

    async fn a_named_workspace_leads_its_own_people_and_no_others(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let other = bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        let connection = connect(&bridge, &acme, "acme.example").await;
        person(&bridge, &other, "anna@acme.example", "Admin", true).await;
        let way = format!("/sso/{connection}/login?");
        let lead = async |workspace: &str, email: &str| {
            let page = bridge.browser().post("/login", "/login", &[("workspace", workspace), ("email", email)]).await.expect(200);
            let leads = page.leads_to().map(|path| path.starts_with(&way));
            assert_eq!(leads.is_none(), page.html.contains("name=\"password\""), "{}", page.html);
            leads == Some(true)
        };
        assert!(lead("", "anna@acme.example").await && lead("acme", "anna@acme.example").await);
        assert!(!lead("other", "anna@acme.example").await && !lead("nowhere", "anna@acme.example").await);
        assert!(!lead("acme", "guest@elsewhere.example").await);
        // Where everybody has to sign in through the only connection, every address leads there.
        person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        enforce(&bridge, &acme, None, true).await;
        assert!(lead("acme", "guest@elsewhere.example").await);
        assert!(!lead("other", "guest@elsewhere.example").await && !lead("", "guest@elsewhere.example").await);
    }

    async fn whoever_must_not_use_a_password_hears_so_once_it_was_right(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        connect(&bridge, &acme, "acme.example").await;
        person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        person(&bridge, &acme, "anna@acme.example", "Agent", false).await;
        for domain in [None, Some("acme.example")] {
            enforce(&bridge, &acme, domain, true).await;
            for workspace in ["", "acme"] {
                let mut anna = bridge.browser();
                let page = log_in_at(&mut anna, workspace, "anna@acme.example", PASSWORD).await.expect(403);
                page.is_safe();
                assert!(page.html.contains("Log in with your company account"), "{}", page.html);
                assert!(page.html.contains(&format!("/login?workspace={}", acme.id.to_string().replace('-', "%2D"))), "{}", page.html);
                assert!(anna.session().is_none() && !anna.is_in().await);
                let page = log_in_at(&mut bridge.browser(), workspace, "root@acme.example", PASSWORD).await.expect(303);
                assert_eq!(page.leads_to(), Some("/account/second-factor"));
            }
            // Nobody else hears it.
            let page = log_in_at(&mut bridge.browser(), "acme", "anna@acme.example", "a guess").await;
            assert!(!page.html.contains("company account"));
            bridge.later(TimeDelta::hours(2));
            enforce(&bridge, &acme, domain, false).await;
        }
        noted(&bridge, "session.open.refused", 4).await;
        // Whoever has an account elsewhere for which a password is good gets there.
        enforce(&bridge, &acme, None, true).await;
        let other = bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        twin(&bridge, &other, "anna@acme.example").await;
        bridge.browser().log_in("anna@acme.example", OTHER).await.expect(303);
        // And who forgot theirs hears the same as everybody, and gets no mail.
        let page = bridge.browser().post("/password/forgot", "/password/forgot", &[("email", "anna@acme.example"), ("workspace", "acme")]).await.expect(200);
        assert!(page.html.contains("If an account has this address"));
    }

    async fn a_trusted_proxy_says_from_where_somebody_comes(db) {
        let mut settings = db.settings();
        settings.limits.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        let bridge = db.bridge_with(settings).await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        let from = |address: &str| bridge.browser().with("x-forwarded-for", address);
        let mut anna = from("198.51.100.1, 203.0.113.9");
        anna.log_in("anna@acme.example", PASSWORD).await.expect(303);
        assert!(anna.get("/account").await.expect(200).html.contains("from 203.0.113.9,"));
        // Whoever guesses elsewhere, under whatever name, slows nobody here.
        for i in 0..5 {
            from(&format!("192.0.2.{i}, 203.0.113.66")).log_in("anna@acme.example", "a guess").await.expect(422);
        }
        from("192.0.2.9, 203.0.113.66").log_in("anna@acme.example", "a guess").await.expect(429);
        from("203.0.113.10").log_in("anna@acme.example", PASSWORD).await.expect(303);
    }

    async fn whoever_is_no_trusted_proxy_says_nothing_of_where_they_come_from(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        let from = |address: &str| bridge.browser().with("x-forwarded-for", address).with("forwarded", "for=192.0.2.1").with("x-real-ip", address);
        for i in 0..5 {
            from(&format!("192.0.2.{i}")).log_in("anna@acme.example", "a guess").await.expect(422);
        }
        from("192.0.2.9").log_in("anna@acme.example", "a guess").await.expect(429);
        bridge.later(TimeDelta::hours(2));
        let mut anna = from("192.0.2.1");
        anna.log_in("anna@acme.example", PASSWORD).await.expect(303);
        assert!(anna.get("/account").await.expect(200).html.contains("from 127.0.0.1,"));
    }

    async fn what_was_wrong_at_a_login_is_in_the_audit_log(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let root = person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        let away = person(&bridge, &acme, "away@acme.example", "Agent", false).await;
        edit(&bridge, &away, ByHand { is_active: Some(false), ..ByHand::default() }).await;
        bridge.browser().log_in("away@acme.example", PASSWORD).await.expect(422);
        noted(&bridge, "session.open.refused", 1).await;
        let mut browser = bridge.browser();
        browser.log_in("root@acme.example", PASSWORD).await.expect(303);
        browser.post("/account/password", "/account/password", &[("current", "a guess"), ("password", OTHER)]).await.expect(422);
        noted(&bridge, "user.confirm_password.refused", 1).await;
        set_up(&bridge, &root, &mut browser).await;
        let mut other = bridge.browser();
        other.log_in("root@acme.example", PASSWORD).await.expect(303);
        other.post(FACTOR, FACTOR, &[("code", "000000")]).await.expect(422);
        noted(&bridge, "second_factor.give.refused", 1).await;
    }

    async fn a_lost_second_factor_is_taken_away_by_an_admin(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let admin = bridge.admin(&acme).await;
        let anna = person(&bridge, &acme, "anna@acme.example", "Agent", false).await;
        let path = format!("/users/{}/second-factor", anna.id);
        admin.delete(&path).await.expect(404);
        let mut browser = bridge.browser();
        browser.log_in("anna@acme.example", PASSWORD).await.expect(303);
        set_up(&bridge, &anna, &mut browser).await;
        // Not by whoever may do less than they, and not in another workspace.
        let ben = person(&bridge, &acme, "ben@acme.example", "Agent", false).await;
        bridge.key(&acme, Some(ben.id), None).await.delete(&path).await.expect(403);
        let other = bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        bridge.key(&other, None, None).await.delete(&path).await.expect(404);
        admin.delete(&path).await.expect(200);
        noted(&bridge, "second_factor.removed", 1).await;
        assert_eq!(bridge.browser().log_in("anna@acme.example", PASSWORD).await.expect(303).leads_to(), Some("/account"));
    }

    async fn half_a_session_lives_ten_minutes_and_a_whole_one_as_long_as_ever(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let root = person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        let mut browser = bridge.browser();
        browser.log_in("root@acme.example", PASSWORD).await.expect(303);
        set_up(&bridge, &root, &mut browser).await;
        bridge.later(TimeDelta::seconds(30));
        let (mut late, mut quick) = (bridge.browser(), bridge.browser());
        late.log_in("root@acme.example", PASSWORD).await.expect(303);
        quick.log_in("root@acme.example", PASSWORD).await.expect(303);
        bridge.later(TimeDelta::minutes(9));
        let right = code(&bridge, &root).await;
        quick.post(FACTOR, FACTOR, &[("code", &right)]).await.expect(303);
        bridge.later(TimeDelta::minutes(1));
        assert_eq!(late.get(FACTOR).await.expect(303).leads_to(), Some("/login"));
        bridge.later(TimeDelta::hours(7));
        assert!(quick.is_in().await);
        // The same for a new password.
        twin(&bridge, &acme, "anna@acme.example").await;
        let (mut late, mut quick) = (bridge.browser(), bridge.browser());
        late.log_in("anna@acme.example", OTHER).await.expect(303);
        quick.log_in("anna@acme.example", OTHER).await.expect(303);
        quick.post("/login/new-password", "/login/new-password", &[("current", OTHER), ("password", "a quiet harbour at dawn")]).await.expect(303);
        bridge.later(TimeDelta::minutes(10));
        assert_eq!(late.get("/login/new-password").await.expect(303).leads_to(), Some("/login"));
        bridge.later(TimeDelta::hours(7));
        assert!(quick.is_in().await);
    }

    async fn what_others_put_on_an_address_is_ignored_and_the_workspace_stays_on_it(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        let mut browser = bridge.browser();
        browser.get("/login?utm_source=mail&workspace=acme&x=1&x=2").await.expect(200);
        browser.get("/login?workspace=acme&workspace=other").await.expect(400);
        let page = browser.get("/password/forgot?workspace=acme").await.expect(200);
        assert!(page.html.contains("href=\"/login?workspace=acme\""), "{}", page.html);
        let fields = [("workspace", "acme"), ("email", "nobody@acme.example")];
        let page = browser.post("/password/forgot", "/password/forgot", &fields).await.expect(200);
        assert!(page.html.contains("href=\"/login?workspace=acme\""), "{}", page.html);
        let (mut one, mut two) = (bridge.browser(), bridge.browser());
        one.log_in("root@acme.example", PASSWORD).await.expect(303);
        two.log_in("root@acme.example", PASSWORD).await.expect(303);
        // What is read out holds what is seen.
        assert!(one.get("/account").await.html.contains("aria-label=\"End it: "));
    }
}
