//! The texts: each that is used stands in every language, with the same places for values, and none is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aisoule_bridge::http::texts::Language;

/// The beginning of the names of what other parts of the bridge say in English.
const SAID: &str = "said-";

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
    let begun: Vec<&str> = quoted.iter().filter(|text| text.contains("-{")).copied().collect();
    let unused: Vec<&String> = texts
        .keys()
        .filter(|name| !name.starts_with(SAID))
        .filter(|name| {
            let is_whole = quoted.contains(name.as_str());
            let beginnings = name.match_indices('-').map(|(place, _)| &name[..=place]);
            let is_begun = beginnings
                .into_iter()
                .any(|beginning| begun.iter().any(|text| text.starts_with(&format!("{beginning}{{"))));
            // `after(asked, "users-done", &["saved"])` says users-done-saved.
            let is_after = name
                .match_indices('-')
                .any(|(place, _)| quoted.contains(&name[..place]) && quoted.contains(&name[place + 1..]));
            !(is_whole || is_begun || is_after)
        })
        .collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
    let prefixes: BTreeSet<&str> = texts.keys().map(|name| name.split('-').next().unwrap()).collect();
    // The names that are given to a page as they are: of its title, of what is wrong, of where one goes next.
    for name in quoted.iter().filter(|name| NAMED.iter().any(|prefix| name.starts_with(prefix))) {
        let is_prefix = texts.keys().any(|text| text.starts_with(&format!("{name}-")));
        assert!(texts.contains_key(*name) || is_prefix, "{name} is used and nowhere written");
    }
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

/// What such names begin with.
const NAMED: [&str; 7] = ["notice-", "signin-", "signout-", "login-", "forgot-", "recovery-", "setup-used"];

#[test]
fn what_other_parts_say_in_english_stands_there_word_for_word() {
    let mut source = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    // A string that goes on in the next line is one, and some characters are written in another way.
    let pieces: Vec<&str> = source.split("\\\n").collect();
    let source: String = pieces.iter().map(|piece| piece.trim_start()).collect();
    let source = source.replace("\\\"", "\"").replace("\\u{201c}", "\u{201c}").replace("\\u{201d}", "\u{201d}");
    let said = Language::En.source().lines().filter(|line| line.starts_with(SAID));
    let mut seen = 0;
    for (name, sentence) in said.filter_map(|line| line.split_once(" = ")) {
        seen += 1;
        for words in sentence.split("{ $").enumerate().map(|(place, part)| match part.split_once(" }") {
            Some((_, words)) if place > 0 => words,
            _ => part,
        }) {
            // What stands between two values may be made of pieces.
            let words = words.trim_matches([' ', ';', '.', ',']);
            let words = words.strip_prefix("it ").unwrap_or(words);
            // A number and what is counted are put together in `text::counted_as`.
            assert!(words == "1 key" || source.contains(words), "nobody says \"{words}\", as {name} has it");
        }
    }
    assert!(seen > 150, "{seen}");
}

#[test]
fn every_text_can_be_read() {
    for language in Language::ALL {
        for name in texts(language).keys() {
            assert_ne!(language.say(name), name.as_str(), "{name} in {}", language.tag());
        }
    }
}
