//! What an asker knows of a thing's version, when a change depends on it.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// On which version of a thing a change depends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Expected {
    /// On none.
    #[default]
    Any,
    /// On its being one of these.
    OneOf(Vec<i64>),
    /// On its being none of these.
    NoneOf(Vec<i64>),
    /// On the thing's not existing.
    Absent,
}

impl Expected {
    /// Whether a thing of that version may be changed.
    #[must_use]
    pub fn allows(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
            Self::NoneOf(versions) => !versions.contains(&version),
            Self::Absent => false,
        }
    }
}

/// In which state a thing was seen: a digest of everything that a form lets somebody change of it, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp(String);

impl Stamp {
    /// That of a thing of which this is stored.
    #[must_use]
    pub fn of(stored: &Value) -> Self {
        let digest = Sha256::digest(stored.to_string());
        Self(crate::text::hex(&digest))
    }

    /// What a form says that it was made from. Whatever it says that is no stamp is nothing's.
    #[must_use]
    pub fn sent(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stamp_is_of_one_state_alone() {
        let stamp = Stamp::of(&json!({"name": "Lead", "teams": ["A"]}));
        assert_eq!(stamp, Stamp::sent(&stamp.to_string()));
        for other in [json!({"name": "Lead", "teams": []}), json!({"name": "Leads", "teams": ["A"]}), json!(null)] {
            assert_ne!(stamp, Stamp::of(&other));
        }
        assert_ne!(stamp, Stamp::sent(""));
    }
}
