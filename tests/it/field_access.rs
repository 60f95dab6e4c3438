//! Fields that a role does not see or does not change: nothing is learnt of a hidden one, and it survives what others do.

use axum::http::StatusCode;
use control::jobs::run_only;
use domain::JobId;
use test_support::{Actor, Answer, Sql, Tenant, TestApp};

const SET: &str = "/api/tenant/role_fields_set";

async fn start() -> (TestApp, Tenant, Sql) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    (app, tenant, sql)
}

/// Sets what a role may do with fields, as the owner does on the page of the role. Gives the answer.
async fn set(sql: &Sql, tenant: &Tenant, owner: &mut Actor, (role, pipeline): (&str, &str), access: &[(&str, &str)]) -> Answer {
    let version = format!(
        "SELECT coalesce(max((extract(epoch FROM updated_at) * 1000000)::bigint), 0)::text FROM {}.roles WHERE key = '{role}'",
        tenant.schema
    );
    let version = sql.text(&version).await;
    let names: Vec<String> = access.iter().map(|(field, _)| format!("access[{field}]")).collect();
    let fields = names.iter().zip(access).map(|(name, (_, access))| (name.as_str(), *access));
    let fields: Vec<(&str, &str)> =
        [("key", role), ("pipeline", pipeline), ("version", version.as_str())].into_iter().chain(fields).collect();
    owner.call(SET, &fields).await
}

/// Does what waits in the queue.
async fn work(app: &TestApp, sql: &Sql) -> usize {
    let waiting = sql.text("SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM platform.jobs WHERE status = 'queued'").await;
    let mut done = 0;
    for id in waiting.split_whitespace() {
        let record = run_only(&app.services, JobId(id.parse().unwrap())).await.unwrap().unwrap();
        assert_eq!(record.status, "done", "{:?}", record.error);
        done += 1;
    }
    done
}

/// A page without what differs between any two requests.
fn stripped(answer: &Answer) -> String {
    let nonce =
        answer.header("content-security-policy").split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or_default();
    let body = if nonce.is_empty() { answer.body.clone() } else { answer.body.replace(nonce, "") };
    let (before, after) = body.split_once("Request ID: <code>").unwrap_or((&body, ""));
    let (before, later) = before.split_once("\"now\":\"").unwrap_or((before, ""));
    let later = later.split_once('"').map_or(later, |(_, later)| later);
    format!("{} {before}{later}{}", answer.status, after.split_once("</code>").map_or(after, |(_, after)| after))
}

/// Two deals and a contact of the manager's; each hidden field has one of two values.
async fn fill(sql: &Sql, tenant: &Tenant) {
    let schema = &tenant.schema;
    let owner = format!("(SELECT id FROM {schema}.users WHERE username = 'manager')");
    sql.run(&format!(
        "INSERT INTO {schema}.records (id, pipeline_id, owner_id, stage_id, title, search, data, created_at, updated_at) OVERRIDING SYSTEM VALUE \
         SELECT 900 + n, p.id, {owner}, (SELECT min(s.id) FROM {schema}.stages s JOIN {schema}.boards b ON b.id = s.board_id WHERE b.pipeline_id = p.id), \
             'Deal ' || n, 'deal ' || n, jsonb_build_object('name', 'Deal ' || n, 'next_step', 'Initech'), now() - interval '3 days', now() - interval '3 days' \
         FROM {schema}.pipelines p, generate_series(1, 2) n WHERE p.key = 'deals'; \
         INSERT INTO {schema}.records (id, pipeline_id, owner_id, title, search, data, created_at, updated_at) OVERRIDING SYSTEM VALUE \
         SELECT 911, id, {owner}, 'Ada', 'ada', '{{\"last_name\": \"Ada\"}}', now() - interval '3 days', now() - interval '3 days' \
         FROM {schema}.pipelines WHERE key = 'contacts'; \
         INSERT INTO {schema}.records (id, pipeline_id, owner_id, title, search, data, due, created_at, updated_at) OVERRIDING SYSTEM VALUE \
         SELECT 921, id, {owner}, 'Call', 'call', '{{\"subject\": \"Call\", \"due_date\": \"2020-01-01\"}}', '2020-01-01', now() - interval '3 days', now() - interval '3 days' \
         FROM {schema}.pipelines WHERE key = 'activities'"
    ))
    .await;
}

/// What the hidden fields hold: in one world or in the other.
async fn world(app: &TestApp, sql: &Sql, tenant: &Tenant, second: bool) {
    let schema = &tenant.schema;
    let amounts = if second { ["9000.00", "1.00"] } else { ["2.00", "700.00"] };
    let days = if second { ["2020-01-02", "2031-01-01"] } else { ["2032-01-01", "2021-05-05"] };
    for (n, (amount, day)) in (1..).zip(amounts.into_iter().zip(days)) {
        sql.run(&format!(
            "UPDATE {schema}.records SET value = {amount}, due = '{day}', data = data || \
             '{{\"amount\": {{\"a\": \"{amount}\", \"c\": \"EUR\", \"r\": \"1\"}}, \"close_date\": \"{day}\"}}' WHERE id = {}",
            900 + n
        ))
        .await;
    }
    let contact = if second { r#"{"email": ["ada@hidden.example"], "source": "referral"}"# } else { r#"{"phone": ["+4930123456"]}"# };
    sql.run(&format!("UPDATE {schema}.records SET data = (data - '{{email,source,phone}}'::text[]) || '{contact}' WHERE id = 911")).await;
    sql.run(&format!(
        "UPDATE {schema}.records SET data = (data - 'done') || '{}' WHERE id = 921",
        if second { r#"{"done": true}"# } else { "{}" }
    ))
    .await;
    // What is computed follows the values, as it does when they are saved.
    sql.run(&format!("UPDATE {schema}.pipelines SET version = version + 1")).await;
    for pipeline in ["contacts", "deals", "activities"] {
        let plan = domain::record::DeriveJob { pipeline: pipeline.to_owned(), keys: false };
        records::derive_all(&app.services, &tenant.tenant, &plan, |_| Ok(())).await.unwrap();
    }
}

/// Every page that a user of the role can ask for is the same to the byte whatever hidden fields hold: lists, each sort and filter, searches,
/// boards, forms, the first page, the trash and refused forms.
#[tokio::test]
async fn nothing_is_learnt_of_a_hidden_field() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let mut manager = app.signed_in(&tenant, "manager").await;
    fill(&sql, &tenant).await;
    let hidden = [
        ("contacts", vec![("email", "none"), ("source", "none"), ("phone", "none")]),
        ("deals", vec![("amount", "none"), ("close_date", "none")]),
        ("activities", vec![("done", "none")]),
    ];
    for (pipeline, access) in &hidden {
        assert_eq!(set(&sql, &tenant, &mut owner, ("manager", pipeline), access).await.status, StatusCode::OK, "{pipeline}");
    }
    assert_eq!(work(&app, &sql).await, 3, "search texts are recomputed");
    let mut paths: Vec<String> =
        ["/", "/search?q=hidden", "/search?q=ada", "/search?q=4930123456", "/p/deals/901", "/p/deals/901/edit", "/p/contacts/911"]
            .into_iter()
            .chain([
                "/p/contacts/911/edit",
                "/p/contacts/911/share",
                "/p/deals/board",
                "/p/deals/board?q=700",
                "/p/deals/trash",
                "/p/contacts/trash?q=hidden",
            ])
            .chain([
                "/p/activities/921",
                "/p/contacts?q=hidden",
                "/p/contacts?field.source=referral",
                "/p/contacts?field.email=ada@hidden.example",
                "/p/contacts?field.email.contains=ada",
                "/p/contacts?field.source.empty=yes&match=any&field.last_name.filled=yes",
                "/p/contacts?field.phone.filled=yes",
                "/p/contacts?sort=title&then=field.email,-field.phone",
                "/p/contacts?add=field.email&add_op=contains&add_value=ada",
                "/p/contacts/export.csv",
                "/p/contacts/export.csv?sort=field.phone&dir=desc",
                "/p/deals?field.amount.gte=100&match=any&field.name.filled=yes",
                "/p/deals?field.close_date.within=this_year",
                "/p/deals?sort=field.amount&dir=desc&then=-field.close_date",
                "/p/deals/board?field.amount.lt=100",
                "/p/deals/export.csv?field.amount.is_not=2",
            ])
            .chain(["/p/activities?field.done=yes", "/p/activities?field.done=no", "/p/contacts/new", "/p/deals/new"])
            .map(str::to_owned)
            .collect();
    for (sort, dir) in ["value", "due", "title", "created", "updated", "amount", "field.amount"]
        .into_iter()
        .flat_map(|sort| [(sort, "asc"), (sort, "desc")])
    {
        paths.push(format!("/p/deals?sort={sort}&dir={dir}"));
        paths.push(format!("/p/contacts?sort={sort}&dir={dir}"));
    }
    let posts: [(&str, &[(&str, &str)]); 5] = [
        ("/api/tenant/record_search", &[("q", "hidden")]),
        ("/api/tenant/record_list", &[("pipeline", "deals"), ("query[0][0]", "sort"), ("query[0][1]", "value")]),
        ("/api/tenant/record_board", &[("pipeline", "deals")]),
        ("/api/tenant/record_get", &[("pipeline", "contacts"), ("id", "911")]),
        ("/api/tenant/record_work", &[]),
    ];
    let mut worlds = Vec::new();
    for second in [false, true] {
        world(&app, &sql, &tenant, second).await;
        let mut seen = Vec::new();
        // The page after a change says that it was made.
        manager.get("/").await;
        for path in &paths {
            let answer = manager.get(path).await;
            assert!(answer.status == StatusCode::OK, "{path}: {}", answer.status);
            seen.push((path.clone(), stripped(&answer)));
        }
        for (path, fields) in posts {
            let answer = manager.call(path, fields).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
            seen.push((path.to_owned(), stripped(&answer)));
        }
        // What a form sends of a hidden field is not taken, nor answered differently.
        let typed = [("pipeline", "contacts"), ("id", "911"), ("version", "1"), ("fields[email]", "x@y.example"), ("seen[email]", "")];
        let answer = manager.call("/api/tenant/record_update", &typed).await;
        seen.push(("a change".to_owned(), stripped(&answer)));
        worlds.push(seen);
        let owned = owner.get("/p/contacts/911").await.body;
        assert_eq!((owned.contains("ada@hidden.example"), owned.contains("+49 30 123456")), (second, !second), "the owner sees it");
    }
    for ((path, one), (_, other)) in worlds[0].iter().zip(&worlds[1]) {
        let differs = one.split('<').zip(other.split('<')).find(|(one, other)| one != other);
        assert!(one == other, "{path} tells of a hidden field: {differs:?}");
        for text in ["hidden.example\"", "700.00", "9,000", "2031", "amount", "close_date", "field.source", "\"value\":\"amount\""] {
            let is_asked = ["hidden", "amount", "source", "close_date"].iter().any(|word| path.contains(word));
            assert!(is_asked || !one.contains(text), "{path} holds {text}");
        }
    }
    // The owner's pages do tell.
    let board = owner.get("/p/deals/board").await.body;
    assert!(board.contains("9,001"), "the sum of a stage");
}

/// What a role does with each field, in each operation that writes: a hidden field neither changes nor gets lost, one to look at is shown
/// and not changed, and the rest is as ever.
#[tokio::test]
async fn each_access_counts_in_each_operation() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let mut manager = app.signed_in(&tenant, "manager").await;
    fill(&sql, &tenant).await;
    let of = async |id: &str, what: &str| sql.text(&format!("SELECT ({what})::text FROM {}.records WHERE id = {id}", tenant.schema)).await;
    for (access, shown, changes) in [("write", true, true), ("read", true, false), ("none", false, false)] {
        world(&app, &sql, &tenant, false).await;
        assert_eq!(set(&sql, &tenant, &mut owner, ("manager", "deals"), &[("amount", access)]).await.status, StatusCode::OK, "{access}");
        work(&app, &sql).await;
        let page = manager.get("/p/deals/901").await.body;
        let form = manager.get("/p/deals/901/edit").await.body;
        assert_eq!((page.contains(">Amount<"), form.contains("fields[amount]")), (shown, changes), "{access}");
        let version = of("901", "version").await;
        let one = [("pipeline", "deals"), ("id", "901")];
        let change = [
            ("version", version.as_str()),
            ("fields[amount]", "55"),
            ("seen[amount]", "2.00"),
            ("fields[next_step]", access),
            ("seen[next_step]", ""),
        ];
        sql.run(&format!("UPDATE {}.records SET data = data - 'next_step' WHERE id = 901", tenant.schema)).await;
        let saved = manager.call("/api/tenant/record_update", &[&one[..], &change].concat()).await;
        assert_eq!(saved.status, StatusCode::OK, "{access}: {}", saved.body);
        let expected = if changes { "55.00" } else { "2.00" };
        assert_eq!(
            of("901", "concat(data->'amount'->>'a', ' ', value)").await,
            format!("{expected} {expected}"),
            "{access}: the amount and its column"
        );
        assert_eq!(of("901", "data->>'next_step'").await, access, "{access}: the rest is saved");
        let moved = manager.call("/api/tenant/record_move", &[&one[..], &[("stage", "won")]].concat()).await;
        assert_eq!((moved.status, of("901", "value").await.as_str()), (StatusCode::OK, expected), "{access}: a move");
        for act in ["record_delete", "record_restore"] {
            assert_eq!(manager.call(&format!("/api/tenant/{act}"), &one).await.status, StatusCode::OK, "{access}: {act}");
        }
        assert_eq!(of("901", "data->'amount'->>'a'").await, expected, "{access}: out of the trash");
        let new = [("pipeline", "deals"), ("fields[name]", "New"), ("fields[amount]", "7")];
        assert_eq!(manager.call("/api/tenant/record_create", &new).await.status, StatusCode::OK, "{access}");
        let made =
            sql.text(&format!("SELECT coalesce(value::text, '') FROM {}.records ORDER BY created_at DESC LIMIT 1", tenant.schema)).await;
        assert_eq!(made, if changes { "7.00" } else { "" }, "{access}: a new one");
        let timeline = owner.get("/p/deals/901").await.body;
        assert!(timeline.contains("Next step"), "{access}");
        // A change of nothing but hidden fields is no event to others.
        let typed = [("version", "99"), ("fields[amount]", "66"), ("seen[amount]", if changes { "55.00" } else { "2.00" })];
        assert_eq!(owner.call("/api/tenant/record_update", &[&one[..], &typed].concat()).await.status, StatusCode::OK, "{access}");
        assert_eq!(manager.get("/p/deals/901").await.body.contains("66.00"), shown, "{access}: the timeline");
    }
}

/// Who gives rights on fields, and to whom: the rank counts, what everyone sees cannot be hidden, and nobody comes to a field by giving a role
/// to themselves or to others.
#[tokio::test]
async fn field_access_is_no_way_up() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let refused = set(&sql, &tenant, &mut owner, ("manager", "deals"), &[("name", "none"), ("amount", "often")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("access[name]") && refused.body.contains("access[amount]"), "{}", refused.body);
    assert_eq!(
        set(&sql, &tenant, &mut owner, ("owner", "deals"), &[("amount", "none")]).await.status,
        StatusCode::CONFLICT,
        "owners see all"
    );
    for (role, pipeline) in [("nobody", "deals"), ("manager", "nothing"), ("manager", "x'y")] {
        assert_eq!(set(&sql, &tenant, &mut owner, (role, pipeline), &[]).await.status, StatusCode::NOT_FOUND, "{role} {pipeline}");
    }
    let stale = [("key", "manager"), ("pipeline", "deals"), ("version", "1"), ("access[amount]", "none")];
    assert_eq!(owner.call(SET, &stale).await.status, StatusCode::CONFLICT);
    let (mut admin, target) = (app.signed_in(&tenant, "admin").await, app.user(&tenant, "user", "target").await.to_string());
    let at = async || {
        let sql_text =
            format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {}.users WHERE id = {target}", tenant.schema);
        sql.text(&sql_text).await
    };
    let give = async |admin: &mut Actor| {
        let version = at().await;
        let fields = [("id", target.as_str()), ("version", version.as_str()), ("further[manager]", "true")];
        admin.call("/api/tenant/user_set_access", &fields).await.status
    };
    assert_eq!(set(&sql, &tenant, &mut owner, ("admin", "deals"), &[("amount", "read")]).await.status, StatusCode::OK);
    assert_eq!(give(&mut admin).await, StatusCode::FORBIDDEN, "a role that sees more than the admin does");
    assert_eq!(set(&sql, &tenant, &mut admin, ("admin", "deals"), &[("amount", "write")]).await.status, StatusCode::CONFLICT);
    assert_eq!(admin.call("/api/tenant/team_create", &[("name", "Mine")]).await.status, StatusCode::FORBIDDEN, "nor by a team");
    // Nor while the field, or the pipeline, is deleted: it can come back.
    let role = [("name", "Wide"), ("permissions[records.view]", "all")];
    for (away, back, what) in [("field_delete", "field_restore", "amount"), ("pipeline_delete", "pipeline_restore", "")] {
        let fields = [("pipeline", "deals"), ("field", what)];
        let fields = if what.is_empty() { &fields[..1] } else { &fields[..] };
        assert_eq!(admin.call(&format!("/api/tenant/{away}"), fields).await.status, StatusCode::OK, "{away}");
        assert_eq!(admin.call("/api/tenant/role_create", &role).await.status, StatusCode::FORBIDDEN, "{away}");
        assert_eq!(give(&mut admin).await, StatusCode::FORBIDDEN, "{away}");
        assert_eq!(admin.call(&format!("/api/tenant/{back}"), fields).await.status, StatusCode::OK, "{back}");
    }
    work(&app, &sql).await;
    assert_eq!(set(&sql, &tenant, &mut owner, ("admin", "deals"), &[("amount", "write")]).await.status, StatusCode::OK);
    assert_eq!(give(&mut admin).await, StatusCode::OK);
    assert!(owner.get("/audit").await.body.contains("Changed which fields the role Admin sees"));
}

/// A search finds what is hidden from a role for no one once the job has run, and for that role not even before; shown again, it is found again.
/// A failed job is requeued, and a deleted role hides nothing any more.
#[tokio::test]
async fn the_search_forgets_what_is_hidden() {
    let (app, tenant, sql) = start().await;
    let (mut owner, mut manager) = (app.owner(&tenant).await, app.signed_in(&tenant, "manager").await);
    let new = [("pipeline", "contacts"), ("fields[last_name]", "Ada"), ("fields[email]", "ada@hidden.example")];
    assert_eq!(owner.call("/api/tenant/record_create", &new).await.status, StatusCode::OK);
    let finds = async |actor: &mut Actor, q: &str| actor.get(&format!("/p/contacts?q={q}")).await.body.contains(">Ada<");
    assert!(finds(&mut manager, "hidden").await && finds(&mut owner, "hidden").await);
    assert_eq!(set(&sql, &tenant, &mut owner, ("manager", "contacts"), &[("email", "none")]).await.status, StatusCode::OK);
    assert!(!finds(&mut manager, "hidden").await && finds(&mut manager, "ada").await, "the job has not run yet");
    assert!(finds(&mut owner, "hidden").await);
    // A record that is written meanwhile is written by the new definition.
    let other = [("pipeline", "contacts"), ("fields[last_name]", "Ada"), ("fields[email]", "second@hidden.example")];
    assert_eq!(owner.call("/api/tenant/record_create", &other).await.status, StatusCode::OK);
    assert_eq!(work(&app, &sql).await, 1);
    let left = format!("SELECT count(*)::text FROM {0}.records WHERE search LIKE '%hidden%'", tenant.schema);
    assert_eq!(sql.text(&left).await, "0");
    assert!(!finds(&mut owner, "hidden").await && finds(&mut manager, "ada").await);
    assert_eq!(set(&sql, &tenant, &mut owner, ("manager", "contacts"), &[("email", "read")]).await.status, StatusCode::OK);
    assert_eq!(work(&app, &sql).await, 1);
    assert!(finds(&mut owner, "hidden").await && finds(&mut manager, "hidden").await);
    // A job that failed goes on by itself, and no user stops it. A role that is deleted hides nothing any more.
    assert_eq!(set(&sql, &tenant, &mut owner, ("manager", "contacts"), &[("email", "none")]).await.status, StatusCode::OK);
    let job = sql.text("SELECT max(id)::text FROM platform.jobs").await;
    assert_eq!(owner.call("/api/tenant/job_cancel", &[("id", &job)]).await.status, StatusCode::CONFLICT);
    sql.run(&format!("UPDATE platform.jobs SET status = 'failed', finished_at = now() - interval '1 day' WHERE id = {job}")).await;
    records::derive_resume(&app.services).await.unwrap();
    assert_eq!(work(&app, &sql).await, 1);
    assert!(!finds(&mut owner, "hidden").await);
    let role = [("name", "Guest"), ("permissions[records.view]", "all")];
    assert_eq!(owner.call("/api/tenant/role_create", &role).await.status, StatusCode::OK);
    for (role, access) in [("manager", "write"), ("guest", "none")] {
        assert_eq!(set(&sql, &tenant, &mut owner, (role, "contacts"), &[("email", access)]).await.status, StatusCode::OK, "{role}");
        work(&app, &sql).await;
    }
    assert!(!finds(&mut owner, "hidden").await);
    assert_eq!(owner.call("/api/tenant/role_delete", &[("key", "guest"), ("fallback", "user")]).await.status, StatusCode::OK);
    assert_eq!(work(&app, &sql).await, 1);
    assert!(finds(&mut owner, "hidden").await && finds(&mut manager, "hidden").await);
    let versions = format!("SELECT version - derived FROM {}.pipelines WHERE key = 'contacts'", tenant.schema);
    assert_eq!(sql.text(&format!("SELECT ({versions})::text")).await, "0");
}

/// A record is shared with a user or a team, to view or to edit; those who got it neither pass it on nor delete it, and it ends when it is taken
/// back.
#[tokio::test]
async fn shared_records_are_seen_by_those_they_are_shared_with() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let mut seller = app.signed_in(&tenant, "salesperson").await;
    let other = app.user(&tenant, "salesperson", "other").await;
    let new = [("pipeline", "contacts"), ("fields[last_name]", "Shared"), ("owner", "other@acme.example")];
    assert_eq!(owner.call("/api/tenant/record_create", &new).await.status, StatusCode::OK);
    let id = sql.text(&format!("SELECT max(id)::text FROM {}.records", tenant.schema)).await;
    sql.run(&format!("UPDATE {}.records SET owner_id = {other} WHERE id = {id}", tenant.schema)).await;
    let one = [("pipeline", "contacts"), ("id", id.as_str())];
    let share = async |actor: &mut Actor, with: &str, access: &str| {
        actor.call("/api/tenant/record_share", &[&one[..], &[("with", with), ("access", access)]].concat()).await
    };
    let edit = async |actor: &mut Actor, city: &str| {
        let version = sql.text(&format!("SELECT version::text FROM {}.records WHERE id = {id}", tenant.schema)).await;
        let fields = [("version", version.as_str()), ("fields[city]", city)];
        actor.call("/api/tenant/record_update", &[&one[..], &fields].concat()).await.status
    };
    let page = format!("/p/contacts/{id}");
    assert_eq!(seller.get(&page).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        share(&mut seller, "salesperson@acme.example", "edit").await.status,
        StatusCode::NOT_FOUND,
        "nobody shares what they do not see"
    );
    for with in ["", "nobody@acme.example", "No team", "other@acme.example"] {
        let answer = share(&mut owner, with, "view").await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"with\""), "{with}: {}", answer.body);
    }
    assert_eq!(share(&mut owner, "Salesperson@acme.example", "view").await.status, StatusCode::OK);
    assert_eq!(seller.get(&page).await.status, StatusCode::OK);
    assert!(
        seller.get("/p/contacts").await.body.contains(">Shared<") && seller.get("/p/contacts?owner=shared").await.body.contains(">Shared<")
    );
    assert!(!seller.get("/").await.body.contains(">Shared<"), "the first page holds one's own work");
    assert_eq!(edit(&mut seller, "Rome").await, StatusCode::FORBIDDEN);
    assert_eq!(share(&mut owner, "salesperson@acme.example", "edit").await.status, StatusCode::OK);
    assert_eq!(edit(&mut seller, "Rome").await, StatusCode::OK);
    let form = seller.get(&format!("{page}/edit")).await.body;
    assert!(!form.contains("name=\"owner\""), "whose it is stays");
    assert_eq!(share(&mut seller, "owner@acme.example", "view").await.status, StatusCode::FORBIDDEN, "it is not passed on");
    assert_eq!(seller.call("/api/tenant/record_delete", &one).await.status, StatusCode::FORBIDDEN);
    assert!(owner.get(&page).await.body.contains("(can edit)"), "the timeline");
    assert!(!seller.get(&page).await.body.contains("(can edit)"), "for those who share");
    let row = sql.text(&format!("SELECT string_agg(id::text, ' ') FROM {}.record_shares", tenant.schema)).await;
    assert_eq!(owner.call("/api/tenant/record_unshare", &[&one[..], &[("share", row.as_str())]].concat()).await.status, StatusCode::OK);
    assert_eq!(seller.get(&page).await.status, StatusCode::NOT_FOUND);
    // With a team, as long as one is in it.
    let created = owner.call("/api/tenant/team_create", &[("name", "North")]).await;
    assert_eq!(created.status, StatusCode::OK, "{}", created.body);
    let team = sql.text(&format!("SELECT id::text FROM {}.teams", tenant.schema)).await;
    assert_eq!(owner.call("/api/tenant/team_create", &[("name", "NORTH")]).await.status, StatusCode::CONFLICT);
    assert_eq!(
        owner.call("/api/tenant/team_member_add", &[("id", &team), ("member", "salesperson@acme.example")]).await.status,
        StatusCode::OK
    );
    assert_eq!(share(&mut owner, "north", "view").await.status, StatusCode::OK);
    assert_eq!(seller.get(&page).await.status, StatusCode::OK);
    // Where the role reaches the team, its members see the records of one another.
    let mut mate = app.anonymous(&tenant.host);
    app.user(&tenant, "salesperson", "mate").await;
    mate.sign_in("mate", test_support::PASSWORD).await;
    assert_eq!(
        owner.call("/api/tenant/record_create", &[("pipeline", "deals"), ("fields[name]", "Team deal")]).await.status,
        StatusCode::OK
    );
    sql.run(&format!(
        "UPDATE {0}.records SET owner_id = (SELECT id FROM {0}.users WHERE username = 'salesperson') WHERE title = 'Team deal'; \
         UPDATE {0}.roles SET permissions = permissions || '{{\"records.view\": \"all\"}}' WHERE key = 'salesperson'; \
         INSERT INTO {0}.role_pipelines SELECT 'salesperson', id, 'team', 'own', 'own' FROM {0}.pipelines",
        tenant.schema
    ))
    .await;
    kernel::settings::forget(&app.services, &tenant.tenant).await;
    assert!(!mate.get("/p/deals").await.body.contains("Team deal"));
    assert_eq!(owner.call("/api/tenant/team_member_add", &[("id", &team), ("member", "mate@acme.example")]).await.status, StatusCode::OK);
    assert!(mate.get("/p/deals").await.body.contains("Team deal"));
    assert_eq!(mate.get(&page).await.status, StatusCode::OK, "what is shared with the team");
    assert_eq!(owner.call("/api/tenant/team_delete", &[("id", &team)]).await.status, StatusCode::OK);
    assert!(!mate.get("/p/deals").await.body.contains("Team deal"));
    assert_eq!(mate.get(&page).await.status, StatusCode::NOT_FOUND);
}

/// An owner sees the site as a role does: its rights alone, in each operation, until the owner stops; with a role that the user does not hold
/// all of, nothing changes.
#[tokio::test]
async fn an_owner_sees_the_site_as_a_role_does() {
    let (app, tenant, sql) = start().await;
    let mut owner = app.owner(&tenant).await;
    let mut admin = app.signed_in(&tenant, "admin").await;
    fill(&sql, &tenant).await;
    world(&app, &sql, &tenant, false).await;
    assert_eq!(set(&sql, &tenant, &mut owner, ("salesperson", "deals"), &[("amount", "none")]).await.status, StatusCode::OK);
    sql.run(&format!(
        "UPDATE {0}.records SET owner_id = (SELECT id FROM {0}.users WHERE user_type = 'owner') WHERE id = 901",
        tenant.schema
    ))
    .await;
    assert!(owner.get("/p/deals").await.body.contains("700.00"));
    let seen = owner.post("/api/tenant/role_see", "/roles/salesperson", &[("key", "salesperson")]).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER);
    let list = owner.get("/p/deals").await.body;
    assert!(list.contains("Deal 1") && !list.contains("Deal 2") && !list.contains("Amount"), "own records without one field");
    assert!(list.contains("as the role <strong") && !list.contains("href=\"/users\""), "{list}");
    for path in ["/users", "/roles/salesperson", "/settings"] {
        assert_eq!(owner.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(owner.call("/api/tenant/role_see", &[("key", "manager")]).await.status, StatusCode::FORBIDDEN);
    assert!(owner.get("/account").await.body.contains("as the role <strong"), "the own account too");
    assert_eq!(owner.post("/api/tenant/role_see_end", "/", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(owner.get("/p/deals").await.body.contains("700.00"));
    assert_eq!(owner.get("/users").await.status, StatusCode::OK);
    // Nobody comes to more by it.
    assert_eq!(admin.call("/api/tenant/role_see", &[("key", "owner")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(admin.call("/api/tenant/role_see", &[("key", "nobody")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.call("/api/tenant/role_see", &[("key", "manager")]).await.status, StatusCode::OK);
    sql.run(&format!(
        "UPDATE {0}.users SET tenant_permissions = '{{\"deny\": [\"records.view\", \"records.edit\"]}}' WHERE username = 'admin'",
        tenant.schema
    ))
    .await;
    assert_eq!(admin.get("/p/deals").await.status, StatusCode::FORBIDDEN, "what was taken from the user counts at once");
    assert!(owner.get("/audit").await.body.contains("Saw the site as the role Salesperson"));
}
