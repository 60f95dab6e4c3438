//! The permissions of a role, to choose and to look at.

use crate::ui::{FormView, TextField, use_frame};
use domain::{Permission, PermissionSet, Scope, dto::tenant::RoleRow};
use leptos::prelude::*;

/// How far a permission reaches, as a person reads it.
pub(in crate::tenant) const fn reach(permission: Permission, scope: Option<Scope>) -> &'static str {
    match scope {
        None => "No",
        Some(Scope::Own) => "Own only",
        Some(Scope::All) if permission.is_scoped() => "All",
        Some(Scope::All) => "Yes",
    }
}

/// A permission's sentence and its name.
pub(in crate::tenant) fn sentence_of(permission: Permission) -> impl IntoView {
    view! { <span class="block">{permission.sentence()}</span><code class="text-muted text-xs font-normal">{permission.as_str()}</code> }
}

/// Name, description and permissions of a role, for a form. What the viewer does not hold cannot be given.
#[component]
pub(super) fn RoleFields(
    form: FormView,
    #[prop(into)] name: String,
    #[prop(into)] description: String,
    permissions: PermissionSet,
) -> impl IntoView {
    let held = use_frame().map(|frame| frame.permissions).unwrap_or_default();
    let rows = Permission::ALL.into_iter().filter(|permission| *permission != Permission::CompanyOwn).map(|permission| {
        let scope = permissions.scope(permission);
        view! { <PermissionField form=form.clone() permission scope held=held.scope(permission)/> }
    });
    let rows = rows.collect_view();
    view! {
        <div class="form-group">
            <div><h2>"Role"</h2><p class="text-muted text-xs">"How colleagues see it."</p></div>
            <div class="form-fields">
                <TextField form=form.clone() name="name" label="Name" value=name/>
                <TextField form=form.clone() name="description" label="What it is for" value=description optional=true help="One sentence, shown where roles are chosen."/>
            </div>
        </div>
        <div class="form-group">
            <div><h2>"Permissions"</h2><p class="text-muted text-xs">"You can only give permissions that you have yourself. Permission to change users includes permission to see them."</p></div>
            <div class="form-fields"><ul class="permission-list">{rows}</ul></div>
        </div>
    }
}

#[component]
fn PermissionField(form: FormView, permission: Permission, scope: Option<Scope>, held: Option<Scope>) -> impl IntoView {
    let name = format!("permissions[{}]", permission.as_str());
    let id = format!("permission-{}", permission.as_str());
    let stored = scope.map_or("", Scope::as_str);
    // A box that was not ticked sends nothing, so what was typed is what came back.
    let chosen = if form.is_refused() { form.value(&name, "") } else { stored.to_owned() };
    let described = format!("{id}-name");
    let label_id = id.clone();
    let control = if permission.is_scoped() {
        let choices = [("", "No", true), ("own", "Own only", held.is_some()), ("all", "All", held == Some(Scope::All))];
        let options = choices.into_iter().map(|(value, label, allowed)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected disabled=!allowed && !selected>{label}</option> }
        });
        view! { <select class="select select-sm w-32" id=id name=name aria-describedby=described.clone()>{options.collect_view()}</select> }
            .into_any()
    } else {
        let checked = chosen == "all";
        view! {
            <input class="checkbox checkbox-primary checkbox-sm" type="checkbox" id=id name=name value="all" checked=checked disabled=held.is_none() && !checked
                aria-describedby=described.clone()/>
        }
        .into_any()
    };
    view! {
        <li>
            <label for=label_id class="min-w-0 flex-1">
                <span class="block">{permission.sentence()}</span>
                <span class="text-muted block text-xs" id=described><code>{permission.as_str()}</code>{held.is_none().then_some(" · you do not have it")}</span>
            </label>
            {control}
        </li>
    }
}

/// What one role permits, or two of them side by side.
#[component]
pub(super) fn RoleTable(role: RoleRow, other: Option<RoleRow>) -> impl IntoView {
    let differ = other.as_ref().map(|other| {
        let count = Permission::ALL
            .iter()
            .filter(|permission| role.permissions.scope(**permission) != other.permissions.scope(**permission))
            .count();
        match count {
            0 => "Both roles have the same permissions.".to_owned(),
            1 => "They differ in one permission.".to_owned(),
            count => format!("They differ in {count} permissions."),
        }
    });
    let head = other.as_ref().map(|other| view! { <th scope="col" dir="auto">{other.name.clone()}</th> });
    let rows = Permission::ALL.into_iter().map(|permission| {
        let scope = role.permissions.scope(permission);
        let beside = other.as_ref().map(|other| other.permissions.scope(permission));
        let differs = beside.is_some_and(|beside| beside != scope);
        let cell = |label: String, scope: Option<Scope>| {
            let class = if scope.is_some() { "font-medium" } else { "text-muted" };
            view! { <td data-label=label class=class>{reach(permission, scope)}</td> }
        };
        view! {
            <tr class:row-differs=differs>
                <th scope="row">{sentence_of(permission)}{differs.then(|| view! { <span class="sr-only">" (differs)"</span> })}</th>
                {cell(role.name.clone(), scope)}
                {beside.map(|beside| cell(other.as_ref().map(|other| other.name.clone()).unwrap_or_default(), beside))}
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        {differ.map(|text| view! { <p class="border-base-300 border-b px-4 py-3 text-sm">{text}</p> })}
        <div class="table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Permissions"</caption>
                <thead><tr><th scope="col">"Permission"</th><th scope="col" dir="auto">{role.name.clone()}</th>{head}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
