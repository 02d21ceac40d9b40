//! Roles, teams, groups and rules from their beginning to their end, in a browser, while two providers push.

use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::presses::Presses;
use crate::providers::Sync;
use crate::support::Fresh;
use crate::support::parts::has_browser;

pub const PRESSES: Presses = &[
    "/settings/roles/new",
    "/settings/roles/{id}",
    "/settings/roles/{id}/delete",
    "/settings/teams/new",
    "/settings/teams/{id}",
    "/settings/teams/{id}?search",
    "/settings/teams/{id}/add",
    "/settings/teams/{id}/delete",
    "/settings/groups?search",
    "/settings/groups/new",
    "/settings/groups/{id}",
    "/settings/groups/{id}?search",
    "/settings/groups/{id}/add",
    "/settings/groups/{id}/remove",
    "/settings/groups/{id}/delete",
    "/settings/rules/new",
    "/settings/rules/{id}",
    "/settings/rules/{id}/delete",
];

/// A role that is made, changed and deleted.
fn role(desk: &Desk) -> Vec<Value> {
    vec![
        json!({"goto": desk.url("/settings/roles/new")}),
        json!({"fill": ["#name", "Shift lead"]}),
        json!({"check": "#users-read"}),
        json!({"click": "form[action='/settings/roles/new'] .actions button"}),
        json!({"at": "?done=created"}),
        json!({"fill": ["#description", "Whoever answers for a shift"]}),
        json!({"check": "#chat-write"}),
        json!({"click": "main form .actions button"}),
        json!({"at": "?done=saved"}),
        json!({"shot": "play-role-saved"}),
        json!({"click": "form[action$='/delete'] button"}),
        json!({"at": "/settings/roles?done=deleted"}),
    ]
}

/// A team that is made, filled, changed and deleted.
fn team(desk: &Desk) -> Vec<Value> {
    vec![
        json!({"goto": desk.url("/settings/teams/new")}),
        json!({"fill": ["#name", "Night"]}),
        json!({"fill": ["#description", "From eight to six"]}),
        json!({"select": ["#strategy", "manual"]}),
        json!({"click": "form[action='/settings/teams/new'] button"}),
        json!({"at": "?done=created"}),
        json!({"fill": ["#search", "Cleo"]}),
        json!({"press": "Enter"}),
        json!({"select": ["form[action$='/add'] select", "manager"]}),
        json!({"click": "form[action$='/add'] button"}),
        json!({"see": "#members a:has-text('Cleo Conrad')"}),
        json!({"fill": ["#name", "Late"]}),
        json!({"uncheck": "#active"}),
        json!({"click": "form:has(#active) button"}),
        json!({"at": "?done=saved"}),
        json!({"shot": "play-team-paused"}),
        // A page that is being left does not ask for what is gone.
        json!({"late": "form[action$='/delete'] button"}),
        json!({"at": "/settings/teams?done=deleted"}),
    ]
}

/// A group that is made, filled, named anew and emptied, with a rule that is made, changed and deleted, and then deleted itself.
fn group(desk: &Desk, agent: &str, manager: &str) -> Vec<Value> {
    vec![
        json!({"goto": desk.url("/settings/groups/new")}),
        json!({"fill": ["#name", "Vienna"]}),
        json!({"click": "form[action='/settings/groups/new'] button"}),
        json!({"at": "?done=created"}),
        json!({"fill": ["#search", "Cleo"]}),
        json!({"press": "Enter"}),
        json!({"click": "form[action$='/add'] button"}),
        json!({"see": "#members a:has-text('Cleo Conrad')"}),
        json!({"fill": ["#name", "Vienna office"]}),
        json!({"click": "form:has(#name) button"}),
        json!({"see": "h1:has-text('Vienna office')"}),
        json!({"shot": "play-group-renamed"}),
        json!({"click": "a[href^='/settings/rules/new?group=']"}),
        json!({"select": ["#role", manager]}),
        json!({"fill": ["#priority", "40"]}),
        json!({"click": "button[value=look]"}),
        json!({"see": ".verdict"}),
        json!({"click": "button[value=save]"}),
        json!({"at": "?done=created"}),
        json!({"tell": ["the rule"]}),
        json!({"select": ["#role", agent]}),
        json!({"fill": ["#priority", "41"]}),
        json!({"click": "form:has(#priority) button[value=look]"}),
        json!({"see": ".verdict"}),
        // It is the same rule that decides, and no other.
        json!({"see": "tbody tr:has-text('Cleo Conrad') td:has-text('Vienna office')"}),
        json!({"shot": "play-rule-changed"}),
        json!({"click": "button[value=save]"}),
        json!({"at": "?done=saved"}),
        json!({"tell": ["another role"]}),
        json!({"click": "form[action$='/delete'] button"}),
        json!({"see": ".verdict"}),
        json!({"click": "button[value=save]"}),
        json!({"at": "/settings/rules?done=deleted"}),
        json!({"goto": desk.url("/settings/groups")}),
        json!({"fill": ["#search", "vienna"]}),
        json!({"press": "Enter"}),
        json!({"click": "#groups th a:has-text('Vienna office')"}),
        json!({"click": "#members form[action$='/remove'] button"}),
        json!({"see": "#members .empty"}),
        json!({"click": "form[action$='/delete'] button"}),
        json!({"see": ".verdict"}),
        json!({"shot": "play-group-delete"}),
        json!({"click": "button[value=save]"}),
        json!({"at": "/settings/groups?done=deleted"}),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_teams_groups_and_rules_come_change_and_go_while_two_providers_push() {
    if !has_browser() {
        return;
    }
    let desk = Desk::with(Fresh::sqlite(), 10_000, SeatPolicy::Reject).await;
    let (api, scim) = (desk.api().await, desk.scim().await);
    let cleo = json!({"userName": "cleo@acme.example", "displayName": "Cleo Conrad"});
    let cleo = scim.post("/Users", cleo).await.expect(201).id();
    let (agent, manager) = (api.role("Agent").await, api.role("Manager").await);
    let sync = Sync::start(&desk).await;
    let steps = [role(&desk), team(&desk), group(&desk, &agent, &manager)].concat();
    let mut roles = Vec::new();
    let told = async |_: &str, _: &str| roles.push(api.role_of(&cleo).await);
    desk.plays_and("play-structure-end", steps, json!({}), told).await;
    sync.end().await;
    desk.pressed(PRESSES);
    assert_eq!(roles, ["Manager", "Agent"]);
    for (path, list, name) in [
        ("/roles", "roles", "Shift lead"),
        ("/teams", "teams", "Late"),
        ("/groups?search=vienna", "groups", "Vienna office"),
        ("/rules", "rules", ""),
    ] {
        let all = api.get(path).await.expect(200);
        let all = all.data()[list].as_array().unwrap();
        assert!(all.iter().all(|one| !name.is_empty() && one["name"] != name), "{path}: {all:?}");
    }
    desk.audited(&[
        "role.updated",
        "role.deleted",
        "team.updated",
        "team.deleted",
        "group.deleted",
        "rule.updated",
        "rule.deleted",
    ])
    .await;
    desk.bridge.counters(&desk.workspace).await;
}
