//! What must hold for anybody's profile, what the audit log compares of it, and by what it is found.

use serde_json::{Map, Value, json};

use super::{Change, CommandError};
use crate::domain::user::{MAX_KEY_BYTES, Profile, User};
use crate::scim::index;
use crate::store;
use crate::store::user_values::{SearchKeys, SearchValue};

/// What must hold for any user: names within the bounds of an index, a manager who exists, nobody else with the same
/// names. A new user's names are checked by their INSERT.
pub async fn check(change: &mut Change<'_>, user: &mut User, old: Option<&User>) -> Result<(), CommandError> {
    let profile = &user.profile;
    let keys = [
        ("userName", Some(profile.user_name_key())),
        ("externalId", profile.external_id.clone()),
        ("displayName", profile.display_name.as_deref().map(crate::text::fold)),
        ("emails", profile.email_key()),
    ];
    for (attribute, key) in &keys {
        if key.as_ref().is_some_and(|key| key.len() > MAX_KEY_BYTES) {
            return Err(CommandError::Invalid { attribute, detail: format!("longer than {MAX_KEY_BYTES} bytes") });
        }
    }
    let manager = profile.manager;
    if old.is_none_or(|old| old.profile.manager != manager) {
        user.manager_name = match manager {
            None => None,
            Some(manager) => {
                store::users::visible_name(change.tx, user.workspace_id, manager).await?.ok_or_else(|| {
                    CommandError::Invalid {
                        attribute: "manager",
                        detail: "there is no such user in this workspace".into(),
                    }
                })?
            }
        };
    }
    let Some(old) = old else { return Ok(()) };
    let names = |user: &User| (user.profile.user_name_key(), user.profile.external_id.clone(), user.email_key());
    if names(old) != names(user)
        && let Some(attribute) = store::users::clash(change.tx, user).await?
    {
        return Err(CommandError::Clash { kind: "user", attribute });
    }
    Ok(())
}

/// What the audit log compares: everything that people may change, without secrets.
pub fn described(user: &User) -> Value {
    let profile = &user.profile;
    let mut all = Map::new();
    all.insert("userName".into(), json!(profile.user_name));
    all.insert("standing".into(), json!(user.standing.name()));
    all.insert("role".into(), json!(user.role.name));
    let optional = [("externalId", &profile.external_id), ("displayName", &profile.display_name)];
    all.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?)))));
    all.extend(profile.manager.map(|manager| ("manager".to_owned(), json!(manager))));
    all.extend(profile.attributes.clone());
    all.extend(profile.organization.clone());
    Value::Object(all)
}

/// By what the user is found: the compared forms of every attribute.
pub fn search_keys(profile: &Profile) -> SearchKeys {
    let index = index::of_user(&profile.attributes, &profile.organization);
    let value = |value: index::IndexedValue| SearchValue {
        attribute: value.attribute,
        position: value.position,
        type_key: value.type_key,
        value_key: value.value_key,
        is_primary: value.primary,
        keys: Value::Object(value.keys),
    };
    SearchKeys { keys: Value::Object(index.keys), values: index.values.into_iter().map(value).collect() }
}
