//! Removes values that nothing reads any more: of types that a field no longer goes back to, and of deleted fields.

use chrono::TimeDelta;
use db::{
    TenantRef,
    tenant::records::{field_slots_expire, field_slots_forget, field_slots_stale, record_slots_strip},
};
use domain::{RecordId, record::TYPE_UNDO};
use kernel::{Result, Services};

/// Records stripped in one transaction.
const BATCH: i64 = 200;
/// How long an undo that just began in time may take to be noted.
const GRACE: TimeDelta = TimeDelta::hours(1);

/// Removes from all records of a tenant what can no longer be brought back.
///
/// # Errors
/// When the database does not answer.
pub async fn slots_strip(services: &Services, tenant: &TenantRef) -> Result<()> {
    let now = services.now();
    let mut conn = services.db.tenant(tenant).await?;
    // First nothing leads back to them, then they go: nobody restores half of a field.
    let expired = field_slots_expire(&mut conn, now - TYPE_UNDO - GRACE, now).await;
    conn.finish(expired).await?;
    let conn = services.db.tenant(tenant).await?;
    let stale = field_slots_stale(&conn).await;
    for stale in conn.finish(stale).await? {
        let mut after = RecordId(0);
        loop {
            let mut conn = services.db.tenant(tenant).await?;
            let stripped = record_slots_strip(&mut conn, &stale, after, BATCH).await;
            let Some(last) = conn.finish(stripped).await? else { break };
            after = last;
        }
        let mut conn = services.db.tenant(tenant).await?;
        let forgotten = field_slots_forget(&mut conn, &stale).await;
        conn.finish(forgotten).await?;
    }
    Ok(())
}
