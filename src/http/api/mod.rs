//! AIsoule's REST API: the table of endpoints, and nothing that is reachable without standing in it.

mod audit;
mod call;
mod connections;
mod connector;
mod conversations;
mod domains;
mod events;
mod failure;
mod groups;
mod health;
mod keys;
pub mod limits;
mod login_clients;
pub mod openapi;
mod reviews;
mod roles;
mod rules;
mod seats;
mod serve;
mod sessions;
mod shape;
mod teams;
mod tokens;
mod users;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::routing::get;
use futures_util::future::BoxFuture;
use schemars::{Schema, SchemaGenerator};

pub use call::{Call, Reply};
pub use failure::Failure;
pub use serve::LastUses;

use super::App;
use super::table::{self, Tabled};

/// Where the REST API is served.
pub const BASE: &str = "/api";

/// One method on one path.
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path below [`BASE`]; `{name}` stands for one segment.
    pub path: &'static str,
    /// The permission that a caller needs; empty: any key that is good.
    pub permission: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// The parameters of the query, as the properties of an object; null where there are none.
    pub query: fn(&mut SchemaGenerator) -> Schema,
    /// The body of the request; null where there is none.
    pub body: fn(&mut SchemaGenerator) -> Schema,
    /// Whether there is a query.
    pub takes_query: bool,
    /// Whether there is a body.
    pub takes_body: bool,
    /// The `data` of the answer.
    pub answer: fn(&mut SchemaGenerator) -> Schema,
    run: fn(Call) -> BoxFuture<'static, Result<Reply, Failure>>,
}

macro_rules! endpoints {
    ($($method:ident $path:literal $permission:literal $handler:path, ($query:ty, $body:ty) -> $answer:ty, $summary:literal;)*) => {
        [$(Endpoint {
            method: Method::$method,
            path: $path,
            permission: $permission,
            summary: $summary,
            query: |schemas| schemas.subschema_for::<$query>(),
            body: |schemas| schemas.subschema_for::<$body>(),
            takes_query: std::any::type_name::<$query>() != std::any::type_name::<()>(),
            takes_body: std::any::type_name::<$body>() != std::any::type_name::<()>(),
            answer: |schemas| schemas.subschema_for::<$answer>(),
            run: |call| Box::pin($handler(call)),
        }),*]
    };
}

/// Every endpoint. The router is built from it, the `OpenAPI` document is, and so are the tests that try each with every
/// kind of key.
pub static ENDPOINTS: std::sync::LazyLock<Vec<Endpoint>> = std::sync::LazyLock::new(|| {
    use shape::{Done, List, Piece};
    Vec::from(endpoints! {
        GET    "/me" "" keys::me, ((), ()) -> keys::Me, "Who the key acts as, and what it may do";
        GET    "/users" "users:read" users::list, (users::Query, ()) -> List<users::User>, "List users";
        POST   "/users" "users:write" users::create, ((), users::NewUser) -> users::User, "Make a user";
        GET    "/users/{id}" "users:read" users::read, ((), ()) -> users::User, "Read a user";
        PUT    "/users/{id}" "users:write" users::update, ((), users::Change) -> users::User, "Change a user by hand";
        DELETE "/users/{id}" "users:delete" users::delete, (shape::Overrule, ()) -> Done, "Delete a user; their history stays";
        GET    "/users/{id}/explanation" "users:read" users::explain, ((), ()) -> users::Explanation, "Why a user has their role and teams";
        GET    "/users/{id}/sessions" "users:write" sessions::list, ((), ()) -> List<sessions::Session>, "Where a user is logged in";
        DELETE "/users/{id}/sessions" "users:write" sessions::end_all, ((), ()) -> Done, "Log a user out everywhere";
        DELETE "/users/{id}/sessions/{session}" "users:write" sessions::end, ((), ()) -> Done, "End one session of a user";
        DELETE "/users/{id}/second-factor" "users:write" users::remove_factor, ((), ()) -> Done, "Take away a user's second factor: their phone is gone";
        DELETE "/users/{id}/pins/{field}" "users:write" users::release, ((), ()) -> users::User, "Give a pinned field back to whoever keeps it";
        GET    "/permissions" "roles:read" roles::permissions_list, ((), ()) -> List<roles::Permission>, "The catalogue of permissions";
        GET    "/roles" "roles:read" roles::list, (shape::Paging, ()) -> List<roles::Role>, "List roles";
        POST   "/roles" "roles:write" roles::create, ((), roles::NewRole) -> roles::Role, "Make a role";
        GET    "/roles/{id}" "roles:read" roles::read, ((), ()) -> roles::Role, "Read a role";
        PUT    "/roles/{id}" "roles:write" roles::update, ((), roles::Change) -> roles::Role, "Change a role";
        DELETE "/roles/{id}" "roles:delete" roles::delete, ((), ()) -> Done, "Delete a role that nobody has";
        GET    "/teams" "teams:read" teams::list, (shape::Paging, ()) -> List<teams::Team>, "List teams";
        POST   "/teams" "teams:write" teams::create, ((), teams::NewTeam) -> teams::Team, "Make a team";
        GET    "/teams/{id}" "teams:read" teams::read, ((), ()) -> teams::Team, "Read a team";
        PUT    "/teams/{id}" "teams:write" teams::update, ((), teams::Change) -> teams::Team, "Change a team";
        DELETE "/teams/{id}" "teams:delete" teams::delete, ((), ()) -> Done, "Delete a team";
        GET    "/teams/{id}/members" "teams:read" teams::members, (shape::Paging, ()) -> List<teams::Member>, "List the members of a team";
        POST   "/teams/{id}/members" "teams:write" teams::add, ((), teams::NewMember) -> teams::Member, "Put somebody into a team by hand";
        DELETE "/teams/{id}/members/{user_id}" "teams:write" teams::remove, (shape::Overrule, ()) -> Done, "Take somebody out of a team by hand";
        DELETE "/teams/{id}/members/{user_id}/pin" "teams:write" teams::release, ((), ()) -> Done, "Leave somebody's membership to the rules again";
        GET    "/groups" "groups:read" groups::list, (shape::Search, ()) -> List<groups::Group>, "List groups";
        POST   "/groups" "groups:write" groups::create, ((), groups::NewGroup) -> groups::Group, "Make a group by hand";
        GET    "/groups/{id}" "groups:read" groups::read, ((), ()) -> groups::Group, "Read a group";
        PUT    "/groups/{id}" "groups:write" groups::rename, ((), groups::Rename) -> groups::Group, "Rename a group; its rule stays with it";
        DELETE "/groups/{id}" "groups:delete" groups::delete, ((), ()) -> Done, "Delete a group";
        GET    "/groups/{id}/members" "groups:read" groups::members, (shape::Paging, ()) -> List<groups::Member>, "List everybody in a group, also through groups in it";
        POST   "/groups/{id}/members" "groups:write" groups::add, ((), groups::NewMember) -> groups::Group, "Put a user or a group into a group";
        DELETE "/groups/{id}/members/{member_id}" "groups:write" groups::remove, ((), ()) -> groups::Group, "Take a user or a group out of a group";
        GET    "/rules" "rules:read" rules::list, ((), ()) -> List<rules::Rule>, "List rules, the one that decides first at the front";
        POST   "/rules" "rules:write" rules::create, ((), rules::NewRule) -> rules::Rule, "Make a rule";
        POST   "/rules/preview" "rules:write" rules::preview, ((), rules::NewRule) -> rules::Preview, "Who would change if there were this rule";
        GET    "/rules/{id}" "rules:read" rules::read, ((), ()) -> rules::Rule, "Read a rule";
        PUT    "/rules/{id}" "rules:write" rules::update, ((), rules::Change) -> rules::Rule, "Change a rule";
        POST   "/rules/{id}/preview" "rules:write" rules::preview_change, ((), rules::Change) -> rules::Preview, "Who would change if the rule did";
        DELETE "/rules/{id}" "rules:write" rules::delete, ((), ()) -> Done, "Delete a rule";
        POST   "/rules/{id}/preview-deletion" "rules:write" rules::preview_deletion, ((), ()) -> rules::Preview, "Who would change without the rule";
        GET    "/connections" "connections:read" connections::list, ((), ()) -> List<connections::Connection>, "List the connections through which people sign in";
        POST   "/connections" "connections:write" connections::create, ((), connections::NewConnection) -> connections::Connection, "Make a connection";
        GET    "/connections/{id}" "connections:read" connections::read, ((), ()) -> connections::Connection, "Read a connection";
        PUT    "/connections/{id}" "connections:write" connections::update, ((), connections::Change) -> connections::Connection, "Change a connection";
        DELETE "/connections/{id}" "connections:write" connections::delete, ((), ()) -> Done, "Delete a connection; whoever came in through it is out";
        POST   "/connections/{id}/test" "connections:write" connections::test, ((), ()) -> List<crate::sso::Step>, "Try a connection, step by step";
        GET    "/connector" "connector:read" connector::read, ((), ()) -> connector::Connector, "The remote AIsoule workspace that is kept equal to this one";
        POST   "/connector" "connector:write" connector::create, ((), connector::NewConnector) -> connector::Connector, "Keep a remote AIsoule workspace equal to this one";
        PUT    "/connector" "connector:write" connector::update, ((), connector::Change) -> connector::Connector, "Change the connector";
        DELETE "/connector" "connector:write" connector::delete, ((), ()) -> Done, "Remove the connector; nothing changes there";
        POST   "/connector/pause" "connector:write" connector::pause, ((), ()) -> connector::Connector, "Send nothing for a while; what changes is remembered";
        POST   "/connector/resume" "connector:write" connector::resume, ((), ()) -> connector::Connector, "Go on, also with what was stuck";
        POST   "/connector/claim" "connector:write" connector::claim, ((), connector::Claim) -> Done, "Make the remote account with a user's address theirs";
        GET    "/connector/work" "connector:read" connector::work, ((), ()) -> List<connector::Work>, "What has not arrived there yet, and why";
        GET    "/connector/reconcile" "connector:read" connector::reports, ((), ()) -> List<connector::Found>, "What the last comparisons of both sides found";
        POST   "/connector/reconcile" "connector:write" connector::reconcile, ((), connector::Reconcile) -> connector::Connector, "Compare both sides, and mend what differs where that is said";
        GET    "/domains" "connections:read" domains::list, ((), ()) -> List<domains::Domain>, "List domains";
        POST   "/domains" "connections:write" domains::add, ((), domains::NewDomain) -> domains::Domain, "Add a domain, or give it to another connection";
        POST   "/domains/{domain}/verify" "connections:write" domains::verify, ((), ()) -> domains::Domain, "Look for the record that proves a domain";
        DELETE "/domains/{domain}" "connections:write" domains::remove, ((), ()) -> Done, "Remove a domain";
        GET    "/sso" "connections:read" domains::enforcement, ((), ()) -> domains::Enforcement, "Whether people have to sign in through a connection";
        PUT    "/sso" "connections:write" domains::enforce, ((), domains::Enforce) -> domains::Enforcement, "Make people sign in through a connection, or not";
        GET    "/seats" "seats:read" seats::read, ((), ()) -> seats::Seats, "The plan, its seats, and who waits";
        PUT    "/seats" "seats:write" seats::update, ((), seats::Change) -> seats::Seats, "Change the plan, the seats or what happens at the limit";
        GET    "/conversations" "chat:read" conversations::list, (conversations::Query, ()) -> List<conversations::Conversation>, "List conversations, the newest first";
        POST   "/conversations" "chat:write" conversations::create, ((), conversations::NewConversation) -> conversations::Conversation, "Make a conversation";
        GET    "/conversations/{id}" "chat:read" conversations::read, ((), ()) -> conversations::Whole, "Read a conversation with its messages and notes";
        PUT    "/conversations/{id}" "chat:assign" conversations::assign, ((), conversations::Assignment) -> conversations::Conversation, "Assign a conversation";
        POST   "/conversations/{id}/messages" "chat:write" conversations::message, ((), conversations::Text) -> conversations::Entry, "Write a message";
        POST   "/conversations/{id}/notes" "chat:write" conversations::note, ((), conversations::Text) -> conversations::Entry, "Write a note";
        GET    "/reviews" "reviews:read" reviews::list, ((), ()) -> List<reviews::Review>, "List access reviews, the newest first";
        POST   "/reviews" "reviews:write" reviews::start, ((), reviews::NewReview) -> reviews::Review, "Start a review of everybody who has access";
        GET    "/reviews/{id}" "reviews:read" reviews::read, ((), ()) -> reviews::Review, "Read a review";
        GET    "/reviews/{id}/people" "reviews:read" reviews::people, (reviews::Query, ()) -> List<reviews::Item>, "List who is reviewed, and why they have access";
        PUT    "/reviews/{id}/decisions" "reviews:decide" reviews::decide, ((), reviews::Decisions) -> reviews::Review, "Decide who keeps access";
        POST   "/reviews/{id}/apply" "reviews:write" reviews::apply, ((), ()) -> reviews::Applied, "Deactivate those who are to lose access";
        POST   "/reviews/{id}/close" "reviews:write" reviews::close, ((), ()) -> reviews::Review, "End a review in which everything is decided";
        GET    "/reviews/{id}/export" "reviews:read" reviews::export, (reviews::ExportQuery, ()) -> (), "A review as a file: CSV or JSON lines";
        GET    "/audit" "audit:read" audit::list, (audit::Query, ()) -> Piece<audit::Entry>, "Who did what, the newest first";
        GET    "/audit/export" "audit:read" audit::export, (audit::ExportQuery, ()) -> (), "The audit log as a file: JSON lines or CSV";
        GET    "/audit/verification" "audit:read" audit::verify, ((), ()) -> audit::Verification, "Whether no entry was edited or taken out";
        GET    "/audit/retention" "audit:read" audit::retention, ((), ()) -> audit::Retention, "For how long entries are kept";
        PUT    "/audit/retention" "audit:write" audit::retain, ((), audit::Retention) -> audit::Retention, "Keep entries for so many days, or for ever";
        GET    "/tokens" "tokens:read" tokens::list, ((), ()) -> List<tokens::Token>, "List the tokens of identity providers";
        POST   "/tokens" "tokens:write" tokens::create, ((), tokens::NewToken) -> tokens::Made, "Make a token for an identity provider; it is shown once";
        DELETE "/tokens/{id}" "tokens:write" tokens::revoke, ((), ()) -> Done, "Revoke a token";
        GET    "/keys" "keys:read" keys::list, ((), ()) -> List<keys::Key>, "List API keys";
        POST   "/keys" "keys:write" keys::create, ((), keys::NewKey) -> keys::Made, "Make an API key; it is shown once";
        DELETE "/keys/{id}" "keys:write" keys::revoke, ((), ()) -> Done, "Revoke an API key";
        GET    "/login-clients" "clients:read" login_clients::list, ((), ()) -> List<login_clients::Client>, "List the programs that people sign in to through the bridge";
        POST   "/login-clients" "clients:write" login_clients::create, ((), login_clients::NewLoginClient) -> login_clients::Made, "Let people sign in to a program; its secret is shown once";
        DELETE "/login-clients/{id}" "clients:write" login_clients::revoke, ((), ()) -> Done, "Let nobody sign in to a program any more, and end what it was given";
        GET    "/health" "health:read" health::read, ((), ()) -> health::Health, "How the workspace is doing, and who is stuck and why";
        GET    "/webhooks" "webhooks:read" webhooks::list, ((), ()) -> List<webhooks::Webhook>, "List the endpoints that are told what happens";
        POST   "/webhooks" "webhooks:write" webhooks::create, ((), webhooks::NewWebhook) -> webhooks::Made, "Make an endpoint; its secret is shown once";
        GET    "/webhooks/{id}" "webhooks:read" webhooks::read, ((), ()) -> webhooks::Webhook, "Read an endpoint, and how much waits for it";
        PUT    "/webhooks/{id}" "webhooks:write" webhooks::update, ((), webhooks::Change) -> webhooks::Webhook, "Change an endpoint, switch it off or on";
        DELETE "/webhooks/{id}" "webhooks:write" webhooks::delete, ((), ()) -> Done, "Delete an endpoint with its log and all that waits";
        POST   "/webhooks/{id}/test" "webhooks:write" webhooks::test, ((), ()) -> webhooks::Delivery, "Send an endpoint something to try whether it is reached";
        POST   "/webhooks/{id}/rotate-secret" "webhooks:write" webhooks::rotate, ((), webhooks::Rotation) -> webhooks::Rotated, "Replace the secret of an endpoint; the new one is shown once";
        GET    "/webhooks/{id}/deliveries" "webhooks:read" webhooks::log, (webhooks::Query, ()) -> Piece<webhooks::Delivery>, "What an endpoint was told, the newest first";
        GET    "/webhooks/{id}/deliveries/{delivery_id}" "webhooks:read" webhooks::one, ((), ()) -> webhooks::Delivery, "What became of one delivery";
        POST   "/webhooks/{id}/replay" "webhooks:write" webhooks::replay, ((), webhooks::Again) -> webhooks::Count, "Deliver again: one delivery, all that were given up, or a time";
        POST   "/webhooks/{id}/discard" "webhooks:write" webhooks::discard, ((), webhooks::Unwanted) -> webhooks::Count, "Discard what was given up: one delivery, or all";
        GET    "/events" "events:read" events::follow, (events::Query, ()) -> events::Pulled, "What happened: a page of it, or a stream of server-sent events";
        GET    "/events/schemas" "" events::schemas, (events::SchemaQuery, ()) -> List<events::EventSchema>, "Which events there are, when each happens, and its JSON Schema";
    })
});

/// The router of all endpoints, and of the document that describes them. Whatever else is asked below [`BASE`] is
/// answered in the API's own form.
pub fn router(app: &Arc<App>) -> Router {
    let app = Arc::clone(app);
    let serve = move |target, request| serve::serve(Arc::clone(&app), target, request);
    table::router(BASE, &ENDPOINTS, &serve).route(&format!("{BASE}/openapi.json"), get(openapi::serve))
}

impl Tabled for Endpoint {
    fn method(&self) -> &Method {
        &self.method
    }

    fn path(&self) -> &'static str {
        self.path
    }
}
