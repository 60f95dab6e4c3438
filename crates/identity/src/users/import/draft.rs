//! Before an import runs: the file comes in, its columns are mapped, and a job looks at what it would do.

use super::{ImportRules, Plan};
use crate::{auth::reauthenticate, roles::choices};
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
    Error, RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    imports::{ImportReading, Sheet, import_admit, import_count, import_keep},
    jobs::company_enqueue,
    storage::storage_of,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

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
    import_admit(cx, announced).await
}

/// What the page shows on which a list is chosen.
///
/// # Errors
/// [`AppError::Forbidden`] as for [`user_import_admit`].
pub async fn user_import_new(cx: &RequestCx) -> Result<Storage> {
    user_import_may(cx).await?;
    storage_of(cx).await
}

/// Takes a file in. Gives the number of the draft.
///
/// # Errors
/// [`AppError::Validation`] beside `file`, [`AppError::Forbidden`] as for [`user_import_admit`].
pub async fn user_import_begin(cx: &RequestCx, name: &str, file: &Path) -> Result<JobId> {
    user_import_may(cx).await?;
    import_keep(cx, name, file, async |sheet| draft_begin(cx, sheet).await).await
}

/// The columns as their names, or else the first line, tell them.
fn columns_guess(written: &Sheet, fields: &[UserField]) -> BTreeMap<String, usize> {
    if written.has_header {
        let columns = COLUMNS.iter().filter_map(|(field, _)| Some(((*field).to_owned(), column_guess(field, &written.headers)?)));
        let mut columns: BTreeMap<String, usize> = columns.collect();
        for field in fields {
            let taken: Vec<usize> = columns.values().copied().collect();
            columns.extend(
                field_column_guess(&field.column(), &[&field.label, &field.key], &written.headers, &taken)
                    .map(|column| (field.column(), column)),
            );
        }
        return columns;
    }
    let address = written.preview.first().and_then(|cells| cells.iter().position(|cell| Email::parse(cell).is_ok()));
    address.map(|column| ("email".to_owned(), column)).into_iter().collect()
}

async fn draft_begin(cx: &RequestCx, sheet: Sheet) -> Result<JobId> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_UPLOAD).await?;
    let fields = match field_list(&tx.conn).await {
        Ok(fields) => fields,
        Err(error) => return tx.finish(Err(error.into())).await,
    };
    let plan = Plan {
        columns: columns_guess(&sheet, &fields),
        sheet,
        fields: Vec::new(),
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
        let values = json!({ "file": plan.sheet.name, "lines": plan.sheet.lines });
        let line = entry(cx, &tx.actor, "user.import_upload", Object::new("job", draft, plan.sheet.name.as_str()), values);
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
    Ok(ImportPage { id, sheet: plan.sheet.shown(), columns: plan.columns, mode: plan.mode, key: plan.key, role: plan.role, roles, fields })
}

/// Reads the file of a draft in another way; the columns are guessed again.
///
/// # Errors
/// [`AppError::Validation`] beside `encoding` for a file that cannot be read so, and as for [`user_import_get`].
pub async fn user_import_read(cx: &RequestCx, id: JobId, reading: &ImportReading) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_READ).await?;
    let found = checkpoint_get(&mut tx.conn, id).await.map_err(Error::from).and_then(|plan| draft_of(plan, id));
    let plan = tx.finish(found).await?;
    let sheet = plan.sheet.read_as(cx, reading).await?;
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_READ).await?;
    let done = async {
        let mut plan = draft_of(checkpoint_lock(&mut tx.conn, id).await?, id)?;
        plan.columns = columns_guess(&sheet, &field_list(&tx.conn).await?);
        plan.sheet = sheet;
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
        import_count(cx).await?;
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
    plan.sheet.require(cx).await?;
    let plan = Plan { sheet: Sheet { preview: Vec::new(), ..plan.sheet }, ..plan };
    let job = company_enqueue(cx, tx, JobKind::UsersImport, &plan).await?;
    if !plan.dry {
        let values = json!({ "file": plan.sheet.name, "lines": plan.sheet.lines, "mode": plan.mode, "key": plan.key });
        let line = entry(cx, &tx.actor, "user.import", Object::new("job", job, plan.sheet.name.as_str()), values);
        tx.conn.audit(line);
    }
    Ok(job)
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
