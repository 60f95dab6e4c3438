//! Before an import runs: the file comes in, its columns are mapped, and a job checks what it would do.

use super::{Plan, guess, targets};
use crate::lens::{lens_of, own_rights};
use db::tenant::{
    job_rows::{checkpoint_get, checkpoint_lock, checkpoint_set},
    queue,
};
use domain::{
    AppError, Code, FieldErrors, JobId, UserId,
    dto::tenant::{ImportTarget, RecordImportNewPage, RecordImportPage},
    import::{DayOrder, DecimalMark, ImportMode},
    job::{JobKind, JobStatus},
    operation,
    record::Lens,
};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    imports::{ImportReading, Sheet, import_admit, import_count, import_keep},
    jobs::{asked_by, company_enqueue},
    storage::storage_of,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// What was chosen in the form of an import.
#[derive(Clone, Debug, Default)]
pub struct ImportRules {
    /// The column of the file for each target; empty leaves it out.
    pub columns: BTreeMap<String, String>,
    /// `create`, `update` or `both`.
    pub mode: String,
    /// The target that existing records are found by; empty for none.
    pub match_by: String,
    /// How the file writes decimals.
    pub decimals: String,
    /// How the file writes days.
    pub days: String,
    /// Whether empty cells clear fields of existing records.
    pub clears: bool,
}

impl ImportRules {
    fn apply(&self, plan: &mut Plan, targets: &[ImportTarget]) -> std::result::Result<(), AppError> {
        let mut errors = FieldErrors::default();
        let mut columns = BTreeMap::new();
        for target in targets {
            let input = format!("columns[{}]", target.name);
            match self.columns.get(&target.name).map(String::as_str).unwrap_or_default() {
                "" => {}
                text => match text.parse::<usize>() {
                    Ok(column) if columns.values().any(|mapped| *mapped == column) => {
                        errors.push(Code::FieldUnknownChoice, &input, "This column fills another field already");
                    }
                    Ok(column) if column < plan.sheet.headers.len() => {
                        columns.insert(target.name.clone(), column);
                    }
                    _ => errors.push(Code::FieldUnknownChoice, &input, "Choose a column of the file"),
                },
            }
        }
        let mode = errors.check_as(Code::FieldUnknownChoice, "mode", ImportMode::parse(&self.mode).ok_or("Choose what to do"));
        let decimals = errors.check_as(
            Code::FieldUnknownChoice,
            "decimals",
            DecimalMark::parse(&self.decimals).ok_or("Choose how numbers are written"),
        );
        let days = errors.check_as(Code::FieldUnknownChoice, "days", DayOrder::parse(&self.days).ok_or("Choose how dates are written"));
        match targets.iter().find(|target| target.is_key && target.name == self.match_by) {
            Some(target) if !columns.contains_key(&target.name) => {
                let input = format!("columns[{}]", target.name);
                errors.push(Code::FieldRequired, &input, "Existing records are found by this field, so it needs a column");
            }
            None if !self.match_by.is_empty() => {
                errors.push(Code::FieldUnknownChoice, "match_by", "Choose a field to find existing records by");
            }
            None if mode.is_some_and(|mode| mode != ImportMode::Create) => {
                errors.push(Code::FieldRequired, "match_by", "Choose a field to find existing records by");
            }
            _ => {}
        }
        if columns.is_empty() && errors.0.is_empty() {
            errors.push(Code::FieldRequired, "", "Choose a column for at least one field");
        }
        if mode != Some(ImportMode::Update) {
            for target in targets.iter().filter(|target| target.is_required && !columns.contains_key(&target.name)) {
                let input = format!("columns[{}]", target.name);
                if errors.get(&input).is_none() {
                    errors.push(Code::FieldRequired, &input, format!("New records need this: {}", target.label));
                }
            }
        }
        errors.into_result()?;
        let (Some(mode), Some(decimals), Some(days)) = (mode, decimals, days) else { return Err(AppError::Malformed) };
        plan.header = guess::header(plan.sheet.headers_own(), &columns, targets);
        (plan.columns, plan.mode, plan.key, plan.clears) = (columns, mode, self.match_by.clone(), self.clears);
        (plan.decimals, plan.days) = (decimals, days);
        Ok(())
    }
}

/// The pipeline, for who may make records of it.
async fn lens_creating(tx: &TenantTx, pipeline: &str) -> Result<Lens> {
    let lens = lens_of(tx, pipeline).await?;
    if lens.may_create() { Ok(lens) } else { Err(AppError::Forbidden.into()) }
}

/// What the page shows on which a file is chosen.
///
/// # Errors
/// [`AppError::NotFound`] for a pipeline that the caller does not see, [`AppError::Forbidden`] for who makes no records of it.
pub async fn record_import_new(cx: &RequestCx, pipeline: &str) -> Result<RecordImportNewPage> {
    let tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_NEW).await?;
    let found = lens_creating(&tx, pipeline).await;
    let lens = tx.finish(found).await?;
    Ok(RecordImportNewPage { pipeline: lens.pipeline().head.clone(), storage: storage_of(cx).await? })
}

/// Takes up an import before a byte of the file is read, when its length is announced. Gives how many bytes may come.
///
/// # Errors
/// As [`record_import_new`]; [`AppError::Conflict`] beside `file` for what does not fit, [`AppError::RateLimited`] after too many.
pub async fn record_import_admit(cx: &RequestCx, pipeline: &str, announced: Option<u64>) -> Result<u64> {
    let tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_UPLOAD).await?;
    let found = lens_creating(&tx, pipeline).await.map(drop);
    tx.finish(found).await?;
    import_admit(cx, announced).await
}

/// Takes a file in. Gives the number of the draft.
///
/// # Errors
/// As [`record_import_admit`]; [`AppError::Validation`] beside `file`.
pub async fn record_import_begin(cx: &RequestCx, pipeline: &str, name: &str, file: &Path) -> Result<JobId> {
    import_keep(cx, name, file, async |sheet| draft_begin(cx, pipeline, sheet).await).await
}

/// What is guessed of a file.
fn guessed(cx: &RequestCx, plan: &mut Plan, lens: &Lens, targets: &[ImportTarget]) {
    let columns = guess::columns(plan.sheet.headers_own(), targets);
    let own = cx.caller().and_then(|caller| caller.look).map(|look| look.locale).filter(|locale| !locale.is_empty());
    let locale = own.unwrap_or_else(|| cx.settings.locale.clone());
    plan.decimals = guess::decimals(lens, &plan.sheet, &columns, crate::value::Reader::of(cx).format);
    plan.days = guess::days(lens, &plan.sheet, &columns, &locale);
    let key = targets.iter().find(|target| target.is_key && columns.contains_key(&target.name));
    plan.key = key.map(|target| target.name.clone()).unwrap_or_default();
    plan.columns = columns;
}

async fn draft_begin(cx: &RequestCx, pipeline: &str, sheet: Sheet) -> Result<JobId> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_UPLOAD).await?;
    let done = async {
        let lens = lens_creating(&tx, pipeline).await?;
        // A draft is no job, but its number is of the same series, so that the checkpoints of both never meet.
        let draft = queue::job_id(&mut tx.conn).await?;
        let head = &lens.pipeline().head;
        let mut plan = Plan {
            about: format!("{} · {}", head.name, sheet.name),
            sheet,
            pipeline: head.key.clone(),
            user: tx.user.id,
            columns: BTreeMap::new(),
            mode: ImportMode::Create,
            key: String::new(),
            decimals: DecimalMark::default(),
            days: DayOrder::default(),
            clears: false,
            header: Vec::new(),
            dry: true,
            draft: draft.0,
            looked: 0,
            done: 0,
        };
        guessed(cx, &mut plan, &lens, &targets(&tx, &lens));
        let values = json!({ "pipeline": plan.pipeline, "file": plan.sheet.name, "lines": plan.sheet.lines });
        let line = entry(cx, &tx.actor, "record.import_upload", Object::new("job", draft, plan.sheet.name.as_str()), values);
        tx.conn.audit(line);
        checkpoint_set(&mut tx.conn, draft, &json!(plan), cx.services.now()).await?;
        Ok(draft)
    }
    .await;
    tx.finish(done).await
}

/// The caller's draft of that number in a pipeline; neither a check nor an import that was made of one.
fn draft_of(plan: Option<Value>, id: JobId, pipeline: &str, user: UserId) -> Result<Plan> {
    let plan: Option<Plan> = plan.and_then(|plan| serde_json::from_value(plan).ok());
    let plan = plan.filter(|plan| plan.draft == id.0 && plan.pipeline == pipeline && plan.user == user);
    plan.ok_or_else(|| AppError::NotFound.into())
}

/// What the page of a draft shows: the first lines, and the columns as they are mapped.
///
/// # Errors
/// [`AppError::NotFound`] for what is no draft of the caller, and as [`record_import_new`].
pub async fn record_import_get(cx: &RequestCx, pipeline: &str, id: JobId) -> Result<RecordImportPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_GET).await?;
    let page = async {
        let lens = lens_creating(&tx, pipeline).await?;
        let plan = draft_of(checkpoint_get(&mut tx.conn, id).await?, id, pipeline, tx.user.id)?;
        let targets = targets(&tx, &lens);
        // What the caller may no longer fill is not shown either.
        let columns = plan.columns.into_iter().filter(|(name, _)| targets.iter().any(|target| target.name == *name)).collect();
        Ok(RecordImportPage {
            pipeline: lens.pipeline().head.clone(),
            id,
            sheet: plan.sheet.shown(),
            targets,
            columns,
            mode: plan.mode,
            key: plan.key,
            decimals: plan.decimals,
            days: plan.days,
            clears: plan.clears,
        })
    }
    .await;
    tx.finish(page).await
}

/// Reads the file of a draft in another way; the columns are guessed again.
///
/// # Errors
/// [`AppError::Validation`] beside `encoding` for a file that cannot be read so, and as [`record_import_get`].
pub async fn record_import_read(cx: &RequestCx, pipeline: &str, id: JobId, reading: &ImportReading) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_READ).await?;
    let found = async {
        lens_creating(&tx, pipeline).await?;
        draft_of(checkpoint_get(&mut tx.conn, id).await?, id, pipeline, tx.user.id)
    }
    .await;
    let plan = tx.finish(found).await?;
    let sheet = plan.sheet.read_as(cx, reading).await?;
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_READ).await?;
    let done = async {
        let lens = lens_creating(&tx, pipeline).await?;
        let mut plan = draft_of(checkpoint_lock(&mut tx.conn, id).await?, id, pipeline, tx.user.id)?;
        plan.sheet = sheet;
        guessed(cx, &mut plan, &lens, &targets(&tx, &lens));
        Ok(checkpoint_set(&mut tx.conn, id, &json!(plan), cx.services.now()).await?)
    }
    .await;
    tx.finish(done).await
}

/// Keeps the rules in the draft and begins a job that checks what the import would do.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, and as [`record_import_get`].
pub async fn record_import_check(cx: &RequestCx, pipeline: &str, id: JobId, rules: &ImportRules) -> Result<JobId> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_CHECK).await?;
    let done = async {
        own_rights(cx)?;
        let lens = lens_creating(&tx, pipeline).await?;
        let mut plan = draft_of(checkpoint_lock(&mut tx.conn, id).await?, id, pipeline, tx.user.id)?;
        rules.apply(&mut plan, &targets(&tx, &lens))?;
        import_count(cx).await?;
        let look = begin(cx, &mut tx, Plan { dry: true, done: 0, ..plan.clone() }).await?;
        plan.looked = look.0;
        checkpoint_set(&mut tx.conn, id, &json!(plan), cx.services.now()).await?;
        Ok(look)
    }
    .await;
    tx.finish(done).await
}

/// Begins the import that a job has checked, by the rules it was checked with.
///
/// # Errors
/// [`AppError::NotFound`] for what is no such job of the caller, [`AppError::Conflict`] for one that did not get to its end.
pub async fn record_import_run(cx: &RequestCx, id: JobId) -> Result<JobId> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_RUN).await?;
    let done = async {
        own_rights(cx)?;
        let look = queue::job_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
        let is_own = look.kind()? == JobKind::RecordsImport && asked_by(&look)? == tx.user.id;
        let plan: Option<Plan> = checkpoint_get(&mut tx.conn, id).await?.and_then(|plan| serde_json::from_value(plan).ok());
        let plan = plan.filter(|plan| is_own && plan.dry).ok_or(AppError::NotFound)?;
        if look.status()? != JobStatus::Done {
            return Err(AppError::conflict(Code::ImportNotChecked, "", "The check of this import has not finished. Check it again.").into());
        }
        let lens = lens_creating(&tx, &plan.pipeline).await?;
        // A field that is gone, or that the caller may no longer change, is not left out unseen.
        let known = targets(&tx, &lens);
        if !plan.columns.keys().all(|name| known.iter().any(|target| target.name == *name)) {
            let text = "The fields of this import have changed. Check it again.";
            return Err(AppError::conflict(Code::ImportNotChecked, "", text).into());
        }
        begin(cx, &mut tx, Plan { dry: false, done: 0, ..plan }).await
    }
    .await;
    tx.finish(done).await
}

async fn begin(cx: &RequestCx, tx: &mut TenantTx, plan: Plan) -> Result<JobId> {
    plan.sheet.require(cx).await?;
    let plan = Plan { sheet: Sheet { preview: Vec::new(), ..plan.sheet }, ..plan };
    let job = company_enqueue(cx, tx, JobKind::RecordsImport, &plan).await?;
    if !plan.dry {
        let values =
            json!({ "pipeline": plan.pipeline, "file": plan.sheet.name, "lines": plan.sheet.lines, "mode": plan.mode, "key": plan.key });
        let line = entry(cx, &tx.actor, "record.import", Object::new("job", job, plan.sheet.name.as_str()), values);
        tx.conn.audit(line);
    }
    Ok(job)
}
