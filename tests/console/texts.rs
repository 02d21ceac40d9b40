//! The texts: each that is used stands in every language, with the same places for values, and none is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aisoule_bridge::http::console::texts::Language;

/// The names in a file of texts, each with the values that it has places for.
fn texts(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = String::new();
    for line in language.source().lines() {
        if let Some((name, _)) = line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            last = name.to_owned();
            assert!(all.insert(last.clone(), BTreeSet::new()).is_none(), "{last} stands twice in {}", language.tag());
        }
        let values =
            line.split('$').skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap());
        all.entry(last.clone()).or_default().extend(values.map(str::to_owned));
    }
    all.remove("");
    all
}

fn sources(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "html") {
            all.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn both_languages_say_the_same_things_with_the_same_values() {
    let (en, de) = (texts(Language::En), texts(Language::De));
    let (known, others): (BTreeSet<_>, BTreeSet<_>) = (en.keys().collect(), de.keys().collect());
    assert_eq!(known.difference(&others).collect::<Vec<_>>(), Vec::<&&String>::new(), "missing in German");
    assert_eq!(others.difference(&known).collect::<Vec<_>>(), Vec::<&&String>::new(), "missing in English");
    for (name, values) in &en {
        assert_eq!(values, &de[name], "{name}");
    }
}

#[test]
fn every_text_that_is_used_is_there_and_none_is_left_over() {
    let mut source = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http"), &mut source);
    let texts = texts(Language::En);
    // A name stands as a whole between quotation marks, or its beginning does, before a placeholder.
    let quoted: BTreeSet<&str> = source.split('"').collect();
    let unused: Vec<&String> = texts
        .keys()
        .filter(|name| {
            let is_whole = quoted.contains(name.as_str());
            let beginnings = name.match_indices('-').map(|(place, _)| &name[..=place]);
            let is_begun = beginnings
                .into_iter()
                .any(|beginning| quoted.iter().any(|text| text.starts_with(&format!("{beginning}{{"))));
            // `after(asked, "users-done", &["saved"])` says users-done-saved.
            let (before, last) = name.rsplit_once('-').unwrap();
            !(is_whole || is_begun || quoted.contains(before) && quoted.contains(last))
        })
        .collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
    let prefixes: BTreeSet<&str> = texts.keys().map(|name| name.split('-').next().unwrap()).collect();
    for call in ["say(\"", "fill(\"", "count(\""] {
        for rest in source.split(call).skip(1) {
            let name = rest.split('"').next().unwrap();
            if name.contains('-') && prefixes.contains(name.split('-').next().unwrap()) {
                assert!(texts.contains_key(name), "{name} is used and nowhere written");
            } else {
                assert!(
                    !name.contains('-') || name.contains('{') || name.contains(' '),
                    "{name} is used and nowhere written"
                );
            }
        }
    }
}

#[test]
fn every_text_can_be_read() {
    for language in Language::ALL {
        for name in texts(language).keys() {
            assert_ne!(language.say(name), name.as_str(), "{name} in {}", language.tag());
        }
    }
}
