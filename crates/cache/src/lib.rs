//! Redis: keys that cannot be built without saying whose they are, cached values with one computation at a time,
//! the session store, one-shot messages, throttles, and invalidation across processes.

mod client;
mod error;
mod keys;
mod one_time;
mod pubsub;
pub mod session;
mod throttle;
mod values;

pub use client::Redis;
pub use error::{CacheError, CacheResult};
pub use keys::{Key, KeySpace};
pub use one_time::OneTime;
pub use pubsub::{Invalidation, listen};
pub use throttle::AccountThrottle;
pub use values::{CacheValue, TTL_DEFAULT};
