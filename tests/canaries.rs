//! Secrets that would sing: each is driven through the real program with its log at TRACE, through every family of routes and
//! their ways of failing, on either database. Then none of them is anywhere it could be read: not as it is, in base64, in hex
//! or encoded for an address, in no line of the log, no column of any table, no figure and no answer of the command line.

mod nest;
mod people;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aisoule_bridge::clock::Clock;
use aisoule_bridge::secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use serde_json::{Value, json};

use self::nest::{Nest, found};
use crate::support::aisoule::{Double, Options};
use crate::support::browser::Browser;
use crate::support::hostile_op::{CLIENT_ID, CLIENT_SECRET, HostileOp};
use crate::support::program::Program;
use crate::support::receiver::{Receiver, Reply};
use crate::support::relying::encoded;
use crate::support::smtp::{SmtpServer, authority};
use crate::support::{Answer, Api, Fresh, On, Scim, on_both};

const OF_MAIL: &str = "canary-post-office-41-Lantern";
const OF_METRICS: &str = "canary-metrics-52-Harbour-gate";
const OF_DATABASE: &str = "canary-database-63-Quarry";
const MASTER: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const IN_ADDRESS: &str = "canary-in-the-address-74-Willow";
const REFRESH: &str = "canary-refresh-token-of-the-company-85";

/// Waits until something holds, for 40 seconds at the most.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(40), "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
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
        let (_, cells) = Fresh::over(db.on, db.url.clone()).bridge().await.cells().await;
        assert!(cells.len() > 1_000 && stage.nest.0.len() > 60, "{} {}", cells.len(), stage.nest.0.len());

        let table = cells.iter().map(|cell| format!("{}: {}", cell.place, cell.value.replace('\n', " "))).collect::<Vec<_>>().join("\n");
        let places = [("the log", &log), ("the figures", &figures), ("`log --bodies`", &bodies), ("`audit list`", &audit), ("the database", &table)];
        let found = found(&stage.nest.spellings(), &places);
        for private in ["PRIVATE KEY", "\"d\":\""] {
            let is_there = log.contains(private) || figures.contains(private) || cells.iter().any(|cell| cell.value.contains(private));
            assert!(!is_there, "{private}");
        }
        assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n"));
    }
}
