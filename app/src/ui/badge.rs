//! States and shares at a glance: always a word besides the colour.

use super::when::number;
use domain::{Money, TenantStatus, UserState, dto::Storage, format::size};
use leptos::prelude::*;

#[component]
fn Badge(class: &'static str, text: String) -> impl IntoView {
    view! { <span class=format!("state-badge {class}")><span class="state-dot" aria-hidden="true"></span>{text}</span> }
}

/// The status of a tenant.
#[component]
pub fn StatusBadge(
    /// The status.
    status: TenantStatus,
    /// Whether its schema exists.
    #[prop(default = true)]
    has_schema: bool,
) -> impl IntoView {
    let class = match status {
        _ if !has_schema => "state-warning",
        TenantStatus::Active => "state-success",
        TenantStatus::Suspended => "state-warning",
        TenantStatus::Archived => "state-neutral",
        TenantStatus::Purging => "state-error",
    };
    let text = if has_schema { status.label() } else { "No schema" };
    view! { <Badge class text=text.to_owned()/> }
}

/// Whether a user may sign in.
#[component]
pub fn ActiveBadge(
    /// Whether so.
    active: bool,
    /// Whether an invitation was not accepted yet.
    #[prop(default = false)]
    invited: bool,
) -> impl IntoView {
    let (class, text) = match (active, invited) {
        (true, false) => ("state-success", "Active"),
        (true, true) => ("state-info", "Invited"),
        (false, _) => ("state-neutral", "Deactivated"),
    };
    view! { <Badge class text=text.to_owned()/> }
}

/// The state of a user of a company.
#[component]
pub fn UserBadge(
    /// The state.
    state: UserState,
) -> impl IntoView {
    let class = match state {
        UserState::Active => "state-success",
        UserState::Invited | UserState::NotInvited => "state-info",
        UserState::InvitationExpired | UserState::Locked => "state-warning",
        UserState::Deactivated => "state-neutral",
        UserState::Deleted => "state-error",
    };
    view! { <Badge class text=state.label().to_owned()/> }
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
            <span class="tabular-nums">{format!("{used} / {limit}")}</span>
        </span>
    }
}

/// Amber from 80 %, red when nothing is left.
const fn meter_class(share: i64) -> &'static str {
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
