//! The command line, as an operator uses it: flags, outputs, exit codes, stopping.

use std::process::Stdio;
use std::time::Duration;

use aisoule_bridge::store::{Options, Store, audit, workspaces};
use serde_json::json;

use crate::support::program::Program;
use crate::support::{On, on_both};

on_both! {
    async fn an_operator_sets_up_a_workspace_and_hands_out_a_token(db) {
        let program = Program::new(&db);
        assert_eq!(program.says(&["workspace", "create", "Acme", "--plan", "growth"]), "Workspace Acme: plan Growth, 0 of 5 seats used, policy reject.\n");
        program.says(&["workspace", "create", "Big", "--plan", "scale", "--seats", "40", "--seat-policy", "park"]);
        let token = program.says(&["token", "create", "--workspace", "acme", "--name", "okta", "--scope", "scim", "--expires", "365d"]);
        assert!(token.starts_with("aisb_") && token.ends_with('\n') && token.trim().len() == 54, "{token}");
        let made = program.tell(&["user", "create", "--workspace", "Acme", "--email", "root@acme.example", "--name", "Root", "--role", "admin", "--protected"], "correct horse battery\n");
        assert_eq!(String::from_utf8_lossy(&made.stdout), "protected Admin Root (root@acme.example), active\n");
        let client = program.says(&["client", "add", "--workspace", "Acme", "--name", "entra"]);
        assert_eq!(client.lines().count(), 2);
        let server = program.serve().await;
        let scim = program.client(token.trim());
        scim.user("anna").await;
        scim.post("/Users", json!({"userName": "Anna"})).await.expect(409);
        assert!(program.says(&["workspace", "list"]).contains("2 of 5"));
        let (code, log) = server.terminate();
        assert_eq!(code, Some(0), "{log}");
        assert!(!log.contains(token.trim()) && log.contains("stopped"), "{log}");
        let shown = program.says(&["log", "--workspace", "Acme", "--status", "4xx", "--bodies"]);
        assert!(shown.contains("409  POST") && shown.contains("already has this userName") && shown.contains("-> {\"userName\":\"Anna\"}"), "{shown}");
        let listed = program.says(&["token", "list", "--workspace", "Acme"]);
        assert!(listed.contains("okta") && !listed.contains(token.trim()), "{listed}");
        let doctor = program.says(&["doctor"]);
        assert!(doctor.lines().all(|line| line.starts_with("ok")) && doctor.contains("counters agree"), "{doctor}");
        assert!(program.says(&["migrate"]).contains("up to date"));
    }

    async fn an_operator_sees_who_is_in_a_group_also_through_groups(db) {
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "scale"]);
        program.says(&["workspace", "create", "Other", "--plan", "scale"]);
        let token = program.says(&["token", "create", "--workspace", "Acme"]);
        let server = program.serve().await;
        let scim = program.client(token.trim());
        let anna = scim.post("/Users", json!({"userName": "anna", "displayName": "Anna", "emails": [{"value": "anna@acme.example"}]})).await.expect(201).id();
        let ben = scim.post("/Users", json!({"userName": "ben@acme.example", "active": false})).await.expect(201).id();
        let chloe = scim.user("chloe").await;
        let inner = scim.group("Inner", &[&anna, &ben]).await;
        let outer = scim.post("/Groups", json!({"displayName": "Élite", "externalId": "e1", "members": [{"value": inner}, {"value": chloe}, {"value": anna}]})).await.expect(201).id();
        scim.patch(&format!("/Groups/{inner}"), json!([{"op": "add", "path": "members", "value": [{"value": outer}]}])).await.expect(200);
        for name in ["1", "2"] {
            scim.post("/Groups", json!({"displayName": "Twin", "externalId": name})).await.expect(201);
        }
        server.terminate();
        let words = |shown: String| shown.lines().skip(2).map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>();
        let listed = program.says(&["group", "list", "--workspace", "acme"]);
        assert_eq!(listed.lines().next().unwrap().split_whitespace().collect::<Vec<_>>(), ["NAME", "ID", "MEMBERS", "EXTERNAL", "ID"]);
        let listed = words(listed);
        assert_eq!(listed.len(), 4);
        assert!(listed.contains(&["Inner", &inner, "3"].map(str::to_owned).to_vec()) && listed.contains(&["Élite", &outer, "3", "e1"].map(str::to_owned).to_vec()), "{listed:?}");
        for group in ["élite", outer.as_str()] {
            let members = words(program.says(&["group", "members", group, "--workspace", "Acme"]));
            assert_eq!(members, [["Anna", "anna@acme.example", "active", "direct"], ["ben@acme.example", "ben@acme.example", "inactive", "indirect"], ["chloe", "chloe", "active", "direct"]]);
        }
        assert_eq!(words(program.says(&["group", "members", "Twin", "--workspace", "Acme"].map(|word| if word == "Twin" { inner.as_str() } else { word }))).len(), 3);
        assert!(words(program.says(&["group", "list", "--workspace", "Other"])).is_empty());
        for (arguments, why) in [
            (["group", "members", "Twin", "--workspace", "Acme"], "2 groups of Acme are called \"Twin\"; give an id, see `group list`"),
            (["group", "members", "Nobody", "--workspace", "Acme"], "there is no group \"Nobody\" in Acme; see `group list`"),
            (["group", "members", outer.as_str(), "--workspace", "Other"], "there is no group"),
        ] {
            let output = program.run(&arguments);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && output.stdout.is_empty() && said.contains(why), "{arguments:?}: {said}");
        }
        assert!(program.says(&["group", "members", "--help"]).contains("only through a"));
    }

    async fn what_cannot_be_done_is_said_in_words_on_stderr_with_a_failing_exit(db) {
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "growth"]);
        for (arguments, why) in [
            (&["workspace", "create", "acme", "--plan", "growth"][..], "another workspace already has this name"),
            (&["workspace", "create", "B", "--plan", "gold"], "there is no plan \"gold\""),
            (&["workspace", "create", "B", "--plan", "growth", "--seats", "-1"], "unexpected argument"),
            (&["token", "create", "--workspace", "Nobody"], "there is no workspace \"Nobody\"; there are: Acme"),
            (&["token", "create", "--workspace", "Acme", "--scope", "root"], "must be one of scim:read, scim"),
            (&["token", "create", "--workspace", "Acme", "--expires", "soon"], "must be a number with h, d, w or y"),
            (&["token", "revoke", "--workspace", "Acme", "x"], "is no token's id"),
            (&["serve", "--config", "nowhere.toml"], "can't be read"),
            (&["user", "create", "--workspace", "Acme", "--email", "x", "--name", "X", "--role", "agent"], "is no email address"),
        ] {
            let output = program.run(arguments);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && output.stdout.is_empty() && said.contains(why), "{arguments:?}: {said}");
        }
        let short = program.tell(&["user", "create", "--workspace", "Acme", "--email", "a@b", "--name", "X", "--role", "agent"], "short\n");
        assert!(String::from_utf8_lossy(&short.stderr).contains("12 characters"));
        let role = program.tell(&["user", "create", "--workspace", "Acme", "--email", "a@b", "--name", "X", "--role", "king"], "long enough password\n");
        assert!(String::from_utf8_lossy(&role.stderr).contains("there are Admin, Manager, Agent"));
    }

    async fn a_missing_master_key_is_never_replaced(db) {
        let (mut program, is_postgres) = (Program::new(&db), db.on == On::Postgres);
        program.env.clear();
        let file = if is_postgres { program.folder.path().join("data/bridge.key") } else { db.folder().join("bridge.key") };
        assert!(program.says(&["doctor"]).contains("master key: none yet"));
        assert!(!file.exists());
        let (code, log) = program.serve().await.terminate();
        assert_eq!((code, log.contains("every other bridge over this database needs the same")), (Some(0), is_postgres), "{log}");
        let key = std::fs::read_to_string(&file).unwrap();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
        if is_postgres {
            let mut other = Program::new(&db);
            other.env.clear();
            assert!(other.fails(&["serve"]).contains("the master key is missing: there is no data/bridge.key"));
            assert!(!other.folder.path().join("data").exists());
            other.env.push(("BRIDGE_MASTER_KEY", key.trim().to_owned()));
            other.serve().await.terminate();
        }
        std::fs::remove_file(&file).unwrap();
        assert!(program.fails(&["serve"]).contains("Put that file back, or set BRIDGE_MASTER_KEY"));
        let doctor = program.run(&["doctor"]);
        assert!(String::from_utf8_lossy(&doctor.stdout).contains("FAIL master key: the master key is missing") && !doctor.status.success());
        assert!(!file.exists());
        std::fs::write(&file, &key).unwrap();
        assert!(program.says(&["doctor"]).contains("opens what the database holds"));
        assert_eq!(program.serve().await.terminate().0, Some(0));
    }

    async fn a_reader_who_stops_reading_ends_a_command_quietly(db) {
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "growth"]);
        program.says(&["token", "create", "--workspace", "Acme"]);
        for arguments in [&["workspace", "list"][..], &["token", "list", "--workspace", "Acme"], &["client", "list", "--workspace", "Acme"], &["doctor"], &["migrate"], &["token", "create", "--workspace", "Acme"]] {
            let mut child = program.command(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            drop(child.stdout.take());
            let output = child.wait_with_output().unwrap();
            assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{arguments:?}");
        }
    }

    async fn credentials_are_listed_checked_and_revoked_by_name(db) {
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "free-trial", "--seat-policy", "overage"]);
        let made = program.tell(&["user", "create", "--workspace", "Acme", "--email", "root@acme.example", "--name", "Root", "--role", "admin", "--protected"], "correct horse battery\n");
        assert!(made.status.success());
        assert!(program.says(&["workspace", "list"]).contains("overage  1          0      0"));
        program.says(&["token", "create", "--workspace", "Acme", "--name", "okta"]);
        program.says(&["token", "create", "--workspace", "Acme", "--name", "short", "--expires", "1h"]);
        let client = program.says(&["client", "add", "--workspace", "Acme", "--name", "idp", "--profile", "interop"]);
        let client = client.lines().next().unwrap();
        let tokens = program.says(&["token", "list", "--workspace", "Acme"]);
        assert!(tokens.contains("365 days left") && tokens.contains("1 hour left"), "{tokens}");
        assert!(program.says(&["client", "list", "--workspace", "Acme"]).contains("secret  scim   interop  never"));
        let doctor = program.says(&["doctor"]);
        for line in ["Acme: 1 protected account, 0 users that providers see, 0 groups, counters agree", "Acme: 2 tokens, 1 OAuth client", "has 1 hour left; make another"] {
            assert!(doctor.contains(line), "{doctor}");
        }
        assert!(program.tell(&["user", "create", "--workspace", "Acme", "--email", "a@acme.example", "--name", "A", "--role", "agent"], "correct horse battery\n").status.success());
        assert!(program.says(&["doctor"]).contains("2 of 1 seats used: over the limit; nobody loses access, more can be added, as the policy overage allows"));
        let okta = tokens.lines().find(|line| line.contains("okta")).unwrap().split(' ').next().unwrap();
        for (kind, id, name) in [("token", okta, "okta"), ("client", client, "idp")] {
            program.says(&[kind, "revoke", "--workspace", "Acme", id]);
            let again = program.fails(&[kind, "revoke", "--workspace", "acme", id]);
            assert!(again.contains(&format!("there is no living {kind} \"{id}\" in workspace Acme")), "{again}");
            let store = Store::open(&Options { url: db.url.clone(), max_connections: 6, statement_timeout: Duration::from_secs(5) }).await.unwrap();
            let mut conn = store.read().await.unwrap();
            let workspace = workspaces::find_by_name(&mut conn, "acme").await.unwrap().unwrap().id;
            let known = audit::of_subject(&mut conn, workspace, id).await.unwrap();
            let known: Vec<(&str, &str)> = known.iter().map(|row| (row.action.rsplit('.').next().unwrap(), row.subject_name.as_str())).collect();
            assert_eq!(known, [("created", name), ("revoked", name)]);
        }
    }

    async fn a_log_that_nobody_looks_at_has_no_colours_and_says_nothing_needless(db) {
        let mut program = Program::new(&db);
        for arguments in [&["workspace", "create", "Acme", "--plan", "growth"][..], &["workspace", "list"]] {
            let output = program.run(arguments);
            assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let (_, log) = program.serve().await.terminate();
        assert!(log.contains("serving") && !log.contains('\u{1b}'), "{log}");
        program.env.push(("BRIDGE_LOG", "loud".to_owned()));
        assert!(program.fails(&["serve"]).contains("log (BRIDGE_LOG): must be "));
    }

    async fn running_requests_end_before_the_server_does(db) {
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "1000"]);
        let token = program.says(&["token", "create", "--workspace", "Acme"]);
        let server = program.serve().await;
        let scim = program.client(token.trim());
        let all: Vec<_> = (0..8).map(|hand| {
            let scim = scim.clone();
            tokio::spawn(async move {
                for i in 0..20 {
                    assert_eq!(scim.post("/Users", json!({"userName": format!("h{hand}-{i}")})).await.status, 201);
                }
            })
        }).collect();
        for one in all {
            one.await.unwrap();
        }
        let slow = tokio::spawn({
            let scim = scim.clone();
            let many: Vec<_> = (0..300).map(|i| json!({"method": "POST", "path": "/Users", "bulkId": format!("{i}"), "data": {"userName": format!("b{i}")}})).collect();
            async move { scim.post("/Bulk", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": many})).await }
        });
        tokio::time::sleep(Duration::from_millis(30)).await;
        let (code, log) = tokio::task::spawn_blocking(|| server.terminate()).await.unwrap();
        assert_eq!(code, Some(0), "{log}");
        assert_eq!(slow.await.unwrap().expect(200).json["Operations"].as_array().unwrap().len(), 300);
    }
}

on_both! {
    async fn a_server_told_twice_or_while_it_starts_stops_without_harm(db) {
        let settings = db.settings();
        let program = Program::new(&db);
        for millis in [0, 2, 5, 10, 20, 40, 80, 160] {
            let mut server = program.start(&[], &[]);
            tokio::time::sleep(Duration::from_millis(millis)).await;
            server.signal("-TERM");
            server.signal("-TERM");
            let code = server.wait();
            // None: it was still starting, and the signal ended it as it ends any program.
            assert!(matches!(code, Some(0) | None), "{millis} ms: {code:?} {}", server.log());
        }
        program.says(&["workspace", "create", "Acme", "--plan", "growth"]);
        let token = program.says(&["token", "create", "--workspace", "Acme"]);
        let mut server = program.serve().await;
        program.client(token.trim()).user("anna").await;
        server.signal("-TERM");
        server.signal("-TERM");
        assert_eq!(server.wait(), Some(0), "{}", server.log());
        let store = aisoule_bridge::app::open_store(&settings).await.unwrap();
        crate::support::load::holds_together(&store).await;
    }
}

#[test]
fn the_demo_plays_to_its_end() {
    let program = Program::new(&crate::support::Fresh::sqlite());
    let shown = program.says(&["demo", "--once"]);
    for line in [
        "← 403 No seat is free",
        "← 409 Another user already has this userName.",
        "Emma Novak",
        "5 of 5 seats used",
        "Manager",
    ] {
        assert!(shown.contains(line), "{line} is missing in {shown}");
    }
    for line in shown.lines() {
        assert!(line.chars().count() <= 120, "wider than a terminal: {line}");
    }
}

#[test]
fn a_sqlite_file_is_made_for_its_owner_alone() {
    let fresh = crate::support::Fresh::sqlite();
    let mode = |name: &str| {
        let file = fresh.folder().join(name);
        std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = Options { url: fresh.url.clone(), max_connections: 6, statement_timeout: Duration::from_secs(5) };
        let _store = Store::open(&options).await.unwrap();
        for name in ["bridge.db", "bridge.db-wal", "bridge.db-shm"] {
            assert_eq!(mode(name), 0o600, "{name}");
        }
    });
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_out_of_reach() {
    let mut fresh = crate::support::Fresh::sqlite();
    fresh.url = "postgres://bridge:hunter2@127.0.0.1:1/bridge".into();
    let said = Program::new(&fresh).fails(&["workspace", "list"]);
    assert!(said.contains("the database can't be reached: ") && said.contains("refused"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn the_help_teaches() {
    let program = Program::new(&crate::support::Fresh::sqlite());
    let help = program.says(&["--help"]);
    for word in [
        "First steps",
        "serve",
        "demo",
        "workspace",
        "token",
        "user",
        "group",
        "doctor",
        "migrate",
        "log",
        "BRIDGE_DATABASE_URL",
        "BRIDGE_LOG_FORMAT",
    ] {
        assert!(help.contains(word), "{word}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
}
