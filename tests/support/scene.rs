//! A workspace whose people sign in at a provider of ours.

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use serde_json::{Value, json};

use super::hostile_op::{CLIENT_ID, CLIENT_SECRET, HostileOp};
use super::{Answer, Api, Bridge, Fresh, Journey, Scim};

/// A workspace whose people sign in at a provider of ours.
pub struct Scene {
    pub bridge: Bridge,
    pub workspace: Workspace,
    pub admin: Api,
    pub scim: Scim,
    pub op: HostileOp,
    pub connection: String,
}

impl Scene {
    pub async fn new(db: Fresh, seats: i64, policy: SeatPolicy, more: Value) -> Self {
        Self::at(db.bridge().await, seats, policy, more).await
    }

    /// At a bridge with settings of its own.
    pub async fn at(bridge: Bridge, seats: i64, policy: SeatPolicy, more: Value) -> Self {
        let workspace = bridge.workspace("Acme", seats, policy).await;
        let admin = bridge.admin(&workspace).await;
        let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
        let op = HostileOp::start(bridge.app.clock.clone()).await;
        let connection = connect(&admin, "op", &op, more).await;
        Self { bridge, workspace, admin, scim, op, connection }
    }

    pub async fn jit(db: Fresh) -> Self {
        Self::new(db, 10, SeatPolicy::Reject, json!({"auto_create_users": true})).await
    }

    pub fn login(&self) -> String {
        format!("/sso/{}/login", self.connection)
    }

    pub fn browser(&self) -> Journey {
        Journey::at(&self.bridge)
    }

    /// Signs whoever the provider has in now in, at a new browser; gives the browser and the last page.
    pub async fn sign_in(&self) -> (Journey, Answer) {
        let browser = self.browser();
        let page = browser.go(&self.login()).await;
        (browser, page)
    }

    /// The provider has another person now.
    pub fn person(&self, subject: &str, email: &str, verified: Value) {
        let (subject, email) = (subject.to_owned(), email.to_owned());
        self.op.plan(|plan| {
            plan.subject = subject;
            plan.userinfo = vec![("email", Some(json!(email))), ("email_verified", Some(verified))];
        });
    }

    pub async fn prove(&self, domain: &str) {
        prove(&self.bridge, &self.workspace, domain).await;
    }

    pub async fn audit(&self, action: &str) -> Vec<Value> {
        let page = self.admin.get(&format!("/audit?action={action}")).await.expect(200);
        page.data()["entries"].as_array().unwrap().clone()
    }

    /// Whoever the provider has in comes in as an Admin.
    pub async fn admin_comes_in(&self) -> Journey {
        self.sign_in().await;
        let users = self.admin.get("/users?search=anna").await.expect(200);
        let id = users.data()["users"][0]["id"].as_str().unwrap().to_owned();
        let role = self.admin.role("Admin").await;
        self.admin.put(&format!("/users/{id}"), json!({"role_id": role})).await.expect(200);
        self.sign_in().await.0
    }

    pub async fn used(&self) -> i64 {
        self.bridge.counters(&self.workspace).await.0
    }
}

pub async fn connect(admin: &Api, name: &str, op: &HostileOp, more: Value) -> String {
    let mut body =
        json!({"name": name, "kind": "oidc", "issuer": op.issuer(), "client_id": CLIENT_ID, "secret": CLIENT_SECRET});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    admin.post("/connections", body).await.expect(201).made()
}

/// Proves a domain by the operator's word; the record is for tests/domains.rs.
pub async fn prove(bridge: &Bridge, workspace: &Workspace, domain: &str) {
    use aisoule_bridge::command::domains::{AddDomain, Proof, ProveDomain};
    use aisoule_bridge::domain::access::Actor;
    let operator = Actor::operator();
    let add = AddDomain { workspace: workspace.id, domain: domain.into(), connection: None, challenge: "x".into() };
    bridge.app.commands.execute(&operator, add).await.unwrap();
    let prove = ProveDomain { workspace: workspace.id, domain: domain.into(), proof: Proof::Word };
    bridge.app.commands.execute(&operator, prove).await.unwrap();
}
