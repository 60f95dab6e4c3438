//! An import taken back: who was made goes, who was changed is as before. Anyone who was changed since then, or has signed in,
//! stays as they are and is listed.

use super::Plan;
use crate::{
    auth::reauthenticate,
    jobs::company_job_get,
    users::{bulk::message, ranked, write::names_and_role_set},
};
use chrono::{DateTime, Utc};
use db::{
    DbError,
    tenant::{
        job_rows::{JobRowRecord, checkpoint_get, checkpoint_lock, checkpoint_set, job_row_count, job_row_insert_many, job_row_list},
        user_fields::{field_list, fields_hold},
        users::{self, UserRecord},
    },
};
use domain::{
    AppError, Code, JobId, PersonName, UserId,
    job::{JobKind, JobStatus},
    operation,
    role::RoleKey,
    user_field::FieldValues,
};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    error::retry,
    jobs::{Job, company_enqueue},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Lines taken back at a time.
const BATCH: i64 = 200;

/// What a job is to take back, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Undoing {
    of: JobId,
    after: i64,
}

/// Begins to take an import back.
///
/// # Errors
/// [`AppError::NotFound`] for what is no import, [`AppError::Conflict`] for one that is not over or made nothing,
/// [`AppError::ReauthRequired`], [`AppError::Forbidden`] without `users.manage`.
pub async fn user_import_undo(cx: &RequestCx, id: JobId, reauthentication: &SecretString) -> Result<JobId> {
    cx.tenant_permit(&operation::tenant::USER_IMPORT_UNDO).await?;
    if !company_job_get(cx, id).await?.is_undoable {
        return Err(AppError::conflict(Code::ImportNothingToUndo, "", "There is nothing to undo").into());
    }
    reauthenticate(cx, reauthentication).await?;
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_UNDO).await?;
    let done = async {
        let plan = checkpoint_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
        let plan: Plan = serde_json::from_value(plan).map_err(|_| AppError::NotFound)?;
        let job = company_enqueue(cx, &mut tx, JobKind::UsersUndo, &Undoing { of: id, after: 0 }).await?;
        let line = entry(cx, &tx.actor, "user.import_undo", Object::new("job", job, plan.sheet.name.as_str()), json!({ "import": id }));
        tx.conn.audit(line);
        Ok(job)
    }
    .await;
    tx.finish(done).await
}

/// Takes an import back.
pub async fn undo_run(job: &mut Job) -> Result<()> {
    let (cx, mut plan): (RequestCx, Undoing) = job.company().await?;
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_UNDO).await?;
    let counted = async {
        let of = |counts: Vec<(String, i64)>| counts.into_iter().filter(|(outcome, _)| outcome == "created" || outcome == "updated");
        let left: i64 = of(job_row_count(&mut tx.conn, plan.of).await?).map(|(_, count)| count).sum();
        let done: i64 = job_row_count(&mut tx.conn, job.id()).await?.into_iter().map(|(_, count)| count).sum();
        Ok::<_, Error>((left, done))
    }
    .await;
    let (left, done) = tx.finish(counted).await?;
    job.expect(left + done);
    job.advance(usize::try_from(done).unwrap_or(0))?;
    loop {
        let (count, after) = retry(|| batch(&cx, job.id(), plan)).await?;
        if count == 0 {
            break;
        }
        plan.after = after;
        job.advance(count)?;
    }
    job.finish(JobStatus::Done, None, &json!({})).await
}

async fn batch(cx: &RequestCx, job: JobId, plan: Undoing) -> Result<(usize, i64)> {
    let now = cx.services.now();
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_UNDO).await?;
    let done = async {
        fields_hold(&mut tx.conn).await?;
        let stands: Option<Undoing> = checkpoint_lock(&mut tx.conn, job).await?.and_then(|plan| serde_json::from_value(plan).ok());
        if stands != Some(plan) {
            return Err(Error::JobLost);
        }
        // Of two that take the same import back the later one finds what is left.
        checkpoint_lock(&mut tx.conn, plan.of).await?;
        let mut rows = job_row_list(&mut tx.conn, plan.of, &["created", "updated"], plan.after, BATCH).await?;
        let Some(after) = rows.last().map(|row| row.line) else { return Ok((0, plan.after)) };
        let mut report = Vec::with_capacity(rows.len());
        for row in &mut rows {
            let kept = one(cx, &mut tx, row, now).await?;
            let outcome = if kept.is_none() { "undone" } else { "kept" };
            outcome.clone_into(&mut row.outcome);
            let detail = json!({ "typed": row.detail.get("typed"), "error": kept });
            report.push(JobRowRecord { job_id: job.0, detail, ..row.clone() });
        }
        job_row_insert_many(&mut tx.conn, &rows).await?;
        job_row_insert_many(&mut tx.conn, &report).await?;
        checkpoint_set(&mut tx.conn, job, &json!(Undoing { after, ..plan }), now).await?;
        Ok((rows.len(), after))
    }
    .await;
    let done = tx.finish(done).await?;
    cx.services.counters.users_changed(cx.tenant_site()?);
    Ok(done)
}

/// Takes one line back, or says why it stays.
async fn one(cx: &RequestCx, tx: &mut TenantTx, row: &JobRowRecord, now: DateTime<Utc>) -> Result<Option<String>> {
    let Some(id) = row.user_id.map(UserId) else { return Ok(Some("The user is unknown".to_owned())) };
    let user = match ranked(tx, id).await {
        Ok((user, _)) => user,
        Err(Error::App(AppError::NotFound)) => return Ok(Some("This user no longer exists".to_owned())),
        Err(error) => return message(cx, error).map(Some),
    };
    if row.outcome == "created" {
        if user.last_login.is_some() || user.has_password {
            return Ok(Some("This user has signed in since".to_owned()));
        }
        if row.version != Some(user.updated_at) {
            return Ok(Some("This user was changed since".to_owned()));
        }
        return match users::user_remove(&mut tx.conn, &user).await {
            Ok(()) => {
                let values = json!({ "email": [user.email, null], "username": [user.username, null], "user_type": [user.user_type, null] });
                let line = entry(cx, &tx.actor, "user.remove", Object::new("user", id, user.email.as_str()), values);
                tx.conn.audit(line);
                Ok(None)
            }
            Err(DbError::LastOwner) => Ok(Some("This is the last owner".to_owned())),
            Err(error) => Err(error.into()),
        };
    }
    if row.version != Some(user.updated_at) {
        return Ok(Some("This user was changed since".to_owned()));
    }
    before(cx, tx, row, &user, now).await
}

/// Gives a user back the names, the role and the custom fields of before.
async fn before(cx: &RequestCx, tx: &mut TenantTx, row: &JobRowRecord, user: &UserRecord, now: DateTime<Utc>) -> Result<Option<String>> {
    let text = |field: &str| row.detail.pointer(&format!("/before/{field}")).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (Ok(first), Ok(last)) = (PersonName::parse(&text("first_name")), PersonName::parse(&text("last_name"))) else {
        return Ok(Some("The earlier values cannot be read".to_owned()));
    };
    let Ok(role) = RoleKey::parse(&text("user_type")) else {
        return Ok(Some("The earlier values cannot be read".to_owned()));
    };
    let had = row.detail.pointer("/before/fields").and_then(Value::as_object).cloned().unwrap_or_default();
    // A field that was deleted since keeps what users have of it.
    let fields = field_list(&tx.conn).await?;
    let had = had.into_iter().filter(|(key, _)| fields.iter().any(|field| field.key == *key));
    let values: FieldValues = had.map(|(key, value)| (key, Some(value).filter(|value| !value.is_null()))).collect();
    match names_and_role_set(cx, tx, user, (&first, &last), &role, (&fields, &values), now).await {
        Ok(()) => Ok(None),
        Err(error) => message(cx, error).map(Some),
    }
}
