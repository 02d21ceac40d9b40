//! A request to the REST API after its key was checked, and what is answered to it.

use std::sync::Arc;

use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Failure;
use crate::command::Command;
use crate::domain::access::Actor;
use crate::domain::permission::Permissions;
use crate::http::App;
use crate::ids::{KeyId, UserId, WorkspaceId};
use crate::scim;
use crate::store::{Conn, StoreError};

/// Who makes a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The workspace that they act in, and no other.
    pub workspace: WorkspaceId,
    /// The key.
    pub key: KeyId,
    /// What they are called: the user, else the key.
    pub name: String,
    /// What the key is called.
    pub key_name: String,
    /// Whom it acts as; none: the workspace itself.
    pub user: Option<UserId>,
    /// What they may do now.
    pub permissions: Permissions,
}

impl Caller {
    /// Who it was, for the audit log: the user with the key that they used, or the key.
    pub(super) fn signature(&self) -> String {
        match self.user {
            Some(_) => format!("{} (key {})", self.name, self.key_name),
            None => self.name.clone(),
        }
    }
}

/// A request that somebody is allowed to make. Only [`super::serve`] makes one, so that nothing is done for strangers.
pub struct Call {
    pub(super) app: Arc<App>,
    pub(super) caller: Caller,
    pub(super) actor: Actor,
    /// What stands in the path for each `{name}`, decoded.
    pub(super) path: Vec<String>,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: bytes::Bytes,
}

/// What is answered.
pub enum Reply {
    /// A status and the `data` of a success.
    Data(StatusCode, Value),
    /// Something else altogether: a file, a stream.
    Other(Response),
}

/// What a handler gives.
pub(super) type Answer = Result<Reply, Failure>;

impl Call {
    /// The workspace it acts in.
    pub(super) fn workspace(&self) -> WorkspaceId {
        self.caller.workspace
    }

    /// A connection for reading.
    pub(super) async fn read(&self) -> Result<Conn, StoreError> {
        self.app.store.read().await
    }

    /// Makes a change in the caller's name.
    pub(super) async fn execute<C: Command>(&self, command: C) -> Result<C::Output, Failure> {
        Ok(self.app.commands.execute(&self.actor, command).await?)
    }

    /// The id that stands at a place in the path. Any other text is nobody's id.
    pub(super) fn id<I>(&self, place: usize, parse: fn(&str) -> Option<I>) -> Result<I, Failure> {
        self.path.get(place).and_then(|text| parse(text)).ok_or_else(Failure::not_found)
    }

    /// The text that stands at a place in the path.
    pub(super) fn segment(&self, place: usize) -> &str {
        self.path.get(place).map_or("", String::as_str)
    }

    /// The parameters of the query. One without a value is as good as none: `?search=&page=2`.
    pub(super) fn query<Q: DeserializeOwned>(&self) -> Result<Q, Failure> {
        let pairs = self.uri.query().unwrap_or_default().split('&');
        let given: Vec<&str> = pairs.filter(|pair| !pair.ends_with('=')).collect();
        let uri = Uri::builder().path_and_query(format!("/?{}", given.join("&"))).build();
        let uri = uri.map_err(|_| Failure::invalid("The query can't be read."))?;
        let query = Query::try_from_uri(&uri).map(|Query(query)| query);
        query.map_err(|error| Failure::invalid(format!("The query can't be read: {}.", error.body_text())))
    }

    /// The body. What it does not know it refuses, so that nothing that was asked for is passed over.
    pub(super) fn body<B: DeserializeOwned>(&self) -> Result<B, Failure> {
        let value = scim::json::parse(&self.body)?;
        if !value.is_object() {
            return Err(Failure::invalid("The body can't be read: it must be a JSON object."));
        }
        serde_json::from_value(value).map_err(|error| Failure::invalid(format!("The body can't be read: {error}.")))
    }
}

/// A success.
pub(super) fn success(data: &impl Serialize) -> Answer {
    with_status(StatusCode::OK, data)
}

/// A success that made something.
pub(super) fn created(data: &impl Serialize) -> Answer {
    with_status(StatusCode::CREATED, data)
}

/// A success with nothing to show.
pub(super) fn done() -> Answer {
    with_status(StatusCode::OK, &Value::Null)
}

fn with_status(status: StatusCode, data: &impl Serialize) -> Answer {
    let data = serde_json::to_value(data).map_err(|error| StoreError::Statement(error.to_string()))?;
    Ok(Reply::Data(status, data))
}

/// A success as it goes over the wire.
pub(super) fn envelope(data: &Value) -> Vec<u8> {
    json!({"status": "success", "data": data}).to_string().into_bytes()
}

/// An id that a body names; a text that is none of ours is refused in words.
pub(super) fn named<I>(field: &str, text: &str, parse: fn(&str) -> Option<I>) -> Result<I, Failure> {
    parse(text).ok_or_else(|| Failure::invalid(format!("{field}: \"{}\" is no id.", crate::text::printable(text))))
}

/// The same for a UUID of whatever kind.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    UserId::parse(text).map(|id| id.0)
}
