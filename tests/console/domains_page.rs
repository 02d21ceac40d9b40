//! Settings → Single sign-on → a domain: its record, what is found, who serves it, and whether its people have to use it.

use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::ids::{ConnectionId, UserId};
use aisoule_bridge::store::sql::{Arg, Sql};
use chrono::TimeDelta;
use serde_json::json;

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::dns::{Dns, Named};
use crate::support::rows::Statement;
use crate::support::{Fresh, on_both};

const SSO: &str = "/settings/sso";
const HERE: &str = "/settings/sso/domains/acme.org";
const RECORD: &str = "_aisoule-challenge.acme.org";

/// A desk at a bridge that asks a DNS of ours.
async fn office(db: Fresh) -> (Desk, Dns) {
    let dns = Dns::start().await;
    let mut settings = db.settings();
    settings.sso.dns_server = Some(dns.address);
    (Desk::at(db.bridge_with(settings).await, 100, SeatPolicy::Reject).await, dns)
}

/// What the record has to say, as the page has it.
async fn value(desk: &mut Desk) -> String {
    let html = desk.shows(HERE).await;
    assert!(html.contains(&format!("<code id=\"copy-record-name\">{RECORD}</code>")), "{html}");
    html.split_once("<code id=\"copy-record-value\">").unwrap().1.split('<').next().unwrap().to_owned()
}

async fn add(desk: &mut Desk, connection: &str) {
    let page = desk.sends(SSO, &format!("{SSO}/domains"), &[("domain", "Acme.ORG"), ("connection", connection)]).await;
    assert_eq!(page.leads_to(), Some(format!("{HERE}?done=added").as_str()), "{}", page.html);
}

async fn verified(desk: &mut Desk) -> String {
    desk.sends(HERE, &format!("{HERE}/verify"), &[]).await.expect(200).html
}

on_both! {
    async fn a_domain_is_proved_by_its_record_and_lapses_without_it(db) {
        let (mut desk, dns) = office(db).await;
        let page = desk.sends(SSO, &format!("{SSO}/domains"), &[("domain", "not a domain"), ("connection", "")]).await.expect(422);
        assert!(page.html.contains("is a domain such as acme.org") && page.html.contains("value=\"not a domain\""), "{}", page.html);
        add(&mut desk, "").await;
        assert!(desk.shows(&format!("{HERE}?done=added")).await.contains("Now enter its record in your DNS"));
        let value = value(&mut desk).await;
        assert!(verified(&mut desk).await.contains("No such record was found"));
        // What stands there is told, and told as text.
        dns.set_texts(RECORD, &["v=spf1 -all", "<script>alert(1)</script>"]);
        let html = verified(&mut desk).await;
        assert!(html.contains("none says what it should") && html.contains("v=spf1 -all") && html.contains("&#60;script&#62;alert(1)"), "{html}");
        assert!(!html.contains("<script>alert"));
        assert!(desk.shows(SSO).await.contains("Not proved yet"));
        dns.set_texts(RECORD, &["v=spf1 -all", &value]);
        let html = verified(&mut desk).await;
        assert!(html.contains("The domain is yours") && html.contains("tag good\">Proved"), "{html}");
        // Without its record it counts for two weeks, and the page counts them.
        dns.set(RECORD, Named::default());
        assert!(verified(&mut desk).await.contains("it counts for 14 more days"));
        assert!(desk.shows(SSO).await.contains("Record missing"));
        desk.bridge.later(TimeDelta::days(10));
        desk.browser.log_in("root@acme.example", crate::desk::PASSWORD).await;
        assert!(desk.shows(HERE).await.contains("it counts for 4 more days"));
        dns.set_texts(RECORD, &[&value]);
        assert!(!verified(&mut desk).await.contains("more days"));
        assert!(desk.shows(&format!("{HERE}/remove")).await.contains("Nobody signs in through it yet."));
        assert_eq!(desk.sends(HERE, &format!("{HERE}/remove"), &[]).await.leads_to(), Some("/settings/sso?done=removed"));
        desk.browser.get(HERE).await.expect(404);
    }

    async fn a_domain_is_served_by_a_connection_and_required_only_once_that_is_safe(db) {
        let (mut desk, dns) = office(db).await;
        let api = desk.api().await;
        let body = json!({"name": "works", "kind": "oidc", "issuer": "https://id.acme.example", "client_id": "c", "secret": "s"});
        let id = api.post("/connections", body).await.expect(201).made();
        add(&mut desk, "").await;
        let page = desk.sends(HERE, &format!("{HERE}/connection"), &[("connection", &id)]).await;
        assert_eq!(page.leads_to(), Some(format!("{HERE}?done=given").as_str()));
        let html = desk.shows(HERE).await;
        assert!(html.contains(&format!("value=\"{id}\" selected")) && html.contains("may also use a password"), "{html}");
        assert!(desk.shows(&format!("{SSO}/connections/{id}")).await.contains("/settings/sso/domains/acme.org"));
        let there = format!("{SSO}/enforcement?domain=acme.org");
        let html = desk.shows(&there).await;
        assert_eq!(html.matches(">Missing<").count(), 2, "{html}");
        let fields = [("domain", "acme.org"), ("to", "on")];
        let page = desk.sends(&there, &format!("{SSO}/enforcement"), &fields).await.expect(422);
        assert!(page.html.contains("has to be proved first"), "{}", page.html);
        dns.set_texts(RECORD, &[&value(&mut desk).await]);
        verified(&mut desk).await;
        let page = desk.sends(&there, &format!("{SSO}/enforcement"), &fields).await.expect(422);
        assert!(page.html.contains("before one Admin has come in through it") && page.html.matches(">Missing<").count() == 1, "{}", page.html);
        // Anybody may come in through it by now.
        mark_as_used(&desk, &id).await;
        let page = desk.sends(&there, &format!("{SSO}/enforcement"), &fields).await;
        assert_eq!(page.leads_to(), Some(format!("{HERE}?done=enforced").as_str()), "{}", page.html);
        assert!(desk.shows(HERE).await.contains("have to sign in through their connection"));
        let page = desk.sends(HERE, &format!("{HERE}/remove"), &[]).await.expect(422);
        assert!(page.html.contains("Say first that they"), "{}", page.html);
        // Nobody has tried anything yet: a page that says so is a page.
        let page = desk.browser.get(&format!("{HERE}/remove")).await.expect(200);
        assert!(page.html.contains("Say first that they") && !page.html.contains("class=\"danger\""), "{}", page.html);
        let page = desk.sends(HERE, &format!("{SSO}/enforcement"), &[("domain", "acme.org"), ("to", "off")]).await;
        assert_eq!(page.leads_to(), Some(format!("{HERE}?done=released").as_str()));
        // Who is led to the provider by their address is said before it ends, the first of them by name.
        for (n, name) in ["Zoe", "anna", "Ben", "Carl", "Dora", "Emil", "Fred"].into_iter().enumerate() {
            let place = if n == 6 { "acme.example" } else { "acme.org" };
            let user = desk.person(&format!("{name}@{place}").to_lowercase(), name, "Agent").await.id;
            knows(&desk, &id, user, n).await;
        }
        let html = desk.shows(&format!("{HERE}/remove")).await;
        let place = |name: &str| html.find(&format!(">{name}</a>"));
        assert!(html.contains("6 people are led to their provider") && html.contains("And 1 more person."), "{html}");
        assert!(place("anna") < place("Ben") && place("anna").is_some() && place("Zoe").is_none() && place("Fred").is_none(), "{html}");
    }
}

/// Has somebody be known by a connection.
async fn knows(desk: &Desk, connection: &str, user: UserId, n: usize) {
    let start = "INSERT INTO identities (connection_id, issuer, subject, workspace_id, user_id, linked_by, created_at, last_login_at) VALUES (";
    let (connection, now) = (ConnectionId::parse(connection).unwrap(), desk.bridge.app.clock.now());
    let mut sql = Sql::build(start);
    sql.push_list([
        Arg::from(connection.0),
        Arg::from("https://id.acme.example"),
        Arg::from(format!("s{n}")),
        Arg::from(desk.workspace.id.0),
        Arg::from(user.0),
        Arg::from("email"),
        Arg::from(now),
        Arg::from(now),
    ]);
    sql.push(")");
    desk.bridge.app.store.write(Statement(sql)).await.unwrap();
}

/// Has a connection be one through which an Admin came in.
async fn mark_as_used(desk: &Desk, connection: &str) {
    use aisoule_bridge::ids::WorkspaceId;
    use aisoule_bridge::store::{StoreError, Tx, Work, connections};
    struct Mark(ConnectionId, WorkspaceId, chrono::DateTime<chrono::Utc>);
    impl Work for Mark {
        type Output = ();
        type Error = StoreError;
        fn workspace(&self) -> Option<WorkspaceId> {
            Some(self.1)
        }
        async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
            connections::let_admin_in(tx, self.0, self.2).await.map(|_| ())
        }
    }
    let id = ConnectionId::parse(connection).unwrap();
    desk.bridge.app.store.write(Mark(id, desk.workspace.id, desk.bridge.app.clock.now())).await.unwrap();
}

pub const PRESSES: Presses =
    &["/settings/sso/domains", "/settings/sso/domains/{domain}/verify", "/settings/sso/domains/{domain}/remove"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_is_proved_in_a_browser() {
    let (mut desk, dns) = office(Fresh::sqlite()).await;
    let body =
        json!({"name": "Works", "kind": "oidc", "issuer": "https://id.acme.example", "client_id": "c", "secret": "s"});
    desk.api().await.post("/connections", body).await.expect(201);
    dns.set_texts(RECORD, &["v=spf1 -all"]);
    let steps = vec![
        json!({"goto": desk.url(SSO)}),
        json!({"fill": ["#domain", "acme.org"]}),
        json!({"click": "form[action='/settings/sso/domains'] button"}),
        json!({"expect": "Now enter its record"}),
        json!({"shot": "domain-new"}),
        json!({"click": "form[action$='/verify'] button"}),
        json!({"expect": "This was found"}),
        json!({"shot": "domain-other"}),
    ];
    if desk.plays("domain-not-proved", steps, json!({})).await.is_none() {
        return;
    }
    dns.set_texts(RECORD, &[&value(&mut desk).await]);
    let steps = vec![
        json!({"goto": desk.url(HERE)}),
        json!({"click": "form[action$='/verify'] button"}),
        json!({"expect": "The domain is yours"}),
        json!({"goto": desk.url(&format!("{SSO}/enforcement?domain=acme.org"))}),
        json!({"shot": "domain-enforcement"}),
        json!({"goto": desk.url(HERE)}),
        json!({"click": "a[href$='/remove']"}),
        json!({"expect": "Remove acme.org?"}),
        json!({"shot": "domain-removal"}),
        json!({"click": "form[action$='/remove'] button"}),
        json!({"expect": "The domain is removed"}),
    ];
    desk.plays("domain-removed", steps, json!({})).await;
    desk.pressed(PRESSES);
}
