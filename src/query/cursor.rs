//! Cursors (RFC 9865): where a page ends, signed, so that only the workspace and the query it was made for can use it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::scim::error::ScimError;

/// How long a cursor is good for, in seconds.
pub const LIFETIME: i64 = 3_600;
/// The longest cursor that is looked at, in characters.
const LONGEST: usize = 16_384;
/// The bytes of a signature.
const MAC: usize = 16;

/// The value by which a row stands where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    /// The order is by id alone.
    None,
    /// Text; none where the row has no value.
    Text(Option<String>),
    /// A moment; none where the row has no value.
    Time(Option<DateTime<Utc>>),
}

/// The place after one row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What the row is sorted by.
    pub value: SortValue,
    /// The row's id.
    pub id: Uuid,
}

#[derive(Serialize, Deserialize)]
#[allow(clippy::option_option)]
struct Payload {
    #[serde(rename = "i")]
    id: Uuid,
    #[serde(rename = "e")]
    expires: i64,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none", with = "double")]
    text: Option<Option<String>>,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none", with = "double")]
    time: Option<Option<DateTime<Utc>>>,
}

/// Tells "absent" from "null".
#[allow(clippy::option_option, clippy::ref_option)]
mod double {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(value: &Option<Option<T>>, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

/// Makes and reads cursors under one key.
#[derive(Clone)]
pub struct Cursors {
    key: [u8; 32],
}

impl Cursors {
    /// Cursors under that key.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn signature(&self, bound_to: &[u8], payload: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(&bound_to.len().to_be_bytes());
        mac.update(bound_to);
        mac.update(payload);
        Some(mac)
    }

    /// The cursor for the place after a row, for nobody but whoever asks `bound_to` again.
    #[must_use]
    pub fn write(&self, bound_to: &[u8], place: &Place, now: DateTime<Utc>) -> String {
        let (text, time) = match &place.value {
            SortValue::None => (None, None),
            SortValue::Text(text) => (Some(text.clone()), None),
            SortValue::Time(time) => (None, Some(*time)),
        };
        let payload = Payload { id: place.id, expires: now.timestamp() + LIFETIME, text, time };
        let payload = serde_json::to_vec(&payload).unwrap_or_default();
        let mut bytes = self
            .signature(bound_to, &payload)
            .map_or_else(Vec::new, |mac| mac.finalize().into_bytes().into_iter().take(MAC).collect());
        bytes.extend(payload);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place that a cursor stands for.
    ///
    /// # Errors
    /// 400 `invalidCursor` for anything that [`Cursors::write`] did not make for the same query, `expiredCursor` for
    /// what is too old (RFC 9865 §2.1).
    pub fn read(&self, bound_to: &[u8], cursor: &str, now: DateTime<Utc>) -> Result<Place, ScimError> {
        let place = self.open(bound_to, cursor).ok_or_else(|| {
            ScimError::invalid_cursor("The cursor is not one that this query gave; begin again with an empty cursor.")
        })?;
        let (payload, value) = place;
        if payload.expires < now.timestamp() {
            return Err(ScimError::expired_cursor("The cursor is too old; begin again with an empty cursor."));
        }
        Ok(Place { value, id: payload.id })
    }

    fn open(&self, bound_to: &[u8], cursor: &str) -> Option<(Payload, SortValue)> {
        if cursor.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (signature, payload) = bytes.split_at_checked(MAC)?;
        self.signature(bound_to, payload)?.verify_truncated_left(signature).ok()?;
        let payload: Payload = serde_json::from_slice(payload).ok()?;
        let value = match (&payload.text, &payload.time) {
            (Some(text), _) => SortValue::Text(text.clone()),
            (None, Some(time)) => SortValue::Time(*time),
            (None, None) => SortValue::None,
        };
        Some((payload, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(value: SortValue) -> Place {
        Place { value, id: Uuid::from_u128(7) }
    }

    #[test]
    fn a_cursor_comes_back_as_it_was_made() {
        let (cursors, now) = (Cursors::new([1; 32]), DateTime::UNIX_EPOCH);
        let values = [
            SortValue::None,
            SortValue::Text(None),
            SortValue::Text(Some("é".into())),
            SortValue::Time(None),
            SortValue::Time(DateTime::from_timestamp_micros(1_234_567)),
        ];
        for value in values {
            let cursor = cursors.write(b"q", &place(value.clone()), now);
            assert_eq!(cursors.read(b"q", &cursor, now).unwrap(), place(value));
        }
    }

    #[test]
    fn the_longest_values_make_cursors_that_are_looked_at() {
        let (cursors, now) = (Cursors::new([1; 32]), DateTime::UNIX_EPOCH);
        // What an index sorts by has 1,536 bytes at the most, everything else is cut after 1,024 characters.
        for text in ["\u{1}".repeat(1_536), "\u{10ffff}".repeat(1_024), "\u{1}".repeat(1_024)] {
            let place = place(SortValue::Text(Some(text)));
            let cursor = cursors.write(b"q", &place, now);
            assert_eq!(cursors.read(b"q", &cursor, now).unwrap(), place, "{}", cursor.len());
        }
    }

    #[test]
    fn a_cursor_of_another_query_another_key_or_another_spelling_is_refused() {
        let (cursors, now) = (Cursors::new([1; 32]), DateTime::UNIX_EPOCH);
        let cursor = cursors.write(b"q", &place(SortValue::None), now);
        assert!(cursors.read(b"other", &cursor, now).is_err());
        assert!(Cursors::new([2; 32]).read(b"q", &cursor, now).is_err());
        for i in 0..cursor.len() {
            let mut bytes = cursor.clone().into_bytes();
            bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            assert!(cursors.read(b"q", &forged, now).is_err(), "{i}");
        }
        for bad in ["", "A", "%00", &"A".repeat(100_000), "1; DROP TABLE users"] {
            assert!(cursors.read(b"q", bad, now).is_err());
        }
    }

    #[test]
    fn an_old_cursor_says_that_it_is_old() {
        let (cursors, now) = (Cursors::new([1; 32]), DateTime::UNIX_EPOCH);
        let cursor = cursors.write(b"q", &place(SortValue::None), now);
        let later = now + chrono::TimeDelta::seconds(LIFETIME + 1);
        let error = cursors.read(b"q", &cursor, later).unwrap_err();
        assert_eq!(error.scim_type.map(crate::scim::error::ScimType::as_str), Some("expiredCursor"));
    }
}
