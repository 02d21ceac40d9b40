//! How large values may be. The standard gives no bounds; these are ours.

use crate::scim::error::ScimError;
use crate::scim::path::AttrRef;
use crate::scim::schema::Kind;

/// The longest string, in characters, where no other bound holds.
pub const MAX_TEXT: usize = 4096;
/// The longest `userName` and `displayName`, in characters.
pub const MAX_NAME: usize = 255;
/// The longest `value` of an element of a list, in characters.
pub const MAX_ELEMENT_VALUE: usize = 1024;
/// The longest `value` of an element that is binary or a reference (certificates, photos), in characters.
pub const MAX_BLOB: usize = 16_384;
/// The most elements of a list. The members of a group are not bounded here.
pub const MAX_ELEMENTS: usize = 100;

/// True of `userName` and `displayName` of a resource.
pub(super) fn is_name(path: &AttrRef) -> bool {
    path.extension.is_none() && path.sub.is_none() && matches!(path.attribute.name.as_str(), "userName" | "displayName")
}

/// True of the one list that may be of any length.
pub(super) fn is_unbounded(path: &AttrRef) -> bool {
    path.extension.is_none() && path.attribute.name == "members"
}

/// # Errors
/// 400 `invalidValue` where `text` is longer than the value of `path` may be.
pub(super) fn check_length(path: &AttrRef, text: &str) -> Result<(), ScimError> {
    let element_value = path.attribute.multi_valued && path.sub.is_none_or(|sub| sub.name == "value");
    let most = match path.leaf().kind {
        _ if is_name(path) => MAX_NAME,
        Kind::Binary | Kind::Reference if element_value => MAX_BLOB,
        _ if element_value => MAX_ELEMENT_VALUE,
        _ => MAX_TEXT,
    };
    // A character takes at least one byte, so most texts need no counting.
    if text.len() > most && text.chars().count() > most {
        return Err(ScimError::invalid_value(format!("{path} is longer than {most} characters.")));
    }
    Ok(())
}

/// # Errors
/// 400 `invalidValue` where `count` elements are more than `path` may have.
pub(crate) fn check_count(path: &AttrRef, count: usize) -> Result<(), ScimError> {
    if count > MAX_ELEMENTS && !is_unbounded(path) {
        return Err(ScimError::invalid_value(format!("{} has more than {MAX_ELEMENTS} elements.", path.whole())));
    }
    Ok(())
}
