//! The errors of the protocol and their form on the wire (RFC 7644 §3.12, RFC 9865 §2.1).

use std::borrow::Cow;

use serde_json::{Value, json};

/// The URN of the error message.
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// How many characters of a client's input a detail repeats at most.
const ECHO: usize = 64;

/// The detail error keyword that goes with status 400 and 409 (RFC 7644 table 9, RFC 9865 §2.1). Of the table's keywords
/// three are never needed: `tooMany` (a page is cut to its size), `invalidVers` (there is one version of the protocol) and
/// `sensitive` (a filter may always stand in the address).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// 400: the filter, or a comparison in it, is not possible.
    InvalidFilter,
    /// 409: a value that must be unique is taken.
    Uniqueness,
    /// 400: the attribute may not be changed so.
    Mutability,
    /// 400: the body is not what the request needs.
    InvalidSyntax,
    /// 400: the path of a PATCH, or of an order, leads nowhere.
    InvalidPath,
    /// 400: a PATCH names nothing that is there.
    NoTarget,
    /// 400: a value is missing or does not fit its attribute.
    InvalidValue,
    /// 400: no cursor of this query (RFC 9865 §2.1).
    InvalidCursor,
    /// 400: a cursor whose time is over (RFC 9865 §2.1).
    ExpiredCursor,
    /// 400: a page of that size is not given (RFC 9865 §2.1).
    InvalidCount,
}

impl ScimType {
    /// The keyword as it is written on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

/// One refusal: an HTTP status, the keyword where the standard has one, and a sentence for an administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {detail}")]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// The kind, for machines.
    pub scim_type: Option<ScimType>,
    /// What is wrong and what to do, for people.
    pub detail: String,
}

/// A constructor for each keyword, and one for each bare status.
macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident = $status:literal $(, $kind:ident)?;)*) => { impl ScimError {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(detail: impl Into<String>) -> Self {
            Self { status: $status, scim_type: constructors!(@ $($kind)?), detail: detail.into() }
        }
    )*}};
    (@ $kind:ident) => { Some(ScimType::$kind) };
    (@) => { None };
}

constructors! {
    /// The filter cannot be read, or asks what may not be asked.
    invalid_filter = 400, InvalidFilter;
    /// A value is taken by another resource (RFC 7644 §3.3: 409).
    uniqueness = 409, Uniqueness;
    /// The target may not be changed by a client.
    mutability = 400, Mutability;
    /// The body is not JSON, or not the message that was expected.
    invalid_syntax = 400, InvalidSyntax;
    /// The path names no attribute of the resource.
    invalid_path = 400, InvalidPath;
    /// The path selects nothing.
    no_target = 400, NoTarget;
    /// A value is missing or of the wrong type.
    invalid_value = 400, InvalidValue;
    /// The cursor is not one that this service gave (RFC 9865).
    invalid_cursor = 400, InvalidCursor;
    /// The cursor is too old (RFC 9865).
    expired_cursor = 400, ExpiredCursor;
    /// The count does not go with the cursor (RFC 9865).
    invalid_count = 400, InvalidCount;
    /// The request is not understood, and no keyword fits.
    bad_request = 400;
    /// No credential, or none that is good.
    unauthorized = 401;
    /// The credential may not do this, or nobody may now.
    forbidden = 403;
    /// The path has no such method.
    method_not_allowed = 405;
    /// The request does not go with what is there.
    conflict = 409;
    /// The resource has changed since (RFC 7644 §3.14).
    precondition_failed = 412;
    /// Larger than the service takes.
    payload_too_large = 413;
    /// Not JSON in UTF-8.
    unsupported_media_type = 415;
    /// Too often (RFC 6585 §4).
    too_many_requests = 429;
    /// A mistake of ours.
    internal = 500;
    /// Not served here (RFC 7644 §3.12).
    not_implemented = 501;
    /// Not now; the same request will do in a moment.
    unavailable = 503;
}

impl ScimError {
    /// No such resource. The sentence is always the same, so that it tells nothing.
    #[must_use]
    pub fn not_found() -> Self {
        Self { status: 404, scim_type: None, detail: "There is no such resource.".to_owned() }
    }

    /// The error message of RFC 7644 §3.12; `status` is a string there.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "schemas": [ERROR_URN], "status": self.status.to_string() });
        if let Some(map) = body.as_object_mut() {
            if let Some(kind) = self.scim_type {
                map.insert("scimType".to_owned(), kind.as_str().into());
            }
            map.insert("detail".to_owned(), self.detail.clone().into());
        }
        body
    }

    /// The same error with `before` put in front of its detail, for instance "Operation 3: ".
    #[must_use]
    pub fn within(mut self, before: &str) -> Self {
        self.detail.insert_str(0, before);
        self
    }
}

/// A piece of input fit to be repeated in a detail: at most 64 characters, none of them a control character.
pub(crate) fn echo(text: &str) -> String {
    let mut chars = text.chars();
    let head: String = chars.by_ref().take(ECHO).collect();
    let shown: Cow<'_, str> = crate::text::printable(&head);
    let shown = shown.replace('"', "'");
    if chars.next().is_some() { shown.chars().take(ECHO - 1).chain(['…']).collect() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_has_the_status_as_a_string() {
        let body = ScimError::uniqueness("userName is taken.").to_json();
        let expected =
            json!({"schemas": [ERROR_URN], "status": "409", "scimType": "uniqueness", "detail": "userName is taken."});
        assert_eq!(body, expected);
    }

    #[test]
    fn an_error_without_keyword_has_no_scim_type() {
        assert_eq!(ScimError::not_found().to_json().get("scimType"), None);
    }

    #[test]
    fn an_echo_is_short_and_printable() {
        assert_eq!(echo("a\u{7}\"b"), "a\u{fffd}'b");
        assert_eq!(echo(&"x".repeat(500)).chars().count(), 64);
    }
}
