//! Hostile and malformed files.

use super::*;
use serde_json::json;
use std::{os::unix::ffi::OsStrExt, process::Command};
use test_support::{archive, environment};

const LIST: &str = "/api/tenant/user_import_upload";
const IMPORT: &str = "/api/platform/tenant_import";
/// Bytes of a name or header that would show in the memory of a program that reads it whole.
const LONG: usize = 96 * 1024 * 1024;

/// 63: every line of a list is accounted for, however its quotes are broken, and no cell that goes out is a formula.
#[tokio::test]
async fn r63_every_line_of_a_list_is_accounted_for() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let file = "email,first_name,last_name,note\na@a.example,=Eva,＝Grün,ok\nb@a.example,Ben,Braun,\"never closed\nc@a.example,Cleo,Cox,ok\n\nd@a.example,Dora,Dorn,ok\n";
    let reply = upload(&mut owner, LIST, &[], file.as_bytes()).await;
    let draft = reply.body.trim_matches('"').to_owned();
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let rules = [
        ("id", draft.as_str()),
        ("columns[email]", "0"),
        ("columns[first_name]", "1"),
        ("columns[last_name]", "2"),
        ("mode", "create"),
        ("match_by", "email"),
        ("user_type", "user"),
    ];
    assert_eq!(owner.call("/api/tenant/user_import_check", &rules).await.status, StatusCode::OK);
    assert_eq!(job_over(&harness).await.0, "done");
    let look = harness.sql.text("SELECT max(id)::text FROM platform.jobs").await;
    assert_eq!(owner.call("/api/tenant/user_import_run", &[("id", &look)]).await.status, StatusCode::OK);
    assert_eq!(job_over(&harness).await.0, "done");
    let lines =
        format!("SELECT string_agg(line || ' ' || outcome, ', ' ORDER BY line) FROM {}.job_rows WHERE job_id = {look}", acme.schema);
    assert_eq!(harness.sql.text(&lines).await, "2 created, 3 failed, 4 created, 6 created");
    let csv = owner.get("/users.csv").await.body;
    assert!(csv.contains("'=Eva") && csv.contains("'＝Grün"), "{csv}");
}

/// 64: an archive that would unfold, or holds anything but plain files, is refused unread; the job is not tried again, its error is
/// short, and the program stays small and up.
#[tokio::test]
async fn r64_archives_do_not_unfold() {
    let harness = Harness::start().await;
    let mut admin = harness.admin().await;
    let entry = |kind: tar::EntryType, name: &str, size: u64| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(size);
        if let Some(gnu) = header.as_gnu_mut().filter(|_| kind == tar::EntryType::GNUSparse) {
            gnu.realsize[..12].copy_from_slice(b"100000000000");
        }
        header.set_cksum();
        [header.as_bytes().as_slice(), &[0; 1536]].concat()
    };
    let long = |kind: tar::EntryType, name: &str| [&entry(kind, name, LONG as u64)[..512], &vec![b'x'; LONG]].concat();
    let path = std::path::Path::new("tables/users.jsonl").as_os_str().as_bytes().to_vec();
    let name = String::from_utf8(path).unwrap();
    for (what, file) in [
        ("sparse", entry(tar::EntryType::GNUSparse, &name, 512)),
        ("a link", entry(tar::EntryType::Symlink, &name, 0)),
        ("a device", entry(tar::EntryType::Char, &name, 0)),
        ("a name of half a gigabyte", entry(tar::EntryType::GNULongName, "././@LongLink", 512 * 1024 * 1024)),
        ("headers of half a gigabyte", entry(tar::EntryType::XHeader, "x", 512 * 1024 * 1024)),
        ("a name that is that long", long(tar::EntryType::GNULongName, "././@LongLink")),
        ("headers that are that long", long(tar::EntryType::XHeader, "x")),
        ("no archive", b"PK\x03\x04".repeat(500)),
    ] {
        let before = harness.process.memory();
        let reply = upload(&mut admin, IMPORT, &[("name", "Copy"), ("domain", "copy")], &file).await;
        assert_eq!(reply.status, StatusCode::OK, "{what}: {}", reply.body);
        let (status, error, attempts) = job_over(&harness).await;
        assert!(status == "failed" && attempts == "1" && (20..1000).contains(&error.len()), "{what}: {status} after {attempts}: {error}");
        assert!(harness.process.memory() < before + 64 * 1024, "{what} took memory");
        assert_eq!(admin.get("/jobs").await.status, StatusCode::OK, "{what}");
    }
    assert_eq!(harness.sql.text("SELECT count(*)::text FROM platform.tenants").await, "0");
}

/// 65: what an archive claims is not believed: counters, system roles and hashes dearer than ours count for nothing, and contradictions
/// are refused with their row.
#[tokio::test]
async fn r65_archives_are_not_believed() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let folder = tempfile::tempdir().unwrap();
    let (whole, edited) = (folder.path().join("whole.tar"), folder.path().join("edited.tar"));
    let mut export = Command::new(program());
    environment(&harness.app, &mut export);
    assert!(export.args(["tenant", "export", "acme", "--output"]).arg(&whole).status().unwrap().success());
    let files = archive::read(&whole);
    let mut admin = harness.admin().await;
    let dear = "$argon2id$v=19$m=524288,t=16,p=1$c29tZXNhbHRzb21lc2FsdA$Hc8mVQbQeHVmtGh7DEKVUh8v6Zf5vyfKOeUZvnJPjQo";
    type Edit<'a> = (&'a str, &'a str, Box<dyn Fn(usize, &mut serde_json::Value)>, &'a str);
    let edits: [Edit; 6] = [
        ("quota", "counted", Box::new(|_, row| (row["active_users"], row["active_owners"]) = (json!(1), json!(50))), ""),
        (
            "roles",
            "mighty",
            Box::new(|_, row| {
                if row["key"] != "canary" {
                    row["permissions"] = json!({ "company.own": "all" })
                }
            }),
            "",
        ),
        ("users", "costly", Box::new(move |_, row| row["password_hash"] = json!(dear)), ""),
        ("users", "lines", Box::new(|_, row| row["email"] = json!("a@b.example\r\nBcc: x@y.example")), "Row 1 of users"),
        ("users", "rights", Box::new(|_, row| row["tenant_permissions"] = json!({ "grant": 5 })), "Row 1 of users"),
        ("users", "ids", Box::new(|_, row| row["id"] = json!(i64::MAX)), "Row 1 of users"),
    ];
    for (table, slug, edit, why) in &edits {
        archive::write(&edited, &files, table, edit);
        let reply = upload(&mut admin, IMPORT, &[("name", ""), ("domain", slug)], &std::fs::read(&edited).unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK, "{slug}: {}", reply.body);
        let (status, error, _) = job_over(&harness).await;
        assert_eq!(status, if why.is_empty() { "done" } else { "failed" }, "{slug}: {error}");
        assert!(error.contains(why), "{slug}: {error}");
    }
    assert_eq!(harness.sql.text("SELECT active_users || ' ' || active_owners FROM tenant_counted.quota").await, "1 1");
    assert_eq!(harness.sql.text("SELECT string_agg(key, ' ') FROM tenant_mighty.roles WHERE permissions ? 'company.own'").await, "owner");
    assert_eq!(harness.sql.text("SELECT count(password_hash)::text FROM tenant_costly.users").await, "0");
    // Signing in there is as quick as anywhere, and keeps nobody waiting.
    let mut costly = harness.browser("costly.localhost");
    let tries = (0..4).map(|_| async { costly.clone().try_sign_in(&acme.owner, crate::harness::WORD).await.status });
    let (_, owner) = tokio::join!(futures_util::future::join_all(tries), harness.owner(&acme));
    assert_eq!(owner.clone().get("/").await.status, StatusCode::OK);
    assert_eq!(costly.try_sign_in(&acme.owner, crate::harness::WORD).await.location(), "/login");
}

/// 68: what a tenant keeps in files is limited; a file that does not fit is refused before it is read.
#[tokio::test]
async fn r68_files_have_a_quota() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    harness.sql.run("UPDATE platform.tenants SET max_storage_mb = 1").await;
    let mut owner = harness.owner(&acme).await;
    let head = format!(
        "POST {LIST} HTTP/1.1\r\nHost: {0}:8000\r\nCookie: __Host-sid={1}\r\nOrigin: http://{0}:8000\r\nAccept: application/json\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n",
        acme.host, owner.cookies["__Host-sid"]
    );
    // Nothing of the body is sent: the answer does not wait for it.
    let (text, _) = harness.process.raw(format!("{head}Content-Length: 2097152\r\n\r\n").as_bytes(), Duration::from_secs(5)).await;
    assert!(text.starts_with("HTTP/1.1 409") && text.contains("storage.full"), "{text}");
    // A browser that has to send everything before it reads still gets its answer.
    let (origin, kind) = (format!("http://{}:8000", acme.host), format!("multipart/form-data; boundary={BOUNDARY}"));
    let headers = [("accept", "text/html"), ("content-type", kind.as_str()), ("origin", origin.as_str())];
    let reply = owner.send("POST", LIST, &headers, &parts(&[], &vec![b'x'; 24 * 1024 * 1024])).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/users/import"));
    assert!(owner.get("/users/import").await.body.contains("does not fit"));
    let small = format!("email,first_name,last_name\n{}", "a@a.example,A,B\n".repeat(45_000));
    assert_eq!(upload(&mut owner, LIST, &[], small.as_bytes()).await.status, StatusCode::OK);
    assert_eq!(upload(&mut owner, LIST, &[], small.as_bytes()).await.status, StatusCode::CONFLICT, "there is one already");
    assert!(owner.get("/users/import").await.body.contains("of 1.0 MB used"));
}
