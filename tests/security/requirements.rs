//! The requirements, and the table that says which tests prove which.

use std::{collections::BTreeMap, fmt::Write, path::Path};

/// Number, what is required, and where that comes from: OWASP ASVS 5.0 unless said otherwise.
const REQUIREMENTS: [(u8, &str, &str); 74] = [
    (1, "Hosts are read strictly; one company has one spelling", "4.1.3, 15.3.7"),
    (2, "An unknown host is a constant 404, and costs no query", "Multi-Tenant cheat sheet"),
    (3, "Headers that name another host are not believed", "4.1.3"),
    (4, "The client's address is that of the socket, or of a trusted proxy's last hop", "15.3.4"),
    (5, "Links lead to the stored primary domain, whatever host was asked", "Forgot-Password cheat sheet"),
    (6, "A company's own domain serves once its DNS proves it, and is one company's alone", "8.4.1"),
    (7, "Subdomains follow one rule; reserved ones are nobody's", "2.2.1"),
    (8, "Names of schemas are made by one rule and always quoted", "1.2.4"),
    (9, "The platform answers on the bare domain alone, and companies on theirs", "3.5.4"),
    (10, "The session's cookie is of this host, secure, not for scripts, and cannot be guessed", "3.3.1-3.3.5, 7.2.3"),
    (11, "Cookies that are removed are gone from the browser", "7.4.1"),
    (12, "The session's id changes with every change of rights", "7.2.4"),
    (13, "No id that somebody planted is taken over", "7.2.4"),
    (14, "A session is worth nothing on another site", "8.4.1"),
    (15, "A sibling's cookies change nothing", "3.3.3"),
    (16, "Sessions end when idle and after their time, on the server", "7.3.1, 7.3.2"),
    (17, "Signing out ends the session on the server, and nothing brings it back", "7.4.1"),
    (18, "Changes of password, role, state end all other sessions by the next request", "7.4.2, 7.4.3, 8.3.2"),
    (19, "Sessions are listed and can be ended: one's own, a user's, a company's", "7.4.5, 7.5.2"),
    (20, "Nothing that stands in Redis is a session's id", "16.2.5"),
    (21, "Nothing of somebody signed in is kept by a cache", "14.3.1, 14.3.2"),
    (22, "No other site can post for somebody", "3.5.1-3.5.3"),
    (23, "GET and HEAD change nothing", "3.5.3"),
    (24, "Nothing leads to another site", "3.7.2"),
    (25, "Each answer has a policy of its own for scripts, without exceptions", "3.4.3"),
    (26, "Security headers stand on every answer", "3.4.1-3.4.8, 4.1.1, 13.4.6"),
    (27, "Other origins read nothing, unless they are listed", "3.4.2"),
    (28, "What people type is text wherever it is shown", "1.2.1-1.2.3, 1.2.10"),
    (29, "A failed sign-in says nothing of the account", "6.3.8"),
    (30, "Tries on one account are counted before anything is hashed", "6.3.1, NIST SP 800-63B-4"),
    (31, "Tries from one address, and on one company, are limited", "6.3.1, 2.4.1"),
    (32, "Nobody can lock somebody out for good", "6.1.1"),
    (33, "What was counted outlives Redis; without it nobody signs in", "6.3.1"),
    (34, "Passwords are kept by argon2id with today's cost", "Appendix C, 11.4.2"),
    (35, "Hashing takes bounded memory and time", "15.2.2"),
    (36, "Long passwords are refused before they are hashed, and none is cut", "6.2.8, 6.2.9"),
    (37, "Passwords are judged by length and by how soon they are guessed", "6.2.1-6.2.12"),
    (38, "One-time links work once, for one person, on one site, for a while", "6.4.1, 6.4.3, 6.4.6"),
    (39, "Codes of a second factor work once; its seed is sealed", "6.5.1-6.5.5"),
    (40, "What cannot be taken back takes a reauthentication of the last ten minutes", "7.5.1, 7.5.3"),
    (41, "There are no default accounts", "6.3.2"),
    (42, "Everything that answers is in a matrix of who may", "8.2.1, 8.3.1"),
    (43, "Nobody grants what they lack, nor changes somebody above them", "8.3.1"),
    (44, "There is always an active owner", "15.4.2"),
    (45, "Another company's ids do not exist", "8.2.2, 8.4.1"),
    (46, "Fields that a form does not have are not taken", "15.3.3"),
    (47, "Answers hold what is needed and no more", "15.3.1"),
    (48, "The platform's people cannot enter companies", "8.4.1"),
    (49, "A connection is one company's for one transaction", "Multi-Tenant cheat sheet"),
    (50, "Database roles may do what they need and no more", "13.2.2"),
    (51, "What is typed is never SQL", "1.2.4"),
    (52, "Keys of AI are sealed to their place", "11.3.2-11.3.4, 11.2.2"),
    (53, "Secrets are in no log", "16.2.5, 16.4.1"),
    (54, "Audit logs only grow, and show every edit", "16.2.1, 16.3.1, 16.4.2"),
    (55, "PostgreSQL and Redis on other machines are reached by verified TLS alone", "12.3.1-12.3.4"),
    (56, "Headers, bodies, connections and time are limited", "4.1.4, 13.4.4, 15.1.3"),
    (57, "A request that can be read in two ways has no second answer", "4.2.1"),
    (58, "Errors say nothing but a number", "16.5.1-16.5.4"),
    (59, "Nothing answers that need not", "13.4.1, 14.2.5, 15.2.3"),
    (60, "What is built on is known, and new enough", "15.1.1, 15.1.2, 15.2.1"),
    (61, "Text is compared in one form, however its letters, widths and domains were written", "1.1.1, 2.2.1"),
    (62, "Names show something, and no role looks like another", "2.2.1"),
    (63, "Every line of a list is accounted for, and no cell that goes out is a formula", "1.2.10, 2.2.3"),
    (64, "Archives are limited before they are read, and hold plain files alone", "5.2.1, 5.2.3, 5.2.5"),
    (65, "What an archive claims is checked as a form is, or computed again", "1.5.2, 2.2.3"),
    (66, "A client that reads or sends too slowly is let go", "15.2.2"),
    (67, "A flood on one site leaves the others their share", "2.4.1, 15.2.2"),
    (68, "What a company keeps in files is limited, and refused before it is read", "5.2.4"),
    (69, "A restart refuses nobody and cuts nothing", "15.1.3"),
    (70, "Long answers end when their caller's rights do", "7.4.1, 8.3.2"),
    (71, "Targets that are no paths, other kinds of bodies and two origins are refused", "4.1.5, 4.2.1"),
    (72, "A name in an e-mail is text, never a link", "1.3.11"),
    (73, "A company whose schema is behind is not served, alone", "13.1.3"),
    (74, "A service that hangs or a full disk is answered for in time, as what it is", "13.1.3, 16.5.2"),
];

/// The number that a test carries: `r07_…` is 7.
fn number(name: &str) -> Option<u8> {
    let (digits, _) = name.strip_prefix('r')?.split_once('_')?;
    if digits.len() == 2 { digits.parse().ok() } else { None }
}

/// The names of tests in a file that carry a number: Rust functions, and titles of the specs for the browser.
fn tests_of(text: &str) -> Vec<String> {
    let functions = text.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
    let titles = text.split("test(\"").skip(1).filter_map(|rest| rest.split('"').next()).filter_map(|title| title.split([' ', ':']).next());
    functions.chain(titles).filter(|name| number(name).is_some()).map(str::to_owned).collect()
}

fn walk(folder: &Path, found: &mut BTreeMap<u8, Vec<(String, String)>>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "ts") && !path.ends_with(file!()) {
            let file = path.strip_prefix(root).unwrap().display().to_string();
            for name in tests_of(&std::fs::read_to_string(&path).unwrap()) {
                found.entry(number(&name).unwrap()).or_default().push((file.clone(), name));
            }
        }
    }
}

/// `docs/SECURITY-REQUIREMENTS.md` lists every number with the tests that carry it, and each has one of this suite.
/// `make security` hands over what passed, and then only that counts.
#[test]
fn the_table_is_whole_and_not_stale() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    for folder in ["crates", "end2end/specs", "src", "tests"] {
        walk(&root.join(folder), &mut found);
    }
    if let Ok(run) = std::env::var("ONEO_SECURITY_RUN") {
        let passed = std::fs::read_to_string(run).unwrap();
        for tests in found.values_mut() {
            tests.retain(|(file, name)| {
                passed.lines().any(|line| match file.ends_with(".ts") {
                    true => line.contains('✓') && line.split_whitespace().any(|word| word == name),
                    false => (line.contains("PASS") || line.contains("LEAK")) && line.ends_with(name),
                })
            });
        }
    }
    let mut text = String::from(
        "# The requirements of security, and what proves each\n\nMade by `make docs` and held against a run by `make security`: a number without a test of the suite fails. Tests of \
         `tests/security` ask\nthe built program over a socket; those of `tests/it` and `crates` look closer at the same; those of `end2end` use Chromium.\nThe reference is OWASP ASVS 5.0 unless it says otherwise.\n\n\
         | | requirement | reference | tests |\n|---|---|---|---|\n",
    );
    let mut missing = Vec::new();
    for (number, requirement, reference) in REQUIREMENTS {
        let tests = found.get(&number).cloned().unwrap_or_default();
        if !tests.iter().any(|(file, _)| file.starts_with("tests/security")) {
            missing.push(number);
        }
        let tests: Vec<String> = tests.into_iter().map(|(file, name)| format!("`{name}` ({file})")).collect();
        writeln!(text, "| {number} | {requirement} | {reference} | {} |", tests.join("<br>")).unwrap();
    }
    assert_eq!(missing, [0_u8; 0], "numbers without a test of the suite");
    let file = root.join("docs/SECURITY-REQUIREMENTS.md");
    if std::env::var_os("ONEO_WRITE_DOCS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), text, "run `make docs`");
}

#[test]
fn numbers_are_read_from_names() {
    assert_eq!((number("r07_x"), number("r7_x"), number("red_x"), number("r607_x")), (Some(7), None, None, None));
    assert_eq!(tests_of("async fn r01_a() {} fn other() {} test(\"r15 a sibling\", x); test(\"r15_b c\", y)"), ["r01_a", "r15_b"]);
}
