//! PATCH (RFC 7644 §3.5.2): a request read into operations, and the operations applied to a resource.
//!
//! All or nothing: [`Patch::apply`] works on a copy and gives it back only when every operation went well.

mod apply;
mod members;
mod parse;

use serde_json::{Map, Value};

pub use members::{MemberEdit, MemberKind, MemberRef};

use super::Profile;
use super::error::ScimError;
use super::filter::Filter;
use super::path::AttrRef;
use super::resource::{Context, normalise};
use super::schema::{Attribute, ResourceType, Schema};

/// The URN of the PATCH message.
pub const PATCH_OP_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// How many operations a request may hold.
pub const MAX_OPERATIONS: usize = 1_000;

/// A PATCH request whose paths exist and may be written.
#[derive(Debug, Clone)]
pub struct Patch {
    kind: ResourceType,
    profile: Profile,
    operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug, Clone)]
struct Operation {
    verb: Verb,
    target: Target,
    /// `Null` where there is none; an absent value is told from null by nobody.
    value: Value,
    /// Its place in the request, from 1, for messages.
    number: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// What an operation is about.
#[derive(Debug, Clone)]
enum Target {
    /// No path: the members of the value name the attributes.
    Resource,
    /// A whole extension.
    Extension(&'static Schema),
    /// An attribute or a sub-attribute.
    Attribute(AttrRef),
    /// The elements of a list for which a filter holds, or a sub-attribute of each.
    Selected { list: AttrRef, filter: Filter, sub: Option<&'static Attribute> },
}

impl Patch {
    /// Reads a PATCH request.
    ///
    /// # Errors
    /// 400 `invalidSyntax` where it is no `PatchOp` message; `invalidPath`, `invalidFilter` where a path can't be read;
    /// `mutability` where it leads to what only the service writes; `noTarget` for a removal without a path; 413 for
    /// more than [`MAX_OPERATIONS`].
    pub fn parse(kind: ResourceType, body: &Value, profile: Profile) -> Result<Self, ScimError> {
        let operations = parse::operations(kind, body, profile)?;
        Ok(Self { kind, profile, operations })
    }

    /// The resource after all operations. `resource` is canonical, as [`normalise`] gives it; so is the outcome.
    ///
    /// # Errors
    /// 400 `invalidValue`, `noTarget` or `mutability`, with the number of the operation.
    pub fn apply(&self, resource: &Map<String, Value>) -> Result<Map<String, Value>, ScimError> {
        let mut patched = resource.clone();
        for operation in &self.operations {
            apply::operation(self.kind, self.profile, operation, &mut patched)
                .map_err(|error| error.within(&format!("Operation {}: ", operation.number)))?;
        }
        normalise(self.kind, Value::Object(patched), Context::Patched, self.profile)
    }

    /// Takes the operations on a group's members out, so that they can be carried out where the members are.
    ///
    /// # Errors
    /// 400 `invalidValue` for members that can't be read, `mutability` for a change within a member.
    pub fn split_members(self) -> Result<(Self, Vec<MemberEdit>), ScimError> {
        members::split(self)
    }
}

#[cfg(test)]
mod tests;
