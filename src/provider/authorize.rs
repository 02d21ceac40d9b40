//! Authorization requests (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), read without regard to who is there.
//!
//! A request is read in two steps, because what is wrong with it may be told to its `redirect_uri` only where that is
//! known to be the client's: first [`Parameters::target`], then [`Parameters::request`].

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::login_client::Scopes;
use crate::domain::pkce;

/// The parameter by which a browser that comes back from signing in says that it had to sign in anew, and when.
const AFTER: &str = "authenticated_after";
/// For how long signing in anew counts as new, in seconds.
const JUST_NOW: i64 = 900;
/// Where authorization requests go.
pub const PATH: &str = "/oauth/authorize";

/// The parameters of a query or a form, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

/// Why nobody can be told anywhere but on a page of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Which client it is stands nowhere, or twice.
    Client,
    /// Where the answer goes stands nowhere, or twice.
    Address,
}

/// Why there is no code (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The standard's name of it.
    pub error: &'static str,
    /// What is wrong, for whoever wrote the client.
    pub description: &'static str,
}

/// What the person is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompt {
    /// No page at all.
    pub none: bool,
    /// The login page, also where they are signed in.
    pub login: bool,
}

/// A request that is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub scope: Scopes,
    /// The challenge of PKCE, S256.
    pub challenge: String,
    /// What the ID token is to repeat.
    pub nonce: Option<String>,
    /// What the person is to see.
    pub prompt: Prompt,
    /// How long ago they may have proved who they are, in seconds.
    pub max_age: Option<i64>,
    /// Who it probably is.
    pub login_hint: Option<String>,
    /// An ID token of whom it must be.
    pub id_token_hint: Option<String>,
    /// When they were sent to sign in anew.
    after: Option<DateTime<Utc>>,
}

const fn refusal(error: &'static str, description: &'static str) -> Refusal {
    Refusal { error, description }
}

impl Parameters {
    /// Reads a query or a form.
    #[must_use]
    pub fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value of a parameter; none where it is missing, empty (RFC 6749 §3.1) or stands twice.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        let (Some((_, value)), None) = (values.next(), values.next()) else { return None };
        (!value.is_empty()).then_some(value.as_str())
    }

    /// The same as the query of a path.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish();
        format!("{path}?{query}")
    }

    /// Which client asks, and where the answer is to go.
    ///
    /// # Errors
    /// [`Lost`]
    pub fn target(&self) -> Result<(&str, &str), Lost> {
        let named = |name| self.get(name).filter(|value| !value.contains('\0'));
        Ok((named("client_id").ok_or(Lost::Client)?, named("redirect_uri").ok_or(Lost::Address)?))
    }

    /// What the client finds again in the answer, as it sent it.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.get("state")
    }

    /// What is asked.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn request(&self) -> Result<Request, Refusal> {
        let is_repeated =
            |(at, (name, _)): (usize, &(String, String))| self.0.iter().skip(at + 1).any(|(other, _)| other == name);
        if self.0.iter().enumerate().any(is_repeated) {
            return Err(refusal("invalid_request", "a parameter stands twice"));
        }
        if self.0.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(refusal("invalid_request", "a parameter holds U+0000"));
        }
        for (name, error, description) in [
            ("request", "request_not_supported", "request is not served; send the parameters themselves"),
            ("request_uri", "request_uri_not_supported", "request_uri is not served; send the parameters themselves"),
            ("registration", "registration_not_supported", "registration is not served"),
        ] {
            if self.get(name).is_some() {
                return Err(refusal(error, description));
            }
        }
        match self.get("response_type") {
            Some("code") => {}
            Some(_) => return Err(refusal("unsupported_response_type", "only response_type=code is served")),
            None => return Err(refusal("invalid_request", "response_type is missing; it must be code")),
        }
        if self.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(refusal("invalid_request", "only response_mode=query is served"));
        }
        let scope = Scopes::parse(self.get("scope").unwrap_or_default());
        if !scope.openid {
            return Err(refusal("invalid_scope", "scope must hold openid"));
        }
        let nonce = self.get("nonce").map(str::to_owned);
        if nonce.as_ref().is_some_and(|nonce| nonce.len() > 500) {
            return Err(refusal("invalid_request", "nonce is longer than 500 bytes"));
        }
        let max_age = self.get("max_age").map(str::parse::<u32>).transpose();
        let max_age = max_age.map_err(|_| refusal("invalid_request", "max_age is no number of seconds"))?;
        let after = self.get(AFTER).and_then(|text| text.parse().ok()).and_then(|at| DateTime::from_timestamp(at, 0));
        Ok(Request {
            scope,
            challenge: self.challenge()?,
            nonce,
            prompt: self.prompt()?,
            max_age: max_age.map(i64::from),
            login_hint: self.get("login_hint").map(str::to_owned),
            id_token_hint: self.get("id_token_hint").map(str::to_owned),
            after,
        })
    }

    fn challenge(&self) -> Result<String, Refusal> {
        let missing = "PKCE is required: code_challenge is missing";
        let challenge = self.get("code_challenge").ok_or(refusal("invalid_request", missing))?;
        if self.get("code_challenge_method") != Some("S256") {
            return Err(refusal("invalid_request", "code_challenge_method must be S256"));
        }
        if !pkce::is_challenge(challenge) {
            return Err(refusal("invalid_request", "code_challenge must be the base64url of a SHA-256"));
        }
        Ok(challenge.to_owned())
    }

    fn prompt(&self) -> Result<Prompt, Refusal> {
        let mut prompt = Prompt::default();
        let names: Vec<&str> =
            self.get("prompt").unwrap_or_default().split(' ').filter(|name| !name.is_empty()).collect();
        for name in &names {
            match *name {
                "none" if names.len() == 1 => prompt.none = true,
                "none" => return Err(refusal("invalid_request", "prompt=none stands with others")),
                "login" | "select_account" => prompt.login = true,
                // Nobody is asked: the workspace decided which programs its people sign in to.
                "consent" => {}
                _ => return Err(refusal("invalid_request", "prompt must be none, login, select_account or consent")),
            }
        }
        Ok(prompt)
    }

    /// The same request for when they have signed in, as a path with its query: anew, at `now` or later, or as long ago
    /// as the request allows.
    #[must_use]
    pub fn after_login(&self, now: DateTime<Utc>, anew: bool) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.0 {
            if !["prompt", AFTER].contains(&name.as_str()) {
                query.append_pair(name, value);
            }
        }
        if anew || self.get("max_age") == Some("0") {
            query.append_pair(AFTER, &now.timestamp().to_string());
        }
        format!("{PATH}?{}", query.finish())
    }
}

impl Request {
    /// Whether somebody who proved who they are at that time must do so again.
    #[must_use]
    pub fn wants_login(&self, authenticated_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let is_earlier = self.after.is_some_and(|after| authenticated_at < after);
        // Whoever has just done so is not sent round and round, however little `max_age` allows.
        let least = if self.after.is_some() && !is_earlier { JUST_NOW } else { 0 };
        let is_old = self.max_age.is_some_and(|most| now - authenticated_at > TimeDelta::seconds(most.max(least)));
        self.prompt.login || is_old || is_earlier
    }
}

/// An address with parameters added to its query.
#[must_use]
pub fn with_parameters(address: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        return address.to_owned();
    }
    format!("{address}{}{query}", if address.contains('?') { '&' } else { '?' })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "client_id=c&redirect_uri=https%3A%2F%2Fa.example%2F&response_type=code&scope=openid+email&state=s\
                        &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

    fn read(text: &str) -> Result<Request, &'static str> {
        Parameters::parse(text.as_bytes()).request().map_err(|refusal| refusal.error)
    }

    #[test]
    fn a_request_is_what_the_standard_says_and_nothing_else() {
        let good = read(&format!("{GOOD}&nonce=n&max_age=60&prompt=login+consent&login_hint=a%40x&unknown=1")).unwrap();
        assert_eq!((good.nonce.as_deref(), good.max_age, good.prompt.login), (Some("n"), Some(60), true));
        assert_eq!(good.scope.to_string(), "openid email");
        for (bad, error) in [
            (format!("{GOOD}&state=t"), "invalid_request"),
            (format!("{GOOD}&x=1&x=2"), "invalid_request"),
            (format!("{GOOD}&nonce=%00"), "invalid_request"),
            (format!("{GOOD}&request=e30"), "request_not_supported"),
            (format!("{GOOD}&request_uri=https%3A%2F%2Fx"), "request_uri_not_supported"),
            (GOOD.replace("type=code", "type=token"), "unsupported_response_type"),
            (GOOD.replace("type=code", "type=code+id_token"), "unsupported_response_type"),
            (GOOD.replace("type=code", "type="), "invalid_request"),
            (format!("{GOOD}&response_mode=fragment"), "invalid_request"),
            (GOOD.replace("openid+", ""), "invalid_scope"),
            (GOOD.replace("S256", "plain"), "invalid_request"),
            (GOOD.replace("&code_challenge_method=S256", ""), "invalid_request"),
            (GOOD.replace("code_challenge=E9", "code_challenge="), "invalid_request"),
            (format!("{GOOD}&prompt=none+login"), "invalid_request"),
            (format!("{GOOD}&prompt=create"), "invalid_request"),
            (format!("{GOOD}&max_age=-1"), "invalid_request"),
            (format!("{GOOD}&nonce={}", "n".repeat(501)), "invalid_request"),
        ] {
            assert_eq!(read(&bad), Err(error), "{bad}");
        }
    }

    #[test]
    fn who_asks_must_be_said_once() {
        let target =
            |text: &str| Parameters::parse(text.as_bytes()).target().map(|(id, to)| (id.to_owned(), to.to_owned()));
        assert_eq!(target(GOOD), Ok(("c".into(), "https://a.example/".into())));
        assert_eq!(target(&format!("{GOOD}&client_id=d")), Err(Lost::Client));
        assert_eq!(target(&format!("{GOOD}&redirect_uri=https%3A%2F%2Fevil.example")), Err(Lost::Address));
        assert_eq!(target("client_id=c"), Err(Lost::Address));
        assert_eq!(target("client_id=%00&redirect_uri=x"), Err(Lost::Client));
    }

    #[test]
    fn signing_in_anew_happens_once() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let asked = Parameters::parse(format!("{GOOD}&prompt=login&max_age=0").as_bytes());
        assert!(asked.request().unwrap().wants_login(at(1_000), at(1_000)));
        let back = asked.after_login(at(1_000), true);
        let back = back.strip_prefix("/oauth/authorize?").unwrap();
        let request = read(back).unwrap();
        assert!(request.wants_login(at(999), at(1_500)) && !request.wants_login(at(1_000), at(1_500)));
        let old = read(&format!("{GOOD}&max_age=60")).unwrap();
        assert!(old.wants_login(at(1_000), at(1_061)) && !old.wants_login(at(1_000), at(1_060)));
        // Where nobody was there, what the provider says of when still has to be new enough.
        let asked = Parameters::parse(format!("{GOOD}&max_age=60").as_bytes()).after_login(at(5_000), false);
        let request = read(asked.strip_prefix("/oauth/authorize?").unwrap()).unwrap();
        assert!(request.wants_login(at(1_000), at(5_001)) && !request.wants_login(at(4_990), at(5_001)));
    }

    #[test]
    fn parameters_are_added_to_the_query_that_there_is() {
        let add = |address: &str| with_parameters(address, &[("code", Some("a&b")), ("state", None)]);
        assert_eq!(add("https://a.example/cb"), "https://a.example/cb?code=a%26b");
        assert_eq!(add("https://a.example/cb?x=1"), "https://a.example/cb?x=1&code=a%26b");
    }
}
