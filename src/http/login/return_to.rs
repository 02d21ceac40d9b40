//! Where somebody wanted to go before they had to log in: a path of the bridge's own, or nothing.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// The longest.
const LONGEST: usize = 2_000;

/// The path with its query, as a browser would ask for it; none where a browser might end up anywhere else.
#[must_use]
pub fn local(text: &str) -> Option<String> {
    let is_plain = text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if !is_plain || !text.starts_with('/') {
        return None;
    }
    let base = Url::parse("https://bridge.invalid").ok()?;
    let url = base.join(text).ok()?;
    let path = url.path();
    // What begins with two slashes, however they are written, is a host to one reader or another.
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
    let mut start = decoded.chars().skip(1);
    let is_host = start.next().is_some_and(|second| matches!(second, '/' | '\\'));
    let hostile = decoded.chars().any(char::is_control) || decoded.contains('\\');
    if url.origin() != base.origin() || url.username() != "" || url.password().is_some() || is_host || hostile {
        return None;
    }
    Some(url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
}

/// A path with further parameters of the query.
#[must_use]
pub fn with(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut whole = path.to_owned();
    for (name, value) in parameters {
        let Some(value) = value else { continue };
        whole.push(if whole.contains('?') { '&' } else { '?' });
        whole.push_str(name);
        whole.push('=');
        whole.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_our_own_is_gone_back_to() {
        for good in [
            "/",
            "/account",
            "/oauth/authorize?client_id=a&state=%2F%2Fb&redirect_uri=https%3A%2F%2Fx.example%2Fcb",
            "/a/b?c=//d",
        ] {
            assert_eq!(local(good).as_deref(), Some(good));
        }
        assert_eq!(local("/a/../b").as_deref(), Some("/b"));
        assert_eq!(local("/a#b").as_deref(), Some("/a"));
        for bad in [
            "",
            "account",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https:evil.example",
            "https://evil.example",
            "http:/evil.example",
            "%2F%2Fevil.example",
            "/%2Fevil.example",
            "/%2f%2fevil.example",
            "/%5Cevil.example",
            "/%5cevil",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "/path\t//evil",
            "/\t/evil.example",
            "/\n/evil.example",
            "/ /evil.example",
            " //evil.example",
            "//user@evil.example",
            "/.//evil.example",
            "/x/..//evil.example",
            "/%0d%0aSet-Cookie:x=y",
            "/a\r\nb",
            "//evil.example/%2e%2e",
            "/%00",
            "/\u{2028}/evil",
            "/é",
            "@evil.example",
            "http://127.0.0.1@evil.example",
            "/%2e%2e//evil.example",
        ] {
            assert_eq!(local(bad), None, "{bad:?}");
        }
        assert_eq!(local(&format!("/{}", "a".repeat(2_000))), None);
    }

    #[test]
    fn parameters_are_added_encoded() {
        assert_eq!(with("/a", &[("b", Some("c d&e")), ("f", None)]), "/a?b=c%20d%26e");
        assert_eq!(with("/a?b=c", &[("d", Some("/e"))]), "/a?b=c&d=%2Fe");
    }
}
