//! The attributes that every resource has (RFC 7643 §3, §3.1). No schema file names them.

use std::sync::LazyLock;

use super::attribute::{Attribute, Kind, Mutability, Returned, Uniqueness};

/// The name of the one common attribute that a client may write.
pub const EXTERNAL_ID: &str = "externalId";

/// `schemas`, `id`, `externalId`, `meta`, in this order.
pub static COMMON: LazyLock<[Attribute; 4]> = LazyLock::new(|| {
    let schemas = Attribute {
        multi_valued: true,
        required: true,
        returned: Returned::Always,
        ..plain("schemas", Kind::Reference, Mutability::ReadOnly)
    };
    let id = Attribute {
        returned: Returned::Always,
        uniqueness: Uniqueness::Server,
        ..plain("id", Kind::String, Mutability::ReadOnly)
    };
    let meta = Attribute {
        case_exact: false,
        sub_attributes: [
            ("resourceType", Kind::String),
            ("created", Kind::DateTime),
            ("lastModified", Kind::DateTime),
            ("location", Kind::Reference),
            ("version", Kind::String),
        ]
        .map(|(name, kind)| plain(name, kind, Mutability::ReadOnly))
        .into(),
        ..plain("meta", Kind::Complex, Mutability::ReadOnly)
    };
    let external_id =
        Attribute { uniqueness: Uniqueness::Server, ..plain(EXTERNAL_ID, Kind::String, Mutability::ReadWrite) };
    [schemas, id, external_id, meta]
});

fn plain(name: &str, kind: Kind, mutability: Mutability) -> Attribute {
    Attribute {
        name: name.to_owned(),
        kind,
        multi_valued: false,
        description: String::new(),
        required: false,
        case_exact: true,
        mutability,
        returned: Returned::Default,
        uniqueness: Uniqueness::None,
        canonical_values: Vec::new(),
        reference_types: Vec::new(),
        sub_attributes: Vec::new(),
    }
}
