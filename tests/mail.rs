//! Mail: what is written to whom, when, and how it goes out whatever the mail server does.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aisoule_bridge::command::CommandError;
use aisoule_bridge::command::mails::{Forget, Retry};
use aisoule_bridge::command::passwords::{IssueLink, RequestReset};
use aisoule_bridge::command::reviews::RemindOfReview;
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::password_link::Purpose;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::{ConnectionId, DomainId, MailId, UserId, WorkspaceId};
use aisoule_bridge::settings::{Settings, Tls, Way};
use aisoule_bridge::store::conversations::belongings;
use aisoule_bridge::store::mails::{self, MailRow};
use aisoule_bridge::store::sql::{Arg, Sql};
use aisoule_bridge::store::workspaces::Count;
use aisoule_bridge::store::{StoreError, Tx, Work};
use aisoule_bridge::worker::{self, expiry};
use chrono::TimeDelta;
use serde_json::json;

use crate::support::program::Program;
use crate::support::smtp::{Got, SmtpServer, authority};
use crate::support::{Api, Bridge, Fresh, On, on_both};

const PUBLIC: &str = "https://bridge.example";

pub fn settings(db: &Fresh, smtp: &SmtpServer) -> Settings {
    let mut settings = db.settings();
    settings.public_url = Some(PUBLIC.into());
    let mail = &mut settings.mail;
    (mail.transport, mail.smtp_host, mail.smtp_port) = (Way::Smtp, Some("127.0.0.1".into()), Some(smtp.port));
    (mail.smtp_tls, mail.allow_plain_loopback, mail.per_second) = (Tls::Plain, true, 1_000);
    settings
}

async fn bridge(db: Fresh, smtp: &SmtpServer) -> (Bridge, Workspace, Api) {
    let settings = settings(&db, smtp);
    started(db, settings).await
}

/// A bridge with a workspace of many seats, whose Admin got no mail.
pub async fn started(db: Fresh, settings: Settings) -> (Bridge, Workspace, Api) {
    let bridge = db.bridge_with(settings).await;
    let workspace = bridge.workspace("Acme", 1_000, SeatPolicy::Reject).await;
    let key = bridge.key(&workspace, None, None).await;
    (bridge, workspace, key)
}

/// Waits until something holds, for 20 seconds at the most.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(20), "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub async fn rows(bridge: &Bridge, workspace: &Workspace) -> Vec<MailRow> {
    mails::list(&mut bridge.app.store.read().await.unwrap(), workspace.id, None, 1_000).await.unwrap()
}

/// Waits until the workspace's newest mail is in a state, and gives it.
pub async fn newest(bridge: &Bridge, workspace: &Workspace, state: &str) -> MailRow {
    until(state, async || rows(bridge, workspace).await.first().is_some_and(|row| row.state == state)).await;
    rows(bridge, workspace).await.remove(0)
}

/// Waits until the newest mail was tried and is to be tried again.
pub async fn postponed(bridge: &Bridge, workspace: &Workspace) -> MailRow {
    until("a failed attempt", async || {
        rows(bridge, workspace).await.first().is_some_and(|row| row.state == "queued" && row.problem.is_some())
    })
    .await;
    rows(bridge, workspace).await.remove(0)
}

pub async fn arrived(smtp: &SmtpServer, count: usize) -> Vec<Got> {
    until("a mail", async || smtp.got().len() >= count).await;
    smtp.got()
}

pub fn later(bridge: &Bridge, by: TimeDelta) {
    bridge.later(by);
    bridge.app.commands.bell().notify_one();
}

fn count(text: &str, piece: &str) -> usize {
    text.matches(piece).count()
}

/// That nothing is fetched from anywhere by whoever reads it.
fn fetches_nothing(html: &str) {
    for word in ["src=", "<link", "@import", "url(", "<img", "<script", "<iframe"] {
        assert!(!html.contains(word), "{word}: {html}");
    }
}

/// Runs statements as nobody would.
struct Statements(Vec<Sql>);

impl Work for Statements {
    type Output = ();
    type Error = StoreError;

    fn workspace(&self) -> Option<WorkspaceId> {
        None
    }

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for sql in &self.0 {
            tx.run(sql.clone()).await?;
        }
        Ok(())
    }
}

/// A connection that serves a domain, which is proved.
async fn connect(bridge: &Bridge, workspace: &Workspace, name: &str, domain: &str, enforced: bool) {
    let (connection, now) = (ConnectionId::fresh(), bridge.app.clock.now());
    let mut insert = Sql::build(
        "INSERT INTO connections (id, workspace_id, name, name_key, kind, issuer, endpoints, client_id, auth_method, scopes, trusts_email, jit, \
         enabled, version, created_at, updated_at) VALUES (",
    );
    insert
        .push_bind(connection.0)
        .push(", ")
        .push_bind(workspace.id.0)
        .push(", ")
        .push_bind(name)
        .push(", ")
        .push_bind(name);
    insert.push(", 'oidc', 'https://op.example', '{}', 'c', 'client_secret_basic', '[]', FALSE, FALSE, TRUE, 1, ");
    insert.push_bind(now).push(", ").push_bind(now).push(")");
    let mut domains = Sql::build(
        "INSERT INTO domains (id, workspace_id, domain, connection_id, challenge, sso_enforced, proved_at, created_at) VALUES (",
    );
    domains.push_bind(DomainId::fresh().0).push(", ").push_bind(workspace.id.0).push(", ").push_bind(domain).push(", ");
    domains.push_bind(connection.0).push(", 'x', ").push_bind(enforced).push(", ").push_bind(now).push(", ");
    domains.push_bind(now).push(")");
    bridge.app.store.write(Statements(vec![insert, domains])).await.unwrap();
}

on_both! {
    async fn a_newcomer_gets_one_mail_with_one_link_in_text_and_in_html(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, api) = bridge(db, &smtp).await;
        api.user("anna@acme.example", None).await;
        let mail = arrived(&smtp, 1).await.remove(0);
        assert_eq!((mail.to.as_slice(), mail.from.as_str()), (&["anna@acme.example".to_owned()][..], "<noreply@localhost>"));
        assert_eq!(mail.header("subject").as_deref(), Some("Welcome to AIsoule: Acme"));
        assert_eq!(mail.header("auto-submitted").as_deref(), Some("auto-generated"));
        let row = newest(&bridge, &workspace, "sent").await;
        assert_eq!(mail.header("message-id"), Some(format!("<{}@bridge.example>", row.id)));
        let (text, html) = mail.parts();
        let link = text.split_whitespace().find(|word| word.starts_with(PUBLIC)).unwrap();
        assert!(link.starts_with("https://bridge.example/password/new?token=") && link.len() > 80, "{link}");
        assert_eq!((count(&text, "https://"), count(&html, "https://")), (1, 1), "{text}{html}");
        assert_eq!(count(&html, &format!("href=\"{link}\"")), 1);
        assert!(text.contains("Hello anna,") && text.contains("works once, until "), "{text}");
        fetches_nothing(&html);
        // The queue holds no secret.
        let token = link.split("token=").nth(1).unwrap();
        assert!(!format!("{row:?}").contains(token));
        bridge.app.commands.bell().notify_one();
        until("idleness", async || bridge.app.postman.as_ref().unwrap().is_idle()).await;
        assert_eq!(smtp.got().len(), 1);
    }

    async fn who_comes_by_scim_or_is_wanted_without_a_mail_is_treated_so(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, api) = bridge(db, &smtp).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let quiet = json!({"email": "quiet@acme.example", "full_name": "Quiet", "no_welcome": true});
        api.post("/users", quiet).await.expect(201);
        scim.post("/Users", json!({"userName": "away@acme.example", "active": false})).await.expect(201);
        // Nowhere to write to.
        scim.post("/Users", json!({"userName": "nobody"})).await.expect(201);
        scim.post("/Users", json!({"userName": "ben@acme.example"})).await.expect(201);
        let mails = arrived(&smtp, 1).await;
        assert_eq!(mails[0].to, ["ben@acme.example"]);
        assert_eq!(rows(&bridge, &workspace).await.len(), 1);
    }

    async fn who_waits_for_a_seat_is_welcomed_when_they_get_it(db) {
        let smtp = SmtpServer::plain();
        let settings = settings(&db, &smtp);
        let bridge = db.bridge_with(settings).await;
        let workspace = bridge.workspace("Acme", 1, SeatPolicy::Park).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let first = scim.user("first@acme.example").await;
        scim.user("second@acme.example").await;
        arrived(&smtp, 1).await;
        assert_eq!(rows(&bridge, &workspace).await.len(), 1);
        // The first one is no Admin, so that they can go.
        scim.patch(&format!("/Users/{first}"), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        let mails = arrived(&smtp, 2).await;
        assert_eq!(mails[1].to, ["second@acme.example"]);
    }

    async fn whom_a_company_serves_is_sent_to_their_company_account(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, api) = bridge(db, &smtp).await;
        connect(&bridge, &workspace, "Acme Login", "acme.example", false).await;
        connect(&bridge, &workspace, "Other Login", "other.example", true).await;
        for (address, connection) in [("anna@acme.example", "Acme Login"), ("ben@OTHER.example", "Other Login")] {
            let before = smtp.got().len();
            api.user(address, None).await;
            let mail = arrived(&smtp, before + 1).await.remove(before);
            let (text, html) = mail.parts();
            assert!(text.contains(&format!("company account, through {connection}")), "{text}");
            assert!(text.contains("https://bridge.example/login\r\n") && !text.contains("password/new"), "{text}");
            assert_eq!((count(&text, "https://"), count(&html, "https://")), (1, 1));
        }
        api.user("cleo@elsewhere.example", None).await;
        assert!(arrived(&smtp, 3).await[2].parts().0.contains("/password/new?token="));
    }

    async fn what_is_refused_for_now_is_tried_again_and_what_is_refused_for_good_is_not(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, api) = bridge(db, &smtp).await;
        smtp.answer("451 greylisted, come back");
        api.user("anna@acme.example", None).await;
        let row = postponed(&bridge, &workspace).await;
        assert!(row.problem.as_deref().unwrap().contains("greylisted"), "{row:?}");
        let pause = (row.due_at - row.created_at).num_seconds();
        assert!((40..=70).contains(&pause) && smtp.got().is_empty(), "{pause}");
        later(&bridge, TimeDelta::minutes(2));
        newest(&bridge, &workspace, "sent").await;
        assert_eq!(smtp.got().len(), 1);

        smtp.answer("550 no such mailbox here");
        api.user("ben@acme.example", None).await;
        let row = newest(&bridge, &workspace, "failed").await;
        assert!(row.problem.as_deref().unwrap().contains("no such mailbox") && row.attempts == 1, "{row:?}");
        let events = api.get("/events").await;
        let failed: Vec<_> = events.data()["events"].as_array().unwrap().iter().filter(|event| event["event"] == "mail.failed").collect();
        assert_eq!(failed.len(), 1);
        later(&bridge, TimeDelta::hours(60));
        until("idleness", async || bridge.app.postman.as_ref().unwrap().is_idle()).await;
        assert_eq!(smtp.got().len(), 1);
        let again = Retry { workspace: workspace.id, id: None };
        assert_eq!(bridge.app.commands.execute(&Actor::operator(), again).await.unwrap(), 1);
        newest(&bridge, &workspace, "sent").await;
    }

    async fn a_mail_is_given_up_after_two_days(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, api) = bridge(db, &smtp).await;
        for _ in 0..20 {
            smtp.answer("451 not now");
        }
        api.user("anna@acme.example", None).await;
        postponed(&bridge, &workspace).await;
        let postman = bridge.app.postman.as_ref().unwrap();
        for _ in 0..12 {
            until("idleness", async || postman.is_idle()).await;
            if rows(&bridge, &workspace).await[0].state != "queued" {
                break;
            }
            let before = smtp.connections();
            later(&bridge, TimeDelta::hours(7));
            until("another try", async || smtp.connections() > before).await;
        }
        let row = newest(&bridge, &workspace, "failed").await;
        assert!(row.problem.as_deref().unwrap().starts_with("given up after 48 hours"), "{row:?}");
        assert!((6..=9).contains(&row.attempts), "{row:?}");
    }

    async fn nothing_is_sent_in_the_open(db) {
        let smtp = SmtpServer::plain();
        let mut settings = settings(&db, &smtp);
        settings.mail.smtp_tls = Tls::Starttls;
        let (bridge, workspace, api) = started(db, settings).await;
        api.user("anna@acme.example", None).await;
        let row = postponed(&bridge, &workspace).await;
        assert!(row.problem.as_deref().unwrap().contains("STARTTLS"), "{row:?}");
        assert!(smtp.got().is_empty());
    }

    async fn mail_goes_by_starttls_to_a_server_that_is_known_and_to_no_other(db) {
        let smtp = SmtpServer::starttls();
        let mut settings = settings(&db, &smtp);
        (settings.mail.smtp_tls, settings.mail.smtp_ca_file) = (Tls::Starttls, Some(authority()));
        let mut stranger = settings.clone();
        let (bridge, workspace, api) = started(db, settings).await;
        api.user("anna@acme.example", None).await;
        assert!(arrived(&smtp, 1).await[0].over_tls);
        newest(&bridge, &workspace, "sent").await;

        let other = Fresh::sqlite();
        stranger.database_url = other.settings().database_url;
        stranger.mail.smtp_ca_file = None;
        let (bridge, workspace, api) = started(other, stranger).await;
        api.user("ben@acme.example", None).await;
        let row = postponed(&bridge, &workspace).await;
        assert!(row.problem.as_deref().unwrap().contains("STARTTLS failed"), "{row:?}");
        assert_eq!(smtp.got().len(), 1);
    }

    async fn a_request_is_answered_while_the_mail_server_hangs(db) {
        let smtp = SmtpServer::plain();
        smtp.be_silent(true);
        let mut settings = settings(&db, &smtp);
        settings.mail.smtp_seconds = 2;
        let (bridge, workspace, api) = started(db, settings).await;
        api.user("anna@acme.example", None).await;
        until("a connection", async || smtp.connections() > 0).await;
        // Nobody was greeted, and everybody else is served.
        for n in 0..5 {
            api.user(&format!("more-{n}@acme.example"), None).await;
        }
        assert!(rows(&bridge, &workspace).await.iter().all(|row| row.state == "queued"));
        until("a failed attempt of each", async || rows(&bridge, &workspace).await.iter().all(|row| row.problem.is_some())).await;
        let row = rows(&bridge, &workspace).await.remove(0);
        assert!(row.problem.as_deref().unwrap().contains("longer than 2 s"), "{row:?}");
        smtp.be_silent(false);
        later(&bridge, TimeDelta::minutes(2));
        arrived(&smtp, 6).await;
    }

    async fn a_name_adds_no_header_and_no_recipient(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, _) = bridge(db, &smtp).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let names = ["Anna\r\nBcc: evil@evil.example\r\n\r\nHi", "Anna\nTo: evil@evil.example", "Anna <evil@evil.example>, \"x", "see https://evil.example/now", "Ünna Ørsted"];
        for (n, name) in names.iter().enumerate() {
            let made = scim.post("/Users", json!({"userName": format!("u{n}@acme.example"), "displayName": name})).await;
            if made.status != 201 {
                continue;
            }
            let before = smtp.got().len();
            let mail = arrived(&smtp, before.max(1)).await.pop().unwrap();
            newest(&bridge, &workspace, "sent").await;
            let mail = smtp.got().pop().unwrap_or(mail);
            assert_eq!(mail.to, [format!("u{n}@acme.example")]);
            let headers = mail.headers();
            let lines: Vec<&str> = headers.lines().collect();
            assert!(!lines.iter().any(|line| line.to_ascii_lowercase().starts_with("bcc:")), "{headers}");
            assert_eq!(lines.iter().filter(|line| line.to_ascii_lowercase().starts_with("to:")).count(), 1, "{headers}");
            let (text, html) = mail.parts();
            assert!(!text.contains("evil.example") && !html.contains("evil.example"), "{text}");
            assert_eq!((count(&text, "https://"), count(&html, "https://")), (1, 1), "{text}");
        }
        assert!(smtp.got().last().unwrap().parts().0.contains("Hello Ünna Ørsted,"));
    }

    async fn who_is_gone_or_elsewhere_by_then_gets_nothing(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, api) = bridge(db, &smtp).await;
        for (address, change, why) in [
            ("anna@acme.example", json!({"is_active": false}), "not active"),
            ("ben@acme.example", json!({"email": "benno@acme.example"}), "another address"),
        ] {
            smtp.answer("451 later");
            let id = api.user(address, None).await;
            postponed(&bridge, &workspace).await;
            api.put(&format!("/users/{id}"), change).await.expect(200);
            later(&bridge, TimeDelta::minutes(2));
            until("a dropped letter", async || {
                rows(&bridge, &workspace).await.iter().any(|row| row.recipient == address && row.state == "dropped")
            })
            .await;
            let row = rows(&bridge, &workspace).await.into_iter().find(|row| row.state == "dropped").unwrap();
            assert!(row.problem.as_deref().unwrap().contains(why), "{row:?}");
        }
        // But for the word that the address is another one now.
        assert!(smtp.got().iter().all(|mail| mail.header("subject").unwrap().contains("another address")));
    }

    async fn admins_hear_of_seats_once_when_it_comes_to_that(db) {
        let smtp = SmtpServer::plain();
        let settings = settings(&db, &smtp);
        let bridge = db.bridge_with(settings).await;
        let workspace = bridge.workspace("Acme", 5, SeatPolicy::Overage).await;
        bridge.user(&workspace, "root@acme.example", "Admin", true).await;
        let key = bridge.key(&workspace, None, None).await;
        for n in 2..=8 {
            key.post("/users", json!({"email": format!("u{n}@acme.example"), "full_name": "U", "no_welcome": true})).await.expect(201);
        }
        until("four letters", async || smtp.got().len() >= 4).await;
        until("idleness", async || bridge.app.postman.as_ref().unwrap().is_idle()).await;
        let mut kinds: Vec<String> = rows(&bridge, &workspace).await.into_iter().map(|row| row.kind).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["seats_almost_full", "seats_exceeded", "seats_full", "welcome"]);
        let mails = smtp.got();
        assert!(mails.iter().all(|mail| mail.to == ["root@acme.example"]));
        let subjects: HashSet<String> = mails.iter().filter_map(|mail| mail.header("subject")).collect();
        assert!(subjects.contains("4 of 5 seats in Acme are taken"), "{subjects:?}");
    }

    async fn admins_hear_thrice_that_a_token_ends_and_that_a_review_is_due(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, _) = bridge(db, &smtp).await;
        bridge.token_until(&workspace, Scope::Write, Dialect::Compat, Some(TimeDelta::days(60)), None).await;
        let admin = bridge.user(&workspace, "root@acme.example", "Admin", true).await;
        arrived(&smtp, 1).await;
        let app = &bridge.app;
        let warned = async || expiry::warn(&app.store, &app.commands, app.clock.now()).await.unwrap();
        let mut told = Vec::new();
        for _ in 0..70 {
            told.push(warned().await + warned().await);
            bridge.later(TimeDelta::days(1));
        }
        let days: Vec<usize> = told.iter().enumerate().filter(|(_, count)| **count > 0).map(|(day, _)| day).collect();
        assert_eq!((told.iter().sum::<usize>(), days), (3, vec![46, 57, 60]));
        let mails = arrived(&smtp, 4).await;
        let subjects: Vec<String> = mails.iter().filter_map(|mail| mail.header("subject")).collect();
        assert!(subjects.iter().any(|subject| subject.contains("expires within 3 days")), "{subjects:?}");
        assert!(subjects.iter().any(|subject| subject.ends_with("has expired")), "{subjects:?}");
        bridge.later(TimeDelta::days(91));
        assert!(app.commands.execute(&Actor::system(), RemindOfReview { workspace: workspace.id }).await.unwrap());
        assert!(arrived(&smtp, 5).await[4].header("subject").unwrap().contains("review"));
        let _ = admin;
    }

    async fn who_becomes_active_is_welcomed_once_by_whichever_way(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, api) = bridge(db, &smtp).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let active = |value: bool| json!([{"op": "replace", "path": "active", "value": value}]);
        let made = scim.post("/Users", json!({"userName": "anna@acme.example", "active": false})).await.expect(201);
        let anna = format!("/Users/{}", made.id());
        assert!(rows(&bridge, &workspace).await.is_empty());
        scim.patch(&anna, active(true)).await.expect(200);
        newest(&bridge, &workspace, "sent").await;
        for value in [false, true] {
            scim.patch(&anna, active(value)).await.expect(200);
        }
        assert_eq!((rows(&bridge, &workspace).await.len(), smtp.got().len()), (1, 1));
        // By hand too, also for somebody who was made without a word.
        let quiet = json!({"email": "ben@acme.example", "full_name": "Ben", "no_welcome": true});
        let ben = format!("/users/{}", api.post("/users", quiet).await.expect(201).made());
        assert_eq!(rows(&bridge, &workspace).await.len(), 1);
        // Who is gone again before the letter is on its way gets it when they are back.
        smtp.answer("451 later");
        for value in [false, true] {
            api.put(&ben, json!({"is_active": value})).await.expect(200);
        }
        postponed(&bridge, &workspace).await;
        api.put(&ben, json!({"is_active": false})).await.expect(200);
        later(&bridge, TimeDelta::minutes(2));
        newest(&bridge, &workspace, "dropped").await;
        for value in [true, false, true] {
            api.put(&ben, json!({"is_active": value})).await.expect(200);
            if value {
                newest(&bridge, &workspace, "sent").await;
            }
        }
        assert_eq!(newest(&bridge, &workspace, "sent").await.recipient, "ben@acme.example");
        assert_eq!(rows(&bridge, &workspace).await.len(), 3);
        // Whom a provider takes out and makes again is not written to each time.
        let again = async |path: &str| {
            scim.delete(path).await.expect(204);
            format!("/Users/{}", scim.user("anna@acme.example").await)
        };
        let anna = again(&anna).await;
        let row = newest(&bridge, &workspace, "dropped").await;
        assert!(row.problem.as_deref().unwrap().contains("within a day"), "{row:?}");
        bridge.later(TimeDelta::hours(25));
        again(&anna).await;
        newest(&bridge, &workspace, "sent").await;
        assert_eq!(smtp.got().len(), 3);
    }

    async fn a_changed_address_is_told_at_the_old_one(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, api) = bridge(db, &smtp).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let quiet = json!({"email": "anna@acme.example", "full_name": "Anna", "no_welcome": true});
        let anna = api.post("/users", quiet).await.expect(201).made();
        let both = json!({"email": "anna.b@acme.example", "password": "a new long password"});
        api.put(&format!("/users/{anna}"), both).await.expect(200);
        let mails = arrived(&smtp, 2).await;
        let mut said: Vec<String> = mails.iter().filter_map(|mail| mail.header("subject")).collect();
        said.sort_unstable();
        assert_eq!(said, ["Your AIsoule account has another address", "Your AIsoule password was changed"]);
        assert!(mails.iter().all(|mail| mail.to == ["anna@acme.example"] && !mail.parts().0.contains("anna.b@")));
        // A provider that corrects addresses of people who never came writes to nobody who does not know of it.
        let address = |value: &str| json!([{"op": "replace", "path": "userName", "value": value}]);
        for (name, password, count) in [("ben", None, 0), ("cleo", Some("t1meMa$heen!"), 1)] {
            let mut body = json!({"userName": format!("{name}@acme.example")});
            if let Some(password) = password {
                body["password"] = json!(password);
            }
            let path = format!("/Users/{}", scim.post("/Users", body).await.expect(201).id());
            scim.patch(&path, address(&format!("{name}.b@acme.example"))).await.expect(200);
            let old = format!("{name}@acme.example");
            let told = rows(&bridge, &workspace).await;
            let told = told.iter().filter(|row| row.kind == "address_changed" && row.recipient == old);
            assert_eq!(told.count(), count, "{name}");
        }
    }

    async fn a_link_goes_to_nobody_whose_address_is_another_by_then(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, _) = bridge(db, &smtp).await;
        let user = bridge.user(&workspace, "anna@acme.example", "Agent", false).await.id;
        let issue = |address: &str| {
            let (email_key, token_hash) = (address.to_owned(), [7; 32]);
            IssueLink { workspace: workspace.id, user, email_key, purpose: Purpose::Reset, token_hash }
        };
        let commands = &bridge.app.commands;
        let refused = commands.execute(&Actor::system(), issue("was.anna@acme.example")).await;
        assert!(matches!(refused, Err(CommandError::NotFound)));
        commands.execute(&Actor::system(), issue("anna@acme.example")).await.unwrap();
    }

    async fn what_is_tried_again_keeps_its_number_and_stays_with_who_is_sending_it(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, api) = bridge(db, &smtp).await;
        let retry = async |id: Option<MailId>| {
            bridge.app.commands.execute(&Actor::operator(), Retry { workspace: workspace.id, id }).await
        };
        smtp.answer("451 not now");
        api.user("anna@acme.example", None).await;
        let row = postponed(&bridge, &workspace).await;
        assert_eq!((row.attempts, retry(Some(MailId(row.id))).await.unwrap()), (1, 1));
        assert_eq!(newest(&bridge, &workspace, "sent").await.attempts, 2);
        // Nobody wants the link any more for which they asked hours ago.
        smtp.answer("550 no such mailbox here");
        let user = bridge.user(&workspace, "ben@acme.example", "Agent", false).await.id;
        newest(&bridge, &workspace, "failed").await;
        smtp.answer("550 no such mailbox here");
        let ask = RequestReset { workspace: workspace.id, user };
        bridge.app.commands.execute(&Actor::system(), ask).await.unwrap();
        let reset = newest(&bridge, &workspace, "failed").await;
        assert_eq!(reset.kind, "reset");
        bridge.later(TimeDelta::minutes(61));
        assert!(matches!(retry(Some(MailId(reset.id))).await, Err(CommandError::NotFound)));
        assert_eq!(retry(None).await.unwrap(), 1);
        until("the welcome", async || smtp.got().len() == 2).await;
        assert_eq!(rows(&bridge, &workspace).await[0].state, "failed");
        // What is on its way is nobody else's.
        smtp.be_silent(true);
        let before = smtp.connections();
        api.user("cleo@acme.example", None).await;
        until("a connection", async || smtp.connections() > before).await;
        let row = rows(&bridge, &workspace).await.remove(0);
        assert!(matches!(retry(Some(MailId(row.id))).await, Err(CommandError::NotFound)));
        assert_eq!((retry(None).await.unwrap(), rows(&bridge, &workspace).await[0].attempts), (0, 1));
    }

    async fn what_is_old_is_forgotten_a_thousand_at_a_time(db) {
        let smtp = SmtpServer::plain();
        let (bridge, workspace, _) = bridge(db, &smtp).await;
        let now = bridge.app.clock.now();
        let mut counts = Sql::build("INSERT INTO throttles (key, failures, updated_at) VALUES ");
        counts.push_rows((0..2_100).map(|n| vec![format!("key {n}").into(), Arg::from(1), now.into()]));
        let mut done = Sql::build("INSERT INTO mails (id, workspace_id, kind, recipient, parameters, state, rank, attempts, due_at, give_up_at, created_at, done_at) VALUES ");
        done.push_rows((0..1_100).map(|_| {
            let texts = ["welcome", "a@b.example", "{}", "sent"].map(Arg::from);
            let mut row = vec![Arg::from(MailId::fresh().0), workspace.id.0.into()];
            row.extend(texts);
            row.extend([Arg::from(1), Arg::from(1)]);
            row.extend(std::iter::repeat_with(|| Arg::from(now)).take(4));
            row
        }));
        bridge.app.store.write(Statements(vec![counts, done])).await.unwrap();
        bridge.later(TimeDelta::days(40));
        let app = &bridge.app;
        worker::sessions::forget(&app.store, &app.commands, app.clock.now()).await.unwrap();
        let left: Count = app.store.read().await.unwrap().one(Sql::build("SELECT count(*) AS n FROM throttles")).await.unwrap();
        assert_eq!(left.n, 0);
        let forget = async || app.commands.execute(&Actor::system(), Forget { days: 30 }).await.unwrap();
        assert_eq!((forget().await, forget().await, forget().await), (1_000, 100, 0));
    }

    async fn one_look_tells_whether_anything_is_theirs_who_leaves(db) {
        let bridge = db.bridge().await;
        let workspace = bridge.workspace("Acme", 10, SeatPolicy::Reject).await;
        let anna = bridge.user(&workspace, "anna@acme.example", "Agent", false).await;
        let other = bridge.workspace("Other", 10, SeatPolicy::Reject).await;
        let ben = bridge.user(&other, "ben@acme.example", "Agent", false).await;
        let look = async |workspace: WorkspaceId, user: UserId| {
            belongings(&mut bridge.app.store.read().await.unwrap(), workspace, user).await.unwrap()
        };
        let (email_key, token_hash) = ("ben@acme.example".to_owned(), [7; 32]);
        assert_eq!(look(other.id, ben.id).await, (false, false));
        let issue = IssueLink { workspace: other.id, user: ben.id, email_key, purpose: Purpose::Reset, token_hash };
        bridge.app.commands.execute(&Actor::system(), issue).await.unwrap();
        assert_eq!((look(other.id, ben.id).await, look(other.id, anna.id).await), ((true, true), (true, false)));
    }

    async fn a_bridge_that_stops_lets_what_is_on_its_way_arrive(db) {
        let smtp = SmtpServer::plain();
        let (bridge, _, api) = bridge(db, &smtp).await;
        api.user("anna@acme.example", None).await;
        bridge.app.postman.as_ref().unwrap().stop().await;
        let before = smtp.got().len();
        api.user("ben@acme.example", None).await;
        tokio::task::yield_now().await;
        assert!(smtp.got().len() == before && before <= 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_bridges_over_one_database_send_each_mail_once() {
    let Some(db) = Fresh::postgres().await else { return };
    let smtp = SmtpServer::plain();
    let other = Fresh::over(On::Postgres, db.url.clone());
    let elsewhere = settings(&other, &smtp);
    let second = other.bridge_with(elsewhere).await;
    let (bridge, workspace, api) = bridge(db, &smtp).await;
    for n in 0..40 {
        api.user(&format!("u{n}@acme.example"), None).await;
        second.app.commands.bell().notify_one();
    }
    until("every mail", async || rows(&bridge, &workspace).await.iter().all(|row| row.state == "sent")).await;
    let ids: HashSet<String> = smtp.got().iter().filter_map(|mail| mail.header("message-id")).collect();
    assert_eq!((ids.len(), smtp.got().len()), (40, 40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_writes_into_a_folder_lists_and_tries() {
    let fresh = Fresh::sqlite();
    let mut program = Program::new(&fresh);
    program.env.retain(|(name, _)| *name != "BRIDGE_MAIL");
    let folder = fresh.folder().join("mail");
    program.says(&["workspace", "create", "Acme", "--plan", "growth"]);
    let create = [
        "user",
        "create",
        "--workspace",
        "Acme",
        "--email",
        "root@acme.example",
        "--name",
        "Root",
        "--role",
        "admin",
        "--protected",
    ];
    assert!(program.tell(&create, "a long enough passphrase").status.success());
    let listed = program.says(&["mail", "list", "--workspace", "Acme"]);
    assert!(
        listed.contains("welcome") && listed.contains("queued") && listed.contains("root@acme.example"),
        "{listed}"
    );
    assert!(program.says(&["mail", "test", "me@acme.example"]).contains("into the folder"));
    let server = program.serve().await;
    until("a file a mail", async || std::fs::read_dir(&folder).unwrap().count() >= 2).await;
    until("the queue is empty", async || {
        program.says(&["mail", "list", "--workspace", "Acme", "--state", "sent"]).contains("root@")
    })
    .await;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        assert!(path.extension().is_some_and(|extension| extension == "eml"));
    }
    assert!(!server.log().contains("token="), "{}", server.log());
    assert!(program.says(&["doctor"]).contains("mail: goes into the folder"));
    program.fails(&["mail", "retry", "--workspace", "Acme", "nonsense"]);
    assert!(program.says(&["mail", "retry", "--workspace", "Acme"]).starts_with("0 mails"));
    let none = Program::new(&fresh);
    assert!(none.fails(&["mail", "test", "me@acme.example"]).contains("nothing is sent"));
}
