//! Settings → Users: what belongs to one person: password, second factor, sessions, teams, the story; and who may see it.

use aisoule_bridge::command::second_factors::{BeginFactor, ConfirmFactor};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::sessions;
use chrono::TimeDelta;
use serde_json::json;

use crate::desk::{Desk, PASSWORD, person};
use crate::support::on_both;
use crate::users::{api, keeps_quiet, role, says};

on_both! {
    async fn a_reset_password_is_entered_by_an_admin_and_replaced_by_the_person(db) {
        let mut desk = Desk::new(db).await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await;
        let mut hers = desk.browser_of("anna@acme.example").await;
        let at = format!("/settings/users/{}/password", anna.id);
        says(&desk.shows(&at).await, &["1 session ends at once.", "12 characters or more"]);
        for bad in ["short", "anna@acme.example"] {
            let page = desk.sends(&at, &at, &[("password", bad)]).await.expect(422);
            keeps_quiet(&page.html, &["value=\"short\"", "value=\"anna@acme.example\""]);
        }
        let page = desk.sends(&at, &at, &[("password", "seven quiet lamps at sea")]).await;
        says(&desk.shows(page.leads_to().unwrap()).await, &["The new password is set.", "Password reset"]);
        assert!(!hers.is_in().await);
        let page = hers.log_in("anna@acme.example", PASSWORD).await;
        assert_ne!(page.answer.status, 303, "the old one is void");
        let page = hers.log_in("anna@acme.example", "seven quiet lamps at sea").await;
        assert_eq!(page.leads_to(), Some("/login/new-password"));
    }

    async fn a_second_factor_is_removed_and_sessions_are_ended(db) {
        let mut desk = Desk::new(db).await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await;
        let mut first = desk.browser_of("anna@acme.example").await;
        let mut second = desk.browser_of("anna@acme.example").await;
        let who = format!("/settings/users/{}", anna.id);
        let html = desk.shows(&who).await;
        says(&html, &["No second factor is set up.", "End all sessions", "Logged in by password from 127.0.0.1"]);
        assert_eq!(html.matches("name=\"session\"").count(), 2);
        let session = html.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let page = desk.sends(&who, &format!("{who}/sessions/end"), &[("session", &session)]).await;
        says(&desk.shows(page.leads_to().unwrap()).await, &["The session has ended."]);
        assert!(first.is_in().await != second.is_in().await, "one of the two is out");
        // It is gone already, which is said on the page.
        let page = desk.sends(&who, &format!("{who}/sessions/end"), &[("session", &session)]).await.expect(422);
        says(&page.html, &["It is not there any more."]);
        desk.sends(&who, &format!("{who}/sessions/end-all"), &[]).await.expect(303);
        assert!(!first.is_in().await && !second.is_in().await);
        let commands = &desk.bridge.app.commands;
        let (workspace, sealed) = (desk.workspace.id, vec![1, 2, 3]);
        commands.execute(&Actor::system(), BeginFactor { workspace, user: anna.id, sealed: sealed.clone() }).await.unwrap();
        desk.browser_of("anna@acme.example").await;
        let session = sessions::of_user(&mut desk.bridge.app.store.read().await.unwrap(), anna.id).await.unwrap()[0].id;
        let confirm = ConfirmFactor { workspace, user: anna.id, sealed, step: 1, codes: Vec::new(), session, token_hash: [7; 32] };
        assert!(commands.execute(&Actor::system(), confirm).await.unwrap());
        says(&desk.shows(&who).await, &["A second factor is asked for", "Remove the second factor"]);
        let page = desk.sends(&who, &format!("{who}/second-factor"), &[]).await;
        let html = desk.shows(page.leads_to().unwrap()).await;
        says(&html, &["The second factor is removed.", "No second factor is set up.", "Second factor removed", "Second factor set up"]);
        // One's own sessions but this one.
        let who = format!("/settings/users/{}", desk.root.id);
        let mut other = desk.browser_of("root@acme.example").await;
        desk.sends(&who, &format!("{who}/sessions/end-all"), &[]).await.expect(303);
        assert!(desk.browser.is_in().await && !other.is_in().await);
    }

    async fn teams_are_joined_left_and_given_back_to_the_rules(db) {
        let mut desk = Desk::new(db).await;
        let (api, scim) = (api(&desk).await, desk.scim().await);
        let cleo = scim.user("cleo@acme.example").await;
        let group = scim.group("Support", &[&cleo]).await;
        let night = api.post("/teams", json!({"name": "Night", "assignment_strategy": "manual"})).await.expect(201).made();
        let day = api.post("/teams", json!({"name": "Day", "assignment_strategy": "manual"})).await.expect(201).made();
        let manager = role(&desk, "Manager").await;
        let rule = json!({"group_id": group, "role_id": manager, "priority": 7, "teams": [{"team_id": day, "role": "agent"}]});
        api.post("/rules", rule).await.expect(201);
        let who = format!("/settings/users/{cleo}");
        let html = desk.shows(&who).await;
        says(&html, &[
            "Because they are in the group Support: the rule with priority 7 gives it.", "Group Support, priority 7: Manager. This one decides.",
            "By a rule, because they are in Support.", "<span class=\"tag\">Support</span>", "Role decided by", "a rule",
        ]);
        let page = desk.sends(&who, &format!("{who}/teams/add"), &[("team", &night), ("kind", "manager")]).await;
        says(&desk.shows(page.leads_to().unwrap()).await, &["They are in the team.", "Put in by hand.", "Teams joined", "Night"]);
        let page = desk.sends(&who, &format!("{who}/teams/remove"), &[("team", &day)]).await.expect(422);
        says(&page.html, &["A rule gives this team"]);
        desk.sends(&who, &format!("{who}/teams/remove"), &[("team", &day), ("overrule", "on")]).await.expect(303);
        says(&desk.shows(&who).await, &["Kept out by hand, although a rule would have them in because of Support.", "kept out"]);
        let page = desk.sends(&who, &format!("{who}/teams/release"), &[("team", &day)]).await;
        says(&desk.shows(page.leads_to().unwrap()).await, &["It is given back.", "By a rule, because they are in Support."]);
        let page = desk.sends(&who, &format!("{who}/teams/remove"), &[("team", &night)]).await;
        let html = desk.shows(page.leads_to().unwrap()).await;
        says(&html, &["They are out of the team.", "Teams left"]);
        says(&desk.shows(&format!("{who}/edit")).await, &["Add to the team", "By a rule, because they are in Support."]);
        desk.sends(&who, &format!("{who}/teams/add"), &[("team", "x"), ("kind", "agent")]).await.expect(404);
    }

    async fn the_story_is_told_newest_first_and_paged(db) {
        let mut desk = Desk::new(db).await;
        let anna = desk.person("anna@acme.example", "Anna 0", "Agent").await;
        let (who, api) = (format!("/settings/users/{}", anna.id), api(&desk).await);
        for n in 1..=25 {
            desk.bridge.later(TimeDelta::seconds(60));
            api.put(&format!("/users/{}", anna.id), json!({"full_name": format!("Anna {n}")})).await.expect(200);
        }
        let html = desk.shows(&who).await;
        let newest = html.find("<del>Anna 24</del>").unwrap();
        assert!(newest < html.find("<del>Anna 23</del>").unwrap() && !html.contains("<del>Anna 4</del>"), "{html}");
        let older = html.split("?before=").nth(1).unwrap().split('#').next().unwrap();
        let html = desk.shows(&format!("{who}?before={older}")).await;
        says(&html, &["<del>Anna 4</del>", "<strong>Created</strong>", "command line", "Newer"]);
        keeps_quiet(&html, &["<del>Anna 24</del>", ">Older<"]);
    }

    async fn somebody_of_another_workspace_is_not_there(db) {
        let mut desk = Desk::new(db).await;
        let elsewhere = desk.bridge.workspace("Elsewhere", 10, SeatPolicy::Reject).await;
        let them = person(&desk.bridge, &elsewhere, "zelda@else.example", "Zelda", "Agent", false).await;
        let who = format!("/settings/users/{}", them.id);
        for page in ["", "/edit", "/deactivate", "/activate", "/password", "/delete"] {
            let page = desk.browser.get(&format!("{who}{page}")).await.expect(404);
            keeps_quiet(&page.html, &["Zelda", "zelda@else.example"]);
        }
        let fields: [(&str, &[(&str, &str)]); 12] = [
            ("/edit", &[("full_name", "X"), ("email", "x@acme.example")]), ("/deactivate", &[]), ("/activate", &[]), ("/delete", &[]),
            ("/password", &[("password", "seven quiet lamps at sea")]), ("/second-factor", &[]), ("/release", &[("field", "role")]),
            ("/pin-role", &[]), ("/sessions/end", &[("session", "x")]), ("/sessions/end-all", &[]), ("/teams/add", &[("team", "x")]),
            ("/teams/remove", &[("team", "x")]),
        ];
        for (act, fields) in fields {
            desk.sends("/settings/users", &format!("{who}{act}"), fields).await.expect(404);
        }
        let html = desk.shows(&format!("/settings/users/bulk?act=deactivate&user={}&user={}", them.id, desk.root.id)).await;
        keeps_quiet(&html, &["Zelda"]);
        desk.browser.get("/settings/users/nobody").await.expect(404);
        assert_eq!(desk.bridge.counters(&elsewhere).await, (1, 1, 0, 0));
    }

    async fn who_may_only_look_sees_no_button_and_is_barred(db) {
        let desk = Desk::new(db).await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await;
        desk.person("mia@acme.example", "Mia", "Manager").await;
        let mut hers = desk.browser_of("mia@acme.example").await;
        let who = format!("/settings/users/{}", anna.id);
        let list = hers.get("/settings/users").await.expect(200).html;
        keeps_quiet(&list, &["New User", "name=\"user\"", "Change role"]);
        let html = hers.get(&who).await.expect(200).html;
        keeps_quiet(&html, &["/edit", "/deactivate", "/delete", "/password", "The story", "Where they are logged in"]);
        says(&html, &["In no team."]);
        for page in ["/edit", "/deactivate", "/activate", "/password", "/delete"] {
            says(&hers.get(&format!("{who}{page}")).await.expect(403).html, &["users:"]);
        }
        for act in ["/deactivate", "/second-factor", "/sessions/end-all", "/pin-role", "/delete"] {
            hers.post("/settings/users", &format!("{who}{act}"), &[]).await.expect(403);
        }
        hers.get("/settings/users/bulk?act=deactivate").await.expect(403);
        hers.get("/settings/users/new").await.expect(403);
        // Somebody who may write, but not everything, makes nobody more than they are and touches no Admin.
        let api = api(&desk).await;
        let writer = json!({"name": "Writer", "description": "", "permissions": ["users:read", "users:write"]});
        let writer = api.post("/roles", writer).await.expect(201).made();
        api.put(&format!("/users/{}", anna.id), json!({"role_id": writer})).await.expect(200);
        let mut hers = desk.browser_of("anna@acme.example").await;
        let html = hers.get("/settings/users/new").await.expect(200).html;
        keeps_quiet(&html, &["Protected account"]);
        says(&html, &["disabled>Admin"]);
        let (admin, root) = (role(&desk, "Admin").await, format!("/settings/users/{}", desk.root.id));
        let fields = [("full_name", "Eve"), ("email", "eve@acme.example"), ("role", admin.as_str())];
        let page = hers.post("/settings/users/new", "/settings/users/new", &fields).await.expect(422);
        says(&page.html, &["permissions that you do not have yourself", "value=\"Eve\""]);
        let page = hers.post(&root, &format!("{root}/password"), &[("password", "seven quiet lamps at sea")]).await.expect(422);
        says(&page.html, &["permissions that you do not have yourself"]);
    }

    async fn what_others_write_is_text_on_every_page(db) {
        let mut desk = Desk::new(db).await;
        let scim = desk.scim().await;
        let bad = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
        let user = json!({"userName": "\"><svg/onload=alert(3)>", "displayName": bad, "externalId": "<b>x", "emails": [{"value": "a@x.example"}]});
        let id = scim.post("/Users", user).await.expect(201).id();
        scim.group("<i>group</i>", &[&id]).await;
        let who = format!("/settings/users/{id}");
        let pages = ["", "/edit", "/deactivate", "/activate", "/password", "/delete"].map(|page| format!("{who}{page}"));
        let bulk = format!("/settings/users/bulk?act=deactivate&user={id}");
        for path in pages.into_iter().chain(["/settings/users".to_owned(), bulk]) {
            let html = desk.shows(&path).await;
            keeps_quiet(&html, &["<script>alert", "<img src=x", "<svg/onload", "<i>group", "<b>x"]);
            says(&html, &["&#60;script&#62;alert(1)"]);
        }
    }
}
