//! What is decided in each case.

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn person(is_active: bool) -> Person {
    Person { email: Some("anna@x.example".into()), full_name: "Anna".into(), is_active }
}

fn account(id: &str, made: i64) -> Account {
    Account {
        id: id.into(),
        email: "Anna@X.example".into(),
        full_name: "Anna".into(),
        role_id: Some("agent".into()),
        is_active: true,
        created_at: Some(at(made)),
    }
}

fn there(made: i64) -> There {
    There::Account(account("r1", made))
}

fn taken(holder: Holder) -> There {
    There::Taken { account: account("r1", -9_999), holder }
}

const NOBODY: Link = Link::None;

fn scene<'a>(here: Option<&'a Person>, link: &'a Link, there: &'a There) -> Scene<'a> {
    Scene {
        here,
        link,
        claimed: false,
        adopts: false,
        there,
        lost: false,
        deactivated: false,
        role: Some("agent"),
        now: at(10),
    }
}

fn is_stuck(step: &Step, word: &str) -> bool {
    matches!(step, Step::Stuck(why) if why.contains(word))
}

#[test]
fn somebody_without_an_account_gets_one_unless_they_may_not_work() {
    let (active, inactive) = (person(true), person(false));
    let absent = There::Absent;
    for there in [&There::Unasked, &absent] {
        assert_eq!(next(&scene(Some(&active), &NOBODY, there)), Step::Create);
        assert_eq!(next(&scene(Some(&inactive), &NOBODY, there)), Step::Done);
        assert_eq!(next(&scene(None, &NOBODY, there)), Step::Done);
    }
    let unknown_role = Scene { role: None, ..scene(Some(&active), &NOBODY, &absent) };
    assert_eq!(next(&unknown_role), Step::FindRole);
    let nameless = Person { email: None, ..person(true) };
    assert!(is_stuck(&next(&scene(Some(&nameless), &NOBODY, &There::Unasked)), "no email address"));
}

#[test]
fn an_account_that_was_there_before_is_taken_over_only_where_somebody_said_so() {
    let active = person(true);
    let (old, take) = (there(-9_999), Step::Link("r1".into()));
    let plain = scene(Some(&active), &NOBODY, &old);
    assert!(is_stuck(&next(&plain), "connector claim --user"));
    assert_eq!(next(&Scene { claimed: true, ..plain.clone() }), take);
    assert_eq!(next(&Scene { adopts: true, ..plain.clone() }), take);
    // That their own is gone gives nobody leave to take another.
    assert!(is_stuck(&next(&Scene { lost: true, ..plain }), "connector claim --user"));
    for there in [taken(Holder::Gone), taken(Holder::Here)] {
        assert!(matches!(next(&Scene { adopts: true, ..scene(Some(&active), &NOBODY, &there) }), Step::Stuck(_)));
    }
    assert_eq!(next(&Scene { claimed: true, ..scene(Some(&active), &NOBODY, &taken(Holder::Gone)) }), take);
    assert!(matches!(
        next(&Scene { claimed: true, ..scene(Some(&active), &NOBODY, &taken(Holder::Here)) }),
        Step::Stuck(_)
    ));
    // Whoever has their address and is to have another gives it up in time.
    for claimed in [true, false] {
        let moving = taken(Holder::Moving);
        let scene = Scene { claimed, ..scene(Some(&active), &NOBODY, &moving) };
        assert!(matches!(next(&scene), Step::Wait(_)));
    }
    for takes in [
        Scene { claimed: true, ..scene(Some(&active), &NOBODY, &There::Unasked) },
        Scene { adopts: true, ..scene(Some(&active), &NOBODY, &There::Unasked) },
    ] {
        assert_eq!(next(&takes), Step::LookUp("anna@x.example".into()));
    }
}

#[test]
fn whoever_leaves_is_deactivated_before_anything_else_is_looked_at() {
    let link = Link::Linked("r1".into());
    let inactive = person(false);
    let gone_there = There::Absent;
    for here in [None, Some(&inactive)] {
        assert_eq!(next(&scene(here, &link, &There::Unasked)), Step::Deactivate("r1".into()));
        assert_eq!(next(&scene(here, &link, &gone_there)), Step::Gone);
    }
    // That it is gone is believed when nobody is there with their address either.
    let lost = |here, there| Scene { lost: true, ..scene(here, &link, there) };
    assert_eq!(next(&lost(Some(&inactive), &There::Unasked)), Step::LookUp("anna@x.example".into()));
    assert_eq!(next(&lost(None, &There::Unasked)), Step::Lose);
    let unlinked = |here, there| Scene { lost: true, ..scene(here, &NOBODY, there) };
    for here in [None, Some(&inactive)] {
        assert_eq!(next(&lost(here, &gone_there)), Step::Lose);
        assert_eq!(next(&unlinked(here, &gone_there)), Step::Unlink);
    }
    let found = there(0);
    assert_eq!(next(&lost(Some(&inactive), &found)), Step::Lose);
    assert!(is_stuck(&next(&unlinked(Some(&inactive), &found)), "claim"));
    let done = |here| Scene { deactivated: true, ..scene(here, &link, &There::Unasked) };
    assert_eq!(next(&done(None)), Step::Done);
    assert_eq!(next(&done(Some(&inactive))), Step::Read("r1".into()));
    let off = There::Account(Account { is_active: false, role_id: None, ..account("r1", 0) });
    assert_eq!(next(&Scene { there: &off, role: None, ..done(Some(&inactive)) }), Step::Done);
}

#[test]
fn whoever_leaves_before_anybody_came_to_link_their_account_is_out_as_well() {
    let (inactive, old) = (person(false), there(-9_999));
    let absent = There::Absent;
    for (claimed, adopts) in [(true, false), (false, true)] {
        let scene = |there| Scene { claimed, adopts, ..scene(Some(&inactive), &NOBODY, there) };
        assert_eq!(next(&scene(&There::Unasked)), Step::LookUp("anna@x.example".into()));
        assert_eq!(next(&scene(&old)), Step::Link("r1".into()));
        assert_eq!(next(&scene(&absent)), Step::Done);
    }
    assert_eq!(next(&scene(Some(&inactive), &NOBODY, &old)), Step::Done);
}

#[test]
fn only_what_differs_is_changed() {
    let link = Link::Linked("r1".into());
    let active = person(true);
    assert_eq!(next(&scene(Some(&active), &link, &There::Unasked)), Step::Read("r1".into()));
    assert_eq!(next(&scene(Some(&active), &link, &there(0))), Step::Done);
    assert_eq!(next(&Scene { role: None, ..scene(Some(&active), &link, &there(0)) }), Step::FindRole);
    assert_eq!(next(&scene(Some(&active), &link, &There::Absent)), Step::Gone);
    let update = |changes| Step::Update("r1".into(), changes);
    for (person, role, is_active, expected) in [
        (
            Person { full_name: "  Anna B ".into(), ..person(true) },
            "agent",
            true,
            Changes { full_name: Some("Anna B".into()), ..Changes::default() },
        ),
        (
            Person { email: Some("b@x.example".into()), ..person(true) },
            "agent",
            true,
            Changes { email: Some("b@x.example".into()), ..Changes::default() },
        ),
        (person(true), "admin", true, Changes { role_id: Some("admin".into()), ..Changes::default() }),
        (person(true), "agent", false, Changes { is_active: Some(true), ..Changes::default() }),
    ] {
        let there = There::Account(Account { is_active, ..account("r1", 0) });
        let scene = Scene { role: Some(role), ..scene(Some(&person), &link, &there) };
        assert_eq!(next(&scene), update(expected));
    }
    let long = Person { full_name: "a".repeat(300), ..person(true) };
    assert_eq!(long.name().len(), 100);
    assert_eq!(Person { full_name: " ".into(), ..person(true) }.name(), "anna@x.example");
}

#[test]
fn a_creation_whose_outcome_nobody_heard_is_looked_up_before_it_is_repeated() {
    let link = Link::Creating { since: at(0), address: "old@x.example".into() };
    let (active, inactive) = (person(true), person(false));
    for here in [Some(&active), Some(&inactive), None] {
        assert_eq!(next(&scene(here, &link, &There::Unasked)), Step::LookUp("old@x.example".into()));
        for made in [-3, 0, 500] {
            assert_eq!(next(&scene(here, &link, &there(made))), Step::Link("r1".into()), "made since");
        }
    }
    // With another address a second one could come to be.
    assert!(matches!(next(&scene(Some(&active), &link, &There::Absent)), Step::Wait(_)));
    assert_eq!(next(&Scene { now: at(61), ..scene(Some(&active), &link, &There::Absent) }), Step::Create);
    let same = Link::Creating { since: at(0), address: "ANNA@x.example".into() };
    assert_eq!(next(&scene(Some(&active), &same, &There::Absent)), Step::Create);
    // Whoever may not work any more waits until nothing can be on its way that would let them in.
    assert!(matches!(next(&scene(None, &link, &There::Absent)), Step::Wait(_)));
    assert_eq!(next(&Scene { now: at(61), ..scene(None, &link, &There::Absent) }), Step::Unlink);
    assert!(is_stuck(&next(&scene(Some(&active), &link, &there(-6))), "was there before"));
    let undated = There::Account(Account { created_at: None, ..account("r1", 0) });
    assert!(is_stuck(&next(&scene(Some(&active), &link, &undated)), "was there before"));
    assert_eq!(next(&scene(None, &link, &there(-6))), Step::Unlink);
}

#[test]
fn teams_are_joined_and_left_and_what_is_uncertain_is_done_again() {
    let teams =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(team, role)| ((*team).into(), (*role).into())).collect::<Teams>();
    let join = |team: &str, role: &str| TeamStep::Join(team.into(), role.into());
    let leave = |team: &str| TeamStep::Leave(team.into());
    for (wanted, known, expected) in [
        (teams(&[]), teams(&[]), vec![]),
        (teams(&[("a", "agent")]), teams(&[("a", "agent")]), vec![]),
        (teams(&[("a", "agent")]), teams(&[]), vec![join("a", "agent")]),
        (teams(&[("a", "manager")]), teams(&[("a", "agent")]), vec![join("a", "manager")]),
        (teams(&[]), teams(&[("a", "agent")]), vec![leave("a")]),
        (teams(&[("a", "agent")]), teams(&[("a", UNSURE), ("b", UNSURE)]), vec![join("a", "agent"), leave("b")]),
    ] {
        assert_eq!(team_steps(&wanted, &known), expected);
    }
}

#[test]
fn whoever_has_a_button_for_a_claim_reads_no_command() {
    let said = "a remote account with the address a@x.example was there before; `connector claim --user a@x.example` makes it theirs";
    assert!(is_for_claim(said));
    assert_eq!(without_claim(said), "a remote account with the address a@x.example was there before");
    assert!(!is_for_claim("they have no role here"));
    assert_eq!(without_claim("they have no role here"), "they have no role here");
}
