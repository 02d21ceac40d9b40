//! What must be nowhere, in every spelling, and the search for it.

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

/// What must be nowhere, with what it is.
#[derive(Default)]
pub struct Nest(pub Vec<(String, String)>);

impl Nest {
    pub fn add(&mut self, what: &str, text: &str) -> String {
        assert!(text.len() >= 8, "{what} is too short to be told from anything else: {text}");
        if !self.0.iter().any(|(_, known)| known == text) {
            self.0.push((what.to_owned(), text.to_owned()));
        }
        text.to_owned()
    }

    /// Each secret in all its spellings.
    pub fn spellings(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (what, text) in &self.0 {
            let bytes = text.as_bytes();
            let mut add = |how: &str, spelled: String| {
                if spelled.len() >= 8 && !all.iter().any(|(_, known): &(String, String)| *known == spelled) {
                    all.push((format!("{what}, {how}"), spelled));
                }
            };
            add("as it is", text.clone());
            add("in JSON", json!(text).to_string().trim_matches('"').to_owned());
            add("for an address", utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
            add("for a form", form_urlencoded::byte_serialize(bytes).collect());
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            add("in hex", hex.to_uppercase());
            add("in hex", hex);
            // Alone or amid other text, as in the header of HTTP's Basic.
            for before in 0..3 {
                let shifted = [vec![0; before], bytes.to_vec()].concat();
                let (from, to) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
                add("in base64", STANDARD_NO_PAD.encode(&shifted)[from..to].to_owned());
                add("in base64url", URL_SAFE_NO_PAD.encode(&shifted)[from..to].to_owned());
            }
        }
        all
    }
}

/// Which of the spellings stand in which of the texts. Each is known by its first eight bytes, so that a text is read once.
pub fn found(spellings: &[(String, String)], places: &[(&str, &String)]) -> Vec<String> {
    let mut by_start: HashMap<[u8; 8], Vec<&(String, String)>> = HashMap::new();
    for one in spellings {
        by_start.entry(one.1.as_bytes()[..8].try_into().unwrap()).or_default().push(one);
    }
    let mut found = BTreeSet::new();
    for (place, text) in places {
        let bytes = text.as_bytes();
        for (at, start) in bytes.windows(8).enumerate() {
            let Some(those) = by_start.get(start) else { continue };
            for (what, spelled) in those.iter().filter(|(_, spelled)| bytes[at..].starts_with(spelled.as_bytes())) {
                let before = bytes[..at].rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
                let before = String::from_utf8_lossy(before);
                let near: String = before.chars().rev().take(250).collect::<Vec<_>>().into_iter().rev().collect();
                found.insert(format!("{what} ({} bytes) in {place}: {near}[…]", spelled.len()));
            }
        }
    }
    found.into_iter().take(60).collect()
}
