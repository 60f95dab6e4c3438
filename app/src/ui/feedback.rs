//! What was done, and questions before something is.

use domain::{
    Flash,
    flash::{Tone, Undo},
};
use leptos::prelude::*;

use super::{Icon, IconName, ReturnPath};

/// The messages left by the request before: a toast, a link to hand over.
#[component]
pub fn FlashMessages() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    let link = flash.link.map(|link| {
        view! {
            <section class="notice" aria-labelledby="one-time-link">
                <h2 class="font-semibold" id="one-time-link">"One-time link for "{link.label}</h2>
                <p class="mt-1 text-sm">"Send this link to the user yourself. It works once, within "{link.hours}" hours, and is not shown again."</p>
                <div class="mt-3 flex gap-2">
                    <input class="input input-sm min-w-0 flex-1 font-mono text-xs" id="one-time-link-value" readonly value=link.url aria-label="One-time link" data-one-time-link/>
                    <CopyButton of="one-time-link-value"/>
                </div>
            </section>
        }
    });
    let toast = flash.toast.map(|toast| {
        let (class, icon, role, tone) = match toast.tone {
            Tone::Success => ("toast-line", IconName::Check, "status", "success"),
            Tone::Warning => ("toast-line toast-warning", IconName::Warning, "alert", "warning"),
        };
        view! {
            <div class=class role=role data-toast=tone>
                <Icon name=icon/>
                <span>{toast.text}</span>
                {toast.undo.map(|undo| view! { <UndoForm undo/> })}
            </div>
        }
    });
    view! { {toast} {link} }
}

/// Copies what an element shows: its value, its lines or its text. Without JavaScript it is not there.
#[component]
pub fn CopyButton(
    /// The id of the element.
    #[prop(into)]
    of: String,
    /// What it copies, where that is not plain from what stands beside it.
    #[prop(optional)]
    what: &'static str,
) -> impl IntoView {
    let label = if what.is_empty() { None } else { Some(format!("Copy {what}")) };
    view! { <button class="btn btn-sm" type="button" data-copy=of hidden aria-label=label>"Copy"</button> }
}

#[component]
fn UndoForm(undo: Undo) -> impl IntoView {
    view! {
        <form method="post" action=undo.action class="ml-auto"><ReturnPath/>
            {undo.fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
            <button class="btn btn-sm btn-ghost">"Undo"</button>
        </form>
    }
}

/// A question before an act that cannot be taken back, as part of a page: `?confirm=...` asks it. A refused answer leads back to it.
#[component]
pub fn ConfirmPanel(
    /// The question.
    #[prop(into)]
    title: String,
    /// The consequences.
    #[prop(into)]
    body: String,
    /// Where the answer is posted to.
    action: &'static str,
    /// Hidden fields of the answer.
    fields: Vec<(String, String)>,
    /// What the safe link says.
    keep: &'static str,
    /// Where it leads.
    back: String,
    /// What the button says: a verb and its object.
    confirm: &'static str,
    /// Fields to fill in, such as the password.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <section class="notice mb-4" aria-labelledby="confirm-panel">
            <h2 class="font-semibold" id="confirm-panel">{title}</h2>
            <p class="mt-1 text-sm">{body}</p>
            <form method="post" action=action class="mt-4 flex max-w-md flex-col gap-4"><ReturnPath/>
                {fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
                {children.map(|children| children())}
                <div class="flex gap-2">
                    <a class="btn btn-sm" href=back autofocus>{keep}</a>
                    <button class="btn btn-sm btn-error">{confirm}</button>
                </div>
            </form>
        </section>
    }
}
