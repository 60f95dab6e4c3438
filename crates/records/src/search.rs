//! A search over the records of all pipelines.

use crate::{
    filter::{limited, too_slow},
    lens::lenses,
    row::row,
    value::Reader,
};
use db::tenant::records::{RecordFilter, record_list as list_rows};
use domain::{
    dto::search::{RecordHit, RecordHits, SEARCH_SHOWN},
    list::ListQuery,
    operation,
    user_field::FIELD_PREFIX,
};
use kernel::{RequestCx, Result};
use std::collections::HashMap;

/// The first records of each pipeline that hold every word of `q` in the fields that are searched; without a word none.
///
/// # Errors
/// [`AppError::Forbidden`](domain::AppError::Forbidden) without `records.view`.
pub async fn record_search(cx: &RequestCx, q: &str) -> Result<Vec<RecordHits>> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_SEARCH).await?;
    let query = ListQuery { size: SEARCH_SHOWN, ..ListQuery::from_pairs([("q", q)], &[]) };
    let found = async {
        let (mut found, reader) = (Vec::new(), Reader::of(cx));
        if query.q.is_empty() {
            return Ok(found);
        }
        let filter = RecordFilter { search: query.q.clone(), ..RecordFilter::default() };
        limited(&mut tx, &filter, &query).await?;
        for lens in lenses(&tx).await? {
            let page = list_rows(&tx.conn, &lens, &filter, &query, Some(0)).await?;
            let first = lens.settings().columns.iter().find_map(|column| lens.field(column.strip_prefix(FIELD_PREFIX)?));
            let hits = page.rows.iter().map(|record| {
                let row = row(&reader, &lens, record, &HashMap::new());
                let sub = first.and_then(|field| row.cells.iter().find(|cell| cell.key == field.key)).map(|cell| cell.value.text());
                RecordHit { id: row.id, title: row.title, sub: sub.unwrap_or_default() }
            });
            found.push(RecordHits { pipeline: lens.pipeline().head.clone(), hits: hits.collect() });
        }
        Ok(found)
    }
    .await;
    tx.finish(found.map_err(too_slow)).await
}
