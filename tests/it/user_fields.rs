//! Custom fields of users: defined, filled, listed, filtered, exported, imported and copied.

use crate::import::{CHECK, RUN, UNDO, job, outcomes, upload};
use axum::http::StatusCode;
use test_support::{Actor, Answer, Tenant, TestApp};

const CREATE: &str = "/api/tenant/user_field_create";

/// A company with one field of each kind: `employee_no` is required and unique.
async fn company(app: &TestApp) -> (Tenant, Actor) {
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let unique = [("label", "Employee no."), ("kind", "text"), ("is_required", "true"), ("is_unique", "true")];
    let office = [("label", "Office"), ("kind", "choice"), ("choices", "Berlin\nNew York, NY\n")];
    assert_eq!(owner.call(CREATE, &unique).await.status, StatusCode::OK);
    assert_eq!(owner.call(CREATE, &office).await.status, StatusCode::OK);
    for (label, kind) in [("Size", "number"), ("First day", "date"), ("Remote", "checkbox")] {
        assert_eq!(owner.call(CREATE, &[("label", label), ("kind", kind)]).await.status, StatusCode::OK);
    }
    (tenant, owner)
}

async fn user_create(owner: &mut Actor, name: &str, fields: &[(&str, &str)]) -> Answer {
    let email = format!("{name}@acme.example");
    let mut all = vec![("first_name", name), ("last_name", "Lind"), ("email", &email), ("username", name), ("user_type", "user")];
    all.extend(fields);
    owner.post("/api/tenant/user_create", "/users/new", &all).await
}

async fn metadata(app: &TestApp, tenant: &Tenant, name: &str) -> String {
    app.sql().await.text(&format!("SELECT metadata::text FROM {}.users WHERE username = '{name}'", tenant.schema)).await
}

async fn user_path(app: &TestApp, tenant: &Tenant, name: &str) -> String {
    app.sql().await.text(&format!("SELECT '/users/' || id FROM {}.users WHERE username = '{name}'", tenant.schema)).await
}

/// The error beside a field of a page.
fn beside<'a>(page: &'a str, field: &str) -> &'a str {
    let after = page.split(&format!("id=\"{field}-error\"")).nth(1).unwrap_or_default();
    after.split("</p>").next().unwrap_or_default().rsplit('>').next().unwrap_or_default()
}

#[tokio::test]
async fn fields_are_defined_and_what_is_wrong_stands_beside_its_input() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let page = owner.get("/settings/fields").await.body;
    let badges = ["<span class=\"tone-neutral\">Required</span>", "<span class=\"tone-neutral\">Unique</span>"];
    for part in ["Employee no.", "employee_no", "Choice: Berlin, New York, NY", "first_day"].into_iter().chain(badges) {
        assert!(page.contains(part), "{part}: {page}");
    }
    for (fields, wrong, why) in [
        (vec![("label", "EMPLOYEE NO."), ("kind", "text")], "label", "Another field has this label"),
        (vec![("label", "\u{3164}"), ("kind", "text")], "label", "This field is required"),
        (vec![("label", "City"), ("kind", "choice")], "choices", "Enter at least one choice"),
        (vec![("label", "City"), ("kind", "choice"), ("choices", "a\nA")], "choices", "is listed twice"),
        (vec![("label", "City"), ("kind", "colour")], "kind", "Choose a kind"),
        (vec![("label", "Agreed"), ("kind", "checkbox"), ("is_unique", "true")], "is_unique", "cannot be required or unique"),
    ] {
        owner.post(CREATE, "/settings/fields", &fields).await;
        let page = owner.get("/settings/fields").await.body;
        assert!(beside(&page, wrong).contains(why), "{fields:?}: {page}");
        assert!(page.contains(&format!("value=\"{}\"", fields[0].1)), "what was typed is kept: {page}");
    }
    // A label whose letters are no ASCII has a key all the same, and each key stands once.
    for label in ["人", "Größe", "Gr sse", "名", "007"] {
        assert_eq!(owner.call(CREATE, &[("label", label), ("kind", "text")]).await.status, StatusCode::OK, "{label}");
    }
    let keys = format!("SELECT key FROM {}.user_fields WHERE position > 4 ORDER BY position", tenant.schema);
    assert_eq!(app.sql().await.texts(&keys).await, ["field", "gr_sse", "gr_sse_2", "field_2", "field_007"]);
    for (to, first) in [("up", "office"), ("down", "employee_no")] {
        owner.call("/api/tenant/user_field_move", &[("key", "office"), ("to", to)]).await;
        let page = owner.get("/users/new").await.body;
        let place = |key: &str| page.find(&format!("fields[{key}]")).unwrap();
        assert_eq!(place("office") < place("employee_no"), first == "office", "{to}");
    }
    let said = owner.get("/audit").await.body;
    assert!(said.contains("Added the user field Office") && said.contains("Moved the user field Office"), "{said}");
}

#[tokio::test]
async fn values_are_checked_kept_and_told_apart() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let wrong = [("fields[size]", "1,5"), ("fields[first_day]", "31.12.2026"), ("fields[office]", "Rome"), ("email", "not an address")];
    user_create(&mut owner, "mara", &wrong).await;
    let page = owner.get("/users/new").await.body;
    for (field, why) in [
        ("fields[employee_no]", "This field is required"),
        ("fields[size]", "Enter a number such as 1200 or 12.5"),
        ("fields[first_day]", "Enter a date such as 2026-03-31"),
        ("fields[office]", "Choose an option from the list"),
    ] {
        assert!(beside(&page, field).contains(why), "{field}: {page}");
    }
    assert!(page.contains("id=\"email-error\"") && page.contains("value=\"1,5\""), "everything is told at once, and kept: {page}");

    let right = [
        ("fields[employee_no]", " E-17 "),
        ("fields[size]", "12.50"),
        ("fields[first_day]", "2026-12-31"),
        ("fields[office]", "New York, NY"),
        ("boxes[remote]", "1"),
        ("fields[remote]", "true"),
    ];
    let made = user_create(&mut owner, "mara", &right).await;
    assert!(made.location().starts_with("/users/"), "{}", made.location());
    let stored =
        "{\"size\": 12.5, \"office\": \"New York, NY\", \"remote\": true, \"first_day\": \"2026-12-31\", \"employee_no\": \"E-17\"}";
    assert_eq!(metadata(&app, &tenant, "mara").await, stored);

    // Nobody else has the same, however it is written.
    let path = user_create(&mut owner, "tom", &[("fields[employee_no]", "e-17")]).await;
    assert_eq!(path.location(), "/users/new");
    assert!(beside(&owner.get("/users/new").await.body, "fields[employee_no]").contains("Another user has this value"));
    assert!(user_create(&mut owner, "tom", &[("fields[employee_no]", "e-18")]).await.location().starts_with("/users/"));

    let path = made.location().to_owned();
    let page = owner.get(&path).await.body;
    let version = page.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let id = path.trim_start_matches("/users/").to_owned();
    let base = [
        ("id", id.as_str()),
        ("version", &version),
        ("first_name", "mara"),
        ("last_name", "Lind"),
        ("email", "mara@acme.example"),
        ("username", "mara"),
        ("user_type", "user"),
    ];
    let update = |more: &[(&'static str, &'static str)]| [&base[..], more].concat();
    // The raw box is for everything else: a field is changed in its own input.
    let raw = update(&[("metadata", "{\"size\": 1}")]);
    owner.post("/api/tenant/user_update", &path, &raw).await;
    assert!(beside(&owner.get(&path).await.body, "metadata").contains("is the field Size of this form"));
    // A box without a tick, an emptied field and one that the form did not have.
    let fields = update(&[("boxes[remote]", "1"), ("fields[size]", ""), ("fields[employee_no]", "E-18"), ("metadata", "{\"tool\": 1}")]);
    owner.post("/api/tenant/user_update", &path, &fields).await;
    assert!(beside(&owner.get(&path).await.body, "fields[employee_no]").contains("Another user has this value"));
    assert_eq!(metadata(&app, &tenant, "mara").await, stored, "a refused form changes nothing");
    let fields = update(&[("boxes[remote]", "1"), ("fields[size]", ""), ("fields[employee_no]", "E-19"), ("metadata", "{\"tool\": 1}")]);
    owner.post("/api/tenant/user_update", &path, &fields).await;
    let changed = "{\"tool\": 1, \"office\": \"New York, NY\", \"first_day\": \"2026-12-31\", \"employee_no\": \"E-19\"}";
    assert_eq!(metadata(&app, &tenant, "mara").await, changed);
    // The value that was given up is free again.
    assert!(user_create(&mut owner, "eve", &[("fields[employee_no]", "E-17")]).await.location().starts_with("/users/"));
    // Whoever comes later with what was read before is told what changed.
    let late = update(&[
        ("fields[office]", "Berlin"),
        ("seen[field.office]", "Rome"),
        ("fields[employee_no]", "E-20"),
        ("seen[field.employee_no]", "E-17"),
    ]);
    owner.post("/api/tenant/user_update", &path, &late).await;
    let page = owner.get(&path).await.body;
    assert!(beside(&page, "fields[employee_no]").contains("Now “E-19”, before that “E-17”"), "{page}");
    let said = owner.get("/audit").await.body;
    assert!(said.contains("Changed the employee no, remote, size and metadata of mara@acme.example"), "{said}");
}

#[tokio::test]
async fn fields_are_columns_filters_and_cells_of_a_file() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    assert_eq!(owner.call(CREATE, &[("label", "Agreed"), ("kind", "choice"), ("choices", "yes\nno")]).await.status, StatusCode::OK);
    let people =
        [("mara", "=1+1", "Berlin", "2026-12-31", "true"), ("tom", "E-2", "New York, NY", "2020-01-01", ""), ("eve", "E-3", "", "", "")];
    for (name, number, office, day, remote) in people {
        let fields = [
            ("fields[employee_no]", number),
            ("fields[office]", office),
            ("fields[first_day]", day),
            ("fields[remote]", remote),
            ("fields[size]", "7"),
            ("fields[agreed]", if name == "tom" { "no" } else { "" }),
        ];
        assert!(user_create(&mut owner, name, &fields).await.location().starts_with("/users/"), "{name}");
    }
    let shown = |page: &str| {
        ["mara", "tom", "eve"].into_iter().filter(|name| page.contains(&format!("{name}@acme.example"))).collect::<Vec<_>>().join(" ")
    };
    // The message about the last one has been read.
    owner.get("/users").await;
    for (query, who) in [
        ("field.office=Berlin", "mara"),
        ("field.office=New+York%2C+NY", "tom"),
        ("field.remote=yes", "mara"),
        ("field.remote=no", "tom eve"),
        ("field.size=7.0", "mara tom eve"),
        ("field.size=7&field.first_day=2020-01-01", "tom"),
        ("field.employee_no=E-3", "eve"),
        ("field.agreed=no", "tom"),
        ("field.size=many", ""),
        ("field.nothing=x", "mara tom eve"),
        ("field.%27%3B--=x&field.=y", "mara tom eve"),
    ] {
        assert_eq!(shown(&owner.get(&format!("/users?{query}")).await.body), who, "{query}");
    }
    let page = owner.get("/users?field.office=Berlin&filters=all").await.body;
    assert!(page.contains("Office: Berlin") && page.contains("name=\"field.size\"") && page.contains("name=\"field.first_day\""), "{page}");
    // What a filter matches is found by the index, and an act for many means the same users.
    let sql = app.sql().await;
    sql.run("SET enable_seqscan = off").await;
    let plan = format!("EXPLAIN SELECT id FROM {}.users WHERE metadata @> '{{\"office\": \"Berlin\"}}'", tenant.schema);
    assert!(sql.texts(&plan).await.join(" ").contains("users_metadata_idx"));
    let ask = owner.get("/users/bulk?act=deactivate&who=all&field.office=Berlin").await.body;
    assert!(ask.contains("mara@acme.example") && !ask.contains("tom@acme.example"), "{ask}");
    let ask = owner.get("/users/bulk?act=deactivate&who=all&field.agreed=no").await.body;
    assert!(ask.contains("tom@acme.example") && !ask.contains("mara@acme.example"), "a choice called no is no missing tick: {ask}");

    assert!(!owner.get("/users").await.body.contains("31 December 2026"), "a column is shown to those who choose it");
    let layout = [("list", "users"), ("shown[field.first_day]", "true"), ("shown[field.remote]", "true")];
    assert_eq!(owner.call("/api/tenant/list_layout_set", &layout).await.status, StatusCode::OK);
    let page = owner.get("/users").await.body;
    assert!(page.contains("First day") && page.contains("31 December 2026") && page.matches(">Yes").count() == 1, "{page}");

    let file = owner.get("/users.csv").await.body;
    let head = file.lines().next().unwrap();
    assert!(head.ends_with("field.employee_no,field.office,field.size,field.first_day,field.remote,field.agreed"), "{head}");
    let mara = file.lines().find(|line| line.contains("mara@")).unwrap();
    assert!(mara.ends_with("'=1+1,Berlin,7,2026-12-31,true,"), "{mara}");
    // What went out comes in again and changes nobody.
    let draft = upload(&mut owner, &file).await;
    let page = owner.get(&format!("/users/import/{draft}")).await.body;
    let column = |field: &str| {
        let select = page.split(&format!("name=\"columns[{field}]\"")).nth(1).unwrap().split("</select>").next().unwrap();
        select.split("\" selected").next().unwrap().rsplit('"').next().unwrap().to_owned()
    };
    assert_eq!((column("field.employee_no"), column("field.remote")), ("9".to_owned(), "13".to_owned()), "{page}");
    let names = ["email", "first_name", "last_name", "user_type"].map(|field| (format!("columns[{field}]"), column(field)));
    let own = ["employee_no", "office", "size", "first_day", "remote"]
        .map(|key| (format!("columns[field.{key}]"), column(&format!("field.{key}"))));
    let mut rules = vec![("id", draft.as_str()), ("mode", "update"), ("match_by", "email"), ("user_type", "user")];
    rules.extend(names.iter().chain(&own).map(|(name, column)| (name.as_str(), column.as_str())));
    let (look, _) = job(&app, &mut owner, CHECK, &rules).await;
    assert_eq!(outcomes(&app, &tenant, &look).await, ["unchanged 4"]);
}

#[tokio::test]
async fn an_import_fills_fields_and_is_undone() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    assert!(
        user_create(&mut owner, "mara", &[("fields[employee_no]", "E-1"), ("fields[office]", "Berlin")])
            .await
            .location()
            .starts_with("/users/")
    );
    let before = metadata(&app, &tenant, "mara").await;
    let file = "First,Last,Email,Employee no.,OFFICE,Remote\n\
        mara,Lind,mara@acme.example,E-2,new york\\, ny,yes\n\
        Ben,Braun,ben@acme.example,E-3,,\n\
        Cleo,Clay,cleo@acme.example,,Berlin,no\n\
        Dora,Dorn,dora@acme.example,e-3,,\n\
        Emil,Ernst,emil@acme.example,E-4,Rome,\n"
        .replace("new york\\, ny", "\"new york, ny\"");
    let draft = upload(&mut owner, &file).await;
    let page = owner.get(&format!("/users/import/{draft}")).await.body;
    for (field, column) in [("employee_no", "3"), ("office", "4"), ("remote", "5")] {
        let select = page.split(&format!("name=\"columns[field.{field}]\"")).nth(1).unwrap().split("</select>").next().unwrap();
        assert!(select.contains(&format!("<option value=\"{column}\" selected")), "{field}: {select}");
    }
    let mut rules = vec![("id", draft.as_str()), ("mode", "both"), ("match_by", "email"), ("user_type", "user")];
    rules.extend([("columns[first_name]", "0"), ("columns[last_name]", "1"), ("columns[email]", "2")]);
    rules.extend([("columns[field.office]", "4"), ("columns[field.remote]", "5")]);
    owner.post(CHECK, &format!("/users/import/{draft}"), &rules).await;
    let page = owner.get(&format!("/users/import/{draft}")).await.body;
    assert!(beside(&page, "columns[field.employee_no]").contains("New users need this: Employee no."), "{page}");
    rules.push(("columns[field.employee_no]", "3"));
    let (look, _) = job(&app, &mut owner, CHECK, &rules).await;
    assert_eq!(outcomes(&app, &tenant, &look).await, ["created 1", "failed 3", "updated 1"]);
    let left = owner.get(&format!("/jobs/{look}/file")).await.body;
    for why in [
        "Employee no.: This field is required",
        "Employee no.: the file contains this value twice",
        "Office: Choose an option from the list",
    ] {
        assert!(left.contains(why), "{why}: {left}");
    }
    let (run, ended) = job(&app, &mut owner, RUN, &[("id", &look)]).await;
    assert_eq!(ended, "done");
    assert_eq!(outcomes(&app, &tenant, &run).await, ["created 1", "failed 3", "updated 1"]);
    assert_eq!(metadata(&app, &tenant, "mara").await, "{\"office\": \"New York, NY\", \"remote\": true, \"employee_no\": \"E-2\"}");
    assert_eq!(metadata(&app, &tenant, "ben").await, "{\"employee_no\": \"E-3\"}");
    let taken = format!("SELECT value_key FROM {}.user_field_values ORDER BY value_key", tenant.schema);
    assert_eq!(app.sql().await.texts(&taken).await, ["e-2", "e-3"]);
    // A value that a line gives up goes to nobody within the same import.
    let swap = "First,Last,Email,Employee no.\nmara,Lind,mara@acme.example,E-9\nGil,Gold,gil@acme.example,E-2\n";
    let draft = upload(&mut owner, swap).await;
    let columns = [("columns[first_name]", "0"), ("columns[last_name]", "1"), ("columns[email]", "2"), ("columns[field.employee_no]", "3")];
    let swap = [&[("id", draft.as_str()), ("mode", "both"), ("match_by", "email"), ("user_type", "user")][..], &columns].concat();
    let (look, _) = job(&app, &mut owner, CHECK, &swap).await;
    assert_eq!(outcomes(&app, &tenant, &look).await, ["failed 1", "updated 1"]);
    // A second file finds them taken.
    let draft = upload(&mut owner, "First,Last,Email,Employee no.\nFay,Fink,fay@acme.example,E-3\n").await;
    let again = [
        ("id", draft.as_str()),
        ("mode", "create"),
        ("match_by", "email"),
        ("user_type", "user"),
        ("columns[first_name]", "0"),
        ("columns[last_name]", "1"),
        ("columns[email]", "2"),
        ("columns[field.employee_no]", "3"),
    ];
    let (look, _) = job(&app, &mut owner, CHECK, &again).await;
    assert!(owner.get(&format!("/jobs/{look}/file")).await.body.contains("Employee no.: another user has this value"));
    let (undo, ended) = job(&app, &mut owner, UNDO, &[("id", &run)]).await;
    assert_eq!((ended.as_str(), outcomes(&app, &tenant, &undo).await), ("done", vec!["undone 2".to_owned()]));
    assert_eq!(metadata(&app, &tenant, "mara").await, before);
    assert_eq!(app.sql().await.texts(&taken).await, ["e-1"]);
}

#[tokio::test]
async fn definitions_change_without_losing_what_users_have() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    for (name, number) in [("mara", "E-1"), ("tom", "E-2")] {
        let fields = [("fields[employee_no]", number), ("fields[office]", "Berlin"), ("fields[size]", "7")];
        assert!(user_create(&mut owner, name, &fields).await.location().starts_with("/users/"));
    }
    let edit = async |owner: &mut Actor, key: &str, fields: &[(&str, &str)]| {
        let path = format!("/settings/fields?edit={key}");
        let page = owner.get(&path).await.body;
        let version = page.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
        let all = [&[("key", key), ("version", version.as_str())], fields].concat();
        let answer = owner.post("/api/tenant/user_field_update", &path, &all).await;
        (answer.location().to_owned(), owner.get(&path).await.body)
    };
    let (_, page) = edit(&mut owner, "office", &[("label", "Office"), ("choices", "Lisbon")]).await;
    assert!(beside(&page, "choices").contains("2 users have “Berlin”"), "{page}");
    let (path, _) = edit(&mut owner, "office", &[("label", "Site"), ("choices", "Berlin\nLisbon")]).await;
    assert_eq!(path, "/settings/fields");
    assert!(owner.get("/users/new").await.body.contains("Lisbon"));
    // An edit that was begun before a field was deleted takes nothing of it away.
    let path = user_path(&app, &tenant, "mara").await;
    let page = owner.get(&path).await.body;
    let version = page.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let office = [("key", "office"), ("label", "Site"), ("kind", "choice"), ("choices", "Berlin\nLisbon"), ("place", "1")];
    assert_eq!(owner.call("/api/tenant/user_field_delete", &[("key", "office")]).await.status, StatusCode::OK);
    let late = [
        ("id", path.trim_start_matches("/users/")),
        ("version", &version),
        ("first_name", "Mara"),
        ("last_name", "Lind"),
        ("email", "mara@acme.example"),
        ("username", "mara"),
        ("user_type", "user"),
        ("metadata", "{}"),
        ("seen[metadata]", "{}"),
        ("fields[office]", "Lisbon"),
    ];
    assert_eq!(owner.call("/api/tenant/user_update", &late).await.status, StatusCode::OK);
    assert!(metadata(&app, &tenant, "mara").await.contains("Berlin"));
    // Another field of that name begins empty; what was there comes back with the field alone, and where it fits.
    assert_eq!(owner.call(CREATE, &[("label", "Office"), ("kind", "number")]).await.status, StatusCode::OK);
    assert!(owner.get("/users/new").await.body.contains("fields[office_2]"));
    let strange = [("key", "office"), ("label", "Years"), ("kind", "number")];
    let refused = owner.call(CREATE, &strange).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("does not fit this field"), "{}", refused.body);
    assert_eq!(owner.call(CREATE, &office).await.status, StatusCode::OK);
    let order = format!("SELECT key FROM {}.user_fields ORDER BY position", tenant.schema);
    assert_eq!(app.sql().await.texts(&order).await[..3], ["employee_no", "office", "size"]);
    // A field that two users share a value of cannot become unique.
    let (_, page) = edit(&mut owner, "size", &[("label", "Size"), ("is_unique", "true")]).await;
    assert!(beside(&page, "is_unique").contains("1 user has a value that another user has too"), "{page}");
    let late = [("key", "size"), ("version", "1"), ("label", "Width")];
    assert_eq!(owner.call("/api/tenant/user_field_update", &late).await.status, StatusCode::CONFLICT);

    // A field that is deleted comes back with what users have of it, and is unique as before.
    owner.post("/api/tenant/user_field_delete", "/settings/fields", &[("key", "employee_no")]).await;
    let page = owner.get("/settings/fields").await.body;
    assert!(page.contains("Employee no. was deleted") && page.contains("Undo"), "{page}");
    assert!(user_create(&mut owner, "eve", &[]).await.location().starts_with("/users/"), "it is not required any more");
    let back = [("key", "employee_no"), ("label", "Employee no."), ("kind", "text"), ("is_required", "true"), ("is_unique", "true")];
    assert_eq!(owner.call(CREATE, &back).await.status, StatusCode::OK);
    assert_eq!(owner.call(CREATE, &back).await.status, StatusCode::CONFLICT);
    user_create(&mut owner, "fay", &[("fields[employee_no]", "e-2")]).await;
    assert!(beside(&owner.get("/users/new").await.body, "fields[employee_no]").contains("Another user has this value"));

    // A copy of the company has the fields, and knows which values are taken.
    let form = control::transfer::CloneForm { domain: "copy".to_owned(), ..control::transfer::CloneForm::default() };
    let id = control::transfer::tenant_clone(&app.operator(), "acme", &form, &secrecy::SecretString::from("")).await.unwrap();
    assert_eq!(control::jobs::run_only(&app.services, id).await.unwrap().unwrap().status, "done");
    let both = |table: &str, what: &str| format!("SELECT {what} FROM {}.{table} ORDER BY 1", tenant.schema);
    for (table, what) in
        [("user_fields", "key || label || kind || choices || is_unique"), ("user_field_values", "field_key || value_key || user_id")]
    {
        let sql = both(table, what);
        let copied = app.sql().await.texts(&sql.replace(&tenant.schema, "tenant_copy")).await;
        assert_eq!(app.sql().await.texts(&sql).await, copied, "{table}");
        assert!(!copied.is_empty());
    }
}
