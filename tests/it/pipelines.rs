//! Pipelines that a company defines itself: what is typed is checked, what records hold survives, and parallel changes all count.

use axum::http::StatusCode;
use control::jobs::run_only;
use domain::{JobId, record::FieldKind};
use futures_util::future::join_all;
use test_support::{Actor, Sql, Tenant, TestApp};

async fn start() -> (TestApp, Tenant, Sql, Actor) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    let owner = app.owner(&tenant).await;
    (app, tenant, sql, owner)
}

async fn ok(actor: &mut Actor, name: &str, fields: &[(&str, &str)]) {
    let answer = actor.call(&format!("/api/tenant/{name}"), fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{name} {fields:?}: {}", answer.body);
}

/// The fields beside which something is wrong.
async fn wrong(actor: &mut Actor, name: &str, fields: &[(&str, &str)], status: StatusCode) -> Vec<String> {
    let answer = actor.call(&format!("/api/tenant/{name}"), fields).await;
    assert_eq!(answer.status, status, "{name} {fields:?}: {}", answer.body);
    let errors = answer.body.split("\"field\":\"").skip(1);
    errors.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

/// Does what waits in the queue.
async fn work(app: &TestApp, sql: &Sql) {
    let waiting = sql.text("SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM platform.jobs WHERE status = 'queued'").await;
    for id in waiting.split_whitespace() {
        let record = run_only(&app.services, JobId(id.parse().unwrap())).await.unwrap().unwrap();
        assert_eq!(record.status, "done", "{:?}", record.error);
    }
}

async fn version(sql: &Sql, tenant: &Tenant, pipeline: &str) -> String {
    sql.text(&format!("SELECT version::text FROM {}.pipelines WHERE key = '{pipeline}'", tenant.schema)).await
}

/// From nothing: a pipeline with a field of each kind, stages and a board, and a record in it; renamed, moved, deleted and brought back.
#[tokio::test]
async fn a_company_defines_a_pipeline() {
    let (app, tenant, sql, mut owner) = start().await;
    ok(&mut owner, "pipeline_create", &[("name", "Candidates"), ("name_one", "Candidate"), ("icon", "person"), ("has_stages", "true")])
        .await;
    let kinds = FieldKind::ALL.map(|(_, kind, _)| kind);
    for kind in kinds {
        let label = format!("A {kind}");
        let fields = [
            ("pipeline", "candidates"),
            ("label", label.as_str()),
            ("kind", kind),
            ("choices", if kind.ends_with("select") { "Good\nBad" } else { "" }),
        ];
        ok(&mut owner, "field_create", &fields).await;
    }
    assert!(owner.get("/").await.body.contains("href=\"/p/candidates\""), "it is in the navigation");
    let record = [
        ("pipeline", "candidates"),
        ("fields[name]", "Ada"),
        ("fields[a_text]", "x"),
        ("fields[a_number]", "7"),
        ("fields[a_money]", "12.50"),
        ("fields[a_date]", "2026-12-01"),
        ("fields[a_checkbox]", "true"),
        ("fields[a_select]", "good"),
        ("fields[a_percent]", "12 %"),
        ("fields[a_rating]", "4"),
        ("fields[a_duration]", "1:30"),
        ("fields[a_datetime]", "2026-12-01T14:30"),
        ("boxes[a_multi_select]", "1"),
        ("boxes[a_multi_select.bad]", "true"),
        ("boxes[a_multi_select.good]", "true"),
        ("fields[a_email]", "ada@lovelace.example"),
        ("fields[a_url]", "lovelace.example"),
        ("stage", "in_progress"),
    ];
    ok(&mut owner, "record_create", &record).await;
    let id = sql.text(&format!("SELECT max(id)::text FROM {}.records", tenant.schema)).await;
    let page = owner.get(&format!("/p/candidates/{id}")).await.body;
    let shown =
        ["12.50", "12\u{a0}%", "4 of 5", "1\u{a0}h 30\u{a0}min", "1 December 2026", "14:30 UTC", "Good", "Bad", "ada@lovelace.example"];
    for text in ["Ada", "In progress"].into_iter().chain(shown) {
        assert!(page.contains(text), "{text}: {page}");
    }
    // What its fields are used for: title of two parts, amount and due date of the board.
    let now = version(&sql, &tenant, "candidates").await;
    let general = [
        ("pipeline", "candidates"),
        ("version", now.as_str()),
        ("name", "Applicants"),
        ("name_one", "Applicant"),
        ("title[0]", "name"),
        ("title[1]", "a_text"),
        ("value", "a_money"),
        ("due", "a_date"),
        ("done", "a_checkbox"),
    ];
    assert_eq!(
        wrong(&mut owner, "pipeline_update", &[&general[..5], &[("value", "a_text")]].concat(), StatusCode::UNPROCESSABLE_ENTITY).await,
        ["value"]
    );
    ok(&mut owner, "pipeline_update", &general).await;
    work(&app, &sql).await;
    let board = owner.get("/p/candidates/board").await.body;
    assert!(board.contains("Ada x") && board.contains("12.5\u{a0}EUR") && board.contains(">Applicants<"), "{board}");
    assert_eq!(wrong(&mut owner, "pipeline_update", &general, StatusCode::CONFLICT).await, [""], "another user changed it");
    // Once the user has been told of the change, the next attempt saves on top of it.
    let settings = "/settings/pipelines/candidates";
    owner.post("/api/tenant/pipeline_update", settings, &general).await;
    let form = owner.get(settings).await.body;
    let newest = format!("name=\"version\" value=\"{}\"", version(&sql, &tenant, "candidates").await);
    assert!(form.contains("Another user changed this") && form.contains(&newest), "{form}");
    // Order and deletion: out of sight, not gone.
    let order = async || sql.text(&format!("SELECT string_agg(key, ' ' ORDER BY position, id) FROM {}.pipelines", tenant.schema)).await;
    assert!(order().await.ends_with("activities candidates"));
    ok(&mut owner, "pipeline_move", &[("pipeline", "candidates"), ("to", "up")]).await;
    assert!(order().await.ends_with("candidates activities"));
    ok(&mut owner, "pipeline_delete", &[("pipeline", "candidates")]).await;
    assert_eq!(owner.get("/p/candidates").await.status, StatusCode::NOT_FOUND);
    assert!(!owner.get("/search?q=ada").await.body.contains("/p/candidates/"));
    assert!(owner.get("/settings/pipelines").await.body.contains("Deleted pipelines"));
    ok(&mut owner, "pipeline_create", &[("name", "Applicants"), ("name_one", "Other")]).await;
    wrong(&mut owner, "pipeline_restore", &[("pipeline", "candidates")], StatusCode::CONFLICT).await;
    ok(&mut owner, "pipeline_delete", &[("pipeline", "applicants")]).await;
    ok(&mut owner, "pipeline_restore", &[("pipeline", "candidates")]).await;
    assert!(owner.get(&format!("/p/candidates/{id}")).await.body.contains("Ada x"));
    let audit = owner.get("/audit").await.body;
    for text in ["Created the pipeline Candidates", "Added the field Candidates: A money", "Deleted the pipeline Applicants"] {
        assert!(audit.contains(text), "{text}");
    }
}

/// A field is renamed, its choices too, and no record changes; a deleted field is out of sight everywhere and comes back with what records had.
#[tokio::test]
async fn fields_change_and_values_survive() {
    let (app, tenant, sql, mut owner) = start().await;
    let new = |name: &'static str, email: &'static str| {
        [("pipeline", "contacts"), ("fields[last_name]", name), ("fields[email]", email), ("fields[source]", "referral")]
    };
    ok(&mut owner, "record_create", &new("Ada", "ada@acme.example")).await;
    let id = sql.text(&format!("SELECT max(id)::text FROM {}.records", tenant.schema)).await;
    let data = async || sql.text(&format!("SELECT data::text FROM {}.records WHERE id = {id}", tenant.schema)).await;
    let before = data().await;
    let now = version(&sql, &tenant, "contacts").await;
    let edit = [
        ("pipeline", "contacts"),
        ("field", "source"),
        ("version", now.as_str()),
        ("label", "Origin"),
        ("labels[referral]", "Word of mouth"),
        ("archived[referral]", "true"),
        ("choices", "Billboard"),
    ];
    ok(&mut owner, "field_update", &edit).await;
    let page = owner.get(&format!("/p/contacts/{id}")).await.body;
    assert!(page.contains("Origin") && page.contains("Word of mouth"), "{page}");
    let form = owner.get("/p/contacts/new").await.body;
    assert!(form.contains("Billboard") && !form.contains("Word of mouth"), "what is archived is not offered");
    assert!(owner.get(&format!("/p/contacts/{id}/edit")).await.body.contains("Word of mouth"), "and stays with the record");
    assert_eq!(data().await, before);
    // Deleted: in no list, form, search or filter; its key is not given again; back with its values.
    ok(&mut owner, "field_delete", &[("pipeline", "contacts"), ("field", "email")]).await;
    work(&app, &sql).await;
    assert!(!owner.get(&format!("/p/contacts/{id}")).await.body.contains("ada@acme.example"));
    assert!(!owner.get("/p/contacts?q=acme.example").await.body.contains(">Ada<"), "nor found by it");
    ok(&mut owner, "field_create", &[("pipeline", "contacts"), ("label", "E-mail"), ("kind", "text")]).await;
    assert!(
        !owner.get(&format!("/p/contacts/{id}")).await.body.contains("ada@acme.example"),
        "another field of that name has other values"
    );
    assert_eq!(wrong(&mut owner, "field_restore", &[("pipeline", "contacts"), ("field", "email")], StatusCode::CONFLICT).await, [""]);
    ok(&mut owner, "field_delete", &[("pipeline", "contacts"), ("field", "e_mail")]).await;
    // A record that went through the trash meanwhile has its values by which it is told apart again.
    ok(&mut owner, "record_delete", &[("pipeline", "contacts"), ("id", &id)]).await;
    ok(&mut owner, "record_restore", &[("pipeline", "contacts"), ("id", &id)]).await;
    ok(&mut owner, "field_restore", &[("pipeline", "contacts"), ("field", "email")]).await;
    work(&app, &sql).await;
    assert_eq!(data().await, before, "the same bytes");
    assert!(owner.get("/p/contacts?q=acme.example").await.body.contains(">Ada<"));
    let keys = format!("SELECT string_agg(key, ' ' ORDER BY key) FROM {}.record_keys WHERE record_id = {id}", tenant.schema);
    assert_eq!(sql.text(&keys).await, "ada@acme.example");
    ok(&mut owner, "field_delete", &[("pipeline", "contacts"), ("field", "first_name")]).await;
    let last = [("pipeline", "contacts"), ("field", "last_name")];
    assert_eq!(wrong(&mut owner, "field_delete", &last, StatusCode::CONFLICT).await, [""], "the last part of the title");
    // A title cannot go; who deletes another use of a field loses the use alone.
    assert_eq!(wrong(&mut owner, "field_delete", &[("pipeline", "deals"), ("field", "name")], StatusCode::CONFLICT).await, [""]);
    ok(&mut owner, "record_create", &[("pipeline", "deals"), ("fields[name]", "Engine"), ("fields[amount]", "5")]).await;
    ok(&mut owner, "field_delete", &[("pipeline", "deals"), ("field", "amount")]).await;
    work(&app, &sql).await;
    assert_eq!(owner.get("/p/deals/board").await.status, StatusCode::OK);
    assert_eq!(owner.get("/p/deals?sort=value").await.status, StatusCode::OK);
    ok(&mut owner, "field_restore", &[("pipeline", "deals"), ("field", "amount")]).await;
    work(&app, &sql).await;
    assert!(owner.get("/p/deals/board").await.body.contains("5\u{a0}EUR"));
}

/// Stages: added, changed, moved, archived with the records in them, and brought back.
#[tokio::test]
async fn stages_change_and_records_stay_in_them() {
    let (_app, tenant, sql, mut owner) = start().await;
    ok(&mut owner, "stage_create", &[("pipeline", "contacts"), ("name", "New"), ("kind", "open"), ("color", "teal")]).await;
    ok(&mut owner, "stage_create", &[("pipeline", "contacts"), ("name", "Known"), ("kind", "won"), ("requires[email]", "true")]).await;
    assert!(owner.get("/p/contacts").await.body.contains("href=\"/p/contacts/board\""), "with the first stage there is a board");
    ok(&mut owner, "record_create", &[("pipeline", "contacts"), ("fields[last_name]", "Ada")]).await;
    let id = sql.text(&format!("SELECT max(id)::text FROM {}.records", tenant.schema)).await;
    let to = |stage: &'static str| [("pipeline", "contacts".to_owned()), ("id", id.clone()), ("stage", stage.to_owned())];
    let text = |fields: &[(&'static str, String); 3]| fields.clone().map(|(name, value)| (name, value));
    let wanted = text(&to("known"));
    let wanted: Vec<(&str, &str)> = wanted.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(wrong(&mut owner, "record_move", &wanted, StatusCode::UNPROCESSABLE_ENTITY).await, ["fields[email]"]);
    for (name, kind, probability, color, fields) in
        [("new", "open", "", "", vec!["name"]), ("", "maybe", "200", "mauve", vec!["name", "kind", "probability", "color"])]
    {
        let typed = [("pipeline", "contacts"), ("name", name), ("kind", kind), ("probability", probability), ("color", color)];
        let status = if name.is_empty() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT };
        assert_eq!(wrong(&mut owner, "stage_create", &typed, status).await, fields);
    }
    ok(&mut owner, "stage_move", &[("pipeline", "contacts"), ("stage", "known"), ("to", "up")]).await;
    let board = owner.get("/p/contacts/board").await.body;
    assert!(board.find("stage-known") < board.find("stage-new"), "{board}");
    // Archived: what is in it stays and is shown, nothing else goes there.
    ok(&mut owner, "stage_archive", &[("pipeline", "contacts"), ("stage", "new")]).await;
    assert!(owner.get("/p/contacts/board").await.body.contains("stage-new"), "a record is in it");
    assert!(!owner.get("/p/contacts/new").await.body.contains(">New<"));
    assert_eq!(owner.get("/p/contacts?stage=new").await.status, StatusCode::OK);
    let back = text(&to("new"));
    let back: Vec<(&str, &str)> = back.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(wrong(&mut owner, "record_move", &back, StatusCode::UNPROCESSABLE_ENTITY).await, ["stage"]);
    ok(&mut owner, "stage_archive", &[("pipeline", "contacts"), ("stage", "known")]).await;
    ok(&mut owner, "record_create", &[("pipeline", "contacts"), ("fields[last_name]", "Byron"), ("stage", "")]).await;
    ok(&mut owner, "stage_restore", &[("pipeline", "contacts"), ("stage", "new")]).await;
    ok(&mut owner, "record_move", &back).await;
}

/// Bad input is answered beside its field, and nothing is called as addresses and forms call other things.
#[tokio::test]
async fn bad_definitions_are_refused() {
    let (_app, tenant, sql, mut owner) = start().await;
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    assert_eq!(
        wrong(&mut owner, "pipeline_create", &[("name", " "), ("name_one", ""), ("icon", "x")], refused).await,
        ["name", "name_one", "icon"]
    );
    assert_eq!(wrong(&mut owner, "pipeline_create", &[("name", "DEALS"), ("name_one", "Deal")], refused).await, ["name"]);
    assert_eq!(
        wrong(&mut owner, "field_create", &[("pipeline", "deals"), ("label", ""), ("kind", "galaxy")], refused).await,
        ["kind", "label"]
    );
    assert_eq!(
        wrong(&mut owner, "field_create", &[("pipeline", "deals"), ("label", "AMOUNT"), ("kind", "text")], StatusCode::CONFLICT).await,
        ["label"]
    );
    let choices = "a\n".repeat(50_000);
    let many = [("pipeline", "deals"), ("label", "Many"), ("kind", "select"), ("choices", &*choices)];
    assert_eq!(wrong(&mut owner, "field_create", &many, refused).await, ["choices"]);
    let long = "x".repeat(61);
    assert_eq!(wrong(&mut owner, "field_create", &[("pipeline", "deals"), ("label", &long), ("kind", "text")], refused).await, ["label"]);
    for label in ["Owner", "Stage", "Shared", "ID", "Title", "漢字", "1", "'; DROP TABLE fields; --", "<b>"] {
        ok(&mut owner, "field_create", &[("pipeline", "deals"), ("label", label), ("kind", "text")]).await;
    }
    let keys = sql.text(&format!("SELECT string_agg(f.key, ' ' ORDER BY f.id) FROM {0}.fields f JOIN {0}.pipelines p ON p.id = f.pipeline_id WHERE p.key = 'deals' AND f.position > 9", tenant.schema)).await;
    assert!(keys.starts_with("owner_2 stage_2 shared_2 id_2 title_2 "), "{keys}");
    for name in ["New", "Board", "Trash"] {
        ok(&mut owner, "pipeline_create", &[("name", name), ("name_one", name)]).await;
    }
    let page = owner.get("/settings/pipelines/deals/fields").await.body;
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>"), "a label is no markup");
    for path in ["nothing", "x'y", "DEALS"] {
        assert_eq!(owner.get(&format!("/settings/pipelines/{path}/fields")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for (name, fields) in [
        ("field_update", vec![("field", "nothing"), ("version", "1"), ("label", "X")]),
        ("field_delete", vec![("field", "nothing")]),
        ("field_restore", vec![("field", "amount")]),
        ("stage_archive", vec![("stage", "nothing")]),
    ] {
        let fields = [vec![("pipeline", "organizations")], fields].concat();
        assert_eq!(owner.call(&format!("/api/tenant/{name}"), &fields).await.status, StatusCode::NOT_FOUND, "{name}");
    }
    assert_eq!(
        owner.call("/api/tenant/field_move", &[("pipeline", "deals"), ("field", "amount"), ("to", "left")]).await.status,
        StatusCode::BAD_REQUEST
    );
    // Hidden from a role, it is no title that everyone sees.
    sql.run(&format!("INSERT INTO {0}.role_fields SELECT 'manager', id, 'none' FROM {0}.fields WHERE key = 'next_step'", tenant.schema))
        .await;
    let now = version(&sql, &tenant, "deals").await;
    let title = [
        ("pipeline", "deals"),
        ("version", now.as_str()),
        ("name", "Deals"),
        ("name_one", "Deal"),
        ("title[0]", "name"),
        ("title[1]", "next_step"),
    ];
    assert_eq!(wrong(&mut owner, "pipeline_update", &title, refused).await, ["title[1]"]);
}

/// Thirty fields that thirty requests add at once are all there, each with a place and a key of its own; records that are written meanwhile
/// are whole.
#[tokio::test]
async fn parallel_changes_of_a_definition_all_count() {
    let (_app, tenant, sql, owner) = start().await;
    let add = |n: usize| {
        let mut actor = owner.clone();
        async move {
            let label = format!("Extra {}", n % 15);
            let fields = [("pipeline", "deals"), ("label", label.as_str()), ("kind", "text")];
            let field = actor.call("/api/tenant/field_create", &fields).await.status;
            let record = actor.call("/api/tenant/record_create", &[("pipeline", "deals"), ("fields[name]", "Deal")]).await.status;
            (field, record)
        }
    };
    let done = join_all((0..30).map(add)).await;
    assert!(done.iter().all(|(_, record)| *record == StatusCode::OK), "{done:?}");
    assert_eq!(done.iter().filter(|(field, _)| *field == StatusCode::OK).count(), 15, "one of each label: {done:?}");
    let of = format!(
        "FROM {0}.fields f JOIN {0}.pipelines p ON p.id = f.pipeline_id WHERE p.key = 'deals' AND f.label LIKE 'Extra %'",
        tenant.schema
    );
    assert_eq!(
        sql.text(&format!("SELECT concat_ws(' ', count(*), count(DISTINCT f.key), count(DISTINCT f.position)) {of}")).await,
        "15 15 15"
    );
    assert_eq!(version(&sql, &tenant, "deals").await, "16", "each change raised it");
    let records = format!("SELECT count(*)::text FROM {}.records WHERE title = 'Deal'", tenant.schema);
    assert_eq!(sql.text(&records).await, "30");
}

/// New records begin with the defaults of their fields, also in fields that their user does not see or change.
#[tokio::test]
async fn new_records_hold_the_defaults_of_their_fields() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (sql, mut owner) = (app.sql().await, app.owner(&tenant).await);
    let schema = &tenant.schema;
    let add = [("pipeline", "deals"), ("label", "Score"), ("kind", "number"), ("default", "many")];
    let answer = owner.call("/api/tenant/field_create", &add).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"default\""), "{}", answer.body);
    let unique = [("pipeline", "deals"), ("label", "Code"), ("kind", "text"), ("default", "A"), ("rules[unique]", "true")];
    assert_eq!(owner.call("/api/tenant/field_create", &unique).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for more in [
        [("label", "Score"), ("kind", "number"), ("default", "1,200"), ("choices", "")],
        [("label", "Level"), ("kind", "select"), ("default", "silver"), ("choices", "Gold\nSilver")],
        [("label", "Checked"), ("kind", "checkbox"), ("default", "yes"), ("choices", "")],
        [("label", "Region"), ("kind", "text"), ("default", "North"), ("choices", "")],
    ] {
        ok(&mut owner, "field_create", &[&[("pipeline", "deals")], &more[..]].concat()).await;
    }
    sql.run(&format!(
        "INSERT INTO {schema}.role_fields (role_key, field_id, access) SELECT 'manager', id, CASE key WHEN 'region' THEN 'none' ELSE 'read' END \
         FROM {schema}.fields WHERE key IN ('region', 'level')"
    ))
    .await;
    let form = owner.get("/p/deals/new").await.body;
    assert!(form.contains("value=\"1,200\"") || form.contains("value=\"1200\""), "{form}");
    let held = async |what: &str| sql.text(&format!("SELECT (data - 'name')::text FROM {schema}.records WHERE title = '{what}'")).await;
    // The owner clears one and unticks the box; the manager has neither the level nor the region in the form.
    let boxes =
        [("pipeline", "deals"), ("boxes[checked]", "on"), ("fields[name]", "Ours"), ("fields[score]", ""), ("fields[level]", "gold")];
    ok(&mut owner, "record_create", &boxes).await;
    assert_eq!(held("Ours").await, r#"{"level": "gold", "region": "North"}"#);
    let mut manager = app.signed_in(&tenant, "manager").await;
    let typed =
        [("pipeline", "deals"), ("fields[name]", "Theirs"), ("fields[score]", "7"), ("fields[region]", "South"), ("fields[level]", "gold")];
    ok(&mut manager, "record_create", &typed).await;
    assert_eq!(held("Theirs").await, r#"{"level": "silver", "score": "7", "region": "North", "checked": true}"#);
    let page = manager.get("/p/deals").await.body;
    assert!(page.contains("Theirs") && !page.contains("North"), "{page}");
    // A default whose choice was archived, or that another type cannot hold, is none.
    let version = sql.text(&format!("SELECT version::text FROM {schema}.pipelines WHERE key = 'deals'")).await;
    let archive = [
        ("pipeline", "deals"),
        ("field", "level"),
        ("version", &*version),
        ("label", "Level"),
        ("default", "silver"),
        ("labels[gold]", "Gold"),
        ("labels[silver]", "Silver"),
        ("archived[silver]", "true"),
    ];
    ok(&mut owner, "field_update", &archive).await;
    let version = sql.text(&format!("SELECT version::text FROM {schema}.pipelines WHERE key = 'deals'")).await;
    ok(&mut owner, "field_type_change", &[("pipeline", "deals"), ("field", "score"), ("version", &version), ("kind", "rating")]).await;
    ok(&mut owner, "record_create", &[("pipeline", "deals"), ("fields[name]", "Last")]).await;
    assert_eq!(held("Last").await, r#"{"region": "North", "checked": true}"#);
}

/// A field becomes one for matching, with the values that records have, and stops being one.
#[tokio::test]
async fn a_field_is_used_for_matching() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (sql, mut owner) = (app.sql().await, app.owner(&tenant).await);
    let create = "/api/tenant/record_create";
    let one = |name: &'static str, city: &'static str| [("pipeline", "contacts"), ("fields[last_name]", name), ("fields[city]", city)];
    assert_eq!(owner.call(create, &one("One", "Bern")).await.status, StatusCode::OK);
    assert_eq!(owner.call(create, &one("Two", "Bern")).await.status, StatusCode::OK, "nothing is matched by it yet");
    let set = async |owner: &mut Actor, rules: &[(&str, &str)]| {
        let version = sql.text(&format!("SELECT version::text FROM {}.pipelines WHERE key = 'contacts'", tenant.schema)).await;
        let fields = [("pipeline", "contacts"), ("field", "city"), ("version", &*version), ("label", "City")];
        let answer = owner.call("/api/tenant/field_update", &[&fields[..], rules].concat()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let jobs = sql.text("SELECT coalesce(string_agg(id::text, ' '), '') FROM platform.jobs WHERE status = 'queued'").await;
        for job in jobs.split_whitespace() {
            run_only(&app.services, JobId(job.parse().unwrap())).await.unwrap();
        }
    };
    set(&mut owner, &[("rules[match]", "true")]).await;
    assert_eq!(owner.call(create, &one("Three", "bern")).await.status, StatusCode::CONFLICT, "records of before are found");
    // What is given up and chosen again knows the values of now, not those of before.
    set(&mut owner, &[]).await;
    assert_eq!(owner.call(create, &one("Three", "Bern")).await.status, StatusCode::OK);
    sql.run(&format!("UPDATE {}.records SET data = data || '{{\"city\": \"Graz\"}}'", tenant.schema)).await;
    set(&mut owner, &[("rules[match]", "true")]).await;
    assert_eq!(owner.call(create, &one("Four", "Bern")).await.status, StatusCode::OK);
    assert_eq!(owner.call(create, &one("Five", "Graz")).await.status, StatusCode::CONFLICT);
    let refused = [("pipeline", "contacts"), ("label", "Flag"), ("kind", "checkbox"), ("rules[match]", "true")];
    let refused = owner.call("/api/tenant/field_create", &refused).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("cannot be used for matching"), "{}", refused.body);
}
