//! The programs that people sign in to through the bridge, such as AIsoule: what is entered there, and the secret, once.

use askama::Template;

use super::super::frame::{Frame, Section, shown};
use super::Copied;
use crate::command::CommandError;
use crate::command::login_clients::{CreateLoginClient, RevokeLoginClient};
use crate::domain::login_client::LoginClient;
use crate::http::browser::{Answer, Asked, Trouble};
use crate::http::pages;
use crate::secret;
use crate::store::login_clients;

/// Where AIsoule waits for people with a code.
const CALLBACK: &str = "https://app.aisoule.com/api/auth/sso/custom/callback";

#[derive(Template)]
#[template(path = "sso/client_new.html")]
struct New<'a> {
    frame: &'a Frame,
    name: &'a str,
    redirect_uris: &'a str,
    post_logout_uris: &'a str,
    backchannel: &'a str,
}

#[derive(Template)]
#[template(path = "sso/client.html")]
struct Page<'a> {
    frame: &'a Frame,
    client: &'a LoginClient,
    /// Its secret, where it was only just made.
    secret: Option<&'a str>,
    copies: Vec<Copied>,
}

/// What is entered into "Custom OIDC" of AIsoule.
fn values(asked: &Asked, frame: &Frame, client: &LoginClient) -> Vec<Copied> {
    let url = &asked.app.public_url;
    vec![
        Copied::named(frame, "client", client.id.clone()),
        Copied::named(frame, "authorization", format!("{url}/oauth/authorize")),
        Copied::named(frame, "token", format!("{url}/oauth/token")),
        Copied::named(frame, "userinfo", format!("{url}/oauth/userinfo")),
        Copied::named(frame, "issuer", url.clone()),
    ]
}

async fn known(asked: &Asked) -> Result<LoginClient, Trouble> {
    let id = asked.path.first().ok_or(CommandError::NotFound)?;
    let found = if id.contains('\0') { None } else { login_clients::find(&mut asked.read().await?, id).await? };
    let workspace = asked.workspace()?;
    let living = |client: &LoginClient| client.workspace_id == workspace && client.revoked_at.is_none();
    Ok(found.map(|kept| kept.client).filter(living).ok_or(CommandError::NotFound)?)
}

/// `GET /settings/sso/clients/new`
pub async fn new(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SSO).await?;
    let page = New { frame: &frame, name: "AIsoule", redirect_uris: CALLBACK, post_logout_uris: "", backchannel: "" };
    Ok(shown(frame.status(), &page))
}

/// `POST /settings/sso/clients`: the one page that shows the secret.
pub async fn create(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SSO).await?;
    let (id, secret) = (crate::ids::new_client_id(), secret::new_with(secret::CLIENT_PREFIX)?);
    let lines = |name: &str| asked.text(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let command = CreateLoginClient {
        workspace: asked.workspace()?,
        id: id.clone(),
        name: asked.text("name").to_owned(),
        secret_hash: secret::hash(&secret),
        redirect_uris: lines("redirect_uris"),
        post_logout_uris: lines("post_logout_uris"),
        backchannel_logout_uri: lines("backchannel_logout_uri").into_iter().next(),
    };
    if let Err(error) = asked.execute(command).await {
        let frame = frame.refused(error)?;
        let page = New {
            frame: &frame,
            name: asked.text("name"),
            redirect_uris: asked.text("redirect_uris"),
            post_logout_uris: asked.text("post_logout_uris"),
            backchannel: asked.text("backchannel_logout_uri"),
        };
        return Ok(shown(frame.status(), &page));
    }
    let client = login_clients::find(&mut asked.read().await?, &id).await?.ok_or(CommandError::NotFound)?.client;
    let copies = values(&asked, &frame, &client);
    Ok(shown(frame.status(), &Page { frame: &frame, client: &client, secret: Some(&secret), copies }))
}

/// `GET /settings/sso/clients/{client}`
pub async fn show(asked: Asked) -> Answer {
    let frame = Frame::of(&asked, Section::SSO).await?;
    let client = known(&asked).await?;
    let copies = values(&asked, &frame, &client);
    Ok(shown(frame.status(), &Page { frame: &frame, client: &client, secret: None, copies }))
}

/// `POST /settings/sso/clients/{client}/remove`
pub async fn remove(asked: Asked) -> Answer {
    let client = known(&asked).await?;
    asked.execute(RevokeLoginClient { workspace: client.workspace_id, id: client.id }).await?;
    Ok(pages::redirect("/settings/sso?done=revoked"))
}
