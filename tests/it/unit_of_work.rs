//! One unit of work: rows, jobs, e-mail, events and lines of the audit log are there together or not at all, whatever fails
//! or dies on the way, and the audit log is the last thing a transaction touches.

use axum::http::StatusCode;
use chrono::TimeDelta;
use control::jobs::run_only;
use domain::JobId;
use kernel::{OsEntropy, entropy::bytes, failpoint};
use std::{collections::BTreeSet, time::Duration};
use test_support::{Actor, Process, Sql, Tenant, TestApp, TestSmtp};

const BULK: &str = "/api/tenant/user_bulk";
const CREATE: &str = "/api/tenant/user_create";

async fn company(app: &TestApp, users: usize) -> (Tenant, Actor) {
    let tenant = app.tenant("acme").await;
    for n in 0..users {
        app.user(&tenant, "user", &format!("person{n:02}")).await;
    }
    // Nobody of them has a password yet, so that they are invited.
    app.sql().await.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE user_type = 'user'", tenant.schema)).await;
    let owner = app.owner(&tenant).await;
    (tenant, owner)
}

fn invitation(name: &str) -> Vec<(String, String)> {
    let fields = [("first_name", "Ines"), ("last_name", "Novak"), ("username", name), ("user_type", "user"), ("invite", "mail")];
    let mut fields: Vec<(String, String)> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    fields.push(("email".to_owned(), format!("{name}@acme.example")));
    fields
}

async fn invite(actor: &mut Actor, name: &str) -> StatusCode {
    let fields = invitation(name);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    actor.call(CREATE, &fields).await.status
}

/// A bulk act by a job, for everybody called person. Gives the job.
async fn bulk(actor: &mut Actor, act: &str, expected: &str) -> JobId {
    let fields = [("act", act), ("query", "who=all&q=person"), ("expected", expected)];
    let answer = actor.post(BULK, "/users/bulk", &fields).await;
    answer.location().strip_prefix("/jobs/").unwrap_or_else(|| unreachable!("{} {}", answer.status, answer.body)).parse().unwrap()
}

/// What an act would leave: users, links, checkpoints, rows of jobs, jobs, e-mail, lines of the log and events.
async fn traces(sql: &Sql, tenant: &Tenant) -> Vec<String> {
    let schema = &tenant.schema;
    let tables = ["users", "user_tokens", "job_checkpoints", "job_rows", "audit_log", "events"].map(|table| format!("{schema}.{table}"));
    let mut counts = Vec::new();
    for table in tables.iter().map(String::as_str).chain(["platform.jobs", "platform.mail_outbox"]) {
        counts.push(sql.text(&format!("SELECT '{table} ' || count(*) FROM {table}")).await);
    }
    counts
}

#[tokio::test]
async fn an_act_whose_email_cannot_be_enqueued_leaves_nothing() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app, 0).await;
    let sql = app.sql().await;
    let before = traces(&sql, &tenant).await;
    sql.run("ALTER TABLE platform.mail_outbox ADD CONSTRAINT none CHECK (false) NOT VALID").await;
    assert_eq!(invite(&mut owner, "ines").await, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(traces(&sql, &tenant).await, before);
    sql.run("ALTER TABLE platform.mail_outbox DROP CONSTRAINT none").await;
    assert_eq!(invite(&mut owner, "ines").await, StatusCode::OK);
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.mail_outbox").await, "1");
}

#[tokio::test]
async fn an_act_whose_job_cannot_be_enqueued_leaves_nothing() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app, 30).await;
    let sql = app.sql().await;
    let before = traces(&sql, &tenant).await;
    sql.run("ALTER TABLE platform.jobs ADD CONSTRAINT none CHECK (false) NOT VALID").await;
    let fields = [("act", "deactivate"), ("query", "who=all&q=person"), ("expected", "30")];
    assert_eq!(owner.call(BULK, &fields).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(traces(&sql, &tenant).await, before);
    sql.run("ALTER TABLE platform.jobs DROP CONSTRAINT none").await;
    // Three wait at most; the fourth leaves nothing either.
    for _ in 0..3 {
        bulk(&mut owner, "deactivate", "30").await;
    }
    let before = traces(&sql, &tenant).await;
    assert_eq!(owner.call(BULK, &fields).await.status, StatusCode::CONFLICT);
    assert_eq!(traces(&sql, &tenant).await, before);
}

#[tokio::test]
async fn an_act_whose_audit_fails_is_undone() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app, 30).await;
    let sql = app.sql().await;
    let job = bulk(&mut owner, "deactivate", "30").await;
    let before = traces(&sql, &tenant).await;
    sql.run(&format!("ALTER TABLE {}.audit_log ADD CONSTRAINT none CHECK (false) NOT VALID", tenant.schema)).await;
    let id = job.to_string();
    assert_eq!(owner.call("/api/tenant/job_cancel", &[("id", &id)]).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let status = format!("SELECT status || ' ' || cancel_requested FROM platform.jobs WHERE id = {job}");
    assert_eq!(sql.text(&status).await, "queued false");
    sql.run(&format!("UPDATE platform.jobs SET status = 'failed' WHERE id = {job}")).await;
    assert_eq!(owner.call("/api/tenant/job_retry", &[("id", &id)]).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(sql.text(&status).await, "failed false");
    assert_eq!(traces(&sql, &tenant).await, before);
}

/// Whoever writes rows holds neither the head of the log nor, so, anybody who signs in.
#[tokio::test]
async fn the_audit_log_is_the_last_thing_a_transaction_locks() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app, 0).await;
    let sql = app.sql().await;
    let schema = &tenant.schema;
    // Whatever is written after the head of the log was locked is refused.
    sql.run(&format!(
        "CREATE FUNCTION {schema}.too_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF EXISTS (SELECT FROM pg_locks WHERE relation = '{schema}.audit_head'::regclass AND pid = pg_backend_pid()) THEN \
                 RAISE 'written after the head of the log was locked'; END IF; RETURN NULL; END $$"
    ))
    .await;
    let tables = format!(
        "SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' AND tablename NOT IN ('audit_log', 'audit_head', 'events', 'schema_migrations')"
    );
    for table in sql.texts(&tables).await {
        sql.run(&format!(
            "CREATE TRIGGER too_late AFTER INSERT OR UPDATE OR DELETE ON {schema}.{table} FOR EACH STATEMENT EXECUTE FUNCTION {schema}.too_late()"
        ))
        .await;
    }
    assert_eq!(invite(&mut owner, "ines").await, StatusCode::OK);
    let lines: String = (0..40).map(|n| format!("F{n},L{n},person{n}@acme.example\n")).collect();
    let file = format!("first_name,last_name,email\n{lines}");
    let draft = owner.upload("/api/tenant/user_import_upload", "/users/import", &[], file.as_bytes()).await;
    let draft = draft.location().rsplit('/').next().unwrap().to_owned();
    let rules = [
        ("id", draft.as_str()),
        ("columns[first_name]", "0"),
        ("columns[last_name]", "1"),
        ("columns[email]", "2"),
        ("mode", "create"),
        ("match_by", "email"),
        ("user_type", "user"),
    ];
    let look = done(&app, owner.post("/api/tenant/user_import_check", "/", &rules).await.location()).await;
    let import = done(&app, owner.post("/api/tenant/user_import_run", "/", &[("id", &look)]).await.location()).await;
    let bulk = bulk(&mut owner, "deactivate", "40").await;
    done(&app, &format!("/jobs/{bulk}")).await;
    assert_eq!(sql.text(&format!("SELECT count(*)::text FROM {schema}.users WHERE NOT is_active")).await, "40");
    done(&app, owner.post("/api/tenant/user_import_undo", "/", &[("id", &import)]).await.location()).await;
    assert_eq!(
        owner.post("/api/tenant/setting_set", "/", &[("group", "company"), ("values[branding.name]", "B")]).await.location(),
        "/settings"
    );
    // A batch of many is one event.
    let events = format!("SELECT count(*)::text FROM {schema}.events WHERE kind = 'user.import' AND origin = 'job:{import}'");
    assert_eq!(sql.text(&events).await, "1");
    let gaps = format!(
        "SELECT count(*)::text FROM {schema}.events e WHERE n = 1 AND seq > 1 AND NOT EXISTS (SELECT FROM {schema}.events b WHERE b.seq = e.seq - 1)"
    );
    assert_eq!(sql.text(&gaps).await, "0");
}

/// Does the job that an answer leads to. Gives its id.
async fn done(app: &TestApp, location: &str) -> String {
    let id = location.strip_prefix("/jobs/").unwrap_or_else(|| unreachable!("{location}"));
    let record = run_only(&app.services, id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((record.status.as_str(), record.error), ("done", None));
    id.to_owned()
}

#[tokio::test]
async fn a_bulk_act_that_broke_off_is_done_once_for_everybody() {
    let app = TestApp::start().await;
    let (_, mut owner) = company(&app, 30).await;
    let job = bulk(&mut owner, "mail", "30").await;
    // It fails right after the first user's transaction, then goes on.
    failpoint::arm(Some("bulk.one"));
    assert_eq!(run_only(&app.services, job).await.unwrap().unwrap().status, "failed");
    failpoint::arm(None);
    assert_eq!(owner.call("/api/tenant/job_retry", &[("id", &job.to_string())]).await.status, StatusCode::OK);
    assert_eq!(run_only(&app.services, job).await.unwrap().unwrap().status, "done");
    assert_eq!(app.sql().await.text("SELECT count(*) || ' ' || count(DISTINCT message_id) FROM platform.mail_outbox").await, "30 30");
}

/// The program is killed at random moments of a bulk act, of invitations and of an import, and started again. Nothing is
/// lost and nothing is there by halves; what may come twice is an e-mail that the mail server had taken when the
/// program died, under the same Message-ID.
#[tokio::test]
async fn kills_leave_no_orphans_and_lose_nothing() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app, 30).await;
    let (sql, smtp) = (app.sql().await, TestSmtp::start().await);
    sql.run(&format!("UPDATE {}.quota SET max_users = 5000", tenant.schema)).await;
    let mail = format!("smtp://{}", smtp.address);
    let environment = [("MAIL", mail.as_str())];
    let serve = || Process::start(&app, env!("CARGO_BIN_EXE_oneo"), &environment);
    let bulk = bulk(&mut owner, "mail", "30").await;
    let lines: String = (0..1500).map(|n| format!("F{n},L{n},row{n}@acme.example\n")).collect();
    let file = format!("first_name,last_name,email\n{lines}");
    let draft = owner.upload("/api/tenant/user_import_upload", "/users/import", &[], file.as_bytes()).await;
    let draft = draft.location().rsplit('/').next().unwrap().to_owned();
    let columns = [("columns[first_name]", "0"), ("columns[last_name]", "1"), ("columns[email]", "2")];
    let rules = [("id", draft.as_str()), ("mode", "create"), ("match_by", "email"), ("user_type", "user")];
    let rules: Vec<(&str, &str)> = rules.into_iter().chain(columns).collect();
    let look = done(&app, owner.post("/api/tenant/user_import_check", "/", &rules).await.location()).await;
    let answer = owner.post("/api/tenant/user_import_run", "/", &[("id", &look)]).await;
    let import = answer.location().trim_start_matches("/jobs/").to_owned();
    let mut invited = Vec::new();
    for round in 0..4 {
        let mut process = serve().await;
        let mut browser = process.browser(&tenant.host);
        browser.cookies = owner.cookies.clone();
        let share = u64::from(bytes::<1>(&OsEntropy)[0]);
        let dies = async {
            tokio::time::sleep(Duration::from_millis(100 + share * 3)).await;
            process.child.kill().unwrap();
        };
        let invites = async {
            // No more than may be sent in an hour.
            for n in 0..10 {
                let name = format!("guest{round}x{n}");
                let fields = invitation(&name);
                let body = serde_urlencoded::to_string(&fields).unwrap();
                let origin = format!("http://{}:8000", tenant.host);
                let headers =
                    [("content-type", "application/x-www-form-urlencoded"), ("origin", origin.as_str()), ("accept", "application/json")];
                let Some(reply) = browser.try_send("POST", CREATE, &headers, body.as_bytes()).await else { break };
                if reply.status == StatusCode::OK {
                    invited.push(name);
                }
            }
        };
        tokio::join!(dies, invites);
        // The dead worker's jobs and e-mail are anybody's at once.
        sql.run(
            "UPDATE platform.jobs SET heartbeat_at = heartbeat_at - interval '1 minute'; UPDATE platform.mail_outbox SET next_at = now()",
        )
        .await;
    }
    let process = serve().await;
    let waits = format!("SELECT id::text FROM platform.jobs WHERE id IN ({bulk}, {import}) AND status = 'failed'");
    let open = format!(
        "SELECT (SELECT count(*) FROM platform.mail_outbox) || ' ' || count(*) FROM platform.jobs WHERE id IN ({bulk}, {import}) AND status <> 'done'"
    );
    for _ in 0..600 {
        if sql.text(&open).await == "0 0" {
            break;
        }
        // A job that its process did not outlive twice, without having got on, waits for its user.
        for id in sql.texts(&waits).await {
            owner.call("/api/tenant/job_retry", &[("id", &id)]).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(sql.text(&open).await, "0 0", "{}", process.log());
    let schema = &tenant.schema;
    assert_eq!(sql.text(&format!("SELECT count(*)::text FROM {schema}.users WHERE username LIKE 'row%'")).await, "1500");
    assert_eq!(sql.text(&format!("SELECT count(*)::text FROM {schema}.job_keys WHERE job_id = {import}")).await, "0");
    assert_eq!(
        sql.text(&format!("SELECT count(*)::text FROM {schema}.job_rows WHERE job_id = {import} AND outcome = 'created'")).await,
        "1500"
    );
    // Whoever was invited is there, and whoever is there has a link, its line in the log and its e-mail.
    let guests: BTreeSet<String> =
        sql.texts(&format!("SELECT username FROM {schema}.users WHERE username LIKE 'guest%'")).await.into_iter().collect();
    assert!(invited.iter().all(|name| guests.contains(name)), "an acknowledged invitation is lost");
    let halves = format!(
        "SELECT count(*)::text FROM {schema}.users u WHERE username LIKE 'guest%' AND (SELECT count(*) FROM {schema}.user_tokens t WHERE t.user_id = u.id) <> 1 \
         OR username LIKE 'guest%' AND (SELECT count(*) FROM {schema}.audit_log l WHERE action = 'user.create' AND object_id = u.id::text) <> 1"
    );
    assert_eq!(sql.text(&halves).await, "0");
    let received = smtp.received();
    let distinct: BTreeSet<&str> = received.iter().map(|mail| mail.message_id.as_str()).collect();
    let mut expected: BTreeSet<String> = guests.iter().map(|name| format!("{name}@acme.example")).collect();
    expected.extend((0..30).map(|n| format!("person{n:02}@acme.example")));
    assert_eq!(received.iter().map(|mail| mail.to.clone()).collect::<BTreeSet<_>>(), expected);
    assert_eq!(distinct.len(), expected.len(), "something was enqueued twice");
    assert_eq!(sql.text(&format!("SELECT count(*)::text FROM {schema}.user_tokens WHERE mail_state <> 'sent'")).await, "0");
    let (verified, text) = crate::command::said(&app, &["verify", "audit"]);
    assert!(verified, "{text}");
}

/// Old sign-ins, events, drafts, jobs and refusals go; younger ones stay.
#[tokio::test]
async fn what_is_too_old_goes() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app, 1).await;
    let (sql, schema) = (app.sql().await, &tenant.schema);
    let draft = owner.upload("/api/tenant/user_import_upload", "/users/import", &[], b"email\na@acme.example\n").await;
    assert!(draft.location().starts_with("/users/import/"));
    let count = format!(
        "SELECT (SELECT count(*) FROM {schema}.login_events) || ' ' || (SELECT count(*) FROM {schema}.events) || ' ' || \
             (SELECT count(*) FROM {schema}.job_checkpoints) || ' ' || (SELECT count(*) FROM platform.jobs) || ' ' || (SELECT count(*) FROM platform.job_log) \
             || ' ' || (SELECT count(*) FROM platform.security_events)"
    );
    sql.run(
        "INSERT INTO platform.jobs (id, kind, status, finished_at) OVERRIDING SYSTEM VALUE VALUES (9001, 'tenant_export', 'done', now()); \
         INSERT INTO platform.job_log (job_id, at, line) VALUES (9001, now(), 'x'); INSERT INTO platform.security_events (kind) VALUES ('x')",
    )
    .await;
    let before = sql.text(&count).await;
    control::retention::retention_run(&app.services).await.unwrap();
    assert_eq!(sql.text(&count).await, before, "nothing is too old");
    app.clock.advance(TimeDelta::days(9));
    control::retention::retention_run(&app.services).await.unwrap();
    let of = |text: &str| text.split(' ').map(|n| n.parse::<u32>().unwrap()).collect::<Vec<_>>();
    let (was, is) = (of(&before), of(&sql.text(&count).await));
    assert_eq!((is[0], is[1], is[2], is[3], is[4], is[5]), (was[0], 0, 0, was[3], was[4], was[5]));
    app.clock.advance(TimeDelta::days(200));
    control::retention::retention_run(&app.services).await.unwrap();
    assert_eq!(sql.text(&count).await, "0 0 0 0 0 0");
}
