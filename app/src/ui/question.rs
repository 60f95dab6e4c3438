//! The questions that pages of both sites ask before they end sessions or reset a second factor.

use super::ConfirmPanel;
use leptos::prelude::*;

/// Asks before all sessions of a user end.
#[component]
pub fn SignOutQuestion(
    /// The user.
    name: String,
    /// How many sessions end.
    sessions: u64,
    /// Where the answer is posted to.
    action: &'static str,
    /// Hidden fields of the answer.
    fields: Vec<(String, String)>,
    /// Where the safe link leads.
    back: String,
) -> impl IntoView {
    let sessions = if sessions == 1 { "1 session".to_owned() } else { format!("{sessions} sessions") };
    let body = format!("This ends {sessions}. Unsaved changes are lost. The user can sign in again immediately.");
    view! { <ConfirmPanel title=format!("Sign {name} out everywhere?") body action fields keep="Keep sessions" back confirm="Sign out"/> }
}

/// Asks before one session ends.
#[component]
pub fn SessionEndQuestion(
    /// The user.
    name: String,
    /// The browser, empty for an unknown one.
    browser: String,
    /// Where the answer is posted to.
    action: &'static str,
    /// Hidden fields of the answer.
    fields: Vec<(String, String)>,
    /// Where the safe link leads.
    back: String,
) -> impl IntoView {
    let browser = if browser.is_empty() { "an unknown browser".to_owned() } else { browser };
    let body = "Unsaved changes in this session are lost. The user can sign in again immediately.";
    view! { <ConfirmPanel title=format!("Sign {name} out of {browser}?") body action fields keep="Keep session" back confirm="End session"/> }
}

/// Asks before a second factor is reset.
#[component]
pub fn FactorResetQuestion(
    /// The user.
    name: String,
    /// Where the answer is posted to.
    action: &'static str,
    /// Hidden fields of the answer.
    fields: Vec<(String, String)>,
    /// Where the safe link leads.
    back: String,
    /// The field for the password, where it is asked for.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let body = "The user then signs in with the password only, until they set up a new second factor.";
    let children: Children = children.unwrap_or_else(|| Box::new(|| ().into_any()));
    view! {
        <ConfirmPanel title=format!("Reset the second factor of {name}?") body action fields keep="Keep second factor" back confirm="Reset second factor">
            {children()}
        </ConfirmPanel>
    }
}
