//! Where somebody wanted to go before they had to sign in: a path of ours, and nothing else.

use url::Url;

/// The longest that is carried along, in bytes.
const LONGEST: usize = 2_000;

/// `wanted`, where it is a path on this bridge; else `/`. Also takes whole addresses that begin with `public_url`.
#[must_use]
pub fn return_to(public_url: &str, wanted: Option<&str>) -> String {
    wanted.and_then(|wanted| ours(public_url, wanted)).unwrap_or_else(|| "/".into())
}

fn ours(public_url: &str, wanted: &str) -> Option<String> {
    // A browser takes `\` for `/`, and drops tabs and line ends.
    let is_plain = wanted.len() <= LONGEST && !wanted.chars().any(|c| c == '\\' || c.is_control() || c.is_whitespace());
    if !is_plain {
        return None;
    }
    let base = Url::parse(public_url).ok()?;
    let path = match wanted.strip_prefix(public_url) {
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '?']) => rest,
        _ => wanted,
    };
    if !path.starts_with('/') || path.starts_with("//") {
        return None;
    }
    // `/%2F/evil`, `/./…`, `/../…`: whatever a browser makes of it has to be on this host still.
    let url = base.join(path).ok()?;
    let decoded = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy().into_owned();
    let is_ours = url.origin() == base.origin()
        && url.username().is_empty()
        && !url.path().starts_with("//")
        && !decoded.starts_with("//")
        && !decoded.contains('\\');
    is_ours.then(|| {
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", url.path())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &str = "https://bridge.example";

    #[test]
    fn paths_of_ours_are_kept() {
        for (wanted, expected) in [
            ("/", "/"),
            ("/settings/users?status=inactive&x=%2F", "/settings/users?status=inactive&x=%2F"),
            ("https://bridge.example/a?b", "/a?b"),
            (
                "/oauth/authorize?redirect_uri=https%3A%2F%2Fapp.example%2Fcb",
                "/oauth/authorize?redirect_uri=https%3A%2F%2Fapp.example%2Fcb",
            ),
            ("/a/../b", "/b"),
        ] {
            assert_eq!(return_to(US, Some(wanted)), expected);
        }
    }

    #[test]
    fn everything_else_becomes_the_start() {
        for wanted in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https:evil.example",
            "https://evil.example/",
            "https://bridge.example.evil.example/",
            "https://bridge.example@evil.example/",
            "%2F%2Fevil.example",
            "/%2F/evil.example",
            "/%2Fevil.example",
            "/%5Cevil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/path\t//evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\r\nSet-Cookie: x=1",
            " /a",
            "",
            "a",
            "/..//evil.example",
            "/.//evil.example",
            "//bridge.example/a",
            "///evil.example",
        ] {
            assert_eq!(return_to(US, Some(wanted)), "/", "{wanted:?}");
        }
        assert_eq!(return_to(US, None), "/");
        assert_eq!(return_to(US, Some(&format!("/{}", "a".repeat(3_000)))), "/");
    }
}
