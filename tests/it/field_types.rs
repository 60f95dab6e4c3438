//! Changes of a field's type: looked at before, done by a job while users go on, undone with the same bytes.

use axum::http::StatusCode;
use control::jobs::run_only;
use domain::JobId;
use kernel::failpoint;
use test_support::{Actor, Answer, Sql, Tenant, TestApp};

const CHANGE: &str = "/api/tenant/field_type_change";
const UNDO: &str = "/api/tenant/field_type_undo";
const UPDATE: &str = "/api/tenant/record_update";
const PAGE: &str = "/settings/pipelines/deals/fields/next_step/type";

async fn start() -> (TestApp, Tenant, Sql, Actor) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (sql, owner) = (app.sql().await, app.owner(&tenant).await);
    (app, tenant, sql, owner)
}

/// Deals with these next steps, of the owner. Gives their ids.
async fn deals(sql: &Sql, tenant: &Tenant, steps: &[&str]) -> Vec<String> {
    let schema = &tenant.schema;
    let steps = steps.join("', '");
    let query = format!(
        "WITH made AS (INSERT INTO {schema}.records (pipeline_id, owner_id, title, search, data) \
         SELECT p.id, (SELECT id FROM {schema}.users WHERE user_type = 'owner'), 'Deal ' || n, 'deal ' || n, \
             jsonb_build_object('name', 'Deal ' || n) || CASE WHEN step = '' THEN '{{}}' ELSE jsonb_build_object('next_step', step) END \
         FROM {schema}.pipelines p, unnest(ARRAY['{steps}']) WITH ORDINALITY AS s (step, n) WHERE p.key = 'deals' ORDER BY n RETURNING id) \
         SELECT string_agg(id::text, ' ' ORDER BY id) FROM made"
    );
    sql.text(&query).await.split(' ').map(str::to_owned).collect()
}

async fn version(sql: &Sql, tenant: &Tenant) -> String {
    sql.text(&format!("SELECT version::text FROM {}.pipelines WHERE key = 'deals'", tenant.schema)).await
}

async fn change(sql: &Sql, tenant: &Tenant, actor: &mut Actor, field: &str, more: &[(&str, &str)]) -> Answer {
    let version = version(sql, tenant).await;
    actor.call(CHANGE, &[&[("pipeline", "deals"), ("field", field), ("version", &*version)], more].concat()).await
}

async fn undo(actor: &mut Actor) -> Answer {
    actor.call(UNDO, &[("pipeline", "deals"), ("field", "next_step")]).await
}

/// Changes the next step of a deal, seen as `seen` before.
async fn put(sql: &Sql, tenant: &Tenant, actor: &mut Actor, id: &str, (seen, typed): (&str, &str)) {
    let version = sql.text(&format!("SELECT version::text FROM {}.records WHERE id = {id}", tenant.schema)).await;
    let fields = [("pipeline", "deals"), ("id", id), ("version", &*version), ("seen[next_step]", seen), ("fields[next_step]", typed)];
    let answer = actor.call(UPDATE, &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// What records hold under a slot, in their order.
async fn held(sql: &Sql, tenant: &Tenant, slot: &str) -> String {
    let what = format!("SELECT string_agg(coalesce(r.data->>'{slot}', '-'), ' | ' ORDER BY r.id) FROM {}.records r", tenant.schema);
    sql.text(&what).await
}

/// The slot and the kind of the field.
async fn field(sql: &Sql, tenant: &Tenant) -> String {
    let query = "SELECT slot || ' ' || kind || coalesce(' ' || (change->>'state'), '') FROM SCHEMA.fields WHERE key = 'next_step'";
    sql.text(&query.replace("SCHEMA", &tenant.schema)).await
}

async fn last_job(sql: &Sql) -> JobId {
    JobId(sql.text("SELECT max(id)::text FROM platform.jobs WHERE kind = 'records_convert'").await.parse().unwrap())
}

/// Lets the last job go on, once what made it fail is gone.
async fn resume(app: &TestApp, sql: &Sql) {
    failpoint::arm(None);
    let job = last_job(sql).await;
    sql.run(&format!("UPDATE platform.jobs SET status = 'queued', worker = NULL WHERE id = {job}")).await;
    let record = run_only(&app.services, job).await.unwrap().unwrap();
    assert_eq!(record.status, "done", "{:?}", record.error);
}

#[tokio::test]
async fn a_type_is_changed_and_changed_back() {
    let (app, tenant, sql, mut owner) = start().await;
    let ids = deals(&sql, &tenant, &["1,200.50", "7", "a dozen", "", "70"]).await;
    let all = format!("SELECT string_agg(data::text, ' ' ORDER BY id) FROM {}.records WHERE id IN ({}, {})", tenant.schema, ids[0], ids[2]);
    let before = sql.text(&all).await;
    let page = owner.get(&format!("{PAGE}?kind=number")).await.body;
    assert!(page.contains("Of 4 values that you see, 3 can be converted and 1 would become empty."), "{page}");
    assert!(page.contains("a dozen") && page.contains("Enter a number such as") && page.contains("value=\"1\""), "one decimal place");
    let answer = change(&sql, &tenant, &mut owner, "next_step", &[("kind", "number"), ("scale", "1")]).await;
    assert!(answer.status == StatusCode::OK && answer.location() == PAGE, "{} {}", answer.status, answer.body);
    let page = owner.get(PAGE).await.body;
    assert!(page.contains("was changed: 3 values converted, 1 value became empty"), "{page}");
    assert_eq!(field(&sql, &tenant).await, "next_step~2 number done");
    assert_eq!(held(&sql, &tenant, "next_step~2").await, "1200.5 | 7 | - | - | 70");
    // It filters and sorts as a number.
    let list = owner.get("/p/deals?field.next_step.gte=10&sort=field.next_step").await.body;
    assert!(list.contains("Deal 1") && list.contains("Deal 5") && !list.contains("Deal 2") && !list.contains("Deal 3"), "{list}");
    // What is edited, emptied or added since is converted back; all else comes back with the same bytes.
    put(&sql, &tenant, &mut owner, &ids[1], ("7", "8.5")).await;
    put(&sql, &tenant, &mut owner, &ids[4], ("70", "")).await;
    put(&sql, &tenant, &mut owner, &ids[3], ("", "3")).await;
    let page = owner.get(&format!("/p/deals/{}", ids[1])).await.body;
    assert!(page.contains("8.5"), "{page}");
    assert_eq!(undo(&mut owner).await.status, StatusCode::OK);
    assert_eq!(field(&sql, &tenant).await, "next_step text done");
    assert_eq!(held(&sql, &tenant, "next_step").await, "1,200.50 | 8.5 | a dozen | 3 | -");
    sql.run(&format!("UPDATE {}.records SET data = data - 'next_step~2'", tenant.schema)).await;
    assert_eq!(sql.text(&all).await, before, "the same bytes");
    let page = owner.get(&format!("/p/deals/{}", ids[1])).await.body;
    assert!(page.contains("8.5"), "the timeline shows what it was: {page}");
    // An undo can be undone, for thirty days.
    sql.run(&format!(
        "UPDATE {}.fields SET change = jsonb_set(change, '{{at}}', '\"2026-01-01T00:00:00Z\"') WHERE key = 'next_step'",
        tenant.schema
    ))
    .await;
    let late = undo(&mut owner).await;
    assert!(late.status == StatusCode::CONFLICT && late.body.contains("30 days"), "{}", late.body);
    let audit = sql
        .text(&format!("SELECT string_agg(action, ' ' ORDER BY id) FROM {}.audit_log WHERE action LIKE 'field.type%'", tenant.schema))
        .await;
    assert_eq!(audit, "field.type_change field.type_undo");
    drop(app);
}

/// While a job converts the values, each write fills both forms; a job that dies goes on; a change that is cancelled leaves what was there.
#[tokio::test]
async fn users_go_on_while_a_job_converts() {
    let (app, tenant, sql, mut owner) = start().await;
    let steps: Vec<String> = (1..=130).map(|n| n.to_string()).collect();
    let ids = deals(&sql, &tenant, &steps.iter().map(String::as_str).collect::<Vec<_>>()).await;
    failpoint::arm(Some("records.convert"));
    let answer = change(&sql, &tenant, &mut owner, "next_step", &[("kind", "number")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let filled = async || sql.text(&format!("SELECT count(*)::text FROM {}.records WHERE data ? 'next_step~2'", tenant.schema)).await;
    assert_eq!((filled().await.as_str(), field(&sql, &tenant).await.as_str()), ("100", "next_step text converting"), "one batch was done");
    let page = owner.get(PAGE).await.body;
    assert!(page.contains("Cancel change") && page.contains("A job converts the values from Text to Number"), "{page}");
    // One that is done, one that is not, one that is no number, one that is emptied, and a new one.
    put(&sql, &tenant, &mut owner, &ids[0], ("1", "501")).await;
    put(&sql, &tenant, &mut owner, &ids[120], ("121", "502")).await;
    put(&sql, &tenant, &mut owner, &ids[1], ("2", "two")).await;
    put(&sql, &tenant, &mut owner, &ids[2], ("3", "")).await;
    let new = [("pipeline", "deals"), ("fields[name]", "New"), ("fields[next_step]", "503")];
    assert_eq!(owner.call("/api/tenant/record_create", &new).await.status, StatusCode::OK);
    // The definition waits.
    for (operation, more) in [
        ("field_delete", vec![]),
        ("field_update", vec![("version", version(&sql, &tenant).await), ("label", "Step".to_owned())]),
        ("field_type_change", vec![("version", version(&sql, &tenant).await), ("kind", "date".to_owned())]),
    ] {
        let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer =
            owner.call(&format!("/api/tenant/{operation}"), &[&[("pipeline", "deals"), ("field", "next_step")], &*more].concat()).await;
        assert!(answer.status == StatusCode::CONFLICT && answer.body.contains("being changed"), "{operation}: {}", answer.body);
    }
    let job = last_job(&sql).await;
    let answer = owner.call("/api/tenant/job_cancel", &[("id", &job.to_string())]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    resume(&app, &sql).await;
    assert_eq!(field(&sql, &tenant).await, "next_step~2 number done");
    let wrong = format!(
        "SELECT count(*)::text FROM {}.records WHERE data->'next_step~2' IS DISTINCT FROM CASE WHEN data->>'next_step' = 'two' THEN NULL ELSE data->'next_step' END",
        tenant.schema
    );
    assert_eq!(sql.text(&wrong).await, "0", "both forms say the same");
    assert!(held(&sql, &tenant, "next_step~2").await.starts_with("501 | - | - | 4 | ") && filled().await == "129");
    // A job that dies after the swap only has titles, search texts and keys left to compute.
    failpoint::arm(Some("records.converted"));
    assert_eq!(undo(&mut owner).await.status, StatusCode::OK);
    assert_eq!(field(&sql, &tenant).await, "next_step text done");
    resume(&app, &sql).await;
    assert!(held(&sql, &tenant, "next_step").await.starts_with("501 | two | - | 4 | "));
    // Cancelled, the field keeps its values and its job ends; the slot is not given again.
    failpoint::arm(Some("records.convert"));
    assert_eq!(change(&sql, &tenant, &mut owner, "next_step", &[("kind", "rating")]).await.status, StatusCode::OK);
    assert_eq!(field(&sql, &tenant).await, "next_step text converting");
    assert_eq!(undo(&mut owner).await.status, StatusCode::OK);
    assert_eq!(field(&sql, &tenant).await, "next_step text");
    resume(&app, &sql).await;
    assert_eq!(field(&sql, &tenant).await, "next_step text", "a job whose change was cancelled changes nothing");
    let slots = format!("SELECT array_to_string(dropped_slots, ' ') FROM {}.fields WHERE key = 'next_step'", tenant.schema);
    assert_eq!(sql.text(&slots).await, "next_step~2 next_step~3");
    assert_eq!(undo(&mut owner).await.status, StatusCode::CONFLICT, "nothing is left to undo");
}

#[tokio::test]
async fn choices_are_made_of_the_values() {
    let (_app, tenant, sql, mut owner) = start().await;
    deals(&sql, &tenant, &["Call", "call", "Visit", "", "Call"]).await;
    let page = owner.get(&format!("{PAGE}?kind=select")).await.body;
    assert!(page.contains("Call\nVisit</textarea>"), "{page}");
    let none = change(&sql, &tenant, &mut owner, "next_step", &[("kind", "select"), ("choices", "")]).await;
    assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.body.contains("\"choices\""), "{}", none.body);
    let answer = change(&sql, &tenant, &mut owner, "next_step", &[("kind", "select"), ("choices", "Call\nVisit")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(held(&sql, &tenant, "next_step~2").await, "call | call | visit | - | call");
    let answer = change(&sql, &tenant, &mut owner, "next_step", &[("kind", "multi_select")]).await;
    assert_eq!(answer.status, StatusCode::OK, "the choices stay: {}", answer.body);
    assert_eq!(held(&sql, &tenant, "next_step~3").await, r#"["call"] | ["call"] | ["visit"] | - | ["call"]"#);
    let list = owner.get("/p/deals?field.next_step.any=visit").await.body;
    assert!(list.contains("Deal 3") && !list.contains("Deal 1"), "{list}");
    // Back to what it was just before; the text is out of reach.
    assert_eq!(undo(&mut owner).await.status, StatusCode::OK);
    assert_eq!(field(&sql, &tenant).await, "next_step~2 select done");
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused() {
    let (app, tenant, sql, mut owner) = start().await;
    deals(&sql, &tenant, &["Secret step"]).await;
    for (field, kind, status) in [
        ("name", "number", StatusCode::CONFLICT),
        ("amount", "text", StatusCode::CONFLICT),
        ("contact", "text", StatusCode::CONFLICT),
        ("next_step", "text", StatusCode::UNPROCESSABLE_ENTITY),
        ("next_step", "relation", StatusCode::UNPROCESSABLE_ENTITY),
        ("next_step", "galaxy", StatusCode::UNPROCESSABLE_ENTITY),
        ("nothing", "number", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(change(&sql, &tenant, &mut owner, field, &[("kind", kind)]).await.status, status, "{field} to {kind}");
    }
    let stale = [("pipeline", "deals"), ("field", "next_step"), ("version", "0"), ("kind", "number")];
    assert_eq!(owner.call(CHANGE, &stale).await.status, StatusCode::CONFLICT);
    sql.run(&format!("UPDATE {}.fields SET is_unique = true WHERE key = 'next_step'", tenant.schema)).await;
    let unique = change(&sql, &tenant, &mut owner, "next_step", &[("kind", "number")]).await;
    assert!(unique.status == StatusCode::CONFLICT && unique.body.contains("Turn off Unique"), "{}", unique.body);
    assert!(owner.get(PAGE).await.body.contains("Turn off Unique"));
    sql.run(&format!("UPDATE {}.fields SET is_unique = false WHERE key = 'next_step'", tenant.schema)).await;
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.jobs").await, "0", "nothing was begun");
    // Who manages settings without seeing the field learns nothing of its values.
    sql.run(&format!(
        "INSERT INTO {0}.role_fields (role_key, field_id, access) SELECT 'admin', id, 'none' FROM {0}.fields WHERE key = 'next_step'",
        tenant.schema
    ))
    .await;
    let mut admin = app.signed_in(&tenant, "admin").await;
    let page = admin.get(&format!("{PAGE}?kind=select")).await;
    assert!(page.status == StatusCode::OK && page.body.contains("You do not see the values"), "{}", page.body);
    assert!(!page.body.contains("Secret step"));
    assert!(owner.get(&format!("{PAGE}?kind=select")).await.body.contains("Secret step"));
}

/// A bulk action keeps values as they were stored. They are not written back once the field has another type.
#[tokio::test]
async fn a_bulk_action_is_not_undone_into_another_type() {
    let (_app, tenant, sql, mut owner) = start().await;
    let ids = deals(&sql, &tenant, &["Call", "Visit"]).await;
    let query = ids.iter().map(|id| format!("id={id}")).collect::<Vec<_>>().join("&");
    let bulk = [("pipeline", "deals"), ("act", "edit"), ("query", &*query), ("expected", "2")];
    let more = [("field", "next_step"), ("fields[next_step]", "7")];
    assert_eq!(owner.call("/api/tenant/record_bulk", &[&bulk[..], &more].concat()).await.status, StatusCode::OK);
    assert_eq!(change(&sql, &tenant, &mut owner, "next_step", &[("kind", "number")]).await.status, StatusCode::OK);
    let job = sql.text("SELECT max(id)::text FROM platform.jobs WHERE kind = 'records_bulk'").await;
    assert_eq!(owner.call("/api/tenant/record_bulk_undo", &[("id", &job)]).await.status, StatusCode::OK);
    assert_eq!(held(&sql, &tenant, "next_step~2").await, "7 | 7");
    let job = sql.text("SELECT max(id)::text FROM platform.jobs WHERE kind = 'records_undo'").await;
    assert!(owner.get(&format!("/jobs/{job}")).await.body.contains("The type of the field was changed"));
}

/// After thirty days the former values, those of cancelled changes and those of deleted fields are removed from all records.
#[tokio::test]
async fn what_cannot_come_back_is_removed() {
    let (app, tenant, sql, mut owner) = start().await;
    let ids = deals(&sql, &tenant, &["1", "two", ""]).await;
    let long_ago = async |what: &str| {
        let set = match what {
            "change" => "change = jsonb_set(change, '{at}', '\"2026-01-01T00:00:00Z\"')",
            _ => "deleted_at = '2026-01-01'",
        };
        sql.run(&format!("UPDATE {}.fields SET {set} WHERE key = 'next_step'", tenant.schema)).await;
    };
    let keys = async || {
        sql.text(&format!(
            "SELECT coalesce(string_agg(DISTINCT k, ' ' ORDER BY k), '') FROM {}.records, jsonb_object_keys(data) k",
            tenant.schema
        ))
        .await
    };
    assert_eq!(change(&sql, &tenant, &mut owner, "next_step", &[("kind", "number")]).await.status, StatusCode::OK);
    records::slots_strip(&app.services, &tenant.tenant).await.unwrap();
    assert_eq!(keys().await, "name next_step next_step~2", "it can be undone");
    owner.call("/api/tenant/record_delete", &[("pipeline", "deals"), ("id", &*ids[1])]).await;
    long_ago("change").await;
    records::slots_strip(&app.services, &tenant.tenant).await.unwrap();
    assert_eq!((keys().await.as_str(), field(&sql, &tenant).await.as_str()), ("name next_step~2", "next_step~2 number"));
    let fields = [("pipeline", "deals"), ("field", "next_step")];
    assert_eq!(owner.call("/api/tenant/field_delete", &fields).await.status, StatusCode::OK);
    records::slots_strip(&app.services, &tenant.tenant).await.unwrap();
    assert_eq!(keys().await, "name next_step~2", "it can be restored");
    long_ago("field").await;
    records::slots_strip(&app.services, &tenant.tenant).await.unwrap();
    assert_eq!(keys().await, "name");
    assert!(!owner.get("/settings/pipelines/deals/fields").await.body.contains("Restore Next step"));
    assert_eq!(owner.call("/api/tenant/field_restore", &fields).await.status, StatusCode::NOT_FOUND);
}
