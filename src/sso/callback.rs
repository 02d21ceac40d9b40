//! What the browser brings back from a provider (RFC 6749 §4.1.2, RFC 9207).

/// The longest query of a callback, in bytes.
const LONGEST: usize = 16_384;

/// What the browser brings back. Nothing of it is true before it was checked.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Callback {
    /// Which sign-in it belongs to.
    pub state: Option<String>,
    /// What becomes tokens.
    pub code: Option<String>,
    /// The provider that sends it (RFC 9207).
    pub iss: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// The same in the provider's words: text of a stranger.
    pub error_description: Option<String>,
}

impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback").field("error", &self.error).field("iss", &self.iss).finish_non_exhaustive()
    }
}

/// Why a query is none of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// It is too long.
    #[error("the address is longer than a provider's answer can be")]
    TooLong,
    /// It names a parameter twice (RFC 6749 §3.1).
    #[error("the address names a parameter twice")]
    Repeated,
    /// It is not encoded as it should be.
    #[error("the address has characters in it that no provider sends")]
    Encoding,
}

impl Callback {
    /// Reads the query of a callback, without its `?`. Parameters that are not known are passed over; an empty one is
    /// none.
    ///
    /// # Errors
    /// [`CallbackError`]
    pub fn parse(query: &str) -> Result<Self, CallbackError> {
        if query.len() > LONGEST {
            return Err(CallbackError::TooLong);
        }
        let mut callback = Self::default();
        let mut seen = [false; 5];
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let fields = [
                ("state", &mut callback.state),
                ("code", &mut callback.code),
                ("iss", &mut callback.iss),
                ("error", &mut callback.error),
                ("error_description", &mut callback.error_description),
            ];
            for ((known, field), seen) in fields.into_iter().zip(&mut seen) {
                if known != name {
                    continue;
                }
                if std::mem::replace(seen, true) {
                    return Err(CallbackError::Repeated);
                }
                let is_words = known == "error_description";
                if value.contains(char::REPLACEMENT_CHARACTER) || (!is_words && value.contains(char::is_control)) {
                    return Err(CallbackError::Encoding);
                }
                *field = Some(value.clone().into_owned()).filter(|value| !value.is_empty());
            }
        }
        Ok(callback)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_once_and_in_one_way() {
        let read = Callback::parse("code=a%2Bb+c&state=s&iss=https%3A%2F%2Fop&session_state=x&scope=openid").unwrap();
        let seen = (read.code.as_deref(), read.state.as_deref(), read.iss.as_deref());
        assert_eq!(seen, (Some("a+b c"), Some("s"), Some("https://op")));
        assert_eq!(Callback::parse("").unwrap(), Callback::default());
        assert_eq!(Callback::parse("code=").unwrap(), Callback::default());
        let told = Callback::parse("error=access_denied&error_description=%3Cscript%3E%0A").unwrap();
        assert_eq!(told.error_description.as_deref(), Some("<script>\n"));
        for (query, error) in [
            ("code=a&code=b", CallbackError::Repeated),
            ("code=&code=b", CallbackError::Repeated),
            ("c%6fde=a&code=a", CallbackError::Repeated),
            ("state=s&state=s", CallbackError::Repeated),
            ("code=%00", CallbackError::Encoding),
            ("state=%ff", CallbackError::Encoding),
            ("iss=a%0d%0ab", CallbackError::Encoding),
        ] {
            assert_eq!(Callback::parse(query), Err(error), "{query}");
        }
        assert_eq!(Callback::parse(&"a".repeat(LONGEST + 1)), Err(CallbackError::TooLong));
        assert!(!format!("{read:?}").contains("a+b"), "a code is never printed");
    }
}
