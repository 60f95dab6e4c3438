//! Where the private services keep their files, and as whom they run.

use super::error::{LocalError, file_error};
use nix::unistd::{Gid, Uid, User, chown};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

/// A socket's path must fit into 107 bytes, with its name.
const SOCKET_FOLDER_BYTES_MAX: usize = 80;

/// The folders and the user of the private services.
#[derive(Clone, Debug)]
pub struct Place {
    /// The cluster and what Redis wrote.
    pub files: PathBuf,
    /// The Unix sockets.
    pub sockets: PathBuf,
    /// As whom they run, when this process is root: PostgreSQL refuses to be.
    user: Option<(Uid, Gid)>,
}

impl Place {
    /// The place of the services whose data `folder` holds; made if it is not there.
    ///
    /// # Errors
    /// [`LocalError`] when folders cannot be made or root finds no other user to run as.
    pub fn find(folder: &Path) -> Result<Self, LocalError> {
        fs::create_dir_all(folder).map_err(|error| file_error(folder, error))?;
        let folder = folder.canonicalize().map_err(|error| file_error(folder, error))?;
        let hash: String = hex::encode(Sha256::digest(folder.as_os_str().as_encoded_bytes())).chars().take(12).collect();
        let user = if Uid::effective().is_root() { Some(unprivileged()?) } else { None };
        let (files, sockets) = if user.is_some() && !anybody_may_enter(&folder) {
            (PathBuf::from(format!("/var/lib/oneo/{hash}")), PathBuf::from(format!("/tmp/oneo-{hash}")))
        } else {
            let sockets = folder.join("sockets");
            let fits = sockets.as_os_str().len() <= SOCKET_FOLDER_BYTES_MAX;
            (folder, if fits { sockets } else { PathBuf::from(format!("/tmp/oneo-{hash}")) })
        };
        let place = Self { files, sockets, user };
        place.folder(&place.sockets)?;
        place.folder(&place.files.join("redis"))?;
        Ok(place)
    }

    /// Makes a folder that only the services' user may enter.
    pub(super) fn folder(&self, path: &Path) -> Result<(), LocalError> {
        let failed = |error| file_error(path, error);
        fs::create_dir_all(path).map_err(failed)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        self.own(path)
    }

    /// Writes a file that only the services' user may read.
    pub(super) fn write(&self, path: &Path, content: &str) -> Result<(), LocalError> {
        super::secrets::write_private(path, content)?;
        self.own(path)
    }

    fn own(&self, path: &Path) -> Result<(), LocalError> {
        match self.user {
            Some((uid, gid)) => chown(path, Some(uid), Some(gid)).map_err(|error| file_error(path, error.into())),
            None => Ok(()),
        }
    }

    /// A command that runs as the services' user, away from this terminal's signals.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.sockets).process_group(0).env("LC_ALL", "C.UTF-8");
        if let Some((uid, gid)) = self.user {
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
        command
    }

    /// The address of a database of the cluster.
    pub(super) fn database_url(&self, user: &str, password: &SecretString, database: &str) -> SecretString {
        let host = self.sockets.display();
        SecretString::from(format!("postgresql://{user}:{}@localhost/{database}?host={host}", password.expose_secret()))
    }

    /// The address of Redis.
    pub(super) fn redis_url(&self, password: &SecretString) -> SecretString {
        SecretString::from(format!("redis+unix://{}?pass={}", self.redis_socket().display(), password.expose_secret()))
    }

    pub(super) fn redis_socket(&self) -> PathBuf {
        self.sockets.join("redis.sock")
    }
}

/// A user without rights that root can run the services as.
fn unprivileged() -> Result<(Uid, Gid), LocalError> {
    for name in ["postgres", "nobody"] {
        if let Ok(Some(user)) = User::from_name(name) {
            return Ok((user.uid, user.gid));
        }
    }
    Err(LocalError::Failed { program: "root", output: "no user postgres or nobody to run PostgreSQL as".to_owned() })
}

/// Whether everybody may enter a folder, all the way down to it.
fn anybody_may_enter(folder: &Path) -> bool {
    folder.ancestors().all(|part| fs::metadata(part).is_ok_and(|meta| meta.mode() & 0o001 != 0))
}
