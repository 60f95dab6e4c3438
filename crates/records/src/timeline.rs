//! What happened to a record, as its page shows it.

use crate::{
    owners::owners_by_id,
    relation::link_titles,
    shown::{former, shown},
    value::Reader,
};
use db::tenant::records::{TimelineRow, timeline_list};
use domain::{
    RecordId, UserId,
    dto::tenant::{RecordEvent, RecordOwner},
    record::{Lens, OWNER, SHARED, STAGE},
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
    (id, owner): (RecordId, Option<UserId>),
    before: Option<i64>,
) -> Result<(Vec<RecordEvent>, Option<i64>)> {
    let mut rows = timeline_list(&tx.conn, lens, id, before, EVENTS + 1).await?;
    let has_more = rows.len() > usize::try_from(EVENTS).unwrap_or(usize::MAX);
    if has_more {
        rows.pop();
    }
    let owners = rows.iter().filter_map(|row| row.changes.as_ref()?.get(OWNER)?.as_array()).flatten().filter_map(Value::as_i64);
    let shared = rows.iter().filter_map(|row| row.changes.as_ref()?.get(SHARED)?.as_array()).flatten();
    let shared = shared.filter_map(|share| share.get("user")?.as_i64());
    let ids = rows.iter().filter_map(|row| user_of(&row.actor)).chain(owners).chain(shared).collect();
    let people = owners_by_id(&mut tx.conn, ids).await?;
    let titles = link_titles(tx, lens, rows.iter().filter_map(|row| row.changes.as_ref())).await?;
    let named = Named { people, titles };
    let older = rows.last().filter(|_| has_more).map(|row| row.seq);
    Ok((rows.into_iter().filter_map(|row| event(reader, lens, lens.may_share(owner), &named, row)).collect(), older))
}

/// What events name, as the caller sees it.
struct Named {
    people: HashMap<i64, RecordOwner>,
    /// Records that relations lead to, by the key of the field and the id.
    titles: HashMap<(String, i64), String>,
}

/// An event as the timeline shows it; `None` for one that changed nothing but what the lens hides. Who it is shared with is shown to those
/// who share it.
fn event(reader: &Reader, lens: &Lens, shares: bool, Named { people, titles }: &Named, row: TimelineRow) -> Option<RecordEvent> {
    let name = |id: i64| people.get(&id).map_or_else(|| format!("User {id}"), |user| user.name.clone());
    let text = |key: &str, value: &Value| match key {
        OWNER => value.as_i64().map(name),
        SHARED => {
            let user = value.get("user").and_then(Value::as_i64).map(name);
            let team = || value.get("team").and_then(Value::as_str).map(|team| format!("Team {team}"));
            let access = if value.get("edit").and_then(Value::as_bool) == Some(true) { "can edit" } else { "can view" };
            user.or_else(team).map(|name| format!("{name} ({access})"))
        }
        STAGE => value.as_str().map(|key| lens.stage(key).map_or_else(|| key.to_owned(), |stage| stage.name.clone())),
        _ => {
            let field = lens.field(key)?;
            if field.relation.is_none() {
                // What a field held before its type was changed may be of another form.
                let text = shown(reader, field, value).map(|shown| shown.text()).filter(|text| !text.is_empty());
                return text.or_else(|| former(value));
            }
            let titles = value.as_array()?.iter().filter_map(|id| titles.get(&(field.key.clone(), id.as_i64()?)).cloned());
            Some(titles.collect::<Vec<_>>().join(", ")).filter(|titles| !titles.is_empty())
        }
    };
    // A link that leads nowhere that the caller sees is not shown.
    let is_out_of_sight = |key: &str, sides: [&Option<String>; 2]| {
        sides.iter().all(|side| side.is_none()) && lens.field(key).is_some_and(|field| field.relation.is_some())
    };
    // In the order of the form, and nothing of what the lens does not show.
    let place = [(STAGE, "Stage"), (OWNER, "Owner")].into_iter().chain(shares.then_some((SHARED, "Shared with")));
    let labels = place.chain(lens.fields().map(|field| (field.key.as_str(), field.label.as_str())));
    let changed = row.changes.as_ref().and_then(Value::as_object);
    let changes = labels.filter_map(|(key, label)| {
        let pair = changed?.get(key)?;
        let side = |at: usize| pair.get(at).and_then(|value| text(key, value));
        let (before, after) = (side(0), side(1));
        (!is_out_of_sight(key, [&before, &after])).then(|| (label.to_owned(), before, after))
    });
    let changes: Vec<_> = changes.collect();
    if changes.is_empty()
        && changed.is_some_and(|changed| !changed.is_empty())
        && ["record.update", "record.link", "record.unlink"].contains(&row.kind.as_str())
    {
        return None;
    }
    let actor = match (user_of(&row.actor), row.actor.split(':').next()) {
        (Some(id), _) => name(id),
        (None, Some("operator")) => "The platform operator".to_owned(),
        (None, _) => "Oneo".to_owned(),
    };
    Some(RecordEvent { seq: row.seq, at: row.at, actor, changes, kind: row.kind })
}
