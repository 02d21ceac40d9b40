//! The arrows of ARCHITECTURE.md: who may know whom.

use std::path::Path;

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name =
                path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap().display().to_string();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn all() -> Vec<(String, String)> {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 60);
    found
}

/// The code of a file: no comments, and nothing from its unit tests on.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn nobody_knows_whom_they_should_not() {
    // Who knows nobody above, and besides.
    let above = ["crate::store", "crate::command", "crate::query", "crate::http", "crate::cli", "sqlx", "axum"];
    let leaves: [(&str, &[&str]); 8] = [
        ("scim/", &["crate::domain"]),
        ("domain/", &["crate::scim", "async "]),
        ("sso/", &["crate::scim", "crate::provider"]),
        ("mail/", &["crate::scim"]),
        ("connector/", &["crate::scim", "crate::domain"]),
        ("delivery/", &["crate::worker", "async "]),
        ("telemetry/", &["crate::worker", "crate::domain", "reqwest"]),
        ("metrics/", &["crate::worker"]),
    ];
    let others: [(&str, &[&str]); 7] = [
        ("store/", &["crate::scim", "crate::command", "crate::query", "crate::http", "crate::cli", "axum", "Utc::now"]),
        ("query/", &["crate::command", "crate::http", "crate::cli", "axum", "sqlx::"]),
        (
            "command/",
            &["crate::query", "crate::http", "crate::cli", "crate::scim::patch", "crate::scim::filter", "sqlx", "axum"],
        ),
        ("provider/", &["crate::command", "crate::query", "crate::http", "crate::cli", "crate::scim", "sqlx", "axum"]),
        ("outbound/", &["crate::command", "crate::store", "crate::sso", "crate::http", "crate::cli", "sqlx", "axum"]),
        ("worker/", &["crate::http", "crate::cli", "crate::scim", "sqlx", "axum"]),
        ("http/", &["crate::cli", "sqlx", "jsonwebtoken", "openidconnect", "reqwest"]),
    ];
    let leaves = leaves.map(|(folder, besides)| (folder, [&above[..], besides].concat()));
    let forbidden = Vec::from_iter(leaves.into_iter().chain(others.map(|(folder, words)| (folder, words.to_vec()))));
    for (name, text) in all() {
        let code = code(&text);
        for (folder, words) in &forbidden {
            if name.starts_with(folder) {
                for word in words {
                    assert!(!code.contains(word), "{name} must not know {word}");
                }
            }
        }
    }
}

#[test]
fn sql_lives_in_the_store_and_the_clock_is_a_parameter() {
    for (name, text) in all() {
        let code = code(&text);
        if !name.starts_with("store/") && !name.starts_with("query/") {
            assert!(!code.contains("sqlx::"), "{name}");
        }
        if name != "clock.rs" {
            assert!(!code.contains("Utc::now") && !code.contains("SystemTime::now"), "{name} reads the clock");
        }
        assert!(!code.contains("AssertSqlSafe(") || name == "store/sql.rs", "{name}");
    }
}

#[test]
fn every_file_says_what_it_is_and_few_are_long() {
    let mut lengths = Vec::new();
    for (name, text) in all() {
        assert!(text.starts_with("//!") || name.ends_with("tests.rs"), "{name} does not begin by saying what it is");
        assert!(text.lines().count() <= 400, "{name} is too long");
        lengths.push(text.lines().count());
    }
    lengths.sort_unstable();
    assert!(lengths[lengths.len() / 2] < 150, "the median file has {} lines", lengths[lengths.len() / 2]);
}
