//! Whole companies: cloned, exported, imported, purged; killed and cancelled in the middle of it.

use crate::command::oneo;
use axum::http::StatusCode;
use chrono::TimeDelta;
use control::{jobs, transfer};
use db::platform::jobs::JobRecord;
use domain::{JobId, SiteKey};
use futures_util::StreamExt;
use kernel::keyring::SecretPlace;
use secrecy::SecretString;
use test_support::{PASSWORD, Sql, Tenant, TestApp};

/// Tables whose content a copy shares with its original to the last byte, but for what is sealed for one company.
const SAME: [&str; 8] = ["roles", "users", "user_roles", "tenant_settings", "user_tokens", "user_totp", "recovery_codes", "login_events"];

pub(crate) async fn sums(sql: &Sql, schema: &str) -> Vec<String> {
    let mut sums = Vec::new();
    for table in SAME {
        let sum = format!(
            "SELECT '{table} ' || md5(coalesce(string_agg((to_jsonb(t) - 'secret_encrypted')::text, '|' ORDER BY to_jsonb(t)::text), '')) FROM {schema}.{table} t"
        );
        sums.push(sql.text(&sum).await);
    }
    // The copy's own log goes on after the one it took along.
    sums.push(
        sql.text(&format!("SELECT md5(string_agg(a::text, '|' ORDER BY seq)) FROM {schema}.audit_log a WHERE action NOT LIKE 'tenant.%'"))
            .await,
    );
    sums
}

/// Every table of a company travels, but for those that belong to the installation or are computed again.
#[test]
fn every_table_travels() {
    let stays = ["schema_migrations", "job_checkpoints", "job_rows", "job_keys", "user_field_values"];
    let mut granted: Vec<&str> = db::grants::TENANT.iter().map(|grant| grant.table).filter(|table| !stays.contains(table)).collect();
    let mut travels: Vec<&str> = db::transfer::TABLES.iter().map(|table| table.name).collect();
    granted.sort_unstable();
    travels.sort_unstable();
    assert_eq!(travels, granted);
}

/// A company with people, managers among them, settings and links.
pub(crate) async fn filled(app: &TestApp, people: u32) -> Tenant {
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let fields =
        [("first_name", "Ünal"), ("last_name", "O'Hara \"x\" \\"), ("email", "u@acme.example"), ("username", "u"), ("user_type", "user")];
    assert_eq!(owner.call("/api/tenant/user_create", &fields).await.status, StatusCode::OK);
    let sql = app.sql().await;
    sql.run(&format!(
        "SET search_path TO {0}; \
         INSERT INTO users (username_key, email_key, email_unicode_key, name_key, username, email, first_name, user_type, metadata, manager_id, date_joined) \
         SELECT 'p' || n, 'p' || n || '@acme.example', '', 'person ' || n, 'p' || n, 'p' || n || '@acme.example', 'Person ' || n, 'user', jsonb_build_object('n', n, 'text', E'tab\\there'), NULL, now() - n * interval '1 second' \
         FROM generate_series(1, {people}) n; \
         INSERT INTO user_roles SELECT id, 'user' FROM users ON CONFLICT DO NOTHING; \
         UPDATE users SET manager_id = (SELECT max(id) FROM users) WHERE id % 3 = 0; \
         UPDATE quota SET active_users = (SELECT count(*) FROM users WHERE is_active), max_users = 1000000; \
         INSERT INTO tenant_settings (setting_key, setting_value, is_public) VALUES ('branding.name', '\"Acme\"', true); SET search_path TO ''; \
         UPDATE platform.tenants SET max_users = 1000000, features_enabled = '{{\"ai\": false}}' WHERE slug = 'acme'",
        tenant.schema
    ))
    .await;
    tenant
}

fn no_password() -> SecretString {
    SecretString::from("")
}

async fn over(app: &TestApp, id: JobId) -> JobRecord {
    jobs::run_only(&app.services, id).await.unwrap().unwrap()
}

/// A clone is the same company again: every table, the numbers that count on, and a log that goes on; its people sign in.
#[tokio::test]
async fn a_clone_is_the_same_company_again() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let acme = filled(&app, 5000).await;
    let form = transfer::CloneForm { domain: "copy".to_owned(), ..transfer::CloneForm::default() };
    let id = transfer::tenant_clone(&app.operator(), "acme", &form, &no_password()).await.unwrap();
    let record = over(&app, id).await;
    assert_eq!((record.status.as_str(), record.done, record.total), ("done", record.total.unwrap(), record.total));
    assert_eq!(sums(&sql, "tenant_copy").await, sums(&sql, &acme.schema).await);
    let kept = "SELECT concat_ws(' ', name, max_users, features_enabled, user_count) FROM platform.tenants WHERE slug = ";
    assert_eq!(sql.text(&format!("{kept}'copy'")).await, "Company acme 1000000 {\"ai\": false} 5002");
    app.anonymous("copy.localhost").sign_in(&acme.owner, PASSWORD).await;
    app.user(&Tenant { tenant: app.services.db.tenant_ref(domain::TenantId(2), "tenant_copy"), ..acme.clone() }, "user", "fresh").await;
    let logs = control::audit::audit_verify(&app.operator(), None).await.unwrap();
    assert!(logs.iter().all(|log| log.verified.broken.is_none()), "{logs:?}");
    // The role of the copy reaches the copy alone.
    let role = sql.text("SELECT 'oneo_' || id || '_t2' FROM oneo_roles.installation").await;
    assert_eq!(sql.refused(&format!("BEGIN; SET LOCAL ROLE {role}; SELECT FROM {}.users", acme.schema)).await, "42501");
}

/// An anonymized clone holds nobody's name, address or password, and no trace of what anybody did.
#[tokio::test]
async fn an_anonymized_clone_holds_nobody() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    filled(&app, 50).await;
    let form = transfer::CloneForm { domain: "copy".to_owned(), anonymize: true, ..transfer::CloneForm::default() };
    let id = transfer::tenant_clone(&app.operator(), "acme", &form, &no_password()).await.unwrap();
    assert_eq!(over(&app, id).await.status, "done");
    for table in ["users", "user_tokens", "login_events", "audit_log", "user_roles"] {
        let text = sql.text(&format!("SELECT string_agg(t::text, '|') FROM tenant_copy.{table} t")).await;
        for trace in ["acme.example", "Ünal", "argon2"] {
            assert!(!text.contains(trace), "{table} holds {trace}");
        }
    }
    assert_eq!(sql.text("SELECT count(*)::text FROM tenant_copy.users").await, "52");
    let logs = control::audit::audit_verify(&app.operator(), Some("copy")).await.unwrap();
    assert_eq!((logs[0].verified.lines, logs[0].verified.broken.clone()), (1, None));
}

/// An archive read back is the same company; on another installation second factors are enrolled anew; an archive that
/// was touched is refused and leaves nothing.
#[tokio::test]
async fn an_archive_is_the_company() {
    let (app, other) = (TestApp::start().await, TestApp::start().await);
    let sql = app.sql().await;
    let acme = filled(&app, 3000).await;
    let owner = sql.text(&format!("SELECT min(id)::text FROM {}.users", acme.schema)).await;
    let place = SecretPlace { site: SiteKey::Tenant(acme.id), kind: "totp", row: owner.parse().unwrap() };
    let sealed = app.services.keyring.secret_seal(&*app.services.entropy, place, &SecretString::from("GEZDGNBVGY3TQOJQ")).unwrap();
    sql.run(&format!("INSERT INTO {}.user_totp (user_id, secret_encrypted) VALUES ({owner}, '{sealed}')", acme.schema)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.tar");
    let run = |app: &TestApp, args: &[&str]| {
        let output = oneo(app, args).output().unwrap();
        (output.status.success(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
    };
    let path = file.to_str().unwrap();
    let (done, said) = run(&app, &["tenant", "export", "acme", "--output", path]);
    assert!(done && said.contains("rows"), "{said}");
    let names = std::process::Command::new("tar").args(["-tf", path]).output().unwrap();
    assert!(String::from_utf8_lossy(&names.stdout).ends_with("manifest.json\n"));
    let (done, said) = run(&app, &["tenant", "import", "--as", "acme2", "--input", path]);
    assert!(done && said.contains("acme2 is ready"), "{said}");
    assert_eq!(sums(&sql, "tenant_acme2").await, sums(&sql, &acme.schema).await);
    app.anonymous("acme2.localhost").sign_in(&acme.owner, PASSWORD).await;
    let (done, said) = run(&app, &["tenant", "import", "--as", "acme2", "--input", path]);
    assert!(!done && said.contains("Another tenant"), "{said}");
    let (done, said) = run(&other, &["tenant", "import", "--as", "moved", "--input", path]);
    assert!(done, "{said}");
    let there = other.sql().await;
    assert_eq!(there.text("SELECT count(*)::text FROM tenant_moved.user_totp").await, "0");
    assert_eq!(there.text("SELECT count(*)::text FROM tenant_moved.users").await, "3002");
    other.anonymous("moved.localhost").sign_in(&acme.owner, PASSWORD).await;
    // One e-mail of one row, the end cut off, and something that is no archive at all.
    let whole = std::fs::read(&file).unwrap();
    let mut touched = whole.clone();
    let place = touched.windows(8).position(|window| window == b"Person 7").unwrap();
    touched[place] = b'Q';
    for bad in [touched, whole[..whole.len() / 2].to_vec(), b"nonsense".to_vec(), Vec::new()] {
        std::fs::write(&file, bad).unwrap();
        let before = there.fingerprint_but("jobs").await;
        let (done, said) = run(&other, &["tenant", "import", "--as", "broken", "--input", path]);
        assert!(!done && said.contains("not a tenant archive"), "{said}");
        assert_eq!(there.fingerprint_but("jobs").await, before);
    }
}

/// A cancelled job leaves nothing, one that waits ends at once, and one that is over cannot be stopped; a cancelled
/// clone can begin again.
#[tokio::test]
async fn jobs_can_be_cancelled() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    filled(&app, 3000).await;
    let mut admin = app.platform_admin().await;
    let ask = |slug: &'static str| [("slug", "acme"), ("domain", slug)];
    assert_eq!(admin.call("/api/platform/tenant_clone", &ask("waits")).await.status, StatusCode::OK);
    let id = sql.text("SELECT max(id)::text FROM platform.jobs").await;
    assert_eq!(admin.call("/api/platform/job_cancel", &[("id", &id)]).await.status, StatusCode::OK);
    assert_eq!(sql.text("SELECT status FROM platform.jobs").await, "cancelled");
    assert_eq!(admin.call("/api/platform/job_cancel", &[("id", &id)]).await.status, StatusCode::CONFLICT);
    assert_eq!(admin.call("/api/platform/job_retry", &[("id", &id)]).await.status, StatusCode::OK);
    // It runs, and is stopped at its first look at itself.
    let job = JobId(id.parse().unwrap());
    sql.run("CREATE FUNCTION stop_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.cancel_requested := true; RETURN NEW; END $$; \
        CREATE TRIGGER stop_it BEFORE UPDATE ON platform.jobs FOR EACH ROW WHEN (NEW.status = 'running' AND NEW.done > 0) EXECUTE FUNCTION stop_it()").await;
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(over(&app, job).await.status, "cancelled");
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.tenants WHERE slug = 'waits'").await, "0");
    assert_eq!(sql.text("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'tenant_waits'").await, "0");
    let page = admin.get(&format!("/jobs/{id}")).await.body;
    assert!(page.contains("Cancelled") && page.contains("Retry job"));
}

/// Purging needs the archive, the name, and the end of the grace period or a word; it writes a dump, and leaves nothing
/// of the company anywhere; the dump is the company.
#[tokio::test]
async fn a_purged_company_is_gone_but_for_its_dump() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let acme = filled(&app, 200).await;
    let expected = sums(&sql, &acme.schema).await;
    let mut admin = app.platform_admin().await;
    let purge = "/api/platform/tenant_purge";
    let full = [("slug", "acme"), ("name", "Company acme"), ("drop_schema", "true"), ("at_once", "true")];
    assert_eq!(admin.call(purge, &full).await.status, StatusCode::CONFLICT);
    assert_eq!(admin.call("/api/platform/tenant_archive", &[("slug", "acme")]).await.status, StatusCode::OK);
    assert_eq!(admin.call(purge, &[full[0], ("name", "company acme"), full[2], full[3]]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(admin.call(purge, &full[..3]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(admin.call(purge, &full).await.status, StatusCode::OK);
    assert_eq!(admin.call(purge, &full).await.status, StatusCode::CONFLICT);
    let id: JobId = sql.text("SELECT id::text FROM platform.jobs").await.parse().unwrap();
    // Stopped before its end, the company is back in the archive.
    assert_eq!(admin.call("/api/platform/job_cancel", &[("id", &id.to_string())]).await.status, StatusCode::OK);
    assert_eq!(sql.text("SELECT status FROM platform.tenants").await, "archived");
    // And stays there: a purge that somebody stopped does not begin again by itself.
    app.clock.advance(TimeDelta::days(40));
    transfer::purge_due(&app.services).await.unwrap();
    assert_eq!(sql.text("SELECT status FROM platform.tenants").await, "archived");
    admin.sign_in("admin@oneo.example", PASSWORD).await;
    // What a process left that died between the end of the job and this is mended.
    sql.run("UPDATE platform.tenants SET status = 'purging'").await;
    transfer::purge_due(&app.services).await.unwrap();
    assert_eq!(sql.text("SELECT status FROM platform.tenants").await, "archived");
    assert_eq!(admin.call(purge, &full).await.status, StatusCode::OK);
    let id: JobId = sql.text("SELECT max(id)::text FROM platform.jobs").await.parse().unwrap();
    let record = over(&app, id).await;
    assert_eq!(record.status, "done", "{record:?}");
    let left = "SELECT concat((SELECT count(*) FROM platform.tenants), (SELECT count(*) FROM platform.domains), \
        (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant_%' OR nspname LIKE 'kept_%'), \
        (SELECT count(*) FROM pg_roles, oneo_roles.installation i WHERE rolname LIKE 'oneo_' || i.id || '_t%'))";
    assert_eq!(sql.text(left).await, "0000");
    let (_, mut bytes) = jobs::job_file(&app.operator(), id).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut whole = Vec::new();
    while let Some(part) = bytes.next().await {
        whole.extend(part.unwrap());
    }
    std::fs::write(folder.path().join("dump.tar"), whole).unwrap();
    let form = transfer::ImportForm { domain: "back".to_owned(), ..transfer::ImportForm::default() };
    let id = transfer::tenant_import(&app.operator(), &folder.path().join("dump.tar"), &form, &no_password()).await.unwrap();
    assert_eq!(over(&app, id).await.status, "done");
    assert_eq!(sums(&sql, "tenant_back").await, expected);
    app.anonymous("back.localhost").sign_in(&acme.owner, PASSWORD).await;
}

/// A purge that is stopped after its dump was written, at the last moment, leaves the company whole; nobody is told of
/// an end that did not come.
#[tokio::test]
async fn a_purge_can_be_stopped_until_its_last_moment() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let acme = filled(&app, 20).await;
    let expected = sums(&sql, &acme.schema).await;
    control::tenants::tenant_archive(&app.operator(), "acme").await.unwrap();
    let form = transfer::PurgeForm { name: "Company acme".to_owned(), drop_schema: true, at_once: true };
    let id = transfer::tenant_purge(&app.operator(), "acme", &form, &no_password()).await.unwrap();
    sql.run(
        "CREATE FUNCTION stop_it() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN \
         UPDATE platform.jobs SET cancel_requested = true WHERE id = NEW.job_id; RETURN NEW; END $$; \
         CREATE TRIGGER stop_it AFTER INSERT ON platform.job_log FOR EACH ROW WHEN (NEW.line LIKE 'A last dump%') EXECUTE FUNCTION stop_it()",
    )
    .await;
    assert_eq!(over(&app, id).await.status, "cancelled");
    assert_eq!(sql.text("SELECT status FROM platform.tenants").await, "archived");
    assert_eq!(sums(&sql, &acme.schema).await, expected);
}

/// A company whose time in the archive is over is purged by itself; its schema stays unless it was agreed to drop it.
#[tokio::test]
async fn the_grace_period_ends_by_itself() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    app.tenant("acme").await;
    control::tenants::tenant_archive(&app.operator(), "acme").await.unwrap();
    transfer::purge_due(&app.services).await.unwrap();
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.jobs").await, "0");
    app.clock.advance(TimeDelta::days(31));
    transfer::purge_due(&app.services).await.unwrap();
    transfer::purge_due(&app.services).await.unwrap();
    let id: JobId = sql.text("SELECT string_agg(id::text, ',') FROM platform.jobs").await.parse().unwrap();
    assert_eq!(over(&app, id).await.status, "done");
    assert_eq!(
        sql.text("SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname LIKE 'tenant_%' OR nspname LIKE 'kept_%'").await,
        "kept_1"
    );
    assert_eq!(sql.text("SELECT actor_kind FROM platform.audit_log WHERE action = 'tenant.purge'").await, "system");
}

/// Many workers at once: each job is done once.
#[tokio::test]
async fn many_workers_do_each_job_once() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    filled(&app, 20).await;
    for number in 0..4 {
        let form = transfer::CloneForm { domain: format!("copy{number}"), ..transfer::CloneForm::default() };
        transfer::tenant_clone(&app.operator(), "acme", &form, &no_password()).await.unwrap();
    }
    let works = (0..2).map(|_| tokio::spawn(jobs::work(std::sync::Arc::clone(&app.services)))).collect::<Vec<_>>();
    for _ in 0..200 {
        if sql.text("SELECT count(*)::text FROM platform.jobs WHERE status = 'done'").await == "4" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    works.iter().for_each(|work| work.abort());
    assert_eq!(sql.text("SELECT string_agg(DISTINCT status || attempts, ',') FROM platform.jobs").await, "done1");
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.tenants").await, "5");
}

/// An archive comes in through the console too: to disk as it comes, whatever its size, refused with what was typed kept.
#[tokio::test]
async fn archives_come_in_through_the_console() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let acme = filled(&app, 3000).await;
    let file = app.files.path().join("acme.tar");
    assert!(crate::command::said(&app, &["tenant", "export", "acme", "--output", file.to_str().unwrap()]).0);
    let archive = std::fs::read(&file).unwrap();
    // More than any form may have.
    assert!(archive.len() > 512 * 1024);
    let mut admin = app.platform_admin().await;
    let import = "/api/platform/tenant_import";
    for (domain, archive, field, sentence) in [
        ("acme", archive.as_slice(), "domain", "Another tenant"),
        ("www", archive.as_slice(), "domain", "reserved"),
        ("back", b"".as_slice(), "file", "Choose an archive"),
    ] {
        let answer = admin.upload(import, "/tenants/import", &[("name", "Typed name"), ("domain", domain)], archive).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/tenants/import"), "{domain}");
        let page = admin.get("/tenants/import").await.body;
        assert!(page.contains(sentence) && page.contains("Typed name") && page.contains(&format!("{field}-error")), "{domain}: {page}");
    }
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.jobs WHERE kind = 'tenant_import'").await, "0");
    let answer = admin.upload(import, "/tenants/import", &[("name", ""), ("domain", "back")], &archive).await;
    assert!(answer.location().starts_with("/jobs/"), "{answer:?}");
    let id: JobId = answer.location().trim_start_matches("/jobs/").parse().unwrap();
    assert_eq!(over(&app, id).await.status, "done");
    assert_eq!(sums(&sql, "tenant_back").await, sums(&sql, &acme.schema).await);
    // With an old reauthentication the password is asked for, in the same form.
    app.clock.advance(TimeDelta::minutes(11));
    let answer = admin.upload(import, "/tenants/import", &[("name", ""), ("domain", "again")], &archive).await;
    assert_eq!(answer.location(), "/tenants/import");
    let page = admin.get("/tenants/import").await.body;
    assert!(page.contains("Enter your password again") && page.contains("value=\"again\""), "{page}");
    let fields = [("name", ""), ("domain", "again"), ("password", PASSWORD)];
    assert!(admin.upload(import, "/tenants/import", &fields, &archive).await.location().starts_with("/jobs/"));
    // Nothing that was refused is left behind.
    let left = std::fs::read_dir(app.files.path().join("imports")).unwrap().count();
    assert_eq!(left, 1);
}
