//! What stands in the audit log and in somebody's story, in words: every field that a command writes has a name in every
//! language, and what the program calls things is said as people call them.

use std::collections::BTreeSet;
use std::path::Path;

use aisoule_bridge::domain::letter::Letter;
use aisoule_bridge::http::texts::Language;
use aisoule_bridge::scim::schema::ResourceType;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::support::on_both;

/// The name of a text that is made from a name of the program.
fn place(prefix: &str, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    format!("{prefix}-{}", name.chars().map(plain).collect::<String>())
}

#[track_caller]
fn are_said(prefix: &str, names: &BTreeSet<String>) {
    for language in Language::ALL {
        let missing: Vec<&String> = names.iter().filter(|name| language.find(&place(prefix, name)).is_none()).collect();
        assert!(missing.is_empty(), "no {prefix}- in {} for {missing:?}", language.tag());
    }
}

/// The code of a folder, without its tests.
fn code(folder: &str) -> Vec<String> {
    fn read(folder: &Path, all: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, all);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                all.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
            }
        }
    }
    let mut all = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut all);
    assert!(!all.is_empty());
    all
}

/// The text between the brackets that open at the beginning.
fn within(text: &str) -> &str {
    let mut depth = 1;
    let end = text.find(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    &text[..end.unwrap_or(text.len())]
}

/// The quoted names that come before a colon.
fn keys(json: &str) -> impl Iterator<Item = String> {
    let parts: Vec<&str> = json.split('"').collect();
    let names = parts.windows(2).skip(1).step_by(2);
    names
        .filter(|pair| pair[1].trim_start().starts_with(':'))
        .map(|pair| pair[0].to_owned())
        .collect::<Vec<_>>()
        .into_iter()
}

/// Every name that stands in the details that commands write.
fn written() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for text in code("src/command") {
        for rest in text.split("json!(").skip(1) {
            all.extend(keys(within(rest)));
        }
        // Of a map that grows: `changes.insert("secret".into(), …)`.
        all.extend(text.split("insert(\"").skip(1).filter_map(|rest| Some(rest.split_once("\".into()")?.0.to_owned())));
    }
    all.retain(|name| name != "old" && name != "new");
    all
}

#[test]
fn every_field_that_a_command_writes_has_a_name_in_every_language() {
    let written = written();
    assert!(written.len() > 90, "{written:?}");
    for known in
        ["dead", "due_at", "old_secret_until", "trusts_email", "endpoints", "post_logout_redirect_uris", "as_of"]
    {
        assert!(written.contains(known), "{known}");
    }
    are_said("audit-field", &written);
}

#[test]
fn every_attribute_that_a_provider_sends_has_a_name_in_every_language() {
    let mut all = BTreeSet::new();
    let enterprise = ResourceType::User.extensions().iter().filter(|schema| schema.id.contains("enterprise"));
    let schemas = [ResourceType::User.schema(), ResourceType::Group.schema()].into_iter().chain(enterprise);
    for attribute in schemas.flat_map(|schema| &schema.attributes).filter(|attribute| attribute.name != "password") {
        all.insert(attribute.name.clone());
        all.extend(attribute.sub_attributes.iter().map(|sub| sub.name.trim_start_matches('$').to_owned()));
    }
    assert!(all.len() > 40, "{all:?}");
    are_said("audit-field", &all);
}

#[test]
fn every_reason_for_which_a_session_ends_and_every_letter_has_words() {
    let mut reasons = BTreeSet::from(["expired".to_owned()]);
    for text in code("src/command").iter().chain(&code("src/http")) {
        for call in ["end_all_of(", "end_all_but(", "end_all_through(", "end(change,"] {
            for rest in text.split(call).skip(1) {
                let quoted: Vec<&str> = within(rest).split('"').collect();
                reasons.extend(quoted.iter().skip(1).step_by(2).map(|&reason| reason.to_owned()));
            }
        }
        reasons.extend(text.split("reason: \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    assert!(reasons.len() >= 12 && reasons.contains("logout"), "{reasons:?}");
    are_said("audit-word-reason", &reasons);
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/letter.rs")).unwrap();
    let kinds = source.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let kinds: BTreeSet<String> = kinds.collect();
    assert!(kinds.contains(Letter::Welcome.kind()) && kinds.len() >= 14, "{kinds:?}");
    are_said("audit-word-letter", &kinds);
}

/// The names that stand in a value, however deep.
fn names(value: &Value, all: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                all.extend((!["old", "new"].contains(&name.as_str())).then(|| name.trim_start_matches('$').to_owned()));
                names(value, all);
            }
        }
        Value::Array(list) => list.iter().for_each(|one| names(one, all)),
        _ => {}
    }
}

on_both! {
    async fn whatever_happens_in_a_workspace_is_told_in_words(db) {
        let mut desk = Desk::new(db).await;
        desk.furnish().await;
        let log = desk.browser.get("/settings/audit/export?format=jsonl").await.expect(200);
        let (mut fields, mut actions) = (BTreeSet::new(), BTreeSet::new());
        for line in log.html.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            names(&line["changes"], &mut fields);
            actions.insert(line["action"].as_str().unwrap().to_owned());
        }
        assert!(fields.len() > 40 && actions.len() > 15, "{fields:?} {actions:?}");
        are_said("audit-field", &fields);
        for action in actions {
            let (noun, verb) = (action.split('.').next().unwrap(), action.rsplit('.').next().unwrap());
            are_said("audit-noun", &BTreeSet::from([noun.to_owned()]));
            are_said("audit-verb", &BTreeSet::from([verb.to_owned()]));
        }
        // No page of it has a moment as machines write it.
        let mut german = desk.browser.with("accept-language", "de");
        for path in ["/settings/audit", "/settings/audit?action=connection.*", "/settings/audit?action=review.*", "/settings/audit?action=key.*"] {
            let html = german.get(path).await.expect(200).html;
            assert!(!html.contains("Z</td>") && !html.contains("+00:00</td>") && !html.contains("true</td>") && !html.contains("false</td>"), "{path}: {html}");
        }
    }

    async fn a_german_log_says_yes_and_no_moments_statuses_reasons_and_permissions_in_german(db) {
        let mut desk = Desk::new(db).await;
        let api = desk.api().await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await;
        let mut annas = desk.browser_of("anna@acme.example").await;
        api.post("/roles", json!({"name": "Lead", "permissions": ["users:read", "chat:write"]})).await.expect(201);
        api.post("/teams", json!({"name": "Night", "assignment_strategy": "round_robin"})).await.expect(201);
        let okta = json!({"name": "Okta", "kind": "okta", "issuer": "https://acme.okta.invalid", "client_id": "0oa1", "secret": "s", "trusts_email": true});
        api.post("/connections", okta).await.expect(201);
        api.post("/webhooks", json!({"name": "CRM", "url": "http://127.0.0.1:18080/hook", "events": ["user.*", "team.created"]})).await.expect(201);
        api.put(&format!("/users/{}", anna.id), json!({"is_active": false})).await.expect(200);
        assert!(annas.get("/account").await.answer.status == 303);
        let token = [("name", "okta"), ("scope", "scim"), ("profile", "compat"), ("lifetime", "30")];
        desk.sends("/settings/provisioning", "/settings/provisioning/tokens", &token).await.expect(200);
        let mut german = desk.browser.with("accept-language", "de");
        for (action, words) in [
            ("role.created", &["Benutzer sehen, ihre Rollen und Teams"][..]),
            ("team.created", &["Wie Konversationen verteilt werden", "Reihum"]),
            ("connection.created", &["Glaubt ungeprüfte E-Mail-Adressen", ">ja<"]),
            ("endpoint.created", &["Personen, Team angelegt", "Aktiv"]),
            ("user.deactivated", &["Inaktiv", "Von Hand deaktiviert"]),
            ("session.revoked", &["die Person wurde deaktiviert"]),
            ("session.opened", &["mit Passwort", ">nein<"]),
            ("token.created", &["lesen und schreiben", "wie Okta und Entra ID wirklich senden", " UTC<"]),
        ] {
            let html = german.get(&format!("/settings/audit?action={action}")).await.expect(200).html;
            for word in words {
                assert!(html.contains(word), "{action}: {word} in {html}");
            }
        }
        let story = german.get(&format!("/settings/users/{}", anna.id)).await.expect(200).html;
        for word in ["<ins>Inaktiv</ins>", "Von Hand festgehalten:", "<ins>Von Hand deaktiviert</ins>"] {
            assert!(story.contains(word), "{word} in {story}");
        }
        let told = story.split("id=\"story\"").nth(1).unwrap().split("</section>").next().unwrap();
        for word in ["is_available", "inactive<", ">true<", ">false<"] {
            assert!(!told.contains(word), "{word} in {story}");
        }
    }

    async fn what_was_refused_is_told_in_the_consoles_words_and_not_in_those_of_programs(db) {
        let mut desk = Desk::new(db).await;
        let (api, scim) = (desk.api().await, desk.scim().await);
        let cleo = scim.user("cleo").await;
        let group = scim.group("Support", &[&cleo]).await;
        let team = api.post("/teams", json!({"name": "Night"})).await.expect(201).made();
        api.post("/rules", json!({"group_id": group, "teams": [{"team_id": team}]})).await.expect(201);
        api.delete(&format!("/teams/{team}/members/{cleo}")).await;
        let who = format!("/settings/users/{cleo}");
        desk.sends(&who, &format!("{who}/teams/remove"), &[("team", &team)]).await.expect(422);
        desk.sends("/settings/teams", &format!("/settings/teams/{team}/delete"), &[]).await.expect(422);
        scim.post("/Users", json!({"userName": "cleo"})).await.expect(409);
        let edit = format!("{who}/edit");
        let version = desk.browser.get(&edit).await.expect(200).hidden("version").unwrap();
        let role = api.role("Agent").await;
        let fields = [("full_name", "Cleo Carr"), ("email", "cleo@acme.example"), ("role", role.as_str()), ("version", version.as_str())];
        desk.sends(&edit, &edit, &fields).await.expect(422);
        for (language, words, owned) in [
            ("en", ["Night is in use (0 users, 1 rule)", "Another user already has this userName."], "ticks the box that says so"),
            ("de", ["Night wird benutzt (0 Benutzer, 1 Regel)", "Es gibt schon einen Benutzer mit demselben Wert im Feld userName."], "setzt das Häkchen dafür"),
        ] {
            let mut reader = desk.browser.with("accept-language", language);
            let html = reader.get("/settings/audit").await.expect(200).html;
            for word in words.iter().chain([&owned]) {
                assert!(html.contains(word), "{word} in {html}");
            }
            let story = reader.get(&who).await.expect(200).html;
            assert!(story.contains(owned), "{story}");
            for html in [html, story, reader.get(&edit).await.expect(200).html] {
                assert!(!html.contains("with overrule") && !html.contains("epeat the request"), "{html}");
            }
        }
    }
}
