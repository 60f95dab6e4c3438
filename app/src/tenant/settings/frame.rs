//! The frame of the pages of settings.

use crate::{
    api::Frame,
    tenant::frame::TenantPage,
    ui::{PageHead, Tabs},
};
use domain::setting::Group;
use leptos::prelude::*;

const PATH: &str = "/settings";

pub(in crate::tenant) const fn path_of(group: Group) -> &'static str {
    match group {
        Group::Company => PATH,
        Group::Security => "/settings/security",
    }
}

/// A page of settings.
#[component]
pub(in crate::tenant) fn SettingsFrame(
    frame: Frame,
    tab: &'static str,
    #[prop(into)] subtitle: String,
    children: Children,
) -> impl IntoView {
    let tabs = [
        ("Company", PATH),
        ("Security", path_of(Group::Security)),
        ("Pipelines", "/settings/pipelines"),
        ("User fields", "/settings/fields"),
        ("AI", "/settings/ai"),
        ("Custom", "/settings/custom"),
    ];
    let tabs = tabs.map(|(label, path)| (label, path.to_owned())).to_vec();
    view! {
        <TenantPage frame active=PATH title="Settings">
            <PageHead title="Settings" subtitle/>
            <Tabs label="Settings" tabs active=tab/>
            {children()}
        </TenantPage>
    }
}
