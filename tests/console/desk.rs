//! A workspace with somebody at its console.

use aisoule_bridge::command::users::{CreateUser, RoleChoice};
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::email::Email;
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::user::{Profile, User, UserDraft};
use aisoule_bridge::domain::workspace::Workspace;
use aisoule_bridge::ids::UserId;
use aisoule_bridge::password;
use serde_json::{Value, json};

use crate::presses::{Pressed, Presses};
use crate::support::browser::{Browser, Page};
use crate::support::parts::{browse_and, has_browser};
use crate::support::{Api, Bridge, Fresh, Scim};

pub const PASSWORD: &str = "violet otters 7 juggling";

/// A workspace "Acme" of 100 seats, and Root, a protected Admin, who is logged in.
pub struct Desk {
    pub bridge: Bridge,
    pub workspace: Workspace,
    pub root: User,
    pub browser: Browser,
    pressed: Pressed,
}

impl Desk {
    pub async fn new(db: Fresh) -> Self {
        Self::with(db, 100, SeatPolicy::Reject).await
    }

    pub async fn with(db: Fresh, seats: i64, policy: SeatPolicy) -> Self {
        Self::at(db.bridge().await, seats, policy).await
    }

    pub async fn at(bridge: Bridge, seats: i64, policy: SeatPolicy) -> Self {
        let workspace = bridge.workspace("Acme", seats, policy).await;
        let root = person(&bridge, &workspace, "root@acme.example", "Root", "Admin", true).await;
        let mut browser = bridge.browser();
        browser.log_in("root@acme.example", PASSWORD).await.expect(303);
        Self { bridge, workspace, root, browser, pressed: Pressed::default() }
    }

    /// Somebody of the workspace, with [`PASSWORD`].
    pub async fn person(&self, email: &str, name: &str, role: &str) -> User {
        person(&self.bridge, &self.workspace, email, name, role, false).await
    }

    /// Somebody else's browser, logged in.
    pub async fn browser_of(&self, email: &str) -> Browser {
        let mut browser = self.bridge.browser();
        browser.log_in(email, PASSWORD).await.expect(303);
        browser
    }

    /// The REST API with every permission.
    pub async fn api(&self) -> Api {
        self.bridge.key(&self.workspace, Some(self.root.id), None).await
    }

    /// What an identity provider sends by SCIM.
    pub async fn scim(&self) -> Scim {
        let token = self.bridge.token(&self.workspace, Scope::Write, Dialect::Compat).await;
        self.bridge.client(&token)
    }

    /// A page that is there.
    #[track_caller]
    pub fn shows(&mut self, path: &str) -> impl Future<Output = String> + use<'_> {
        let path = path.to_owned();
        async move {
            let page = self.browser.get(&path).await.expect(200);
            is_safe(&page);
            page.html
        }
    }

    /// Sends a form as the page at `from` has it; gives what came of it.
    pub async fn sends(&mut self, from: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        self.browser.post(from, path, fields).await
    }

    /// Plays in a real browser, where Root is logged in as in [`Self::browser`], and checks that nothing was complained of. None
    /// where there is no browser.
    pub async fn plays(&self, name: &str, steps: Vec<Value>, more: Value) -> Option<Value> {
        self.plays_and(name, steps, more, async |word, _| panic!("nobody is to be told of {word}")).await
    }

    /// The same, with what is done when the play tells of something.
    pub async fn plays_and(
        &self,
        name: &str,
        steps: Vec<Value>,
        more: Value,
        told: impl AsyncFnMut(&str, &str),
    ) -> Option<Value> {
        if !has_browser() {
            return None;
        }
        let mut browser = self.browser.clone();
        // The clock may have moved, and a session has its time.
        if !browser.is_in().await {
            browser.log_in("root@acme.example", PASSWORD).await.expect(303);
        }
        let mut play = json!({"name": name, "axe": true, "cookies": browser.cookies, "steps": steps});
        for (key, value) in more.as_object().into_iter().flatten() {
            play[key] = value.clone();
        }
        let seen = browse_and(play, told).await;
        is_clean(&seen);
        self.pressed.note(&seen, &self.browser.origin());
        Some(seen)
    }

    /// Checks that the plays so far pressed just this, which every play has to say.
    #[track_caller]
    pub fn pressed(&self, presses: Presses) {
        self.pressed.is_just(presses);
    }

    /// Checks that each of these stands in the audit log.
    pub async fn audited(&self, actions: &[&str]) {
        let api = self.api().await;
        for action in actions {
            let found = api.get(&format!("/audit?action={action}")).await.expect(200);
            assert!(!found.data()["entries"].as_array().unwrap().is_empty(), "nobody did {action}");
        }
    }

    /// The address of a page, for a play.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.browser.origin())
    }
}

/// Somebody with [`PASSWORD`].
pub async fn person(
    bridge: &Bridge,
    workspace: &Workspace,
    email: &str,
    name: &str,
    role: &str,
    protected: bool,
) -> User {
    let create = CreateUser {
        workspace: workspace.id,
        id: UserId::fresh(),
        draft: UserDraft { profile: Profile::by_hand(&Email::parse(email).unwrap(), name), active: Some(true) },
        password_hash: Some(password::hash(PASSWORD.into()).await.unwrap()),
        role: RoleChoice::Named(role.into()),
        protected,
        provisioned: false,
    };
    bridge.app.commands.execute(&Actor::operator(), create).await.unwrap()
}

/// Checks the headers and the text that every page of the console has.
#[track_caller]
pub fn is_safe(page: &Page) {
    let policy = page.answer.header("content-security-policy").unwrap();
    for word in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(word), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
    for (name, value) in
        [("x-frame-options", "DENY"), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
    {
        assert_eq!(page.answer.header(name), Some(value));
    }
    let scripts = page.html.matches("<script").count();
    assert_eq!(scripts, page.html.matches("<script src=\"/assets/script-").count(), "{}", page.html);
    for bad in [" style=", " onclick", " onload", " onchange", "javascript:", "//cdn", "<style"] {
        assert!(!page.html.contains(bad), "{bad} in {}", page.html);
    }
}

/// Checks that a play went to its end, and that nobody complained on the way: no policy broken, nothing asked of elsewhere,
/// nothing wider than the screen, nothing that a screen reader stumbles over, nothing that ran and should not.
#[track_caller]
pub fn is_clean(seen: &Value) {
    assert_eq!(seen["ok"], true, "{seen:#}");
    for what in ["csp", "external", "console", "overflow", "axe", "dialogs"] {
        assert_eq!(seen[what], json!([]), "{what}: {:#}", seen[what]);
    }
}
