//! The `OpenAPI` 3.1 document of the REST API: made from the table of endpoints, so that it says what there is.

use std::sync::LazyLock;

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{BASE, ENDPOINTS, Endpoint};

/// The document, as it is served at `/api/openapi.json` and kept in `schemas/openapi.json`.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// `GET /api/openapi.json`
pub async fn serve() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.to_string()).into_response()
}

fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut schemas = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in ENDPOINTS.iter() {
        let operation = operation(endpoint, &mut schemas);
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(endpoint.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let definitions = schemas.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "AIsoule user management",
            "description": "Users, roles, teams, groups, rules, seats and conversations of one workspace. Every answer is \
                {\"status\": \"success\", \"data\": …} or {\"status\": \"error\", \"message\": …, \"code\": …}.",
            "version": "1.0",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": BASE}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
        },
    })
}

fn operation(endpoint: &Endpoint, schemas: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> = endpoint
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    parameters.extend(query(&(endpoint.query)(schemas), schemas));
    let (data, body) = ((endpoint.answer)(schemas), (endpoint.body)(schemas));
    let mut responses = Map::new();
    let made = endpoint.method == Method::POST
        && ![
            "preview",
            "apply",
            "close",
            "test",
            "verify",
            "rotate",
            "replay",
            "pause",
            "resume",
            "claim",
            "reconcile",
            "discard",
        ]
        .iter()
        .any(|act| endpoint.path.contains(act));
    let answer = json!({
        "type": "object",
        "properties": {"status": {"const": "success"}, "data": data},
        "required": ["status", "data"],
    });
    let content = match endpoint.path {
        "/events" => json!({
            "application/json": {"schema": answer}, "text/event-stream": {"schema": {"type": "string"}},
        }),
        path if path.ends_with("/export") => json!({
            "application/jsonl": {"schema": {"type": "string"}}, "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        }),
        _ => json!({"application/json": {"schema": answer}}),
    };
    responses.insert(if made { "201" } else { "200" }.into(), json!({"description": "Done", "content": content}));
    for (status, said) in refusals(endpoint) {
        let refusal = json!({
            "type": "object",
            "properties": {
                "status": {"const": "error"}, "message": {"type": "string"}, "code": {"type": "string"},
            },
            "required": ["status", "message", "code"],
        });
        responses
            .insert(status.into(), json!({"description": said, "content": {"application/json": {"schema": refusal}}}));
    }
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "tags": [endpoint.path.split('/').nth(1).unwrap_or_default()],
        "responses": responses,
    });
    if let Some(operation) = operation.as_object_mut() {
        if !endpoint.permission.is_empty() {
            operation.insert("description".into(), json!(format!("Needs the permission {}.", endpoint.permission)));
        }
        if !parameters.is_empty() {
            operation.insert("parameters".into(), json!(parameters));
        }
        if endpoint.takes_body {
            let body = json!({"required": true, "content": {"application/json": {"schema": body}}});
            operation.insert("requestBody".into(), body);
        }
    }
    operation
}

/// `GET /teams/{id}/members` is `get_teams_id_members`.
fn operation_id(endpoint: &Endpoint) -> String {
    let path = endpoint.path.replace(['{', '}'], "").replace(['/', '-'], "_");
    format!("{}{path}", endpoint.method.as_str().to_ascii_lowercase())
}

/// The properties of an object as parameters of a query.
fn query(schema: &Schema, schemas: &SchemaGenerator) -> Vec<Value> {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let Some(object) = name.and_then(|name| schemas.definitions().get(name)) else { return Vec::new() };
    let properties = object.get("properties").and_then(Value::as_object).into_iter().flatten();
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        // What is left out is left out: a query has no null.
        let kind = schema.get("type").and_then(|kind| kind.get(0)).cloned();
        if let (Some(kind), Some(schema)) = (kind, schema.as_object_mut()) {
            schema.insert("type".into(), kind);
        }
        json!({"name": name, "in": "query", "required": false, "allowEmptyValue": true, "description": description, "schema": schema})
    };
    properties.map(parameter).collect()
}

fn refusals(endpoint: &Endpoint) -> Vec<(&'static str, &'static str)> {
    let mut all = vec![
        ("400", "Something in the request can't be"),
        ("401", "No key, or none that is good"),
        ("403", "The key may not do this, or no seat is free"),
        ("429", "Too often; Retry-After says how long to wait"),
        ("503", "Not now; Retry-After says when"),
    ];
    if endpoint.path.contains('{') || endpoint.path.starts_with("/connector") {
        all.push(("404", "There is no such thing here"));
    }
    if endpoint.method != Method::GET {
        all.push(("409", "It does not go with what is there"));
    }
    if endpoint.takes_body {
        all.push(("413", "The body is too large"));
        all.push(("415", "The body is not JSON"));
    }
    all.sort_unstable();
    all
}
