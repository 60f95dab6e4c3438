//! The command line as a person runs it, on the database of a test.

use std::process::{Command, Stdio};
use test_support::{TestApp, environment};

/// The built command with the environment of a test.
pub(crate) fn oneo(app: &TestApp, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oneo"));
    environment(app, &mut command);
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end: whether it succeeded, and what it said. The app has heard what it changed, as a server does over Redis.
pub(crate) fn said(app: &TestApp, args: &[&str]) -> (bool, String) {
    let output = oneo(app, args).output().unwrap();
    app.services.forget(&cache::Invalidation::Everything);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

/// Everything the console does with a company's life, at a terminal; refusals fail and say why.
#[tokio::test]
async fn a_company_lives_at_the_terminal_too() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    for (step, status) in [("suspend", "suspended"), ("resume", "active"), ("archive", "archived"), ("restore", "active")] {
        assert_eq!(said(&app, &["tenant", step, "acme"]), (true, format!("acme is {status}\n")));
        let (done, text) = said(&app, &["tenant", step, "acme"]);
        assert!(!done && text.contains("Company acme is"), "{text}");
    }
    app.owner(&acme).await;
    let (done, text) = said(&app, &["verify", "audit"]);
    assert!(done && text.contains("platform") && text.contains("acme"), "{text}");
    app.sql().await.run(&format!("UPDATE {}.audit_log SET actor_label = 'x'", acme.schema)).await;
    let (done, text) = said(&app, &["verify", "audit"]);
    assert!(!done && text.contains("BROKEN at line 1"), "{text}");
}

/// Quota, features, billing and domains at a terminal, with the rules of the console.
#[tokio::test]
async fn a_company_is_set_up_at_the_terminal_too() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let (done, text) = said(
        &app,
        &[
            "tenant",
            "set",
            "acme",
            "--name",
            "Acme Ltd",
            "--max-users",
            "7",
            "--features",
            "{\"ai\": false}",
            "--billing",
            "{\"plan\": \"team\"}",
        ],
    );
    assert!(done, "{text}");
    for part in ["Acme Ltd", "1 of 7", "{\"ai\":false}", "{\"plan\":\"team\"}", "owner@acme.example", "not measured yet"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for wrong in [["--max-users", "0"], ["--features", "[]"], ["--billing", "{\"plan\": 7}"], ["--name", ""]] {
        let (done, text) = said(&app, &[&["tenant", "set", "acme"], &wrong[..]].concat());
        assert!(!done && !text.contains("panicked"), "{wrong:?}: {text}");
    }
    assert!(said(&app, &["tenant", "show", "acme"]).1.contains("1 of 7"));
    let (done, text) = said(&app, &["tenant", "domain", "add", "acme", "crm.acme.example"]);
    assert!(done && text.contains("TXT _oneo-verify.crm.acme.example"), "{text}");
    let (done, text) = said(&app, &["tenant", "domain", "primary", "acme", "crm.acme.example"]);
    assert!(!done, "{text}");
    let (done, text) = said(&app, &["tenant", "domain", "vouch", "acme", "CRM.acme.example"]);
    assert!(done, "{text}");
    let (done, text) = said(&app, &["tenant", "domain", "primary", "acme", "crm.acme.example"]);
    assert!(done && text.lines().next().unwrap().starts_with("crm.acme.example") && text.contains("primary"), "{text}");
    assert!(said(&app, &["tenant", "domain", "remove", "acme", "acme.localhost"]).0);
    assert!(!said(&app, &["tenant", "domain", "remove", "acme", "acme.localhost"]).0);
    assert!(!said(&app, &["tenant", "domain", "list", "nobody"]).0);
}
