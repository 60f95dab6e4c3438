//! States and shares at a glance: always a word besides the colour.

use super::{site::money, when::number};
use domain::{Money, TenantStatus, UserState, dto::Storage, format::size, job::JobStatus};
use leptos::prelude::*;

/// A state, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadgeText {
    /// The class of its tone.
    pub(super) class: &'static str,
    /// Its word.
    pub(super) text: &'static str,
}

impl BadgeText {
    /// The status of a tenant, which may have no schema yet.
    #[must_use]
    pub const fn of_tenant(status: TenantStatus, has_schema: bool) -> Self {
        if !has_schema {
            return Self { class: "tone-warning", text: "No schema" };
        }
        let class = match status {
            TenantStatus::Active => "tone-success",
            TenantStatus::Suspended => "tone-warning",
            TenantStatus::Archived => "tone-neutral",
            TenantStatus::Purging => "tone-error",
        };
        Self { class, text: status.label() }
    }

    /// Whether an account may sign in, and whether its invitation was not accepted yet.
    #[must_use]
    pub const fn of_account(active: bool, invited: bool) -> Self {
        match (active, invited) {
            (true, false) => Self { class: "tone-success", text: "Active" },
            (true, true) => Self { class: "tone-info", text: "Invited" },
            (false, _) => Self { class: "tone-neutral", text: "Deactivated" },
        }
    }

    /// Whether a sign-in went well.
    #[must_use]
    pub const fn of_sign_in(succeeded: bool) -> Self {
        if succeeded { Self { class: "tone-success", text: "Signed in" } } else { Self { class: "tone-error", text: "Failed" } }
    }
}

impl From<UserState> for BadgeText {
    fn from(state: UserState) -> Self {
        let class = match state {
            UserState::Active => "tone-success",
            UserState::Invited | UserState::NotInvited => "tone-info",
            UserState::InvitationExpired | UserState::Locked => "tone-warning",
            UserState::Deactivated => "tone-neutral",
            UserState::Deleted => "tone-error",
        };
        Self { class, text: state.label() }
    }
}

impl From<JobStatus> for BadgeText {
    fn from(status: JobStatus) -> Self {
        let class = match status {
            JobStatus::Queued | JobStatus::Cancelled => "tone-neutral",
            JobStatus::Running => "tone-warning",
            JobStatus::Done => "tone-success",
            JobStatus::Failed => "tone-error",
        };
        Self { class, text: status.label() }
    }
}

/// The class of a colour that a tenant gave an option or a stage.
#[must_use]
pub fn tone(color: &str) -> &'static str {
    match color {
        "blue" => "tone-blue",
        "green" => "tone-green",
        "violet" => "tone-violet",
        "amber" => "tone-amber",
        "pink" => "tone-pink",
        "teal" => "tone-teal",
        "sky" => "tone-sky",
        "red" => "tone-red",
        _ => "tone-neutral",
    }
}

/// A state at a glance.
#[component]
pub fn Badge(
    /// The state.
    #[prop(into)]
    state: BadgeText,
) -> impl IntoView {
    view! { <span class=state.class>{state.text}</span> }
}

/// Money of a limit, as a bar and in numbers.
#[component]
pub fn MoneyMeter(
    /// What was spent.
    used: Money,
    /// What may be spent.
    limit: Money,
) -> impl IntoView {
    let share = used.percent_of(limit);
    view! {
        <span class="flex items-center gap-2 whitespace-nowrap">
            <progress class=meter_class(share) max="100" value=share.min(100) aria-hidden="true"></progress>
            <span class="tabular-nums">{money(format!("{used} / {limit}"))}</span>
        </span>
    }
}

/// Amber from 80 %, red when nothing is left.
pub(super) const fn meter_class(share: i64) -> &'static str {
    match share {
        100.. => "quota quota-full",
        80..100 => "quota quota-high",
        _ => "quota",
    }
}

/// Users of quota, as a bar and in numbers.
#[component]
pub fn QuotaMeter(
    /// How many there are.
    used: i64,
    /// How many there may be.
    most: i64,
) -> impl IntoView {
    let share = if most > 0 { used.saturating_mul(100) / most } else { 100 };
    view! {
        <span class="flex items-center gap-2 whitespace-nowrap">
            <progress class=meter_class(share) max=most value=used aria-hidden="true"></progress>
            <span class="tabular-nums">{format!("{} / {}", number(used), number(most))}</span>
        </span>
    }
}

/// What a company keeps in files, as a meter with sizes beside it.
#[component]
pub fn StorageMeter(
    /// How much there is, and how much there may be.
    storage: Storage,
) -> impl IntoView {
    let Storage { used, most } = storage;
    let share = used.saturating_mul(100).checked_div(most).unwrap_or(100);
    view! {
        <span class="flex items-center gap-2 whitespace-nowrap">
            <progress class=meter_class(i64::try_from(share).unwrap_or(100)) max=most value=used aria-hidden="true"></progress>
            <span class="tabular-nums">{format!("{} of {} used", size(used), size(most))}</span>
        </span>
    }
}
