//! Random changes by many at once, against a reference model: seats, rules and the last Admin hold after each commit.
//!
//! The events of a workspace stand in the order of its commits. The model replays them one by one; beside it a reader
//! looks at committed states the whole time; and in the end every role and team is worked out anew, the simple way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aisoule_bridge::command::groups::EditGroup;
use aisoule_bridge::command::people::{ByHand, EditByHand, Pinned, Release};
use aisoule_bridge::command::rules::UpdateRule;
use aisoule_bridge::command::users::{CreateUser, DeleteUser, Door, EditUser, RoleChoice};
use aisoule_bridge::command::workspaces::UpdateWorkspace;
use aisoule_bridge::command::{Command, CommandError};
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::group::{Group, MemberEdit, NewMember};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::user::{Profile, User, UserDraft};
use aisoule_bridge::domain::version::Expected;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::{GroupId, RoleId, RuleId, UserId, WorkspaceId};
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::{outbox, roles, rules, workspaces};
use serde_json::{Value, json};
use sqlx::FromRow;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::filters::Dice;
use crate::support::{Bridge, on_both};

/// What the workers share.
struct World {
    bridge: Bridge,
    workspace: WorkspaceId,
    users: Mutex<Vec<UserId>>,
    groups: Vec<GroupId>,
    roles: Vec<RoleId>,
    rules: Vec<RuleId>,
}

impl World {
    async fn some_user(&self, dice: &mut Dice) -> UserId {
        let users = self.users.lock().await;
        users.get(dice.roll(users.len().max(1))).copied().unwrap_or_else(UserId::fresh)
    }

    /// Makes a change; refusals are answers, failures are not.
    async fn execute<C: Command>(&self, command: C) -> Option<C::Output> {
        match self.bridge.app.commands.execute(&Actor::operator(), command).await {
            Ok(output) => Some(output),
            Err(CommandError::Store(error)) => panic!("{error}"),
            Err(_) => None,
        }
    }

    async fn step(&self, dice: &mut Dice, name: &str) {
        let (workspace, user) = (self.workspace, self.some_user(dice).await);
        let by_hand =
            |changes: ByHand| EditByHand { workspace, id: user, expected: Expected::Any, changes, overrule: true };
        match dice.roll(20) {
            0..=4 => {
                let provisioned = dice.roll(2) == 0;
                let profile = Profile {
                    user_name: name.into(),
                    external_id: provisioned.then(|| name.into()),
                    ..Profile::default()
                };
                let active = Some(dice.roll(5) > 0);
                let create = CreateUser {
                    workspace,
                    id: UserId::fresh(),
                    draft: UserDraft { profile, active },
                    password_hash: None,
                    role: if dice.roll(6) == 0 { RoleChoice::Named("Admin".into()) } else { RoleChoice::Default },
                    protected: false,
                    provisioned,
                };
                if let Some(made) = self.execute(create).await {
                    self.users.lock().await.push(made.id);
                }
            }
            5..=8 => {
                let active = dice.roll(2) == 0;
                let edit = move |user: &User| Ok(UserDraft { profile: user.profile.clone(), active: Some(active) });
                self.execute(EditUser {
                    workspace,
                    id: user,
                    expected: Expected::Any,
                    edit: Box::new(edit),
                    password_hash: None,
                })
                .await;
            }
            9..=10 => {
                let is_active = Some(dice.roll(2) == 0);
                self.execute(by_hand(ByHand { is_active, ..ByHand::default() })).await;
            }
            11 => {
                let role = Some(*dice.pick(&self.roles));
                self.execute(by_hand(ByHand { role, ..ByHand::default() })).await;
            }
            12 => {
                let field = *dice.pick(&[Pinned::Role, Pinned::Active]);
                self.execute(Release { workspace, id: user, field }).await;
            }
            13 => {
                let door = if dice.roll(2) == 0 { Door::Provider } else { Door::Hand { overrule: true } };
                if self.execute(DeleteUser { workspace, id: user, expected: Expected::Any, door }).await.is_some() {
                    self.users.lock().await.retain(|id| *id != user);
                }
            }
            14..=16 => {
                let group = *dice.pick(&self.groups);
                let members = if dice.roll(2) == 0 {
                    MemberEdit::Add(vec![NewMember { id: user.0, kind: None }])
                } else {
                    MemberEdit::Remove(vec![user.0])
                };
                let edit = Box::new(|group: &Group| Ok(group.profile.clone()));
                self.execute(EditGroup { workspace, id: group, expected: Expected::Any, edit, members: vec![members] })
                    .await;
            }
            17 => {
                let role = Some(Some(*dice.pick(&self.roles)));
                let (id, priority) = (*dice.pick(&self.rules), Some(dice.roll(5) as i64));
                self.execute(UpdateRule { workspace, id, role, priority, teams: None, grants_admin: true }).await;
            }
            _ => {
                let policy = *dice.pick(&[SeatPolicy::Reject, SeatPolicy::Park, SeatPolicy::Park, SeatPolicy::Overage]);
                let seats = Some(Some(dice.roll(12) as i64));
                self.execute(UpdateWorkspace {
                    id: workspace,
                    plan: None,
                    seats,
                    seat_policy: Some(policy),
                    scim_passwords: None,
                    audit_days: None,
                })
                .await;
            }
        }
    }
}

/// What the workspace is known to be, event by event.
#[derive(Default)]
struct Model {
    standing: BTreeMap<String, String>,
    role: BTreeMap<String, String>,
    waiting: Vec<String>,
    limit: i64,
    policy: String,
}

impl Model {
    fn used(&self) -> i64 {
        self.standing.values().filter(|standing| *standing == "active").count() as i64
    }

    fn admins(&self) -> usize {
        let active = self.standing.iter().filter(|(_, standing)| *standing == "active");
        active.filter(|(user, _)| self.role.get(*user).is_some_and(|role| role == "Admin")).count()
    }

    fn see(&mut self, told: &outbox::Told) {
        let (changes, id) = (&told.payload, told.subject_id.clone());
        let new = |field: &str| changes[field]["new"].as_str().map(str::to_owned);
        if told.subject_kind == "workspace" {
            self.limit = changes["seats"]["new"].as_i64().unwrap_or(self.limit);
            self.policy = new("seat_policy").unwrap_or_else(|| self.policy.clone());
            return;
        }
        if told.subject_kind != "user" {
            return;
        }
        if told.event == "user.deleted" {
            self.standing.remove(&id);
            self.role.remove(&id);
            self.waiting.retain(|one| *one != id);
            return;
        }
        if let Some(role) = new("role") {
            self.role.insert(id.clone(), role);
        }
        let Some(standing) = new("standing") else { return };
        match standing.as_str() {
            "active" => {
                let allowed = self.used() < self.limit || self.policy == "overage";
                assert!(
                    allowed,
                    "{} of {id}: {} of {} seats are taken ({})",
                    told.event,
                    self.used(),
                    self.limit,
                    self.policy
                );
                if self.waiting.contains(&id) {
                    assert_eq!(self.waiting[0], id, "somebody else has waited longer");
                    self.waiting.remove(0);
                }
            }
            "waiting" => {
                assert!(self.used() >= self.limit && self.policy == "park", "{id} waits although a seat is free");
                self.waiting.push(id.clone());
            }
            _ => self.waiting.retain(|one| *one != id),
        }
        self.standing.insert(id, standing);
    }
}

#[derive(FromRow)]
struct Committed {
    used: i64,
    counted: i64,
    seats: i64,
    waiting: i64,
    admins: i64,
}

const COMMITTED: &str = "SELECT w.seats_used AS used, w.seats, \
    (SELECT count(*) FROM users u WHERE u.workspace_id = w.id AND u.standing = 'active' AND u.deleted_at IS NULL) AS counted, \
    (SELECT count(*) FROM users u WHERE u.workspace_id = w.id AND u.standing = 'waiting') AS waiting, \
    (SELECT count(*) FROM users u JOIN roles r ON r.id = u.role_id WHERE u.workspace_id = w.id AND u.standing = 'active' \
     AND u.deleted_at IS NULL AND r.name = 'Admin') AS admins FROM workspaces w WHERE w.id = ";

/// Looks at a committed state.
async fn look(world: &World) {
    let mut sql = Sql::build(COMMITTED);
    sql.push_bind(world.workspace.0);
    let state: Committed = world.bridge.app.store.read().await.unwrap().one(sql).await.unwrap();
    assert_eq!(state.used, state.counted);
    assert!(
        state.waiting == 0 || state.used >= state.seats,
        "{} wait and {} of {} are used",
        state.waiting,
        state.used,
        state.seats
    );
    assert!(state.admins >= 1, "nobody is an Admin any more");
}

#[derive(FromRow)]
struct Holder {
    id: Uuid,
    role_id: Uuid,
    role_source: String,
    standing: String,
}

#[derive(FromRow)]
struct Pair {
    a: Uuid,
    b: Uuid,
}

/// Works out every role and team anew, the simple way, and compares.
async fn compare(world: &World, workspace: &Workspace, model: &Model) {
    let mut conn = world.bridge.app.store.read().await.unwrap();
    let bound = |text: &'static str| {
        let mut sql = Sql::build(text);
        sql.push_bind(workspace.id.0);
        sql
    };
    let (users, groups, teams) = (
        bound(
            "SELECT id, role_id, role_source, standing FROM users WHERE deleted_at IS NULL AND protected = FALSE AND workspace_id = ",
        ),
        bound(
            "SELECT gm.member_id AS a, gm.group_id AS b FROM group_members gm JOIN groups g ON g.id = gm.group_id WHERE g.workspace_id = ",
        ),
        bound(
            "SELECT m.user_id AS a, m.team_id AS b FROM team_members m JOIN teams t ON t.id = m.team_id WHERE m.source = 'rule' AND t.workspace_id = ",
        ),
    );
    let users: Vec<Holder> = conn.all(users).await.unwrap();
    let groups: BTreeSet<(Uuid, Uuid)> =
        conn.all::<Pair>(groups).await.unwrap().into_iter().map(|pair| (pair.a, pair.b)).collect();
    let teams: BTreeSet<(Uuid, Uuid)> =
        conn.all::<Pair>(teams).await.unwrap().into_iter().map(|pair| (pair.a, pair.b)).collect();
    let mut rules = rules::of_workspace(&mut conn, workspace.id).await.unwrap();
    rules.sort_by_key(|rule| (std::cmp::Reverse(rule.priority), rule.id));
    let roles = roles::of_workspace(&mut conn, workspace.id).await.unwrap();
    let default = roles.iter().find(|role| role.is_default).unwrap().id;
    let mut expected_teams = BTreeSet::new();
    for user in &users {
        let here: Vec<_> = rules.iter().filter(|rule| groups.contains(&(user.id, rule.group.unwrap().0))).collect();
        let given = here.iter().find_map(|rule| rule.role);
        let expected = match (user.role_source.as_str(), given) {
            ("manual", _) => user.role_id,
            (source, Some(role)) => {
                assert_eq!(source, "rule");
                role.0
            }
            (source, None) => {
                assert_eq!(source, "default");
                default.0
            }
        };
        assert_eq!(user.role_id, expected);
        expected_teams.extend(here.iter().flat_map(|rule| rule.teams.keys().map(|team| (user.id, team.0))));
        // And the log tells the same as the rows.
        let id = user.id.to_string();
        let name = &roles.iter().find(|role| role.id.0 == user.role_id).unwrap().name;
        assert_eq!((model.standing.get(&id), model.role.get(&id)), (Some(&user.standing), Some(name)), "{id}");
    }
    assert_eq!(teams, expected_teams);
    assert_eq!(model.standing.len(), users.len());
    let kept = workspaces::find(&mut conn, workspace.id).await.unwrap().unwrap();
    assert_eq!((kept.seats_used, kept.seats), (model.used(), Some(model.limit)));
}

on_both! {
    async fn seats_rules_and_the_last_admin_hold_under_random_changes_by_many_at_once(db) {
        // D02, D05, D07, D08, D12, D21. `BRIDGE_TEST_MODEL` makes it a hundred thousand in the heavy suite.
        let steps: usize = std::env::var("BRIDGE_TEST_MODEL").ok().and_then(|steps| steps.parse().ok()).unwrap_or(1_600);
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 6, SeatPolicy::Park).await;
        let api = bridge.key(&workspace, None, None).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let mut users = Vec::new();
        for n in 0..3 {
            users.push(bridge.user(&workspace, &format!("admin{n}@acme.example"), "Admin", false).await.id);
        }
        let (mut roles, mut groups, mut rules) = (Vec::new(), Vec::new(), Vec::new());
        for name in ["Admin", "Manager", "Agent"] {
            roles.push(RoleId::parse(&api.role(name).await).unwrap());
        }
        let team = api.post("/teams", json!({"name": "Night"})).await.expect(201).made();
        for n in 0..4_usize {
            let group = scim.group(&format!("G{n}"), &[]).await;
            let teams: Value = if n % 2 == 0 { json!([{"team_id": team}]) } else { json!([]) };
            let rule = json!({"group_id": group, "role_id": roles[n % 3], "priority": n, "grants_admin": true, "teams": teams});
            rules.push(RuleId::parse(&api.post("/rules", rule).await.expect(201).made()).unwrap());
            groups.push(GroupId::parse(&group).unwrap());
        }
        let world = Arc::new(World { bridge, workspace: workspace.id, users: Mutex::new(users), groups, roles, rules });
        let done = Arc::new(AtomicBool::new(false));
        let (watched, ended) = (Arc::clone(&world), Arc::clone(&done));
        let watcher = tokio::spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                look(&watched).await;
            }
        });
        let seed = std::env::var("BRIDGE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7_u64);
        let workers: Vec<_> = (0..32_usize).map(|worker| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let mut dice = Dice(seed * 1_000 + worker as u64);
                for n in 0..steps / 32 {
                    world.step(&mut dice, &format!("u{}-{}", worker, n % 40)).await;
                }
            })
        }).collect();
        for worker in workers {
            worker.await.unwrap();
        }
        done.store(true, Ordering::Relaxed);
        watcher.await.unwrap();
        look(&world).await;
        let mut model = Model { limit: 6, policy: "park".into(), ..Model::default() };
        let (mut after, mut had_admin, mut moment) = (0, false, chrono::DateTime::UNIX_EPOCH);
        loop {
            let mut conn = world.bridge.app.store.read().await.unwrap();
            let told = outbox::after(&mut conn, workspace.id, after, 1_000).await.unwrap();
            let Some(last) = told.last() else { break };
            after = last.seq;
            for one in &told {
                // What happens at one moment is one change.
                if one.at != moment {
                    assert!(!had_admin || model.admins() > 0, "before {} nobody is an Admin", one.event);
                    had_admin |= model.admins() > 0;
                    moment = one.at;
                }
                model.see(one);
            }
        }
        compare(&world, &workspace, &model).await;
    }
}
