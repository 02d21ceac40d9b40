//! scim2-tester and scim-sanity against the real program, on both databases.

use std::process::Command;

use crate::support::on_both;
use crate::support::program::Program;

on_both! {
    #[ignore = "needs the third-party suites: tests/conformance/setup.sh installs them, .ci/run runs them"]
    async fn the_third_party_suites_find_no_fault(db) {
        let program = Program::new(&db);
        program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "100000"]);
        let token = program.says(&["token", "create", "--workspace", "Acme"]);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), token).unwrap();
        let server = program.serve().await;
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
        let suites = Command::new(format!("{root}target/conformance-venv/bin/python"))
            .arg(format!("{root}tests/conformance/run_suites.py"))
            .arg(format!("--base-url=http://{}/scim/v2", program.address))
            .arg("--token-file").arg(file.path())
            .output()
            .expect("tests/conformance/setup.sh has been run");
        println!("{:?}:\n{}", db.on, String::from_utf8_lossy(&suites.stdout));
        assert!(suites.status.success(), "{}", String::from_utf8_lossy(&suites.stderr));
        drop(server);
    }

    #[ignore = "needs the third-party suites: tests/conformance/setup.sh installs them, .ci/run runs them"]
    async fn the_rest_api_does_what_its_openapi_document_says(db) {
        let program = Program::new(&db);
        let config = program.folder.path().join("limits.toml");
        std::fs::write(&config, "[limits]\napi_per_minute = 0\napi_per_second = 0\n").unwrap();
        let config = config.to_str().unwrap();
        program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "100000"]);
        let key = program.says(&["key", "create", "--workspace", "Acme", "--name", "schemathesis"]);
        let server = program.start_as(&["--config", config, "serve"], &[], &[]);
        while program.client("").ready().await != Some(200) {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let document = format!("http://{}/api/openapi.json", program.address);
        let header = format!("X-API-Key: {}", key.trim());
        // Which ids there are, and what a permission is called, no schema tells: what the document allows may be refused.
        // A stream of events never ends.
        let suite = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target/conformance-venv/bin/st"))
            .args(["run", &document, "-H", &header, "--checks", "all", "--exclude-checks", "positive_data_acceptance"])
            .args(["--exclude-path", "/events", "-n", "30", "--seed", "1", "--no-color"])
            .current_dir(program.folder.path())
            .output()
            .expect("tests/conformance/setup.sh has been run");
        assert!(suite.status.success(), "{}", String::from_utf8_lossy(&suite.stdout));
        let log = server.log();
        assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
        drop(server);
    }
}
