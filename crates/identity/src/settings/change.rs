//! Changing known settings.

use crate::auth::reauthenticate;
use db::tenant::settings::{SettingWrite, setting_delete, setting_records, setting_set as setting_write, settings_lock};
use domain::{
    AppError, Code, FieldErrors, Operation, operation,
    setting::{Group, LOGO, MFA, PASSWORD, Setting},
    typed_json::{Kind, Known},
};
use kernel::settings::forget;
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// What was typed into the form of a group of settings.
#[derive(Clone, Debug, Default)]
pub struct SettingsForm {
    /// The values by key; an empty one resets.
    pub values: HashMap<String, String>,
    /// The roles that are ticked, by key, where the form has them.
    pub roles: HashMap<String, String>,
    /// What stood in the form when it was opened.
    pub seen: HashMap<String, String>,
}

impl SettingsForm {
    /// What was typed for a setting; none when the form does not have it.
    fn typed(&self, setting: &Setting) -> Option<String> {
        let key = setting.known.key;
        if setting.known.kind == Kind::Roles && self.seen.contains_key(key) {
            let mut ticked: Vec<&str> = self.roles.iter().filter(|(_, on)| *on == "true").map(|(role, _)| role.as_str()).collect();
            ticked.sort_unstable();
            return Some(ticked.join(", "));
        }
        self.values.get(key).map(|text| text.trim().to_owned())
    }
}

/// Whether the actor may change this group: with the permission and, for security, a fresh reauthentication.
async fn change_may(cx: &RequestCx, operation: &Operation, group: Group, reauthentication: &SecretString) -> Result<()> {
    cx.tenant_permit(operation).await?;
    if group == Group::Security { reauthenticate(cx, reauthentication).await } else { Ok(()) }
}

/// Changes what differs from what stood in the form when it was opened. What another user changed meanwhile and the actor
/// did not touch stays theirs; what both changed is shown beside the field.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside `values[key]`; [`AppError::Forbidden`] without
/// `settings.manage`; [`AppError::ReauthRequired`] for security.
pub async fn setting_set(cx: &RequestCx, group: Group, form: &SettingsForm, reauthentication: &SecretString) -> Result<()> {
    change_may(cx, &operation::tenant::SETTING_SET, group, reauthentication).await?;
    let mut tx = cx.tenant_begin(&operation::tenant::SETTING_SET).await?;
    let done = async {
        settings_lock(&mut tx.conn).await?;
        let stored = stored(&mut tx).await?;
        let changes = changes(group, form, &stored)?;
        consistent(&stored, &changes, |key| format!("values[{key}]"))?;
        write(cx, &mut tx, &stored, changes).await
    }
    .await;
    tx.finish(done).await?;
    forget(&cx.services, &cx.tenant_site()?.tenant).await;
    Ok(())
}

/// Sets a known setting back to its default.
///
/// # Errors
/// [`AppError::NotFound`] for an unknown key, [`AppError::Conflict`] for one that another setting needs, and as for
/// [`setting_set`].
pub async fn setting_reset(cx: &RequestCx, key: &str, reauthentication: &SecretString) -> Result<()> {
    // A caller without the right reads that first.
    let group = Setting::find(key).map_or(Group::Company, |setting| setting.group);
    change_may(cx, &operation::tenant::SETTING_RESET, group, reauthentication).await?;
    let setting = Setting::find(key).ok_or(AppError::NotFound)?;
    let mut tx = cx.tenant_begin(&operation::tenant::SETTING_RESET).await?;
    let done = async {
        settings_lock(&mut tx.conn).await?;
        let stored = stored(&mut tx).await?;
        let changes = BTreeMap::from([(setting.known.key, None)]);
        consistent(&stored, &changes, |_| String::new())?;
        write(cx, &mut tx, &stored, changes).await
    }
    .await;
    tx.finish(done).await?;
    forget(&cx.services, &cx.tenant_site()?.tenant).await;
    Ok(())
}

type Stored = BTreeMap<String, Value>;
type Changes = BTreeMap<&'static str, Option<Value>>;

async fn stored(tx: &mut TenantTx) -> Result<Stored> {
    Ok(setting_records(&mut tx.conn).await?.into_iter().map(|record| (record.setting_key, record.setting_value)).collect())
}

/// What stands in the form for a setting as it is stored now.
fn shown(stored: &Stored, setting: &Setting) -> String {
    stored.get(setting.known.key).map(Known::text_of).unwrap_or_default()
}

fn changes(group: Group, form: &SettingsForm, stored: &Stored) -> Result<Changes> {
    let (mut errors, mut clashes, mut changes) = (FieldErrors::default(), FieldErrors::default(), Changes::new());
    for setting in Setting::of(group).filter(|setting| setting.known.kind != Kind::Picture) {
        let Some(typed) = form.typed(setting) else { continue };
        let (key, now) = (setting.known.key, shown(stored, setting));
        let seen = form.seen.get(key).map_or(now.as_str(), String::as_str);
        if typed == seen || typed == now {
            continue;
        }
        let field = format!("values[{key}]");
        if now != seen {
            let word = |text: &str| if text.is_empty() { "the default".to_owned() } else { format!("“{text}”") };
            clashes.push(Code::RecordChanged, &field, format!("Now {}, before that {}", word(&now), word(seen)));
            continue;
        }
        if typed.is_empty() {
            changes.insert(key, None);
        } else if let Some(value) = errors.check(&field, setting.known.read(&typed)) {
            changes.insert(key, Some(value));
        }
    }
    errors.into_result()?;
    if clashes.0.is_empty() {
        return Ok(changes);
    }
    let message =
        "Another user changed this in the meantime. Your input is kept below. Check the differences, then save again to keep yours.";
    let mut errors = FieldErrors::one(Code::RecordChanged, "", message);
    errors.0.append(&mut clashes.0);
    Err(AppError::Conflict(errors).into())
}

/// Short passwords take a second factor of everybody (NIST SP 800-63B-4, 3.1.1.2).
fn consistent(stored: &Stored, changes: &Changes, field: impl Fn(&str) -> String) -> Result<()> {
    let after = |key: &str| changes.get(key).map_or_else(|| stored.get(key), Option::as_ref);
    let short = after(PASSWORD).and_then(Value::as_i64).is_some_and(|least| least < domain::password::LENGTH_MIN as i64);
    if short && after(MFA) != Some(&json!(true)) {
        let (key, text) = if changes.contains_key(PASSWORD) {
            (PASSWORD, "A minimum below 15 requires a second factor for all users")
        } else {
            (MFA, "Passwords may be shorter than 15 characters here; set that back first")
        };
        return Err(AppError::conflict(Code::SettingInconsistent, &field(key), text).into());
    }
    Ok(())
}

async fn write(cx: &RequestCx, tx: &mut TenantTx, stored: &Stored, changes: Changes) -> Result<()> {
    let now = cx.services.now();
    for (key, value) in changes {
        let before = stored.get(key);
        if before == value.as_ref() {
            continue;
        }
        let is_public = Setting::find(key).is_some_and(|setting| setting.is_public);
        match &value {
            Some(value) => setting_write(&mut tx.conn, &SettingWrite { key, value, is_public, now }).await?,
            None => setting_delete(&mut tx.conn, key).await?,
        }
        // A picture is noted by its hash.
        let noted = |value: Option<&Value>| if key == LOGO { value.map(|value| value["sha256"].clone()) } else { value.cloned() };
        let changed = json!({ "value": [noted(before), noted(value.as_ref())] });
        let label = Setting::find(key).map_or(key, |setting| setting.known.label);
        let act = if value.is_some() { "setting.update" } else { "setting.reset" };
        let line = entry(cx, &tx.actor, act, Object::new("setting", key, label), changed);
        tx.conn.audit(line);
    }
    Ok(())
}

/// Sets one key to one value, or takes it out.
pub(super) async fn write_one(cx: &RequestCx, operation: &Operation, key: &'static str, value: Option<Value>) -> Result<()> {
    let mut tx = cx.tenant_begin(operation).await?;
    let done = async {
        settings_lock(&mut tx.conn).await?;
        let stored = stored(&mut tx).await?;
        write(cx, &mut tx, &stored, Changes::from([(key, value)])).await
    }
    .await;
    tx.finish(done).await?;
    forget(&cx.services, &cx.tenant_site()?.tenant).await;
    Ok(())
}
