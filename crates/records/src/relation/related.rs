//! What a record is linked to by relations that lead to several, and what it can be linked to.

use crate::{
    lens::{lens_of, lenses_related},
    row::{is_overdue, titled},
    shown::shown,
    value::Reader,
};
use db::tenant::records::{RecordCondition, RecordFilter, RecordRecord, record_get, record_list as list_rows};
use domain::{
    AppError, RecordId, UserId,
    dto::{
        search::RecordHit,
        tenant::{RecordLinkPage, RecordRelated, RelatedRow},
    },
    list::ListQuery,
    operation,
    record::{Condition, Field, FieldKind, Lens, Test},
    user_field::FIELD_PREFIX,
};
use kernel::{RequestCx, Result, cx::TenantTx};

/// Records that a card shows; a list has the rest.
const SHOWN: u16 = 5;
/// Values of a record that a card shows beside its title.
const SUMMED: usize = 3;
/// Records that are offered to be linked.
const OFFERED: u16 = 20;

/// The other end of a relation as the caller sees it, if the relation leads to several records.
fn other_end<'a>(field: &Field, others: &'a [Lens]) -> Option<(&'a Lens, &'a Field)> {
    let end = field.relation.as_ref().filter(|end| !end.is_one)?;
    let lens = others.iter().find(|other| other.pipeline().id == end.pipeline)?;
    Some((lens, lens.field(&end.inverse_key)?))
}

/// Whether the caller may link records at this end: at the other end it is a field of the other record that changes.
fn may_link(lens: &Lens, field: &Field, record: &RecordRecord, other: &Lens) -> bool {
    let is_writable = lens.writable().any(|known| known.id == field.id) && record.deleted_at.is_none();
    let is_of_other = field.relation.as_ref().is_some_and(|end| end.is_inverse_one);
    is_writable && if is_of_other { other.may_create() } else { lens.may_edit(RecordId(record.id), record.owner_id.map(UserId)) }
}

/// The condition that records at the other end are linked to this one.
fn is_linked(other: &Lens, inverse: &Field, id: RecordId, negated: bool) -> Option<RecordCondition> {
    let field = other.field_ref(&inverse.key)?;
    Some(RecordCondition::Field(Condition { field, test: Test::Linked(id), negated }))
}

/// What the list of its pipeline shows of a record first, but for the field that leads here: at most so many values.
fn summary(reader: &Reader, lens: &Lens, inverse: &Field, record: &RecordRecord, most: usize) -> String {
    let settings = lens.settings();
    let field = |column: &String| match column.as_str() {
        "value" => lens.named(settings.value.as_ref()),
        "due" => lens.named(settings.due.as_ref()),
        other => lens.field(other.strip_prefix(FIELD_PREFIX)?),
    };
    let fields = settings.columns.iter().filter_map(field).filter(|field| field.id != inverse.id);
    let texts = fields.filter_map(|field| {
        let text = shown(reader, field, record.data.get(&field.slot)?)?.text();
        Some(if field.kind == FieldKind::Checkbox { field.label.clone() } else { text })
    });
    texts.take(most).collect::<Vec<_>>().join(" · ")
}

/// What a record is linked to, one card for each relation that leads to several records.
pub(crate) async fn related(tx: &TenantTx, reader: &Reader, lens: &Lens, record: &RecordRecord) -> Result<Vec<RecordRelated>> {
    let mut cards = Vec::new();
    if lens.fields().all(Field::is_value) {
        return Ok(cards);
    }
    let others = lenses_related(tx, lens).await?;
    let newest = ListQuery { size: SHOWN, ..ListQuery::from_pairs([("sort", "updated"), ("dir", "desc")], &[]) };
    for field in lens.fields() {
        let Some((other, inverse)) = other_end(field, &others) else { continue };
        let Some(condition) = is_linked(other, inverse, RecordId(record.id), false) else { continue };
        let filter = RecordFilter { conditions: vec![condition], ..RecordFilter::default() };
        let found = list_rows(&tx.conn, other, &filter, &newest, None).await?;
        let can_link = may_link(lens, field, record, other);
        let is_of_other = field.relation.as_ref().is_some_and(|end| end.is_inverse_one);
        let shown = |linked: &RecordRecord| RelatedRow {
            id: RecordId(linked.id),
            title: titled(other, linked),
            sub: summary(reader, other, inverse, linked, SUMMED),
            stage: other.stage_of(linked.stage_id).cloned(),
            is_overdue: is_overdue(reader, other, linked),
            may_unlink: can_link && (!is_of_other || other.may_edit(RecordId(linked.id), linked.owner_id.map(UserId))),
        };
        cards.push(RecordRelated {
            field: field.clone(),
            rows: found.rows.iter().map(shown).collect(),
            total: found.total,
            may_link: can_link,
            may_create: can_link && other.may_create() && other.writable().any(|known| known.id == inverse.id),
        });
    }
    Ok(cards)
}

/// Records that a record can be linked to by a relation that leads to several: those that hold every word of `q`, or the newest ones.
///
/// # Errors
/// [`AppError::NotFound`] for a record or a field that the caller does not see; [`AppError::Forbidden`] where the caller may link nothing.
pub async fn record_link_list(cx: &RequestCx, pipeline: &str, id: RecordId, field: &str, q: &str) -> Result<RecordLinkPage> {
    let tx = cx.tenant_begin(&operation::tenant::RECORD_LINK_LIST).await?;
    let page = async {
        let lens = lens_of(&tx, pipeline).await?;
        let record = record_get(&tx.conn, &lens, id).await?.ok_or(AppError::NotFound)?;
        let field = lens.field(field).ok_or(AppError::NotFound)?;
        let others = lenses_related(&tx, &lens).await?;
        let (other, inverse) = other_end(field, &others).ok_or(AppError::NotFound)?;
        if !may_link(&lens, field, &record, other) {
            return Err(AppError::Forbidden.into());
        }
        let query = ListQuery::from_pairs([("q", q), ("sort", "updated"), ("dir", "desc")], &[]);
        let query = ListQuery { size: OFFERED, ..query };
        let filter = RecordFilter {
            search: query.q.clone(),
            conditions: is_linked(other, inverse, id, true).into_iter().collect(),
            ..RecordFilter::default()
        };
        let found = list_rows(&tx.conn, other, &filter, &query, Some(0)).await?;
        let reader = Reader::of(cx);
        let is_of_other = field.relation.as_ref().is_some_and(|end| end.is_inverse_one);
        // What the caller may not change is not offered.
        let linkable = found.rows.iter().filter(|row| !is_of_other || other.may_edit(RecordId(row.id), row.owner_id.map(UserId)));
        let hits = linkable.map(|found| RecordHit {
            id: RecordId(found.id),
            title: titled(other, found),
            sub: summary(&reader, other, inverse, found, 1),
        });
        Ok(RecordLinkPage {
            pipeline: lens.pipeline().head.clone(),
            id,
            title: titled(&lens, &record),
            field: field.clone(),
            hits: hits.collect(),
        })
    }
    .await;
    tx.finish(page).await
}
