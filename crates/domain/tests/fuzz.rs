//! Whatever comes over the network is read without a panic, and what was accepted is accepted again as the same. Few cases
//! from a fixed seed here; `make fuzz` takes many from a new one.

use domain::{
    Email, HostName, Money, PersonName, Username,
    list::ListQuery,
    plan::{BILLING, FEATURES},
    setting::{SETTINGS, TenantSettings, key_parse},
    slug::Slug,
    typed_json,
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed},
};
use serde_json::{Value, json};

fn config() -> Config {
    let is_configured = std::env::var_os("PROPTEST_CASES").is_some();
    let seed = if is_configured { RngSeed::Random } else { RngSeed::Fixed(20_261_122) };
    Config { rng_seed: seed, failure_persistence: None, ..Config::default() }
}

/// Texts of any kind, and such as nearly pass.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9.:\\[\\]_-]{0,90}",
        "[a-z0-9-]{1,42}",
        "(xn--)?[a-z0-9äöß]{1,20}(\\.[a-z0-9äöß-]{1,20}){0,4}\\.?(:[0-9]{0,6})?",
        "[0-9a-fx.:]{1,40}",
    ]
}

/// Any JSON, some of it deep.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(12, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(prop_oneof!["ai|plan|currency|price_per_user", any::<String>()], inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn fuzz_hosts_have_one_spelling(given in text()) {
        if let Ok(host) = HostName::parse_header(&given) {
            let name = host.as_str();
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte)), "{name}");
            prop_assert!(name.len() <= 253 && !name.ends_with('.') && !name.is_empty(), "{name}");
            prop_assert_eq!(&HostName::parse_header(name).unwrap(), &host);
            prop_assert_eq!(&HostName::parse_header(&name.to_ascii_uppercase()).unwrap(), &host);
            prop_assert_eq!(&HostName::parse_header(&format!("{name}:8443")).unwrap(), &host);
        }
        if let Ok(host) = HostName::parse(&given) {
            prop_assert_eq!(&HostName::parse(host.as_str()).unwrap(), &host);
        }
    }

    #[test]
    fn fuzz_slugs_are_labels(given in text()) {
        for slug in [Slug::parse(&given), Slug::parse_public(&given)].into_iter().flatten() {
            let name = slug.as_str();
            prop_assert!((3..=40).contains(&name.len()) && !name.contains("--") && !name.starts_with("xn"), "{name}");
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{name}");
            prop_assert!(name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-'), "{name}");
            let again = Slug::parse(name).unwrap();
            prop_assert_eq!(again.as_str(), name);
        }
    }

    #[test]
    fn fuzz_people_are_read_again_as_the_same(given in text(), local in "[a-zA-Z0-9.+_'-]{1,30}", domain in "[a-z0-9-]{1,20}(\\.[a-z0-9-]{1,10}){0,3}") {
        for typed in [given.clone(), format!("{local}@{domain}")] {
            if let Ok(email) = Email::parse(&typed) {
                let again = Email::parse(email.as_str()).unwrap();
                prop_assert_eq!(again.as_str(), email.as_str());
                prop_assert!(!email.as_str().chars().any(|c| c.is_control() || c.is_whitespace()), "{:?}", email.as_str());
            }
        }
        if let Ok(name) = PersonName::parse(&given) {
            prop_assert_eq!(PersonName::parse(name.as_str()).unwrap(), name);
        }
        if let Ok(name) = Username::parse(&given) {
            prop_assert_eq!(Username::parse(name.as_str()).unwrap(), name);
        }
    }

    #[test]
    fn fuzz_addresses_of_lists_are_stable(pairs in prop::collection::vec((prop_oneof!["q|sort|dir|after|before|size|role|status", any::<String>()], text()), 0..12)) {
        let read = |pairs: &[(String, String)]| {
            ListQuery::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())), &["role", "status"])
        };
        let query = read(&pairs);
        // Where a page begins is no part of what is looked for.
        let is_bare = query.pairs().is_empty();
        prop_assert_eq!(read(&query.pairs()), ListQuery { after: None, before: None, is_bare, ..query });
    }

    #[test]
    fn fuzz_objects_are_read_or_refused(given in any::<String>(), made in value()) {
        for text in [given, made.to_string()] {
            for known in [FEATURES, BILLING] {
                if let Ok(object) = typed_json::parse(known, &text) {
                    prop_assert!(object.is_object());
                    prop_assert_eq!(&typed_json::parse(known, &object.to_string()).unwrap(), &object);
                }
            }
            if let Ok(value) = typed_json::value_parse(&text, 4096) {
                prop_assert_eq!(&typed_json::value_parse(&value.to_string(), 8192).unwrap(), &value);
            }
        }
    }

    #[test]
    fn fuzz_settings_never_fail_to_count(made in value(), typed in text()) {
        let rows: Vec<_> = SETTINGS.iter().map(|setting| (setting.known.key.to_owned(), made.clone(), true)).collect();
        let counted = TenantSettings::of(&rows);
        prop_assert!(counted.idle_minutes > 0 && counted.absolute_hours > 0);
        for setting in SETTINGS {
            if let Ok(value) = setting.known.read(&typed) {
                let rows = [(setting.known.key.to_owned(), value, true)];
                let _counted = TenantSettings::of(&rows);
            }
        }
        if let Ok(key) = key_parse(&typed) {
            prop_assert_eq!(key_parse(&key).unwrap(), key);
        }
    }

    #[test]
    fn fuzz_money_is_kept_to_the_last_digit(typed in prop_oneof![any::<String>(), "-?[0-9]{0,12}[.,]?[0-9]{0,8}"], digits in 0_usize..7) {
        if let Ok(money) = Money::parse(&typed, digits) {
            prop_assert_eq!(Money::parse(&money.exact().replace(',', ""), 6), Ok(money));
        }
    }
}

/// What nests deeper than anybody types is refused, and not by the end of the stack.
#[test]
fn fuzz_deep_objects_are_refused() {
    for deep in ["[".repeat(100_000), format!("{}1{}", "{\"a\":".repeat(50_000), "}".repeat(50_000))] {
        assert!(typed_json::parse(FEATURES, &deep).is_err() && typed_json::value_parse(&deep, usize::MAX).is_err());
    }
    assert!(typed_json::parse(FEATURES, &json!({"ai": true}).to_string()).is_ok());
}
