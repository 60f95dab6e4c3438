//! Places where a test makes Oneo fail or die. Release builds contain none of them.

#[cfg(debug_assertions)]
mod armed {
    use crate::Error;
    use std::sync::Mutex;

    static ARMED: Mutex<Option<String>> = Mutex::new(None);

    /// Makes the failpoint of that name fail, until another one is armed.
    pub fn arm(name: Option<&str>) {
        if let Ok(mut armed) = ARMED.lock() {
            *armed = name.map(str::to_owned);
        }
    }

    /// Fails here if a test asked for it; with `ONEO_FAILPOINT_ABORT=<name>` the whole process dies, as by `kill -9`.
    pub fn reach(name: &str) -> Result<(), Error> {
        if std::env::var("ONEO_FAILPOINT_ABORT").is_ok_and(|abort| abort == name) {
            std::process::abort();
        }
        let armed = ARMED.lock().is_ok_and(|armed| armed.as_deref() == Some(name));
        if armed { Err(Error::Fault(format!("failpoint {name}"))) } else { Ok(()) }
    }
}

#[cfg(debug_assertions)]
pub use armed::arm;
#[cfg(debug_assertions)]
pub use armed::reach;

/// Does nothing: release builds have no failpoints.
#[cfg(not(debug_assertions))]
pub const fn reach(_name: &str) -> Result<(), crate::Error> {
    Ok(())
}
