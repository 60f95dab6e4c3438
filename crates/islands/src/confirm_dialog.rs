//! A question before an act with consequences.

use leptos::{html, prelude::*};

/// A link to the page that asks; with JavaScript the question opens here instead. The focus starts on the safe
/// button, Esc closes, and the browser gives the focus back to the link.
#[island]
pub fn ConfirmDialog(
    /// What the link says.
    label: String,
    /// Where the link leads without JavaScript: the same question as a page.
    href: String,
    /// The question.
    title: String,
    /// The consequences.
    body: String,
    /// Where the answer is posted to.
    action: String,
    /// Hidden fields of the answer.
    fields: Vec<(String, String)>,
    /// What the safe button says, such as *Keep*.
    keep: String,
    /// What the other button says: a verb and its object.
    confirm: String,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let open = move |event: leptos::ev::MouseEvent| {
        if let Some(dialog) = dialog.get() {
            event.prevent_default();
            let _opened = dialog.show_modal();
        }
    };
    let heading = format!("confirm-{}", action.rsplit('/').next().unwrap_or_default());
    let labelled = heading.clone();
    view! {
        <a class="btn btn-sm" href=href on:click=open>{label}</a>
        <dialog class="modal" node_ref=dialog aria-labelledby=labelled>
            <div class="modal-box">
                <h2 class="text-base font-semibold" id=heading>{title}</h2>
                <p class="mt-2 text-sm text-muted">{body}</p>
                <div class="modal-action">
                    <form method="dialog"><button class="btn btn-sm" autofocus>{keep}</button></form>
                    <form method="post" action=action>
                        {fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
                        <button class="btn btn-sm btn-error">{confirm}</button>
                    </form>
                </div>
            </div>
        </dialog>
    }
}
