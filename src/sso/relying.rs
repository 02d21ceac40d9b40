//! The relying party: out to the provider, back from it, and what it says of logouts.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use openidconnect::core::{CoreAuthPrompt, CoreClient, CoreResponseType};
use openidconnect::{
    AuthUrl, AuthenticationFlow, ClientId, CsrfToken, IssuerUrl, JsonWebKeySet, LoginHint, Nonce, PkceCodeChallenge,
    RedirectUrl, Scope,
};
use serde_json::Map;
use url::Url;

use super::callback::Callback;
use super::checks::Parties;
use super::claims::VerifiedClaims;
use super::error::{SsoError, error_name};
use super::exchange::{Exchange, exchange};
use super::fault::TokenFault;
use super::id_token::{self, Expected};
use super::keys::KeySet;
use super::known::Known;
use super::logout_token::{self, LogoutToken};
use super::metadata::Metadata;
use super::provider::Provider;
use super::{github, person, userinfo};
use crate::clock::Clock;
use crate::domain::connection::Kind;
use crate::outbound::Outbound;
use crate::settings::Secret;

/// What the provider is asked for besides who somebody is.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// By what the callback is known; made outside, bound to the browser.
    pub state: String,
    /// Who is probably coming.
    pub login_hint: Option<String>,
    /// How much the provider asks of them.
    pub prompt: Option<Prompt>,
    /// How long ago they may have proved who they are, in seconds.
    pub max_age: Option<u64>,
}

/// How much the provider asks of the person (OpenID Connect Core §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// Nothing: whoever is not signed in there comes back with an error.
    None,
    /// To prove anew who they are.
    Login,
    /// To agree.
    Consent,
    /// To choose an account.
    SelectAccount,
}

impl Prompt {
    /// The prompt of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "login" => Some(Self::Login),
            "consent" => Some(Self::Consent),
            "select_account" => Some(Self::SelectAccount),
            _ => None,
        }
    }

    const fn core(self) -> CoreAuthPrompt {
        match self {
            Self::None => CoreAuthPrompt::None,
            Self::Login => CoreAuthPrompt::Login,
            Self::Consent => CoreAuthPrompt::Consent,
            Self::SelectAccount => CoreAuthPrompt::SelectAccount,
        }
    }
}

/// A sign-in that goes to the provider.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Where the browser goes.
    pub url: String,
    /// What the ID token has to repeat.
    pub nonce: String,
    /// What proves at the token endpoint that the sign-in began here.
    pub verifier: Secret,
}

/// A sign-in that comes back, as it was when it began.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Where the provider sent the browser.
    pub redirect_uri: String,
    /// From [`Begun`].
    pub nonce: String,
    /// From [`Begun`].
    pub verifier: Secret,
    /// From [`Ask`].
    pub max_age: Option<u64>,
    /// When it began.
    pub started_at: DateTime<Utc>,
}

/// The relying party. Copies share what is remembered of providers.
#[derive(Clone)]
pub struct Relying {
    pub(super) known: Arc<Known>,
}

/// A provider's addresses, found or set.
pub(super) struct Places {
    pub(super) authorization: String,
    pub(super) token: String,
    pub(super) userinfo: Option<String>,
    /// None where there is no discovery.
    pub(super) document: Option<Arc<Metadata>>,
}

impl Relying {
    /// A relying party that goes out by `outbound`.
    #[must_use]
    pub fn new(outbound: Outbound, clock: Clock) -> Self {
        Self { known: Known::new(outbound, clock) }
    }

    /// Whether a provider's issuer and own addresses can be used at all, without asking anybody.
    ///
    /// # Errors
    /// [`SsoError::Issuer`], [`SsoError::Tenant`], [`SsoError::Connection`]
    pub fn check(&self, provider: &Provider) -> Result<(), SsoError> {
        let outbound = &self.known.outbound;
        let issuer = outbound.check(&provider.issuer).map_err(|error| SsoError::Issuer(error.to_string()))?;
        if issuer.query().is_some() || issuer.fragment().is_some() {
            return Err(SsoError::Issuer("it has a query or a fragment".into()));
        }
        provider.tenant()?;
        let own = &provider.endpoints;
        for (name, url) in [("authorization", &own.authorization), ("token", &own.token), ("userinfo", &own.userinfo)] {
            if let Some(Err(error)) = url.as_ref().map(|url| outbound.check(url)) {
                return Err(SsoError::Connection(format!("its {name} address can't be used: {error}")));
            }
        }
        if provider.client_id.is_empty() {
            return Err(SsoError::Connection("the client id is empty".into()));
        }
        Ok(())
    }

    /// Begins a sign-in: where the browser goes, and what to keep of it.
    ///
    /// # Errors
    /// [`SsoError`]: where the provider can't be reached for the first time, or is set up wrong.
    pub async fn begin(&self, provider: &Provider, redirect_uri: &str, ask: &Ask) -> Result<Begun, SsoError> {
        let places = self.places(provider).await?;
        let wrong = |what: &str| SsoError::Connection(format!("{what} is not an address"));
        let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|_| wrong("the issuer"))?;
        let authorization = AuthUrl::new(places.authorization).map_err(|_| wrong("the authorization endpoint"))?;
        let redirect = RedirectUrl::new(redirect_uri.to_owned()).map_err(|_| wrong("the callback"))?;
        let client = CoreClient::new(ClientId::new(provider.client_id.clone()), issuer, JsonWebKeySet::new(Vec::new()))
            .disable_openid_scope()
            .set_auth_uri(authorization)
            .set_redirect_uri(redirect);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let state = CsrfToken::new(ask.state.clone());
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client
            .authorize_url(flow, move || state, Nonce::new_random)
            .add_scopes(provider.asked().into_iter().map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        if let Some(hint) = &ask.login_hint {
            request = match provider.kind {
                Kind::Github => request.add_extra_param("login", hint.clone()),
                _ => request.set_login_hint(LoginHint::new(hint.clone())),
            };
        }
        if let Some(prompt) = ask.prompt {
            request = request.add_prompt(prompt.core());
        }
        if let Some(age) = ask.max_age {
            request = request.set_max_age(Duration::from_secs(age));
        }
        let (url, _, nonce) = request.url();
        Ok(Begun { url: url.into(), nonce: nonce.secret().clone(), verifier: verifier.into_secret().into() })
    }

    /// Finishes a sign-in: who came back. Whether it is the browser that left, and whether the callback comes for the
    /// first time, has been seen to before.
    ///
    /// # Errors
    /// [`SsoError`]
    pub async fn finish(
        &self,
        provider: &Provider,
        flow: &Flow,
        callback: &Callback,
    ) -> Result<VerifiedClaims, SsoError> {
        let is_theirs = |iss: &str| {
            iss == provider.issuer || provider.kind == Kind::Github && iss == format!("{}/login/oauth", provider.issuer)
        };
        if callback.iss.as_deref().is_some_and(|iss| !is_theirs(iss)) {
            return Err(SsoError::CallbackIssuer);
        }
        let places = self.places(provider).await?;
        if callback.iss.is_none() && places.document.as_ref().is_some_and(|document| document.names_itself) {
            return Err(SsoError::CallbackIssuerMissing);
        }
        if let Some(error) = &callback.error {
            return Err(SsoError::Denied(error_name(error)));
        }
        let code = callback.code.as_deref().ok_or(SsoError::NoCode)?;
        let Known { outbound, clock, .. } = &*self.known;
        let given = Exchange { code, redirect_uri: &flow.redirect_uri, verifier: flow.verifier.reveal() };
        let tokens = exchange(outbound, provider, &places.token, &given, clock.now()).await?;
        let Some(document) = &places.document else {
            let user = places.userinfo.unwrap_or_default();
            return github::person(outbound, provider, &user, &tokens.access).await;
        };
        let raw = tokens.id.ok_or_else(|| SsoError::answer("the answer of its token endpoint", "has no ID token"))?;
        let expected = Expected {
            parties: parties(provider, document),
            nonce: &flow.nonce,
            access_token: Some(tokens.access.reveal()),
            started_at: flow.started_at.timestamp(),
            max_age: flow.max_age,
            now: clock.now().timestamp(),
        };
        let check = |keys: &KeySet| id_token::check(raw.reveal(), keys, &expected);
        let token = self.checked(provider, document, check).await?.map_err(SsoError::IdToken)?;
        let more = match &places.userinfo {
            Some(url) => userinfo::fetch(outbound, url, &tokens.access, &token.subject).await?,
            None => Map::new(),
        };
        person::person(provider, token, raw, &more)
    }

    /// Checks a logout token of a provider (OpenID Connect Back-Channel Logout §2.6). Whether its id was used before is
    /// for the caller to see.
    ///
    /// # Errors
    /// [`SsoError`]
    pub async fn logout_token(&self, provider: &Provider, token: &str) -> Result<LogoutToken, SsoError> {
        let places = self.places(provider).await?;
        let document = places.document.ok_or_else(|| SsoError::Connection("GitHub tells of no logouts".into()))?;
        let now = self.known.clock.now().timestamp();
        let expected = parties(provider, &document);
        let check = |keys: &KeySet| logout_token::check(token, keys, &expected, now);
        self.checked(provider, &document, check).await?.map_err(SsoError::LogoutToken)
    }

    /// Where the browser goes so that the provider ends its own session too (OpenID Connect RP-Initiated Logout §2); none
    /// where the provider has no such place, or nothing is known of it.
    pub async fn end_session_url(
        &self,
        provider: &Provider,
        id_token_hint: Option<&Secret>,
        post_logout_redirect_uri: &str,
        state: &str,
    ) -> Option<String> {
        let document = self.places(provider).await.ok()?.document?;
        let mut url = Url::parse(document.end_session.as_deref()?).ok()?;
        let mut query = url.query_pairs_mut();
        if let Some(hint) = id_token_hint {
            query.append_pair("id_token_hint", hint.reveal());
        }
        query.append_pair("client_id", &provider.client_id);
        query.append_pair("post_logout_redirect_uri", post_logout_redirect_uri).append_pair("state", state);
        drop(query);
        Some(url.into())
    }

    /// Where the provider is asked what.
    async fn places(&self, provider: &Provider) -> Result<Places, SsoError> {
        self.check(provider)?;
        if provider.kind == Kind::Github {
            return places(provider, None);
        }
        places(provider, Some(self.known.document(&provider.issuer).await?))
    }

    /// Checks a token with the provider's keys; where none of them made its signature, with its keys fetched anew.
    async fn checked<T>(
        &self,
        provider: &Provider,
        document: &Metadata,
        check: impl Fn(&KeySet) -> Result<T, TokenFault>,
    ) -> Result<Result<T, TokenFault>, SsoError> {
        let keys = self.known.keys(&provider.issuer, &document.jwks).await?;
        let outcome = check(&keys);
        if !matches!(outcome, Err(TokenFault::KeyUnknown | TokenFault::Signature)) {
            return Ok(outcome);
        }
        match self.known.keys_again(&provider.issuer, &document.jwks, &keys).await {
            Some(keys) => Ok(check(&keys)),
            None => Ok(outcome),
        }
    }
}

fn parties<'e>(provider: &'e Provider, document: &'e Metadata) -> Parties<'e> {
    Parties { issuer: &provider.issuer, client_id: &provider.client_id, announced: &document.algorithms }
}

/// A connection's own addresses before the discovered ones.
pub(super) fn places(provider: &Provider, document: Option<Arc<Metadata>>) -> Result<Places, SsoError> {
    let own = &provider.endpoints;
    let (authorization, token, userinfo) = if let Some(document) = &document {
        (document.authorization.clone(), document.token.clone(), document.userinfo.clone())
    } else {
        let (authorization, token, user) = github::endpoints(&provider.issuer);
        (Some(authorization), Some(token), Some(user))
    };
    let lacks = |name: &str| SsoError::answer(super::metadata::WHAT, format!("has no {name}"));
    Ok(Places {
        authorization: own.authorization.clone().or(authorization).ok_or_else(|| lacks("authorization_endpoint"))?,
        token: own.token.clone().or(token).ok_or_else(|| lacks("token_endpoint"))?,
        userinfo: own.userinfo.clone().or(userinfo),
        document,
    })
}
