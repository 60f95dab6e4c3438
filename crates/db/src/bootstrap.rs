//! The once-per-database work of a superuser.

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::NoTls;

/// Runs `bootstrap.sql` as a superuser on a local server and sets the passwords of `oneo_owner` and `oneo_app`.
///
/// # Errors
/// What PostgreSQL or the connection said.
pub async fn bootstrap(superuser_url: &SecretString, password: Option<&SecretString>) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(superuser_url.expose_secret(), NoTls).await?;
    let connection = tokio::spawn(connection);
    client.batch_execute(include_str!("../bootstrap.sql")).await?;
    if let Some(password) = password {
        for role in ["oneo_owner", "oneo_app"] {
            let row = client
                .query_one("SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)", &[&role, &password.expose_secret()])
                .await?;
            client.batch_execute(row.get(0)).await?;
        }
    }
    drop(client);
    let _ended = connection.await;
    Ok(())
}
