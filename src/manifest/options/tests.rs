//! A row that says one thing and does another is found here.

use super::*;

/// Texts of which each option takes one at least.
const SAMPLES: [&str; 6] = [
    "svc:/network/ntp",
    "mailto:root",
    "/tank/vms",
    "basic",
    "a1",
    "UTC",
];

/// What the option makes of the first sample that it takes.
fn sample(option: &GenOption) -> Directive {
    let made = match option.parser {
        Parser::Flag(want) => Some(want(true)),
        Parser::Text(parse) => SAMPLES.iter().find_map(|text| parse(text).ok()),
        Parser::Pair(parse) => [("vm/stop_method", "savestate"), ("LANG", "C")]
            .iter()
            .find_map(|(name, value)| parse(name, value).ok()),
    };
    made.unwrap_or_else(|| panic!("--{} takes none of the samples: add one", option.long))
}

#[test]
fn each_option_makes_what_names_it() {
    for option in OPTIONS {
        let expected = if **option == TIMEZONE { &ENV } else { *option };
        let want = sample(option);
        assert_eq!(want.option(), expected, "--{}: {want:?}", option.long);
        assert_eq!(
            matches!(want, Directive::Context(_)),
            option.per == Per::User,
            "--{}: the context is the same for all VMs of a user",
            option.long
        );
    }
}

#[test]
fn the_parts_of_a_row_agree() {
    for option in OPTIONS {
        let long = option.long;
        assert_eq!(option.key, long.replace('-', "_"), "--{long}");
        let same = OPTIONS.iter().filter(|other| *other == option).count();
        assert_eq!(same, 1, "--{long}");
        let prefix = match (option.parser, option.per) {
            (Parser::Flag(_), _) => "",
            (_, Per::Vm) => "[INSTANCE:]",
            (_, Per::User) => "[WHOSE:]",
        };
        assert!(option.value_name.starts_with(prefix), "--{long}");
        let is_pair = matches!(option.parser, Parser::Pair(_));
        assert_eq!(option.value_name.contains('='), is_pair, "--{long}");
        assert!(!option.help.ends_with('.'), "--{long}");
    }
}

/// The README has a table of the options and one of the keys.
#[test]
fn the_readme_has_every_option_and_every_key() {
    let readme = include_str!("../../../README.md");
    for option in OPTIONS {
        let on_the_line = format!("`--{}", option.long);
        assert!(readme.contains(&on_the_line), "README.md: {on_the_line}");
        let key = format!("`{}`", option.key);
        assert!(
            **option == SET || readme.contains(&key),
            "README.md, under 'Many VMs in one file': {key}"
        );
    }
}
