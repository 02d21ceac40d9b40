//! Groups: what providers push and hands make, who is in one, and what a rule gives because of it.

use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::{Fresh, on_both};

const NASTY: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

on_both! {
    async fn groups_are_searched_paged_and_say_who_pushes_them(db) {
        let mut desk = Desk::new(db).await;
        let scim = desk.scim().await;
        for n in 0..55 {
            scim.group(&format!("Shift {n:02}"), &[]).await;
        }
        let html = desk.shows("/settings/groups").await;
        assert!(html.contains("55 groups") && html.contains("Shift 49") && !html.contains("Shift 50"), "{html}");
        assert!(html.contains("(provisioning)") && html.contains("Page 1 of 2"), "{html}");
        let html = desk.shows("/settings/groups?page=2").await;
        assert!(html.contains("Shift 54") && !html.contains("Shift 49"), "{html}");
        let html = desk.shows("/settings/groups?search=shift+5").await;
        assert!(html.contains("5 groups") && html.contains("value=\"shift 5\""), "{html}");
        assert!(desk.shows("/settings/groups?search=%25").await.contains("No group has such a name."));
        desk.shows("/settings/groups?page=-7").await;
    }

    async fn a_group_is_made_filled_renamed_and_deleted_by_hand(db) {
        let mut desk = Desk::new(db).await;
        let made = desk.sends("/settings/groups/new", "/settings/groups/new", &[("name", "Support")]).await.expect(303);
        let path = made.leads_to().unwrap().split('?').next().unwrap().to_owned();
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await.id.to_string();
        let scim = desk.scim().await;
        let inner = scim.group("Inner", &[&scim.user("ben").await]).await;
        let html = desk.shows(&format!("{path}?search=anna&done=created")).await;
        assert!(html.contains("The group was created.") && html.contains("Root (by hand)") && html.contains(&anna), "{html}");
        for member in [&anna, &inner] {
            desk.sends(&path, &format!("{path}/add"), &[("member", member)]).await.expect(303);
        }
        let html = desk.shows(&path).await;
        assert!(html.contains("2 members") && html.contains("Anna") && html.contains("Inner") && !html.contains(">ben<"), "{html}");
        let html = desk.shows(&format!("{path}?all=yes")).await;
        assert!(html.contains("2 people in this group") && html.contains(">ben<") && html.contains("through a group"), "{html}");
        // A group can't be in itself, and a protected account in none.
        let id = path.rsplit('/').next().unwrap().to_owned();
        desk.sends(&path, &format!("{path}/add"), &[("member", &id)]).await.expect(422);
        let root = desk.root.id.to_string();
        desk.sends(&path, &format!("{path}/add"), &[("member", &root)]).await.expect(422);
        desk.sends(&path, &format!("{path}/remove"), &[("member", &inner)]).await.expect(303);
        assert!(desk.shows(&format!("{path}?done=removed")).await.contains("1 member"));
        desk.sends(&path, &path, &[("name", "Helpdesk")]).await.expect(303);
        let page = desk.sends(&path, &path, &[("name", "  ")]).await.expect(422);
        assert!(page.html.contains("1 to 100 characters"), "{}", page.html);
        desk.sends(&path, &format!("{path}/delete"), &[("step", "save")]).await.expect(303);
        desk.browser.get(&path).await.expect(404);
        desk.sends("/settings/groups/new", "/settings/groups/new", &[("name", "")]).await.expect(422);
    }

    async fn who_would_change_is_seen_before_a_group_with_a_rule_is_deleted(db) {
        let mut desk = Desk::new(db).await;
        let (api, scim) = (desk.api().await, desk.scim().await);
        let (anna, ben) = (scim.user("anna").await, scim.user("ben").await);
        let group = scim.group("Support", &[&anna]).await;
        let manager = api.role("Manager").await;
        api.post("/rules", json!({"group_id": group, "role_id": manager, "priority": 1})).await.expect(201);
        let path = format!("/settings/groups/{group}");
        let page = desk.sends(&path, &format!("{path}/delete"), &[]).await.expect(200);
        assert!(page.html.contains("The group Support would be gone.") && page.html.contains("1 person changes."), "{}", page.html);
        assert!(page.html.contains(&format!("/settings/users/{anna}")) && !page.html.contains(&ben), "{}", page.html);
        assert_eq!(api.role_of(&anna).await, "Manager", "nothing is done yet");
        desk.sends(&path, &format!("{path}/delete"), &[("step", "save")]).await.expect(303);
        assert_eq!(api.role_of(&anna).await, "Agent");
    }

    async fn who_would_change_is_seen_before_somebody_comes_into_a_group_with_a_rule_or_goes(db) {
        let mut desk = Desk::new(db).await;
        let (api, scim) = (desk.api().await, desk.scim().await);
        let (anna, ben) = (scim.user("anna").await, scim.user("ben").await);
        let group = scim.group("Leads", &[&ben]).await;
        let team = api.post("/teams", json!({"name": "Night"})).await.expect(201).made();
        let rule = json!({"group_id": group, "role_id": api.role("Manager").await, "priority": 1, "teams": [{"team_id": team, "role": "agent"}]});
        api.post("/rules", rule).await.expect(201);
        let path = format!("/settings/groups/{group}");
        let add = format!("{path}/add");
        let page = desk.sends(&path, &add, &[("member", &anna)]).await.expect(200);
        for word in ["anna would be in the group Leads.", "may undo it the next time it pushes", "1 person changes.", "<strong>Manager</strong>", "Night"] {
            assert!(page.html.contains(word), "{word} in {}", page.html);
        }
        assert_eq!(api.role_of(&anna).await, "Agent", "nothing is done yet");
        desk.sends(&path, &add, &[("member", &anna), ("step", "save")]).await.expect(303);
        assert_eq!(api.role_of(&anna).await, "Manager");
        let remove = format!("{path}/remove");
        let page = desk.sends(&path, &remove, &[("member", &anna)]).await.expect(200);
        assert!(page.html.contains("anna would be in the group Leads no more.") && page.html.contains("<strong>Agent</strong>"), "{}", page.html);
        assert_eq!(api.role_of(&anna).await, "Manager");
        desk.sends(&path, &remove, &[("member", &anna), ("step", "save")]).await.expect(303);
        assert_eq!(api.role_of(&anna).await, "Agent");
        // By way of a group of hands, of which no provider is told.
        let made = desk.sends("/settings/groups/new", "/settings/groups/new", &[("name", "Ours")]).await.expect(303);
        let ours = made.leads_to().unwrap().split('?').next().unwrap().to_owned();
        let add = format!("{ours}/add");
        // Nobody changes with it, and it is done at once.
        desk.sends(&ours, &add, &[("member", &anna)]).await.expect(303);
        desk.sends(&ours, &format!("{ours}/remove"), &[("member", &anna)]).await.expect(303);
        let id = ours.rsplit('/').next().unwrap();
        api.post("/rules", json!({"group_id": id, "role_id": api.role("Manager").await, "priority": 2})).await.expect(201);
        let page = desk.sends(&ours, &add, &[("member", &anna)]).await.expect(200);
        assert!(page.html.contains("anna would be in the group Ours.") && !page.html.contains("may undo it"), "{}", page.html);
        // A whole group, with everybody who is in it.
        desk.sends(&path, &format!("{path}/remove"), &[("member", &ben), ("step", "save")]).await.expect(303);
        let inner = scim.group("Inner", &[&anna, &ben]).await;
        let page = desk.sends(&ours, &add, &[("member", &inner)]).await.expect(200);
        assert!(page.html.contains("Inner would be in the group Ours.") && page.html.contains("2 people change."), "{}", page.html);
        // What can't be is refused before anything is shown.
        desk.sends(&ours, &add, &[("member", &desk.root.id.to_string())]).await.expect(422);
    }

    async fn what_a_provider_calls_a_group_is_only_ever_text(db) {
        let mut desk = Desk::new(db).await;
        let (api, scim) = (desk.api().await, desk.scim().await);
        let group = scim.group(NASTY, &[&scim.user("eve<b>").await]).await;
        let agent = api.role("Manager").await;
        let rule = api.post("/rules", json!({"group_id": group, "role_id": agent, "priority": 1})).await.expect(201).made();
        for path in ["/settings/groups", "/settings/rules", "/settings/audit", &format!("/settings/groups/{group}"), &format!("/settings/rules/{rule}")] {
            let html = desk.shows(path).await;
            assert!(!html.contains("<script>alert") && !html.contains("<img src=x") && html.contains("&#60;script&#62;alert(1)"), "{path}: {html}");
        }
        let page = desk.sends("/settings/rules", &format!("/settings/rules/{rule}/delete"), &[("step", "look")]).await.expect(200);
        assert!(!page.html.contains("<script>alert") && page.html.contains("&#60;script&#62;"), "{}", page.html);
    }

    async fn a_manager_sees_groups_and_changes_none(db) {
        let mut desk = Desk::new(db).await;
        let group = desk.scim().await.group("Support", &[]).await;
        let path = format!("/settings/groups/{group}");
        desk.person("mia@acme.example", "Mia", "Manager").await;
        let mut mia = desk.browser_of("mia@acme.example").await;
        assert!(!mia.get(&path).await.expect(200).html.contains(&format!("action=\"{path}")));
        mia.post(&path, &path, &[("name", "Mine")]).await.expect(403);
        mia.post(&path, &format!("{path}/delete"), &[]).await.expect(403);
        let other = desk.bridge.workspace("Other", 5, aisoule_bridge::domain::seat::SeatPolicy::Reject).await;
        let token = desk.bridge.token(&other, aisoule_bridge::domain::access::Scope::Write, aisoule_bridge::domain::access::Dialect::Compat).await;
        let theirs = desk.bridge.client(&token).group("Theirs", &[]).await;
        desk.browser.get(&format!("/settings/groups/{theirs}")).await.expect(404);
        desk.sends(&path, &format!("/settings/groups/{theirs}"), &[("name", "Mine")]).await.expect(404);
        desk.sends(&path, &format!("{path}/add"), &[("member", &theirs)]).await.expect(422);
    }
}

pub const PRESSES: Presses = &["/settings/groups/{id}?search", "/settings/groups/{id}/add"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_filled_in_a_browser() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let (api, scim) = (desk.api().await, desk.scim().await);
    let (ben, cleo) = (scim.user("ben").await, scim.user("cleo").await);
    let night = scim.group("Night shift", &[&ben]).await;
    let group = scim.group("Support", &[&cleo, &night]).await;
    scim.group(NASTY, &[]).await;
    let manager = api.role("Manager").await;
    api.post("/rules", json!({"group_id": group, "role_id": manager, "priority": 20})).await.expect(201);
    scim.user("dora").await;
    let steps = vec![
        json!({"goto": desk.url("/settings/groups")}),
        json!({"shot": "groups-list"}),
        json!({"click": format!("a[href='/settings/groups/{group}']")}),
        json!({"fill": ["#search", "dora"]}),
        json!({"press": "Enter"}),
        json!({"click": "button[aria-label='Add: dora']"}),
        json!({"expect": "dora would be in the group Support."}),
        json!({"shot": "groups-look-add"}),
        json!({"click": "button[value=save]"}),
        json!({"expect": "The member was added."}),
        json!({"shot": "groups-group"}),
        json!({"click": "text=Show everybody"}),
        json!({"expect": "3 people in this group"}),
        json!({"shot": "groups-everybody"}),
    ];
    desk.plays("groups-end", steps, json!({})).await;
    desk.pressed(PRESSES);
}
