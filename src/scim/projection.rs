//! Which attributes an answer holds: `attributes` and `excludedAttributes` (RFC 7644 §3.9) and `returned` (RFC 7643 §7).

use serde_json::{Map, Value};

use super::Profile;
use super::error::ScimError;
use super::path::{self, AttrRef, Named};
use super::schema::{Attribute, ResourceType, Returned, Schema};

/// What a client asked for.
#[derive(Debug, Clone)]
pub struct Projection {
    kind: ResourceType,
    ask: Ask,
}

#[derive(Debug, Clone)]
enum Ask {
    Nothing,
    Only(Vec<Named>),
    Without(Vec<Named>),
}

/// How much of an attribute is shown.
enum Share {
    None,
    All,
    /// These sub-attributes.
    Subs(Vec<&'static Attribute>),
    /// All but these sub-attributes.
    AllBut(Vec<&'static Attribute>),
}

impl Projection {
    /// Reads the two parameters, lists of attribute names between commas. Unknown names are ignored; an empty parameter
    /// is none.
    ///
    /// # Errors
    /// 400 `invalidValue` in `Interop` where both are given; in `Compat` `attributes` wins.
    pub fn parse(
        kind: ResourceType,
        attributes: Option<&str>,
        excluded: Option<&str>,
        profile: Profile,
    ) -> Result<Self, ScimError> {
        let given = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(|text| names(kind, text));
        let ask = match (given(attributes), given(excluded)) {
            (Some(_), Some(_)) if !profile.is_compat() => {
                return Err(ScimError::invalid_value("attributes and excludedAttributes exclude each other."));
            }
            (Some(only), _) => Ask::Only(only),
            (None, Some(without)) => Ask::Without(without),
            (None, None) => Ask::Nothing,
        };
        Ok(Self { kind, ask })
    }

    /// True where nothing was asked for, so that only `returned` decides.
    #[must_use]
    pub fn is_default(&self) -> bool {
        matches!(self.ask, Ask::Nothing)
    }

    /// Whether anything of the attribute or extension `key` (`groups`, `members`, a URN, `urn:…:attribute`; any case)
    /// will be shown, so that what is not shown need not be loaded.
    #[must_use]
    pub fn wants(&self, key: &str) -> bool {
        match path::resolve(self.kind, key) {
            Some(Named::Attribute(path)) => match self.share(path.extension, path.attribute) {
                Share::None => false,
                Share::All => true,
                Share::Subs(subs) => path.sub.is_none_or(|sub| subs.iter().any(|one| std::ptr::eq(*one, sub))),
                Share::AllBut(subs) => path.sub.is_none_or(|sub| !subs.iter().any(|one| std::ptr::eq(*one, sub))),
            },
            Some(Named::Extension(schema)) => {
                schema.attributes.iter().any(|attribute| !matches!(self.share(Some(schema), attribute), Share::None))
            }
            None => false,
        }
    }

    /// Takes out of `resource` (canonical spelling) what is not shown. `schemas`, `id` and whatever else is returned
    /// always stays; what is returned never goes.
    pub fn apply(&self, resource: &mut Map<String, Value>) {
        let kind = self.kind;
        resource.retain(|name, value| match kind.attribute(name) {
            Some(attribute) => self.keep(None, attribute, value),
            None => match (kind.extension(name), value) {
                (Some(schema), Value::Object(members)) => {
                    members.retain(|name, value| {
                        schema.attribute(name).is_some_and(|attribute| self.keep(Some(schema), attribute, value))
                    });
                    !members.is_empty()
                }
                _ => false,
            },
        });
    }

    fn keep(&self, extension: Option<&'static Schema>, attribute: &'static Attribute, value: &mut Value) -> bool {
        match self.share(extension, attribute) {
            Share::None => false,
            Share::All => {
                attribute.kind != super::schema::Kind::Complex || cut(value, |name| sub_returned(attribute, name))
            }
            Share::Subs(subs) => cut(value, |name| subs.iter().any(|sub| sub.name == name)),
            Share::AllBut(subs) => {
                cut(value, |name| sub_returned(attribute, name) && !subs.iter().any(|sub| sub.name == name))
            }
        }
    }

    fn share(&self, extension: Option<&'static Schema>, attribute: &'static Attribute) -> Share {
        let by_default = match attribute.returned {
            Returned::Always => return Share::All,
            Returned::Never => return Share::None,
            Returned::Default => true,
            Returned::Request => false,
        };
        match &self.ask {
            Ask::Nothing if by_default => Share::All,
            Ask::Nothing => Share::None,
            Ask::Only(names) => match mentioned(names, extension, attribute, by_default) {
                Mention::Not => Share::None,
                Mention::Whole => Share::All,
                Mention::Subs(subs) => Share::Subs(subs),
            },
            Ask::Without(names) => match mentioned(names, extension, attribute, true) {
                Mention::Not if by_default => Share::All,
                Mention::Subs(subs) if by_default => Share::AllBut(subs),
                _ => Share::None,
            },
        }
    }
}

fn names(kind: ResourceType, text: &str) -> Vec<Named> {
    text.split(',').filter_map(|name| path::resolve(kind, name.trim())).collect()
}

enum Mention {
    Not,
    Whole,
    Subs(Vec<&'static Attribute>),
}

/// How `names` mention an attribute. An extension's URN mentions its attributes where `by_urn` is true.
fn mentioned(
    names: &[Named],
    extension: Option<&'static Schema>,
    attribute: &'static Attribute,
    by_urn: bool,
) -> Mention {
    let mut subs = Vec::new();
    for name in names {
        match name {
            Named::Extension(schema) if by_urn && extension.is_some_and(|own| std::ptr::eq(own, *schema)) => {
                return Mention::Whole;
            }
            Named::Attribute(AttrRef { attribute: named, sub, .. }) if std::ptr::eq(*named, attribute) => match sub {
                None => return Mention::Whole,
                Some(sub) => subs.push(*sub),
            },
            _ => {}
        }
    }
    if subs.is_empty() { Mention::Not } else { Mention::Subs(subs) }
}

/// Whether a sub-attribute is shown with its attribute.
fn sub_returned(attribute: &Attribute, name: &str) -> bool {
    attribute.sub(name).is_none_or(|sub| matches!(sub.returned, Returned::Always | Returned::Default))
}

/// Keeps the sub-attributes that `keep` names; false where nothing is left.
fn cut(value: &mut Value, keep: impl Fn(&str) -> bool + Copy) -> bool {
    match value {
        Value::Object(map) => {
            map.retain(|name, _| keep(name));
            !map.is_empty()
        }
        Value::Array(elements) => {
            elements.retain_mut(|element| match element {
                Value::Object(map) => {
                    map.retain(|name, _| keep(name));
                    !map.is_empty()
                }
                _ => true,
            });
            !elements.is_empty()
        }
        _ => true,
    }
}
