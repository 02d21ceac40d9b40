//! One attribute of a schema and its characteristics (RFC 7643 §2.2, §7).

use serde::Deserialize;

/// The type of a value (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A number.
    Decimal,
    /// A whole number.
    Integer,
    /// A moment, as RFC 3339 text.
    DateTime,
    /// An address.
    Reference,
    /// Base64 text.
    Binary,
    /// An object of sub-attributes.
    Complex,
}

/// Who may write the value, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// The service alone.
    ReadOnly,
    /// Anybody, at any time.
    ReadWrite,
    /// Anybody, once.
    Immutable,
    /// Anybody, and nobody reads it.
    WriteOnly,
}

/// When an answer holds the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// In every answer.
    Always,
    /// In none.
    Never,
    /// Unless it was excluded.
    Default,
    /// Where it was asked for.
    Request,
}

/// Within what the value is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// Within nothing.
    #[default]
    None,
    /// Within one workspace.
    Server,
    /// Everywhere.
    Global,
}

/// One attribute, or one sub-attribute of a complex attribute.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// Its name; compared without case.
    pub name: String,
    /// The type of its value.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Whether it is a list.
    #[serde(default)]
    pub multi_valued: bool,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Whether a resource must have it.
    #[serde(default)]
    pub required: bool,
    /// Whether case counts in comparisons.
    #[serde(default)]
    pub case_exact: bool,
    /// Who may write it.
    #[serde(default = "read_write")]
    pub mutability: Mutability,
    /// When it is shown.
    #[serde(default = "by_default")]
    pub returned: Returned,
    /// Within what it is unique.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// Values that are suggested.
    #[serde(default)]
    pub canonical_values: Vec<String>,
    /// What a reference may lead to.
    #[serde(default)]
    pub reference_types: Vec<String>,
    /// The parts of a complex value.
    #[serde(default)]
    pub sub_attributes: Vec<Attribute>,
}

fn read_write() -> Mutability {
    Mutability::ReadWrite
}

fn by_default() -> Returned {
    Returned::Default
}

impl Attribute {
    /// The sub-attribute of that name, whatever its case.
    #[must_use]
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
    }

    /// True where only the service writes the value.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }

    /// True for a list of complex values.
    #[must_use]
    pub fn is_list_of_complex(&self) -> bool {
        self.multi_valued && self.kind == Kind::Complex
    }
}

/// The attribute of that name, whatever its case (RFC 7643 §2.1: names are ASCII).
pub(super) fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
