use super::*;

fn parse(text: &str) -> Filter {
    Filter::parse(ResourceType::User, text, Profile::Compat).unwrap()
}

#[test]
fn what_is_read_at_the_limit_of_depth_is_printed_so_that_it_can_be_read_again() {
    for inner in ["userName pr and title pr or displayName pr", "emails[type pr and value pr or type eq \"x\"]"] {
        let deep = MAX_DEPTH - usize::from(inner.contains('['));
        let filter = parse(&format!("{}{inner}{}", "(".repeat(deep), ")".repeat(deep)));
        assert_eq!(parse(&filter.to_string()), filter);
        let nested = format!("{}{inner}{}", "not (".repeat(deep), ")".repeat(deep));
        assert_eq!(parse(&parse(&nested).to_string()), parse(&nested));
    }
    let deep = |depth: usize| format!("{}emails[type pr or value pr].value pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(ResourceType::User, &deep(MAX_DEPTH - 2), Profile::Compat).is_ok());
    assert!(Filter::parse(ResourceType::User, &deep(MAX_DEPTH - 1), Profile::Compat).is_err());
}
