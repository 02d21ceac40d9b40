//! What holds for every page of logging in: made from the table of routes, so that a new one fails until it is listed here.
//! The same for the console is in tests/console/every_route.rs.

use aisoule_bridge::command::people::ByHand;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::session::Stage;
use aisoule_bridge::http::browser::Access;
use aisoule_bridge::http::login::ROUTES;
use aisoule_bridge::password;
use aisoule_bridge::store::sql::Sql;
use sqlx::FromRow;

use crate::local_login::{OTHER, PASSWORD, edit, person};
use crate::support::browser::Browser;
use crate::support::on_both;
use crate::support::rows::Kind;

/// The path of a form, a page from which it could be sent, and its fields.
type Form = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const FORMS: &[Form] = &[
    ("/login", "/login", &[("email", "anna@acme.example")]),
    ("/login/password", "/login", &[("email", "anna@acme.example"), ("password", PASSWORD)]),
    ("/login/second-factor", "/login/second-factor", &[("code", "123456")]),
    ("/login/new-password", "/login/new-password", &[("current", OTHER), ("password", PASSWORD)]),
    ("/language", "/login", &[("language", "de"), ("at", "/account")]),
    ("/logout", "/logout", &[]),
    ("/password/forgot", "/password/forgot", &[("email", "anna@acme.example")]),
    ("/password/new", "/login", &[("token", "x"), ("password", PASSWORD)]),
    ("/account/sessions/end", "/account", &[("session", "x")]),
    ("/account/sessions/end-others", "/account", &[]),
    ("/account/password", "/account/password", &[("current", PASSWORD), ("password", OTHER)]),
    ("/account/second-factor", "/account/second-factor", &[("current", PASSWORD)]),
    ("/account/second-factor/confirm", "/account", &[("code", "123456")]),
    ("/account/second-factor/remove", "/account", &[("current", PASSWORD)]),
];

/// Everything that a forged form could have changed.
const STATE: [&str; 7] = [
    "SELECT count(*) AS n FROM sessions",
    "SELECT count(*) AS n FROM password_links",
    "SELECT count(*) AS n FROM second_factors",
    "SELECT count(*) AS n FROM audit_log",
    "SELECT count(*) AS n FROM throttles WHERE failures > 0",
    "SELECT count(*) AS n FROM outbox",
    "SELECT count(*) AS n FROM mails",
];

on_both! {
    async fn a_forged_form_changes_nothing_whichever_it_is(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "root@acme.example", "Admin", true).await;
        person(&bridge, &acme, "anna@acme.example", "Agent", false).await;
        let ben = person(&bridge, &acme, "ben@acme.example", "Agent", false).await;
        edit(&bridge, &ben, ByHand { password_hash: Some(password::hash(OTHER.into()).await.unwrap()), ..ByHand::default() }).await;
        let mut nobody = bridge.browser();
        nobody.get("/login").await;
        let (mut anna, mut other, mut first) = (bridge.browser(), bridge.browser(), bridge.browser());
        anna.log_in("anna@acme.example", PASSWORD).await.expect(303);
        other.log_in("root@acme.example", PASSWORD).await.expect(303);
        assert_eq!(first.log_in("ben@acme.example", OTHER).await.leads_to(), Some("/login/new-password"));
        let foreign = other.get("/account/password").await.hidden("form").unwrap();
        let before = bridge.counts(&STATE).await;
        let mut listed = 0;
        for route in ROUTES.iter().filter(|route| route.method == "POST") {
            let (_, page, fields) = FORMS.iter().find(|(path, ..)| *path == route.path).unwrap_or_else(|| panic!("list the form of {}", route.path));
            listed += 1;
            let mut browser: Browser = match route.access {
                Access::Anybody => nobody.clone(),
                Access::Missing(Stage::NewPassword) => first.clone(),
                _ => anna.clone(),
            };
            let proof = browser.get(page).await.hidden("form").unwrap_or_else(|| "none".into());
            let with = |proof: &str| [&[("form", proof)], *fields].concat().into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect::<Vec<_>>();
            let send = async |browser: &Browser, fields: Vec<(String, String)>, kind: &str| {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.extend_pairs(&fields);
                browser.clone().send("POST", route.path, kind, form.finish().into_bytes()).await
            };
            let form = "application/x-www-form-urlencoded";
            let good = with(&proof);
            let mut cookieless = browser.clone();
            cookieless.cookies.clear();
            for (what, browser, fields, kind) in [
                ("no proof", browser.clone(), with("")[1..].to_vec(), form),
                ("an empty proof", browser.clone(), with(""), form),
                ("another session's proof", browser.clone(), with(&foreign), form),
                ("no cookie", cookieless, good.clone(), form),
                ("text/plain", browser.clone(), good.clone(), "text/plain"),
                ("JSON", browser.clone(), good.clone(), "application/json"),
                ("multipart", browser.clone(), good.clone(), "multipart/form-data; boundary=x"),
                ("another origin", browser.with("origin", "https://evil.example"), good.clone(), form),
                ("a null origin", browser.with("origin", "null"), good.clone(), form),
                ("the origin with another port", browser.with("origin", "http://127.0.0.1:1"), good.clone(), form),
                ("cross-site", browser.with("sec-fetch-site", "cross-site"), good.clone(), form),
                ("same-site", browser.with("sec-fetch-site", "same-site"), good.clone(), form),
            ] {
                let page = send(&browser, fields, kind).await;
                assert_eq!(page.answer.status, 403, "{}: {what}", route.path);
                page.is_safe();
            }
            for method in ["PUT", "DELETE", "PATCH"] {
                let page = browser.clone().send(method, route.path, form, Vec::new()).await;
                assert_eq!(page.answer.status, 405, "{method} {}", route.path);
            }
            // By GET, with everything in the address: a page at the most.
            let query: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(&good).finish();
            browser.get(&format!("{}?{query}", route.path)).await;
            // A field that is not its own, or one twice.
            let extra = [good.clone(), vec![("isAdmin".to_owned(), "true".to_owned())]].concat();
            assert_eq!(send(&browser, extra, form).await.answer.status, 400, "{}", route.path);
            let twice = [good.clone(), good.clone()].concat();
            assert_eq!(send(&browser, twice, form).await.answer.status, 400, "{}", route.path);
            assert_eq!(bridge.counts(&STATE).await, before, "{}", route.path);
        }
        assert_eq!(listed, FORMS.len());
        // And the same from the page itself is taken.
        let origin = anna.origin();
        anna.with("origin", &origin).with("sec-fetch-site", "same-origin").post("/account/password", "/account/password", &[("current", PASSWORD), ("password", OTHER)]).await.expect(303);
    }

    async fn no_page_opens_to_whom_it_is_not_for(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        for route in ROUTES.iter() {
            let mut nobody = bridge.browser();
            let page = if route.method == "GET" {
                nobody.get(route.path).await
            } else {
                let fields = FORMS.iter().find(|(path, ..)| *path == route.path).unwrap().2;
                nobody.post("/login", route.path, fields).await
            };
            page.is_safe();
            if route.access != Access::Anybody {
                assert!(page.leads_to().is_some_and(|path| path.starts_with("/login")), "{} {}", route.method, route.path);
                assert_eq!(page.answer.status, 303);
            } else if !["/login/password", "/language"].contains(&route.path) {
                assert_ne!(page.answer.status, 303, "{}", route.path);
            }
        }
        for path in ["/account;.css", "/account/x.css", "/account.css", "/account/", "/login/x", "/assets/style.css", "/assets/../account", "//account"] {
            let mut anna = bridge.browser();
            anna.log_in("anna@acme.example", PASSWORD).await.expect(303);
            let page = anna.get(path).await.expect(404);
            assert_eq!(page.answer.header("cache-control"), Some("no-store"));
        }
    }

    async fn nothing_secret_is_in_the_database_or_the_audit_log(db) {
        let bridge = db.bridge().await;
        let acme = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let anna = person(&bridge, &acme, "anna@acme.example", "Admin", true).await;
        let mut browser = bridge.browser();
        browser.log_in("anna@acme.example", PASSWORD).await.expect(303);
        let codes = crate::second_factor::set_up(&bridge, &anna, &mut browser).await;
        let factor = crate::second_factor::secret(&bridge, &anna).await;
        let token = crate::local_login::link(&bridge, &anna, aisoule_bridge::domain::password_link::Purpose::Reset).await;
        let key = bridge.key(&acme, None, None).await;
        let connection = serde_json::json!({"name": "idp", "kind": "oidc", "issuer": "https://id.invalid", "client_id": "x", "secret": "the lock of the mill"});
        key.post("/connections", connection).await.expect(201);
        let mut secrets: Vec<String> = [PASSWORD, "the lock of the mill", browser.session().unwrap(), token.as_str()].map(str::to_owned).into();
        for code in codes {
            secrets.push(code.replace('-', ""));
            secrets.push(code);
        }
        secrets.push(aisoule_bridge::totp::shown(&factor, "x").unwrap().1);
        let mut bytes: Vec<Vec<u8>> = secrets.iter().map(|secret| secret.clone().into_bytes()).collect();
        bytes.push(factor);
        let (kinds, cells) = bridge.cells().await;
        let mut values = 0;
        for cell in cells.iter().filter(|cell| cell.kind != Kind::Other) {
            values += 1;
            let lower = cell.value.to_lowercase();
            for (i, secret) in bytes.iter().enumerate() {
                let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
                let is_plain = cell.kind == Kind::Text && secrets.get(i).is_some_and(|secret| cell.value.contains(secret.as_str()));
                assert!(!is_plain && !lower.contains(&hex), "{} holds the secret {i}: {}", cell.place, cell.value);
            }
        }
        let of = |kind: Kind| kinds.iter().filter(|one| **one == kind).count();
        assert!(of(Kind::Text) > 60 && of(Kind::Bytes) > 10 && values > 100, "{} {} {values}", of(Kind::Text), of(Kind::Bytes));
        let mut conn = bridge.app.store.read().await.unwrap();
        let actions: Vec<Row> = conn.all(Sql::build("SELECT action FROM audit_log")).await.unwrap();
        for action in ["session.opened", "password_link.issued", "second_factor.added"] {
            assert!(actions.iter().any(|row| row.action == action), "{action}");
        }
    }
}

#[derive(FromRow)]
struct Row {
    action: String,
}

#[tokio::test]
async fn what_pages_are_made_of_is_served_and_kept_by_browsers() {
    use aisoule_bridge::http::pages;
    let bridge = crate::support::Fresh::sqlite().bridge().await;
    let mut browser = bridge.browser();
    for (path, kind) in [(pages::style(), "text/css; charset=utf-8"), (pages::icon(), "image/svg+xml")] {
        let asset = browser.get(path).await.expect(200);
        assert_eq!(asset.answer.header("content-type"), Some(kind));
        assert!(asset.answer.header("cache-control").unwrap().contains("immutable"));
        assert!(!asset.html.contains("@import") && !asset.html.contains("url("));
    }
    assert!(browser.get("/login").await.html.contains(pages::style()));
    assert_eq!(browser.get("/nothing").await.expect(404).answer.header("x-frame-options"), Some("DENY"));
    let mut settings = crate::support::Fresh::sqlite().settings();
    settings.public_url = Some("https://bridge.example".into());
    let fresh = crate::support::Fresh::sqlite();
    settings.database_url = fresh.url.clone().into();
    let secure = fresh.bridge_with(settings).await;
    let page = secure.browser().get("/login").await.expect(200);
    assert!(page.answer.header("strict-transport-security").unwrap().starts_with("max-age=31536000"));
    assert!(bridge.browser().get("/login").await.answer.header("strict-transport-security").is_none());
}
