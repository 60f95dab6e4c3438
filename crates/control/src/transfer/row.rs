//! Validates the rows of an archive: parses each into the domain types that a form would use, and recomputes derived values.

mod columns;
mod records;

use columns::{Checked, Row};
use db::{
    tenant::users::{LoginKeys, name_key},
    transfer::Table,
};
use domain::{
    AppError, Code, Email, Permission, PermissionSet, PersonName, Username,
    access::Overrides,
    list::{COLUMNS_MAX, PIPELINE_LISTS, QUERY_MAX, TENANT_LISTS, VIEW_NAME_MAX, column_is_named},
    person::name_parse,
    record::key_is_valid,
    role::{RoleKey, SystemRole},
    setting::{LOGO, Setting, key_parse},
    text::{fold, looks},
    typed_json,
    user_field::{UserFieldForm, field_key_is_valid},
};
use kernel::{Result, passwords::is_affordable};
use serde_json::{Value, json};

/// The first bytes of every PNG (RFC 2083, 3.1), as PostgreSQL writes them.
const PNG: &str = "\\x89504e470d0a1a0a";

/// Reads a row; `number` is its place in the file of its table.
///
/// # Errors
/// [`AppError::Validation`] with the table, the row and the reason.
pub(super) fn row_read(table: &Table, number: i64, line: &str) -> Result<Value> {
    let read = serde_json::from_str::<Value>(line).map_err(|_| "it is not JSON".to_owned()).and_then(|row| match row {
        Value::Object(row) => checked(table.name, Row(row)),
        _ => Err("it is no object".to_owned()),
    });
    read.map_err(|why| AppError::field(Code::FileUnreadable, "file", format!("Row {number} of {}: {why}", table.name)).into())
}

fn checked(table: &str, mut row: Row) -> Checked<Value> {
    row.plain()?;
    match table {
        "users" => user(&mut row)?,
        "roles" => role(&mut row)?,
        "user_roles" => {
            row.id("user_id")?;
            RoleKey::parse(row.text("role_key")?).map_err(|error| error.to_string())?;
        }
        "tenant_settings" => setting(&mut row)?,
        "audit_log" => {
            row.id("id")?;
            let key = fold(row.text("actor_label")?);
            row.0.insert("actor_key".to_owned(), Value::String(key));
        }
        // Counted once all events are there.
        "audit_head" => row.put("event_seq", json!(0)),
        "quota" => {
            // Counted once all users are there.
            row.put("active_users", json!(0));
            row.put("active_owners", json!(0));
        }
        "list_views" => view(&mut row)?,
        "user_fields" => user_field(&mut row)?,
        "user_tokens" | "recovery_codes" | "login_events" => row.id("id")?,
        other => drop(records::checked(other, &mut row)?),
    }
    Ok(Value::Object(row.0))
}

fn user(row: &mut Row) -> Checked<()> {
    row.id("id")?;
    for column in ["password_hash", "photo", "photo_hash", "locale", "theme"] {
        row.text_or_null(column)?;
    }
    let email = Email::parse(row.text("email")?).map_err(|error| format!("the e-mail address: {error}"))?;
    let username = Username::parse(row.text("username")?).map_err(|error| format!("the user name: {error}"))?;
    let (first, last) = (row.name("first_name")?, row.name("last_name")?);
    let keys = LoginKeys::of(&email, &username);
    let name = match (PersonName::parse(&first), PersonName::parse(&last)) {
        (Ok(first), Ok(last)) => name_key(&first, &last),
        _ => fold(format!("{first} {last}").trim()),
    };
    RoleKey::parse(row.text("user_type")?).map_err(|error| error.to_string())?;
    row.object("metadata")?;
    let metadata = row.0.get("metadata").map(Value::to_string).unwrap_or_default();
    typed_json::parse(&[], &metadata).map_err(|error| format!("metadata: {error}"))?;
    row.object("tenant_permissions")?;
    let decided = row.0.get("tenant_permissions").cloned().unwrap_or_default();
    let decided: Overrides =
        serde_json::from_value(decided).map_err(|_| "tenant_permissions grants or denies what is no permission".to_owned())?;
    if row.0.get("password_hash").and_then(Value::as_str).is_some_and(|hash| !is_affordable(hash)) {
        // Verifying it would block sign-ins of other tenants; the user sets a new password by a link.
        row.put("password_hash", Value::Null);
    }
    if let Some(photo) = row.0.get("photo").and_then(Value::as_str)
        && !photo.starts_with(PNG)
    {
        return Err("the picture is no PNG".to_owned());
    }
    if let Some(hash) = row.0.get("photo_hash").and_then(Value::as_str)
        && !(hash.len() <= 32 && hash.chars().all(|c| c.is_ascii_hexdigit()))
    {
        return Err("the hash of the picture is none".to_owned());
    }
    row.put("email", json!(email.as_str()));
    row.put("username", json!(username.as_str()));
    row.put("first_name", json!(first));
    row.put("last_name", json!(last));
    row.put("email_key", json!(keys.email_key));
    row.put("email_unicode_key", json!(keys.email_unicode_key));
    row.put("username_key", json!(keys.username_key));
    row.put("name_key", json!(name));
    row.put("tenant_permissions", serde_json::to_value(decided).map_err(|error| error.to_string())?);
    Ok(())
}

fn role(row: &mut Row) -> Checked<()> {
    let key = row.text("key")?.to_owned();
    RoleKey::parse(&key).map_err(|error| error.to_string())?;
    let permissions = match SystemRole::find(&key) {
        // They are the code's, whatever the archive says of them.
        Some(system) => {
            row.put("name", json!(system.name));
            row.put("description", json!(""));
            system.permission_set()
        }
        None => {
            let name = name_parse(row.text("name")?, 100).map_err(|error| format!("the name: {error}"))?;
            row.put("name", json!(name));
            row.object("permissions")?;
            let stored = row.0.get("permissions").cloned().unwrap_or_default();
            let set: PermissionSet = serde_json::from_value(stored).map_err(|_| "permissions holds what is no permission".to_owned())?;
            if set.has(Permission::CompanyOwn) {
                return Err("only the role of owners permits what owners may do".to_owned());
            }
            set
        }
    };
    let looks = looks(row.text("name")?);
    row.put("name_key", json!(looks));
    row.put("is_system", json!(SystemRole::find(&key).is_some()));
    row.put("permissions", serde_json::to_value(permissions).map_err(|error| error.to_string())?);
    Ok(())
}

fn setting(row: &mut Row) -> Checked<()> {
    row.id("id")?;
    let key = row.text("setting_key")?.to_owned();
    let value = row.0.get("setting_value").ok_or("it has no value")?;
    match Setting::find(&key) {
        Some(_) if key == LOGO => {
            let text = |field: &str| value.get(field).and_then(Value::as_str);
            let is_picture = text("sha256").is_some_and(|hash| hash.chars().all(|c| c.is_ascii_hexdigit())) && text("png").is_some();
            if is_picture { Ok(()) } else { Err("the logo is no picture".to_owned()) }
        }
        Some(setting) if setting.known.holds(value) => Ok(()),
        Some(_) => Err(format!("{key} does not hold what it may")),
        // Some keys are Oneo's own and are no settings, such as how far the first steps are.
        None if key.split('.').next().is_some_and(|first| first == "onboarding") => Ok(()),
        None => key_parse(&key).map(drop),
    }
}

/// A view of a list; the one without a name holds the columns of its owner.
fn view(row: &mut Row) -> Checked<()> {
    row.id("id")?;
    row.id("owner_id")?;
    row.id_or_null("opens_id")?;
    let list = row.text("list")?;
    if !TENANT_LISTS.contains(&list) && !list.strip_prefix(PIPELINE_LISTS).is_some_and(key_is_valid) {
        return Err("there is no such list".to_owned());
    }
    let name = match row.text("name")? {
        "" => String::new(),
        name => name_parse(name, VIEW_NAME_MAX).map_err(|error| format!("the name: {error}"))?,
    };
    let query = row.text("query")?;
    if query.chars().count() > QUERY_MAX || query.chars().any(char::is_control) {
        return Err("the query is too long, or no address".to_owned());
    }
    let flag = |name: &str| row.0.get(name).and_then(Value::as_bool).ok_or_else(|| format!("{name} is neither true nor false"));
    flag("is_dense")?;
    if row.0.get("opens_id").is_some_and(Value::is_i64) && !name.is_empty() {
        return Err("a view with a name opens another one".to_owned());
    }
    if flag("is_shared")? && name.is_empty() {
        return Err("a view without a name is shared".to_owned());
    }
    let columns = row.0.get("columns").and_then(Value::as_array).ok_or("columns is no list")?;
    if columns.len() > COLUMNS_MAX || !columns.iter().all(|column| column.as_str().is_some_and(column_is_named)) {
        return Err("columns holds what is no column".to_owned());
    }
    row.put("name_key", json!(fold(&name)));
    row.put("name", json!(name));
    Ok(())
}

/// A custom field of users.
fn user_field(row: &mut Row) -> Checked<()> {
    let key = row.text("key")?.to_owned();
    if !field_key_is_valid(&key) {
        return Err("key is no key of a field".to_owned());
    }
    let choices = row.0.get("choices").and_then(Value::as_array).ok_or("choices is no list")?;
    let choices: Vec<&str> =
        choices.iter().map(|choice| choice.as_str().ok_or("a choice is no text")).collect::<std::result::Result<_, _>>()?;
    let flag = |name: &str| row.0.get(name).and_then(Value::as_bool).ok_or_else(|| format!("{name} is neither true nor false"));
    let form = UserFieldForm {
        label: row.text("label")?.to_owned(),
        kind: row.text("kind")?.to_owned(),
        choices: choices.join("\n"),
        is_required: flag("is_required")?,
        is_unique: flag("is_unique")?,
    };
    let field = form.parse(key).map_err(|errors| errors.sentences())?;
    row.put("choices", json!(field.choices));
    row.put("label_key", json!(fold(&field.label)));
    row.put("label", json!(field.label));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use db::transfer::TABLES;
    use kernel::Error;

    fn read(table: &str, row: Value) -> std::result::Result<Value, String> {
        let table = TABLES.iter().find(|known| known.name == table).unwrap();
        row_read(table, 7, &row.to_string()).map_err(|error| match error {
            Error::App(AppError::Validation(errors)) => errors.sentences(),
            other => unreachable!("{other}"),
        })
    }

    fn user(change: Value) -> Value {
        let mut row = json!({
            "id": 1, "username": "mara", "email": "Mara@Bücher.example", "password_hash": null, "first_name": "Mara", "last_name": "Lind",
            "is_active": true, "user_type": "owner", "metadata": {}, "tenant_permissions": {}, "photo": null, "photo_hash": null,
        });
        row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        row
    }

    #[test]
    fn users_are_read_as_a_form_reads_them() {
        let row = read("users", user(json!({}))).unwrap();
        assert_eq!(
            (row["email"].as_str(), row["email_key"].as_str()),
            (Some("Mara@xn--bcher-kva.example"), Some("mara@xn--bcher-kva.example"))
        );
        assert_eq!((row["email_unicode_key"].as_str(), row["name_key"].as_str()), (Some("mara@bücher.example"), Some("mara lind")));
        for (bad, why) in [
            (json!({"id": i64::MAX}), "id is no id"),
            (json!({"id": 0}), "id is no id"),
            (json!({"id": "1"}), "id is no id"),
            (json!({"email": "a\r\nBcc: x@y.example"}), "e-mail address"),
            (json!({"email": ""}), "e-mail address"),
            (json!({"email": null}), "email is no text"),
            (json!({"username": "a b"}), "user name"),
            (json!({"first_name": "a\nb"}), "first_name"),
            (json!({"first_name": "x".repeat(151)}), "first_name"),
            (json!({"user_type": "'; DROP"}), "role does not exist"),
            (json!({"tenant_permissions": {"grant": 5}}), "tenant_permissions"),
            (json!({"tenant_permissions": []}), "tenant_permissions"),
            (json!({"metadata": [1]}), "metadata"),
            (json!({"metadata": {"x": "a\u{0}"}}), "NUL"),
            (json!({"locale": "x".repeat(3000)}), "locale is too long"),
            (json!({"photo": "\\x3c7376673e"}), "PNG"),
            (json!({"photo": 5}), "photo is no text"),
            (json!({"password_hash": {}}), "password_hash is no text"),
        ] {
            let error = read("users", user(bad.clone())).unwrap_err();
            assert!(error.contains("Row 7 of users") && error.contains(why), "{bad}: {error}");
        }
    }

    #[test]
    fn a_hash_that_costs_too_much_is_left_behind() {
        let hash =
            |m: u32, t: u32| format!("$argon2id$v=19$m={m},t={t},p=1$c29tZXNhbHRzb21lc2FsdA$Hc8mVQbQeHVmtGh7DEKVUh8v6Zf5vyfKOeUZvnJPjQo");
        let kept = |hash: String| !read("users", user(json!({ "password_hash": hash }))).unwrap()["password_hash"].is_null();
        assert!(kept(hash(19_456, 2)) && kept(hash(8192, 1)));
        assert!(!kept(hash(524_288, 16)) && !kept(hash(19_456, 3)) && !kept(hash(20_000, 2)) && !kept("nonsense".to_owned()));
    }

    #[test]
    fn custom_fields_are_read_as_a_form_reads_them() {
        let row = |change: Value| {
            let mut row = json!({
                "key": "office", "label": "Office", "label_key": "", "kind": "choice", "choices": ["Berlin"], "is_required": false, "is_unique": false,
            });
            row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            read("user_fields", row)
        };
        assert_eq!(row(json!({"label": "  Büro "})).unwrap()["label_key"], json!("büro"));
        for bad in [
            json!({"key": "a-b"}),
            json!({"label": ""}),
            json!({"kind": "colour"}),
            json!({"choices": []}),
            json!({"choices": [1]}),
            json!({"choices": "Berlin"}),
            json!({"is_unique": true}),
            json!({"is_required": null}),
        ] {
            assert!(row(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn roles_are_the_codes_or_permit_no_ownership() {
        let system =
            read("roles", json!({"key": "user", "name": "Boss", "is_system": false, "permissions": {"company.own": "all"}})).unwrap();
        assert_eq!(
            (system["name"].as_str(), system["is_system"].as_bool(), &system["permissions"]),
            (Some("User"), Some(true), &json!({}))
        );
        let own = json!({"key": "sales", "name": "Sales", "is_system": true, "permissions": {"records.view": "own"}});
        assert_eq!(read("roles", own).unwrap()["is_system"], json!(false));
        for permissions in [json!({"company.own": "all"}), json!(5)] {
            assert!(read("roles", json!({"key": "sales", "name": "Sales", "permissions": permissions})).is_err());
        }
        assert!(read("roles", json!({"key": "sales", "name": "\u{3164}", "permissions": {}})).is_err());
    }

    #[test]
    fn settings_hold_what_they_may() {
        let setting = |key: &str, value: Value| read("tenant_settings", json!({"id": 1, "setting_key": key, "setting_value": value}));
        assert!(setting("office.floor", json!({"x": 1})).is_ok() && setting("session.idle_minutes", json!(30)).is_ok());
        assert!(setting("session.idle_minutes", json!(-5)).is_err() && setting("A B", json!(1)).is_err());
        assert!(setting("branding.logo", json!({"sha256": "zz", "png": ""})).is_err());
    }
}
