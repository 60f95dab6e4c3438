//! The interactive parts of pages: everything else is plain HTML that the server makes. Compiled twice, for the server as
//! a library and for the browser as the WebAssembly module that `hydrate` starts.

#[cfg(feature = "hydrate")]
mod color;
mod confirm_dialog;
mod job_live;
#[cfg(feature = "hydrate")]
mod page;
mod page_events;
#[cfg(feature = "hydrate")]
mod palette;
mod password_field;
mod subdomain_field;

pub use confirm_dialog::ConfirmDialog;
pub use job_live::JobLive;
pub use page_events::PageEvents;
pub use password_field::PasswordField;
pub use subdomain_field::SubdomainField;

/// Brings the islands of the page to life.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
