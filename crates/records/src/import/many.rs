//! Lines that only make records, and that have nothing to do with each other, are done together: a statement for all of them instead of several
//! for each. What is not so plain, or is refused, is left to [`line_apply`](super::line::line_apply), which says why.

use super::{
    ID, Work, fields,
    line::{cell, form_of, match_keys},
};
use crate::{
    owners::owner_parse,
    save::{Draft, created_all, draft, stage_new},
    write::stage_rules,
};
use db::tenant::records::record_keys_known;
use domain::{AppError, FieldErrors, UserId, import::ImportMode, record::OWNER};
use kernel::{Error, RequestCx, Result, csv::Record, cx::TenantTx};
use std::collections::{HashMap, HashSet};

/// What identifies the record of a line: a field, and its value in the form in which values are compared.
type Key = (i64, String);

/// What a line makes if no other record has its values.
struct Candidate {
    draft: Option<Draft>,
    /// What existing records would be found by.
    found_by: Vec<Key>,
    /// These, and what no two records may have.
    keys: Vec<Key>,
}

/// A record that a line made, or would make.
pub(super) struct Made {
    /// Its number; none where nothing is changed.
    pub id: Option<domain::RecordId>,
    /// What existing records would be found by.
    pub found_by: Vec<Key>,
    /// These, and what no two records may have.
    pub keys: Vec<Key>,
}

/// Who the lines name as owners, each looked up once; nothing for a text that names none.
async fn owners_of(tx: &mut TenantTx, work: &Work<'_>, lines: &[Record]) -> Result<HashMap<String, Option<Option<UserId>>>> {
    let mut owners = HashMap::new();
    for cells in lines.iter().filter_map(|line| line.cells.as_ref().ok()) {
        let Some(text) = cell(work.plan, cells, OWNER).filter(|text| !text.is_empty()) else { continue };
        if owners.contains_key(text) {
            continue;
        }
        let found = match owner_parse(tx, &work.lens, text).await {
            Ok(owner) => Some(owner),
            Err(Error::App(AppError::Validation(_))) => None,
            Err(error) => return Err(error),
        };
        owners.insert(text.to_owned(), found);
    }
    Ok(owners)
}

/// What a line makes, as far as that depends on nothing but the line.
fn candidate(
    cx: &RequestCx,
    work: &Work<'_>,
    maker: Option<UserId>,
    owners: &HashMap<String, Option<Option<UserId>>>,
    cells: &[String],
) -> Option<Candidate> {
    let Work { plan, lens, reader, .. } = work;
    let found_by = match_keys(lens, plan, reader, cells).ok()?;
    let found_by: Vec<Key> = found_by.map(|(field, keys)| keys.into_iter().map(|key| (field.id, key)).collect()).unwrap_or_default();
    let form = form_of(lens, plan, cells, None).ok()?;
    let mut errors = FieldErrors::default();
    let data = form.create(lens, reader, &mut errors);
    let stage = stage_new(lens, &form, &mut errors);
    stage_rules(lens, stage, &data, &mut errors);
    let owner = match &form.owner {
        Some(typed) if lens.may_assign(maker) => owners.get(typed.as_str()).copied().flatten(),
        _ => Some(maker),
    };
    let made = owner.filter(|_| errors.0.is_empty()).and_then(|owner| draft(cx, lens, data, owner, stage).ok());
    let unique = made.iter().flat_map(|draft| &draft.keys).filter(|key| key.is_unique).map(|key| (key.field, key.key.clone()));
    let mut keys: Vec<Key> = found_by.iter().cloned().chain(unique).collect();
    keys.sort();
    keys.dedup();
    // A link is looked up, and so is the record of a number.
    let is_filled = |target: &str| cell(plan, cells, target).is_some_and(|text| !text.is_empty());
    let has_links = fields(lens).any(|field| field.relation.is_some() && (field.is_required || is_filled(&field.column())));
    let is_plain = !(has_links || plan.key == ID && is_filled(ID));
    Some(Candidate { draft: made.filter(|_| is_plain), found_by, keys })
}

/// Makes the records of the lines that can be done together. Gives one entry for each line, nothing for those that are left.
pub(super) async fn made_together(cx: &RequestCx, tx: &mut TenantTx, work: &Work<'_>, lines: &[Record]) -> Result<Vec<Option<Made>>> {
    let Work { plan, lens, .. } = work;
    if plan.mode == ImportMode::Update || !lens.may_create() {
        return Ok(lines.iter().map(|_| None).collect());
    }
    let (owners, maker) = (owners_of(tx, work, lines).await?, tx.maker());
    let one = |line: &Record| candidate(cx, work, maker, &owners, line.cells.as_ref().ok()?);
    let candidates: Vec<Option<Candidate>> = lines.iter().map(one).collect();
    let all: Vec<Key> = candidates.iter().flatten().flat_map(|one| one.keys.iter().cloned()).collect();
    let mut taken: HashSet<Key> =
        if all.is_empty() { HashSet::new() } else { record_keys_known(&mut tx.conn, &all).await?.into_iter().collect() };
    // Lines with a value in common are done one after the other.
    let mut seen = HashSet::new();
    taken.extend(all.into_iter().filter(|key| !seen.insert(key.clone())));
    let (mut made, mut drafts) = (Vec::with_capacity(lines.len()), Vec::new());
    for one in candidates {
        let free = one.filter(|one| !one.keys.iter().any(|key| taken.contains(key)));
        made.push(free.and_then(|Candidate { draft, found_by, keys }| {
            drafts.push(draft?);
            Some(Made { id: None, found_by, keys })
        }));
    }
    if !plan.dry && !drafts.is_empty() {
        let ids = created_all(cx, tx, lens, drafts).await?;
        for (made, id) in made.iter_mut().flatten().zip(ids) {
            made.id = Some(id);
        }
    }
    Ok(made)
}
