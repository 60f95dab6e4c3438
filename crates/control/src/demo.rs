//! Companies to look at, for development.

mod names;
mod records;

use crate::{
    counters,
    tenants::{OwnerForm, TenantForm, tenant_create},
};
use chrono::{DateTime, Days, Utc};
use db::{
    platform::tenants,
    tenant::{
        user_fields::{field_insert, field_values_fill},
        users::{UserInsert, user_insert_many},
    },
};
use domain::{
    Email, PersonName, UserId, Username, operation,
    user_field::{FieldKind, UserField},
};
use identity::roles::is_staff;
use kernel::{
    Error, RequestCx, Result,
    actor::Actor,
    audit::{Object, entry},
    tokens::password_new,
};
use names::{FIRST, LAST};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::Arc;

/// A company to look at.
#[derive(Clone, Copy, Debug)]
pub struct Demo {
    /// Its name.
    pub name: &'static str,
    /// Its subdomain.
    pub slug: &'static str,
    /// The most active users.
    pub max_users: i32,
    /// How many admins it has.
    pub admins: usize,
    /// How many managers.
    pub managers: usize,
    /// How many salespeople.
    pub salespeople: usize,
    /// Whether it has contacts, organizations, deals and activities.
    pub records: bool,
}

/// What a user signs in with.
#[derive(Clone)]
pub struct SignIn {
    /// As what.
    pub role: &'static str,
    /// The e-mail address.
    pub login: String,
    /// The random password.
    pub password: String,
}

/// The name of the person of that number; no two of the first 1,184 are alike.
fn name(number: usize) -> (&'static str, &'static str) {
    let first = FIRST.get(number % FIRST.len()).copied().unwrap_or("Mara");
    let last = LAST.get(number % LAST.len()).copied().unwrap_or("Lindqvist");
    (first, last)
}

/// How many users records belong to: few enough that each has work to look at.
const SELLERS: usize = 24;

/// The users whom records belong to, of these with their roles and whether they can sign in: those who can come twice.
fn sellers(people: &[(&str, bool)], ids: &[UserId]) -> Vec<UserId> {
    let found = people.iter().zip(ids).filter(|((role, _), _)| matches!(*role, "manager" | "salesperson"));
    let (mut known, rest): (Vec<_>, Vec<_>) = found.partition(|((_, signs_in), _)| *signs_in);
    known.extend_from_within(..);
    known.into_iter().chain(rest.into_iter().rev()).map(|(_, id)| *id).take(SELLERS).collect()
}

/// The offices of the company.
const OFFICES: [&str; 4] = ["Berlin", "Lisbon", "London", "New York"];

/// What the company keeps of its users.
fn fields() -> [UserField; 4] {
    let field = |key: &str, label: &str, kind: FieldKind| UserField {
        key: key.to_owned(),
        label: label.to_owned(),
        kind,
        choices: Vec::new(),
        is_required: false,
        is_unique: false,
    };
    [
        UserField { is_unique: true, ..field("employee_no", "Employee no.", FieldKind::Text) },
        UserField { choices: OFFICES.map(str::to_owned).to_vec(), ..field("office", "Office", FieldKind::Choice) },
        field("first_day", "First day", FieldKind::Date),
        field("remote", "Works remotely", FieldKind::Checkbox),
    ]
}

/// The same of one user.
fn details(index: usize, now: DateTime<Utc>) -> Value {
    let days = u64::try_from(index * 37 % 3000).unwrap_or(0);
    let first_day = now.date_naive().checked_sub_days(Days::new(days));
    let mut details = json!({ "employee_no": format!("E-{:04}", index + 1), "office": OFFICES.get(index * 7 % 5), "first_day": first_day });
    if let Some(details) = details.as_object_mut() {
        details.retain(|_, value| !value.is_null());
        if index.is_multiple_of(3) {
            details.insert("remote".to_owned(), json!(true));
        }
    }
    details
}

fn fault(error: impl std::fmt::Display) -> Error {
    Error::Fault(error.to_string())
}

/// Creates the company unless it is there, and gives the sign-ins of one person of each role. Nobody else gets a
/// password.
///
/// # Errors
/// As for any company.
pub async fn demo_create(cx: &RequestCx, demo: &Demo) -> Result<Vec<SignIn>> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_LIST_ALL).await?;
    let found = tenants::tenant_find(&mut tx.conn, demo.slug).await.map_err(Error::from);
    if tx.finish(found).await?.is_some() {
        return Ok(Vec::new());
    }
    let sign_in = |role| SignIn { role, login: format!("{role}@{}.example", demo.slug), password: password_new(&*cx.services.entropy) };
    let owner = sign_in("owner");
    let form = TenantForm {
        name: demo.name.to_owned(),
        domain: demo.slug.to_owned(),
        max_users: demo.max_users.to_string(),
        create_schema: true,
        owner: OwnerForm {
            owner_email: owner.login.clone(),
            owner_first_name: "Olivia".to_owned(),
            owner_last_name: "Winter".to_owned(),
            password: Some(SecretString::from(owner.password.clone())),
            ..OwnerForm::default()
        },
        ..TenantForm::default()
    };
    let created = tenant_create(cx, form.parse(&cx.services.config)).await?;
    let mut sign_ins = vec![owner];
    let mut people = Vec::new();
    for (role, count) in [("admin", demo.admins), ("manager", demo.managers), ("salesperson", demo.salespeople)] {
        for index in 0..count {
            let (first, last) = name(people.len());
            let hash = if index == 0 {
                let sign_in = sign_in(role);
                let hash = cx.services.passwords.hash(&SecretString::from(sign_in.password.clone())).await?;
                sign_ins.push(sign_in);
                Some(hash)
            } else {
                None
            };
            let login = if index == 0 { role.to_owned() } else { format!("user{}", people.len() + 1) };
            let email = Email::parse(&format!("{login}@{}.example", demo.slug)).map_err(fault)?;
            let names = (PersonName::parse(first).map_err(fault)?, PersonName::parse(last).map_err(fault)?);
            people.push((role, Username::parse(&login).map_err(fault)?, email, names, hash));
        }
    }
    if people.is_empty() {
        return Ok(sign_ins);
    }
    let now = cx.services.now();
    let inserts: Vec<UserInsert<'_>> = people
        .iter()
        .enumerate()
        .map(|(index, (role, username, email, (first_name, last_name), hash))| UserInsert {
            username,
            email,
            first_name,
            last_name,
            role,
            is_staff: is_staff(role),
            password_hash: hash.as_deref(),
            metadata: details(index, now),
            now,
        })
        .collect();
    let tenant = cx.services.db.tenant_ref(created.id, &created.schema);
    let mut conn = cx.services.db.tenant(&tenant).await?;
    let done = async {
        let ids = user_insert_many(&mut conn, &inserts).await?;
        for (place, field) in (0..).zip(fields()) {
            field_insert(&mut conn, &field, place, now).await?;
            if field.is_unique {
                field_values_fill(&mut conn, &field).await?;
            }
        }
        if demo.records {
            let roles: Vec<_> = people.iter().map(|(role, .., hash)| (*role, hash.is_some())).collect();
            records::records_fill(&mut conn, &sellers(&roles, &ids), now).await?;
        }
        let object = Object::new("user", "many", format!("{} users", inserts.len()));
        let line = entry(cx, &Actor::Operator { name: "dev".to_owned() }, "user.import", object, json!({ "users": [null, inserts.len()] }));
        conn.audit(line);
        Ok::<_, Error>(())
    }
    .await;
    conn.finish(done).await?;
    if let Ok(host) = domain::HostName::parse(&format!("{}.{}", demo.slug, cx.services.config.base_domain))
        && let Ok(kernel::Site::Tenant(site)) = kernel::sites::site_find(&cx.services, &host).await
    {
        cx.services.counters.users_changed(&Arc::clone(&site));
        counters::flush(&cx.services).await;
    }
    Ok(sign_ins)
}

#[cfg(test)]
mod tests {
    #[test]
    fn people_have_names_of_their_own() {
        let names: std::collections::HashSet<_> = (0..1000).map(super::name).collect();
        assert_eq!(names.len(), 1000);
    }
}
