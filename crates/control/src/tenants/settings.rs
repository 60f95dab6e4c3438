//! What an operator sets for a company: name, quota, features, billing.

use super::head::{head, hosts_of, lock};
use db::{
    platform::tenants::{self, TenantChange, TenantDetail},
    provision,
};
use domain::{
    AppError, Code, FieldErrors, Operation, TenantId,
    dto::{
        Storage,
        platform::{TenantDangerPage, TenantGeneralPage, TenantHead, TenantObjectPage, TenantQuotaPage},
    },
    operation,
    person::name_parse,
    plan::{BILLING, FEATURES},
    typed_json::{self, Known},
};
use kernel::{
    Parsed, RequestCx, Result,
    audit::{Object, diff, entry},
    sites::hosts_changed,
    storage::storage_used,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Name of a company and what becomes of its data, as typed.
#[derive(Clone, Debug, Default)]
pub struct GeneralForm {
    /// The company's name.
    pub name: String,
    /// Whether purging may drop the schema.
    pub auto_drop_schema: bool,
}

/// Limits of a company, as typed.
#[derive(Clone, Debug, Default)]
pub struct QuotaForm {
    /// The most active users.
    pub max_users: String,
    /// The most megabytes it may keep in files; empty leaves that as it is.
    pub max_storage_mb: String,
}

/// Name, limits and end of a company; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct TenantUpdate {
    name: Option<String>,
    max_users: Option<i32>,
    max_storage_mb: Option<i32>,
    auto_drop_schema: Option<bool>,
}

impl GeneralForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields.
    pub fn parse(&self) -> Parsed<TenantUpdate> {
        let mut errors = FieldErrors::default();
        let name = errors.check("name", name_parse(&self.name, 100));
        errors.into_result()?;
        Ok(TenantUpdate { name, auto_drop_schema: Some(self.auto_drop_schema), ..TenantUpdate::default() })
    }
}

impl QuotaForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields.
    pub fn parse(&self) -> Parsed<TenantUpdate> {
        let mut errors = FieldErrors::default();
        let max_users = errors.check("max_users", super::form::max_users_parse(&self.max_users));
        let max_storage_mb = match self.max_storage_mb.trim() {
            "" => None,
            typed => errors.check("max_storage_mb", super::form::max_storage_parse(typed)),
        };
        errors.into_result()?;
        Ok(TenantUpdate { max_users, max_storage_mb, ..TenantUpdate::default() })
    }
}

/// Which of the two objects of a company is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settings {
    /// `features_enabled`.
    Features,
    /// `billing_settings`.
    Billing,
}

impl Settings {
    /// The keys that are known.
    #[must_use]
    pub const fn known(self) -> &'static [Known] {
        match self {
            Self::Features => FEATURES,
            Self::Billing => BILLING,
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Features => "features_enabled",
            Self::Billing => "billing_settings",
        }
    }

    const fn read_operation(self) -> &'static Operation {
        match self {
            Self::Features => &operation::platform::TENANT_FEATURES,
            Self::Billing => &operation::platform::TENANT_BILLING,
        }
    }

    const fn write_operation(self, change: &ObjectChange) -> &'static Operation {
        match (self, change) {
            (Self::Features, ObjectChange::Fields(_)) => &operation::platform::TENANT_FEATURES_SET,
            (Self::Features, ObjectChange::Whole(_)) => &operation::platform::TENANT_FEATURES_REPLACE,
            (Self::Billing, ObjectChange::Fields(_)) => &operation::platform::TENANT_BILLING_SET,
            (Self::Billing, ObjectChange::Whole(_)) => &operation::platform::TENANT_BILLING_REPLACE,
        }
    }

    fn of(self, detail: &TenantDetail) -> &Value {
        match self {
            Self::Features => &detail.features_enabled,
            Self::Billing => &detail.billing_settings,
        }
    }
}

/// How such an object changes.
#[derive(Clone, Debug)]
pub enum ObjectChange {
    /// Known keys alone, as typed; an empty value takes its key out.
    Fields(BTreeMap<String, String>),
    /// The whole object, as JSON.
    Whole(String),
}

async fn read(cx: &RequestCx, operation: &Operation, slug: &str) -> Result<(TenantHead, TenantDetail)> {
    let mut tx = cx.platform_begin(operation).await?;
    let found = async {
        let detail = tenants::tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        Ok((head(cx, &mut tx, &detail).await?, detail))
    }
    .await;
    tx.finish(found).await
}

/// What the page of a tenant's name shows.
///
/// # Errors
/// As [`tenant_quota`].
pub async fn tenant_general(cx: &RequestCx, slug: &str) -> Result<TenantGeneralPage> {
    let (head, detail) = read(cx, &operation::platform::TENANT_GENERAL, slug).await?;
    Ok(TenantGeneralPage { head, auto_drop_schema: detail.record.auto_drop_schema })
}

/// What the page of a tenant's limits shows.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_quota(cx: &RequestCx, slug: &str) -> Result<TenantQuotaPage> {
    let (head, detail) = read(cx, &operation::platform::TENANT_QUOTA, slug).await?;
    let used = storage_used(&cx.services, TenantId(detail.record.id)).await?;
    let storage = Storage { used, most: Storage::megabytes(detail.record.max_storage_mb) };
    Ok(TenantQuotaPage { head, storage })
}

/// What the pages of a tenant's features and billing show.
///
/// # Errors
/// As [`tenant_quota`].
pub async fn tenant_object(cx: &RequestCx, slug: &str, which: Settings) -> Result<TenantObjectPage> {
    let (head, detail) = read(cx, which.read_operation(), slug).await?;
    Ok(TenantObjectPage { head, object: which.of(&detail).clone() })
}

/// What the page of a tenant's end shows.
///
/// # Errors
/// As [`tenant_quota`].
pub async fn tenant_danger(cx: &RequestCx, slug: &str) -> Result<TenantDangerPage> {
    let (head, detail) = read(cx, &operation::platform::TENANT_DANGER, slug).await?;
    // A company that is out of order must still have this page: it is where it can be archived.
    let inventory = super::inventory::inventory(cx, &head.tenant).await.unwrap_or_else(|error| {
        tracing::warn!(%error, slug, "what a company has could not be counted");
        None
    });
    let (auto_drop_schema, grace_days) = (detail.record.auto_drop_schema, cx.services.config.archive_grace_days);
    Ok(TenantDangerPage { head, inventory, auto_drop_schema, grace_days })
}

/// Changes a tenant's name and what becomes of its data.
///
/// # Errors
/// As [`tenant_quota_set`].
pub async fn tenant_general_set(cx: &RequestCx, slug: &str, version: i64, command: Parsed<TenantUpdate>) -> Result<()> {
    update(cx, &operation::platform::TENANT_GENERAL_SET, slug, version, command).await
}

/// Changes a tenant's limits. Lowering the quota below what is in use only blocks additions.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::Conflict`] when another user changed it since `version`,
/// [`AppError::NotFound`], [`AppError::Forbidden`] for support.
pub async fn tenant_quota_set(cx: &RequestCx, slug: &str, version: i64, command: Parsed<TenantUpdate>) -> Result<()> {
    update(cx, &operation::platform::TENANT_QUOTA_SET, slug, version, command).await
}

async fn update(cx: &RequestCx, operation: &Operation, slug: &str, version: i64, command: Parsed<TenantUpdate>) -> Result<()> {
    let now = cx.services.now();
    let mut tx = cx.platform_begin_owner(operation).await?;
    let done = async {
        let TenantUpdate { name, max_users, max_storage_mb, auto_drop_schema } = command?;
        let before = lock(&mut tx, slug, version).await?.record;
        let id = TenantId(before.id);
        let change = TenantChange { name: name.as_deref(), max_users, max_storage_mb, auto_drop_schema, ..TenantChange::default() };
        tenants::tenant_update(&mut tx.conn, id, &change, now).await?;
        if let Some(most) = max_users.filter(|most| before.schema_version.is_some() && before.max_users != *most) {
            let tenant = cx.services.db.tenant_ref(id, &before.schema_name);
            provision::quota_set(&mut tx.conn, &tenant, most).await?;
        }
        let name = name.unwrap_or_else(|| before.name.clone());
        let changed = diff(&[
            ("name", json!(before.name), json!(name)),
            ("max_users", json!(before.max_users), json!(max_users.unwrap_or(before.max_users))),
            ("max_storage_mb", json!(before.max_storage_mb), json!(max_storage_mb.unwrap_or(before.max_storage_mb))),
            ("auto_drop_schema", json!(before.auto_drop_schema), json!(auto_drop_schema.unwrap_or(before.auto_drop_schema))),
        ]);
        let line = entry(cx, &tx.actor, "tenant.update", Object::new("tenant", id, name.as_str()), changed);
        tx.conn.audit(Some(id), line);
        hosts_of(&mut tx.conn, id).await
    }
    .await;
    let hosts = tx.finish(done).await?;
    hosts_changed(&cx.services, hosts).await;
    Ok(())
}

/// Changes a tenant's features or billing.
///
/// # Errors
/// As [`tenant_quota_set`].
pub async fn tenant_object_set(cx: &RequestCx, slug: &str, version: i64, which: Settings, change: &ObjectChange) -> Result<()> {
    let now = cx.services.now();
    let mut tx = cx.platform_begin_owner(which.write_operation(change)).await?;
    let done = async {
        let before = lock(&mut tx, slug, version).await?;
        let after = match change {
            ObjectChange::Fields(typed) => typed_json::apply(which.known(), which.of(&before), |key| typed.get(key).map(String::as_str))
                .map_err(AppError::Validation)?,
            ObjectChange::Whole(text) => {
                typed_json::parse(which.known(), text).map_err(|error| AppError::field(Code::JsonInvalid, "json", error))?
            }
        };
        let set = match which {
            Settings::Features => TenantChange { features_enabled: Some(&after), ..TenantChange::default() },
            Settings::Billing => TenantChange { billing_settings: Some(&after), ..TenantChange::default() },
        };
        let id = TenantId(before.record.id);
        tenants::tenant_update(&mut tx.conn, id, &set, now).await?;
        let changed = diff(&[(which.column(), which.of(&before).clone(), after.clone())]);
        let line = entry(cx, &tx.actor, "tenant.update", Object::new("tenant", id, before.record.name.as_str()), changed);
        tx.conn.audit(Some(id), line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}
