//! One person is one account, however the name is spelled, and what people see is what names say.

use axum::http::{Method, StatusCode, header};
use test_support::{Actor, PASSWORD, TestApp};

const CREATE: &str = "/api/tenant/user_create";

async fn made(owner: &mut Actor, first: &str, email: &str, username: &str) -> StatusCode {
    let fields = [("first_name", first), ("last_name", "Tester"), ("email", email), ("username", username), ("user_type", "user")];
    owner.call(CREATE, &fields).await.status
}

/// Addresses that differ in case, in how accents were typed or in how a domain is written are one account: made once, found by
/// signing in, by searching and by a lookup of the platform, whichever of them is typed.
#[tokio::test]
async fn an_address_is_one_account_however_it_is_spelled() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let people = [
        ("ilker", "İlker@a.example", "i\u{307}LKER@a.example"),
        ("nikos", "ΝΙΚΟΣ@a.example", "νικος@A.example"),
        ("kim", "kim@bücher.example", "Kim@xn--bcher-kva.example"),
        ("jose", "jose\u{301}@a.example", "JOSÉ@a.example"),
        ("jorg", "jörg@a.example", "JÖRG@a.example"),
        ("strasse", "straße@a.example", "STRASSE@a.example"),
    ];
    for (name, email, other) in people {
        assert_eq!(made(&mut owner, name, email, name).await, StatusCode::OK, "{email}");
        assert_eq!(made(&mut owner, name, other, &format!("{name}2")).await, StatusCode::CONFLICT, "{other}");
    }
    let hash = format!("UPDATE {}.users SET password_hash = '{}' WHERE password_hash IS NULL", tenant.schema, app.hash);
    app.sql().await.run(&hash).await;
    let mut admin = app.platform_admin().await;
    for (name, email, other) in people {
        for spelled in [email, other, &format!(" {other}\u{200b}"), &other.replace('@', "＠")] {
            let mut person = app.anonymous(&tenant.host);
            person.sign_in(spelled, PASSWORD).await;
        }
        for searched in [email, other] {
            let query = serde_urlencoded::to_string([("q", searched)]).unwrap();
            let page = owner.get(&format!("/users?{query}")).await.body;
            assert!(page.contains(&format!(">{name} Tester")) && page.contains("1–1 of 1"), "{searched}");
            let found = admin.get(&format!("/users?{query}")).await.body;
            assert!(found.contains("Company acme"), "{searched}");
        }
    }
}

/// Names that show nothing are none, in every field of a name on both sites; invisible characters within a name are not kept.
#[tokio::test]
async fn a_name_shows_something() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (mut owner, mut admin) = (app.owner(&tenant).await, app.platform_admin().await);
    for blank in ["\u{200b}", "\u{3164}", "\u{2800}", "\u{ad}\u{2060}", "\u{301}", "\u{a0}\u{3000}"] {
        assert_eq!(made(&mut owner, blank, "a@a.example", "a").await, StatusCode::UNPROCESSABLE_ENTITY, "{blank:?}");
        assert_eq!(owner.call("/api/tenant/role_create", &[("name", blank)]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{blank:?}");
        let profile = [("first_name", "A"), ("last_name", blank)];
        assert_eq!(owner.call("/api/tenant/account_set", &profile).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{blank:?}");
        let owner = [("owner_first_name", "O"), ("owner_last_name", "P"), ("owner_email", "o@b.example")];
        let tenant: Vec<(&str, &str)> = [("name", blank), ("domain", "blank")].into_iter().chain(owner).collect();
        let answer = admin.call("/api/platform/tenant_create", &tenant).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"name\""), "{blank:?}: {}", answer.body);
    }
    assert_eq!(made(&mut owner, "Ma\u{200b}r\u{ad}a\u{301}\u{a0} \u{a0}B", "m@a.example", "m").await, StatusCode::OK);
    let stored = format!("SELECT first_name FROM {}.users WHERE username = 'm'", tenant.schema);
    assert_eq!(app.sql().await.text(&stored).await, "Mará B");
}

/// No two roles are mistaken for each other, and none for one that every company has.
#[tokio::test]
async fn roles_do_not_look_alike() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    for twin in ["АDMIN", "Admin\u{200b}", "ａｄｍｉｎ", "Аdmіn", "Οwner", "Uѕer"] {
        assert_eq!(owner.call("/api/tenant/role_create", &[("name", twin)]).await.status, StatusCode::CONFLICT, "{twin}");
    }
    for own in ["Field sales", "Администратор", "Admin 2"] {
        assert_eq!(owner.call("/api/tenant/role_create", &[("name", own)]).await.status, StatusCode::OK, "{own}");
    }
    assert_eq!(owner.call("/api/tenant/role_create", &[("name", "FIELD  SALES")]).await.status, StatusCode::CONFLICT);
}

/// Every word of a search counts, however many there are; what is not looked at is said.
#[tokio::test]
async fn every_word_of_a_search_counts() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    assert_eq!(made(&mut owner, "Ana Bea Carla Dora Eva Fay", "g@a.example", "g").await, StatusCode::OK);
    assert!(owner.get("/users?q=fay+eva+dora+carla+bea+ana+tester").await.body.contains("1–1 of 1"));
    assert!(owner.get("/users?q=fay+eva+dora+carla+bea+ana+nobody").await.body.contains("0 of 0"));
    let long = owner.get(&format!("/users?q={}", "a".repeat(201))).await.body;
    assert!(long.contains("Your search is too long. Only the first 200 characters were used."));
    assert!(!owner.get(&format!("/users?q={}", "a".repeat(200))).await.body.contains("Only the first 200"));
}

/// A page whose rows are gone leads to the last page there is.
#[tokio::test]
async fn a_page_that_is_gone_leads_to_the_last_one() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    for number in 0..60 {
        app.user(&tenant, "user", &format!("p{number:02}")).await;
    }
    let link = |body: &str, rel: &str| {
        let link = body.split("<a ").find(|link| link.contains(&format!("rel=\"{rel}\"")))?;
        Some(link.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
    };
    let second = link(&owner.get("/users?size=25&sort=email&dir=asc").await.body, "next").unwrap();
    let third = link(&owner.get(&second).await.body, "next").unwrap();
    let gone = format!("DELETE FROM {}.users WHERE username >= 'p40' AND username < 'q'", tenant.schema);
    app.sql().await.run(&gone).await;
    let page = owner.get(&third).await;
    assert!(page.status == StatusCode::OK && page.body.contains("This page has no more rows"), "{}", page.body);
    let last =
        page.body.split("href=\"").find(|link| link.contains("before=last")).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let page = owner.get(&last).await.body;
    assert!(page.contains("17–41 of 41") && page.contains("p39"), "{page}");
    assert!(link(&page, "next").is_none() && link(&page, "prev").is_some());
}

/// Days are those of the company: a filter finds what its list shows for that day, also where a day begins late.
#[tokio::test]
async fn days_are_those_of_the_company() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let zone = [("group", "company"), ("values[time_zone]", "Pacific/Pago_Pago")];
    let set = owner.call("/api/tenant/setting_set", &zone).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
    // 28 November there, 29 November in UTC.
    let sql = format!("UPDATE {}.users SET created_at = '2026-11-29T03:00:00Z'", tenant.schema);
    app.sql().await.run(&sql).await;
    let on = |day: &str| format!("created=range&from={day}&to={day}");
    for path in ["/users", "/users.csv"] {
        let there = owner.get(&format!("{path}?{}", on("2026-11-28"))).await.body;
        assert!(there.contains("1–1 of 1") || there.lines().count() == 2, "{path}: {there}");
        let other = owner.get(&format!("{path}?{}", on("2026-11-29"))).await.body;
        assert!(other.contains("0 of 0") || other.lines().count() == 1, "{path}: {other}");
    }
    assert!(owner.get("/users.csv").await.body.contains("2026-11-28T16:00:00-11:00"));
}

/// Browsers need not say where a form stands: it says so itself, so that what was typed and what is wrong with it come back.
#[tokio::test]
async fn a_refused_form_comes_back_without_a_referer() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let id = app.sql().await.text(&format!("SELECT id::text FROM {}.users", tenant.schema)).await;
    for (page, action, fields) in [
        ("/users/new", CREATE, vec![("first_name", "Typed"), ("last_name", "T"), ("username", "t"), ("email", "nonsense")]),
        (
            &format!("/users/{id}"),
            "/api/tenant/user_update",
            vec![("id", id.as_str()), ("first_name", "Typed"), ("last_name", "T"), ("username", "t"), ("email", "nonsense")],
        ),
        ("/settings/custom", "/api/tenant/setting_free_set", vec![("setting_key", "A B"), ("setting_value", "1")]),
    ] {
        let shown = owner.get(page).await.body;
        let form = shown.split("<form ").find(|form| form.contains(&format!("action=\"{action}\""))).unwrap();
        let field = form.split("name=\"return_to\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(field, page);
        let fields: Vec<(&str, &str)> = fields.into_iter().chain([("return_to", field), ("version", "1"), ("user_type", "user")]).collect();
        let request = owner
            .request(Method::POST, action)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, format!("http://{}:8000", tenant.host))
            .body(axum::body::Body::from(serde_urlencoded::to_string(&fields).unwrap()));
        let answer = owner.send(request.unwrap()).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page), "{action}");
        let back = owner.get(page).await.body;
        assert!(back.contains("error-summary") && (back.contains("value=\"Typed\"") || back.contains("value=\"A B\"")), "{action}");
    }
    let mut visitor = app.anonymous(&tenant.host);
    let wrong = [("login", "x@y.example"), ("password", "not right at all"), ("return_to", "/login")];
    let request = visitor
        .request(Method::POST, "/api/tenant/sign_in")
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, format!("http://{}:8000", tenant.host))
        .body(axum::body::Body::from(serde_urlencoded::to_string(wrong).unwrap()));
    assert_eq!(visitor.send(request.unwrap()).await.location(), "/login");
    assert!(visitor.get("/login").await.body.contains("E-mail or password is not right"));
}

/// What a user keeps in JSON is what was typed: digits that would be lost and keys that would win over others are refused.
#[tokio::test]
async fn json_is_kept_as_it_was_typed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    for (value, named) in [
        (r#"{"n": 12345678901234567890123}"#, "12345678901234567890123"),
        ("3.14159265358979323846264", "3.14159265358979323846264"),
        (r#"{"a": 1, "a": 2}"#, "“a”"),
        (r#"[{"x": {"key": 1, "key": 1}}]"#, "“key”"),
    ] {
        let answer = owner.call("/api/tenant/setting_free_set", &[("setting_key", "office.floor"), ("setting_value", value)]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains(named), "{value}: {}", answer.body);
    }
    let exact = r#"{"n": 1234567890123456789, "p": 0.1, "text": "12345678901234567890123"}"#;
    assert_eq!(
        owner.call("/api/tenant/setting_free_set", &[("setting_key", "office.floor"), ("setting_value", exact)]).await.status,
        StatusCode::OK
    );
    let stored = format!(
        "SELECT setting_value->>'n' || ' ' || (setting_value->>'p') FROM {}.tenant_settings WHERE setting_key = 'office.floor'",
        tenant.schema
    );
    assert_eq!(app.sql().await.text(&stored).await, "1234567890123456789 0.1");
}

/// Fields cut nothing, so that a password that goes on after the right one is another one; an address is taken by the browser that
/// the server takes.
#[tokio::test]
async fn no_field_cuts_what_is_typed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (mut owner, mut admin) = (app.owner(&tenant).await, app.platform_admin().await);
    for page in ["/users/new", "/settings", "/account", "/account/password", "/roles/new", "/users", "/audit"] {
        let body = owner.get(page).await.body;
        assert!(!body.contains("maxlength") && !body.contains("type=\"email\""), "{page}");
    }
    for page in ["/tenants/new", "/tenants/acme/danger", "/admins/new", "/users"] {
        assert!(!admin.get(page).await.body.contains("maxlength"), "{page}");
    }
    let picture = |number: u32| char::from_u32(0x1f300 + number * 37 % 199).unwrap();
    let long: String = (0..129).map(picture).collect();
    assert_eq!(long.chars().count(), 129);
    let set = [("password_old", PASSWORD), ("password", long.as_str()), ("password_repeated", long.as_str())];
    let answer = owner.call("/api/tenant/password_set", &set).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    app.anonymous(&tenant.host).sign_in(&tenant.owner, &long).await;
    let longest = format!("{}{}", long, (129..199).chain(0..57).map(picture).collect::<String>());
    let set = [("password_old", long.as_str()), ("password", longest.as_str()), ("password_repeated", longest.as_str())];
    assert_eq!(owner.call("/api/tenant/password_set", &set).await.status, StatusCode::OK);
    app.anonymous(&tenant.host).sign_in(&tenant.owner, &longest).await;
    let longer = format!("{longest}{}", "y".repeat(44));
    let wrong = app.anonymous(&tenant.host).try_sign_in(&tenant.owner, &longer).await;
    assert_eq!(wrong.location(), "/login", "the right one and more is wrong");
    let set = [("password_old", longest.as_str()), ("password", longer.as_str()), ("password_repeated", longer.as_str())];
    let refused = owner.call("/api/tenant/password_set", &set).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("at most 256"), "{}", refused.body);
}

/// An invitation that is opened where another user is signed in says who that is, and what accepting does.
#[tokio::test]
async fn an_invitation_says_who_is_signed_in() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let fields = [("first_name", "Ida"), ("last_name", "New"), ("email", "ida@a.example"), ("user_type", "user")];
    owner.post(CREATE, "/users/new", &fields).await;
    let page = owner.get("/users").await.body;
    let link = page.split("/invite/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let text = owner.get(&format!("/invite/{link}")).await.body;
    assert!(text.contains(&format!("You are signed in here as {}", tenant.owner)) && text.contains("signs ida@a.example in"), "{text}");
    let visitor = app.anonymous(&tenant.host).get(&format!("/invite/{link}")).await.body;
    assert!(visitor.contains("Welcome, Ida") && !visitor.contains("You are signed in here"));
}
