//! Free settings: keys of the company's own, each with a JSON value, for whatever reads them by `/settings.json`.

use db::tenant::settings::{SettingRecord, SettingWrite, setting_delete, setting_records, setting_set, settings_lock};
use domain::{
    AppError, Code, FieldErrors,
    dto::tenant::{FreeSetting, FreeSettingsPage},
    operation,
    setting::{FREE_BYTES_MAX, FREE_MAX, Setting, key_parse},
    typed_json::value_parse,
};
use kernel::settings::forget;
use kernel::{
    Parsed, RequestCx, Result,
    audit::{Object, entry},
};
use serde_json::{Value, json};

/// What is typed for a free key.
#[derive(Clone, Debug, Default)]
pub struct FreeForm {
    /// The key.
    pub setting_key: String,
    /// Its value, as JSON.
    pub setting_value: String,
    /// Whether it may be read before sign-in.
    pub is_public: bool,
    /// The version that was looked at; none for a key that is to be new.
    pub version: Option<i64>,
}

/// A free setting to be made or changed.
#[derive(Clone, Debug)]
pub struct SettingFreeSet {
    key: String,
    value: Value,
    is_public: bool,
    version: Option<i64>,
}

impl FreeForm {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields.
    pub fn parse(&self) -> Parsed<SettingFreeSet> {
        let mut errors = FieldErrors::default();
        let key = errors.check("setting_key", key_parse(&self.setting_key));
        let value = errors.check_as(Code::JsonInvalid, "setting_value", value_parse(&self.setting_value, FREE_BYTES_MAX));
        errors.into_result()?;
        let (Some(key), Some(value)) = (key, value) else { return Err(AppError::Malformed) };
        Ok(SettingFreeSet { key, value, is_public: self.is_public, version: self.version })
    }
}

fn is_free(record: &SettingRecord) -> bool {
    Setting::find(&record.setting_key).is_none() && key_parse(&record.setting_key).is_ok()
}

/// The free settings of the company.
///
/// # Errors
/// [`AppError::Forbidden`] without `settings.manage`.
pub async fn setting_free_list(cx: &RequestCx) -> Result<FreeSettingsPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::SETTING_FREE_LIST).await?;
    let found = async {
        let rows = setting_records(&mut tx.conn).await?.into_iter().filter(is_free);
        let rows = rows.map(|record| FreeSetting {
            version: record.updated_at.timestamp_micros(),
            setting_key: record.setting_key,
            setting_value: record.setting_value.to_string(),
            is_public: record.is_public,
            updated_at: record.updated_at,
        });
        Ok(FreeSettingsPage { rows: rows.collect() })
    }
    .await;
    tx.finish(found).await
}

/// Makes or changes a free setting.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::Conflict`] for a key that is there already or was changed
/// meanwhile, [`AppError::Forbidden`] without `settings.manage`.
pub async fn setting_free_set(cx: &RequestCx, command: Parsed<SettingFreeSet>) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::SETTING_FREE_SET).await?;
    let done = async {
        let SettingFreeSet { key, value, is_public, version } = command?;
        settings_lock(&mut tx.conn).await?;
        let all = setting_records(&mut tx.conn).await?;
        let before = all.iter().find(|record| record.setting_key == key);
        match (before, version) {
            (None, None) if all.iter().filter(|record| is_free(record)).count() >= FREE_MAX => {
                return Err(AppError::conflict(
                    Code::SettingLimit,
                    "setting_key",
                    format!("There are already {FREE_MAX} keys, which is the maximum"),
                )
                .into());
            }
            (Some(_), None) => return Err(AppError::conflict(Code::SettingKeyTaken, "setting_key", "This key already exists").into()),
            (None, Some(_)) => return Err(AppError::NotFound.into()),
            (Some(record), Some(version)) if record.updated_at.timestamp_micros() != version => {
                let now = format!("Another user changed this in the meantime. Now {}", record.setting_value);
                return Err(AppError::conflict(Code::RecordChanged, "setting_value", now).into());
            }
            _ => {}
        }
        let write = SettingWrite { key: &key, value: &value, is_public, now: cx.services.now() };
        setting_set(&mut tx.conn, &write).await?;
        let changed = json!({
            "value": [before.map(|record| &record.setting_value), value],
            "is_public": [before.map(|record| record.is_public), is_public],
        });
        let line = entry(cx, &tx.actor, "setting.update", Object::new("setting", &key, &key), changed);
        tx.conn.audit(line);
        Ok(key)
    }
    .await;
    let key = tx.finish(done).await?;
    forget(&cx.services, &cx.tenant_site()?.tenant).await;
    Ok(key)
}

/// Deletes a free setting.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `settings.manage`.
pub async fn setting_free_delete(cx: &RequestCx, key: &str) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::SETTING_FREE_DELETE).await?;
    let done = async {
        settings_lock(&mut tx.conn).await?;
        let all = setting_records(&mut tx.conn).await?;
        let before = all.iter().filter(|record| is_free(record)).find(|record| record.setting_key == key).ok_or(AppError::NotFound)?;
        setting_delete(&mut tx.conn, key).await?;
        let changed = json!({ "value": [before.setting_value, null], "is_public": [before.is_public, null] });
        let line = entry(cx, &tx.actor, "setting.delete", Object::new("setting", key, key), changed);
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.finish(done).await?;
    forget(&cx.services, &cx.tenant_site()?.tenant).await;
    Ok(())
}
