//! The schemas (RFC 7643 §7): what the attributes are and may do, read once from `schemas/*.json`.

mod attribute;
mod common;
mod documents;

use std::sync::LazyLock;

use serde::Deserialize;

pub use attribute::{Attribute, Kind, Mutability, Returned, Uniqueness};
pub use common::{COMMON, EXTERNAL_ID};
pub use documents::{documents, resource_type_documents};

/// The core schema of users.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The core schema of groups.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// What an organisation adds to a user.
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// What the bridge decided about a user.
pub const AISOULE_USER: &str = "urn:aisoule:params:scim:schemas:extension:1.0:User";
/// The attribute that lists the teams of a user; it is shown where it is asked for.
pub const AISOULE_TEAMS: &str = "urn:aisoule:params:scim:schemas:extension:1.0:User:teams";

/// One schema: a URN and the attributes under it.
#[derive(Debug, Deserialize)]
pub struct Schema {
    /// The URN; compared without case.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Its attributes, in the order in which they are written.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute of that name, whatever its case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        attribute::find(&self.attributes, name)
    }
}

const EMPTY: fn(&'static str) -> Schema =
    |id| Schema { id: id.to_owned(), name: String::new(), description: String::new(), attributes: Vec::new() };

/// A file that does not parse gives an empty schema, and a unit test fails; a running server never sees it.
fn load(id: &'static str, text: &str) -> Schema {
    serde_json::from_str(text).unwrap_or_else(|_| EMPTY(id))
}

static USER_SCHEMA: LazyLock<Schema> = LazyLock::new(|| load(USER, documents::USER_FILE));
static GROUP_SCHEMA: LazyLock<Schema> = LazyLock::new(|| load(GROUP, documents::GROUP_FILE));
static USER_EXTENSIONS: LazyLock<[Schema; 2]> = LazyLock::new(|| {
    [load(ENTERPRISE_USER, documents::ENTERPRISE_USER_FILE), load(AISOULE_USER, documents::AISOULE_USER_FILE)]
});

/// The kinds of resource that this service holds (RFC 7643 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceType {
    /// RFC 7643 §4.1.
    User,
    /// RFC 7643 §4.2.
    Group,
}

impl ResourceType {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// The name, as in `meta.resourceType`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The path below the base address.
    #[must_use]
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// The core schema.
    #[must_use]
    pub fn schema(self) -> &'static Schema {
        match self {
            Self::User => &USER_SCHEMA,
            Self::Group => &GROUP_SCHEMA,
        }
    }

    /// The extensions that a resource may carry.
    #[must_use]
    pub fn extensions(self) -> &'static [Schema] {
        match self {
            Self::User => &*USER_EXTENSIONS,
            Self::Group => &[],
        }
    }

    /// The extension with that URN, whatever its case.
    #[must_use]
    pub fn extension(self, urn: &str) -> Option<&'static Schema> {
        self.extensions().iter().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The attribute of that name in the core schema or among the common attributes, whatever its case.
    #[must_use]
    pub fn attribute(self, name: &str) -> Option<&'static Attribute> {
        self.schema().attribute(name).or_else(|| attribute::find(&*COMMON, name))
    }
}
