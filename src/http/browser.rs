//! The way of every request from somebody's browser: who they are, whether a form came from a page of ours, and then the
//! page. A route stands in a table, and what changes something is checked before its handler runs.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::RequestExt;
use axum::Router;
use axum::extract::{ConnectInfo, RawPathParams, Request};
use axum::http::header::{ALLOW, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

pub use super::access::Access;
use super::access::misplaced;
use super::around::Around;
use super::fields::{form, is_proved, known, query};
use super::session::{self, Visitor};
use super::table::{self, Tabled, Target};
use super::turned_away::{barred, ended, forged, told, unreadable};
use super::{App, pages};
use crate::command::sessions::Opening;
use crate::command::{Command, CommandError, Preview};
use crate::domain::access::Actor;
use crate::domain::permission::Permissions;
use crate::domain::session::{Door, Stage};
use crate::domain::setup_link::SetupLink;
use crate::ids::{RequestId, WorkspaceId};
use crate::secret;
use crate::store::{Conn, StoreError};

/// How many pages that anybody may open are made at once: more than may wait for a password to be compared, and few enough that
/// whoever asks for thousands of them leaves the database to everybody else. Those beyond wait until their time is over.
static STRANGERS: Semaphore = Semaphore::const_new(96);

/// The field that holds a form's proof.
pub const PROOF: &str = "form";

/// One method on one path, for browsers.
pub struct Route {
    /// GET, which changes nothing, or POST.
    pub method: Method,
    /// The path; `{name}` stands for one segment.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// The fields of its form, where any other is refused, or of its query, where any other is ignored. One that ends in a
    /// star may stand there many times.
    pub fields: &'static [&'static str],
    /// What answers.
    pub run: fn(Asked) -> BoxFuture<'static, Answer>,
}

/// How often a field may stand in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    Many,
}

impl Route {
    /// How often a field of that name may stand in its form; none: it has no such field.
    pub(super) fn knows(&self, name: &str) -> Option<Times> {
        if name == PROOF && self.method == Method::POST {
            return Some(Times::Once);
        }
        self.fields.iter().find_map(|field| match field.strip_suffix('*') {
            Some(field) => (field == name).then_some(Times::Many),
            None => (*field == name).then_some(Times::Once),
        })
    }
}

impl Tabled for Route {
    fn method(&self) -> &Method {
        &self.method
    }

    fn path(&self) -> &'static str {
        self.path
    }
}

/// Declares routes: method, path, access, fields, handler.
macro_rules! routes {
    ($($method:ident $path:literal $access:expr, [$($field:literal),*] $handler:path;)*) => {
        [$(Route {
            method: Method::$method,
            path: $path,
            access: $access,
            fields: &[$($field),*],
            run: |asked| Box::pin($handler(asked)),
        }),*]
    };
}
pub(super) use routes;

/// What a handler gives.
pub type Answer = Result<Response, Trouble>;

/// Why there is no page of what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A command said no.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Something of ours.
    #[error("{0}")]
    Internal(String),
}

impl From<crate::sealed::KeyError> for Trouble {
    fn from(error: crate::sealed::KeyError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// A request that may be answered.
pub struct Asked {
    /// Everything.
    pub app: Arc<App>,
    /// Who asks, where they have a session.
    pub visitor: Option<Visitor>,
    /// The link in whose name is asked, where the route is for those who have one.
    pub setup: Option<SetupLink>,
    /// The path and the query, as they were sent; empty where a form was, to which no link leads back.
    pub here: String,
    /// What stands in the path for each `{name}`, decoded.
    pub path: Vec<String>,
    /// The fields of the form or the query, each once, but for those that may be many.
    pub fields: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The other end of the connection.
    pub address: Option<IpAddr>,
    /// The request.
    pub request_id: RequestId,
    /// What the forms of the page carry that is answered.
    pub proof: String,
}

impl Asked {
    /// A field; none where it is empty.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// Every value of a field that may stand there many times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.fields.iter().filter(move |(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether a box is ticked.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// What stands in a field, without the space around it; empty where there is no such field.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.field(name).unwrap_or_default().trim()
    }

    /// The id that stands at a place in the path. Any other text is nobody's id.
    ///
    /// # Errors
    /// [`CommandError::NotFound`]
    pub fn id<I>(&self, place: usize, parse: fn(&str) -> Option<I>) -> Result<I, Trouble> {
        Ok(self.path.get(place).and_then(|text| parse(text)).ok_or(CommandError::NotFound)?)
    }

    /// The workspace of whoever is asking.
    ///
    /// # Errors
    /// [`Trouble::Internal`] where the route lets anybody in.
    pub fn workspace(&self) -> Result<WorkspaceId, Trouble> {
        Ok(self.visitor()?.user.workspace_id)
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`StoreError`], classified.
    pub async fn read(&self) -> Result<Conn, StoreError> {
        self.app.store.read().await
    }

    /// Who makes a change, for the audit log.
    #[must_use]
    pub fn actor(&self) -> Actor {
        if let Some(link) = &self.setup {
            let (kind, id, powers) = ("setup_link", Some(link.id.to_string()), Permissions::ALL);
            return Actor { powers, ..self.acting(kind, id, &link.name) };
        }
        match &self.visitor {
            Some(visitor) => visitor.actor(self.request_id, self.address),
            None => self.acting("visitor", None, "login page"),
        }
    }

    /// Somebody who acts by their own right alone.
    #[must_use]
    pub fn acting(&self, kind: &'static str, id: Option<String>, name: &str) -> Actor {
        let (request_id, address) = (self.request_id, self.address);
        Actor { kind, id, name: name.to_owned(), request_id, address, powers: Permissions::NONE }
    }

    /// A session that is about to begin, and the token for it. How far it gets at the most is said; its command decides.
    ///
    /// # Errors
    /// [`Trouble`] where the system gives no random bytes.
    pub fn opening(&self, door: Door, stage: Stage) -> Result<(Opening, String), Trouble> {
        let token = secret::new_plain()?;
        let opening = Opening {
            door,
            stage,
            token_hash: secret::hash(&token),
            replaces: session::held(&self.headers),
            seen: session::seen(&self.headers, self.address),
            authenticated_at: self.app.clock.now(),
            has_second_factor: false,
            lifetime: self.app.settings.sessions.lifetime(),
        };
        Ok((opening, token))
    }

    /// Makes a change in the visitor's name.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn execute<C: Command>(&self, command: C) -> Result<C::Output, CommandError> {
        self.app.commands.execute(&self.actor(), command).await
    }

    /// What a change in the visitor's name would do; nothing of it is done.
    ///
    /// # Errors
    /// [`CommandError`], as the change itself would be refused.
    pub async fn foresees<C: Command>(&self, command: C) -> Result<Preview, CommandError> {
        self.app.commands.preview(&self.actor(), command).await
    }

    /// Whoever is asking, who has a session: what [`Access`] says of a route.
    ///
    /// # Errors
    /// [`Trouble::Internal`] where the route lets anybody in.
    pub fn visitor(&self) -> Result<&Visitor, Trouble> {
        self.visitor.as_ref().ok_or_else(|| Trouble::Internal("a route is open to whoever has no session".into()))
    }
}

/// The router of a table of routes.
pub fn router(app: &Arc<App>, routes: &'static [Route]) -> Router {
    let app = Arc::clone(app);
    let serve = move |target, request| serve(Arc::clone(&app), target, request);
    let mut paths: Vec<&'static str> = routes.iter().map(Tabled::path).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.into_iter().fold(Router::new(), |router, path| router.route(path, table::methods(routes, path, &serve)))
}

async fn serve(app: Arc<App>, target: Target<Route>, request: Request) -> Response {
    let limit = Duration::from_secs(app.settings.limits.request_seconds);
    // Around what is said where there is no page.
    let around = Around::bare(&app, request.headers(), &here(request.method(), request.uri()));
    let outcome = tokio::time::timeout(limit, answer(&app, &around, &target, request)).await;
    match outcome.unwrap_or_else(|_| Err(StoreError::Busy("a page took too long".into()).into())) {
        Ok(response) => response,
        Err(trouble) => told(&around, &trouble),
    }
}

/// The path and the query, where a link leads back there.
fn here(method: &Method, uri: &Uri) -> String {
    match uri.path_and_query() {
        Some(here) if method == Method::GET => here.to_string(),
        _ => String::new(),
    }
}

async fn answer(app: &Arc<App>, around: &Around, target: &Target<Route>, mut request: Request) -> Answer {
    let route = match target {
        Target::Endpoint(route) => route,
        Target::OtherMethod(allowed) => {
            let (status, sentence) = (StatusCode::METHOD_NOT_ALLOWED, around.say("notice-method"));
            let mut response = pages::notice(around, status, "notice-method-title", sentence, None);
            if let Ok(allowed) = HeaderValue::from_str(allowed) {
                response.headers_mut().insert(ALLOW, allowed);
            }
            return Ok(response);
        }
        Target::Nowhere => return Ok(pages::nowhere(around, request.headers())),
    };
    let path = request
        .extract_parts::<RawPathParams>()
        .await
        .map_or_else(|_| Vec::new(), |params| params.iter().map(|(_, value)| value.to_owned()).collect());
    let (parts, body) = request.into_parts();
    // What a page hears by itself is nobody's use of a session.
    let visitor = match route.path {
        "/settings/live" => session::present(app, &parts.headers).await?,
        _ => session::anybody(app, &parts.headers).await?,
    };
    let held = session::cookie_of(&parts.headers, session::FORM).filter(|held| secret::is_plain(held));
    let fresh = if visitor.is_none() && held.is_none() { Some(secret::new_plain()?) } else { None };
    let anchor = match (&visitor, &fresh, held) {
        (Some(visitor), _, _) => format!("session {}", visitor.session.id),
        (None, Some(fresh), _) => format!("cookie {fresh}"),
        (None, None, held) => format!("cookie {}", held.unwrap_or_default()),
    };
    let fields = if route.method == Method::POST {
        // A cookie that was only just made proves nothing.
        match form(app, around, route, &parts.headers, body).await {
            Ok(fields) if fresh.is_none() && is_proved(app, &anchor, &fields) => fields,
            Ok(_) => return Ok(forged(around)),
            Err(refused) => return Ok(*refused),
        }
    } else {
        // What others put on an address (`utm_source`, say) is nothing to a page; what changes something is read strictly.
        let mut fields = query(&parts.uri);
        fields.retain(|(name, _)| route.knows(name).is_some());
        match known(route, fields) {
            Some(fields) => fields,
            None => return Ok(unreadable(around)),
        }
    };
    if let Some(elsewhere) = misplaced(route.access, &route.method, visitor.as_ref(), &parts.uri) {
        return Ok(pages::redirect(&elsewhere));
    }
    if let (Access::Allowed(permission), Some(visitor)) = (route.access, &visitor)
        && !visitor.permissions.has(permission)
    {
        return Ok(barred(around, permission));
    }
    let setup = if route.access == Access::SetUp { session::set_up(app, &parts.headers).await? } else { None };
    if route.access == Access::SetUp && setup.is_none() {
        return Ok(ended(around));
    }
    let asked = Asked {
        app: Arc::clone(app),
        visitor: visitor.filter(|_| setup.is_none()),
        setup,
        here: here(&route.method, &parts.uri),
        path,
        fields,
        address: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip()),
        request_id: parts.extensions.get::<RequestId>().copied().unwrap_or_else(RequestId::fresh),
        headers: parts.headers,
        proof: app.browser_keys.form(&anchor),
    };
    let _place = match route.access {
        Access::Anybody => STRANGERS.acquire().await.ok(),
        _ => None,
    };
    let mut response = (route.run)(asked).await?;
    if let Some(fresh) = fresh {
        response.headers_mut().append(SET_COOKIE, session::set(session::FORM, &fresh, ""));
    }
    Ok(response)
}
