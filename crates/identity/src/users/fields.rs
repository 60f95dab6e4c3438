//! Custom fields of users: their definitions, and what a change of a user does with their values.

use db::{
    DbError,
    tenant::user_fields::{
        ValueKey, field_delete, field_insert, field_key_is_used, field_list, field_update, field_value_count, field_values_clear,
        field_values_fill, field_values_set, field_values_taken, field_versions, fields_hold, fields_lock, fields_order,
    },
};
use domain::{
    AppError, Code, FieldErrors, UserId,
    dto::tenant::{UserFieldRow, UserFieldsPage},
    operation, typed_json,
    user_field::{
        FIELD_KEY_MAX, FieldValues, FieldsTyped, USER_FIELDS_MAX, UserField, UserFieldForm, field_key, field_key_is_valid, values_put,
    },
};
use kernel::{
    Error, Parsed, RequestCx, Result,
    audit::{Object, diff, entry},
    cx::TenantTx,
};
use serde_json::{Map, Value, json};

/// The fields as their settings show them.
///
/// # Errors
/// [`AppError::Forbidden`] without `settings.manage`.
pub async fn user_field_list(cx: &RequestCx) -> Result<UserFieldsPage> {
    let tx = cx.tenant_begin(&operation::tenant::USER_FIELD_LIST).await?;
    let found = async {
        let (fields, versions) = futures_util::try_join!(field_list(&tx.conn), field_versions(&tx.conn))?;
        let version = |key: &str| versions.iter().find(|(known, _)| known == key).map_or(0, |(_, at)| at.timestamp_micros());
        let rows = fields.into_iter().map(|field| UserFieldRow { version: version(&field.key), field }).collect();
        Ok(UserFieldsPage { rows })
    }
    .await;
    tx.finish(found).await
}

fn label_taken(error: DbError) -> Error {
    match error {
        DbError::Unique { constraint } if constraint == "user_fields_label_key_key" => {
            AppError::conflict(Code::UserFieldLabelTaken, "label", "Another field has this label").into()
        }
        other => other.into(),
    }
}

/// A key under which neither a field nor a user has anything: that of the label, with a number behind it where that one is taken.
async fn key_free(tx: &mut TenantTx, label: &str, fields: &[UserField]) -> Result<String> {
    let wish = field_key(label);
    for number in 1..1000 {
        let end = if number == 1 { String::new() } else { format!("_{number}") };
        let key = format!("{}{end}", wish.get(..FIELD_KEY_MAX - end.len()).unwrap_or(&wish));
        if fields.iter().all(|field| field.key != key) && !field_key_is_used(&mut tx.conn, &key).await? {
            return Ok(key);
        }
    }
    Err(AppError::field(Code::FieldInvalid, "label", "Choose another label").into())
}

/// What the log says of a field, before and after.
fn changes(before: Option<&UserField>, after: Option<&UserField>) -> Value {
    let both = |value: fn(&UserField) -> Value| (before.map_or(Value::Null, value), after.map_or(Value::Null, value));
    let (label, kind) = (both(|field| json!(field.label)), both(|field| json!(field.kind)));
    let choices = both(|field| json!(field.choices.join(", ")));
    let (required, unique) = (both(|field| json!(field.is_required)), both(|field| json!(field.is_unique)));
    diff(&[
        ("label", label.0, label.1),
        ("kind", kind.0, kind.1),
        ("choices", choices.0, choices.1),
        ("is_required", required.0, required.1),
        ("is_unique", unique.0, unique.1),
    ])
}

fn log(cx: &RequestCx, tx: &mut TenantTx, action: &'static str, field: &UserField, values: Value) {
    let line = entry(cx, &tx.actor, action, Object::new("user_field", field.key.as_str(), field.label.as_str()), values);
    tx.conn.audit(line);
}

/// Goes on only when what users have of a field fits it, and notes that where no two may have the same.
async fn values_fit(tx: &mut TenantTx, field: &UserField) -> Result<()> {
    let misfits = field_values_fill(&mut tx.conn, field).await?;
    let users = |count: usize| if count == 1 { "1 user has".to_owned() } else { format!("At least {count} users have") };
    if misfits.strange > 0 {
        let message = format!("{} a value that does not fit this field. Choose another label for it.", users(misfits.strange));
        return Err(AppError::conflict(Code::UserFieldValueTaken, "label", message).into());
    }
    if misfits.shared > 0 {
        let message = format!("{} a value that another user has too. Change those values first.", users(misfits.shared));
        return Err(AppError::conflict(Code::UserFieldValueTaken, "is_unique", message).into());
    }
    Ok(())
}

/// A field to be defined.
#[derive(Clone, Debug, Default)]
pub struct UserFieldCreate {
    /// What was typed.
    pub form: UserFieldForm,
    /// The key of a field that was deleted and comes back with what users have of it; empty for a new one.
    pub key: String,
    /// Where it stood among the fields, from 0; none puts it behind them.
    pub place: Option<usize>,
}

/// Defines a field.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields of the form, [`AppError::Forbidden`] without `settings.manage`.
pub async fn user_field_create(cx: &RequestCx, command: &UserFieldCreate) -> Result<UserField> {
    let UserFieldCreate { form, key, place } = command;
    let mut tx = cx.tenant_begin(&operation::tenant::USER_FIELD_CREATE).await?;
    let done = async {
        if !key.is_empty() && !field_key_is_valid(key) {
            return Err(AppError::Malformed.into());
        }
        fields_lock(&mut tx.conn).await?;
        let fields = field_list(&tx.conn).await?;
        let field = form.parse(key.clone()).map_err(AppError::Validation)?;
        let key = if key.is_empty() { key_free(&mut tx, &field.label, &fields).await? } else { key.clone() };
        let field = UserField { key, ..field };
        if fields.len() >= USER_FIELDS_MAX {
            let message = format!("There are already {USER_FIELDS_MAX} fields, which is the maximum");
            return Err(AppError::conflict(Code::UserFieldLimit, "label", message).into());
        }
        if fields.iter().any(|known| known.key == field.key) {
            return Err(AppError::conflict(Code::UserFieldLabelTaken, "label", "This field already exists").into());
        }
        field_insert(&mut tx.conn, &field, i32::MAX, cx.services.now()).await.map_err(label_taken)?;
        let mut keys: Vec<String> = fields.into_iter().map(|field| field.key).collect();
        keys.insert(place.unwrap_or(usize::MAX).min(keys.len()), field.key.clone());
        fields_order(&mut tx.conn, &keys).await?;
        values_fit(&mut tx, &field).await?;
        log(cx, &mut tx, "user.field_create", &field, changes(None, Some(&field)));
        Ok(field)
    }
    .await;
    tx.finish(done).await
}

/// Changes a field that was looked at in that version; its key and its kind stay.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields of the form, also when another user changed the field meanwhile and
/// when users have a choice that is taken away; [`AppError::NotFound`]; [`AppError::Forbidden`] without `settings.manage`.
pub async fn user_field_update(cx: &RequestCx, key: &str, version: i64, form: &UserFieldForm) -> Result<UserField> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_FIELD_UPDATE).await?;
    let done = async {
        fields_lock(&mut tx.conn).await?;
        let before = field_get(&tx, key).await?;
        let form = UserFieldForm { kind: before.kind.as_str().to_owned(), ..form.clone() };
        let after = form.parse(before.key.clone()).map_err(AppError::Validation)?;
        let versions = field_versions(&tx.conn).await?;
        if !versions.iter().any(|(known, at)| known == key && at.timestamp_micros() == version) {
            let message = "Another user changed this field in the meantime. Your input is kept below. Save again to keep it.";
            return Err(AppError::conflict(Code::RecordChanged, "", message).into());
        }
        choices_unused(&mut tx, &before, &after).await?;
        if before == after {
            return Ok(after);
        }
        field_update(&mut tx.conn, &after, cx.services.now()).await.map_err(label_taken)?;
        match (before.is_unique, after.is_unique) {
            (false, true) => values_fit(&mut tx, &after).await?,
            (true, false) => field_values_clear(&mut tx.conn, key).await?,
            _ => {}
        }
        log(cx, &mut tx, "user.field_update", &after, changes(Some(&before), Some(&after)));
        Ok(after)
    }
    .await;
    tx.finish(done).await
}

async fn field_get(tx: &TenantTx, key: &str) -> Result<UserField> {
    let found = field_list(&tx.conn).await?.into_iter().find(|field| field.key == key);
    found.ok_or_else(|| AppError::NotFound.into())
}

/// Goes on only when no user has a choice that is taken away.
async fn choices_unused(tx: &mut TenantTx, before: &UserField, after: &UserField) -> Result<()> {
    let mut errors = FieldErrors::default();
    for choice in before.choices.iter().filter(|choice| !after.choices.contains(choice)) {
        let users = match field_value_count(&mut tx.conn, &before.key, choice).await? {
            0 => continue,
            1 => "1 user has".to_owned(),
            count => format!("{count} users have"),
        };
        errors.push(Code::UserFieldChoiceUsed, "choices", format!("{users} “{choice}”. Keep it, or change those users first."));
    }
    if errors.0.is_empty() { Ok(()) } else { Err(AppError::Conflict(errors).into()) }
}

/// Moves a field one place up or down. Gives it.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Malformed`] for another direction, [`AppError::Forbidden`] without `settings.manage`.
pub async fn user_field_move(cx: &RequestCx, key: &str, to: &str) -> Result<UserField> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_FIELD_MOVE).await?;
    let done = async {
        fields_lock(&mut tx.conn).await?;
        let field = field_get(&tx, key).await?;
        let mut keys: Vec<String> = field_list(&tx.conn).await?.into_iter().map(|field| field.key).collect();
        let from = keys.iter().position(|known| known == key).ok_or(AppError::NotFound)?;
        let place = match to {
            "up" => from.saturating_sub(1),
            "down" => (from + 1).min(keys.len() - 1),
            _ => return Err(AppError::Malformed.into()),
        };
        if place != from {
            keys.swap(from, place);
            fields_order(&mut tx.conn, &keys).await?;
            log(cx, &mut tx, "user.field_move", &field, json!({ "position": [from + 1, place + 1] }));
        }
        Ok(field)
    }
    .await;
    tx.finish(done).await
}

/// Deletes a field. What users have of it stays in their metadata. Gives it, and where it stood.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `settings.manage`.
pub async fn user_field_delete(cx: &RequestCx, key: &str) -> Result<(UserField, usize)> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_FIELD_DELETE).await?;
    let done = async {
        fields_lock(&mut tx.conn).await?;
        let mut fields = field_list(&tx.conn).await?.into_iter().enumerate();
        let (place, field) = fields.find(|(_, field)| field.key == key).ok_or(AppError::NotFound)?;
        field_delete(&mut tx.conn, key).await?;
        log(cx, &mut tx, "user.field_delete", &field, changes(Some(&field), None));
        Ok((field, place))
    }
    .await;
    tx.finish(done).await
}

/// What was read of a form and what was read of its custom fields, or everything that is wrong with either.
pub(super) fn both<T>(command: Parsed<T>, values: std::result::Result<FieldValues, FieldErrors>) -> Parsed<T> {
    match (command, values) {
        (Ok(command), Ok(_)) => Ok(command),
        (Ok(_), Err(errors)) => Err(AppError::Validation(errors)),
        (Err(AppError::Validation(mut errors)), Err(more)) => {
            errors.0.extend(more.0);
            Err(AppError::Validation(errors))
        }
        (Err(error), _) => Err(error),
    }
}

/// Reads typed values by the definitions of now, which stay as they are until the transaction ends.
pub(super) async fn values_read(tx: &mut TenantTx, typed: &FieldsTyped, is_new: bool) -> Result<(Vec<UserField>, FieldValues)> {
    fields_hold(&mut tx.conn).await?;
    let fields = field_list(&tx.conn).await?;
    let values = typed.parse(&fields, is_new).map_err(AppError::Validation)?;
    Ok((fields, values))
}

/// The metadata of a user without the values of custom fields.
pub(super) fn metadata_without(metadata: &Value, fields: &[UserField]) -> Map<String, Value> {
    let mut object = metadata.as_object().cloned().unwrap_or_default();
    object.retain(|key, _| fields.iter().all(|field| field.key != *key));
    object
}

/// The metadata of a user with other values: `raw` in place of what is no custom field, and `values` of those that are. Of the rest only
/// what was `shown` can go: a field may have been deleted meanwhile, and what users have of it stays.
pub(super) fn metadata_with(
    before: &Value,
    (raw, shown): (Option<&Value>, Option<&Value>),
    fields: &[UserField],
    values: &FieldValues,
) -> Result<Value> {
    let mut object = before.as_object().cloned().unwrap_or_default();
    if let Some(raw) = raw.and_then(Value::as_object) {
        if let Some(field) = fields.iter().find(|field| raw.contains_key(&field.key)) {
            let message = format!("“{}” is the field {} of this form. Change it there.", field.key, field.label);
            return Err(AppError::field(Code::JsonInvalid, "metadata", message).into());
        }
        let stays = |key: &String| fields.iter().any(|field| field.key == *key) || shown.is_some_and(|shown| shown.get(key).is_none());
        object.retain(|key, _| stays(key));
        object.extend(raw.clone());
    }
    values_put(&mut object, values);
    let metadata = Value::Object(object);
    if metadata.to_string().len() > typed_json::BYTES_MAX {
        let message = format!("Fields and metadata of a user hold at most {} KB", typed_json::BYTES_MAX / 1024);
        return Err(AppError::field(Code::FieldTooLong, "metadata", message).into());
    }
    Ok(metadata)
}

/// The values of unique fields among some, as they are compared.
pub(super) fn unique_of(fields: &[UserField], values: &FieldValues) -> Vec<(String, Option<String>)> {
    let is_unique = |key: &str| fields.iter().any(|field| field.is_unique && field.key == key);
    values.iter().filter(|(key, _)| is_unique(key)).map(|(key, value)| (key.clone(), value.as_ref().map(UserField::value_key))).collect()
}

fn value_taken(key: &str) -> Error {
    AppError::conflict(Code::UserFieldValueTaken, &format!("fields[{key}]"), "Another user has this value").into()
}

/// Goes on only when no other user has one of the values of unique fields.
///
/// # Errors
/// [`AppError::Conflict`] beside the field.
pub(super) async fn unique_check(tx: &mut TenantTx, id: Option<UserId>, fields: &[UserField], values: &FieldValues) -> Result<()> {
    let wanted = unique_of(fields, values).into_iter().filter_map(|(key, value)| Some((key, value?)));
    let wanted: Vec<ValueKey> = wanted.collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let holders = field_values_taken(&mut tx.conn, &wanted).await?;
    match holders.iter().find(|(_, holder)| Some(*holder) != id.map(|id| id.0)) {
        Some(((key, _), _)) => Err(value_taken(key)),
        None => Ok(()),
    }
}

/// Notes what a user has of unique fields from now on.
///
/// # Errors
/// [`DbError::Retry`] when another user took a value since it was checked.
pub(super) async fn unique_set(tx: &mut TenantTx, id: UserId, fields: &[UserField], values: &FieldValues) -> Result<()> {
    let unique = unique_of(fields, values);
    if unique.is_empty() {
        return Ok(());
    }
    field_values_set(&mut tx.conn, id, &unique).await.map_err(|error| match error {
        DbError::Unique { constraint } => DbError::Retry(constraint).into(),
        other => other.into(),
    })
}

/// What the log says of changed values: each field with what stood in it before and after.
pub(super) fn values_changed(changed: &mut Value, before: &Value, after: &Value, fields: &[UserField]) {
    let Some(changed) = changed.as_object_mut() else { return };
    for field in fields {
        let (old, new) = (before.get(&field.key), after.get(&field.key));
        if old != new {
            changed.insert(field.column(), json!([old, new]));
        }
    }
    let (old, new) = (metadata_without(before, fields), metadata_without(after, fields));
    if old != new {
        changed.insert("metadata".to_owned(), json!([old, new]));
    }
}

/// What a user's page shows in each field.
pub(super) fn values_shown(fields: Vec<UserField>, metadata: &Value) -> Vec<(UserField, String)> {
    let shown = |field: UserField| {
        let text = field.value_text(metadata.get(&field.key));
        (field, text)
    };
    fields.into_iter().map(shown).collect()
}

/// What a user has of custom fields, as a list shows it.
pub(super) fn values_of(fields: &[UserField], metadata: &Value) -> Vec<(String, String)> {
    fields.iter().filter_map(|field| Some((field.key.clone(), field.value_text(Some(metadata.get(&field.key)?))))).collect()
}
