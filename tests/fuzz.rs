//! The committed corpus of the fuzz targets, replayed on the stable toolchain.

use std::path::Path;

/// Where the checks find what they check.
mod bridge {
    pub use aisoule_bridge::query::cursor;
    pub use aisoule_bridge::scim;
    pub use aisoule_bridge::sso;
}

#[path = "../fuzz/src/checks.rs"]
mod checks;
#[path = "../fuzz/src/tokens.rs"]
mod tokens;

#[test]
fn every_input_of_the_corpus_keeps_what_is_promised() {
    type Check = fn(&[u8]);
    let targets: [(&str, Check); 9] = [
        ("filter", checks::filter),
        ("path", checks::path),
        ("patch", checks::patch),
        ("body", checks::body),
        ("cursor", checks::cursor),
        ("id_token", tokens::id_token),
        ("logout_token", tokens::logout_token),
        ("key_set", tokens::key_set),
        ("callback", tokens::callback),
    ];
    for (target, check) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.len() >= 10, "{} inputs for {target}", files.len());
        for file in files {
            let data = std::fs::read(&file).unwrap();
            let outcome = std::panic::catch_unwind(|| check(&data));
            assert!(outcome.is_ok(), "{target} does not hold for {}", file.display());
        }
    }
}
