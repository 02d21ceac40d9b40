//! What a list request asks for: the parameters of a GET, or the body of a POST to `.search` (RFC 7644 §3.4.2, §3.4.3;
//! RFC 9865 §2).

use serde_json::{Map, Value};

use super::Profile;
use super::error::{ScimError, echo};
use super::path::{self, AttrRef};
use super::schema::{ResourceType, Returned};

/// The URN of the search message.
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// What a list request asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchRequest {
    /// The filter, unread.
    pub filter: Option<String>,
    /// What to sort by.
    pub sort_by: Option<AttrRef>,
    /// The other way round.
    pub descending: bool,
    /// The first resource of the page, from 1.
    pub start_index: i64,
    /// How many resources a page may hold, 0 or more; none: as the service likes.
    pub count: Option<i64>,
    /// Where to go on; empty: at the beginning, and with cursors.
    pub cursor: Option<String>,
    /// Which attributes to show, between commas.
    pub attributes: Option<String>,
    /// Which attributes not to show, between commas.
    pub excluded: Option<String>,
}

/// The names of all parameters.
const NAMES: [&str; 8] =
    ["filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes"];

impl SearchRequest {
    /// Reads the parameters of a query, their names in any case. Unknown ones are ignored.
    ///
    /// # Errors
    /// 400 `invalidValue` for a parameter that stands twice or is no number where it must be one, `invalidPath` for an
    /// attribute that nothing can be sorted by, `invalidCursor` for a cursor together with an index.
    pub fn from_query(kind: ResourceType, query: &[(String, String)], profile: Profile) -> Result<Self, ScimError> {
        let mut given = Map::new();
        for (name, value) in query {
            let Some(known) = NAMES.iter().find(|known| known.eq_ignore_ascii_case(name)) else { continue };
            if given.insert((*known).to_owned(), Value::String(value.clone())).is_some() {
                return Err(ScimError::invalid_value(format!("The parameter {known} stands twice.")));
            }
        }
        Self::read(kind, &given, profile)
    }

    /// Reads the body of a search.
    ///
    /// # Errors
    /// As [`SearchRequest::from_query`]; 400 `invalidSyntax` where the body is no search.
    pub fn from_body(kind: ResourceType, body: &Value, profile: Profile) -> Result<Self, ScimError> {
        let Some(body) = body.as_object() else {
            return Err(ScimError::invalid_syntax("The body has to be a JSON object."));
        };
        let mut given = Map::new();
        let mut named = profile.is_compat();
        for (name, value) in body {
            if name.eq_ignore_ascii_case("schemas") {
                let urns = value.as_array().map_or(&[][..], Vec::as_slice);
                named = urns.iter().any(|urn| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(SEARCH_URN)));
            } else if let Some(known) = NAMES.iter().find(|known| known.eq_ignore_ascii_case(name)) {
                given.insert((*known).to_owned(), value.clone());
            }
        }
        if !named {
            return Err(ScimError::invalid_syntax(format!("schemas has to name {SEARCH_URN}.")));
        }
        Self::read(kind, &given, profile)
    }

    fn read(kind: ResourceType, given: &Map<String, Value>, profile: Profile) -> Result<Self, ScimError> {
        let cursor = text(given, "cursor")?;
        let start_index = number(given, "startIndex")?;
        if cursor.is_some() && start_index.is_some() {
            return Err(ScimError::invalid_cursor("cursor and startIndex exclude each other."));
        }
        let sort_by = text(given, "sortBy")?.filter(|name| !name.is_empty());
        let descending = match text(given, "sortOrder")?.map(|order| order.to_ascii_lowercase()).as_deref() {
            None | Some("" | "ascending") => false,
            Some("descending") => true,
            Some(_) => return Err(ScimError::invalid_value("sortOrder has to be ascending or descending.")),
        };
        Ok(Self {
            filter: text(given, "filter")?.filter(|filter| !(profile.is_compat() && filter.trim().is_empty())),
            descending: descending && sort_by.is_some(),
            sort_by: sort_by.map(|name| sortable(kind, &name)).transpose()?,
            start_index: start_index.unwrap_or(1).max(1),
            count: number(given, "count")?.map(|count| count.max(0)),
            cursor,
            attributes: names(given, "attributes")?,
            excluded: names(given, "excludedAttributes")?,
        })
    }
}

fn sortable(kind: ResourceType, name: &str) -> Result<AttrRef, ScimError> {
    let refuse = || ScimError::invalid_path(format!("Nothing can be sorted by \"{}\".", echo(name)));
    let path = path::attribute(kind, name).ok_or_else(refuse)?;
    if path.leaf().returned == Returned::Never || path.attribute.returned == Returned::Never {
        return Err(refuse());
    }
    Ok(path)
}

fn text(given: &Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(ScimError::invalid_value(format!("{name} has to be a string."))),
    }
}

/// A whole number; one beyond 64 bits is as good as the largest.
fn number(given: &Map<String, Value>, name: &str) -> Result<Option<i64>, ScimError> {
    let refuse = || ScimError::invalid_value(format!("{name} has to be a whole number."));
    match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Ok(Some(number)),
            (None, Some(_)) => Ok(Some(i64::MAX)),
            (None, None) => Err(refuse()),
        },
        Some(Value::String(text)) => {
            let digits = text.trim().trim_start_matches(['-', '+']);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || text.trim().len() > digits.len() + 1
            {
                return Err(refuse());
            }
            let least = if text.trim().starts_with('-') { i64::MIN } else { i64::MAX };
            Ok(Some(text.trim().parse().unwrap_or(least)))
        }
        Some(_) => Err(refuse()),
    }
}

/// Names of attributes: between commas, or as a list of strings.
fn names(given: &Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    match given.get(name) {
        Some(Value::Array(names)) if names.iter().all(Value::is_string) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            Ok(Some(names.join(",")))
        }
        Some(Value::Array(_)) => Err(ScimError::invalid_value(format!("{name} has to be a list of names."))),
        _ => text(given, name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::error::ScimType;

    fn query(text: &str) -> Result<SearchRequest, ScimError> {
        let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let pairs: Vec<_> = text.split('&').filter_map(pair).collect();
        SearchRequest::from_query(ResourceType::User, &pairs, Profile::Compat)
    }

    #[test]
    fn numbers_are_brought_into_bounds_and_other_text_is_refused() {
        for (text, start, count) in [
            ("", 1, None),
            ("startIndex=0&count=-1", 1, Some(0)),
            ("STARTINDEX=-5&Count=0", 1, Some(0)),
            ("startIndex=9223372036854775808&count=99999999999999999999", i64::MAX, Some(i64::MAX)),
            ("startIndex=-99999999999999999999&count=7", 1, Some(7)),
        ] {
            let request = query(text).unwrap();
            assert_eq!((request.start_index, request.count), (start, count), "{text}");
        }
        for bad in ["startIndex=a", "count=1.5", "count=", "count=--1", "count=0x10", "startIndex=1&startindex=2"] {
            assert_eq!(query(bad).unwrap_err().scim_type, Some(ScimType::InvalidValue), "{bad}");
        }
    }

    #[test]
    fn sorting_goes_by_what_exists_and_may_be_seen() {
        assert!(query("sortBy=name.familyName&sortOrder=Descending").unwrap().descending);
        assert!(!query("sortOrder=descending").unwrap().descending);
        for bad in ["sortBy=password", "sortBy=token_hash", "sortBy=emails.nothing"] {
            assert_eq!(query(bad).unwrap_err().scim_type, Some(ScimType::InvalidPath), "{bad}");
        }
        assert!(query("sortOrder=sideways").is_err());
    }

    #[test]
    fn a_cursor_and_an_index_exclude_each_other() {
        assert_eq!(query("cursor=&count=5").unwrap().cursor.as_deref(), Some(""));
        assert_eq!(query("cursor=x&startIndex=1").unwrap_err().scim_type, Some(ScimType::InvalidCursor));
    }

    #[test]
    fn a_body_says_the_same_as_a_query() {
        let body = json!({"schemas": [SEARCH_URN], "attributes": ["userName", "name"], "filter": "active eq true", "startIndex": 3, "count": 2});
        let request = SearchRequest::from_body(ResourceType::User, &body, Profile::Interop).unwrap();
        let asked = query("attributes=userName,name&filter=active eq true&startIndex=3&count=2").unwrap();
        assert_eq!(request, asked);
        let foreign = json!({"schemas": ["urn:x"]});
        assert!(SearchRequest::from_body(ResourceType::User, &foreign, Profile::Compat).is_err());
        assert!(SearchRequest::from_body(ResourceType::User, &json!({}), Profile::Interop).is_err());
        assert!(SearchRequest::from_body(ResourceType::User, &json!([]), Profile::Compat).is_err());
    }
}
