//! How passwords are kept and judged.

use super::*;
use crate::harness::{Harness, WORD, program};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use axum::http::StatusCode;
use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};
use test_support::environment;

/// Why the newest sign-in was refused.
async fn newest_reason(harness: &Harness) -> String {
    harness.sql.text("SELECT detail->>'reason' FROM platform.security_events WHERE kind = 'login.failed' ORDER BY id DESC LIMIT 1").await
}

/// 34: a password is stored as argon2id with 19 MiB, two passes and one lane, with a salt of its own of 16 bytes, by each way to set
/// one; of the password nothing stands anywhere.
#[tokio::test]
async fn r34_passwords_are_stored_as_argon2id() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let (mara, nils) =
        (harness.app.user(&acme, "user", "mara").await.to_string(), harness.app.user(&acme, "user", "nils").await.to_string());
    assert_eq!(reset(&harness, &acme, &mara, OTHER).await.status, StatusCode::OK);
    harness.sql.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE id = {nils}", acme.schema)).await;
    let link = token(&harness, &acme, &nils, "invite", 30).await;
    let fields = [("token", link.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(harness.browser(&acme.host).call("/api/tenant/invite_accept", &fields).await.status, StatusCode::OK);
    let mut owner = harness.owner(&acme).await;
    let fields = [("password_old", WORD), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::OK);
    let mut salts = Vec::new();
    for name in ["mara", "nils", "owner"] {
        let hash = stored(&harness, &acme, name).await;
        let parts: Vec<&str> = hash.split('$').collect();
        assert_eq!(parts[1..4], ["argon2id", "v=19", "m=19456,t=2,p=1"], "{name}: {hash}");
        // 16 bytes are 22 letters of base64 without padding, 32 are 43.
        assert_eq!((parts[4].len(), parts[5].len()), (22, 43), "{name}: {hash}");
        assert!(!salts.contains(&parts[4].to_owned()), "{name}: a salt came twice");
        salts.push(parts[4].to_owned());
    }
    assert!(!harness.app.database.dump().await.contains(OTHER));
}

/// 34: a hash of weaker parameters, or of another kind, is replaced by one of today's when its owner signs in.
#[tokio::test]
async fn r34_weak_hashes_are_replaced() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    for (number, (what, kind, memory, passes)) in [
        ("less memory", Algorithm::Argon2id, 8192, 2),
        ("fewer passes", Algorithm::Argon2id, 19_456, 1),
        ("argon2i", Algorithm::Argon2i, 19_456, 2),
        ("argon2d", Algorithm::Argon2d, 19_456, 2),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("weak{number}");
        harness.app.user(&acme, "user", &name).await;
        let weak = Argon2::new(kind, Version::V0x13, Params::new(memory, passes, 1, None).unwrap());
        let weak = weak.hash_password_with_salt(WORD.as_bytes(), &[7; 16]).unwrap().to_string();
        harness.sql.run(&format!("UPDATE {}.users SET password_hash = '{weak}' WHERE username = '{name}'", acme.schema)).await;
        let reply = harness.browser(&acme.host).try_sign_in(&name, NOBODYS).await;
        assert_eq!(reply.location(), "/login", "{what}");
        assert_eq!(stored(&harness, &acme, &name).await, weak, "{what}: a wrong password changes nothing");
        harness.signed_in(&acme, &name).await;
        let hash = stored(&harness, &acme, &name).await;
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{what}: {hash}");
        harness.signed_in(&acme, &name).await;
        assert_eq!(stored(&harness, &acme, &name).await, hash, "{what}: once is enough");
    }
}

/// 34: a stored hash that asks for an absurd effort, or is none, is not computed: its owner gets the one answer, the server neither
/// a fault nor gigabytes to find, and everybody else is served.
#[tokio::test]
async fn r34_absurd_hashes_are_not_computed() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    harness.app.user(&acme, "user", "victim").await;
    let hash = harness.app.hash.clone();
    harness.signed_in(&acme, "victim").await;
    let before = harness.process.memory();
    assert!(before > 0);
    for absurd in [
        hash.replace("m=19456", "m=4194304"),
        hash.replace("m=19456", "m=1048576"),
        hash.replace("t=2", "t=4000000"),
        hash.replace("p=1$", "p=200$"),
        hash.replace("m=19456", "m=0"),
        hash.replace("argon2id", "argon2x"),
        hash.replace("v=19", "v=99"),
        hash.split('$').take(5).collect::<Vec<_>>().join("$"),
        "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234".to_owned(),
        "nonsense".to_owned(),
        "$".to_owned(),
        String::new(),
    ] {
        harness.forget_tries().await;
        harness.sql.run(&format!("UPDATE {}.users SET password_hash = '{absurd}' WHERE username = 'victim'", acme.schema)).await;
        let (mut browser, fields) = (harness.browser(&acme.host), [("login", "victim"), ("password", WORD)]);
        let reply = tokio::time::timeout(Duration::from_secs(20), browser.call("/api/tenant/sign_in", &fields)).await;
        assert!(reply.is_ok(), "{absurd} is computed");
        let reply = reply.unwrap();
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{absurd}: {}", reply.body);
        assert!(reply.body.contains(WRONG), "{absurd}: {}", reply.body);
        let grown = harness.process.memory().saturating_sub(before);
        assert!(grown < 256 * 1024, "{absurd}: {grown} KiB more");
        assert_eq!(stored(&harness, &acme, "victim").await, absurd, "nothing was replaced");
        harness.signed_in(&acme, &acme.owner).await;
    }
    harness.forget_tries().await;
    harness.sql.run(&format!("UPDATE {}.users SET password_hash = '{hash}' WHERE username = 'victim'", acme.schema)).await;
    harness.signed_in(&acme, "victim").await;
}

/// 35: hundreds of passwords to be compared at once take no more memory than as many hashes as there are cores; those whose turn does
/// not come are told to come again; meanwhile the server answers, other companies too. (How fast, the benchmark says.)
#[tokio::test]
async fn r35_hashes_wait_for_their_turn() {
    let harness = Harness::start_with(PROXY).await;
    let (acme, beta) = (harness.tenant("acme").await, harness.tenant("beta").await);
    let mut colleague = harness.owner(&beta).await;
    // The limit of strangers on a site would end the flood too early: these come from a browser that is known to the account.
    // Those who are locked out by then cost a hash like everybody.
    let mut known = harness.owner(&acme).await;
    known.cookies.remove("__Host-sid");
    let (before, cores) = (harness.process.memory(), std::thread::available_parallelism().map_or(1, usize::from));
    let tasks: Vec<_> = (0..250)
        .map(|number| {
            let mut browser = known.clone();
            let (address, login) = (format!("10.10.{}.{}", number / 100, number % 100 + 1), acme.owner.clone());
            tokio::spawn(async move { try_from(&mut browser, &address, &login, NOBODYS).await })
        })
        .collect();
    let mut most = 0;
    for _ in 0..1000 {
        most = most.max(harness.process.memory());
        assert_eq!(harness.browser(&beta.host).get("/livez").await.status, StatusCode::OK, "alive during the flood");
        if tasks.iter().all(tokio::task::JoinHandle::is_finished) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut compared = 0;
    for task in tasks {
        let reply = task.await.unwrap();
        assert!(matches!(reply.status.as_u16(), 422 | 503), "{}: {}", reply.status, reply.body);
        assert!(reply.status != StatusCode::SERVICE_UNAVAILABLE || !reply.header("retry-after").is_empty());
        compared += u32::from(reply.status == StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(compared > 0, "nobody's turn came");
    let (grown, allowed) = (most.saturating_sub(before), u64::try_from(cores).unwrap() * 19_456 + 64 * 1024);
    assert!(grown <= allowed, "{grown} KiB more, and {allowed} are allowed");
    assert_eq!(colleague.get("/users").await.status, StatusCode::OK);
    harness.forget_tries().await;
    assert_eq!(try_from(&mut harness.browser(&acme.host), "10.10.9.9", &acme.owner, WORD).await.status, StatusCode::OK);
}

/// 36: what is too long for a password is refused by its length, before anything is compared, wherever one is typed.
#[tokio::test]
async fn r36_length_is_looked_at_first() {
    let harness = Harness::start_with(&[("SIGNUP", "open")]).await;
    let acme = harness.tenant("acme").await;
    let mara = harness.app.user(&acme, "user", "mara").await.to_string();
    let mut owner = harness.owner(&acme).await;
    // A megabyte is no form at all, and is refused before it comes.
    let request = format!(
        "POST /api/tenant/sign_in HTTP/1.1\r\nHost: {host}:8000\r\nOrigin: http://{host}:8000\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1048576\r\nConnection: close\r\n\r\nlogin=owner&password=x",
        host = acme.host
    );
    let (text, _) = harness.process.raw(request.as_bytes(), Duration::from_secs(5)).await;
    assert!(text.starts_with("HTTP/1.1 413"), "{text}");
    // What still fits into a form is refused by its length.
    for length in [257, 10_000, 200_000] {
        let reply =
            harness.browser(&acme.host).call("/api/tenant/sign_in", &[("login", &acme.owner), ("password", &"x".repeat(length))]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{length}: {}", reply.body);
        assert!(reply.body.contains(WRONG), "{length}: {}", reply.body);
        assert_eq!(newest_reason(&harness).await, "malformed", "{length}");
    }
    // One that may be a password is compared.
    let reply = harness.browser(&acme.host).call("/api/tenant/sign_in", &[("login", &acme.owner), ("password", &"x".repeat(256))]).await;
    assert_eq!((reply.status, newest_reason(&harness).await.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "wrong"));
    assert_eq!(compared(&harness, &acme).await, 1);
    // Where a new one is chosen it is told.
    let long = "x".repeat(257);
    let new = [("password", long.as_str()), ("password_repeated", long.as_str())];
    let (reset, invite) = (token(&harness, &acme, &mara, "reset", 30).await, token(&harness, &acme, &mara, "invite", 30).await);
    let company = [("name", "Firm"), ("domain", "firm"), ("first_name", "O"), ("last_name", "P"), ("email", "o@firm.example")];
    let before = harness.fingerprint().await;
    let mut visitor = harness.browser("localhost");
    for (path, fields) in [
        ("/api/tenant/reset_accept", vec![("token", reset.as_str())]),
        ("/api/tenant/invite_accept", vec![("token", invite.as_str())]),
        ("/api/tenant/password_set", vec![("password_old", WORD)]),
        ("/api/platform/signup_create", company.to_vec()),
    ] {
        let fields: Vec<(&str, &str)> = fields.into_iter().chain(new).collect();
        let browser = if path.starts_with("/api/platform") { &mut visitor } else { &mut owner };
        let reply = browser.call(path, &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", reply.body);
        assert!(reply.body.contains("at most 256 characters"), "{path}: {}", reply.body);
    }
    // Where the own one is given again it is wrong, and nothing was compared: no failed reauthentication is noted.
    let failed = "SELECT count(*)::text FROM platform.security_events WHERE kind = 'reauthentication.failed'";
    let fields = [("password_old", long.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    harness.age(ELEVEN_MINUTES).await;
    assert_eq!(owner.call("/api/tenant/reauthenticate", &[("password", &long)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(harness.sql.text(failed).await, "0");
    assert_eq!(harness.fingerprint().await, before);
    assert_eq!(owner.call("/api/tenant/reauthenticate", &[("password", NOBODYS)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(harness.sql.text(failed).await, "1", "one that may be a password is compared");
}

/// 36: up to 256 characters count, every one of them, spaces at both ends too, however the keyboard composed them.
#[tokio::test]
async fn r36_every_character_counts() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mara = harness.app.user(&acme, "user", "mara").await.to_string();
    let (two_hundred, most) = {
        let entropy = &*harness.app.services.entropy;
        (kernel::entropy::random_name::<100>(entropy), kernel::entropy::random_name::<128>(entropy))
    };
    let (sixty_four, cut) = (two_hundred.chars().take(64).collect::<String>(), two_hundred.chars().take(199).collect::<String>());
    let other_end = format!("{cut}{}", if two_hundred.ends_with('0') { '1' } else { '0' });
    for (what, password, right, wrong) in [
        ("64 characters", sixty_four.clone(), vec![sixty_four.clone()], vec![sixty_four.to_uppercase()]),
        ("200 characters", two_hundred.clone(), vec![two_hundred.clone()], vec![other_end, cut, format!("{two_hundred}0")]),
        ("256 characters", most.clone(), vec![most.clone()], vec![most.chars().take(255).collect(), most.chars().skip(1).collect()]),
        (
            "spaces at both ends",
            format!("  {OTHER} "),
            vec![format!("  {OTHER} ")],
            vec![OTHER.to_owned(), format!("  {OTHER}"), format!("{OTHER} "), format!(" {OTHER} ")],
        ),
        (
            "composed letters",
            "ﬁne Ångström zebras whistle ５ times".to_owned(),
            vec!["fine A\u{30a}ngstro\u{308}m zebras whistle 5 times".to_owned(), "ﬁne Ångström zebras whistle ５ times".to_owned()],
            vec!["fine Angstrom zebras whistle 5 times".to_owned()],
        ),
    ] {
        harness.forget_tries().await;
        let reply = reset(&harness, &acme, &mara, &password).await;
        assert_eq!(reply.status, StatusCode::OK, "{what}: {}", reply.body);
        for password in wrong {
            let reply = harness.browser(&acme.host).call("/api/tenant/sign_in", &[("login", "mara"), ("password", &password)]).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {password:?} is another one");
        }
        for password in right {
            let reply = harness.browser(&acme.host).call("/api/tenant/sign_in", &[("login", "mara"), ("password", &password)]).await;
            assert_eq!(reply.status, StatusCode::OK, "{what}: {password:?} is the one: {}", reply.body);
        }
    }
}

/// 37: what is short, known, made of names or keys in a row is refused, with a sentence, by each way to choose a password; long ones
/// are taken, whatever they are composed of.
#[tokio::test]
async fn r37_passwords_are_judged() {
    let harness = Harness::start_with(&[("SIGNUP", "open")]).await;
    let alpha = harness.app.tenant("alpha").await;
    let mara = harness.app.user(&alpha, "user", "mara").await.to_string();
    let nils = harness.app.user(&alpha, "user", "nils").await.to_string();
    let bad = [
        "short",
        // 14 characters, as random as they are.
        "gull7*Zqk4v#tP",
        "passwordpassword",
        "qwertyuiopasdfgh",
        "111111111111111",
        "123456789012345",
        "iloveyouiloveyou",
        "abcdefghijklmnop",
        "letmeinletmeinletmein",
        "mara.tester.alpha",
        "maramaramaramara1",
        "alphaalphaalphaalpha",
        "company alpha 2026",
        "oneooneooneooneo",
    ];
    for password in bad {
        let reply = reset(&harness, &alpha, &mara, password).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}: {}", reply.body);
        assert!(reply.body.contains("\"field\":\"password\""), "{password}: {}", reply.body);
    }
    harness.sql.run(&format!("DELETE FROM {}.user_tokens", alpha.schema)).await;
    let mut owner = harness.owner(&alpha).await;
    harness.sql.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE id = {nils}", alpha.schema)).await;
    let invite = token(&harness, &alpha, &nils, "invite", 30).await;
    let company = [("name", "Firm"), ("domain", "firm"), ("first_name", "Olga"), ("last_name", "P"), ("email", "o@firm.example")];
    let mut visitor = harness.browser("localhost");
    for password in ["short", "passwordpassword", "firmfirmfirmfirm", "qwertyuiopasdfgh", "alphaalphaalphaalpha"] {
        let new = [("password", password), ("password_repeated", password)];
        for (path, fields) in [
            ("/api/tenant/invite_accept", vec![("token", invite.as_str())]),
            ("/api/tenant/password_set", vec![("password_old", WORD)]),
            ("/api/platform/signup_create", company.to_vec()),
        ] {
            let names = if path.starts_with("/api/platform") { "firm" } else { "alpha" };
            if (password.starts_with("firm") || password.starts_with("alpha")) && !password.starts_with(names) {
                continue;
            }
            let fields: Vec<(&str, &str)> = fields.into_iter().chain(new).collect();
            let browser = if names == "firm" { &mut visitor } else { &mut owner };
            let reply = browser.call(path, &fields).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {password}: {}", reply.body);
            assert!(reply.body.contains("\"field\":\"password\""), "{path} {password}: {}", reply.body);
        }
        let mut command = Command::new(program());
        environment(&harness.app, &mut command);
        command.args(["admin", "create", "--email", "ada@oneo.example", "--first-name", "Ada", "--last-name", "B", "--password-stdin"]);
        if !password.starts_with("firm") && !password.starts_with("alpha") {
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && text.contains("password"), "{password}: {text}");
        }
    }
    assert_eq!(harness.sql.text("SELECT count(*)::text FROM platform.platform_admins").await, "0");
    assert_eq!(harness.sql.text("SELECT count(*)::text FROM platform.tenants").await, "1");
    // No rules of composition.
    for password in [
        "nine yellow herons whisper",
        "correct staple gull 7",
        "кот читает длинную книгу ночью",
        "übermütige Füchse schnarchen laut",
        "ALL WORDS HERE ARE SHOUTED LOUDLY",
        "384710298347561928374",
    ] {
        harness.forget_tries().await;
        let reply = reset(&harness, &alpha, &mara, password).await;
        assert_eq!(reply.status, StatusCode::OK, "{password}: {}", reply.body);
        let reply = harness.browser(&alpha.host).call("/api/tenant/sign_in", &[("login", "mara"), ("password", password)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{password}: {}", reply.body);
    }
    // Nobody has to choose another one for its age alone.
    let old = format!("UPDATE {}.users SET created_at = now() - interval '5 years', updated_at = now() - interval '5 years'", alpha.schema);
    harness.sql.run(&old).await;
    assert_eq!(harness.signed_in(&alpha, &alpha.owner).await.get("/users").await.status, StatusCode::OK);
}

/// 37: fewer than fifteen characters are enough only while a second factor is asked of everybody; fewer than eight never are.
#[tokio::test]
async fn r37_short_passwords_take_a_second_factor_of_all() {
    const SHORT: &str = "gull7*Zqk4v";
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let mut user = harness.person(&acme, "user", "mara").await;
    let least = [("group", "security"), ("values[password.length_min]", "8")];
    let change = [("password_old", WORD), ("password", SHORT), ("password_repeated", SHORT)];
    assert_eq!(user.call("/api/tenant/password_set", &change).await.status, StatusCode::UNPROCESSABLE_ENTITY, "eleven are too few");
    let before = harness.fingerprint().await;
    assert_eq!(owner.call("/api/tenant/setting_set", &least).await.status, StatusCode::CONFLICT, "without a second factor of all");
    assert_eq!(harness.fingerprint().await, before);
    enrolled(&mut owner, "/api/tenant").await;
    let both = [("group", "security"), ("values[password.length_min]", "8"), ("values[mfa.required]", "true")];
    assert_eq!(owner.call("/api/tenant/setting_set", &both).await.status, StatusCode::OK);
    let seven = [("group", "security"), ("values[password.length_min]", "7")];
    assert_eq!(owner.call("/api/tenant/setting_set", &seven).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(user.call("/api/tenant/password_set", &change).await.status, StatusCode::OK, "now eleven are enough");
    let six = [("password_old", SHORT), ("password", "g7*Zqk"), ("password_repeated", "g7*Zqk")];
    assert_eq!(user.call("/api/tenant/password_set", &six).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let before = harness.fingerprint().await;
    let off = [("group", "security"), ("values[mfa.required]", "")];
    assert_eq!(owner.call("/api/tenant/setting_set", &off).await.status, StatusCode::CONFLICT, "the one needs the other");
    assert_eq!(owner.call("/api/tenant/setting_reset", &[("key", "mfa.required")]).await.status, StatusCode::CONFLICT);
    assert_eq!(harness.fingerprint().await, before);
}
