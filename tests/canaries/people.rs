//! What people do: passwords, links, second factors, signing in to AIsoule and at their company.

use std::sync::Arc;

use aisoule_bridge::totp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use serde_json::json;

use super::{REFRESH, Stage, until};
use crate::support::browser::Browser;
use crate::support::hostile_op::{Reply as OpReply, Signer};
use crate::support::relying::{Relying, VERIFIER, encoded, parameters};
use crate::support::{Journey, Scim};

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

impl Stage {
    /// What people do with passwords, links and second factors.
    pub async fn logs_in(&mut self, password: &str) {
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
    pub async fn signs_in_at_the_company(&mut self, connection: &str) {
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
}
