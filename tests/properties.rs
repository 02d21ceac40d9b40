//! Properties of the parser, of PATCH and of paging, on what proptest makes up and shrinks.

use std::time::{Duration, Instant};

use aisoule_bridge::scim::Profile;
use aisoule_bridge::scim::filter::{Filter, MAX_TEXT};
use aisoule_bridge::scim::patch::{PATCH_OP_URN, Patch};
use aisoule_bridge::scim::resource::{Context, normalise};
use aisoule_bridge::scim::schema::ResourceType;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};
use serde_json::{Map, Value, json};

use crate::generated::{Choices, Users};
use crate::support::{Scim, on_both};

type Object = Map<String, Value>;

/// Bytes that a generator turns into a case; shorter and smaller ones make simpler cases.
fn choices() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..256)
}

fn config(cases: u32) -> Config {
    // A case that fails becomes a test of its own instead of a file of seeds.
    let failure_persistence: Option<Box<dyn proptest::test_runner::FailurePersistence>> =
        Some(Box::new(FileFailurePersistence::Off));
    Config { cases, failure_persistence, ..Config::default() }
}

fn parse(text: &str, profile: Profile) -> Option<Filter> {
    Filter::parse(ResourceType::User, text, profile).ok()
}

fn canonical(body: Value) -> Object {
    normalise(ResourceType::User, body, Context::Create, Profile::Compat).unwrap()
}

/// The outcome of operations, all in one request.
fn patched(resource: &Object, operations: &[Value], profile: Profile) -> Option<Object> {
    let body = json!({"schemas": [PATCH_OP_URN], "Operations": operations});
    Patch::parse(ResourceType::User, &body, profile).ok()?.apply(resource).ok()
}

/// A user and one operation out of the same bytes.
fn user_and_operation(bytes: Vec<u8>) -> (Object, Value) {
    let (users, mut choices) = (Users::new(), Choices::of_bytes(bytes));
    let operation = users.operation(&mut choices);
    (canonical(users.body(&mut choices)), operation)
}

fn with_verb(operation: &Value, verb: &str) -> Value {
    let mut operation = operation.clone();
    operation["op"] = json!(verb);
    if verb == "remove" {
        operation.as_object_mut().unwrap().remove("value");
    }
    operation
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn a_filter_that_is_read_is_printed_and_read_as_the_same(bytes in choices()) {
        let (users, mut choices) = (Users::new(), Choices::of_bytes(bytes));
        let text = users.filter(&mut choices, 4);
        if let Some(filter) = parse(&text, Profile::Compat) {
            let printed = filter.to_string();
            prop_assert_eq!(parse(&printed, Profile::Interop), Some(filter.clone()), "{}", &printed);
            prop_assert_eq!(parse(&printed, Profile::Compat).map(|filter| filter.to_string()), Some(printed));
        }
    }

    #[test]
    fn any_text_is_read_or_refused_and_soon(text in "\\PC{0,2000}", seams in "[()\\[\\]\"\\\\ .:a-z]{0,400}") {
        for text in [&text, &seams, &format!("userName eq \"{text}\""), &format!("emails[{seams}]")] {
            let started = Instant::now();
            let read = parse(text, Profile::Compat);
            prop_assert!(started.elapsed() < Duration::from_millis(250));
            prop_assert!(read.is_none() || text.len() <= MAX_TEXT);
        }
    }

    #[test]
    fn a_filter_with_one_place_changed_is_read_or_refused_the_same_in_both_profiles(bytes in choices()) {
        let (users, mut choices) = (Users::new(), Choices::of_bytes(bytes));
        let text = users.filter(&mut choices, 3);
        let text = users.broken(&mut choices, &text);
        if let Some(filter) = parse(&text, Profile::Interop) {
            prop_assert_eq!(parse(&text, Profile::Compat), Some(filter), "Compat takes what Interop takes: {}", text);
        }
    }

    #[test]
    fn a_canonical_resource_stays_as_it_is(bytes in choices()) {
        let (users, mut choices) = (Users::new(), Choices::of_bytes(bytes));
        let resource = canonical(users.body(&mut choices));
        for context in [Context::Create, Context::Replace, Context::Patched] {
            let again = normalise(ResourceType::User, Value::Object(resource.clone()), context, Profile::Compat);
            prop_assert_eq!(again.as_ref(), Ok(&resource));
        }
    }

    #[test]
    fn a_patch_of_a_canonical_resource_gives_a_canonical_resource(bytes in choices(), interop in any::<bool>()) {
        let (users, mut choices) = (Users::new(), Choices::of_bytes(bytes));
        let profile = if interop { Profile::Interop } else { Profile::Compat };
        let operations: Vec<Value> = (0..3).map(|_| users.operation(&mut choices)).collect();
        let resource = canonical(users.body(&mut choices));
        let before = resource.clone();
        if let Some(after) = patched(&resource, &operations, profile) {
            let again = normalise(ResourceType::User, Value::Object(after.clone()), Context::Patched, profile);
            prop_assert_eq!(again, Ok(after));
        }
        prop_assert_eq!(before, resource, "what was given is never changed");
    }

    #[test]
    fn adding_twice_is_adding_once(bytes in choices()) {
        let (resource, operation) = user_and_operation(bytes);
        let add = with_verb(&operation, "add");
        // A path that selects by what the operation itself changes, or a value that names a list and then a part of all
        // its elements, finds something else the second time.
        let selects = add["path"].as_str().is_some_and(|path| path.contains('['));
        let many = add.get("path").is_none() && add["value"].as_object().is_some_and(|value| value.len() > 1);
        if selects || many {
            return Ok(());
        }
        if let Some(once) = patched(&resource, std::slice::from_ref(&add), Profile::Compat) {
            prop_assert_eq!(patched(&once, std::slice::from_ref(&add), Profile::Compat), Some(once), "{}", add);
        }
    }

    #[test]
    fn replacing_twice_is_replacing_once(bytes in choices()) {
        let (resource, operation) = user_and_operation(bytes);
        let replace = with_verb(&operation, "replace");
        // A path that selects by what the operation itself changes selects nothing the second time.
        if replace["path"].as_str().is_some_and(|path| path.contains('[')) {
            return Ok(());
        }
        if let Some(once) = patched(&resource, std::slice::from_ref(&replace), Profile::Compat) {
            prop_assert_eq!(patched(&once, std::slice::from_ref(&replace), Profile::Compat), Some(once), "{}", replace);
        }
    }

    #[test]
    fn what_is_removed_is_gone_and_removing_it_again_changes_nothing(bytes in choices()) {
        let (resource, operation) = user_and_operation(bytes);
        let remove = with_verb(&operation, "remove");
        if let Some(once) = patched(&resource, std::slice::from_ref(&remove), Profile::Compat) {
            let twice = patched(&once, std::slice::from_ref(&remove), Profile::Compat);
            prop_assert_eq!(twice.as_ref(), Some(&once), "{}", remove);
            let path = remove["path"].as_str().unwrap_or_default();
            let filter = parse(&format!("{path} pr"), Profile::Compat);
            if let Some(filter) = filter.filter(|_| !path.contains('[')) {
                prop_assert!(!aisoule_bridge::scim::filter::evaluate::matches(&filter, &once), "{}", path);
            }
        }
    }

    #[test]
    fn adding_an_attribute_and_removing_it_leaves_none(bytes in choices()) {
        let (resource, operation) = user_and_operation(bytes);
        let Some(path) = operation["path"].as_str().filter(|path| !path.contains('[')) else { return Ok(()) };
        let (add, remove) = (with_verb(&operation, "add"), json!({"op": "remove", "path": path}));
        let without = patched(&resource, std::slice::from_ref(&remove), Profile::Compat);
        // A part added to a list without elements makes one, and a manager who is nobody takes the manager away.
        let only_adds = !path.contains('.') && patched(&resource, std::slice::from_ref(&add), Profile::Compat).is_some();
        if let (Some(without), true) = (without, only_adds) {
            prop_assert_eq!(patched(&resource, &[add, remove], Profile::Compat), Some(without), "{}", path);
        }
    }

    #[test]
    fn operations_on_different_attributes_may_come_in_either_order(bytes in choices(), others in choices()) {
        let ((resource, one), (_, other)) = (user_and_operation(bytes), user_and_operation(others));
        let root = |operation: &Value| {
            let path = operation["path"].as_str().unwrap_or_default();
            let rest = path.strip_prefix(crate::generated::ENTERPRISE).unwrap_or(path).trim_start_matches(':');
            rest.split(['.', '[']).next().unwrap_or_default().to_owned()
        };
        let (first, second) = (root(&one), root(&other));
        if first.is_empty() || second.is_empty() || first.eq_ignore_ascii_case(&second) {
            return Ok(());
        }
        let forth = patched(&resource, &[one.clone(), other.clone()], Profile::Compat);
        let back = patched(&resource, &[other.clone(), one.clone()], Profile::Compat);
        prop_assert_eq!(forth, back, "{} and {}", one, other);
    }

    #[test]
    fn a_patch_with_one_operation_that_fails_fails_as_a_whole(bytes in choices(), at in 0..3usize) {
        let (users, mut choices) = (Users::new(), Choices::of_bytes(bytes));
        let mut operations: Vec<Value> = (0..2).map(|_| users.operation(&mut choices)).collect();
        operations.insert(at.min(operations.len()), json!({"op": "replace", "path": "active", "value": {"not": "a boolean"}}));
        let resource = canonical(users.body(&mut choices));
        let before = resource.clone();
        prop_assert_eq!(patched(&resource, &operations, Profile::Compat), None);
        prop_assert_eq!(resource, before);
    }
}

/// Every id of a list, page by page.
async fn by_index(scim: &Scim, query: &str, count: usize) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    loop {
        let page = scim.get(&format!("/Users?{query}&count={count}&startIndex={}", seen.len() + 1)).await.expect(200);
        let ids = page.all("id");
        if ids.is_empty() {
            return seen;
        }
        assert!(ids.len() <= count);
        seen.extend(ids);
        if page.json["totalResults"].as_u64() == u64::try_from(seen.len()).ok() {
            return seen;
        }
    }
}

async fn by_cursor(scim: &Scim, query: &str, count: usize) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = scim.get(&format!("/Users?{query}&count={count}&cursor={cursor}")).await.expect(200);
        let ids = page.all("id");
        assert!(ids.len() <= count && !(ids.is_empty() && page.json["nextCursor"].is_string()));
        seen.extend(ids);
        match page.json["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return seen,
        }
    }
}

const SORTS: [&str; 12] = [
    "",
    "userName",
    "displayName",
    "title",
    "name.familyName",
    "meta.created",
    "active",
    "emails",
    "phoneNumbers.type",
    "externalId",
    "id",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
];

on_both! {
    async fn a_walk_through_pages_of_any_size_meets_every_user_once_in_one_order(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (users, mut choices) = (Users::new(), Choices::of_seed(11));
        for number in 0..45 {
            let mut body = users.body(&mut choices);
            body["userName"] = json!(format!("{} {number}", body["userName"].as_str().unwrap_or_default()));
            body["externalId"] = json!(format!("e{number}"));
            if let Some(enterprise) = body.get_mut(crate::generated::ENTERPRISE).and_then(Value::as_object_mut) {
                enterprise.remove("manager");
            }
            scim.post("/Users", body).await.expect(201);
        }
        let (mut walks, mut cut) = (0, 0);
        while walks < 40 {
            let filter = if choices.once_in(3) { String::new() } else { users.filter(&mut choices, 2) };
            let escaped = percent_encoding::utf8_percent_encode(&filter, percent_encoding::NON_ALPHANUMERIC);
            let order = if choices.once_in(2) { "descending" } else { "ascending" };
            let sort = *choices.pick(&SORTS);
            let mut query = format!("sortBy={sort}&sortOrder={order}&attributes=id");
            if !filter.is_empty() {
                query = format!("{query}&filter={escaped}");
            }
            let whole = scim.get(&format!("/Users?{query}&count=1000")).await;
            if whole.status == 400 {
                continue;
            }
            walks += 1;
            let whole = whole.expect(200);
            let ids = whole.all("id");
            assert_eq!(whole.json["totalResults"], ids.len(), "{filter} by {sort}");
            let distinct: std::collections::HashSet<&String> = ids.iter().collect();
            assert_eq!(distinct.len(), ids.len(), "{filter} by {sort}");
            let count = 1 + choices.roll(19);
            assert_eq!(by_index(&scim, &query, count).await, ids, "by index, {count} a page: {filter} by {sort} {order}");
            assert_eq!(by_cursor(&scim, &query, count).await, ids, "by cursor, {count} a page: {filter} by {sort} {order}");
            cut += usize::from(ids.len() > count);
        }
        assert!(cut > 15, "only {cut} walks had more than one page");
    }
}
