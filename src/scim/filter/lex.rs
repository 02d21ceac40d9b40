//! The tokens of a filter, each with its place.

use super::{MAX_LITERAL, MAX_TEXT};
use crate::scim::error::ScimError;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    /// A name, an operator, a number, `true`, `false`, `null`.
    Word(&'t str),
    /// A string literal without its quotes and escapes.
    Text(String),
}

/// A token and the byte where it begins.
#[derive(Debug, Clone)]
pub(super) struct Placed<'t> {
    pub token: Token<'t>,
    pub at: usize,
}

/// An error that names the column (from 1, in characters) of the byte `at`.
pub(super) fn refuse(text: &str, at: usize, why: &str) -> ScimError {
    let column = text.get(..at).map_or(0, |head| head.chars().count()) + 1;
    ScimError::invalid_filter(format!("The filter cannot be read at column {column}: {why}."))
}

/// Cuts `text` into tokens.
///
/// # Errors
/// 400 `invalidFilter` for text over [`MAX_TEXT`] bytes, a string that does not end or is no JSON string or is longer
/// than [`MAX_LITERAL`] characters.
pub(super) fn lex(text: &str) -> Result<Vec<Placed<'_>>, ScimError> {
    if text.len() > MAX_TEXT {
        return Err(ScimError::invalid_filter(format!("The filter is longer than {MAX_TEXT} bytes.")));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (token, length) = match rest.as_bytes().first() {
            Some(b' ' | b'\t' | b'\r' | b'\n') => {
                at += 1;
                continue;
            }
            Some(b'(') => (Token::Open, 1),
            Some(b')') => (Token::Close, 1),
            Some(b'[') => (Token::OpenBracket, 1),
            Some(b']') => (Token::CloseBracket, 1),
            Some(b'"') => string(text, rest, at)?,
            _ => {
                let end = rest.find(|c: char| c.is_ascii_whitespace() || "()[]\"".contains(c)).unwrap_or(rest.len());
                (Token::Word(rest.get(..end).unwrap_or_default()), end)
            }
        };
        tokens.push(Placed { token, at });
        at += length.max(1);
    }
    Ok(tokens)
}

/// The string literal that `rest` begins with, and its length in bytes.
fn string<'t>(text: &'t str, rest: &'t str, at: usize) -> Result<(Token<'t>, usize), ScimError> {
    let mut escaped = false;
    for (index, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let quoted = rest.get(..=index).unwrap_or_default();
                let value: String =
                    serde_json::from_str(quoted).map_err(|_| refuse(text, at, "the string is no JSON string"))?;
                if value.contains('\0') {
                    return Err(refuse(text, at, "a string must not hold U+0000"));
                }
                if value.chars().count() > MAX_LITERAL {
                    let why = format!("a string is longer than {MAX_LITERAL} characters");
                    return Err(refuse(text, at, &why));
                }
                return Ok((Token::Text(value), index + 1));
            }
            _ => {}
        }
    }
    Err(refuse(text, at, "the string does not end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_cut_at_blanks_brackets_and_quotes() {
        let tokens: Vec<_> =
            lex("a[b eq\"x\\\"\\u00e9\"].c  pr").expect("reads").into_iter().map(|one| one.token).collect();
        let expected = [
            Token::Word("a"),
            Token::OpenBracket,
            Token::Word("b"),
            Token::Word("eq"),
            Token::Text("x\"é".to_owned()),
            Token::CloseBracket,
            Token::Word(".c"),
            Token::Word("pr"),
        ];
        assert_eq!(tokens, expected);
    }

    #[test]
    fn a_broken_string_is_refused_with_its_column() {
        for text in ["é eq \"x", r#"é eq "\x""#, r#"é eq "\ud800""#, r#"é eq "\u0000""#, "é eq \"\t\""] {
            let error = lex(text).expect_err(text);
            assert!(error.detail.contains("column 6"), "{}", error.detail);
        }
    }
}
