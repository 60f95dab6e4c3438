//! Notes about records: who sees a record reads them, their authors change them, and who is mentioned hears of it.

use axum::http::StatusCode;
use test_support::{Actor, Sql, Tenant, TestApp};

async fn start() -> (TestApp, Tenant, Sql, Actor, String) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    let insert = format!(
        "INSERT INTO {0}.records (pipeline_id, title, data) SELECT id, 'Ada', '{{\"last_name\": \"Ada\"}}' FROM {0}.pipelines WHERE key = 'contacts' RETURNING id::text",
        tenant.schema
    );
    let id = sql.text(&insert).await;
    let owner = app.owner(&tenant).await;
    (app, tenant, sql, owner, id)
}

async fn call(actor: &mut Actor, act: &str, id: &str, more: &[(&str, &str)]) -> StatusCode {
    let fields = [&[("pipeline", "contacts"), ("id", id)], more].concat();
    actor.call(&format!("/api/tenant/note_{act}"), &fields).await.status
}

#[tokio::test]
async fn notes_are_written_changed_and_brought_back() {
    let (app, tenant, sql, mut owner, id) = start().await;
    let mut manager = app.signed_in(&tenant, "manager").await;
    let mut seller = app.signed_in(&tenant, "salesperson").await;
    let page = format!("/p/contacts/{id}");
    assert_eq!(call(&mut owner, "create", &id, &[("body", " Line one\r\nLine <b>two</b> ")]).await, StatusCode::OK);
    let body = manager.get(&page).await.body;
    assert!(body.contains("Line one\nLine &lt;b>two&lt;/b>") || body.contains("Line one\nLine &lt;b&gt;two&lt;/b&gt;"), "{body}");
    assert!(body.contains("added a note"));
    // What is wrong is said, and what was typed is kept.
    let long = "x".repeat(10_001);
    for wrong in ["", " \n ", &*long, "a\u{0}b"] {
        assert_eq!(
            call(&mut owner, "create", &id, &[("body", wrong)]).await,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{} characters",
            wrong.len()
        );
    }
    owner.post("/api/tenant/note_create", &page, &[("pipeline", "contacts"), ("id", &id), ("body", &long)]).await;
    assert!(owner.get(&page).await.body.contains(&long), "what was typed is kept");
    // Others read it; its author alone changes it.
    let note = sql.text(&format!("SELECT id::text FROM {}.notes", tenant.schema)).await;
    let one = [("note", &*note), ("version", "1"), ("body", "Rewritten")];
    assert_eq!(call(&mut manager, "update", &id, &one).await, StatusCode::FORBIDDEN);
    assert_eq!(call(&mut owner, "update", &id, &one).await, StatusCode::OK);
    assert_eq!(
        call(&mut owner, "update", &id, &[one[0], one[1], ("body", "Again")]).await,
        StatusCode::CONFLICT,
        "it was changed meanwhile"
    );
    assert!(manager.get(&page).await.body.contains("Rewritten") && !manager.get(&page).await.body.contains(&format!("?note={note}")));
    assert!(owner.get(&format!("{page}?note={note}")).await.body.contains("Save note"));
    // A salesperson neither reads nor writes notes about what they do not see; another record has other notes.
    for act in ["create", "update", "delete", "restore"] {
        assert_eq!(call(&mut seller, act, &id, &one).await, StatusCode::NOT_FOUND, "{act}");
    }
    let other = sql
        .text(&format!("INSERT INTO {0}.records (pipeline_id) SELECT pipeline_id FROM {0}.records RETURNING id::text", tenant.schema))
        .await;
    for act in ["update", "delete", "restore"] {
        assert_eq!(call(&mut owner, act, &other, &one).await, StatusCode::NOT_FOUND, "{act}: a note of another record");
    }
    sql.run(&format!(
        "INSERT INTO {0}.record_shares (record_id, user_id, can_edit) SELECT {id}, id, false FROM {0}.users WHERE username = 'salesperson'",
        tenant.schema
    ))
    .await;
    assert!(seller.get(&page).await.body.contains("Rewritten") && !seller.get(&page).await.body.contains("Add note"));
    assert_eq!(call(&mut seller, "create", &id, &[("body", "Mine")]).await, StatusCode::FORBIDDEN);
    assert_eq!(call(&mut seller, "delete", &id, &one).await, StatusCode::FORBIDDEN);
    // Who may delete the record deletes notes, and brings them back.
    for (act, is_shown) in [("delete", false), ("delete", false), ("restore", true)] {
        assert_eq!(call(&mut manager, act, &id, &one).await, StatusCode::OK);
        assert_eq!(seller.get(&page).await.body.contains("Rewritten"), is_shown, "{act}");
    }
    owner.call("/api/tenant/record_delete", &[("pipeline", "contacts"), ("id", &id)]).await;
    for act in ["create", "update", "delete"] {
        assert_eq!(call(&mut owner, act, &id, &one).await, StatusCode::CONFLICT, "{act}: the record is in the trash");
    }
    assert!(owner.get(&page).await.body.contains("Rewritten"), "it is read there");
    // Many notes come page by page.
    sql.run(&format!(
        "INSERT INTO {0}.notes (record_id, body) SELECT {other}, 'Note ' || n || '.' FROM generate_series(1, 45) n",
        tenant.schema
    ))
    .await;
    let (mut next, mut read) = (format!("/p/contacts/{other}"), 0);
    loop {
        let body = owner.get(&next).await.body;
        read += body.matches("Note ").count();
        let links = body.split("?notes=").skip(1).filter_map(|rest| rest.split_once("#notes\"").map(|(number, _)| number));
        let Some(number) = links.filter(|number| number.parse::<i64>().is_ok()).last() else { break };
        next = format!("/p/contacts/{other}?notes={number}");
    }
    assert_eq!(read, 45);
}

/// A mention is an e-mail that says nothing of the record.
#[tokio::test]
async fn who_is_mentioned_gets_an_e_mail() {
    let (app, tenant, sql, mut owner, id) = start().await;
    for name in ["manager", "salesperson", "user"] {
        app.user(&tenant, name, name).await;
    }
    sql.run(&format!("UPDATE {}.users SET is_active = false WHERE username = 'user'", tenant.schema)).await;
    let own = sql.text(&format!("SELECT username FROM {}.users WHERE user_type = 'owner'", tenant.schema)).await;
    let body = format!("@manager, @Manager and @user: call @nobody, not me@manager.example. @{own}");
    assert_eq!(call(&mut owner, "create", &id, &[("body", &body)]).await, StatusCode::OK);
    let sent = app.emails(1).await;
    assert!(sent.len() == 1 && sent[0].to.contains("manager@"), "{:?}", sent.iter().map(|mail| &mail.to).collect::<Vec<_>>());
    let text = &sent[0].text;
    assert!(text.contains(&format!("/p/contacts/{id}#notes")) && text.contains("mentioned you"), "{text}");
    assert!(!text.contains("Ada") && !text.contains("call"), "{text}");
    // Only those who were not mentioned before.
    let note = sql.text(&format!("SELECT id::text FROM {}.notes", tenant.schema)).await;
    let fields = [("note", &*note), ("version", "1"), ("body", "@manager @salesperson")];
    assert_eq!(call(&mut owner, "update", &id, &fields).await, StatusCode::OK);
    let sent = app.emails(1).await;
    assert!(sent.len() == 1 && sent[0].to.contains("salesperson@"), "{:?}", sent.iter().map(|mail| &mail.to).collect::<Vec<_>>());
}
