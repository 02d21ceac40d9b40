//! The same requests give the same answers on both databases, apart from ids and times.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::filters::Dice;
use crate::support::{Bridge, Fresh, Scim};

const NAMES: [&str; 12] =
    ["anna", "ANNA", "Élan", "e\u{301}lan", "ß", "SS", "ben@x.org", "Ben@X.org", "a%", "a_", "\u{1f600}", "zoë"];

/// Everything that differs from run to run, replaced by what it stands for.
struct Names {
    ids: HashMap<String, usize>,
    base: String,
}

impl Names {
    fn normal(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let text = text.replace(&self.base, "");
                if text.len() >= 20 && text.as_bytes()[4] == b'-' && text.ends_with('Z') {
                    return "(time)".into();
                }
                let mut named = String::new();
                for part in text.split_inclusive(['/', ' ', '"']) {
                    let id = part.trim_end_matches(['/', ' ', '"']);
                    if id.len() == 36 && uuid::Uuid::try_parse(id).is_ok() {
                        let next = self.ids.len();
                        let number = *self.ids.entry(id.to_owned()).or_insert(next);
                        named.extend(["(id ", &number.to_string(), ")"]);
                    } else {
                        named.push_str(part);
                    }
                }
                named.into()
            }
            Value::Array(items) => items.iter().map(|item| self.normal(item)).collect(),
            Value::Object(members) => {
                // A cursor is signed anew each time.
                let shown = members.iter().map(|(name, value)| {
                    (name.clone(), if name == "nextCursor" { json!("(cursor)") } else { self.normal(value) })
                });
                Value::Object(shown.collect())
            }
            other => other.clone(),
        }
    }
}

fn request(dice: &mut Dice, users: &[String], groups: &[String]) -> (&'static str, String, Value) {
    let nobody = "00000000-0000-7000-8000-000000000000".to_owned();
    let user = users.get(dice.roll(users.len().max(1))).cloned().unwrap_or_else(|| nobody.clone());
    let group = groups.get(dice.roll(groups.len().max(1))).cloned().unwrap_or(nobody);
    let name = *dice.pick(&NAMES);
    let patch = |operation: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
    let filter =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    match dice.roll(16) {
        0..=2 => (
            "POST",
            "/Users".into(),
            json!({"userName": format!("{name}{}", dice.roll(12)), "displayName": dice.pick(&NAMES), "externalId": format!("{}", dice.roll(40)),
            "emails": [{"value": format!("{}@x", dice.roll(40)), "type": "work"}], "active": dice.roll(4) > 0}),
        ),
        3 => (
            "PUT",
            format!("/Users/{user}"),
            json!({"userName": format!("{name}{}", dice.roll(12)), "title": name, "active": dice.roll(3) > 0}),
        ),
        4 => (
            "PATCH",
            format!("/Users/{user}"),
            patch(json!({"op": "replace", "value": {"active": dice.roll(2) == 0, "nickName": name}})),
        ),
        5 => (
            "PATCH",
            format!("/Users/{user}"),
            patch(
                json!({"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": format!("{}", dice.roll(9))}),
            ),
        ),
        6 => ("DELETE", format!("/Users/{user}"), Value::Null),
        7 => (
            "POST",
            "/Groups".into(),
            json!({"displayName": format!("{name}{}", dice.roll(6)), "members": [{"value": user}]}),
        ),
        8 => (
            "PATCH",
            format!("/Groups/{group}"),
            patch(json!({"op": "add", "path": "members", "value": [{"value": user}]})),
        ),
        9 => (
            "PATCH",
            format!("/Groups/{group}"),
            patch(json!({"op": "remove", "path": format!("members[value eq \"{user}\"]")})),
        ),
        10 => ("PUT", format!("/Groups/{group}"), json!({"displayName": name, "members": [{"value": user}]})),
        11 => ("DELETE", format!("/Groups/{group}"), Value::Null),
        12 => (
            "GET",
            format!(
                "/Users?sortBy={}&count=20&startIndex={}",
                dice.pick(&["userName", "displayName", "title", "emails", "externalId"]),
                1 + dice.roll(9)
            ),
            Value::Null,
        ),
        13 => (
            "GET",
            format!(
                "/Users?filter={}",
                filter(&format!(
                    "{} {} {}",
                    dice.pick(&["userName", "displayName", "title", "externalId", "emails.value", "nickName"]),
                    dice.pick(&["eq", "ne", "co", "sw", "ew", "gt", "le"]),
                    json!(name)
                ))
            ),
            Value::Null,
        ),
        14 => (
            "GET",
            format!("/Groups?filter={}", filter(&format!("members eq \"{user}\" or displayName sw {}", json!(name)))),
            Value::Null,
        ),
        _ => ("GET", format!("/Users/{user}"), Value::Null),
    }
}

async fn play(bridge: &Bridge, steps: usize) -> Vec<String> {
    let workspace = bridge.workspace("Acme", 40, aisoule_bridge::domain::seat::SeatPolicy::Park).await;
    let token = bridge
        .token(
            &workspace,
            aisoule_bridge::domain::access::Scope::Write,
            aisoule_bridge::domain::access::Dialect::Compat,
        )
        .await;
    let scim: Scim = bridge.client(&token);
    let (mut dice, mut users, mut groups) = (Dice(7), Vec::new(), Vec::new());
    let mut names = Names { ids: HashMap::new(), base: scim.url("") };
    let mut transcript = Vec::with_capacity(steps);
    for _ in 0..steps {
        let (method, path, body) = request(&mut dice, &users, &groups);
        let sent = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = scim.send(method, &scim.url(&path), sent).await;
        if let (201, Some(id)) = (answer.status, answer.json["id"].as_str()) {
            let list = if path == "/Users" { &mut users } else { &mut groups };
            if !list.iter().any(|known| known == id) {
                list.push(id.to_owned());
            }
        }
        let shown = names.normal(&answer.json);
        let etag = answer.header("etag").unwrap_or_default().to_owned();
        let path = percent_encoding::percent_decode_str(&path).decode_utf8_lossy().into_owned();
        transcript.push(format!("{method} {} -> {} {etag} {shown}", names.normal(&json!(path)), answer.status));
    }
    bridge.counters(&workspace).await;
    transcript
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_give_the_same_transcript() {
    let steps = std::env::var("BRIDGE_TEST_TRACE").ok().and_then(|steps| steps.parse().ok()).unwrap_or(1_000);
    let Some(postgres) = Fresh::postgres().await else { return };
    let (sqlite, postgres) = (Fresh::sqlite().bridge().await, postgres.bridge().await);
    let (ours, theirs) = (play(&sqlite, steps).await, play(&postgres, steps).await);
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.len(), theirs.len());
    for status in ["-> 200", "-> 201", "-> 204", "-> 404", "-> 409"] {
        assert!(ours.iter().any(|line| line.contains(status)), "nothing was answered with {status}");
    }
}
