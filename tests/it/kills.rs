//! `kill -9` at random moments of long work: afterwards another worker ends it, and what came out equals an undisturbed
//! run; nothing half-made is ever seen. `ONEO_KILL_ROUNDS` says how many moments (4 unless told otherwise).

use crate::{
    command::{oneo, said},
    transfer::{filled, sums},
};
use chrono::TimeDelta;
use control::jobs;
use domain::JobId;
use futures_util::StreamExt;
use kernel::{OsEntropy, entropy::bytes};
use serde_json::Value;
use std::{
    process::Stdio,
    time::{Duration, Instant},
};
use test_support::{Sql, TestApp};

const PEOPLE: u32 = 3000;

fn rounds() -> u32 {
    std::env::var("ONEO_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

/// How long a command takes that nobody disturbs.
fn undisturbed(app: &TestApp, args: &[&str]) -> Duration {
    let begun = Instant::now();
    let (done, text) = said(app, args);
    assert!(done, "{args:?}: {text}");
    begun.elapsed()
}

/// Runs a command and kills it somewhere on its way; then another worker ends what it left. Gives the job, if there was one.
async fn killed(app: &TestApp, sql: &Sql, args: &[&str], whole: Duration) -> Option<JobId> {
    let share = f64::from(u16::from_be_bytes(bytes::<2>(&OsEntropy))) / f64::from(u16::MAX);
    let last = "SELECT coalesce(max(id), 0)::text FROM platform.jobs";
    let before = sql.text(last).await;
    let mut run = oneo(app, args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    tokio::time::sleep(whole.mul_f64(share)).await;
    run.kill().unwrap();
    run.wait().unwrap();
    let id = sql.text(last).await;
    if id == before {
        return None;
    }
    let id = JobId(id.parse().unwrap());
    let status = format!("SELECT status FROM platform.jobs WHERE id = {id}");
    for _ in 0..200 {
        if !matches!(sql.text(&status).await.as_str(), "queued" | "running") {
            break;
        }
        // The dead worker's job is anybody's after 15 seconds, by the clock that it beat by.
        app.clock.advance(TimeDelta::seconds(5));
        jobs::run_only(&app.services, id).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(sql.text(&status).await, "done", "killed after {share:.2} of {args:?}");
    Some(id)
}

/// No schema and no role without its company, no company without its schema.
async fn no_orphans(sql: &Sql) {
    let schemas = "SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'tenant\\_%' AND nspname NOT IN (SELECT schema_name FROM platform.tenants)";
    assert_eq!(sql.text(schemas).await, "0");
    let roles = "SELECT count(*)::text FROM pg_roles, oneo_roles.installation i WHERE rolname LIKE 'oneo\\_' || i.id || '\\_t%' \
                 AND NOT EXISTS (SELECT 1 FROM platform.tenants t WHERE rolname = 'oneo_' || i.id || '_t' || t.id)";
    assert_eq!(sql.text(roles).await, "0");
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.tenants WHERE schema_version IS NULL").await, "0");
}

/// The tables of the archive that a job made: counts and checksums.
async fn archive_tables(app: &TestApp, id: JobId) -> Vec<Value> {
    let (_, mut parts) = jobs::job_file(&app.operator(), id).await.unwrap();
    let mut whole = Vec::new();
    while let Some(part) = parts.next().await {
        whole.extend(part.unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.tar"), whole).unwrap();
    let read = std::process::Command::new("tar").args(["-xOf", "a.tar", "manifest.json"]).current_dir(folder.path()).output().unwrap();
    let manifest: Value = serde_json::from_slice(&read.stdout).unwrap();
    manifest["tables"].as_array().unwrap().clone()
}

#[tokio::test]
async fn killed_clones_end_elsewhere() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let acme = filled(&app, PEOPLE).await;
    let expected = sums(&sql, &acme.schema).await;
    let whole = undisturbed(&app, &["tenant", "clone", "acme", "--as", "first"]);
    assert_eq!(sums(&sql, "tenant_first").await, expected);
    for round in 0..rounds() {
        let name = format!("copy{round}");
        if killed(&app, &sql, &["tenant", "clone", "acme", "--as", &name], whole).await.is_some() {
            assert_eq!(sums(&sql, &format!("tenant_{name}")).await, expected, "round {round}");
        }
    }
    no_orphans(&sql).await;
}

#[tokio::test]
async fn killed_imports_end_elsewhere() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let acme = filled(&app, PEOPLE).await;
    let expected = sums(&sql, &acme.schema).await;
    let file = app.files.path().join("acme.tar").display().to_string();
    undisturbed(&app, &["tenant", "export", "acme", "--output", &file]);
    let whole = undisturbed(&app, &["tenant", "import", "--as", "first", "--input", &file]);
    assert_eq!(sums(&sql, "tenant_first").await, expected);
    for round in 0..rounds() {
        let name = format!("copy{round}");
        if killed(&app, &sql, &["tenant", "import", "--as", &name, "--input", &file], whole).await.is_some() {
            assert_eq!(sums(&sql, &format!("tenant_{name}")).await, expected, "round {round}");
        }
    }
    no_orphans(&sql).await;
}

#[tokio::test]
async fn killed_exports_end_elsewhere() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    filled(&app, PEOPLE).await;
    let file = app.files.path().join("acme.tar").display().to_string();
    let args = ["tenant", "export", "acme", "--output", &file];
    let whole = undisturbed(&app, &args);
    let first = JobId(sql.text("SELECT max(id)::text FROM platform.jobs").await.parse().unwrap());
    let tables = archive_tables(&app, first).await;
    // The log grows by the line of each export; everything else is the same file again.
    let same = |tables: &[Value]| -> Vec<Value> {
        tables.iter().filter(|table| !table["name"].as_str().unwrap().starts_with("audit")).cloned().collect()
    };
    for round in 0..rounds() {
        if let Some(id) = killed(&app, &sql, &args, whole).await {
            assert_eq!(same(&archive_tables(&app, id).await), same(&tables), "round {round}");
        }
    }
}

#[tokio::test]
async fn killed_purges_end_elsewhere() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    filled(&app, PEOPLE / 2).await;
    let purge = |name: &str| {
        let (done, text) = said(&app, &["tenant", "clone", "acme", "--as", name]);
        assert!(done, "{text}");
        let (done, text) = said(&app, &["tenant", "archive", name]);
        assert!(done, "{text}");
        ["tenant", "purge", name, "--drop-schema", "--now", "--confirm-name", "Company acme"].map(str::to_owned)
    };
    let args = purge("first");
    let whole = undisturbed(&app, &args.each_ref().map(String::as_str));
    let first = JobId(sql.text("SELECT max(id)::text FROM platform.jobs").await.parse().unwrap());
    let rows = |tables: Vec<Value>| -> Vec<(String, i64)> {
        let of = |table: &Value| (table["name"].as_str().unwrap().to_owned(), table["rows"].as_i64().unwrap());
        tables.iter().map(of).collect()
    };
    let expected = rows(archive_tables(&app, first).await);
    for round in 0..rounds() {
        let name = format!("copy{round}");
        let args = purge(&name);
        let there = format!("SELECT count(*)::text FROM platform.tenants WHERE slug = '{name}'");
        match killed(&app, &sql, &args.each_ref().map(String::as_str), whole).await {
            Some(id) => {
                assert_eq!(sql.text(&there).await, "0", "round {round}");
                assert_eq!(rows(archive_tables(&app, id).await), expected, "round {round}");
            }
            None => assert_eq!(sql.text(&there).await, "1", "round {round}"),
        }
    }
    no_orphans(&sql).await;
}
