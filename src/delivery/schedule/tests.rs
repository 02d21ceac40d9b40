//! Endpoints and deliveries through their fates, without a clock.

use super::*;
use crate::ids::{DeliveryId, EndpointId, WorkspaceId};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn endpoint() -> Endpoint {
    Endpoint {
        id: EndpointId::fresh(),
        workspace_id: WorkspaceId::fresh(),
        name: "crm".into(),
        shown_url: "https://x.example/".into(),
        events: Vec::new(),
        cursor: 0,
        state: EndpointState::Active,
        problem: None,
        strikes: 0,
        due_at: None,
        failing_since: None,
        last_success_at: None,
        last_failure_at: None,
        old_secret_until: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

fn tried(attempts: i64, first: i64) -> Tried {
    Tried { id: DeliveryId::fresh().0, attempts, first: at(first), is_test: false, is_probe: false }
}

/// Settles at a moment; gives the next step and whether something has to be decided about the endpoint.
fn after(endpoint: &mut Endpoint, tried: &Tried, outcome: Outcome, now: i64) -> (Next, bool) {
    let mut verdict = Verdict::default();
    let next = settle(endpoint, &mut verdict, tried, outcome, at(now));
    (next, verdict.calls_for_change(endpoint, at(now)))
}

const DOWN: Outcome = Outcome::Failed(None);

#[test]
fn statuses_mean_what_the_page_on_webhooks_says() {
    for (status, outcome) in [
        (200, Outcome::Taken),
        (204, Outcome::Taken),
        (301, DOWN),
        (302, DOWN),
        (400, Outcome::Refused),
        (401, DOWN),
        (404, DOWN),
        (408, DOWN),
        (409, Outcome::Refused),
        (410, Outcome::Gone),
        (413, Outcome::Refused),
        (422, Outcome::Refused),
        (429, DOWN),
        (500, DOWN),
        (503, DOWN),
    ] {
        assert_eq!(Outcome::of(status, None), outcome, "{status}");
    }
}

#[test]
fn pauses_are_those_of_the_table_and_a_little_more() {
    let ids: Vec<Uuid> = (0..50).map(|_| DeliveryId::fresh().0).collect();
    for (attempts, seconds) in [(1, 10), (2, 60), (3, 300), (4, 1_800), (8, 36_000), (9, 36_000), (1_000, 36_000)] {
        let pauses: Vec<i64> = ids.iter().map(|id| pause(attempts, *id).num_milliseconds()).collect();
        assert!(
            pauses.iter().all(|pause| (seconds * 1_000..=seconds * 1_100).contains(pause)),
            "{attempts}: {pauses:?}"
        );
        assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{attempts}");
    }
}

#[test]
fn an_event_that_is_refused_is_given_up_after_the_fourth_attempt_and_strikes_nobody() {
    let mut e = Endpoint { last_success_at: Some(at(5)), ..endpoint() };
    for attempts in 1..=3 {
        assert!(matches!(after(&mut e, &tried(attempts, 0), Outcome::Refused, 10).0, Next::Again(_)));
    }
    assert_eq!(after(&mut e, &tried(4, 0), Outcome::Refused, 400), (Next::Dead, false));
    assert_eq!((e.strikes, e.due_at), (0, None));
    // One that takes nothing else lives all the same, and days later, too.
    let mut e = endpoint();
    assert_eq!(after(&mut e, &tried(4, 0), Outcome::Refused, 400), (Next::Dead, false));
    assert_eq!(e.failing_since, None);
    assert!(!after(&mut e, &tried(1, 8 * 86_400), DOWN, 8 * 86_400).1);
}

#[test]
fn a_probe_that_is_refused_shows_that_the_endpoint_lives() {
    let mut e = Endpoint { strikes: 7, due_at: Some(at(600)), failing_since: Some(at(0)), ..endpoint() };
    e.state = EndpointState::Failing;
    let probe = Tried { is_probe: true, ..tried(8, 0) };
    let (next, decides) = after(&mut e, &probe, Outcome::Refused, 600);
    // It heals, and the event itself has its first attempt behind it.
    assert!(matches!(next, Next::Again(when) if when <= at(611)), "{next:?}");
    assert_eq!((decides, e.strikes, e.due_at, e.failing_since), (true, 0, None, None));
}

#[test]
fn only_an_endpoint_that_was_asked_all_the_time_is_given_up() {
    let day = 86_400;
    let mut e = endpoint();
    // Once, and then nothing for eight days: whatever turn comes along decides nothing, and the next failure begins anew.
    after(&mut e, &tried(1, 0), DOWN, 0);
    assert!(!Verdict::default().calls_for_change(&e, at(8 * day)));
    assert!(!after(&mut e, &tried(1, 8 * day), DOWN, 8 * day).1);
    assert_eq!(e.failing_since, Some(at(8 * day)));
    // A clock that went back is nobody's fault either.
    assert!(!after(&mut e, &tried(1, 0), DOWN, 5).1);
    assert_eq!(e.failing_since, Some(at(5)));
}

#[test]
fn three_that_fail_in_a_row_open_the_circuit_and_a_success_closes_it() {
    let mut e = endpoint();
    for n in 1..=3 {
        assert!(!is_open(&e));
        after(&mut e, &tried(1, 0), DOWN, n);
    }
    assert!(is_open(&e));
    assert_eq!(e.due_at, Some(at(3 + 10)));
    // Those that were on their way count no more.
    after(&mut e, &tried(1, 0), DOWN, 5);
    after(&mut e, &tried(2, 0), DOWN, 5);
    assert_eq!((e.strikes, e.due_at), (3, Some(at(13))));
    let mut now = 13;
    for pause in [60, 300, 600, 600] {
        let probe = Tried { is_probe: true, ..tried(1, now) };
        e.due_at = Some(at(now + 60));
        let (_, decides) = after(&mut e, &probe, DOWN, now);
        assert_eq!((e.due_at, decides), (Some(at(now + pause)), pause == 600), "{pause}");
        now += pause;
    }
    assert_eq!(after(&mut e, &Tried { is_probe: true, ..tried(2, 0) }, Outcome::Taken, now).0, Next::Delivered);
    assert_eq!((e.strikes, e.due_at, e.failing_since, e.problem.clone()), (0, None, None, None));
    // A success in between, and it begins anew.
    for n in 0..10 {
        after(&mut e, &tried(1, 0), DOWN, now + n);
        after(&mut e, &tried(1, 0), Outcome::Taken, now + n);
    }
    assert!(!is_open(&e));
}

#[test]
fn what_fails_because_of_the_endpoint_is_dead_only_where_others_arrived() {
    let mut e = endpoint();
    assert!(matches!(after(&mut e, &tried(9, 0), DOWN, 1_000).0, Next::Again(_)));
    assert!(matches!(after(&mut e, &tried(90, 0), DOWN, 1_000).0, Next::Again(_)));
    e.last_success_at = Some(at(500));
    assert!(matches!(after(&mut e, &tried(8, 0), DOWN, 1_000).0, Next::Again(_)));
    assert_eq!(after(&mut e, &tried(9, 0), DOWN, 1_000).0, Next::Dead);
}

#[test]
fn four_attempts_without_any_success_are_failing_and_seven_days_are_the_end() {
    let mut e = endpoint();
    for (attempts, now) in [(1, 0), (2, 10), (3, 70)] {
        assert!(!after(&mut e, &tried(attempts, 0), DOWN, now).1);
    }
    assert!(after(&mut e, &tried(4, 0), DOWN, 370).1);
    e.state = EndpointState::Failing;
    rest(&mut e, at(370));
    assert_eq!((is_open(&e), e.due_at), (true, Some(at(970))));
    for hours in (10..168).step_by(10) {
        assert!(!after(&mut e, &tried(5, 0), DOWN, hours * 3_600).1, "{hours}");
    }
    assert!(!after(&mut e, &tried(5, 0), DOWN, 7 * 86_400 - 1).1);
    assert!(after(&mut e, &tried(6, 0), DOWN, 7 * 86_400).1);
    // What heals is decided about, too.
    let mut healed = e.clone();
    assert!(after(&mut healed, &tried(7, 0), Outcome::Taken, 7 * 86_400).1);
    e.state = EndpointState::Disabled;
    assert!(!after(&mut e, &tried(7, 0), Outcome::Gone, 8 * 86_400).1);
}

#[test]
fn who_asks_to_be_left_alone_is_but_not_for_ever() {
    let mut e = endpoint();
    let slow = Outcome::Failed(Some(TimeDelta::seconds(120)));
    let (next, _) = after(&mut e, &tried(1, 0), slow, 0);
    assert_eq!((next, e.due_at), (Next::Again(at(120)), Some(at(120))));
    after(&mut e, &tried(1, 0), Outcome::Failed(Some(TimeDelta::days(30))), 0);
    assert_eq!(e.due_at, Some(at(3_600)));
}

#[test]
fn a_test_is_tried_once_and_says_nothing_against_anybody() {
    let mut e = endpoint();
    let test = Tried { is_test: true, ..tried(1, 0) };
    assert_eq!(after(&mut e, &test, DOWN, 0), (Next::Dead, false));
    assert_eq!(after(&mut e, &test, Outcome::Refused, 0), (Next::Dead, false));
    assert_eq!((e.strikes, e.failing_since), (0, None));
    assert_eq!(after(&mut e, &test, Outcome::Taken, 0).0, Next::Delivered);
    assert_eq!(after(&mut e, &tried(1, 0), Outcome::Lost, 0), (Next::Dead, false));
}
