//! Secrets that would sing: each is driven through the real program with its log at TRACE, through every family of routes and
//! their ways of failing, on either database. Then none of them is anywhere it could be read: not as it is, in base64, in hex
//! or encoded for an address, in no line of the log, no column of any table, no figure and no answer of the command line.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aisoule_bridge::clock::Clock;
use aisoule_bridge::store::sql::Sql;
use aisoule_bridge::{secret, totp};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chrono::Utc;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sqlx::FromRow;

use crate::support::aisoule::{Double, Options};
use crate::support::browser::Browser;
use crate::support::hostile_op::{CLIENT_ID, CLIENT_SECRET, HostileOp, Reply as OpReply, Signer};
use crate::support::program::Program;
use crate::support::receiver::{Receiver, Reply};
use crate::support::relying::{Relying, VERIFIER, encoded, parameters};
use crate::support::smtp::{SmtpServer, authority};
use crate::support::{Answer, Api, Fresh, Journey, On, Scim, on_both};

const OF_MAIL: &str = "canary-post-office-41-Lantern";
const OF_METRICS: &str = "canary-metrics-52-Harbour-gate";
const OF_DATABASE: &str = "canary-database-63-Quarry";
const MASTER: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const IN_ADDRESS: &str = "canary-in-the-address-74-Willow";
const REFRESH: &str = "canary-refresh-token-of-the-company-85";

/// What must be nowhere, with what it is.
#[derive(Default)]
struct Nest(Vec<(String, String)>);

impl Nest {
    fn add(&mut self, what: &str, text: &str) -> String {
        assert!(text.len() >= 8, "{what} is too short to be told from anything else: {text}");
        if !self.0.iter().any(|(_, known)| known == text) {
            self.0.push((what.to_owned(), text.to_owned()));
        }
        text.to_owned()
    }

    /// Each secret in all its spellings.
    fn spellings(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (what, text) in &self.0 {
            let bytes = text.as_bytes();
            let mut add = |how: &str, spelled: String| {
                if spelled.len() >= 8 && !all.iter().any(|(_, known): &(String, String)| *known == spelled) {
                    all.push((format!("{what}, {how}"), spelled));
                }
            };
            add("as it is", text.clone());
            add("in JSON", json!(text).to_string().trim_matches('"').to_owned());
            add("for an address", utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
            add("for a form", form_urlencoded::byte_serialize(bytes).collect());
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            add("in hex", hex.to_uppercase());
            add("in hex", hex);
            // Alone or amid other text, as in the header of HTTP's Basic.
            for before in 0..3 {
                let shifted = [vec![0; before], bytes.to_vec()].concat();
                let (from, to) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
                add("in base64", STANDARD_NO_PAD.encode(&shifted)[from..to].to_owned());
                add("in base64url", URL_SAFE_NO_PAD.encode(&shifted)[from..to].to_owned());
            }
        }
        all
    }
}

/// Waits until something holds, for 40 seconds at the most.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(40), "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn redeem<'a>(code: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 4] {
    let redirect = ("redirect_uri", "https://app.example/cb");
    [("grant_type", "authorization_code"), ("code", code), redirect, ("code_verifier", verifier)]
}

fn unspelled(base32: &str) -> Vec<u8> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for letter in base32.bytes().filter(|byte| *byte != b'=') {
        let value = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter.to_ascii_uppercase() - b'A' };
        (bits, held) = (bits << 5 | u32::from(value), held + 5);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

struct Stage {
    program: Program,
    nest: Nest,
    smtp: SmtpServer,
    op: HostileOp,
    receiver: Receiver,
    double: Double,
    id_tokens: Arc<Mutex<Vec<String>>>,
    scim: Scim,
    api: Api,
}

impl Stage {
    fn browser(&self) -> Browser {
        Browser::new(self.program.address)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.program.address)
    }

    async fn form(&self, path: &str, authorization: &str, pairs: &[(&str, &str)]) -> Answer {
        let http = Scim::new(self.program.address, "").with("content-type", "application/x-www-form-urlencoded");
        http.with("authorization", authorization).send("POST", &self.url(path), encoded(pairs).into_bytes()).await
    }

    /// What an identity provider sends, well and badly.
    async fn provisions(&mut self) {
        let token = self.scim.authorization().trim_start_matches("Bearer ").to_owned();
        let unknown = self.nest.add("a token that nobody has", &secret::new_token().unwrap());
        let mistyped = self.nest.add("a mistyped token", &format!("{token}x"));
        for wrong in [&unknown, &mistyped, &token[..40].to_owned()] {
            self.program.client(wrong).get("/Users").await;
            let basic = format!("Basic {}", STANDARD.encode(format!("user:{wrong}")));
            self.program.client("").with("authorization", &basic).get("/Users").await;
        }
        self.scim.get(&format!("/Users?access_token={token}")).await;
        self.program.client("").get(&format!("/Users?access_token={token}&token={token}")).await;
        let password = self.nest.add("a password by SCIM", "canary-scim-Meadow-96-kettle");
        let person = |name: &str, password: &Value| json!({"userName": name, "emails": [{"value": name, "primary": true}], "password": password});
        let id = self.scim.post("/Users", person("scim@acme.example", &json!(password))).await.expect(201).id();
        self.scim.post("/Users", person("scim@acme.example", &json!(password))).await.expect(409);
        self.scim.post("/Users", person("", &json!(password))).await;
        self.scim.post("/Users", person("list@acme.example", &json!([password]))).await;
        self.scim.post("/Users", person("deep@acme.example", &json!({"value": password}))).await;
        let short = self.nest.add("a password that is too short", "canaryQ7x");
        self.scim.post("/Users", person("short@acme.example", &json!(short))).await;
        self.scim.put(&format!("/Users/{id}"), person("scim@acme.example", &json!(password))).await.expect(200);
        for path in [
            "password",
            "PASSWORD",
            "urn:ietf:params:scim:schemas:core:2.0:User:password",
            "password.value",
            "passw\u{6f}rd[value eq 1]",
        ] {
            self.scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": path, "value": password}])).await;
        }
        self.scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "value": {"password": password}}])).await;
        self.scim.patch(&format!("/Users/{id}"), json!([{"op": "sing", "path": "password", "value": password}])).await;
        for body in [
            format!("{{\"userName\":\"x\",\"password\":\"{password}\""),
            format!("{{\"password\":\"{password}\",\"password\":\"{password}\"}}"),
            format!("password={password}"),
            format!("{{\"p\\u0061ssword\":\"{password}\"}}"),
        ] {
            self.scim.send("POST", &self.scim.url("/Users"), body.into_bytes()).await;
        }
        self.scim.find("/Users", &format!("password eq \"{password}\""), "").await;
        self.scim.find("/Users", &format!("userName eq \"x\" and password sw \"{password}\""), "&count=1").await;
        self.scim.post("/Users/.search", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": format!("password eq \"{password}\"")})).await;
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": person("bulk@acme.example", &json!(password))},
            {"method": "POST", "path": "/Nowhere", "bulkId": "b", "data": person("bulk@acme.example", &json!(password))},
        ]});
        self.scim.post("/Bulk", bulk).await;
    }

    /// A program with a client of its own.
    async fn machine(&mut self, id: &str, password: &str) {
        let basic = |password: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{password}")));
        let wrong = self.nest.add("a wrong client secret", &secret::new_token().unwrap());
        let pairs = [("grant_type", "client_credentials"), ("scope", "scim")];
        self.form("/oauth/token", &basic(&wrong), &pairs).await;
        self.form(
            "/oauth/token",
            "",
            &[&pairs[..], &[("client_id", id), ("client_secret", wrong.as_str())][..]].concat(),
        )
        .await;
        self.form(
            "/oauth/token",
            "",
            &[("grant_type", "password"), ("client_id", id), ("client_secret", password), ("password", &wrong)],
        )
        .await;
        let answer = self.form("/oauth/token", &basic(password), &pairs).await.expect(200);
        let access = self.nest.add("a machine's access token", answer.json["access_token"].as_str().unwrap());
        self.program.client(&access).get("/Users").await.expect(200);
        self.program.client(&format!("{access}y")).get("/Users").await;
    }

    /// What programs and people do by the REST API; gives the connection.
    async fn manages(&mut self) -> String {
        let key = self.nest.add("a key that nobody has", &secret::new_key().unwrap());
        let stranger = Api::new(self.program.address, &key);
        stranger.get("/users").await.expect(401);
        stranger.with("x-api-key", "").with("authorization", &format!("Bearer {key}")).get("/me").await.expect(401);
        let password = self.nest.add("a password by the API", "canary-api-Thistle-107-orchard");
        let body = json!({"email": "api@acme.example", "full_name": "Api", "password": password});
        let id = self.api.post("/users", body.clone()).await.expect(201).made();
        self.api.post("/users", body).await.expect(409);
        self.api.put(&format!("/users/{id}"), json!({"password": password, "role_id": "nonsense"})).await.expect(400);
        self.api.put(&format!("/users/{id}"), json!({"password": [password]})).await.expect(400);
        self.api.put(&format!("/users/{id}"), json!({"password": password, "is_available": "yes"})).await.expect(400);
        self.api.send("POST", "/users", format!("{{\"password\":\"{password}\"").into_bytes()).await.expect(400);
        self.api.send("POST", &format!("/users?password={password}"), b"{}".to_vec()).await;
        // A connection to the company's provider.
        let company = self.nest.add("the client secret at the company", CLIENT_SECRET);
        let connection = json!({"name": "op", "kind": "oidc", "issuer": self.op.issuer(), "client_id": CLIENT_ID, "secret": company, "auto_create_users": true});
        let made = self.api.post("/connections", connection.clone()).await.expect(201).made();
        self.api.post("/connections", connection).await.expect(409);
        for (field, value) in [
            ("kind", json!("nonsense")),
            ("issuer", json!("http://elsewhere.example")),
            ("bogus", json!(1)),
            ("secret", json!([company])),
        ] {
            let mut wrong = json!({"name": "op2", "kind": "oidc", "issuer": self.op.issuer(), "client_id": CLIENT_ID, "secret": company});
            wrong[field] = value;
            self.api.post("/connections", wrong).await.expect(400);
        }
        self.api.put(&format!("/connections/{made}"), json!({"secret": company})).await.expect(200);
        self.api.put(&format!("/connections/{made}"), json!({"secret": company, "bogus": company})).await.expect(400);
        // Webhooks, whose address is a secret where it holds one.
        let address = format!("{}?token={IN_ADDRESS}", self.receiver.url());
        let hook = self
            .api
            .post("/webhooks", json!({"name": "crm", "url": address, "events": []}))
            .await
            .expect(201)
            .data()
            .clone();
        self.nest.add("a webhook's secret", hook["secret"].as_str().unwrap());
        let id = hook["id"].as_str().unwrap().to_owned();
        let rotated = self.api.post(&format!("/webhooks/{id}/rotate-secret"), json!({})).await.expect(200);
        self.nest.add("a webhook's new secret", rotated.data()["secret"].as_str().unwrap());
        self.api.post("/webhooks", json!({"name": "crm", "url": address, "events": ["nonsense"]})).await.expect(400);
        self.api
            .post("/webhooks", json!({"name": "bad", "url": format!("ftp://x.example/{IN_ADDRESS}"), "events": []}))
            .await
            .expect(400);
        self.receiver.answers(|got| if got.before == 0 { Reply::Status(500) } else { Reply::Status(200) });
        self.api.post(&format!("/webhooks/{id}/test"), json!({})).await;
        // The connector.
        let remote = self.nest.add("the key of the remote workspace", &self.double.key());
        self.api
            .post(
                "/connector",
                json!({"profile": "test", "base_url": self.double.base(), "api_key": remote, "bogus": remote}),
            )
            .await
            .expect(400);
        self.api
            .post("/connector", json!({"profile": "nonsense", "base_url": self.double.base(), "api_key": remote}))
            .await
            .expect(400);
        self.api
            .post(
                "/connector",
                json!({"profile": "test", "base_url": self.double.base(), "api_key": remote, "adopts": true}),
            )
            .await
            .expect(201);
        until("somebody at the remote workspace", async || !self.double.users().is_empty()).await;
        self.double.revoke(&remote);
        self.api.user("later@acme.example", None).await;
        until("the key is refused", async || self.api.get("/connector").await.expect(200).data()["state"] == "stopped")
            .await;
        made
    }

    /// What people do with passwords, links and second factors.
    async fn logs_in(&mut self, password: &str) {
        let mut browser = self.browser();
        let wrong = self.nest.add("a wrong password", "canary-wrong-Bramble-118-ferry");
        let proof = browser.get("/login").await.hidden("form").unwrap();
        self.nest.add("a form's proof", &proof);
        for email in ["root@acme.example", "nobody@acme.example", wrong.as_str()] {
            browser.log_in(email, &wrong).await.expect(422);
        }
        browser
            .raw("/login/password", &[("form", "forged"), ("email", "root@acme.example"), ("password", &wrong)])
            .await;
        browser
            .raw(
                "/login/password",
                &[("form", &proof), ("email", "root@acme.example"), ("password", &wrong), ("bogus", &wrong)],
            )
            .await;
        browser.log_in("root@acme.example", password).await.expect(303);
        self.keeps(&browser);
        let chosen = self.nest.add("a new password", "canary-new-Juniper-129-saddle");
        let page = "/account/password";
        browser.post(page, page, &[("current", &wrong), ("password", &chosen)]).await.expect(422);
        browser.post(page, page, &[("current", password), ("password", &wrong[..9])]).await.expect(422);
        browser.post(page, page, &[("current", password), ("password", &chosen)]).await.expect(303);
        self.keeps(&browser);
        // A link in a mail.
        let before = self.smtp.got().len();
        browser.post("/password/forgot", "/password/forgot", &[("email", "root@acme.example")]).await.expect(200);
        let mut link = None;
        until("a mail with a link", async || {
            let mails = self.smtp.got();
            let texts = mails[before.min(mails.len())..]
                .iter()
                .filter(|mail| mail.to == ["root@acme.example"] && mail.data.contains("token"))
                .map(|mail| mail.parts().0);
            link = texts
                .filter_map(|text| text.split("token=").nth(1)?.split_whitespace().next().map(str::to_owned))
                .next();
            link.is_some()
        })
        .await;
        let link = self.nest.add("a link's token", &link.unwrap());
        browser.get(&format!("/password/new?token={link}")).await.expect(200);
        browser.get(&format!("/password/new?token={link}&bogus={link}")).await;
        let here = format!("/password/new?token={link}");
        browser.post(&here, "/password/new", &[("token", &link), ("password", "canaryQ7x")]).await.expect(422);
        let again = self.nest.add("a password through a link", "canary-link-Cobble-130-weaver");
        browser.post(&here, "/password/new", &[("token", &link), ("password", &again)]).await.expect(303);
        self.keeps(&browser);
        browser.post("/account/password", "/password/new", &[("token", &link), ("password", &again)]).await.expect(410);
        // A second factor.
        let path = "/account/second-factor";
        browser.post(path, path, &[("current", &again)]).await.expect(303);
        let page = browser.get(path).await.expect(200);
        let typed = page.html.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        self.nest.add("a second factor's secret", &typed);
        let factor = unspelled(&typed);
        let code = totp::code_at(&factor, Utc::now()).unwrap();
        let confirm = "/account/second-factor/confirm";
        browser.post(path, confirm, &[("code", "000000")]).await;
        let page = browser.post(path, confirm, &[("code", &code)]).await.expect(200);
        self.keeps(&browser);
        let codes: Vec<String> =
            page.html.split("<li>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
        for code in &codes {
            self.nest.add("a recovery code", code);
            self.nest.add("a recovery code", &code.replace('-', ""));
        }
        let mut other = self.browser();
        other.log_in("root@acme.example", &again).await.expect(303);
        self.keeps(&other);
        let path = "/login/second-factor";
        for wrong in [&code, &codes[0][..9].to_owned()] {
            other.post(path, path, &[("code", wrong)]).await.expect(422);
        }
        other.post(path, path, &[("code", &codes[0])]).await.expect(303);
        self.keeps(&other);
        other.get("/account").await.expect(200);
        self.signs_in_to_aisoule(&mut other).await;
        other.post("/logout", "/logout", &[]).await.expect(200);
        other.get("/account").await.expect(303);
        self.nest.add("a code of a second factor", &format!("code={code}"));
        self.nest.add("a code of a second factor", &format!("\"{code}\""));
    }

    /// Whatever cookies a browser has are secrets.
    fn keeps(&mut self, browser: &Browser) {
        for (name, value) in &browser.cookies {
            self.nest.add(&format!("the cookie {name}"), value);
        }
    }

    /// Somebody who is logged in goes to a program that people sign in to.
    async fn signs_in_to_aisoule(&mut self, browser: &mut Browser) {
        let added = self.program.says(&[
            "client",
            "add",
            "--workspace",
            "Acme",
            "--name",
            "AIsoule",
            "--redirect-uri",
            "https://app.example/cb",
        ]);
        let (id, password) = added.trim().split_once('\n').unwrap();
        let password = self.nest.add("a login client's secret", password);
        let challenge = Relying::challenge();
        let state = self.nest.add("the state of a program", "canary-state-of-the-program-141");
        let query = |redirect: &str| {
            encoded(&[
                ("client_id", id),
                ("redirect_uri", redirect),
                ("response_type", "code"),
                ("scope", "openid profile email offline_access"),
                ("state", &state),
                ("nonce", "n-1"),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ])
        };
        browser.get(&format!("/oauth/authorize?{}", query("https://elsewhere.example/cb"))).await;
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{password}")));
        let mut code = async || {
            let page = browser.get(&format!("/oauth/authorize?{}", query("https://app.example/cb"))).await;
            parameters(page.leads_to().unwrap_or_else(|| panic!("{}", page.html)))["code"].clone()
        };
        let (first, second) = (code().await, code().await);
        self.nest.add("an authorization code", &first);
        self.nest.add("an authorization code", &second);
        let verifier = self.nest.add("a verifier of PKCE", VERIFIER);
        let wrong = self.nest.add("a wrong verifier", &"canary-verifier-".repeat(3));
        self.form("/oauth/token", &basic, &redeem(&first, &wrong)).await.expect(400);
        let tokens = self.form("/oauth/token", &basic, &redeem(&second, &verifier)).await.expect(200).json;
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let access = self.nest.add("an access token", &text("access_token"));
        let refresh = self.nest.add("a refresh token", &text("refresh_token"));
        let id_token = self.nest.add("an ID token", &text("id_token"));
        let userinfo = self.url("/oauth/userinfo");
        for token in [access.clone(), format!("{access}z"), id_token.clone()] {
            self.program.client(&token).with("content-type", "").send("GET", &userinfo, Vec::new()).await;
        }
        self.program
            .client("")
            .with("content-type", "")
            .send("GET", &format!("{userinfo}?access_token={access}"), Vec::new())
            .await;
        for token in [&access, &refresh] {
            self.form("/oauth/introspect", &basic, &[("token", token)]).await.expect(200);
        }
        let fresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let next = self.form("/oauth/token", &basic, &fresh).await.expect(200);
        for name in ["access_token", "refresh_token", "id_token"] {
            if let Some(token) = next.json[name].as_str() {
                self.nest.add(&format!("a further {name}"), token);
            }
        }
        self.form("/oauth/token", &basic, &fresh).await.expect(400);
        self.form("/oauth/revoke", &basic, &[("token", &access)]).await;
        self.form(
            "/oauth/token",
            "",
            &[
                ("grant_type", "authorization_code"),
                ("code", &first),
                ("client_id", id),
                ("client_secret", &password),
                ("code_verifier", &verifier),
            ],
        )
        .await;
        self.form("/oauth/token", "Basic !!!", &[("code", &first), ("code", &second)]).await;
        Scim::new(self.program.address, "")
            .with("content-type", "")
            .send(
                "GET",
                &self.url(&format!("/oauth/logout?id_token_hint={id_token}&state={state}&client_id={id}")),
                Vec::new(),
            )
            .await;
    }

    /// Somebody signs in at their company, well and badly.
    async fn signs_in_at_the_company(&mut self, connection: &str) {
        let login = format!("/sso/{connection}/login");
        let id_tokens = Arc::clone(&self.id_tokens);
        self.op.plan(|plan| {
            plan.token = vec![("refresh_token", Some(json!(REFRESH)))];
            plan.mangle = Some(Arc::new(move |token| {
                id_tokens.lock().unwrap().push(token.clone());
                token
            }));
        });
        self.nest.add("a refresh token of the company", REFRESH);
        let browser = Journey::of(self.program.address);
        // Where it all goes well, and the same again by somebody who saw the address.
        let at_provider = browser.leads(&login).await;
        let back = self.op.authorize(&at_provider);
        browser.get(&back).await.expect(303);
        browser.get(&back).await.expect(400);
        Journey::of(self.program.address).get(&back).await.expect(400);
        self.nest.add("the session of a sign-in", &browser.cookie("__Host-aisoule").unwrap());
        let signers = [Signer::Broken(Box::new(Signer::Rsa(0, jsonwebtoken::Algorithm::RS256))), Signer::Nobody];
        for signer in signers {
            let good = Signer::Rsa(0, jsonwebtoken::Algorithm::RS256);
            self.op.plan(|plan| plan.signer = signer);
            Journey::of(self.program.address).go(&login).await;
            self.op.plan(|plan| plan.signer = good);
        }
        for (endpoint, status) in [("token", 400), ("token", 500), ("token", 200), ("userinfo", 401), ("userinfo", 200)]
        {
            let body = format!("{{\"error\":\"invalid_grant\",\"refresh_token\":\"{REFRESH}\",\"access_token\":7}}")
                .into_bytes();
            let reply = OpReply { status, kind: "application/json", body, ..OpReply::default() };
            self.op.plan(|plan| drop(plan.replies.insert(endpoint, reply)));
            Journey::of(self.program.address).go(&login).await;
            self.op.plan(|plan| plan.replies.clear());
        }
        let journey = Journey::of(self.program.address);
        let state = parameters(&journey.leads(&login).await)["state"].clone();
        journey.get(&format!("/sso/{connection}/callback?state={state}&error=server_error&error_description=no")).await;
        let form = browser.get("/logout").await.text();
        let proof = form.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        self.nest.add("a form's proof", &proof);
        browser.post("/logout", &[("form", &proof)]).await.expect(200);
        let signer = Signer::Rsa(0, jsonwebtoken::Algorithm::RS256);
        for claims in [vec![], vec![("nonce", Some(json!("n")))]] {
            let token = self.op.logout_token(&claims, &vec![], &signer);
            self.nest.add("a logout token", &token);
            self.form(&format!("/sso/{connection}/backchannel-logout"), "", &[("logout_token", &token)]).await;
        }
        for heard in self.op.heard() {
            for name in ["code", "state", "nonce", "code_verifier", "client_secret", "id_token_hint"] {
                if let Some(value) = heard.pairs.get(name) {
                    self.nest.add(&format!("{name} at the company's provider"), value);
                }
            }
            if let Some(token) = heard.authorization.as_deref().and_then(|header| header.strip_prefix("Bearer ")) {
                self.nest.add("an access token of the company", token);
            }
        }
        for token in self.id_tokens.lock().unwrap().clone() {
            self.nest.add("an ID token of the company", &token);
        }
    }

    /// What is told to whoever reads figures.
    async fn figures(&self) -> String {
        let read = async |token: &str| {
            Scim::new(self.program.address, token)
                .with("content-type", "")
                .send("GET", &self.url("/metrics"), Vec::new())
                .await
        };
        read(&format!("{OF_METRICS}x")).await.expect(401);
        read(OF_METRICS).await.expect(200).text()
    }
}

/// Which of the spellings stand in which of the texts. Each is known by its first eight bytes, so that a text is read once.
fn found(spellings: &[(String, String)], places: &[(&str, &String)]) -> Vec<String> {
    let mut by_start: HashMap<[u8; 8], Vec<&(String, String)>> = HashMap::new();
    for one in spellings {
        by_start.entry(one.1.as_bytes()[..8].try_into().unwrap()).or_default().push(one);
    }
    let mut found = BTreeSet::new();
    for (place, text) in places {
        let bytes = text.as_bytes();
        for (at, start) in bytes.windows(8).enumerate() {
            let Some(those) = by_start.get(start) else { continue };
            for (what, spelled) in those.iter().filter(|(_, spelled)| bytes[at..].starts_with(spelled.as_bytes())) {
                let before = bytes[..at].rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
                let before = String::from_utf8_lossy(before);
                let near: String = before.chars().rev().take(250).collect::<Vec<_>>().into_iter().rev().collect();
                found.insert(format!("{what} ({} bytes) in {place}: {near}[…]", spelled.len()));
            }
        }
    }
    found.into_iter().take(60).collect()
}

#[derive(FromRow)]
struct Column {
    name: String,
    col: String,
    kind: String,
}

#[derive(FromRow)]
struct Cell {
    value: String,
}

/// Every value of every column, as text, with where it stands.
async fn dumped(db: &Fresh) -> Vec<(String, String)> {
    let bridge = Fresh::over(db.on, db.url.clone()).bridge().await;
    let columns = match db.on {
        On::Sqlite => {
            "SELECT m.name AS name, p.name AS col, p.type AS kind FROM sqlite_master m JOIN pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        On::Postgres => {
            "SELECT table_name::text AS name, column_name::text AS col, data_type::text AS kind FROM information_schema.columns \
             WHERE table_schema = current_schema()"
        }
    };
    let mut conn = bridge.app.store.read().await.unwrap();
    let all: Vec<Column> = conn.all(Sql::build(columns)).await.unwrap();
    let mut cells = Vec::new();
    for Column { name, col, kind } in all {
        let shown = match (db.on, kind.as_str()) {
            (On::Sqlite, "BLOB") => format!("lower(hex({col}))"),
            (On::Postgres, "bytea") => format!("encode({col}, 'hex')"),
            _ => format!("CAST({col} AS TEXT)"),
        };
        let select = format!("SELECT {shown} AS value FROM {name} WHERE {col} IS NOT NULL");
        let rows: Vec<Cell> = conn.all(Sql::build(Box::leak(select.into_boxed_str()))).await.unwrap();
        cells.extend(rows.into_iter().map(|row| (format!("{name}.{col}"), row.value)));
    }
    cells
}

on_both! {
    async fn no_secret_is_in_the_log_at_trace_the_database_or_the_figures(db) {
        let mut nest = Nest::default();
        // PostgreSQL takes a password here that it does not ask for.
        let db = match db.on {
            On::Sqlite => db,
            On::Postgres => Fresh::over(db.on, db.url.replacen('@', &format!(":{OF_DATABASE}@"), 1)),
        };
        for (what, text) in [("the password of the mail server", OF_MAIL), ("the token of the figures", OF_METRICS), ("the master key", MASTER), ("a token in a webhook's address", IN_ADDRESS)] {
            nest.add(what, text);
        }
        if db.on == On::Postgres {
            nest.add("the password of the database", OF_DATABASE);
        }
        let smtp = SmtpServer::tls();
        smtp.guard("bridge@acme.example", OF_MAIL, "PLAIN LOGIN");
        let op = HostileOp::start(Clock::from_fn(Utc::now)).await;
        let receiver = Receiver::start().await;
        let double = Double::start(Options::UNLIMITED).await;
        let mut program = Program::new(&db);
        program.env.push(("BRIDGE_METRICS_TOKEN", OF_METRICS.to_owned()));
        let settings = format!(
            "[mail]\nsmtp_host = \"127.0.0.1\"\nsmtp_port = {}\nsmtp_user = \"bridge@acme.example\"\nsmtp_tls = \"tls\"\nsmtp_ca_file = \"{}\"\nper_second = 1000\n\
             [connectors.test]\nper_minute = 0\nper_second = 0\ntimeout_seconds = 2\n[limits]\napi_per_minute = 0\napi_per_second = 0\n",
            smtp.port, authority().display(),
        );
        std::fs::write(program.folder.path().join("bridge.toml"), settings).unwrap();
        program.says(&["workspace", "create", "Acme", "--plan", "scale", "--seats", "100"]);
        let token = nest.add("a SCIM token", program.says(&["token", "create", "--workspace", "Acme", "--name", "okta", "--scope", "scim"]).trim());
        let key = nest.add("an API key", program.says(&["key", "create", "--workspace", "Acme", "--name", "all"]).trim());
        let password = nest.add("a password by the command line", "canary-cli-Walnut-152-trolley");
        let made = program.tell(&["user", "create", "--workspace", "Acme", "--email", "root@acme.example", "--name", "Root", "--role", "admin", "--protected"], &format!("{password}\n"));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let client = program.says(&["client", "add", "--workspace", "Acme", "--name", "entra"]);
        let (client, client_secret) = client.trim().split_once('\n').map(|(id, secret)| (id.to_owned(), secret.to_owned())).unwrap();
        nest.add("a client secret", &client_secret);

        let trace = [("BRIDGE_LOG", "trace"), ("BRIDGE_MAIL", "smtp"), ("BRIDGE_SMTP_PASSWORD", OF_MAIL)];
        let mut server = program.start_as(&["serve", "--config", "bridge.toml"], &[], &trace);
        let (scim, api) = (program.client(&token), Api::new(program.address, &key));
        assert!(server.is_ready(&scim).await, "{}", server.log());
        let mut stage = Stage { program, nest, smtp, op, receiver, double, id_tokens: Arc::default(), scim, api };
        stage.provisions().await;
        stage.machine(&client, &client_secret).await;
        let connection = stage.manages().await;
        stage.signs_in_at_the_company(&connection).await;
        stage.logs_in(&password).await;
        let figures = stage.figures().await;
        until("deliveries", async || stage.receiver.taken_count() > 0).await;
        assert!(stage.receiver.got().iter().any(|got| got.head.contains(IN_ADDRESS)));
        for mail in stage.smtp.got() {
            let text = mail.parts().0;
            if let Some(token) = text.split("token=").nth(1).and_then(|rest| rest.split_whitespace().next()) {
                stage.nest.add("a link's token in another mail", token);
            }
        }
        let bodies = stage.program.says(&["log", "--last", "10000", "--bodies"]);
        let audit = stage.program.says(&["audit", "list", "--workspace", "Acme"]);
        let (code, log) = server.terminate();
        assert_eq!(code, Some(0));
        // It was driven, and it was told of.
        assert!(log.contains("DEBUG") && log.lines().count() > 500, "{}", log.len());
        let cells = dumped(&db).await;
        assert!(cells.len() > 1_000 && stage.nest.0.len() > 60, "{} {}", cells.len(), stage.nest.0.len());

        let table = cells.iter().map(|(place, text)| format!("{place}: {}", text.replace('\n', " "))).collect::<Vec<_>>().join("\n");
        let places = [("the log", &log), ("the figures", &figures), ("`log --bodies`", &bodies), ("`audit list`", &audit), ("the database", &table)];
        let found = found(&stage.nest.spellings(), &places);
        for private in ["PRIVATE KEY", "\"d\":\""] {
            let is_there = log.contains(private) || figures.contains(private) || cells.iter().any(|(_, text)| text.contains(private));
            assert!(!is_there, "{private}");
        }
        assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n"));
    }
}
