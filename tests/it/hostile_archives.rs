//! Archives that somebody else made: what contradicts itself, or would not be taken from a form, is refused before anything is
//! kept, and what can be computed is computed again.

use crate::transfer::filled;
use serde_json::{Value, json};
use test_support::{
    PASSWORD, TestApp,
    archive::{read, write},
};

#[tokio::test]
async fn what_contradicts_itself_is_refused_with_its_row() {
    let app = TestApp::start().await;
    filled(&app, 30).await;
    let folder = tempfile::tempdir().unwrap();
    let (whole, edited) = (folder.path().join("whole.tar"), folder.path().join("edited.tar"));
    assert!(crate::command::said(&app, &["tenant", "export", "acme", "--output", whole.to_str().unwrap()]).0);
    let files = read(&whole);
    let other = TestApp::start().await;
    let before = other.sql().await.fingerprint_but("jobs").await;
    type Edit = fn(usize, &mut Value);
    let edits: [(&str, Edit, &str); 12] = [
        (
            "users",
            |index, row| {
                if index == 3 {
                    row["email"] = json!("a@b.example\r\nBcc: x@y.example")
                }
            },
            "Row 4 of users: the e-mail address",
        ),
        (
            "users",
            |index, row| {
                if index == 3 {
                    row["email"] = json!("")
                }
            },
            "Row 4 of users: the e-mail address",
        ),
        (
            "users",
            |index, row| {
                if index == 3 {
                    row["id"] = json!(i64::MAX)
                }
            },
            "Row 4 of users: id is no id",
        ),
        (
            "users",
            |index, row| {
                if index == 0 {
                    row["tenant_permissions"] = json!({ "grant": 5 })
                }
            },
            "Row 1 of users: tenant_permissions",
        ),
        (
            "users",
            |index, row| {
                if index == 5 {
                    row["first_name"] = json!("\u{202e}evil")
                }
            },
            "Row 6 of users: first_name",
        ),
        ("users", |_, row| row["is_active"] = json!(false), "no active owner"),
        (
            "users",
            |index, row| {
                if index == 2 {
                    row["user_type"] = json!("nobody")
                }
            },
            "a rule of that table",
        ),
        (
            "users",
            |index, row| {
                if index == 2 {
                    row["created_at"] = json!("yesterday, or so")
                }
            },
            "a rule of that table",
        ),
        ("roles", |_, row| row["key"] = json!("x y"), "Row 1 of roles"),
        ("tenant_settings", |_, row| row["setting_key"] = json!("../etc"), "Row 1 of tenant_settings"),
        (
            "audit_log",
            |index, row| {
                if index == 0 {
                    row["action"] = json!("nothing.happened")
                }
            },
            "Row 1 of audit_log",
        ),
        ("audit_head", |_, row| row["seq"] = json!(7000), "of audit_log"),
    ];
    for (table, edit, why) in edits {
        write(&edited, &files, table, edit);
        let (done, said) = crate::command::said(&other, &["tenant", "import", "--as", "broken", "--input", edited.to_str().unwrap()]);
        assert!(!done && said.contains(why), "{table}, {why}: {said}");
        assert_eq!(other.sql().await.fingerprint_but("jobs").await, before, "{table}, {why}");
    }
}

#[tokio::test]
async fn what_can_be_computed_is_computed_again() {
    let app = TestApp::start().await;
    let acme = filled(&app, 30).await;
    let folder = tempfile::tempdir().unwrap();
    let (whole, edited) = (folder.path().join("whole.tar"), folder.path().join("edited.tar"));
    assert!(crate::command::said(&app, &["tenant", "export", "acme", "--output", whole.to_str().unwrap()]).0);
    let files = read(&whole);
    let sql = app.sql().await;
    let import = |slug: &str| crate::command::said(&app, &["tenant", "import", "--as", slug, "--input", edited.to_str().unwrap()]);
    write(&edited, &files, "quota", |_, row| (row["active_users"], row["active_owners"]) = (json!(1), json!(50)));
    let (done, said) = import("counted");
    assert!(done, "{said}");
    assert_eq!(sql.text("SELECT active_users || ' ' || active_owners FROM tenant_counted.quota").await, "32 1");
    write(&edited, &files, "roles", |_, row| row["permissions"] = json!({ "company.own": "all" }));
    let (done, said) = import("mighty");
    assert!(done, "{said}");
    assert_eq!(sql.text("SELECT string_agg(key, ' ') FROM tenant_mighty.roles WHERE permissions ? 'company.own'").await, "owner");
    assert_eq!(sql.text("SELECT count(*)::text FROM tenant_mighty.users WHERE is_staff").await, "1");
    // A hash that would keep everybody waiting stays behind: its user needs a new password, and nobody else waits.
    write(&edited, &files, "users", |index, row| {
        if index == 0 {
            row["password_hash"] =
                json!("$argon2id$v=19$m=524288,t=16,p=1$c29tZXNhbHRzb21lc2FsdA$Hc8mVQbQeHVmtGh7DEKVUh8v6Zf5vyfKOeUZvnJPjQo");
        }
        row["email_key"] = json!("wrong");
        row["name_key"] = json!("wrong");
    });
    let (done, said) = import("costly");
    assert!(done, "{said}");
    assert_eq!(sql.text("SELECT count(*)::text FROM tenant_costly.users WHERE password_hash IS NOT NULL OR name_key = 'wrong'").await, "0");
    let mut owner = app.anonymous("costly.localhost");
    assert_eq!(owner.try_sign_in(&acme.owner, PASSWORD).await.location(), "/login");
    // What comes next finds ids and counters as they are.
    let (done, said) = crate::command::said(&app, &["verify", "all"]);
    assert!(done, "{said}");
}

/// Replaces a value with another one of its kind, one of another kind, or null.
fn other(value: &Value, draw: u32) -> Value {
    let texts = ["", "\u{0}x", "a\nb", "-1", "infinity", "\u{202e}", "x@y.example", "2026-02-30", "{}"];
    let text = texts[draw as usize % texts.len()];
    match (value, draw / 16 % 5) {
        (_, 0) => Value::Null,
        (_, 1) => json!({ "grant": [text] }),
        (Value::String(old), 2) => json!(format!("{old}{text}")),
        (Value::Number(old), 2) => json!(old.as_i64().unwrap_or(0).wrapping_add(i64::from(draw % 3) - 1)),
        (Value::Number(_), 3) => json!([i64::MAX, i64::MIN, 0, -1][draw as usize % 4]),
        (Value::Bool(old), _) => json!(!old),
        (_, _) => json!(text),
    }
}

/// A seed that differs from run to run.
fn seed_new() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// Whatever one byte or one field of an archive is changed to, the archive is refused with a reason and nothing is kept of it, or it
/// gives a company in which everything holds. Changes are drawn from a fixed seed; `ONEO_MUTATIONS` asks for more, from a
/// new one, which every failure names.
#[tokio::test]
async fn a_changed_archive_is_refused_or_a_whole_company() {
    use proptest::{
        prelude::*,
        strategy::ValueTree,
        test_runner::{Config, RngSeed, TestRunner},
    };
    let more = std::env::var("ONEO_MUTATIONS").ok().and_then(|count| count.parse::<usize>().ok());
    let seed = more.map_or(20_261_129, |_| seed_new());
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(seed), ..Config::default() });
    let app = TestApp::start().await;
    filled(&app, 12).await;
    let folder = tempfile::tempdir().unwrap();
    let (whole, changed) = (folder.path().join("whole.tar"), folder.path().join("changed.tar"));
    assert!(crate::command::said(&app, &["tenant", "export", "acme", "--output", whole.to_str().unwrap()]).0);
    let (files, bytes) = (read(&whole), std::fs::read(&whole).unwrap());
    let tables: Vec<String> = files
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .filter_map(|(name, _)| Some(name.strip_prefix("tables/")?.strip_suffix(".jsonl")?.to_owned()))
        .collect();
    let sql = app.sql().await;
    let (mut taken, mut refused) = (Vec::new(), 0);
    for number in 0..more.unwrap_or(32) {
        let (place, field, draw) = (any::<usize>(), any::<usize>(), any::<u32>()).new_tree(&mut runner).unwrap().current();
        let what = if number % 3 == 0 {
            let mut bytes = bytes.clone();
            let at = place % bytes.len();
            bytes[at] ^= 1 << (draw % 8);
            std::fs::write(&changed, bytes).unwrap();
            format!("byte {at}, bit {}", draw % 8)
        } else {
            let table = &tables[place % tables.len()];
            let rows = files[&format!("tables/{table}.jsonl")].lines().count();
            let what = std::cell::RefCell::new(String::new());
            write(&changed, &files, table, |index, row| {
                if index == place / tables.len() % rows {
                    let row = row.as_object_mut().unwrap();
                    let name = row.keys().nth(field % row.len()).unwrap().clone();
                    let value = other(&row[&name], draw);
                    *what.borrow_mut() = format!("{table}, row {}: {name} from {} to {value}", index + 1, row[&name]);
                    row.insert(name, value);
                }
            });
            what.into_inner()
        };
        let before = sql.fingerprint_but("jobs").await;
        let slug = format!("copy{number}");
        let (done, said) = crate::command::said(&app, &["tenant", "import", "--as", &slug, "--input", changed.to_str().unwrap()]);
        if done {
            taken.push(what);
        } else {
            refused += 1;
            assert!(said.len() > 20 && !said.contains("a fault") && !said.contains("panicked"), "seed {seed}: {what}: {said}");
            assert_eq!(sql.fingerprint_but("jobs").await, before, "seed {seed}: {what}");
        }
    }
    let (holds, said) = crate::command::said(&app, &["verify", "all"]);
    assert!(holds, "seed {seed}: {said}: {taken:#?}");
    assert!(taken.len() > 4 && refused > 4, "seed {seed}: {} taken, {refused} refused", taken.len());
    // Every command above is a child of this process; kilobytes on Linux (getrusage(2)).
    let peak = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    assert!(peak < 150 * 1024, "{peak} kB");
}
