//! What the settings take and what they refuse.

use super::*;

#[test]
fn a_mistake_in_the_file_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bridge.toml");
    for (text, line, word) in [
        ("# a comment\n\nlisten = \"127.0.0.1:1\"\nlisen = 1\n", 4, "lisen"),
        ("nothing = 1\n", 1, "nothing"),
        ("log = \"info\"\n[limits]\npage = 5\n\npages = 1\n", 5, "pages"),
        ("log = \"info\"\nlisten = \"nonsense\"\n", 2, "socket"),
        ("log = \"info\"\n\n[limits\n", 3, ""),
    ] {
        std::fs::write(&file, text).unwrap();
        let error = Settings::load(Some(&file), |_| None).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line}: ")) && error.contains(word), "{text}: {error}");
    }
}

#[test]
fn what_is_logged_is_a_level_or_directives() {
    for good in ["info", "WARN", "off", "warn,aisoule_bridge=debug", "info,sqlx=off", "aisoule_bridge[scim]=trace"] {
        assert!(load(&[("BRIDGE_LOG", good)]).is_ok(), "{good}");
    }
    for bad in ["inf", "verbose", "aisoule_bridge=loud", "info;debug", "warn,aisoule_bridge", "info,=,=="] {
        let error = load(&[("BRIDGE_LOG", bad)]).unwrap_err().to_string();
        assert!(error.starts_with("log (BRIDGE_LOG): must be "), "{bad}: {error}");
    }
}

fn load(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::load(None, |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn the_environment_wins_over_the_defaults() {
    let settings = load(&[("BRIDGE_LISTEN", "0.0.0.0:9"), ("BRIDGE_PUBLIC_URL", "https://b.example/")]).unwrap();
    assert_eq!(settings.listen.port(), 9);
    assert_eq!(settings.public_url(settings.listen), "https://b.example");
    assert_eq!(load(&[]).unwrap().public_url(SocketAddr::from(([127, 0, 0, 1], 7))), "http://127.0.0.1:7");
}

#[test]
fn what_cannot_be_is_refused_by_name_and_without_its_value() {
    let cases = [
        ("BRIDGE_LISTEN", "nonsense"),
        ("BRIDGE_DATABASE_URL", "mysql://secret@x"),
        ("BRIDGE_MASTER_KEY", "c2hvcnQ="),
        ("BRIDGE_PUBLIC_URL", "ftp://secret"),
        ("BRIDGE_LOG_FORMAT", "xml"),
    ];
    for (name, value) in cases {
        let error = load(&[(name, value)]).unwrap_err().to_string();
        assert!(!error.contains("secret") && !error.contains(value), "{error}");
    }
}

#[test]
fn printing_the_settings_shows_no_secret() {
    let key = STANDARD.encode([7_u8; 32]);
    let settings = load(&[("BRIDGE_DATABASE_URL", "postgres://u:hunter2@h/d"), ("BRIDGE_MASTER_KEY", &key)]).unwrap();
    let printed = format!("{settings:?}");
    assert!(!printed.contains("hunter2") && !printed.contains(&key), "{printed}");
}

#[test]
fn the_example_file_is_valid_and_says_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/bridge.example.toml");
    let (example, default) = (Settings::load(Some(&path), |_| None).unwrap(), Settings::default());
    assert_eq!(format!("{:?}", example.limits), format!("{:?}", default.limits));
    assert_eq!(format!("{:?}", example.request_log), format!("{:?}", default.request_log));
    assert_eq!(format!("{:?}", example.sessions), format!("{:?}", default.sessions));
    assert_eq!(format!("{:?}", example.sso), format!("{:?}", default.sso));
    assert_eq!(format!("{:?}", example.mail), format!("{:?}", default.mail));
    assert_eq!(format!("{:?}", example.provider), format!("{:?}", default.provider));
    assert_eq!(format!("{:?}", example.webhooks), format!("{:?}", default.webhooks));
    assert_eq!(example.listen, default.listen);
}
