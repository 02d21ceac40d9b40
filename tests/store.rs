//! The store: every statement on both databases, one schema, one write path that loses nobody's work.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aisoule_bridge::ids::WorkspaceId;
use aisoule_bridge::store::sql::{Arg, Sql};
use aisoule_bridge::store::{AsStoreError, Store, StoreError, Tx, Work, all_statements, migrate};
use serde_json::json;
use sqlx::FromRow;

use crate::support::{Fresh, on_both};

#[derive(FromRow, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    name: String,
}

async fn names(store: &Store, sql: &'static str) -> Vec<String> {
    let mut conn = store.read().await.unwrap();
    let mut rows: Vec<Name> = conn.all(Sql::build(sql)).await.unwrap();
    rows.sort();
    rows.into_iter().map(|row| row.name).collect()
}

/// A change that writes a workspace by hand and then does as it is told.
struct Scribble {
    name: String,
    then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Succeed,
    Refuse,
    Fail,
    Panic,
    RefuseFirst,
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

impl Work for Scribble {
    type Output = ();
    type Error = Said;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), Said> {
        if self.then == Then::RefuseFirst {
            return Err(Said::No);
        }
        let mut sql = Sql::build(
            "INSERT INTO workspaces (id, name, name_key, plan, seats, seat_policy, scim_passwords, seats_used, users, groups, nested, created_at) VALUES ",
        );
        let now = chrono::Utc::now();
        sql.push_rows([[
            Arg::from(uuid::Uuid::now_v7()),
            Arg::from(self.name.as_str()),
            Arg::from(self.name.as_str()),
            Arg::from("growth"),
            Arg::Int(None),
            Arg::from("reject"),
            Arg::from(true),
            Arg::from(0),
            Arg::from(0),
            Arg::from(0),
            Arg::from(0),
            Arg::from(now),
        ]]);
        tx.run(sql).await?;
        match self.then {
            Then::Refuse => Err(Said::No),
            Then::Fail => {
                tx.run(Sql::build("INSERT INTO nothing VALUES (1)")).await?;
                Ok(())
            }
            Then::Panic => panic!("a test panics on purpose"),
            Then::Succeed | Then::RefuseFirst => Ok(()),
        }
    }
}

on_both! {
    async fn every_statement_is_one_that_the_database_takes(db) {
        let bridge = db.bridge().await;
        let mut conn = bridge.app.store.read().await.unwrap();
        let all = all_statements();
        assert!(all.len() > 50, "{}", all.len());
        for statement in all {
            conn.prepare(&Sql::from(statement)).await.unwrap_or_else(|error| panic!("{}: {error}", statement.name));
        }
    }

    async fn who_fails_takes_nobody_along(db) {
        let bridge = db.bridge().await;
        let store = bridge.app.store.clone();
        let thens = [Then::Succeed, Then::Refuse, Then::Succeed, Then::Fail, Then::Panic, Then::RefuseFirst, Then::Succeed];
        for round in 0..20 {
            let all: Vec<_> = thens.iter().enumerate().map(|(i, then)| {
                let (store, work) = (store.clone(), Scribble { name: format!("{round:02}-{i}"), then: *then });
                tokio::spawn(async move { store.write(work).await.is_ok() })
            }).collect();
            for (one, then) in all.into_iter().zip(thens) {
                assert_eq!(one.await.unwrap(), then == Then::Succeed);
            }
        }
        let kept = names(&store, "SELECT name FROM workspaces").await;
        let expected: Vec<String> = (0..20).flat_map(|round| [0, 2, 6].map(|i| format!("{round:02}-{i}"))).collect();
        assert_eq!(kept, expected);
    }

    async fn a_statement_that_never_ends_is_ended_whether_or_not_anybody_waits(db) {
        let mut settings = db.settings();
        settings.database_statement_seconds = 1;
        let bridge = db.bridge_with(settings).await;
        let scim = bridge.scim().await;
        let endless = "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT count(*) AS n FROM n";
        let ask = || {
            let store = bridge.app.store.clone();
            tokio::spawn(async move { store.read().await?.run(Sql::build(endless)).await })
        };
        let all: Vec<_> = (0..4).map(|_| ask()).collect();
        for one in all {
            let ended = tokio::time::timeout(Duration::from_secs(20), one).await.expect("the statement ends").unwrap();
            assert!(matches!(ended, Err(StoreError::Busy(_))), "{ended:?}");
        }
        // Those who go away take their statements with them.
        for _ in 0..3 {
            let all: Vec<_> = (0..4).map(|_| ask()).collect();
            tokio::time::sleep(Duration::from_millis(50)).await;
            all.iter().for_each(tokio::task::JoinHandle::abort);
            let mut answer = scim.get("/Users").await;
            for _ in 0..5 {
                if answer.status != 503 {
                    break;
                }
                answer = scim.get("/Users").await;
            }
            answer.expect(200);
        }
        tokio::time::timeout(Duration::from_secs(10), bridge.app.store.close()).await.expect("the store closes");
    }

    async fn a_caller_that_goes_away_leaves_no_half_of_its_change(db) {
        let bridge = db.bridge().await;
        let store = bridge.app.store.clone();
        let gone = AtomicU32::new(0);
        for i in 0..200_u64 {
            let (store, work) = (store.clone(), Scribble { name: format!("{i}"), then: Then::Succeed });
            let call = tokio::spawn(async move { store.write(work).await.is_ok() });
            tokio::time::sleep(Duration::from_micros(i * 7 % 900)).await;
            gone.fetch_add(u32::from(!call.is_finished()), Ordering::Relaxed);
            call.abort();
        }
        store.write(Scribble { name: "last".into(), then: Then::Succeed }).await.unwrap();
        assert!(names(&store, "SELECT name FROM workspaces").await.contains(&"last".to_owned()));
        let scim = bridge.scim().await;
        scim.user("still-works").await;
    }

    async fn a_newer_schema_is_refused_and_left_alone(db) {
        let options = aisoule_bridge::store::Options { url: db.url.clone(), max_connections: 8, statement_timeout: Duration::from_secs(5) };
        let store = Store::open(&options).await.unwrap();
        store.database().writer().await.unwrap().script("INSERT INTO schema_migrations (version, name) VALUES (99, '0099_future')").await.unwrap();
        let again = migrate::run(store.database()).await.unwrap_err();
        assert!(again.to_string().contains("newer aisoule-bridge"), "{again}");
        assert!(matches!(Store::open(&options).await.map(|_| ()), Err(StoreError::Unfit(_))));
        assert!(names(&store, "SELECT name FROM schema_migrations").await.contains(&"0099_future".to_owned()));
    }

    async fn many_that_start_together_migrate_once(db) {
        let options = aisoule_bridge::store::Options { url: db.url.clone(), max_connections: 6, statement_timeout: Duration::from_secs(5) };
        let all: Vec<_> = (0..4).map(|_| { let options = options.clone(); tokio::spawn(async move { Store::open(&options).await }) }).collect();
        let mut stores = Vec::new();
        for one in all {
            stores.push(one.await.unwrap().unwrap());
        }
        assert_eq!(names(&stores[0], "SELECT name FROM schema_migrations").await, ["0001_directory", "0002_management", "0003_signing_in", "0004_delivery", "0005_console"]);
    }

    async fn two_bridges_over_one_database_share_its_seats(db) {
        let (on, url) = (db.on, db.url.clone());
        let settings = db.settings();
        let first = db.bridge_with(settings).await;
        let second = Fresh::over(on, url).bridge().await;
        let workspace = first.workspace("Acme", 5, aisoule_bridge::domain::seat::SeatPolicy::Reject).await;
        let token = first.token(&workspace, aisoule_bridge::domain::access::Scope::Write, aisoule_bridge::domain::access::Dialect::Compat).await;
        let clients = [first.client(&token), second.client(&token)];
        let all: Vec<_> = (0..60).map(|i| {
            let scim = clients[i % 2].clone();
            tokio::spawn(async move { scim.post("/Users", json!({"userName": format!("u{i}")})).await.status })
        }).collect();
        let mut made = 0;
        for one in all {
            made += usize::from(one.await.unwrap() == 201);
        }
        assert_eq!(made, 5);
        assert_eq!(second.counters(&workspace).await, (5, 5, 0, 0));
    }
}

#[tokio::test]
async fn both_schemas_have_the_same_tables_columns_and_indexes() {
    let sqlite = Fresh::sqlite().bridge().await;
    let Some(postgres) = Fresh::postgres().await else { return };
    let postgres = postgres.bridge().await;
    let columns = [
        "SELECT m.name || '.' || c.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        "SELECT CAST(table_name || '.' || column_name AS TEXT) AS name FROM information_schema.columns WHERE table_schema = 'public'",
    ];
    let indexes = [
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "SELECT CAST(indexname AS TEXT) AS name FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey'",
    ];
    for [ours, theirs] in [columns, indexes] {
        assert_eq!(names(&sqlite.app.store, ours).await, names(&postgres.app.store, theirs).await);
    }
}

#[tokio::test]
async fn a_sqlite_file_that_is_none_is_refused_and_not_replaced() {
    let fresh = Fresh::sqlite();
    let path = aisoule_bridge::store::sqlite_file(&fresh.url).unwrap();
    std::fs::write(&path, b"this is not a database, it is a letter to somebody".repeat(100)).unwrap();
    let options = aisoule_bridge::store::Options {
        url: fresh.url.clone(),
        max_connections: 8,
        statement_timeout: Duration::from_secs(5),
    };
    assert!(Store::open(&options).await.is_err());
    assert!(std::fs::read(&path).unwrap().starts_with(b"this is not"));
}
