//! Attribute paths (RFC 7644 §3.10): a name, a sub-attribute after a dot, a schema URN before a colon.

use std::fmt;

use super::schema::{Attribute, ResourceType, Schema};

/// A resolved attribute: of the core schema or common where `extension` is `None`.
///
/// Within the filter of a value path, `attribute` is a sub-attribute of the list and `sub` is `None`.
#[derive(Clone, Copy)]
pub struct AttrRef {
    /// The extension that it belongs to; none: the core schema.
    pub extension: Option<&'static Schema>,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// A part of it.
    pub sub: Option<&'static Attribute>,
}

impl AttrRef {
    /// The lower-cased dotted name, behind the lower-cased URN for an extension: `name.familyname`,
    /// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.value`.
    #[must_use]
    pub fn key(&self) -> String {
        let mut key = self.to_string();
        key.make_ascii_lowercase();
        key
    }

    /// The attribute whose values are compared: the sub-attribute where there is one.
    #[must_use]
    pub fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// The same path with its sub-attribute `value`, where it names a complex attribute that has one.
    #[must_use]
    pub fn or_value(mut self) -> Self {
        if self.sub.is_none() {
            self.sub = self.attribute.sub("value");
        }
        self
    }

    /// The path of the whole attribute.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { sub: None, ..self }
    }
}

impl PartialEq for AttrRef {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: Option<&'static Attribute>, b: Option<&'static Attribute>| match (a, b) {
            (Some(a), Some(b)) => std::ptr::eq(a, b),
            (None, None) => true,
            _ => false,
        };
        std::ptr::eq(self.attribute, other.attribute) && same(self.sub, other.sub)
    }
}

impl Eq for AttrRef {}

/// The canonical spelling.
impl fmt::Display for AttrRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.extension {
            write!(formatter, "{}:", schema.id)?;
        }
        formatter.write_str(&self.attribute.name)?;
        self.sub.map_or(Ok(()), |sub| write!(formatter, ".{}", sub.name))
    }
}

impl fmt::Debug for AttrRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// What a path without a filter can name.
#[derive(Debug, Clone, Copy)]
pub enum Named {
    /// An attribute or a part of one.
    Attribute(AttrRef),
    /// A bare URN: the whole extension.
    Extension(&'static Schema),
}

/// What `text` names among the attributes of `kind`, whatever its case; `None` where it names nothing.
pub fn resolve(kind: ResourceType, text: &str) -> Option<Named> {
    if !is_urn(text) {
        return in_schema(None, text, |name| kind.attribute(name)).map(Named::Attribute);
    }
    if let Some(rest) = after(text, &kind.schema().id) {
        return in_schema(None, rest?, |name| kind.attribute(name)).map(Named::Attribute);
    }
    let (schema, rest) = kind.extensions().iter().find_map(|schema| Some((schema, after(text, &schema.id)?)))?;
    match rest {
        Some(rest) => in_schema(Some(schema), rest, |name| schema.attribute(name)).map(Named::Attribute),
        None => Some(Named::Extension(schema)),
    }
}

/// As [`resolve`], for the places where a whole extension cannot stand.
#[must_use]
pub fn attribute(kind: ResourceType, text: &str) -> Option<AttrRef> {
    match resolve(kind, text) {
        Some(Named::Attribute(path)) => Some(path),
        _ => None,
    }
}

/// True where `text` begins as a URN does.
#[must_use]
pub fn is_urn(text: &str) -> bool {
    text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("urn:"))
}

/// `Some(None)` where `text` is `urn`, `Some(rest)` where it goes on after a colon.
#[allow(clippy::option_option)]
fn after<'a>(text: &'a str, urn: &str) -> Option<Option<&'a str>> {
    if !text.get(..urn.len())?.eq_ignore_ascii_case(urn) {
        return None;
    }
    let rest = text.get(urn.len()..)?;
    if rest.is_empty() { Some(None) } else { rest.strip_prefix(':').map(Some) }
}

/// `name` or `name.sub`.
fn in_schema(
    extension: Option<&'static Schema>,
    text: &str,
    find: impl Fn(&str) -> Option<&'static Attribute>,
) -> Option<AttrRef> {
    let (name, sub) = text.split_once('.').map_or((text, None), |(name, sub)| (name, Some(sub)));
    let attribute = find(name)?;
    let sub = match sub {
        Some(sub) => Some(attribute.sub(sub)?),
        None => None,
    };
    Some(AttrRef { extension, attribute, sub })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_whatever_its_case_and_prefix() {
        for (text, key) in [
            ("userName", "username"),
            ("USERNAME", "username"),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "username"),
            ("URN:IETF:params:scim:schemas:core:2.0:user:NAME.FamilyName", "name.familyname"),
            ("externalid", "externalid"),
            ("meta.lastModified", "meta.lastmodified"),
            ("emails.$ref", ""),
            ("groups.$REF", "groups.$ref"),
            (
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.displayname",
            ),
            ("urn:ietf:params:scim:schemas:core:2.0:Group:displayName", ""),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department", ""),
            ("urn:ietf:params:scim:schemas:core:2.0:User", ""),
            ("name.familyName.x", ""),
            ("", ""),
            (".", ""),
        ] {
            assert_eq!(attribute(ResourceType::User, text).map(|path| path.key()).unwrap_or_default(), key, "{text}");
        }
    }

    #[test]
    fn a_bare_urn_is_the_whole_extension() {
        let text = "urn:ietf:params:scim:schemas:extension:Enterprise:2.0:User";
        assert!(matches!(resolve(ResourceType::User, text), Some(Named::Extension(_))));
        assert!(resolve(ResourceType::Group, text).is_none());
    }
}
