//! Relations: records are linked at both ends, each user sees the links that lead to what the user sees, and nothing is learnt of others.

use axum::http::StatusCode;
use futures_util::future::join_all;
use test_support::{Actor, Answer, Sql, Tenant, TestApp};

const CREATE: &str = "/api/tenant/record_create";
const UPDATE: &str = "/api/tenant/record_update";
const LINK: &str = "/api/tenant/record_link";
const UNLINK: &str = "/api/tenant/record_unlink";
const RELATE: &str = "/api/tenant/relation_create";

async fn start() -> (TestApp, Tenant, Sql, Actor) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (sql, owner) = (app.sql().await, app.owner(&tenant).await);
    (app, tenant, sql, owner)
}

/// Creates a record as this user. Gives its id.
async fn made(actor: &mut Actor, pipeline: &str, fields: &[(&str, &str)]) -> String {
    let answer =
        actor.post(CREATE, &format!("/p/{pipeline}/new"), &[&[("pipeline", pipeline), ("duplicates", "true")], fields].concat()).await;
    let id = answer.location().strip_prefix(&format!("/p/{pipeline}/")).unwrap_or_default().to_owned();
    assert!(id.parse::<i64>().is_ok(), "{pipeline}: {} {} {}", answer.status, answer.location(), answer.body);
    id
}

async fn organization(actor: &mut Actor, name: &str) -> String {
    made(actor, "organizations", &[("fields[name]", name)]).await
}

/// Changes the organization of a contact, seen as `seen` before.
async fn put(actor: &mut Actor, sql: &Sql, tenant: &Tenant, contact: &str, (seen, typed): (&str, &str)) -> Answer {
    let version = sql.text(&format!("SELECT version::text FROM {}.records WHERE id = {contact}", tenant.schema)).await;
    let fields =
        [("pipeline", "contacts"), ("id", contact), ("version", &version), ("seen[organization]", seen), ("fields[organization]", typed)];
    actor.call(UPDATE, &fields).await
}

async fn linked(actor: &mut Actor, act: &str, (pipeline, id, field): (&str, &str, &str), other: &str) -> StatusCode {
    actor.call(act, &[("pipeline", pipeline), ("id", id), ("field", field), ("other", other)]).await.status
}

/// All links, as titles.
async fn links(sql: &Sql, tenant: &Tenant) -> String {
    let query = format!(
        "SELECT coalesce(string_agg(f.title || ' > ' || t.title, ', ' ORDER BY f.title, t.title), '') FROM {0}.links l \
         JOIN {0}.records f ON f.id = l.from_id JOIN {0}.records t ON t.id = l.to_id",
        tenant.schema
    );
    sql.text(&query).await
}

/// The error beside a field of a refused call.
fn wrong(answer: &Answer, field: &str) -> String {
    let errors: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let text = errors.to_string();
    assert!(text.contains(field), "{field}: {} {text}", answer.status);
    text
}

#[tokio::test]
async fn a_title_that_is_typed_becomes_a_link() {
    let (_app, tenant, sql, mut owner) = start().await;
    let initech = organization(&mut owner, "Initech").await;
    let (one, two) = (organization(&mut owner, "Hooli").await, organization(&mut owner, "Hooli").await);
    let ada = made(&mut owner, "contacts", &[("fields[last_name]", "Ada"), ("fields[organization]", " initech ")]).await;
    assert_eq!(links(&sql, &tenant).await, "Ada > Initech");
    assert_eq!(
        sql.text(&format!("SELECT (data ? 'organization')::text FROM {}.records WHERE id = {ada}", tenant.schema)).await,
        "false",
        "a link is no value"
    );
    // Each end shows it, and so do lists, filters and files.
    let page = owner.get(&format!("/p/contacts/{ada}")).await.body;
    assert!(page.contains(&format!("href=\"/p/organizations/{initech}\"")), "the contact leads to it");
    let page = owner.get(&format!("/p/organizations/{initech}")).await.body;
    assert!(page.contains(&format!("href=\"/p/contacts/{ada}\"")) && page.contains("linked this") && page.contains("Contacts: Ada"));
    let found = async |owner: &mut Actor, query: &str| {
        let page = owner.get(&format!("/p/contacts?{query}")).await.body;
        page.contains(&format!("/p/contacts/{ada}\""))
    };
    for (query, is_found) in [
        (format!("field.organization.is={initech}"), true),
        (format!("field.organization.is={one}"), false),
        (format!("field.organization.is_not={one}"), true),
        (format!("field.organization.is_not={initech}"), false),
        ("field.organization.contains=NITE".to_owned(), true),
        ("field.organization.contains=%25".to_owned(), false),
        ("field.organization.contains_not=nite".to_owned(), false),
        ("field.organization.empty=yes".to_owned(), false),
        ("field.organization.filled=yes".to_owned(), true),
        ("field.organization.is=999999".to_owned(), false),
        ("field.deals.empty=yes".to_owned(), true),
    ] {
        assert_eq!(found(&mut owner, &query).await, is_found, "{query}");
    }
    assert!(owner.get("/p/contacts?sort=field.organization").await.body.contains("Initech"), "no order, and no error");
    assert!(owner.get(&format!("/p/contacts?field.organization.is={initech}")).await.body.contains("Organization is Initech"));
    // What names no record, or several, is refused with what to do, and kept.
    let typed = async |owner: &mut Actor, text: &str| {
        owner.call(CREATE, &[("pipeline", "contacts"), ("fields[last_name]", "Bob"), ("fields[organization]", text)]).await
    };
    assert!(wrong(&typed(&mut owner, "Inite").await, "fields[organization]").contains("Did you mean Initech?"));
    assert!(wrong(&typed(&mut owner, "Umbrella").await, "fields[organization]").contains("create it first"));
    let several = wrong(&typed(&mut owner, "Hooli").await, "fields[organization]");
    assert!(several.contains(&format!("Hooli #{one}")) && several.contains(&format!("Hooli #{two}")), "{several}");
    for odd in [&*"x".repeat(2_000), "%", "#", "# 7", "#99999999999999999999", "Hooli #999999", &format!("Initech #{one}")] {
        assert_eq!(typed(&mut owner, odd).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}");
    }
    made(&mut owner, "contacts", &[("fields[last_name]", "Bob"), ("fields[organization]", &format!("Hooli #{two}"))]).await;
    assert_eq!(links(&sql, &tenant).await, "Ada > Initech, Bob > Hooli");
    // A link is changed, taken away, and noted at all ends.
    assert_eq!(put(&mut owner, &sql, &tenant, &ada, ("Initech", &format!("hooli #{one}"))).await.status, StatusCode::OK);
    let page = owner.get(&format!("/p/contacts/{ada}")).await.body;
    assert!(page.contains("Organization: Initech → Hooli"), "{page}");
    assert!(owner.get(&format!("/p/organizations/{initech}")).await.body.contains("unlinked this"));
    assert_eq!(put(&mut owner, &sql, &tenant, &ada, ("Hooli", "")).await.status, StatusCode::OK);
    assert_eq!(links(&sql, &tenant).await, "Bob > Hooli");
    assert!(owner.get("/p/contacts?field.organization.empty=yes").await.body.contains(&format!("/p/contacts/{ada}\"")));
    // Two users who change it: the second sees theirs.
    let stale =
        [("pipeline", "contacts"), ("id", &*ada), ("version", "1"), ("seen[organization]", "Initech"), ("fields[organization]", "Initech")];
    assert_eq!(owner.call(UPDATE, &stale).await.status, StatusCode::OK, "what was not touched stays");
    let stale = [&stale[..4], &[("fields[organization]", "Hooli #2")]].concat();
    let stale: Vec<_> = stale
        .into_iter()
        .map(|(name, value)| (name, if value == "Hooli #2" { format!("Hooli #{one}") } else { value.to_owned() }))
        .collect();
    let stale: Vec<(&str, &str)> = stale.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = owner.call(UPDATE, &stale).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    wrong(&answer, "fields[organization]");
    // A record in the trash is linked to nothing that is seen, and comes back with its links.
    put(&mut owner, &sql, &tenant, &ada, ("", "Initech")).await;
    for (act, is_shown) in [("record_delete", false), ("record_restore", true)] {
        owner.call(&format!("/api/tenant/{act}"), &[("pipeline", "organizations"), ("id", &initech)]).await;
        assert_eq!(owner.get(&format!("/p/contacts/{ada}")).await.body.contains("Initech</a>"), is_shown, "{act}");
    }
    // Parallel changes leave one link.
    let answers = join_all((0..6).map(|n| {
        let (mut owner, sql, tenant, ada, typed) = (owner.clone(), &sql, &tenant, &ada, if n % 2 == 0 { &one } else { &two });
        async move { put(&mut owner, sql, tenant, ada, ("Initech", &format!("#{typed}"))).await.status }
    }))
    .await;
    assert!(answers.iter().all(|status| [StatusCode::OK, StatusCode::CONFLICT].contains(status)), "{answers:?}");
    assert_eq!(links(&sql, &tenant).await, "Ada > Hooli, Bob > Hooli");
}

/// A salesperson sees own records alone: a link to others' is not there for them, by whatever way they look.
#[tokio::test]
async fn links_to_what_is_not_seen_are_not_there() {
    let (app, tenant, sql, mut owner) = start().await;
    let mut seller = app.signed_in(&tenant, "salesperson").await;
    let seller_id = sql.text(&format!("SELECT id::text FROM {}.users WHERE username = 'salesperson'", tenant.schema)).await;
    let hidden = organization(&mut owner, "Secret Holding").await;
    let other = organization(&mut owner, "Other Holding").await;
    let ada = made(&mut owner, "contacts", &[("fields[last_name]", "Ada"), ("fields[organization]", "Secret Holding")]).await;
    sql.run(&format!("UPDATE {}.records SET owner_id = {seller_id} WHERE id = {ada}", tenant.schema)).await;
    let addresses = [
        format!("/p/contacts/{ada}"),
        format!("/p/contacts/{ada}/edit"),
        "/p/contacts".to_owned(),
        "/p/contacts/new".to_owned(),
        format!("/p/deals/new?link.organization={hidden}"),
        format!("/p/contacts?field.organization.is={hidden}"),
        format!("/p/contacts?field.organization.is_not={hidden}"),
        "/p/contacts?field.organization.contains=secret".to_owned(),
        "/p/contacts?field.organization.filled=yes".to_owned(),
        "/p/contacts?field.organization.empty=yes".to_owned(),
        "/p/contacts?sort=field.organization".to_owned(),
        format!("/p/organizations/{hidden}"),
        format!("/p/organizations/{hidden}/link/contacts"),
        format!("/p/contacts/{ada}/link/deals?q=secret"),
        format!("/p/contacts/{ada}/related?depth=4"),
        "/search?q=secret".to_owned(),
        "/".to_owned(),
    ];
    let mut seen = Vec::new();
    for world in 0..3 {
        match world {
            0 => {}
            1 => sql.run(&format!("UPDATE {}.links SET to_id = {other} WHERE to_id = {hidden}", tenant.schema)).await,
            _ => sql.run(&format!("DELETE FROM {}.links", tenant.schema)).await,
        }
        let mut pages = Vec::new();
        for address in &addresses {
            let answer = seller.get(address).await;
            assert!(!answer.body.contains("Secret Holding"), "{address}");
            let nonce = answer.header("content-security-policy").split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
            let body = answer.body.replace(nonce.unwrap_or("?"), "");
            // What differs between any two requests.
            let body: Vec<&str> = body.split(['"', '<', '>']).filter(|part| !part.contains("2026-") && part.len() != 16).collect();
            pages.push(format!("{} {}", answer.status, body.join(" ")));
        }
        seen.push(pages);
    }
    for pages in seen.get(1..).unwrap_or_default() {
        for ((address, one), other) in addresses.iter().zip(&seen[0]).zip(pages) {
            assert_eq!(one, other, "{address} shows whether there is a link");
        }
    }
    // What is typed cannot tell a hidden record from none.
    let answers = async |seller: &mut Actor, name: &str| {
        let mut all = Vec::new();
        for text in [name.to_owned(), name.to_uppercase()] {
            let fields = [("pipeline", "contacts"), ("fields[last_name]", "Bob"), ("fields[organization]", &*text)];
            let answer = seller.call(CREATE, &fields).await;
            all.push(format!("{} {}", answer.status, answer.body.replace(&text, "")));
        }
        all
    };
    assert_eq!(answers(&mut seller, "Secret Holding").await, answers(&mut seller, "Nothing Holding").await);
    let by_number = async |seller: &mut Actor, id: &str| {
        let answer = seller
            .call(CREATE, &[("pipeline", "contacts"), ("fields[last_name]", "Bob"), ("fields[organization]", &format!("#{id}"))])
            .await;
        format!("{} {}", answer.status, answer.body.replace(id, ""))
    };
    assert_eq!(by_number(&mut seller, &hidden).await, by_number(&mut seller, "999999").await);
    for (act, id) in [(LINK, &hidden), (UNLINK, &hidden)] {
        assert_eq!(linked(&mut seller, act, ("organizations", id, "contacts"), &ada).await, StatusCode::NOT_FOUND);
    }
    // Sharing it shows the link.
    sql.run(&format!(
        "INSERT INTO {0}.links (from_id, relation_id, to_id, from_one, to_one) SELECT {ada}, f.relation_id, {hidden}, true, false \
         FROM {0}.fields f JOIN {0}.pipelines p ON p.id = f.pipeline_id WHERE p.key = 'contacts' AND f.key = 'organization'; \
         INSERT INTO {0}.record_shares (record_id, user_id, can_edit) VALUES ({hidden}, {seller_id}, false)",
        tenant.schema
    ))
    .await;
    assert!(seller.get(&format!("/p/contacts/{ada}")).await.body.contains("Secret Holding"));
    // A field that a role does not see at one end is not seen at the other either.
    sql.run(&format!(
        "INSERT INTO {0}.role_fields SELECT 'salesperson', f.id, 'none' FROM {0}.fields f JOIN {0}.pipelines p ON p.id = f.pipeline_id \
         WHERE p.key = 'organizations' AND f.key = 'contacts'",
        tenant.schema
    ))
    .await;
    let page = seller.get(&format!("/p/contacts/{ada}")).await.body;
    assert!(!page.contains("Secret Holding") && !page.contains(">Organization<"), "{page}");
    let answer = put(&mut seller, &sql, &tenant, &ada, ("Secret Holding", "")).await;
    assert_eq!((answer.status, links(&sql, &tenant).await.as_str()), (StatusCode::OK, "Ada > Secret Holding"), "what is hidden stays");
    // Where it is required, a link that is not seen counts, and stays.
    sql.run(&format!(
        "DELETE FROM {0}.role_fields; DELETE FROM {0}.record_shares; UPDATE {0}.fields SET is_required = true \
         WHERE key = 'organization' AND pipeline_id = (SELECT id FROM {0}.pipelines WHERE key = 'contacts')",
        tenant.schema
    ))
    .await;
    assert_eq!(put(&mut seller, &sql, &tenant, &ada, ("", "")).await.status, StatusCode::OK);
    assert_eq!(links(&sql, &tenant).await, "Ada > Secret Holding");
    sql.run(&format!("DELETE FROM {}.links", tenant.schema)).await;
    assert_eq!(put(&mut seller, &sql, &tenant, &ada, ("", "")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // And neither is one whose pipeline a role does not reach.
    sql.run(&format!(
        "DELETE FROM {0}.role_fields; INSERT INTO {0}.role_pipelines (role_key, pipeline_id, view_reach) \
         SELECT 'salesperson', id, 'none' FROM {0}.pipelines WHERE key = 'organizations'",
        tenant.schema
    ))
    .await;
    let page = seller.get(&format!("/p/contacts/{ada}")).await;
    assert!(page.status == StatusCode::OK && !page.body.contains(">Organization<"), "{}", page.body);
}

/// Where a relation leads to several, records are linked one by one; at the other end it is a field of the other record that changes.
#[tokio::test]
async fn records_are_linked_by_those_who_may_change_them() {
    let (app, tenant, sql, mut owner) = start().await;
    let mut seller = app.signed_in(&tenant, "salesperson").await;
    let relation = [
        ("pipeline", "deals"),
        ("label", "People"),
        ("other", "contacts"),
        ("inverse_label", "Involved in"),
        ("has", "several"),
        ("inverse_has", "several"),
    ];
    assert_eq!(owner.call(RELATE, &relation).await.status, StatusCode::OK);
    let (deal, ada) =
        (made(&mut owner, "deals", &[("fields[name]", "Big")]).await, made(&mut owner, "contacts", &[("fields[last_name]", "Ada")]).await);
    let own = made(&mut seller, "deals", &[("fields[name]", "Small")]).await;
    for act in [LINK, LINK, UNLINK, UNLINK, LINK] {
        assert_eq!(linked(&mut owner, act, ("deals", &deal, "people"), &ada).await, StatusCode::OK, "{act}, again too");
    }
    assert_eq!(links(&sql, &tenant).await, "Big > Ada");
    let events =
        format!("SELECT string_agg(kind, ' ' ORDER BY seq, n) FROM {}.events WHERE object = 'record' AND record_id = {ada}", tenant.schema);
    assert_eq!(sql.text(&events).await, "record.create record.link record.unlink record.link", "each change once");
    let page = owner.get(&format!("/p/contacts/{ada}")).await.body;
    assert!(page.contains("Involved in") && page.contains(&format!("href=\"/p/deals/{deal}\"")), "{page}");
    // From either end, by those who may change the record at that end and see the other one.
    assert_eq!(linked(&mut owner, UNLINK, ("contacts", &ada, "involved_in"), &deal).await, StatusCode::OK);
    assert_eq!(linked(&mut seller, LINK, ("deals", &own, "people"), &ada).await, StatusCode::NOT_FOUND, "a contact of others is not seen");
    let seller_id = sql.text(&format!("SELECT id::text FROM {}.users WHERE username = 'salesperson'", tenant.schema)).await;
    sql.run(&format!("INSERT INTO {}.record_shares (record_id, user_id, can_edit) VALUES ({ada}, {seller_id}, false)", tenant.schema))
        .await;
    assert_eq!(linked(&mut seller, LINK, ("contacts", &ada, "involved_in"), &own).await, StatusCode::FORBIDDEN, "it may be seen alone");
    assert_eq!(linked(&mut seller, LINK, ("deals", &own, "people"), &ada).await, StatusCode::OK);
    // The contact of a deal is a field of the deal: who may not change the deal does not link it.
    sql.run(&format!("UPDATE {0}.record_shares SET can_edit = true; INSERT INTO {0}.record_shares (record_id, user_id, can_edit) VALUES ({deal}, {seller_id}, false)", tenant.schema)).await;
    assert_eq!(linked(&mut seller, LINK, ("contacts", &ada, "deals"), &deal).await, StatusCode::FORBIDDEN);
    assert_eq!(linked(&mut seller, LINK, ("contacts", &ada, "deals"), &own).await, StatusCode::OK);
    let own_version = sql.text(&format!("SELECT version::text FROM {}.records WHERE id = {own}", tenant.schema)).await;
    assert_eq!(own_version, "2", "the deal has changed");
    assert!(seller.get(&format!("/p/contacts/{ada}/link/deals")).await.status == StatusCode::OK);
    assert!(!seller.get(&format!("/p/contacts/{ada}/link/deals")).await.body.contains("Big"), "what may not be changed is not offered");
    // A field that leads to one record is changed by its form; other fields are no relation.
    for (pipeline, id, field) in
        [("contacts", &ada, "organization"), ("contacts", &ada, "last_name"), ("contacts", &ada, "nothing"), ("nothing", &ada, "deals")]
    {
        assert_eq!(linked(&mut owner, LINK, (pipeline, id, field), &deal).await, StatusCode::NOT_FOUND, "{field}");
    }
    assert_eq!(linked(&mut owner, LINK, ("deals", &deal, "people"), &own).await, StatusCode::NOT_FOUND, "a deal is no contact");
    // What is required is not taken away, and what is in the trash is not linked.
    sql.run(&format!("UPDATE {0}.fields SET is_required = true WHERE key = 'contact'", tenant.schema)).await;
    assert_eq!(linked(&mut owner, UNLINK, ("contacts", &ada, "deals"), &own).await, StatusCode::CONFLICT);
    let page = format!("/p/contacts/{ada}");
    owner.post(UNLINK, &page, &[("pipeline", "contacts"), ("id", &ada), ("field", "deals"), ("other", &own)]).await;
    assert!(owner.get(&page).await.body.contains("Choose another one there instead"), "the page says why");
    owner.call("/api/tenant/record_delete", &[("pipeline", "deals"), ("id", &deal)]).await;
    assert_eq!(linked(&mut owner, LINK, ("contacts", &ada, "deals"), &deal).await, StatusCode::CONFLICT);
    assert_eq!(linked(&mut owner, LINK, ("deals", &deal, "people"), &ada).await, StatusCode::CONFLICT);
    // A new record is linked to what its form was opened for, and asks for what is required.
    let links_to = [("links[people]", &*ada), ("links[contact]", &*ada), ("seen[contact]", "Ada"), ("fields[contact]", "Ada")];
    let new = made(&mut owner, "deals", &[&[("fields[name]", "New")], &links_to[..]].concat()).await;
    let page = owner.get(&format!("/p/deals/{new}")).await.body;
    assert_eq!(page.matches(&format!("href=\"/p/contacts/{ada}\"")).count(), 2, "{page}");
    for (name, value) in [("links[people]", "999999"), ("links[people]", "x"), ("links[contact]", "999999")] {
        let fields = [("pipeline", "deals"), ("fields[name]", "None"), ("seen[contact]", "Ada"), ("fields[contact]", "Ada"), (name, value)];
        assert_eq!(owner.call(CREATE, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {value}");
    }
    assert_eq!(
        sql.text(&format!("SELECT count(*)::text FROM {}.records WHERE title = 'None'", tenant.schema)).await,
        "0",
        "nothing is left"
    );
}

/// Relations are defined at both ends at once, and deleted and restored so.
#[tokio::test]
async fn relations_are_defined_at_both_ends() {
    let (_app, tenant, sql, mut owner) = start().await;
    let relate = async |owner: &mut Actor, label: &str, other: &str, inverse: &str, has: &str| {
        let fields =
            [("pipeline", "contacts"), ("label", label), ("other", other), ("inverse_label", inverse), ("has", has), ("inverse_has", has)];
        owner.call(RELATE, &fields).await
    };
    // One to one, within one pipeline.
    assert_eq!(relate(&mut owner, "Reports to", "contacts", "Assistant", "one").await.status, StatusCode::OK);
    for (label, other, inverse, has, field) in [
        ("", "deals", "X", "one", "label"),
        ("X", "galaxy", "X", "one", "other"),
        ("X", "deals", "", "one", "inverse_label"),
        ("X", "deals", "Amount", "one", "inverse_label"),
        ("E-mail", "deals", "X", "one", "label"),
        ("X", "contacts", "X", "one", "inverse_label"),
        ("X", "deals", "X", "many", "has"),
    ] {
        let answer = relate(&mut owner, label, other, inverse, has).await;
        assert!([StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CONFLICT].contains(&answer.status), "{label} {other} {inverse} {has}");
        wrong(&answer, field);
    }
    let boss = made(&mut owner, "contacts", &[("fields[last_name]", "Boss")]).await;
    let ada = made(&mut owner, "contacts", &[("fields[last_name]", "Ada"), ("fields[reports_to]", "Boss")]).await;
    let bob = owner.call(CREATE, &[("pipeline", "contacts"), ("fields[last_name]", "Bob"), ("fields[reports_to]", "Boss")]).await;
    assert_eq!(bob.status, StatusCode::CONFLICT);
    assert!(bob.body.contains(&format!("/p/contacts/{ada}")), "the one who has it is named: {}", bob.body);
    assert!(owner.get(&format!("/p/contacts/{boss}")).await.body.contains("Assistant"));
    // What is in the trash gives it up.
    owner.call("/api/tenant/record_delete", &[("pipeline", "contacts"), ("id", &ada)]).await;
    made(&mut owner, "contacts", &[("fields[last_name]", "Bob"), ("fields[reports_to]", "Boss")]).await;
    assert_eq!(links(&sql, &tenant).await, "Bob > Boss");
    // Deleted at one end, it is gone at both, and comes back with its links.
    let act = async |owner: &mut Actor, act: &str| {
        owner.call(&format!("/api/tenant/{act}"), &[("pipeline", "contacts"), ("field", "assistant")]).await.status
    };
    assert_eq!(act(&mut owner, "field_delete").await, StatusCode::OK);
    assert!(owner.get("/").await.body.contains("Assistant was deleted"));
    let page = owner.get(&format!("/p/contacts/{boss}")).await.body;
    assert!(!page.contains("Assistant") && !page.contains("Reports to") && !page.contains(">Bob</a>"), "{page}");
    assert_eq!(act(&mut owner, "field_restore").await, StatusCode::OK);
    assert!(owner.get(&format!("/p/contacts/{boss}")).await.body.contains(">Bob</a>"));
    // A relation to a pipeline that is deleted is out of sight until that comes back.
    let pipeline = async |owner: &mut Actor, act: &str| {
        owner.call(&format!("/api/tenant/pipeline_{act}"), &[("pipeline", "organizations")]).await.status
    };
    for (name, is_shown) in [("delete", false), ("restore", true)] {
        assert_eq!(pipeline(&mut owner, name).await, StatusCode::OK);
        let page = owner.get("/p/contacts/new").await;
        assert_eq!((page.status, page.body.contains("fields[organization]")), (StatusCode::OK, is_shown), "{name}");
    }
}

/// What stood as text in the pipelines of the template leads to the record of that title, and stays.
#[tokio::test]
async fn a_migrated_tenant_has_links_for_its_texts() {
    let (app, tenant, sql, _owner) = start().await;
    let schema = &tenant.schema;
    let since = db::migrate::TENANT.iter().position(|migration| migration.name == "relations").unwrap();
    let down: Vec<&str> = db::migrate::TENANT[since..].iter().rev().map(|migration| migration.down).collect();
    let (first, before) = (db::migrate::TENANT[since].version, db::migrate::TENANT[since - 1].version);
    sql.run(&format!(
        "SET search_path TO {schema}; {1} DELETE FROM schema_migrations WHERE version >= {first}; \
         UPDATE platform.tenants SET schema_version = {before} WHERE id = {0}; \
         INSERT INTO fields (pipeline_id, key, slot, kind, label, position) SELECT id, 'company', 'company', 'text', 'Company', 20 FROM pipelines WHERE key = 'contacts'; \
         INSERT INTO fields (pipeline_id, key, slot, kind, label, position) SELECT id, 'organization', 'organization', 'text', 'organization', 21 FROM pipelines WHERE key = 'contacts'; \
         INSERT INTO records (pipeline_id, title) SELECT id, t FROM pipelines, unnest(ARRAY['Initech', 'Twice', 'Twice']) t WHERE key = 'organizations'; \
         INSERT INTO records (pipeline_id, title, data) SELECT id, 'At ' || t, jsonb_build_object('company', t) \
             FROM pipelines, unnest(ARRAY['Initech', 'Twice', 'Nothing']) t WHERE key = 'contacts'; RESET search_path",
        tenant.id,
        down.join(" "),
    ))
    .await;
    let report = db::migrate::tenants_migrate(&app.services.db).await.unwrap();
    assert_eq!((report.migrated, report.failed), (1, Vec::new()));
    assert_eq!(links(&sql, &tenant).await, "At Initech > Initech");
    let fields = format!(
        "SELECT string_agg(f.key || '=' || f.label, ' ' ORDER BY f.position) FROM {schema}.fields f JOIN {schema}.pipelines p ON p.id = f.pipeline_id \
         WHERE p.key = 'contacts' AND f.position >= 20"
    );
    assert_eq!(
        sql.text(&fields).await,
        "company=Company organization=organization organization_link=Organization (linked) deals=Deals activities=Activities"
    );
    assert_eq!(sql.text(&format!("SELECT count(*)::text FROM {schema}.records WHERE data ? 'company'")).await, "3");
}

/// A filter follows up to three relations, and on each of them what its user sees.
#[tokio::test]
async fn filters_follow_relations() {
    let (app, tenant, sql, mut owner) = start().await;
    let mut seller = app.signed_in(&tenant, "salesperson").await;
    made(&mut owner, "organizations", &[("fields[name]", "Initech"), ("fields[city]", "Lyon"), ("fields[industry]", "finance")]).await;
    made(&mut owner, "organizations", &[("fields[name]", "Hooli"), ("fields[employees]", "900")]).await;
    for (name, organization) in [("Ada", "Initech"), ("Bob", "Hooli"), ("Eve", "")] {
        made(&mut owner, "contacts", &[("fields[last_name]", name), ("fields[organization]", organization)]).await;
    }
    made(&mut owner, "deals", &[("fields[name]", "Big"), ("fields[amount]", "900"), ("fields[contact]", "Ada")]).await;
    made(&mut owner, "deals", &[("fields[name]", "Small"), ("fields[amount]", "1"), ("fields[contact]", "Bob")]).await;
    made(&mut owner, "activities", &[("fields[subject]", "Call"), ("fields[deal]", "Big")]).await;
    let names = ["Ada", "Bob", "Eve", "Big", "Small", "Call"];
    let found = async |actor: &mut Actor, path: &str| {
        let page = actor.get(path).await.body;
        let found: Vec<&str> = names.into_iter().filter(|name| page.contains(&format!("\">{name}</a>"))).collect();
        (found.join(" "), page)
    };
    for (path, expected) in [
        ("/p/contacts?field.organization.city.contains=lyo", "Ada"),
        ("/p/contacts?field.organization.city.contains_not=lyo", "Bob Eve"),
        ("/p/contacts?field.organization.city.empty=yes", "Bob Eve"),
        ("/p/contacts?field.organization.city.filled=yes", "Ada"),
        ("/p/contacts?field.organization.industry=finance", "Ada"),
        ("/p/contacts?field.organization.employees.gte=900", "Bob"),
        ("/p/contacts?field.organization.employees.gte=900&field.organization.city.contains=lyo&match=any", "Ada Bob"),
        ("/p/contacts?field.deals.amount.gte=900", "Ada"),
        ("/p/contacts?field.deals.amount.empty=yes", "Eve"),
        ("/p/deals?field.contact.organization.city.is=Lyon", "Big"),
        ("/p/deals?field.contact.organization.contains=init", "Big"),
        ("/p/deals?field.contact.organization.city.is_not=Lyon", "Small"),
        ("/p/activities?field.deal.contact.organization.city.is=Lyon", "Call"),
        ("/p/activities?field.deal.contact.organization.city.is=Oslo", ""),
        // Round and round, and where nothing is.
        ("/p/contacts?field.organization.contacts.last_name.is=Ada", "Ada"),
        ("/p/contacts?field.organization.contacts.organization.contacts.last_name.is=Ada", ""),
        ("/p/contacts?field.organization.nothing.is=1", ""),
        ("/p/contacts?field.last_name.city.is=1", ""),
        ("/p/contacts?field.organization.city.gte=1", ""),
        ("/p/contacts?field...is=1", ""),
    ] {
        let (found, page) = found(&mut owner, path).await;
        assert_eq!(found, expected, "{path}");
        assert!(!page.contains("Something went wrong"), "{path}");
    }
    let (_, page) = found(&mut owner, "/p/contacts?field.organization.city.contains=lyo").await;
    assert!(page.contains("Organization › City contains"), "{page}");
    let (_, page) = found(&mut owner, "/p/deals?add=field.contact").await;
    assert!(
        page.contains("add=field.contact.job_title#add-filter") && page.contains("add=field.contact.organization#add-filter"),
        "{page}"
    );
    let added = owner.get("/p/deals?add=field.contact.organization.city&add_op=contains&add_value=lyo").await;
    assert_eq!(added.location(), "/p/deals?field.contact.organization.city.contains=lyo");
    let file = owner.get("/p/deals?field.contact.organization.city.is=Lyon").await.body;
    assert!(file.contains("Big"));
    // A salesperson follows links to own records alone, and fields that are not hidden.
    sql.run(&format!(
        "UPDATE {0}.records SET owner_id = (SELECT id FROM {0}.users WHERE username = 'salesperson') \
         WHERE pipeline_id IN (SELECT id FROM {0}.pipelines WHERE key IN ('deals', 'contacts'))",
        tenant.schema
    ))
    .await;
    for (path, expected) in [
        ("/p/contacts?field.deals.amount.gte=900", "Ada"),
        ("/p/deals?field.contact.last_name.is=Ada", "Big"),
        ("/p/contacts?field.organization.city.contains=lyo", ""),
        ("/p/contacts?field.organization.city.contains_not=lyo", "Ada Bob Eve"),
        ("/p/deals?field.contact.organization.city.is=Lyon", ""),
    ] {
        assert_eq!(found(&mut seller, path).await.0, expected, "{path}");
    }
    sql.run(&format!(
        "INSERT INTO {0}.role_fields SELECT 'salesperson', id, 'none' FROM {0}.fields WHERE key = 'last_name'",
        tenant.schema
    ))
    .await;
    let (none, page) = found(&mut seller, "/p/deals?field.contact.last_name.is=Ada").await;
    assert!(none.is_empty() && page.contains("This field does not exist"), "{page}");
}

/// What a record has to do with is found step by step, each record once, and only by ways that the user sees.
#[tokio::test]
async fn relations_are_followed_step_by_step() {
    let (app, tenant, sql, mut owner) = start().await;
    let mut seller = app.signed_in(&tenant, "salesperson").await;
    let initech = organization(&mut owner, "Initech").await;
    let ada = made(&mut owner, "contacts", &[("fields[last_name]", "Ada"), ("fields[organization]", "Initech")]).await;
    let bob = made(&mut owner, "contacts", &[("fields[last_name]", "Bob"), ("fields[organization]", "Initech")]).await;
    made(&mut owner, "deals", &[("fields[name]", "Big"), ("fields[contact]", "Bob")]).await;
    made(&mut owner, "activities", &[("fields[subject]", "Call"), ("fields[deal]", "Big")]).await;
    let page = async |actor: &mut Actor, path: &str| actor.get(path).await.body;
    let steps = |page: &str| {
        let sections = page.split("id=\"step-").skip(1);
        let names = |section: &str| {
            ["Initech", "Ada", "Bob", "Big", "Call"]
                .into_iter()
                .filter(|name| section.contains(&format!("\">{name}</a>")))
                .collect::<Vec<_>>()
                .join(" ")
        };
        sections.map(names).collect::<Vec<_>>().join(", ")
    };
    for (depth, expected) in [
        ("1", "Initech"),
        ("2", "Initech, Bob"),
        ("3", "Initech, Bob, Big"),
        ("4", "Initech, Bob, Big, Call"),
        ("9", "Initech, Bob, Big, Call"),
        ("x", "Initech, Bob"),
        ("0", "Initech"),
    ] {
        let page = page(&mut owner, &format!("/p/contacts/{ada}/related?depth={depth}")).await;
        assert_eq!(steps(&page), expected, "{depth}");
    }
    assert!(page(&mut owner, &format!("/p/contacts/{ada}/related")).await.contains("Contacts of Initech"));
    // A hub shows where it was cut.
    sql.run(&format!(
        "WITH made AS (INSERT INTO {0}.records (pipeline_id, title) SELECT p.id, 'C' || n FROM {0}.pipelines p, generate_series(1, 60) n WHERE p.key = 'contacts' RETURNING id) \
         INSERT INTO {0}.links (from_id, relation_id, to_id, from_one, to_one) SELECT made.id, f.relation_id, {initech}, true, false \
         FROM made, {0}.fields f JOIN {0}.pipelines p ON p.id = f.pipeline_id WHERE p.key = 'contacts' AND f.key = 'organization'",
        tenant.schema
    ))
    .await;
    let hub = page(&mut owner, &format!("/p/organizations/{initech}/related?depth=1")).await;
    assert!(
        hub.contains("More is linked") && hub.matches("Contacts of Initech").count() == 50,
        "{}",
        hub.matches("Contacts of Initech").count()
    );
    // A salesperson goes over own records alone: not over the organization, which belongs to others.
    sql.run(&format!(
        "UPDATE {0}.records SET owner_id = (SELECT id FROM {0}.users WHERE username = 'salesperson') \
         WHERE pipeline_id <> (SELECT id FROM {0}.pipelines WHERE key = 'organizations')",
        tenant.schema
    ))
    .await;
    assert_eq!(steps(&page(&mut seller, &format!("/p/contacts/{ada}/related?depth=4")).await), "");
    assert_eq!(steps(&page(&mut seller, &format!("/p/contacts/{bob}/related?depth=4")).await), "Big, Call");
    assert_eq!(seller.get(&format!("/p/organizations/{initech}/related")).await.status, StatusCode::NOT_FOUND);
}
