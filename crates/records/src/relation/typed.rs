//! What is typed into the field of a relation: the title of a record, with its number where several have that title.

use super::{link_of, link_title, link_value};
use crate::{
    command::{Changed, RecordForm, typed_alike},
    lens::lenses_related,
    matching::records_by_keys,
    row::titled,
    value::{Reader, value_keys},
};
use db::tenant::records::{RecordCondition, RecordFilter, RecordRecord, link_exists, linked_titles, record_get, record_list as list_rows};
use domain::{
    Code, FieldErrors, RecordId,
    list::ListQuery,
    record::{Field, Lens},
    text::{cut, fold, line},
};
use kernel::{Result, cx::TenantTx};
use serde_json::Value;
use std::collections::HashMap;

/// The most characters of a title that is typed, with its number.
const TYPED_MAX: usize = 1_000;
/// Records that an error offers.
const OFFERED: u16 = 5;

/// Reads the relations to one record that a form has and that its user changed; `stored` is what the record held, none for a new one.
pub(crate) async fn links_typed<'a>(
    tx: &TenantTx,
    lens: &'a Lens,
    form: &'a RecordForm,
    stored: Option<(RecordId, &Value)>,
    errors: &mut FieldErrors,
) -> Result<Vec<Changed<'a>>> {
    let (mut changed, mut others) = (Vec::new(), None);
    for field in lens.writable().filter(|field| field.is_value()) {
        let Some(end) = &field.relation else { continue };
        let seen = form.seen.get(&field.key).map(String::as_str);
        let typed = form.fields.get(&field.key).map_or("", |typed| typed.trim());
        if stored.is_some() && (!form.fields.contains_key(&field.key) || seen.is_some_and(|seen| typed_alike(seen, typed))) {
            // A link that the user does not see is there all the same.
            let is_asked = field.is_required && form.fields.contains_key(&field.key) && typed.is_empty();
            if let Some((id, _)) = stored.filter(|_| is_asked)
                && !link_exists(&tx.conn, end, id).await?
            {
                errors.push(Code::FieldRequired, &field.input(), "This field is required");
            }
            continue;
        }
        let before = stored.and_then(|(_, stored)| stored.get(&field.slot));
        let value = if typed.is_empty() {
            if field.is_required {
                errors.push(Code::FieldRequired, &field.input(), "This field is required");
            }
            None
        } else {
            if others.is_none() {
                others = Some(lenses_related(tx, lens).await?);
            }
            let other = others.iter().flatten().find(|other| other.pipeline().id == end.pipeline);
            let Some(other) = other else { continue };
            // The form of a new record carries which one it was opened for, as long as its title stays as it was.
            let given = form.links.get(&field.key).filter(|_| seen.is_some_and(|seen| typed_alike(seen, typed)));
            let found = match given.and_then(|id| id.parse().ok()) {
                Some(id) => live(tx, other, id).await?.ok_or_else(|| unknown(other, typed, &[])),
                None => find(tx, other, typed).await?,
            };
            match found {
                Ok(record) => Some(link_value(RecordId(record.id), &record.title)),
                Err(problem) => {
                    errors.push(Code::FieldUnknownChoice, &field.input(), problem);
                    continue;
                }
            }
        };
        if value.as_ref().and_then(link_of).map(|(id, _)| id) != before.and_then(link_of).map(|(id, _)| id) {
            changed.push(Changed { field, value, seen });
        }
    }
    Ok(changed)
}

/// A record that is not in the trash, if the caller sees it.
async fn live(tx: &TenantTx, lens: &Lens, id: RecordId) -> Result<Option<RecordRecord>> {
    Ok(record_get(&tx.conn, lens, id).await?.filter(|record| record.deleted_at.is_none()))
}

fn unknown(lens: &Lens, typed: &str, near: &[RecordRecord]) -> String {
    let (head, typed) = (&lens.pipeline().head, cut(typed, 60));
    let near: Vec<String> = near.iter().map(|record| titled(lens, record)).collect();
    if near.is_empty() {
        return format!("No record of {} is called “{typed}”. Check the spelling, or create it first.", head.name);
    }
    format!("No record of {} is called “{typed}”. Did you mean {}?", head.name, near.join(", "))
}

/// The record that was meant, or why none was.
type Found = std::result::Result<RecordRecord, String>;

/// Finds the record that a typed text names, or says why it names none.
async fn find(tx: &TenantTx, lens: &Lens, typed: &str) -> Result<Found> {
    let Some(typed) = line(typed).ok().filter(|typed| typed.chars().count() <= TYPED_MAX) else {
        return Ok(Err("Enter one line of text".to_owned()));
    };
    let query = ListQuery { size: OFFERED, ..ListQuery::from_pairs([], &[]) };
    let exact = RecordFilter { conditions: vec![RecordCondition::Title(typed.clone())], ..RecordFilter::default() };
    let mut same = list_rows(&tx.conn, lens, &exact, &query, Some(0)).await?.rows;
    let mut near = Vec::new();
    if same.is_empty() {
        if let Some(record) = numbered(tx, lens, &typed).await? {
            return Ok(Ok(record));
        }
        same = keyed(tx, lens, &typed).await?;
    }
    if same.is_empty() {
        let filter = RecordFilter { search: typed.clone(), ..RecordFilter::default() };
        near = list_rows(&tx.conn, lens, &filter, &query, Some(0)).await?.rows;
        same = near.iter().filter(|record| fold(&titled(lens, record)) == fold(&typed)).cloned().collect();
    }
    if same.len() > 1 {
        let numbered: Vec<String> = same.iter().map(|record| format!("{} #{}", titled(lens, record), record.id)).collect();
        let text = format!(
            "Several records of {} are called “{}”. Enter one with its number: {}",
            lens.pipeline().head.name,
            cut(&typed, 60),
            numbered.join(", ")
        );
        return Ok(Err(text));
    }
    Ok(same.pop().ok_or_else(|| unknown(lens, &typed, &near)))
}

/// The records that have the text as a value by which records are matched, such as an e-mail address.
async fn keyed(tx: &TenantTx, lens: &Lens, typed: &str) -> Result<Vec<RecordRecord>> {
    let reader = Reader::plain();
    for field in lens.fields().filter(|field| field.has_keys()) {
        let Ok(Some(value)) = reader.parse(field, typed) else { continue };
        let found = records_by_keys(&tx.conn, lens, field, &value_keys(field, &value), OFFERED).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// The record that a text ending in a number names: `Title #7`, `#7`, or the name of a record without a title, such as `Contact 7`.
async fn numbered(tx: &TenantTx, lens: &Lens, typed: &str) -> Result<Option<RecordRecord>> {
    let Some((before, number)) = typed.rsplit_once(['#', ' ']) else { return Ok(None) };
    let Some(id) = number.parse().ok().map(RecordId) else { return Ok(None) };
    let record = live(tx, lens, id).await?;
    let is_meant = |record: &RecordRecord| {
        let before = fold(before.trim());
        before.is_empty()
            || before == fold(&titled(lens, record))
            || (record.title.is_empty() && fold(&titled(lens, record)) == fold(typed))
    };
    Ok(record.filter(is_meant))
}

/// What the form of a new record is opened for, by the keys of fields and the ids of records; what the caller does not see is left out.
pub(crate) async fn prefilled(tx: &TenantTx, lens: &Lens, wish: &[(String, String)]) -> Result<Vec<(Field, RecordId, String)>> {
    let mut found = Vec::new();
    for (key, id) in wish {
        let Some(field) = lens.writable().find(|field| field.key == *key) else { continue };
        let (Some(related), Some(id)) = (lens.related(field), id.parse().ok().map(RecordId)) else { continue };
        for (id, title) in linked_titles(&tx.conn, &related, &[id.0]).await? {
            found.push((field.clone(), RecordId(id), link_title(&related.end, RecordId(id), &title)));
        }
    }
    Ok(found)
}

/// The titles of records that events name, by the key of the field and the id: those that the caller sees.
pub(crate) async fn link_titles<'a>(
    tx: &TenantTx,
    lens: &Lens,
    changes: impl Iterator<Item = &'a Value> + Clone,
) -> Result<HashMap<(String, i64), String>> {
    let mut titles = HashMap::new();
    for field in lens.fields() {
        let Some(related) = lens.related(field) else { continue };
        let pairs = changes.clone().filter_map(|changes| changes.get(&field.key)?.as_array());
        let ids: Vec<i64> = pairs.flatten().filter_map(Value::as_array).flatten().filter_map(Value::as_i64).collect();
        if ids.is_empty() {
            continue;
        }
        let found = linked_titles(&tx.conn, &related, &ids).await?;
        let named = |(id, title): (i64, String)| ((field.key.clone(), id), link_title(&related.end, RecordId(id), &title));
        titles.extend(found.into_iter().map(named));
    }
    Ok(titles)
}
