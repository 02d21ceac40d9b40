//! Why a request failed, in words: the reasons and their texts, and those that can hardly be provoked.

use aisoule_bridge::http::console::requests::why::{self, Told};
use aisoule_bridge::http::texts::Language;
use serde_json::json;

#[test]
fn every_reason_has_its_texts_and_every_place_at_a_provider_too() {
    for language in Language::ALL {
        for name in why::names() {
            for text in [format!("why-{name}"), format!("why-{name}-next")] {
                assert_ne!(language.say(&text), text, "{text} in {}", language.tag());
            }
        }
        for hand in why::Hand::ALL {
            for provider in ["okta", "entra"] {
                let text = format!("why-{provider}-{}", hand.name());
                assert_ne!(language.say(&text), text, "{text} in {}", language.tag());
            }
        }
    }
}

#[test]
fn what_can_hardly_be_provoked_is_explained_from_its_answer() {
    let body = |kind: &str, detail: &str| json!({"scimType": kind, "detail": detail}).to_string();
    for (status, kind, detail, name) in [
        (429, "", "This credential asks too often; wait as long as Retry-After says.", "too-often"),
        (429, "", "Too many requests without a valid credential came from this address; wait.", "strangers"),
        (500, "", "Something went wrong inside the bridge. The request id finds it in the log.", "ours"),
        (503, "", "The bridge is busy; the same request will do in a moment.", "busy"),
        (503, "", "The request took too long.", "too-slow"),
        (400, "", "The body ended too early.", "body-cut"),
        (
            403,
            "",
            "The last active Admin of a workspace can't be deactivated, deleted or given another role; make somebody else an Admin first.",
            "last-admin",
        ),
        (
            403,
            "",
            "The last protected Admin of a workspace can't be deactivated, deleted or given another role; make another one first.",
            "last-protected",
        ),
        (400, "expiredCursor", "The cursor is too old; begin again with an empty cursor.", "cursor"),
        (
            400,
            "invalidValue",
            "password: this workspace takes no passwords from identity providers; switch off its password sync.",
            "passwords-refused",
        ),
        (400, "mutability", "userName is required.", "value-missing"),
        (400, "mutability", "emails can be set, not removed.", "not-removable"),
        (400, "mutability", "Operation 1: A member can be added or removed, not changed.", "member-fixed"),
        (409, "", "It refers to an operation that failed.", "bulk-before"),
    ] {
        let body = body(kind, detail);
        let told = Told { path: "/scim/v2/Users", status, answer: Some(&body), note: None };
        assert_eq!(why::of(told).unwrap().name, name, "{detail}");
    }
}
