//! Records from a file: mapped, checked without a change, imported by a job that goes on where it was, and undone.

use axum::http::StatusCode;
use control::jobs::run_only;
use domain::JobId;
use kernel::failpoint;
use test_support::{Actor, Answer, Sql, Tenant, TestApp};

const CHECK: &str = "/api/tenant/record_import_check";
const RUN: &str = "/api/tenant/record_import_run";
const UNDO: &str = "/api/tenant/record_import_undo";

async fn start() -> (TestApp, Tenant, Sql, Actor) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (sql, owner) = (app.sql().await, app.owner(&tenant).await);
    (app, tenant, sql, owner)
}

async fn upload(actor: &mut Actor, pipeline: &str, file: &str) -> Answer {
    let path = format!("/api/tenant/record_import_upload?pipeline={pipeline}");
    actor.upload(&path, &format!("/p/{pipeline}/import"), &[], file.as_bytes()).await
}

/// Takes a file in. Gives the draft.
async fn draft(actor: &mut Actor, pipeline: &str, file: &str) -> String {
    let answer = upload(actor, pipeline, file).await;
    let on = answer.location();
    assert!(on.starts_with(&format!("/p/{pipeline}/import/")), "{on} {}", answer.body);
    on.rsplit('/').next().unwrap().to_owned()
}

/// Checks a draft by these rules. Gives the answer, whose body is the job.
async fn check(actor: &mut Actor, pipeline: &str, draft: &str, rules: &[(&str, &str)]) -> Answer {
    let formats = [("pipeline", pipeline), ("id", draft), ("decimals", "point"), ("days", "year_first")];
    let chosen: Vec<(&str, &str)> = formats.into_iter().filter(|(name, _)| !rules.iter().any(|(known, _)| known == name)).collect();
    actor.call(CHECK, &[&chosen[..], rules].concat()).await
}

/// Runs a job to its end. Gives what became of its lines, such as `created 2, failed 1`.
async fn outcomes(app: &TestApp, tenant: &Tenant, job: &str) -> String {
    let ended = run_only(&app.services, JobId(job.parse().unwrap())).await.unwrap().unwrap();
    assert_eq!(ended.status, "done", "{:?}", ended.error);
    rows(app, tenant, job).await
}

async fn rows(app: &TestApp, tenant: &Tenant, job: &str) -> String {
    let sql = format!(
        "SELECT coalesce(string_agg(outcome || ' ' || n, ', ' ORDER BY outcome), '') FROM \
            (SELECT outcome, count(*) AS n FROM {}.job_rows WHERE job_id = {job} GROUP BY outcome) o",
        tenant.schema
    );
    app.sql().await.text(&sql).await
}

/// Why lines were skipped, in their order.
async fn reasons(app: &TestApp, tenant: &Tenant, job: &str) -> Vec<String> {
    let sql = format!(
        "SELECT coalesce(string_agg(line || ': ' || (detail->>'error'), E'\n' ORDER BY line), '') FROM {}.job_rows WHERE job_id = {job} AND outcome IN ('failed', 'kept')",
        tenant.schema
    );
    app.sql().await.text(&sql).await.lines().map(str::to_owned).collect()
}

/// Checks and runs an import. Gives the outcomes of both, and the job of the import.
async fn import(app: &TestApp, tenant: &Tenant, actor: &mut Actor, pipeline: &str, file: &str, rules: &[(&str, &str)]) -> (String, String) {
    let draft = draft(actor, pipeline, file).await;
    let look = check(actor, pipeline, &draft, rules).await;
    assert_eq!(look.status, StatusCode::OK, "{}", look.body);
    let would = outcomes(app, tenant, &look.body).await;
    let run = actor.call(RUN, &[("id", &look.body)]).await;
    assert_eq!(run.status, StatusCode::OK, "{}", run.body);
    let did = outcomes(app, tenant, &run.body).await;
    assert_eq!(would, did, "a check says what the import does");
    (did, run.body)
}

/// What the contacts hold, by their last names.
async fn contacts(sql: &Sql, tenant: &Tenant, what: &str) -> String {
    let (schema, what) = (&tenant.schema, what);
    sql.text(&format!(
        "SELECT coalesce(string_agg(({what})::text, ' ' ORDER BY r.data->>'last_name'), '') FROM {schema}.records r \
         WHERE r.deleted_at IS NULL AND r.pipeline_id = (SELECT id FROM {schema}.pipelines WHERE key = 'contacts')"
    ))
    .await
}

const PEOPLE: [(&str, &str); 4] =
    [("columns[field.first_name]", "0"), ("columns[field.last_name]", "1"), ("columns[field.email]", "2"), ("mode", "create")];

#[tokio::test]
async fn a_file_is_mapped_checked_imported_and_undone() {
    let (app, tenant, sql, mut owner) = start().await;
    let file = "First name;Last name;E-mail\nAda;Lovelace;ada@acme.example\nGrace;Hopper;grace@acme.example\nNo;Address;not an address\n\"open;x;y\n";
    let draft = draft(&mut owner, "contacts", file).await;
    // The columns are guessed, and the page shows them with the first rows.
    let page = owner.get(&format!("/p/contacts/import/{draft}")).await.body;
    for part in ["Lovelace", "columns[field.email]", "columns[owner]", "Record number", "Import mode", "4 lines"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let chosen = page.split("name=\"columns[field.email]\"").nth(1).unwrap().split("</select>").next().unwrap();
    assert!(chosen.contains("value=\"2\" selected"), "{chosen}");
    let look = check(&mut owner, "contacts", &draft, &PEOPLE).await.body;
    assert_eq!(outcomes(&app, &tenant, &look).await, "created 2, failed 2");
    assert_eq!(contacts(&sql, &tenant, "r.id").await, "", "a check makes nothing");
    let events = format!("SELECT count(*)::text FROM {}.events WHERE object = 'record'", tenant.schema);
    assert_eq!(sql.text(&events).await, "0", "and notes nothing");
    let page = owner.get(&format!("/jobs/{look}")).await.body;
    for part in ["Nothing was changed yet", "would be created", "is not a valid e-mail address", "quotation mark", "Import now"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let run = owner.call(RUN, &[("id", &look)]).await.body;
    assert_eq!(outcomes(&app, &tenant, &run).await, "created 2, failed 2");
    assert_eq!(contacts(&sql, &tenant, "r.title").await, "Grace Hopper Ada Lovelace");
    assert_eq!(contacts(&sql, &tenant, "r.data->'email'->>0").await, "grace@acme.example ada@acme.example");
    assert_eq!(sql.text(&events).await, "2", "each record has its event");
    // The file of skipped rows can be imported as it is, once it was corrected.
    let skipped = owner.get(&format!("/jobs/{run}/file")).await.body;
    assert!(skipped.contains("First name") && skipped.contains("not an address") && skipped.contains("Reason"), "{skipped}");
    let undo = owner.call(UNDO, &[("id", &run)]).await;
    assert_eq!(undo.status, StatusCode::OK, "{}", undo.body);
    assert_eq!(outcomes(&app, &tenant, &undo.body).await, "undone 2");
    assert_eq!(contacts(&sql, &tenant, "r.id").await, "");
    assert!(owner.get("/p/contacts/trash").await.body.contains("Lovelace"), "they are in the trash");
    assert_eq!(owner.call(UNDO, &[("id", &run)]).await.status, StatusCode::CONFLICT, "once");
    let log = format!("SELECT string_agg(action, ' ' ORDER BY id) FROM {}.audit_log WHERE action LIKE 'record.import%'", tenant.schema);
    assert_eq!(sql.text(&log).await, "record.import_upload record.import record.import_undo");
}

#[tokio::test]
async fn existing_records_are_found_changed_and_given_back() {
    let (app, tenant, sql, mut owner) = start().await;
    let by_email = [("match_by", "field.email")];
    let both = [&PEOPLE[..3], &[("mode", "both")], &by_email].concat();
    let (did, _) = import(&app, &tenant, &mut owner, "contacts", "f,l,e\nAda,King,ada@acme.example\n", &both).await;
    assert_eq!(did, "created 1");
    // The second row is about the record of before, the last two about one that the file itself makes.
    let file = "f,l,e\nAda,Lovelace,ADA@acme.example\nAda,,ada@acme.example\nGrace,Murray,grace@acme.example\nGrace,Hopper,grace@acme.example\n,NoKey,\n";
    let (did, job) = import(&app, &tenant, &mut owner, "contacts", file, &both).await;
    assert_eq!(did, "created 2, unchanged 1, updated 2");
    assert_eq!(contacts(&sql, &tenant, "r.data->>'last_name'").await, "Hopper Lovelace NoKey");
    // Undone, the record of before is as it was, though two rows changed one record.
    let undo = owner.call(UNDO, &[("id", &job)]).await.body;
    assert_eq!(outcomes(&app, &tenant, &undo).await, "undone 4", "{:?}", reasons(&app, &tenant, &undo).await);
    assert_eq!(contacts(&sql, &tenant, "r.data->>'last_name'").await, "King");
    // Who is there is skipped by one mode, who is not by the other; a value that another record has is refused.
    let create = [&PEOPLE[..], &by_email].concat();
    let (did, job) =
        import(&app, &tenant, &mut owner, "contacts", "f,l,e\nA,B,ada@acme.example\nC,D,c@acme.example\nE,F,c@acme.example\n", &create)
            .await;
    assert_eq!(did, "created 1, failed 2");
    let why = reasons(&app, &tenant, &job).await;
    assert!(why[0].contains("exists already") && why[1].contains("exists already"), "{why:?}");
    let update = [&PEOPLE[..3], &[("mode", "update")], &by_email].concat();
    let (did, job) = import(&app, &tenant, &mut owner, "contacts", "f,l,e\nAugusta,,ada@acme.example\nX,Y,x@acme.example\n", &update).await;
    assert_eq!(did, "failed 1, updated 1");
    assert_eq!(contacts(&sql, &tenant, "r.data->>'first_name'").await, "C Augusta");
    // What was changed since stays.
    sql.run(&format!("UPDATE {}.records SET version = version + 1 WHERE data->>'first_name' = 'Augusta'", tenant.schema)).await;
    let event = format!(
        "INSERT INTO {0}.events (seq, n, at, kind, object, record_id, pipeline_id, version, actor, origin) \
         SELECT 100000, 1, now(), 'record.update', 'record', id, pipeline_id, version, 'user:1', 'web' FROM {0}.records WHERE data->>'first_name' = 'Augusta'",
        tenant.schema
    );
    sql.run(&event).await;
    let undo = owner.call(UNDO, &[("id", &job)]).await.body;
    assert_eq!(outcomes(&app, &tenant, &undo).await, "kept 1");
    assert!(reasons(&app, &tenant, &undo).await[0].contains("changed since"));
    // Empty cells clear fields where that was asked for.
    let clear = [&update[..], &[("clears", "true")]].concat();
    let (did, _) = import(&app, &tenant, &mut owner, "contacts", "f,l,e\n,Lovelace,ada@acme.example\n", &clear).await;
    assert_eq!(did, "updated 1");
    assert_eq!(contacts(&sql, &tenant, "coalesce(r.data->>'first_name', '-')").await, "C -");
}

#[tokio::test]
async fn values_are_read_as_the_file_writes_them() {
    let (app, tenant, sql, mut owner) = start().await;
    let organizations = [("columns[field.name]", "0"), ("mode", "create")];
    import(&app, &tenant, &mut owner, "organizations", "name\nInitech\nHooli\nHooli\n", &organizations).await;
    let rules = [
        ("columns[field.name]", "0"),
        ("columns[field.amount]", "1"),
        ("columns[field.close_date]", "2"),
        ("columns[stage]", "3"),
        ("columns[owner]", "4"),
        ("columns[field.organization]", "5"),
        ("mode", "create"),
        ("decimals", "comma"),
        ("days", "day_first"),
    ];
    let boss = sql.text(&format!("SELECT email FROM {}.users WHERE user_type = 'owner'", tenant.schema)).await;
    let file = format!(
        "Name;Amount;Close date;Stage;Owner;Organization\nOne;1.234,50;31.12.2026;qualified;{boss};initech\nTwo;12,5;1/2/2027;;;\nThree;1,234.50;31.12.2026;;;\n\
         Four;1;12.31.2026;;;\nFive;1;;Nowhere;;\nSix;1;;;nobody@acme.example;\nSeven;1;;;;Acme\nEight;1;;;;Hooli\n"
    );
    let draft = draft(&mut owner, "deals", &file).await;
    let page = owner.get(&format!("/p/deals/import/{draft}")).await.body;
    assert!(page.contains("value=\"comma\" selected") && page.contains("value=\"day_first\" selected"), "the formats are guessed: {page}");
    let look = check(&mut owner, "deals", &draft, &rules).await;
    assert_eq!(look.status, StatusCode::OK, "{}", look.body);
    assert_eq!(outcomes(&app, &tenant, &look.body).await, "created 2, failed 6");
    let why = reasons(&app, &tenant, &look.body).await;
    let parts = [
        "4: Amount: Enter a number",
        "5: Close date: Enter a date such as 31.12.2026",
        "6: Stage: There is no stage",
        "7: Owner: Choose",
        "8: Organization: No record",
        "9: Organization: Several records",
    ];
    for (why, part) in why.iter().zip(parts) {
        assert!(why.starts_with(part), "{part}: {why}");
    }
    let run = owner.call(RUN, &[("id", &look.body)]).await.body;
    assert_eq!(outcomes(&app, &tenant, &run).await, "created 2, failed 6");
    let deals = format!(
        "SELECT string_agg(concat_ws(' ', r.title, r.value, r.data->>'close_date', s.key, u.email, o.title), ', ' ORDER BY r.title) FROM {0}.records r \
         JOIN {0}.stages s ON s.id = r.stage_id LEFT JOIN {0}.users u ON u.id = r.owner_id \
         LEFT JOIN {0}.links l ON r.id IN (l.from_id, l.to_id) LEFT JOIN {0}.records o ON o.id IN (l.from_id, l.to_id) AND o.id <> r.id \
         WHERE r.pipeline_id = (SELECT id FROM {0}.pipelines WHERE key = 'deals')",
        tenant.schema
    );
    let stored = sql.text(&deals).await;
    assert!(stored.starts_with(&format!("One 1234.50 2026-12-31 qualified {boss} Initech, Two 12.50 2027-02-01")), "{stored}");
}

#[tokio::test]
async fn bad_rules_are_refused_beside_their_fields() {
    let (_app, _tenant, _sql, mut owner) = start().await;
    assert_eq!(upload(&mut owner, "contacts", "").await.location(), "/p/contacts/import", "an empty file leads back");
    assert_eq!(upload(&mut owner, "nothing", "a\nb\n").await.status, StatusCode::NOT_FOUND);
    let draft = draft(&mut owner, "contacts", "a,b\n1,2\n").await;
    for (rules, part) in [
        (vec![("mode", "create")], "Choose a column for at least one field"),
        (vec![("mode", "create"), ("columns[field.first_name]", "0")], "New records need this: Last name"),
        (vec![("mode", "both"), ("columns[field.last_name]", "0")], "Choose a field to find existing records by"),
        (vec![("mode", "both"), ("columns[field.last_name]", "0"), ("match_by", "field.email")], "so it needs a column"),
        (vec![("mode", "create"), ("columns[field.last_name]", "0"), ("match_by", "field.last_name")], "Choose a field to find"),
        (vec![("mode", "create"), ("columns[field.last_name]", "7")], "Choose a column of the file"),
        (vec![("mode", "create"), ("columns[field.last_name]", "0"), ("columns[field.first_name]", "0")], "fills another field already"),
        (vec![("mode", "x"), ("columns[field.last_name]", "0")], "Choose what to do"),
        (vec![("mode", "create"), ("columns[field.last_name]", "0"), ("days", "x")], "Choose how dates are written"),
    ] {
        let refused = check(&mut owner, "contacts", &draft, &rules).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{rules:?}: {}", refused.body);
        assert!(refused.body.contains(part), "{rules:?}: {}", refused.body);
    }
    // A draft is one of its pipeline alone.
    assert_eq!(check(&mut owner, "deals", &draft, &[("mode", "create"), ("columns[field.name]", "0")]).await.status, StatusCode::NOT_FOUND);
}

/// A job that dies goes on after its last batch; what changed meanwhile is not left out unseen.
#[tokio::test]
async fn an_import_that_dies_goes_on() {
    let (app, tenant, sql, mut owner) = start().await;
    let rows_of: String = (0..250).map(|n| format!("Name {n:03}\n")).collect();
    let file = format!("Last name\n{rows_of}");
    let draft = draft(&mut owner, "contacts", &file).await;
    let look = check(&mut owner, "contacts", &draft, &[("columns[field.last_name]", "0"), ("mode", "create")]).await.body;
    assert_eq!(outcomes(&app, &tenant, &look).await, "created 250");
    let job = owner.call(RUN, &[("id", &look)]).await.body;
    failpoint::arm(Some("records.import"));
    let died = run_only(&app.services, JobId(job.parse().unwrap())).await.unwrap().unwrap();
    failpoint::arm(None);
    assert_ne!(died.status, "done");
    assert_eq!(rows(&app, &tenant, &job).await, "created 200", "the first batch is there");
    sql.run(&format!("UPDATE platform.jobs SET status = 'queued', worker = NULL WHERE id = {job}")).await;
    assert_eq!(outcomes(&app, &tenant, &job).await, "created 250");
    assert_eq!(contacts(&sql, &tenant, "1").await.split(' ').count(), 250, "each row once");
    // The field is gone: the import does not run without it.
    let again = owner.call(RUN, &[("id", &look)]).await.body;
    sql.run(&format!("UPDATE {}.fields SET deleted_at = now() WHERE key = 'last_name'", tenant.schema)).await;
    let ended = run_only(&app.services, JobId(again.parse().unwrap())).await.unwrap().unwrap();
    assert_eq!(ended.status, "failed");
    assert!(ended.error.unwrap_or_default().contains("have changed"));
    assert_eq!(owner.call(RUN, &[("id", &look)]).await.status, StatusCode::CONFLICT);
}

/// An import shows nothing to others, and nothing of what its user does not see.
#[tokio::test]
async fn imports_are_as_private_as_their_records() {
    let (app, tenant, sql, mut owner) = start().await;
    let mut sales = app.signed_in(&tenant, "salesperson").await;
    let mut admin = app.signed_in(&tenant, "admin").await;
    import(&app, &tenant, &mut owner, "contacts", "f,l,e\nAda,Lovelace,ada@acme.example\n", &PEOPLE).await;
    // A salesperson sees own records alone: what another one has is neither found nor named.
    sql.run(&format!(
        "INSERT INTO {0}.role_pipelines (role_key, pipeline_id, view_reach, edit_reach, delete_reach) SELECT 'salesperson', id, 'own', 'own', 'own' FROM {0}.pipelines WHERE key = 'contacts' \
         ON CONFLICT (role_key, pipeline_id) DO UPDATE SET view_reach = 'own', edit_reach = 'own', delete_reach = 'own'",
        tenant.schema
    ))
    .await;
    let both = [&PEOPLE[..3], &[("mode", "both"), ("match_by", "field.email")]].concat();
    let (did, job) =
        import(&app, &tenant, &mut sales, "contacts", "f,l,e\nEve,Evil,ada@acme.example\nBob,Builder,bob@acme.example\n", &both).await;
    assert_eq!(did, "created 2", "an address is no unique value: {:?}", reasons(&app, &tenant, &job).await);
    assert_eq!(contacts(&sql, &tenant, "r.data->>'last_name'").await, "Builder Evil Lovelace");
    // By number neither.
    let ada = sql.text(&format!("SELECT id::text FROM {}.records WHERE data->>'last_name' = 'Lovelace'", tenant.schema)).await;
    let by_number = [("columns[id]", "0"), ("columns[field.last_name]", "1"), ("mode", "update"), ("match_by", "id")];
    let (did, job) = import(&app, &tenant, &mut sales, "contacts", &format!("id,l\n{ada},Stolen\n999999,X\nx,Y\n"), &by_number).await;
    assert_eq!(did, "failed 3");
    let why = reasons(&app, &tenant, &job).await;
    assert_eq!(why[0].split_once(": ").unwrap().1, why[1].split_once(": ").unwrap().1, "unseen answers like missing");
    assert_eq!(contacts(&sql, &tenant, "r.data->>'last_name'").await, "Builder Evil Lovelace");
    // Others see that there was a job, not what it did; its draft and its acts are its user's.
    let draft = draft(&mut sales, "contacts", "l\nX\n").await;
    for actor in [&mut owner, &mut admin] {
        assert_eq!(actor.get(&format!("/p/contacts/import/{draft}")).await.status, StatusCode::NOT_FOUND);
        let page = actor.get(&format!("/jobs/{job}")).await.body;
        assert!(page.contains("Record import") && !page.contains("Stolen"), "{page}");
        assert_eq!(actor.get(&format!("/jobs/{job}/file")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(actor.call(RUN, &[("id", &job)]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(actor.call(UNDO, &[("id", &job)]).await.status, StatusCode::NOT_FOUND);
    }
    // A field that is hidden is no target, and cannot be asked for by name.
    sql.run(&format!(
        "INSERT INTO {0}.role_fields (role_key, field_id, access) SELECT 'salesperson', f.id, 'none' FROM {0}.fields f JOIN {0}.pipelines p ON p.id = f.pipeline_id \
         WHERE p.key = 'contacts' AND f.key = 'email'",
        tenant.schema
    ))
    .await;
    assert!(!sales.get(&format!("/p/contacts/import/{draft}")).await.body.contains("field.email"));
    let look =
        check(&mut sales, "contacts", &draft, &[("columns[field.last_name]", "0"), ("columns[field.email]", "0"), ("mode", "create")])
            .await;
    assert_eq!(look.status, StatusCode::OK, "a name that is no target is ignored: {}", look.body);
    let refused =
        check(&mut sales, "contacts", &draft, &[("columns[field.last_name]", "0"), ("mode", "create"), ("match_by", "field.email")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Who makes no records imports none.
    sql.run(&format!("UPDATE {0}.role_pipelines SET edit_reach = 'none' WHERE role_key = 'salesperson'", tenant.schema)).await;
    assert_eq!(sales.get("/p/contacts/import").await.status, StatusCode::FORBIDDEN);
}
