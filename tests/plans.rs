//! What SQLite does for each statement: an index leads to what is wanted, and nobody looks at everybody.

use aisoule_bridge::domain::user::Standing;
use aisoule_bridge::ids::{EndpointId, UserId, WorkspaceId};
use aisoule_bridge::query::filter::{Scope, push, push_visible};
use aisoule_bridge::scim::Profile;
use aisoule_bridge::scim::filter::Filter;
use aisoule_bridge::scim::schema::ResourceType;
use aisoule_bridge::store::deliveries::{Wanted, listing};
use aisoule_bridge::store::lookups::{Key, push_where};
use aisoule_bridge::store::request_log::{Search, listing as log_listing};
use aisoule_bridge::store::reviews::progress_of;
use aisoule_bridge::store::sql::{Arg, Sql};
use aisoule_bridge::store::{Conn, all_statements, named, people, users};
use sqlx::FromRow;

use crate::support::Fresh;

#[derive(FromRow)]
struct Step {
    detail: String,
}

/// Statements that are about all rows of a small table, or that no request waits for.
const WHOLE: [&str; 7] = [
    "access::EVERYBODY",
    "workspaces::LIST",
    "oauth::KEYS",
    "request_log::PURGE",
    "oauth::FORGET_ASSERTIONS",
    "outbox::OF_SUBJECT",
    // It goes from one endpoint to the next in an index, and reads one entry of each.
    "delivery_lanes::LEFT_BEHIND",
];

async fn plan(conn: &mut Conn, explained: Sql) -> String {
    let steps: Vec<Step> = conn.all(explained).await.unwrap();
    steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn every_statement_finds_its_rows_by_an_index() {
    let bridge = Fresh::sqlite().bridge().await;
    let mut conn = bridge.app.store.read().await.unwrap();
    for statement in all_statements() {
        let counts = statement.name.contains("::COUNT_");
        if counts || WHOLE.iter().any(|name| statement.name.ends_with(name)) || statement.sqlite.starts_with("INSERT") {
            continue;
        }
        let text: &'static str = format!("EXPLAIN QUERY PLAN {}", statement.sqlite).leak();
        let plan = plan(&mut conn, Sql::build(text)).await;
        for table in [
            "users",
            "user_values",
            "groups",
            "group_members",
            "tokens",
            "audit_log",
            "outbox",
            "sessions",
            "password_links",
            "request_log",
            "deliveries",
            "delivery_lanes",
            "identities",
            "connector_work",
            "connector_links",
            "forgotten_events",
        ] {
            assert!(
                !plan.split("; ").any(|step| step.starts_with(&format!("SCAN {table}"))),
                "{}: {plan}",
                statement.name
            );
        }
        assert!(!plan.contains("users_updated") && !plan.contains("users_created"), "{}: {plan}", statement.name);
    }
}

#[tokio::test]
async fn what_health_and_the_log_of_deliveries_ask_is_found_by_the_index_that_was_made_for_it() {
    let bridge = Fresh::sqlite().bridge().await;
    let mut conn = bridge.app.store.read().await.unwrap();
    let statements = all_statements();
    for (name, index) in [
        ("health::LAST_WRITE", "request_log_write"),
        ("health::REQUESTS", "request_log_actor"),
        ("request_log::FIND", "request_log"),
        ("live::LAST_REQUEST", "COVERING INDEX request_log_workspace"),
        ("request_log::LAST_BEFORE", "request_log_at"),
        ("request_log::FIRST_AFTER", "request_log_at"),
        ("health::COUNT_UNREAD", "outbox_workspace"),
        ("health::FIRST_UNREAD", "outbox_workspace"),
        ("health::CAME_IN_SINCE", "identities_login"),
        ("health::STUCK", "connector_work"),
        ("connectors::COUNT_WORK", "connector_work"),
        ("connectors::COUNT_STUCK", "connector_work"),
        ("connectors::COUNT_OLDEST", "connector_work"),
        ("deliveries::COUNT_WAITING", "deliveries_lane"),
        ("deliveries::COUNT_DEAD", "deliveries_dead"),
        ("deliveries::EVENTS_WAITING", "deliveries_"),
        ("deliveries::EVENTS_DEAD", "deliveries_"),
        ("deliveries::OLDEST", "deliveries_lane"),
        ("deliveries::DISCARD_ALL", "deliveries_dead"),
        ("teams::PAGE", "teams_name"),
        ("reviews::RECENT", "reviews_workspace"),
        ("reviews::COUNT_KEYS_TO_GO", "review_items_decision"),
        ("reviews::COUNT_SEATS_TO_GO", "review_items_decision"),
        ("conversations::COUNT_OF_ONES_TO_GO", "review_items_decision"),
        ("roles::COUNT_ACTIVE", "COVERING INDEX users_role"),
        ("roles::COUNT_ACTIVE_OF", "COVERING INDEX users_role"),
    ] {
        let statement = statements.iter().find(|one| one.name.ends_with(name)).unwrap_or_else(|| panic!("{name}"));
        let plan = plan(&mut conn, Sql::build(format!("EXPLAIN QUERY PLAN {}", statement.sqlite).leak())).await;
        assert!(plan.contains(index) && plan.contains("SEARCH"), "{name}: {plan}");
    }
    // Of a hundred thousand people a few are inactive: they are found without looking at the others.
    for (standing, index) in
        [(None, "users_named"), (Some(Standing::Active), "users_named"), (Some(Standing::Inactive), "users_away")]
    {
        let wanted = people::Wanted { standing, ..people::Wanted::default() };
        let plan =
            plan(&mut conn, people::by_name("EXPLAIN QUERY PLAN ", WorkspaceId::fresh(), &wanted, (0, 51))).await;
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{standing:?}: {plan}");
    }
    // How far reviews are is counted of those on the page, without reading what is known of each person.
    let start = "EXPLAIN QUERY PLAN ";
    let counted = plan(&mut conn, progress_of(start, &[uuid::Uuid::nil(), uuid::Uuid::max()])).await;
    assert!(counted.contains("COVERING INDEX review_items_decision") && counted.contains("SEARCH"), "{counted}");
    for (state, event, index) in [
        (None, None, "deliveries_log"),
        (Some("waiting"), None, "deliveries_lane"),
        (Some("dead"), None, "deliveries_dead"),
        (None, Some("user.created"), "deliveries_event"),
        (Some("delivered"), Some("user.created"), "deliveries_event"),
    ] {
        let start = Sql::build("EXPLAIN QUERY PLAN SELECT id FROM deliveries WHERE ");
        let wanted = Wanted { state, event, before: Some(1_000) };
        let plan = plan(&mut conn, listing(start, EndpointId::fresh(), &wanted, 50)).await;
        assert!(plan.contains(index) && !plan.contains("SCAN deliveries"), "{state:?} {event:?}: {plan}");
    }
}

#[tokio::test]
async fn a_page_of_the_request_log_is_found_by_an_index_whatever_was_chosen() {
    let bridge = Fresh::sqlite().bridge().await;
    let mut conn = bridge.app.store.read().await.unwrap();
    let failed = Search { status: Some((400, 600)), text: Some("anna".into()), ..Search::default() };
    let method = Search { method: Some("PUT".into()), ..Search::default() };
    for (search, index) in [
        (Search::default(), "request_log_workspace"),
        (failed, "request_log_failed"),
        (method, "request_log_workspace"),
    ] {
        let start = Sql::build("EXPLAIN QUERY PLAN ");
        let sql = log_listing(start, false, WorkspaceId::fresh(), &search, (0, i64::MAX), 50);
        let plan = plan(&mut conn, sql).await;
        assert!(
            plan.contains(index) && !plan.contains("SCAN request_log") && !plan.contains("B-TREE"),
            "{search:?}: {plan}"
        );
    }
}

#[tokio::test]
async fn what_providers_search_by_is_found_by_an_index() {
    let bridge = Fresh::sqlite().bridge().await;
    let mut conn = bridge.app.store.read().await.unwrap();
    for (kind, text, index) in [
        (ResourceType::User, "userName eq \"a\"", "users_user_name"),
        (ResourceType::User, "externalId eq \"a\"", "users_external_id"),
        (ResourceType::User, "displayName eq \"a\"", "users_display_name"),
        (ResourceType::User, "emails.value eq \"a\"", "user_values_value"),
        (ResourceType::User, "emails[type eq \"work\" and value eq \"a\"]", "user_values_value"),
        (ResourceType::User, "userName eq \"a\" or emails.value eq \"a\"", "users_user_name"),
        (ResourceType::User, "userName eq \"a\" or externalId eq \"b\" and active eq true", "users_external_id"),
        (
            ResourceType::User,
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"01900000-0000-7000-8000-000000000000\"",
            "users_manager",
        ),
        (
            ResourceType::User,
            "groups.value eq \"01900000-0000-7000-8000-000000000000\"",
            "INTEGER PRIMARY KEY|sqlite_autoindex_groups_1|PRIMARY KEY",
        ),
        (ResourceType::User, "groups.display eq \"a\"", "groups_display_name"),
        (ResourceType::Group, "displayName eq \"a\"", "groups_display_name"),
        (ResourceType::Group, "externalId eq \"a\"", "groups_external_id"),
        (ResourceType::Group, "members eq \"01900000-0000-7000-8000-000000000000\"", "group_members_member"),
        (ResourceType::Group, "displayName eq \"a\" or externalId eq \"b\"", "groups_external_id"),
    ] {
        let filter = Filter::parse(kind, text, Profile::Compat).unwrap();
        let scope = Scope { kind, workspace: WorkspaceId::fresh(), base: "http://b", postgres: false };
        let (select, order) = match kind {
            ResourceType::User => ("EXPLAIN QUERY PLAN SELECT u.id FROM users u", " ORDER BY u.id LIMIT 101"),
            ResourceType::Group => ("EXPLAIN QUERY PLAN SELECT g.id FROM groups g", " ORDER BY g.id LIMIT 101"),
        };
        let mut sql = Sql::build(select);
        push_visible(&mut sql, scope);
        sql.push(" AND ");
        push(&mut sql, scope, &filter).unwrap();
        sql.push(order);
        let plan = plan(&mut conn, sql).await;
        assert!(index.split('|').any(|index| plan.contains(index)), "{text}: {plan}");
    }
}

#[tokio::test]
async fn several_users_at_once_are_found_by_an_index() {
    let bridge = Fresh::sqlite().bridge().await;
    let mut conn = bridge.app.store.read().await.unwrap();
    let (id, name) = (Key::Id(UserId::fresh()), Key::UserName("a".into()));
    for (key, search) in [
        (&id, "SEARCH u USING INDEX sqlite_autoindex_users_1 (id=?)"),
        (&name, "SEARCH u USING INDEX users_user_name (workspace_id=? AND protected=? AND user_name_key=?)"),
    ] {
        for count in [1, 2, 5, 32] {
            let mut sql = Sql::build("EXPLAIN QUERY PLAN SELECT ");
            sql.push(users::COLUMNS).push(users::FROM);
            push_where(&mut sql, WorkspaceId::fresh(), &vec![key; count]);
            let plan = plan(&mut conn, sql).await;
            assert!(plan.contains(search) && !plan.contains("SCAN"), "{count}: {plan}");
        }
    }
}

/// Those of named things that several ids at once belong to: with several of them SQLite would rather walk through a workspace.
#[tokio::test]
async fn names_of_many_things_are_found_by_their_ids() {
    let bridge = Fresh::sqlite().bridge().await;
    let mut conn = bridge.app.store.read().await.unwrap();
    for count in [1, 2, 25] {
        let ids: Vec<uuid::Uuid> = (0..count).map(|_| uuid::Uuid::now_v7()).collect();
        for sql in named::statements_of("EXPLAIN QUERY PLAN ", WorkspaceId::fresh(), &ids) {
            let plan = plan(&mut conn, sql).await;
            assert!(plan.contains("(id=?)") && !plan.contains("workspace_id=?"), "{count}: {plan}");
        }
    }
}

#[tokio::test]
async fn whether_several_may_work_is_set_by_their_ids() {
    let bridge = Fresh::sqlite().bridge().await;
    let mut conn = bridge.app.store.read().await.unwrap();
    let columns = vec![Arg::from("active"), Arg::Time(None), Arg::from(1), Arg::Time(None), Arg::from("{}")];
    let rows = (0..16).map(|_| (uuid::Uuid::now_v7(), columns.clone()));
    let plan = plan(&mut conn, users::standing::STANDINGS.together("EXPLAIN QUERY PLAN ", rows)).await;
    assert!(
        plan.contains("SEARCH users")
            && plan.contains("sqlite_autoindex_users_1 (id=?)")
            && !plan.contains("SCAN users"),
        "{plan}"
    );
}
