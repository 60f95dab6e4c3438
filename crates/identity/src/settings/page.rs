//! What the pages of settings show.

use crate::roles::choices;
use db::{
    audit::{AuditFilter, audit_list_tenant},
    tenant::{
        roles,
        settings::{SettingRecord, setting_records},
        users::{user_count_by_factor, user_count_without_factor},
    },
};
use domain::{
    AppError,
    dto::tenant::{SettingHistoryPage, SettingReach, SettingRow, SettingsPage},
    list::ListQuery,
    operation,
    setting::{Group, Setting, key_parse},
    typed_json::Known,
};
use kernel::{RequestCx, Result, audit::filter_of, cx::TenantTx};

/// The settings of a group: what each is, where it comes from, since when.
///
/// # Errors
/// [`AppError::Forbidden`] without `settings.manage`.
pub async fn setting_list(cx: &RequestCx, group: Group) -> Result<SettingsPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::SETTING_LIST).await?;
    let found = async {
        let records = setting_records(&mut tx.conn).await?;
        let row = |setting: &Setting| {
            let record: Option<&SettingRecord> = records.iter().find(|record| record.setting_key == setting.known.key);
            SettingRow {
                key: setting.known.key.to_owned(),
                value: record.map(|record| Known::text_of(&record.setting_value)).unwrap_or_default(),
                set_at: record.map(|record| record.updated_at),
            }
        };
        let roles = choices(roles::role_list(&tx.conn).await?);
        let rows = Setting::of(group).map(row).collect();
        let reach = if group == Group::Security { Some(reach(cx, &mut tx).await?) } else { None };
        Ok(SettingsPage { rows, roles, logo: cx.settings.logo.clone(), reach })
    }
    .await;
    tx.finish(found).await
}

/// Whom a change of the security settings hits.
async fn reach(cx: &RequestCx, tx: &mut TenantTx) -> Result<SettingReach> {
    let (users, without_factor) = user_count_by_factor(&mut tx.conn).await?;
    let without_factor_by_role = user_count_without_factor(&mut tx.conn).await?;
    Ok(SettingReach { users, without_factor, without_factor_by_role, sessions: cx.sessions().count().await? })
}

/// The values a setting had, newest first: lines of the audit log.
///
/// # Errors
/// [`AppError::NotFound`] for what is no key; [`AppError::Forbidden`] without `settings.manage`, or without `audit.view`.
pub async fn setting_history(cx: &RequestCx, key: &str, query: &ListQuery) -> Result<SettingHistoryPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::SETTING_HISTORY).await?;
    let found = async {
        let setting = Setting::find(key);
        if setting.is_none() && key_parse(key).is_err() {
            return Err(AppError::NotFound.into());
        }
        let filter = AuditFilter { object: Some(("setting", key.to_owned())), ..filter_of(cx, query) };
        let page = audit_list_tenant(&mut tx.conn, &filter, query).await?;
        let label = setting.map_or(key, |setting| setting.known.label).to_owned();
        let group = setting.map(|setting| setting.group);
        Ok(SettingHistoryPage { key: key.to_owned(), label, group, page })
    }
    .await;
    tx.finish(found).await
}
