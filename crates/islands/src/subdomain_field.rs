//! A subdomain to be chosen: whether it is free while typing. Whether it may be had, the server decides.

use leptos::{html, prelude::*};

/// A field for a subdomain that asks the server whether it is free.
#[island]
pub fn SubdomainField(
    /// What stands in it at first.
    value: String,
    /// What is wrong with it, from the server.
    error: Option<String>,
    /// The host below which it will be.
    base: String,
) -> impl IntoView {
    let message = NodeRef::<html::Span>::new();
    let input = NodeRef::<html::Input>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| listen(input, message));
    let described = if error.is_some() { "domain-error domain-help" } else { "domain-help" };
    let invalid = error.is_some();
    view! {
        <div class="field">
            <label class="field-label" for="domain">"Site address"</label>
            <div class="join w-full">
                <input class="input join-item w-full" class:input-error=invalid type="text" id="domain" name="domain" value=value autocomplete="off" autocapitalize="none"
                    spellcheck="false" required node_ref=input aria-invalid=invalid.then_some("true") aria-describedby=described/>
                <span class="join-item border-base-300 text-muted flex items-center border px-3 text-sm whitespace-nowrap">{format!(".{base}")}</span>
            </div>
            {error.map(|text| view! { <p class="field-error" id="domain-error">{text}</p> })}
            <p class="field-help" id="domain-help" aria-live="polite"><span node_ref=message data-availability>"3 to 40 lower-case letters, digits and hyphens"</span></p>
        </div>
    }
}

/// Asks a third of a second after the last key.
#[cfg(feature = "hydrate")]
fn listen(input: NodeRef<html::Input>, message: NodeRef<html::Span>) {
    use leptos::leptos_dom::helpers::debounce;
    use std::time::Duration;
    use wasm_bindgen::{JsCast, closure::Closure};
    let ask = move || {
        let (Some(input), Some(message), Ok(request)) = (input.get_untracked(), message.get_untracked(), web_sys::XmlHttpRequest::new())
        else {
            return;
        };
        let name = input.value();
        if name.is_empty() || request.open("GET", &format!("/signup/availability?name={}", window_encoded(&name))).is_err() {
            return;
        }
        let answer = request.clone();
        let heard = Closure::once_into_js(move || {
            if input.value() == name
                && let Ok(Some(text)) = answer.response_text()
            {
                message.set_text_content(Some(&text));
            }
        });
        request.set_onload(Some(heard.unchecked_ref()));
        let _sent = request.send();
    };
    let Some(field) = input.get() else { return };
    let mut later = debounce(Duration::from_millis(300), move |()| ask());
    let typed = Closure::<dyn FnMut()>::new(move || later(()));
    field.set_oninput(Some(typed.as_ref().unchecked_ref()));
    // It lives as long as the page.
    typed.forget();
}

/// The name as it may stand in an address: anything but plain letters, digits and hyphens is told apart by the server.
#[cfg(feature = "hydrate")]
fn window_encoded(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}
