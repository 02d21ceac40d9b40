//! Roles: what each allows, made, changed and deleted, and what is refused in words.

use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::{Fresh, on_both};

on_both! {
    async fn a_role_is_made_changed_made_the_default_and_deleted(db) {
        let mut desk = Desk::new(db).await;
        let html = desk.shows("/settings/roles").await;
        for word in ["Manager", "built in", "default", "Make and edit roles", "<code class=\"soft\">roles:write</code>"] {
            assert!(html.contains(word), "{word} in {html}");
        }
        let fields = [("name", "Lead"), ("description", "Leads a shift"), ("permission", "users:read"), ("permission", "chat:read")];
        let made = desk.sends("/settings/roles/new", "/settings/roles/new", &fields).await.expect(303);
        let path = made.leads_to().unwrap().split('?').next().unwrap().to_owned();
        let html = desk.shows(&format!("{path}?done=created")).await;
        assert!(html.contains("The role was created.") && html.contains("value=\"users:read\" checked"), "{html}");
        assert!(!html.contains("value=\"users:write\" checked"), "{html}");
        let fields = [("name", "Shift lead"), ("description", ""), ("permission", "chat:read"), ("permission", "chat:write")];
        desk.sends(&path, &path, &fields).await.expect(303);
        let html = desk.shows(&path).await;
        assert!(html.contains("value=\"Shift lead\"") && html.contains("value=\"chat:write\" checked") && !html.contains("value=\"users:read\" checked"), "{html}");
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await;
        let ben = json!({"full_name": "Ben", "email": "ben@acme.example"});
        let ben = desk.api().await.post("/users", ben).await.expect(201).made();
        let page = desk.sends(&path, &format!("{path}/default"), &[]).await.expect(200);
        assert!(page.html.contains("Shift lead would be the default role.") && page.html.contains("1 person changes."), "{}", page.html);
        assert!(page.html.contains(&format!("/settings/users/{ben}")) && !page.html.contains(&anna.id.to_string()), "{}", page.html);
        assert_eq!(desk.api().await.role_of(&ben).await, "Agent", "nothing is saved yet");
        desk.sends(&path, &format!("{path}/default"), &[("step", "save")]).await.expect(303);
        assert_eq!(desk.api().await.role_of(&ben).await, "Shift lead");
        assert_eq!(desk.api().await.role_of(&anna.id.to_string()).await, "Agent", "Anna's was set by hand");
        let page = desk.sends(&path, &format!("{path}/delete"), &[]).await.expect(422);
        assert!(page.html.contains("default"), "{}", page.html);
        let agent = desk.api().await.role("Agent").await;
        desk.sends(&format!("/settings/roles/{agent}"), &format!("/settings/roles/{agent}/default"), &[("step", "save")]).await.expect(303);
        let gone = desk.sends(&path, &format!("{path}/delete"), &[]).await.expect(303);
        assert_eq!(gone.leads_to(), Some("/settings/roles?done=deleted"));
        assert!(!desk.shows("/settings/roles?done=deleted").await.contains("Shift lead"));
        desk.browser.get(&path).await.expect(404);
    }

    async fn a_role_in_use_says_by_whom_and_nothing_that_was_typed_is_lost(db) {
        let mut desk = Desk::new(db).await;
        let api = desk.api().await;
        let lead = api.post("/roles", json!({"name": "Lead", "permissions": ["chat:read"]})).await.expect(201).made();
        api.user("anna@acme.example", Some(&lead)).await;
        let group = desk.scim().await.group("Support <b>", &[]).await;
        api.post("/rules", json!({"group_id": group, "role_id": lead, "priority": 3})).await.expect(201);
        let path = format!("/settings/roles/{lead}");
        let html = desk.shows(&path).await;
        let end = html.split("Delete this role").nth(1).unwrap();
        assert!(end.contains("so it can’t be deleted") && end.contains(&format!("/settings/users?role={lead}")) && end.contains("/settings/rules/"), "{html}");
        assert!(!html.contains(&format!("action=\"{path}/delete\"")), "{html}");
        let page = desk.sends(&path, &format!("{path}/delete"), &[]).await.expect(422);
        assert!(page.html.contains("1 person has it") && page.html.contains("Support &#60;b&#62;"), "{}", page.html);
        assert!(page.html.contains("role=\"alert\""), "{}", page.html);
        let fields = [("name", "admin"), ("description", "my own"), ("permission", "users:read")];
        let page = desk.sends("/settings/roles/new", "/settings/roles/new", &fields).await.expect(422);
        assert!(page.html.contains("value=\"admin\"") && page.html.contains("value=\"my own\"") && page.html.contains("value=\"users:read\" checked"), "{}", page.html);
        desk.sends("/settings/roles/new", "/settings/roles/new", &[("name", ""), ("description", "")]).await.expect(422);
        // A built-in role has no form, and refuses all the same.
        let admin = api.role("Admin").await;
        assert!(!desk.shows(&format!("/settings/roles/{admin}")).await.contains("name=\"description\""));
        let page = desk.sends("/settings/roles", &format!("/settings/roles/{admin}"), &[("name", "Boss"), ("description", "")]).await;
        assert_eq!(page.answer.status, 422);
    }

    async fn nobody_gives_what_they_do_not_have_and_a_manager_only_looks(db) {
        let mut desk = Desk::new(db).await;
        let api = desk.api().await;
        let keeper = api.post("/roles", json!({"name": "Keeper", "permissions": ["roles:read", "roles:write", "roles:delete"]})).await.expect(201).made();
        desk.person("kim@acme.example", "Kim", "Keeper").await;
        let mut kim = desk.browser_of("kim@acme.example").await;
        let fields = [("name", "Boss"), ("description", ""), ("permission", "users:delete")];
        let page = kim.post("/settings/roles/new", "/settings/roles/new", &fields).await.expect(422);
        assert!(page.html.contains("permissions that you do not have yourself: users:delete"), "{}", page.html);
        let fields = [("name", "Reader"), ("description", ""), ("permission", "roles:read")];
        let made = kim.post("/settings/roles/new", "/settings/roles/new", &fields).await.expect(303);
        // Whoever may not see people hears how many would change, and not who.
        api.post("/roles", json!({"name": "Bare", "permissions": ["roles:read"], "is_default": true})).await.expect(201);
        let olga = api.user("olga@acme.example", None).await;
        let reader = made.leads_to().unwrap().split('?').next().unwrap().to_owned();
        let page = kim.post(&reader, &format!("{reader}/default"), &[]).await.expect(200);
        assert!(page.html.contains("1 person changes.") && !page.html.contains(&olga), "{}", page.html);
        desk.person("mia@acme.example", "Mia", "Manager").await;
        let mut mia = desk.browser_of("mia@acme.example").await;
        let html = mia.get(&format!("/settings/roles/{keeper}")).await.expect(200).html;
        assert!(!html.contains("/delete") && !html.contains("name=\"description\""), "{html}");
        assert!(!mia.get("/settings/roles").await.expect(200).html.contains("/settings/roles/new"));
        mia.get("/settings/roles/new").await.expect(403);
        mia.post("/settings/roles", &format!("/settings/roles/{keeper}/delete"), &[]).await.expect(403);
        // Another workspace's role is nobody's.
        let other = desk.bridge.workspace("Other", 5, aisoule_bridge::domain::seat::SeatPolicy::Reject).await;
        let theirs = desk.bridge.admin(&other).await.role("Agent").await;
        desk.browser.get(&format!("/settings/roles/{theirs}")).await.expect(404);
        desk.sends("/settings/roles", &format!("/settings/roles/{theirs}/default"), &[]).await.expect(404);
    }
}

pub const PRESSES: Presses = &["/settings/roles/new", "/settings/roles/{id}/default"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_made_in_a_browser() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let steps = vec![
        json!({"goto": desk.url("/settings/roles")}),
        json!({"click": "a[href='/settings/roles/new']"}),
        json!({"fill": ["#name", "Shift lead"]}),
        json!({"check": "#users-read"}),
        json!({"check": "#chat-write"}),
        json!({"click": "main button:not(.quiet)"}),
        json!({"expect": "The role was created."}),
        json!({"click": "text=Make Shift lead the default"}),
        json!({"expect": "Shift lead would be the default role."}),
        json!({"shot": "roles-default-look"}),
        json!({"click": "text=Make Shift lead the default"}),
        json!({"expect": "It is the default role from now on."}),
    ];
    desk.plays("roles-end", steps, json!({})).await;
    let admin = desk.api().await.role("Admin").await;
    // These pages are long, and whoever looks for barriers takes their time: a play each.
    desk.plays("roles-list", vec![json!({"goto": desk.url("/settings/roles")})], json!({})).await;
    let steps = vec![json!({"goto": desk.url(&format!("/settings/roles/{admin}"))})];
    desk.plays("roles-admin-de", steps, json!({"dark": true, "language": "de"})).await;
    desk.pressed(PRESSES);
}
