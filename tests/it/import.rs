//! Users from a CSV file: looked at, run, resumed, taken back.

use axum::http::StatusCode;
use control::jobs::run_only;
use domain::JobId;
use test_support::{Actor, PASSWORD, Tenant, TestApp};

const UPLOAD: &str = "/api/tenant/user_import_upload";
pub(crate) const CHECK: &str = "/api/tenant/user_import_check";
pub(crate) const RUN: &str = "/api/tenant/user_import_run";
pub(crate) const UNDO: &str = "/api/tenant/user_import_undo";

async fn company(app: &TestApp) -> (Tenant, Actor) {
    let tenant = app.tenant("acme").await;
    let owner = app.owner(&tenant).await;
    (tenant, owner)
}

/// Uploads a file and gives the number of the draft.
pub(crate) async fn upload(actor: &mut Actor, file: &str) -> String {
    let answer = actor.upload(UPLOAD, "/users/import", &[], file.as_bytes()).await;
    assert!(answer.location().starts_with("/users/import/"), "{} {}", answer.status, answer.body);
    answer.location().rsplit('/').next().unwrap().to_owned()
}

/// Sends a form that leads to a job, does the job, and gives its number and how it ended.
pub(crate) async fn job(app: &TestApp, actor: &mut Actor, action: &str, fields: &[(&str, &str)]) -> (String, String) {
    let answer = actor.post(action, "/jobs", fields).await;
    let id = answer.location().strip_prefix("/jobs/").unwrap_or_else(|| unreachable!("{action}: {} {}", answer.status, answer.location()));
    let number: JobId = id.parse().unwrap();
    let record = run_only(&app.services, number).await.unwrap().unwrap();
    (id.to_owned(), record.error.unwrap_or(record.status))
}

fn rules<'a>(id: &'a str, mode: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("id", id),
        ("columns[email]", "2"),
        ("columns[first_name]", "0"),
        ("columns[last_name]", "1"),
        ("columns[user_type]", "3"),
        ("mode", mode),
        ("match_by", "email"),
        ("user_type", "user"),
    ]
}

/// What became of the lines of a job: outcome and how many.
pub(crate) async fn outcomes(app: &TestApp, tenant: &Tenant, id: &str) -> Vec<String> {
    let sql = format!("SELECT outcome || ' ' || count(*) FROM {}.job_rows WHERE job_id = {id} GROUP BY outcome ORDER BY 1", tenant.schema);
    app.sql().await.texts(&sql).await
}

async fn users(app: &TestApp, tenant: &Tenant) -> Vec<String> {
    let sql = format!("SELECT first_name || ' ' || last_name || ' ' || email || ' ' || user_type FROM {}.users ORDER BY id", tenant.schema);
    app.sql().await.texts(&sql).await
}

const FILE: &str = "Vorname;Nachname;E-Mail;Rolle\n\
    Anna;Grün;anna@acme.example;Manager\n\
    Ben;Braun;ben@acme.example;\n\
    Cleo;;cleo-at-acme;user\n\
    Dora;Dorn;dora@acme.example;Chief\n\
    Anna;Again;ANNA@acme.example;\n\
    Otto;Own;otto@acme.example;owner\n";

/// Of each draft the lines of the last look are kept, so that one who looks again and again fills nothing.
#[tokio::test]
async fn of_a_draft_the_last_look_is_kept() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let draft = upload(&mut owner, FILE).await;
    let (first, _) = job(&app, &mut owner, CHECK, &rules(&draft, "create")).await;
    let (second, _) = job(&app, &mut owner, CHECK, &rules(&draft, "create")).await;
    assert_eq!(outcomes(&app, &tenant, &first).await, [""; 0]);
    assert_eq!(outcomes(&app, &tenant, &second).await, ["created 2", "failed 4"]);
    assert_eq!(owner.get(&format!("/jobs/{first}")).await.status, StatusCode::OK);
    assert_eq!(owner.call(RUN, &[("id", &first)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(job(&app, &mut owner, RUN, &[("id", &second)]).await.1, "done");
}

/// From the upload to the undo: columns are guessed, a look changes nothing, what cannot be taken is told line by line.
#[tokio::test]
async fn a_list_comes_in_and_is_taken_back() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let before = users(&app, &tenant).await;
    let draft = upload(&mut owner, FILE).await;
    let page = owner.get(&format!("/users/import/{draft}")).await.body;
    assert!(page.contains("6 lines, UTF-8, columns separated by “;”") && page.contains("Grün"), "{page}");
    let guessed = |field: &str, column: &str| {
        let select = page.split(&format!("name=\"columns[{field}]\"")).nth(1).unwrap().split("</select>").next().unwrap();
        assert!(select.contains(&format!("<option value=\"{column}\" selected")), "{field}: {select}");
    };
    guessed("email", "2");
    guessed("first_name", "0");
    guessed("user_type", "3");
    let fingerprint = app.sql().await.fingerprint_but("jobs").await;
    let (look, ended) = job(&app, &mut owner, CHECK, &rules(&draft, "create")).await;
    assert_eq!(ended, "done");
    assert_eq!(outcomes(&app, &tenant, &look).await, ["created 2", "failed 4"]);
    assert_eq!(users(&app, &tenant).await, before, "a look changes nobody");
    assert_ne!(fingerprint, "");
    let page = owner.get(&format!("/jobs/{look}")).await.body;
    assert!(page.contains("Nothing was changed yet") && page.contains("would be created"), "{page}");
    let left = owner.get(&format!("/jobs/{look}/file")).await.body;
    for why in ["E-mail: ", "The role “Chief” does not exist", "The file contains this user twice", "You cannot assign the role “owner”"]
    {
        assert!(left.contains(why), "{why}: {left}");
    }
    assert!(left.contains("\nCleo,,cleo-at-acme,user,") && left.lines().all(|line| !line.is_empty()), "{left}");
    // The page says why, by reason and by row, and how many seats it takes.
    assert!(page.contains("The role “Chief” does not exist") && page.contains("Cleo · cleo-at-acme · user"), "{page}");
    assert!(page.contains("New users: 2. Free seats: "), "{page}");
    // The file of what was skipped comes in as it is: the same columns, the same rows.
    let again = upload(&mut owner, &left).await;
    let page = owner.get(&format!("/users/import/{again}")).await.body;
    assert!(page.contains("4 lines, UTF-8") && page.contains("<option value=\"2\" selected"), "{page}");
    let (again, _) = job(&app, &mut owner, CHECK, &rules(&again, "create")).await;
    assert_eq!(outcomes(&app, &tenant, &again).await, ["created 1", "failed 3"], "whoever stood there twice stands there once");

    let (run, ended) = job(&app, &mut owner, RUN, &[("id", &look)]).await;
    assert_eq!(ended, "done");
    let after = users(&app, &tenant).await;
    assert_eq!(after[before.len()..], ["Anna Grün anna@acme.example manager", "Ben Braun ben@acme.example user"]);
    let sql = app.sql().await;
    assert_eq!(sql.text(&format!("SELECT active_users::text FROM {}.quota", tenant.schema)).await, after.len().to_string());
    assert_eq!(
        sql.text(&format!(
            "SELECT count(*)::text FROM {}.audit_log WHERE action = 'user.create' AND request_id = 'job {run}'",
            tenant.schema
        ))
        .await,
        "2"
    );
    // Only a draft is given rules, and only a look that came to its end is run.
    assert_eq!(owner.call(CHECK, &rules(&run, "both")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.call(CHECK, &rules(&look, "both")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.call(RUN, &[("id", &run)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.call(RUN, &[("id", &draft)]).await.status, StatusCode::NOT_FOUND);
    // One of them signs in, in the meantime.
    sql.run(&format!("UPDATE {}.users SET password_hash = '{}' WHERE email = 'ben@acme.example'", tenant.schema, app.hash)).await;
    let mut ben = app.anonymous(&tenant.host);
    ben.sign_in("ben@acme.example", PASSWORD).await;

    let (undo, ended) = job(&app, &mut owner, UNDO, &[("id", &run)]).await;
    assert_eq!(ended, "done");
    assert_eq!(outcomes(&app, &tenant, &undo).await, ["kept 1", "undone 1"]);
    assert_eq!(users(&app, &tenant).await[before.len()..], ["Ben Braun ben@acme.example user"]);
    let kept = owner.get(&format!("/jobs/{undo}/file")).await.body;
    assert!(kept.contains("ben@acme.example") && kept.contains("This user has signed in since"), "{kept}");
    assert!(ben.is_signed_in().await);
    let again = owner.post(UNDO, "/jobs", &[("id", &run)]).await;
    assert!(!again.location().starts_with("/jobs/") || again.location() == "/jobs", "{}", again.location());
}

/// Who is there is changed where that is wished: names and role, within the rights of whoever imports; and gets back
/// what was there before.
#[tokio::test]
async fn people_who_are_there_are_changed_and_changed_back() {
    let app = TestApp::start().await;
    let (tenant, _owner) = company(&app).await;
    for name in ["anna", "ben", "carl"] {
        app.user(&tenant, "user", name).await;
    }
    let mut admin = app.signed_in(&tenant, "admin").await;
    let before = users(&app, &tenant).await;
    let file = "First,Last,Email,Role\nAnna,Neu,anna@acme.example,manager\nben,Tester,ben@acme.example,\ncarl,X,carl@acme.example,\n\
        Eve,Evil,OWNER,\nNew,Comer,new@acme.example,\nMe,Myself,admin@acme.example,user\n"
        .replace("OWNER", &tenant.owner);
    let draft = upload(&mut admin, &file).await;
    let (look, _) = job(&app, &mut admin, CHECK, &rules(&draft, "update")).await;
    assert_eq!(outcomes(&app, &tenant, &look).await, ["failed 3", "unchanged 1", "updated 2"]);
    let left = admin.get(&format!("/jobs/{look}/file")).await.body;
    assert!(
        left.contains("This user has more rights than you")
            && left.contains("No user matches this row")
            && left.contains("cannot change your own role"),
        "{left}"
    );
    let (run, ended) = job(&app, &mut admin, RUN, &[("id", &look)]).await;
    assert_eq!(ended, "done");
    let after = users(&app, &tenant).await;
    assert!(
        after.contains(&"Anna Neu anna@acme.example manager".to_owned()) && after.contains(&"carl X carl@acme.example user".to_owned())
    );
    // Somebody changes one of them since then.
    app.clock.advance(chrono::TimeDelta::seconds(5));
    app.sql().await.run(&format!("UPDATE {}.users SET last_name = 'Y', updated_at = now() WHERE username = 'carl'", tenant.schema)).await;
    let (undo, _) = job(&app, &mut admin, UNDO, &[("id", &run)]).await;
    assert_eq!(outcomes(&app, &tenant, &undo).await, ["kept 1", "undone 1"]);
    let back = users(&app, &tenant).await;
    assert!(back.contains(&before[1]) && back.contains(&"carl Y carl@acme.example user".to_owned()), "{back:?}");
}

/// A job that broke off goes on after its last batch: nobody twice, nobody left out. Two workers at once do not either.
#[tokio::test]
async fn an_import_goes_on_where_it_was() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    app.sql().await.run(&format!("UPDATE {}.quota SET max_users = 2000", tenant.schema)).await;
    let lines: String = (0..1200).map(|n| format!("F{n},L{n},p{n}@acme.example,\n")).collect();
    let draft = upload(&mut owner, &format!("first_name,last_name,email,user_type\n{lines}")).await;
    let (look, _) = job(&app, &mut owner, CHECK, &rules(&draft, "create")).await;
    assert_eq!(outcomes(&app, &tenant, &look).await, ["created 1200"]);
    let answer = owner.post(RUN, "/jobs", &[("id", &look)]).await;
    let id: JobId = answer.location().strip_prefix("/jobs/").unwrap().parse().unwrap();
    // It is stopped as soon as something of it is there.
    let sql = app.sql().await;
    sql.run(&format!(
        "CREATE FUNCTION stop_it() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ \
         BEGIN UPDATE platform.jobs SET cancel_requested = true WHERE id = NEW.job_id; RETURN NEW; END $$; \
         CREATE TRIGGER stop_it AFTER UPDATE ON {}.job_checkpoints FOR EACH ROW EXECUTE FUNCTION stop_it()",
        tenant.schema
    ))
    .await;
    let stopped = run_only(&app.services, id).await.unwrap().unwrap();
    assert_eq!(stopped.status, "cancelled");
    let there = sql.text(&format!("SELECT count(*)::text FROM {}.users", tenant.schema)).await;
    assert!(["501", "1001"].contains(&there.as_str()), "{there}");
    sql.run(&format!("DROP TRIGGER stop_it ON {}.job_checkpoints; DROP FUNCTION stop_it()", tenant.schema)).await;
    assert_eq!(owner.call("/api/tenant/job_retry", &[("id", &id.to_string())]).await.status, StatusCode::OK);
    let done = run_only(&app.services, id).await.unwrap().unwrap();
    assert_eq!((done.status.as_str(), done.done), ("done", 1200));
    assert_eq!(sql.text(&format!("SELECT count(DISTINCT email) || ' ' || count(*) FROM {}.users", tenant.schema)).await, "1201 1201");
    assert_eq!(outcomes(&app, &tenant, &id.to_string()).await, ["created 1200"]);
}

/// What a job goes through is not changed under it, and lines of any length but a sane one are refused.
#[tokio::test]
async fn a_queue_is_not_filled_by_one_company() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let draft = upload(&mut owner, FILE).await;
    for _ in 0..3 {
        assert_eq!(owner.call(CHECK, &rules(&draft, "create")).await.status, StatusCode::OK);
    }
    assert_eq!(owner.call(CHECK, &rules(&draft, "create")).await.status, StatusCode::CONFLICT);
    let jobs = format!("SELECT count(*)::text FROM platform.jobs WHERE tenant_id = {}", tenant.id);
    assert_eq!(app.sql().await.text(&jobs).await, "3");
    owner.upload(UPLOAD, "/users/import", &[], b"email\na\0b\n").await;
    assert!(owner.get("/users/import").await.body.contains("This is not a text file"));
    // What was refused is not kept.
    let place = app.files.path().join(format!("t{}/imports", tenant.id));
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1);
}

/// What a job did is forgotten after a while, by the workers, and what is younger is not.
#[tokio::test]
async fn what_old_jobs_did_is_forgotten() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let draft = upload(&mut owner, FILE).await;
    let (old, _) = job(&app, &mut owner, CHECK, &rules(&draft, "create")).await;
    let (young, _) = job(&app, &mut owner, CHECK, &rules(&draft, "create")).await;
    let sql = app.sql().await;
    let long_ago = (app.services.now() - chrono::TimeDelta::days(91)).to_rfc3339();
    sql.run(&format!("UPDATE platform.jobs SET finished_at = '{long_ago}' WHERE id = {old}")).await;
    let worker = tokio::spawn(control::jobs::work(std::sync::Arc::clone(&app.services)));
    for _ in 0..200 {
        if outcomes(&app, &tenant, &old).await.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    worker.abort();
    assert!(outcomes(&app, &tenant, &old).await.is_empty());
    assert_eq!(outcomes(&app, &tenant, &young).await, ["created 2", "failed 4"]);
}

/// The quota holds: as many as there are places, and the rest is told why.
#[tokio::test]
async fn an_import_stops_at_the_quota() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    app.sql().await.run(&format!("UPDATE {}.quota SET max_users = 4", tenant.schema)).await;
    let lines: String = (0..6).map(|n| format!("F{n},L{n},p{n}@acme.example,\n")).collect();
    let draft = upload(&mut owner, &format!("first_name,last_name,email,user_type\n{lines}")).await;
    let (look, _) = job(&app, &mut owner, CHECK, &rules(&draft, "both")).await;
    assert_eq!(outcomes(&app, &tenant, &look).await, ["created 3", "failed 3"]);
    let (run, _) = job(&app, &mut owner, RUN, &[("id", &look)]).await;
    assert_eq!(outcomes(&app, &tenant, &run).await, ["created 3", "failed 3"]);
    assert!(owner.get(&format!("/jobs/{run}/file")).await.body.contains("All seats of your plan are in use"));
}

/// Rules that cannot work are told beside their fields; files that are none are refused; drafts of others are not found.
#[tokio::test]
async fn nonsense_is_told() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    for bad in ["", "email\n", "PK\u{3}\u{4}\0\0"] {
        owner.upload(UPLOAD, "/users/import", &[], bad.as_bytes()).await;
        assert!(owner.get("/users/import").await.body.contains("id=\"file-error\""), "{bad:?}");
    }
    let draft = upload(&mut owner, FILE).await;
    let without = [("id", draft.as_str()), ("mode", "create"), ("match_by", "email"), ("columns[first_name]", "99")];
    let refused = owner.call(CHECK, &without).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["columns[email]", "columns[first_name]", "columns[last_name]", "user_type"] {
        assert!(refused.body.contains(field), "{field}: {}", refused.body);
    }
    let mut with_owner = rules(&draft, "create");
    with_owner.retain(|(name, _)| *name != "user_type");
    with_owner.push(("user_type", "owner"));
    assert_eq!(owner.call(CHECK, &with_owner).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = app.tenant("other").await;
    let mut stranger = app.owner(&other).await;
    assert_eq!(stranger.get(&format!("/users/import/{draft}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.call(RUN, &[("id", &draft)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.call(CHECK, &rules(&draft, "create")).await.status, StatusCode::NOT_FOUND);
    let mut manager = app.signed_in(&tenant, "manager").await;
    assert_eq!(manager.get("/users/import").await.status, StatusCode::FORBIDDEN);
    assert_eq!(manager.upload(UPLOAD, "/users/import", &[], FILE.as_bytes()).await.status, StatusCode::FORBIDDEN);
}

/// What became of each line: its number, the outcome and why.
async fn lines(app: &TestApp, tenant: &Tenant, id: &str) -> Vec<String> {
    let sql = format!(
        "SELECT line || ' ' || outcome || coalesce(': ' || (detail->>'error'), '') FROM {}.job_rows WHERE job_id = {id} ORDER BY line",
        tenant.schema
    );
    app.sql().await.texts(&sql).await
}

/// A quote that opens and is not closed costs its own line, by the number that an editor shows, and no other: neither where it
/// stands in a column that is used, nor in one that is not, nor where a later quote seems to close it.
#[tokio::test]
async fn an_open_quote_costs_its_own_line() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    for (number, (before, open, after)) in [
        ("a1,Ann,a@x.example,", "c1,\"Gia Rossi,g@x.example,", "d1,Dan,d@x.example,"),
        ("a2,Ann,a@x.example,note", "c2,Gia,g@x.example,\"a note", "d2,Dan,d@x.example,note"),
        ("a3,Ann,a@x.example,", "c3,\"Gia,g@x.example,", "\"d3\",\"Dan\",d@x.example,"),
    ]
    .into_iter()
    .enumerate()
    {
        let at = |line: &str| line.replace("@x.example", &format!("{number}@x.example"));
        let file = format!("First,Last,Email,Note\n{}\n{}\n{}\n{}\n", at(before), at(open), at(after), at("e,Eve,e@x.example,"));
        let draft = upload(&mut owner, &file).await;
        let mut rules = rules(&draft, "create");
        rules.retain(|(name, _)| *name != "columns[user_type]");
        let (look, ended) = job(&app, &mut owner, CHECK, &rules).await;
        assert_eq!(ended, "done");
        let lines = lines(&app, &tenant, &look).await;
        assert_eq!(
            lines,
            [
                "2 created",
                "3 failed: A quotation mark opens on this line and is never closed. Close it, or double the quotation marks that belong to the text.",
                "4 created",
                "5 created"
            ],
            "{file}"
        );
        let left = owner.get(&format!("/jobs/{look}/file")).await.body;
        assert!(left.contains(",3\n") && left.contains("A quotation mark opens"), "{left}");
    }
    // Quotes within a cell belong to it.
    let draft = upload(&mut owner, "First,Last,Email\nAnn \"Nan\",O\"Neil,n@x.example\n\"Bob\" B,\"B \"\"C\"\"\",b@x.example\n").await;
    let mut rules = rules(&draft, "create");
    rules.retain(|(name, _)| *name != "columns[user_type]");
    let (look, _) = job(&app, &mut owner, CHECK, &rules).await;
    job(&app, &mut owner, RUN, &[("id", &look)]).await;
    let all = users(&app, &tenant).await.join("\n");
    assert!(all.contains("Ann \"Nan\" O\"Neil") && all.contains("\"Bob\" B B \"C\""), "{all}");
}

/// Lines have the numbers that an editor shows, whatever stands before them.
#[tokio::test]
async fn lines_are_those_of_the_file() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    for end in ["\n", "\r\n", "\r"] {
        let file = "sep=;|First;Last;Email||Ann;A;ann|\"Ben|jamin\";B;ben|| |Cleo;C;cleo".replace('|', end);
        let draft = upload(&mut owner, &file).await;
        let mut rules = rules(&draft, "create");
        rules.retain(|(name, _)| *name != "columns[user_type]");
        let (look, _) = job(&app, &mut owner, CHECK, &rules).await;
        let numbers: Vec<String> =
            lines(&app, &tenant, &look).await.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(numbers, ["4", "5", "9"], "{file:?}");
    }
}

/// A file without names of columns is a list all the same, also of one line; how it is read can be corrected.
#[tokio::test]
async fn how_a_file_is_read_can_be_corrected() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let draft = upload(&mut owner, "Mara,Lind,mara@x.example").await;
    let page = owner.get(&format!("/users/import/{draft}")).await.body;
    assert!(page.contains("1 lines, UTF-8") && page.contains("Column 3"), "{page}");
    let mut plain = rules(&draft, "create");
    plain.retain(|(name, _)| *name != "columns[user_type]");
    let (look, _) = job(&app, &mut owner, CHECK, &plain).await;
    assert_eq!(lines(&app, &tenant, &look).await, ["1 created"]);
    // Windows-1250, which is read as Western European at first: nothing in it says otherwise.
    let polish = [&b"Imi\xea;Nazwisko;E-mail\nGra\xbfyna;B\xb9k;g@x.example\n"[..]].concat();
    let answer = owner.upload(UPLOAD, "/users/import", &[], &polish).await;
    let draft = answer.location().rsplit('/').next().unwrap().to_owned();
    let read = |encoding: &'static str, delimiter: &'static str| {
        vec![
            ("id".to_owned(), draft.clone()),
            ("encoding".to_owned(), encoding.to_owned()),
            ("delimiter".to_owned(), delimiter.to_owned()),
            ("has_header".to_owned(), "true".to_owned()),
        ]
    };
    let send = |fields: &[(String, String)]| fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>();
    let fields = send(&read("windows-1250", ";"));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(owner.call("/api/tenant/user_import_read", &fields).await.status, StatusCode::OK);
    let page = owner.get(&format!("/users/import/{draft}")).await.body;
    assert!(page.contains("Grażyna") && page.contains("Bąk"), "{page}");
    for (encoding, delimiter) in [("nonsense", ";"), ("UTF-8", ";"), ("windows-1250", "x")] {
        let fields = send(&read(encoding, delimiter));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let refused = owner.call("/api/tenant/user_import_read", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{encoding} {delimiter}");
    }
}

/// What goes out comes in again, and changes nobody: not even those whose names begin like formulas.
#[tokio::test]
async fn an_export_that_comes_in_again_changes_nobody() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let names = ["=Eva", "+Jo", "-c06a", "@home", "'=Eva", "007", "Null", "1e5", "＝x", "O'Neil, \"Bob\"", "José", "علی\u{200c}رضا"];
    for (number, name) in names.into_iter().enumerate() {
        let (email, username) = (format!("p{number}@bücher.example"), if number == 2 { "-c06a".to_owned() } else { format!("p{number}") });
        let fields = [("first_name", name), ("last_name", name), ("email", &email), ("username", &username), ("user_type", "user")];
        assert_eq!(owner.call("/api/tenant/user_create", &fields).await.status, StatusCode::OK, "{name}");
    }
    let before = users(&app, &tenant).await;
    let file = owner.get("/users.csv").await.body;
    let draft = upload(&mut owner, &file).await;
    for mode in ["update", "both"] {
        let rules = [
            ("id", draft.as_str()),
            ("columns[email]", "3"),
            ("columns[first_name]", "1"),
            ("columns[last_name]", "2"),
            ("columns[username]", "4"),
            ("columns[user_type]", "5"),
            ("mode", mode),
            ("match_by", "email"),
            ("user_type", "user"),
        ];
        let (look, _) = job(&app, &mut owner, CHECK, &rules).await;
        assert_eq!(
            outcomes(&app, &tenant, &look).await,
            [format!("unchanged {}", before.len())],
            "{:?}",
            lines(&app, &tenant, &look).await
        );
    }
    assert_eq!(users(&app, &tenant).await, before);
}

/// Every name and address that the forms accept survives an export and an import unchanged. The texts come from a fixed seed.
#[tokio::test]
async fn any_user_that_a_form_accepts_survives_an_export() {
    use proptest::{
        prelude::*,
        strategy::ValueTree,
        test_runner::{Config, RngSeed, TestRunner},
    };
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(20_261_129), ..Config::default() });
    let name = prop_oneof!["\\PC{1,40}", "[ '\"=+@,;\t\\-\u{301}\u{200c}\u{ff1d}a-cÄß漢ع]{1,20}", any::<String>()];
    let address = prop_oneof!["[a-z0-9äßıİΣ.+'_-]{1,20}@[a-zäöß-]{1,12}\\.example", "\\PC{1,20}@b\\.example"];
    let person = (name.clone(), name, address);
    let mut made = 0;
    for number in 0..150 {
        let (first, last, email) = person.new_tree(&mut runner).unwrap().current();
        let fields = [
            ("first_name", first.as_str()),
            ("last_name", &last),
            ("email", &email),
            ("username", &format!("p{number}")),
            ("user_type", "user"),
        ];
        let status = owner.call("/api/tenant/user_create", &fields).await.status;
        assert!(
            matches!(status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT),
            "{first:?} {last:?} {email:?}: {status}"
        );
        made += usize::from(status == StatusCode::OK);
    }
    assert!(made > 40, "only {made} were accepted");
    let before = users(&app, &tenant).await;
    let file = owner.get("/users.csv").await.body;
    let draft = upload(&mut owner, &file).await;
    let rules = [
        ("id", draft.as_str()),
        ("columns[email]", "3"),
        ("columns[first_name]", "1"),
        ("columns[last_name]", "2"),
        ("columns[username]", "4"),
        ("columns[user_type]", "5"),
        ("mode", "both"),
        ("match_by", "email"),
        ("user_type", "user"),
    ];
    let (look, _) = job(&app, &mut owner, CHECK, &rules).await;
    assert_eq!(outcomes(&app, &tenant, &look).await, [format!("unchanged {}", before.len())], "{:?}", lines(&app, &tenant, &look).await);
    // Into a company without them, each is made as it was.
    let other = app.tenant("beta").await;
    let mut admin = app.owner(&other).await;
    let draft = upload(&mut admin, &file).await;
    let rules: Vec<_> = rules.into_iter().map(|(field, value)| (field, if field == "id" { draft.as_str() } else { value })).collect();
    let (look, _) = job(&app, &mut admin, CHECK, &rules).await;
    let (run, how) = job(&app, &mut admin, RUN, &[("id", &look), ("password", PASSWORD)]).await;
    assert_eq!(how, "done", "{:?}", lines(&app, &other, &run).await);
    let after = users(&app, &other).await;
    assert_eq!(after.iter().filter(|user| before.contains(user)).count(), made, "{:?}", lines(&app, &other, &run).await);
}

/// A line that cannot be taken fails alone; addresses that are one make one user; a deleted user's address leads to that user; and
/// a role is the one that has the name now.
#[tokio::test]
async fn a_bad_line_fails_alone() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    for (name, key) in [("Sales", "sales")] {
        assert_eq!(owner.call("/api/tenant/role_create", &[("name", name)]).await.status, StatusCode::OK, "{key}");
    }
    let version = app
        .sql()
        .await
        .text(&format!("SELECT (extract(epoch FROM updated_at) * 1000000)::bigint::text FROM {}.roles WHERE key = 'sales'", tenant.schema))
        .await;
    let renamed = [("key", "sales"), ("version", version.as_str()), ("name", "Field")];
    assert_eq!(owner.call("/api/tenant/role_update", &renamed).await.status, StatusCode::OK);
    assert_eq!(owner.call("/api/tenant/role_create", &[("name", "Sales")]).await.status, StatusCode::OK);
    let gone = app.user(&tenant, "user", "gone").await.to_string();
    assert_eq!(owner.call("/api/tenant/user_delete", &[("id", &gone)]).await.status, StatusCode::OK);
    let refused = owner
        .call("/api/tenant/user_create", &[("first_name", "A"), ("last_name", "B"), ("email", "GONE@acme.example"), ("user_type", "user")])
        .await;
    assert!(refused.body.contains("a deleted user") && refused.body.contains(&format!("/users/{gone}")), "{}", refused.body);
    let file = "First,Last,Email,Role\nİl,Ker,İlker@a.example,Sales\nIl,Ker,i\u{307}lker@a.example,\nKim,B,kim@bücher.example,Field\n\
        Kim,B,kim@xn--bcher-kva.example,\nBad,X,a\u{200b}b@@,\nNo,Body,\u{3164},\nGone,U,gone@acme.example,\nΝ,Κ,ΝΙΚΟΣ@a.example,admin\n";
    let draft = upload(&mut owner, file).await;
    for _ in 0..2 {
        let (look, ended) = job(&app, &mut owner, CHECK, &rules(&draft, "create")).await;
        assert_eq!(ended, "done");
        let outcomes: Vec<String> = lines(&app, &tenant, &look).await;
        let of = |line: usize| outcomes[line - 2].clone();
        assert!(of(3).contains("twice") && of(5).contains("twice"), "{outcomes:?}");
        assert!(of(6).contains("E-mail") && of(8).contains("deleted user"), "{outcomes:?}");
        if of(2) == "2 created" {
            job(&app, &mut owner, RUN, &[("id", &look)]).await;
        } else {
            assert!(of(2).contains("unchanged") && of(4).contains("unchanged") && of(9).contains("unchanged"), "again: {outcomes:?}");
        }
    }
    let sql = format!(
        "SELECT user_type || ' ' || email FROM {}.users WHERE email LIKE '%@a.example' OR email LIKE 'kim%' ORDER BY id",
        tenant.schema
    );
    let made = app.sql().await.texts(&sql).await;
    let sales = app.sql().await.text(&format!("SELECT key FROM {}.roles WHERE name = 'Sales'", tenant.schema)).await;
    assert_eq!(
        made,
        [format!("{sales} İlker@a.example"), "sales kim@xn--bcher-kva.example".to_owned(), "admin ΝΙΚΟΣ@a.example".to_owned()]
    );
}
