//! Teams: made, changed and deleted; who is in one, why, and what somebody decided by hand.

use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::{Fresh, on_both};

on_both! {
    async fn a_team_is_made_changed_and_deleted(db) {
        let mut desk = Desk::new(db).await;
        assert!(desk.shows("/settings/teams").await.contains("There is no team yet."));
        let fields = [("name", "Support"), ("description", "First line"), ("strategy", "load_balanced")];
        let made = desk.sends("/settings/teams/new", "/settings/teams/new", &fields).await.expect(303);
        let path = made.leads_to().unwrap().split('?').next().unwrap().to_owned();
        let html = desk.shows(&format!("{path}?done=created")).await;
        assert!(html.contains("The team was created.") && html.contains("value=\"load_balanced\" selected"), "{html}");
        let page = desk.sends("/settings/teams/new", "/settings/teams/new", &[("name", "SUPPORT"), ("description", "typed"), ("strategy", "manual")]).await.expect(422);
        assert!(page.html.contains("value=\"typed\"") && page.html.contains("value=\"manual\" selected"), "{}", page.html);
        desk.sends(&path, &path, &[("name", "Helpdesk"), ("description", ""), ("strategy", "manual")]).await.expect(303);
        let html = desk.shows("/settings/teams").await;
        assert!(html.contains("Helpdesk") && html.contains("paused") && html.contains("By hand"), "{html}");
        assert!(desk.shows(&path).await.contains("<strong>Nobody is in it.</strong>"));
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await.id.to_string();
        desk.sends(&format!("{path}?search=anna"), &format!("{path}/add"), &[("user", &anna), ("kind", "agent"), ("search", "anna")]).await.expect(303);
        // How many people leave it is said beside the button.
        assert!(desk.shows(&path).await.contains("<strong>1 person leaves it.</strong>"));
        desk.sends(&path, &format!("{path}/delete"), &[]).await.expect(303);
        desk.browser.get(&path).await.expect(404);
        assert!(desk.shows("/settings/teams?done=deleted").await.contains("The team was deleted."));
    }

    async fn people_come_in_by_hand_or_by_rule_and_each_says_why(db) {
        let mut desk = Desk::new(db).await;
        let (api, scim) = (desk.api().await, desk.scim().await);
        let anna = scim.user("anna").await;
        let group = scim.group("Leads & <i>co</i>", &[&anna]).await;
        let team = api.post("/teams", json!({"name": "Support"})).await.expect(201).made();
        let rule = api.post("/rules", json!({"group_id": group, "teams": [{"team_id": team}]})).await.expect(201).made();
        let ben = desk.person("ben@acme.example", "Ben", "Agent").await.id.to_string();
        let path = format!("/settings/teams/{team}");
        let found = desk.shows(&format!("{path}?search=ben")).await;
        assert!(found.contains("ben@acme.example") && found.contains(&format!("value=\"{ben}\"")), "{found}");
        assert!(desk.shows(&format!("{path}?search=nobody-at-all")).await.contains("Nobody is found by that."));
        desk.sends(&format!("{path}?search=ben"), &format!("{path}/add"), &[("user", &ben), ("kind", "manager"), ("search", "ben")]).await.expect(303);
        let html = desk.shows(&path).await;
        assert!(html.contains("added by hand") && html.contains("because of Leads &#38; &#60;i&#62;co&#60;/i&#62;") && html.contains("2 members"), "{html}");
        // Where a rule would have them in, they are asked once more.
        let asked = desk.sends(&path, &format!("{path}/remove"), &[("user", &anna)]).await.expect(200);
        assert!(asked.html.contains("Keep anna out of this team?"), "{}", asked.html);
        desk.sends(&path, &format!("{path}/remove"), &[("user", &anna), ("overrule", "yes")]).await.expect(303);
        let html = desk.shows(&path).await;
        assert!(html.contains("Kept out by hand") && html.contains("1 member"), "{html}");
        desk.sends(&path, &format!("{path}/release"), &[("user", &anna)]).await.expect(303);
        assert!(desk.shows(&format!("{path}?done=released")).await.contains("2 members"));
        desk.sends(&path, &format!("{path}/remove"), &[("user", &ben)]).await.expect(303);
        assert!(!desk.shows(&path).await.contains("ben@acme.example"));
        let page = desk.sends(&path, &format!("{path}/delete"), &[]).await.expect(422);
        assert!(page.html.contains(&format!("/settings/rules/{rule}")) && page.html.contains("role=\"alert\""), "{}", page.html);
    }

    async fn a_team_that_rules_give_says_which_instead_of_having_a_button_that_deletes_it(db) {
        let mut desk = Desk::new(db).await;
        let (api, scim) = (desk.api().await, desk.scim().await);
        let group = scim.group("Support", &[]).await;
        let team = api.post("/teams", json!({"name": "Night"})).await.expect(201).made();
        let path = format!("/settings/teams/{team}");
        let button = format!("action=\"{path}/delete\"");
        assert!(desk.shows(&path).await.contains(&button));
        let rule = api.post("/rules", json!({"group_id": group, "teams": [{"team_id": team}]})).await.expect(201).made();
        let html = desk.shows(&path).await;
        let end = html.split("Delete this team").nth(1).unwrap();
        assert!(end.contains("Rules give this team, so it can’t be deleted.") && end.contains(&format!("href=\"/settings/rules/{rule}\">Support</a>")), "{html}");
        assert!(!html.contains(&button), "{html}");
        // Whoever asks all the same is refused as before.
        let page = desk.sends(&path, &format!("{path}/delete"), &[]).await.expect(422);
        assert!(page.html.contains("Night is in use"), "{}", page.html);
        api.delete(&format!("/rules/{rule}")).await;
        assert!(desk.shows(&path).await.contains(&button));
        desk.sends(&path, &format!("{path}/delete"), &[]).await.expect(303);
    }

    async fn a_reader_only_reads_and_other_workspaces_teams_are_not_there(db) {
        let mut desk = Desk::new(db).await;
        let team = desk.api().await.post("/teams", json!({"name": "Support"})).await.expect(201).made();
        let path = format!("/settings/teams/{team}");
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await.id.to_string();
        let mut agent = desk.browser_of("anna@acme.example").await;
        let html = agent.get(&path).await.expect(200).html;
        assert!(!html.contains(&format!("action=\"{path}")), "{html}");
        agent.post("/settings/teams", &format!("{path}/add"), &[("user", &anna), ("kind", "agent")]).await.expect(403);
        agent.get("/settings/teams/new").await.expect(403);
        // A Manager may change teams, not delete them.
        desk.person("mia@acme.example", "Mia", "Manager").await;
        let mut mia = desk.browser_of("mia@acme.example").await;
        mia.post(&format!("{path}?search=anna"), &format!("{path}/add"), &[("user", &anna), ("kind", "agent")]).await.expect(303);
        mia.post(&path, &format!("{path}/delete"), &[]).await.expect(403);
        let other = desk.bridge.workspace("Other", 5, aisoule_bridge::domain::seat::SeatPolicy::Reject).await;
        let theirs = desk.bridge.admin(&other).await.post("/teams", json!({"name": "Theirs"})).await.expect(201).made();
        desk.browser.get(&format!("/settings/teams/{theirs}")).await.expect(404);
        desk.sends(&path, &format!("/settings/teams/{theirs}/add"), &[("user", &anna), ("kind", "agent")]).await.expect(404);
        let stranger = desk.bridge.user(&other, "x@other.example", "Agent", false).await.id.to_string();
        desk.sends(&path, &format!("{path}/add"), &[("user", &stranger), ("kind", "agent")]).await.expect(422);
    }
}

pub const PRESSES: Presses = &[
    "/settings/teams/{id}?search",
    "/settings/teams/{id}/add",
    "/settings/teams/{id}/remove",
    "/settings/teams/{id}/release",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_is_filled_in_a_browser() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let (api, scim) = (desk.api().await, desk.scim().await);
    for name in ["Anna Acker", "Ben Becker", "Cleo Conrad"] {
        let email = format!("{}@acme.example", name.split(' ').next().unwrap().to_lowercase());
        desk.person(&email, name, "Agent").await;
    }
    let dora = scim.user("dora").await;
    let group = scim.group("Night shift", &[&dora]).await;
    let team =
        api.post("/teams", json!({"name": "Night", "description": "From eight to six"})).await.expect(201).made();
    api.post("/rules", json!({"group_id": group, "teams": [{"team_id": team, "role": "manager"}]})).await.expect(201);
    let steps = vec![
        json!({"goto": desk.url("/settings/teams")}),
        json!({"shot": "teams-list"}),
        json!({"click": "text=New team"}),
        json!({"shot": "teams-new"}),
        json!({"goto": desk.url(&format!("/settings/teams/{team}"))}),
        json!({"fill": ["#search", "c"]}),
        json!({"press": "Enter"}),
        json!({"expect": "Cleo Conrad"}),
        json!({"shot": "teams-search"}),
        json!({"click": "button[aria-label='Add: Cleo Conrad']"}),
        json!({"expect": "They are in the team now."}),
        json!({"click": "button[aria-label='Remove: dora']"}),
        json!({"expect": "Keep dora out of this team?"}),
        json!({"shot": "teams-overrule"}),
        json!({"click": "text=Keep dora out >> nth=-1"}),
        json!({"expect": "Kept out by hand"}),
        json!({"shot": "teams-team"}),
        json!({"click": "button[aria-label='Leave it to the rules: dora']"}),
        json!({"expect": "It is left to the rules again."}),
    ];
    desk.plays("teams-end", steps, json!({"dark": true})).await;
    desk.pressed(PRESSES);
}
