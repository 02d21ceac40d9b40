//! Shapes that several endpoints share: pages, and what a query may say.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, json};

use super::Failure;

/// Elements on one page, where the asker does not say.
pub const LIMIT: i64 = 50;
/// Elements on one page at the most.
pub const MOST: i64 = 200;

/// What can be listed.
pub trait Listed: Serialize + JsonSchema {
    /// What the elements of a list are called on the wire: `users`.
    const PLURAL: &'static str;
}

/// A page of a list: `{"users": […], "total": …, "page": …, "limit": …}`.
#[derive(Debug)]
pub struct List<T> {
    /// The elements; the wire calls them what they are.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: i64,
    /// Which page this is, from 1.
    pub page: i64,
    /// How many elements a page has at the most.
    pub limit: i64,
}

impl<T: Listed> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry(T::PLURAL, &self.items)?;
        map.serialize_entry("total", &self.total)?;
        map.serialize_entry("page", &self.page)?;
        map.serialize_entry("limit", &self.limit)?;
        map.end()
    }
}

impl<T: Listed> JsonSchema for List<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}List", T::schema_name()).into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let items = schemas.subschema_for::<T>();
        let mut properties = Map::new();
        properties.insert(T::PLURAL.into(), json!({"type": "array", "items": items}));
        for (name, what) in [
            ("total", "How many there are on all pages."),
            ("page", "Which page this is, from 1."),
            ("limit", "How many elements a page has at the most."),
        ] {
            properties.insert(name.into(), json!({"type": "integer", "description": what}));
        }
        let required = [T::PLURAL, "total", "page", "limit"];
        json_schema!({"type": "object", "properties": properties, "required": required})
    }
}

/// A piece of something that goes on: `{"events": […], "limit": …}`.
#[derive(Debug)]
pub struct Piece<T> {
    /// The elements; the wire calls them what they are.
    pub items: Vec<T>,
    /// How many elements a piece has at the most; fewer: it is the last one.
    pub limit: i64,
}

impl<T: Listed> Serialize for Piece<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(T::PLURAL, &self.items)?;
        map.serialize_entry("limit", &self.limit)?;
        map.end()
    }
}

impl<T: Listed> JsonSchema for Piece<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Piece", T::schema_name()).into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let items = schemas.subschema_for::<T>();
        let mut properties = Map::new();
        properties.insert(T::PLURAL.into(), json!({"type": "array", "items": items}));
        let limit = "How many elements a piece has at the most; fewer: it is the last one.";
        properties.insert("limit".into(), json!({"type": "integer", "description": limit}));
        json_schema!({"type": "object", "properties": properties, "required": [T::PLURAL, "limit"]})
    }
}

/// Nothing.
pub type Done = ();

/// Which page of a list.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// Which page, from 1.
    pub page: Option<i64>,
    /// Elements on a page: 50, where nothing is said, 200 at the most.
    pub limit: Option<i64>,
}

/// Which page of what is found.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names)]
pub struct Search {
    /// What the name contains.
    pub search: Option<String>,
    /// Which page, from 1.
    pub page: Option<i64>,
    /// Elements on a page: 50, where nothing is said, 200 at the most.
    pub limit: Option<i64>,
}

/// That a change is meant where somebody else keeps what it changes.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overrule {
    /// That it is meant.
    #[serde(default)]
    pub overrule: bool,
}

/// Which part of a list: checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Which page, from 1.
    pub page: i64,
    /// Elements on a page.
    pub limit: i64,
}

impl Page {
    /// The page that a query asks for.
    ///
    /// # Errors
    /// Numbers that can't be.
    pub fn of(page: Option<i64>, limit: Option<i64>) -> Result<Self, Failure> {
        let (page, limit) = (page.unwrap_or(1), limit.unwrap_or(LIMIT));
        if !(1..=1_000_000_000).contains(&page) {
            return Err(Failure::invalid("page: must be a number from 1."));
        }
        if !(1..=MOST).contains(&limit) {
            return Err(Failure::invalid(format!("limit: must be a number from 1 to {MOST}.")));
        }
        Ok(Self { page, limit })
    }

    /// How many elements are on the pages before.
    #[must_use]
    pub const fn offset(self) -> i64 {
        (self.page - 1) * self.limit
    }

    /// The list of which `items` are on this page.
    #[must_use]
    pub const fn list<T>(self, items: Vec<T>, total: i64) -> List<T> {
        List { items, total, page: self.page, limit: self.limit }
    }

    /// This page of all there are.
    #[must_use]
    pub fn cut<T>(self, all: Vec<T>) -> List<T> {
        let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let (skip, take) = (usize::try_from(self.offset()), usize::try_from(self.limit));
        let items = all.into_iter().skip(skip.unwrap_or(usize::MAX)).take(take.unwrap_or_default()).collect();
        self.list(items, total)
    }
}

impl<T> List<T> {
    /// A list with everything on one page.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
        Self { items, total, page: 1, limit: total.max(1) }
    }
}
