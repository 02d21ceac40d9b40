//! SCIM over HTTP: the table of endpoints, and nothing that is reachable without standing in it.

mod bulk;
mod call;
mod course;
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
use axum::http::Method;
use futures_util::future::BoxFuture;

pub use call::{Call, Reply};
pub use error::Failure;

use super::App;
use super::table::{self, Tabled};
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
    let app = Arc::clone(app);
    let serve = move |target, request| serve::serve(Arc::clone(&app), target, request);
    // People paste the base with a slash at its end.
    let slashed = table::methods(&ENDPOINTS, "", &serve);
    table::router(BASE, &ENDPOINTS, &serve).route(&format!("{BASE}/"), slashed)
}

impl Tabled for Endpoint {
    fn method(&self) -> &Method {
        &self.method
    }

    fn path(&self) -> &'static str {
        self.path
    }
}
