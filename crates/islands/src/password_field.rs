//! A new password: how long it is while typing. Whether it is strong, the server judges.

use leptos::prelude::*;

/// A field for a new password that counts its characters and can show them.
#[island]
pub fn PasswordField(
    /// The field's name.
    name: String,
    /// Its label.
    label: String,
    /// What is wrong with it, from the server.
    error: Option<String>,
    /// Whether the characters are counted; a repetition needs no counting.
    counted: bool,
    /// The least characters.
    minimum: u32,
) -> impl IntoView {
    let length = RwSignal::new(0_u32);
    let shown = RwSignal::new(false);
    let typed = move |event: leptos::ev::Event| {
        length.set(u32::try_from(event_target_value(&event).chars().count()).unwrap_or(u32::MAX));
    };
    let message = move || match length.get() {
        0 => format!("At least {minimum} characters. A sentence works well."),
        count if count < minimum => format!("{count} of {minimum} characters"),
        count => format!("{count} characters, long enough"),
    };
    let help = format!("{name}-help");
    let problem = format!("{name}-error");
    let described = if error.is_some() { format!("{problem} {help}") } else { help.clone() };
    let invalid = error.is_some();
    view! {
        <div class="field">
            <label class="field-label" for=name.clone()>{label}</label>
            <div class="join w-full">
                <input class="input w-full" class:join-item=move || length.get() != 0 class:input-error=invalid id=name.clone() name=name autocomplete="new-password" required
                    aria-invalid=invalid.then_some("true") aria-describedby=described
                    type=move || if shown.get() { "text" } else { "password" } on:input=typed/>
                <button type="button" class="btn join-item" class:hidden=move || length.get() == 0 aria-pressed=move || shown.get().to_string()
                    on:click=move |_| shown.update(|shown| *shown = !*shown)>
                    {move || if shown.get() { "Hide" } else { "Show" }}
                </button>
            </div>
            {error.map(|text| view! { <p class="field-error" id=problem>{text}</p> })}
            <p class="field-help" class:hidden=!counted id=help aria-live="polite" data-password-length>{message}</p>
            <progress class="progress progress-primary h-1" class:hidden=move || !counted || length.get() == 0 max=minimum
                value=move || length.get().min(minimum) aria-hidden="true"></progress>
        </div>
    }
}
