//! How much and how long a request may be.

use std::time::Duration;

/// The longest a request may take.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest a page or a form waits for those of the same site before it.
pub(super) const SHARE_WAIT: Duration = Duration::from_secs(10);
/// The longest a body may stand still. It is read by a task that outlives its request, so nothing else would end it.
pub(super) const BODY_STALL: Duration = Duration::from_secs(10);
/// The largest header block, in bytes.
pub(super) const HEADER_BYTES_MAX: usize = 64 * 1024;
/// The largest body, in bytes; forms are far smaller.
pub(super) const BODY_BYTES_MAX: usize = 256 * 1024;
/// The largest body of an upload, in bytes.
pub(super) const UPLOAD_BYTES_MAX: usize = 4 * 1024 * 1024 * 1024;
/// The longest an upload may take.
pub(super) const UPLOAD_TIMEOUT: Duration = Duration::from_secs(30 * 60);
