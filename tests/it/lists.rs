//! Lists: search, filters, sort and paging stand in the URL.

use axum::http::{Method, StatusCode, header};
use test_support::{Actor, TestApp};

fn rows(body: &str, mark: &str) -> Vec<String> {
    let cells = body.split("<th scope=row>").skip(1);
    cells.filter_map(|cell| cell.split(&format!("href=\"{mark}")).nth(1)?.split('>').nth(1)?.split('<').next().map(str::to_owned)).collect()
}

fn next(body: &str, rel: &str) -> Option<String> {
    let link = body.split("<a ").find(|link| link.contains(&format!("rel=\"{rel}\"")))?;
    Some(link.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
}

async fn company() -> (TestApp, Actor) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = format!(
        "INSERT INTO {0}.users (username_key, email_key, email_unicode_key, name_key, username, email, first_name, last_name, user_type, is_active, last_login) \
         SELECT 'u' || n, 'u' || n || '@acme.example', '', 'person ' || lpad(n::text, 4, '0'), 'u' || n, 'u' || n || '@acme.example', 'Person', lpad(n::text, 4, '0'), CASE WHEN n % 2 = 0 THEN 'manager' ELSE 'user' END, n % 5 <> 0, \
         CASE WHEN n % 3 = 0 THEN now() - n * interval '1 hour' END FROM generate_series(1, 120) n",
        tenant.schema
    );
    app.sql().await.run(&sql).await;
    let owner = app.owner(&tenant).await;
    (app, owner)
}

/// Every row is seen once, forth and back, in each sort.
#[tokio::test]
async fn paging_shows_every_row_once() {
    let (_app, mut owner) = company().await;
    for sort in ["", "name", "email", "role", "last_login", "created"] {
        for dir in ["asc", "desc"] {
            let mut path = format!("/users?size=25&sort={sort}&dir={dir}");
            let (mut seen, mut pages, mut back) = (Vec::new(), Vec::new(), None);
            loop {
                let page = owner.get(&path).await;
                assert_eq!(page.status, StatusCode::OK, "{path}");
                let found = rows(&page.body, "/users/");
                assert!(page.body.contains(&format!("{}–{} of 121", seen.len() + 1, seen.len() + found.len())), "{path}");
                seen.extend(found.clone());
                pages.push(found);
                back = next(&page.body, "prev").or(back);
                match next(&page.body, "next") {
                    Some(after) => path = after,
                    None => break,
                }
            }
            let mut unique = seen.clone();
            unique.sort();
            unique.dedup();
            assert_eq!((seen.len(), unique.len(), pages.len()), (121, 121, 5), "{sort} {dir}");
            let page = owner.get(&back.unwrap()).await;
            assert_eq!(rows(&page.body, "/users/"), pages[3], "back to the page before the last: {sort} {dir}");
        }
    }
}

#[tokio::test]
async fn search_and_filters_narrow_the_list() {
    let (_app, mut owner) = company().await;
    let mut count = async |query: &str| {
        let page = owner.get(&format!("/users?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        rows(&page.body, "/users/").len()
    };
    assert_eq!(count("q=0042").await, 1);
    assert_eq!(count("q=person+0042").await, 1, "every word, in any order");
    assert_eq!(count("q=PERSON&role=manager&size=100").await, 60);
    assert_eq!(count("role=manager,owner&size=100").await, 61);
    assert_eq!(count("status=deactivated").await, 24);
    assert_eq!(count("status=deactivated&role=manager").await, 12);
    for harmless in [
        "q=%25",
        "q=_",
        "q=%5C",
        "q='",
        "q=%00",
        "sort=password_hash",
        "sort=name;drop",
        "dir=x",
        "size=9999",
        "size=-1",
        "role=%27",
        "after=x",
        "before=e30",
        "after=a&before=b",
        "unknown=1",
        "role=%00",
        "status=%00",
        "sort=created&after=eyJ2IjoiMjAyNi0xMS0yMSAxMDo0MTozNSsyMCIsImkiOjEsIm4iOjEsInMiOiJjcmVhdGVkKyJ9",
        "sort=name&dir=asc&after=eyJ2IjoiYSIsImkiOjEsIm4iOjkyMjMzNzIwMzY4NTQ3NzU4MDcsInMiOiJuYW1lKyJ9",
    ] {
        let page = owner.get(&format!("/users?{harmless}")).await;
        assert_eq!(page.status, StatusCode::OK, "{harmless}");
    }
    assert!(owner.get("/users?q=%25").await.body.contains("No users match"), "a percent sign is only that");
    assert!(owner.get("/users?after=x").await.body.contains("This is the first page"));
}

#[tokio::test]
async fn headers_say_how_the_list_is_sorted() {
    let (_app, mut owner) = company().await;
    let page = owner.get("/users?sort=name&dir=asc&q=person").await.body;
    assert!(page.contains("aria-sort=\"ascending\""));
    assert!(page.contains("href=\"/users?q=person&amp;sort=name&amp;dir=desc\""), "the next click turns it round");
    let page = owner.get("/users?sort=name&dir=desc").await.body;
    assert!(page.contains("aria-sort=\"descending\"") && page.contains("href=\"/users\""), "and then back to none");
}

/// The file holds every row that the filter lets through, in batches.
#[tokio::test]
async fn a_list_is_a_file_too() {
    let (app, mut owner) = company().await;
    let file = owner.get("/users.csv").await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    assert_eq!(file.body.lines().count(), 122);
    assert_eq!(owner.get("/users.csv?role=manager").await.body.lines().count(), 61);
    let request = owner.request(Method::GET, "/users?q=0042").header(header::ACCEPT, "text/csv").body(axum::body::Body::empty()).unwrap();
    let same = owner.send(request).await;
    assert_eq!((same.body.lines().count(), same.header("vary").contains("Accept") || same.header("vary").contains("accept")), (2, true));
    let schema = app.sql().await.text("SELECT schema_name FROM platform.tenants").await;
    app.sql().await.run(&format!(
        "INSERT INTO {schema}.users (username_key, email_key, email_unicode_key, name_key, username, email, first_name) SELECT 'x' || n, 'x' || n || '@acme.example', '', '=cmd() ', 'x' || n, 'x' || n || '@acme.example', '=cmd()' FROM generate_series(1, 2500) n"
    )).await;
    let file = owner.get("/users.csv").await.body;
    assert_eq!(file.lines().count(), 2622, "three batches");
    assert!(file.contains(",'=cmd()") && !file.contains(",=cmd()"), "no formula");
}

#[tokio::test]
async fn the_list_of_companies_finds_by_name_schema_and_domain() {
    let app = TestApp::start().await;
    for slug in ["north-wind", "sunstone", "umbra"] {
        app.tenant(slug).await;
    }
    app.sql().await.run("UPDATE platform.tenants SET created_on = '2020-05-05' WHERE slug = 'umbra'; UPDATE platform.tenants SET status = 'suspended' WHERE slug = 'sunstone'").await;
    let mut admin = app.platform_admin().await;
    let mut found = async |query: &str| {
        let page = admin.get(&format!("/tenants?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        rows(&page.body, "/tenants/").join(",")
    };
    assert_eq!(found("").await, "Company north-wind,Company sunstone,Company umbra");
    assert_eq!(found("q=UMBRA").await, "Company umbra");
    assert_eq!(found("q=tenant_north").await, "Company north-wind", "by schema");
    assert_eq!(found("q=stone.localhost").await, "Company sunstone", "by domain");
    // What is searched follows names and domains, also those that are added at once.
    let domain = |n: usize| {
        format!("INSERT INTO platform.domains (domain, tenant_id) SELECT 'crm{n}.example', id FROM platform.tenants WHERE slug = 'umbra'")
    };
    let (one, two, add) = (app.sql().await, app.sql().await, [domain(1), domain(2)]);
    tokio::join!(one.run(&add[0]), two.run(&add[1]));
    assert_eq!((found("q=crm1.ex").await, found("q=crm2.ex").await), ("Company umbra".to_owned(), "Company umbra".to_owned()));
    one.run("DELETE FROM platform.domains WHERE domain = 'crm1.example'; UPDATE platform.tenants SET name = 'Penumbra Ltd', name_key = 'penumbra ltd' WHERE slug = 'umbra'").await;
    assert_eq!((found("q=crm1.ex").await, found("q=ENUMBRA+l").await), (String::new(), "Penumbra Ltd".to_owned()));
    one.run("UPDATE platform.tenants SET name = 'Company umbra', name_key = 'company umbra' WHERE slug = 'umbra'").await;
    assert_eq!(found("status=suspended").await, "Company sunstone");
    assert_eq!(found("status=active&sort=name&dir=desc").await, "Company umbra,Company north-wind");
    assert_eq!(found("created=today").await, "Company north-wind,Company sunstone");
    assert_eq!(found("created=range&from=2020-05-05&to=2020-05-05").await, "Company umbra");
    for sort in ["schema", "created", "users", "status"] {
        assert_eq!(found(&format!("sort={sort}&dir=asc")).await.split(',').count(), 3, "{sort}");
    }
    assert_eq!(admin.get("/tenants.csv").await.body.lines().count(), 4);
    for harmless in ["created=range&from=-9999-01-01", "created=range&to=99999-01-01", "status=%00", "created=%00"] {
        assert_eq!(admin.get(&format!("/tenants?{harmless}")).await.status, StatusCode::OK, "{harmless}");
    }
    for absent in ["/tenants/%00", "/tenants/%FF", "/tenants/nobody", "/tenants/NEW"] {
        assert!(admin.get(absent).await.status.is_client_error(), "{absent}");
    }
}
