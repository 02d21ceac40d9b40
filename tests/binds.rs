//! Requests that carry the most that is allowed: more values than either database binds in one statement.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::store::sql::Sql;
use serde_json::{Value, json};
use sqlx::FromRow;

use crate::support::{Answer, Bridge, Scim, on_both};

const MANY: i64 = 20_000;

macro_rules! clones {
    ($random:literal) => {
        concat!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) ",
            "INSERT INTO users (id, workspace_id, user_name, user_name_key, attributes, keys, standing, protected, role_id, ",
            "role_source, version, created_at, updated_at) SELECT ", $random, ", workspace_id, 'c' || i, 'c' || i, attributes, ",
            "keys, standing, protected, role_id, role_source, version, created_at, updated_at FROM users CROSS JOIN n; ",
            "UPDATE workspaces SET users = users + 20000, seats_used = seats_used + 20000"
        )
    };
}

#[derive(FromRow)]
struct Id {
    id: uuid::Uuid,
}

/// Many users, made by hand because their making is not what is tested; gives their ids.
async fn crowd(bridge: &Bridge) -> Vec<uuid::Uuid> {
    let mut conn = bridge.app.store.database().writer().await.unwrap();
    let script = if conn.is_postgres() { clones!("gen_random_uuid()") } else { clones!("randomblob(16)") };
    conn.script(script).await.unwrap();
    let ids: Vec<Id> = conn.all(Sql::build("SELECT id FROM users WHERE user_name <> 'seed'")).await.unwrap();
    ids.into_iter().map(|row| row.id).collect()
}

/// A PATCH, again where a machine with other work is too slow for it.
async fn patiently(scim: &Scim, path: &str, operations: Value) -> Answer {
    for _ in 0..4 {
        let answer = scim.patch(path, operations.clone()).await;
        if answer.status != 503 {
            return answer;
        }
    }
    scim.patch(path, operations).await
}

on_both! {
    // Row G20.
    async fn one_patch_adds_and_removes_twenty_thousand_members(db) {
        // The making of the crowd is one long statement.
        let settings = aisoule_bridge::settings::Settings { database_statement_seconds: 60, ..db.settings() };
        let bridge = db.bridge_with(settings).await;
        let workspace = bridge.workspace("Acme", MANY + 10, SeatPolicy::Reject).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        scim.user("seed").await;
        let members: Vec<_> = crowd(&bridge).await.into_iter().map(|id| json!({"value": id})).collect();
        assert_eq!(i64::try_from(members.len()).unwrap(), MANY);
        let group = format!("/Groups/{}", scim.group("Everybody", &[]).await);
        let short = format!("{group}?attributes=displayName");
        for _ in 0..2 {
            // The second time they are members already.
            let added = patiently(&scim, &short, json!([{"op": "add", "path": "members", "value": members}])).await;
            assert!(added.status < 300, "{}", added.json);
        }
        let shown = scim.get(&group).await.expect(200).json;
        assert_eq!(shown["members"].as_array().unwrap().len(), members.len());
        let removed = patiently(&scim, &short, json!([{"op": "remove", "path": "members", "value": members}])).await;
        assert!(removed.status < 300, "{}", removed.json);
        assert!(scim.get(&group).await.expect(200).json["members"].as_array().is_none_or(Vec::is_empty));
        bridge.counters(&workspace).await;
    }

    // Row G20.
    async fn a_filter_with_the_most_comparisons_and_values_is_answered(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let id = scim.user("u255").await;
        let most = aisoule_bridge::scim::filter::MAX_COMPARISONS;
        for attribute in ["userName", "emails.value", "title"] {
            let all: Vec<String> = (0..most).map(|i| format!("{attribute} eq \"u{i}\"")).collect();
            let found = scim.find("/Users", &all.join(" or "), "").await.expect(200);
            assert_eq!(found.all("id"), if attribute == "userName" { vec![id.clone()] } else { vec![] });
        }
        let all: Vec<String> = (0..=most).map(|i| format!("title eq \"{i}\"")).collect();
        scim.find("/Users", &all.join(" or "), "").await.expect_error(400, Some("invalidFilter"));
    }
}
