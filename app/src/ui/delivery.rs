//! How a new user gets the first one-time link.

use super::{FormView, use_frame};
use leptos::prelude::*;

/// By e-mail, or handed over: the field `invite`. Nothing where no e-mail is sent: the link is handed over then.
#[component]
pub fn DeliveryChoice(
    /// The form it belongs to.
    form: FormView,
) -> impl IntoView {
    if use_frame().is_none_or(|frame| !frame.mail_is_on) {
        return ().into_any();
    }
    let chosen = form.value("invite", "mail");
    let error = form.error("invite");
    let described = error.is_some().then_some("invite-error");
    let error = error.map(|text| view! { <p class="field-error" id="invite-error">{text}</p> });
    let choices = [
        ("mail", "Send an invitation", "Sent to the address above. The user's page shows when it is accepted."),
        ("link", "Show a one-time link", "You send the link to the user yourself. It is shown only once."),
    ];
    let cards = choices.into_iter().map(|(value, label, sentence)| {
        let checked = value == chosen;
        view! {
            <label class="radio-card">
                <input class="radio radio-primary radio-sm" type="radio" name="invite" value=value checked=checked required/>
                <span><span class="block">{label}</span><span class="text-muted block text-xs">{sentence}</span></span>
            </label>
        }
    });
    let cards = cards.collect_view();
    view! {
        <div class="form-group">
            <div><h2>"Invitation"</h2><p class="text-muted text-xs">"The link works once, within 72 hours."</p></div>
            <div class="form-fields">
                <fieldset class="field" id="invite" aria-describedby=described>
                    <legend class="field-label">"First sign-in"</legend>
                    <div class="flex flex-col gap-2">{cards}</div>
                    {error}
                </fieldset>
            </div>
        </div>
    }
    .into_any()
}
