//! The embedded default: a private PostgreSQL cluster and a private Redis, for `oneo dev`, the command line beside it
//! and the tests. They listen on Unix sockets alone, ask for passwords, and are found again at the next start.

mod durability;
mod error;
mod place;
mod postgres;
mod redis;
mod secrets;

pub use durability::Durability;
pub use error::LocalError;
pub use place::Place;
pub use secrets::{LocalSecrets, write_private};

use self::error::file_error;
use secrecy::SecretString;
use std::{fs::File, path::Path};

/// Running private services. The last user of them stops them when it is dropped.
pub struct LocalServices {
    place: Place,
    secrets: LocalSecrets,
    /// Held shared while in use, alone while starting and stopping; the kernel lets go of it with the process.
    lock: File,
}

impl LocalServices {
    /// Finds the services of `folder` running, or starts them, making them first when there are none.
    ///
    /// # Errors
    /// [`LocalError`] says what is missing or what failed.
    pub async fn open(folder: &Path, durability: Durability) -> Result<Self, LocalError> {
        let place = Place::find(folder)?;
        let path = folder.join("lock");
        let failed = |error| file_error(&path, error);
        let lock = File::create(&path).map_err(failed)?;
        // Waits for another process that starts or stops them right now.
        if lock.try_lock().is_err() {
            lock.lock_shared().map_err(failed)?;
        }
        let secrets = LocalSecrets::read_or_make(folder)?;
        postgres::start(&place, &secrets, durability)?;
        redis::start(&place, &secrets, durability).await?;
        lock.lock_shared().map_err(failed)?;
        Ok(Self { place, secrets, lock })
    }

    /// Makes roles, schemas and functions in the database of the installation, as a superuser.
    ///
    /// # Errors
    /// [`LocalError::Postgres`] with what it said.
    pub async fn bootstrap(&self) -> Result<(), LocalError> {
        postgres::database_create(&self.superuser_url("postgres"), DATABASE).await?;
        Ok(db::bootstrap(&self.superuser_url(DATABASE), Some(&self.secrets.database_password)).await?)
    }

    /// The address of a database as its superuser.
    #[must_use]
    pub fn superuser_url(&self, database: &str) -> SecretString {
        self.place.database_url(postgres::SUPERUSER, &self.secrets.superuser_password, database)
    }

    /// The address of the installation's database as `oneo_app`.
    #[must_use]
    pub fn app_url(&self) -> SecretString {
        self.place.database_url("oneo_app", &self.secrets.database_password, DATABASE)
    }

    /// The address of the installation's database as `oneo_owner`.
    #[must_use]
    pub fn owner_url(&self) -> SecretString {
        self.place.database_url("oneo_owner", &self.secrets.database_password, DATABASE)
    }

    /// The address of Redis.
    #[must_use]
    pub fn redis_url(&self) -> SecretString {
        self.place.redis_url(&self.secrets.redis_password)
    }

    /// The secrets that were made with the services.
    #[must_use]
    pub const fn secrets(&self) -> &LocalSecrets {
        &self.secrets
    }
}

/// The installation's database.
const DATABASE: &str = "oneo_crm";

impl Drop for LocalServices {
    fn drop(&mut self) {
        if self.lock.try_lock().is_ok() {
            redis::stop(&self.place);
            postgres::stop(&self.place);
        }
    }
}
