//! Settings → Users: every act of one person, over real HTTP and in a browser.

use aisoule_bridge::domain::seat::SeatPolicy;
use serde_json::json;

use crate::desk::{Desk, PASSWORD};
use crate::support::browser::Page;
use crate::support::{Api, on_both};

/// The REST API in Root's name.
pub async fn api(desk: &Desk) -> Api {
    desk.bridge.key(&desk.workspace, Some(desk.root.id), None).await
}

/// A conversation that somebody has.
pub async fn conversation(api: &Api, user: &str) {
    let id = api.post("/conversations", json!({"subject": "Where is it?"})).await.expect(201).made();
    api.put(&format!("/conversations/{id}"), json!({"assignee_id": user})).await.expect(200);
}

/// The id at the end of where a page leads.
#[track_caller]
pub fn led_to(page: &Page) -> String {
    let to = page.leads_to().unwrap_or_else(|| panic!("{}", page.html));
    let rest = to.strip_prefix("/settings/users/").unwrap();
    rest.split(['?', '/']).next().unwrap().to_owned()
}

#[track_caller]
pub fn says(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "{word:?} is not in {html}");
    }
}

#[track_caller]
pub fn keeps_quiet(html: &str, words: &[&str]) {
    for word in words {
        assert!(!html.contains(word), "{word:?} is in {html}");
    }
}

pub async fn role(desk: &Desk, name: &str) -> String {
    api(desk).await.role(name).await
}

on_both! {
    async fn a_new_user_is_made_and_chooses_their_own_password_at_the_first_login(db) {
        let mut desk = Desk::new(db).await;
        let agent = role(&desk, "Agent").await;
        let html = desk.shows("/settings/users/new").await;
        says(&html, &["Full Name", "Password (initial)", "selected>Agent", "Protected account", "No mail goes out from here"]);
        let fields = [
            ("full_name", "Anna Arnold"), ("email", "anna@acme.example"), ("password", "seven quiet lamps at sea"), ("role", agent.as_str()),
        ];
        let page = desk.sends("/settings/users/new", "/settings/users/new", &fields).await;
        let id = led_to(&page);
        let html = desk.shows(page.leads_to().unwrap()).await;
        says(&html, &["The user was created.", "Anna Arnold", "anna@acme.example", "The default role: no rule concerns them.", "by hand", "Root"]);
        let page = desk.bridge.browser().log_in("anna@acme.example", "seven quiet lamps at sea").await;
        assert_eq!(page.leads_to(), Some("/login/new-password"));
        says(&desk.shows("/settings/users").await, &[&format!("/settings/users/{id}"), "2 people"]);
    }

    async fn a_refused_new_user_keeps_what_was_typed_but_for_the_password(db) {
        let mut desk = Desk::new(db).await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await;
        let manager = role(&desk, "Manager").await;
        let secret = "seven quiet lamps at sea";
        for (name, email, password, role, told) in [
            ("Bea", "ANNA@acme.example", secret, manager.as_str(), "already has this email."),
            ("Bea", "nothing", secret, manager.as_str(), "This is no email address."),
            ("", "bea@acme.example", secret, manager.as_str(), "1 to 100 printable characters"),
            ("Bea", "bea@acme.example", "short", manager.as_str(), "12 characters or more."),
            ("Bea", "bea@acme.example", "passwordpassword", manager.as_str(), "too easy to guess"),
            ("Bea", "bea@acme.example", secret, "none", "Choose a role"),
        ] {
            let mut fields = vec![("full_name", name), ("email", email), ("password", password), ("role", role), ("no_welcome", "on")];
            // A protected account has a name of its own: nobody stands in its way.
            if told != "already has this email." {
                fields.push(("protected", "on"));
            }
            let page = desk.sends("/settings/users/new", "/settings/users/new", &fields).await.expect(422);
            says(&page.html, &[told, &format!("value=\"{name}\""), &format!("value=\"{email}\""), "role=\"alert\"", "aria-invalid"]);
            assert_eq!(page.html.contains("name=\"protected\" value=\"on\" checked"), told != "already has this email.");
            assert!(!page.html.contains(password), "{}", page.html);
            if role == manager {
                says(&page.html, &["selected>Manager"]);
            }
        }
        assert_eq!(desk.bridge.counters(&desk.workspace).await.0, 2, "nobody but Root and {}", anna.id);
    }

    async fn the_list_is_searched_narrowed_and_paged(db) {
        let mut desk = Desk::new(db).await;
        let api = api(&desk).await;
        let scim = desk.scim().await;
        for n in 0..51 {
            scim.user(&format!("n{n:02}@acme.example")).await;
        }
        let anna = desk.person("anna@acme.example", "Anna Zoë", "Manager").await;
        let team = api.post("/teams", json!({"name": "Night", "assignment_strategy": "manual"})).await.expect(201).made();
        api.post(&format!("/teams/{team}/members"), json!({"user_id": anna.id, "role": "agent"})).await.expect(201);
        let html = desk.shows("/settings/users").await;
        says(&html, &["53 people", "Page 1 of 2", "page=2", "Anna Zoë", "Night", "data-live=\"users seats"]);
        assert_eq!(html.matches("name=\"user\"").count(), 50);
        let html = desk.shows("/settings/users?page=2").await;
        says(&html, &["Page 2 of 2", "root@acme.example", "Protected"]);
        assert_eq!(desk.browser.get("/settings/users?page=9").await.leads_to(), Some("/settings/users?page=2"));
        for (query, count) in [
            ("search=ZO%C3%8B".to_owned(), "1 person"),
            ("search=N1".to_owned(), "10 people"),
            (format!("role={}", role(&desk, "Manager").await), "1 person"),
            (format!("team={team}"), "1 person"),
            ("status=active".to_owned(), "53 people"),
            ("status=inactive".to_owned(), "0 people"),
            ("status=waiting".to_owned(), "0 people"),
            ("search=&role=&team=&status=".to_owned(), "53 people"),
        ] {
            let html = desk.shows(&format!("/settings/users?{query}")).await;
            assert!(html.contains(count), "{query}: {html}");
        }
        api.put(&format!("/users/{}", anna.id), json!({"is_active": false})).await.expect(200);
        says(&desk.shows("/settings/users?status=inactive").await, &["1 person", "Anna Zoë", "Inactive"]);
        says(&desk.shows("/settings/users?search=nobody").await, &["Nobody fits."]);
    }

    async fn an_edit_holds_at_once_and_a_stale_one_is_told(db) {
        let mut desk = Desk::new(db).await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await;
        let mut hers = desk.browser_of("anna@acme.example").await;
        hers.get("/settings/audit").await;
        let (at, manager) = (format!("/settings/users/{}/edit", anna.id), role(&desk, "Manager").await);
        let html = desk.shows(&at).await;
        says(&html, &["Nobody but you: it is changed here by hand.", "value=\"Anna\"", "value=\"anna@acme.example\""]);
        hers.get("/settings/seats").await.expect(403);
        let fields = [("full_name", "Anna Berg"), ("email", "berg@acme.example"), ("role", manager.as_str()), ("version", "1")];
        let page = desk.sends(&at, &at, &fields).await;
        let html = desk.shows(page.leads_to().unwrap()).await;
        says(&html, &["The changes are saved", "Anna Berg", "berg@acme.example", "<del>Agent</del>", "<ins>Manager</ins>", "Set by hand and pinned"]);
        hers.get("/settings/seats").await.expect(200);
        // Somebody else was quicker: what was typed is still there.
        let fields = [("full_name", "Anna Carr"), ("email", "carr@acme.example"), ("role", manager.as_str()), ("version", "1")];
        let page = desk.sends(&at, &at, &fields).await.expect(422);
        says(&page.html, &["It has changed in the meantime", "value=\"Anna Carr\"", "value=\"carr@acme.example\""]);
        let fields = [("full_name", "Anna Berg"), ("email", "root@acme.example"), ("role", manager.as_str()), ("version", "2")];
        desk.sends(&at, &at, &fields).await.expect(303);
        let page = desk.sends(&at, &at, &[("full_name", "Anna"), ("email", "x"), ("role", manager.as_str())]).await.expect(422);
        says(&page.html, &["This is no email address.", "value=\"x\""]);
        // The role can be left to the rules again, and pinned as it is.
        let who = format!("/settings/users/{}", anna.id);
        let page = desk.sends(&who, &format!("{who}/release"), &[("field", "role")]).await;
        says(&desk.shows(page.leads_to().unwrap()).await, &["It is given back.", "The default role", "Keep this role"]);
        let page = desk.sends(&who, &format!("{who}/pin-role"), &[]).await;
        says(&desk.shows(page.leads_to().unwrap()).await, &["The role is pinned", "Set by hand and pinned"]);
    }

    async fn what_a_provider_keeps_needs_a_tick_and_is_given_back(db) {
        let mut desk = Desk::new(db).await;
        let scim = desk.scim().await;
        let user = json!({"userName": "cleo@acme.example", "displayName": "Cleo", "externalId": "0oa1", "active": true,
            "emails": [{"value": "cleo@acme.example", "primary": true}]});
        let id = scim.post("/Users", user).await.expect(201).id();
        let (who, at) = (format!("/settings/users/{id}"), format!("/settings/users/{id}/edit"));
        says(&desk.shows(&who).await, &["The identity provider keeps it.", "identity provider", "0oa1"]);
        says(&desk.shows(&format!("{who}/edit")).await, &["It comes from the identity provider. To set it here, tick the box below"]);
        let agent = role(&desk, "Agent").await;
        let fields = [("full_name", "Cleo Carr"), ("email", "carr@acme.example"), ("role", agent.as_str())];
        let page = desk.sends(&at, &at, &fields).await.expect(422);
        says(&page.html, &["keeps this person", "Tick the box", "value=\"Cleo Carr\"", "value=\"carr@acme.example\""]);
        let page = desk.sends(&at, &at, &[&fields[..], &[("overrule", "on")]].concat()).await;
        let html = desk.shows(page.leads_to().unwrap()).await;
        says(&html, &["Set by hand by Root", "The identity provider says: Cleo", "Give it back to the provider", "Held by hand"]);
        scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "displayName", "value": "Cleopatra"}])).await.expect(200);
        says(&desk.shows(&who).await, &["<h1>Cleo Carr</h1>", "The identity provider says: Cleopatra"]);
        desk.sends(&who, &format!("{who}/release"), &[("field", "full_name")]).await.expect(303);
        desk.sends(&who, &format!("{who}/release"), &[("field", "email")]).await.expect(303);
        let html = desk.shows(&who).await;
        says(&html, &["<h1>Cleopatra</h1>"]);
        keeps_quiet(&html, &["Give it back to the provider"]);
        // Deactivated by hand: the provider is not told, and can't undo it; given back it decides again.
        says(&desk.shows(&format!("{who}/deactivate")).await, &["The identity provider is not told."]);
        desk.sends(&who, &format!("{who}/deactivate"), &[]).await.expect(303);
        scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": true}])).await.expect(200);
        says(&desk.shows(&who).await, &["The identity provider has them as active.", "Inactive"]);
        desk.sends(&who, &format!("{who}/release"), &[("field", "active")]).await.expect(303);
        says(&desk.shows(&who).await, &["<span class=\"tag good\">Active</span>"]);
        // And activated against it.
        scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": false}])).await.expect(200);
        let activate = format!("{who}/activate");
        says(&desk.shows(&activate).await, &["The identity provider has them as inactive."]);
        let page = desk.sends(&activate, &activate, &[]).await.expect(422);
        says(&page.html, &["Tick the box"]);
        let page = desk.sends(&activate, &activate, &[("overrule", "on")]).await;
        says(&desk.shows(page.leads_to().unwrap()).await, &["Active again"]);
        // And deleted against it.
        let delete = format!("{who}/delete");
        says(&desk.sends(&delete, &delete, &[]).await.expect(422).html, &["would make them anew"]);
        assert_eq!(desk.sends(&delete, &delete, &[("overrule", "on")]).await.leads_to(), Some("/settings/users?done=deleted"));
        desk.browser.get(&who).await.expect(404);
    }

    async fn deactivating_says_what_will_happen_and_then_it_does(db) {
        let mut desk = Desk::with(db, 3, SeatPolicy::Park).await;
        let anna = desk.person("anna@acme.example", "Anna", "Admin").await;
        desk.person("ben@acme.example", "Ben", "Agent").await;
        let wait = desk.person("wait@acme.example", "Wanda", "Agent").await;
        let (api, who) = (api(&desk).await, format!("/settings/users/{}", anna.id));
        conversation(&api, &anna.id.to_string()).await;
        conversation(&api, &anna.id.to_string()).await;
        desk.bridge.key(&desk.workspace, Some(anna.id), None).await;
        let mut hers = desk.browser_of("anna@acme.example").await;
        says(&desk.shows(&format!("/settings/users/{}", wait.id)).await, &["Waiting for a seat", "Activated by itself when a seat is free"]);
        let ask = format!("{who}/deactivate");
        let html = desk.shows(&ask).await;
        says(&html, &[
            "2 conversations become unassigned.", "1 session ends at once.", "1 API key that acts as them is revoked: test",
            "Their seat becomes free.", "Wanda waits for a seat and gets it.", "Deactivate Anna",
        ]);
        assert!(hers.is_in().await, "asking changes nothing");
        let page = desk.sends(&ask, &ask, &[]).await;
        let html = desk.shows(page.leads_to().unwrap()).await;
        says(&html, &["Deactivated: they are out everywhere", "Inactive", "0 assigned", "Deactivated by hand by Root"]);
        assert!(!hers.is_in().await);
        says(&desk.shows(&format!("/settings/users/{}", wait.id)).await, &["<span class=\"tag good\">Active</span>"]);
        says(&desk.shows(&ask).await, &["They are inactive already."]);
        assert_eq!(desk.bridge.counters(&desk.workspace).await, (3, 3, 0, 0));
    }

    async fn activating_takes_a_seat_or_does_what_the_policy_says(db) {
        let mut desk = Desk::with(db, 3, SeatPolicy::Reject).await;
        let anna = desk.person("anna@acme.example", "Anna", "Agent").await;
        let api = api(&desk).await;
        let (who, ask) = (format!("/settings/users/{}", anna.id), format!("/settings/users/{}/activate", anna.id));
        desk.sends(&who, &format!("{who}/deactivate"), &[]).await.expect(303);
        says(&desk.shows(&ask).await, &["1 of 3 seats are in use.", "2 are free: they take one."]);
        let page = desk.sends(&ask, &ask, &[]).await;
        says(&desk.shows(page.leads_to().unwrap()).await, &["Active again"]);
        desk.bridge.browser().log_in("anna@acme.example", PASSWORD).await.expect(303);
        desk.sends(&who, &format!("{who}/deactivate"), &[]).await.expect(303);
        desk.person("ben@acme.example", "Ben", "Agent").await;
        desk.person("cleo@acme.example", "Cleo", "Agent").await;
        let html = desk.shows(&ask).await;
        says(&html, &["3 of 3 seats are in use.", "the policy is to refuse"]);
        keeps_quiet(&html, &["<button>Activate Anna"]);
        let page = desk.sends(&ask, &ask, &[]).await.expect(422);
        says(&page.html, &["No seat is free", "3 of 3"]);
        api.put("/seats", json!({"policy": "park"})).await.expect(200);
        says(&desk.shows(&ask).await, &["None is free: they wait"]);
        let page = desk.sends(&ask, &ask, &[]).await;
        says(&desk.shows(page.leads_to().unwrap()).await, &["Waiting for a seat: they are activated by themselves", "Waiting for a seat"]);
        says(&desk.shows("/settings/users?status=waiting").await, &["1 person", "Anna"]);
        desk.sends(&who, &format!("{who}/deactivate"), &[]).await.expect(303);
        api.put("/seats", json!({"policy": "overage"})).await.expect(200);
        says(&desk.shows(&ask).await, &["None is free: they come in beyond the plan"]);
        desk.sends(&ask, &ask, &[]).await.expect(303);
        assert_eq!(desk.bridge.counters(&desk.workspace).await.0, 4);
        // A new one at the limit, under each policy.
        let agent = role(&desk, "Agent").await;
        for (policy, expected) in [("reject", "No seat is free"), ("park", "waits for a seat"), ("overage", "The user was created.")] {
            api.put("/seats", json!({"policy": policy})).await.expect(200);
            let email = format!("{policy}@acme.example");
            let fields = [("full_name", policy), ("email", email.as_str()), ("role", agent.as_str())];
            let page = desk.sends("/settings/users/new", "/settings/users/new", &fields).await;
            let html = match page.leads_to() {
                Some(to) => desk.shows(to).await,
                None => page.expect(422).html,
            };
            says(&html, &[expected]);
        }
    }

    async fn the_last_admin_is_refused_in_words(db) {
        let mut desk = Desk::new(db).await;
        let (who, agent) = (format!("/settings/users/{}", desk.root.id), role(&desk, "Agent").await);
        let told = "The last active Admin of a workspace";
        says(&desk.shows(&format!("{who}/deactivate")).await, &[told, "This is you"]);
        for act in ["deactivate", "delete"] {
            let page = desk.sends(&who, &format!("{who}/{act}"), &[]).await.expect(422);
            says(&page.html, &[told, "role=\"alert\""]);
        }
        let fields = [("full_name", "Root"), ("email", "root@acme.example"), ("role", agent.as_str())];
        says(&desk.sends(&who, &format!("{who}/edit"), &fields).await.expect(422).html, &[told]);
        desk.person("anna@acme.example", "Anna", "Admin").await;
        let page = desk.sends(&who, &format!("{who}/deactivate"), &[]).await.expect(422);
        says(&page.html, &["The last protected Admin of a workspace"]);
        // Where somebody may not look at the audit log the refusal stands all the same.
        says(&desk.shows(&who).await, &["Refused", "The last active Admin"]);
    }
}
