//! How text is compared: one fold for every database, done here and nowhere else.
//!
//! SQLite folds ASCII only and PostgreSQL folds by locale, so neither is asked to. Whatever is compared without regard
//! to case is stored a second time as `fold(text)` and compared byte by byte.

use std::borrow::Cow;
use std::fmt;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;

/// The form of `text` under which two spellings count as equal: NFKC, full case folding, NFKC again (Unicode 3.13 D146,
/// toCasefold(NFKC), applied so that the result is itself normalised). ASCII takes a short cut with the same outcome.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let nfkc = ComposingNormalizer::new_nfkc();
    let folded = CaseMapper::new().fold_string(&nfkc.normalize(text)).into_owned();
    nfkc.normalize(&folded).into_owned()
}

/// True where `a` and `b` fold to the same text.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() { a.eq_ignore_ascii_case(b) } else { fold(a) == fold(b) }
}

/// `text` with every control character, line break and bidirectional override replaced, so that it can stand in one
/// line of a terminal or a log.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(hostile) { Cow::Owned(text.replace(hostile, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let digits = [byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        hex.extend(digits);
        hex
    })
}

/// A number of things, for people: "1 seat", "2 seats".
#[must_use]
pub fn counted_as<N: fmt::Display + PartialEq + From<bool> + Copy>(number: N, thing: &str) -> String {
    let plural = if number == N::from(true) { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_fold_together() {
        for (a, b) in [
            ("ANNA@X.ORG", "anna@x.org"),
            ("É@x", "é@x"),
            ("e\u{301}", "É"),
            ("straße", "STRASSE"),
            ("\u{212a}", "k"),
            ("＠", "@"),
        ] {
            assert!(same(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn different_letters_stay_different() {
        for (a, b) in [("ı", "i"), ("а", "a"), ("e", "é")] {
            assert!(!same(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["ǅ", "ﬃ", "İ", "ΐ", "ᾳ", "\u{345}"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }
}
