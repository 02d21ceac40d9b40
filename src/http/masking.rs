//! What the request log keeps of queries, forms and bodies: everything but secrets.

use serde_json::{Map, Value};

use crate::scim::json;
use crate::secret;

/// What stands in place of a secret.
const MASK: &str = "[masked]";
/// The bytes that a character may have: a body cut short by less than these shows that it was.
const LONGEST_CHAR: usize = 4;
/// The parameters of SCIM's queries.
const OF_SCIM: [&str; 8] =
    ["attributes", "count", "cursor", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex"];
/// The parameters of a token request that hold no secret.
const OF_OAUTH: [&str; 8] = [
    "audience",
    "client_assertion_type",
    "client_id",
    "grant_type",
    "redirect_uri",
    "resource",
    "scope",
    "token_type_hint",
];

/// Whether `password` is a word of a name, a path or a filter: the name itself, or a part of a URN or a dotted path.
fn names_a_secret(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| word.eq_ignore_ascii_case("password"))
}

/// Whether a parameter of a query holds a secret by its name: a token, say, that should have come in a header.
fn holds_a_secret(name: &str) -> bool {
    let words = ["password", "token", "secret", "assertion"];
    let mut parts = name.split(|c: char| !c.is_alphanumeric());
    parts.any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
}

/// Whether a secret may stand in a body: the word, or an escape that could spell it.
fn may_name_a_secret(bytes: &[u8]) -> bool {
    let begins =
        |at: usize, word: &[u8]| bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word));
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'p' | b'P' => begins(at, b"password"),
        b'\\' => bytes.get(at + 1) == Some(&b'u'),
        _ => false,
    })
}

/// A query as its sender meant it: decoded, and without the values of parameters that name a secret or are one of ours.
pub fn query(raw: &str) -> String {
    let mut hidden = false;
    readable(raw, |name, value| {
        // What follows a secret may be the rest of it, where its sender left `&` as it is.
        hidden = holds_a_secret(name)
            || names_a_secret(value)
            || secret::begins_like_one(value)
            || (hidden && !OF_SCIM.iter().any(|known| known.eq_ignore_ascii_case(name)));
        hidden
    })
}

/// The parameters of a token request, decoded; only those that hold no secret have their values.
pub fn form(raw: &str) -> String {
    readable(raw, |name, value| !OF_OAUTH.contains(&name) || secret::begins_like_one(value))
}

fn readable(raw: &str, mut hides: impl FnMut(&str, &str) -> bool) -> String {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().replace('\0', "\u{fffd}")
    };
    let parameter = |pair: &str| {
        let Some((name, value)) = pair.split_once('=') else {
            let name = decoded(pair);
            return if hides(&name, "") { MASK.to_owned() } else { name };
        };
        let (name, value) = (decoded(name), decoded(value));
        let hidden = hides(&name, &value);
        let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        format!("{}={}", if hidden && !is_plain { MASK } else { &name }, if hidden { MASK } else { &value })
    };
    raw.split('&').map(parameter).collect::<Vec<_>>().join("&")
}

/// A body as it is kept: without secrets, cut at `most` bytes. None where there is none.
pub fn request(bytes: &[u8], most: usize) -> Option<String> {
    if !may_name_a_secret(bytes) {
        return plain(bytes, most);
    }
    // Where a name stands twice, which of the two counts is not ours to guess: such a body is refused, and not kept.
    let Ok(mut json) = json::parse(bytes) else {
        return Some(format!("[{} bytes that are not JSON as SCIM takes it and may hold a secret]", bytes.len()));
    };
    if mask(&mut json) { Some(shortened(&json.to_string(), most)) } else { plain(bytes, most) }
}

/// An answer of ours as it is kept. What is cut off is not looked at: nothing before the cut tells a secret by what comes
/// after it, as the path of an operation may in a request.
pub fn answer(bytes: &[u8], most: usize) -> Option<String> {
    let cut = bytes.get(..most.saturating_add(LONGEST_CHAR)).unwrap_or(bytes);
    if may_name_a_secret(cut) { request(bytes, most) } else { plain(cut, most) }
}

/// What a token request was answered, without the token.
pub fn token_answer(answer: &Value) -> String {
    let mut answer = answer.clone();
    for name in ["access_token", "refresh_token", "id_token"] {
        if let Some(token) = answer.get_mut(name) {
            *token = MASK.into();
        }
    }
    answer.to_string()
}

fn shortened(text: &str, most: usize) -> String {
    let cut = text.char_indices().map(|(at, _)| at).find(|at| *at >= most);
    cut.and_then(|at| text.get(..at)).map_or_else(|| text.to_owned(), |head| format!("{head}…"))
}

/// A body that names no secret, cut at `most` bytes. None where there is none.
pub fn plain(bytes: &[u8], most: usize) -> Option<String> {
    let cut = bytes.get(..most).unwrap_or(bytes);
    let mut text = String::from_utf8_lossy(cut).into_owned();
    if text.contains('\0') {
        text = text.replace('\0', "\u{fffd}");
    }
    if bytes.len() > most {
        text.push('…');
    }
    (!bytes.is_empty()).then_some(text)
}

/// Masks the value of every member that is called `password`, what a PATCH operation on it carries, and filters and
/// paths that compare it. Gives whether there was any. The reader of JSON takes 32 levels at the most, so that this ends.
fn mask(json: &mut Value) -> bool {
    match json {
        // Each is looked at, also after one was found.
        Value::Array(items) => items.iter_mut().filter_map(|item| mask(item).then_some(())).count() > 0,
        Value::Object(map) => mask_members(map),
        _ => false,
    }
}

fn mask_members(map: &mut Map<String, Value>) -> bool {
    let is = |name: &str, known: &str| name.eq_ignore_ascii_case(known);
    let secret_text = |value: &Value| value.as_str().is_some_and(names_a_secret);
    let on_secret = map.iter().any(|(name, value)| is(name, "path") && secret_text(value));
    let mut found = false;
    for (name, value) in map.iter_mut() {
        let compares = (is(name, "filter") || is(name, "path")) && secret_text(value);
        // A path without a literal holds nothing but names.
        let compares = compares && value.as_str().is_some_and(|text| text.contains('"'));
        if names_a_secret(name) || (on_secret && is(name, "value")) || compares {
            *value = MASK.into();
            found = true;
        } else {
            found |= mask(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> String {
        request(text.as_bytes(), 10_000).unwrap()
    }

    #[test]
    fn no_password_is_kept_however_it_is_sent() {
        let cases = [
            r#"{"userName":"a","password":"hunter2"}"#,
            r#"{"PassWord":"hunter2"}"#,
            r#"{"p\u0061ssword":"hunter2"}"#,
            r#"{"\u0050\u0041\u0053\u0053\u0057\u004f\u0052\u0044":{"value":"hunter2"}}"#,
            r#"{"Operations":[{"op":"replace","path":"password","value":"hunter2"}]}"#,
            r#"{"Operations":[{"op":"replace","value":"hunter2","path":"password"}]}"#,
            r#"{"Operations":[{"value":["hunter2"],"Path":"p\u0061ssword","op":"replace"}]}"#,
            r#"{"Operations":[{"op":"replace","value":"hunter2","path":"urn:ietf:params:scim:schemas:core:2.0:User:Password"}]}"#,
            r#"{"Operations":[{"op":"replace","path":"password[value eq \"hunter2\"]","value":"hunter2"}]}"#,
            r#"{"Operations":[{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User:password":"hunter2"}}]}"#,
            r#"{"Operations":[{"op":"replace","path":"password","path":"title","value":"hunter2"}]}"#,
            r#"{"Operations":[{"method":"POST","data":{"password":["hunter2"]}}]}"#,
            r#"{"Operations":[{"method":"PATCH","path":"/Users/1","data":{"Operations":[{"value":"hunter2","path":"password"}]}}]}"#,
            r#"{"filter":"userName eq \"a\" and password eq \"hunter2\""}"#,
            r#"{"password":"hunter2","#,
        ];
        for case in cases {
            assert!(!kept(case).contains("hunter2"), "{case}: {}", kept(case));
        }
    }

    #[test]
    fn everything_else_is_kept_as_it_was_sent() {
        for text in [
            r#"{"userName":"a",  "x":[1,2]}"#,
            r#"{"changePassword":  {"supported":true}}"#,
            r#"{"detail":"password: this workspace takes no passwords."}"#,
            r#"{"displayName":"\u00c9lan",  "n":1.0}"#,
            r#"{"Operations":[{"op":"remove",  "path":"password"}]}"#,
        ] {
            assert_eq!(kept(text), text);
        }
        assert_eq!(request(b"", 10), None);
        assert_eq!(request("ééé".as_bytes(), 4).unwrap(), "éé…");
    }

    #[test]
    fn a_query_is_shown_decoded_and_without_passwords() {
        for (raw, shown) in [
            (
                "filter=emails%5Btype+eq+%22work%22%20and+value+eq%20%22a%40b%22%5D&count=2",
                "filter=emails[type eq \"work\" and value eq \"a@b\"]&count=2",
            ),
            ("filter=password%20eq%20%22hunter2%22&count=2", "filter=[masked]&count=2"),
            ("filter=p%61ssword+eq+%22hunter2%22", "filter=[masked]"),
            ("filter=urn:ietf:params:scim:schemas:core:2.0:User:PASSWORD+sw+%22hunter2%22", "filter=[masked]"),
            ("p%61ssword=hunter2&a=b", "password=[masked]&a=[masked]"),
            ("filter=password+eq+%22hunter2&hunter2%22", "filter=[masked]&[masked]"),
            ("password+eq+hunter2", "[masked]"),
            ("password%20eq%20hunter2=1", "[masked]=[masked]"),
            ("filter=title+eq+%22passwords%22&x", "filter=title eq \"passwords\"&x"),
            ("a=%00%ff", "a=\u{fffd}\u{fffd}"),
            ("access_token=hunter2&count=1", "access_token=[masked]&count=1"),
            ("Token=hunter2&count=1", "Token=[masked]&count=1"),
            ("count=1&auth=aisb_hunter2", "count=1&auth=[masked]"),
        ] {
            assert_eq!(query(raw), shown, "{raw}");
        }
    }

    #[test]
    fn a_token_request_is_shown_without_its_proof() {
        let raw = "grant_type=client_credentials&scope=scim+scim%3Aread&client_id=client-1&client_secret=hunter2&client%5Fassertion=hunter2&x=hunter2";
        let shown = "grant_type=client_credentials&scope=scim scim:read&client_id=client-1&client_secret=[masked]&client_assertion=[masked]&x=[masked]";
        assert_eq!(form(raw), shown);
        assert_eq!(form("client_id=aisb_hunter2"), "client_id=[masked]");
        assert_eq!(
            token_answer(&serde_json::json!({"access_token": "hunter2", "scope": "scim"})),
            r#"{"access_token":"[masked]","scope":"scim"}"#
        );
    }
}
