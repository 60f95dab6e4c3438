//! The job of an import: batch by batch, each in a transaction of its own that also notes how far it is. A job that is
//! begun again goes on after the last batch that was committed.

use super::{
    Plan,
    judge::{Verdict, judge},
};
use crate::users::{
    fields::values_changed,
    write::{names_and_role_set, user_new_values},
};
use chrono::{DateTime, Utc};
use db::{
    DbError, EventEntry,
    tenant::{
        job_rows::{JobRowRecord, checkpoint_lock, checkpoint_set, job_row_insert_many},
        queue,
        user_fields::{field_list, field_values_insert, fields_hold},
        users::{self, UserInsert},
    },
};
use domain::{AppError, JobId, UserId, job::JobStatus, operation, user_field::UserField};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    csv::Record,
    cx::TenantTx,
    failpoint,
    imports::{Lines, import_forget},
    jobs::Job,
};
use serde_json::{Map, Value, json};

/// Lines taken at a time.
const BATCH: usize = 500;
/// How often a batch is looked at anew that lost a race against another user.
const TRIES: usize = 3;

/// Looks at what an import would do, or does it.
pub async fn import_run(job: &mut Job) -> Result<()> {
    let (cx, mut plan): (RequestCx, Plan) = job.company().await?;
    job.expect(plan.sheet.lines);
    job.advance(usize::try_from(plan.done).unwrap_or(0))?;
    let mut read = Lines::open(&cx.services, &plan.sheet, plan.done).await?;
    let mut made = 0;
    loop {
        let lines = read.next(BATCH).await?;
        if lines.is_empty() {
            break;
        }
        made += batch(&cx, job.id(), &plan, &lines, made).await?;
        failpoint::reach("import.batch")?;
        plan.done += i64::try_from(lines.len()).unwrap_or(0);
        job.advance(lines.len())?;
    }
    let looked = plan.dry.then_some(JobId(plan.looked));
    import_forget(&cx, &operation::tenant::USER_IMPORT_RUN, job.id(), looked).await?;
    job.finish(JobStatus::Done, None, &json!({})).await
}

/// Does a batch. Gives how many were made.
async fn batch(cx: &RequestCx, job: JobId, plan: &Plan, lines: &[Record], made: i32) -> Result<i32> {
    for _ in 1..TRIES {
        match batch_once(cx, job, plan, lines, made).await {
            Err(Error::Db(DbError::Unique { .. } | DbError::QuotaFull | DbError::Retry(_) | DbError::Stale)) => {}
            other => return other,
        }
    }
    batch_once(cx, job, plan, lines, made).await
}

async fn batch_once(cx: &RequestCx, job: JobId, plan: &Plan, lines: &[Record], made: i32) -> Result<i32> {
    let now = cx.services.now();
    let mut tx = cx.tenant_begin(&operation::tenant::USER_IMPORT_RUN).await?;
    let done = async {
        // Of two workers with the same job the later one stops here.
        let stands: Option<Plan> = checkpoint_lock(&mut tx.conn, job).await?.and_then(|plan| serde_json::from_value(plan).ok());
        if stands.is_none_or(|stands| stands.done != plan.done) {
            return Err(Error::JobLost);
        }
        if queue::job_get(&mut tx.conn, job).await?.is_none_or(|record| record.cancel_requested) {
            return Err(Error::Cancelled);
        }
        // Before users are locked: who changes definitions waits for users in that order.
        fields_hold(&mut tx.conn).await?;
        let fields = field_list(&tx.conn).await?;
        let verdicts = judge(cx, &mut tx, (job, plan, &fields), lines, made).await?;
        let created = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Create { .. })).count();
        let rows = apply(cx, &mut tx, (job, plan, &fields), lines, verdicts, now).await?;
        if !plan.dry {
            tx.conn.event(EventEntry {
                at: now,
                kind: "user.import",
                object: "job",
                record_id: Some(job.0),
                actor: format!("user:{}", tx.user.id),
                origin: format!("job:{job}"),
                changed: Vec::new(),
                version: None,
                owner_id: None,
                pipeline_id: None,
                changes: None,
            });
        }
        job_row_insert_many(&mut tx.conn, &rows).await?;
        let next = Plan { done: plan.done + i64::try_from(lines.len()).unwrap_or(0), ..plan.clone() };
        checkpoint_set(&mut tx.conn, job, &json!(next), now).await?;
        Ok(i32::try_from(created).unwrap_or(i32::MAX))
    }
    .await;
    let created = tx.finish(done).await?;
    if plan.dry {
        return Ok(created);
    }
    cx.services.counters.users_changed(cx.tenant_site()?);
    // Anyone who was made takes a place by now.
    Ok(0)
}

/// Does what was said, and gives what is noted of it; with nothing to be changed it only notes.
async fn apply(
    cx: &RequestCx,
    tx: &mut TenantTx,
    (job, plan, fields): (JobId, &Plan, &[UserField]),
    lines: &[Record],
    verdicts: Vec<Verdict>,
    now: DateTime<Utc>,
) -> Result<Vec<JobRowRecord>> {
    let inserts = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Create { email, username, first, last, role, is_staff, custom } => Some(UserInsert {
            username,
            email,
            first_name: first,
            last_name: last,
            role: role.as_str(),
            is_staff: *is_staff,
            password_hash: None,
            metadata: custom.metadata(),
            now,
        }),
        _ => None,
    });
    let inserts: Vec<UserInsert<'_>> = inserts.collect();
    let made = if plan.dry || inserts.is_empty() { Vec::new() } else { users::user_insert_many(&mut tx.conn, &inserts).await? };
    let custom = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Create { custom, .. } => Some(custom),
        _ => None,
    });
    let unique = made.iter().zip(custom).flat_map(|(id, custom)| custom.unique.iter().map(|value| (*id, value.clone())));
    field_values_insert(&mut tx.conn, &unique.collect::<Vec<_>>()).await?;
    let mut made = made.into_iter();
    // As PostgreSQL keeps it.
    let version = DateTime::from_timestamp_micros(now.timestamp_micros());
    let mut rows = Vec::with_capacity(lines.len());
    for (record, verdict) in lines.iter().zip(&verdicts) {
        let line = record.line;
        let cells = match &record.cells {
            Ok(cells) => cells.clone(),
            Err((_, first)) => vec![first.clone()],
        };
        let row =
            |outcome: &str, user_id, detail| JobRowRecord { job_id: job.0, line, user_id, outcome: outcome.to_owned(), detail, version };
        rows.push(match verdict {
            Verdict::Failed(why) => row("failed", None, json!({ "typed": cells, "error": why })),
            Verdict::Unchanged(id) => row("unchanged", Some(*id), json!({})),
            Verdict::Create { .. } if plan.dry => row("created", None, json!({})),
            Verdict::Update { user, .. } if plan.dry => row("updated", Some(user.id), json!({})),
            Verdict::Create { email, username, first, last, role, custom, .. } => {
                let id = made.next().ok_or_else(|| Error::Fault("an insert gave too few ids".to_owned()))?;
                let mut values = user_new_values(email, username, (first, last), role.as_str());
                values_changed(&mut values, &json!({}), &custom.metadata(), fields);
                let line = entry(cx, &tx.actor, "user.create", Object::new("user", id, email.as_str()), values);
                // The event is the batch's.
                tx.conn.audit_only(line);
                row("created", Some(id.0), json!({ "typed": cells }))
            }
            Verdict::Update { user, first, last, role, custom } => {
                let metadata =
                    if custom.values.is_empty() { Value::Null } else { users::user_metadata(&mut tx.conn, UserId(user.id)).await? };
                let had = |key: &String| (key.clone(), metadata.get(key).cloned().unwrap_or_default());
                let had: Map<String, Value> = custom.values.iter().map(|(key, _)| had(key)).collect();
                let before =
                    json!({ "first_name": user.first_name, "last_name": user.last_name, "user_type": user.user_type, "fields": had });
                let set = names_and_role_set(cx, tx, user, (first, last), role, (fields, &custom.values), now).await;
                // What was free when the line was judged is taken by now, so the batch is judged again.
                set.map_err(|error| if matches!(error, Error::App(AppError::Conflict(_))) { DbError::Stale.into() } else { error })?;
                row("updated", Some(user.id), json!({ "before": before, "typed": cells }))
            }
        });
    }
    Ok(rows)
}
