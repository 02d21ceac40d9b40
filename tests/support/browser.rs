//! Somebody at a browser: keeps cookies as browsers do, reads forms and sends them, and follows nothing by itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::Bridge;
use super::client::{Answer, Scim};

/// A browser.
#[derive(Clone)]
pub struct Browser {
    address: SocketAddr,
    pub cookies: BTreeMap<String, String>,
    headers: Vec<(String, String)>,
}

/// What a browser got, with what people see of it.
pub struct Page {
    pub answer: Answer,
    pub html: String,
}

impl Page {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.answer.status, status, "{}", self.html);
        self
    }

    /// Where it leads.
    pub fn leads_to(&self) -> Option<&str> {
        self.answer.header("location").or_else(|| {
            let rest = self.html.split_once("http-equiv=\"refresh\" content=\"0; url=")?.1;
            rest.split('"').next()
        })
    }

    /// The value of the hidden field of that name in the first form that has it.
    pub fn hidden(&self, name: &str) -> Option<String> {
        let rest = self.html.split_once(&format!("name=\"{name}\" value=\""))?.1;
        Some(rest.split('"').next().unwrap_or_default().to_owned())
    }

    /// The page without what differs between browsers: the proof of its forms, and where one comes back to who chooses a language.
    pub fn anybodys(&self) -> String {
        let own = ["form", "at"].into_iter().filter_map(|name| self.hidden(name)).filter(|value| !value.is_empty());
        own.fold(self.html.clone(), |html, value| html.replace(&format!("value=\"{value}\""), ""))
    }

    /// What the form that goes there says that it was made from; of several the one about the user that is sent.
    pub fn seen(&self, path: &str, fields: &[(&str, &str)]) -> Option<String> {
        let action = format!("action=\"{path}\"");
        let is_about = |form: &&str| {
            let mut users = fields.iter().filter(|(name, _)| *name == "user");
            form.contains(&action) && users.all(|(_, user)| form.contains(&format!("value=\"{user}\"")))
        };
        let mut forms =
            self.html.split("<form").skip(1).filter_map(|form| form.split("</form>").next()).filter(is_about);
        let rest = forms.find_map(|form| form.split_once("name=\"seen\" value=\""))?.1;
        rest.split('"').next().map(str::to_owned)
    }

    /// What a form of many people says that it was made from, of each of those who are sent: `s0` of `u0`.
    pub fn seen_each(&self, fields: &[(&str, &str)]) -> Vec<(String, String)> {
        let is_place = |place: &str| !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit());
        let seen = |(name, user): &(&str, &str)| {
            let place = name.strip_prefix('u').filter(|place| is_place(place))?;
            let own = format!("s{place}");
            if fields.iter().any(|(name, _)| *name == own) {
                return None;
            }
            let rest = self.html.split_once(&format!("value=\"{user}\"><input type=\"hidden\" name=\"s"))?.1;
            Some((own, rest.split_once("value=\"")?.1.split('"').next()?.to_owned()))
        };
        fields.iter().filter_map(seen).collect()
    }

    pub fn set_cookies(&self) -> Vec<&str> {
        self.answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// Checks the headers that every page has.
    #[track_caller]
    pub fn is_safe(&self) {
        for (name, word) in [
            ("content-security-policy", "default-src 'none'"),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("content-security-policy", "base-uri 'none'"),
            ("content-security-policy", "form-action 'self'"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
            ("referrer-policy", "strict-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert!(
                self.answer.header(name).is_some_and(|value| value.contains(word)),
                "{name}: {:?}",
                self.answer.header(name)
            );
        }
        let policy = self.answer.header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe") && !policy.contains("script-src") && !policy.contains('*'), "{policy}");
        assert!(self.answer.header("server").is_none());
        for bad in ["<script", " style=", " onclick", "javascript:", "http://www", "//cdn"] {
            assert!(!self.html.contains(bad), "{bad} in {}", self.html);
        }
    }
}

impl Browser {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookies: BTreeMap::new(), headers: Vec::new() }
    }

    /// The same, with a header on every request; an empty value takes it away.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub async fn send(&mut self, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut http = Scim::new(self.address, "").with("content-type", kind).with("cookie", &cookies.join("; "));
        http = http.with("accept", "text/html");
        for (name, value) in &self.headers {
            http = http.with(name, value);
        }
        let answer = http.send(method, &format!("{}{path}", self.origin()), body).await;
        let page = Page { html: String::from_utf8_lossy(&answer.bytes).into_owned(), answer };
        for cookie in page.set_cookies() {
            assert!(
                cookie.starts_with("__Host-") && cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"),
                "{cookie}"
            );
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, "", Vec::new()).await
    }

    /// Sends a form with these fields as they are.
    pub async fn raw(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send("POST", path, "application/x-www-form-urlencoded", form.into_bytes()).await
    }

    /// Sends a form as a page has it: with the proof from the page at `from`, and with what the form there says that it was
    /// made from.
    pub async fn post(&mut self, from: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(from).await;
        let proof = page.hidden("form").unwrap_or_default();
        let seen = match page.seen(path, fields) {
            // A form with a page of its own.
            None if path.ends_with("/edit") && path != from => self.get(path).await.seen(path, fields),
            seen => seen,
        };
        let mut all = vec![("form", proof.as_str())];
        all.extend(seen.as_deref().map(|seen| ("seen", seen)));
        // Of many at once the form says it of each.
        let each = page.seen_each(fields);
        all.extend(each.iter().map(|(name, seen)| (name.as_str(), seen.as_str())));
        all.extend(fields);
        self.raw(path, &all).await
    }

    /// Tries to log in.
    pub async fn log_in(&mut self, email: &str, password: &str) -> Page {
        self.post("/login?prompt=login", "/login/password", &[("email", email), ("password", password)]).await
    }

    /// Whether somebody is logged in.
    pub async fn is_in(&mut self) -> bool {
        let page = self.get("/account").await;
        page.answer.status == 200
    }

    pub fn session(&self) -> Option<&str> {
        self.cookies.get("__Host-aisoule").map(String::as_str)
    }
}

impl Bridge {
    pub fn browser(&self) -> Browser {
        Browser::new(self.address)
    }
}
