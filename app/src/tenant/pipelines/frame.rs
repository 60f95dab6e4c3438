//! The frame of the pages that define one pipeline, and what they have in common.

use crate::{
    api::Frame,
    tenant::frame::TenantPage,
    ui::{PageHead, ReturnPath, Tabs, When},
};
use chrono::{DateTime, Utc};
use domain::{dto::tenant::DeletedDefinition, record::Pipeline};
use leptos::prelude::*;

/// The page of all pipelines.
pub(super) const PATH: &str = "/settings/pipelines";

/// The path of the settings of a pipeline.
pub(super) fn path_of(pipeline: &str) -> String {
    format!("{PATH}/{pipeline}")
}

/// The page of its fields.
pub(super) fn fields_path_of(pipeline: &str) -> String {
    format!("{}/fields", path_of(pipeline))
}

/// The page that changes the type of a field.
pub(super) fn type_path_of(pipeline: &str, field: &str) -> String {
    format!("{}/{field}/type", fields_path_of(pipeline))
}

/// A page of the settings of a pipeline.
#[component]
pub(super) fn PipelineFrame(
    frame: Frame,
    pipeline: Pipeline,
    tab: &'static str,
    subtitle: &'static str,
    children: Children,
) -> impl IntoView {
    let (path, head) = (path_of(&pipeline.head.key), pipeline.head);
    let tabs = vec![
        ("General", path.clone()),
        ("Fields", format!("{path}/fields")),
        ("Stages", format!("{path}/stages")),
        ("Relations", format!("{path}/relations")),
    ];
    let crumbs = vec![("Settings".to_owned(), "/settings".to_owned()), ("Pipelines".to_owned(), PATH.to_owned())];
    view! {
        <TenantPage frame active="/settings" crumbs title=head.name.clone()>
            <PageHead title=head.name.clone() subtitle><a class="btn btn-sm" href=head.path()>{format!("Open {}", head.name)}</a></PageHead>
            <Tabs label="Pipeline" tabs active=tab/>
            {children()}
        </TenantPage>
    }
}

/// The buttons of a row: up, down, edit and one more act.
#[component]
pub(super) fn RowActs(
    /// What the row is called.
    name: String,
    /// The hidden fields that name the row.
    fields: Vec<(&'static str, String)>,
    /// Where the row is moved.
    move_to: &'static str,
    /// Whether it is the first and the last one.
    ends: (bool, bool),
    /// Where it is edited.
    #[prop(into)]
    edit: String,
    /// Where the act is done, and what its button says.
    act: (&'static str, &'static str),
) -> impl IntoView {
    let hidden = |fields: &[(&'static str, String)]| {
        fields.iter().map(|(name, value)| view! { <input type="hidden" name=*name value=value.clone()/> }).collect_view()
    };
    let (action, label) = act;
    view! {
        <span class="flex flex-wrap items-center gap-2">
            <form method="post" action=move_to class="flex gap-1"><ReturnPath/>
                {hidden(&fields)}
                <button class="btn btn-sm btn-ghost" name="to" value="up" aria-label=format!("Move {name} up") disabled=ends.0>"Up"</button>
                <button class="btn btn-sm btn-ghost" name="to" value="down" aria-label=format!("Move {name} down") disabled=ends.1>"Down"</button>
            </form>
            <a class="btn btn-sm" href=edit aria-label=format!("Edit {name}")>"Edit"</a>
            <form method="post" action=action><ReturnPath/>
                {hidden(&fields)}
                <button class="btn btn-sm" aria-label=format!("{label} {name}")>{label}</button>
            </form>
        </span>
    }
}

/// What was deleted or archived, each with a button that brings it back.
#[component]
pub(super) fn DeletedRows(
    /// The heading.
    title: &'static str,
    /// The rows.
    rows: Vec<DeletedDefinition>,
    /// Where one is restored.
    action: &'static str,
    /// The name of the hidden field that names the row.
    name: &'static str,
    /// Other hidden fields.
    #[prop(default = Vec::new())]
    fields: Vec<(&'static str, String)>,
    /// The time at which the page was made.
    now: DateTime<Utc>,
) -> impl IntoView {
    (!rows.is_empty()).then(|| {
        let rows = rows.into_iter().map(|row| {
            let hidden = fields.iter().map(|(name, value)| view! { <input type="hidden" name=*name value=value.clone()/> }).collect_view();
            let label = format!("Restore {}", row.name);
            view! {
                <li><span class="min-w-0 flex-1 truncate" dir="auto">{row.name}</span>
                    {row.at.map(|at| view! { <span class="text-muted text-xs"><When at now/></span> })}
                    <form method="post" action=action><ReturnPath/>{hidden}
                        <input type="hidden" name=name value=row.key/>
                        <button class="btn btn-xs" aria-label=label>"Restore"</button>
                    </form></li>
            }
        });
        let rows = rows.collect_view();
        view! {
            <section class="card-box mt-4" aria-labelledby="deleted">
                <div class="card-head"><h2 id="deleted">{title}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
    })
}
