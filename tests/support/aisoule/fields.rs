//! What a request says, read strictly: unknown fields and values that can't be are refused; and pages of what is answered.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::rows::Asked;

/// A refusal: status and message.
pub type Refused = (u16, String);
pub type Done = Result<(u16, Value), Refused>;

pub fn refused<T>(status: u16, message: impl Into<String>) -> Result<T, Refused> {
    Err((status, message.into()))
}

pub fn not_found() -> Refused {
    (404, "not found".into())
}

pub fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// A body in which every field is known, of the right kind, and there where it is needed.
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn of(body: &[u8], known: &[&str], needed: &[&str]) -> Result<Self, Refused> {
        let Ok(Value::Object(map)) = serde_json::from_slice(body) else {
            return refused(400, "the body must be a JSON object");
        };
        if let Some(name) = map.keys().find(|name| !known.contains(&name.as_str())) {
            return refused(400, format!("unknown field {name}"));
        }
        match needed.iter().find(|name| !map.contains_key(**name)) {
            Some(name) => refused(400, format!("{name} is needed")),
            None => Ok(Self(map)),
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn text(&self, name: &str) -> Result<Option<String>, Refused> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= 1_000 && !text.contains('\0') => {
                Ok(Some(text.clone()))
            }
            Some(_) => refused(400, format!("{name} must be a text")),
        }
    }

    /// A text of 1 to 100 characters.
    pub fn name(&self, name: &str) -> Result<Option<String>, Refused> {
        match self.text(name)?.map(|text| text.trim().to_owned()) {
            Some(text) if text.is_empty() || text.chars().count() > 100 => {
                refused(400, format!("{name} must have 1 to 100 characters"))
            }
            text => Ok(text),
        }
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refused> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => refused(400, format!("{name} must be true or false")),
        }
    }

    pub fn id(&self, name: &str) -> Result<Option<Uuid>, Refused> {
        let text = self.text(name)?;
        text.map(|text| Uuid::parse_str(&text).map_err(|_| (400, format!("{name} must be a UUID")))).transpose()
    }

    pub fn email(&self) -> Result<Option<String>, Refused> {
        let Some(email) = self.text("email")? else { return Ok(None) };
        let parts = email.split_once('@').filter(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@') && !email.contains(char::is_whitespace)
        });
        if parts.is_some() { Ok(Some(email)) } else { refused(400, "email must be an address") }
    }

    pub fn password(&self) -> Result<Option<String>, Refused> {
        match self.text("password")? {
            Some(password) if password.chars().count() < 12 => refused(400, "password must have 12 characters or more"),
            password => Ok(password),
        }
    }

    pub fn permissions(&self) -> Result<Option<Vec<String>>, Refused> {
        let Some(value) = self.0.get("permissions") else { return Ok(None) };
        let names = value.as_array().and_then(|all| all.iter().map(|one| one.as_str().map(str::to_owned)).collect());
        let names: Vec<String> = names.ok_or((400, "permissions must be texts".to_owned()))?;
        if names.iter().all(|name| name.split(':').filter(|part| !part.is_empty()).count() == 2) {
            return Ok(Some(names));
        }
        refused(400, "permissions are written resource:action")
    }

    pub fn strategy(&self) -> Result<Option<String>, Refused> {
        match self.text("assignment_strategy")? {
            Some(name) if !["round_robin", "load_balanced", "manual"].contains(&name.as_str()) => {
                refused(400, "assignment_strategy must be round_robin, load_balanced or manual")
            }
            name => Ok(name),
        }
    }
}

/// A page of a list: 50 elements where nothing is said, 100 at the most.
pub fn page(asked: &Asked<'_>, plural: &str, all: Vec<Value>) -> Done {
    let number = |name: &str, unsaid: usize, most: usize| match asked.query.get(name).map(|text| text.parse()) {
        None => Ok(unsaid),
        Some(Ok(number)) if (1..=most).contains(&number) => Ok(number),
        Some(_) => refused(400, format!("{name} must be a number from 1 to {most}")),
    };
    let (page, limit) = (number("page", 1, 1_000_000)?, number("limit", 50, 100)?);
    let total = all.len();
    let items: Vec<Value> = all.into_iter().skip((page - 1) * limit).take(limit).collect();
    Ok((200, json!({plural: items, "total": total, "page": page, "limit": limit})))
}
