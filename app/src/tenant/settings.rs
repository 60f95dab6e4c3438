//! Settings of the company.

mod custom;
mod group;
mod history;
mod logo;

pub use custom::CustomPage;
pub use group::{CompanyPage, SecurityPage};
pub use history::HistoryPage;

use crate::{
    api::Frame,
    tenant::TenantPage,
    ui::{PageHead, Tabs},
};
use domain::setting::Group;
use leptos::prelude::*;

const PATH: &str = "/settings";

const fn path_of(group: Group) -> &'static str {
    match group {
        Group::Company => PATH,
        Group::Security => "/settings/security",
    }
}

/// A page of settings.
#[component]
fn SettingsFrame(frame: Frame, tab: &'static str, #[prop(into)] subtitle: String, children: Children) -> impl IntoView {
    let tabs =
        vec![("Company", PATH.to_owned()), ("Security", path_of(Group::Security).to_owned()), ("Custom", "/settings/custom".to_owned())];
    view! {
        <TenantPage frame active=PATH title="Settings">
            <PageHead title="Settings" subtitle/>
            <Tabs label="Settings" tabs active=tab/>
            {children()}
        </TenantPage>
    }
}
