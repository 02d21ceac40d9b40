//! The filter and PATCH engines against a second implementation, scim2-models, on generated cases.
//!
//! This side makes the cases from a seed and says what the bridge makes of each; differential/compare.py asks
//! scim2-models the same, compares, and looks every difference up in differential/differences.toml.

use std::io::{BufWriter, Write};
use std::process::Command;

use aisoule_bridge::scim::Profile;
use aisoule_bridge::scim::filter::{Filter, evaluate};
use aisoule_bridge::scim::patch::Patch;
use aisoule_bridge::scim::resource::{Context, normalise};
use aisoule_bridge::scim::schema::ResourceType;
use serde_json::{Map, Value, json};

use crate::generated::{Choices, Users};

/// So many filters, each over `RESOURCES` users, and so many patches.
const FILTERS: usize = 85_000;
const PATCHES: usize = 20_000;
const RESOURCES: usize = 6;

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn canonical(users: &Users, choices: &mut Choices) -> Map<String, Value> {
    normalise(ResourceType::User, users.body(choices), Context::Create, Profile::Compat).unwrap()
}

/// What the bridge makes of a filter: for each resource whether it is selected, or the keyword of the refusal.
fn filtered(text: &str, resources: &[Map<String, Value>]) -> Value {
    match Filter::parse(ResourceType::User, text, Profile::Compat) {
        Ok(filter) => json!(resources.iter().map(|one| evaluate::matches(&filter, one)).collect::<Vec<_>>()),
        Err(error) => json!(error.scim_type.map(|kind| kind.as_str())),
    }
}

fn patched(profile: Profile, resource: &Map<String, Value>, body: &Value) -> Value {
    match Patch::parse(ResourceType::User, body, profile).and_then(|patch| patch.apply(resource)) {
        Ok(patched) => Value::Object(patched),
        Err(error) => json!(error.scim_type.map(|kind| kind.as_str())),
    }
}

#[test]
#[ignore = "needs scim2-models: tests/conformance/setup.sh installs it, .ci/run runs this"]
fn every_difference_from_scim2_models_is_explained() {
    let users = Users::new();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let file = format!("{root}target/differential.jsonl");
    let mut cases = BufWriter::new(std::fs::File::create(&file).unwrap());
    let seed = number("BRIDGE_TEST_SEED", 2026);
    let mut choices = Choices::of_seed(u64::try_from(seed).unwrap());
    let resources: Vec<Map<String, Value>> = (0..RESOURCES)
        .map(|number| {
            let canonical = canonical(&users, &mut choices);
            users.answered(&mut choices, &canonical, number)
        })
        .collect();
    writeln!(cases, "{}", json!({"resources": resources})).unwrap();
    for _ in 0..number("BRIDGE_TEST_DIFFERENTIAL_FILTERS", FILTERS) {
        let mut text = users.filter(&mut choices, 3);
        if choices.once_in(5) {
            text = users.broken(&mut choices, &text);
        }
        writeln!(cases, "{}", json!({"filter": text, "bridge": filtered(&text, &resources)})).unwrap();
    }
    for _ in 0..number("BRIDGE_TEST_DIFFERENTIAL_PATCHES", PATCHES) {
        let resource = canonical(&users, &mut choices);
        let body = users.patch(&mut choices);
        let profile = *choices.pick(&[Profile::Compat, Profile::Interop]);
        let case = json!({"resource": resource, "patch": body, "compat": profile.is_compat(), "bridge": patched(profile, &resource, &body)});
        writeln!(cases, "{case}").unwrap();
    }
    cases.flush().unwrap();
    let comparison = Command::new(format!("{root}target/conformance-venv/bin/python"))
        .arg(format!("{root}tests/differential/compare.py"))
        .arg(&file)
        .output()
        .expect("tests/conformance/setup.sh has been run");
    println!("{}", String::from_utf8_lossy(&comparison.stdout));
    assert!(comparison.status.success(), "{}", String::from_utf8_lossy(&comparison.stderr));
}
