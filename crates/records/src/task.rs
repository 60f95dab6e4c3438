//! What a user has to do: records with a day on which they are due and a checkbox that says that they are done.

use crate::{
    lens::{lens_to_write, lenses},
    row::{row, titled},
    shown::shown,
    value::Reader,
    write::{Put, deleted, editable, put},
};
use chrono::{Days, NaiveDate};
use db::tenant::records::{RecordRecord, WorkFilter, work_list};
use domain::{
    AppError, RecordId, UserId,
    dto::tenant::{TaskGroup, TaskListPage, TaskRow},
    list::day_parse,
    operation,
    record::{Field, Lens},
};
use kernel::{RequestCx, Result, error::retry};
use serde_json::Value;
use std::collections::HashMap;

/// Tasks of one pipeline on the page.
const TASKS: i64 = 50;
/// Days ahead that belong to the next ones.
const NEXT: u64 = 7;

/// The checkbox that says that a record is done, and the field that says when it is due.
fn task_fields(lens: &Lens) -> Option<(&Field, &Field)> {
    let settings = lens.settings();
    lens.named(settings.done.as_ref()).zip(lens.named(settings.due.as_ref()))
}

/// When something is to be done, seen from a day.
fn group_of(due: Option<NaiveDate>, today: NaiveDate) -> &'static str {
    let next = today.checked_add_days(Days::new(NEXT)).unwrap_or(today);
    match due {
        Some(due) if due < today => "Overdue",
        Some(due) if due == today => "Today",
        Some(due) if due <= next => "Next 7 days",
        Some(_) => "Later",
        None => "Without a date",
    }
}

/// What the caller has to do, over all pipelines, what is due first at the top.
///
/// # Errors
/// [`AppError::Forbidden`] without `records.view`.
pub async fn task_list(cx: &RequestCx) -> Result<TaskListPage> {
    let tx = cx.tenant_begin(&operation::tenant::TASK_LIST).await?;
    let page = async {
        let (reader, today) = (Reader::of(cx), cx.today());
        let mut page = TaskListPage::default();
        let mut found: Vec<(Option<NaiveDate>, TaskRow)> = Vec::new();
        for lens in lenses(&tx).await?.into_iter().map(Lens::own) {
            let Some((done, due)) = task_fields(&lens).filter(|_| !lens.is_late()) else { continue };
            let waiting = work_list(&tx.conn, &lens, &WorkFilter::Todo(done.slot.clone()), TASKS).await?;
            page.is_cut |= waiting.total > TASKS;
            let may_write = lens.writable().any(|field| field.id == done.id);
            let task = |record: &RecordRecord| {
                let day = record.data.get(&due.slot).and_then(Value::as_str).and_then(day_parse);
                let row = row(&reader, &lens, record, &HashMap::new());
                let task = TaskRow {
                    pipeline: lens.pipeline().head.clone(),
                    id: row.id,
                    title: row.title,
                    due: record.data.get(&due.slot).and_then(|value| shown(&reader, due, value)).map(|shown| shown.text()),
                    links: lens
                        .fields()
                        .filter(|field| field.relation.is_some())
                        .filter_map(|field| row.cells.iter().find(|cell| cell.key == field.key))
                        .map(|cell| cell.value.clone())
                        .collect(),
                    may_finish: may_write && lens.may_edit(row.id, record.owner_id.map(UserId)),
                };
                (day, task)
            };
            found.extend(waiting.rows.iter().map(task));
            if lens.may_create() {
                page.creates.push(lens.pipeline().head.clone());
            }
        }
        found.sort_by_key(|(day, _)| (day.is_none(), *day));
        for (day, task) in found {
            let label = group_of(day, today);
            match page.groups.last_mut().filter(|group| group.label == label) {
                Some(group) => group.rows.push(task),
                None => page.groups.push(TaskGroup { label: label.to_owned(), is_late: label == "Overdue", rows: vec![task] }),
            }
        }
        Ok(page)
    }
    .await;
    tx.finish(page).await
}

/// Ticks or unticks the checkbox that says that a record is done. Gives what the record is called.
///
/// # Errors
/// [`AppError::NotFound`] for a record that the caller does not see, and in a pipeline without such a checkbox; [`AppError::Forbidden`] for a
/// record or a field that the caller may not change; [`AppError::Conflict`] for a record in the trash.
pub async fn task_set_done(cx: &RequestCx, pipeline: &str, id: RecordId, is_done: bool) -> Result<String> {
    retry(|| set_done_once(cx, pipeline, id, is_done)).await
}

async fn set_done_once(cx: &RequestCx, pipeline: &str, id: RecordId, is_done: bool) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::TASK_SET_DONE).await?;
    let done = async {
        let lens = lens_to_write(&mut tx, pipeline).await?;
        let record = editable(&mut tx, &lens, id).await?;
        if record.deleted_at.is_some() {
            return Err(deleted(&lens).into());
        }
        let field = lens.named(lens.settings().done.as_ref()).ok_or(AppError::NotFound)?;
        if !lens.writable().any(|known| known.id == field.id) {
            return Err(AppError::Forbidden.into());
        }
        let was_done = record.data.get(&field.slot).and_then(Value::as_bool).unwrap_or(false);
        if was_done != is_done {
            let values = vec![(field, is_done.then_some(Value::Bool(true)))];
            put(cx, &mut tx, &lens, &record, Put { values, owner: record.owner_id.map(UserId), stage: record.stage_id }).await?;
        }
        Ok(titled(&lens, &record))
    }
    .await;
    tx.finish(done).await
}

#[cfg(test)]
mod tests {
    use super::group_of;

    #[test]
    fn tasks_are_grouped_by_when_they_are_due() {
        let day = |text: &str| text.parse().ok();
        let today = "2026-11-30".parse().unwrap();
        let of = |due: &str| group_of(day(due), today);
        assert_eq!(
            ["2026-11-29", "2026-11-30", "2026-12-01", "2026-12-07", "2026-12-08", ""].map(of),
            ["Overdue", "Today", "Next 7 days", "Next 7 days", "Later", "Without a date"]
        );
    }
}
