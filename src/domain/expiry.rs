//! When Admins hear that a token ends: two weeks before, three days before, and when it has.

use chrono::{DateTime, TimeDelta, Utc};

/// How many days before the end.
pub const STAGES: [i64; 3] = [14, 3, 0];
/// For how many days after the end that is still news.
pub const NEWS: i64 = 7;

/// How many days before its end at the latest, if any, a token is to be told of now; `told` is the last such number. A
/// token that never had more time than that is not told of at its birth.
#[must_use]
pub fn stage(created: DateTime<Utc>, end: DateTime<Utc>, told: Option<i64>, now: DateTime<Utc>) -> Option<i64> {
    if now >= end + TimeDelta::days(NEWS) {
        return None;
    }
    let reached = |days: &i64| now >= end - TimeDelta::days(*days) && created < end - TimeDelta::days(*days);
    STAGES.into_iter().rev().find(reached).filter(|days| told.is_none_or(|told| told > *days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_is_told_of_once_and_a_short_life_only_of_its_end() {
        let born = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (day, end) = (TimeDelta::days(1), born + TimeDelta::days(365));
        for (at, told, expected) in [
            (end - day * 15, None, None),
            (end - day * 14, None, Some(14)),
            (end - day * 4, Some(14), None),
            (end - day * 3, Some(14), Some(3)),
            (end - day, None, Some(3)),
            (end, Some(3), Some(0)),
            (end + day, Some(0), None),
            (end + day * 7, None, None),
        ] {
            assert_eq!(stage(born, end, told, at), expected, "{at}");
        }
        let short = born + day;
        assert_eq!(stage(born, short, None, born), None);
        assert_eq!(stage(born, short, None, short), Some(0));
    }
}
