//! Folds what stands in a schema that comes from before texts had a stored form to be compared by (`*_text_forms`): its
//! migration folds as PostgreSQL does, which is right for ASCII alone.

use crate::{
    DbError, DbResult, PlatformConn,
    tenant::users::{LoginKeys, name_key},
};
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::RunQueryDsl;
use domain::{
    Email, PersonName, Username,
    text::{fold, looks},
};

/// The version of the migrations that add these columns.
pub(super) const VERSION: i64 = 20_261_129_140_000;
/// What holds a character that PostgreSQL may fold otherwise.
const FOREIGN: &str = "~ '[^ -~]'";

#[derive(diesel::QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Text)]
    first_name: String,
    #[diesel(sql_type = Text)]
    last_name: String,
}

#[derive(diesel::QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    name: String,
}

/// Folds the tables of a tenant, whose schema the search path names.
///
/// # Errors
/// [`DbError::Broken`] names two users whose addresses are one by the new form.
pub(super) async fn tenant(conn: &mut PlatformConn) -> DbResult<()> {
    let sql = format!(
        "SELECT id, email::text, username::text, first_name::text, last_name::text FROM users \
         WHERE email || first_name || last_name {FOREIGN} OR email LIKE '%xn--%' ORDER BY id"
    );
    let rows: Vec<Id> = diesel::sql_query(sql).load(conn.raw()).await?;
    for row in rows {
        // Older releases accepted names that are invalid today; those are folded as they stand.
        let name = match (PersonName::parse(&row.first_name), PersonName::parse(&row.last_name)) {
            (Ok(first), Ok(last)) => name_key(&first, &last),
            _ => fold(&format!("{} {}", row.first_name, row.last_name)).chars().take(150).collect(),
        };
        let keys = match (Email::parse(&row.email), Username::parse(&row.username)) {
            (Ok(email), Ok(username)) => LoginKeys::of(&email, &username),
            _ => LoginKeys { email_key: fold(&row.email), email_unicode_key: String::new(), username_key: fold(&row.username) },
        };
        let update =
            diesel::sql_query("UPDATE users SET email_key = $2, email_unicode_key = $3, username_key = $4, name_key = $5 WHERE id = $1")
                .bind::<BigInt, _>(row.id)
                .bind::<Text, _>(&keys.email_key)
                .bind::<Text, _>(&keys.email_unicode_key)
                .bind::<Text, _>(&keys.username_key)
                .bind::<Text, _>(&name);
        update.execute(conn.raw()).await.map_err(|error| match DbError::from(error) {
            DbError::Unique { .. } => {
                DbError::Broken(format!("two users have the address {}: change one of them with the release of before", row.email))
            }
            other => other,
        })?;
    }
    let roles: Vec<Named> =
        diesel::sql_query("SELECT key::text, name::text FROM roles ORDER BY NOT is_system, key").load(conn.raw()).await?;
    let mut taken: Vec<String> = Vec::new();
    for role in &roles {
        let seen = looks(&role.name);
        // Of two that look alike today both stay; another one of that look is refused.
        taken.push(if taken.contains(&seen) { format!("{seen}\n{}", role.key) } else { seen });
    }
    let keys: Vec<&str> = roles.iter().map(|role| role.key.as_str()).collect();
    // In two steps, since a new key may be the old one of another role.
    diesel::sql_query("UPDATE roles SET name_key = E'\\n' || key").execute(conn.raw()).await?;
    diesel::sql_query("UPDATE roles SET name_key = new.name FROM unnest($1, $2) AS new (key, name) WHERE roles.key = new.key")
        .bind::<Array<Text>, _>(keys)
        .bind::<Array<Text>, _>(&taken)
        .execute(conn.raw())
        .await?;
    Ok(())
}

/// Folds the tables of the platform.
///
/// # Errors
/// Those of the statements.
pub(super) async fn platform(conn: &mut diesel_async::AsyncPgConnection) -> DbResult<()> {
    let admins = format!("SELECT id::text AS key, email::text AS name FROM platform.platform_admins WHERE email {FOREIGN}");
    for row in diesel::sql_query(admins).load::<Named>(conn).await? {
        let key = Email::parse(&row.name).map_or_else(|_| fold(&row.name), |email| email.key());
        let update = diesel::sql_query("UPDATE platform.platform_admins SET email_key = $2 WHERE id = $1::bigint");
        update.bind::<Text, _>(row.key).bind::<Text, _>(key).execute(conn).await?;
    }
    let tenants = format!("SELECT id::text AS key, name::text AS name FROM platform.tenants WHERE name {FOREIGN}");
    for row in diesel::sql_query(tenants).load::<Named>(conn).await? {
        let update = diesel::sql_query("UPDATE platform.tenants SET name_key = $2 WHERE id = $1::bigint");
        update.bind::<Text, _>(row.key).bind::<Text, _>(fold(&row.name)).execute(conn).await?;
    }
    Ok(())
}
