//! Rules: in their order, made, changed and deleted, and who would change before anything is saved.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::{Api, Fresh, Scim, on_both};

/// Groups Support (anna, ben) and Leads (ben), and a team Night.
struct Scene {
    api: Api,
    scim: Scim,
    anna: String,
    ben: String,
    support: String,
    leads: String,
    manager: String,
    agent: String,
    team: String,
}

impl Scene {
    async fn new(desk: &Desk) -> Self {
        let (api, scim) = (desk.api().await, desk.scim().await);
        let (anna, ben) = (scim.user("anna").await, scim.user("ben").await);
        let support = scim.group("Support", &[&anna, &ben]).await;
        let leads = scim.group("Leads", &[&ben]).await;
        let (manager, agent) = (api.role("Manager").await, api.role("Agent").await);
        let team = api.post("/teams", json!({"name": "Night"})).await.expect(201).made();
        Self { anna, ben, support, leads, manager, agent, team, api, scim }
    }

    async fn rule(&self, group: &str, role: &str, priority: i64) -> String {
        self.api
            .post("/rules", json!({"group_id": group, "role_id": role, "priority": priority}))
            .await
            .expect(201)
            .made()
    }

    async fn priority(&self, rule: &str) -> Value {
        self.api.get(&format!("/rules/{rule}")).await.expect(200).data()["priority"].clone()
    }
}

on_both! {
    async fn who_would_change_is_shown_before_a_rule_is_made_and_the_same_is_saved(db) {
        let mut desk = Desk::new(db).await;
        let scene = Scene::new(&desk).await;
        let team = format!("{}:manager", scene.team);
        let fields = [("name", "support"), ("role", scene.manager.as_str()), ("priority", "30"), ("team", team.as_str())];
        let look = [&fields[..], &[("step", "look")]].concat();
        let page = desk.sends("/settings/rules/new", "/settings/rules/new", &look).await.expect(200);
        for word in ["2 people change.", "Nothing is saved yet.", ">anna<", ">ben<", "Agent", "<strong>Manager</strong>", "joins Night", "because group Support, rule with priority 30"] {
            assert!(page.html.contains(word), "{word} in {}", page.html);
        }
        assert_eq!(scene.api.role_of(&scene.anna).await, "Agent");
        // The page sends the same again.
        for (name, value) in fields {
            assert!(page.html.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name}: {}", page.html);
        }
        let back = desk.sends("/settings/rules/new", "/settings/rules/new", &[&fields[..], &[("step", "back")]].concat()).await.expect(200);
        assert!(back.html.contains("value=\"support\"") && back.html.contains(&format!("value=\"{team}\" selected")), "{}", back.html);
        let saved = desk.sends("/settings/rules/new", "/settings/rules/new", &[&fields[..], &[("step", "save")]].concat()).await.expect(303);
        assert_eq!(scene.api.role_of(&scene.anna).await, "Manager");
        let path = saved.leads_to().unwrap().split('?').next().unwrap().to_owned();
        let html = desk.shows(&path).await;
        assert!(html.contains("2 people in this group") && html.contains("because group Support, rule with priority 30"), "{html}");
        // Changed, and looked at before.
        let change = [("role", scene.agent.as_str()), ("priority", "30"), ("step", "look")];
        let page = desk.sends(&path, &path, &change).await.expect(200);
        assert!(page.html.contains("2 people change.") && page.html.contains("leaves Night") && page.html.contains("2 people: Manager becomes Agent"), "{}", page.html);
        assert_eq!(scene.api.role_of(&scene.anna).await, "Manager");
        desk.sends(&path, &path, &[change[0], change[1], ("step", "save")]).await.expect(303);
        assert_eq!(scene.api.role_of(&scene.anna).await, "Agent");
        let page = desk.sends(&path, &format!("{path}/delete"), &[("step", "look")]).await.expect(200);
        assert!(page.html.contains("the default role: no rule gives another one") && page.html.contains("2 people change."), "{}", page.html);
        desk.sends(&path, &format!("{path}/delete"), &[("step", "save")]).await.expect(303);
        desk.browser.get(&path).await.expect(404);
    }

    async fn several_priorities_are_changed_by_one_save_and_nobody_changes_in_between(db) {
        let mut desk = Desk::new(db).await;
        let scene = Scene::new(&desk).await;
        let first = scene.rule(&scene.support, &scene.agent, 20).await;
        let second = scene.rule(&scene.leads, &scene.manager, 10).await;
        assert_eq!(scene.api.role_of(&scene.ben).await, "Agent");
        let order = [("rule", second.as_str()), ("priority", "20"), ("rule", first.as_str()), ("priority", "10")];
        let page = desk.sends("/settings/rules", "/settings/rules/order", &[&order[..], &[("step", "look")]].concat()).await.expect(200);
        assert!(page.html.contains("1 person: Agent becomes Manager") && page.html.contains("because group Leads, rule with priority 20"), "{}", page.html);
        assert_eq!(scene.priority(&first).await, 20);
        let back = desk.sends("/settings/rules", "/settings/rules/order", &[&order[..], &[("step", "back")]].concat()).await.expect(200);
        assert!(back.html.find(&second) < back.html.find(&first), "{}", back.html);
        desk.sends("/settings/rules", "/settings/rules/order", &[&order[..], &[("step", "save")]].concat()).await.expect(303);
        assert_eq!((scene.priority(&first).await, scene.priority(&second).await), (json!(10), json!(20)));
        assert_eq!(scene.api.role_of(&scene.ben).await, "Manager");
        let events = scene.api.get(&format!("/audit?subject={}&action=user.*", scene.ben)).await.expect(200);
        let roles: Vec<&Value> = events.data()["entries"].as_array().unwrap().iter().filter(|entry| entry["action"] == "user.role_changed").collect();
        assert_eq!(roles.len(), 1, "{roles:#?}");
        let bad = [("rule", first.as_str()), ("priority", "high"), ("step", "look")];
        let page = desk.sends("/settings/rules", "/settings/rules/order", &bad).await.expect(422);
        assert!(page.html.contains("A priority is a whole number.") && page.html.contains("value=\"high\""), "{}", page.html);
    }

    async fn a_rule_waits_for_its_group_and_refusals_keep_what_was_typed(db) {
        let mut desk = Desk::new(db).await;
        let scene = Scene::new(&desk).await;
        let new = "/settings/rules/new";
        let ahead = [("name", "Interns"), ("role", scene.manager.as_str()), ("priority", "5")];
        let page = desk.sends(new, new, &[&ahead[..], &[("step", "look")]].concat()).await.expect(200);
        assert!(page.html.contains("There is no group Interns yet") && page.html.contains("0 people change."), "{}", page.html);
        desk.sends(new, new, &[&ahead[..], &[("step", "save")]].concat()).await.expect(303);
        assert!(desk.shows("/settings/rules").await.contains("waits for its group"));
        let cleo = scene.scim.user("cleo").await;
        scene.scim.group("Interns", &[&cleo]).await;
        assert_eq!(scene.api.role_of(&cleo).await, "Manager");
        let admin = scene.api.role("Admin").await;
        for (fields, sentence) in [
            ([("name", "Support"), ("role", admin.as_str()), ("priority", "1")], "everybody in the group an Admin"),
            ([("name", "Support"), ("role", ""), ("priority", "1")], "Choose at least one."),
            ([("name", "Interns"), ("role", scene.agent.as_str()), ("priority", "1")], "There is a rule for this group already."),
            ([("name", "Support"), ("role", scene.agent.as_str()), ("priority", "1.5")], "A priority is a whole number."),
        ] {
            let page = desk.sends(new, new, &[&fields[..], &[("step", "look")]].concat()).await.expect(422);
            assert!(page.html.contains(sentence) && page.html.contains(&format!("value=\"{}\"", fields[0].1)), "{sentence}: {}", page.html);
        }
        let meant = [("name", "Support"), ("role", admin.as_str()), ("priority", "1"), ("admin", "yes"), ("step", "look")];
        assert!(desk.sends(new, new, &meant).await.expect(200).html.contains("name=\"admin\" value=\"yes\""));
        // From a group's page the group is given by its id.
        let leads = &scene.leads;
        let page = desk.shows(&format!("{new}?group={leads}")).await;
        assert!(page.contains(&format!("name=\"group\" value=\"{leads}\"")), "{page}");
        let by_id = [("group", leads.as_str()), ("role", scene.agent.as_str()), ("priority", "1")];
        let page = desk.sends(new, new, &[&by_id[..], &[("step", "look")]].concat()).await.expect(200);
        assert!(page.html.contains(&format!("name=\"group\" value=\"{leads}\"")), "{}", page.html);
        desk.sends(new, new, &[&by_id[..], &[("step", "save")]].concat()).await.expect(303);
    }

    async fn nobody_gives_by_a_rule_what_they_do_not_have_and_a_manager_only_looks(db) {
        let mut desk = Desk::new(db).await;
        let scene = Scene::new(&desk).await;
        let rule = scene.rule(&scene.leads, &scene.manager, 10).await;
        // With one rule alone there is no form for their order.
        scene.api.post("/rules", json!({"group_name": "Not here yet", "role_id": scene.agent, "priority": 5})).await.expect(201);
        scene.api.post("/roles", json!({"name": "Ruler", "permissions": ["rules:read", "rules:write", "groups:read"]})).await.expect(201);
        desk.person("kim@acme.example", "Kim", "Ruler").await;
        let mut kim = desk.browser_of("kim@acme.example").await;
        let fields = [("name", "Support"), ("role", scene.manager.as_str()), ("priority", "1"), ("step", "look")];
        let page = kim.post("/settings/rules/new", "/settings/rules/new", &fields).await.expect(422);
        assert!(page.html.contains("permissions that you do not have yourself"), "{}", page.html);
        let order = [("rule", rule.as_str()), ("priority", "99"), ("step", "save")];
        let page = kim.post("/settings/rules", "/settings/rules/order", &order).await.expect(422);
        assert!(page.html.contains("permissions that you do not have yourself"), "{}", page.html);
        kim.post("/settings/rules/new", &format!("/settings/rules/{rule}/delete"), &[("step", "save")]).await.expect(422);
        desk.person("mia@acme.example", "Mia", "Manager").await;
        let mut mia = desk.browser_of("mia@acme.example").await;
        let html = mia.get("/settings/rules").await.expect(200).html;
        assert!(!html.contains("draggable") && !html.contains("/settings/rules/new"), "{html}");
        assert!(!mia.get(&format!("/settings/rules/{rule}")).await.expect(200).html.contains("name=\"priority\""));
        mia.post("/settings/rules", "/settings/rules/order", &order).await.expect(403);
        let other = desk.bridge.workspace("Other", 5, aisoule_bridge::domain::seat::SeatPolicy::Reject).await;
        let theirs = desk.bridge.admin(&other).await;
        let role = theirs.role("Agent").await;
        let theirs = theirs.post("/rules", json!({"group_name": "X", "role_id": role})).await.expect(201).made();
        desk.browser.get(&format!("/settings/rules/{theirs}")).await.expect(404);
        desk.sends("/settings/rules", &format!("/settings/rules/{theirs}/delete"), &[("step", "save")]).await.expect(404);
        desk.sends("/settings/rules", "/settings/rules/order", &[("rule", &theirs), ("priority", "1"), ("step", "look")]).await.expect(404);
        desk.browser.get(&format!("/settings/rules/new?group={theirs}")).await.expect(404);
    }
}

pub const PRESSES: Presses = &["/settings/rules/order", "/settings/rules/new"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_can_be_dragged_where_there_is_a_mouse_and_nobody_who_touches_is_told_so() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let scene = Scene::new(&desk).await;
    scene.rule(&scene.support, &scene.agent, 20).await;
    scene.rule(&scene.leads, &scene.manager, 10).await;
    let here =
        || vec![json!({"goto": desk.url("/settings/rules")}), json!({"expect": "The highest number decides first."})];
    let told = [here(), vec![json!({"expect": "Rows can be dragged, too."}), json!({"see": ".grip"})]].concat();
    desk.plays("rules-mouse-end", told, json!({})).await;
    let untold =
        [here(), vec![json!({"gone": "Rows can be dragged, too."}), json!({"shot": "rules-touched"})]].concat();
    desk.plays("rules-touch-end", untold, json!({"device": "Pixel 7"})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_dragged_and_looked_at_in_a_browser() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let scene = Scene::new(&desk).await;
    scene.rule(&scene.support, &scene.agent, 20).await;
    scene.rule(&scene.leads, &scene.manager, 10).await;
    let steps = vec![
        json!({"goto": desk.url("/settings/rules")}),
        json!({"shot": "rules-list"}),
        json!({"drag": ["tbody tr:nth-child(2)", "tbody tr:nth-child(1)"]}),
        json!({"see": "tbody tr:nth-child(1) a:has-text('Leads')"}),
        json!({"shot": "rules-dragged"}),
        json!({"click": "text=See who would change"}),
        json!({"expect": "1 person: Agent becomes Manager"}),
        json!({"shot": "rules-look-order"}),
        json!({"click": "text=Save the order"}),
        json!({"expect": "The order was saved and is in effect."}),
        json!({"click": "text=New rule"}),
        json!({"fill": ["#name", "Night owls"]}),
        json!({"select": ["#role", scene.manager]}),
        json!({"select": ["select[name=team]", format!("{}:agent", scene.team)]}),
        json!({"shot": "rules-new"}),
        json!({"click": "text=See who would change"}),
        json!({"expect": "There is no group Night owls yet"}),
        json!({"click": "text=Go on editing"}),
        json!({"see": "#name"}),
        json!({"click": "text=See who would change"}),
        json!({"click": "button[value=save]"}),
        json!({"expect": "The rule was created and is in effect."}),
        json!({"goto": desk.url("/settings/rules")}),
        json!({"click": "tbody a:has-text('Leads')"}),
        json!({"shot": "rules-rule"}),
    ];
    desk.plays("rules-end", steps, json!({})).await;
    assert_eq!(
        desk.api().await.role_of(&scene.ben).await,
        if crate::support::parts::has_browser() { "Manager" } else { "Agent" }
    );
    let steps = vec![json!({"goto": desk.url("/settings/rules")}), json!({"shot": "rules-list-de"})];
    desk.plays("rules-end-de", steps, json!({"dark": true, "language": "de"})).await;
    desk.pressed(PRESSES);
}
