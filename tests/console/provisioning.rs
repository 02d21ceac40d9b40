//! Provisioning: tokens and clients made, rotated and revoked; the guides; what a secret is shown in.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use chrono::TimeDelta;
use serde_json::json;

use crate::desk::{Desk, person};
use crate::presses::Presses;
use crate::support::browser::Page;
use crate::support::{Api, on_both};

const HOME: &str = "/settings/provisioning";
const TOKEN: &[(&str, &str)] = &[("name", "okta"), ("scope", "scim"), ("profile", "compat"), ("lifetime", "90")];

/// What stands in the element of that id.
#[track_caller]
fn element(html: &str, id: &str) -> String {
    let rest = html.split_once(&format!("id=\"{id}\">")).unwrap_or_else(|| panic!("no {id} in {html}")).1;
    rest.split('<').next().unwrap().to_owned()
}

/// The secret that a page shows.
#[track_caller]
fn secret(page: &Page) -> String {
    assert_eq!(page.answer.status, 200, "{}", page.html);
    crate::desk::is_safe(page);
    element(&page.html, "secret")
}

/// The address of an act on the first token or client of the list.
#[track_caller]
fn act(html: &str, kind: &str, name: &str) -> String {
    let beginning = format!("href=\"{HOME}/{kind}/");
    let link =
        html.split(&beginning).skip(1).map(|rest| rest.split('"').next().unwrap()).find(|rest| rest.ends_with(name));
    format!("{HOME}/{kind}/{}", link.unwrap_or_else(|| panic!("nothing to {name} in {html}")))
}

on_both! {
    async fn a_token_is_made_and_shown_once_and_works(db) {
        let mut desk = Desk::new(db).await;
        assert!(desk.shows(HOME).await.contains("There is no token yet"));
        let made = desk.sends(HOME, "/settings/provisioning/tokens", TOKEN).await;
        let token = secret(&made);
        assert!(token.starts_with("aisb_") && made.html.contains("only time"), "{}", made.html);
        assert_eq!(element(&made.html, "scim-url"), desk.bridge.app.scim_url);
        desk.bridge.client(&token).get("/Users").await.expect(200);
        for path in [HOME, "/settings/provisioning/okta", "/settings/provisioning/entra", "/settings/keys", "/settings/health"] {
            assert!(!desk.shows(path).await.contains(&token), "{path}");
        }
        let html = desk.shows(HOME).await;
        assert!(html.contains(&format!("{}…", &token[..9])) && html.contains("in 89 days") && html.contains("Read and write"), "{html}");
        let audit = desk.api_of_root().await.get("/audit?action=token.created").await;
        assert!(audit.json.to_string().contains("Root") && !audit.json.to_string().contains(&token), "{}", audit.json);
    }

    async fn what_was_typed_stays_where_a_token_can_not_be_made(db) {
        let mut desk = Desk::new(db).await;
        let long = "x".repeat(101);
        for (fields, said) in [
            ([("name", " "), ("scope", "scim:read"), ("profile", "interop"), ("lifetime", "30")], "1 to 100 printable"),
            ([("name", long.as_str()), ("scope", "scim:read"), ("profile", "interop"), ("lifetime", "30")], "1 to 100 printable"),
            ([("name", "okta"), ("scope", "root"), ("profile", "interop"), ("lifetime", "30")], "Choose again"),
            ([("name", "okta"), ("scope", "scim:read"), ("profile", "interop"), ("lifetime", "31")], "Choose again"),
        ] {
            let page = desk.sends(HOME, "/settings/provisioning/tokens", &fields).await.expect(422);
            assert!(page.html.contains(said) && page.html.contains("<option value=\"interop\" selected"), "{}", page.html);
            assert!(page.html.contains(&format!("name=\"name\" value=\"{}\"", fields[0].1.trim())), "{}", page.html);
        }
        assert!(desk.shows(HOME).await.contains("There is no token yet"));
        assert_eq!(desk.sends(HOME, "/settings/provisioning/tokens", &[("name", "x"), ("root", "1")]).await.answer.status, 400);
    }

    async fn a_token_is_rotated_in_two_steps_and_provisioning_never_stops(db) {
        let mut desk = Desk::new(db).await;
        let old = secret(&desk.sends(HOME, "/settings/provisioning/tokens", TOKEN).await);
        let provider = desk.bridge.client(&old);
        provider.get("/Users").await.expect(200);
        let way = act(&desk.shows(HOME).await, "tokens", "/rotate");
        let html = desk.shows(&way).await;
        assert!(html.contains("Step 1") && html.contains("90 days"), "{html}");
        let made = desk.sends(&way, &way, &[]).await;
        let new = secret(&made);
        assert_ne!(new, old);
        provider.get("/Users").await.expect(200);
        let next = made.html.split_once("class=\"button\" href=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let html = desk.shows(&next).await;
        assert!(html.contains("Step 2") && html.contains("has not been used yet") && !html.contains(&new), "{html}");
        desk.bridge.client(&new).get("/Users").await.expect(200);
        let mut html = String::new();
        // The last use is noted beside the request.
        for _ in 0..200 {
            html = desk.shows(&next).await;
            if html.contains("The new token is in use") {
                break;
            }
        }
        assert!(html.contains("The new token is in use"), "{html}");
        let revoke = html.split_once("action=\"/settings/provisioning/tokens/").unwrap().1.split('"').next().unwrap();
        let done = desk.sends(&next, &format!("/settings/provisioning/tokens/{revoke}"), &[]).await;
        assert_eq!(done.leads_to(), Some("/settings/provisioning?done=revoked"));
        desk.bridge.client(&new).get("/Users").await.expect(200);
        let html = desk.shows("/settings/provisioning?done=revoked").await;
        assert!(html.contains("The token is revoked.") && html.contains("1 revoked token"), "{html}");
        let mut refused = provider.get("/Users").await;
        for _ in 0..200 {
            if refused.status == 401 { break; }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            refused = provider.get("/Users").await;
        }
        refused.expect_error(401, None);
    }

    async fn whoever_revokes_a_token_is_told_when_it_was_last_used(db) {
        let mut desk = Desk::new(db).await;
        desk.sends(HOME, "/settings/provisioning/tokens", TOKEN).await.expect(200);
        let way = act(&desk.shows(HOME).await, "tokens", "/revoke");
        let html = desk.shows(&way).await;
        assert!(html.contains("Last used") && html.contains("<dd>never</dd>") && html.contains("Revoke okta"), "{html}");
        assert_eq!(desk.sends(&way, &way, &[]).await.leads_to(), Some("/settings/provisioning?done=revoked"));
        desk.browser.get(&way).await.expect(404);
        assert!(desk.shows(HOME).await.contains("1 revoked token"));
    }

    async fn a_token_that_ends_soon_or_has_ended_is_warned_of(db) {
        let mut desk = Desk::new(db).await;
        let day = |days| Some(TimeDelta::days(days));
        for lifetime in [day(-3), day(20), day(200), None] {
            desk.bridge.token_until(&desk.workspace, Scope::Write, Dialect::Compat, lifetime, None).await;
        }
        let html = desk.shows(HOME).await;
        assert!(html.contains("<span class=\"tag bad\">Expired 3 days ago</span>"), "{html}");
        assert!(html.contains("<span class=\"tag bad\">Ends in 19 days</span>"), "{html}");
        assert!(!html.contains("<span class=\"tag bad\">Ends in 199 days</span>") && html.contains("No end"), "{html}");
        let health = desk.shows("/settings/health").await;
        assert!(health.contains("ends at") && health.contains("href=\"/settings/provisioning\""), "{health}");
    }

    async fn a_client_gets_a_secret_once_or_brings_its_keys_and_is_revoked(db) {
        let mut desk = Desk::new(db).await;
        let fields = [("name", "idp"), ("scope", "scim:read"), ("profile", "interop"), ("keys", "")];
        let made = desk.sends(HOME, "/settings/provisioning/clients", &fields).await;
        let (id, held) = (element(&made.html, "client-id"), secret(&made));
        let html = desk.shows(HOME).await;
        assert!(html.contains(&id) && !html.contains(&held), "{html}");
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={held}");
        let url = format!("{}/oauth/token", desk.browser.origin());
        let http = crate::support::Scim::new(desk.bridge.address, "").with("content-type", "application/x-www-form-urlencoded");
        let answer = http.send("POST", &url, form.clone().into_bytes()).await.expect(200);
        assert_eq!(answer.json["scope"], "scim:read");
        let wrong = [("name", "idp"), ("scope", "scim"), ("profile", "compat"), ("keys", "{\"keys\": <b>}")];
        let page = desk.sends(HOME, "/settings/provisioning/clients", &wrong).await.expect(422);
        assert!(page.html.contains("no JWK set") && page.html.contains("{&#34;keys&#34;: &#60;b&#62;}"), "{}", page.html);
        let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}).to_string();
        let signs = [("name", "signer"), ("scope", "scim"), ("profile", "compat"), ("keys", keys.as_str())];
        let page = desk.sends(HOME, "/settings/provisioning/clients", &signs).await.expect(200);
        assert!(page.html.contains("id=\"client-id\"") && !page.html.contains("id=\"secret\""), "{}", page.html);
        let way = format!("/settings/provisioning/clients/{id}/revoke");
        assert!(desk.shows(&way).await.contains("Revoke idp"));
        assert_eq!(desk.sends(&way, &way, &[]).await.leads_to(), Some("/settings/provisioning?done=ended"));
        http.send("POST", &url, form.into_bytes()).await.expect(401);
        desk.browser.get(&way).await.expect(404);
    }

    async fn nobody_sees_or_ends_what_another_workspace_has_and_a_role_limits_what_somebody_may(db) {
        let mut desk = Desk::new(db).await;
        let other = desk.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        desk.bridge.token(&other, Scope::Write, Dialect::Compat).await;
        assert!(desk.shows(HOME).await.contains("There is no token yet"));
        let mut conn = desk.bridge.app.store.read().await.unwrap();
        let theirs = aisoule_bridge::store::tokens::list(&mut conn, other.id).await.unwrap().pop().unwrap();
        drop(conn);
        for act in ["rotate", "revoke"] {
            let way = format!("/settings/provisioning/tokens/{}/{act}", theirs.id);
            desk.browser.get(&way).await.expect(404);
            assert_eq!(desk.sends(HOME, &way, &[]).await.answer.status, 404);
        }
        // Somebody who may see tokens, and somebody who may make them but not everything else.
        let api = desk.api_of_root().await;
        for (name, permissions) in [("Watcher", json!(["tokens:read"])), ("Maker", json!(["tokens:read", "tokens:write", "users:read", "groups:read"]))] {
            api.post("/roles", json!({"name": name, "permissions": permissions})).await.expect(201);
            person(&desk.bridge, &desk.workspace, &format!("{}@acme.example", name.to_lowercase()), name, name, false).await;
        }
        desk.sends(HOME, "/settings/provisioning/tokens", TOKEN).await.expect(200);
        let mut watcher = desk.browser_of("watcher@acme.example").await;
        let page = watcher.get(HOME).await.expect(200);
        assert!(!page.html.contains("/revoke") && !page.html.contains("action=\"/settings/provisioning"), "{}", page.html);
        watcher.post(HOME, "/settings/provisioning/tokens", TOKEN).await.expect(403);
        let mut maker = desk.browser_of("maker@acme.example").await;
        let page = maker.post(HOME, "/settings/provisioning/tokens", TOKEN).await.expect(422);
        assert!(page.html.contains("permissions that you do not have yourself"), "{}", page.html);
        let client = [("name", "idp"), ("scope", "scim"), ("profile", "compat"), ("keys", "")];
        maker.post(HOME, "/settings/provisioning/clients", &client).await.expect(422);
        let reading = [("name", "reader"), ("scope", "scim:read"), ("profile", "compat"), ("lifetime", "0")];
        maker.post(HOME, "/settings/provisioning/tokens", &reading).await.expect(200);
        assert!(desk.shows(HOME).await.contains("reader"));
    }

    async fn the_guides_name_every_field_and_what_typical_mistakes_look_like(db) {
        let mut desk = Desk::new(db).await;
        let url = desk.bridge.app.scim_url.clone();
        for (guide, words) in [
            ("okta", ["SCIM connector base URL", "HTTP Header", "Push Groups", "Sync Password", "user.login", "Dashboard → Tasks"]),
            ("entra", ["Tenant URL", "Secret token", "objectId", "Test connection", "Provision on demand", "Switch([IsSoftDeleted]"]),
        ] {
            let path = format!("/settings/provisioning/{guide}");
            let html = desk.shows(&path).await;
            for word in words.iter().chain([&url.as_str(), &"No seat is free", &"data-copy=\"base-url\""]) {
                assert!(html.contains(word), "{word} in {html}");
            }
            assert!(!html.contains("guide-") && !html.contains(">why-"), "{html}");
            let german = desk.browser.with("accept-language", "de").get(&path).await.expect(200).html;
            // One generation of Entra's portal, and not parts of the one before.
            for word in ["Admin Credentials", "Provisioning Mode", "→ Mappings", "Secret Token"] {
                assert!(!html.contains(word) && !german.contains(word), "{word}");
            }
            assert!(german.contains("Schritt für Schritt") && german.contains("lang=\"en\"") && !german.contains("guide-"), "{german}");
        }
        assert!(desk.shows("/settings/provisioning?name=okta").await.contains("name=\"name\" value=\"okta\""));
    }
}

pub const PRESSES: Presses = &[
    "/settings/provisioning/tokens",
    "/settings/provisioning/tokens/{id}/rotate",
    "/settings/provisioning/tokens/{id}/revoke",
    "/settings/provisioning/clients",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn provisioning_is_played_in_a_browser() {
    let desk = Desk::new(crate::support::Fresh::sqlite()).await;
    for lifetime in [-3, 20, 200] {
        let lifetime = Some(TimeDelta::days(lifetime));
        desk.bridge.token_until(&desk.workspace, Scope::Write, Dialect::Compat, lifetime, None).await;
    }
    let steps = vec![
        json!({"goto": desk.url("/settings/provisioning/okta")}),
        json!({"shot": "provisioning-okta"}),
        json!({"click": "a.button[href*='name=okta']"}),
        json!({"see": "#new [name=name]"}),
        json!({"select": ["#scope", "scim:read"]}),
        json!({"click": "#new button"}),
        json!({"see": "#secret"}),
        json!({"shot": "provisioning-made"}),
    ];
    desk.plays("provisioning-new", steps, json!({})).await;
    let steps = vec![
        json!({"goto": desk.url(HOME)}),
        json!({"shot": "provisioning"}),
        json!({"click": "a[href$='/rotate']"}),
        json!({"shot": "provisioning-rotate"}),
        json!({"click": "main button:not([data-copy])"}),
        json!({"see": "#secret"}),
        json!({"click": "a.button:not(.quiet)"}),
        json!({"expect": "Step 2"}),
        json!({"shot": "provisioning-rotate-2"}),
        json!({"click": "button.danger"}),
        json!({"expect": "The token is revoked."}),
    ];
    desk.plays("provisioning-rotated", steps, json!({})).await;
    let steps = vec![
        json!({"goto": desk.url(HOME)}),
        json!({"click": "a[href$='/revoke']"}),
        json!({"expect": "Whoever uses this token"}),
        json!({"shot": "provisioning-revoke"}),
        json!({"click": "button.danger"}),
        json!({"expect": "The token is revoked."}),
        json!({"click": "#new-client summary"}),
        json!({"fill": ["#client-name", "idp"]}),
        json!({"click": "#new-client button"}),
        json!({"see": "#client-id"}),
        json!({"shot": "provisioning-client"}),
    ];
    desk.plays("provisioning-end", steps, json!({})).await;
    let steps = vec![
        json!({"goto": desk.url("/settings/provisioning/entra")}),
        json!({"shot": "provisioning-entra-de"}),
        json!({"goto": desk.url(HOME)}),
        json!({"shot": "provisioning-de"}),
    ];
    desk.plays("provisioning-end-de", steps, json!({"dark": true, "language": "de"})).await;
    // Every essential act works without a script.
    let steps = vec![
        json!({"goto": desk.url(HOME)}),
        json!({"fill": ["#new [name=name]", "no script"]}),
        json!({"click": "#new button"}),
        json!({"see": "#secret"}),
    ];
    desk.plays("provisioning-bare", steps, json!({"script": false, "axe": false})).await;
    desk.pressed(PRESSES);
}

impl Desk {
    /// The REST API as Root.
    pub async fn api_of_root(&self) -> Api {
        self.bridge.key(&self.workspace, Some(self.root.id), None).await
    }
}
