//! The once-per-database work of a superuser.

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::NoTls;

/// Runs `bootstrap.sql` as a superuser on a local server and sets the passwords of `oneo_owner` and `oneo_app`. May run several
/// times at once.
///
/// # Errors
/// What PostgreSQL or the connection said.
pub async fn bootstrap(superuser_url: &SecretString, password: Option<&SecretString>) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(superuser_url.expose_secret(), NoTls).await?;
    let connection = tokio::spawn(connection);
    client.batch_execute(include_str!("../bootstrap.sql")).await?;
    if let Some(password) = password {
        let change =
            "SELECT string_agg(format('ALTER ROLE %I PASSWORD %L', name, $1::text), ';') FROM unnest(ARRAY['oneo_owner', 'oneo_app']) name";
        let change: String = client.query_one(change, &[&password.expose_secret()]).await?.get(0);
        client.batch_execute(&format!("BEGIN; LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE; {change}; COMMIT")).await?;
    }
    drop(client);
    let _ended = connection.await;
    Ok(())
}
