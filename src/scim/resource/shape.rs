//! Whether the `schemas` of a body are those of the resource that is asked for (RFC 7643 §3.1, RFC 7644 §3.3).

use serde_json::{Map, Value};

use crate::scim::Profile;
use crate::scim::error::ScimError;
use crate::scim::schema::ResourceType;

/// Where the URNs of messages such as `PatchOp` begin.
const MESSAGES: &str = "urn:ietf:params:scim:api:messages:";

/// # Errors
/// 400 `invalidSyntax`: in `Interop` where `schemas` is no list that names the core schema of `kind`; in `Compat` only
/// where it names another resource's schema, or a message, and not the core schema.
pub(super) fn check_schemas(kind: ResourceType, body: &Map<String, Value>, profile: Profile) -> Result<(), ScimError> {
    let core = &kind.schema().id;
    let missing = || Err(ScimError::invalid_syntax(format!("schemas has to name {core}.")));
    let named = body.iter().find(|(name, _)| name.eq_ignore_ascii_case("schemas")).map(|(_, value)| value);
    let named: Vec<&str> = match named {
        None | Some(Value::Null) if profile.is_compat() => return Ok(()),
        Some(Value::String(one)) if profile.is_compat() => vec![one],
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).collect()
        }
        _ => return Err(ScimError::invalid_syntax(format!("schemas has to be a list of URNs that names {core}."))),
    };
    if named.iter().any(|urn| urn.eq_ignore_ascii_case(core)) {
        return Ok(());
    }
    let foreign = |urn: &&str| {
        ResourceType::ALL.iter().any(|other| urn.eq_ignore_ascii_case(&other.schema().id))
            || urn.get(..MESSAGES.len()).is_some_and(|head| head.eq_ignore_ascii_case(MESSAGES))
    };
    if profile.is_compat() && !named.iter().any(foreign) { Ok(()) } else { missing() }
}
