//! The private Redis.

use super::{durability::Durability, error::LocalError, place::Place, secrets::LocalSecrets};
use secrecy::ExposeSecret;
use std::{fs, path::PathBuf, process::Stdio, time::Duration};
use tokio::net::UnixStream;

fn program() -> Result<PathBuf, LocalError> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).map(|folder| folder.join("redis-server")).find(|path| path.exists()).ok_or(LocalError::Missing("Redis"))
}

/// Starts Redis; one that runs already is left alone.
pub(super) async fn start(place: &Place, secrets: &LocalSecrets, durability: Durability) -> Result<(), LocalError> {
    let socket = place.redis_socket();
    if UnixStream::connect(&socket).await.is_ok() {
        return Ok(());
    }
    let folder = place.files.join("redis");
    let keep = if durability == Durability::Durable { "appendonly yes\nappendfsync everysec\n" } else { "appendonly no\nsave \"\"\n" };
    // The password stands in a file, not in the list of processes.
    let config = format!(
        "port 0\nunixsocket {}\nunixsocketperm 700\nrequirepass {}\ndir {}\npidfile {}\ndaemonize yes\nlogfile {}\n{keep}",
        socket.display(),
        secrets.redis_password.expose_secret(),
        folder.display(),
        folder.join("redis.pid").display(),
        folder.join("redis.log").display(),
    );
    let file = folder.join("redis.conf");
    place.write(&file, &config)?;
    let failed = |output: String| LocalError::Failed { program: "redis-server", output };
    let status = place
        .command(&program()?)
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| failed(error.to_string()))?;
    if status.success() {
        for _ in 0..100 {
            if UnixStream::connect(&socket).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Err(failed("Redis did not start; see redis.log beside its data".to_owned()))
}

/// Asks Redis to end; it writes what it still holds.
pub(super) fn stop(place: &Place) {
    use nix::{
        sys::signal::{Signal, kill},
        unistd::Pid,
    };
    let file = place.files.join("redis/redis.pid");
    let pid = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse::<i32>().ok());
    if let Some(pid) = pid {
        let _gone = kill(Pid::from_raw(pid), Signal::SIGTERM);
        for _ in 0..100 {
            if kill(Pid::from_raw(pid), None).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
