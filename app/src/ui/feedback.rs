//! What was done, and questions before something is.

use domain::{
    Flash,
    flash::{RETURN_FIELD, Undo},
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
                <p class="mt-1 text-sm">"Hand it over yourself. It works once, within "{link.hours}" hours, and is not shown again."</p>
                <input class="input input-sm mt-3 w-full font-mono text-xs" readonly value=link.url aria-label="One-time link" data-one-time-link/>
            </section>
        }
    });
    let toast = flash.toast.map(|toast| {
        view! {
            <div class="toast-line" role="status" data-toast>
                <Icon name=IconName::Check/>
                <span>{toast.text}</span>
                {toast.undo.map(|undo| view! { <UndoForm undo/> })}
            </div>
        }
    });
    view! { {toast} {link} }
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

/// The question of a confirm dialog as part of a page, for browsers without JavaScript.
#[component]
pub fn ConfirmPanel(
    /// The question.
    title: String,
    /// The consequences.
    body: String,
    /// Where the answer is posted to.
    action: &'static str,
    /// Hidden fields of the answer.
    fields: Vec<(String, String)>,
    /// What the safe link says.
    keep: &'static str,
    /// Where it leads.
    back: String,
    /// What the button says.
    confirm: &'static str,
) -> impl IntoView {
    view! {
        <section class="notice" aria-labelledby="confirm-panel">
            <h2 class="font-semibold" id="confirm-panel">{title}</h2>
            <p class="mt-1 text-sm">{body}</p>
            <div class="mt-4 flex gap-2">
                <a class="btn btn-sm" href=back.clone() autofocus>{keep}</a>
                <form method="post" action=action>
                    <input type="hidden" name=RETURN_FIELD value=back/>
                    {fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
                    <button class="btn btn-sm btn-error">{confirm}</button>
                </form>
            </div>
        </section>
    }
}
