//! What stands around every page: the menu by permission, languages, what a role does not allow.

use serde_json::json;

use crate::desk::{Desk, is_safe};
use crate::support::on_both;

on_both! {
    async fn the_menu_shows_what_somebody_may_see_and_the_rest_is_barred(db) {
        let mut desk = Desk::new(db).await;
        desk.person("anna@acme.example", "Anna", "Agent").await;
        let html = desk.shows("/settings/health").await;
        assert!(html.contains("href=\"/settings/users\"") && html.contains("aria-current=\"page\">Health"), "{html}");
        let mut anna = desk.browser_of("anna@acme.example").await;
        let page = anna.get("/settings/health").await.expect(403);
        assert!(page.html.contains("health:read"), "{}", page.html);
        let mut nobody = desk.bridge.browser();
        assert_eq!(nobody.get("/settings/health").await.leads_to(), Some("/login?return_to=%2Fsettings%2Fhealth"));
    }

    async fn a_language_is_chosen_once_and_the_page_stays_the_same(db) {
        let mut desk = Desk::new(db).await;
        let page = desk.sends("/settings/health", "/language", &[("language", "de"), ("at", "/settings/health")]).await;
        assert_eq!(page.leads_to(), Some("/settings/health"));
        let html = desk.shows("/settings/health").await;
        assert!(html.contains("<html lang=\"de\">") && html.contains("Zugriffsprüfung"), "{html}");
        let elsewhere = [("language", "en"), ("at", "//evil.example/settings/")];
        assert_eq!(desk.sends("/settings/health", "/language", &elsewhere).await.leads_to(), Some("/"));
        assert!(desk.shows("/settings/health").await.contains("<html lang=\"en\">"));
        let page = desk.browser.with("accept-language", "de").get("/settings/health").await.expect(200);
        is_safe(&page);
        assert!(page.html.contains("<html lang=\"en\">"), "what somebody chose comes first");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_frame_is_seen_in_a_browser() {
    let desk = Desk::new(crate::support::Fresh::sqlite()).await;
    for (dark, language) in [(false, "en"), (true, "de")] {
        let steps = vec![json!({"goto": desk.url("/settings/health")}), json!({"shot": format!("frame-{language}")})];
        desk.plays(&format!("frame-account-{language}"), steps, json!({"dark": dark, "language": language})).await;
    }
}
