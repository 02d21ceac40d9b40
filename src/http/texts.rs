//! What the pages say, in the language of whoever reads: one file a language, `texts/*.ftl`, in Fluent's syntax.
//!
//! A sentence has a name, the same in every file. A test holds that each that is used stands in each file, with the same
//! places for values, and that none is left over.

mod said;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::http::session;

/// The cookie that holds the language that somebody chose.
pub const COOKIE: &str = "__Host-aisoule-language";

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
}

impl Language {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// Its tag (RFC 5646): `en`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// What it calls itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    /// The file of its sentences.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::En => include_str!("texts/en.ftl"),
            Self::De => include_str!("texts/de.ftl"),
        }
    }

    /// The language with that tag, whatever its region.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The language for whoever sends these headers: the one that they chose, else the one that their browser likes best
    /// (RFC 9110 §12.5.4), else English.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        if let Some(chosen) = session::cookie_of(headers, COOKIE).and_then(Self::parse) {
            return chosen;
        }
        let accepts = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut liked: Vec<(f32, Self)> = Vec::new();
        for range in accepts.split(',').take(20) {
            let (tag, quality) = range.split_once(";q=").unwrap_or((range, "1"));
            let quality = quality.trim().parse::<f32>().unwrap_or(0.0);
            if let Some(language) = Self::parse(tag).filter(|_| quality > 0.0) {
                liked.push((quality, language));
            }
        }
        // Of those liked alike the first.
        liked.into_iter().rev().max_by(|a, b| a.0.total_cmp(&b.0)).map_or(Self::En, |(_, language)| language)
    }

    /// A sentence without values.
    #[must_use]
    pub fn say(self, name: &str) -> Cow<'static, str> {
        written(self, name, None)
    }

    /// A sentence without values, where there is one of that name.
    #[must_use]
    pub fn find(self, name: &str) -> Option<Cow<'static, str>> {
        BUNDLES.get(&self).filter(|bundle| bundle.has_message(name)).map(|_| self.say(name))
    }

    /// A sentence with values, which are added by [`Fill::with`].
    #[must_use]
    pub fn fill(self, name: impl Into<Cow<'static, str>>) -> Fill {
        Fill { language: self, name: name.into(), values: FluentArgs::new() }
    }

    /// A day: `26 November 2026`.
    #[must_use]
    pub fn day(self, day: NaiveDate) -> String {
        let months = self.say("calendar-months");
        let month =
            usize::try_from(day.month0()).ok().and_then(|place| months.split(' ').nth(place)).unwrap_or_default();
        self.fill("calendar-day")
            .with("day", day.day())
            .with("month", month)
            .with("year", day.year().to_string())
            .to_string()
    }

    /// A moment: `26 November 2026, 02:20 UTC`.
    #[must_use]
    pub fn moment(self, at: DateTime<Utc>) -> String {
        format!("{}, {}", self.day(at.date_naive()), at.format("%H:%M UTC"))
    }

    /// So many minutes, as people tell them: `3 hours`.
    #[must_use]
    pub fn span(self, minutes: i64) -> String {
        let (name, count) = match minutes {
            ..120 => ("calendar-minutes", minutes),
            120..2_880 => ("calendar-hours", minutes / 60),
            _ => ("calendar-days", minutes / 1_440),
        };
        self.fill(name).with("count", count).to_string()
    }

    /// How long ago something was, or how long it is until then.
    #[must_use]
    pub fn ago(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        match (now - at).num_minutes() {
            0 => self.say("calendar-now").into_owned(),
            minutes @ 1.. => self.fill("calendar-ago").with("span", self.span(minutes)).to_string(),
            minutes => self.fill("calendar-in").with("span", self.span(-minutes)).to_string(),
        }
    }
}

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<HashMap<Language, Bundle>> =
    LazyLock::new(|| Language::ALL.into_iter().map(|language| (language, bundle(language))).collect());

fn bundle(language: Language) -> Bundle {
    let mut bundle =
        FluentBundle::new_concurrent(vec![language.tag().parse::<LanguageIdentifier>().unwrap_or_default()]);
    // No marks around values: the pages escape them, and nothing here is written from right to left.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(language.source().to_owned()).unwrap_or_else(|(resource, errors)| {
        tracing::error!(language = language.tag(), ?errors, "the texts have lines that can't be read");
        resource
    });
    bundle.add_resource_overriding(resource);
    bundle
}

/// A sentence; where there is none of that name, its name, which is at least something to ask about.
fn written(language: Language, name: &str, values: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
    let found = BUNDLES.get(&language).and_then(|bundle| Some((bundle, bundle.get_message(name)?.value()?)));
    let Some((bundle, pattern)) = found else {
        tracing::error!(name, language = language.tag(), "a text is missing");
        return Cow::Owned(name.to_owned());
    };
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, values, &mut errors);
    if !errors.is_empty() {
        tracing::error!(name, ?errors, "a text could not be filled");
    }
    Cow::Owned(text.into_owned())
}

/// A sentence that is being filled. It is written where it is shown.
pub struct Fill {
    language: Language,
    name: Cow<'static, str>,
    values: FluentArgs<'static>,
}

impl Fill {
    /// Sets a value: text, or a number, by which a sentence may choose between one and many.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Value) -> Self {
        self.values.set(key, value.into_value());
        self
    }
}

impl fmt::Display for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(self.language, &self.name, Some(&self.values)))
    }
}

/// What can stand in a sentence.
pub trait Value {
    /// It, as Fluent takes it.
    fn into_value(self) -> FluentValue<'static>;
}

impl Value for &str {
    fn into_value(self) -> FluentValue<'static> {
        FluentValue::String(Cow::Owned(self.to_owned()))
    }
}

// Templates give references, sometimes to references.
impl<T: Value + Clone> Value for &T {
    fn into_value(self) -> FluentValue<'static> {
        self.clone().into_value()
    }
}

macro_rules! texts {
    ($($kind:ty),*) => {$(
        impl Value for $kind {
            fn into_value(self) -> FluentValue<'static> {
                FluentValue::String(Cow::Owned(self.to_string()))
            }
        }
    )*};
}

macro_rules! numbers {
    ($($kind:ty),*) => {$(
        impl Value for $kind {
            fn into_value(self) -> FluentValue<'static> {
                FluentValue::from(self)
            }
        }
    )*};
}

texts!(String, Cow<'_, str>, Fill);
numbers!(i64, i32, u32, usize, u64);

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn liking(accepts: &'static str) -> Language {
        Language::of(&headers(&[("accept-language", accepts)]))
    }

    #[test]
    fn the_language_is_the_one_that_somebody_chose_or_that_their_browser_likes_best() {
        for (accepts, language) in [
            ("", Language::En),
            ("de-AT,de;q=0.9,en;q=0.8", Language::De),
            ("en-GB,de;q=0.9", Language::En),
            ("fr, de;q=0.5, en;q=0.4", Language::De),
            ("de;q=0, en;q=0.1", Language::En),
            ("fr", Language::En),
            ("de;q=x", Language::En),
            ("en, de", Language::En),
            ("de, en", Language::De),
        ] {
            assert_eq!(liking(accepts), language, "{accepts}");
        }
        let chosen = headers(&[("accept-language", "de"), ("cookie", "__Host-aisoule-language=en")]);
        assert_eq!(Language::of(&chosen), Language::En);
        let nonsense = headers(&[("accept-language", "de"), ("cookie", "__Host-aisoule-language=xx")]);
        assert_eq!(Language::of(&nonsense), Language::De);
    }

    #[test]
    fn a_moment_is_told_as_people_tell_it() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for (minutes, en, de) in [
            (0, "just now", "gerade eben"),
            (1, "1 minute ago", "vor 1 Minute"),
            (119, "119 minutes ago", "vor 119 Minuten"),
            (180, "3 hours ago", "vor 3 Stunden"),
            (3 * 1_440, "3 days ago", "vor 3 Tagen"),
            (-90, "in 90 minutes", "in 90 Minuten"),
            (-20 * 1_440, "in 20 days", "in 20 Tagen"),
        ] {
            let at = now - chrono::TimeDelta::minutes(minutes);
            assert_eq!((Language::En.ago(at, now).as_str(), Language::De.ago(at, now).as_str()), (en, de));
        }
        assert_eq!(Language::En.moment(now), "15 January 2027, 08:00 UTC");
        assert_eq!(Language::De.moment(now), "15. Januar 2027, 08:00 UTC");
    }
}
