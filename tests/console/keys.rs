//! API keys: made with chosen permissions, shown once, revoked.

use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::desk::{Desk, person};
use crate::presses::Presses;
use crate::support::{Api, on_both};

const HOME: &str = "/settings/keys";

fn shown(html: &str) -> String {
    html.split_once("id=\"secret\">").unwrap_or_else(|| panic!("{html}")).1.split('<').next().unwrap().to_owned()
}

on_both! {
    async fn a_key_is_made_with_chosen_permissions_shown_once_and_revoked(db) {
        let mut desk = Desk::new(db).await;
        assert!(desk.shows(HOME).await.contains("There is no key yet"));
        let fields = [("name", "reporting"), ("may", "some"), ("permission", "users:read"), ("permission", "seats:read"), ("lifetime", "30")];
        let made = desk.sends(HOME, HOME, &fields).await.expect(200);
        let key = shown(&made.html);
        assert!(key.starts_with("aisk_"), "{key}");
        let me = Api::new(desk.bridge.address, &key).get("/me").await.expect(200);
        assert_eq!(me.json["data"]["permissions"], json!(["users:read", "seats:read"]));
        let html = desk.shows(HOME).await;
        assert!(!html.contains(&key) && html.contains("See the plan, the seats and who waits for one <code class=\"soft\">seats:read</code>") && html.contains("Root"), "{html}");
        assert!(html.contains("<span class=\"tag bad\">Ends in 29 days</span>"), "{html}");
        let way = html.split_once("href=\"/settings/keys/").unwrap().1.split('"').next().unwrap();
        let way = format!("/settings/keys/{way}");
        assert!(desk.shows(&way).await.contains("Revoke reporting"));
        assert_eq!(desk.sends(&way, &way, &[]).await.leads_to(), Some("/settings/keys?done=revoked"));
        Api::new(desk.bridge.address, &key).get("/me").await.expect(401);
        let html = desk.shows("/settings/keys?done=revoked").await;
        assert!(html.contains("The key is revoked.") && html.contains("1 revoked key"), "{html}");
        desk.browser.get(&way).await.expect(404);
    }

    async fn permissions_stand_by_what_they_are_about_each_in_words(db) {
        let mut desk = Desk::new(db).await;
        let html = desk.shows(HOME).await;
        for (about, words) in [("Users", "Delete users <code class=\"soft\">users:delete</code>"), ("Webhooks", "Make, change and delete webhook endpoints"), ("Request log", "log:read")] {
            let group = html.split(&format!("<fieldset data-within><legend>{about}</legend>")).nth(1).unwrap_or_else(|| panic!("no {about} in {html}"));
            assert!(group.split("</fieldset>").next().unwrap().contains(words), "{words} in {group}");
        }
        let german = desk.browser.with("accept-language", "de").get(HOME).await.expect(200).html;
        assert!(german.contains("<legend>Benutzer</legend>") && german.contains("Benutzer löschen <code class=\"soft\">users:delete</code>"), "{german}");
        // Nobody is offered what they can't give, nor a heading with nothing under it.
        desk.api().await.post("/roles", json!({"name": "Keeper", "permissions": ["keys:read", "keys:write"]})).await.expect(201);
        desk.person("kim@acme.example", "Kim", "Keeper").await;
        let html = desk.browser_of("kim@acme.example").await.get(HOME).await.expect(200).html;
        assert_eq!(html.matches("<fieldset data-within>").count(), 1, "{html}");
    }

    async fn a_key_that_may_everything_follows_its_owner(db) {
        let mut desk = Desk::new(db).await;
        let made = desk.sends(HOME, HOME, &[("name", "all"), ("may", "all"), ("lifetime", "0")]).await.expect(200);
        let me = Api::new(desk.bridge.address, &shown(&made.html)).get("/me").await.expect(200);
        assert!(me.json["data"]["permissions"].as_array().unwrap().contains(&Value::from("log:read")), "{}", me.json);
        assert!(desk.shows(HOME).await.contains("Everything that this person may"));
    }

    async fn what_was_chosen_stays_where_a_key_can_not_be_made_and_nobody_gives_more_than_they_have(db) {
        let mut desk = Desk::new(db).await;
        let page = desk.sends(HOME, HOME, &[("name", "x"), ("may", "some"), ("lifetime", "90")]).await.expect(422);
        assert!(page.html.contains("Choose at least one") && page.html.contains("value=\"x\""), "{}", page.html);
        let fields = [("name", " "), ("may", "some"), ("permission", "users:read"), ("lifetime", "90")];
        let page = desk.sends(HOME, HOME, &fields).await.expect(422);
        assert!(page.html.contains("value=\"users:read\" checked") && page.html.contains("1 to 100 printable"), "{}", page.html);
        let fields = [("name", "x"), ("may", "some"), ("permission", "users:fly"), ("lifetime", "90")];
        desk.sends(HOME, HOME, &fields).await.expect(422);
        let api = desk.api_of_root().await;
        api.post("/roles", json!({"name": "Keeper", "permissions": ["keys:read", "keys:write"]})).await.expect(201);
        person(&desk.bridge, &desk.workspace, "keeper@acme.example", "Keeper", "Keeper", false).await;
        let mut keeper = desk.browser_of("keeper@acme.example").await;
        let html = keeper.get(HOME).await.expect(200).html;
        assert!(html.contains("value=\"keys:read\"") && !html.contains("value=\"users:write\""), "{html}");
        let fields = [("name", "x"), ("may", "some"), ("permission", "users:write"), ("lifetime", "90")];
        let page = keeper.post(HOME, HOME, &fields).await.expect(422);
        assert!(page.html.contains("permissions that you do not have yourself: users:write"), "{}", page.html);
    }

    async fn a_key_of_another_workspace_is_not_there(db) {
        let mut desk = Desk::new(db).await;
        let other = desk.bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        desk.bridge.key(&other, None, None).await;
        assert!(desk.shows(HOME).await.contains("There is no key yet"));
        let mut conn = desk.bridge.app.store.read().await.unwrap();
        let theirs = aisoule_bridge::store::api_keys::of_workspace(&mut conn, other.id).await.unwrap().pop().unwrap();
        drop(conn);
        let way = format!("/settings/keys/{}/revoke", theirs.id);
        desk.browser.get(&way).await.expect(404);
        assert_eq!(desk.sends(HOME, &way, &[]).await.answer.status, 404);
    }
}

pub const PRESSES: Presses = &["/settings/keys", "/settings/keys/{id}/revoke"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_played_in_a_browser() {
    let desk = Desk::new(crate::support::Fresh::sqlite()).await;
    let steps = vec![
        json!({"goto": desk.url(HOME)}),
        json!({"fill": ["[name=name]", "reporting"]}),
        json!({"shot": "keys-new"}),
        // All of a group at once, and of that group alone.
        json!({"check": "fieldset[data-within]:has([value='teams:read']) [data-choose]"}),
        json!({"see": "[value='teams:delete']:checked"}),
        json!({"see": "[value='users:write']:not(:checked)"}),
        json!({"uncheck": "fieldset[data-within]:has([value='teams:read']) [data-choose]"}),
        json!({"see": "[value='teams:delete']:not(:checked)"}),
        json!({"check": "[value='users:read']"}),
        json!({"check": "[value='seats:read']"}),
        json!({"click": "#new button"}),
        json!({"see": "#secret"}),
        json!({"click": "#keys details summary"}),
        json!({"shot": "keys"}),
        json!({"click": "a[href$='/revoke']"}),
        json!({"shot": "keys-revoke"}),
        json!({"click": "button.danger"}),
        json!({"expect": "The key is revoked."}),
    ];
    desk.plays("keys-end", steps, json!({})).await;
    let steps = vec![json!({"goto": desk.url(HOME)}), json!({"shot": "keys-de"})];
    desk.plays("keys-end-de", steps, json!({"dark": true, "language": "de"})).await;
    desk.pressed(PRESSES);
}
