//! Bulk work: files are imported, again and again, and what is exported can be imported elsewhere.

use std::collections::HashMap;
use std::process::Output;

use serde_json::{Value, json};

use crate::cli_users::Office;
use crate::support::program::Program;
use crate::support::{Fresh, on_both};

fn put(program: &Program, name: &str, text: &str) {
    std::fs::write(program.folder.path().join(name), text).unwrap();
}

fn import(office: &Office, file: &str, more: &[&str]) -> Output {
    office.0.run(&[&["import", file, "--workspace", "Acme"], more].concat())
}

/// Stdout and stderr of an import, and whether it went well.
fn told(output: &Output) -> (String, String, bool) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.success())
}

/// A bridge's export with each id replaced by the number of its first occurrence.
fn without_ids(export: &str) -> String {
    let mut ids: HashMap<String, usize> = HashMap::new();
    let mut out = String::new();
    for line in export.lines() {
        for (place, part) in line.split('"').enumerate() {
            let is_id = part.len() == 36 && part.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
            let next = ids.len();
            let part = if is_id { ids.entry(part.to_owned()).or_insert(next).to_string() } else { part.to_owned() };
            out += &format!("{}{part}", if place == 0 { "" } else { "\"" });
        }
        out.push('\n');
    }
    out
}

const PEOPLE: &str = "\
email,full_name,role,teams,active,external_id
anna@acme.example,Anna Novak,manager,Day;Nights:manager,true,
ben@acme.example,\"Okafor, Ben\",,,false,b-1
=chloe@acme.example,Chloe,,,,
dora@acme.example,Dora,king,,,
emil@acme.example,Emil,,Noon,,
finn@acme.example,'=1+1,agent,,true,
anna@ACME.example,Anna Again,,,,
";

on_both! {
    async fn a_table_is_imported_and_a_bad_row_does_not_stop_the_others(db) {
        let office = Office::open(&db, "10", "reject");
        for team in ["Day", "Nights"] {
            office.says(&["team", "create", team]);
        }
        put(&office.0, "people.csv", PEOPLE);
        let rehearsed = told(&import(&office, "people.csv", &["--dry-run"]));
        assert_eq!(office.says(&["user", "list"]).lines().count(), 3);
        let (said, errors, well) = told(&import(&office, "people.csv", &[]));
        assert!(!well);
        assert_eq!(said, "users: 4 created\nfailed: 3\n", "{errors}");
        for why in ["line 5: role: there is no role \"king\"", "line 6: teams: there is no team \"Noon\"", "line 8: has the same email as line 2", "3 of 7 rows were not imported"] {
            assert!(errors.contains(why), "{why}: {errors}");
        }
        assert_eq!((rehearsed.0, rehearsed.1.replace("This was a dry run: nothing was changed.\n", "")), (said, errors));
        let shown = office.says(&["user", "show", "anna@acme.example"]);
        assert!(shown.contains("Manager, because somebody set it by hand") && shown.contains("Nights (manager), by hand"), "{shown}");
        assert!(office.says(&["user", "show", "finn@acme.example"]).starts_with("=1+1\n"));
        assert!(office.says(&["user", "show", "finn@acme.example"]).contains("the default role"));
        let (again, _, _) = told(&import(&office, "people.csv", &[]));
        assert_eq!(again, "users: 4 unchanged\nfailed: 3\n");
        put(&office.0, "people.csv", "email,full_name,teams,external_id\nbenny@acme.example,Ben,Day,b-1\nanna@acme.example,,Day,\n");
        assert_eq!(told(&import(&office, "people.csv", &[])).0, "users: 2 changed\n");
        assert!(office.says(&["user", "show", "benny@acme.example"]).contains("Day (agent), by hand"));
        assert!(!office.says(&["user", "show", "anna@acme.example"]).contains("Nights"));
        assert_eq!(told(&import(&office, "people.csv", &[])).0, "users: 2 unchanged\n");
        assert!(office.0.says(&["doctor"]).lines().all(|line| line.starts_with("ok")));
    }

    async fn seats_are_kept_by_an_import_as_the_policy_says(db) {
        let office = Office::open(&db, "3", "reject");
        let rows: String = (1..=5).map(|n| format!("u{n}@acme.example,U{n}\n")).collect();
        put(&office.0, "five.csv", &format!("email,full_name\n{rows}"));
        let rehearsed = told(&import(&office, "five.csv", &["--dry-run"]));
        let (said, errors, well) = told(&import(&office, "five.csv", &[]));
        assert_eq!((said.as_str(), well), ("users: 2 created\nfailed: 3\n", false));
        assert!(errors.contains("line 4: no seat is free: this workspace (plan Growth, a number of its own) has 3 seats, 3 in use"), "{errors}");
        assert!(office.says(&["audit", "list", "--action", "import.refused"]).contains("line 4: no seat is free"));
        assert_eq!(rehearsed.0, said);
        office.0.says(&["workspace", "set", "Acme", "--seat-policy", "park"]);
        let (said, _, well) = told(&import(&office, "five.csv", &[]));
        assert_eq!((said.as_str(), well), ("users: 3 waiting for a seat, 2 unchanged\n", true));
        assert!(office.says(&["seats", "show"]).contains("Forecast: 3 parked"));
        assert_eq!(told(&import(&office, "five.csv", &[])).0, "users: 5 unchanged\n");
    }

    async fn what_a_provider_keeps_is_left_alone_unless_the_import_is_a_provider_s(db) {
        let office = Office::open(&db, "10", "reject");
        put(&office.0, "p.csv", "email,full_name,external_id\neva@acme.example,Eva,e-1\n");
        assert_eq!(told(&import(&office, "p.csv", &["--as-provider"])).0, "users: 1 created\n");
        assert!(office.says(&["user", "show", "eva@acme.example"]).contains("kept by       an identity provider"));
        put(&office.0, "p.csv", "email,full_name,external_id\neva@acme.example,Eve,e-1\n");
        let (_, errors, _) = told(&import(&office, "p.csv", &[]));
        assert!(errors.contains("line 2: full_name: the identity provider keeps this person's name; give --as-provider or --overrule"), "{errors}");
        assert_eq!(told(&import(&office, "p.csv", &["--as-provider"])).0, "users: 1 changed\n");
        assert!(office.says(&["user", "list"]).contains("Eve "));
        put(&office.0, "p.csv", "email,full_name\nroot@acme.example,Not Root\n");
        assert_eq!(told(&import(&office, "p.csv", &["--as-provider"])).0, "users: 1 created\n");
        assert!(office.says(&["user", "list"]).contains("Root      root@acme.example"));
        put(&office.0, "p.csv", "email,external_id\neva@acme.example,e-2\n");
        assert!(told(&import(&office, "p.csv", &["--as-provider"])).1.contains("another user already has this"));
    }

    async fn a_table_comes_back_the_same_from_another_workspace(db) {
        let office = Office::open(&db, "10", "reject");
        for team in ["Day", "a;b", "x:agent"] {
            office.says(&["team", "create", team]);
        }
        put(&office.0, "people.csv", "user_name,email,full_name,role,teams,active,external_id\n\
            ann,ann@acme.example,'+Ann,Manager,Day;a\\;b:manager;x:agent:agent,true,'@1\n\
            bo,,\"B\"\"o, \n junior\",,,false,\nzed@acme.example,,,,,,\n");
        let (said, errors, _) = told(&import(&office, "people.csv", &[]));
        assert_eq!(said, "users: 3 created\n", "{errors}");
        let first = office.says(&["export"]);
        assert!(first.contains("'+Ann,Manager,Day;a\\;b:manager;x:agent:agent,true,'@1,false\r\n"), "{first}");
        office.0.says(&["workspace", "create", "Other", "--plan", "scale"]);
        for team in ["Day", "a;b", "x:agent"] {
            office.0.says(&["team", "create", team, "--workspace", "Other"]);
        }
        put(&office.0, "first.csv", &first);
        assert_eq!(office.0.says(&["import", "first.csv", "--workspace", "Other"]), "users: 4 created\n");
        assert_eq!(office.0.says(&["export", "--workspace", "Other"]), first);
        assert_eq!(office.0.says(&["import", "first.csv", "--workspace", "Other"]), "users: 4 unchanged\n");
    }

    async fn users_and_groups_of_scim_are_imported_in_any_order(db) {
        let office = Office::open(&db, "10", "reject");
        let user = "urn:ietf:params:scim:schemas:core:2.0:User";
        let group = "urn:ietf:params:scim:schemas:core:2.0:Group";
        let more = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let resources = [
            json!({"schemas": [group], "id": "g1", "displayName": "Outer", "members": [{"value": "g2"}, {"value": "u1"}]}),
            json!({"schemas": [group], "id": "g2", "displayName": "Inner", "members": [{"value": "u2"}, {"value": "nobody"}]}),
            json!({"schemas": [user, more], "id": "u1", "userName": "ann@acme.example", "externalId": "x1", "name": {"givenName": "Ann", "familyName": "Lee"}, more: {"department": "Care", "manager": {"value": "u2"}}}),
            json!({"schemas": [user], "id": "u2", "userName": "bo@acme.example", "active": false}),
            json!({"schemas": [user], "id": "u3", "userName": ""}),
        ];
        let lines: Vec<String> = resources.iter().map(Value::to_string).collect();
        put(&office.0, "okta.jsonl", &lines.join("\n"));
        let (said, errors, well) = told(&import(&office, "okta.jsonl", &["--as-provider"]));
        assert_eq!((said.as_str(), well), ("users: 2 created\nmanagers: 1 changed\ngroups: 2 created\ngroup memberships: 1 changed\nfailed: 2\n", false), "{errors}");
        assert!(errors.contains("line 5: ") && errors.contains("line 2: names \"nobody\""), "{errors}");
        let list = serde_json::to_string_pretty(&json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 4, "Resources": &resources[..4]})).unwrap();
        put(&office.0, "okta.json", &list.replace("nobody", "u1"));
        let (said, errors, well) = told(&import(&office, "okta.json", &["--as-provider"]));
        assert_eq!((said.as_str(), well), ("users: 2 unchanged\nmanagers: 1 unchanged\ngroups: 2 unchanged\ngroup memberships: 1 changed, 1 unchanged\n", true), "{errors}");
        assert_eq!(office.says(&["group", "members", "Outer"]).lines().count(), 4);
        let exported = office.says(&["export", "--format", "scim"]);
        assert_eq!(exported.lines().count(), 4);
        put(&office.0, "again.jsonl", &exported);
        office.0.says(&["workspace", "create", "Other", "--plan", "scale"]);
        assert!(office.0.says(&["import", "again.jsonl", "--workspace", "Other", "--as-provider"]).starts_with("users: 2 created\nmanagers: 1 changed\ngroups: 2 created\n"));
        let there = office.0.says(&["export", "--workspace", "Other", "--format", "scim"]);
        assert_eq!(without_ids(&there), without_ids(&exported));
    }

    async fn a_whole_workspace_moves_to_the_other_database(db) {
        let office = Office::open(&db, "20", "reject");
        office.says(&["role", "create", "Auditor", "--permissions", "users:read,audit:read", "--description", "Reads"]);
        office.says(&["role", "create", "Basic", "--permissions", "chat:read", "--default"]);
        for team in ["Day", "Nights"] {
            office.says(&["team", "create", team, "--description", "d", "--strategy", "manual"]);
        }
        office.says(&["team", "edit", "Nights", "--active", "false"]);
        let token = office.says(&["token", "create"]);
        let server = office.0.serve().await;
        let scim = office.0.client(token.trim());
        let (ann, bo) = (scim.user("ann").await, scim.user("bo").await);
        let more = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let cy = scim.post("/Users", json!({"userName": "cy@acme.example", "externalId": "c", "displayName": "Cy", "active": true, "phoneNumbers": [{"value": "+49", "type": "work"}], more: {"manager": {"value": ann}}})).await.expect(201).id();
        let inner = scim.group("Inner", &[&bo]).await;
        scim.group("Outer", &[&inner, &cy]).await;
        server.terminate();
        office.says(&["rule", "create", "--group", "Outer", "--role", "manager", "--priority", "5", "--team", "Day:manager"]);
        office.says(&["rule", "create", "--group", "Later", "--role", "admin", "--grants-admin"]);
        office.says(&["team", "add", "Nights", "ann"]);
        office.says(&["team", "remove", "Day", "bo", "--overrule"]);
        office.says(&["user", "edit", "ann", "--role", "Auditor", "--name", "Ann!", "--available", "true", "--overrule"]);
        office.says(&["user", "deactivate", "cy@acme.example"]);
        let exported = office.says(&["export", "--format", "bridge", "--with-secrets"]);
        assert!(exported.contains("$argon2id$") && !office.says(&["export", "--format", "bridge"]).contains("argon2"));

        let target = match db.on {
            crate::support::On::Sqlite => Fresh::postgres().await,
            crate::support::On::Postgres => Some(Fresh::sqlite()),
        };
        let Some(target) = target else { return };
        let other = Program::new(&target);
        other.says(&["workspace", "create", "Acme", "--plan", "growth", "--seats", "20"]);
        put(&other, "acme.bridge", &exported);
        let rehearsed = other.says(&["import", "acme.bridge", "--workspace", "Acme", "--dry-run"]);
        let said = other.says(&["import", "acme.bridge", "--workspace", "Acme"]);
        assert_eq!(rehearsed, said);
        assert!(said.contains("roles: 2 created") && said.contains("users: 4 created") && said.contains("rules: 2 created"), "{said}");
        let there = other.says(&["export", "--workspace", "Acme", "--format", "bridge", "--with-secrets"]);
        assert_eq!(without_ids(&there), without_ids(&exported));
        let again = other.says(&["import", "acme.bridge", "--workspace", "Acme"]);
        assert!(!again.contains("created") && !again.contains("waiting") && !again.replace("unchanged", "").contains("changed"), "{again}");
        assert!(other.says(&["doctor"]).lines().all(|line| line.starts_with("ok")));
        for user in ["ann", "bo", "cy@acme.example"] {
            let facts = |shown: String| shown.lines().filter(|line| !line.contains("  id  ") && !line.contains("made  ")).collect::<Vec<_>>().join("\n");
            assert_eq!(facts(other.says(&["user", "show", user, "--workspace", "Acme"])), facts(office.says(&["user", "show", user])));
        }
    }

    async fn an_interrupted_import_goes_on_where_it_was(db) {
        let office = Office::open(&db, "10000", "reject");
        let rows: String = (1..=3_000).map(|n| format!("u{n}@acme.example,U{n}\n")).collect();
        put(&office.0, "many.csv", &format!("email,full_name\n{rows}"));
        let mut child = office.0.command(&["import", "many.csv", "--workspace", "Acme"]).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let kept = office.0.folder.path().join("many.csv.progress");
        while !kept.exists() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let (said, errors, well) = told(&import(&office, "many.csv", &[]));
        assert!(well && !kept.exists(), "{errors}");
        if said != "users: 3000 unchanged\n" {
            assert!(errors.contains("An earlier run got to line ") && said.contains(" created") && said.contains(" unchanged"), "{said}{errors}");
        }
        assert!(office.0.says(&["workspace", "list"]).contains("3001 of 10000"));
    }

    async fn a_file_that_can_t_be_meant_is_refused_whole(db) {
        let office = Office::open(&db, "10", "reject");
        for (text, why) in [
            ("email,password\na@b,x\n", "line 1: there is no column \"password\""),
            ("full_name\nAnn\n", "a column email or user_name says who somebody is"),
            ("email\nx\n", "line 2: email: \"x\" is no email address"),
            ("email,active\na@b,maybe\n", "line 2: active: \"maybe\" is neither true nor false"),
            ("email,active\na@b\n", "line 2: has 1 cells, the heading has 2"),
            ("email\n\u{1b}[2J@b c\n", "line 2: email:"),
            ("{\"kind\":\"dragon\"}\n", "line 1: unknown variant `dragon`"),
            ("{\"kind\":\"workspace\",\"form\":9,\"name\":\"x\",\"plan\":\"x\",\"seats\":null,\"seat_policy\":\"park\"}\n", "use a newer bridge"),
            ("{\"a\":\n", "line 1: The body is not valid JSON"),
        ] {
            put(&office.0, "bad", text);
            let (_, errors, well) = told(&import(&office, "bad", &[]));
            assert!(!well && errors.contains(why) && !errors.contains('\u{1b}'), "{text}: {errors}");
        }
        office.refuses(&["import", "nowhere.csv"], "nowhere.csv can't be read");
        office.refuses(&["export", "--with-secrets"], "goes with --format bridge alone");
        let file = office.0.folder.path().join("out.csv");
        office.says(&["export", "--output", "out.csv"]);
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
    }
}
