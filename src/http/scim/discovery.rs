//! What this service provider is and can do: `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 §4).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::call::{Answer, Call, Reply};
use super::render;
use crate::query::cursor;
use crate::scim::bulk::{MAX_OPERATIONS, MAX_PAYLOAD};
use crate::scim::error::ScimError;
use crate::scim::schema::{documents, resource_type_documents};
use crate::store::workspaces;

/// `GET /Schemas`
pub async fn schemas(call: Call) -> Answer {
    all(&call, &documents(call.base()))
}

/// `GET /Schemas/{id}`
pub async fn schema(call: Call) -> Answer {
    one(&call, &documents(call.base()))
}

/// `GET /ResourceTypes`
pub async fn resource_types(call: Call) -> Answer {
    all(&call, &resource_type_documents(call.base()))
}

/// `GET /ResourceTypes/{id}`
pub async fn resource_type(call: Call) -> Answer {
    one(&call, &resource_type_documents(call.base()))
}

/// `GET /ServiceProviderConfig` (RFC 7643 §5, RFC 9865 §4)
pub async fn service_provider_config(call: Call) -> Answer {
    refuse_filter(&call)?;
    let workspace = workspaces::find(&mut call.app.store.read().await?, call.workspace()).await?;
    let takes_passwords = workspace.is_some_and(|workspace| workspace.scim_passwords);
    let limits = &call.app.settings.limits;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": true, "maxOperations": MAX_OPERATIONS, "maxPayloadSize": MAX_PAYLOAD.min(limits.body_bytes)},
        "filter": {"supported": true, "maxResults": limits.page_most},
        "changePassword": {"supported": takes_passwords},
        "sort": {"supported": true},
        "etag": {"supported": true},
        "pagination": {
            "cursor": true, "index": true, "defaultPaginationMethod": "index",
            "defaultPageSize": limits.page, "maxPageSize": limits.page_most, "cursorTimeout": cursor::LIFETIME,
        },
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken", "name": "Bearer token", "primary": true,
                "description": "A token made with `aisoule-bridge token create`.",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            },
            {
                "type": "oauth2", "name": "OAuth 2.0 client credentials", "primary": false,
                "description": format!("An access token from {}/oauth/token.", call.app.public_url),
                "specUri": "https://www.rfc-editor.org/rfc/rfc6749",
            },
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{}/ServiceProviderConfig", call.base())},
    });
    Ok(Reply::json(StatusCode::OK, body.to_string().into_bytes()))
}

/// A filter on these would promise what they don't keep (RFC 7644 §4).
fn refuse_filter(call: &Call) -> Result<(), ScimError> {
    match call.parameter("filter") {
        Some(_) => Err(ScimError::forbidden("This endpoint takes no filter.")),
        None => Ok(()),
    }
}

fn all(call: &Call, documents: &[Value]) -> Answer {
    refuse_filter(call)?;
    let resources: Vec<Vec<u8>> = documents.iter().map(|document| document.to_string().into_bytes()).collect();
    let total = i64::try_from(resources.len()).unwrap_or_default();
    Ok(Reply::json(StatusCode::OK, render::list(total, Some(1), None, &resources)))
}

fn one(call: &Call, documents: &[Value]) -> Answer {
    refuse_filter(call)?;
    let is_it = |document: &&Value| document["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(&call.id));
    let found = documents.iter().find(is_it).ok_or_else(ScimError::not_found)?;
    Ok(Reply::json(StatusCode::OK, found.to_string().into_bytes()))
}
