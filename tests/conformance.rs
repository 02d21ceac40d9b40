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
}
