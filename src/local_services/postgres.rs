//! The private cluster.

use super::{durability::Durability, error::LocalError, place::Place, secrets::LocalSecrets};
use secrecy::{ExposeSecret, SecretString};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The cluster's superuser; nothing signs in as it but `bootstrap` and the tests' wrapper.
pub(super) const SUPERUSER: &str = "oneo_super";

/// The newest PostgreSQL on this machine: Debian's folders first, then the path.
fn program(name: &'static str) -> Result<PathBuf, LocalError> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin").join(name))))
        .filter(|(_, path): &(u32, PathBuf)| path.exists())
        .collect();
    found.sort();
    if let Some((_, path)) = found.pop() {
        return Ok(path);
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.exists()).ok_or(LocalError::Missing("PostgreSQL"))
}

fn run(mut command: Command, program: &'static str) -> Result<(), LocalError> {
    let output = command.output().map_err(|error| LocalError::Failed { program, output: error.to_string() })?;
    if output.status.success() {
        return Ok(());
    }
    let written = [output.stdout, output.stderr].concat();
    Err(LocalError::Failed { program, output: String::from_utf8_lossy(&written).trim().to_owned() })
}

fn cluster(place: &Place) -> PathBuf {
    place.files.join("postgres")
}

/// Starts the cluster, made first if there is none; one that runs already is left alone.
pub(super) fn start(place: &Place, secrets: &LocalSecrets, durability: Durability) -> Result<(), LocalError> {
    let folder = cluster(place);
    if !folder.join("PG_VERSION").exists() {
        make(place, secrets, &folder)?;
    }
    let mut status = place.command(&program("pg_ctl")?);
    status.arg("status").arg("-D").arg(&folder);
    if run(status, "pg_ctl").is_ok() {
        return Ok(());
    }
    let sockets = place.sockets.display();
    // Whole-database dumps of many schemas run out of locks with the default of 64.
    let mut options = format!(
        "-c listen_addresses='' -c unix_socket_directories='{sockets}' -c unix_socket_permissions=0700 -c max_connections=200 \
         -c max_locks_per_transaction=256 -c lc_messages=C -c timezone=UTC -c log_min_duration_statement=1000 \
         -c log_line_prefix='%m [%p] %d %e '"
    );
    if durability == Durability::Throwaway {
        options.push_str(" -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off");
    }
    let mut command = place.command(&program("pg_ctl")?);
    command.args(["start", "-w", "-t", "60", "-s", "-D"]).arg(&folder);
    command.arg("-l").arg(place.files.join("postgres.log")).arg("-o").arg(options);
    // A log that an earlier user made would stop the start.
    place.write(&place.files.join("postgres.log"), "")?;
    run_detached(command)
}

/// `pg_ctl start` leaves a server behind that keeps its output open, so that output is not waited for.
fn run_detached(mut command: Command) -> Result<(), LocalError> {
    use std::process::Stdio;
    let failed = |output: String| LocalError::Failed { program: "pg_ctl", output };
    let status =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed("PostgreSQL did not start; see postgres.log beside its data".to_owned())) }
}

fn make(place: &Place, secrets: &LocalSecrets, folder: &Path) -> Result<(), LocalError> {
    place.folder(folder)?;
    let password_file = place.sockets.join("password");
    place.write(&password_file, secrets.superuser_password.expose_secret())?;
    let mut command = place.command(&program("initdb")?);
    command.arg("-D").arg(folder).arg(format!("--username={SUPERUSER}")).arg(format!("--pwfile={}", password_file.display()));
    command.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]);
    let made = run(command, "initdb");
    let _removed = fs::remove_file(&password_file);
    made
}

/// Stops the cluster: sessions end, what was committed stays.
pub(super) fn stop(place: &Place) {
    let stopped = program("pg_ctl").and_then(|program| {
        let mut command = place.command(&program);
        command.args(["stop", "-w", "-m", "fast", "-s", "-D"]).arg(cluster(place));
        run(command, "pg_ctl")
    });
    if let Err(error) = stopped {
        tracing::warn!(%error, "PostgreSQL did not stop");
    }
}

/// Makes a database unless it is there.
pub(super) async fn database_create(superuser_url: &SecretString, name: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(superuser_url.expose_secret(), tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    let found = client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await?;
    if found.is_none() {
        client.batch_execute(&format!("CREATE DATABASE \"{name}\"")).await?;
    }
    drop(client);
    let _ended = connection.await;
    Ok(())
}
