//! Companies to look at, for development.

use crate::{
    counters,
    tenants::{OwnerForm, TenantForm, tenant_create},
};
use db::{
    platform::tenants,
    tenant::users::{UserInsert, user_insert_many},
};
use domain::{Email, PersonName, Username, operation};
use identity::roles::is_staff;
use kernel::{
    Error, RequestCx, Result,
    actor::Actor,
    audit::{Object, entry},
    tokens::password_new,
};
use secrecy::SecretString;
use serde_json::json;
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

const FIRST: [&str; 32] = [
    "Mara", "Jonas", "Åsa", "Luis", "Priya", "Tomás", "Ingrid", "Wei", "Fatima", "Noah", "Elif", "Marek", "Sofia", "Kwame", "Yuki",
    "Hanna", "Diego", "Amara", "Leon", "Chiara", "Omar", "Greta", "Ivan", "Nadia", "Pavel", "Zoe", "Rafael", "Mina", "Anton", "Lea",
    "Samuel", "Ines",
];
const LAST: [&str; 37] = [
    "Lindqvist",
    "Bergmann",
    "Okafor",
    "Silva",
    "Nakamura",
    "Kowalski",
    "Haddad",
    "Rossi",
    "Novák",
    "Chen",
    "Dubois",
    "Ivanova",
    "García",
    "Nielsen",
    "Demir",
    "Mensah",
    "Schmidt",
    "Popescu",
    "Jansen",
    "Moreau",
    "Costa",
    "Horváth",
    "Andersen",
    "Patel",
    "Fischer",
    "Romano",
    "Weber",
    "Kaya",
    "Vargas",
    "Petrov",
    "Larsen",
    "Meyer",
    "Tanaka",
    "Santos",
    "Virtanen",
    "Bauer",
    "Ito",
];

/// The name of the person of that number; no two of the first 1,184 are alike.
fn name(number: usize) -> (&'static str, &'static str) {
    let first = FIRST.get(number % FIRST.len()).copied().unwrap_or("Mara");
    let last = LAST.get(number % LAST.len()).copied().unwrap_or("Lindqvist");
    (first, last)
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
        .map(|(role, username, email, (first_name, last_name), hash)| UserInsert {
            username,
            email,
            first_name,
            last_name,
            role,
            is_staff: is_staff(role),
            password_hash: hash.as_deref(),
            now,
        })
        .collect();
    let tenant = cx.services.db.tenant_ref(created.id, &created.schema);
    let mut conn = cx.services.db.tenant(&tenant).await?;
    let done = async {
        user_insert_many(&mut conn, &inserts).await?;
        let object = Object::new("user", "many", format!("{} people", inserts.len()));
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
