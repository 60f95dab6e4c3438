//! How users read lists: columns, saved views, favourites, search over everything, and what a page of a list weighs.

use axum::http::StatusCode;
use test_support::{Actor, TestApp};

/// The heads of the columns of a list, in order.
fn heads(body: &str) -> Vec<String> {
    let head = body.split("<thead>").nth(1).and_then(|rest| rest.split("</thead>").next()).unwrap_or_default().replace("<!>", "");
    let cells = head.split("<th ").skip(1).map(|cell| cell.split_once('>').unwrap_or_default().1);
    let text = |cell: &str| {
        let mut text = String::new();
        let mut is_tag = false;
        for c in cell.chars() {
            match c {
                '<' => is_tag = true,
                '>' => is_tag = false,
                c if !is_tag => text.push(c),
                _ => {}
            }
        }
        text
    };
    cells.map(text).filter(|text| !text.is_empty()).collect()
}

async fn save(actor: &mut Actor, name: &str, query: &str, is_shared: bool) -> StatusCode {
    let mut fields = vec![("list", "users"), ("query", query), ("name", name)];
    if is_shared {
        fields.push(("is_shared", "true"));
    }
    actor.call("/api/tenant/list_view_save", &fields).await.status
}

/// The id in the address of the view of that name.
async fn id_of(actor: &mut Actor, name: &str) -> Option<String> {
    let page = actor.get("/users").await.body;
    let link = page.split("<a ").find(|link| link.contains(&format!(">{name}")) && link.contains("view="))?;
    Some(link.split("view=").nth(1)?.split(['"', '&']).next()?.to_owned())
}

#[tokio::test]
async fn columns_are_chosen_and_ordered_by_each_user() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (mut owner, mut admin) = (app.owner(&tenant).await, app.signed_in(&tenant, "admin").await);
    let by_itself = ["Name", "E-mail", "Role", "Status", "Last sign-in"];
    assert_eq!(heads(&owner.get("/users").await.body), by_itself);
    let fields = [
        ("list", "users"),
        ("shown[created]", "true"),
        ("shown[role]", "true"),
        ("position[created]", "1"),
        ("position[role]", "2"),
        ("position[email]", "3"),
        ("is_dense", "true"),
    ];
    assert_eq!(owner.call("/api/tenant/list_layout_set", &fields).await.status, StatusCode::OK);
    let page = owner.get("/users").await.body;
    assert_eq!(heads(&page), ["Name", "Created", "Role"]);
    assert!(page.contains("list-dense"), "{page}");
    assert_eq!(heads(&admin.get("/users").await.body), by_itself, "others keep theirs");
    assert_eq!(owner.call("/api/tenant/list_layout_set", &[("list", "users")]).await.status, StatusCode::OK);
    assert_eq!(heads(&owner.get("/users").await.body), by_itself, "no column means those of the list");
    // What no page has is refused, and a column that is gone is left out.
    for (list, column) in [("Users", "role"), ("users", "<b>"), ("", "role")] {
        let fields = [("list", list), (&*format!("shown[{column}]"), "true")];
        assert_eq!(owner.call("/api/tenant/list_layout_set", &fields).await.status, StatusCode::BAD_REQUEST, "{list} {column}");
    }
    owner.call("/api/tenant/list_layout_set", &[("list", "users"), ("shown[gone]", "true"), ("shown[role]", "true")]).await;
    assert_eq!(heads(&owner.get("/users").await.body), ["Name", "Role"]);
}

#[tokio::test]
async fn views_are_private_or_shared() {
    let app = TestApp::start().await;
    let (tenant, other) = (app.tenant("acme").await, app.tenant("beta").await);
    let (mut owner, mut manager, mut admin) =
        (app.owner(&tenant).await, app.signed_in(&tenant, "manager").await, app.signed_in(&tenant, "admin").await);
    let mut stranger = app.owner(&other).await;
    assert_eq!(save(&mut owner, "Managers", "role=manager&sort=email&dir=desc", false).await, StatusCode::OK);
    let view = id_of(&mut owner, "Managers").await.unwrap();
    let page = owner.get(&format!("/users?role=manager&sort=email&dir=desc&view={view}")).await.body;
    assert!(page.contains("aria-current=\"page\"") && page.contains("1–1 of 1"), "{page}");
    assert_eq!(id_of(&mut admin, "Managers").await, None, "it is private");
    // The same name again replaces the view, and shares it.
    assert_eq!(save(&mut owner, "managers", "role=manager", true).await, StatusCode::OK);
    assert_eq!(id_of(&mut owner, "managers").await.as_ref(), Some(&view));
    assert_eq!(id_of(&mut admin, "managers").await.as_ref(), Some(&view), "it is shared");
    assert_eq!(id_of(&mut stranger, "managers").await, None, "not with another company");
    // A view has columns of its own, which stay when the user's own change.
    let fields = [("list", "users"), ("view", view.as_str()), ("shown[created]", "true")];
    assert_eq!(owner.call("/api/tenant/list_layout_set", &fields).await.status, StatusCode::OK);
    assert_eq!(heads(&owner.get(&format!("/users?view={view}")).await.body), ["Name", "Created"]);
    assert_eq!(heads(&owner.get("/users").await.body).len(), 5, "the list itself stays as it is");
    // Who does not manage users shares nothing, and deletes nothing of others.
    assert_eq!(save(&mut manager, "Mine", "q=a", true).await, StatusCode::FORBIDDEN);
    assert_eq!(save(&mut manager, "Mine", "q=a", false).await, StatusCode::OK);
    let delete =
        async |actor: &mut Actor, id: &str| actor.call("/api/tenant/list_view_delete", &[("list", "users"), ("id", id)]).await.status;
    let mine = app.sql().await.text(&format!("SELECT id::text FROM {}.list_views WHERE name = 'Mine'", tenant.schema)).await;
    assert_eq!(delete(&mut manager, &view).await, StatusCode::NOT_FOUND);
    assert_eq!(delete(&mut admin, &mine).await, StatusCode::NOT_FOUND, "a private view is seen by its owner alone");
    assert_eq!(delete(&mut stranger, &view).await, StatusCode::NOT_FOUND);
    assert_eq!(delete(&mut admin, &view).await, StatusCode::OK, "who may share views may delete shared ones");
    assert_eq!(id_of(&mut owner, "managers").await, None);
    // Names are checked as all names are.
    for bad in ["", " ", "\u{200b}", &"x".repeat(61)] {
        assert_eq!(save(&mut owner, bad, "", false).await, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}");
    }
    assert_eq!(save(&mut owner, "Long", &"q=x&".repeat(600), false).await, StatusCode::UNPROCESSABLE_ENTITY);
    let log = format!("SELECT string_agg(action, ',' ORDER BY id) FROM {}.audit_log WHERE action LIKE 'view.%'", tenant.schema);
    assert_eq!(app.sql().await.text(&log).await, "view.save,view.save,view.save,view.delete");
}

#[tokio::test]
async fn a_list_opens_with_the_default_view_of_its_user() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (mut owner, mut admin) = (app.owner(&tenant).await, app.signed_in(&tenant, "admin").await);
    let mut stranger = app.owner(&app.tenant("beta").await).await;
    assert_eq!(save(&mut owner, "Admins", "role=admin&sort=email&dir=desc", true).await, StatusCode::OK);
    let view = id_of(&mut owner, "Admins").await.unwrap();
    let open =
        async |actor: &mut Actor, id: &str| actor.call("/api/tenant/list_view_open_set", &[("list", "users"), ("id", id)]).await.status;
    // The view is another user's, and shared. Each user has a default of their own.
    assert_eq!(open(&mut admin, &view).await, StatusCode::OK);
    let page = admin.get("/users").await.body;
    assert!(page.contains("1–1 of 1") && page.contains("aria-sort=\"descending\""), "{page}");
    assert!(page.contains(&format!("view={view}\" aria-current=\"page\"")), "the tab of the view is current: {page}");
    assert!(owner.get("/users").await.body.contains("1–2 of 2"), "others keep all rows");
    // All rows are a link away, also once the search box was emptied; exports hold what their address says.
    assert!(page.contains("href=\"/users?view=0\""), "{page}");
    for all in ["/users?view=0", "/users?q=&role=", "/users?q=&view=0"] {
        assert!(admin.get(all).await.body.contains("1–2 of 2"), "{all}");
    }
    assert!(page.contains("href=\"/users.csv?role=admin"), "{page}");
    let columns = [("list", "users"), ("view", "0"), ("query", ""), ("shown[role]", "true")];
    assert_eq!(admin.call("/api/tenant/list_layout_set", &columns).await.status, StatusCode::OK);
    assert!(admin.get("/users").await.body.contains("1–1 of 1"), "columns of all rows leave the default as it is");
    // What the user does not see opens nothing, and what is gone opens all rows.
    let private = "INSERT INTO {0}.list_views (owner_id, list, name, name_key) SELECT id, 'users', 'Own', 'own' FROM {0}.users \
        WHERE user_type = 'owner' RETURNING id::text";
    let private = app.sql().await.text(&private.replace("{0}", &tenant.schema)).await;
    assert_eq!(open(&mut admin, &private).await, StatusCode::NOT_FOUND);
    assert_eq!(open(&mut stranger, &view).await, StatusCode::NOT_FOUND);
    assert_eq!(open(&mut admin, "x").await, StatusCode::NOT_FOUND);
    assert_eq!(save(&mut owner, "Admins", "role=admin", false).await, StatusCode::OK);
    assert!(admin.get("/users").await.body.contains("1–2 of 2"), "it is private now");
    assert_eq!(save(&mut owner, "Admins", "role=admin", true).await, StatusCode::OK);
    assert!(admin.get("/users").await.body.contains("1–1 of 1"));
    assert_eq!(open(&mut admin, "").await, StatusCode::OK);
    assert!(admin.get("/users").await.body.contains("1–2 of 2"));
    assert_eq!(open(&mut admin, &view).await, StatusCode::OK);
    assert_eq!(owner.call("/api/tenant/list_view_delete", &[("list", "users"), ("id", &view)]).await.status, StatusCode::OK);
    assert!(admin.get("/users").await.body.contains("1–2 of 2"), "it is gone");
    let log = format!("SELECT string_agg(action, ',' ORDER BY id) FROM {}.audit_log WHERE action LIKE 'view.open%'", tenant.schema);
    assert_eq!(app.sql().await.text(&log).await, "view.open_set,view.open_set,view.open_set");
}

#[tokio::test]
async fn a_search_finds_what_its_caller_may_see() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    app.user(&tenant, "user", "amara").await;
    let (mut owner, mut user) = (app.owner(&tenant).await, app.signed_in(&tenant, "user").await);
    let page = owner.get("/search?q=amara").await.body;
    assert!(page.contains("amara@acme.example") && page.contains("href=\"/users/"), "{page}");
    for (q, href) in [("idle", "/settings/security#session.idle_minutes"), ("salesp", "/roles/salesperson"), ("audit", "\"/audit\"")] {
        let page = owner.get(&format!("/search?q={q}")).await.body;
        assert!(page.split("id=\"hits\"").nth(1).unwrap().contains(href), "{q}: {page}");
    }
    let hits = user.get("/search?q=a").await.body;
    let hits = hits.split("id=\"hits\"").nth(1).unwrap();
    assert!(!hits.contains("amara") && !hits.contains("/roles/") && !hits.contains("/audit"), "{hits}");
    assert!(hits.contains("/account"), "one's own pages are there: {hits}");
    assert!(owner.get("/search?q=%3Cb%3Ezz").await.body.contains("No matches"));
    // The console: tenants and domains by name, favourites without a word, and the tab that one looks at.
    let mut admin = app.platform_admin().await;
    let page = admin.get("/search?q=acme").await.body;
    assert!(page.contains("href=\"/tenants/acme\"") && page.contains("href=\"/tenants/acme/domains\""), "{page}");
    assert!(admin.get("/search?q=acme&tab=/quota").await.body.contains("href=\"/tenants/acme/quota\""));
    assert!(!admin.get("/search").await.body.contains("href=\"/tenants/acme\""));
    assert!(admin.get("/search?q=amara@acme.example").await.body.contains("/users?q=amara%40acme.example"));
    let marked = admin.call("/api/platform/tenant_favourite_set", &[("slug", "acme"), ("is_favourite", "true")]).await;
    assert_eq!(marked.status, StatusCode::OK);
    assert!(admin.get("/search").await.body.contains("href=\"/tenants/acme\""));
    assert!(admin.get("/tenants?favourites=yes").await.body.contains("1–1 of 1"));
    assert!(app.platform_person("support").await.get("/search").await.body.split("id=\"hits\"").nth(1).unwrap().contains("Pages"));
    admin.call("/api/platform/tenant_favourite_set", &[("slug", "acme")]).await;
    assert!(!admin.get("/search").await.body.contains("href=\"/tenants/acme\""));
}

/// What a page of the list of users weighs before it is compressed.
#[tokio::test]
async fn a_page_of_a_list_is_light() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = format!(
        "INSERT INTO {0}.users (username_key, email_key, email_unicode_key, name_key, username, email, first_name, last_name, user_type, last_login) \
         SELECT k, k || '@acme.example', '', 'amara bergmann ' || n, k, k || '@acme.example', 'Amara', 'Bergmann ' || n, 'salesperson', now() - n * interval '1 hour' \
         FROM (SELECT n, 'user' || n AS k FROM generate_series(100, 400) n) u",
        tenant.schema
    );
    app.sql().await.run(&sql).await;
    let page = app.owner(&tenant).await.get("/users").await.body;
    // Builds without types write markers that a release does not have.
    let page = page.replace("<!>", "").replace("<!--<() />-->", "");
    assert!(page.contains("1–25 of 302"), "{page}");
    assert!(page.len() <= 16 * 1024, "{} bytes", page.len());
}
