//! Whom a change of a setting hits, told beside its field before it is saved.

use crate::ui::number;
use domain::{
    dto::tenant::SettingReach,
    setting::{ABSOLUTE, IDLE, MFA},
};

/// What stands below the field of a setting that reaches users at once.
pub(super) fn sentence(key: &str, reach: &SettingReach) -> Option<String> {
    let SettingReach { users, without_factor, sessions, .. } = reach;
    match key {
        MFA if *without_factor == 0 => Some(format!("All {} active users have a second factor.", number(*users))),
        MFA => {
            let (without, of) = (number(*without_factor), number(*users));
            let verb = if *without_factor == 1 { "has" } else { "have" };
            Some(format!(
                "{without} of {of} active users {verb} no second factor. When this is on, they must set one up when they next sign in, or from the “Enforce from” date."
            ))
        }
        IDLE | ABSOLUTE => {
            let open = i64::try_from(*sessions).unwrap_or(i64::MAX);
            let open = if open == 1 { "the open session".to_owned() } else { format!("all {} open sessions", number(open)) };
            Some(format!("A change applies to {open} immediately."))
        }
        _ => None,
    }
}

/// How many users with a role lack a second factor.
pub(super) fn of_role(role: &str, reach: &SettingReach) -> String {
    match reach.without_factor_by_role.iter().find(|(key, _)| key == role) {
        Some((_, 1)) => "1 user without a second factor".to_owned(),
        Some((_, count)) => format!("{} users without a second factor", number(*count)),
        None => "no users without a second factor".to_owned(),
    }
}
