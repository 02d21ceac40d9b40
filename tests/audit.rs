//! The audit log: it only grows, whatever was altered in it is found, and it tells of refusals and of no secrets.

use std::collections::BTreeSet;
use std::time::Duration;

use aisoule_bridge::command::credentials::{
    CreateClient, CreateKey, CreateToken, RevokeClient, RevokeKey, RevokeToken,
};
use aisoule_bridge::command::people::{ByHand, EditByHand};
use aisoule_bridge::command::workspaces::UpdateWorkspace;
use aisoule_bridge::command::{CommandError, Subject};
use aisoule_bridge::domain::access::{Actor, Dialect, Grant, Holder, Scope};
use aisoule_bridge::domain::chain::Broken;
use aisoule_bridge::domain::event::Event;
use aisoule_bridge::domain::permission::Permissions;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::version::Expected;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::{KeyId, TokenId, UserId, WorkspaceId};
use aisoule_bridge::store::api_keys::NewKey;
use aisoule_bridge::store::audit::{self, Filter, Row};
use aisoule_bridge::store::chain::{self, Whole};
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::store::{AsStoreError, StoreError, Tx, Work, workspaces};
use aisoule_bridge::{password, secret, worker};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::program::Program;
use crate::support::{Bridge, Scim, on_both};

async fn verified(bridge: &Bridge, workspace: &Workspace) -> Result<Whole, Broken> {
    let mut conn = bridge.app.store.read().await.unwrap();
    chain::verify(&mut conn, bridge.app.store.keeper().key().unwrap(), workspace.id).await.unwrap()
}

async fn rows(bridge: &Bridge, workspace: &Workspace) -> Vec<audit::Entry> {
    let mut conn = bridge.app.store.read().await.unwrap();
    audit::page(&mut conn, workspace.id, &Filter::default(), None, 100_000).await.unwrap()
}

/// A statement of somebody who has the database: `$` stands for the workspace's id.
async fn by_hand(bridge: &Bridge, workspace: &Workspace, text: &str) -> Result<(), StoreError> {
    let mut conn = bridge.app.store.database().writer().await.unwrap();
    let id = format!("(SELECT id FROM workspaces WHERE name = '{}')", workspace.name.as_str());
    let done = conn.script(text.replace('$', &id).leak()).await;
    if done.is_err() {
        conn.discard();
    }
    done
}

/// The same, of somebody who also takes the triggers away.
async fn forge(bridge: &Bridge, workspace: &Workspace, text: &str) {
    let off = if bridge.app.store.database().is_postgres() {
        "ALTER TABLE audit_log DISABLE TRIGGER USER; ALTER TABLE audit_checkpoints DISABLE TRIGGER USER"
    } else {
        "DROP TRIGGER IF EXISTS audit_log_kept; DROP TRIGGER IF EXISTS audit_log_grows; DROP TRIGGER IF EXISTS audit_log_appended"
    };
    by_hand(bridge, workspace, off).await.unwrap();
    by_hand(bridge, workspace, text).await.unwrap();
}

async fn client(bridge: &Bridge, name: &str) -> (Workspace, Scim) {
    let workspace = bridge.workspace(name, 1_000, SeatPolicy::Reject).await;
    let token = bridge.token(&workspace, Scope::Write, Dialect::Compat).await;
    (workspace, bridge.client(&token))
}

/// A workspace with `users` users: so many rows and two.
async fn with_rows(bridge: &Bridge, name: &str, users: usize) -> (Workspace, Scim) {
    let (workspace, scim) = client(bridge, name).await;
    for i in 0..users {
        scim.user(&format!("u{i}")).await;
    }
    (workspace, scim)
}

const COPIED: &str = "workspace_id, at, actor_kind, actor_id, actor_name, address, request_id, action, subject_kind, subject_id, subject_name, changes";

/// A change that leaves a row in the log and then does as it is told.
struct Noted {
    workspace: WorkspaceId,
    then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Succeed,
    Refuse,
    Fail,
    Panic,
}

#[derive(Debug, thiserror::Error)]
enum Said {
    #[error("refused")]
    No,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsStoreError for Said {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::No => None,
        }
    }
}

impl Work for Noted {
    type Output = ();
    type Error = Said;

    fn workspace(&self) -> Option<WorkspaceId> {
        Some(self.workspace)
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), Said> {
        let event = Event::workspace("test.noted", self.workspace, "Acme", json!({}));
        tx.lock(self.workspace).await?.unwrap().nested += 1;
        for _ in 0..2 {
            tx.audit(Row::new(Some(self.workspace), chrono::Utc::now(), &Actor::operator(), &event));
        }
        match self.then {
            Then::Succeed => Ok(()),
            Then::Refuse => Err(Said::No),
            Then::Fail => {
                tx.run(Sql::build("INSERT INTO nothing VALUES (1)")).await?;
                Ok(())
            }
            Then::Panic => panic!("a test panics on purpose"),
        }
    }
}

fn keep_for(workspace: &Workspace, days: Option<i64>) -> UpdateWorkspace {
    UpdateWorkspace {
        id: workspace.id,
        plan: None,
        seats: None,
        seat_policy: None,
        scim_passwords: None,
        audit_days: Some(days),
    }
}

async fn prune(bridge: &Bridge) -> u64 {
    let app = &bridge.app;
    worker::audit::prune(&app.store, &app.commands, app.clock.now()).await.unwrap()
}

on_both! {
    async fn the_database_itself_lets_nobody_change_or_remove_a_row(db) {
        let bridge = db.bridge().await;
        let (workspace, _) = with_rows(&bridge, "Acme", 3).await;
        let before = rows(&bridge, &workspace).await.len();
        let copied = format!("INSERT OR REPLACE INTO audit_log (seq, {COPIED}) SELECT seq, {COPIED} FROM audit_log WHERE number = 2");
        let numbered = format!("INSERT OR REPLACE INTO audit_log ({COPIED}, number) SELECT {COPIED}, number FROM audit_log WHERE number = 2");
        let mut refused = vec![
            "UPDATE audit_log SET actor_name = 'nobody' WHERE number = 2",
            "UPDATE audit_log SET number = 99",
            "DELETE FROM audit_log WHERE number = 2",
            "DELETE FROM audit_log",
        ];
        if bridge.app.store.database().is_postgres() {
            refused.extend(["TRUNCATE audit_log", "TRUNCATE audit_checkpoints"]);
            refused.push("INSERT INTO audit_checkpoints VALUES ($, 2, '\\x00', now())");
        } else {
            refused.extend([copied.as_str(), numbered.as_str()]);
            refused.push("INSERT INTO audit_checkpoints VALUES ($, 2, x'00', '2026')");
        }
        for text in refused {
            let error = by_hand(&bridge, &workspace, text).await.expect_err(text).to_string();
            assert!(error.contains("the audit log only grows") || error.contains("has the hash of a row"), "{text}: {error}");
        }
        assert_eq!(rows(&bridge, &workspace).await.len(), before);
        assert_eq!(verified(&bridge, &workspace).await.unwrap().rows, 5);
    }

    async fn a_row_that_was_edited_is_found_whatever_was_edited(db) {
        let bridge = db.bridge().await;
        let (workspace, scim) = with_rows(&bridge, "Acme", 10).await;
        let (other, _) = with_rows(&bridge, "Other", 2).await;
        assert_eq!(verified(&bridge, &workspace).await.unwrap().rows, 12);
        // From the end to the beginning: the first row that is not as it was is the one that is named.
        let edits = [
            "subject_name = 'Eve'", "subject_id = 'x'", "subject_kind = 'group'", "action = 'user.deleted'", "address = NULL",
            "actor_id = NULL", "actor_name = 'nobody'", "actor_kind = 'system'", "changes = changes || ' '", "hash = (SELECT hash FROM audit_log b WHERE b.workspace_id = $ AND b.number = 1)",
            "at = (SELECT at FROM audit_log b WHERE b.workspace_id = $ AND b.number = 1)",
        ];
        for (number, edit) in (2..13_i64).rev().zip(edits) {
            forge(&bridge, &workspace, &format!("UPDATE audit_log SET {edit} WHERE workspace_id = $ AND number = {number}")).await;
            let found = verified(&bridge, &workspace).await.unwrap_err();
            assert!(matches!(found, Broken::Edited { number: n, .. } if n == number), "{edit} at {number}: {found:?}");
        }
        assert!(verified(&bridge, &other).await.is_ok());
        // Nothing stops working because of it.
        scim.user("still-works").await;
    }

    async fn a_row_that_is_missing_or_too_many_is_found(db) {
        let bridge = db.bridge().await;
        let mut all = Vec::new();
        for name in ["Middle", "First", "End", "Cut", "CutAndBlank", "Grown", "Stray", "Moved", "Empty"] {
            all.push(with_rows(&bridge, name, 6).await.0);
        }
        let [middle, first, end, cut, blank, grown, stray, moved, empty] = &all[..] else { panic!() };
        let gone = |number: i64| format!("DELETE FROM audit_log WHERE workspace_id = $ AND number = {number};");
        let missing = |found: Result<Whole, Broken>, number: i64| {
            assert!(matches!(found, Err(Broken::Missing { number: n, .. }) if n == number), "{found:?}");
        };
        for (workspace, number) in [(middle, 4), (first, 1), (end, 8)] {
            forge(&bridge, workspace, &gone(number)).await;
            missing(verified(&bridge, workspace).await, number);
        }
        // Who moves the others up does not get away with it either.
        forge(&bridge, moved, &format!("{} UPDATE audit_log SET number = number - 1 WHERE workspace_id = $ AND number = 5;", gone(4))).await;
        let found = verified(&bridge, moved).await.unwrap_err();
        assert!(matches!(found, Broken::Edited { number: 4, .. }), "{found:?}");
        // Who cuts the end off can't make the row before it the last.
        let head = "UPDATE workspaces SET audit_rows = 7, audit_hash =";
        let of_last = "(SELECT hash FROM audit_log a WHERE a.workspace_id = $ AND a.number = 7)";
        forge(&bridge, cut, &format!("{} {head} {of_last} WHERE id = $;", gone(8))).await;
        forge(&bridge, blank, &format!("{} {head} NULL WHERE id = $;", gone(8))).await;
        for workspace in [cut, blank] {
            let found = verified(&bridge, workspace).await.unwrap_err();
            assert!(matches!(found, Broken::Head { number: 7, .. }), "{found:?}");
        }
        forge(&bridge, empty, "DELETE FROM audit_log WHERE workspace_id = $; UPDATE workspaces SET audit_rows = 0 WHERE id = $").await;
        let found = verified(&bridge, empty).await.unwrap_err();
        assert!(matches!(found, Broken::Head { number: 0, .. }), "{found:?}");
        let again = |number: &str| format!("INSERT INTO audit_log ({COPIED}, number, hash) SELECT {COPIED}, {number}, hash FROM audit_log WHERE workspace_id = $ AND number = 8");
        forge(&bridge, grown, &again("9")).await;
        assert!(matches!(verified(&bridge, grown).await, Err(Broken::Beyond { number: 9, last: 8, .. })));
        forge(&bridge, stray, &again("NULL")).await;
        assert!(matches!(verified(&bridge, stray).await, Err(Broken::Stray { .. })));
    }

    async fn many_who_write_at_once_keep_every_chain_whole(db) {
        let bridge = db.bridge().await;
        let mut all = Vec::new();
        for i in 0..4 {
            all.push(client(&bridge, &format!("W{i}")).await);
        }
        let mut tasks = Vec::new();
        for (workspace, scim) in &all {
            for hand in 0..4 {
                let (scim, commands, id) = (scim.clone(), bridge.app.commands.clone(), workspace.id);
                tasks.push(tokio::spawn(async move {
                    for i in 0..12 {
                        let made = scim.post("/Users", json!({"userName": format!("u{hand}-{i}")})).await.expect(201).id();
                        // The same for all hands: one is served, the others are refused.
                        scim.post("/Users", json!({"userName": format!("same-{i}")})).await;
                        scim.patch(&format!("/Users/{made}"), json!([{"op": "replace", "path": "title", "value": "x"}])).await;
                        commands.refused(&Actor::operator(), Some(id), "door", Subject::new("user", format!("{hand}-{i}")), "no".into()).await;
                    }
                }));
            }
        }
        let reader = async {
            // A walk while others write finds nothing either.
            for _ in 0..10 {
                for (workspace, _) in &all {
                    verified(&bridge, workspace).await.unwrap();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let writers = async { for task in tasks { task.await.unwrap(); } };
        tokio::join!(reader, writers);
        for (workspace, _) in &all {
            let whole = verified(&bridge, workspace).await.unwrap();
            let rows = rows(&bridge, workspace).await;
            let numbers: Vec<i64> = rows.iter().map(|row| row.number.unwrap()).collect();
            assert_eq!(numbers, (1..=whole.rows).collect::<Vec<_>>());
            let count = |action: &str| rows.iter().filter(|row| row.action == action).count();
            assert_eq!((count("user.created"), count("user.updated"), count("user.create.refused"), count("door.refused")), (60, 48, 12, 48));
        }
    }

    async fn a_change_that_is_undone_in_shared_company_leaves_no_gap(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Reject).await;
        let thens = [Then::Succeed, Then::Refuse, Then::Succeed, Then::Fail, Then::Panic, Then::Succeed];
        for _ in 0..10 {
            let all: Vec<_> = thens.iter().map(|then| {
                let (store, work) = (bridge.app.store.clone(), Noted { workspace: workspace.id, then: *then });
                tokio::spawn(async move { store.write(work).await.is_ok() })
            }).collect();
            for (one, then) in all.into_iter().zip(thens) {
                assert_eq!(one.await.unwrap(), then == Then::Succeed);
            }
        }
        assert_eq!(verified(&bridge, &workspace).await.unwrap().rows, 1 + 10 * 3 * 2);
    }

    async fn what_is_kept_for_a_time_goes_when_it_is_over_and_the_rest_is_still_proved(db) {
        let bridge = db.bridge().await;
        let (workspace, scim) = with_rows(&bridge, "Acme", 6).await;
        let (other, _) = with_rows(&bridge, "Other", 3).await;
        bridge.app.commands.execute(&Actor::operator(), keep_for(&workspace, Some(30))).await.unwrap();
        // A row from before the chain.
        let value = if bridge.app.store.database().is_postgres() { " OVERRIDING SYSTEM VALUE" } else { "" };
        by_hand(&bridge, &workspace, &format!("INSERT INTO audit_log (seq, {COPIED}){value} SELECT -1, {COPIED} FROM audit_log WHERE workspace_id = $ AND number = 1")).await.unwrap();
        assert_eq!(verified(&bridge, &workspace).await.unwrap().unlinked, 1);
        assert_eq!(prune(&bridge).await, 0);
        bridge.later(TimeDelta::days(20));
        scim.user("later").await;
        bridge.later(TimeDelta::days(20));
        // Rows 1 to 9 are over; 10 is 20 days old; 11 tells of it.
        assert_eq!(prune(&bridge).await, 10);
        let left = rows(&bridge, &workspace).await;
        assert_eq!(left.iter().map(|row| row.action.as_str()).collect::<Vec<_>>(), ["user.created", "audit.pruned"]);
        let told = &left[1];
        assert_eq!((told.actor_kind.as_str(), &told.changes["rows"], &told.changes["through"]), ("system", &json!({"new": 9}), &json!({"new": 9})));
        let whole = verified(&bridge, &workspace).await.unwrap();
        assert_eq!((whole.rows, whole.pruned, whole.unlinked), (2, Some(9), 0));
        assert_eq!(prune(&bridge).await, 0);
        bridge.later(TimeDelta::days(31));
        scim.user("later-still").await;
        assert_eq!(prune(&bridge).await, 2);
        let whole = verified(&bridge, &workspace).await.unwrap();
        assert_eq!((whole.rows, whole.pruned), (2, Some(11)));
        // What a checkpoint does not cover stays; and whoever writes one themselves is found.
        assert!(by_hand(&bridge, &workspace, "DELETE FROM audit_log WHERE workspace_id = $ AND number = 12").await.is_err());
        by_hand(&bridge, &other, "INSERT INTO audit_checkpoints SELECT workspace_id, number, hash, at FROM audit_log WHERE workspace_id = $ AND number = 3; \
                                  DELETE FROM audit_log WHERE workspace_id = $ AND number <= 3").await.unwrap();
        assert_eq!(verified(&bridge, &other).await, Err(Broken::Checkpoint { through: 3 }));
        bridge.app.commands.execute(&Actor::operator(), keep_for(&workspace, None)).await.unwrap();
        bridge.later(TimeDelta::days(400));
        assert_eq!(prune(&bridge).await, 0);
        let bad = bridge.app.commands.execute(&Actor::operator(), keep_for(&workspace, Some(0))).await;
        assert!(matches!(bad, Err(CommandError::Invalid { attribute: "audit_days", .. })));
    }

    async fn a_refusal_is_noted_once_and_counted_after_that(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 2, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let admin = bridge.user(&workspace, "boss@acme.example", "admin", false).await;
        scim.user("anna").await;
        let refusals = async || {
            let all = rows(&bridge, &workspace).await;
            all.into_iter().filter(|row| row.action.ends_with(".refused")).collect::<Vec<_>>()
        };
        for _ in 0..3 {
            scim.post("/Users", json!({"userName": "ANNA"})).await.expect_error(409, Some("uniqueness"));
            scim.post("/Users", json!({"userName": "bert"})).await.expect(403);
            scim.post("/Users", json!({})).await.expect(400);
            scim.get(&format!("/Users/{}", UserId::fresh())).await.expect(404);
            scim.delete(&format!("/Users/{}", UserId::fresh())).await.expect(404);
            let out = ByHand { is_active: Some(false), ..ByHand::default() };
            let out = EditByHand { workspace: workspace.id, id: admin.id, expected: Expected::Any, changes: out, overrule: false };
            assert!(matches!(bridge.app.commands.execute(&Actor::operator(), out).await, Err(CommandError::LastAdmin)));
            bridge.app.commands.refused(&Actor::system(), Some(workspace.id), "role.create", Subject::new("role", "Boss"), "roles:write is missing".into()).await;
        }
        let noted = refusals().await;
        let shown: Vec<_> = noted.iter().map(|row| (row.action.as_str(), row.subject_kind.as_str(), row.subject_name.as_str())).collect();
        assert_eq!(shown, [
            ("user.create.refused", "user", "ANNA"), ("user.create.refused", "user", "bert"),
            ("user.update.refused", "user", ""), ("role.create.refused", "role", "Boss"),
        ]);
        assert_eq!(noted[0].changes, json!({"refused": {"new": "another user already has this userName"}}));
        assert!(noted[1].changes["refused"]["new"].as_str().unwrap().starts_with("no seat is free"));
        assert_eq!((noted[0].actor_kind.as_str(), noted[0].address.as_deref()), ("token", Some("127.0.0.1")));
        assert_eq!(noted[2].subject_id, admin.id.to_string());
        // Nor does a refusal have to reach a command.
        let reader = bridge.client(&bridge.token(&workspace, Scope::Read, Dialect::Compat).await);
        for _ in 0..3 {
            reader.post("/Users", json!({"userName": "clara"})).await.expect(403);
        }
        let noted = refusals().await;
        let last = noted.last().unwrap();
        assert_eq!((noted.len(), last.action.as_str(), last.subject_name.as_str()), (5, "scim.request.refused", "POST /Users"));
        bridge.later(TimeDelta::minutes(61));
        scim.post("/Users", json!({"userName": "ANNA"})).await.expect_error(409, Some("uniqueness"));
        let again = refusals().await.pop().unwrap();
        assert_eq!((again.action.as_str(), &again.changes["repeated"]), ("user.create.refused", &json!({"new": 2})));
        verified(&bridge, &workspace).await.unwrap();
        crate::support::load::holds_together(&bridge.app.store).await;
    }

    async fn no_row_holds_a_secret(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 50, SeatPolicy::Reject).await;
        let (operator, commands) = (Actor::operator(), &bridge.app.commands);
        let (words, mut secrets) = (["correct-horse-canary-1", "correct-horse-canary-2", "correct-horse-canary-3"], Vec::new());
        secrets.extend(words.map(str::to_owned));
        let mut hashes: Vec<[u8; 32]> = Vec::new();
        let mut fresh = || {
            let token = secret::new_token().unwrap();
            hashes.push(secret::hash(&token));
            secrets.push(token.clone());
            token
        };
        let grant = |holder| Grant {
            workspace_id: workspace.id, holder, name: "test".into(), scope: Scope::Write, dialect: Dialect::Compat, user_id: None, expires_at: None,
        };
        let (token, id) = (fresh(), TokenId::fresh());
        let create = CreateToken { id, grant: grant(Holder::Token(id)), hash: secret::hash(&token), hint: secret::hint(&token) };
        commands.execute(&operator, create).await.unwrap();
        let scim = bridge.client(&token);
        let of_client = fresh();
        let create = CreateClient { id: "idp".into(), grant: grant(Holder::Client("idp".into())), secret_hash: Some(secret::hash(&of_client)), keys: None };
        commands.execute(&operator, create).await.unwrap();
        let (of_key, key) = (fresh(), KeyId::fresh());
        let new = NewKey {
            id: key, workspace: workspace.id, name: "api".into(), hash: secret::hash(&of_key), hint: secret::hint(&of_key),
            user: None, permissions: None, created_at: bridge.app.clock.now(), expires_at: None,
        };
        commands.execute(&operator, CreateKey { key: new, permissions: Some(Permissions::NONE) }).await.unwrap();
        let anna = scim.post("/Users", json!({"userName": "anna", "password": words[0]})).await.expect(201).id();
        scim.patch(&format!("/Users/{anna}"), json!([{"op": "replace", "path": "password", "value": words[1]}])).await;
        scim.put(&format!("/Users/{anna}"), json!({"userName": "anna", "password": words[1], "title": "x"})).await.expect(200);
        scim.post("/Users", json!({"userName": "anna", "password": words[1]})).await.expect(409);
        let changes = ByHand { password_hash: Some(password::hash(words[2].into()).await.unwrap()), ..ByHand::default() };
        let reset = EditByHand { workspace: workspace.id, id: UserId::parse(&anna).unwrap(), expected: Expected::Any, changes, overrule: true };
        commands.execute(&operator, reset).await.unwrap();
        commands.execute(&operator, RevokeKey { workspace: workspace.id, id: key }).await.unwrap();
        commands.execute(&operator, RevokeClient { workspace: workspace.id, id: "idp".into() }).await.unwrap();
        commands.execute(&operator, RevokeToken { workspace: workspace.id, id }).await.unwrap();
        let all = rows(&bridge, &workspace).await;
        let actions: BTreeSet<&str> = all.iter().map(|row| row.action.as_str()).collect();
        for action in ["token.created", "token.revoked", "client.created", "client.revoked", "key.created", "key.revoked", "user.password_reset"] {
            assert!(actions.contains(action), "{action} is missing in {actions:?}");
        }
        let text: String = all.iter().map(|row| format!("{row:?}").replace(&format!("{:?}", row.hash), "")).collect();
        for secret in secrets {
            assert!(!text.contains(&secret) && !text.contains(&secret[secret.len() / 2..]), "{secret}");
        }
        for hash in hashes {
            let (hex, list) = (aisoule_bridge::text::hex(&hash), format!("{hash:?}"));
            assert!(!text.contains(&hex) && !text.contains(&list[1..list.len() - 1]), "{hex}");
        }
        assert!(!text.contains("argon2"));
        verified(&bridge, &workspace).await.unwrap();
    }

    async fn filters_find_what_they_say_and_pages_hold_everything_once(db) {
        let bridge = db.bridge().await;
        let (workspace, scim) = with_rows(&bridge, "Acme", 4).await;
        with_rows(&bridge, "Other", 2).await;
        bridge.later(TimeDelta::days(2));
        let half = bridge.app.clock.now();
        let anna = scim.user("anna_50%").await;
        scim.group("Support", &[&anna]).await;
        let found = async |filter: Filter| {
            let mut conn = bridge.app.store.read().await.unwrap();
            let (mut all, mut after) = (Vec::new(), None);
            loop {
                let page = audit::page(&mut conn, workspace.id, &filter, after, 2).await.unwrap();
                after = page.last().map(|row| row.seq);
                all.extend(page.iter().map(|row| row.number.unwrap()));
                if page.len() < 2 {
                    break;
                }
            }
            let (mut back, mut before) = (Vec::new(), None);
            loop {
                let page = audit::newest(&mut conn, workspace.id, &filter, before, 3).await.unwrap();
                before = page.last().map(|row| row.seq);
                back.extend(page.iter().map(|row| row.number.unwrap()));
                if page.len() < 3 {
                    break;
                }
            }
            back.reverse();
            assert_eq!(all, back, "{filter:?}");
            all
        };
        let text = |text: &str| Some(text.to_owned());
        let all = Filter::default;
        assert_eq!(found(all()).await, (1..=8).collect::<Vec<_>>());
        assert_eq!(found(Filter { since: Some(half), ..all() }).await, [7, 8]);
        assert_eq!(found(Filter { until: Some(half), ..all() }).await, [1, 2, 3, 4, 5, 6]);
        assert_eq!(found(Filter { action: text("user.*"), ..all() }).await, [3, 4, 5, 6, 7]);
        assert_eq!(found(Filter { action: text("user.created"), since: Some(half), ..all() }).await, [7]);
        assert_eq!(found(Filter { action: text("user"), ..all() }).await, [0_i64; 0]);
        assert_eq!(found(Filter { actor: text("COMMAND"), ..all() }).await, [1, 2]);
        assert_eq!(found(Filter { actor: text("token"), ..all() }).await, [3, 4, 5, 6, 7, 8]);
        assert_eq!(found(Filter { actor: text("127.0.0"), ..all() }).await, [3, 4, 5, 6, 7, 8]);
        assert_eq!(found(Filter { subject: text(&anna), ..all() }).await, [7]);
        assert_eq!(found(Filter { subject: text("50%"), ..all() }).await, [7]);
        assert_eq!(found(Filter { subject: text("%"), action: text("user.%"), ..all() }).await, [0_i64; 0]);
        assert_eq!(found(Filter { subject: text("suPPort"), ..all() }).await, [8]);
    }

    async fn the_program_exports_verifies_and_says_which_row_was_altered(db) {
        let settings = db.settings();
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "growth"]);
        program.says(&["workspace", "create", "Calm", "--plan", "growth"]);
        let hostile = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)"];
        for name in hostile {
            program.says(&["token", "create", "--workspace", "Acme", &format!("--name={name}")]);
        }
        program.says(&["workspace", "set", "Acme", "--audit-days", "30"]);
        program.says(&["workspace", "update", "Acme", "--audit-days", "forever"]);
        program.fails(&["workspace", "create", "acme", "--plan", "growth"]);
        let said = program.says(&["audit", "verify"]);
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with("Acme: 7 rows, whole since 20") && lines[1].starts_with("Calm: 1 row, whole since"), "{said}");
        let head = lines[0].rsplit(' ').next().unwrap();
        let lines = program.says(&["audit", "export", "--workspace", "acme"]);
        let all: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(all.iter().map(|row| row["number"].as_i64().unwrap()).collect::<Vec<_>>(), (1..=7).collect::<Vec<_>>());
        assert_eq!((all[6]["hash"].as_str().unwrap(), head.len()), (head, 64));
        assert_eq!((&all[1]["actor"]["kind"], &all[1]["actor"]["address"], &all[1]["subject"]["name"]), (&json!("operator"), &json!(null), &json!(hostile[0])));
        assert_eq!(all[5]["changes"], json!({"audit_days": {"old": null, "new": 30}}));
        chrono::DateTime::parse_from_rfc3339(all[0]["at"].as_str().unwrap()).unwrap();
        let csv = program.says(&["audit", "export", "--workspace", "Acme", "--format", "csv", "--action", "token.*"]);
        let cells = csv_cells(&csv);
        assert_eq!(cells[0][..3], ["number", "at", "actor_kind"]);
        let names: Vec<&str> = cells[1..].iter().map(|row| row[10].as_str()).collect();
        assert_eq!(names, hostile.map(|name| format!("'{name}")));
        assert!(cells.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
        assert_eq!(serde_json::from_str::<Value>(&cells[1][11]).unwrap(), all[1]["changes"]);
        let none = program.run(&["audit", "list", "--workspace", "Acme", "--since", "2999-01-01"]);
        assert!(none.status.success() && none.stdout.is_empty());
        let listed = program.says(&["audit", "list", "--workspace", "Acme", "--last", "1", "--actor", "operator"]);
        assert!(listed.contains("workspace.updated") && listed.lines().count() == 3, "{listed}");
        assert!(program.fails(&["audit", "list", "--workspace", "Acme", "--since", "soon"]).contains("2026-01-31"));
        assert!(program.says(&["doctor"]).contains("ok   Acme: the end of the audit log is as it was written"));

        let bridge = db.bridge_with(settings).await;
        let acme = workspaces::find_by_name(&mut bridge.app.store.read().await.unwrap(), "acme").await.unwrap().unwrap();
        forge(&bridge, &acme, "UPDATE audit_log SET subject_name = 'okta' WHERE workspace_id = $ AND number = 3").await;
        let output = program.run(&["audit", "verify"]);
        let said = String::from_utf8(output.stdout).unwrap();
        let at = all[2]["at"].as_str().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains(&format!("Acme: BROKEN: row 3 ({at}) is not as it was written")) && said.contains("Calm: 1 row, whole"), "{said}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("an audit log was altered"));
        let doctor = program.run(&["doctor"]);
        assert!(String::from_utf8_lossy(&doctor.stdout).contains("FAIL Acme: audit log: row 3") && !doctor.status.success());
        // Under another key nothing is written that would not fit.
        let mut other = Program::new(&crate::support::Fresh::over(crate::support::On::Sqlite, bridge.app.settings.database_url.reveal().to_owned()));
        other.env = vec![("BRIDGE_MASTER_KEY", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=".to_owned())];
        assert!(other.fails(&["workspace", "set", "Acme", "--seats", "3"]).contains("another master key"));
        assert!(other.fails(&["audit", "verify"]).contains("another master key"));
        other.says(&["workspace", "list"]);
        // Where the key is lost for good, the rows before that have to be believed.
        by_hand(&bridge, &acme, "DELETE FROM audit_key; DELETE FROM signing_keys").await.unwrap();
        other.says(&["workspace", "set", "Acme", "--seats", "3"]);
        assert_eq!(other.run(&["audit", "verify", "--workspace", "Acme"]).status.code(), Some(1));
        let since = other.says(&["audit", "verify", "--workspace", "Acme", "--after", "7"]);
        assert!(since.starts_with("Acme: 1 row, whole since "), "{since}");
        assert!(other.fails(&["audit", "verify", "--workspace", "Acme", "--after", "70"]).contains("there is no row 70"));
    }
}

/// The cells of a file, as RFC 4180 says.
fn csv_cells(csv: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut rest = csv.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => cell.extend(rest.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                line.push(std::mem::take(&mut cell).trim_end_matches('\r').to_owned());
                lines.push(std::mem::take(&mut line));
            }
            c => cell.push(c),
        }
    }
    lines
}
