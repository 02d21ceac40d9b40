//! The second factor: set up, asked for, used once, and tried a few times at the most.

use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::user::User;
use aisoule_bridge::store::second_factors;
use aisoule_bridge::totp;
use chrono::TimeDelta;

use crate::local_login::{OTHER, PASSWORD, person};
use crate::support::browser::Browser;
use crate::support::{Bridge, on_both};

pub async fn secret(bridge: &Bridge, user: &User) -> Vec<u8> {
    let factor = second_factors::find(&mut bridge.app.store.read().await.unwrap(), user.id).await.unwrap().unwrap();
    totp::open(&bridge.app.master, user.id, &factor.secret).unwrap()
}

pub async fn code(bridge: &Bridge, user: &User) -> String {
    totp::code_at(&secret(bridge, user).await, bridge.app.clock.now()).unwrap()
}

const PATH: &str = "/account/second-factor";

/// Sets one up for somebody who is logged in; gives the recovery codes.
pub async fn set_up(bridge: &Bridge, user: &User, browser: &mut Browser) -> Vec<String> {
    browser.post(PATH, PATH, &[("current", PASSWORD)]).await.expect(303);
    let page = browser.get(PATH).await.expect(200);
    page.is_safe();
    assert!(page.html.contains("src=\"data:image/png;base64,"));
    let code = code(bridge, user).await;
    let page = browser.post(PATH, "/account/second-factor/confirm", &[("code", &code)]).await.expect(200);
    page.is_safe();
    let codes: Vec<String> =
        page.html.split("<li>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    codes
}

async fn root(bridge: &Bridge) -> User {
    let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
    person(bridge, &acme, "root@acme.example", "Admin", true).await
}

on_both! {
    async fn a_second_factor_is_set_up_and_asked_for(db) {
        let bridge = db.bridge().await;
        let root = root(&bridge).await;
        let mut browser = bridge.browser();
        browser.log_in("root@acme.example", PASSWORD).await.expect(303);
        assert!(browser.get("/account").await.html.contains("Protect it with a second factor"));
        browser.post(PATH, PATH, &[("current", "not the password")]).await.expect(422);
        let before = browser.session().unwrap().to_owned();
        set_up(&bridge, &root, &mut browser).await;
        assert_ne!(browser.session().unwrap(), before);
        assert!(!browser.get("/account").await.expect(200).html.contains("Protect it with a second factor"));
        // From here on the password alone opens nothing.
        bridge.later(TimeDelta::seconds(30));
        let mut other = bridge.browser();
        assert_eq!(other.log_in("root@acme.example", PASSWORD).await.expect(303).leads_to(), Some("/login/second-factor"));
        let half = other.session().unwrap().to_owned();
        for path in ["/account", "/account/password", PATH, "/login/new-password"] {
            assert_eq!(other.get(path).await.expect(303).leads_to(), Some("/login/second-factor"), "{path}");
        }
        other.get("/login/second-factor").await.expect(200).is_safe();
        for bad in ["", "000000", "abcdef", "1234567"] {
            other.post("/login/second-factor", "/login/second-factor", &[("code", bad)]).await.expect(422);
        }
        let right = code(&bridge, &root).await;
        let page = other.post("/login/second-factor", "/login/second-factor", &[("code", &right)]).await.expect(303);
        assert_eq!(page.leads_to(), Some("/account"));
        assert!(other.is_in().await);
        assert_ne!(other.session().unwrap(), half);
        let mut stale = bridge.browser();
        stale.cookies.insert("__Host-aisoule".into(), half);
        assert_eq!(stale.get("/account").await.leads_to(), Some("/login?return_to=%2Faccount"));
        // Removed with the password, and no longer asked for.
        other.post(PATH, "/account/second-factor/remove", &[("current", "no")]).await.expect(422);
        other.post(PATH, "/account/second-factor/remove", &[("current", PASSWORD)]).await.expect(303);
        assert_eq!(bridge.browser().log_in("root@acme.example", PASSWORD).await.leads_to(), Some(PATH));
    }

    async fn a_protected_account_without_a_second_factor_is_led_to_it_at_every_login_by_password(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let root = person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        person(&bridge, &acme, "anna@acme.example", "Admin", false).await;
        const WISH: &str = "/account?done=session";
        let wished = "/account/second-factor?return_to=%2Faccount%3Fdone%3Dsession";
        let fields = [("email", "root@acme.example"), ("password", PASSWORD), ("return_to", WISH)];
        let mut browser = bridge.browser();
        for _ in 0..2 {
            browser.cookies.remove("__Host-aisoule");
            assert_eq!(browser.post("/login", "/login/password", &fields).await.expect(303).leads_to(), Some(wished));
            let page = browser.get(wished).await.expect(200);
            page.is_safe();
            assert!(page.html.contains("Set up a second factor now.") && page.html.contains(&format!("<a href=\"{WISH}\">Later")), "{}", page.html);
            // Later: for this session nothing is in the way.
            browser.get(WISH).await.expect(200);
        }
        // Nobody outside is ever "later".
        for bad in ["//evil.example", "https://evil.example/", "javascript:alert(1)"] {
            let page = browser.get(&format!("{PATH}?return_to={bad}")).await.expect(200);
            let html = page.anybodys();
            assert!(html.contains("<a href=\"/account\">Later") && !html.contains("evil") && !html.contains("alert"), "{html}");
        }
        // A link in a mail, and a password that somebody else chose, end there too.
        let token = crate::local_login::link(&bridge, &root, aisoule_bridge::domain::password_link::Purpose::Reset).await;
        let page = bridge.browser().post("/login", "/password/new", &[("token", &token), ("password", OTHER)]).await.expect(303);
        assert_eq!(page.leads_to(), Some(PATH));
        let password_hash = Some(aisoule_bridge::password::hash(PASSWORD.into()).await.unwrap());
        let reset = aisoule_bridge::command::people::ByHand { password_hash, ..aisoule_bridge::command::people::ByHand::default() };
        crate::local_login::edit(&bridge, &root, reset).await;
        let mut browser = bridge.browser();
        let page = browser.post("/login", "/login/password", &fields).await.expect(303);
        assert!(page.leads_to().unwrap().starts_with("/login/new-password?"), "{:?}", page.leads_to());
        let chosen = [("current", PASSWORD), ("password", OTHER), ("return_to", WISH)];
        let page = browser.post("/login/new-password", "/login/new-password", &chosen).await.expect(303);
        assert_eq!(page.leads_to(), Some(wished));
        // Set up on the way: what was wanted is not lost.
        let page = browser.post(wished, PATH, &[("current", OTHER), ("return_to", WISH)]).await.expect(303);
        assert_eq!(page.leads_to(), Some(wished));
        let wrong = browser.post(wished, "/account/second-factor/confirm", &[("code", "nothing"), ("return_to", WISH)]).await.expect(422);
        assert_eq!(wrong.hidden("return_to").as_deref(), Some(WISH));
        let right = code(&bridge, &root).await;
        let page = browser.post(wished, "/account/second-factor/confirm", &[("code", &right), ("return_to", WISH)]).await.expect(200);
        assert!(page.html.contains(&format!("href=\"{WISH}\">I have kept them")), "{}", page.html);
        assert!(!browser.get(PATH).await.expect(200).html.contains("Later"));
        // Now the code is asked for, and then nothing else.
        bridge.later(TimeDelta::seconds(30));
        let mut browser = bridge.browser();
        let fields = [("email", "root@acme.example"), ("password", OTHER), ("return_to", WISH)];
        let page = browser.post("/login", "/login/password", &fields).await.expect(303);
        assert!(page.leads_to().unwrap().starts_with("/login/second-factor?"));
        let right = code(&bridge, &root).await;
        let page = browser.post("/login/second-factor", "/login/second-factor", &[("code", &right), ("return_to", WISH)]).await.expect(200);
        assert_eq!(page.leads_to(), Some(WISH));
        // Whoever is not protected is asked nothing, and hears no more than before.
        let mut anna = bridge.browser();
        assert_eq!(anna.log_in("anna@acme.example", PASSWORD).await.expect(303).leads_to(), Some("/account"));
        assert!(!anna.get(PATH).await.expect(200).html.contains("Later"));
    }

    async fn a_code_is_good_once(db) {
        let bridge = db.bridge().await;
        let root = root(&bridge).await;
        let mut browser = bridge.browser();
        browser.log_in("root@acme.example", PASSWORD).await.expect(303);
        let recovery = set_up(&bridge, &root, &mut browser).await;
        // Not even the one that set it up.
        let first = code(&bridge, &root).await;
        let mut other = bridge.browser();
        other.log_in("root@acme.example", PASSWORD).await.expect(303);
        other.post("/login/second-factor", "/login/second-factor", &[("code", &first)]).await.expect(422);
        bridge.later(TimeDelta::seconds(60));
        let next = code(&bridge, &root).await;
        // Twenty half sessions with the same code at once: one.
        let mut halves = Vec::new();
        for _ in 0..4 {
            let mut half = browser.clone();
            half.cookies.remove("__Host-aisoule");
            half.log_in("root@acme.example", PASSWORD).await.expect(303);
            halves.push(half);
        }
        let tries = halves.iter_mut().map(|half| { let next = next.clone(); async move { half.post("/login/second-factor", "/login/second-factor", &[("code", &next)]).await } });
        let statuses: Vec<u16> = futures_util::future::join_all(tries).await.iter().map(|page| page.answer.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        // A recovery code, as people type it, once.
        bridge.later(TimeDelta::hours(25));
        let mut lost = bridge.browser();
        lost.log_in("root@acme.example", PASSWORD).await.expect(303);
        lost.post("/login/second-factor", "/login/second-factor", &[("code", &recovery[0].to_uppercase())]).await.expect(303);
        assert!(lost.get("/account").await.expect(200).html.contains("9 recovery codes left"));
        let mut again = bridge.browser();
        again.log_in("root@acme.example", PASSWORD).await.expect(303);
        again.post("/login/second-factor", "/login/second-factor", &[("code", &recovery[0])]).await.expect(422);
    }

    async fn codes_can_not_be_guessed(db) {
        let bridge = db.bridge().await;
        let root = root(&bridge).await;
        let mut browser = bridge.browser();
        browser.log_in("root@acme.example", PASSWORD).await.expect(303);
        set_up(&bridge, &root, &mut browser).await;
        bridge.later(TimeDelta::seconds(30));
        let mut statuses = Vec::new();
        // From as many sessions as one likes: it is the account that counts.
        for _ in 0..4 {
            let mut thief = bridge.browser();
            thief.log_in("root@acme.example", PASSWORD).await.expect(303);
            for guess in ["111111", "222222"] {
                statuses.push(thief.post("/login/second-factor", "/login/second-factor", &[("code", guess)]).await.answer.status);
            }
        }
        assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429, 429]);
        // The owner's browser, known from before, is not held up.
        browser.cookies.remove("__Host-aisoule");
        browser.log_in("root@acme.example", PASSWORD).await.expect(303);
        let right = code(&bridge, &root).await;
        browser.post("/login/second-factor", "/login/second-factor", &[("code", &right)]).await.expect(303);
    }

    async fn a_link_in_a_mail_does_not_replace_the_second_factor(db) {
        let bridge = db.bridge().await;
        let root = root(&bridge).await;
        let mut browser = bridge.browser();
        browser.log_in("root@acme.example", PASSWORD).await.expect(303);
        set_up(&bridge, &root, &mut browser).await;
        bridge.later(TimeDelta::seconds(30));
        let token = crate::local_login::link(&bridge, &root, aisoule_bridge::domain::password_link::Purpose::Reset).await;
        let mut mail = bridge.browser();
        let page = mail.post("/login", "/password/new", &[("token", &token), ("password", OTHER)]).await.expect(303);
        assert_eq!(page.leads_to(), Some("/login/second-factor"));
        assert!(!mail.is_in().await);
    }
}
