use super::*;

const LINK: &str = "https://bridge.example/password/new?token=abc";

fn ways(password: bool, connection: Option<&str>) -> WaysIn {
    WaysIn { password, connection: connection.map(str::to_owned) }
}

fn said(letter: &Letter, name: &str, ways: &WaysIn, has_password: bool) -> Content {
    let needs = Facts::needs_link(letter, ways, has_password);
    let until = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let facts = Facts {
        name,
        address: "anna@acme.example",
        workspace: "Acme",
        public_url: "https://bridge.example",
        ways,
        has_password,
        link: needs.then(|| Link { url: LINK.into(), until }),
    };
    content(letter, &facts)
}

fn leads_to(content: &Content) -> Option<&str> {
    content.action.as_ref().map(|action| action.url.as_str())
}

#[test]
fn a_welcome_leads_to_where_the_person_can_log_in() {
    let login = Some("https://bridge.example/login");
    let cases = [
        (ways(true, None), false, Some(LINK), "Set your password"),
        (ways(true, None), true, login, "A password is set for you"),
        (ways(true, Some("Acme Login")), false, login, "company account, through Acme Login"),
        (ways(false, Some("Acme Login")), true, login, "company account, through Acme Login"),
        (ways(false, None), false, login, "administrator of your workspace can tell"),
    ];
    for (ways, has_password, leads, words) in cases {
        let said = said(&Letter::Welcome, "Anna", &ways, has_password);
        assert_eq!(leads_to(&said), leads, "{ways:?}");
        let text = [said.before.concat(), said.after.concat()].concat();
        assert!(text.contains(words) && text.contains("anna@acme.example"), "{text}");
    }
}

#[test]
fn a_name_that_could_pass_for_something_else_is_not_repeated() {
    let greets = |name: &str| said(&Letter::PasswordChanged, name, &ways(true, None), true).greeting;
    assert_eq!(greets("Anna Larsson"), "Hello Anna Larsson,");
    assert_eq!(greets("Anna\r\nBcc: x"), "Hello Anna  Bcc: x,");
    let long = "x".repeat(65);
    for bad in ["", "  ", "https://evil.example", "www.evil.example", "WWW.evil.example", "a@b.example", long.as_str()]
    {
        assert_eq!(greets(bad), "Hello,", "{bad}");
    }
}

#[test]
fn every_letter_says_why_somebody_gets_it() {
    let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    for letter in [
        Letter::Welcome,
        Letter::Reset,
        Letter::PasswordChanged,
        Letter::AddressChanged,
        Letter::SecondFactorChanged { enabled: false },
        Letter::SeatsAlmostFull { used: 4, limit: 5 },
        Letter::SeatsFull { used: 1, limit: 1 },
        Letter::SeatsExceeded { used: 6, limit: 5 },
        Letter::TokenExpires { name: "okta".into(), hint: "aisb_1234".into(), at, days: 3 },
        Letter::ConnectorStopped { url: "https://x.example/api".into(), problem: "it refuses the key".into() },
        Letter::ConnectorResumed { url: "https://x.example/api".into() },
        Letter::ReviewDue { last: Some(at) },
    ] {
        let said = said(&letter, "Anna", &ways(true, None), false);
        assert!(said.footer.starts_with("You get this because") && said.footer.contains("Acme"), "{said:?}");
        assert!(!said.subject.is_empty() && !said.before.is_empty() && said.subject.chars().count() < 80, "{said:?}");
        assert!(!format!("{said:?}").contains("token=abc"), "a link is not for logs");
    }
}
