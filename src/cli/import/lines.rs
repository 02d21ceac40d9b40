//! JSON lines, and SCIM's own list of resources: users and groups as SCIM has them, or a whole workspace as another bridge
//! wrote it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use serde_json::Value;

use super::bridge;
use super::item::{Item, Source};
use super::resource;

/// How many members of a group are brought in at a time.
const MEMBERS: usize = 500;

/// A file of JSON.
pub struct Lines {
    file: BufReader<File>,
    line: u64,
    bytes: u64,
    /// Things of a document that was read whole, each with the place that it has there.
    whole: VecDeque<(u64, Value)>,
    /// What has to wait until everything that it names is there.
    later: VecDeque<(u64, Item)>,
    /// Whether something can't be read, so that nothing after it is.
    ended: bool,
}

impl Lines {
    /// Reads from the beginning of `file`.
    #[must_use]
    pub const fn new(file: BufReader<File>) -> Self {
        Self { file, line: 0, bytes: 0, whole: VecDeque::new(), later: VecDeque::new(), ended: false }
    }

    /// The next value, or what is wrong with its line.
    fn value(&mut self) -> Option<(u64, Result<Value, String>)> {
        loop {
            if let Some((place, value)) = self.whole.pop_front() {
                return Some((place, Ok(value)));
            }
            if self.ended {
                return None;
            }
            let mut text = Vec::new();
            match self.file.read_until(b'\n', &mut text) {
                Ok(0) => return None,
                Ok(length) => self.bytes += u64::try_from(length).unwrap_or_default(),
                Err(error) => {
                    self.ended = true;
                    return Some((self.line + 1, Err(error.to_string())));
                }
            }
            self.line += 1;
            if text.trim_ascii().is_empty() {
                continue;
            }
            let mut parsed = crate::scim::json::parse(&text);
            if parsed.is_err() && self.line == 1 {
                // A document of several lines.
                self.ended = true;
                if let Err(error) = self.file.read_to_end(&mut text) {
                    return Some((1, Err(error.to_string())));
                }
                self.bytes = u64::try_from(text.len()).unwrap_or_default();
                parsed = crate::scim::json::parse(&text);
            }
            match parsed {
                Ok(value) => {
                    if let Some(resources) = value.get("Resources").and_then(Value::as_array) {
                        self.whole.extend((1..).zip(resources.iter().cloned()));
                    } else if let Value::Array(values) = value {
                        self.whole.extend((1..).zip(values));
                    } else {
                        return Some((self.line, Ok(value)));
                    }
                }
                Err(error) => return Some((self.line, Err(error.detail))),
            }
        }
    }

    fn items(&mut self, line: u64, value: Value) -> Result<Vec<Item>, String> {
        if value.get("kind").is_some() {
            return bridge::items(&value);
        }
        let (item, then) = resource::item(value)?;
        for item in then {
            match item {
                Item::Members { group, members } => {
                    let parts = members
                        .chunks(MEMBERS)
                        .map(|part| Item::Members { group: group.clone(), members: part.to_vec() });
                    self.later.extend(parts.map(|item| (line, item)));
                }
                item => self.later.push_back((line, item)),
            }
        }
        Ok(vec![item])
    }
}

impl Source for Lines {
    fn next(&mut self) -> Option<(u64, Result<Vec<Item>, String>)> {
        match self.value() {
            Some((line, Ok(value))) => Some((line, self.items(line, value))),
            Some((line, Err(why))) => Some((line, Err(why))),
            None => self.later.pop_front().map(|(line, item)| (line, Ok(vec![item]))),
        }
    }

    fn position(&self) -> u64 {
        self.bytes
    }
}
