//! For how long a token or key is made: a few lengths to choose from.

use chrono::{DateTime, TimeDelta, Utc};

use crate::http::texts::Language;

/// How long before its end one is worth a warning.
pub const SOON: TimeDelta = TimeDelta::days(30);
/// What can be chosen, in days; 0: no end.
const DAYS: [i64; 5] = [30, 90, 180, 365, 0];

/// What a length is called.
pub fn name(language: Language, days: i64) -> String {
    if days == 0 {
        return language.say("provisioning-no-end").into_owned();
    }
    language.fill("provisioning-days").with("count", days).to_string()
}

/// What can be chosen: as it stands in the form, and what it is called.
pub fn choices(language: Language) -> Vec<(String, String)> {
    DAYS.iter().map(|days| (days.to_string(), name(language, *days))).collect()
}

/// The end that was chosen: none where it has none. No answer where it is nothing that can be chosen.
#[allow(clippy::option_option)]
pub fn end(text: &str, now: DateTime<Utc>) -> Option<Option<DateTime<Utc>>> {
    let days = text.parse::<i64>().ok().filter(|days| DAYS.contains(days))?;
    Some((days > 0).then(|| now + TimeDelta::days(days)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_chosen_is_a_length() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert_eq!(end("30", now), Some(Some(now + TimeDelta::days(30))));
        assert_eq!(end("0", now), Some(None));
        for bad in ["31", "-30", "", "x"] {
            assert_eq!(end(bad, now), None, "{bad}");
        }
    }
}
