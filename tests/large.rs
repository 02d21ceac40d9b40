//! Groups of many thousand members, and requests that try to cost more than they should.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::many::{id, join, people, roomy};
use crate::support::on_both;

fn add(ids: impl IntoIterator<Item = String>) -> Value {
    let members: Vec<Value> = ids.into_iter().map(|id| json!({"value": id})).collect();
    json!([{"op": "add", "path": "members", "value": members}])
}

on_both! {
    // Row C41, and the answer to a PATCH of a group of 100,000.
    async fn a_group_of_a_hundred_thousand_answers_a_patch_without_its_members(db) {
        let on = db.on;
        let bridge = db.bridge().await;
        let (workspace, scim) = roomy(&bridge).await;
        people(&bridge, on, &scim, 100_000).await;
        let path = format!("/Groups/{}", scim.group("Everybody", &[]).await);
        join(&bridge, on, path.rsplit('/').next().unwrap(), 99_998).await;
        let started = Instant::now();
        let answer = scim.patch(&path, add([id(99_998)])).await.expect(200);
        let took = started.elapsed();
        assert!(answer.bytes.len() < 1_000 && answer.json.get("members").is_none() && took < Duration::from_secs(5), "{} bytes, {took:?}", answer.bytes.len());
        for (query, prefer, status) in [("?excludedAttributes=members", "", 200), ("", "return=minimal", 204), ("", "respond-async, return=minimal", 204), ("", "return=\"minimal\"; x=1", 204), ("", "return=representation", 200), ("?attributes=displayName", "", 200)] {
            let answer = scim.with("prefer", prefer).patch(&format!("{path}{query}"), json!([{"op": "replace", "path": "displayName", "value": format!("{query}{prefer}x")}])).await.expect(status);
            assert!(answer.bytes.len() < 1_000 && answer.json.get("members").is_none(), "{query} {prefer}");
            assert!(status != 204 || answer.bytes.is_empty() && answer.header("etag").is_some(), "{prefer}");
        }
        let started = Instant::now();
        let quiet = scim.get(&format!("{path}?excludedAttributes=members")).await.expect(200);
        assert!(quiet.bytes.len() < 1_000 && started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        let found = scim.find("/Groups", &format!("members[value eq \"{}\"]", id(77_777)), "&excludedAttributes=members").await.expect(200);
        assert_eq!((&found.json["totalResults"], found.bytes.len() < 2_000), (&json!(1), true));
        scim.patch(&path, json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", id(99_998))}])).await.expect(200);
        let whole = scim.get(&path).await.expect(200);
        assert_eq!(whole.json["members"].as_array().unwrap().len(), 99_998);
        assert_eq!(scim.get(&format!("/Users/{}", id(5))).await.expect(200).json["groups"][0]["display"].as_str().map(|name| name.ends_with('x')), Some(true));
        assert_eq!(bridge.counters(&workspace).await, (100_001, 100_001, 1, 0));
    }

    // Row C41.
    async fn a_group_of_fifty_thousand_is_read_whole(db) {
        let on = db.on;
        let bridge = db.bridge().await;
        let (_, scim) = roomy(&bridge).await;
        people(&bridge, on, &scim, 50_000).await;
        let group = scim.group("Many", &[]).await;
        join(&bridge, on, &group, 50_000).await;
        let started = Instant::now();
        let whole = scim.get(&format!("/Groups/{group}")).await.expect(200);
        assert_eq!(whole.json["members"].as_array().unwrap().len(), 50_000);
        assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
        // Ids that dangle, oneself, and a circle that goes through the large group.
        let path = format!("/Groups/{group}");
        scim.patch(&path, add(["00000000-0000-7000-8000-000000000000".to_owned()])).await.expect_error(400, Some("invalidValue"));
        scim.patch(&path, add([group.clone()])).await.expect_error(400, Some("invalidValue"));
        let (b, c) = (scim.group("B", &[&group]).await, scim.group("C", &[]).await);
        scim.patch(&format!("/Groups/{c}"), add([b.clone()])).await.expect(200);
        scim.patch(&path, add([c])).await.expect(200);
        let user = scim.get(&format!("/Users/{}", id(7))).await.expect(200).json;
        assert_eq!(user["groups"].as_array().unwrap().len(), 3);
    }

    // Row C21.
    async fn a_patch_costs_what_it_changes_and_has_bounds_that_are_told(db) {
        let on = db.on;
        let bridge = db.bridge().await;
        let (_, scim) = roomy(&bridge).await;
        let most = scim.get("/ServiceProviderConfig").await.expect(200).json["bulk"]["maxOperations"].as_u64().unwrap();
        people(&bridge, on, &scim, 10_000).await;
        let path = format!("/Groups/{}", scim.group("g", &[]).await);
        // The bound on operations is the one that is told for Bulk.
        let one = json!({"op": "add", "path": "members", "value": [{"value": id(1)}]});
        let operations = |count: u64| json!(vec![one.clone(); usize::try_from(count).unwrap()]);
        scim.patch(&path, operations(most)).await.expect(200);
        let refused = scim.patch(&path, operations(most + 1)).await.expect_error(413, None);
        assert!(refused.json["detail"].as_str().unwrap().contains(&most.to_string()));
        // Ten thousand at once. A machine that is busy with other tests may say so.
        let started = Instant::now();
        while scim.patch(&path, add((0..10_000).map(id))).await.status == 503 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let took = started.elapsed();
        println!("ten thousand members: {took:?}");
        assert!(took < Duration::from_secs(60), "{took:?}");
        assert_eq!(scim.get(&path).await.json["members"].as_array().unwrap().len(), 10_000);
        // The same one five thousand times, in one value and by turns.
        scim.patch(&path, add((0..5_000).map(|_| id(3)))).await.expect(200);
        let (come, go) = (json!({"op": "add", "path": "members", "value": [{"value": id(9)}]}), json!({"op": "remove", "path": format!("members[value eq \"{}\"]", id(9))}));
        let turns: Vec<Value> = (0..1_000).map(|i| if i % 2 == 0 { go.clone() } else { come.clone() }).collect();
        let version = scim.get(&format!("{path}?excludedAttributes=members")).await.json["meta"]["version"].clone();
        let started = Instant::now();
        for _ in 0..5 {
            scim.patch(&path, json!(turns)).await.expect(200);
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
        let after = scim.get(&path).await.expect(200).json;
        assert_eq!((after["members"].as_array().unwrap().len(), &after["meta"]["version"]), (10_000, &version), "what undoes itself is no change");
        // Filters that have to be tried on everybody are few; those that name somebody are not counted.
        let tried = |count: usize| json!(vec![json!({"op": "remove", "path": "members[display sw \"nobody\"]"}); count]);
        scim.patch(&path, tried(10)).await.expect(200);
        scim.patch(&path, tried(11)).await.expect_error(413, None);
        // A filter within a path can be nested as deep as any, and no deeper.
        let nested = |depth: usize| json!([{"op": "remove", "path": format!("members[{}value eq \"x\"{}]", "(".repeat(depth), ")".repeat(depth))}]);
        scim.patch(&path, nested(20)).await.expect(200);
        scim.patch(&path, nested(40)).await.expect_error(400, Some("invalidFilter"));
    }

    // Row C21: what a megabyte of operations costs on one user, and a megabyte of references in Bulk.
    async fn a_body_full_of_work_is_done_or_refused_within_moments(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = format!("/Users/{}", scim.user("u").await);
        let emails = |from: usize| json!({"op": "add", "path": "phoneNumbers", "value": (from..from + 100).map(|i| json!({"value": i.to_string()})).collect::<Vec<_>>()});
        let growing: Vec<Value> = (0..500).map(|i| emails(i * 100)).collect();
        let mut started = Instant::now();
        let mut within = |what: &str| {
            assert!(started.elapsed() < Duration::from_secs(60), "{what}: {:?}", started.elapsed());
            println!("{what}: {:?}", started.elapsed());
            started = Instant::now();
        };
        scim.patch(&path, json!(growing)).await.expect_error(400, Some("invalidValue"));
        scim.patch(&path, json!([emails(0)])).await.expect(200);
        within("a list that grows");
        let selected = format!("phoneNumbers[{}].display", vec!["value eq \"x\""; 40].join(" or "));
        let selecting: Vec<Value> = (0..1_000).map(|_| json!({"op": "remove", "path": selected})).collect();
        scim.patch(&path, json!(selecting)).await.expect(200);
        within("filters over a list");
        let references: Vec<Value> = (0..40_000).map(|i| json!({"value": format!("bulkId:{i}")})).collect();
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [{"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"displayName": "g", "members": references}}]});
        assert_eq!(scim.post("/Bulk", bulk).await.expect(200).json["Operations"][0]["status"], "400");
        within("references to nobody");
        let back = |i: usize| json!({"method": "POST", "path": "/Groups", "bulkId": format!("{i}"), "data": {"displayName": format!("{i}"), "members": [{"value": format!("bulkId:{}", (i + 1) % 100)}]}});
        let circle = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": (0..100).map(back).collect::<Vec<_>>()});
        let done = scim.post("/Bulk", circle).await.expect(200).json;
        assert!(done["Operations"].as_array().unwrap().iter().all(|one| one["status"] == "201"));
        within("a circle");
    }
}
