//! What happened to a record, as its page shows it.

use crate::{owners::owners_by_id, shown::shown, value::Reader};
use db::tenant::records::{TimelineRow, timeline_list};
use domain::{
    RecordId,
    dto::tenant::{RecordEvent, RecordOwner},
    record::{Lens, OWNER, STAGE},
};
use kernel::{Result, cx::TenantTx};
use serde_json::Value;
use std::collections::HashMap;

/// Events on one page.
const EVENTS: i64 = 30;

/// The id of the user that an actor such as `user:7` is.
fn user_of(actor: &str) -> Option<i64> {
    actor.strip_prefix("user:")?.parse().ok()
}

/// The events of a record, the newest first, and the number before which older ones begin.
pub(crate) async fn timeline(
    tx: &mut TenantTx,
    reader: &Reader,
    lens: &Lens,
    id: RecordId,
    before: Option<i64>,
) -> Result<(Vec<RecordEvent>, Option<i64>)> {
    let mut rows = timeline_list(&tx.conn, lens, id, before, EVENTS + 1).await?;
    let has_more = rows.len() > usize::try_from(EVENTS).unwrap_or(usize::MAX);
    if has_more {
        rows.pop();
    }
    let owners = rows.iter().filter_map(|row| row.changes.as_ref()?.get(OWNER)?.as_array()).flatten().filter_map(Value::as_i64);
    let ids = rows.iter().filter_map(|row| user_of(&row.actor)).chain(owners).collect();
    let people = owners_by_id(&mut tx.conn, ids).await?;
    let older = rows.last().filter(|_| has_more).map(|row| row.seq);
    Ok((rows.into_iter().map(|row| event(reader, lens, &people, row)).collect(), older))
}

fn event(reader: &Reader, lens: &Lens, people: &HashMap<i64, RecordOwner>, row: TimelineRow) -> RecordEvent {
    let name = |id: i64| people.get(&id).map_or_else(|| format!("User {id}"), |user| user.name.clone());
    let text = |key: &str, value: &Value| match key {
        OWNER => value.as_i64().map(name),
        STAGE => value.as_str().map(|key| lens.stage(key).map_or_else(|| key.to_owned(), |stage| stage.name.clone())),
        _ => shown(reader, lens.field(key)?, value).map(|shown| shown.text()),
    };
    // In the order of the form, and nothing of what the lens does not show.
    let labels =
        [(STAGE, "Stage"), (OWNER, "Owner")].into_iter().chain(lens.fields().map(|field| (field.key.as_str(), field.label.as_str())));
    let changed = row.changes.as_ref().and_then(Value::as_object);
    let changes = labels.filter_map(|(key, label)| {
        let pair = changed?.get(key)?;
        let side = |at: usize| pair.get(at).and_then(|value| text(key, value));
        Some((label.to_owned(), side(0), side(1)))
    });
    let actor = match (user_of(&row.actor), row.actor.split(':').next()) {
        (Some(id), _) => name(id),
        (None, Some("operator")) => "The platform operator".to_owned(),
        (None, _) => "Oneo".to_owned(),
    };
    RecordEvent { seq: row.seq, at: row.at, actor, changes: changes.collect(), kind: row.kind }
}
