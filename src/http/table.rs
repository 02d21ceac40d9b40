//! A router made from a table of endpoints, so that nothing is reachable that does not stand in it.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, any, on};

/// What a request is meant for.
pub enum Target<E: 'static> {
    /// An endpoint.
    Endpoint(&'static E),
    /// An endpoint's path, but none of its methods, which are these.
    OtherMethod(Arc<str>),
    /// No path of ours.
    Nowhere,
}

/// One method on one path.
pub trait Tabled: Sync + 'static {
    /// The method.
    fn method(&self) -> &Method;
    /// The path below the base; `{name}` stands for one segment.
    fn path(&self) -> &'static str;
}

/// The router of all endpoints below `base`. Whatever else is asked there is answered by `serve` too.
pub fn router<E, S, F>(base: &str, endpoints: &'static [E], serve: &S) -> Router
where
    E: Tabled,
    S: Fn(Target<E>, Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let mut paths: Vec<&'static str> = endpoints.iter().map(Tabled::path).collect();
    paths.sort_unstable();
    paths.dedup();
    let router = paths
        .into_iter()
        .fold(Router::new(), |router, path| router.route(&format!("{base}{path}"), methods(endpoints, path, serve)));
    let nowhere = serve.clone();
    router.route(&format!("{base}/{{*rest}}"), any(move |request: Request| nowhere(Target::Nowhere, request)))
}

/// Everything on one path.
pub fn methods<E, S, F>(endpoints: &'static [E], path: &'static str, serve: &S) -> MethodRouter
where
    E: Tabled,
    S: Fn(Target<E>, Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let here = endpoints.iter().filter(move |endpoint| endpoint.path() == path);
    let allowed: Vec<&str> = here.clone().map(|endpoint| endpoint.method().as_str()).collect();
    let allowed: Arc<str> = allowed.join(", ").into();
    let other = serve.clone();
    let all =
        MethodRouter::new().fallback(move |request: Request| other(Target::OtherMethod(Arc::clone(&allowed)), request));
    here.fold(all, |methods, endpoint| {
        let filter = MethodFilter::try_from(endpoint.method().clone()).unwrap_or(MethodFilter::TRACE);
        let serve = serve.clone();
        methods.merge(on(filter, move |request: Request| serve(Target::Endpoint(endpoint), request)))
    })
}
