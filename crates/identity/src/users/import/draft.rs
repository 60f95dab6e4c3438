//! Before an import runs: the file comes in, its columns are mapped, and a job looks at what it would do.

use super::{
    ImportReading, ImportRules, Plan, blocking,
    file::{Written, look, look_as},
};
use crate::{auth::reauthenticate, roles::choices};
use chrono::TimeDelta;
use db::tenant::{
    job_rows::{checkpoint_get, checkpoint_lock, checkpoint_set},
    queue, roles,
    user_fields::field_list,
};
use domain::{
    AppError, Code, Email, JobId,
    dto::{Storage, tenant::ImportPage},
    import::{COLUMNS, ImportKey, ImportMode, column_guess, field_column_guess},
    job::{JobKind, JobStatus},
    operation,
    role::{OWNER, RoleKey},
    text::fold,
    user_field::UserField,
};
use kernel::{
    Error, RequestCx, Result, Services,
    audit::{Object, entry},
    csv::Dialect,
    cx::TenantTx,
    entropy::random_name,
    files::tenant_file,
    jobs::company_enqueue,
    storage::{storage_full, storage_of, storage_require},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// The largest file taken, in bytes: some ten million lines.
pub const CSV_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Where files are kept, and for how long: an import is done soon, or the list is an old one.
pub const FOLDER: &str = "imports";
const KEPT: TimeDelta = TimeDelta::days(7);
/// Files that a company may bring in or have read again in a day, so that nobody fills the disk or keeps every core at work.
const UPLOADS_A_DAY: u32 = 100;

/// Removes the files of all companies that are older than they are kept.
///
/// # Errors
/// When they cannot be listed.
pub async fn import_sweep(services: &Services) -> Result<()> {
    for name in services.files.older("", services.now() - KEPT).await? {
        if name.starts_with('t') && name.split('/').nth(1) == Some(FOLDER) {
            services.files.remove(&name).await?;
        }
    }
    Ok(())
}

/// Whether the person asking may import users, before a byte of the file is read.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.create` and `users.manage`.
async fn user_import_may(cx: &RequestCx) -> Result<()> {
    cx.tenant_permit(&operation::tenant::USER_IMPORT_NEW).await.map(drop)
}

/// Takes up an import before a byte of the file is read, when its length is announced. Gives how many bytes may come.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.create` and `users.manage`, [`AppError::Conflict`] beside `file` for what does not fit, [`AppError::RateLimited`] after too many.
pub async fn user_import_admit(cx: &RequestCx, announced: Option<u64>) -> Result<u64> {
    user_import_may(cx).await?;
    let free = storage_require(cx, announced).await?;
    counted(cx).await?;
    Ok(free)
}

/// What the page shows on which a list is chosen.
///
/// # Errors
/// [`AppError::Forbidden`] as for [`user_import_admit`].
pub async fn user_import_new(cx: &RequestCx) -> Result<Storage> {
    user_import_may(cx).await?;
    storage_of(cx).await
}

/// Counts a file that is received or read whole.
async fn counted(cx: &RequestCx) -> Result<()> {
    let day = cx.services.redis.window_count(cx.site.key(), "import", UPLOADS_A_DAY, 86_400).await?;
    day.map_or(Ok(()), |retry_after| Err(AppError::RateLimited { retry_after }.into()))
}

/// Takes a file in. Gives the number of the draft.
///
/// # Errors
/// [`AppError::Validation`] beside `file`, [`AppError::Forbidden`] as for [`user_import_admit`].
pub async fn user_import_begin(cx: &RequestCx, name: &str, file: &Path) -> Result<JobId> {
    user_import_may(cx).await?;
    let tenant = cx.tenant_site()?.tenant.id;
    let from = file.to_owned();
    let written = blocking(move || look(&from)).await?;
    let place = tenant_file(tenant, &format!("{FOLDER}/{}.csv", random_name::<16>(&*cx.services.entropy)));
    let bytes = cx.services.files.keep(&place, file).await?;
    let begun = async {
        // Others of the company may have brought files in while this one came.
        let kept = storage_of(cx).await?;
        if kept.used > kept.most {
            return Err(storage_full(Storage { used: kept.used.saturating_sub(bytes), ..kept }).into());
        }
        draft_begin(cx, &place, name, written).await
    }
    .await;
    if begun.is_err() {
        cx.services.files.remove(&place).await?;
    }
    begun
}

/// The columns as their names, or else the first line, tell them.
fn columns_guess(written: &Written, fields: &[UserField]) -> BTreeMap<String, usize> {
    if written.has_header {
        let columns = COLUMNS.iter().filter_map(|(field, _)| Some(((*field).to_owned(), column_guess(field, &written.headers)?)));
        let mut columns: BTreeMap<String, usize> = columns.collect();
        for field in fields {
            let taken: Vec<usize> = columns.values().copied().collect();
            columns.extend(field_column_guess(field, &written.headers, &taken).map(|column| (field.column(), column)));
        }
        return columns;
    }
    let address = written.preview.first().and_then(|cells| cells.iter().position(|cell| Email::parse(cell).is_ok()));
    address.map(|column| ("email".to_owned(), column)).into_iter().collect()
}

async fn draft_begin(cx: &RequestCx, place: &str, name: &str, written: Written) -> Result<JobId> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_UPLOAD).await?;
    let fields = match field_list(&tx.conn).await {
        Ok(fields) => fields,
        Err(error) => return tx.finish(Err(error.into())).await,
    };
    let plan = Plan {
        file: place.to_owned(),
        name: name.chars().filter(|c| !c.is_control()).take(100).collect(),
        columns: columns_guess(&written, &fields),
        fields: Vec::new(),
        dialect: written.dialect,
        has_header: written.has_header,
        headers: written.headers,
        preview: written.preview,
        lines: written.lines,
        mode: ImportMode::Create,
        key: ImportKey::Email,
        role: "user".to_owned(),
        dry: true,
        draft: 0,
        looked: 0,
        done: 0,
    };
    let done = async {
        // A draft is no job, but its number is of the same series, so that the checkpoints of both never meet.
        let draft = queue::job_id(&mut tx.conn).await?;
        let plan = Plan { draft: draft.0, ..plan };
        let values = json!({ "file": plan.name, "lines": plan.lines });
        let line = entry(cx, &tx.actor, "user.import_upload", Object::new("job", draft, plan.name.as_str()), values);
        tx.conn.audit(line);
        checkpoint_set(&mut tx.conn, draft, &json!(plan), cx.services.now()).await?;
        Ok(draft)
    }
    .await;
    tx.finish(done).await
}

/// The draft of that number; neither a look nor an import that was made of one.
fn draft_of(plan: Option<Value>, id: JobId) -> Result<Plan> {
    let plan: Option<Plan> = plan.and_then(|plan| serde_json::from_value(plan).ok());
    plan.filter(|plan| plan.draft == id.0).ok_or_else(|| AppError::NotFound.into())
}

/// What the page of a draft shows: the first lines, and the columns as they are mapped.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] as for [`user_import_admit`].
pub async fn user_import_get(cx: &RequestCx, id: JobId) -> Result<ImportPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_GET).await?;
    let found = async {
        let plan = draft_of(checkpoint_get(&mut tx.conn, id).await?, id)?;
        let roles = choices(roles::role_list(&tx.conn).await?).into_iter().filter(|role| role.key != OWNER).collect();
        Ok((plan, roles, field_list(&tx.conn).await?))
    }
    .await;
    let (plan, roles, fields) = tx.finish(found).await?;
    Ok(ImportPage {
        id,
        preview: plan.preview,
        delimiter: char::from(plan.dialect.delimiter()),
        name: plan.name,
        encoding: plan.dialect.encoding_name().to_owned(),
        has_header: plan.has_header,
        lines: plan.lines,
        columns: plan.columns,
        headers: plan.headers,
        mode: plan.mode,
        key: plan.key,
        role: plan.role,
        roles,
        fields,
    })
}

/// Reads the file of a draft in another way; the columns are guessed again.
///
/// # Errors
/// [`AppError::Validation`] beside `encoding` for a file that cannot be read so, and as for [`user_import_get`].
pub async fn user_import_read(cx: &RequestCx, id: JobId, reading: &ImportReading) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_READ).await?;
    let found = checkpoint_get(&mut tx.conn, id).await.map_err(Error::from).and_then(|plan| draft_of(plan, id));
    let plan = tx.finish(found).await?;
    let dialect = Dialect::chosen(&reading.encoding, &reading.delimiter)
        .ok_or_else(|| AppError::field(Code::FieldUnknownChoice, "encoding", "Choose an encoding and a delimiter"))?;
    counted(cx).await?;
    cx.turn_end();
    let scratch = cx.services.files.scratch()?;
    let path = scratch.path().join("users.csv");
    if cx.services.files.open(&plan.file).await.is_err() {
        return Err(expired());
    }
    cx.services.files.fetch(&plan.file, &path).await?;
    let has_header = reading.has_header;
    let written = blocking(move || look_as(&path, dialect, Some(has_header), "encoding")).await?;
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_READ).await?;
    let done = async {
        let mut plan = draft_of(checkpoint_lock(&mut tx.conn, id).await?, id)?;
        plan.columns = columns_guess(&written, &field_list(&tx.conn).await?);
        (plan.dialect, plan.has_header) = (written.dialect, written.has_header);
        (plan.headers, plan.preview, plan.lines) = (written.headers, written.preview, written.lines);
        Ok(checkpoint_set(&mut tx.conn, id, &json!(plan), cx.services.now()).await?)
    }
    .await;
    tx.finish(done).await
}

/// Keeps the rules in the draft and begins a job that looks at what the import would do.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, and as for [`user_import_get`].
pub async fn user_import_check(cx: &RequestCx, id: JobId, rules: &ImportRules) -> Result<JobId> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_CHECK).await?;
    let done = async {
        let mut plan = draft_of(checkpoint_lock(&mut tx.conn, id).await?, id)?;
        rules.apply(&mut plan, &field_list(&tx.conn).await?)?;
        grantable(&mut tx, &plan.role).await?;
        counted(cx).await?;
        let look = begin(cx, &mut tx, Plan { dry: true, done: 0, ..plan.clone() }).await?;
        plan.looked = look.0;
        checkpoint_set(&mut tx.conn, id, &json!(plan), cx.services.now()).await?;
        Ok(look)
    }
    .await;
    tx.finish(done).await
}

/// Begins the import that a job has looked at, by the rules it was looked at.
///
/// # Errors
/// [`AppError::NotFound`] for what is no such job, [`AppError::Conflict`] for one that did not get to its end,
/// [`AppError::ReauthRequired`], [`AppError::Forbidden`] as for [`user_import_admit`].
pub async fn user_import_run(cx: &RequestCx, id: JobId, reauthentication: &SecretString) -> Result<JobId> {
    let mut tx = cx.tenant_begin_before(&operation::tenant::USER_IMPORT_RUN).await?;
    let found = looked_at(&mut tx, id).await.map(drop);
    tx.finish(found).await?;
    reauthenticate(cx, reauthentication).await?;
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_RUN).await?;
    let done = async {
        let plan = looked_at(&mut tx, id).await?;
        begin(cx, &mut tx, Plan { dry: false, done: 0, ..plan }).await
    }
    .await;
    tx.finish(done).await
}

/// What a job that has ended has looked at.
async fn looked_at(tx: &mut TenantTx, id: JobId) -> Result<Plan> {
    let look = queue::job_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
    let plan: Option<Plan> = checkpoint_get(&mut tx.conn, id).await?.and_then(|plan| serde_json::from_value(plan).ok());
    let plan = plan.filter(|plan| plan.dry).ok_or(AppError::NotFound)?;
    if look.kind()? != JobKind::UsersImport || look.status()? != JobStatus::Done {
        return Err(AppError::conflict(Code::ImportNotChecked, "", "The check of this import has not finished. Check it again.").into());
    }
    Ok(plan)
}

async fn begin(cx: &RequestCx, tx: &mut TenantTx, plan: Plan) -> Result<JobId> {
    if cx.services.files.open(&plan.file).await.is_err() {
        return Err(expired());
    }
    let plan = Plan { preview: Vec::new(), ..plan };
    let job = company_enqueue(cx, tx, JobKind::UsersImport, &plan).await?;
    if !plan.dry {
        let values = json!({ "file": plan.name, "lines": plan.lines, "mode": plan.mode, "key": plan.key });
        let line = entry(cx, &tx.actor, "user.import", Object::new("job", job, plan.name.as_str()), values);
        tx.conn.audit(line);
    }
    Ok(job)
}

fn expired() -> Error {
    AppError::conflict(Code::ImportExpired, "", "This file was uploaded more than a week ago and has been deleted. Upload it again.").into()
}

async fn grantable(tx: &mut TenantTx, key: &str) -> Result<()> {
    if key.is_empty() {
        return Ok(());
    }
    let all = roles::role_list(&tx.conn).await?;
    let role = all
        .iter()
        .find(|role| role.key == key)
        .ok_or_else(|| AppError::field(Code::RoleUnknown, "user_type", "This role does not exist"))?;
    if role.key == OWNER {
        return Err(AppError::field(Code::RoleOwner, "user_type", "Owners can only be made one at a time").into());
    }
    if tx.user.holds(&role.permissions) { Ok(()) } else { Err(AppError::Forbidden.into()) }
}

/// Roles by what files name them: by the name that is shown, and by the key where no role has it for a name. With whether the
/// actor may give each.
pub(super) async fn roles_by_word(tx: &mut TenantTx) -> Result<BTreeMap<String, (RoleKey, bool, bool)>> {
    let (mut words, mut by_key) = (BTreeMap::new(), BTreeMap::new());
    for role in roles::role_list(&tx.conn).await? {
        let may = role.key != OWNER && tx.user.holds(&role.permissions);
        let key = RoleKey::parse(&role.key).map_err(|error| Error::Fault(format!("the key of a stored role: {error}")))?;
        let entry = (key, may, role.permissions.is_admin_or_owner());
        words.insert(fold(&role.name), entry.clone());
        by_key.insert(role.key, entry);
    }
    for (key, entry) in by_key {
        words.entry(key).or_insert(entry);
    }
    Ok(words)
}
