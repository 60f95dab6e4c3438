//! Who reaches which records: what a role is set to, of whose records, in each operation.

use axum::http::StatusCode;
use domain::record::Reach;
use test_support::{Actor, Sql, Tenant, TestApp};

/// Whose the records of the matrix are: of who asks, of someone below, of another user, of no one.
const OWNERS: [&str; 4] = ["Own", "Team", "Other", "Nobodys"];

/// Whether a record of that owner is within a reach.
fn within(reach: Reach, owner: &str) -> bool {
    match reach {
        Reach::None => false,
        Reach::Own => owner == "Own",
        Reach::Team => matches!(owner, "Own" | "Team"),
        Reach::All => true,
    }
}

/// A manager with someone below, and a contact of each owner. Gives the ids of the contacts.
async fn company(app: &TestApp, tenant: &Tenant, sql: &Sql) -> (Actor, Vec<String>) {
    let seller = app.signed_in(tenant, "manager").await;
    app.user(tenant, "salesperson", "below").await;
    app.user(tenant, "salesperson", "deeper").await;
    app.user(tenant, "salesperson", "other").await;
    let schema = &tenant.schema;
    let id = |name: &str| format!("(SELECT id FROM {schema}.users WHERE username = '{name}')");
    sql.run(&format!(
        "UPDATE {schema}.users SET manager_id = {} WHERE username = 'below'; UPDATE {schema}.users SET manager_id = {} WHERE username = 'deeper'",
        id("manager"),
        id("below")
    ))
    .await;
    let mut ids = Vec::new();
    for (owner, name) in OWNERS.into_iter().zip(["manager", "deeper", "other", ""]) {
        let insert = format!(
            "INSERT INTO {schema}.records (pipeline_id, owner_id, title, search, data) SELECT p.id, {}, 'Contact {owner}', 'contact {owner}', \
             jsonb_build_object('last_name', 'Contact {owner}') FROM {schema}.pipelines p WHERE p.key = 'contacts' RETURNING id::text",
            id(name)
        );
        ids.push(sql.text(&insert.replace(&format!("'contact {owner}'"), &format!("lower('contact {owner}')"))).await);
    }
    (seller, ids)
}

/// Sets how far managers reach among contacts.
async fn set(app: &TestApp, tenant: &Tenant, sql: &Sql, (view, edit, delete): (Reach, Reach, Reach)) {
    sql.run(&format!(
        "DELETE FROM {0}.role_pipelines; INSERT INTO {0}.role_pipelines SELECT 'manager', id, '{1}', '{2}', '{3}' FROM {0}.pipelines WHERE key = 'contacts'",
        tenant.schema,
        view.as_str(),
        edit.as_str(),
        delete.as_str()
    ))
    .await;
    kernel::settings::forget(&app.services, &tenant.tenant).await;
}

/// Role x record x operation: what is set for a role says which records each operation reaches. What is not seen does not exist, what is
/// seen and not reached is refused, and nothing of it is in any list.
#[tokio::test]
async fn each_operation_reaches_what_was_set() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    let (mut seller, ids) = company(&app, &tenant, &sql).await;
    let all = Reach::ALL.map(|(reach, ..)| reach);
    let mut asked = 0;
    for view in all {
        for edit in all.into_iter().filter(|edit| *edit <= view) {
            for delete in all.into_iter().filter(|delete| *delete <= edit) {
                set(&app, &tenant, &sql, (view, edit, delete)).await;
                let what = format!("view {view:?}, edit {edit:?}, delete {delete:?}");
                let list = seller.get("/p/contacts").await;
                let search = seller.get("/search?q=contact").await.body;
                assert_eq!(list.status, if view == Reach::None { StatusCode::NOT_FOUND } else { StatusCode::OK }, "{what}");
                assert_eq!(search.contains("href=\"/p/contacts\""), view != Reach::None, "{what}: the navigation");
                let new = seller.call("/api/tenant/record_new", &[("pipeline", "contacts")]).await;
                let expected = match (view, edit) {
                    (Reach::None, _) => StatusCode::NOT_FOUND,
                    (_, Reach::None) => StatusCode::FORBIDDEN,
                    _ => StatusCode::OK,
                };
                assert_eq!(new.status, expected, "{what}: a new one");
                let create = seller.call("/api/tenant/record_create", &[("pipeline", "contacts"), ("fields[last_name]", "New")]).await;
                assert_eq!(create.status, expected, "{what}: a new one");
                for (owner, id) in OWNERS.into_iter().zip(&ids) {
                    let what = format!("{what}: {owner}");
                    let seen = within(view, owner);
                    let expected = |reach: Reach| match (seen, within(reach, owner)) {
                        (false, _) => StatusCode::NOT_FOUND,
                        (true, false) => StatusCode::FORBIDDEN,
                        (true, true) => StatusCode::OK,
                    };
                    let title = format!("Contact {owner}");
                    assert_eq!((list.body.contains(&title), search.contains(&title)), (seen, seen), "{what}: lists");
                    let page = seller.get(&format!("/p/contacts/{id}")).await;
                    assert_eq!(page.status, expected(view), "{what}: the page");
                    assert_eq!(page.body.contains("record_delete"), seen && within(delete, owner), "{what}: the button");
                    assert_eq!(seller.get(&format!("/p/contacts/{id}/edit")).await.status, expected(edit), "{what}: the form");
                    let one = [("pipeline", "contacts"), ("id", id.as_str())];
                    let change = [&one[..], &[("version", "1"), ("fields[city]", "Paris"), ("seen[city]", "")]].concat();
                    assert_eq!(seller.call("/api/tenant/record_update", &change).await.status, expected(edit), "{what}: a change");
                    assert_eq!(seller.call("/api/tenant/record_delete", &one).await.status, expected(delete), "{what}: the trash");
                    let trash = if view == Reach::None { String::new() } else { seller.get("/p/contacts/trash").await.body };
                    assert_eq!(trash.contains(&title), within(delete, owner), "{what}: in the trash");
                    assert_eq!(seller.call("/api/tenant/record_restore", &one).await.status, expected(delete), "{what}: back");
                    asked += 1;
                }
                sql.run(&format!("UPDATE {}.records SET version = 1, data = data - 'city'", tenant.schema)).await;
            }
        }
    }
    assert_eq!(asked, 80, "20 settings, 4 records");
}

/// How far a role reaches is set on its page, by those who reach as far themselves, and no one gives what they do not hold.
#[tokio::test]
async fn nobody_gives_more_than_they_reach() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    let (mut owner, mut seller) = (app.owner(&tenant).await, app.signed_in(&tenant, "salesperson").await);
    let version = |role: &'static str| {
        let sql = &sql;
        let statement =
            format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {}.roles WHERE key = '{role}'", tenant.schema);
        async move { sql.text(&statement).await }
    };
    let page = owner.get("/roles/salesperson/records").await.body;
    assert!(page.contains("view[deals]") && !page.contains(">All<") && page.contains("Default (Own)"), "{page}");
    let fields = |version: String, view: &'static str, edit: &'static str| {
        [("key", "salesperson".to_owned()), ("version", version), ("view[deals]", view.to_owned()), ("edit[deals]", edit.to_owned())]
    };
    let post = |fields: [(&'static str, String); 4]| fields.to_vec();
    let text = |fields: &[(&'static str, String)]| fields.iter().map(|(name, value)| (*name, value.clone())).collect::<Vec<_>>();
    let call = async |actor: &mut Actor, fields: Vec<(&'static str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        actor.call("/api/tenant/role_reach_set", &fields).await
    };
    let refused = call(&mut owner, post(fields(version("salesperson").await, "own", "all"))).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("edit[deals]"), "{}", refused.body);
    assert_eq!(call(&mut owner, post(fields(version("salesperson").await, "galaxy", ""))).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(call(&mut owner, post(fields("1".to_owned(), "none", ""))).await.status, StatusCode::CONFLICT, "another user changed it");
    assert!(seller.get("/").await.body.contains("href=\"/p/deals\""));
    assert_eq!(call(&mut owner, post(fields(version("salesperson").await, "none", ""))).await.status, StatusCode::OK);
    let home = seller.get("/").await.body;
    assert!(!home.contains("href=\"/p/deals\"") && home.contains("href=\"/p/contacts\""), "it holds with the next page");
    assert_eq!(seller.get("/p/deals").await.status, StatusCode::NOT_FOUND);
    assert!(owner.get("/audit").await.body.contains("Changed which records the role Salesperson reaches"));
    let owners = text(&fields(version("owner").await, "own", ""));
    let owners: Vec<_> = owners.into_iter().map(|(name, value)| (name, if name == "key" { "owner".to_owned() } else { value })).collect();
    assert_eq!(call(&mut owner, owners).await.status, StatusCode::CONFLICT, "owners reach everything");
    // Someone who manages roles and sees own records alone gives no one more than that.
    sql.run(&format!(
        "UPDATE {0}.users SET tenant_permissions = '{{\"grant\": {{\"roles.manage\": \"all\"}}}}' WHERE username = 'salesperson'",
        tenant.schema
    ))
    .await;
    for view in ["all", "own", "none"] {
        let refused = call(&mut seller, post(fields(version("salesperson").await, view, ""))).await.status;
        assert_eq!(refused, StatusCode::CONFLICT, "{view}: they reach no deals, so the role is above them");
    }
    // An admin who is narrowed in one pipeline gives no role that is not, neither a new one nor one that is there.
    let mut admin = app.signed_in(&tenant, "admin").await;
    sql.run(&format!("INSERT INTO {0}.role_pipelines SELECT 'admin', id, 'own' FROM {0}.pipelines WHERE key = 'deals'", tenant.schema))
        .await;
    kernel::settings::forget(&app.services, &tenant.tenant).await;
    let role = [("name", "Wide"), ("permissions[records.view]", "all")];
    assert_eq!(admin.call("/api/tenant/role_create", &role).await.status, StatusCode::FORBIDDEN);
    let target = app.user(&tenant, "salesperson", "target").await.to_string();
    let at = format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {}.users WHERE id = {target}", tenant.schema);
    let at = sql.text(&at).await;
    let give = [("id", target.as_str()), ("version", at.as_str()), ("further[manager]", "true")];
    assert_eq!(admin.call("/api/tenant/user_set_access", &give).await.status, StatusCode::FORBIDDEN);
    let report = [("id", target.as_str()), ("manager", "admin@acme.example")];
    assert_eq!(admin.call("/api/tenant/user_set_manager", &report).await.status, StatusCode::FORBIDDEN);
    let role = [("name", "Narrow"), ("permissions[records.view]", "own")];
    assert_eq!(admin.call("/api/tenant/role_create", &role).await.status, StatusCode::OK);
}

/// To whom a user reports: set by e-mail address, never in a circle, and only by those who see all records anyway.
#[tokio::test]
async fn reporting_lines_have_no_circles() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    let mut owner = app.owner(&tenant).await;
    let one = app.user(&tenant, "salesperson", "one").await.to_string();
    let two = app.user(&tenant, "salesperson", "two").await.to_string();
    let set = async |actor: &mut Actor, id: &str, manager: &str| {
        actor.call("/api/tenant/user_set_manager", &[("id", id), ("manager", manager)]).await
    };
    assert_eq!(set(&mut owner, &two, "ONE@acme.example").await.status, StatusCode::OK);
    for (id, manager, why) in [
        (&one, "one@acme.example", "themselves"),
        (&one, "two@acme.example", "already reports"),
        (&one, "nobody@acme.example", "active user"),
        (&one, "x", "active user"),
    ] {
        let answer = set(&mut owner, id, manager).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains(why), "{manager}: {}", answer.body);
    }
    assert!(owner.get(&format!("/users/{two}")).await.body.contains("Reports to "));
    let managers = format!(
        "SELECT string_agg(username || '>' || coalesce(manager_id::text, ''), ' ' ORDER BY id) FROM {}.users WHERE id IN ({one}, {two})",
        tenant.schema
    );
    assert_eq!(sql.text(&managers).await, format!("one> two>{one}"));
    // An admin who was denied sight of all records could otherwise come to it as the manager of others.
    let mut admin = app.signed_in(&tenant, "admin").await;
    sql.run(&format!(
        "UPDATE {}.users SET tenant_permissions = '{{\"deny\": [\"records.view\"]}}' WHERE username = 'admin'",
        tenant.schema
    ))
    .await;
    assert_eq!(set(&mut admin, &one, "admin@acme.example").await.status, StatusCode::FORBIDDEN);
    assert_eq!(set(&mut owner, &two, "").await.status, StatusCode::OK);
    assert_eq!(sql.text(&managers).await, "one> two>");
}
