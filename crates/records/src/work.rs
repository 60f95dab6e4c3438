//! What waits for a user: the first page of those who work with records.

use crate::{lens::lenses, owners::owners_by_id, row::row, value::Reader};
use chrono::{Days, NaiveTime};
use db::tenant::records::{RecordFilter, RecordRecord, WorkFilter, record_list as list_rows, work_list};
use domain::{
    dto::tenant::{WorkList, WorkPage},
    list::ListQuery,
    operation,
    record::{Lens, StageKind},
};
use kernel::{RequestCx, Result, cx::TenantTx};
use std::collections::HashMap;

/// Rows of each list.
const ROWS: i64 = 8;
/// Days ahead that count as due.
const DAYS: u64 = 7;

/// Open records of the caller, what is due, and what changed lately.
///
/// # Errors
/// [`AppError::Forbidden`](domain::AppError::Forbidden) without `records.view`.
pub async fn record_work(cx: &RequestCx) -> Result<WorkPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_WORK).await?;
    let page = async {
        let reader = Reader::of(cx);
        let lenses: Vec<Lens> = lenses(&tx).await?.into_iter().map(Lens::own).collect();
        let mut page = WorkPage::default();
        let mut recent: Vec<(&Lens, RecordRecord)> = Vec::new();
        let until = cx.today().checked_add_days(Days::new(DAYS + 1)).unwrap_or_else(|| cx.today()).and_time(NaiveTime::MIN).and_utc();
        for lens in &lenses {
            let open: Vec<i64> =
                lens.pipeline().stages.iter().filter(|stage| stage.kind == StageKind::Open).map(|stage| stage.id).collect();
            if !open.is_empty() {
                page.open.push(waiting(&tx, &reader, lens, &WorkFilter::Open(open)).await?);
            }
            let settings = lens.settings();
            if !lens.is_late()
                && let (Some(done), Some(_)) = (lens.named(settings.done.as_ref()), lens.named(settings.due.as_ref()))
            {
                page.due.push(waiting(&tx, &reader, lens, &WorkFilter::Due(until, done.slot.clone())).await?);
            }
            let query =
                ListQuery { sort: "updated".to_owned(), desc: true, size: u16::try_from(ROWS).unwrap_or(1), ..ListQuery::default() };
            let found = list_rows(&tx.conn, lens, &RecordFilter::default(), &query, Some(0)).await?;
            recent.extend(found.rows.into_iter().map(|record| (lens, record)));
        }
        recent.sort_by_key(|(_, record)| std::cmp::Reverse(record.updated_at));
        recent.truncate(usize::try_from(ROWS).unwrap_or(1));
        let owners = owners_by_id(&mut tx.conn, recent.iter().filter_map(|(_, record)| record.owner_id).collect()).await?;
        page.recent = recent.iter().map(|(lens, record)| (lens.pipeline().head.clone(), row(&reader, lens, record, &owners))).collect();
        Ok(page)
    }
    .await;
    tx.finish(page).await
}

async fn waiting(tx: &TenantTx, reader: &Reader, lens: &Lens, filter: &WorkFilter) -> Result<WorkList> {
    let found = work_list(&tx.conn, lens, filter, ROWS).await?;
    let sum = found.sum.filter(|_| lens.settings().value.is_some() && !lens.is_late());
    let sum = sum.map(|sum| reader.amount(&sum));
    Ok(WorkList {
        pipeline: lens.pipeline().head.clone(),
        settings: lens.settings().clone(),
        stages: lens.pipeline().stages.clone(),
        rows: found.rows.iter().map(|record| row(reader, lens, record, &HashMap::new())).collect(),
        total: found.total,
        sums: sum.into_iter().collect(),
    })
}
