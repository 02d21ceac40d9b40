//! What somebody decided by hand about a user whom a provider keeps: it holds until it is given back.
//!
//! What the provider says goes on being stored as it says it, so that it sees what it wrote; the pin lies over it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The fields of a user that can be pinned, the role aside: its source says so itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pins {
    /// The name that colleagues see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<Pin>,
    /// The address that the person logs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Pin>,
    /// That somebody deactivated the person by hand: no provider activates them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inactive: Option<Hold>,
}

/// A value that was set by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The value.
    pub value: String,
    /// Who set it, as people know them.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A deactivation by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who did it, as people know them.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether the provider, which was not told, has the person as active.
    #[serde(default)]
    pub wanted: bool,
}

impl Pins {
    /// Whether nothing is pinned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_stored_as_json_and_nothing_pinned_is_an_empty_object() {
        let none = Pins::default();
        assert_eq!(serde_json::to_string(&none).unwrap(), "{}");
        let pin = Pin { value: "Anna".into(), by: "Ben".into(), at: DateTime::UNIX_EPOCH };
        let hold = Hold { by: "Ben".into(), at: DateTime::UNIX_EPOCH, wanted: true };
        let some = Pins { full_name: Some(pin), email: None, inactive: Some(hold) };
        let back: Pins = serde_json::from_str(&serde_json::to_string(&some).unwrap()).unwrap();
        assert!(back == some && !back.is_empty());
    }
}
