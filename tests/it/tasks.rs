//! Tasks: what a user has to do over all pipelines, and saying that it is done.

use axum::http::StatusCode;
use test_support::{Actor, TestApp};

async fn set_done(actor: &mut Actor, id: &str, done: &str) -> StatusCode {
    actor.call("/api/tenant/task_set_done", &[("pipeline", "activities"), ("id", id), ("done", done)]).await.status
}

#[tokio::test]
async fn tasks_are_listed_by_when_they_are_due_and_done() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (sql, schema) = (app.sql().await, tenant.schema.clone());
    let mut seller = app.signed_in(&tenant, "salesperson").await;
    let mut manager = app.signed_in(&tenant, "manager").await;
    let make = async |actor: &mut Actor, subject: &str, due: &str| {
        let fields = [("pipeline", "activities"), ("fields[subject]", subject), ("fields[due_date]", due)];
        let answer = actor.post("/api/tenant/record_create", "/p/activities/new", &fields).await;
        answer.location().strip_prefix("/p/activities/").unwrap_or_default().to_owned()
    };
    let late = make(&mut seller, "Late call", "2020-01-01").await;
    make(&mut seller, "Far away", "2035-01-01").await;
    make(&mut seller, "Some day", "").await;
    let other = make(&mut manager, "Of others", "2020-01-01").await;
    let page = seller.get("/tasks").await.body;
    let places: Vec<Option<usize>> =
        ["Overdue", "Late call", "Later", "Far away", "Without a date", "Some day"].map(|text| page.rfind(&format!(">{text}"))).to_vec();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {page}");
    assert!(!page.contains("Of others"));
    // What is done goes, again too, and comes back; each change counts once.
    for (done, is_shown) in [("yes", false), ("yes", false), ("no", true), ("yes", false)] {
        assert_eq!(set_done(&mut seller, &late, done).await, StatusCode::OK);
        seller.get("/").await;
        assert_eq!(seller.get("/tasks").await.body.contains("Late call"), is_shown, "{done}");
    }
    assert_eq!(sql.text(&format!("SELECT version::text FROM {schema}.records WHERE id = {late}")).await, "4");
    assert!(seller.get(&format!("/p/activities/{late}")).await.body.contains("Reopen"));
    // Others' tasks are not there; a pipeline without such a checkbox has none.
    assert_eq!(set_done(&mut seller, &other, "yes").await, StatusCode::NOT_FOUND);
    let contact = [("pipeline", "contacts"), ("fields[last_name]", "Ada")];
    let contact = manager.post("/api/tenant/record_create", "/p/contacts/new", &contact).await.location().replace("/p/contacts/", "");
    let done = [("pipeline", "contacts"), ("id", &*contact), ("done", "yes")];
    assert_eq!(manager.call("/api/tenant/task_set_done", &done).await.status, StatusCode::NOT_FOUND);
    manager.call("/api/tenant/record_delete", &[("pipeline", "activities"), ("id", &other)]).await;
    assert_eq!(set_done(&mut manager, &other, "yes").await, StatusCode::CONFLICT);
    // A field that may only be read is not ticked; a hidden one makes no tasks.
    for (access, status, is_shown) in [("read", StatusCode::FORBIDDEN, true), ("none", StatusCode::NOT_FOUND, false)] {
        sql.run(&format!(
            "DELETE FROM {schema}.role_fields; INSERT INTO {schema}.role_fields SELECT 'salesperson', id, '{access}' FROM {schema}.fields WHERE key = 'done'"
        ))
        .await;
        assert_eq!(set_done(&mut seller, &late, "no").await, status, "{access}");
        let page = seller.get("/tasks").await;
        assert_eq!((page.status, page.body.contains("Far away")), (StatusCode::OK, is_shown), "{access}");
        assert!(!page.body.contains("Mark done"), "{access}");
    }
}
