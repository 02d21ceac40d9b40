//! Why a request failed, from what the log has of it: which of the known reasons it is, what it is about, and where at the
//! provider that is mended. The sentences stand among the texts, `why-{name}` and `why-{name}-next`.

use serde_json::Value;

/// What the log has of a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told<'a> {
    /// The path, as it was sent.
    pub path: &'a str,
    /// The status of the answer.
    pub status: i64,
    /// The body of the answer.
    pub answer: Option<&'a str>,
    /// What the bridge knew and did not tell.
    pub note: Option<&'a str>,
}

/// Where at the provider something is mended: the texts `why-okta-{hand}` and `why-entra-{hand}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// Where the token is entered.
    Token,
    /// Where the address is entered.
    Address,
    /// Where attributes are mapped.
    Mapping,
    /// Where people and groups are assigned.
    Assigned,
    /// Where a failed task is tried again.
    Again,
    /// Where passwords are switched off.
    Password,
    /// Nowhere: it goes on by itself.
    Itself,
}

impl Hand {
    /// All there are.
    pub const ALL: [Self; 7] =
        [Self::Token, Self::Address, Self::Mapping, Self::Assigned, Self::Again, Self::Password, Self::Itself];

    /// The end of its texts' names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Address => "address",
            Self::Mapping => "mapping",
            Self::Assigned => "assigned",
            Self::Again => "again",
            Self::Password => "password",
            Self::Itself => "itself",
        }
    }
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Which reason: the text `why-{name}`.
    pub name: &'static str,
    /// What it is about: an attribute, a path, a number; empty where the sentence needs none.
    pub what: String,
    /// The sentence that the provider got.
    pub detail: String,
    /// Where it is mended.
    pub hand: Hand,
}

/// A reason by which the detail of an answer is known.
struct Known {
    status: i64,
    /// The `scimType`; empty: none.
    kind: &'static str,
    /// What stands in the detail.
    words: &'static str,
    name: &'static str,
    hand: Hand,
}

macro_rules! known {
    ($($status:literal $kind:literal $words:literal => $name:literal $hand:ident;)*) => {
        &[$(Known { status: $status, kind: $kind, words: $words, name: $name, hand: Hand::$hand }),*]
    };
}

/// The first that fits counts. The last of a status or a kind has no words, and fits whatever else comes with it.
const KNOWN: &[Known] = known! {
    401 "" "a bearer token is needed" => "token-missing" Token;
    401 "" "expired" => "token-expired" Token;
    401 "" "revoked" => "token-revoked" Token;
    401 "" "" => "token-unknown" Token;
    403 "" "may only read" => "read-only" Token;
    403 "" "no seat is free" => "seats" Again;
    403 "" "last active admin" => "last-admin" Assigned;
    403 "" "last protected admin" => "last-protected" Assigned;
    403 "" "takes no filter" => "no-filter-here" Itself;
    403 "" "" => "forbidden" Again;
    404 "" "two slashes" => "two-slashes" Address;
    405 "" "" => "no-such-method" Address;
    409 "uniqueness" "this username" => "taken-user-name" Again;
    409 "uniqueness" "(emails)" => "taken-email" Again;
    409 "uniqueness" "this externalid" => "taken-external-id" Mapping;
    409 "uniqueness" "this displayname" => "taken-group-name" Again;
    409 "uniqueness" "" => "taken" Again;
    409 "" "refers to an operation" => "bulk-before" Again;
    409 "" "" => "conflict" Again;
    400 "invalidFilter" "there is no attribute" => "filter-attribute" Mapping;
    400 "invalidFilter" "cannot be read" => "filter-unreadable" Itself;
    400 "invalidFilter" "longer than" => "filter-large" Itself;
    400 "invalidFilter" "more than" => "filter-large" Itself;
    400 "invalidFilter" "deeper than" => "filter-large" Itself;
    400 "invalidFilter" "" => "filter-attribute" Mapping;
    400 "invalidPath" "interop" => "strict" Token;
    400 "invalidPath" "sorted by" => "sorted-by" Itself;
    400 "invalidPath" "" => "no-such-attribute" Mapping;
    400 "noTarget" "" => "no-target" Mapping;
    400 "mutability" "added or removed" => "member-fixed" Itself;
    400 "mutability" "can be set, not removed" => "not-removable" Mapping;
    400 "mutability" "is required" => "value-missing" Mapping;
    400 "mutability" "" => "not-changeable" Mapping;
    400 "invalidValue" "takes no passwords" => "passwords-refused" Password;
    400 "invalidValue" "password:" => "password-weak" Password;
    400 "invalidValue" "manager:" => "manager-missing" Assigned;
    400 "invalidValue" "itself" => "member-of-itself" Assigned;
    400 "invalidValue" "members:" => "member-missing" Assigned;
    400 "invalidValue" "true or false" => "not-a-switch" Mapping;
    400 "invalidValue" "is required" => "value-missing" Mapping;
    400 "invalidValue" "must not be blank" => "value-missing" Mapping;
    400 "invalidValue" "longer than" => "value-long" Mapping;
    400 "invalidValue" "elements." => "value-many" Mapping;
    400 "invalidValue" "may be primary" => "two-primary" Mapping;
    400 "invalidValue" "date and time" => "not-a-date" Mapping;
    400 "invalidValue" "bulkid" => "bulk-message" Itself;
    400 "invalidValue" "" => "value-wrong" Mapping;
    400 "invalidSyntax" "not valid json" => "not-json" Itself;
    400 "invalidSyntax" "an attribute twice" => "named-twice" Mapping;
    400 "invalidSyntax" "schemas has to" => "no-schemas" Itself;
    400 "invalidSyntax" "op has to be" => "no-op" Itself;
    400 "invalidSyntax" "" => "message-wrong" Itself;
    400 "invalidCursor" "" => "cursor" Itself;
    400 "expiredCursor" "" => "cursor" Itself;
    400 "invalidCount" "" => "cursor" Itself;
    400 "" "" => "body-cut" Again;
    412 "" "" => "changed" Itself;
    413 "" "operations" => "too-many-operations" Itself;
    413 "" "" => "too-large" Itself;
    415 "" "uncompressed" => "compressed" Itself;
    415 "" "" => "media-type" Itself;
    429 "" "without a valid credential" => "strangers" Token;
    429 "" "" => "too-often" Itself;
    499 "" "" => "went-away" Itself;
    500 "" "" => "ours" Again;
    501 "" "" => "not-served" Itself;
    503 "" "took too long" => "too-slow" Itself;
    503 "" "" => "busy" Itself;
};

/// The reasons of `/oauth/token`, by the error and what stands in the note.
const OF_CLIENTS: &[(&str, &str, &str)] = &[
    ("invalid_client", "secret is wrong", "client-secret"),
    ("invalid_client", "revoked", "client-revoked"),
    ("invalid_client", "no client of that id", "client-unknown"),
    ("invalid_client", "no proof", "client-no-proof"),
    ("invalid_client", "used before", "client-replayed"),
    ("invalid_client", "has no secret", "client-signs"),
    ("invalid_client", "does not sign", "client-has-secret"),
    ("invalid_client", "", "client-proof"),
    ("invalid_grant", "", "client-grant"),
    ("invalid_scope", "", "client-scope"),
    ("unsupported_grant_type", "", "client-grant-type"),
    ("unauthorized_client", "", "client-login"),
    ("temporarily_unavailable", "", "busy"),
    ("", "", "client-request"),
];

/// Every reason there is, so that a test finds a text for each.
pub fn names() -> impl Iterator<Item = &'static str> {
    let others = ["user-gone", "group-gone", "nothing-here", "bulk-part", "other"];
    KNOWN.iter().map(|known| known.name).chain(OF_CLIENTS.iter().map(|(_, _, name)| *name)).chain(others)
}

/// Why a request failed; none where it did not.
#[must_use]
pub fn of(told: Told<'_>) -> Option<Why> {
    let answer: Value = told.answer.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
    if told.status < 400 {
        return if told.path.ends_with("/Bulk") { bulk(&answer) } else { None };
    }
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    if told.path.starts_with("/oauth/") {
        let (error, note) = (text("error"), told.note.unwrap_or_default());
        let fits = |(one, words, _): &&(&str, &str, &str)| (one.is_empty() || *one == error) && note.contains(words);
        let name = OF_CLIENTS.iter().find(fits).map_or("client-request", |(_, _, name)| *name);
        let hand = if name == "busy" { Hand::Itself } else { Hand::Token };
        return Some(Why { name, what: note.to_owned(), detail: text("error_description").to_owned(), hand });
    }
    Some(scim(told, text("scimType"), text("detail")))
}

fn scim(told: Told<'_>, kind: &str, detail: &str) -> Why {
    let why = |name, hand| Why { name, what: what(detail), detail: detail.to_owned(), hand };
    let low = detail.to_lowercase();
    let fits = |known: &&Known| known.status == told.status && known.kind == kind && low.contains(known.words);
    if let Some(known) = KNOWN.iter().find(fits) {
        return why(known.name, known.hand);
    }
    match (told.status, told.path) {
        (404, path) if is_one_of(path, "/scim/v2/Users/") => why("user-gone", Hand::Itself),
        (404, path) if is_one_of(path, "/scim/v2/Groups/") => why("group-gone", Hand::Itself),
        (404, _) => why("nothing-here", Hand::Address),
        _ => why("other", Hand::Again),
    }
}

fn is_one_of(path: &str, list: &str) -> bool {
    path.strip_prefix(list).is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

/// What failed of a bulk request that was answered 200.
fn bulk(answer: &Value) -> Option<Why> {
    let operations = answer.get("Operations")?.as_array()?;
    let status = |one: &Value| one.get("status")?.as_str()?.parse::<i64>().ok();
    let mut failed = operations.iter().filter(|one| status(one).is_some_and(|status| status >= 400));
    let first = failed.next()?;
    let count = 1 + failed.count();
    let detail = first.pointer("/response/detail").and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Why { name: "bulk-part", what: format!("{count}/{}", operations.len()), detail, hand: Hand::Again })
}

/// What a detail is about: what stands between its first quotation marks, else its first word where that is a name (`emails`,
/// `userName`, a URN), else nothing.
fn what(detail: &str) -> String {
    if let Some((quoted, _)) = detail.split_once('"').and_then(|(_, rest)| rest.split_once('"')) {
        return quoted.to_owned();
    }
    // "Operation 3: emails has …" is about emails.
    let told =
        detail.split_once(": ").filter(|(before, _)| before.starts_with("Operation ")).map_or(detail, |(_, rest)| rest);
    let first = told.split([' ', ':']).next().unwrap_or_default();
    let first = if told.starts_with("urn:") { told.split(' ').next().unwrap_or_default() } else { first };
    let is_name = first.chars().next().is_some_and(char::is_lowercase);
    if is_name { first.trim_end_matches([',', '.']).to_owned() } else { String::new() }
}

/// Whose provider asks, by what it calls itself or what its token is called: `okta`, `entra`; none where nothing tells.
#[must_use]
pub fn provider(user_agent: Option<&str>, actor: Option<&str>) -> Option<&'static str> {
    let said = format!("{} {}", user_agent.unwrap_or_default(), actor.unwrap_or_default()).to_lowercase();
    if said.contains("okta") {
        Some("okta")
    } else if ["entra", "azure", "microsoft", "aad"].iter().any(|word| said.contains(word)) {
        Some("entra")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_about_what_it_quotes_or_begins_with() {
        for (detail, about) in [
            ("Operation 1: There is no attribute \"shoeSize\".", "shoeSize"),
            ("Operation 2: active has to be true or false.", "active"),
            ("emails has more than 100 elements.", "emails"),
            ("urn:x:User:manager has to be an object.", "urn:x:User:manager"),
            ("manager: there is no such user in this workspace.", "manager"),
            ("Another user already has this userName.", ""),
            ("", ""),
        ] {
            assert_eq!(what(detail), about, "{detail}");
        }
    }

    #[test]
    fn whatever_fails_has_a_reason_and_what_does_not_has_none() {
        for status in 400..600 {
            assert!(of(Told { path: "/scim/v2/Users", status, ..Told::default() }).is_some());
            assert!(of(Told { path: "/oauth/token", status, ..Told::default() }).is_some());
        }
        for status in [200, 201, 204, 304] {
            assert_eq!(of(Told { path: "/scim/v2/Bulk", status, ..Told::default() }), None);
        }
    }

    #[test]
    fn providers_are_known_by_what_they_are_called() {
        assert_eq!(provider(Some("Okta SCIM Client 1.0.0"), Some("x")), Some("okta"));
        assert_eq!(provider(None, Some("Entra ID")), Some("entra"));
        assert_eq!(provider(Some("curl/8"), None), None);
    }
}
