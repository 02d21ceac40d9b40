//! The command line, as an operator uses it: flags, outputs, exit codes, stopping.

use serde_json::json;

use crate::support::{On, on_both};
use crate::support::program::Program;

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
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        let (code, log) = tokio::task::spawn_blocking(|| server.terminate()).await.unwrap();
        assert_eq!(code, Some(0), "{log}");
        assert_eq!(slow.await.unwrap().expect(200).json["Operations"].as_array().unwrap().len(), 300);
    }
}

#[test]
fn the_demo_plays_to_its_end() {
    let program = Program::new(&crate::support::Fresh::sqlite());
    let shown = program.says(&["demo", "--once"]);
    for line in
        ["← 403 No seat is free", "← 409 Another user already has this userName.", "Emma Novak", "5 of 5 seats used"]
    {
        assert!(shown.contains(line), "{line} is missing in {shown}");
    }
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
        "doctor",
        "migrate",
        "log",
        "BRIDGE_DATABASE_URL",
    ] {
        assert!(help.contains(word), "{word}");
    }
}
