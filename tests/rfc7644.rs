//! The examples of RFC 7644, section by section, and the representations of RFC 7643 §8, sent over HTTP.

use serde_json::{Value, json};

use crate::support::{Scim, on_both};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// §3.3.
fn bjensen() -> Value {
    json!({
        "schemas": [USER], "userName": "bjensen", "externalId": "bjensen",
        "name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"}
    })
}

/// The user whom the examples of §3.5.2 change.
async fn babs(scim: &Scim) -> String {
    let body = json!({
        "schemas": [USER], "userName": "bjensen", "title": "Guide", "name": {"familyName": "Jensen", "givenName": "Barbara"},
        "emails": [{"value": "babs@jensen.org", "type": "home", "primary": true}, {"value": "bjensen@example.com", "type": "work"}],
        "addresses": [{"type": "work", "locality": "Hollywood", "country": "US"}, {"type": "home", "locality": "Hollywood", "country": "US"}],
    });
    format!("/Users/{}", scim.post("/Users", body).await.expect(201).id())
}

fn member_ids(group: &Value) -> Vec<&str> {
    group["members"].as_array().into_iter().flatten().map(|member| member["value"].as_str().unwrap()).collect()
}

on_both! {
    async fn section_3_3_a_resource_is_created(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let made = scim.post("/Users", bjensen()).await.expect(201);
        let location = scim.url(&format!("/Users/{}", made.id()));
        assert_eq!((made.header("location"), made.header("content-type")), (Some(location.as_str()), Some("application/scim+json")));
        let mut expected = bjensen();
        for (name, value) in [("id", json!(made.id())), ("meta", made.json["meta"].clone())] {
            expected[name] = value;
        }
        for name in ["id", "externalId", "meta", "userName", "name"] {
            assert_eq!(made.json[name], expected[name], "{name}");
        }
        let meta = &made.json["meta"];
        assert_eq!((&meta["resourceType"], &meta["location"], meta["version"].as_str()), (&json!("User"), &json!(location), made.header("etag")));
        assert_eq!(meta["created"], meta["lastModified"]);
        scim.post("/Users", bjensen()).await.expect_error(409, Some("uniqueness"));
        scim.post("/Users", json!({"schemas": [USER]})).await.expect_error(400, Some("invalidValue"));
    }

    async fn section_3_4_1_a_known_resource_is_read(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let made = scim.post("/Users", bjensen()).await.expect(201);
        let path = format!("/Users/{}", made.id());
        let read = scim.get(&path).await.expect(200);
        assert_eq!(read.json, made.json);
        assert_eq!((read.header("location"), read.header("etag")), (Some(scim.url(&path).as_str()), made.header("etag")));
        let found = scim.find("/Users", "userName eq \"bjensen\"", "").await.expect(200).json;
        assert_eq!((&found["schemas"], &found["totalResults"], &found["Resources"][0]), (&json!([LIST]), &json!(1), &made.json));
    }

    async fn section_3_4_2_a_list_shows_what_is_asked_for(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for name in ["bjensen", "jsmith"] {
            scim.user(name).await;
        }
        let list = scim.get("/Users?attributes=userName").await.expect(200).json;
        assert_eq!((&list["schemas"], &list["totalResults"]), (&json!([LIST]), &json!(2)));
        for (one, name) in list["Resources"].as_array().unwrap().iter().zip(["bjensen", "jsmith"]) {
            let names: Vec<&String> = one.as_object().unwrap().keys().collect();
            assert_eq!((names, &one["userName"]), (["schemas", "id", "userName"].iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().iter().collect(), &json!(name)));
        }
        // No match is an empty list, not an error.
        let none = scim.find("/Users", "userName eq \"nobody\"", "").await.expect(200).json;
        assert_eq!((&none["totalResults"], &none["schemas"]), (&json!(0), &json!([LIST])));
    }

    async fn section_3_4_2_1_the_root_is_searched_for_users_and_groups(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        scim.user("bjensen").await;
        scim.group("Tour Guides", &[]).await;
        // As it is printed, without quotes, and as the grammar wants it.
        for filter in ["(meta.resourceType eq User) or (meta.resourceType eq Group)", "(meta.resourceType eq \"User\") or (meta.resourceType eq \"Group\")"] {
            assert_eq!(scim.find("", filter, "").await.expect(200).json["totalResults"], 2, "{filter}");
        }
        assert_eq!(scim.find("", "meta.resourceType eq Group", "").await.expect(200).all("displayName"), ["Tour Guides"]);
        scim.find("", "meta.resourceType eq Robot", "").await.expect_error(400, Some("invalidFilter"));
        scim.find("/Users", "userName eq bjensen", "").await.expect_error(400, Some("invalidFilter"));
    }

    async fn section_3_4_2_2_every_filter_of_the_figure_finds_whom_it_should(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        scim.post("/Users", json!({"userName": "bjensen", "title": "Guide", "userType": "Employee", "name": {"familyName": "O'Malley"},
            "emails": [{"value": "bjensen@example.com", "type": "work"}]})).await.expect(201);
        scim.post("/Users", json!({"userName": "John", "userType": "Intern", "emails": [{"value": "john@example.org", "type": "home"}],
            "ims": [{"value": "john@foo.com", "type": "xmpp"}]})).await.expect(201);
        scim.post("/Users", json!({"userName": "zoe", "title": "Boss", "userType": "Contractor"})).await.expect(201);
        let (b, j, z) = ("bjensen", "John", "zoe");
        for (filter, names) in [
            ("userName Eq \"bjensen\"", vec![b]),
            ("name.familyName co \"O'Malley\"", vec![b]),
            ("userName sw \"J\"", vec![j]),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"", vec![j]),
            ("title pr", vec![b, z]),
            ("meta.lastModified gt \"2011-05-13T04:42:34Z\"", vec![b, j, z]),
            ("meta.lastModified ge \"2011-05-13T04:42:34Z\"", vec![b, j, z]),
            ("meta.lastModified lt \"2011-05-13T04:42:34Z\"", vec![]),
            ("meta.lastModified le \"2011-05-13T04:42:34Z\"", vec![]),
            ("title pr and userType eq \"Employee\"", vec![b]),
            ("title pr or userType eq \"Intern\"", vec![b, j, z]),
            ("schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", vec![]),
            ("userType eq \"Employee\" and (emails co \"example.com\" or emails.value co \"example.org\")", vec![b]),
            ("userType ne \"Employee\" and not (emails co \"example.com\" or emails.value co \"example.org\")", vec![z]),
            ("userType eq \"Employee\" and (emails.type eq \"work\")", vec![b]),
            ("userType eq \"Employee\" and emails[type eq \"work\" and value co \"@example.com\"]", vec![b]),
            ("emails[type eq \"work\" and value co \"@example.com\"] or ims[type eq \"xmpp\" and value co \"@foo.com\"]", vec![b, j]),
            // The operators of table 3 that the figure leaves out, and the precedence of §3.4.2.2.
            ("userName ew \"EN\"", vec![b]),
            ("userName ne \"zoe\"", vec![b, j]),
            ("userType eq \"Intern\" or title pr and userType eq \"Contractor\"", vec![j, z]),
            ("(userType eq \"Intern\" or title pr) and userType eq \"Contractor\"", vec![z]),
        ] {
            assert_eq!(scim.find("/Users", filter, "").await.expect(200).all("userName"), names, "{filter}");
            let search = json!({"schemas": [SEARCH], "filter": filter});
            assert_eq!(scim.post("/Users/.search", search).await.expect(200).all("userName"), names, "{filter}");
        }
        scim.find("/Users", "unknown eq \"x\"", "").await.expect_error(400, Some("invalidFilter"));
    }

    async fn section_3_4_2_3_lists_are_sorted(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for (name, family, email) in [("b", "Jensen", "2@x"), ("c", "adams", "3@x"), ("a", "Zorn", "1@x")] {
            scim.post("/Users", json!({"userName": name, "name": {"familyName": family}, "emails": [{"value": format!("9{email}")}, {"value": email, "primary": true}]})).await.expect(201);
        }
        for (query, order) in [("sortBy=userName", "abc"), ("sortBy=userName&sortOrder=ascending", "abc"), ("sortBy=userName&sortOrder=descending", "cba"),
            ("sortBy=name.familyName", "cba"), ("sortBy=emails", "abc"), ("sortOrder=descending", "bca")] {
            assert_eq!(scim.get(&format!("/Users?{query}")).await.expect(200).all("userName").concat(), order, "{query}");
        }
    }

    async fn section_3_4_2_4_lists_come_in_pages(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for i in 0..12 {
            scim.user(&format!("u{i}")).await;
        }
        for (query, total, items, start) in [("startIndex=1&count=10", 12, 10, 1), ("startIndex=11&count=10", 12, 2, 11), ("startIndex=0&count=10", 12, 10, 1), ("startIndex=1&count=0", 12, 0, 1), ("count=-3", 12, 0, 1)] {
            let page = scim.get(&format!("/Users?{query}")).await.expect(200).json;
            assert_eq!((&page["totalResults"], &page["itemsPerPage"], &page["startIndex"]), (&json!(total), &json!(items), &json!(start)), "{query}");
            assert_eq!(page["Resources"].as_array().unwrap().len(), items);
        }
    }

    async fn section_3_4_3_a_search_goes_by_post(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        scim.post("/Users", json!({"userName": "James@example.com", "displayName": "Smith, James"})).await.expect(201);
        scim.post("/Users", json!({"userName": "Other", "displayName": "Jensen"})).await.expect(201);
        scim.group("Smith Family", &[]).await;
        let search = json!({"schemas": [SEARCH], "attributes": ["displayName", "userName"], "filter": "displayName sw \"smith\"", "startIndex": 1, "count": 10});
        let found = scim.post("/.search", search).await.expect(200);
        assert_eq!((found.header("content-type"), &found.json["totalResults"], &found.json["itemsPerPage"], &found.json["startIndex"]), (Some("application/scim+json"), &json!(2), &json!(2), &json!(1)));
        let names: Vec<Vec<&String>> = found.json["Resources"].as_array().unwrap().iter().map(|one| one.as_object().unwrap().keys().collect()).collect();
        assert_eq!(names, [vec!["schemas", "id", "userName", "displayName"], vec!["schemas", "id", "displayName"]]);
        assert_eq!(found.all("displayName"), ["Smith, James", "Smith Family"]);
    }

    async fn section_3_5_1_a_resource_is_replaced(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let made = scim.post("/Users", json!({"schemas": [USER], "userName": "bjensen", "title": "Guide"})).await.expect(201);
        let path = format!("/Users/{}", made.id());
        let emails = json!([{"value": "bjensen@example.com"}, {"value": "babs@jensen.org"}]);
        let name = json!({"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"});
        let body = json!({"schemas": [USER], "id": made.id(), "userName": "bjensen", "externalId": "bjensen", "name": name, "roles": [], "emails": emails});
        let put = scim.put(&path, body).await.expect(200);
        assert_eq!((&put.json["name"], &put.json["emails"], &put.json["externalId"], &put.json["id"]), (&name, &emails, &json!("bjensen"), &made.json["id"]));
        // What is left out is cleared, what was emptied is absent, what was made stays made.
        assert!(put.json.get("title").is_none() && put.json.get("roles").is_none());
        assert_eq!(put.json["meta"]["created"], made.json["meta"]["created"]);
        assert_eq!((put.header("location"), put.header("etag")), (Some(scim.url(&path).as_str()), Some("W/\"2\"")));
        // A PUT makes nothing.
        scim.put("/Users/2819c223-7f76-453a-919d-413861904646", bjensen()).await.expect_error(404, None);
        scim.put(&path, json!({"schemas": [USER], "title": "x"})).await.expect_error(400, Some("invalidValue"));
    }

    async fn section_3_5_2_operations_on_a_user_do_what_they_say(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = babs(&scim).await;
        let apply = async |operations: Value| scim.patch(&path, operations).await.expect(200).json;
        // §3.5.2.1: add without a path; `nickname` is spelled so there.
        let user = apply(json!([{"op": "add", "value": {"emails": [{"value": "babs@example.org", "type": "other"}], "nickname": "Babs"}}])).await;
        assert_eq!((user["emails"].as_array().unwrap().len(), &user["nickName"]), (3, &json!("Babs")));
        // §3.5.2.1: adding what is there already changes nothing, the version neither.
        let again = apply(json!([{"op": "add", "path": "emails", "value": [{"value": "babs@example.org", "type": "other"}]}])).await;
        assert_eq!((again["emails"].as_array().unwrap().len(), &again["meta"]), (3, &user["meta"]));
        // §3.5.2.1: a complex attribute gets a set of sub-attributes besides those it has; a single value is replaced.
        let user = apply(json!([{"op": "add", "path": "name", "value": {"middleName": "Jane"}}, {"op": "add", "path": "nickName", "value": "Babsy"}])).await;
        assert_eq!((&user["name"], &user["nickName"]), (&json!({"familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"}), &json!("Babsy")));
        // §3.5.2: a new primary takes that from the old one.
        let user = apply(json!([{"op": "add", "path": "emails", "value": [{"value": "new@example.org", "primary": true}]}])).await;
        let primaries: Vec<&Value> = user["emails"].as_array().unwrap().iter().filter(|email| email["primary"] == true).map(|email| &email["value"]).collect();
        assert_eq!(primaries, [&json!("new@example.org")]);
        // §3.5.2.3: replace the element that a filter selects.
        let work = json!({"type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "US",
            "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US", "primary": true});
        let user = apply(json!([{"op": "replace", "path": "addresses[type eq \"work\"]", "value": work}])).await;
        assert_eq!(user["addresses"].as_array().unwrap().len(), 2);
        for (name, value) in work.as_object().unwrap() {
            assert_eq!(&user["addresses"][0][name], value, "{name}");
        }
        // §3.5.2.3: replace a sub-attribute of it.
        let user = apply(json!([{"op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave"}])).await;
        assert_eq!((&user["addresses"][0]["streetAddress"], &user["addresses"][0]["region"]), (&json!("1010 Broadway Ave"), &json!("CA")));
        // §3.5.2.3: replace several attributes without a path.
        let emails = json!([{"value": "bjensen@example.com", "type": "work", "primary": true}, {"value": "babs@jensen.org", "type": "home"}]);
        let user = apply(json!([{"op": "replace", "value": {"emails": emails, "nickname": "Babs"}}])).await;
        assert_eq!((&user["emails"], &user["nickName"]), (&emails, &json!("Babs")));
        // §3.5.2.3: an object for a complex attribute sets what it names; a replacement of what is absent adds it.
        let user = apply(json!([{"op": "replace", "path": "name", "value": {"givenName": "Babs"}}, {"op": "replace", "path": "locale", "value": "en-US"}])).await;
        assert_eq!((&user["name"]["givenName"], &user["name"]["familyName"], &user["locale"]), (&json!("Babs"), &json!("Jensen"), &json!("en-US")));
        // §3.5.2.2: remove by filter, a sub-attribute, an attribute; what is not there is removed already.
        let user = apply(json!([{"op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]"}])).await;
        assert_eq!(user["emails"], json!([{"value": "babs@jensen.org", "type": "home"}]));
        let user = apply(json!([{"op": "remove", "path": "addresses[type eq \"home\" and locality eq \"Hollywood\"]"}, {"op": "remove", "path": "name.familyName"}, {"op": "remove", "path": "title"}, {"op": "remove", "path": "title"}])).await;
        assert_eq!((user["addresses"].as_array().unwrap().len(), user["name"].get("familyName"), user.get("title")), (1, None, None));
        // Removing every element leaves the attribute unassigned.
        let user = apply(json!([{"op": "remove", "path": "emails[type eq \"home\"]"}])).await;
        assert_eq!(user.get("emails"), None);
    }

    async fn section_3_5_2_what_an_operation_cannot_be_is_named_in_the_answer(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let path = babs(&scim).await;
        for (operation, scim_type) in [
            (json!({"op": "remove"}), "noTarget"),
            (json!({"op": "remove", "path": "userName"}), "mutability"),
            (json!({"op": "replace", "path": "userName", "value": null}), "mutability"),
            (json!({"op": "add", "path": "userName", "value": null}), "mutability"),
            (json!({"op": "replace", "value": {"userName": null}}), "mutability"),
            (json!({"op": "replace", "value": {"userName": []}}), "mutability"),
            (json!({"op": "remove", "path": "id"}), "mutability"),
            (json!({"op": "replace", "path": "meta.created", "value": "2011-05-13T04:42:34Z"}), "mutability"),
            (json!({"op": "replace", "path": "groups", "value": []}), "mutability"),
            (json!({"op": "add", "path": "members[value eq \"x\"].displayName", "value": "x"}), "invalidPath"),
            (json!({"op": "add", "path": "emails[type eq \"work\"", "value": "x"}), "invalidFilter"),
            (json!({"op": "copy", "path": "title", "value": "x"}), "invalidSyntax"),
            (json!({"op": "add", "path": "active", "value": "perhaps"}), "invalidValue"),
        ] {
            let refused = scim.patch(&path, json!([operation])).await.expect_error(400, Some(scim_type));
            assert_eq!(refused.json["status"], "400", "{operation}");
        }
        scim.send("PATCH", &scim.url(&path), json!({"schemas": [USER], "Operations": [{"op": "add", "path": "title", "value": "x"}]}).to_string().into()).await.expect_error(400, Some("invalidSyntax"));
        scim.patch("/Users/2819c223-7f76-453a-919d-413861904646", json!([{"op": "remove", "path": "title"}])).await.expect_error(404, None);
    }

    async fn section_3_5_2_operations_on_members_do_what_they_say(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (babs, james, mandy) = (scim.user("babs").await, scim.user("james").await, scim.user("mandy").await);
        let path = format!("/Groups/{}", scim.group("Tour Guides", &[]).await);
        let reference = |id: &str, name: &str| json!({"display": name, "$ref": format!("https://example.com/v2/Users/{id}"), "value": id});
        let apply = async |operations: Value| scim.patch(&path, operations).await.expect(200).json;
        // §3.5.2.1: one more member.
        let group = apply(json!([{"op": "add", "path": "members", "value": [reference(&babs, "Babs Jensen")]}])).await;
        assert_eq!(member_ids(&group), [&babs]);
        // §3.5.2.2: one member less, found by its value.
        apply(json!([{"op": "add", "path": "members", "value": [reference(&james, "James Smith")]}])).await;
        let group = apply(json!([{"op": "remove", "path": format!("members[value eq \"{babs}\"]")}])).await;
        assert_eq!(member_ids(&group), [&james]);
        // §3.5.2.2: one removed and another added at once.
        let group = apply(json!([{"op": "remove", "path": format!("members[value eq \"{james}\"]")}, {"op": "add", "path": "members", "value": [reference(&babs, "Babs"), reference(&mandy, "Mandy")]}])).await;
        assert_eq!(member_ids(&group), [&babs, &mandy]);
        // §3.5.2.3: all of them replaced.
        let group = apply(json!([{"op": "replace", "path": "members", "value": [reference(&babs, "Babs Jensen"), reference(&james, "James Smith")]}])).await;
        assert_eq!(member_ids(&group), [&babs, &james]);
        // §3.5.2.2: all of them removed; and a removal and an addition that together replace all.
        let group = apply(json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": [reference(&mandy, "Mandy")]}])).await;
        assert_eq!(member_ids(&group), [&mandy]);
        let group = apply(json!([{"op": "remove", "path": "members"}])).await;
        assert_eq!(group.get("members"), None);
    }

    async fn section_3_6_a_deleted_resource_is_gone(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let made = scim.post("/Users", bjensen()).await.expect(201);
        let path = format!("/Users/{}", made.id());
        scim.with("if-match", "W/\"c310cd84f0281b7\"").delete(&path).await.expect_error(412, None);
        let gone = scim.with("if-match", made.header("etag").unwrap()).delete(&path).await.expect(204);
        assert!(gone.bytes.is_empty());
        for answer in [scim.get(&path).await, scim.put(&path, bjensen()).await, scim.patch(&path, json!([{"op": "remove", "path": "title"}])).await, scim.delete(&path).await] {
            answer.expect_error(404, None);
        }
        assert_eq!(scim.get("/Users").await.json["totalResults"], 0);
        // Its names no longer stand in anybody's way.
        assert_ne!(scim.post("/Users", bjensen()).await.expect(201).id(), made.id());
    }
}

fn post(path: &str, bulk_id: &str, data: Value) -> Value {
    json!({"method": "POST", "path": path, "bulkId": bulk_id, "data": data})
}

async fn bulk(scim: &Scim, body: Value) -> Vec<Value> {
    let done = scim.post("/Bulk", body).await.expect(200);
    assert_eq!(done.json["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    done.json["Operations"].as_array().unwrap().clone()
}

on_both! {
    async fn section_3_7_1_circular_references_are_resolved(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let group = |name: &str, member: &str| json!({"schemas": [GROUP], "displayName": name, "members": [{"type": "Group", "value": format!("bulkId:{member}")}]});
        let done = bulk(&scim, json!({"schemas": [BULK], "Operations": [post("/Groups", "qwerty", group("Group A", "ytrewq")), post("/Groups", "ytrewq", group("Group B", "qwerty"))]})).await;
        let mut ids = Vec::new();
        for (one, bulk_id) in done.iter().zip(["qwerty", "ytrewq"]) {
            assert_eq!((&one["method"], &one["bulkId"], &one["status"]), (&json!("POST"), &json!(bulk_id), &json!("201")));
            ids.push(one["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
        }
        let (a, b) = (scim.get(&format!("/Groups/{}", ids[0])).await.expect(200).json, scim.get(&format!("/Groups/{}", ids[1])).await.expect(200).json);
        assert_eq!((member_ids(&a), member_ids(&b)), (vec![ids[1].as_str()], vec![ids[0].as_str()]));
        assert_eq!((&a["displayName"], &a["members"][0]["type"], &a["members"][0]["display"]), (&json!("Group A"), &json!("Group"), &json!("Group B")));
        // What the answer told of each is what it is now.
        for (one, group) in done.iter().zip([a, b]) {
            assert_eq!(one["version"], group["meta"]["version"]);
        }
    }

    async fn section_3_7_2_temporary_ids_stand_for_what_is_made(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let tour = json!({"schemas": [GROUP], "displayName": "Tour Guides", "members": [{"type": "User", "value": "bulkId:qwerty"}]});
        let done = bulk(&scim, json!({"schemas": [BULK], "Operations": [post("/Users", "qwerty", json!({"schemas": [USER], "userName": "Alice"})), post("/Groups", "ytrewq", tour)]})).await;
        assert_eq!((&done[0]["status"], &done[1]["status"], &done[0]["version"]), (&json!("201"), &json!("201"), &json!("W/\"1\"")));
        let group = scim.find("/Groups", "displayName eq \"Tour Guides\"", "").await.json["Resources"][0].clone();
        assert!(done[0]["location"].as_str().unwrap().ends_with(member_ids(&group)[0]));
        let bob = json!({"schemas": [USER, ENTERPRISE], "userName": "Bob", ENTERPRISE: {"employeeNumber": "11250", "manager": {"value": "bulkId:mgr", "displayName": "Alice"}}});
        let done = bulk(&scim, json!({"schemas": [BULK], "Operations": [post("/Users", "mgr", json!({"schemas": [USER], "userName": "Alice2"})), post("/Users", "ytrewq", bob)]})).await;
        assert_eq!(done[1]["status"], "201");
        let bob = scim.find("/Users", "userName eq \"bob\"", "").await.json["Resources"][0].clone();
        assert!(done[0]["location"].as_str().unwrap().ends_with(bob[ENTERPRISE]["manager"]["value"].as_str().unwrap()));
    }

    async fn section_3_7_3_several_operations_are_answered_one_by_one(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let (bob, dave, eve) = (scim.user("bobby").await, scim.post("/Users", json!({"userName": "d", "nickName": "D"})).await.expect(201).id(), scim.user("eve").await);
        let operations = |version: &str, alice: Value| json!([
            post("/Users", "qwerty", alice),
            {"method": "PUT", "path": format!("/Users/{bob}"), "version": version, "data": {"schemas": [USER], "id": bob, "userName": "Bob"}},
            {"method": "PATCH", "path": format!("/Users/{dave}"), "version": version, "data": {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "nickName"}, {"op": "add", "path": "userName", "value": "Dave"}]}},
            {"method": "DELETE", "path": format!("/Users/{eve}"), "version": version},
        ]);
        let statuses = |done: &[Value]| done.iter().map(|one| one["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        // The failures first: nothing of them is done.
        let failed = bulk(&scim, json!({"schemas": [BULK], "Operations": operations("W/\"3694e05e9dff596\"", json!({"schemas": [USER], "userName": 7}))})).await;
        assert_eq!(statuses(&failed), ["400", "412", "412", "412"]);
        for one in &failed {
            assert_eq!((&one["response"]["schemas"], &one["response"]["status"]), (&json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), &one["status"]), "{one}");
        }
        assert_eq!((&failed[0]["bulkId"], failed[0].get("location"), failed[1]["location"].as_str()), (&json!("qwerty"), None, Some(scim.url(&format!("/Users/{bob}")).as_str())));
        // failOnErrors: 1 stops at the first.
        let stopped = bulk(&scim, json!({"schemas": [BULK], "failOnErrors": 1, "Operations": operations("W/\"3694e05e9dff596\"", json!({"schemas": [USER], "userName": 7}))})).await;
        assert_eq!(statuses(&stopped), ["400"]);
        let done = bulk(&scim, json!({"schemas": [BULK], "failOnErrors": 1, "Operations": operations("W/\"1\"", json!({"schemas": [USER], "userName": "Alice"}))})).await;
        assert_eq!(statuses(&done), ["201", "200", "200", "204"]);
        for (one, (id, version)) in done.iter().skip(1).zip([(&bob, json!("W/\"2\"")), (&dave, json!("W/\"2\"")), (&eve, Value::Null)]) {
            assert_eq!((one["location"].as_str(), &one["version"]), (Some(scim.url(&format!("/Users/{id}")).as_str()), &version));
        }
        let dave = scim.get(&format!("/Users/{dave}")).await.expect(200).json;
        assert_eq!((&dave["userName"], dave.get("nickName")), (&json!("Dave"), None));
        scim.get(&format!("/Users/{eve}")).await.expect_error(404, None);
        // A reference to what failed is a conflict; to what nobody makes, a bad value.
        let lost = bulk(&scim, json!({"schemas": [BULK], "Operations": [post("/Users", "a", json!({"userName": "Alice"})), post("/Groups", "b", json!({"displayName": "g", "members": [{"value": "bulkId:a"}]})), post("/Groups", "c", json!({"displayName": "h", "members": [{"value": "bulkId:nobody"}]}))]})).await;
        assert_eq!(statuses(&lost), ["409", "409", "400"]);
    }

    async fn section_3_7_4_a_bulk_request_beyond_the_limits_is_too_large(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let limits = scim.get("/ServiceProviderConfig").await.expect(200).json["bulk"].clone();
        let (operations, bytes) = (limits["maxOperations"].as_u64().unwrap(), limits["maxPayloadSize"].as_u64().unwrap());
        let many: Vec<Value> = (0..=operations).map(|i| post("/Users", &i.to_string(), json!({"userName": i.to_string()}))).collect();
        let refused = scim.post("/Bulk", json!({"schemas": [BULK], "Operations": many})).await.expect_error(413, None);
        assert!(refused.json["detail"].as_str().unwrap().contains(&operations.to_string()), "{}", refused.json);
        let padding = "x".repeat(usize::try_from(bytes).unwrap());
        let refused = scim.post("/Bulk", json!({"schemas": [BULK], "Operations": [post("/Users", "a", json!({"userName": padding}))]})).await.expect_error(413, None);
        assert!(refused.json["detail"].as_str().unwrap().contains(&bytes.to_string()), "{}", refused.json);
    }

    async fn section_3_8_and_3_10_media_types_and_names_are_taken_in_every_form(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for (i, media_type) in ["application/scim+json", "application/json", "application/scim+json; charset=utf-8"].into_iter().enumerate() {
            let made = scim.with("content-type", media_type).with("accept", media_type).post("/Users", json!({"userName": i.to_string()})).await.expect(201);
            assert_eq!(made.header("content-type"), Some("application/scim+json"));
        }
        let id = scim.user("bjensen").await;
        for name in ["userName", "USERNAME", "urn:ietf:params:scim:schemas:core:2.0:User:userName"] {
            let shown = scim.get(&format!("/Users/{id}?attributes={name}")).await.expect(200).json;
            assert_eq!(shown, json!({"schemas": shown["schemas"], "id": id, "userName": "bjensen"}), "{name}");
        }
        scim.patch(&format!("/Users/{id}"), json!([{"op": "add", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "701984"}])).await.expect(200);
        assert_eq!(scim.get(&format!("/Users/{id}?attributes={ENTERPRISE}:employeeNumber")).await.json[ENTERPRISE], json!({"employeeNumber": "701984"}));
        assert_eq!(scim.find("/Users", &format!("{ENTERPRISE}:employeeNumber eq \"701984\""), "").await.all("id"), [id]);
    }

    async fn section_3_9_attributes_are_shown_or_left_out(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let id = scim.post("/Users", bjensen()).await.expect(201).id();
        let names = async |query: &str| scim.get(&format!("/Users/{id}?{query}")).await.expect(200).json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names("attributes=userName").await, ["schemas", "id", "userName"]);
        assert_eq!(names("attributes=userName,password,name.nothing").await, ["schemas", "id", "userName"]);
        let rest = names("excludedAttributes=userName,id,schemas,name").await;
        assert!(!rest.contains(&"userName".into()) && !rest.contains(&"name".into()) && rest.starts_with(&["schemas".into(), "id".into()]), "{rest:?}");
        let answer = scim.patch(&format!("/Users/{id}?attributes=title"), json!([{"op": "add", "path": "title", "value": "x"}])).await.expect(200).json;
        assert_eq!(answer, json!({"schemas": answer["schemas"], "id": id, "title": "x"}));
    }

    async fn section_3_12_every_error_has_the_form_of_the_standard(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let id = scim.user("bjensen").await;
        let refusals = [
            (scim.get("/Users/2819c223-7f76-453a-919d-413861904646").await, 404, None),
            (scim.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "id", "value": "x"}])).await, 400, Some("mutability")),
            (scim.find("/Users", "userName", "").await, 400, Some("invalidFilter")),
            (scim.post("/Users", bjensen()).await, 409, Some("uniqueness")),
            (scim.send("POST", &scim.url("/Users"), b"{".to_vec()).await, 400, Some("invalidSyntax")),
            (scim.patch(&format!("/Users/{id}"), json!([{"op": "add", "path": "nothing", "value": 1}])).await, 400, Some("invalidPath")),
            (scim.patch(&format!("/Users/{id}"), json!([{"op": "remove"}])).await, 400, Some("noTarget")),
            (scim.post("/Users", json!({"userName": 7})).await, 400, Some("invalidValue")),
            (bridge.client("").get("/Users").await, 401, None),
            (scim.find("/Schemas", "id pr", "").await, 403, None),
            (scim.with("if-match", "W/\"9\"").delete(&format!("/Users/{id}")).await, 412, None),
            (scim.send("POST", &scim.url("/Users"), vec![b' '; 2 << 20]).await, 413, None),
            (scim.get("/Me").await, 501, None),
        ];
        for (answer, status, scim_type) in refusals {
            let answer = answer.expect_error(status, scim_type);
            assert_eq!(answer.header("content-type"), Some("application/scim+json"));
            assert!(answer.json.as_object().unwrap().keys().all(|name| ["schemas", "status", "scimType", "detail"].contains(&name.as_str())));
        }
    }

    async fn section_3_13_and_3_14_versions_of_the_protocol_and_of_resources(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        for version in ["v1", "v3", "V2"] {
            let url = format!("http://{}/scim/{version}/Users", bridge.address);
            assert_eq!(scim.send("GET", &url, Vec::new()).await.status, 404, "{version}");
        }
        let made = scim.post("/Users", bjensen()).await.expect(201);
        let (path, tag) = (format!("/Users/{}", made.id()), made.header("etag").unwrap().to_owned());
        assert_eq!(made.json["meta"]["version"], tag.as_str());
        assert!(tag.starts_with("W/\""));
        let same = scim.with("if-none-match", &tag).get(&path).await.expect(304);
        assert!(same.bytes.is_empty() && same.header("etag") == Some(tag.as_str()));
        let next = scim.with("if-match", &tag).patch(&path, json!([{"op": "add", "path": "title", "value": "x"}])).await.expect(200);
        assert_ne!(next.header("etag"), Some(tag.as_str()));
        assert_ne!(next.json["meta"]["lastModified"], made.json["meta"]["lastModified"]);
        assert_eq!(scim.with("if-none-match", &tag).get(&path).await.expect(200).json, next.json);
        scim.with("if-match", &tag).put(&path, bjensen()).await.expect_error(412, None);
    }

    async fn section_4_the_service_describes_itself(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        let config = scim.get("/ServiceProviderConfig").await.expect(200).json;
        assert_eq!(config["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]));
        assert!(config["bulk"]["maxOperations"].is_u64() && config["bulk"]["maxPayloadSize"].is_u64() && config["filter"]["maxResults"].is_u64());
        for scheme in config["authenticationSchemes"].as_array().unwrap() {
            assert!(["type", "name", "description", "specUri"].iter().all(|name| scheme[*name].is_string()), "{scheme}");
        }
        let types = scim.get("/ResourceTypes").await.expect(200).json;
        assert_eq!((&types["schemas"], &types["totalResults"]), (&json!([LIST]), &json!(2)));
        let user = scim.get("/ResourceTypes/User").await.expect(200).json;
        assert_eq!((&user["name"], &user["endpoint"], &user["schema"], &user["schemaExtensions"][0]), (&json!("User"), &json!("/Users"), &json!(USER), &json!({"schema": ENTERPRISE, "required": false})));
        let group = scim.get("/ResourceTypes/Group").await.expect(200).json;
        assert_eq!((&group["endpoint"], &group["schema"]), (&json!("/Groups"), &json!(GROUP)));
        for urn in [USER, GROUP, ENTERPRISE] {
            let schema = scim.get(&format!("/Schemas/{urn}")).await.expect(200).json;
            assert_eq!((&schema["id"], &schema["meta"]["resourceType"], &schema["meta"]["location"]), (&json!(urn), &json!("Schema"), &json!(scim.url(&format!("/Schemas/{urn}")))));
            assert!(schema["attributes"].as_array().is_some_and(|attributes| !attributes.is_empty()));
        }
        for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
            scim.find(path, "id pr", "").await.expect_error(403, None);
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let refused = scim.send(method, &scim.url(path), b"{}".to_vec()).await.expect_error(405, None);
                assert_eq!(refused.header("allow"), Some("GET"));
            }
        }
    }

    async fn rfc7643_section_8_its_representations_are_kept_whole(db) {
        let bridge = db.bridge().await;
        let scim = bridge.scim().await;
        // §8.1
        let minimal = scim.post("/Users", json!({"schemas": [USER], "id": "2819c223-7f76-453a-919d-413861904646", "userName": "bjensen@example.com",
            "meta": {"resourceType": "User", "created": "2010-01-23T04:56:22Z", "lastModified": "2011-05-13T04:42:34Z", "version": "W/\"3694e05e9dff590\"", "location": "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646"}})).await.expect(201);
        assert_eq!((&minimal.json["userName"], &minimal.json["meta"]["version"]), (&json!("bjensen@example.com"), &json!("W/\"1\"")));
        assert_ne!(minimal.id(), "2819c223-7f76-453a-919d-413861904646");
        scim.delete(&format!("/Users/{}", minimal.id())).await.expect(204);
        let boss = scim.post("/Users", json!({"userName": "jsmith", "displayName": "John Smith"})).await.expect(201).id();
        // §8.2 and §8.3
        let full = json!({
            "schemas": [USER, ENTERPRISE], "id": "2819c223-7f76-453a-919d-413861904646", "externalId": "701984", "userName": "bjensen@example.com",
            "name": {"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane", "honorificPrefix": "Ms.", "honorificSuffix": "III"},
            "displayName": "Babs Jensen", "nickName": "Babs", "profileUrl": "https://login.example.com/bjensen",
            "emails": [{"value": "bjensen@example.com", "type": "work", "primary": true}, {"value": "babs@jensen.org", "type": "home"}],
            "addresses": [
                {"streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "USA", "formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA", "type": "work", "primary": true},
                {"streetAddress": "456 Hollywood Blvd", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "USA", "formatted": "456 Hollywood Blvd\nHollywood, CA 91608 USA", "type": "home"}],
            "phoneNumbers": [{"value": "555-555-5555", "type": "work"}, {"value": "555-555-4444", "type": "mobile"}],
            "ims": [{"value": "someaimhandle", "type": "aim"}],
            "photos": [{"value": "https://photos.example.com/profilephoto/72930000000Ccne/F", "type": "photo"}, {"value": "https://photos.example.com/profilephoto/72930000000Ccne/T", "type": "thumbnail"}],
            "userType": "Employee", "title": "Tour Guide", "preferredLanguage": "en-US", "locale": "en-US", "timezone": "America/Los_Angeles", "active": true, "password": "t1meMa$heen!",
            "groups": [{"value": "e9e30dba-f08f-4109-8486-d5c6a331660a", "$ref": "../Groups/e9e30dba-f08f-4109-8486-d5c6a331660a", "display": "Tour Guides"}],
            "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMxEzARBgNVBAgMCkNhbGlmb3JuaWExFDASBgNVBAoMC2V4YW1wbGUuY29tMRQwEgYDVQQDDAtleGFtcGxlLmNvbQ=="}],
            ENTERPRISE: {"employeeNumber": "701984", "costCenter": "4130", "organization": "Universal Studios", "division": "Theme Park", "department": "Tour Operations",
                "manager": {"value": boss, "$ref": format!("../Users/{boss}"), "displayName": "John Smith"}},
            "meta": {"resourceType": "User", "created": "2010-01-23T04:56:22Z", "lastModified": "2011-05-13T04:42:34Z", "version": "W/\"a330bc54f0671c9\"", "location": "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646"}
        });
        let made = scim.post("/Users", full.clone()).await.expect(201);
        let path = format!("/Users/{}", made.id());
        let read = scim.get(&path).await.expect(200).json;
        assert_eq!(read, made.json);
        for (name, value) in full.as_object().unwrap() {
            match name.as_str() {
                // Only the service writes these.
                "id" | "meta" | "schemas" => assert_ne!(&read[name], value, "{name}"),
                "password" | "groups" => assert_eq!(read.get(name), None, "{name}"),
                ENTERPRISE => {
                    for part in ["employeeNumber", "costCenter", "organization", "division", "department"] {
                        assert_eq!(read[name][part], value[part], "{part}");
                    }
                    assert_eq!(read[name]["manager"], json!({"value": boss, "$ref": scim.url(&format!("/Users/{boss}")), "displayName": "John Smith"}));
                }
                _ => assert_eq!(&read[name], value, "{name}"),
            }
        }
        // §8.4
        let mandy = scim.post("/Users", json!({"userName": "mandy", "displayName": "Mandy Pepperidge"})).await.expect(201).id();
        let members: Vec<Value> = [(made.id(), "Babs Jensen"), (mandy, "Mandy Pepperidge")].iter().map(|(id, name)| json!({"value": id, "$ref": scim.url(&format!("/Users/{id}")), "display": name, "type": "User"})).collect();
        let group = scim.post("/Groups", json!({"schemas": [GROUP], "id": "e9e30dba-f08f-4109-8486-d5c6a331660a", "displayName": "Tour Guides", "members": members})).await.expect(201).json;
        let mut shown = group["members"].as_array().unwrap().clone();
        shown.sort_by_key(|member| member["display"].as_str().unwrap().to_owned());
        assert_eq!((&group["displayName"], &shown, &group["meta"]["resourceType"]), (&json!("Tour Guides"), &members, &json!("Group")));
        assert_eq!(scim.get(&path).await.json["groups"], json!([{"value": group["id"], "$ref": group["meta"]["location"], "display": "Tour Guides", "type": "direct"}]));
    }
}
