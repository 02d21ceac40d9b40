//! SCIM over HTTP: the table of endpoints, and nothing that is reachable without standing in it.

mod bulk;
mod call;
mod discovery;
mod error;
mod groups;
pub use crate::mapping as map;
mod me;
pub mod render;
mod search;
mod serve;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, any, on};
use futures_util::future::BoxFuture;

pub use call::{Call, Reply};
pub use error::Failure;

use super::App;
use crate::domain::access::Scope;

/// Where SCIM is served.
pub const BASE: &str = "/scim/v2";

/// One method on one path.
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path below [`BASE`]; `{id}` stands for one segment.
    pub path: &'static str,
    /// What a credential must allow.
    pub scope: Scope,
    run: fn(Call) -> BoxFuture<'static, Result<Reply, Failure>>,
}

macro_rules! endpoints {
    ($($method:ident $path:literal $scope:ident => $handler:path;)*) => {
        [$(Endpoint {
            method: Method::$method,
            path: $path,
            scope: Scope::$scope,
            run: |call| Box::pin($handler(call)),
        }),*]
    };
}

/// Every endpoint. The router is built from it, and so are the tests that try each with every kind of credential.
pub static ENDPOINTS: std::sync::LazyLock<Vec<Endpoint>> = std::sync::LazyLock::new(|| {
    Vec::from(endpoints! {
        GET    "/Users"                 Read  => users::list;
        POST   "/Users"                 Write => users::create;
        POST   "/Users/.search"         Read  => users::search;
        GET    "/Users/{id}"            Read  => users::read;
        PUT    "/Users/{id}"            Write => users::replace;
        PATCH  "/Users/{id}"            Write => users::patch;
        DELETE "/Users/{id}"            Write => users::delete;
        GET    "/Groups"                Read  => groups::list;
        POST   "/Groups"                Write => groups::create;
        POST   "/Groups/.search"        Read  => groups::search;
        GET    "/Groups/{id}"           Read  => groups::read;
        PUT    "/Groups/{id}"           Write => groups::replace;
        PATCH  "/Groups/{id}"           Write => groups::patch;
        DELETE "/Groups/{id}"           Write => groups::delete;
        GET    "/Me"                    Read  => me::read;
        PUT    "/Me"                    Write => me::replace;
        PATCH  "/Me"                    Write => me::patch;
        DELETE "/Me"                    Write => me::delete;
        POST   "/Me"                    Write => me::create;
        GET    ""                       Read  => search::list;
        POST   "/.search"               Read  => search::search;
        POST   "/Bulk"                  Write => bulk::run;
        GET    "/Schemas"               Read  => discovery::schemas;
        GET    "/Schemas/{id}"          Read  => discovery::schema;
        GET    "/ResourceTypes"         Read  => discovery::resource_types;
        GET    "/ResourceTypes/{id}"    Read  => discovery::resource_type;
        GET    "/ServiceProviderConfig" Read  => discovery::service_provider_config;
    })
});

/// The router of all endpoints. Whatever else is asked below [`BASE`] is answered in SCIM's own form, to nobody but
/// holders of a credential.
pub fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    let mut paths: Vec<&'static str> = ENDPOINTS.iter().map(|endpoint| endpoint.path).collect();
    paths.dedup();
    for path in paths {
        router = router.route(&format!("{BASE}{path}"), methods(app, path));
    }
    // People paste the base with a slash at its end.
    router = router.route(&format!("{BASE}/"), methods(app, ""));
    let app = Arc::clone(app);
    let nowhere = any(move |request: Request| serve::serve(Arc::clone(&app), serve::Target::Nowhere, request));
    router.route(&format!("{BASE}/{{*rest}}"), nowhere)
}

fn methods(app: &Arc<App>, path: &'static str) -> MethodRouter {
    let here = ENDPOINTS.iter().filter(move |endpoint| endpoint.path == path);
    let allowed: Vec<&str> = here.clone().map(|endpoint| endpoint.method.as_str()).collect();
    let allowed: Arc<str> = allowed.join(", ").into();
    let fallback = Arc::clone(app);
    let mut methods = MethodRouter::new().fallback(move |request: Request| {
        serve::serve(Arc::clone(&fallback), serve::Target::OtherMethod(Arc::clone(&allowed)), request)
    });
    for endpoint in here {
        let app = Arc::clone(app);
        let filter = MethodFilter::try_from(endpoint.method.clone()).unwrap_or(MethodFilter::TRACE);
        let handler =
            move |request: Request| serve::serve(Arc::clone(&app), serve::Target::Endpoint(endpoint), request);
        methods = methods.merge(on(filter, handler));
    }
    methods
}
