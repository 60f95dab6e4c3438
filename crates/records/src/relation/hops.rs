//! What a record has to do with, step by step over relations.

use super::link_title;
use crate::{
    lens::{lens_of, lenses},
    row::titled,
};
use db::tenant::records::{HOP_LINKS_MAX, HopFrom, HopRow, links_hop, record_get};
use domain::{
    AppError, RecordId,
    dto::tenant::{Hop, HopHit, RecordHopsPage},
    operation,
    record::{Field, Lens},
};
use kernel::{RequestCx, Result, cx::TenantTx};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Steps, where nothing else is asked for.
const DEPTH: u8 = 2;
/// The most steps.
const DEPTH_MAX: u8 = 4;
/// The most records on the page.
const RECORDS_MAX: usize = 1_000;

/// A walk from a record: what was found so far.
struct Walk<'a> {
    lenses: &'a [Lens],
    titles: HashMap<i64, String>,
    seen: HashSet<i64>,
}

/// The records that a record leads to over relations, up to `depth` steps away: each once, by the shortest way. Fields and records that the
/// caller does not see are not gone over either.
///
/// # Errors
/// [`AppError::NotFound`] for a record that the caller does not see, [`AppError::Forbidden`] without `records.view`.
pub async fn record_hops(cx: &RequestCx, pipeline: &str, id: RecordId, depth: Option<u8>) -> Result<RecordHopsPage> {
    let tx = cx.tenant_begin(&operation::tenant::RECORD_HOPS).await?;
    let page = async {
        let lens = lens_of(&tx, pipeline).await?;
        let record = record_get(&tx.conn, &lens, id).await?.ok_or(AppError::NotFound)?;
        let (lenses, title) = (lenses(&tx).await?, titled(&lens, &record));
        let depth = depth.unwrap_or(DEPTH).clamp(1, DEPTH_MAX);
        let mut walk = Walk { lenses: &lenses, titles: HashMap::from([(id.0, title.clone())]), seen: HashSet::from([id.0]) };
        let (mut hops, mut frontier) = (Vec::new(), BTreeMap::from([(lens.pipeline().id, vec![id.0])]));
        for _ in 0..depth {
            let (hop, next) = walk.step(&tx, &frontier).await?;
            let is_end = hop.hits.is_empty() || walk.seen.len() > RECORDS_MAX;
            if !hop.hits.is_empty() {
                hops.push(hop);
            }
            if is_end {
                break;
            }
            frontier = next;
        }
        Ok(RecordHopsPage { pipeline: lens.pipeline().head.clone(), id, title, depth, depth_max: DEPTH_MAX, hops })
    }
    .await;
    tx.finish(page).await
}

/// Records by their pipelines.
type Frontier = BTreeMap<i64, Vec<i64>>;

impl Walk<'_> {
    /// One step on: what it finds, and where the next one begins.
    async fn step(&mut self, tx: &TenantTx, frontier: &Frontier) -> Result<(Hop, Frontier)> {
        let fields = |lens: &&Lens| frontier.contains_key(&lens.pipeline().id);
        let fields = self.lenses.iter().filter(fields).flat_map(|lens| lens.fields().map(move |field| (lens, field)));
        let fields: Vec<(&Lens, &Field)> = fields.filter(|(_, field)| field.relation.is_some()).collect();
        let from = fields.iter().filter_map(|(lens, field)| {
            let records = frontier.get(&lens.pipeline().id)?;
            Some(HopFrom { field: field.id, related: lens.related(field)?, records })
        });
        let rows = links_hop(&tx.conn, &from.collect::<Vec<_>>()).await?;
        let (mut hop, mut next, mut counts) = (Hop::default(), Frontier::new(), HashMap::new());
        for HopRow { field, source, id, pipeline, title } in rows {
            let count = counts.entry((field, source)).or_insert(0_usize);
            *count += 1;
            if *count > HOP_LINKS_MAX || self.seen.len() > RECORDS_MAX {
                hop.is_cut = true;
                continue;
            }
            let Some(field) = fields.iter().find(|(_, known)| known.id == field).map(|(_, field)| field) else { continue };
            let Some(end) = field.relation.as_ref().filter(|_| self.seen.insert(id)) else { continue };
            let title = link_title(end, RecordId(id), &title);
            self.titles.insert(id, title.clone());
            next.entry(pipeline).or_default().push(id);
            hop.hits.push(HopHit {
                pipeline: end.head.clone(),
                id: RecordId(id),
                title,
                field: field.label.clone(),
                source: self.titles.get(&source).cloned().unwrap_or_default(),
            });
        }
        let place = |key: &str| self.lenses.iter().position(|lens| lens.pipeline().head.key == key);
        hop.hits.sort_by(|one, other| (place(&one.pipeline.key), &one.title).cmp(&(place(&other.pipeline.key), &other.title)));
        Ok((hop, next))
    }
}
