//! Relations: what records are linked to, as forms, pages and events hold it.

mod hops;
mod link;
mod related;
mod typed;

pub use hops::record_hops;
pub(crate) use link::links_created;
pub use link::{Linked, record_link, record_unlink};
pub use related::record_link_list;
pub(crate) use related::related;
pub(crate) use typed::{link_titles, links_typed, prefilled};

use db::tenant::records::{LinkHolder, link_delete, link_holders, link_insert, record_owner};
use domain::{
    AppError, Code, RecordId, UserId,
    record::{Field, Lens, RelationEnd},
};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
};
use serde_json::{Map, Value, json};

/// What a relation to one record leads to, as it is read: the record and its title.
pub(crate) fn link_of(value: &Value) -> Option<(RecordId, &str)> {
    let link = value.get(0)?;
    Some((RecordId(link.get("id")?.as_i64()?), link.get("title")?.as_str()?))
}

/// The same value of a record.
pub(crate) fn link_value(id: RecordId, title: &str) -> Value {
    json!([{ "id": id, "title": title }])
}

/// A record at the other end of a relation, as it is called.
pub(crate) fn link_title(end: &RelationEnd, id: RecordId, title: &str) -> String {
    if title.is_empty() { format!("{} {id}", end.head.name_one) } else { title.to_owned() }
}

/// A value as an event holds it: titles stay with their records.
pub(crate) fn event_value(field: &Field, value: Option<&Value>) -> Value {
    match (&field.relation, value) {
        (Some(_), Some(value)) => link_of(value).map_or(Value::Null, |(id, _)| json!([id])),
        (_, value) => value.cloned().unwrap_or_default(),
    }
}

/// Links a record to another one instead of what it was linked to; `None` removes the link. The record is locked.
///
/// # Errors
/// [`AppError::Conflict`] beside the field when the other record may have one link only, and has it.
pub(crate) async fn link_set(
    cx: &RequestCx,
    tx: &mut TenantTx,
    lens: &Lens,
    field: &Field,
    id: RecordId,
    to: Option<RecordId>,
) -> Result<()> {
    let Some(end) = &field.relation else { return Ok(()) };
    if let Some(other) = to.filter(|_| end.is_inverse_one) {
        link_free(tx, lens, field, end, id, other).await?;
    }
    let removed = link_delete(&mut tx.conn, end, id, None).await?;
    for other in removed.into_iter().filter(|other| Some(*other) != to) {
        link_noted(cx, tx, end, other, id, false).await?;
    }
    if let Some(other) = to {
        link_insert(&mut tx.conn, end, id, other).await?;
        link_noted(cx, tx, end, other, id, true).await?;
    }
    Ok(())
}

/// Goes on only when no record but this one is linked to the other one. What is in the trash gives its link up.
async fn link_free(tx: &mut TenantTx, lens: &Lens, field: &Field, end: &RelationEnd, id: RecordId, other: RecordId) -> Result<()> {
    for LinkHolder { record, owner, is_deleted } in link_holders(&mut tx.conn, end, other, 2).await? {
        if record == id {
            continue;
        }
        if is_deleted {
            link_delete(&mut tx.conn, end, record, Some(other)).await?;
            continue;
        }
        let text = format!("This {} is linked to another {} already", end.head.name_one, lens.pipeline().head.name_one);
        let mut errors = domain::FieldErrors::one(Code::RecordValueTaken, &field.input(), text);
        if lens.rows().contain(record, owner) {
            errors = errors.leading_to(format!("{}/{record}", lens.pipeline().head.path()));
        }
        return Err(AppError::Conflict(errors).into());
    }
    Ok(())
}

/// Notes in the timeline of the record at the other end that it was linked, or is not linked any more.
async fn link_noted(cx: &RequestCx, tx: &mut TenantTx, end: &RelationEnd, other: RecordId, id: RecordId, is_linked: bool) -> Result<()> {
    let action = if is_linked { "record.link" } else { "record.unlink" };
    let object = Object::new("record", other, format!("{} {other}", end.head.name_one));
    let line = entry(cx, &tx.actor, action, object, json!({}));
    let Some(mut event) = db::EventEntry::of(&line) else { return Ok(()) };
    let pair = if is_linked { json!([null, [id]]) } else { json!([[id], null]) };
    event.changed = vec![end.inverse_key.clone()];
    event.owner_id = record_owner(&mut tx.conn, other).await?.map(|UserId(owner)| owner);
    event.pipeline_id = Some(end.pipeline);
    event.changes = Some(Value::Object(Map::from_iter([(end.inverse_key.clone(), pair)])));
    tx.conn.event(event);
    Ok(())
}
