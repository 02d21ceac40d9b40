//! Email addresses: where a person is reached and, in AIsoule, what they log in with.

use crate::text;

/// An address of the shape `local@domain`, 3 to 320 characters, without spaces or control characters. Whether mail
/// arrives there only mail can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Takes `text` where it has the shape of an address. The check is made on the folded form as well, so that a
    /// character that turns into `@` or a space under normalisation does not slip through.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (Self::well_formed(text) && Self::well_formed(&text::fold(text))).then(|| Self(text.to_owned()))
    }

    fn well_formed(text: &str) -> bool {
        let length = text.chars().count();
        let hostile = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | ',' | ';');
        match text.rsplit_once('@') {
            Some((local, domain)) => {
                length <= 320
                    && !local.is_empty()
                    && !local.contains('@')
                    && !domain.is_empty()
                    && !domain.starts_with('.')
                    && !domain.ends_with('.')
                    && !text.contains(hostile)
            }
            None => false,
        }
    }

    /// As it was given: mail goes to this spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is compared.
    #[must_use]
    pub fn key(&self) -> String {
        text::fold(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_text() {
        for good in ["a@b", "anna.larsson@example.com", "o'brien+x@sub.example.org", "用户@例え.jp"] {
            assert!(Email::parse(good).is_some(), "{good}");
        }
        for bad in ["", "@", "a@", "@b", "a b@c", "a@b@c", "a@.b", "a@b.", "a\n@b", "a＠b@c", "<a@b>"] {
            assert!(Email::parse(bad).is_none(), "{bad:?}");
        }
    }
}
