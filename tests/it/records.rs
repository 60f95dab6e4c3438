//! Records: what is typed is kept, what two users do at once survives, and nobody sees more than is theirs.

use axum::http::StatusCode;
use futures_util::future::join_all;
use test_support::{Actor, Sql, Tenant, TestApp};

const CREATE: &str = "/api/tenant/record_create";
const UPDATE: &str = "/api/tenant/record_update";

/// Creates a contact as this user. Gives its id.
async fn contact(actor: &mut Actor, fields: &[(&str, &str)]) -> String {
    let all = [&[("pipeline", "contacts")], fields].concat();
    let answer = actor.post(CREATE, "/p/contacts/new", &all).await;
    let id = answer.location().strip_prefix("/p/contacts/").unwrap_or_default().to_owned();
    assert!(id.parse::<i64>().is_ok(), "{} {}", answer.status, answer.location());
    id
}

/// What a statement says of a record.
async fn of(sql: &Sql, tenant: &Tenant, id: &str, what: &str) -> String {
    sql.text(&format!("SELECT ({what})::text FROM {}.records WHERE id = {id}", tenant.schema)).await
}

async fn start() -> (TestApp, Tenant, Sql) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    (app, tenant, sql)
}

/// A new tenant has the CRM template, and so has one that is migrated from before there were records.
#[tokio::test]
async fn a_tenant_has_the_template_new_or_migrated() {
    let (app, new, sql) = start().await;
    let old = app.tenant("old").await;
    let shape = |tenant: &Tenant| {
        format!(
            "SELECT string_agg(concat_ws(' ', p.key, p.name, p.settings, f.key, f.kind, f.position, f.is_required, o.key, s.key, s.kind), E'\\n' \
             ORDER BY p.position, f.position, o.position, s.position) FROM {0}.pipelines p JOIN {0}.fields f ON f.pipeline_id = p.id \
             LEFT JOIN {0}.field_options o ON o.field_id = f.id LEFT JOIN {0}.boards b ON b.pipeline_id = p.id \
             LEFT JOIN {0}.stages s ON s.board_id = b.id",
            tenant.schema
        )
    };
    let expected = sql.text(&shape(&new)).await;
    assert!(expected.contains("contacts") && expected.contains("negotiation") && expected.contains("referral"), "{expected}");
    // As it was before: without the tables, and without the row that says that they are there.
    let since = db::migrate::TENANT.iter().position(|migration| migration.name == "records").unwrap();
    let down: Vec<&str> = db::migrate::TENANT[since..].iter().rev().map(|migration| migration.down).collect();
    let (first, before) = (db::migrate::TENANT[since].version, db::migrate::TENANT[since - 1].version);
    sql.run(&format!(
        "SET search_path TO {0}; {1} DELETE FROM schema_migrations WHERE version >= {first}; \
         UPDATE platform.tenants SET schema_version = {before} WHERE id = {2}; RESET search_path",
        old.schema,
        down.join(" "),
        old.id
    ))
    .await;
    let report = db::migrate::tenants_migrate(&app.services.db).await.unwrap();
    assert_eq!((report.migrated, report.failed), (1, Vec::new()));
    assert_eq!(sql.text(&shape(&old)).await, expected);
    app.services.forget(&cache::Invalidation::Everything);
    let mut owner = app.owner(&old).await;
    assert!(owner.get("/").await.body.contains("href=\"/p/contacts\""), "the navigation leads to what was added");
}

/// What is typed is stored in one form, shown as the company writes it, searched and sorted.
#[tokio::test]
async fn a_record_is_created_found_and_shown() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let fields = [
        ("fields[first_name]", " Ada "),
        ("fields[last_name]", "Lovelace"),
        ("fields[email]", "Ada@Lovelace.example, second@x.example"),
        ("fields[phone]", "+44 20 7946 0018"),
        ("fields[source]", "referral"),
        ("fields[notes]", "Line one\r\nLine two <script>"),
    ];
    let id = contact(&mut owner, &fields).await;
    let page = owner.get(&format!("/p/contacts/{id}")).await.body;
    for shown in
        ["Ada Lovelace", "mailto:Ada@lovelace.example", "+44 20 7946 0018", "Referral", "Line one\nLine two &lt;script&gt;", "created this"]
    {
        assert!(page.contains(shown), "{shown}");
    }
    for (query, found) in [("ada+lovelace", true), ("SECOND%40x", true), ("442079460018", true), ("babbage", false)] {
        let page = owner.get(&format!("/p/contacts?q={query}")).await.body;
        assert_eq!(page.contains(&format!("/p/contacts/{id}\"")), found, "{query}");
    }
    for (query, found) in [
        ("field.source=referral", true),
        ("field.source=event", false),
        ("owner=me", true),
        ("owner=none", false),
        ("sort=value&after=x", true),
    ] {
        let page = owner.get(&format!("/p/contacts?{query}")).await.body;
        assert_eq!(page.contains(&format!("/p/contacts/{id}\"")), found, "{query}");
    }
    // What is wrong stands beside its field, and what was typed is kept.
    let wrong = [("pipeline", "contacts"), ("fields[first_name]", "Charles"), ("fields[email]", "nobody@"), ("fields[source]", "moon")];
    let answer = owner.post(CREATE, "/p/contacts/new", &wrong).await;
    assert_eq!(answer.location(), "/p/contacts/new");
    let form = owner.get("/p/contacts/new").await.body;
    for kept in
        ["value=\"Charles\"", "value=\"nobody@\"", "is not a valid e-mail address", "This field is required", "is not one of the options"]
    {
        assert!(form.contains(kept), "{kept}");
    }
    assert_eq!(sql.text(&format!("SELECT count(*)::text FROM {}.records", tenant.schema)).await, "1");
    // A deal has an amount in the company's currency, and a stage.
    let deal = [("pipeline", "deals"), ("fields[name]", "Engine"), ("fields[amount]", "1,234.5"), ("stage", "proposal")];
    let answer = owner.post(CREATE, "/p/deals/new", &deal).await;
    let page = owner.get(answer.location()).await.body;
    assert!(page.contains("1,234.50\u{a0}EUR") && page.contains("Proposal"), "{page}");
    assert!(owner.get("/").await.body.contains("1,234.5\u{a0}EUR"), "the first page adds up what is open");
}

/// 50 parallel saves of one record: of different fields all survive, of the same field one wins and 49 see the conflict.
#[tokio::test]
async fn parallel_saves_merge_by_field() {
    let (app, tenant, sql) = start().await;
    let owner = app.owner(&tenant).await;
    let more: Vec<String> = (0..50).map(|n| format!("extra_{n}")).collect();
    let rows: Vec<String> = more.iter().map(|key| format!("('{key}')")).collect();
    sql.run(&format!(
        "INSERT INTO {0}.fields (pipeline_id, key, slot, kind, label) SELECT p.id, v.key, v.key, 'text', v.key \
         FROM {0}.pipelines p, (VALUES {1}) v (key) WHERE p.key = 'contacts'",
        tenant.schema,
        rows.join(", ")
    ))
    .await;
    let id = contact(&mut owner.clone(), &[("fields[last_name]", "Lovelace")]).await;
    let save = |field: &str, value: String| {
        let (mut actor, id) = (owner.clone(), id.clone());
        let (name, seen) = (format!("fields[{field}]"), format!("seen[{field}]"));
        let was = if field == "last_name" { "Lovelace" } else { "" };
        async move {
            let fields = [("pipeline", "contacts"), ("id", &*id), ("version", "1"), (&*name, &*value), (&*seen, was)];
            actor.call(UPDATE, &fields).await
        }
    };
    let answers = join_all(more.iter().map(|key| save(key, format!("value of {key}")))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{:?}", answers.iter().map(|a| &a.body).collect::<Vec<_>>());
    let stored = of(&sql, &tenant, &id, "(SELECT count(*) FROM jsonb_each_text(data) d WHERE d.value = 'value of ' || d.key)").await;
    assert_eq!((stored.as_str(), of(&sql, &tenant, &id, "version").await.as_str()), ("50", "51"));
    let answers = join_all((0..50).map(|n| save("last_name", format!("Name {n}")))).await;
    let won = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let told =
        answers.iter().filter(|answer| answer.status == StatusCode::CONFLICT && answer.body.contains("before that “Lovelace”")).count();
    assert_eq!((won, told), (1, 49));
    let name = of(&sql, &tenant, &id, "data->>'last_name'").await;
    assert_eq!(of(&sql, &tenant, &id, "title").await, name, "the title is of the one that won");
    assert_eq!(
        sql.text(&format!("SELECT count(*)::text FROM {}.events WHERE object = 'record' AND record_id = {id}", tenant.schema)).await,
        "52",
        "each change is an event of its own"
    );
}

/// A form that was refused shows what others changed in fields that its user did not touch, and still notices a change of another user in
/// those that the user did: neither the first nor the second try overwrites it unseen.
#[tokio::test]
async fn a_refused_form_loses_nothing_of_others() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let id = contact(&mut owner, &[("fields[last_name]", "Lovelace"), ("fields[city]", "London")]).await;
    let edit = format!("/p/contacts/{id}/edit");
    let one = [("pipeline", "contacts"), ("id", &*id)];
    let post = async |actor: &mut Actor, fields: &[(&str, &str)]| actor.post(UPDATE, &edit, &[&one[..], fields].concat()).await;
    // Another user moves the contact and gives it a job title, while this one types an address that is none.
    let theirs =
        [("version", "1"), ("fields[city]", "Paris"), ("seen[city]", "London"), ("fields[job_title]", "CEO"), ("seen[job_title]", "")];
    assert_eq!(post(&mut owner.clone(), &theirs).await.location(), format!("/p/contacts/{id}"));
    let typed = |email: &'static str| {
        [
            ("version", "1"),
            ("fields[city]", "Rome"),
            ("seen[city]", "London"),
            ("fields[job_title]", ""),
            ("seen[job_title]", ""),
            ("fields[email]", email),
            ("seen[email]", ""),
        ]
    };
    assert_eq!(post(&mut owner, &typed("nobody@")).await.location(), edit);
    let form = owner.get(&edit).await.body;
    let value = |form: &str, name: &str| {
        let input = form.split('<').find(|tag| tag.contains(&format!("name=\"{name}\""))).unwrap_or_default().to_owned();
        input.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    };
    let all = |form: &str| {
        ["version", "fields[city]", "seen[city]", "fields[job_title]", "seen[job_title]", "fields[email]"].map(|name| value(form, name))
    };
    assert_eq!(
        all(&form),
        ["1", "Rome", "London", "CEO", "CEO", "nobody@"],
        "the mistake is shown, the change of another user is not forgotten"
    );
    // Mended, the form meets the other user's city; shown that, it is the user's to decide.
    let again = [
        &typed("ada@x.example")[..3],
        &[("fields[job_title]", "CEO"), ("seen[job_title]", "CEO"), ("fields[email]", "ada@x.example"), ("seen[email]", "")],
    ]
    .concat();
    assert_eq!(post(&mut owner, &again).await.location(), edit);
    let form = owner.get(&edit).await.body;
    assert!(form.contains("Now “Paris”, before that “London”"), "{form}");
    assert_eq!(all(&form), ["1", "Rome", "Paris", "CEO", "CEO", "ada@x.example"]);
    let last =
        [("version", "1"), ("fields[city]", "Rome"), ("seen[city]", "Paris"), ("fields[email]", "ada@x.example"), ("seen[email]", "")];
    assert_eq!(post(&mut owner, &last).await.location(), format!("/p/contacts/{id}"));
    assert_eq!(
        of(&sql, &tenant, &id, "concat_ws(' ', data->>'city', data->>'job_title', data->'email'->>0)").await,
        "Rome CEO ada@x.example"
    );
    // Without what was seen, a change on an old version is refused: nobody could tell what it overwrites.
    let blind = [("pipeline", "contacts"), ("id", &*id), ("version", "1"), ("fields[city]", "Oslo")];
    assert_eq!(owner.call(UPDATE, &blind).await.status, StatusCode::CONFLICT);
}

/// 50 parallel creations with one unique value: one record. The others learn which record has it only if they see it.
#[tokio::test]
async fn a_unique_value_is_had_once() {
    let (app, tenant, sql) = start().await;
    let (mut owner, seller) = (app.owner(&tenant).await, app.signed_in(&tenant, "salesperson").await);
    let schema = &tenant.schema;
    sql.run(&format!("UPDATE {schema}.fields SET is_unique = true WHERE key = 'email'")).await;
    let tries = (0..50).map(|n| {
        let (mut actor, email) = (owner.clone(), if n % 2 == 0 { "ada@x.example" } else { "ADA@X.example" });
        async move { actor.call(CREATE, &[("pipeline", "contacts"), ("fields[last_name]", "A"), ("fields[email]", email)]).await.status }
    });
    let answers = join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(*status, StatusCode::OK | StatusCode::CONFLICT)), "{answers:?}");
    let id = sql.text(&format!("SELECT id::text FROM {schema}.records")).await;
    let again = [("pipeline", "contacts"), ("fields[last_name]", "B"), ("fields[email]", "ada@x.example")];
    assert!(owner.call(CREATE, &again).await.body.contains(&format!("/p/contacts/{id}")), "the owner is led to it");
    let refused = seller.clone().call(CREATE, &again).await;
    assert!(refused.status == StatusCode::CONFLICT && !refused.body.contains("/p/contacts/"), "{}", refused.body);
    // What is in the trash keeps no value from others, and comes back only when it is free.
    let one = [("pipeline", "contacts"), ("id", &*id)];
    assert_eq!(owner.call("/api/tenant/record_delete", &one).await.status, StatusCode::OK);
    let other = contact(&mut owner, &[("fields[last_name]", "B"), ("fields[email]", "ada@x.example")]).await;
    assert_eq!(owner.call("/api/tenant/record_restore", &one).await.status, StatusCode::CONFLICT);
    assert_eq!(owner.call("/api/tenant/record_delete", &[("pipeline", "contacts"), ("id", &*other)]).await.status, StatusCode::OK);
    assert_eq!(owner.call("/api/tenant/record_restore", &one).await.status, StatusCode::OK);
    assert_eq!(sql.text(&format!("SELECT string_agg(record_id::text, ' ') FROM {schema}.record_keys WHERE is_unique")).await, id);
}

/// A salesperson sees, changes and finds own records alone; others answer as those that do not exist.
#[tokio::test]
async fn a_salesperson_reaches_own_records_alone() {
    let (app, tenant, sql) = start().await;
    let (mut owner, mut seller) = (app.owner(&tenant).await, app.signed_in(&tenant, "salesperson").await);
    let foreign = contact(&mut owner, &[("fields[last_name]", "Secretive")]).await;
    let own = contact(&mut seller, &[("fields[last_name]", "Mine"), ("owner", "1")]).await;
    let me = sql.text(&format!("SELECT id::text FROM {}.users WHERE username = 'salesperson'", tenant.schema)).await;
    assert_eq!(of(&sql, &tenant, &own, "owner_id").await, me, "who sees own records alone keeps them");
    for path in ["/p/contacts", "/p/contacts?q=secret", "/p/contacts?owner=1", "/p/contacts?owner=none", "/p/contacts/trash", "/"] {
        let page = seller.get(path).await;
        assert!(page.status == StatusCode::OK && !page.body.contains("Secretive"), "{path}");
    }
    assert!(seller.get("/p/contacts").await.body.contains("Mine"));
    let absent = "999999999";
    for path in ["/p/contacts/ID", "/p/contacts/ID/edit", "/p/deals/ID"] {
        let (one, other) = (seller.get(&path.replace("ID", &foreign)).await, seller.get(&path.replace("ID", absent)).await);
        assert_eq!((one.status, other.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{path}");
    }
    for function in ["record_update", "record_delete", "record_restore"] {
        let fields = [("pipeline", "contacts"), ("id", &*foreign), ("version", "1"), ("fields[last_name]", "Taken")];
        assert_eq!(seller.call(&format!("/api/tenant/{function}"), &fields).await.status, StatusCode::NOT_FOUND, "{function}");
    }
    // Neither is one's own given away, nor another pipeline's reached under this one's name.
    let give =
        [("pipeline", "contacts"), ("id", &*own), ("version", "1"), ("fields[last_name]", "Mine"), ("owner", "1"), ("seen[owner]", "")];
    assert_eq!(seller.call(UPDATE, &give).await.status, StatusCode::OK);
    assert_eq!(of(&sql, &tenant, &own, "owner_id").await, me);
    assert_eq!(owner.call("/api/tenant/record_get", &[("pipeline", "deals"), ("id", &*own)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(of(&sql, &tenant, &foreign, "concat(data->>'last_name', version, deleted_at)").await, "Secretive1");
}

/// A stage asks for its fields: on the board, in the form, for a new record and for each change in it, and not of those who do not change them.
#[tokio::test]
async fn a_stage_asks_for_its_fields() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let new = |extra: &[(&'static str, &'static str)]| [&[("pipeline", "deals"), ("fields[name]", "Engine")], extra].concat();
    let refused = owner.call(CREATE, &new(&[("stage", "lost")])).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("fields[lost_reason]"), "{}", refused.body);
    assert_eq!(owner.call(CREATE, &new(&[])).await.status, StatusCode::OK);
    let id = sql.text(&format!("SELECT max(id)::text FROM {}.records", tenant.schema)).await;
    sql.run(&format!("UPDATE {}.records SET stage_since = created_at - interval '9 days' WHERE id = {id}", tenant.schema)).await;
    assert!(owner.get("/p/deals/board").await.body.contains("for 9 days"));
    let one = [("pipeline", "deals"), ("id", id.as_str())];
    let lost = [&one[..], &[("stage", "lost")]].concat();
    let answer = owner.call("/api/tenant/record_move", &lost).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("fields[lost_reason]"), "{}", answer.body);
    // A browser stands on the board again, with the way to the form.
    owner.post("/api/tenant/record_move", "/p/deals/board?q=engine", &lost).await;
    let board = owner.get("/p/deals/board?q=engine").await.body;
    assert!(board.contains("This was not moved") && board.contains(&format!("/p/deals/{id}/edit?stage=lost")), "{board}");
    let form = owner.get(&format!("/p/deals/{id}/edit?stage=lost")).await.body;
    assert!(form.contains("Required in Lost.") && form.contains("<option value=\"lost\" selected"), "{form}");
    let change = |version: &'static str, extra: &[(&'static str, &'static str)]| {
        [
            vec![("pipeline", "deals".to_owned()), ("id", id.clone()), ("version", version.to_owned())],
            extra.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        ]
        .concat()
    };
    let update = async |owner: &mut Actor, fields: Vec<(&'static str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        owner.call(UPDATE, &fields).await
    };
    let to_lost = [("stage", "lost"), ("seen[stage]", "lead")];
    let refused = update(&mut owner, change("1", &to_lost)).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("required in the stage Lost"), "{}", refused.body);
    let with = [&to_lost[..], &[("fields[lost_reason]", "price"), ("seen[lost_reason]", "")]].concat();
    assert_eq!(update(&mut owner, change("1", &with)).await.status, StatusCode::OK);
    assert_eq!(of(&sql, &tenant, &id, "stage_since >= created_at").await, "true");
    let without = [("fields[lost_reason]", ""), ("seen[lost_reason]", "price")];
    assert_eq!(update(&mut owner, change("2", &without)).await.status, StatusCode::UNPROCESSABLE_ENTITY, "nor is it emptied in the stage");
    // What was there before the rule stays until it is changed.
    sql.run(&format!("UPDATE {}.records SET data = data - 'lost_reason' WHERE id = {id}", tenant.schema)).await;
    assert_eq!(update(&mut owner, change("2", &[("fields[name]", "Engine"), ("seen[name]", "Engine")])).await.status, StatusCode::OK);
    let name = [("fields[name]", "Loom"), ("seen[name]", "Engine")];
    assert_eq!(update(&mut owner, change("2", &name)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    sql.run(&format!(
        "INSERT INTO {0}.role_fields SELECT 'manager', f.id, 'none' FROM {0}.fields f WHERE f.key = 'lost_reason'",
        tenant.schema
    ))
    .await;
    let mut manager = app.signed_in(&tenant, "manager").await;
    assert_eq!(update(&mut manager, change("2", &name)).await.status, StatusCode::OK, "who does not see the field is not asked for it");
}

/// The board shows each stage with its records, how many there are and what they add up to; a record is moved from stage to stage, and
/// back by undo, by those who may change it.
#[tokio::test]
async fn a_record_moves_over_the_board() {
    let (app, tenant, sql) = start().await;
    let (mut owner, mut seller) = (app.owner(&tenant).await, app.signed_in(&tenant, "salesperson").await);
    for (name, amount) in [("Engine", "1000"), ("Loom", "500.50")] {
        let fields = [("pipeline", "deals"), ("fields[name]", name), ("fields[amount]", amount), ("stage", "lead")];
        assert_eq!(owner.call(CREATE, &fields).await.status, StatusCode::OK);
    }
    let id = sql.text(&format!("SELECT id::text FROM {}.records WHERE title = 'Engine'", tenant.schema)).await;
    let stage = |body: &str, key: &str| {
        let from = body.split(&format!("aria-labelledby=\"stage-{key}\"")).nth(1).unwrap_or_default();
        from.split("</section>").next().unwrap_or_default().to_owned()
    };
    let board = owner.get("/p/deals/board").await.body;
    let lead = stage(&board, "lead");
    assert!(lead.contains("Engine") && lead.contains("Loom") && lead.contains("1,500.5\u{a0}EUR"), "{lead}");
    assert!(!stage(&owner.get("/p/deals/board?q=loom").await.body, "lead").contains("Engine"));
    let post = async |actor: &mut Actor, fields: [(&'static str, String); 3]| {
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        actor.call("/api/tenant/record_move", &fields).await.status
    };
    let own = |stage: &str| [("pipeline", "deals".to_owned()), ("id", id.clone()), ("stage", stage.to_owned())];
    assert_eq!(post(&mut owner, own("won")).await, StatusCode::OK);
    let board = owner.get("/p/deals/board").await.body;
    assert!(stage(&board, "won").contains("Engine") && !stage(&board, "lead").contains("Engine"));
    assert!(owner.get(&format!("/p/deals/{id}")).await.body.contains("Stage: Lead → Won"));
    assert_eq!(post(&mut owner, own("nowhere")).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(post(&mut seller, own("lost")).await, StatusCode::NOT_FOUND, "who does not see it does not move it");
    assert!(!seller.get("/p/deals/board").await.body.contains("Engine"));
    assert_eq!(owner.get("/p/contacts/board").await.status, StatusCode::OK, "a pipeline without stages says so");
    assert_eq!(owner.call("/api/tenant/record_delete", &[("pipeline", "deals"), ("id", &*id)]).await.status, StatusCode::OK);
    assert_eq!(post(&mut owner, own("lead")).await, StatusCode::CONFLICT, "nor is what is in the trash");
}

/// An export holds what its user sees of the list, as programs read it, and the audit log has one line of it.
#[tokio::test]
async fn records_are_exported_as_csv() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let names = [("fields[last_name]", "=HYPERLINK(1)"), ("fields[email]", "a@x.example, b@x.example"), ("fields[source]", "referral")];
    contact(&mut owner, &names).await;
    sql.run(&format!(
        "INSERT INTO {0}.records (pipeline_id, title, data) SELECT id, 'Many ' || n, jsonb_build_object('last_name', 'Many ' || n) \
         FROM {0}.pipelines, generate_series(1, 1100) n WHERE key = 'contacts'",
        tenant.schema
    ))
    .await;
    let file = owner.get("/p/contacts/export.csv").await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"contacts.csv\"");
    assert_eq!(file.body.lines().count(), 1102);
    let head = file.body.lines().next().unwrap();
    assert!(head.starts_with("id,title,owner,created,updated,field.first_name,field.last_name,"), "{head}");
    assert!(file.body.contains("\"a@x.example, b@x.example\"") && file.body.contains("Referral"), "options by their labels");
    assert!(!file.body.contains(",=HYPERLINK"), "nothing that a spreadsheet would run");
    let narrowed = owner.get("/p/contacts/export.csv?field.source.any=referral").await.body;
    assert_eq!(narrowed.lines().count(), 2, "{narrowed}");
    let noted = format!("SELECT count(*)::text FROM {}.audit_log WHERE action = 'record.export'", tenant.schema);
    assert_eq!(sql.text(&noted).await, "2");
    let mut seller = app.signed_in(&tenant, "salesperson").await;
    contact(&mut seller, &[("fields[last_name]", "Mine")]).await;
    assert_eq!(seller.get("/p/contacts/export.csv").await.body.lines().count(), 2, "own records alone");
    assert_eq!(seller.get("/p/nothing/export.csv").await.status, StatusCode::NOT_FOUND);
}

/// The trash: out of the lists, back whole, with the way there as an undo.
#[tokio::test]
async fn a_deleted_record_comes_back_whole() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let id = contact(&mut owner, &[("fields[last_name]", "Lovelace"), ("fields[city]", "London")]).await;
    let whole = "to_jsonb(records) - '{version,updated_at,deleted_at}'::text[]";
    let before = of(&sql, &tenant, &id, whole).await;
    let one = [("pipeline", "contacts"), ("id", &*id)];
    let answer = owner.post("/api/tenant/record_delete", &format!("/p/contacts/{id}"), &one).await;
    assert_eq!(answer.location(), "/p/contacts");
    let list = owner.get("/p/contacts").await.body;
    assert!(list.contains("was moved to the trash") && list.contains("record_restore") && !list.contains(&format!("/p/contacts/{id}\"")));
    assert!(owner.get("/p/contacts/trash").await.body.contains("Lovelace"));
    assert!(owner.get(&format!("/p/contacts/{id}")).await.body.contains("In the trash since"));
    let edit = [("pipeline", "contacts"), ("id", &*id), ("version", "2"), ("fields[city]", "Paris")];
    assert_eq!(owner.call(UPDATE, &edit).await.status, StatusCode::CONFLICT, "what is in the trash is not changed");
    assert_eq!(owner.post("/api/tenant/record_restore", "/p/contacts/trash", &one).await.location(), format!("/p/contacts/{id}"));
    assert_eq!(of(&sql, &tenant, &id, whole).await, before);
    let page = owner.get(&format!("/p/contacts/{id}")).await.body;
    assert!(page.contains("moved this to the trash") && page.contains("restored this"), "the timeline tells both");
}

/// What nobody could type is refused with a clear answer: never a fault, and nothing changes.
#[tokio::test]
async fn bad_input_is_answered_clearly() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let id = contact(&mut owner, &[("fields[last_name]", "Lovelace")]).await;
    let before = sql.fingerprint().await;
    for path in ["/p/nothing", "/p/Contacts", "/p/contacts/x", "/p/contacts/99999999999999999999", "/p/contacts'--", "/p/contacts/-1/edit"]
    {
        assert_eq!(owner.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for query in [
        "stage=nowhere",
        "owner=x",
        "field.source=%27",
        "field.nothing=1",
        "field.last_name=Lovelace",
        "sort=evil",
        "sort=value&after=eyJ2IjoiMScifQ",
        "before=last",
        "view=99999",
        "size=-1",
        "q=%00",
    ] {
        for pipeline in ["contacts", "deals"] {
            assert_eq!(owner.get(&format!("/p/{pipeline}?{query}")).await.status, StatusCode::OK, "{pipeline} {query}");
        }
    }
    let with = |field: &'static str, value: String| {
        vec![("pipeline", "contacts".to_owned()), ("fields[last_name]", "A".to_owned()), (field, value)]
    };
    let mut tries = vec![
        with("owner", "999999".to_owned()),
        with("owner", "nobody@x.example".to_owned()),
        with("fields[notes]", "x".repeat(10_001)),
        with("fields[first_name]", "x".repeat(256)),
        with("fields[email]", "a@x.example\u{0}".to_owned()),
    ];
    tries.push(vec![("pipeline", "deals".to_owned()), ("fields[name]", "A".to_owned()), ("stage", "nowhere".to_owned())]);
    tries.push(vec![("pipeline", "deals".to_owned()), ("fields[name]", "A".to_owned()), ("fields[amount]", "1e9".to_owned())]);
    for fields in tries {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(owner.call(CREATE, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", fields.last().map(|(name, _)| name));
    }
    let required = [("pipeline", "contacts"), ("id", &*id), ("version", "1"), ("fields[last_name]", " "), ("seen[last_name]", "Lovelace")];
    assert_eq!(owner.call(UPDATE, &required).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sql.fingerprint().await, before);
    // A record is at most 256 kB, whatever its fields.
    let rows: Vec<String> = (0..60).map(|n| format!("('long_{n}')")).collect();
    sql.run(&format!(
        "INSERT INTO {0}.fields (pipeline_id, key, slot, kind, label) SELECT p.id, v.key, v.key, 'long_text', v.key \
         FROM {0}.pipelines p, (VALUES {1}) v (key) WHERE p.key = 'contacts'",
        tenant.schema,
        rows.join(", ")
    ))
    .await;
    let long: Vec<(String, String)> = (0..60).map(|n| (format!("fields[long_{n}]"), "x".repeat(9_000))).collect();
    let mut fields: Vec<(&str, &str)> = long.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("pipeline", "contacts"), ("fields[last_name]", "Large")]);
    let answer = owner.call(CREATE, &fields[..]).await;
    assert!(answer.status.is_client_error() && !answer.body.contains("internal"), "{} {}", answer.status, answer.body);
}

/// Each page of each sort shows every row once, forth and back, those without a value last both ways.
#[tokio::test]
async fn paging_shows_every_record_once() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    sql.run(&format!(
        "INSERT INTO {0}.records (pipeline_id, stage_id, title, value, due, created_at, updated_at, data) \
         SELECT p.id, s.id, 'Deal ' || lpad(n::text, 3, '0'), CASE WHEN n % 3 > 0 THEN n % 7 END, \
            CASE WHEN n % 4 > 0 THEN '2026-01-01'::timestamptz + n % 5 * interval '1 day' END, now() - n % 9 * interval '1 hour', \
            now() - n % 8 * interval '1 hour', jsonb_build_object('name', 'Deal ' || n) \
         FROM generate_series(1, 130) n, {0}.pipelines p, {0}.stages s WHERE p.key = 'deals' AND s.key = 'lead'",
        tenant.schema
    ))
    .await;
    let titles = |body: &str| -> Vec<String> {
        let cells = body.split("<th scope=row><a href=\"/p/deals/").skip(1);
        cells.filter_map(|cell| cell.split('>').nth(1)?.split('<').next().map(str::to_owned)).collect()
    };
    let link = |body: &str, rel: &str| {
        let link = body.split("<a ").find(|link| link.contains(&format!("rel=\"{rel}\"")))?;
        Some(link.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
    };
    for (sort, column) in
        [("title", "title COLLATE \"und-x-icu\""), ("value", "value"), ("due", "due"), ("created", "created_at"), ("updated", "updated_at")]
    {
        for dir in ["asc", "desc"] {
            let order =
                format!("SELECT title FROM {}.records ORDER BY {column} {dir} NULLS LAST, ({column} IS NULL), id {dir}", tenant.schema);
            let expected = sql.texts(&order).await;
            let (mut path, mut seen, mut pages, mut last) =
                (format!("/p/deals?sort={sort}&dir={dir}"), Vec::new(), Vec::new(), String::new());
            loop {
                let body = owner.get(&path).await.body;
                pages.push(titles(&body));
                seen.extend(titles(&body));
                last.clone_from(&body);
                match link(&body, "next") {
                    Some(next) => path = next,
                    None => break,
                }
            }
            assert_eq!(seen, expected, "{sort} {dir}");
            for page in pages.iter().rev().skip(1) {
                let path = link(&last, "prev").unwrap();
                last = owner.get(&path).await.body;
                assert_eq!(titles(&last), *page, "{sort} {dir}: back");
            }
            let end = owner.get(&format!("/p/deals?sort={sort}&dir={dir}&before=last")).await.body;
            assert_eq!(titles(&end), expected[expected.len() - 25..], "{sort} {dir}: the end");
        }
    }
}

/// No query reads what a record holds without the lens that says what its user sees (records.md, 4).
#[test]
fn no_query_reads_values_without_a_lens() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/db/src");
    let mut files = vec![folder];
    let mut looked = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // Whole tables travel as they are, between schemas alone.
        if path.extension().is_none_or(|ext| ext != "rs") || path.ends_with("transfer.rs") || !text.contains("records") {
            continue;
        }
        let functions = text.split("\npub ").skip(1).flat_map(|part| part.split("\npub(super) fn "));
        for function in functions.flat_map(|part| part.split("\nfn ")).flat_map(|part| part.split("\nasync fn ")) {
            let reads = ["records.data", "records::data", "columns(lens)", "events::changes", "TimelineRow::as_select"];
            let head = function.split('{').next().unwrap_or_default();
            if head.contains('(') && reads.iter().any(|read| function.contains(read)) {
                // Only a lens makes a reference to a field.
                assert!(head.contains("&Lens") || head.contains("&FieldRef"), "{}: {head}", path.display());
                looked += 1;
            }
        }
    }
    assert!(looked >= 5, "{looked}");
}

/// Who enters what another record has in a field for matching is warned, and goes on by ticking a box. Nothing is learnt of unseen records.
#[tokio::test]
async fn duplicates_are_warned_of() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (sql, mut owner) = (app.sql().await, app.owner(&tenant).await);
    let ada = [("pipeline", "contacts"), ("fields[last_name]", "Lovelace"), ("fields[email]", "ada@acme.example")];
    assert_eq!(owner.call(CREATE, &ada).await.status, StatusCode::OK);
    let again = [("pipeline", "contacts"), ("fields[last_name]", "Byron"), ("fields[email]", "other@acme.example, ADA@acme.example")];
    let answer = owner.post(CREATE, "/p/contacts/new", &again).await;
    assert_eq!(answer.location(), "/p/contacts/new");
    let form = owner.get("/p/contacts/new").await.body;
    for part in ["Another Contact has this value: Lovelace #", "Create another Contact", "value=\"Byron\"", "name=\"duplicates\""] {
        assert!(form.contains(part), "{part}: {form}");
    }
    assert!(!owner.get("/p/contacts/new").await.body.contains("name=\"duplicates\""), "nobody is asked before");
    let refused = owner.call(CREATE, &again).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("record.duplicate"), "{}", refused.body);
    assert_eq!(owner.call(CREATE, &[&again[..], &[("duplicates", "true")]].concat()).await.status, StatusCode::OK);
    // What is in the trash warns nobody, and neither does a record that the user does not see.
    let mut sales = app.signed_in(&tenant, "salesperson").await;
    sql.run(&format!("INSERT INTO {0}.role_pipelines SELECT 'salesperson', id, 'own', 'own', 'own' FROM {0}.pipelines", tenant.schema))
        .await;
    assert_eq!(sales.call(CREATE, &again).await.status, StatusCode::OK);
    sql.run(&format!("UPDATE {}.role_pipelines SET view_reach = 'all'", tenant.schema)).await;
    // The organization of a contact is found by its web address too.
    let initech = [("pipeline", "organizations"), ("fields[name]", "Initech"), ("fields[website]", "https://www.initech.example/")];
    assert_eq!(owner.call(CREATE, &initech).await.status, StatusCode::OK);
    let linked = [("pipeline", "contacts"), ("fields[last_name]", "Gibbons"), ("fields[organization]", "initech.example")];
    let answer = owner.call(CREATE, &linked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let to = "SELECT o.title FROM {0}.links l JOIN {0}.records o ON o.id IN (l.from_id, l.to_id) WHERE o.title = 'Initech'";
    assert_eq!(sql.text(&to.replace("{0}", &tenant.schema)).await, "Initech");
}
