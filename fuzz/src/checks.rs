//! What must hold of any input: one function a fuzz target. The fuzz targets call them with what libFuzzer invents,
//! tests/fuzz.rs with the committed corpus.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::bridge::authorize::{PATH, Parameters, with_parameters};
use super::bridge::cursor::{Cursors, LIFETIME, Place, SortValue};
use super::bridge::login_client::{Scopes, check_address};
use super::bridge::pkce;
use super::bridge::scim::filter::{Filter, MAX_TEXT, evaluate};
use super::bridge::scim::list::SearchRequest;
use super::bridge::scim::patch::Patch;
use super::bridge::scim::path::{self, Named};
use super::bridge::scim::projection::Projection;
use super::bridge::scim::resource::{Context, normalise};
use super::bridge::scim::schema::ResourceType;
use super::bridge::scim::{Profile, json as strict};

const PROFILES: [Profile; 2] = [Profile::Compat, Profile::Interop];
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// What only the service writes, or what is no part of a canonical resource.
const SERVICE: [&str; 5] = ["schemas", "id", "meta", "groups", "urn:aisoule:params:scim:schemas:extension:1.0:User"];

/// A resource of each kind as an answer would hold it.
static RESOURCES: LazyLock<[(ResourceType, Map<String, Value>); 3]> = LazyLock::new(|| {
    let full = json!({
        "externalId": "00u1", "userName": "Anna@x.org", "name": {"familyName": "Élan", "givenName": "Anna"},
        "displayName": "Anna", "profileUrl": "https://x/a", "title": "work", "active": true, "password": "secret",
        "emails": [{"value": "a@x.org", "type": "work", "primary": true}, {"value": "b@x.org", "type": "home"}],
        "phoneNumbers": [{"value": "1", "type": "work"}, {"value": "2"}],
        "addresses": [{"locality": "Bern", "type": "work"}], "x509Certificates": [{"value": "MIID"}],
        ENTERPRISE: {"department": "Sales", "manager": {"value": "7"}},
    });
    let of =
        |kind, body| (kind, normalise(kind, body, Context::Create, Profile::Compat).expect("a canonical resource"));
    [
        of(ResourceType::User, full),
        of(ResourceType::User, json!({"userName": "ben"})),
        of(
            ResourceType::Group,
            json!({"displayName": "Work", "members": [{"value": "7", "type": "User"}, {"value": "8"}]}),
        ),
    ]
});

/// The text that libFuzzer's bytes stand for.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// A filter that is read can be printed, and the print is read, in either profile, as the same filter.
pub fn filter(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for kind in ResourceType::ALL {
        for profile in PROFILES {
            let Ok(filter) = Filter::parse(kind, text, profile) else { continue };
            assert!(Filter::parse(kind, text, Profile::Compat).is_ok(), "Compat takes what Interop takes");
            for (_, resource) in RESOURCES.iter().filter(|(one, _)| *one == kind) {
                let negated = Filter::Not(Box::new(filter.clone()));
                assert_ne!(evaluate::matches(&filter, resource), evaluate::matches(&negated, resource));
            }
            let printed = filter.to_string();
            assert!(asks_what_may_be_seen(&filter), "{printed}");
            // A name may be longer in its canonical spelling, a time with its microseconds.
            if printed.len() <= MAX_TEXT {
                assert_eq!(Filter::parse(kind, &printed, Profile::Interop).as_ref(), Ok(&filter), "{printed}");
            }
        }
    }
}

/// Whether no path of a filter leads to the password.
fn asks_what_may_be_seen(filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().all(asks_what_may_be_seen),
        Filter::Not(inner) => asks_what_may_be_seen(inner),
        Filter::Compare { path, .. } | Filter::Present(path) => path.key() != "password",
        Filter::Each { path, filter } => path.key() != "password" && asks_what_may_be_seen(filter),
    }
}

/// A path that names something is found again by its canonical spelling and by its key; no list of attributes shows what
/// is never returned, or what is not there.
pub fn path(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for (kind, resource) in RESOURCES.iter() {
        if let Some(Named::Attribute(found)) = path::resolve(*kind, text) {
            assert_eq!(path::attribute(*kind, &found.to_string()), Some(found));
            assert_eq!(path::attribute(*kind, &found.key()), Some(found));
        }
        for profile in PROFILES {
            let query = [("sortBy".to_owned(), text.to_owned()), ("count".to_owned(), text.to_owned())];
            if let Ok(request) = SearchRequest::from_query(*kind, &query, profile) {
                assert!(request.sort_by.is_none_or(|by| by.key() != "password"));
                assert!(request.count.is_none_or(|count| count >= 0));
            }
            for (only, without) in [(Some(text), None), (None, Some(text))] {
                let Ok(projection) = Projection::parse(*kind, only, without, profile) else { continue };
                let mut shown = resource.clone();
                projection.apply(&mut shown);
                assert!(!shown.contains_key("password"));
                is_within(&Value::Object(shown), &Value::Object(resource.clone()));
            }
            let removal = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "remove", "path": text}]});
            if let Ok(patch) = Patch::parse(*kind, &removal, profile)
                && let Ok(patched) = patch.apply(resource)
            {
                assert!(patched.len() <= resource.len());
                assert_eq!(patch.apply(&patched).as_ref(), Ok(&patched), "what is removed stays removed");
            }
        }
    }
}

/// Whether `part` has nothing that `whole` has not.
fn is_within(part: &Value, whole: &Value) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().for_each(|(name, value)| is_within(value, &whole[name]));
        }
        (Value::Array(part), Value::Array(whole)) => {
            assert!(part.len() <= whole.len());
            part.iter().zip(whole).for_each(|(part, whole)| is_within(part, whole));
        }
        _ => assert_eq!(part, whole),
    }
}

/// Checks that a resource is in the form in which the bridge keeps it.
fn is_canonical(kind: ResourceType, resource: &Map<String, Value>, profile: Profile) {
    for context in [Context::Create, Context::Replace, Context::Patched] {
        let mut body = resource.clone();
        body.insert("schemas".to_owned(), json!([kind.schema().id]));
        let again = normalise(kind, Value::Object(body), context, profile);
        assert_eq!(again.as_ref(), Ok(resource), "{context:?} {profile:?}");
    }
    for name in SERVICE {
        assert!(!resource.contains_key(name), "{name}");
    }
    assert!(!resource.values().any(holds_nul));
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(elements) => elements.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// A patch of a canonical resource gives a canonical resource; of the members of a group nothing stays in the patch that
/// was split from them.
pub fn patch(data: &[u8]) {
    let Ok(body) = strict::parse(data) else { return };
    for (kind, resource) in RESOURCES.iter() {
        for profile in PROFILES {
            let Ok(patch) = Patch::parse(*kind, &body, profile) else { continue };
            if let Ok(patched) = patch.apply(resource) {
                is_canonical(*kind, &patched, profile);
            }
            if *kind == ResourceType::Group
                && let Ok((rest, _)) = patch.split_members()
                && let Ok(patched) = rest.apply(resource)
            {
                assert_eq!(patched.get("members"), resource.get("members"));
            }
        }
    }
}

/// A body becomes a canonical resource; Compat never refuses what is canonical under Interop.
pub fn body(data: &[u8]) {
    let Ok(body) = strict::parse(data) else { return };
    for kind in ResourceType::ALL {
        for profile in PROFILES {
            for context in [Context::Create, Context::Replace] {
                if let Ok(resource) = normalise(kind, body.clone(), context, profile) {
                    is_canonical(kind, &resource, profile);
                    assert!(normalise(kind, Value::Object(resource), context, Profile::Compat).is_ok());
                }
            }
        }
    }
}

/// The first bytes make a place, a query and a forgery; the rest is text that somebody sends as a cursor.
pub fn cursor(data: &[u8]) {
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let cursors = Cursors::new([7; 32]);
    if let Some(text) = text(data) {
        assert!(cursors.read(b"query", text, now).is_err(), "nobody can make a cursor");
    }
    let Some((head, rest)) = data.split_first_chunk::<12>() else { return };
    let [kind, at, change, seconds, micros @ ..] = *head;
    let text = String::from_utf8_lossy(rest).into_owned();
    let moment = DateTime::<Utc>::from_timestamp_micros(i64::from_le_bytes(micros));
    let value = match kind % 5 {
        0 => SortValue::None,
        1 => SortValue::Text(None),
        2 => SortValue::Text(Some(text.clone())),
        3 => SortValue::Time(None),
        _ => SortValue::Time(moment),
    };
    let place = Place { value, id: Uuid::from_bytes([at; 16]) };
    let query = text.as_bytes();
    let cursor = cursors.write(query, &place, now);
    let later = now + TimeDelta::seconds(i64::from(seconds) * 60);
    let Ok(read) = cursors.read(query, &cursor, later) else {
        assert!(i64::from(seconds) * 60 > LIFETIME || cursor.len() > 16_384, "a fresh cursor is read");
        return;
    };
    assert_eq!(read, place);
    assert!(cursors.read(&[query, b"x"].concat(), &cursor, later).is_err(), "of another query");
    assert!(Cursors::new([8; 32]).read(query, &cursor, later).is_err(), "of another key");
    let mut forged = cursor.clone().into_bytes();
    let place = usize::from(at) % forged.len();
    if let Some(byte) = forged.get_mut(place).filter(|byte| **byte != change) {
        *byte = change;
        let forged = String::from_utf8_lossy(&forged).into_owned();
        assert!(cursors.read(query, &forged, later).is_err(), "changed at {place}");
    }
}

/// An authorization request that is taken is whole, is the same after signing in, and does not ask for that again; an
/// address that a client may have leads to its own host, whatever is added to it.
pub fn authorize(data: &[u8]) {
    let parameters = Parameters::parse(data);
    let at = DateTime::<Utc>::from_timestamp(1_700_000_000, 0).expect("a moment");
    if let Ok((client, address)) = parameters.target() {
        assert!(!client.is_empty() && !address.is_empty());
        if check_address(address).is_ok() {
            let back = with_parameters(address, &[("code", Some("a&b=c")), ("state", parameters.state())]);
            let query = back.strip_prefix(address).expect("the address comes first");
            assert!(query.starts_with(['?', '&']) && back.is_ascii() && !back.contains(['\r', '\n', ' ', '#']));
        }
    }
    let Ok(request) = parameters.request() else { return };
    assert!(pkce::is_challenge(&request.challenge) && request.scope.openid);
    assert_eq!(Scopes::parse(&request.scope.to_string()), request.scope);
    let back = parameters.after_login(at, true);
    let query = back.strip_prefix(PATH).and_then(|rest| rest.strip_prefix('?')).expect("a path of ours");
    assert!(back.is_ascii() && !back.contains([' ', '\\', '\r', '\n']));
    let again = Parameters::parse(query.as_bytes());
    assert_eq!((again.target(), again.state()), (parameters.target(), parameters.state()));
    let again = again.request().expect("what was taken is taken again");
    assert_eq!((&again.challenge, &again.nonce, again.scope), (&request.challenge, &request.nonce, request.scope));
    assert!(!again.wants_login(at, at + TimeDelta::minutes(15)));
    assert!(again.wants_login(at - TimeDelta::seconds(1), at));
}
