//! Two people with the same form open: whoever sends it second is told what the first one did, and nothing of either is lost.

use serde_json::json;

use crate::desk::{Desk, PASSWORD};
use crate::presses::Presses;
use crate::support::browser::{Browser, Page};
use crate::support::{Fresh, On, on_both};

type Fields = Vec<(&'static str, String)>;

/// A form of some noun, filled in by two people.
struct Case {
    what: &'static str,
    /// The page that has it.
    at: String,
    /// Where it goes.
    to: String,
    first: Fields,
    second: Fields,
    /// What the refusal says of what the first one did.
    now: &'static str,
    /// What it still has of what the second one typed.
    typed: &'static str,
    /// Whether the form is still there to be sent again.
    again: bool,
    /// The label of what was typed and is secret.
    secret: Option<&'static str>,
}

fn fields(all: &[(&'static str, &str)]) -> Fields {
    all.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// A form as it was opened: its proof and what it was made from are those of that moment.
#[derive(Clone)]
struct Opened {
    fields: Fields,
}

async fn opened(browser: &mut Browser, case: &Case) -> Opened {
    let page = browser.get(&case.at).await.expect(200);
    from(&page, case, &case.first)
}

/// The form on a page.
fn from(page: &Page, case: &Case, about: &Fields) -> Opened {
    let about: Vec<(&str, &str)> = about.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let seen = page.seen(&case.to, &about).unwrap_or_else(|| panic!("{}: {}", case.what, page.html));
    assert!(!seen.is_empty(), "{}", case.what);
    Opened { fields: vec![("form", page.hidden("form").unwrap()), ("seen", seen)] }
}

async fn sent(browser: &mut Browser, case: &Case, form: &Opened, typed: &Fields) -> Page {
    let all: Vec<(&str, &str)> = form.fields.iter().chain(typed).map(|(name, value)| (*name, value.as_str())).collect();
    browser.raw(&case.to, &all).await
}

/// A workspace with one of each noun, and the form of each.
async fn cases(desk: &mut Desk) -> Vec<Case> {
    let (api, scim) = (desk.api().await, desk.scim().await);
    let anna = desk.person("anna@acme.example", "Anna", "Agent").await.id.to_string();
    let ben = desk.person("ben@acme.example", "Ben", "Agent").await.id.to_string();
    let lead = api.post("/roles", json!({"name": "Lead", "permissions": ["chat:read"]})).await.expect(201).made();
    let team = api.post("/teams", json!({"name": "Support"})).await.expect(201).made();
    let night = api.post("/teams", json!({"name": "Night"})).await.expect(201).made();
    let group = scim.group("Crew", &[]).await;
    let other = scim.group("Others", &[]).await;
    let rule = |group: &str| json!({"group_id": group, "role_id": lead, "priority": 3});
    let one = api.post("/rules", rule(&group)).await.expect(201).made();
    let two = api.post("/rules", rule(&other)).await.expect(201).made();
    let okta = json!({"name": "Okta", "kind": "okta", "issuer": "https://acme.okta.invalid", "client_id": "0oa1", "secret": "the lock of the mill"});
    let connection = api.post("/connections", okta).await.expect(201).made();
    let google = json!({"name": "Google", "kind": "google", "issuer": "https://accounts.google.com", "client_id": "g1", "secret": "the lock of the mill"});
    let another = api.post("/connections", google).await.expect(201).made();
    api.post("/domains", json!({"domain": "acme.org"})).await.expect(201);
    let hook = json!({"name": "CRM", "url": "http://127.0.0.1:18080/hook", "events": ["user.*"]});
    let endpoint = api.post("/webhooks", hook).await.expect(201).made();
    let remote = json!({"profile": "aisoule", "base_url": "http://127.0.0.1:18080/api", "api_key": "k"});
    api.post("/connector", remote).await.expect(201);
    let case = |what, at: String, first: Fields, second: Fields, now, typed| Case {
        what,
        to: at.clone(),
        at,
        first,
        second,
        now,
        typed,
        again: true,
        secret: None,
    };
    let roles = format!("/settings/roles/{lead}");
    let teams = format!("/settings/teams/{team}");
    let rules = format!("/settings/rules/{one}");
    let priority = |value| fields(&[("role", &lead), ("priority", value), ("step", "save")]);
    let order =
        |value| fields(&[("rule", &one), ("priority", value), ("rule", &two), ("priority", "20"), ("step", "save")]);
    let member = |kind| fields(&[("user", &anna), ("kind", kind), ("search", "anna")]);
    let sso = |name| {
        fields(&[
            ("id", &connection),
            ("secret", "the miller's daughter"),
            ("kind", "okta"),
            ("name", name),
            ("issuer", "https://acme.okta.invalid"),
            ("client_id", "0oa1"),
            ("auth_method", "client_secret_basic"),
        ])
    };
    let remote = |adopts: &[(&'static str, &str)]| {
        let base = fields(&[("profile", "aisoule"), ("base_url", "http://127.0.0.1:18080/api"), ("api_key", "k2")]);
        [base, fields(adopts)].concat()
    };
    let strategy = |name, about, strategy| {
        fields(&[("name", name), ("description", about), ("strategy", strategy), ("active", "yes")])
    };
    vec![
        case(
            "a role",
            roles,
            fields(&[
                ("name", "Lead"),
                ("description", "Leads"),
                ("permission", "chat:read"),
                ("permission", "chat:write"),
            ]),
            fields(&[("name", "Chief"), ("description", ""), ("permission", "chat:read")]),
            "<dd>chat:read, chat:write</dd>",
            "value=\"Chief\"",
        ),
        case(
            "a team",
            teams.clone(),
            strategy("Support", "By day", "manual"),
            strategy("Help", "", "round_robin"),
            "<dd>By day</dd>",
            "value=\"Help\"",
        ),
        Case {
            to: format!("{teams}/add"),
            again: false,
            ..case(
                "a member of a team",
                format!("{teams}?search=anna"),
                member("manager"),
                member("agent"),
                "<dt>Anna</dt><dd>Manager</dd>",
                "value=\"anna\"",
            )
        },
        case("a rule", rules, priority("4"), priority("9"), "<dd>4</dd>", "value=\"9\""),
        Case {
            to: "/settings/rules/order".into(),
            ..case(
                "the order of rules",
                "/settings/rules".into(),
                order("10"),
                order("30"),
                "<dt>Crew</dt><dd>10</dd>",
                "value=\"30\"",
            )
        },
        case(
            "a group",
            format!("/settings/groups/{group}"),
            fields(&[("name", "Helpers")]),
            fields(&[("name", "Heroes")]),
            "<dd>Helpers</dd>",
            "value=\"Heroes\"",
        ),
        Case {
            secret: Some("Client secret"),
            ..case(
                "a connection",
                format!("/settings/sso/connections/{connection}/edit"),
                sso("Okta One"),
                sso("Okta Two"),
                "<dd>Okta One</dd>",
                "value=\"Okta Two\"",
            )
        },
        case(
            "an endpoint",
            format!("/settings/webhooks/{endpoint}/edit"),
            fields(&[("name", "CRM One"), ("url", ""), ("family", "user.*"), ("family", "group.*")]),
            fields(&[("name", "CRM Two"), ("url", ""), ("family", "user.*")]),
            "<dd>user.*, group.*</dd>",
            "value=\"CRM Two\"",
        ),
        Case {
            secret: Some("API key"),
            ..case(
                "the connector",
                "/settings/connector/edit".into(),
                remote(&[("adopts", "on")]),
                remote(&[]),
                "<dd>Yes</dd>",
                "value=\"http://127.0.0.1:18080/api\"",
            )
        },
        Case {
            to: format!("/settings/users/{ben}/teams/add"),
            again: false,
            ..case(
                "the teams of a person",
                format!("/settings/users/{ben}"),
                fields(&[("team", &night), ("kind", "manager")]),
                fields(&[("team", &night), ("kind", "agent")]),
                "<dt>Night</dt><dd>Manager</dd>",
                "Night",
            )
        },
        case(
            "the seats",
            "/settings/seats".into(),
            fields(&[("plan", "scale"), ("own_limit", "40"), ("policy", "park")]),
            fields(&[("plan", "growth"), ("own_limit", "30"), ("policy", "reject")]),
            "<dd>40</dd>",
            "value=\"30\"",
        ),
        Case {
            to: "/settings/audit/retention".into(),
            ..case(
                "for how long the audit log is kept",
                "/settings/audit/proof".into(),
                fields(&[("keep", "some"), ("days", "300")]),
                fields(&[("keep", "some"), ("days", "200")]),
                "<dd>300</dd>",
                "value=\"200\"",
            )
        },
        Case {
            to: "/settings/sso/domains/acme.org/connection".into(),
            ..case(
                "the connection of a domain",
                "/settings/sso/domains/acme.org".into(),
                fields(&[("connection", &connection)]),
                fields(&[("connection", &another)]),
                "<dd>Okta",
                "selected>Google</option>",
            )
        },
    ]
}

on_both! {
    async fn of_two_open_forms_the_second_is_refused_says_what_the_first_did_and_loses_nothing(db) {
        let mut desk = Desk::new(db).await;
        for case in cases(&mut desk).await {
            let what = case.what;
            let form = opened(&mut desk.browser, &case).await;
            let first = sent(&mut desk.browser, &case, &form, &case.first).await;
            assert_eq!(first.answer.status, 303, "{what}: {}", first.html);
            let stood = desk.bridge.counts(&["SELECT count(*) AS n FROM audit_log"]).await;
            let second = sent(&mut desk.browser, &case, &form, &case.second).await;
            assert_eq!(second.answer.status, 422, "{what}: {}", second.html);
            for words in ["It has changed in the meantime", "Somebody else has changed it", case.now, case.typed] {
                assert!(second.html.contains(words), "{what}: {words} in {}", second.html);
            }
            // What was typed and is not repeated is named.
            let again = second.html.split_once("Type it once more: ").map(|(_, rest)| rest.split('.').next().unwrap());
            assert_eq!(again, case.secret, "{what}: {}", second.html);
            assert!(!second.html.contains("miller") && !second.html.contains("value=\"k2\""), "{what}: {}", second.html);
            assert_eq!(desk.bridge.counts(&["SELECT count(*) AS n FROM audit_log"]).await, stood, "{what}: nothing was written");
            if !case.again {
                continue;
            }
            // Whoever has seen both, and sends theirs once more, means it.
            let form = from(&second, &case, &case.second);
            let third = sent(&mut desk.browser, &case, &form, &case.second).await;
            assert_eq!(third.answer.status, 303, "{what}: {}", third.html);
        }
    }

    async fn a_form_that_says_nothing_of_what_it_was_made_from_changes_nothing(db) {
        let mut desk = Desk::new(db).await;
        for case in cases(&mut desk).await {
            let mut form = opened(&mut desk.browser, &case).await;
            for seen in [None, Some(""), Some("0")] {
                form.fields.retain(|(name, _)| *name != "seen");
                form.fields.extend(seen.map(|seen| ("seen", seen.to_owned())));
                let page = sent(&mut desk.browser, &case, &form, &case.first).await;
                assert_eq!(page.answer.status, 422, "{} {seen:?}: {}", case.what, page.html);
            }
        }
    }

    async fn of_two_who_have_the_page_of_one_person_nobody_undoes_what_the_other_did_about_their_teams(db) {
        let mut desk = Desk::new(db).await;
        let api = desk.api().await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await.id.to_string();
        let mut teams = Vec::new();
        for name in ["Day", "Night"] {
            teams.push(api.post("/teams", json!({"name": name})).await.expect(201).made());
        }
        let who = format!("/settings/users/{anna}");
        let add = format!("{who}/teams/add");
        desk.sends(&who, &add, &[("team", &teams[0]), ("kind", "agent")]).await.expect(303);
        let page = desk.browser.get(&who).await.expect(200);
        let (proof, seen) = (page.hidden("form").unwrap(), page.seen(&add, &[]).unwrap());
        // Somebody else makes her lead the day, and puts her into the night.
        for team in &teams {
            api.post(&format!("/teams/{team}/members"), json!({"user_id": anna, "role": "manager"})).await.expect(201);
        }
        let stood = desk.bridge.counts(&["SELECT count(*) AS n FROM audit_log"]).await;
        for (act, team) in [("remove", &teams[0]), ("add", &teams[1]), ("release", &teams[0])] {
            let mut fields = vec![("form", proof.as_str()), ("seen", seen.as_str()), ("team", team.as_str())];
            fields.extend((act == "add").then_some(("kind", "agent")));
            let page = desk.browser.raw(&format!("{who}/teams/{act}"), &fields).await.expect(422);
            for words in ["Somebody else has changed it", "<dt>Day</dt><dd>Manager</dd>", "<dt>Night</dt><dd>Manager</dd>"] {
                assert!(page.html.contains(words), "{act}: {words} in {}", page.html);
            }
        }
        assert_eq!(desk.bridge.counts(&["SELECT count(*) AS n FROM audit_log"]).await, stood, "nothing was written");
        // Whoever looks again may do it; the page of editing has the same forms.
        desk.sends(&who, &format!("{who}/teams/remove"), &[("team", &teams[0])]).await.expect(303);
        desk.sends(&format!("{who}/edit"), &format!("{who}/teams/remove"), &[("team", &teams[1])]).await.expect(303);
    }

    async fn somebody_elses_edit_of_a_person_is_shown_beside_what_was_typed_and_can_be_replaced(db) {
        let mut desk = Desk::new(db).await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await;
        let at = format!("/settings/users/{}/edit", anna.id);
        let role = anna.role.id.to_string();
        let with = |name: &'static str, version| [("full_name", name), ("email", "anna@acme.example"), ("role", role.as_str()), ("version", version)];
        let version = desk.browser.get(&at).await.expect(200).hidden("version").unwrap();
        desk.sends(&at, &at, &with("Anna Berg", &version)).await.expect(303);
        let page = desk.sends(&at, &at, &with("Anna Carr", &version)).await.expect(422);
        assert!(page.html.contains("<dd>Anna Berg</dd>") && page.html.contains("value=\"Anna Carr\""), "{}", page.html);
        let version = page.hidden("version").unwrap();
        desk.sends(&at, &at, &with("Anna Carr", &version)).await.expect(303);
    }

    async fn of_two_reviewers_the_second_sees_what_the_first_decided_and_keeps_all_that_was_typed(db) {
        let mut desk = Desk::new(db).await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await.id.to_string();
        let root = desk.root.id.to_string();
        desk.person("mia@acme.example", "Mia", "Manager").await;
        let mut mia = desk.browser_of("mia@acme.example").await;
        let id = desk.api().await.post("/reviews", json!({"name": "Autumn"})).await.expect(201).made();
        let (path, decide) = (format!("/settings/reviews/{id}"), format!("/settings/reviews/{id}/decide"));
        // The page of those about whom nothing is decided: whoever is decided about stands there no more.
        let undecided = format!("{path}?which=undecided");
        let page = desk.browser.get(&undecided).await.expect(200);
        let typed: [(&str, &str); 7] = [("which", "undecided"), ("u0", &anna), ("d0", "keep"), ("n0", "is back in May"), ("u1", &root), ("d1", "keep"), ("n1", "the <owner>")];
        let each = page.seen_each(&typed);
        let form = |page: &Page, each: &[(String, String)]| {
            let mut all = vec![("form".to_owned(), page.hidden("form").unwrap())];
            all.extend(each.iter().cloned().chain(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))));
            all
        };
        let send = async |desk: &mut Desk, fields: Vec<(String, String)>| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            desk.browser.raw(&decide, &fields).await
        };
        mia.post(&path, &decide, &[("u0", &anna), ("d0", "deactivate"), ("n0", "left")]).await.expect(303);
        let stood = desk.bridge.counts(&["SELECT count(*) AS n FROM audit_log"]).await;
        let second = send(&mut desk, form(&page, &each)).await.expect(422);
        for words in ["Somebody else has changed it", "<dt>Anna</dt><dd>Deactivate · Note: left · Decided by Mia", "value=\"is back in May\"", "value=\"the &#60;owner&#62;\""] {
            assert!(second.html.contains(words), "{words} in {}", second.html);
        }
        assert!(!second.html.contains("<dt>Root</dt>"), "{}", second.html);
        assert_eq!(desk.bridge.counts(&["SELECT count(*) AS n FROM audit_log"]).await, stood, "nothing was written");
        // Whoever has seen both, and sends theirs once more, means it.
        let each = second.seen_each(&typed);
        send(&mut desk, form(&second, &each)).await.expect(303);
        let html = desk.shows(&path).await;
        assert!(html.contains("value=\"is back in May\"") && html.contains("2 of 3 decided"), "{html}");
    }

    async fn a_rule_that_changed_is_refused_before_anybody_looks_at_who_would_change(db) {
        let mut desk = Desk::new(db).await;
        let cases = cases(&mut desk).await;
        let case = cases.iter().find(|case| case.what == "a rule").unwrap();
        let form = opened(&mut desk.browser, case).await;
        let look: Fields = case.second.iter().filter(|(name, _)| *name != "step").cloned().chain([("step", "look".into())]).collect();
        let page = sent(&mut desk.browser, case, &form, &look).await.expect(200);
        // The page that shows who would change sends on what the form was made from.
        assert_eq!(page.hidden("seen").as_deref(), Some(form.fields[1].1.as_str()));
        sent(&mut desk.browser, case, &form, &case.first).await.expect(303);
        for typed in [&look, &case.second] {
            let page = sent(&mut desk.browser, case, &form, typed).await.expect(422);
            assert!(page.html.contains(case.now) && page.html.contains(case.typed), "{}", page.html);
        }
    }

    async fn a_company_with_a_link_does_not_undo_what_an_admin_did_meanwhile(db) {
        let mut desk = Desk::new(db).await;
        let link = desk.setup_link("Globex").await;
        let mut customer = desk.customer(&link).await;
        customer.post("/setup", "/setup/provider", &[("provider", "okta")]).await.expect(303);
        let okta = |name: &'static str| [("name", name), ("issuer", "https://globex.okta.invalid"), ("client_id", "0oa1"), ("secret", "the lock of the mill")];
        customer.post("/setup", "/setup/connection", &okta("Globex")).await.expect(303);
        let page = customer.get("/setup").await.expect(200);
        let (proof, seen) = (page.hidden("form").unwrap(), page.seen("/setup/connection", &[]).unwrap());
        let all = desk.api().await.get("/connections").await.expect(200);
        let id = all.data()["connections"][0]["id"].as_str().unwrap().to_owned();
        let at = format!("/settings/sso/connections/{id}/edit");
        let by_admin = [("id", id.as_str()), ("kind", "okta"), ("name", "Globex by Root"), ("issuer", "https://globex.okta.invalid"), ("client_id", "0oa1"), ("auth_method", "client_secret_basic")];
        desk.sends(&at, &at, &by_admin).await.expect(303);
        let mut fields = vec![("form", proof.as_str()), ("seen", seen.as_str())];
        fields.extend(okta("Ours"));
        let page = customer.raw("/setup/connection", &fields).await.expect(422);
        for words in ["Somebody else has changed it", "<dd>Globex by Root</dd>", "value=\"Ours\"", "Type it once more: "] {
            assert!(page.html.contains(words), "{words} in {}", page.html);
        }
        let again = page.seen("/setup/connection", &[]).unwrap();
        fields[1].1 = again.as_str();
        customer.raw("/setup/connection", &fields).await.expect(303);
    }

    async fn a_connector_that_was_removed_or_made_meanwhile_is_neither_made_anew_nor_replaced(db) {
        let mut desk = Desk::new(db).await;
        let cases = cases(&mut desk).await;
        let case = cases.iter().find(|case| case.what == "the connector").unwrap();
        let form = opened(&mut desk.browser, case).await;
        desk.sends("/settings/connector", "/settings/connector/remove", &[]).await.expect(303);
        let page = sent(&mut desk.browser, case, &form, &case.first).await.expect(422);
        assert!(page.html.contains(case.typed), "{}", page.html);
        // Of two who connect it, one does.
        let blank = Opened { fields: vec![("form", page.hidden("form").unwrap()), ("seen", page.hidden("seen").unwrap())] };
        assert_eq!(blank.fields[1].1, "");
        sent(&mut desk.browser, case, &blank, &case.first).await.expect(303);
        let page = sent(&mut desk.browser, case, &blank, &case.second).await.expect(422);
        assert!(page.html.contains(case.now), "{}", page.html);
    }
}

/// Two programs over one database, and at each somebody who sends the same form at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_forms_at_the_same_moment_in_two_programs_one_holds_and_the_other_is_told() {
    let Some(db) = Fresh::postgres().await else { return };
    let url = db.url.clone();
    let mut desk = Desk::new(db).await;
    let second = Fresh::over(On::Postgres, url).bridge().await;
    let mut there = second.browser();
    there.log_in("root@acme.example", PASSWORD).await.expect(303);
    for case in cases(&mut desk).await {
        let what = case.what;
        let mine = opened(&mut desk.browser, &case).await;
        let theirs = opened(&mut there, &case).await;
        let mut here = desk.browser.clone();
        let (one, other) =
            tokio::join!(sent(&mut here, &case, &mine, &case.first), sent(&mut there, &case, &theirs, &case.second));
        let mut statuses = [one.answer.status, other.answer.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 422], "{what}: {} {}", one.html, other.html);
        let refused = if one.answer.status == 422 { one } else { other };
        assert!(refused.html.contains("Somebody else has changed it"), "{what}: {}", refused.html);
    }
}

pub const PRESSES: Presses = &["/settings/roles/{id}"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_somebody_else_changed_is_seen_in_a_browser() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let api = desk.api().await;
    let lead = api.post("/roles", json!({"name": "Lead", "permissions": ["chat:read"]})).await.expect(201).made();
    let at = format!("/settings/roles/{lead}");
    let save = "main form .actions button";
    let steps = vec![
        json!({"goto": desk.url(&at)}),
        json!({"fill": ["#name", "Boss"]}),
        json!({"aside": {"goto": desk.url(&at), "fill": ["#name", "Chief"], "click": save, "expect": "The role was saved."}}),
        json!({"click": save}),
        json!({"expect": "Somebody else has changed it"}),
        json!({"shot": "roles-overtaken"}),
        json!({"click": save}),
        json!({"expect": "The role was saved."}),
    ];
    desk.plays("roles-overtaken-end", steps, json!({})).await;
    desk.pressed(PRESSES);
}
