//! What an Admin does about people, played in a browser and looked up behind it: passwords, sessions, second factors, pins, teams,
//! many at once, and the end of somebody.

use aisoule_bridge::command::second_factors::{BeginFactor, ConfirmFactor};
use aisoule_bridge::domain::access::Actor;
use aisoule_bridge::domain::user::User;
use aisoule_bridge::store::{second_factors, sessions};
use serde_json::{Value, json};

use crate::desk::{Desk, PASSWORD};
use crate::presses::Presses;
use crate::support::Fresh;

const NEW_PASSWORD: &str = "seven quiet lamps at sea";

/// Gives somebody a second factor.
async fn factor(desk: &Desk, user: &User) {
    let (commands, workspace, sealed) = (&desk.bridge.app.commands, desk.workspace.id, vec![1, 2, 3]);
    let begin = BeginFactor { workspace, user: user.id, sealed: sealed.clone() };
    commands.execute(&Actor::system(), begin).await.unwrap();
    let session = sessions::of_user(&mut desk.bridge.app.store.read().await.unwrap(), user.id).await.unwrap()[0].id;
    let (step, codes, token_hash) = (1, Vec::new(), [7; 32]);
    let confirm = ConfirmFactor { workspace, user: user.id, sealed, step, codes, session, token_hash };
    assert!(commands.execute(&Actor::system(), confirm).await.unwrap());
}

async fn sessions_of(desk: &Desk, user: &User) -> usize {
    sessions::of_user(&mut desk.bridge.app.store.read().await.unwrap(), user.id).await.unwrap().len()
}

pub const ENDED: Presses = &[
    "/settings/users/{id}/sessions/end",
    "/settings/users/{id}/sessions/end-all",
    "/settings/users/{id}/second-factor",
    "/settings/users/{id}/password",
    "/settings/users/{id}/delete",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_ends_sessions_takes_a_factor_away_resets_a_password_and_deletes_somebody() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let anna = desk.person("anna@acme.example", "Anna Arnold", "Agent").await;
    let ben = desk.person("ben@acme.example", "Ben Beck", "Agent").await;
    factor_and_sessions(&desk, &anna).await;
    let mut left = Vec::new();
    let who = desk.url(&format!("/settings/users/{}", anna.id));
    let steps = vec![
        json!({"goto": who.clone()}),
        json!({"shot": "users-person-factor"}),
        json!({"click": "#sessions form[action$='/sessions/end'] button"}),
        json!({"expect": "The session has ended."}),
        json!({"tell": ["one session ended"]}),
        json!({"click": "#factor summary"}),
        json!({"click": "#factor button"}),
        json!({"expect": "The second factor is removed."}),
        json!({"expect": "No second factor is set up."}),
        json!({"click": "#sessions form[action$='/sessions/end-all'] button"}),
        json!({"expect": "The sessions have ended."}),
        json!({"tell": ["all sessions ended"]}),
        json!({"click": "ul.acts >> text=Reset Password"}),
        json!({"fill": ["#password", NEW_PASSWORD]}),
        json!({"click": "main form button"}),
        json!({"expect": "The new password is set."}),
        json!({"goto": desk.url(&format!("/settings/users/{}", ben.id))}),
        json!({"click": "ul.acts >> text=Delete"}),
        json!({"click": "button.danger:has-text('Delete Ben Beck for good')"}),
        json!({"expect": "The user was deleted."}),
        json!({"gone": "Ben Beck"}),
    ];
    let told = async |_: &str, _: &str| left.push(sessions_of(&desk, &anna).await);
    if desk.plays_and("users-after-deleting", steps, json!({}), told).await.is_none() {
        return;
    }
    assert_eq!(left, [1, 0]);
    let found = second_factors::find(&mut desk.bridge.app.store.read().await.unwrap(), anna.id).await.unwrap();
    assert!(found.is_none());
    let mut hers = desk.bridge.browser();
    assert_ne!(hers.log_in("anna@acme.example", PASSWORD).await.answer.status, 303, "the old one is void");
    let page = hers.log_in("anna@acme.example", NEW_PASSWORD).await;
    assert_eq!(page.leads_to(), Some("/login/new-password"), "and the new one lets her choose her own");
    let api = desk.api().await;
    api.get(&format!("/users/{}", ben.id)).await.refused(404, "not_found");
    assert_eq!(desk.bridge.counters(&desk.workspace).await.0, 2);
    desk.pressed(ENDED);
}

/// Two sessions, and a second factor that was set up in one of them.
async fn factor_and_sessions(desk: &Desk, user: &User) {
    desk.browser_of("anna@acme.example").await;
    desk.browser_of("anna@acme.example").await;
    factor(desk, user).await;
    assert_eq!(sessions_of(desk, user).await, 2);
}

/// Why somebody is in which team, by its name.
fn teams_of(explanation: &Value) -> Vec<(String, String)> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let teams = explanation["teams"].as_array().unwrap();
    let mut all: Vec<_> = teams.iter().map(|one| (text(one, "name"), text(one, "source"))).collect();
    all.sort();
    all
}

pub const GIVEN: Presses = &[
    "/settings/users/{id}/pin-role",
    "/settings/users/{id}/teams/add",
    "/settings/users/{id}/teams/remove",
    "/settings/users/{id}/teams/release",
    "/settings/users/bulk?user",
    "/settings/users/bulk?act",
    "/settings/users/bulk?role",
    "/settings/users/bulk",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_pinned_teams_are_given_and_taken_and_many_get_a_role_at_once() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let (api, scim) = (desk.api().await, desk.scim().await);
    let cleo = scim.user("cleo@acme.example").await;
    let group = scim.group("Support", &[&cleo]).await;
    let team = |name: &str| json!({"name": name, "assignment_strategy": "manual"});
    let night = api.post("/teams", team("Night")).await.expect(201).made();
    let day = api.post("/teams", team("Day")).await.expect(201).made();
    let manager = api.role("Manager").await;
    let rule =
        json!({"group_id": group, "role_id": manager, "priority": 7, "teams": [{"team_id": day, "role": "agent"}]});
    api.post("/rules", rule).await.expect(201);
    let ben = desk.person("ben@acme.example", "Ben Beck", "Agent").await.id.to_string();
    let dora = desk.person("dora@acme.example", "Dora Dunn", "Agent").await.id.to_string();
    let steps = vec![
        json!({"goto": desk.url(&format!("/settings/users/{cleo}"))}),
        json!({"click": "form[action$='/pin-role'] button"}),
        json!({"expect": "The role is pinned: no rule changes it."}),
        json!({"select": ["#new-team", night]}),
        json!({"select": ["#kind", "manager"]}),
        json!({"click": "form[action$='/teams/add'] button"}),
        json!({"expect": "They are in the team."}),
        json!({"check": "#teams [name=overrule]"}),
        json!({"click": "button[aria-label='Take out: Day']"}),
        json!({"expect": "They are out of the team."}),
        json!({"shot": "users-teams"}),
        json!({"click": "button[aria-label='Let the rules decide: Day']"}),
        json!({"expect": "It is given back."}),
        json!({"goto": desk.url("/settings/users")}),
        json!({"check": format!("#choose-{ben}")}),
        json!({"check": format!("#choose-{dora}")}),
        json!({"select": ["#new-role", manager]}),
        json!({"click": "button[value=role]"}),
        json!({"expect": "Give 2 people the role Manager?"}),
        json!({"shot": "users-bulk-role"}),
        json!({"click": "main form button"}),
        json!({"expect": "2 people have the role Manager now."}),
    ];
    if desk.plays("users-bulk-role-done", steps, json!({})).await.is_none() {
        return;
    }
    for one in [&ben, &dora] {
        assert_eq!(api.role_of(one).await, "Manager");
    }
    let explained = api.get(&format!("/users/{cleo}/explanation")).await.expect(200);
    assert_eq!(explained.data()["source"], "manual");
    let wanted = [("Day", "rule"), ("Night", "hand")].map(|(name, source)| (name.to_owned(), source.to_owned()));
    assert_eq!(teams_of(explained.data()), wanted);
    // What was pinned outlives the group that gave it.
    scim.delete(&format!("/Groups/{group}")).await.expect(204);
    assert_eq!(api.role_of(&cleo).await, "Manager");
    desk.pressed(GIVEN);
}
