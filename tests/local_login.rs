//! Logging in with a password: who gets in, what everybody else is told, and how often somebody may try.

use aisoule_bridge::command::passwords::IssueLink;
use aisoule_bridge::command::people::{ByHand, EditByHand};
use aisoule_bridge::command::users::{CreateUser, RoleChoice};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::email::Email;
use aisoule_bridge::domain::password_link::Purpose;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::user::{Profile, User, UserDraft};
use aisoule_bridge::domain::version::Expected;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::UserId;
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::users;
use aisoule_bridge::{password, secret};
use chrono::TimeDelta;
use sqlx::FromRow;

use crate::support::browser::{Browser, Page};
use crate::support::{Bridge, on_both};

pub const PASSWORD: &str = "seven purple lanterns";
pub const OTHER: &str = "the well behind the mill";

/// Somebody made by hand who has a password.
pub async fn person(bridge: &Bridge, workspace: &Workspace, email: &str, role: &str, protected: bool) -> User {
    let create = CreateUser {
        workspace: workspace.id,
        id: UserId::fresh(),
        draft: UserDraft { profile: Profile::by_hand(&Email::parse(email).unwrap(), "Somebody"), active: Some(true) },
        password_hash: Some(password::hash(PASSWORD.into()).await.unwrap()),
        role: RoleChoice::Named(role.into()),
        protected,
        provisioned: false,
    };
    bridge.app.commands.execute(&Actor::operator(), create).await.unwrap()
}

pub async fn edit(bridge: &Bridge, user: &User, changes: ByHand) {
    let command =
        EditByHand { workspace: user.workspace_id, id: user.id, expected: Expected::Any, changes, overrule: true };
    bridge.app.commands.execute(&Actor::operator(), command).await.unwrap();
}

async fn active(bridge: &Bridge, user: &User, is_active: bool) {
    edit(bridge, user, ByHand { is_active: Some(is_active), ..ByHand::default() }).await;
}

/// A link as it stands in a mail.
pub async fn link(bridge: &Bridge, user: &User, purpose: Purpose) -> String {
    let token = secret::new_plain().unwrap();
    let workspace = user.workspace_id;
    let now = users::find(&mut bridge.app.store.read().await.unwrap(), workspace, user.id).await.unwrap().unwrap();
    let email_key = now.email_key().unwrap();
    let issue = IssueLink { workspace, user: user.id, email_key, purpose, token_hash: secret::hash(&token) };
    bridge.app.commands.execute(&Actor::system(), issue).await.unwrap();
    token
}

async fn set_by(browser: &mut Browser, token: &str, password: &str) -> Page {
    browser.post("/login", "/password/new", &[("token", token), ("password", password)]).await
}

async fn acme(bridge: &Bridge) -> (Workspace, User) {
    let workspace = bridge.workspace("Acme", 100, SeatPolicy::Reject).await;
    person(bridge, &workspace, "root@acme.example", "Admin", true).await;
    let anna = person(bridge, &workspace, "Anna@acme.example", "Agent", false).await;
    (workspace, anna)
}

#[derive(FromRow)]
struct N {
    n: i64,
}

async fn count(bridge: &Bridge, sql: &'static str) -> i64 {
    bridge.app.store.read().await.unwrap().one::<N>(Sql::build(sql)).await.unwrap().n
}

on_both! {
    async fn somebody_logs_in_and_is_where_they_wanted_to_go(db) {
        let bridge = db.bridge().await;
        acme(&bridge).await;
        let mut browser = bridge.browser();
        let first = browser.get("/account?done=password").await.expect(303);
        assert_eq!(first.leads_to(), Some("/login?return_to=%2Faccount%3Fdone%3Dpassword"));
        let page = browser.get("/login?return_to=/account?done=password").await.expect(200);
        page.is_safe();
        let (proof, back) = (page.hidden("form").unwrap(), page.hidden("return_to").unwrap());
        let page = browser.raw("/login", &[("form", &proof), ("email", "anna@ACME.example"), ("return_to", &back), ("workspace", "")]).await.expect(200);
        page.is_safe();
        assert!(page.html.contains("autocomplete=\"current-password\"") && page.html.contains("value=\"anna@ACME.example\""));
        let page = browser.raw("/login/password", &[("form", &proof), ("email", "anna@ACME.example"), ("password", PASSWORD), ("return_to", &back), ("workspace", "")]).await.expect(200);
        assert_eq!(page.leads_to(), Some("/account?done=password"));
        let account = browser.get("/account").await.expect(200);
        account.is_safe();
        assert!(account.html.contains("anna@acme.example") || account.html.contains("Anna@acme.example"), "{}", account.html);
        assert_eq!(browser.get("/login").await.expect(303).leads_to(), Some("/account"));
        // Without a wish, the account; and nothing outside is ever a wish.
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/%2Fevil.example", "/a\t//b"] {
            let mut other = bridge.browser();
            let proof = other.get("/login").await.hidden("form").unwrap();
            let page = other.raw("/login/password", &[("form", &proof), ("email", "anna@acme.example"), ("password", PASSWORD), ("return_to", bad)]).await.expect(303);
            assert_eq!(page.leads_to(), Some("/account"), "{bad}");
        }
    }

    async fn whatever_is_wrong_the_answer_is_the_same_and_as_many_hashes_are_compared(db) {
        let bridge = db.bridge().await;
        let (workspace, _) = acme(&bridge).await;
        let away = person(&bridge, &workspace, "away@acme.example", "Agent", false).await;
        active(&bridge, &away, false).await;
        bridge.user(&workspace, "without@acme.example", "Agent", false).await;
        let gone = person(&bridge, &workspace, "gone@acme.example", "Agent", false).await;
        let admin = bridge.key(&workspace, None, None).await;
        admin.delete(&format!("/users/{}", gone.id)).await.expect(200);
        let mut seen = Vec::new();
        let long = "x".repeat(2_000);
        for (email, password) in [
            ("anna@acme.example", "wrong password"), ("nobody@acme.example", PASSWORD), ("away@acme.example", PASSWORD), ("without@acme.example", PASSWORD),
            ("gone@acme.example", PASSWORD), ("anna@acme.example", ""), ("no address", PASSWORD), ("anna@acme.example", long.as_str()),
        ] {
            let mut browser = bridge.browser();
            let before = bridge.app.verifier.count();
            let page = browser.log_in(email, password).await.expect(422);
            assert_eq!(bridge.app.verifier.count(), before + 2, "{email}");
            let mut headers: Vec<String> = page.answer.headers.keys().map(ToString::to_string).collect();
            headers.sort();
            seen.push((page.anybodys().replace(email, ""), headers));
            assert!(browser.session().is_none() && !browser.is_in().await);
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{seen:#?}");
        assert!(seen[0].0.contains("/login?workspace=NAME"));
        // Before the password nothing is said at all.
        let mut pages = Vec::new();
        for email in ["anna@acme.example", "nobody@acme.example", "away@acme.example"] {
            let mut browser = bridge.browser();
            let page = browser.post("/login", "/login", &[("email", email)]).await.expect(200);
            pages.push(page.anybodys().replace(email, ""));
        }
        assert!(pages.iter().all(|page| *page == pages[0]));
    }

    async fn the_same_address_in_two_workspaces_is_two_accounts(db) {
        let bridge = db.bridge().await;
        acme(&bridge).await;
        let other = bridge.workspace("Other Ltd", 100, SeatPolicy::Reject).await;
        let second = person(&bridge, &other, "anna@acme.example", "Agent", false).await;
        edit(&bridge, &second, ByHand { password_hash: Some(password::hash(OTHER.into()).await.unwrap()), ..ByHand::default() }).await;
        let attempt = async |workspace: &str, password: &str| {
            let mut browser = bridge.browser();
            let proof = browser.get("/login").await.hidden("form").unwrap();
            browser.raw("/login/password", &[("form", &proof), ("email", "anna@acme.example"), ("password", password), ("workspace", workspace)]).await.answer.status
        };
        let id = other.id.to_string();
        assert_eq!(attempt("acme", PASSWORD).await, 303);
        assert_eq!(attempt("other ltd", OTHER).await, 303);
        assert_eq!(attempt(&id, OTHER).await, 303);
        assert_eq!(attempt("Acme", OTHER).await, 422);
        assert_eq!(attempt("Nowhere", PASSWORD).await, 422);
    }

    async fn guessing_is_slowed_and_the_owner_is_not_locked_out(db) {
        let bridge = db.bridge().await;
        acme(&bridge).await;
        let mut owner = bridge.browser();
        owner.log_in("anna@acme.example", PASSWORD).await.expect(303);
        let device = owner.clone();
        let mut attacker = bridge.browser();
        let mut refused = 0;
        let before = bridge.app.verifier.count();
        for _ in 0..30 {
            let page = attacker.log_in("anna@acme.example", "guess after guess").await;
            refused += usize::from(page.answer.status == 429);
            if page.answer.status == 429 {
                let seconds: u64 = page.answer.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=900).contains(&seconds));
                page.is_safe();
            }
        }
        assert!(refused >= 20, "{refused}");
        // What is refused costs no hash.
        assert!(bridge.app.verifier.count() - before <= 2 * (30 - refused as u64));
        // The very same for an address that nobody has.
        let mut other = bridge.browser();
        let statuses = async |browser: &mut Browser, email: &str| {
            let mut all = Vec::new();
            for _ in 0..7 {
                all.push(browser.log_in(email, "guess after guess").await.answer.status);
            }
            all
        };
        let unknown = statuses(&mut other, "nobody@acme.example").await;
        assert_eq!(unknown, [422, 422, 422, 422, 422, 429, 429]);
        // Whoever was there before still gets in, from the same address.
        let mut again = device.clone();
        again.cookies.remove("__Host-aisoule");
        again.log_in("anna@acme.example", PASSWORD).await.expect(303);
        assert!(again.is_in().await);
        // Their own browser has a budget of its own, and is slowed too.
        let mut thief = device;
        thief.cookies.remove("__Host-aisoule");
        let all: Vec<u16> = { let mut all = Vec::new(); for _ in 0..12 { all.push(thief.log_in("anna@acme.example", "no").await.answer.status); } all };
        assert_eq!(all[10..], [429, 429]);
        // Time heals.
        bridge.later(TimeDelta::minutes(61));
        attacker.log_in("anna@acme.example", PASSWORD).await.expect(303);
    }

    async fn a_hundred_guesses_at_once_are_counted_one_by_one(db) {
        let bridge = db.bridge().await;
        acme(&bridge).await;
        let mut browser = bridge.browser();
        let proof = browser.get("/login").await.hidden("form").unwrap();
        let before = bridge.app.verifier.count();
        let tries = (0..100).map(|_| {
            let (mut browser, proof) = (browser.clone(), proof.clone());
            async move { browser.raw("/login/password", &[("form", &proof), ("email", "anna@acme.example"), ("password", "guess")]).await.answer.status }
        });
        let statuses = futures_util::future::join_all(tries).await;
        assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 95, "{statuses:?}");
        assert_eq!(bridge.app.verifier.count(), before + 10);
    }

    async fn every_byte_of_a_password_counts_and_a_long_one_is_whole(db) {
        let bridge = db.bridge().await;
        let (_, anna) = acme(&bridge).await;
        let base = "a river, a lamp and nine grey geese; ".repeat(26);
        for (right, wrong) in [
            (base[..64].to_owned(), base[..63].to_owned()),
            (format!("{}one", &base[..80]), format!("{}two", &base[..80])),
            (base[..960].to_owned(), base[..959].to_owned()),
            ("zwei äußere Höfe".to_owned(), "zwei a\u{308}ußere Ho\u{308}fe".to_owned()),
        ] {
            let token = link(&bridge, &anna, Purpose::Reset).await;
            set_by(&mut bridge.browser(), &token, &right).await.expect(303);
            bridge.browser().log_in("anna@acme.example", &wrong).await.expect(422);
            bridge.browser().log_in("anna@acme.example", &right).await.expect(303);
        }
        let token = link(&bridge, &anna, Purpose::Reset).await;
        for bad in ["short", &"x1 ".repeat(342), "passwordpassword", "anna@acme.example", "aisoule12345", "acmeacmeacme"] {
            let page = set_by(&mut bridge.browser(), &token, bad).await.expect(422);
            assert!(page.html.contains("id=\"problem\"") && page.html.contains("aria-invalid=\"true\""), "{bad}");
        }
        set_by(&mut bridge.browser(), &token, OTHER).await.expect(303);
    }

    async fn a_link_works_once_and_its_siblings_with_it(db) {
        let bridge = db.bridge().await;
        let (workspace, anna) = acme(&bridge).await;
        let mut working = bridge.browser();
        working.log_in("anna@acme.example", PASSWORD).await.expect(303);
        let (old, welcome) = (link(&bridge, &anna, Purpose::Reset).await, link(&bridge, &anna, Purpose::Welcome).await);
        let token = link(&bridge, &anna, Purpose::Reset).await;
        // To open it changes nothing, however often.
        let mut browser = bridge.browser();
        for _ in 0..3 {
            let page = browser.get(&format!("/password/new?token={token}")).await.expect(200);
            page.is_safe();
            assert_eq!(page.hidden("token").as_deref(), Some(token.as_str()));
        }
        set_by(&mut bridge.browser(), &old, OTHER).await.expect(410);
        // Fifty at once: one.
        let tries = (0..50).map(|_| {
            let (mut browser, token) = (bridge.browser(), token.clone());
            async move { set_by(&mut browser, &token, OTHER).await.answer.status }
        });
        let statuses = futures_util::future::join_all(tries).await;
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 303 | 410 | 429)), "{statuses:?}");
        assert!(!working.is_in().await);
        set_by(&mut bridge.browser(), &welcome, PASSWORD).await.expect(410);
        bridge.browser().log_in("anna@acme.example", OTHER).await.expect(303);
        assert_eq!(count(&bridge, "SELECT count(*) AS n FROM password_links").await, 0);
        // Too old, of another address, of somebody who left: the same page.
        let late = link(&bridge, &anna, Purpose::Reset).await;
        bridge.later(TimeDelta::minutes(60));
        set_by(&mut bridge.browser(), &late, PASSWORD).await.expect(410);
        let first = link(&bridge, &anna, Purpose::Welcome).await;
        bridge.later(TimeDelta::hours(71));
        bridge.browser().get(&format!("/password/new?token={first}")).await.expect(200);
        edit(&bridge, &anna, ByHand { email: Email::parse("anna.b@acme.example"), ..ByHand::default() }).await;
        set_by(&mut bridge.browser(), &first, PASSWORD).await.expect(410);
        let last = link(&bridge, &anna, Purpose::Reset).await;
        active(&bridge, &anna, false).await;
        set_by(&mut bridge.browser(), &last, PASSWORD).await.expect(410);
        active(&bridge, &anna, true).await;
        set_by(&mut bridge.browser(), &last, PASSWORD).await.expect(410);
        for nonsense in ["", "x", "0000000000000000000000000000000000000000000", "../../etc"] {
            set_by(&mut bridge.browser(), nonsense, PASSWORD).await.expect(410);
        }
        let _ = workspace;
    }

    async fn no_step_of_a_reset_can_be_skipped(db) {
        let bridge = db.bridge().await;
        let (workspace, anna) = acme(&bridge).await;
        let token = link(&bridge, &anna, Purpose::Reset).await;
        let victim = person(&bridge, &workspace, "victim@acme.example", "Agent", false).await;
        let id = victim.id.to_string();
        let mut browser = bridge.browser();
        let proof = browser.get("/login").await.hidden("form").unwrap();
        browser.raw("/password/new", &[("form", &proof), ("password", OTHER)]).await.expect(410);
        for extra in [("user_id", id.as_str()), ("user", &id), ("email", "victim@acme.example"), ("token", "again"), ("token[]", "x")] {
            browser.raw("/password/new", &[("form", &proof), ("token", &token), ("password", OTHER), extra]).await.expect(400);
        }
        for fields in [
            &[("email[]", "anna@acme.example"), ("email[]", "evil@x.example")][..],
            &[("email", "anna@acme.example"), ("email", "evil@x.example")],
            &[("email", "anna@acme.example"), ("cc", "evil@x.example")],
        ] {
            browser.raw("/password/forgot", &[&[("form", proof.as_str())], fields].concat()).await.expect(400);
        }
        let json = br#"{"email":["anna@acme.example","evil@x.example"]}"#.to_vec();
        browser.send("POST", "/password/forgot", "application/json", json).await.expect(403);
        browser.raw("/password/forgot", &[("form", &proof), ("email", "anna@acme.example,evil@x.example")]).await.expect(422);
        bridge.browser().log_in("victim@acme.example", OTHER).await.expect(422);
        bridge.browser().log_in("anna@acme.example", PASSWORD).await.expect(303);
    }

    async fn who_forgot_their_password_hears_the_same_whether_or_not_they_exist(db) {
        let bridge = db.bridge().await;
        let (_, anna) = acme(&bridge).await;
        let mut pages = Vec::new();
        for email in ["anna@acme.example", "nobody@acme.example"] {
            let mut browser = bridge.browser();
            let before = bridge.app.verifier.count();
            let page = browser.post("/password/forgot", "/password/forgot", &[("email", email)]).await.expect(200);
            page.is_safe();
            assert_eq!(bridge.app.verifier.count(), before);
            pages.push(page.anybodys());
        }
        assert_eq!(pages[0], pages[1]);
        for _ in 0..500 {
            if count(&bridge, "SELECT count(*) AS n FROM audit_log WHERE action = 'user.reset_requested'").await > 0 { break }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(count(&bridge, "SELECT count(*) AS n FROM audit_log WHERE action = 'user.reset_requested'").await, 1);
        // Nobody is flooded with mail, and nobody's existence shows in that either.
        for email in ["anna@acme.example", "nobody@acme.example"] {
            let mut browser = bridge.browser();
            let mut statuses = Vec::new();
            for _ in 0..4 {
                statuses.push(browser.post("/password/forgot", "/password/forgot", &[("email", email)]).await.answer.status);
            }
            assert_eq!(statuses, [200, 200, 429, 429], "{email}");
        }
        let _ = anna;
    }

    async fn a_password_that_an_admin_set_opens_the_page_for_ones_own(db) {
        let bridge = db.bridge().await;
        let (workspace, anna) = acme(&bridge).await;
        let mut working = bridge.browser();
        working.log_in("anna@acme.example", PASSWORD).await.expect(303);
        let admin = bridge.key(&workspace, None, None).await;
        admin.put(&format!("/users/{}", anna.id), serde_json::json!({"password": OTHER})).await.expect(200);
        assert!(!working.is_in().await);
        bridge.browser().log_in("anna@acme.example", PASSWORD).await.expect(422);
        let mut browser = bridge.browser();
        let page = browser.log_in("anna@acme.example", OTHER).await.expect(303);
        assert_eq!(page.leads_to(), Some("/login/new-password"));
        let first = browser.session().unwrap().to_owned();
        // Nothing else opens.
        for path in ["/account", "/account/password", "/account/second-factor", "/login/second-factor"] {
            assert_eq!(browser.get(path).await.expect(303).leads_to(), Some("/login/new-password"), "{path}");
        }
        let page = browser.get("/login/new-password").await.expect(200);
        page.is_safe();
        let own = "a quiet harbour at dawn";
        browser.post("/login/new-password", "/login/new-password", &[("current", OTHER), ("password", OTHER)]).await.expect(422);
        browser.post("/login/new-password", "/login/new-password", &[("current", "wrong"), ("password", own)]).await.expect(422);
        browser.post("/login/new-password", "/login/new-password", &[("current", OTHER), ("password", own)]).await.expect(303);
        assert!(browser.is_in().await);
        assert_ne!(browser.session().unwrap(), first);
        let mut planted = bridge.browser();
        planted.cookies.insert("__Host-aisoule".into(), first);
        assert!(!planted.is_in().await);
        bridge.browser().log_in("anna@acme.example", OTHER).await.expect(422);
        bridge.browser().log_in("anna@acme.example", own).await.expect(303);
        // The same for whom an Admin made with a password.
        let new = serde_json::json!({"email": "ben@acme.example", "full_name": "Ben", "password": PASSWORD});
        admin.post("/users", new).await.expect(201);
        assert_eq!(bridge.browser().log_in("ben@acme.example", PASSWORD).await.leads_to(), Some("/login/new-password"));
    }

    async fn a_new_password_takes_the_old_one_and_ends_the_other_sessions(db) {
        let bridge = db.bridge().await;
        acme(&bridge).await;
        let (mut one, mut other) = (bridge.browser(), bridge.browser());
        one.log_in("anna@acme.example", PASSWORD).await.expect(303);
        other.log_in("anna@acme.example", PASSWORD).await.expect(303);
        one.get("/account/password").await.expect(200).is_safe();
        let before = one.session().unwrap().to_owned();
        one.post("/account/password", "/account/password", &[("current", "not it at all"), ("password", OTHER)]).await.expect(422);
        one.post("/account/password", "/account/password", &[("password", OTHER)]).await.expect(422);
        assert!(other.is_in().await);
        one.post("/account/password", "/account/password", &[("current", PASSWORD), ("password", OTHER)]).await.expect(303);
        assert!(one.is_in().await && !other.is_in().await);
        let mut stale = bridge.browser();
        stale.cookies.insert("__Host-aisoule".into(), before);
        assert!(!stale.is_in().await);
        bridge.browser().log_in("anna@acme.example", PASSWORD).await.expect(422);
        // The limit is the login's: another way to guess is no way around it.
        let mut statuses = Vec::new();
        one.cookies.remove("__Host-aisoule-device");
        for _ in 0..7 {
            statuses.push(one.post("/account/password", "/account/password", &[("current", "guess"), ("password", PASSWORD)]).await.answer.status);
        }
        statuses.push(bridge.browser().log_in("anna@acme.example", OTHER).await.answer.status);
        assert!(statuses.ends_with(&[429, 429]), "{statuses:?}");
    }

    async fn whoever_is_deactivated_is_refused_at_every_door(db) {
        let bridge = db.bridge().await;
        let (_, anna) = acme(&bridge).await;
        let mut browser = bridge.browser();
        browser.log_in("anna@acme.example", PASSWORD).await.expect(303);
        let token = link(&bridge, &anna, Purpose::Reset).await;
        let mut half = bridge.browser();
        let proof = half.get("/login").await.hidden("form").unwrap();
        active(&bridge, &anna, false).await;
        assert!(!browser.is_in().await);
        assert_eq!(count(&bridge, "SELECT count(*) AS n FROM sessions").await + count(&bridge, "SELECT count(*) AS n FROM password_links").await, 0);
        half.raw("/login/password", &[("form", &proof), ("email", "anna@acme.example"), ("password", PASSWORD)]).await.expect(422);
        browser.log_in("anna@acme.example", PASSWORD).await.expect(422);
        set_by(&mut bridge.browser(), &token, OTHER).await.expect(410);
        let (workspace, email_key) = (anna.workspace_id, anna.email_key().unwrap());
        let issue = IssueLink { workspace, user: anna.id, email_key, purpose: Purpose::Reset, token_hash: [1; 32] };
        assert!(bridge.app.commands.execute(&Actor::system(), issue).await.is_err());
        // And back: the same password, a new session.
        active(&bridge, &anna, true).await;
        assert!(!browser.is_in().await);
        browser.log_in("anna@acme.example", PASSWORD).await.expect(303);
        assert!(browser.is_in().await);
    }
}
