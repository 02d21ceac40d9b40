//! Seats: every active user takes one, and nobody gets one that is not there, however many ask at once.

use aisoule_bridge::command::CommandError;
use aisoule_bridge::command::workspaces::UpdateWorkspace;
use aisoule_bridge::domain::access::{Actor, Dialect, Scope};
use aisoule_bridge::domain::seat::SeatPolicy;
use aisoule_bridge::domain::workspace::Workspace;
use serde_json::{Value, json};

use crate::support::{Bridge, Scim, on_both};

async fn full(bridge: &Bridge, seats: i64, policy: SeatPolicy) -> (Workspace, Scim) {
    let workspace = bridge.workspace("Acme", seats, policy).await;
    let scim = bridge.client(&bridge.token(&workspace, Scope::Write, Dialect::Compat).await);
    (workspace, scim)
}

async fn set_seats(bridge: &Bridge, workspace: &Workspace, seats: i64) {
    let update = UpdateWorkspace {
        id: workspace.id,
        plan: None,
        seats: Some(Some(seats)),
        seat_policy: None,
        scim_passwords: None,
        audit_days: None,
    };
    bridge.app.commands.execute(&Actor::operator(), update).await.unwrap();
}

fn active(active: bool) -> Value {
    json!([{"op": "replace", "path": "active", "value": active}])
}

on_both! {
    async fn two_hundred_at_once_for_one_seat_give_exactly_one(db) {
        let bridge = db.bridge().await;
        let (workspace, scim) = full(&bridge, 1, SeatPolicy::Reject).await;
        // `BRIDGE_TEST_SEAT_ROUNDS` makes it a thousand in the heavy suite.
        let rounds = std::env::var("BRIDGE_TEST_SEAT_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
        for round in 0..rounds {
            let all: Vec<_> = (0..200).map(|i| {
                let scim = scim.clone();
                tokio::spawn(async move {
                    let made = scim.post("/Users", json!({"userName": format!("u{round}-{i}")})).await;
                    (made.status, made.json["id"].as_str().map(str::to_owned))
                })
            }).collect();
            let mut winners = Vec::new();
            for one in all {
                match one.await.unwrap() {
                    (201, Some(id)) => winners.push(id),
                    (status, _) => assert_eq!(status, 403),
                }
            }
            assert_eq!(winners.len(), 1, "round {round}");
            assert_eq!(bridge.counters(&workspace).await, (1, 1, 0, 0));
            scim.delete(&format!("/Users/{}", winners[0])).await.expect(204);
        }
    }

    async fn every_door_takes_a_seat_and_a_seat_is_freed_once(db) {
        let bridge = db.bridge().await;
        let (workspace, scim) = full(&bridge, 2, SeatPolicy::Reject).await;
        let (a, b) = (scim.user("a").await, scim.user("b").await);
        scim.post("/Users", json!({"userName": "c"})).await.expect_error(403, None);
        let c = scim.post("/Users", json!({"userName": "c", "active": false})).await.expect(201).id();
        for answer in [scim.patch(&format!("/Users/{c}"), active(true)).await, scim.put(&format!("/Users/{c}"), json!({"userName": "c", "active": true})).await] {
            answer.expect_error(403, None);
        }
        assert_eq!(scim.get(&format!("/Users/{c}")).await.json["active"], false);
        for _ in 0..50 {
            scim.patch(&format!("/Users/{a}"), active(false)).await.expect(200);
        }
        assert_eq!(bridge.counters(&workspace).await, (1, 3, 0, 0));
        scim.delete(&format!("/Users/{a}")).await.expect(204);
        scim.delete(&format!("/Users/{a}")).await.expect_error(404, None);
        assert_eq!(bridge.counters(&workspace).await, (1, 2, 0, 0));
        scim.patch(&format!("/Users/{c}"), active(true)).await.expect(200);
        scim.delete(&format!("/Users/{b}")).await.expect(204);
        assert_eq!(bridge.counters(&workspace).await, (1, 1, 0, 0));
    }

    async fn a_downgrade_takes_nobody_away_and_lets_nobody_in(db) {
        let bridge = db.bridge().await;
        let (workspace, scim) = full(&bridge, 8, SeatPolicy::Reject).await;
        let mut ids = Vec::new();
        for i in 0..8 {
            ids.push(scim.user(&format!("u{i}")).await);
        }
        set_seats(&bridge, &workspace, 5).await;
        assert_eq!(bridge.counters(&workspace).await.0, 8);
        let refused = scim.post("/Users", json!({"userName": "x"})).await.expect_error(403, None);
        assert!(refused.json["detail"].as_str().unwrap().contains("5 seats, 8 in use"), "{}", refused.json);
        for id in &ids[..3] {
            scim.patch(&format!("/Users/{id}"), active(false)).await.expect(200);
        }
        scim.post("/Users", json!({"userName": "x"})).await.expect_error(403, None);
        scim.patch(&format!("/Users/{}", ids[3]), active(false)).await.expect(200);
        scim.post("/Users", json!({"userName": "x"})).await.expect(201);
    }

    async fn those_who_wait_come_in_oldest_first_whatever_frees_the_seat(db) {
        let bridge = db.bridge().await;
        let (workspace, scim) = full(&bridge, 2, SeatPolicy::Park).await;
        let mut ids = Vec::new();
        for i in 0..7 {
            ids.push(scim.user(&format!("u{i}")).await);
        }
        assert_eq!(bridge.counters(&workspace).await, (2, 7, 0, 5));
        let is_active = async |i: usize| scim.get(&format!("/Users/{}", ids[i])).await.json["active"] == true;
        scim.patch(&format!("/Users/{}", ids[0]), active(false)).await.expect(200);
        assert!(is_active(2).await && !is_active(3).await);
        scim.delete(&format!("/Users/{}", ids[1])).await.expect(204);
        assert!(is_active(3).await && !is_active(4).await);
        // Somebody who is told to leave while waiting leaves the queue.
        scim.patch(&format!("/Users/{}", ids[4]), active(false)).await.expect(200);
        set_seats(&bridge, &workspace, 3).await;
        assert!(is_active(5).await && !is_active(4).await && !is_active(6).await);
        assert_eq!(bridge.counters(&workspace).await, (3, 6, 0, 1));
    }

    async fn a_policy_of_overage_empties_the_queue_and_nobody_is_parked_who_breaks_the_glass(db) {
        let bridge = db.bridge().await;
        let (workspace, scim) = full(&bridge, 1, SeatPolicy::Park).await;
        for name in ["a", "b", "c"] {
            scim.user(name).await;
        }
        assert_eq!(bridge.counters(&workspace).await, (1, 3, 0, 2));
        let refused = bridge.try_user(&workspace, "glass@acme.example", "admin", true).await.unwrap_err();
        assert!(matches!(refused, CommandError::SeatLimit { used: 1, limit: 1, .. }), "{refused}");
        let update = |seat_policy| UpdateWorkspace { id: workspace.id, plan: None, seats: None, seat_policy: Some(seat_policy), scim_passwords: None, audit_days: None };
        bridge.app.commands.execute(&Actor::operator(), update(SeatPolicy::Reject)).await.unwrap();
        assert_eq!(bridge.counters(&workspace).await, (1, 3, 0, 2), "who waits goes on waiting");
        bridge.app.commands.execute(&Actor::operator(), update(SeatPolicy::Overage)).await.unwrap();
        assert_eq!(bridge.counters(&workspace).await, (3, 3, 0, 0));
    }

    async fn overage_lets_everybody_in(db) {
        let bridge = db.bridge().await;
        let (workspace, scim) = full(&bridge, 1, SeatPolicy::Overage).await;
        let last = { scim.user("a").await; scim.user("b").await };
        assert_eq!(bridge.counters(&workspace).await.0, 2);
        let mut conn = bridge.app.store.read().await.unwrap();
        let told = aisoule_bridge::store::outbox::of_subject(&mut conn, workspace.id, &workspace.id.to_string()).await.unwrap();
        let names: Vec<&str> = told.iter().map(|event| event.event.as_str()).collect();
        assert_eq!(names, ["workspace.created", "seat.limit_reached", "seat.overage"]);
        drop(conn);
        scim.patch(&format!("/Users/{last}"), active(false)).await.expect(200);
    }

    async fn random_work_by_many_hands_keeps_the_counters_true(db) {
        let bridge = db.bridge().await;
        let (workspace, scim) = full(&bridge, 6, SeatPolicy::Park).await;
        let hands: Vec<_> = (0..8_u64).map(|hand| {
            let scim = scim.clone();
            tokio::spawn(async move {
                let mut state = hand.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
                let mut mine = Vec::new();
                for step in 0..40 {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let pick = usize::try_from(state >> 33).unwrap();
                    match (pick % 5, mine.is_empty()) {
                        (0 | 1, _) | (_, true) => mine.push(scim.user(&format!("h{hand}-{step}")).await),
                        (2, _) => { scim.patch(&format!("/Users/{}", mine[pick % mine.len()]), active(false)).await.expect(200); }
                        (3, _) => { scim.patch(&format!("/Users/{}", mine[pick % mine.len()]), active(true)).await.expect(200); }
                        _ => { let id = mine.swap_remove(pick % mine.len()); scim.delete(&format!("/Users/{id}")).await.expect(204); }
                    }
                }
            })
        }).collect();
        for hand in hands {
            hand.await.unwrap();
        }
        let (used, _, _, waiting) = bridge.counters(&workspace).await;
        assert!(used <= 6 && (waiting == 0 || used == 6), "{used} used, {waiting} waiting");
    }
}
