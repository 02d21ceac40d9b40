//! Where each attribute is found: the one list of what can be searched and sorted by.

use super::Scope;
use crate::scim::error::ScimError;
use crate::scim::path::AttrRef;
use crate::scim::schema::{Attribute, ENTERPRISE_USER, Kind, ResourceType};
use crate::store::sql::Sql;

/// What an attribute path leads to.
pub enum Target {
    /// One value a resource.
    Column(Column),
    /// Several columns that make up one complex value.
    Complex(Vec<Column>),
    /// Rows of their own.
    List(List),
    /// Values that every resource has, or has under a condition: text and condition.
    Constants(Vec<(&'static str, &'static str)>),
    /// An attribute that no resource has a value of.
    Nothing,
}

/// One value: how it is written in SQL, and what type it has there.
pub struct Column {
    /// How it is written.
    pub expr: Expr,
    /// What it is.
    pub kind: ColumnKind,
}

impl Column {
    /// Whether it holds moments.
    #[must_use]
    pub fn is_time(&self) -> bool {
        self.kind == ColumnKind::Time
    }

    /// The column as text or time, which is what a cursor can hold.
    #[must_use]
    pub fn sortable(self) -> Self {
        let text = |expr| fixed(expr, ColumnKind::Text);
        match (&self.expr, self.kind) {
            (Expr::Fixed("(u.standing = 'active')"), _) => {
                text("(CASE u.standing WHEN 'active' THEN 'true' ELSE 'false' END)")
            }
            (Expr::Fixed("v.is_primary"), _) => text("(CASE WHEN v.is_primary THEN 'true' ELSE 'false' END)"),
            (Expr::Fixed("u.manager_id"), _) => {
                text("(SELECT mm.user_name_key FROM users mm WHERE mm.id = u.manager_id)")
            }
            _ => self,
        }
    }
}

/// The type of a column, as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text in its compared form.
    Text,
    /// An id: equality goes by the id, everything else by its text.
    Id,
    /// True, false or absent.
    Boolean,
    /// A moment.
    Time,
}

/// A piece of SQL that gives a value.
#[derive(Debug, Clone)]
pub enum Expr {
    /// The same on both databases.
    Fixed(&'static str),
    /// The same text on both databases, which PostgreSQL would compare as its own locale does.
    Plain(&'static str),
    /// A key of a JSON object of text values: the column and the key.
    Json(&'static str, String),
    /// An address: the base, the endpoint and the column with the id.
    Address(String, &'static str),
}

/// A multi-valued attribute, whose elements are rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// Rows of `user_values` with that attribute.
    Values(String),
    /// The groups of a user, indirect ones too.
    Groups,
    /// The members of a group.
    Members,
    /// The teams of a user.
    Teams,
}

/// The refusal of an attribute that can't be searched.
pub fn unsearchable(path: &AttrRef) -> ScimError {
    ScimError::invalid_filter(format!("{path} can't be searched or sorted by"))
}

const fn fixed(expr: &'static str, kind: ColumnKind) -> Column {
    Column { expr: Expr::Fixed(expr), kind }
}

const fn text(expr: &'static str) -> Target {
    Target::Column(fixed(expr, ColumnKind::Text))
}

const fn plain(expr: &'static str) -> Column {
    Column { expr: Expr::Plain(expr), kind: ColumnKind::Text }
}

const fn time(expr: &'static str) -> Target {
    Target::Column(fixed(expr, ColumnKind::Time))
}

/// Where the attribute is found.
///
/// # Errors
/// 400 `invalidFilter` where it can't be searched.
pub fn target(scope: Scope<'_>, path: &AttrRef) -> Result<Target, ScimError> {
    let name = path.attribute.name.to_ascii_lowercase();
    let sub = path.sub.map(|sub| sub.name.to_ascii_lowercase());
    if let Some(extension) = path.extension {
        return Ok(if extension.id == ENTERPRISE_USER {
            enterprise(scope, path, &name, sub.as_deref())
        } else {
            aisoule(&name)
        });
    }
    match scope.kind {
        ResourceType::User => Ok(user(scope, path, &name, sub.as_deref())),
        ResourceType::Group => group(scope, &name, sub.as_deref()).ok_or_else(|| unsearchable(path)),
    }
}

fn user(scope: Scope<'_>, path: &AttrRef, name: &str, sub: Option<&str>) -> Target {
    match (name, sub) {
        ("id", _) => Target::Column(fixed("u.id", ColumnKind::Id)),
        ("externalid", _) => text("u.external_id"),
        ("username", _) => text("u.user_name_key"),
        ("displayname", _) => text("u.display_name_key"),
        ("active", _) => Target::Column(fixed("(u.standing = 'active')", ColumnKind::Boolean)),
        ("schemas", _) => Target::Constants(vec![
            (crate::scim::schema::USER, "1 = 1"),
            (crate::scim::schema::AISOULE_USER, "1 = 1"),
            (ENTERPRISE_USER, "u.organization IS NOT NULL OR u.manager_id IS NOT NULL"),
        ]),
        ("meta", None) => Target::Constants(vec![("", "1 = 1")]),
        ("meta", Some("created")) => time("u.created_at"),
        ("meta", Some("lastmodified")) => time("u.updated_at"),
        ("meta", Some("resourcetype")) => Target::Constants(vec![("User", "1 = 1")]),
        ("meta", Some("version")) => Target::Column(plain("'W/\"' || CAST(u.version AS TEXT) || '\"'")),
        ("meta", Some("location")) => address(scope, "/Users/", "u.id"),
        ("groups", _) => Target::List(List::Groups),
        _ if path.attribute.is_list_of_complex() => Target::List(List::Values(name.to_owned())),
        _ => json("u.keys", path),
    }
}

fn group(scope: Scope<'_>, name: &str, sub: Option<&str>) -> Option<Target> {
    Some(match (name, sub) {
        ("id", _) => Target::Column(fixed("g.id", ColumnKind::Id)),
        ("externalid", _) => text("g.external_id"),
        ("displayname", _) => text("g.display_name_key"),
        ("schemas", _) => Target::Constants(vec![(crate::scim::schema::GROUP, "1 = 1")]),
        ("meta", None) => Target::Constants(vec![("", "1 = 1")]),
        ("meta", Some("created")) => time("g.created_at"),
        ("meta", Some("lastmodified")) => time("g.updated_at"),
        ("meta", Some("resourcetype")) => Target::Constants(vec![("Group", "1 = 1")]),
        ("meta", Some("version")) => Target::Column(plain("'W/\"' || CAST(g.version AS TEXT) || '\"'")),
        ("meta", Some("location")) => address(scope, "/Groups/", "g.id"),
        ("members", _) => Target::List(List::Members),
        _ => return None,
    })
}

fn enterprise(scope: Scope<'_>, path: &AttrRef, name: &str, sub: Option<&str>) -> Target {
    match (name, sub) {
        ("manager", None | Some("value")) => Target::Column(fixed("u.manager_id", ColumnKind::Id)),
        ("manager", Some("displayname")) => {
            text("(SELECT mm.display_name_key FROM users mm WHERE mm.id = u.manager_id)")
        }
        ("manager", Some(_)) => address(scope, "/Users/", "u.manager_id"),
        _ => json("u.keys", path),
    }
}

fn aisoule(name: &str) -> Target {
    match name {
        "role" => text("(SELECT rr.name_key FROM roles rr WHERE rr.id = u.role_id)"),
        "rolesource" => text("u.role_source"),
        "seat" => text("u.standing"),
        "waitingsince" => time("u.waiting_since"),
        "teams" => Target::List(List::Teams),
        _ => Target::Nothing,
    }
}

fn address(scope: Scope<'_>, endpoint: &'static str, id: &'static str) -> Target {
    Target::Column(Column { expr: Expr::Address(format!("{}{endpoint}", scope.base), id), kind: ColumnKind::Text })
}

/// An attribute among the search keys of a user; a complex one is the sum of its parts.
fn json(column: &'static str, path: &AttrRef) -> Target {
    let key = |path: &AttrRef| Column { expr: Expr::Json(column, path.key()), kind: ColumnKind::Text };
    if path.sub.is_none() && path.attribute.kind == Kind::Complex {
        let part = |sub| key(&AttrRef { sub: Some(sub), ..*path });
        return Target::Complex(path.attribute.sub_attributes.iter().map(part).collect());
    }
    Target::Column(key(path))
}

impl List {
    /// Where a sub-attribute of the element `v` is found.
    ///
    /// # Errors
    /// 400 `invalidFilter` where it can't be searched.
    pub fn column(&self, sub: &Attribute, scope: Scope<'_>) -> Result<Column, ScimError> {
        let name = sub.name.to_ascii_lowercase();
        let address = |endpoint: &str, id| Column {
            expr: Expr::Address(format!("{}{endpoint}", scope.base), id),
            kind: ColumnKind::Text,
        };
        Ok(match (self, name.as_str()) {
            (Self::Values(_), "type") => fixed("v.type_key", ColumnKind::Text),
            (Self::Values(_), "primary") => fixed("v.is_primary", ColumnKind::Boolean),
            // Values too long for an index stand among the keys.
            (Self::Values(list), "value") if list != "photos" && list != "x509certificates" => {
                fixed("v.value_key", ColumnKind::Text)
            }
            (Self::Values(_), _) => Column { expr: Expr::Json("v.keys", name), kind: ColumnKind::Text },
            (Self::Groups, "value") => fixed("v.id", ColumnKind::Id),
            (Self::Groups, "display") => fixed("v.display_name_key", ColumnKind::Text),
            (Self::Groups, "type") => plain("CASE b.direct WHEN 1 THEN 'direct' ELSE 'indirect' END"),
            (Self::Groups, "$ref") => address("/Groups/", "v.id"),
            (Self::Members, "value") => fixed("v.member_id", ColumnKind::Id),
            (Self::Members, "display") => fixed("coalesce(mu.display_name_key, mg.display_name_key)", ColumnKind::Text),
            (Self::Members, "type") => fixed(if sub.case_exact { "v.kind" } else { "lower(v.kind)" }, ColumnKind::Text),
            (Self::Members, "$ref") => {
                Column { expr: Expr::Address(format!("{}/", scope.base), "v.member_id"), kind: ColumnKind::Text }
            }
            (Self::Teams, "value") => fixed("v.id", ColumnKind::Id),
            (Self::Teams, "display") => fixed("v.name_key", ColumnKind::Text),
            (Self::Teams, "type") => fixed("m.kind", ColumnKind::Text),
            _ => return Err(ScimError::invalid_filter(format!("the sub-attribute {} can't be searched", sub.name))),
        })
    }
}

impl Expr {
    /// Appends it to a statement.
    pub fn push(&self, sql: &mut Sql, postgres: bool) {
        match self {
            Self::Fixed(text) => {
                sql.push(text);
            }
            Self::Plain(text) => {
                sql.push("((").push(text).push(")").push(by_code_point(postgres));
            }
            Self::Json(column, key) => {
                sql.push("(").push(column).push(" ->> ").push_bind(key.as_str()).push(by_code_point(postgres));
            }
            Self::Address(base, id) => {
                sql.push("((CAST(").push_bind(base.as_str()).push(" AS TEXT) || ");
                if *id == "v.member_id" {
                    sql.push("v.kind || 's/' || ");
                }
                push_id_text(sql, id, postgres);
                sql.push(")").push(by_code_point(postgres));
            }
        }
    }
}

/// The end of an expression in brackets that makes text. What PostgreSQL makes out of JSON, ids and constants has the
/// collation of the database; ours is the order of code points, which is that of every column and of SQLite.
const fn by_code_point(postgres: bool) -> &'static str {
    if postgres { " COLLATE \"C\")" } else { ")" }
}

/// An id as text: PostgreSQL writes it with hyphens, SQLite keeps 16 bytes.
pub fn push_id_text(sql: &mut Sql, id: &'static str, postgres: bool) {
    if postgres {
        sql.push("(CAST(").push(id).push(" AS TEXT)").push(by_code_point(postgres));
        return;
    }
    // The hexadecimal digits of no id would be an empty text, which is one.
    sql.push("(CASE WHEN ").push(id).push(" IS NOT NULL THEN ");
    for (i, part) in [", 1, 8)", ", 9, 4)", ", 13, 4)", ", 17, 4)", ", 21, 12)"].into_iter().enumerate() {
        sql.push(if i == 0 { "lower(substr(hex(" } else { " || '-' || substr(hex(" });
        sql.push(id).push(")").push(part);
    }
    sql.push(") END)");
}
