//! The pages below `/account`, the same on both sites.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The page `/account`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPage {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The address to sign in with.
    pub email: String,
    /// What the viewer is here.
    pub role: String,
    /// Whether a second factor is asked for at sign-in.
    pub has_factor: bool,
    /// The last sign-in.
    pub last_login: Option<DateTime<Utc>>,
    /// Whether a new password is asked for before anything else.
    pub must_change_password: bool,
    /// How pages look, where people set that for themselves: on a company's site.
    pub look: Option<AccountLook>,
}

/// How pages look to one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLook {
    /// The own locale; empty means the company's.
    pub locale: String,
    /// `light` or `dark`; empty means what the system has.
    pub theme: String,
    /// The address of the picture.
    pub photo: Option<String>,
}

/// A picture of a QR code: the dark modules as an SVG path in a square of so many modules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrPicture {
    /// Modules on each side, the quiet zone included.
    pub size: usize,
    /// The path.
    pub path: String,
}

/// Where a user stands with the second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FactorState {
    /// There is none.
    Off,
    /// A secret waits for its first code.
    Pending {
        /// The secret as an app takes it by hand, in groups of four.
        secret: String,
        /// The same for a camera.
        picture: QrPicture,
    },
    /// It is asked for at every sign-in.
    On {
        /// Since when.
        since: DateTime<Utc>,
        /// Recovery codes that were not used.
        codes_left: i64,
    },
}

/// The page `/account/mfa`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorPage {
    /// Where the viewer stands.
    pub state: FactorState,
    /// Whether the company asks for it, by role or of everybody.
    pub is_due: bool,
}

/// One open session of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Tells it from others of the same person; worth nothing elsewhere.
    pub id: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
    /// Browser and system.
    pub browser: String,
    /// The address it was begun from.
    pub ip: String,
    /// When it was begun.
    pub started_at: DateTime<Utc>,
    /// Its last request.
    pub seen_at: DateTime<Utc>,
}

/// The page `/account/sessions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsPage {
    /// The open sessions, this one first.
    pub rows: Vec<SessionRow>,
}

/// A sign-in, or a try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInRow {
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// How, or why not.
    pub reason: String,
    /// From which address.
    pub ip: String,
    /// The browser and its system, as far as they are known.
    pub browser: String,
}
