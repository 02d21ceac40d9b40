//! What the layers below say in English, for logs, the audit log and programs, in the language of whoever reads a page: each
//! such sentence stands among the texts as `said-…`, word for word, and is known again by its words.

use std::sync::LazyLock;

use super::Language;

/// What the names of these texts begin with.
const PREFIX: &str = "said-";
/// How deep sentences may stand in sentences.
const DEEPEST: usize = 4;

/// A sentence in English, cut where values stand.
struct Known {
    name: &'static str,
    /// The words before the first value, and after each.
    words: Vec<&'static str>,
    /// What the values are called.
    values: Vec<&'static str>,
}

impl Known {
    fn of(name: &'static str, sentence: &'static str) -> Self {
        let mut parts = sentence.split("{ $");
        let (mut words, mut values) = (vec![parts.next().unwrap_or_default()], Vec::new());
        for (value, following) in parts.filter_map(|part| part.split_once(" }")) {
            values.push(value);
            words.push(following);
        }
        Self { name, words, values }
    }

    /// How many bytes of it are fixed.
    fn weight(&self) -> usize {
        self.words.iter().map(|words| words.len()).sum()
    }

    /// The values, where that is the sentence.
    fn values_in<'a>(&self, said: &'a str) -> Option<Vec<&'a str>> {
        let (first, others) = self.words.split_first()?;
        let mut rest = said.strip_prefix(first)?;
        let Some((last, others)) = others.split_last() else { return rest.is_empty().then(Vec::new) };
        let mut values = Vec::with_capacity(self.values.len());
        for words in others {
            let (value, following) = rest.split_once(words)?;
            values.push(value);
            rest = following;
        }
        values.push(rest.strip_suffix(last)?);
        Some(values)
    }
}

/// All, those first of which more is fixed.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let lines = Language::En.source().lines().filter_map(|line| line.split_once(" = "));
    let said = lines.filter(|(name, _)| name.starts_with(PREFIX));
    let mut all: Vec<Known> = said.map(|(name, sentence)| Known::of(name, sentence)).collect();
    all.sort_by_key(|known| std::cmp::Reverse(known.weight()));
    all
});

impl Language {
    /// What another layer says in English, in this language; as it was said, where no text says the same.
    #[must_use]
    pub fn said(self, english: &str) -> String {
        if self == Self::En { english.to_owned() } else { said(self, english, 0) }
    }
}

fn said(language: Language, english: &str, depth: usize) -> String {
    let found = KNOWN.iter().find_map(|known| Some((known, known.values_in(english)?)));
    let Some((known, values)) = found.filter(|_| depth < DEEPEST) else { return english.to_owned() };
    let sentence = language.fill(known.name);
    let all = known.values.iter().zip(values);
    all.fold(sentence, |sentence, (name, value)| sentence.with(name, said(language, value, depth + 1))).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_known_again_by_its_words() {
        let known = Known::of("x", "The { $what } answered ({ $status }).");
        assert_eq!(known.values_in("The provider answered (HTTP 500)."), Some(vec!["provider", "HTTP 500"]));
        assert_eq!(known.values_in("The provider answered (HTTP 500)"), None);
        assert_eq!(known.values_in("the provider answered (HTTP 500)."), None);
        let plain = Known::of("x", "it has expired");
        assert_eq!((plain.values_in("it has expired"), plain.values_in("it has expired.")), (Some(vec![]), None));
    }

    #[test]
    fn sentences_stand_in_sentences_and_what_nobody_knows_stays_as_it_is() {
        let token = "The provider's ID token was refused: it has expired.";
        assert_eq!(Language::De.said(token), "Das ID-Token des Anbieters wurde abgelehnt: Es ist abgelaufen.");
        assert_eq!(Language::En.said(token), token);
        assert_eq!(Language::De.said("Bananas."), "Bananas.");
        let nested = "The provider's ID token was refused: ".repeat(100);
        assert!(Language::De.said(&format!("{nested}x.")).ends_with("x."));
    }
}
