//! Filters over HTTP: the SQL that they become and the evaluator in memory agree; nothing a client writes becomes SQL.

use std::time::{Duration, Instant};

use aisoule_bridge::scim::Profile;
use aisoule_bridge::scim::filter::{Filter, evaluate};
use aisoule_bridge::scim::schema::ResourceType;
use serde_json::{Map, Value, json};

use crate::support::{Scim, on_both};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A generator of numbers that is the same on every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

const WORDS: [&str; 10] = ["Anna", "anna", "Élan", "élan", "work", "Work", "a%b", "a_b", "x\\y\"z", "zeta"];

/// A user with some of all kinds of attributes.
fn user(dice: &mut Dice, i: usize) -> Value {
    let mut user = json!({"userName": format!("{}-{i}", dice.pick(&WORDS)), "active": dice.roll(3) > 0});
    let mut put = |name: &str, value: Value| user[name] = value;
    if dice.roll(2) == 0 {
        put("displayName", json!(dice.pick(&WORDS)));
    }
    if dice.roll(2) == 0 {
        put("title", json!(dice.pick(&WORDS)));
    }
    if dice.roll(2) == 0 {
        put("externalId", json!(format!("{}{i}", dice.pick(&WORDS))));
    }
    if dice.roll(2) == 0 {
        put("profileUrl", json!(format!("https://x/{}", dice.pick(&["A", "a"]))));
    }
    if dice.roll(2) == 0 {
        put("name", json!({"familyName": dice.pick(&WORDS), "givenName": dice.pick(&WORDS)}));
    }
    if dice.roll(3) > 0 {
        put(
            "phoneNumbers",
            json!(
                (0..=dice.roll(2))
                    .map(|n| {
                        let mut phone = json!({"value": format!("{n}{}", dice.pick(&WORDS))});
                        if dice.roll(2) == 0 {
                            phone["type"] = json!(dice.pick(&WORDS));
                        }
                        if dice.roll(2) == 0 {
                            phone["primary"] = json!(n == 0);
                        }
                        phone
                    })
                    .collect::<Vec<_>>()
            ),
        );
    }
    if dice.roll(3) == 0 {
        put("addresses", json!([{"type": dice.pick(&WORDS), "locality": dice.pick(&WORDS)}]));
    }
    if dice.roll(3) == 0 {
        put("photos", json!([{"value": format!("https://p/{}", dice.pick(&["A", "a"]))}]));
    }
    if dice.roll(3) == 0 {
        put("x509Certificates", json!([{"value": "MIID"}]));
    }
    if dice.roll(2) == 0 {
        put(ENTERPRISE, json!({"department": dice.pick(&WORDS)}));
    }
    user
}

const STRINGS: [&str; 21] = [
    "userName",
    "displayName",
    "title",
    "externalId",
    "profileUrl",
    "name.familyName",
    "name.givenName",
    "phoneNumbers.value",
    "phoneNumbers.type",
    "phoneNumbers",
    "addresses.locality",
    "photos.value",
    "id",
    "meta.resourceType",
    "meta.version",
    "meta.location",
    "schemas",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
    "urn:aisoule:params:scim:schemas:extension:1.0:User:role",
    "groups.display",
];
const ANYTHING: [&str; 10] = [
    "name",
    "emails",
    "phoneNumbers",
    "addresses",
    "active",
    "meta",
    "meta.created",
    "groups",
    "nickName",
    "x509Certificates",
];

fn comparison(dice: &mut Dice, ids: &[String], times: &[String]) -> String {
    let literal = |dice: &mut Dice| match dice.roll(9) {
        0 => json!(dice.pick(ids)).to_string(),
        1 => json!(&dice.pick(ids)[..dice.roll(36)]).to_string(),
        2 => "\"\"".into(),
        3 => "null".into(),
        4 => json!(ENTERPRISE).to_string(),
        _ => json!(dice.pick(&WORDS).chars().take(1 + dice.roll(5)).collect::<String>()).to_string(),
    };
    let op = |dice: &mut Dice, literal: &str| {
        if literal == "null" {
            *dice.pick(&["eq", "ne"])
        } else {
            *dice.pick(&["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
        }
    };
    match dice.roll(8) {
        0 => format!("{} pr", dice.pick(&STRINGS)),
        1 => format!("{} pr", dice.pick(&ANYTHING)),
        2 => format!(
            "{} {} {}",
            dice.pick(&["active", "phoneNumbers.primary"]),
            dice.pick(&["eq", "ne"]),
            dice.pick(&["true", "false", "null"])
        ),
        3 => format!(
            "{} {} \"{}\"",
            dice.pick(&["meta.created", "meta.lastModified"]),
            dice.pick(&["eq", "ne", "gt", "ge", "lt", "le"]),
            dice.pick(times)
        ),
        4 => {
            let (one, two) = (literal(dice), literal(dice));
            let (op_one, op_two) = (op(dice, &one), op(dice, &two));
            let inner = match dice.roll(3) {
                0 => format!("type {op_one} {one}"),
                1 => format!("type {op_one} {one} {} value {op_two} {two}", dice.pick(&["and", "or"])),
                _ => format!("not (value {op_one} {one}) and primary {}", dice.pick(&["pr", "eq true", "ne true"])),
            };
            format!("phoneNumbers[{inner}]")
        }
        _ => {
            let value = literal(dice);
            format!("{} {} {value}", dice.pick(&STRINGS), op(dice, &value))
        }
    }
}

fn filter(dice: &mut Dice, depth: usize, ids: &[String], times: &[String]) -> String {
    match (dice.roll(5), depth) {
        (0, 1..) => format!("not ({})", filter(dice, depth - 1, ids, times)),
        (1, 1..) => format!("({} and {})", filter(dice, depth - 1, ids, times), filter(dice, depth - 1, ids, times)),
        (2, 1..) => format!("({} or {})", filter(dice, depth - 1, ids, times), filter(dice, depth - 1, ids, times)),
        _ => comparison(dice, ids, times),
    }
}

async fn total(scim: &Scim, filter: &str) -> Value {
    scim.find("/Users", filter, "&count=0").await.expect(200).json["totalResults"].clone()
}

on_both! {
    // PostgreSQL compares what it makes itself (of ids, numbers, constants) as its locale does, unless it is told not to.
    async fn made_up_texts_are_compared_by_code_points_whatever_the_locale_of_the_database(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let boss = scim.user("boss").await;
        let anna = scim.post("/Users", json!({"userName": "anna", ENTERPRISE: {"manager": {"value": boss}}})).await.expect(201).id();
        let group = scim.group("Support", &[&anna]).await;
        scim.group("Outer", &[&group]).await;
        let base = scim.url("");
        let upper = |id: &str| format!("{}Z", id.to_uppercase());
        // A capital comes before every small letter; in the order of a language it comes after the same small letter.
        for (endpoint, filter, found) in [
            ("/Users", "meta.version gt \"w/\"".to_owned(), 0), ("/Users", "meta.version lt \"w/\"".to_owned(), 2), ("/Groups", "meta.version lt \"w/\"".to_owned(), 2),
            ("/Users", format!("meta.location gt \"{}/Z\"", base.to_uppercase()), 2), ("/Groups", format!("meta.location gt \"{}/Z\"", base.to_uppercase()), 2),
            ("/Users", format!("id gt \"{}\"", upper(&anna)), 2), ("/Groups", format!("id ge \"{}\"", upper(&group)), 2),
            ("/Users", format!("groups.value gt \"{}\"", upper(&group)), 1), ("/Users", format!("groups.$ref gt \"{}/GROUPS/Z\"", base.to_uppercase()), 1),
            ("/Groups", format!("members.$ref gt \"{}/USERS/Z\"", base.to_uppercase()), 2), ("/Groups", format!("members.value gt \"{}\"", upper(&anna)), 2),
            // Who has no manager has no address of one either.
            ("/Users", format!("{ENTERPRISE}:manager.$ref pr"), 1), ("/Users", format!("{ENTERPRISE}:manager.$ref lt \"z\""), 1),
            ("/Users", format!("{ENTERPRISE}:manager.value lt \"z\""), 1),
            ("/Users", format!("{ENTERPRISE}:manager.$ref gt \"{}/USERS/Z\"", base.to_uppercase()), 1),
            ("/Users", format!("{ENTERPRISE}:manager.value gt \"{}\"", upper(&boss)), 1),
        ] {
            assert_eq!(scim.find(endpoint, &filter, "").await.expect(200).json["totalResults"], found, "{endpoint} {filter}");
        }
    }

    async fn sql_and_the_evaluator_agree(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let mut dice = Dice(42);
        let mut ids = Vec::new();
        for i in 0..60 {
            let made = scim.post("/Users", user(&mut dice, i)).await.expect(201).id();
            ids.push(made);
        }
        for i in 0..10 {
            scim.patch(&format!("/Users/{}", ids[i]), json!([{"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": ids[i + 1]}])).await.expect(200);
        }
        let inner = scim.group("Anna", &[&ids[0], &ids[1]]).await;
        scim.group("work", &[&inner, &ids[2]]).await;
        let everybody = scim.get("/Users?count=100").await.expect(200).json["Resources"].clone();
        let everybody: Vec<Map<String, Value>> = serde_json::from_value(everybody).unwrap();
        let times: Vec<String> = everybody.iter().map(|user| user["meta"]["created"].as_str().unwrap().to_owned()).collect();
        let cases = std::env::var("BRIDGE_TEST_FILTERS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_500);
        let mut found_some = 0;
        for _ in 0..cases {
            let text = filter(&mut dice, 3, &ids, &times);
            let Ok(parsed) = Filter::parse(ResourceType::User, &text, Profile::Compat) else {
                scim.find("/Users", &text, "").await.expect_error(400, Some("invalidFilter"));
                continue;
            };
            let expected: Vec<&str> = everybody.iter().filter(|user| evaluate::matches(&parsed, user)).map(|user| user["id"].as_str().unwrap()).collect();
            let answer = scim.find("/Users", &text, "&count=100&attributes=id").await;
            if answer.status == 400 {
                assert!(answer.json["detail"].as_str().unwrap().contains("can't be searched"), "{text}: {}", answer.json);
                continue;
            }
            let answer = answer.expect(200);
            assert_eq!(answer.all("id"), expected, "{text}");
            assert_eq!(answer.json["totalResults"], expected.len(), "{text}");
            found_some += usize::from(!expected.is_empty() && expected.len() < 60);
        }
        assert!(found_some > cases / 4, "only {found_some} of {cases} filters tell users apart");
    }

    // Row C12.
    async fn nothing_a_client_writes_becomes_sql(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for name in ["100%", "1000", "a_b", "axb", "x' OR '1'='1", "\\"] {
            scim.user(name).await;
        }
        for (filter, count) in [
            ("userName eq \"x' OR '1'='1\"", 1), ("userName eq \"x\\\" or userName pr or \\\"\"", 0), ("userName co \"%\"", 1), ("userName sw \"100%\"", 1),
            ("userName co \"_\"", 1), ("userName eq \"a_b\"", 1), ("userName ew \"\\\\\"", 1), ("userName eq \"'; DROP TABLE users; --\"", 0), ("userName co \"\"", 6),
        ] {
            assert_eq!(total(&scim, filter).await, count, "{filter}");
        }
        for bad in [
            "password pr", "password sw \"$argon2\"", "PASSWORD eq \"x\"", "password_hash pr", "token_hash pr", "`userName` eq \"x\"", "u.id pr", "userName eq \"\\u0000\"",
            "workspace_id pr", "users.password_hash pr", "urn:ietf:params:scim:schemas:core:2.0:User:password pr", "1 eq 1", "userName eq \"a\" or 1=1",
        ] {
            scim.find("/Users", bad, "").await.expect_error(400, Some("invalidFilter"));
        }
    }

    // Rows C14 and C15.
    async fn a_filter_beyond_all_measure_is_refused_at_once(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let nested = |n: usize, open: &str, close: &str| format!("{}userName pr{}", open.repeat(n), close.repeat(n));
        let many = |n: usize| vec!["userName pr"; n].join(" or ");
        for good in [nested(30, "(", ")"), nested(10, "not (", ")"), many(200), format!("userName co \"{}\"", "a".repeat(1000))] {
            scim.post("/Users/.search", json!({"filter": good})).await.expect(200);
        }
        for bad in [nested(40, "(", ")"), nested(1_000, "(", ")"), nested(100_000, "(", ")"), nested(1_000, "not (", ")"), "a[b[c[".repeat(1000), many(257), many(10_000),
            format!("userName co \"{}\"", "a".repeat(9_000)), format!("userName co \"{}\"", "%".repeat(60_000)), "(".repeat(1_000_000)] {
            let started = Instant::now();
            let parsed = Filter::parse(ResourceType::User, &bad, Profile::Compat);
            assert!(parsed.is_err() && started.elapsed() < Duration::from_millis(250), "{:?}", started.elapsed());
            let body = json!({"filter": bad});
            if body.to_string().len() < 1_000_000 {
                scim.post("/Users/.search", body).await.expect_error(400, Some("invalidFilter"));
            }
        }
    }

    // Rows C16 and C17.
    async fn types_are_kept_apart_and_names_are_taken_in_any_case(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        scim.post("/Users", json!({"userName": "Anna", "emails": [{"value": "a@x", "type": "work"}, {"value": "b@x", "type": "home"}]})).await.expect(201);
        for (filter, count) in [
            ("USERNAME EQ \"anna\"", 1), ("urn:ietf:params:scim:schemas:core:2.0:user:userName eq \"ANNA\"", 1), ("active eq \"True\"", 1), ("active eq true", 1),
            ("emails[type eq \"work\" and value eq \"a@x\"]", 1), ("emails[type eq \"work\" and value eq \"b@x\"]", 0), ("emails.type eq \"work\" and emails.value eq \"b@x\"", 1),
            ("emails[type eq \"work\"].value eq \"a@x\"", 1), ("emails co \"@x\"", 1), ("title ne \"x\"", 1), ("not (title eq \"x\")", 1), ("title pr", 0),
            ("meta.created gt \"2011-05-13T04:42:34Z\"", 1), ("meta.lastModified lt \"2011-05-13T04:42:34+02:00\"", 0), ("userName pr and not (emails pr)", 0),
        ] {
            assert_eq!(total(&scim, filter).await, count, "{filter}");
        }
        for bad in ["active gt true", "active co \"t\"", "meta.created gt \"x\"", "userName eq 7", "userName gt true", "userName zz \"x\"", "userName eq \"x", "userName", "userName eq",
            "userName eq \"a\" and", "(userName pr", "userName pr)", "nonsense eq \"x\"", "emails.nonsense pr", "userName eq \u{201c}x\u{201d}", "userName ≠ \"x\"", "emails[type eq \"x\"", "name eq \"x\""] {
            scim.find("/Users", bad, "").await.expect_error(400, Some("invalidFilter"));
        }
        let strict = { let workspace = bridge.workspace("Strict", 5, aisoule_bridge::domain::seat::SeatPolicy::Reject).await;
            bridge.client(&bridge.token(&workspace, aisoule_bridge::domain::access::Scope::Read, aisoule_bridge::domain::access::Dialect::Interop).await) };
        strict.find("/Users", "active eq \"True\"", "").await.expect_error(400, Some("invalidFilter"));
        scim.find("/Groups", "userName eq \"x\"", "").await.expect_error(400, Some("invalidFilter"));
    }
}
