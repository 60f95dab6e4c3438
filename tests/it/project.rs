//! What must hold of the project itself.

use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The running server and the build tool are told the same.
#[test]
fn leptos_options_are_the_same_in_both_files() {
    let build: toml::Table = read("Cargo.toml").parse().unwrap();
    let run: toml::Table = read("Leptos.toml").parse().unwrap();
    let build = &build["workspace"]["metadata"]["leptos"][0];
    for (name, value) in run["package"]["metadata"]["leptos"].as_table().unwrap() {
        assert_eq!(build.get(name), Some(value), "{name}");
    }
}

/// security.md 60: versions older than these have known holes; wasm-bindgen must equal its command-line tool.
#[test]
fn locked_versions_are_new_enough() {
    let lock: toml::Table = read("Cargo.lock").parse().unwrap();
    let number = |version: &str| version.split(['.', '-', '+']).map(|part| part.parse::<u64>().unwrap_or(0)).take(3).collect::<Vec<_>>();
    for (name, least) in [
        ("tokio-postgres", "0.7.18"),
        ("postgres-protocol", "0.6.12"),
        ("h2", "0.4.16"),
        ("leptos", "0.9.0"),
        ("tower-http", "0.6.11"),
        ("time", "0.3.47"),
        ("rand", "0.9.3"),
        ("rustls-webpki", "0.103.10"),
    ] {
        let versions = lock["package"].as_array().unwrap().iter().filter(|package| package["name"].as_str() == Some(name));
        for package in versions {
            let version = package["version"].as_str().unwrap();
            assert!(number(version) >= number(least), "{name} {version}");
        }
    }
}

/// Where the framework lets HTML through unescaped, and how SQL gets a search path: each in one place at most.
#[test]
fn forbidden_words_are_not_in_the_code() {
    fn walk(folder: &Path, check: &mut dyn FnMut(&Path, &str)) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, check);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                check(&path, &std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in [
        "app/src",
        "src",
        "crates/domain/src",
        "crates/db/src",
        "crates/cache/src",
        "crates/kernel/src",
        "crates/identity/src",
        "crates/records/src",
        "crates/control/src",
    ] {
        walk(&root.join(folder), &mut |path, text| {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            // Their writers escape, and are tested with hostile text (docs/adr/0012).
            let writes = ["app/src/ui/table.rs", "app/src/ui/nav.rs"].contains(&name.as_str());
            assert!(!text.contains("inner_html") || writes, "{name}: inner_html is not escaped");
            assert!(!text.contains("GetUrl") && !text.contains("GetCbor"), "{name}: a GET must never change anything");
            assert!(!text.contains("DISCARD ALL"), "{name}");
            assert!(!text.contains("leptos_meta::Title") || name == "app/src/ui/title.rs", "{name}: leptos_meta escapes no title");
            let sets_path = text.contains("search_path TO");
            let allowed = ["crates/db/src/conn.rs", "crates/db/src/provision.rs", "crates/db/src/migrate.rs"].contains(&name.as_str());
            assert!(!sets_path || allowed, "{name} sets a search path");
            if folder != "crates/db/src" {
                assert!(!text.contains("AsyncPgConnection") && !text.contains("diesel::"), "{name}: queries belong into crates/db");
            }
        });
    }
}

/// Text is folded in one place, where it is stored in the form in which it is compared: neither SQL nor another module folds
/// case, and no field cuts what is typed into it.
#[test]
fn text_forms_have_one_place() {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.to_string_lossy().contains("domain/src/text") {
                for (number, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
                    if ["to_lowercase", "lower(", "maxlength", "nfkc()", "nfc()"].iter().any(|word| line.contains(word)) {
                        found.push(format!("{}:{}: {line}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in [
        "app/src",
        "src",
        "crates/domain/src",
        "crates/db/src",
        "crates/cache/src",
        "crates/kernel/src",
        "crates/identity/src",
        "crates/control/src",
        "crates/islands/src",
        "crates/records/src",
    ] {
        walk(&root.join(folder), &mut found);
    }
    assert!(found.is_empty(), "{found:#?}");
}
