//! Acts for many users: those who are ticked, or all who match. Few are done while one waits, many as a job; each person
//! is authorized and audited as if alone.

use super::{
    help::user_sign_out_in,
    links::user_mail_send_in,
    read::{FILTERS, filter_fields, user_filter},
    write::{user_role_set_in, user_set_active_in},
};
use crate::{auth::reauthenticate, roles::choices};
use db::{
    TenantConn,
    tenant::{
        job_rows::{JobRowRecord, job_row_count, job_row_insert_many, job_row_list},
        roles,
        users::{self, UserFilter, user_count, user_note_for_job},
    },
};
use domain::{
    AppError, Code, FieldErrors, JobId, Permission, UserId,
    bulk::{BulkAct, BulkWho},
    dto::tenant::BulkPage,
    job::{JobKind, JobStatus},
    list::ListQuery,
    operation,
    role::{OWNER, RoleKey},
};
use kernel::{
    Error, Parsed, RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    error::retry,
    failpoint,
    jobs::{Job, company_enqueue},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Up to so many are done while one waits.
const DIRECT_MAX: i64 = 25;
/// People named on the page that asks.
const SAMPLE: u16 = 25;
/// E-mails asked for at once: as many as a company may send in an hour.
const EMAILS_MAX: i64 = 100;
/// People a job takes at a time.
const BATCH: i64 = 50;

async fn filter(who: &BulkWho, cx: &RequestCx, conn: &TenantConn) -> Result<UserFilter> {
    if !who.all {
        return Ok(UserFilter { ids: Some(who.ids.clone()), ..UserFilter::default() });
    }
    let pairs = who.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let query = ListQuery::from_pairs(pairs, FILTERS);
    Ok(user_filter(cx, &query, &filter_fields(conn, &query).await?))
}

/// How an act for many went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkDone {
    /// So many were done; of the others, who and why.
    Now(usize, Vec<(String, String)>),
    /// A job does it.
    Job(JobId),
}

/// An act for many users.
#[derive(Clone, Debug)]
pub struct UserBulk {
    /// What is to be done.
    pub act: BulkAct,
    /// The role that is given, where one is.
    pub role: Option<RoleKey>,
    /// Whom it is for.
    pub who: BulkWho,
    /// How many the actor was shown.
    pub expected: i64,
}

impl UserBulk {
    /// Reads what was typed; the role is asked for where one is given.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside `user_type`.
    pub fn parse(act: BulkAct, role: &str, who: BulkWho, expected: i64) -> Parsed<Self> {
        let mut errors = FieldErrors::default();
        let role = if act == BulkAct::Role { errors.check("user_type", RoleKey::parse(role)) } else { None };
        errors.into_result()?;
        Ok(Self { act, role, who, expected })
    }
}

/// What an act is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Plan {
    act: BulkAct,
    role: Option<RoleKey>,
}

fn require(tx: &TenantTx, act: BulkAct) -> Result<()> {
    tx.require(if act == BulkAct::SignOut { Permission::SessionsManage } else { Permission::UsersManage })
}

/// What the page that asks before an act for many shows.
///
/// # Errors
/// [`AppError::Forbidden`] without the permission of the act.
pub async fn user_bulk_ask(cx: &RequestCx, act: BulkAct, who: &BulkWho) -> Result<BulkPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_BULK_ASK).await?;
    let page = async {
        require(&tx, act)?;
        let filter = filter(who, cx, &tx.conn).await?;
        let count = user_count(&mut tx.conn, &filter).await?;
        let query = ListQuery { size: SAMPLE, ..ListQuery::default() };
        let found = users::user_list(&tx.conn, &filter, &query, Some(0)).await?.rows;
        let sample = found.into_iter().map(|user| (UserId(user.id), user.full_name(), user.email)).collect();
        let roles = choices(roles::role_list(&tx.conn).await?).into_iter().filter(|role| role.key != OWNER).collect();
        let page = BulkPage { act, count, sample, roles, as_job: count > DIRECT_MAX };
        Ok(page)
    }
    .await;
    tx.finish(page).await
}

/// Does something for many.
///
/// # Errors
/// [`AppError::Conflict`] when more match by now, [`AppError::Validation`] for nobody, for a role that cannot be given and
/// for more e-mails than may be sent, [`AppError::Forbidden`] without the permission of the act,
/// [`AppError::ReauthRequired`].
pub async fn user_bulk(cx: &RequestCx, command: Parsed<UserBulk>, reauthentication: &SecretString) -> Result<BulkDone> {
    cx.tenant_permit(&operation::tenant::USER_BULK).await?;
    let UserBulk { act, role, who, expected } = command?;
    let mut tx = cx.tenant_begin_before(&operation::tenant::USER_BULK).await?;
    let asked = async {
        require(&tx, act)?;
        if let Some(role) = &role {
            role_check(&mut tx, role).await?;
        }
        let filter = filter(&who, cx, &tx.conn).await?;
        Ok(user_count(&mut tx.conn, &filter).await?)
    }
    .await;
    let count = tx.finish(asked).await?;
    reauthenticate(cx, reauthentication).await?;
    if count == 0 {
        return Err(AppError::field(Code::SelectionEmpty, "", "No users are selected").into());
    }
    if count > expected {
        return Err(AppError::conflict(Code::SelectionChanged, "", format!("{count} users match now. Check the list again.")).into());
    }
    if act == BulkAct::Mail && count > EMAILS_MAX {
        return Err(AppError::field(
            Code::MailLimit,
            "",
            format!("At most {EMAILS_MAX} e-mails can be sent per hour. Select fewer users."),
        )
        .into());
    }
    let plan = Plan { act, role };
    if count > DIRECT_MAX {
        return enqueue(cx, &plan, &who, count).await.map(BulkDone::Job);
    }
    let ids = ids_of(cx, &who).await?;
    let (mut done, mut failed) = (0, Vec::new());
    for (id, name) in ids {
        match one(cx, &plan, id, None).await {
            Ok(()) => done += 1,
            Err(error) => failed.push((name, message(cx, error)?)),
        }
    }
    Ok(BulkDone::Now(done, failed))
}

async fn role_check(tx: &mut TenantTx, key: &RoleKey) -> Result<()> {
    let all = roles::role_list(&tx.conn).await?;
    let role = all
        .iter()
        .find(|role| role.key == key.as_str())
        .ok_or_else(|| AppError::field(Code::RoleUnknown, "user_type", "This role does not exist"))?;
    if role.key == OWNER {
        return Err(AppError::field(Code::RoleOwner, "user_type", "Owners can only be made one at a time").into());
    }
    if tx.user.holds(&role.permissions) { Ok(()) } else { Err(AppError::Forbidden.into()) }
}

async fn ids_of(cx: &RequestCx, who: &BulkWho) -> Result<Vec<(UserId, String)>> {
    let tx = cx.tenant_begin(&operation::tenant::USER_BULK).await?;
    let found = async {
        let filter = filter(who, cx, &tx.conn).await?;
        let query = ListQuery { size: u16::try_from(DIRECT_MAX).unwrap_or(u16::MAX), ..ListQuery::default() };
        Ok(users::user_list(&tx.conn, &filter, &query, None).await?)
    }
    .await;
    let found = tx.finish(found).await?;
    Ok(found.rows.into_iter().map(|user| (UserId(user.id), user.full_name())).collect())
}

async fn enqueue(cx: &RequestCx, plan: &Plan, who: &BulkWho, count: i64) -> Result<JobId> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_BULK).await?;
    let done = async {
        require(&tx, plan.act)?;
        let filter = filter(who, cx, &tx.conn).await?;
        let job = company_enqueue(cx, &mut tx, JobKind::UsersBulk, plan).await?;
        user_note_for_job(&mut tx.conn, &filter, job).await?;
        let values = json!({ "act": plan.act, "role": plan.role, "users": count, "job": job });
        let line = entry(cx, &tx.actor, "user.bulk", Object::new("job", job, plan.act.label()), values);
        tx.conn.audit(line);
        Ok(job)
    }
    .await;
    tx.finish(done).await
}

/// One act for one user, with all its rules, in one transaction; of a job with the row that says so, so that nobody is done
/// twice however the job ends.
async fn one(cx: &RequestCx, plan: &Plan, id: UserId, row: Option<&JobRowRecord>) -> Result<()> {
    if cx.user_id() == Some(id) {
        return Err(AppError::conflict(Code::UserIsSelf, "", "This is you").into());
    }
    retry(|| one_once(cx, plan, id, row)).await?;
    if matches!(plan.act, BulkAct::Deactivate | BulkAct::Role | BulkAct::SignOut) {
        // The epoch has ended them already; this frees their memory.
        let _ended = cx.sessions().end_all_of(id.0).await;
    }
    if matches!(plan.act, BulkAct::Activate | BulkAct::Deactivate) {
        cx.services.counters.users_changed(cx.tenant_site()?);
    }
    Ok(())
}

async fn one_once(cx: &RequestCx, plan: &Plan, id: UserId, row: Option<&JobRowRecord>) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_BULK).await?;
    let done = async {
        require(&tx, plan.act)?;
        match plan.act {
            BulkAct::Activate | BulkAct::Deactivate => {
                user_set_active_in(cx, &mut tx, id, plan.act == BulkAct::Activate).await?;
            }
            BulkAct::Role => {
                let role = plan.role.as_ref().ok_or_else(|| Error::Fault("an act that gives a role has none".to_owned()))?;
                user_role_set_in(cx, &mut tx, id, role).await?;
            }
            BulkAct::Mail => user_mail_send_in(cx, &mut tx, id).await?,
            BulkAct::SignOut => user_sign_out_in(cx, &mut tx, id).await?,
        }
        if let Some(row) = row {
            job_row_insert_many(&mut tx.conn, &[JobRowRecord { outcome: "done".to_owned(), ..row.clone() }]).await?;
        }
        Ok(())
    }
    .await;
    let done = tx.finish(done).await;
    failpoint::reach("bulk.one")?;
    done
}

/// Why one person could not be done; what is no fault of the person's ends the whole.
pub(super) fn message(cx: &RequestCx, error: Error) -> Result<String> {
    match error {
        Error::App(AppError::Validation(errors) | AppError::Conflict(errors)) => Ok(errors.sentences()),
        Error::App(AppError::Forbidden) => Ok("This user has more rights than you".to_owned()),
        Error::App(AppError::NotFound) => Ok("This user no longer exists".to_owned()),
        Error::Db(error @ (db::DbError::QuotaFull | db::DbError::LastOwner)) => match Error::Db(error).into_app(&cx.request.id) {
            AppError::Validation(errors) | AppError::Conflict(errors) => Ok(errors.sentences()),
            other => Ok(other.to_string()),
        },
        error => Err(error),
    }
}

/// Works through the people who were noted for the job.
pub async fn bulk_run(job: &mut Job) -> Result<()> {
    let (cx, plan): (RequestCx, Plan) = job.company().await?;
    let mut tx = cx.tenant_begin(&operation::tenant::USER_BULK).await?;
    let counted = job_row_count(&mut tx.conn, job.id()).await.map_err(Error::from);
    let counted = tx.finish(counted).await?;
    job.expect(counted.iter().map(|(_, count)| count).sum());
    let over: i64 = counted.iter().filter(|(outcome, _)| outcome != "waiting").map(|(_, count)| count).sum();
    job.advance(usize::try_from(over).unwrap_or(0))?;
    loop {
        let mut tx = cx.tenant_begin(&operation::tenant::USER_BULK).await?;
        let waiting = async {
            require(&tx, plan.act)?;
            Ok(job_row_list(&mut tx.conn, job.id(), &["waiting"], i64::MIN, BATCH).await?)
        }
        .await;
        let waiting: Vec<JobRowRecord> = tx.finish(waiting).await?;
        if waiting.is_empty() {
            break;
        }
        for row in waiting {
            if let Err(error) = one(&cx, &plan, UserId(row.line), Some(&row)).await {
                let failed = JobRowRecord { outcome: "failed".to_owned(), detail: json!({ "error": message(&cx, error)? }), ..row };
                let mut tx = cx.tenant_begin(&operation::tenant::USER_BULK).await?;
                let noted = async {
                    // Anyone who lost the right to act meanwhile has not failed at this person.
                    require(&tx, plan.act)?;
                    Ok(job_row_insert_many(&mut tx.conn, &[failed]).await?)
                }
                .await;
                tx.finish(noted).await?;
            }
            job.advance(1)?;
        }
    }
    job.finish(JobStatus::Done, None, &json!({})).await
}
