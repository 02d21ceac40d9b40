//! Lists: pages by index and by cursor, order, totals, the root search.

use std::collections::HashSet;

use aisoule_bridge::domain::access::{Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Scim, on_both};

async fn walk(scim: &Scim, path: &str) -> (Vec<String>, usize) {
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = scim.get(&format!("{path}&cursor={cursor}")).await.expect(200);
        seen.extend(page.all("userName"));
        pages += 1;
        match page.json["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return (seen, pages),
        }
    }
}

on_both! {
    // Row C18.
    async fn pages_by_index_are_cut_where_the_standard_says(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for i in 0..7 {
            scim.user(&format!("u{i}")).await;
        }
        for (query, start, items) in [("", 1, 7), ("?startIndex=3&count=2", 3, 2), ("?startIndex=0&count=3", 1, 3), ("?startIndex=-5&count=1", 1, 1), ("?count=0", 1, 0), ("?count=-1", 1, 0),
            ("?startIndex=8", 8, 0), ("?startIndex=9223372036854775808", i64::MAX, 0), ("?count=1000000000", 1, 7), ("?startindex=7&COUNT=5", 7, 1)] {
            let page = scim.get(&format!("/Users{query}")).await.expect(200).json;
            assert_eq!((&page["totalResults"], &page["startIndex"], &page["itemsPerPage"]), (&json!(7), &json!(start), &json!(items)), "{query}");
            assert_eq!(page["Resources"].as_array().unwrap().len(), items, "{query}");
        }
        for bad in ["?startIndex=a", "?count=1.5", "?count=x", "?startIndex=1&startIndex=2"] {
            scim.get(&format!("/Users{bad}")).await.expect_error(400, Some("invalidValue"));
        }
        let found = scim.find("/Users", "userName sw \"u\"", "&startIndex=2&count=3").await.expect(200);
        assert_eq!((found.all("userName"), &found.json["totalResults"]), (vec!["u1".to_owned(), "u2".into(), "u3".into()], &json!(7)));
        assert_eq!(scim.find("/Users", "userName sw \"u\"", "&startIndex=50").await.json["totalResults"], 7);
    }

    async fn lists_are_sorted_and_who_has_no_value_comes_last(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for (name, title, email) in [("b", Some("Élan"), "z@x"), ("a", None, "y@x"), ("c", Some("zoo"), "x@x"), ("d", Some("Ant"), "w@x")] {
            let emails = json!([{"value": format!("0{email}")}, {"value": email, "primary": true}]);
            scim.post("/Users", json!({"userName": name, "title": title, "emails": emails})).await.expect(201);
        }
        for (by, ascending) in [("userName", "abcd"), ("title", "dcba"), ("emails", "dcab"), ("emails.value", "dcab"), ("meta.created", "bacd"), ("id", "bacd"), ("", "bacd"), ("name.familyName", "bacd")] {
            assert_eq!(scim.get(&format!("/Users?sortBy={by}")).await.expect(200).all("userName").concat(), ascending, "{by}");
            let (walked, pages) = walk(&scim, &format!("/Users?sortBy={by}&count=1")).await;
            assert_eq!((walked.concat().as_str(), pages), (ascending, 4), "{by}");
            if !by.is_empty() {
                let backwards: String = ascending.chars().rev().collect();
                assert_eq!(scim.get(&format!("/Users?sortBy={by}&sortOrder=descending")).await.expect(200).all("userName").concat(), backwards, "{by}");
                assert_eq!(walk(&scim, &format!("/Users?sortBy={by}&sortOrder=descending&count=3")).await.0.concat(), backwards, "{by}");
            }
        }
        for bad in ["password", "nonsense", "token_hash", "groups"] {
            scim.get(&format!("/Users?sortBy={bad}")).await.expect_error(400, Some("invalidPath"));
        }
        scim.get("/Users?sortBy=userName&sortOrder=up").await.expect_error(400, Some("invalidValue"));
    }

    async fn a_walk_by_cursor_misses_nobody_while_others_write(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let mut there = Vec::new();
        for i in 0..60 {
            there.push((format!("s{i:02}"), scim.user(&format!("s{i:02}")).await));
        }
        let doomed: Vec<String> = there.iter().skip(1).step_by(3).map(|(_, id)| id.clone()).collect();
        let writer = { let scim = scim.clone(); tokio::spawn(async move {
            for (i, id) in doomed.iter().enumerate() {
                scim.user(&format!("n{i:02}")).await;
                scim.delete(&format!("/Users/{id}")).await.expect(204);
                scim.patch(&format!("/Users/{id}"), json!([{"op": "add", "path": "title", "value": "x"}])).await.expect_error(404, None);
            }
        }) };
        for path in ["/Users?count=7", "/Users?count=7&sortBy=userName", "/Users?count=7&sortBy=title"] {
            let (seen, _) = walk(&scim, path).await;
            let unique: HashSet<&String> = seen.iter().collect();
            assert_eq!(unique.len(), seen.len(), "{path}: somebody came twice");
            let missed: Vec<&String> = there.iter().enumerate().filter(|(i, _)| i % 3 != 1).map(|(_, (name, _))| name).filter(|name| !unique.contains(name)).collect();
            assert!(missed.is_empty(), "{path}: {missed:?}");
        }
        writer.await.unwrap();
    }

    // Row C19.
    async fn a_walk_sees_everybody_once_through_a_thousand_writes(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let mut there = HashSet::new();
        for i in 0..150 {
            there.insert(scim.user(&format!("s{i:03}")).await);
        }
        let stable: Vec<String> = there.iter().cloned().collect();
        let hands: Vec<_> = (0..4).map(|hand| { let (scim, stable) = (scim.clone(), stable.clone()); tokio::spawn(async move {
            for i in 0..84 {
                let id = scim.user(&format!("a{hand}-{i}")).await;
                scim.patch(&format!("/Users/{}", stable[(hand * 37 + i) % stable.len()]), json!([{"op": "replace", "path": "title", "value": format!("{hand} {i}")}])).await.expect(200);
                if i % 2 == 0 { scim.delete(&format!("/Users/{id}")).await.expect(204); } else { scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "userName", "value": format!("z{hand}-{i}")}])).await.expect(200); }
            }
        }) }).collect();
        let mut walks = 0;
        while walks < 3 || hands.iter().any(|hand| !hand.is_finished()) {
            for path in ["/Users?count=13", "/Users?count=13&sortBy=userName", "/Users?count=29&sortBy=meta.created&sortOrder=descending"] {
                let (mut seen, mut cursor) = (Vec::new(), String::new());
                loop {
                    let page = scim.get(&format!("{path}&cursor={cursor}")).await.expect(200);
                    seen.extend(page.all("id"));
                    match page.json["nextCursor"].as_str() { Some(next) => cursor = next.to_owned(), None => break }
                }
                let unique: HashSet<&String> = seen.iter().collect();
                assert!(there.iter().all(|id| unique.contains(id)), "{path}: somebody was missed");
                // Whoever is renamed on the way may stand on both sides of it; nobody else may.
                let twice = seen.iter().filter(|id| there.contains(*id)).count();
                assert_eq!(twice, there.len(), "{path}: somebody came twice");
            }
            walks += 1;
        }
        for hand in hands {
            hand.await.unwrap();
        }
    }

    // Row C18.
    async fn a_cursor_is_good_for_its_own_query_in_its_own_workspace_for_an_hour(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for i in 0..5 {
            scim.user(&format!("u{i}")).await;
        }
        let first = scim.get("/Users?cursor=&count=2").await.expect(200).json;
        assert_eq!((first.get("startIndex"), &first["itemsPerPage"], &first["totalResults"]), (None, &json!(2), &json!(5)));
        let cursor = first["nextCursor"].as_str().unwrap().to_owned();
        let other = bridge.workspace("Other", 5, SeatPolicy::Reject).await;
        let stranger = bridge.client(&bridge.token(&other, Scope::Read, Dialect::Compat).await);
        stranger.get(&format!("/Users?cursor={cursor}")).await.expect_error(400, Some("invalidCursor"));
        for query in [format!("/Groups?cursor={cursor}"), format!("/Users?cursor={cursor}&sortBy=userName"), format!("/Users?cursor={cursor}&filter=active%20eq%20true"), format!("/Users?cursor={cursor}x"),
            "/Users?cursor=AAAA".into(), "/Users?cursor=1%20OR%201=1".into(), format!("/Users?cursor={cursor}&startIndex=1")] {
            scim.get(&query).await.expect_error(400, Some("invalidCursor"));
        }
        scim.get("/Users?cursor=&count=100000").await.expect_error(400, Some("invalidCount"));
        assert_eq!(scim.get(&format!("/Users?cursor={cursor}&count=10")).await.expect(200).all("userName"), ["u2", "u3", "u4"]);
        bridge.later(TimeDelta::minutes(61));
        scim.get(&format!("/Users?cursor={cursor}")).await.expect_error(400, Some("expiredCursor"));
    }

    // RFC 7644 §3.4.2.1, §3.4.2.3.
    async fn the_root_is_sorted_over_both_kinds(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for body in [json!({"userName": "b", "displayName": "beta"}), json!({"userName": "a", "displayName": "Delta", "externalId": "x1"}), json!({"userName": "c"})] {
            scim.post("/Users", body).await.expect(201);
        }
        for body in [json!({"displayName": "Gamma", "externalId": "w1"}), json!({"displayName": "alpha"})] {
            scim.post("/Groups", body).await.expect(201);
        }
        scim.post("/Users", json!({"userName": "d", "displayName": "Zeta", "externalId": "a0", "title": "T"})).await.expect(201);
        let names = |page: &Value| page["Resources"].as_array().unwrap().iter().map(|one| one.get("userName").unwrap_or(&one["displayName"]).as_str().unwrap().to_owned()).collect::<Vec<_>>();
        for (by, ascending) in [
            ("displayName", "alpha b a Gamma d c"), ("userName", "a b c d Gamma alpha"), ("externalId", "d Gamma a b c alpha"), ("meta.created", "b a c Gamma alpha d"),
            ("meta.resourceType", "Gamma alpha b a c d"), ("title", "d b a c Gamma alpha"), ("id", "b a c Gamma alpha d"),
        ] {
            let expected: Vec<&str> = ascending.split(' ').collect();
            let backwards: Vec<&str> = expected.iter().rev().copied().collect();
            for (order, expected) in [("ascending", &expected), ("descending", &backwards)] {
                let page = scim.get(&format!("?sortBy={by}&sortOrder={order}")).await.expect(200).json;
                assert_eq!((&names(&page), &page["totalResults"]), (&expected.iter().map(ToString::to_string).collect(), &json!(6)), "{by} {order}");
                let search = json!({"sortBy": by, "sortOrder": order, "startIndex": 1, "count": 200});
                assert_eq!(scim.post("/.search", search).await.expect(200).json["Resources"], page["Resources"], "{by} {order}");
                for count in [1, 2, 4] {
                    let mut walked = Vec::new();
                    for start in (1..=6).step_by(count) {
                        let part = scim.get(&format!("?sortBy={by}&sortOrder={order}&startIndex={start}&count={count}")).await.expect(200).json;
                        assert_eq!((&part["totalResults"], &part["startIndex"]), (&json!(6), &json!(start)));
                        walked.extend(names(&part));
                    }
                    assert_eq!(&walked, expected, "{by} {order} by {count}");
                }
            }
        }
        let found = async |filter: &str, rest: &str| names(&scim.find("", filter, rest).await.expect(200).json);
        assert_eq!(found("displayName co \"et\"", "&sortBy=displayName&sortOrder=descending").await, ["d", "b"]);
        assert_eq!(found("userName pr", "&sortBy=displayName").await, ["b", "a", "d", "c"]);
        assert_eq!(found("meta.resourceType eq \"Group\"", "&sortBy=userName").await, ["Gamma", "alpha"]);
        assert_eq!(scim.get("?sortBy=userName&startIndex=7").await.expect(200).json["totalResults"], 6);
        assert!(names(&scim.get("?sortBy=userName&count=0").await.expect(200).json).is_empty());
        for bad in ["nonsense", "password", "members", "groups"] {
            scim.get(&format!("?sortBy={bad}")).await.expect_error(400, Some("invalidPath"));
            scim.post("/.search", json!({"sortBy": bad})).await.expect_error(400, Some("invalidPath"));
        }
        scim.get("?sortBy=userName&cursor=").await.expect_error(400, Some("invalidCursor"));
    }

    async fn every_cursor_that_is_given_works_however_long_the_values_are(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let photo = |end: &str| { let start = "https://x/"; json!([{"value": format!("{start}{}{end}", "p".repeat(16_384 - start.len() - end.len()))}]) };
        let title = |start: &str| format!("{start}{}", "漢".repeat(4_095));
        for (name, photos, title, external) in [
            ("a", photo("z"), title("b"), "\u{1}".repeat(1_536)), ("b", photo("a"), title("b"), "\u{2}".repeat(1_536)), ("c", json!([{"value": "https://a"}]), title("a"), "x".to_owned()),
            ("d", json!([]), "\u{1}".repeat(4_096), "y".to_owned()),
        ] {
            scim.post("/Users", json!({"userName": name, "photos": photos, "title": title, "externalId": external, "addresses": [{"formatted": title}]})).await.expect(201);
        }
        for (by, ascending) in [("photos", "cabd"), ("photos.value", "cabd"), ("title", "dcab"), ("addresses.formatted", "dcab"), ("externalId", "abcd"), ("userName", "abcd")] {
            for (order, expected) in [("ascending", ascending.to_owned()), ("descending", ascending.chars().rev().collect())] {
                assert_eq!(walk(&scim, &format!("/Users?sortBy={by}&sortOrder={order}&count=1&attributes=userName")).await.0.concat(), expected, "{by} {order}");
                assert_eq!(scim.get(&format!("/Users?sortBy={by}&sortOrder={order}")).await.expect(200).all("userName").concat(), expected, "{by} {order}");
            }
        }
        let first = scim.get("/Users?sortBy=title&count=2&cursor=").await.expect(200).json["nextCursor"].clone();
        let next = scim.post("/Users/.search", json!({"sortBy": "title", "count": 2, "cursor": first})).await.expect(200);
        assert_eq!(next.all("userName"), ["a", "b"]);
    }

    async fn a_search_by_post_is_the_same_as_by_get_and_the_root_searches_everything(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let anna = scim.post("/Users", json!({"userName": "anna", "displayName": "Anna"})).await.expect(201).id();
        scim.user("ben").await;
        scim.group("Anna", &[&anna]).await;
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"anna\"", "attributes": ["userName"], "count": 5});
        let posted = scim.post("/Users/.search", body).await.expect(200).json;
        assert_eq!(posted, scim.find("/Users", "userName eq \"anna\"", "&attributes=userName&count=5").await.json);
        assert_eq!(scim.post("/Groups/.search", json!({"filter": "displayName eq \"anna\""})).await.expect(200).json["totalResults"], 1);
        for (filter, total) in [("displayName eq \"anna\"", 2), ("userName pr", 2), ("members pr", 1), ("meta.resourceType eq \"User\"", 2), ("id pr", 3)] {
            let found = scim.post("/.search", json!({"filter": filter})).await.expect(200).json;
            assert_eq!(found["totalResults"], total, "{filter}");
            assert_eq!(found["Resources"].as_array().unwrap().len(), total, "{filter}");
        }
        let kinds = |page: Value| page["Resources"].as_array().unwrap().iter().map(|one| one["meta"]["resourceType"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(kinds(scim.get("?startIndex=2&count=2").await.expect(200).json), ["User", "Group"]);
        assert_eq!(kinds(scim.get("?startIndex=3").await.expect(200).json), ["Group"]);
        scim.post("/.search", json!({"filter": "nonsense pr"})).await.expect_error(400, Some("invalidFilter"));
    }
}
