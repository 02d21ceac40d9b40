//! Identity providers at work: one that pushes as Okta does, and one as Entra ID does, until they are told to stop or are refused.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aisoule_bridge::domain::access::{Dialect, Scope};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::desk::Desk;
use crate::support::{Answer, Scim};

/// So many people at the most, of each provider.
const MOST: usize = 400;
/// Between one and the next, each of which is some five requests. More would only wear out the machine that the browser is on.
const PACE: Duration = Duration::from_millis(400);

/// How a provider pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Like {
    Okta,
    Entra,
}

/// What a provider got done.
#[derive(Debug)]
pub struct Pushed {
    pub people: usize,
    /// The status with which it was turned away.
    pub refused: Option<u16>,
}

/// A provider at work.
pub struct Provider {
    /// What it proves itself with, which can be exchanged while it works.
    pub client: Arc<Mutex<Scim>>,
    stop: Arc<AtomicBool>,
    hand: JoinHandle<Pushed>,
}

impl Provider {
    /// Begins with its group, "okta people" or "entra people".
    pub fn start(like: Like, client: Scim) -> Self {
        let (client, stop) = (Arc::new(Mutex::new(client)), Arc::new(AtomicBool::new(false)));
        let hand = tokio::spawn(push(like, Arc::clone(&client), Arc::clone(&stop)));
        Self { client, stop, hand }
    }

    /// Lets it end what it has begun.
    pub async fn end(self) -> Pushed {
        self.stop.store(true, Ordering::Relaxed);
        self.hand.await.unwrap()
    }
}

async fn push(like: Like, client: Arc<Mutex<Scim>>, stop: Arc<AtomicBool>) -> Pushed {
    let now = || client.lock().unwrap().clone();
    let name = if like == Like::Okta { "okta" } else { "entra" };
    let group = json!({"displayName": format!("{name} people"), "externalId": format!("{name}-g")});
    let group = now().post("/Groups", group).await.expect(201).id();
    let mut people = 0;
    while people < MOST && !stop.load(Ordering::Relaxed) {
        let pushed = match like {
            Like::Okta => okta(&now(), &group, people).await,
            Like::Entra => entra(&now(), &group, people).await,
        };
        if let Err(status) = pushed {
            return Pushed { people, refused: Some(status) };
        }
        people += 1;
        tokio::time::sleep(PACE).await;
    }
    Pushed { people, refused: None }
}

fn good(answer: Answer) -> Result<Answer, u16> {
    if answer.status < 300 { Ok(answer) } else { Err(answer.status) }
}

/// One person the way Okta does it: looked up, made, pushed into a group, changed as a whole, and some let go.
async fn okta(scim: &Scim, group: &str, n: usize) -> Result<(), u16> {
    let login = format!("okta{n}@acme.example");
    good(scim.find("/Users", &format!("userName eq \"{login}\""), "&startIndex=1&count=100").await)?;
    let mut user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": login, "name": {"givenName": "Okta", "familyName": format!("{n}")},
        "emails": [{"primary": true, "value": login, "type": "work"}], "displayName": format!("Okta {n}"), "locale": "en-US",
        "externalId": format!("00o{n}"), "groups": [], "active": true
    });
    let id = good(scim.post("/Users", user.clone()).await)?.id();
    let members = json!([{"op": "add", "path": "members", "value": [{"value": id, "display": login}]}]);
    good(scim.patch(&format!("/Groups/{group}"), members).await)?;
    user["title"] = json!("Agent");
    good(scim.put(&format!("/Users/{id}"), user).await)?;
    if n % 2 == 1 {
        good(scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "value": {"active": false}}])).await)?;
    }
    Ok(())
}

/// One person the way Entra ID does it: looked up, made, changed attribute by attribute, put into a group, and some let go.
async fn entra(scim: &Scim, group: &str, n: usize) -> Result<(), u16> {
    let login = format!("entra{n}@acme.example");
    good(scim.find("/Users", &format!("externalId eq \"obj-{n}\""), "").await)?;
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "externalId": format!("obj-{n}"), "userName": login, "active": true,
        "displayName": format!("Entra {n}"), "emails": [{"primary": true, "type": "work", "value": login}], "meta": {"resourceType": "User"},
        "name": {"formatted": format!("Entra {n}"), "familyName": format!("{n}"), "givenName": "Entra"}, "roles": []
    });
    let id = good(scim.post("/Users", user).await)?.id();
    good(scim.patch(&format!("/Users/{id}"), json!([{"op": "Add", "path": "title", "value": "Agent"}])).await)?;
    let members = json!([{"op": "Add", "path": "members", "value": [{"value": id}]}]);
    good(scim.patch(&format!("/Groups/{group}"), members).await)?;
    if n % 2 == 1 {
        let gone = json!([{"op": "Replace", "path": "active", "value": "False"}]);
        good(scim.patch(&format!("/Users/{id}"), gone).await)?;
    }
    Ok(())
}

/// Both at work.
pub struct Sync(Vec<Provider>);

impl Sync {
    pub async fn start(desk: &Desk) -> Self {
        let mut both = Vec::new();
        for like in [Like::Okta, Like::Entra] {
            let token = desk.bridge.token(&desk.workspace, Scope::Write, Dialect::Compat).await;
            both.push(Provider::start(like, desk.bridge.client(&token)));
        }
        Self(both)
    }

    /// Lets them end what they have begun, and checks that nothing of it was refused.
    #[track_caller]
    pub fn end(self) -> impl Future<Output = Vec<Pushed>> {
        let at = std::panic::Location::caller();
        async move {
            let mut all = Vec::new();
            for one in self.0 {
                all.push(one.end().await);
            }
            assert!(all.iter().all(|one| one.people > 2 && one.refused.is_none()), "{at}: {all:?}");
            all
        }
    }
}
