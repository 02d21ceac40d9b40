//! The pages of people, with an account and without one, in the language of whoever reads them.

use aisoule_bridge::domain::user::User;
use aisoule_bridge::store::second_factors;
use aisoule_bridge::totp;
use serde_json::json;

use crate::desk::{Desk, PASSWORD, is_clean};
use crate::support::browser::{Browser, Page};
use crate::support::parts::{browse, has_browser};
use crate::support::{Bridge, on_both};

/// Pages that somebody without an account may see, with their status and a text of theirs in English and in German.
const OPEN: [(&str, u16, &str, &str); 14] = [
    ("/login", 200, "Email address", "E-Mail-Adresse"),
    ("/login?way=password", 200, "Continue", "Weiter"),
    ("/password/forgot", 200, "Forgot your password?", "Passwort vergessen?"),
    ("/password/new?token=x", 410, "The link does not work any more", "Der Link gilt nicht mehr"),
    ("/logout", 200, "You are logged out in this browser.", "Du bist in diesem Browser abgemeldet."),
    ("/language?at=/login", 200, "Language", "Sprache"),
    ("/nowhere", 404, "Not found", "Nicht gefunden"),
    ("/setup", 410, "link", "Link"),
    ("/setup/x", 410, "link", "Link"),
    ("/sso/x/login", 404, "This way of signing in is not available", "Dieser Weg der Anmeldung ist nicht verfügbar"),
    ("/sso/x/callback", 404, "Ask an Admin of your workspace", "Frag einen Admin deines Workspace"),
    ("/sso/x/logged-out", 404, "Ask an Admin of your workspace", "Frag einen Admin deines Workspace"),
    ("/oauth/authorize", 400, "tell whoever runs the program", "sag denen Bescheid, die das Programm betreiben"),
    ("/oauth/logout?post_logout_redirect_uri=x", 400, "Sign out of the bridge", "Von der Bridge abmelden"),
];

/// The same for whoever is logged in.
const OWN: [(&str, &str, &str); 5] = [
    ("/account", "Where you are logged in", "Wo du angemeldet bist"),
    ("/account?done=sessions", "Your other sessions have ended.", "Deine anderen Sitzungen sind beendet."),
    ("/account/password", "Present password", "Bisheriges Passwort"),
    ("/account/second-factor", "Whoever learns your password alone", "Wer nur dein Passwort erfährt"),
    ("/logout", "Stay logged in", "Angemeldet bleiben"),
];

#[track_caller]
fn speaks(page: Page, status: u16, tag: &str, text: &str) -> Page {
    let page = page.expect(status);
    page.is_safe();
    let html = &page.html;
    assert!(html.contains(&format!("<html lang=\"{tag}\">")) && html.contains(text), "{text} in {html}");
    assert!(html.contains(">English</") && html.contains(">Deutsch</"), "no choice of language: {html}");
    page
}

fn german(browser: &Browser) -> Browser {
    browser.with("accept-language", "de-DE,de;q=0.9,en;q=0.8")
}

pub async fn code(bridge: &Bridge, user: &User) -> String {
    let factor = second_factors::find(&mut bridge.app.store.read().await.unwrap(), user.id).await.unwrap().unwrap();
    let secret = totp::open(&bridge.app.master, user.id, &factor.secret).unwrap();
    totp::code_at(&secret, bridge.app.clock.now()).unwrap()
}

on_both! {
    async fn a_german_browser_gets_german_pages_and_any_other_english_ones(db) {
        let desk = Desk::new(db).await;
        for (path, status, english, deutsch) in OPEN {
            speaks(desk.bridge.browser().get(path).await, status, "en", english);
            speaks(desk.bridge.browser().with("accept-language", "fr").get(path).await, status, "en", english);
            speaks(german(&desk.bridge.browser()).get(path).await, status, "de", deutsch);
        }
        for (path, english, deutsch) in OWN {
            speaks(desk.browser.clone().get(path).await, 200, "en", english);
            speaks(german(&desk.browser).get(path).await, 200, "de", deutsch);
        }
    }

    async fn what_was_wrong_is_said_in_german_too(db) {
        let desk = Desk::new(db).await;
        desk.person("anna@acme.example", "Anna", "Agent").await;
        let mut nobody = german(&desk.bridge.browser());
        speaks(nobody.post("/login", "/login", &[("email", "x")]).await, 422, "de", "Gib eine E-Mail-Adresse ein");
        let wrong = nobody.log_in("anna@acme.example", "not the password").await;
        speaks(wrong, 422, "de", "gehört kein Konto");
        let sent = nobody.post("/password/forgot", "/password/forgot", &[("email", "anna@acme.example")]).await;
        speaks(sent, 200, "de", "Sieh in dein Postfach");
        speaks(nobody.raw("/login", &[("email", "anna@acme.example")]).await, 403, "de", "Das Formular ist abgelaufen");
        speaks(nobody.post("/login", "/login", &[("x", "y")]).await, 400, "de", "Das ist nicht lesbar");
        speaks(nobody.send("PUT", "/login", "", Vec::new()).await, 405, "de", "Nicht möglich");
        let mut anna = german(&desk.browser_of("anna@acme.example").await);
        speaks(anna.get("/settings/health").await, 403, "de", "Nicht für deine Rolle");
        const AT: &str = "/account/password";
        for (current, password, said) in [
            ("not the password", "violet otters 8 juggling", "Das ist nicht dein bisheriges Passwort."),
            (PASSWORD, PASSWORD, "Wähle ein anderes Passwort als das bisherige."),
            (PASSWORD, "short", "Wähle ein Passwort aus mindestens 12 Zeichen."),
            (PASSWORD, "passwordpassword", "zu leicht zu erraten"),
        ] {
            let page = anna.post(AT, AT, &[("current", current), ("password", password)]).await;
            assert!(page.html.contains(said), "{said}: {}", page.html);
            speaks(page, 422, "de", "aria-invalid");
        }
        let gone = anna.post("/account", "/account/sessions/end", &[("session", "x")]).await;
        speaks(gone, 404, "de", "gibt es nicht mehr");
        // Whoever tries too often is told so.
        for _ in 0..30 {
            let page = nobody.log_in("nobody@acme.example", "not the password").await;
            if page.answer.status == 429 {
                speaks(page, 429, "de", "Bitte warte einen Moment");
                return;
            }
        }
        panic!("nobody had to wait");
    }

    async fn a_language_is_chosen_without_an_account_and_holds(db) {
        let desk = Desk::new(db).await;
        let at = "/login?workspace=Acme&return_to=%2Faccount";
        let mut browser = german(&desk.bridge.browser());
        speaks(browser.get(at).await, 200, "de", "Anmelden");
        let chosen = browser.post(at, "/language", &[("language", "en"), ("at", at)]).await.expect(303);
        assert_eq!(chosen.leads_to(), Some(at));
        assert!(chosen.set_cookies().iter().any(|cookie| cookie.starts_with("__Host-aisoule-language=en") && cookie.contains("Max-Age=31536000")));
        speaks(browser.get(at).await, 200, "en", "Log in");
        browser.log_in("root@acme.example", PASSWORD).await.expect(303);
        speaks(browser.get("/account").await, 200, "en", "Where you are logged in");
        speaks(browser.get("/nowhere").await, 404, "en", "Not found");
        // And back, from a page of one's own.
        browser.post("/account", "/language", &[("language", "de"), ("at", "/account")]).await.expect(303);
        speaks(browser.get("/account").await, 200, "de", "Wo du angemeldet bist");
        assert!(browser.get("/settings/users").await.html.contains("<html lang=\"de\">"));
        // A page without a form leads to one that has it, and from there back.
        let page = browser.get("/sso/x/login").await;
        assert!(page.html.contains("href=\"/language?at=%2Flogin\""), "{}", page.html);
        let page = browser.get("/language?at=%2Flogin").await;
        assert_eq!(page.hidden("at").as_deref(), Some("/login"));
        // Its title says what it is, its heading asks, and no label says the same once more.
        assert_eq!(page.html.matches("Sprache").count(), 2, "{}", page.html);
        assert!(page.html.contains("<title>Sprache –") && page.html.contains("<h1>In welcher Sprache liest du?</h1>"), "{}", page.html);
        // Nobody is led elsewhere, and what is no language changes nothing.
        for at in ["//evil.example", "https://evil.example/", "/\\evil.example", ""] {
            let fields = [("language", "xx"), ("at", at)];
            let page = browser.post("/account", "/language", &fields).await.expect(303);
            assert_eq!((page.leads_to(), page.set_cookies().len()), (Some("/"), 0), "{at}");
        }
        // What was sent by a form is come back to as a page.
        let page = browser.post("/account/password", "/account/password", &[("current", "x"), ("password", "y")]).await;
        assert_eq!(page.hidden("at").as_deref(), Some("/account/password"));
    }

    async fn a_second_factor_is_set_up_and_asked_for_in_german(db) {
        let desk = Desk::new(db).await;
        let mut root = german(&desk.browser);
        const AT: &str = "/account/second-factor";
        root.post(AT, AT, &[("current", PASSWORD)]).await.expect(303);
        speaks(root.get(AT).await, 200, "de", "QR-Code");
        let wrong = root.post(AT, "/account/second-factor/confirm", &[("code", "000000")]).await;
        speaks(wrong, 422, "de", "Dieser Code ist nicht der aktuelle.");
        let code = code(&desk.bridge, &desk.root).await;
        let shown = root.post(AT, "/account/second-factor/confirm", &[("code", &code)]).await.expect(200);
        assert!(shown.html.contains("<html lang=\"de\">") && shown.html.contains("Wiederherstellungscodes"));
        assert!(!shown.html.contains("/language"), "the codes are shown once, and nothing leads away from them");
        speaks(root.get("/account").await, 200, "de", "Noch 10 Wiederherstellungscodes.");
        let mut other = german(&desk.bridge.browser());
        assert_eq!(other.log_in("root@acme.example", PASSWORD).await.leads_to(), Some("/login/second-factor"));
        speaks(other.get("/login/second-factor").await, 200, "de", "Gib deinen Code ein");
        let wrong = other.post("/login/second-factor", "/login/second-factor", &[("code", "000000")]).await;
        speaks(wrong, 422, "de", "oder wurde schon benutzt");
    }

    async fn refusals_of_the_console_are_said_in_german(db) {
        let mut desk = Desk::new(db).await;
        desk.browser = german(&desk.browser);
        const NEW: &str = "/settings/teams/new";
        let fields = [("name", "Nacht"), ("description", ""), ("strategy", "manual")];
        desk.sends(NEW, NEW, &fields).await.expect(303);
        let page = desk.sends(NEW, NEW, &fields).await.expect(422);
        assert!(page.html.contains("Es gibt schon ein Team mit demselben Wert im Feld Name."), "{}", page.html);
        let fields = [("domain", "no domain"), ("connection", "")];
        let page = desk.sends("/settings/sso", "/settings/sso/domains", &fields).await.expect(422);
        assert!(page.html.contains("Das geht nicht. Domain: ist eine Domain wie acme.org."), "{}", page.html);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_login_the_account_and_the_second_factor_are_seen_in_german() {
    if !has_browser() {
        return;
    }
    let desk = Desk::new(crate::support::Fresh::sqlite()).await;
    let cookies = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::remove_file(&cookies).unwrap();
    let mut play = json!({"axe": true, "language": "de", "state": cookies.to_str(), "url": desk.url("/login")});
    play["steps"] = json!([
        {"expect": "E-Mail-Adresse"}, {"shot": "login-de"},
        {"fill": ["[name=email]", "root@acme.example"]}, {"click": "main button"},
        {"fill": ["[name=password]", "not the password"]}, {"click": "main button"},
        {"expect": "gehört kein Konto"}, {"shot": "login-wrong-de"},
        {"click": "main a[href^='/password/forgot']"}, {"expect": "Link senden"}, {"shot": "login-forgot-de"},
        {"click": "main .beside a"},
        {"fill": ["[name=email]", "root@acme.example"]}, {"click": "main button"},
        {"fill": ["[name=password]", PASSWORD]}, {"click": "main button"},
        {"arrive": desk.url("/account/second-factor")}, {"expect": "Authenticator-App"}, {"shot": "login-factor-de"},
        {"fill": ["[name=current]", PASSWORD]}, {"click": "main button"},
        {"see": "img.qr"}, {"shot": "login-factor-begun-de"},
    ]);
    is_clean(&browse(play.clone()).await);
    let code = code(&desk.bridge, &desk.root).await;
    play["url"] = json!(desk.url("/account/second-factor"));
    play["steps"] = json!([
        {"fill": ["[name=code]", code]}, {"click": "main button"},
        {"expect": "Bewahre deine Wiederherstellungscodes auf"}, {"shot": "login-recovery-de"},
        {"click": "main a.button"}, {"expect": "Wo du angemeldet bist"}, {"shot": "account-de"},
        {"goto": desk.url("/account/password")}, {"shot": "account-password-de"},
        {"goto": desk.url("/logout")}, {"shot": "logout-de"}, {"click": "main button"}, {"expect": "Abgemeldet"},
        {"goto": desk.url("/login?prompt=login")},
        {"fill": ["[name=email]", "root@acme.example"]}, {"click": "main button"},
        {"fill": ["[name=password]", PASSWORD]}, {"click": "main button"},
        {"expect": "Gib deinen Code ein"}, {"shot": "login-code-de"},
        // The choice needs no script, and the page stays the same.
        {"click": "footer button[value=en]"}, {"expect": "Enter your code"}, {"shot": "login-code-en"},
    ]);
    play["dark"] = json!(true);
    is_clean(&browse(play.clone()).await);
    // Pages that are no answer to anybody, which lead to where a language is chosen.
    play["dark"] = json!(false);
    play["url"] = json!(desk.url("/sso/x/login"));
    play["steps"] = json!([
        {"expect": "This way of signing in is not available"}, {"shot": "notice-en"},
        {"click": "footer a[lang=de]"}, {"see": "main button[value=de]"}, {"shot": "language-en"},
        {"click": "main button[value=de]"}, {"arrive": desk.url("/login")}, {"see": "html[lang=de]"},
        {"goto": desk.url("/sso/x/login")}, {"expect": "Dieser Weg der Anmeldung ist nicht verfügbar"}, {"shot": "notice-de"},
    ]);
    let seen = browse(play).await;
    assert_eq!(seen["ok"], true, "{seen:#}");
    // That a page is missing is written to the console.
    for what in ["csp", "external", "overflow", "axe", "dialogs"] {
        assert_eq!(seen[what], json!([]), "{what}: {:#}", seen[what]);
    }
}
