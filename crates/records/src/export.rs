//! Records as a file.

use crate::{
    filter::filter_of,
    lens::lens_of,
    owners::owners_by_id,
    relation::{link_of, link_title},
    value::{Reader, entries, part},
};
use db::tenant::records::record_list as list_rows;
use domain::{
    Permission, RecordId,
    dto::tenant::{RecordExportPage, RecordExportRow},
    list::ListQuery,
    operation,
    record::{Field, FieldKind},
};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
};
use serde_json::{Value, json};

/// The next rows of the records of a pipeline, as asked for by the query of its list.
///
/// # Errors
/// [`AppError::NotFound`](domain::AppError::NotFound) for a pipeline that the caller does not see,
/// [`AppError::Forbidden`](domain::AppError::Forbidden) without `records.view`,
/// [`AppError::ReauthRequired`](domain::AppError::ReauthRequired).
pub async fn record_export(cx: &RequestCx, pipeline: &str, query: &ListQuery) -> Result<RecordExportPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_EXPORT).await?;
    let page = async {
        let lens = lens_of(&tx, pipeline).await?;
        let filter = filter_of(&tx, &lens, &Reader::of(cx), query, None).await?.filter;
        let fields: Vec<&Field> = lens.fields().filter(|field| field.is_value()).collect();
        // Nobody is shown how many there are.
        let found = list_rows(&tx.conn, &lens, &filter, query, Some(0)).await?;
        let owners = owners_by_id(&mut tx.conn, found.rows.iter().filter_map(|record| record.owner_id).collect()).await?;
        // Lists give no address either to those who do not see users.
        let sees_users = tx.user.permissions.has(Permission::UsersView);
        let page = found.map(|record| RecordExportRow {
            id: RecordId(record.id),
            title: record.title,
            stage: lens.stage_of(record.stage_id).map(|stage| stage.name.clone()),
            owner: record
                .owner_id
                .and_then(|id| owners.get(&id))
                .map(|owner| if sees_users { owner.email.clone() } else { owner.name.clone() }),
            created_at: record.created_at,
            updated_at: record.updated_at,
            values: fields.iter().map(|field| record.data.get(&field.slot).map(|value| exported(field, value))).collect(),
        });
        if query.after.is_none() {
            let head = &lens.pipeline().head;
            let object = Object::new("pipeline", lens.pipeline().id, head.name.as_str());
            // Nothing changed, so there is no event.
            tx.conn.audit_only(entry(cx, &tx.actor, "record.export", object, json!({ "query": query.pairs() })));
        }
        Ok(RecordExportPage {
            columns: fields.iter().map(|field| field.column()).collect(),
            has_stages: !lens.pipeline().stages.is_empty(),
            page,
        })
    }
    .await;
    tx.finish(page).await
}

/// A stored value as programs read it: numbers with a point, days and moments as RFC 3339 writes them, options by their labels.
fn exported(field: &Field, value: &Value) -> String {
    let label = |key: &str| field.option(key).map_or(key, |option| option.label.as_str()).to_owned();
    match field.kind {
        FieldKind::Money => format!("{} {}", part(value, "a"), part(value, "c")),
        FieldKind::Checkbox => if value.as_bool() == Some(true) { "yes" } else { "" }.to_owned(),
        FieldKind::Select => value.as_str().map(label).unwrap_or_default(),
        FieldKind::MultiSelect => entries(value).map(label).collect::<Vec<_>>().join(", "),
        FieldKind::Email | FieldKind::Phone | FieldKind::Url => entries(value).collect::<Vec<_>>().join(", "),
        FieldKind::Relation => {
            let linked = field.relation.as_ref().zip(link_of(value));
            linked.map(|(end, (id, title))| link_title(end, id, title)).unwrap_or_default()
        }
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::Number
        | FieldKind::Percent
        | FieldKind::Rating
        | FieldKind::Duration
        | FieldKind::Date
        | FieldKind::DateTime => value.as_str().unwrap_or_default().to_owned(),
    }
}
