//! The audit log: filtered, paged and exported, proved to be whole, and kept as long as somebody says.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::presses::Presses;
use crate::support::{Fresh, on_both};

on_both! {
    async fn entries_are_filtered_and_show_each_value_before_and_after(db) {
        let mut desk = Desk::new(db).await;
        let api = desk.api().await;
        let team = api.post("/teams", json!({"name": "Support <b>"})).await.expect(201).made();
        api.put(&format!("/teams/{team}"), json!({"name": "Helpdesk", "is_active": false})).await.expect(200);
        let html = desk.shows("/settings/audit").await;
        assert!(html.contains("data-live=\"audit\"") && html.contains("team.updated") && html.contains(&format!("/settings/teams/{team}")), "{html}");
        let html = desk.shows("/settings/audit?action=team.updated").await;
        assert!(html.contains("<th scope=\"row\">Name</th><td data-label=\"Before\">Support &#60;b&#62;</td><td data-label=\"After\">Helpdesk</td>"), "{html}");
        assert!(html.contains("<th scope=\"row\">Active</th><td data-label=\"Before\">yes</td><td data-label=\"After\">no</td>") && !html.contains("team.created") && !html.contains("data-live=\"audit\""), "{html}");
        for (query, finds) in [
            ("action=team.*", true), ("action=role.*", false), ("actor=test", true), ("actor=nobody", false), ("subject=helpdesk", true),
            (&format!("subject={team}"), true), ("from=2999-01-01", false), ("to=2001-01-01", false), ("from=2001-01-01&to=2999-01-01", true),
        ] {
            let html = desk.shows(&format!("/settings/audit?{query}")).await;
            assert_eq!(html.contains("<code>team.updated</code>"), finds, "{query}: {html}");
        }
        let page = desk.browser.get("/settings/audit?from=yesterday").await.expect(422);
        assert!(page.html.contains("This day can") && page.html.contains("value=\"yesterday\""), "{}", page.html);
    }

    async fn actions_fields_and_ids_are_told_in_words_with_the_ids_in_the_details(db) {
        let mut desk = Desk::new(db).await;
        let api = desk.api().await;
        let (lead, team) = (api.role("Manager").await, api.post("/teams", json!({"name": "Night"})).await.expect(201).made());
        let anna = desk.scim().await.user("anna").await;
        let group = desk.scim().await.group("Support", &[&anna]).await;
        let rule = json!({"group_id": group, "role_id": lead, "priority": 7, "teams": [{"team_id": team}]});
        let rule = api.post("/rules", rule).await.expect(201).made();
        let html = desk.shows("/settings/audit?action=rule.*").await;
        for word in ["Rule created", "<code>rule.created</code>", "<th scope=\"row\">Priority</th>", "<th scope=\"row\">Teams</th>", "Night"] {
            assert!(html.contains(word), "{word}: {html}");
        }
        // Each id stands once, after its name, and nowhere in place of one.
        for (name, id) in [("Support", &group), ("Night", &team), ("Support", &rule)] {
            assert!(html.contains(&format!("{name} <code class=\"id\">{id}</code>")), "{name}: {html}");
        }
        assert_eq!(html.matches(team.as_str()).count(), 1, "{html}");
        let html = desk.shows("/settings/audit?action=user.*").await;
        assert!(html.contains("Person – role changed") && html.contains("Person – teams changed") && html.contains("Night"), "{html}");
        // What is refused by id has its name all the same, and what nobody has words for stands as it is.
        api.delete(&format!("/roles/{lead}")).await.refused(400, "invalid");
        api.put(&format!("/users/{}", desk.root.id), json!({"is_active": false})).await.refused(409, "last_admin");
        let html = desk.shows("/settings/audit?action=user.update.refused").await;
        assert!(html.contains("Person refused") && html.contains(">Root</a>"), "{html}");
        let mut german = desk.browser.with("accept-language", "de");
        let html = german.get("/settings/audit?action=rule.*").await.expect(200).html;
        assert!(html.contains("Regel angelegt") && html.contains("<th scope=\"row\">Priorität</th>"), "{html}");
    }

    async fn pages_go_on_where_the_last_one_ended_while_the_log_grows(db) {
        let mut desk = Desk::new(db).await;
        let api = desk.api().await;
        for n in 0..60 {
            api.post("/teams", json!({"name": format!("Team {n:02}")})).await.expect(201);
        }
        let link = |html: &str, rel: &str| html.split(&format!("rel=\"{rel}\" href=\"")).nth(1).map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
        let names = |html: &str| (0..70).filter(|n| html.contains(&format!(">Team {n:02}</a>"))).collect::<Vec<usize>>();
        let first = desk.shows("/settings/audit?action=team.created").await;
        assert_eq!((names(&first), link(&first, "prev")), ((35..60).collect(), None));
        api.post("/teams", json!({"name": "Team 60"})).await.expect(201);
        let second = desk.shows(&link(&first, "next").unwrap()).await;
        assert_eq!(names(&second), (10..35).collect::<Vec<_>>());
        let third = desk.shows(&link(&second, "next").unwrap()).await;
        assert_eq!((names(&third), link(&third, "next")), ((0..10).collect(), None));
        let again = desk.shows(&link(&third, "prev").unwrap()).await;
        assert_eq!(names(&again), (10..35).collect::<Vec<_>>());
        assert_eq!(names(&desk.shows(&link(&again, "prev").unwrap()).await), (35..60).collect::<Vec<_>>());
    }

    async fn what_is_filtered_is_exported_and_the_chain_is_verified(db) {
        let mut desk = Desk::new(db).await;
        desk.api().await.post("/teams", json!({"name": "=Support"})).await.expect(201);
        let csv = desk.browser.get("/settings/audit/export?format=csv&action=team.*").await.expect(200);
        assert_eq!(csv.answer.header("content-disposition"), Some("attachment; filename=\"audit-log.csv\""));
        assert!(csv.html.starts_with("number,at,") && csv.html.lines().count() == 2 && csv.html.contains(",'=Support,"), "{}", csv.html);
        let jsonl = desk.browser.get("/settings/audit/export?format=jsonl").await.expect(200);
        let lines: Vec<Value> = jsonl.html.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.len() > 3 && lines.iter().any(|line| line["action"] == "team.created"));
        desk.browser.get("/settings/audit/export?from=never").await.expect(422);
        assert!(!desk.shows("/settings/audit/proof").await.contains("The log is whole"));
        let html = desk.sends("/settings/audit/proof", "/settings/audit/verify", &[]).await.expect(200).html;
        assert!(html.contains("The log is whole: ") && html.contains("id=\"head\""), "{html}");
        desk.sends("/settings/audit/proof", "/settings/audit/retention", &[("keep", "some"), ("days", "400")]).await.expect(303);
        let html = desk.shows("/settings/audit/proof?done=kept").await;
        assert!(html.contains("value=\"400\"") && html.contains("kept that long from now on"), "{html}");
        for days in ["", "0", "soon", "99999999"] {
            let page = desk.sends("/settings/audit/proof", "/settings/audit/retention", &[("keep", "some"), ("days", days)]).await.expect(422);
            assert!(page.html.contains(&format!("value=\"{days}\"")), "{}", page.html);
        }
        desk.sends("/settings/audit/proof", "/settings/audit/retention", &[("keep", "all"), ("days", "")]).await.expect(303);
        assert!(desk.shows("/settings/audit/proof").await.contains("value=\"all\" checked"));
    }

    async fn what_goes_from_the_log_at_once_is_said_before_it_is_kept_for_a_shorter_time(db) {
        let mut desk = Desk::new(db).await;
        let [old] = desk.bridge.counts(&["SELECT count(*) AS n FROM audit_log WHERE number IS NOT NULL"]).await[..] else { panic!() };
        desk.bridge.later(TimeDelta::days(40));
        desk.browser.log_in("root@acme.example", crate::desk::PASSWORD).await.expect(303);
        let (at, to) = ("/settings/audit/proof", "/settings/audit/retention");
        let told = format!("{old} entries are older and are deleted within the hour.");
        let page = desk.sends(at, to, &[("keep", "some"), ("days", "30")]).await.expect(200);
        assert!(old > 1 && page.html.contains(&told) && page.html.contains(&format!("Save, and delete {old} entries")), "{}", page.html);
        assert!(desk.shows(at).await.contains("value=\"all\" checked"), "nothing is done yet");
        // What is kept for longer than anything is old needs no look.
        desk.sends(at, to, &[("keep", "some"), ("days", "300")]).await.expect(303);
        let page = desk.sends(at, to, &[("keep", "some"), ("days", "30")]).await.expect(200);
        // What the look was made of changed meanwhile.
        let seen = page.hidden("seen").unwrap();
        desk.api().await.put("/audit/retention", json!({"days": 299})).await.expect(200);
        let proof = desk.browser.get(at).await.hidden("form").unwrap();
        let fields = [("form", proof.as_str()), ("keep", "some"), ("days", "30"), ("step", "save"), ("seen", seen.as_str())];
        let page = desk.browser.raw(to, &fields).await.expect(422);
        assert!(page.html.contains("<dd>299</dd>") && page.html.contains("value=\"30\""), "{}", page.html);
        desk.sends(at, to, &[("keep", "some"), ("days", "30"), ("step", "save")]).await.expect(303);
        let app = &desk.bridge.app;
        let gone = aisoule_bridge::worker::audit::prune(&app.store, &app.commands, app.clock.now()).await.unwrap();
        assert_eq!(i64::try_from(gone).unwrap(), old);
        // What is kept longer than it was deletes nothing.
        desk.sends(at, to, &[("keep", "some"), ("days", "60")]).await.expect(303);
        desk.sends(at, to, &[("keep", "all"), ("days", "")]).await.expect(303);
        // Nor does anything go that is gone already.
        desk.sends(at, to, &[("keep", "some"), ("days", "30")]).await.expect(303);
    }

    async fn who_may_not_read_the_log_does_not_and_nobody_reads_anothers(db) {
        let mut desk = Desk::new(db).await;
        let other = desk.bridge.workspace("Other", 5, aisoule_bridge::domain::seat::SeatPolicy::Reject).await;
        desk.bridge.admin(&other).await.post("/teams", json!({"name": "Secret team"})).await.expect(201);
        assert!(!desk.shows("/settings/audit?action=team.*").await.contains("Secret team"));
        let all = desk.browser.get("/settings/audit/export?format=jsonl").await.expect(200);
        assert!(!all.html.contains("Secret team"));
        desk.person("mia@acme.example", "Mia", "Manager").await;
        let mut mia = desk.browser_of("mia@acme.example").await;
        for path in ["/settings/audit", "/settings/audit/export", "/settings/audit/proof"] {
            mia.get(path).await.expect(403);
        }
        desk.api().await.post("/roles", json!({"name": "Auditor", "permissions": ["audit:read"]})).await.expect(201);
        desk.person("ute@acme.example", "Ute", "Auditor").await;
        let mut ute = desk.browser_of("ute@acme.example").await;
        assert!(!ute.get("/settings/audit/proof").await.expect(200).html.contains("/settings/audit/retention"));
        ute.post("/settings/audit", "/settings/audit/retention", &[("keep", "some"), ("days", "1")]).await.expect(403);
    }
}

pub const PRESSES: Presses = &["/settings/audit?action", "/settings/audit/verify", "/settings/audit/retention"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_read_in_a_browser() {
    let desk = Desk::new(Fresh::sqlite()).await;
    let (api, scim) = (desk.api().await, desk.scim().await);
    let anna = scim.user("anna").await;
    let group = scim.group("Support", &[&anna]).await;
    let manager = api.role("Manager").await;
    api.post("/rules", json!({"group_id": group, "role_id": manager, "priority": 3})).await.expect(201);
    let steps = vec![
        json!({"goto": desk.url("/settings/audit")}),
        json!({"shot": "audit-list"}),
        json!({"fill": ["#action", "rule.*"]}),
        json!({"press": "Enter"}),
        json!({"expect": "Show everything"}),
        json!({"expect": "rule.created"}),
        json!({"shot": "audit-filtered"}),
        json!({"click": "text=Show everything"}),
        json!({"click": "text=Proof and retention"}),
        json!({"click": "text=Verify now"}),
        json!({"expect": "The log is whole"}),
        json!({"check": "#keep-some"}),
        json!({"fill": ["#days", "365"]}),
        json!({"shot": "audit-proof"}),
        json!({"click": "main form button:not(.quiet)"}),
        json!({"expect": "Saved: entries are kept that long from now on."}),
    ];
    desk.plays("audit-end", steps, json!({})).await;
    // What goes at once where it is kept for a shorter time is looked at first.
    desk.bridge.later(TimeDelta::days(45));
    let steps = vec![
        json!({"goto": desk.url("/settings/audit/proof")}),
        json!({"fill": ["#days", "30"]}),
        json!({"click": "form:has(#days) button"}),
        json!({"expect": "are deleted within the hour."}),
        json!({"shot": "audit-retention"}),
        json!({"click": "button.danger"}),
        json!({"expect": "Saved: entries are kept that long from now on."}),
    ];
    desk.plays("audit-retention-end", steps, json!({})).await;
    let steps = vec![json!({"goto": desk.url("/settings/audit")}), json!({"shot": "audit-list-de"})];
    desk.plays("audit-end-de", steps, json!({"dark": true, "language": "de"})).await;
    desk.pressed(PRESSES);
}
