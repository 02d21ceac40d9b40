//! The step in which the provider is connected: the SCIM address and token, signing in, and domains. It is the same for
//! whoever came in first and for whoever has a customer's link.

use std::borrow::Cow;

use askama::Template;
use axum::response::Response;

use super::plain::Plain;
use super::walk::{Walker, workspace};
use crate::command::CommandError;
use crate::command::connections::stamp;
use crate::command::domains::Proof;
use crate::command::setup_links::{Act, Connecting};
use crate::domain::connection::Connection;
use crate::domain::domains::{self, Domain};
use crate::domain::setup_link::Provider;
use crate::domain::version::Stamp;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::console::again;
use crate::http::console::frame::shown;
use crate::http::console::guides::Guide;
use crate::http::pages;
use crate::ids::{ConnectionId, TokenId};
use crate::secret;
use crate::sso::{Outcome, Step};
use crate::store::connections::Kept;
use crate::store::{connections, domains as rows, tokens};
use crate::upstream;

#[derive(Template)]
#[template(path = "setup/connect.html")]
struct Page<'a> {
    frame: Plain,
    base: &'static str,
    is_customer: bool,
    /// The way through the provider's screens, where it is known.
    guide: Option<Guide>,
    /// The number of the next step.
    next: usize,
    workspace: String,
    provider: Provider,
    scim_url: &'a str,
    callback_url: String,
    initiate_url: String,
    /// The hint of the token that there is.
    hint: Option<String>,
    connection: Option<Connection>,
    domains: Vec<Domain>,
    name: String,
    issuer: String,
    client_id: String,
    /// Of which state of the connection the form is made; empty where there is none.
    seen: String,
    domain: String,
    token: Option<String>,
    walked: Option<Vec<Step>>,
}

impl Page<'_> {
    fn heading(&self) -> Cow<'static, str> {
        if self.provider == Provider::Other {
            return self.frame.say("setup-connect-other");
        }
        let provider = self.frame.say(&format!("setup-provider-{}", self.provider.name()));
        self.frame.fill("setup-connect-title").with("provider", provider).to_string().into()
    }

    /// Where to enter what, at this provider.
    fn hint_for(&self, what: &str) -> Cow<'static, str> {
        self.frame.say(&format!("setup-guide-{what}-{}", self.provider.name()))
    }
}

/// What stands on the page besides what is stored.
#[derive(Default)]
pub struct Typed {
    /// Why something was not done.
    pub refused: Option<CommandError>,
    /// The same, in a sentence.
    pub wrong: Option<&'static str>,
    /// The fields of the connection.
    pub connection: Option<[String; 3]>,
    /// Of which state of it the form was made.
    pub seen: String,
    /// A domain.
    pub domain: String,
    /// The token that was just made.
    pub token: Option<String>,
    /// What the test of the connection found.
    pub walked: Option<Vec<Step>>,
}

/// The connection of a link, where it was made.
async fn kept(asked: &Asked, walker: &Walker) -> Result<Option<Kept>, Trouble> {
    let Some(id) = walker.link.connection else { return Ok(None) };
    let kept = connections::find(&mut asked.read().await?, id).await?;
    Ok(kept.filter(|kept| kept.connection.workspace_id == walker.workspace))
}

/// The page.
///
/// # Errors
/// [`Trouble`]
pub async fn page(asked: &Asked, walker: &Walker, typed: Typed) -> Answer {
    let (Some(provider), Some(id)) = (walker.link.provider, walker.link.connection) else {
        return Ok(pages::redirect(walker.base()));
    };
    let mut frame = walker.frame(asked, walker.connecting());
    frame = frame.after(asked, "setup-done", &["connection", "domain", "removed", "proved"]);
    if let Some(error) = typed.refused {
        frame = frame.refused(error)?;
    }
    if let Some(name) = typed.wrong {
        let sentence = frame.say(name);
        frame = frame.wrong(sentence).at(if name.ends_with("secret") { "secret" } else { "" });
    }
    frame = frame.retyping(asked, &[("secret", "setup-secret")]);
    let connection = kept(asked, walker).await?.map(|kept| kept.connection);
    let workspace = workspace(asked, walker.workspace).await?;
    let mut conn = asked.read().await?;
    let domains = rows::of_connection(&mut conn, id).await?;
    let all = match walker.link.token {
        Some(_) => tokens::list(&mut conn, walker.workspace).await?,
        None => Vec::new(),
    };
    let token = all.into_iter().find(|row| walker.link.token == Some(TokenId(row.id)) && !row.is_dead());
    let is_typed = typed.connection.is_some();
    let [name, issuer, client_id] = typed.connection.unwrap_or_else(|| match &connection {
        Some(kept) => [kept.name.clone(), kept.issuer.clone(), kept.client_id.clone()],
        None => [suggested(walker, provider), String::new(), String::new()],
    });
    let now = connection.as_ref().map(stamp);
    let mut seen = if is_typed { typed.seen } else { now.as_ref().map(Stamp::to_string).unwrap_or_default() };
    if let (Some(kept), Some(now)) = (&connection, &now) {
        let stands = vec![
            frame.stand("setup-connection-name", kept.name.as_str()),
            frame.stand("setup-issuer", kept.issuer.as_str()),
            frame.stand("setup-client-id", kept.client_id.as_str()),
        ];
        frame = frame.overtaken(&mut seen, now, stands);
    }
    let page = Page {
        base: walker.base(),
        is_customer: walker.is_customer(),
        guide: walker.guide(asked, &frame),
        next: walker.connecting() + 1,
        workspace: workspace.name.as_str().to_owned(),
        provider,
        scim_url: &asked.app.scim_url,
        callback_url: upstream::callback_url(&asked.app.public_url, id),
        initiate_url: upstream::initiate_url(&asked.app.public_url, id),
        hint: token.map(|row| row.hint),
        connection,
        domains,
        name,
        issuer,
        client_id,
        seen,
        domain: typed.domain,
        token: typed.token,
        walked: typed.walked,
        frame,
    };
    Ok(shown(page.frame.status(), &page))
}

/// A name for the connection.
fn suggested(walker: &Walker, provider: Provider) -> String {
    if walker.is_customer() { walker.link.name.clone() } else { provider.name().to_owned() }
}

/// `POST …/token`
pub async fn token(asked: Asked) -> Answer {
    let mut walker = Walker::of(&asked).await?;
    let back = format!("{}?step={}", walker.base(), walker.connecting());
    // A link is its own proof.
    if !walker.is_customer()
        && let Some(login) = again::first(&asked, &back)?
    {
        return Ok(pages::redirect(&login));
    }
    let (token, id) = (secret::new_token()?, TokenId::fresh());
    let act = Act::Token { id, hash: secret::hash(&token), hint: secret::hint(&token) };
    let typed = match walker.act(&asked, act).await {
        Ok(()) => Typed { token: Some(token), ..Typed::default() },
        Err(error) => Typed { refused: Some(error), ..Typed::default() },
    };
    page(&asked, &walker, typed).await
}

/// `POST …/connection`
pub async fn save(asked: Asked) -> Answer {
    let mut walker = Walker::of(&asked).await?;
    let typed = ["name", "issuer", "client_id"].map(|field| asked.text(field).to_owned());
    let seen = asked.text("seen").to_owned();
    let sent = Stamp::sent(&seen);
    let again = |refused, wrong, connection| {
        let seen = seen.clone();
        Typed { refused, wrong, connection: Some(connection), seen, ..Typed::default() }
    };
    let Some(id) = walker.link.connection else { return Ok(pages::redirect(walker.base())) };
    let secret = asked.field("secret").unwrap_or_default();
    if secret.len() > 10_000 {
        return page(&asked, &walker, again(None, Some("setup-wrong-secret"), typed)).await;
    }
    if secret.is_empty() && kept(&asked, &walker).await?.is_none() {
        return page(&asked, &walker, again(None, Some("setup-no-secret"), typed)).await;
    }
    let secret = if secret.is_empty() { None } else { Some(sealed(&asked, id, secret)?) };
    let [name, issuer, client_id] = typed.clone();
    let loopback = asked.app.allows_loopback();
    let connecting = Connecting { id, name, issuer, client_id, secret, loopback, seen: sent };
    match walker.act(&asked, Act::Connect(connecting)).await {
        Ok(()) => Ok(back(&walker, "connection")),
        Err(error) => page(&asked, &walker, again(Some(error), None, typed)).await,
    }
}

fn sealed(asked: &Asked, id: ConnectionId, secret: &str) -> Result<Vec<u8>, Trouble> {
    Ok(asked.app.master.seal(&connections::place(id), secret.as_bytes())?)
}

/// Back to the page, which says what was done.
fn back(walker: &Walker, done: &str) -> Response {
    pages::redirect(&format!("{}?step={}&done={done}", walker.base(), walker.connecting()))
}

/// `POST …/test`
pub async fn test(asked: Asked) -> Answer {
    let walker = Walker::of(&asked).await?;
    let Some(kept) = kept(&asked, &walker).await? else {
        return page(&asked, &walker, Typed { wrong: Some("setup-not-connected"), ..Typed::default() }).await;
    };
    let steps = match upstream::provider_of(&kept, &asked.app.master) {
        Ok(provider) => {
            let redirect_uri = upstream::callback_url(&asked.app.public_url, kept.connection.id);
            asked.app.relying.walk(&provider, &redirect_uri).await
        }
        Err(error) => vec![Step { title: "Settings", outcome: Outcome::Failed, sentence: error.to_string() }],
    };
    page(&asked, &walker, Typed { walked: Some(steps), ..Typed::default() }).await
}

/// `POST …/domains`
pub async fn add_domain(asked: Asked) -> Answer {
    let mut walker = Walker::of(&asked).await?;
    let domain = asked.text("domain").to_owned();
    if kept(&asked, &walker).await?.is_none() {
        let typed = Typed { wrong: Some("setup-not-connected"), domain, ..Typed::default() };
        return page(&asked, &walker, typed).await;
    }
    let act = Act::AddDomain { domain: domain.clone(), challenge: secret::new_plain()? };
    match walker.act(&asked, act).await {
        Ok(()) => Ok(back(&walker, "domain")),
        Err(error) => page(&asked, &walker, Typed { refused: Some(error), domain, ..Typed::default() }).await,
    }
}

/// `POST …/domains/verify`
pub async fn verify_domain(asked: Asked) -> Answer {
    let mut walker = Walker::of(&asked).await?;
    let name = domains::name(asked.text("domain")).ok_or(CommandError::NotFound)?;
    let known = rows::find(&mut asked.read().await?, walker.workspace, &name).await?;
    let known = known.filter(|known| known.connection.is_some() && known.connection == walker.link.connection);
    let known = known.ok_or(CommandError::NotFound)?;
    let proof = match asked.app.resolver.txt(&known.record_name()).await {
        Ok(records) => Proof::Records(records),
        Err(error) => Proof::Nothing(error.to_string()),
    };
    match walker.act(&asked, Act::Prove { domain: name.clone(), proof }).await {
        Ok(()) => {
            let known = rows::find(&mut asked.read().await?, walker.workspace, &name).await?;
            if known.is_some_and(|known| known.proved_at.is_some()) {
                return Ok(back(&walker, "proved"));
            }
            page(&asked, &walker, Typed { wrong: Some("setup-wrong-unproved"), ..Typed::default() }).await
        }
        Err(error) => page(&asked, &walker, Typed { refused: Some(error), ..Typed::default() }).await,
    }
}

/// `POST …/domains/remove`
pub async fn remove_domain(asked: Asked) -> Answer {
    let mut walker = Walker::of(&asked).await?;
    match walker.act(&asked, Act::RemoveDomain { domain: asked.text("domain").to_owned() }).await {
        Ok(()) => Ok(back(&walker, "removed")),
        Err(error) => page(&asked, &walker, Typed { refused: Some(error), ..Typed::default() }).await,
    }
}
